/* SPDX-License-Identifier: MIT */
/*
 * A wall clock that a test sets, linked in the place of base/clock: it is ahead of the real
 * one by the nanoseconds that the file of ASSAY_TEST_CLOCK begins with.  The steady clock is
 * the real one.
 */
#include "base/clock.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const _Atomic int64_t *shift;

/* While anything can be opened still; whoever is forked has it, too. */
__attribute__((constructor)) static void shift_find(void)
{
	const char *path = getenv("ASSAY_TEST_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *at = MAP_FAILED;

	if (fd >= 0)
		at = mmap(NULL, sizeof(*shift), PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED) {
		perror("ASSAY_TEST_CLOCK");
		exit(EXIT_FAILURE);
	}
	(void)close(fd);
	shift = (const _Atomic int64_t *)at;
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t clock_wall_ns(void)
{
	return clock_ns(CLOCK_REALTIME) + atomic_load(shift);
}

int64_t clock_steady_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}
