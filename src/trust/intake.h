/* SPDX-License-Identifier: MIT */
/*
 * Intake: files of the administrator -> draft.
 *
 * Certificates, CRLs (RFC 5280) and OCSP responses (RFC 6960), as DER or in
 * PEM text with anything around it, and raw keys (key_file.h), one by one or in
 * folders.
 */
#pragma once
#include "trust/database.h"

#define INTAKE_MAX_FILE  ((size_t)64 << 20)
#define INTAKE_MAX_FILES ((size_t)16384)
#define INTAKE_MAX_DEPTH 8 /* folders in folders */
#define INTAKE_MAX_ITEMS ((size_t)65536)

struct intake;

/* Takes what it knows of the file @bytes called @name; STATUS_NOT_MINE: nothing. */
typedef enum status intake_reader(struct intake *in, struct span bytes, const char *name);

struct intake {
	struct arena *arena; /* for what is kept */
	struct draft *draft;
	struct draft *loose; /* takes the certificates when .sets is 0; NULL: .draft does */
	intake_reader *read; /* intake_bytes(), or one that knows more */
	void *context;       /* of .read */
	unsigned sets;       /* mask for what is taken; 0: .loose decides, or none */
	bool keys;           /* raw keys are taken when .sets is 0, for every set they fit */
	bool lenient;        /* goes on without files that are too large or cannot be read */
	bool in_folder;      /* the file was met, not named: it need not be a certificate */
	const char *origin;
	const char *name;    /* of the file that is being read */
	const char *problem; /* what is wrong with which file; a literal or in .arena */
	const struct database *before; /* what was added here before; NULL: nothing */
	size_t n_files, n_certs, n_keys, n_crls, n_ocsps;
	size_t n_held_certs, n_held_keys; /* of them: were in .before, in their sets */
};

/* Adds an anchor to the draft, and counts it when it was there before. */
MUST_CHECK enum status intake_add(struct intake *in, const struct record *r);

/*
 * The sets in which an item becomes an anchor: of those that were asked for, the
 * ones that it fits.  STATUS_USAGE: one set was named, and it does not fit that;
 * NOT_MINE: so it is, in a folder.
 */
MUST_CHECK enum status intake_sets(struct intake *in, enum trust_item item,
				   const uint8_t sha256[32], unsigned *out);

/* Certificates, raw keys, CRLs, OCSP responses. */
MUST_CHECK enum status intake_bytes(struct intake *in, struct span bytes, const char *name);

/*
 * The file or folder at @path, with what lies in it.  A named file that gives
 * nothing, or a folder in which no file gives anything, is STATUS_USAGE.  What
 * in a folder cannot be read as a certificate is passed over, a damaged CRL not.
 */
MUST_CHECK enum status intake_path(struct intake *in, const char *path);

/* What is known of the certificate @der: its record, without sets; copies its bytes to @a. */
MUST_CHECK enum status record_of(struct arena *a, struct span der, struct record *out);

/* Notes what is wrong with @name and gives @status back (STATUS_NO_MEMORY when there is none).
 */
PRINTF(4, 5)
MUST_CHECK enum status intake_refuse(struct intake *in, enum status status, const char *name,
				     const char *format, ...);
