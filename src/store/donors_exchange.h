/* SPDX-License-Identifier: MIT */
/* Exchange: donors as a signed list (store/list_bundle.h), from one site to another. */
#pragma once
#include "store/donors.h"
#include "store/list_bundle.h"

#define DONORS_MAX_LIST_BYTES ((uint64_t)4 << 30) /* of a file that is imported */
#define DONORS_KEY_DIGITS     16                  /* of a key's id, for people */

struct donors_export {
	const char *path;   /* the file to make */
	const char *name;   /* of the list: bundle_name_good() */
	const char *folder; /* where the lists are numbered */
	const struct ed25519_key *key;
	int64_t now;
};

struct donors_exchanged {
	const char *name;
	const char *key;           /* the first digits of its id */
	uint64_t sequence, before; /* imported before, of this list; 0: none */
	uint64_t n;                /* donors */
};

/* Where the donors were learnt is not told.  Not STATUS_OK: *@problem, a sentence in @a. */
MUST_CHECK enum status donors_export(struct arena *a, const struct donors *d,
				     const struct donors_export *e,
				     struct donors_exchanged *out, const char **problem);

struct donors_import {
	const char *path, *folder;
	const struct ed25519_key *keys; /* one of them must have signed it */
	size_t n_keys;
	int64_t now;
	bool dry_run; /* everything but the taking over */
};

/*
 * Takes over what a trusted key signed, in the place of what the same list (name and key)
 * brought before; an older number of it is refused.  Each donor's provenance is then
 * "list NAME by KEY".
 */
MUST_CHECK enum status donors_import(struct arena *a, const struct donors_import *i,
				     struct donors_exchanged *out, const char **problem);
