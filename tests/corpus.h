/* SPDX-License-Identifier: MIT */
/*
 * The corpus of signed and unsigned programs, which is not part of this
 * repository.  Tests that want it skip those rows when it is absent.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Its folder: $ASSAY_CORPUS, or beside the source tree; NULL: absent. */
static inline const char *corpus_folder(void)
{
	static const char *const places[] = { "../shared/corpus", "../../shared/corpus",
					      "../../../shared/corpus" };
	const char *named = getenv("ASSAY_CORPUS");
	struct stat st;

	if (named)
		return stat(named, &st) == 0 ? named : NULL;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (stat(places[i], &st) == 0)
			return places[i];
	return NULL;
}

/* A file of it, to be freed; NULL, and said so, when it is not there. */
static inline uint8_t *corpus_load(const char *name, size_t *len)
{
	const char *folder = corpus_folder();
	char path[4096] = "";
	uint8_t *bytes = NULL;
	struct stat st;
	FILE *f;

	if (folder)
		(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = folder ? fopen(path, "rb") : NULL;
	if (f && fstat(fileno(f), &st) == 0 && st.st_size > 0) {
		*len = (size_t)st.st_size;
		bytes = malloc(*len);
		if (bytes && fread(bytes, 1, *len, f) != *len) {
			free(bytes);
			bytes = NULL;
		}
	}
	if (f)
		(void)fclose(f);
	if (!bytes)
		printf("# skip: %s is not at hand\n", name);
	return bytes;
}
