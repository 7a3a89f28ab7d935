/* SPDX-License-Identifier: MIT */
#include "host/writers.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U /* Linux 6.3 */
#endif

bool writers_keep_from_running(int fd)
{
	char name[] = "assay-writers";
	/* A name, lest the kernel's log tell of a program without one. */
	char *words[] = { name, NULL }, *none[] = { NULL };

	/* Who writes is looked for before the first byte is read; without any it is no program.
	 */
	return syscall(SYS_execveat, fd, "", words, none, AT_EMPTY_PATH) != 0 &&
	       errno == ETXTBSY;
}

bool writers_are_kept_away(void)
{
	int fd = memfd_create("assay-writers", MFD_CLOEXEC | MFD_EXEC);
	char path[32];
	int writer;
	bool kept;

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("assay-writers", MFD_CLOEXEC);
	if (fd < 0)
		return false;
	/* Who made it does not count as a writer. */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	writer = open(path, O_WRONLY | O_CLOEXEC);
	kept = writer >= 0 && writers_keep_from_running(fd);
	if (writer >= 0)
		(void)close(writer);
	(void)close(fd);
	return kept;
}
