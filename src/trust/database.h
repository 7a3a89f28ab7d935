/* SPDX-License-Identifier: MIT */
/*
 * Database: anchors, distrust lists and revocation data in one immutable file.
 *
 * Format of our own, version 2, numbers lowest byte first (version 1 knew certificates and
 * three sets only, and is read as well):
 *
 *	header	"assayTDB", version, number of tables, size of the file,
 *		SHA-256 over everything but itself, {offset, count} of each table
 *	tables	fixed rows, sorted by the digest with which they begin, so
 *		that opening costs one mmap and one pass of SHA-256
 *	heap	what rows point to: certificates, names, usages, CRLs
 *
 * The file is never changed, only replaced by rename; it is read through
 * spans, and every row was looked at before the first answer.
 */
#pragma once
#include "base/buffer.h"
#include "trust/store.h"

#define DATABASE_MAGIC        "assayTDB"
#define DATABASE_VERSION      2
#define DATABASE_OLDEST       1
#define DATABASE_MAX_BYTES    ((size_t)256 << 20)
#define DATABASE_MAX_ROWS     ((size_t)1 << 20)
#define DATABASE_DIGEST_MAX   48
#define DATABASE_SEQUENCE_MAX 32

/* Who put it there.  In one database the higher one stands above the lower one. */
enum record_source {
	RECORD_UNKNOWN = 0,
	RECORD_PIN,  /* of data/, accepted by its digest */
	RECORD_LIST, /* of a root programme's list: replaced by its next one */
	RECORD_ADDED /* by the administrator; with no set: taken out by him */
};

/* One certificate or raw key.  The spans point into the database, or into the arena of a draft.
 */
struct record {
	struct stored stored;
	enum record_source source;
	struct span subject, key_id;     /* key_id of an OpenPGP key: its fingerprint */
	uint8_t key_sha256[32];          /* of the public point or modulus; zero: not known */
	int64_t valid_from, valid_until; /* both zero: not known (only the pin is) */
};

struct distrust {
	enum distrust_kind kind;
	enum record_source source;
	struct span digest;
};

/* A CRL (key: of its issuer) or an OCSP response (key: of a serial number). */
struct revocation {
	uint8_t key[32];
	int64_t this_update;
	struct span der;
};

/* A root programme's list that was imported. */
enum list_kind { LIST_NONE = 0, LIST_ROOTS, LIST_DISALLOWED };
#define LIST_KINDS 3
struct list_info {
	enum list_kind kind;
	int64_t this_update;
	uint8_t sha256[32];                      /* of the whole file */
	uint8_t sequence[DATABASE_SEQUENCE_MAX]; /* sequenceNumber, highest byte first */
	const char *name;
};

enum database_table {
	TABLE_RECORDS,    /* by SHA-256 of the certificate */
	TABLE_BY_SUBJECT, /* by name_key() of the subject */
	TABLE_BY_KEY_ID,  /* by SHA-256 of the subject key identifier */
	TABLE_BY_KEY,     /* by SHA-256 of the public point or modulus */
	TABLE_DISTRUST,   /* by kind and digest */
	TABLE_CRLS,       /* by name_key() of the issuer, newest first */
	TABLE_OCSPS,      /* by SHA-256 of a serial number, newest first */
	TABLE_LISTS,
	TABLE_HEAP,
	TABLE_COUNT
};

struct table {
	struct span bytes;
	size_t count;
};

struct database {
	struct span bytes;
	uint8_t checksum[32];
	struct table tables[TABLE_COUNT];
};

/* STATUS_USAGE: not usable, *@problem (a literal) says why and what to do. */
MUST_CHECK enum status database_open(struct span bytes, struct database *out,
				     const char **problem);

static inline size_t database_count(const struct database *d, enum database_table t)
{
	return d->tables[t].count;
}

/* Row @i; false: there is none. */
MUST_CHECK bool database_record(const struct database *d, size_t i, struct record *out);
MUST_CHECK bool database_distrust(const struct database *d, size_t i, struct distrust *out);
MUST_CHECK bool database_revocation(const struct database *d, enum database_table t, size_t i,
				    struct revocation *out);
MUST_CHECK bool database_list(const struct database *d, size_t i, struct list_info *out);

/* The rows of @t whose digest is @key: how many, and the first in *@first. */
size_t database_find(const struct database *d, enum database_table t, struct span key,
		     size_t *first);
/* The record to which row @i of an index leads. */
MUST_CHECK bool database_indexed(const struct database *d, enum database_table t, size_t i,
				 struct record *out);
MUST_CHECK bool database_distrusts(const struct database *d, enum distrust_kind kind,
				   struct span digest);
bool database_has_distrust(const struct database *d, enum distrust_kind kind);

/*
 * A digest that is the same for all spellings of a Name (RFC 5280 7.1: case,
 * spaces, string types): over its attribute types and its ASCII letters and
 * digits alone.  Different names may share it; the caller compares.
 */
MUST_CHECK enum status name_key(struct span name, uint8_t out[32]);
/* SHA-256. */
MUST_CHECK enum status key_of(struct span bytes, uint8_t out[32]);
/* What tells the public key of @c apart whatever its parameters: point or modulus. */
struct span key_bits(const struct public_key *key);

/* What @winner lacks (bytes and what stands in them), from another record of the certificate.
 */
void record_complete(struct record *winner, const struct record *other);

size_t distrust_size(enum distrust_kind kind); /* octets of such a digest; 0: unknown kind */

/* Draft: a database being put together.  Everything that it points to outlives it. */
struct draft {
	struct arena *arena;
	struct draft_record *records; /* newest first, as all these lists */
	struct draft_distrust *distrusts;
	struct draft_revocation *crls, *ocsps;
	size_t n_records, n_distrusts, n_crls, n_ocsps;
	struct list_info lists[LIST_KINDS]; /* by enum list_kind; LIST_NONE: not imported */
};

struct draft_record {
	struct record record;
	struct draft_record *next;
};

MUST_CHECK enum status draft_record_add(struct draft *d, const struct record *r);
MUST_CHECK enum status draft_distrust_add(struct draft *d, const struct distrust *entry);
MUST_CHECK enum status draft_crl_add(struct draft *d, const struct revocation *r);
MUST_CHECK enum status draft_ocsp_add(struct draft *d, const struct revocation *r);
/* Everything that stands in @from. */
MUST_CHECK enum status draft_load(struct draft *d, const struct database *from);
/* Forgets certificates: those from @source (RECORD_UNKNOWN: any), those that are @sha256
 * (NULL: any). */
void draft_forget(struct draft *d, enum record_source source, const uint8_t *sha256);
void draft_forget_distrusts(struct draft *d, enum distrust_kind kind,
			    enum record_source source);
/* Is the certificate an anchor of a set in it? */
MUST_CHECK bool draft_anchors(const struct draft *d, const uint8_t sha256[32]);
/*
 * The file.  Of several records of one certificate the highest source
 * stands, then the newest; what it lacks (bytes) comes from the others.
 */
MUST_CHECK enum status draft_encode(const struct draft *d, struct buffer *out);
