/* SPDX-License-Identifier: MIT */
/*
 * A library that is loaded by whoever needs it, which most runs do not: to start
 * with it, and with all that it needs in turn, takes longer than to judge a file.
 *
 *	#define SOME_CALLS(CALL) CALL(some_open) CALL(some_close)
 *	static const char *const some_names[] = { SOME_CALLS(LATE_NAME) };
 *	union some_library {
 *		struct { SOME_CALLS(LATE_CALL) };
 *		late_function *list[COUNT_OF(some_names)];
 *	};
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define LATE_CALL(name) __typeof__ (&(name))(name);
#define LATE_NAME(name) #name,

typedef void late_function(void);

/*
 * Loads the library @file, as the dynamic loader finds it, and finds its @n
 * functions.  False: it is not there, or lacks one.  Once loaded it stays; the
 * first time must come before the process is confined, and others open nothing.
 */
bool late_library_load(const char *file, const char *const *names, size_t n,
		       late_function **functions);
