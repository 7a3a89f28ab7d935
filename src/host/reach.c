/* SPDX-License-Identifier: MIT */
#include "host/reach.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Whoever mounts or unmounts anything has others lose their way: of three at work one walk in
 * a hundred.  The kernel's word for that is the same as for what it does not have. */
#define REACH_TRIES 32

int reach_open(const char *path)
{
	struct open_how how = { .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
				.resolve = RESOLVE_CACHED | RESOLVE_NO_SYMLINKS |
					   RESOLVE_NO_MAGICLINKS };
	int fd = -1;

	for (unsigned i = 0; i == 0 || (fd < 0 && errno == EAGAIN && i < REACH_TRIES); i++)
		fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	return fd;
}
