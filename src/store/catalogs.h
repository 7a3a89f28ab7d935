/* SPDX-License-Identifier: MIT */
/*
 * Catalogs: one immutable file that says which catalogs list a digest.
 *
 * Made from catalogs that were found valid; each is kept with its path, its
 * digest and its SignedData without the list, so that it can be judged again.
 * A sealed file (store/sealed.h), numbers lowest byte first:
 *
 *	blobs	names of members {length u16, text}; catalogs
 *	rows	{digest, 32 bytes, a shorter one with zeros behind it; algorithm u8,
 *		kind u8, zero u16, catalog u32, place of the member's name u64},
 *		sorted by all of it, each once
 *	table	{place u64, length u64} of each catalog
 *
 * A look-up is a binary search in the mapping: memory and time do not depend on
 * how many catalogs there are.
 */
#pragma once
#include "verify/catalog/catalog.h"

#define CATALOGS_MAGIC      "assayCAT"
#define CATALOGS_VERSION    1
#define CATALOGS_MAX_FILES  ((size_t)1 << 20) /* catalogs in one index */
#define CATALOGS_MAX_ROWS   ((uint64_t)1 << 28)
#define CATALOGS_MAX_BYTES  ((size_t)16 << 30)
#define CATALOGS_MAX_NAME   1024
#define CATALOGS_MAX_LAYERS 4

/* Several index files, laid over each other: vendor, system, user. */
struct catalogs;

/*
 * Maps the files at @paths that are there.  NULL: *@problem; a damaged index must
 * never look like one that knows nothing.
 */
MUST_CHECK struct catalogs *catalogs_open(struct arena *a, const char *const *paths, size_t n,
					  const char **problem);
void catalogs_close(struct catalogs *c);

/* NULL: there is no catalog in any of them. */
const struct catalog_index *catalogs_index(struct catalogs *c);

/* Each catalog of the file at place @layer; false: no more. */
size_t catalogs_layers(const struct catalogs *c);
const char *catalogs_layer_path(const struct catalogs *c, size_t layer);
uint64_t catalogs_count(const struct catalogs *c, size_t layer);
MUST_CHECK enum status catalogs_entry(const struct catalogs *c, size_t layer, uint64_t at,
				      struct arena *a, struct catalog_entry *out);

/* Writes a new index; what the old one at the same path held goes in unless it is forgotten. */
struct catalogs_writer;
MUST_CHECK enum status catalogs_writer_new(const char *path, struct catalogs_writer **out);
void catalogs_writer_free(struct catalogs_writer *w);

/* Is a catalog with this digest in it already? */
bool catalogs_writer_has(const struct catalogs_writer *w, const uint8_t sha256[32]);

/* A catalog that was found valid; @file: its bytes.  STATUS_MALFORMED: it cannot be read. */
MUST_CHECK enum status catalogs_writer_take(struct catalogs_writer *w, struct arena *a,
					    const char *name, struct span file);

/* Everything of layer @layer of @old for which @keep says so (NULL: all) and that is new. */
MUST_CHECK enum status
catalogs_writer_keep(struct catalogs_writer *w, const struct catalogs *old, size_t layer,
		     bool (*keep)(const struct catalog_entry *e, void *context), void *context);

struct catalogs_written {
	uint64_t n_catalogs, n_rows;
};
MUST_CHECK enum status catalogs_writer_commit(struct catalogs_writer *w,
					      struct catalogs_written *out);
