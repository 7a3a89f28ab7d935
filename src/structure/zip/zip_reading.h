/* SPDX-License-Identifier: MIT */
/* One reading of an archive, while it lasts.  Private to src/structure/zip. */
#pragma once
#include "base/cursor.h"
#include "structure/zip/zip.h"

#define END64_BYTES     56
#define LOCATOR_BYTES   20
#define CENTRAL_BYTES   46
#define LOCAL_BYTES     30
#define SATURATED_16    0xFFFFU
#define SATURATED_32    0xFFFFFFFFU
#define FLAG_DESCRIPTOR (1U << 3)
#define FLAG_UTF8       (1U << 11)
#define FLAGS_ENCRYPTED (1U << 0 | 1U << 6 | 1U << 13)
#define EXTRA_ZIP64     0x0001U
#define EXTRA_PATH      0x7075U
#define SAID_RULES      20 /* rules of which findings are counted */
#define SAID_MAX        4  /* findings of one rule; more of them say nothing new */

struct zip_said {
	const char *rule;
	unsigned n;
};

struct zip_reading {
	struct view *view;
	struct findings *findings;
	struct zip *out;
	struct span central; /* bytes of the central directory, slack included */
	uint64_t central_off;
	uint64_t n_records; /* as the end record counts them */
	uint64_t limit;     /* where entries must end: the central directory begins */
	struct zip_said said[SAID_RULES];
};

/* A central record as it stands, before anything is decided. */
struct central_record {
	struct span name, extra;
	uint64_t size, packed, offset; /* ZIP64 counted in; offset without delta */
	uint32_t crc, attributes, disk;
	uint16_t method, flags, comment_len;
	uint8_t made_by;
	bool malformed; /* its ZIP64 field is missing or needless */
};

/* Notes @trouble, and a finding of @rule unless there have been enough of them. */
void zip_note(struct zip_reading *r, unsigned trouble, const char *rule, struct range where,
	      const char *expected, const char *observed);

/* An entry's name in quotes that is fit to print; NULL: no memory. */
const char *zip_shown(struct zip_reading *r, struct span name);

/* Finds the end record and the central directory. */
MUST_CHECK enum status zip_end_read(struct zip_reading *r);

/*
 * When entries are known: other end records that some reader could take, in
 * holes, in the comment, or with a comment that ends with the file.
 */
MUST_CHECK enum status zip_ends_count(struct zip_reading *r);

/* The next record of a cursor over the central directory; false: it breaks off there. */
MUST_CHECK bool zip_record_next(struct cursor *c, struct central_record *out);

/* The contents of the extra field @id; false: it is not there, or the fields break off. */
MUST_CHECK bool zip_extra_find(struct span extra, uint16_t id, struct span *out);

/* *@entries, as many as .out->n_entries, from the central directory. */
MUST_CHECK enum status zip_central_read(struct zip_reading *r, struct zip_entry **entries);

/* Asks for all local headers and descriptors that the view does not hold, together. */
MUST_CHECK enum status zip_local_want(struct zip_reading *r);

/* Wants @n places (own copy, in order, those that meet joined), if there are any. */
MUST_CHECK enum status zip_places_want(struct view *v, struct arena *a, struct range *places,
				       size_t n);

/* Reads and compares the local header of @e. */
MUST_CHECK enum status zip_local_read(struct zip_reading *r, struct zip_entry *e);

/* Sorts by offset, finds overlaps and holes, and looks at what holes begin like. */
MUST_CHECK enum status zip_holes_read(struct zip_reading *r);

/*
 * Compares the Unicode paths in @extra with the @name of an entry, and says whether systems
 * read the name in different charsets.
 */
void zip_paths_check(struct zip_reading *r, struct span extra, struct span name, uint16_t flags,
		     struct range where);
void zip_charset_check(struct zip_reading *r, struct span extra, struct span name,
		       uint16_t flags, struct range where);

/* Sorts by name, finds names that are there twice or must not be used. */
MUST_CHECK enum status zip_names_read(struct zip_reading *r);

/* A hash of the folded @name, and the order of two folded names: -1, 0 or 1. */
uint64_t zip_fold_hash(struct span name);
int zip_fold_compare(struct span a, struct span b);
