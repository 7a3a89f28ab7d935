/* SPDX-License-Identifier: MIT */
/*
 * Packages: one immutable file that says which package of which signed archive a
 * program is from.
 *
 * A sealed file (store/sealed.h), numbers lowest byte first:
 *
 *	blobs	releases {key 32, SHA-256 32, length u16, whose key}, packages {place of
 *		its release u64, length u16, name}, paths {length u16, text}
 *	rows	{digest 32, place as package_path_digest() 32, place of the package u64,
 *		place of the path u64}, sorted by all of it, each once; and one for each
 *		package that was taken in whole, also without a program: its digest is
 *		zeros 16, the first 16 of the name's SHA-256
 *	order	u32 each: the rows by their places
 */
#pragma once
#include "base/arena.h"
#include "verify/package/package.h"

#define PACKAGES_MAGIC     "assayPKG"
#define PACKAGES_VERSION   1
#define PACKAGES_MAX_ROWS  ((uint64_t)1 << 26)
#define PACKAGES_MAX_BYTES ((size_t)8 << 30)
#define PACKAGES_MAX_TEXT  1024

struct packages;

/* NULL and *@problem: damaged, or somebody else's.  One that is not there knows nothing. */
MUST_CHECK struct packages *packages_open(struct arena *a, const char *path,
					  const char **problem);
void packages_close(struct packages *p);
/* Packages were changed since it was made: what shall lie where is not known any more. */
void packages_outdate(struct packages *p);
/* NULL: there is none. */
const struct package_index *packages_index(struct packages *p);

#define PACKAGES_MAX_SAME 4096 /* programs with the same bytes */

/*
 * Each program with these bytes, in whichever package, until @each says false.  What @each
 * gets lives in @a.  STATUS_LIMIT: there are more than are looked at.
 */
MUST_CHECK enum status packages_each(const struct packages *p, const uint8_t sha256[32],
				     struct arena *a,
				     bool (*each)(void *context, const struct package_entry *e),
				     void *context);

/* Is all of the package @name in it, of whichever archive? */
MUST_CHECK bool packages_covers(const struct packages *p, struct span name);

struct packages_release {
	uint8_t key[32], sha256[32];
	const char *owner;
};

struct packages_writer;
MUST_CHECK enum status packages_writer_new(const char *path, struct packages_writer **out);
void packages_writer_free(struct packages_writer *w);
/* Places for packages_writer_program(); failures are told by packages_writer_commit(). */
uint64_t packages_writer_release(struct packages_writer *w, const struct packages_release *r);
uint64_t packages_writer_package(struct packages_writer *w, uint64_t release, const char *name);
/* @here: it is what shall lie at @path; else its bytes are vouched for, wherever they lie. */
MUST_CHECK enum status packages_writer_program(struct packages_writer *w, uint64_t package,
					       struct span path, const uint8_t sha256[32],
					       bool here);
/* No program of @package, which is called @name, was left out. */
MUST_CHECK enum status packages_writer_whole(struct packages_writer *w, uint64_t package,
					     struct span name);
MUST_CHECK enum status packages_writer_commit(struct packages_writer *w, uint64_t *n_programs);
