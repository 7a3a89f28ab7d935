/* SPDX-License-Identifier: MIT */
/*
 * Donor: what is remembered of a signed file, so that whoever copies its
 * signature can be told whose it is.
 *
 * A donor is learnt only from a file that this engine found valid and anchored.
 * A sighting (DONOR_SEEN) is trust-free: this block stood on this image.
 */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "crypto/digest.h"

#define DONOR_NAME_MAX     256 /* bytes of each text */
#define DONOR_MAX_SECTIONS 16
#define DONOR_SKETCH       64
#define DONOR_MAX_BYTES    4352 /* of one record, encoded */
#define DONOR_MAX_HITS     16   /* of one look-up */

enum donor_kind { DONOR_NONE, DONOR_SEEN, DONOR_VALID };

/* The smallest hashes of the pages that are not all of one byte (min-hash). */
struct sketch {
	uint32_t n_pages; /* of the file, of this kind, not constant */
	uint32_t n;       /* in .hashes, ascending, distinct */
	uint64_t hashes[DONOR_SKETCH];
};

struct donor_section {
	char name[8];
	uint32_t raw_size, characteristics;
	uint64_t hash; /* first 8 bytes of the SHA-256 of its raw data; 0: not computed */
};

struct donor {
	enum donor_kind kind;
	struct digest digest; /* that the signature signs; DONOR_SEEN: that the image had */
	uint8_t block[32];    /* SHA-256 of the outermost signature's bytes */
	uint8_t identity[16]; /* donor_identity(), or of a package's name; zero: none */
	const char *format;   /* "pe" */
	const char *signer;   /* short name, verified; DONOR_SEEN: NULL */
	const char *name;     /* file name when learnt */
	/* Of an Android package .product is its name, .company the key: "sha256:HEX". */
	const char *company, *product, *version, *original_filename, *program_name;
	const char *manifest; /* assembly identity */
	int64_t signed_at;    /* 0: no timestamp */
	uint16_t machine, subsystem;
	bool dotnet, has_icon, has_codeview, sketched, has_checksum, repro;
	uint64_t size; /* up to the certificate table */
	uint32_t size_of_headers, entry_rva, time_date_stamp, checksum;
	uint64_t icon;                /* dHash */
	uint8_t codeview[20];         /* GUID, age */
	uint8_t rich[8], imports[16]; /* SHA-256 of the decoded entries; imphash; zero: none */
	struct donor_section sections[DONOR_MAX_SECTIONS];
	uint32_t n_sections;
	struct sketch executable, rest; /* with .sketched */

	/* Set by an index when it is found there. */
	const char *provenance; /* where it was learnt, or the list it came from */
	struct donor *next;
};

/* Can anything be compared with it: pages, streams of a package, sections of a module? */
bool donor_has_contents(const struct donor *d);

/* Encoded form: versioned, little-endian, at most DONOR_MAX_BYTES; names are cut to
 * DONOR_NAME_MAX at a character's border. */
void donor_encode(struct buffer *out, const struct donor *d);
/* STATUS_MALFORMED: not one of ours.  Strings are copied to @a. */
MUST_CHECK enum status donor_decode(struct arena *a, struct span in, struct donor *out);
/* The kind alone, at a glance. */
enum donor_kind donor_kind_of(struct span in);

/* What makes two files the same product to a user: company, product and original file name,
 * folded to lower case (ASCII) and single blanks.  False (and zeros) when one of them is
 * missing. */
bool donor_identity(const char *company, const char *product, const char *original_filename,
		    uint8_t out[16]);

enum donor_key { DONOR_BY_DIGEST, DONOR_BY_BLOCK, DONOR_BY_IDENTITY };

/*
 * What src/mimicry asks and src/store answers: a look-up interface that the
 * caller passes in, so that no layer looks down.
 *
 * find(): all donors with this key (digest: the value alone), at most
 * DONOR_MAX_HITS, valid ones first, of these the ones with pages, otherwise in a
 * fixed order; *out NULL: none.
 * STATUS_MALFORMED: the index is damaged, which is never "no donor".
 */
struct donor_index {
	void *context;
	enum status (*find)(void *context, enum donor_key key, struct span value,
			    struct arena *a, struct donor **out);
	bool has_sha1;          /* some donors are known by SHA-1 only */
	uint64_t n;             /* records */
	uint8_t generation[32]; /* SHA-256 over what it holds */
};
