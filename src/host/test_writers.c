/* SPDX-License-Identifier: MIT */
/* Writers and who runs what they write to, on the kernel that is here. */
#include "host/writers.h"

#include "tests/check.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Only of these may it be otherwise. */
static bool is_odd_kernel(void)
{
	struct utsname kernel;

	return uname(&kernel) != 0 || strncmp(kernel.release, "6.11.", 5) == 0 ||
	       strncmp(kernel.release, "6.12.", 5) == 0;
}

int main(void)
{
	int fd = memfd_create("writers", MFD_CLOEXEC), writer;
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	writer = open(path, O_WRONLY | O_CLOEXEC);
	if (writer < 0 || access(path, X_OK) != 0) {
		printf("ok 1 - a file in memory # SKIP it may not be run here\n1..1\n");
		return 0;
	}
	CHECK(writers_are_kept_away() || is_odd_kernel(), "this kernel keeps writers away");
	CHECK(writers_keep_from_running(fd) == writers_are_kept_away(), "and they do so");
	(void)close(writer);
	CHECK(!writers_keep_from_running(fd) && errno == ENOEXEC,
	      "without one it is read, and is no program");
	CHECK(!writers_keep_from_running(-1), "what cannot be found out is not claimed");
	(void)close(fd);
	return CHECK_DONE();
}
