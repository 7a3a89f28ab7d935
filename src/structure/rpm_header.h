/* SPDX-License-Identifier: MIT */
/*
 * rpm header: an index of tags and the data that they point into, as it stands
 * in packages and in the rpm database (rpm file format, "Header Structure").
 */
#pragma once
#include "base/cursor.h"
#include "base/span.h"
#include "base/status.h"
#include <stdint.h>

#define RPM_MAX_INDEX  ((uint32_t)256 << 10)
#define RPM_MAX_HEADER ((uint64_t)32 << 20)
#define RPM_INTRO      16 /* magic, reserved, number of entries, size of the data */
#define RPM_ENTRY      16

enum rpm_type {
	RPM_NULL,
	RPM_CHAR,
	RPM_INT8,
	RPM_INT16,
	RPM_INT32,
	RPM_INT64,
	RPM_STRING,
	RPM_BIN,
	RPM_STRING_ARRAY,
	RPM_I18N_STRING,
};

/* Regions: what was written at once, and may be signed. */
#define RPM_REGION_SIGNATURES 62
#define RPM_REGION_IMMUTABLE  63

struct rpm_header {
	struct span index, data; /* all entries; all data */
	uint32_t n_entries;
	/* The region: the first entries and the first bytes of data; none: both 0. */
	uint32_t region_entries, region_bytes;
	const char *problem; /* why the region is none (a literal); NULL: it is fine */
};

struct rpm_entry {
	uint32_t tag, type, count;
	struct span data; /* what belongs to it; strings with their NULs */
	bool in_region;
};

/*
 * How long the header is that begins with @intro (its first RPM_INTRO bytes).
 * STATUS_MALFORMED: it is none; LIMIT: longer than the limits above.
 */
MUST_CHECK enum status rpm_header_length(struct span intro, uint64_t *out);

/* The header that @whole consists of, as long as rpm_header_length() says.  @region: the tag
 * of the region that must come first. */
MUST_CHECK enum status rpm_header_read(struct span whole, uint32_t region,
				       struct rpm_header *out);

/*
 * The header of a package as the rpm database keeps it: without magic; the main
 * header is its region.  STATUS_LIMIT, MALFORMED as above.
 */
MUST_CHECK enum status rpm_blob_read(struct span blob, struct rpm_header *out);

/* Entry @i.  False: it lies outside of the data, or its type is unknown. */
MUST_CHECK bool rpm_header_entry(const struct rpm_header *h, uint32_t i, struct rpm_entry *out);

/* The first entry with @tag; with @in_region only one that the region holds.  False: none. */
MUST_CHECK bool rpm_header_find(const struct rpm_header *h, uint32_t tag, bool in_region,
				struct rpm_entry *out);

/* The @i-th string of an entry; false: it has none, or the entry is of another type. */
MUST_CHECK bool rpm_entry_string(const struct rpm_entry *e, uint32_t i, struct span *out);
/* The next string behind @c, which begins at the start of an entry's data: for all of many. */
MUST_CHECK bool rpm_string_next(struct cursor *c, struct span *out);
/* The @i-th number of an entry of RPM_INT16, INT32 or INT64. */
MUST_CHECK bool rpm_entry_number(const struct rpm_entry *e, uint32_t i, uint64_t *out);

/* The intro of the region alone, for a digest over what was signed: RPM_INTRO bytes. */
void rpm_region_intro(const struct rpm_header *h, uint8_t out[RPM_INTRO]);
