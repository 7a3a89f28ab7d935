/* SPDX-License-Identifier: MIT */
/*
 * Archives taken apart and put together again, as a thief does it: without a look
 * at what is signed.  Files that no ordinary tool writes are not taken.
 */
#pragma once
#include "base/arena.h"
#include "tests/forge/forge.h"
#include "tests/zip_builder.h"

#define ARCHIVE_MAX_ITEMS 4096

struct archive {
	struct arena arena; /* of names and contents */
	struct zip_item *items;
	size_t n;
	struct span block; /* between entries and directory: of an APK */
};

void archive_new(struct archive *a);
/* False: not taken.  Usable with CLEANUP(archive_free). */
bool archive_open(struct archive *a, struct span file);
void archive_free(struct archive *a);

/* Does a name begin with @start and end in @end?  Of the first such: its index; .n: none. */
size_t archive_find(const struct archive *a, const char *start, const char *end);
/* All that archive_find() would find one after the other. */
void archive_drop(struct archive *a, const char *start, const char *end);
/* Names and contents are borrowed. */
void archive_add(struct archive *a, const struct zip_item *item);
/* Of @from all whose names begin with @start. */
void archive_take(struct archive *a, const struct archive *from, const char *start);
/* Adds @n to all offsets of an archive before which so many bytes were put.  False: not done.
 */
bool archive_shift(struct buffer *file, size_t n);
/* Behind @prefix, which offsets count. */
void archive_write(const struct archive *a, struct span prefix, struct buffer *out);
