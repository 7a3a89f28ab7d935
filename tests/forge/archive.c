/* SPDX-License-Identifier: MIT */
#define ZLIB_CONST
#include "tests/forge/archive.h"

#include "base/cursor.h"
#include "tests/forge/signing.h"
#include <zlib.h>

#define ARENA_BYTES   ((size_t)256 << 20)
#define END_BYTES     22
#define RECORD_BYTES  46
#define LOCAL_BYTES   30
#define LOCATOR_BYTES 20
#define BLOCK_MAGIC   "APK Sig Block 42"
#define MAGIC_BYTES   16

/* What the directory says of one entry. */
struct record {
	uint16_t flags, method, name_len, extra_len, comment_len;
	uint32_t attributes;
	uint64_t packed, size, off;
};

/* What does not fit stands in the first extra field, if that is the ZIP64 one. */
static void wide_read(struct span file, uint64_t at, struct record *r)
{
	struct cursor c = cursor_at(file, at + RECORD_BYTES + r->name_len);
	uint64_t *const fields[] = { &r->size, &r->packed, &r->off };

	if (cursor_u16le(&c) != 1)
		return;
	(void)cursor_u16le(&c);
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		if (*fields[i] == UINT32_MAX)
			*fields[i] = cursor_u64le(&c);
}

static struct record record_read(struct span file, uint64_t at)
{
	struct cursor c = cursor_at(file, at + 8);
	struct record r = { 0 };

	r.flags = cursor_u16le(&c);
	r.method = cursor_u16le(&c);
	c = cursor_at(file, at + 20);
	r.packed = cursor_u32le(&c);
	r.size = cursor_u32le(&c);
	r.name_len = cursor_u16le(&c);
	r.extra_len = cursor_u16le(&c);
	r.comment_len = cursor_u16le(&c);
	c = cursor_at(file, at + 38);
	r.attributes = cursor_u32le(&c);
	r.off = cursor_u32le(&c);
	if (r.extra_len > 0)
		wide_read(file, at, &r);
	return r;
}

static struct span unpacked(struct arena *a, struct span packed, size_t size)
{
	uint8_t *bytes = ARENA_NEW(a, uint8_t, size + 1);
	z_stream z = { .next_in = packed.ptr,
		       .avail_in = (unsigned)packed.len,
		       .next_out = bytes,
		       .avail_out = (unsigned)size };
	int result;

	if (!bytes || inflateInit2(&z, -MAX_WBITS) != Z_OK)
		forge_fail("memory");
	result = inflate(&z, Z_FINISH);
	(void)inflateEnd(&z);
	return result == Z_STREAM_END ? (struct span){ bytes, size } : SPAN_NONE;
}

static bool entry_open(struct archive *a, struct span file, uint64_t at, const struct record *r)
{
	struct cursor local = cursor_at(file, r->off + 26);
	uint64_t begin = r->off + LOCAL_BYTES;
	struct zip_item *item = &a->items[a->n];
	struct span packed;

	begin += cursor_u16le(&local);
	begin += cursor_u16le(&local);
	packed = span_clip(file, begin, r->packed);
	if (r->size > ARENA_BYTES / 2)
		return false;
	if (packed.len != r->packed || (r->method != 0 && r->method != 8))
		return false;
	*item = (struct zip_item){
		.name = arena_string(&a->arena,
				     span_clip(file, at + RECORD_BYTES, r->name_len)),
		.data = r->method == 8 ? unpacked(&a->arena, packed, r->size)
				       : arena_copy(&a->arena, packed),
		.deflate = r->method == 8,
		.attributes = r->attributes,
	};
	a->n++;
	return item->name && item->data.len == r->size;
}

/* The block that ends where the directory begins. */
static struct span block_before(struct arena *a, struct span file, uint64_t directory)
{
	struct cursor c = cursor_at(file, directory - MAGIC_BYTES - 8);
	uint64_t len = cursor_u64le(&c);

	if (directory < 32 || len + 8 > directory ||
	    !span_starts(span_after(file, directory - MAGIC_BYTES), BLOCK_MAGIC, MAGIC_BYTES))
		return SPAN_NONE;
	return arena_copy(a, span_clip(file, directory - len - 8, len + 8));
}

