/* SPDX-License-Identifier: MIT */
/*
 * Managing databases: what `assay trust` does.
 *
 * Every change reads the database, makes a new one and puts it in the place of
 * the old one at once; when anything is refused, the old one stays.
 */
#pragma once
#include "trust/database.h"

/* One certificate or key as all databases together say. */
struct trust_entry {
	struct stored stored;
	enum record_source source;
	struct span key_id;
	int64_t valid_from, valid_until; /* both zero: only the pin is known, or a raw key */
	const char *database;            /* path; NULL: given for this run */
};

/* All of them, each once, in no particular order: start with a zeroed place. */
MUST_CHECK bool trust_next(const struct trust_store *s, struct trust_place *at,
			   struct trust_entry *out);

/* The newest list of @kind that is installed; false: none. */
MUST_CHECK bool store_list(const struct trust_store *s, enum list_kind kind,
			   struct list_info *out);

/* What is to be changed, and what it is laid over. */
struct trust_target {
	const char *path;             /* the database to change; made when it is not there */
	const char *const *databases; /* all that are in use, .path among them or not */
	size_t n_databases;
	const struct trust_source *list_roots; /* who may sign lists; NULL: the pinned root */
	size_t n_list_roots;
	bool lists;   /* trust lists and Secure Boot lists are taken too */
	bool dry_run; /* everything but the writing */
};

/* What was taken. */
struct trust_change {
	size_t n_anchors, n_keys, n_crls, n_ocsps; /* by the administrator's word */
	size_t n_held;                  /* anchors and keys that it had before: not counted */
	size_t n_unbound;               /* of all: lose limits that a root programme sets */
	bool has_roots, has_disallowed; /* a list was imported: */
	struct list_info roots, disallowed;
	size_t n_roots, n_root_anchors, n_roots_with_bytes, n_disallowed;
	size_t n_uefi, n_images, n_distrusted; /* of Secure Boot lists */
	bool empty_dbx;                        /* a dbx that distrusts nothing was among them */
	const char *removed;                   /* name */
	uint8_t removed_sha256[32];
};

/*
 * Takes files and folders into the database: if the target says so also trust
 * lists and Secure Boot lists (paths may then begin with "db=" or "dbx="; beside a list of
 * roots, certificates without a set of their own are only its bytes).
 * STATUS_USAGE, STATUS_IO: *@problem says which file and why.
 */
MUST_CHECK enum status trust_take(struct arena *a, const struct trust_target *target,
				  const struct trust_source *sources, size_t n,
				  struct trust_change *out, const char **problem);

/* The one anchor whose SHA-256 begins with @prefix (hex), or whose name it is. */
MUST_CHECK enum status trust_find(struct arena *a, const struct trust_store *s,
				  const char *prefix, struct trust_entry *out,
				  const char **problem);

/* Takes an anchor out: from this database, and through it from those below. */
MUST_CHECK enum status trust_drop(struct arena *a, const struct trust_target *target,
				  const char *prefix, struct trust_change *out,
				  const char **problem);
