/* SPDX-License-Identifier: MIT */
/* Signs archives as JAR files are signed: a manifest, a list, a block. */
#pragma once
#include "tests/forge/archive.h"

struct forge_jar {
	const char *manifest, *list, *block; /* names of the three files */
	const char *more;   /* lines for the main section of the list; NULL: none */
	bool names_digests; /* each section names its algorithms, as Mozilla's do */
};
/* Adds them to @a, which has the entries that they speak of. */
void forge_jar_sign(struct forge *f, const struct forge_jar *wish, struct archive *a);

/* So many entries, each the text of @number. */
void forge_jar_entries(struct archive *a, unsigned number, const char *const *names, size_t n);
