/* SPDX-License-Identifier: MIT */
#include "source/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

bool lease_take(int fd)
{
	int saved = errno;
	bool taken = false;

	/* Somebody uses the signals or the lease of this open file already: leave it alone. */
	if (fcntl(fd, F_GETOWN) == 0 && fcntl(fd, F_GETLEASE) == F_UNLCK) {
		/*
		 * The kernel tells the holder of a lease by a signal that nobody waits
		 * for, and SIGIO would end us: ask for one that is ignored by default,
		 * then, when the kernel has named us as the owner, for none at all.
		 */
		taken = fcntl(fd, F_SETSIG, SIGURG) == 0 && fcntl(fd, F_SETLEASE, F_RDLCK) == 0;
		if (taken)
			(void)fcntl(fd, F_SETOWN, 0);
		else
			(void)fcntl(fd, F_SETSIG, 0);
	}
	errno = saved;
	return taken;
}

bool lease_holds(int fd)
{
	return fcntl(fd, F_GETLEASE) == F_RDLCK;
}

void lease_drop(int fd)
{
	int saved = errno;

	(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	(void)fcntl(fd, F_SETSIG, 0);
	errno = saved;
}