void archive_new(struct archive *a)
{
	*a = (struct archive){ .arena = ARENA_INIT(ARENA_BYTES) };
	a->items = ARENA_NEW(&a->arena, struct zip_item, ARCHIVE_MAX_ITEMS);
	if (!a->items)
		forge_fail("memory");
}

/* From the end record, or the ZIP64 one that stands before it. */
static void directory_find(struct span file, size_t *n, uint64_t *at)
{
	struct cursor c = cursor_at(file, file.len - END_BYTES + 10);

	*n = cursor_u16le(&c);
	(void)cursor_u32le(&c);
	*at = cursor_u32le(&c);
	if (*n != UINT16_MAX || file.len < END_BYTES + LOCATOR_BYTES)
		return;
	c = cursor_at(file, file.len - END_BYTES - LOCATOR_BYTES + 8);
	*at = cursor_u64le(&c);
	c = cursor_at(file, *at + 32);
	*n = (size_t)cursor_u64le(&c);
	c = cursor_at(file, *at + 48);
	*at = cursor_u64le(&c);
}

bool archive_open(struct archive *a, struct span file)
{
	uint64_t at;
	size_t n;

	archive_new(a);
	if (file.len < END_BYTES ||
	    !span_starts(span_after(file, file.len - END_BYTES), "PK\5\6", 4))
		return false;
	directory_find(file, &n, &at);
	if (n > ARCHIVE_MAX_ITEMS - 64)
		return false;
	a->block = block_before(&a->arena, file, at);
	for (size_t i = 0; i < n; i++) {
		struct record r = record_read(file, at);

		if (!span_starts(span_after(file, at), "PK\1\2", 4) ||
		    !entry_open(a, file, at, &r))
			return false;
		at += (uint64_t)RECORD_BYTES + r.name_len + r.extra_len + r.comment_len;
	}
	return true;
}

void archive_free(struct archive *a)
{
	arena_free(&a->arena);
}

static bool is_named(const char *name, const char *start, const char *end)
{
	size_t n = strlen(name), n_end = strlen(end);

	return strncmp(name, start, strlen(start)) == 0 && n >= n_end &&
	       strcmp(name + (n - n_end), end) == 0;
}

size_t archive_find(const struct archive *a, const char *start, const char *end)
{
	for (size_t i = 0; i < a->n; i++)
		if (is_named(a->items[i].name, start, end))
			return i;
	return a->n;
}

void archive_drop(struct archive *a, const char *start, const char *end)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++)
		if (!is_named(a->items[i].name, start, end))
			a->items[n++] = a->items[i];
	a->n = n;
}

void archive_add(struct archive *a, const struct zip_item *item)
{
	if (a->n == ARCHIVE_MAX_ITEMS)
		forge_fail("an archive of too many entries");
	a->items[a->n++] = *item;
}

void archive_take(struct archive *a, const struct archive *from, const char *start)
{
	for (size_t i = 0; i < from->n; i++)
		if (is_named(from->items[i].name, start, ""))
			archive_add(a, &from->items[i]);
}

bool archive_shift(struct buffer *file, size_t n)
{
	size_t end = file->len - END_BYTES, at, n_records;

	if (file->len < END_BYTES + n || forge_get(file, end, 4) != 0x06054b50)
		return false;
	n_records = (size_t)forge_get(file, end + 10, 2);
	at = (size_t)forge_get(file, end + 16, 4) + n;
	forge_put(file, end + 16, 4, at);
	for (; n_records > 0; n_records--) {
		if (forge_get(file, at, 4) != 0x02014b50)
			return false;
		forge_put(file, at + 42, 4, forge_get(file, at + 42, 4) + n);
		at += RECORD_BYTES + (size_t)forge_get(file, at + 28, 2) +
		      (size_t)forge_get(file, at + 30, 2) + (size_t)forge_get(file, at + 32, 2);
	}
	return true;
}

void archive_write(const struct archive *a, struct span prefix, struct buffer *out)
{
	struct zip_plan plan = {
		.items = a->items, .n = a->n, .prefix = prefix, .block = a->block
	};

	zip_build(out, &plan);
}
