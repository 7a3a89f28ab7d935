/* SPDX-License-Identifier: MIT */
/*
 * Package: programs without a signature that an archive of packages vouches for.
 *
 * The chain is file -> package -> list of packages -> release -> key of the
 * archive (apt-secure(8)).  Whoever calls hands over an index in which all but
 * the last step was checked when it was made; whether the key is still believed
 * is asked again each time.
 */
#pragma once
#include "verify/scheme.h"

struct package_entry {
	const char *name;    /* "coreutils 9.1-1 amd64"; NULL: there is no entry */
	const char *path;    /* as the package has it */
	const char *archive; /* whose key signed the release */
	uint8_t key[32];     /* SHA-256 of that key's fingerprint */
	uint8_t sha256[32];  /* of the file */
};

struct package_index {
	void *context;
	/* A file with these bytes; at this path (see package_path_digest()). */
	enum status (*by_digest)(void *context, const uint8_t sha256[32], struct arena *a,
				 struct package_entry *out);
	/* Of several versions at one place the one with these bytes, if there is one. */
	enum status (*by_path)(void *context, const uint8_t path[32], const uint8_t sha256[32],
			       struct arena *a, struct package_entry *out);
	uint8_t digest[32]; /* of all of it, for caches and reports */
	bool outdated;      /* what shall lie where is not known any more */
};

/* What must be computed. */
struct package_work {
	struct digest_job *jobs;
	size_t n_jobs;
};
MUST_CHECK enum status package_begin(struct arena *a, uint64_t size, struct package_work *out);

/*
 * A fact about a file that an archive knows, by its bytes or by its place; NULL: it does not.
 * @path: where the file lies; NULL: not known.
 */
MUST_CHECK enum status package_finish(struct arena *a, struct scheme_case *c,
				      const struct package_index *index,
				      const struct package_work *work, const uint8_t *path,
				      struct fact **out);

/*
 * A place, whatever spelling leads there: "./usr/bin/x", "/usr/bin/x" and "/bin/x" are one
 * (usr-merge).
 */
MUST_CHECK enum status package_path_digest(struct span path, uint8_t out[32]);
