/* SPDX-License-Identifier: MIT */
/*
 * Image: one immutable index of donors, as it stands in a file or in memory.
 *
 * Format of our own, version 1, numbers lowest byte first, nothing aligned:
 *
 *	head	"assayDNR", version u32, zero u32
 *	records	each: length u16 of what follows; length u16 of a text and the
 *		text (where it was learnt); the donor as in mimicry/donor.h;
 *		in the order of struct donor_order, each once
 *	tables	by digest, by block, by identity: rows {key, place u64}, sorted;
 *		place: offset of the record, its highest bit set for DONOR_SEEN,
 *		so that valid ones come first.  A longer digest is cut to 32 bytes,
 *		a shorter one has zeros behind it.
 *	sums	SHA-256 of each IMAGE_BLOCK bytes of all that
 *	foot	sizes, flags, SHA-256 over sums and foot, "assayDNR"
 *
 * That last digest, the root, stands for every byte.  Opening checks it over the
 * foot and the sums; a block is checked when it is first looked at, so that opening costs
 * little however large the file is, and damage is seen before it is believed.
 */
#pragma once
#include "mimicry/donor.h"

#define IMAGE_MAGIC       "assayDNR"
#define IMAGE_MAGIC_BYTES 8
#define IMAGE_VERSION     1
#define IMAGE_HEAD_BYTES  16
#define IMAGE_FOOT_BYTES  (6 * 8 + 32 + IMAGE_MAGIC_BYTES)
#define IMAGE_BLOCK       16384
#define IMAGE_SUM_BYTES   32
#define IMAGE_SEEN        (UINT64_C(1) << 63)
#define IMAGE_KEY_BYTES   32
#define IMAGE_MAX_ORIGIN  1024 /* bytes of the text that says where a donor was learnt */
#define IMAGE_MAX_RECORD  (2 + IMAGE_MAX_ORIGIN + DONOR_MAX_BYTES)
#define IMAGE_TABLES      (DONOR_BY_IDENTITY + 1)

enum image_flag { IMAGE_HAS_SHA1 = 1 << 0 };

struct image_table {
	struct span rows;
	uint64_t n;
};

struct image {
	struct span bytes;
	struct span body, sums;
	uint64_t records_end;
	struct image_table tables[IMAGE_TABLES];
	bool has_sha1;
	uint8_t root[32];
	_Atomic uint64_t *checked; /* a bit for each block that was found to be good */
};

/*
 * @bytes are borrowed until image_close().  STATUS_MALFORMED: *@problem (a literal) says how;
 * STATUS_UNSUPPORTED: of a newer version; STATUS_NO_MEMORY.
 */
MUST_CHECK enum status image_open(struct span bytes, struct image *out, const char **problem);
void image_close(struct image *i);

static inline uint64_t image_count(const struct image *i)
{
	return i->tables[DONOR_BY_DIGEST].n;
}

/* The @at-th donor in order.  STATUS_MALFORMED: damaged.  .provenance is in @a too. */
MUST_CHECK enum status image_donor(const struct image *i, uint64_t at, struct arena *a,
				   struct donor *out);

#define IMAGE_MAX_HITS (4 * DONOR_MAX_HITS) /* of which those that say most are told */

/* The donors with this key, at most IMAGE_MAX_HITS, in order, behind *@last, which moves. */
MUST_CHECK enum status image_find(const struct image *i, enum donor_key key, struct span value,
				  struct arena *a, struct donor ***last);

/* Looks at every byte, every row and every record: STATUS_MALFORMED unless all is as it should
 * be. */
MUST_CHECK enum status image_verify(const struct image *i);

/* The key under which a donor stands in a table; false: it has none there. */
struct image_key {
	uint8_t bytes[IMAGE_KEY_BYTES];
};
size_t image_key_bytes(enum donor_key key);
bool image_key_of(const struct donor *d, enum donor_key key, struct image_key *out);

/* What tells donors apart and puts them in order: digest, valid ones first, algorithm, block.
 */
struct donor_order {
	uint8_t bytes[IMAGE_KEY_BYTES + 1 + DIGEST_MAX + 1 + 32];
};
void donor_order_of(const struct donor *d, struct donor_order *out);
int donor_order_compare(const struct donor_order *x, const struct donor_order *y);
