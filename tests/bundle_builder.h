/* SPDX-License-Identifier: MIT */
/*
 * Bundles for tests: a folder of harmless files, sealed and signed as macOS has
 * them, and then changed.  In memory, and on a disk.
 */
#pragma once
#include "tests/forge/macho.h"

#define BUNDLE_MAX_FILES 64

/* One file of a bundle, by its path from the top. */
struct bundle_entry {
	const char *path;
	const char *target; /* of a link; NULL: a file */
	struct buffer bytes;
};

struct bundle_tree {
	struct bundle_entry files[BUNDLE_MAX_FILES];
	size_t n;
};

void bundle_free(struct bundle_tree *t);
/* What stands there, empty if it is new. */
struct buffer *bundle_put(struct bundle_tree *t, const char *path);
/* What stands there, as it is. */
const struct buffer *bundle_file(struct bundle_tree *t, const char *path);
void bundle_text(struct bundle_tree *t, const char *path, const char *text);
void bundle_link(struct bundle_tree *t, const char *path, const char *target);
void bundle_drop(struct bundle_tree *t, const char *path);

/* How a bundle is sealed.  Zeroed fields take the default. */
struct bundle_wish {
	const char *base;       /* "Contents/" */
	const char *executable; /* from the base: "MacOS/prog"; its last part is the name */
	const char *info;       /* from the base: "Info.plist" */
	const char *identifier; /* "forge.app" */
	const char *rules;      /* of version 2, instead of the usual ones */
	bool old_only;          /* version 1 alone */
	bool no_sha256;         /* version 2 without the longer digests */
	bool unsealed;          /* no CodeResources */
	bool adhoc;             /* nobody signs it */
	/* Nested code: paths from the base, and their cdhashes (20 bytes), requirement. */
	struct {
		const char *path;
		struct span cdhash;
		const char *requirement;
	} nested[4];
};

/* Writes Info.plist, seals what lies below the base, and signs the executable. */
void bundle_sign(struct forge *f, struct bundle_tree *t, const struct bundle_wish *wish);
/* The first 20 bytes of the digest of the first CodeDirectory in @file. */
struct span bundle_cdhash(struct forge *f, const struct buffer *file);

/* Below @folder, which is made. */
void bundle_write(const struct bundle_tree *t, const char *folder);
