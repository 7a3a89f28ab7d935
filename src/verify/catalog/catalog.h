/* SPDX-License-Identifier: MIT */
/*
 * Catalog: files that carry no signature, but are listed in one that does.
 *
 * Whoever calls hands over an index: this room knows neither files nor folders.
 * The index says who lists a digest and keeps what is needed to judge the
 * catalog again: revocation and time count when the question is asked.
 */
#pragma once
#include "base/buffer.h"
#include "crypto/digest.h"
#include "verify/scheme.h"

#define CATALOG_MAX_HITS 8 /* catalogs that list one file; the first trusted one counts */

/* What the index kept of one catalog, and what it lists for this digest. */
struct catalog_entry {
	const char *name;             /* the catalog's path when it was taken in, escaped */
	const char *package, *system; /* as it says of itself; NULL: nothing */
	const char *member;           /* the file's name in it; NULL: not given */
	struct span message;          /* its SignedData without the list */
	struct digest content;        /* of the list */
	uint8_t sha256[32];           /* of the catalog's file */
	int64_t this_update;
};

enum catalog_kind { CATALOG_ANY, CATALOG_IMAGE, CATALOG_FLAT };

struct catalog_index {
	void *context;
	/* The catalogs that list @digest as of @kind: *@n of them, at most CATALOG_MAX_HITS. */
	enum status (*find)(void *context, const struct digest *digest, enum catalog_kind kind,
			    struct arena *a, struct catalog_entry *out, size_t *n);
	bool has_sha1;      /* some files are listed by SHA-1 only */
	uint8_t digest[32]; /* of all of it, for caches and reports */
};

#define CATALOG_MAX_JOBS 4

struct catalog_work {
	struct digest_job *jobs;
	size_t n_jobs;
	enum catalog_kind kind;
};

/* Which digests of a file without signature to look for.  @size: of the file. */
MUST_CHECK enum status catalog_begin(struct arena *a, const struct container *box,
				     const struct catalog_index *index, uint64_t size,
				     struct catalog_work *out);

/* A fact about the best catalog that lists it; NULL: none does. */
MUST_CHECK enum status catalog_finish(struct arena *a, struct scheme_case *c,
				      const struct catalog_index *index,
				      const struct catalog_work *work, struct fact **out);

/*
 * What an index is to keep of a catalog: the SignedData of @file without its
 * list.  STATUS_MALFORMED: it is none.
 */
MUST_CHECK enum status catalog_message(struct span file, struct buffer *out);
