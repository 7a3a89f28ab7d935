/* SPDX-License-Identifier: MIT */
/*
 * Clocks: the one place that asks the system what time it is.
 *
 * The wall clock says what day it is and may be set, forth and back, at any moment: it is
 * for dates that people wrote, never for how long something takes.  The steady clock only
 * goes on, from wherever it began.  A test that defines both functions has clocks of its own.
 */
#pragma once
#include <stdint.h>

/* Nanoseconds since 1970. */
int64_t clock_wall_ns(void);
/* Nanoseconds since some moment before this process began. */
int64_t clock_steady_ns(void);

/* Seconds as time(2) has them: those that have passed, before 1970, too. */
static inline int64_t clock_wall_s(void)
{
	int64_t ns = clock_wall_ns();

	return ns / 1000000000 - (ns % 1000000000 < 0);
}

static inline int64_t clock_wall_ms(void)
{
	return clock_wall_ns() / 1000000;
}

static inline int64_t clock_steady_us(void)
{
	return clock_steady_ns() / 1000;
}

static inline int64_t clock_steady_ms(void)
{
	return clock_steady_ns() / 1000000;
}
