/* SPDX-License-Identifier: MIT */
/* What the files of this room share.  Private to it. */
#pragma once
#include "countermeasures/file_analysis/analysis.h"

/* Adds @what under @key, a literal. */
static inline void describe(struct features *f, const char *key, struct feature what)
{
	what.key = key;
	feature_add(f, what);
}

/* The same under "pe." and @key. */
static inline void describe_of_pe(struct features *f, const char *key, struct feature what)
{
	feature_add_at(f, what, "pe.%s", key);
}

/* A copy, for the list may live longer than what it was made of. */
static inline struct feature feature_of_digest(const struct features *f, const struct digest *d)
{
	return FEATURE_OF_BYTES(arena_copy(f->arena, digest_span(d)));
}

static inline struct feature feature_skipped(const char *why)
{
	return (struct feature){ .kind = FEATURE_SKIPPED, .text = why };
}

static inline struct feature feature_absent(void)
{
	return (struct feature){ .kind = FEATURE_ABSENT };
}

/* The bulk of region @i of the box; NULL, and *@why: not computed. */
const struct bulk_region *analysis_bulk_region(const struct analysis_parts *p, size_t i,
					       const char **why);
/* Its entropy. */
struct feature analysis_entropy(const struct analysis_parts *p, size_t region);

/* The section that owns region @r, as its index; false: none. */
MUST_CHECK bool analysis_section_of(const struct pe_image *pe, const struct region *r,
				    size_t *out);

enum analysis_checksum { CHECKSUM_UNKNOWN, CHECKSUM_OK, CHECKSUM_ZERO, CHECKSUM_WRONG };
enum analysis_checksum analysis_checksum_state(const struct analysis_parts *p);

/* "Section Flags". */
#define SECTION_EXECUTE UINT32_C(0x20000000)
#define SECTION_WRITE   UINT32_C(0x80000000)

/* Everything under "macho.". */
MUST_CHECK enum status describe_macho(struct features *f, const struct analysis_parts *p);
/* Everything under "pe.": from the headers, from struct pe_identity, from struct pe_anatomy. */
MUST_CHECK enum status describe_pe(struct features *f, const struct analysis_parts *p);
MUST_CHECK enum status describe_identity(struct features *f,
					 const struct pe_identity *identity);
MUST_CHECK enum status describe_anatomy(struct features *f, const struct pe_anatomy *anatomy);
