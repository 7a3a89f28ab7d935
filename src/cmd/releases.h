/* SPDX-License-Identifier: MIT */
/*
 * Releases: the lists of packages that apt keeps, as far as keys vouch for them
 * (apt-secure(8), Debian repository format).
 */
#pragma once
#include "engine/engine.h"
#include "store/packages.h"

#define RELEASE_MAX_BYTES  ((size_t)16 << 20)  /* of one InRelease */
#define PACKAGES_LIST_MAX  ((uint64_t)1 << 30) /* of one list of packages, unpacked */
#define RELEASES_MAX_NAMES 4096

/* One package that a list names. */
struct listed_package {
	uint8_t sha256[32]; /* of the .deb */
	const char *name;   /* "coreutils 9.1-1 amd64" */
	uint64_t release;   /* its place in the index */
};

struct releases {
	struct arena arena; /* of the names */
	struct listed_package *packages;
	size_t n, size;
	size_t n_releases, n_lists, n_refused;
};

/*
 * Reads what lies in @folder: every InRelease that is valid by @engine, and those
 * of its lists whose digest it names.  Releases go to @writer.
 */
MUST_CHECK enum status releases_read(struct releases *r, const struct engine *engine,
				     struct lanes *lanes, const char *folder,
				     struct packages_writer *writer);
void releases_free(struct releases *r);

/* The package with this digest; NULL: no list names it. */
const struct listed_package *releases_find(const struct releases *r, const uint8_t sha256[32]);
