/* SPDX-License-Identifier: MIT */
/*
 * Generated: files that packages make when they, or others, are installed, and of which no
 * list of files has a digest (dpkg's triggers, caches, byte code).
 */
#pragma once
#include "base/arena.h"
#include "countermeasures/file_integrity_monitoring/compare.h"

/*
 * Which package makes what @c is about anew ("man-db"); NULL: none is known, or that is
 * not what became of it: rights changed, or it became a program.  *@timed: it decides what is
 * loaded or believed, so that it is only explained at a time when dpkg worked.
 */
const char *fim_generated_by(const struct fim_change *c, bool *timed);

/* When dpkg worked, in seconds since 1970, as far as it left a trace. */
struct fim_dpkg_times {
	const int64_t *unpacked; /* each package, the last time */
	size_t n;
	int64_t ended; /* its last word */
};
/* May a trigger have written a file at @when? */
bool fim_generated_then(const struct fim_dpkg_times *times, int64_t when);

/* May that have become of a file that is made anew?  Of a program only of that @format. */
bool fim_generated_may(const struct fim_change *c, const char *format);

/*
 * Of which source the file at @path holds Python's byte code, by its name (PEP 3147).
 * "": it is none.  NULL: no memory.
 */
const char *fim_compiled_from(struct arena *a, const char *path);

#define FIM_COMPILED_HEAD 16 /* bytes */
/*
 * Does the @head of byte code (PEP 552) name a source of that time and size?  What
 * names it by a hash is not believed.
 */
bool fim_compiled_names(struct span head, int64_t mtime_s, uint64_t size);
