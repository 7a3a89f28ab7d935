/* SPDX-License-Identifier: MIT */
/* Facts: what this host says about a file, beside its bytes: who owns it, who needs it. */
#pragma once
#include "base/status.h"
#include "host/object.h"

#define PERMIT_PACKAGES "/var/lib/dpkg/info" /* Debian's: NAME.list, NAME.md5sums */

#define PERMIT_MAX_PACKAGES   ((size_t)65536)
#define PERMIT_MAX_LIST       ((size_t)64 << 20) /* bytes of one list */
#define PERMIT_MAX_DIVERSIONS ((size_t)4 << 20)  /* bytes */

/* Of one path. */
struct permit_owner {
	const char *package; /* NULL: none */
	bool has_md5;        /* its content as the package had it: an index, no proof */
	uint8_t md5[16];
};

/*
 * Which packages own @paths (absolute, without links), by the lists in @folder, and by the
 * diversions beside it.  A host without them has no packages.
 */
MUST_CHECK enum status permit_owners_read(struct arena *a, const char *folder,
					  const char *const *paths, size_t n,
					  struct permit_owner *out);

/* Is the file at @path as its package had it?  By MD5, which proves nothing against a forger.
 */
bool permit_as_packaged(const char *path, const struct permit_owner *owner);

struct permit_vital {
	struct object_identity id;
	const char *why;
};

#define PERMIT_MAX_VITAL 1024

/* Files that the system needs to go on. */
struct permit_vitals {
	struct permit_vital each[PERMIT_MAX_VITAL];
	size_t n;
};

/* What PID 1 and this program have mapped, the loader and libc among it, and the kernel. */
void permit_vitals_read(struct permit_vitals *out);

/* Why the system needs it; NULL: it does not.  @state_folder: of our own data. */
const char *permit_vital_why(const struct permit_vitals *v, const struct object_identity *id,
			     const char *path, const char *state_folder);

/* Is there something on this host that runs Windows programs? */
bool permit_wine_present(void);

/* MD5 and SHA-256 of the very same bytes of the file at @fd.  False: as below. */
MUST_CHECK bool permit_file_digests(int fd, uint8_t md5[16], uint8_t sha256[32]);

/* The file at @fd has these digests.  False: it cannot be read, or is too large. */
bool permit_file_digest(int fd, bool md5, uint8_t *out, size_t len);
