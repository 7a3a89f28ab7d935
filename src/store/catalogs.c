/* SPDX-License-Identifier: MIT */
#include "store/catalogs_rows.h"

#include "base/cursor.h"
#include "base/memory.h"
#include "source/paths.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool catalogs_row_read(const struct catalogs_layer *l, uint64_t at, struct catalogs_row *out)
{
	struct span row;
	struct cursor c;

	if (at >= l->file.numbers[NUMBER_ROWS] ||
	    !sealed_part(&l->file, l->file.numbers[NUMBER_ROWS_AT] + at * ROW_BYTES, ROW_BYTES,
			 &row))
		return false;
	c = cursor_at(row, 0);
	(void)span_copy(out->digest, ROW_DIGEST, cursor_take(&c, ROW_DIGEST));
	out->algorithm = cursor_u8(&c);
	out->kind = cursor_u8(&c);
	cursor_skip(&c, 2);
	out->catalog = cursor_u32le(&c);
	out->member = cursor_u64le(&c);
	return cursor_ok(&c);
}

static enum status text_take(struct cursor *c, struct arena *a, const char **out)
{
	uint16_t len = cursor_u16le(c);
	struct span text = cursor_take(c, len);

	*out = NULL;
	if (len == 0)
		return STATUS_OK;
	*out = arena_string(a, text);
	return *out ? STATUS_OK : STATUS_NO_MEMORY;
}

static void text_put(struct buffer *out, const char *text)
{
	struct span s = text ? span_clip(SPAN_TEXT(text), 0, CATALOGS_MAX_NAME) : SPAN_NONE;

	buffer_u16le(out, (uint16_t)s.len);
	buffer_add(out, s);
}

void catalogs_entry_write(struct buffer *out, const struct catalog_entry *e)
{
	buffer_add(out, SPAN_OF(e->sha256));
	buffer_u64le(out, (uint64_t)e->this_update);
	buffer_char(out, (char)e->content.algorithm);
	buffer_add(out, SPAN_OF(e->content.bytes));
	text_put(out, e->name);
	text_put(out, e->package);
	text_put(out, e->system);
	buffer_add(out, e->message);
}

enum status catalogs_entry_read(const struct catalogs_layer *l, uint64_t at, struct arena *a,
				struct catalog_entry *out)
{
	uint64_t table = l->file.numbers[NUMBER_TABLE_AT], off, len;
	struct span place, record;
	struct cursor c;

	*out = (struct catalog_entry){ 0 };
	if (at >= l->file.numbers[NUMBER_CATALOGS] ||
	    !sealed_part(&l->file, table + at * PLACE_BYTES, PLACE_BYTES, &place))
		return STATUS_MALFORMED;
	c = cursor_at(place, 0);
	off = cursor_u64le(&c);
	len = cursor_u64le(&c);
	if (!sealed_part(&l->file, off, len, &record))
		return STATUS_MALFORMED;
	c = cursor_at(record, 0);
	(void)span_copy(out->sha256, sizeof(out->sha256), cursor_take(&c, 32));
	out->this_update = (int64_t)cursor_u64le(&c);
	out->content.algorithm = (enum digest_algorithm)cursor_u8(&c);
	(void)span_copy(out->content.bytes, DIGEST_MAX, cursor_take(&c, DIGEST_MAX));
	TRY(text_take(&c, a, &out->name));
	TRY(text_take(&c, a, &out->package));
	TRY(text_take(&c, a, &out->system));
	out->message = cursor_rest(&c);
	return cursor_ok(&c) && out->name ? STATUS_OK : STATUS_MALFORMED;
}

const char *catalogs_member_read(const struct catalogs_layer *l, uint64_t place,
				 struct arena *a, enum status *status)
{
	struct span head, text;
	const char *name;
	struct cursor c;

	*status = STATUS_OK;
	if (place == 0)
		return NULL;
	*status = STATUS_MALFORMED;
	if (!sealed_part(&l->file, place, 2, &head))
		return NULL;
	c = cursor_at(head, 0);
	if (!sealed_part(&l->file, place + 2, cursor_u16le(&c), &text))
		return NULL;
	name = arena_string(a, text);
	*status = name ? STATUS_OK : STATUS_NO_MEMORY;
	return name;
}

static int row_compare(const struct catalogs_row *row, const uint8_t digest[ROW_DIGEST],
		       uint8_t algorithm)
{
	int order = memcmp(row->digest, digest, ROW_DIGEST);

	return order ? order : (row->algorithm > algorithm) - (row->algorithm < algorithm);
}

/* The first row that is not before this digest. */
static enum status bound_find(const struct catalogs_layer *l, const uint8_t digest[ROW_DIGEST],
			      uint8_t algorithm, uint64_t *out)
{
	uint64_t low = 0, high = l->file.numbers[NUMBER_ROWS];
	struct catalogs_row row;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (!catalogs_row_read(l, middle, &row))
			return STATUS_MALFORMED;
		if (row_compare(&row, digest, algorithm) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*out = low;
	return STATUS_OK;
}

static bool kind_fits(uint8_t row, enum catalog_kind asked)
{
	return row == CATALOG_ANY || asked == CATALOG_ANY || row == (uint8_t)asked;
}

static enum status layer_find(const struct catalogs_layer *l, const struct digest *digest,
			      enum catalog_kind kind, struct arena *a,
			      struct catalog_entry *out, size_t *n)
{
	uint8_t key[ROW_DIGEST] = { 0 }, algorithm = (uint8_t)digest->algorithm;
	struct catalogs_row row;
	enum status status;
	uint64_t at;

	(void)span_copy(key, sizeof(key), digest_span(digest));
	TRY(bound_find(l, key, algorithm, &at));
	for (; at < l->file.numbers[NUMBER_ROWS] && *n < CATALOG_MAX_HITS; at++) {
		if (!catalogs_row_read(l, at, &row))
			return STATUS_MALFORMED;
		if (row_compare(&row, key, algorithm) != 0)
			return STATUS_OK;
		if (!kind_fits(row.kind, kind))
			continue;
		TRY(catalogs_entry_read(l, row.catalog, a, &out[*n]));
		out[*n].member = catalogs_member_read(l, row.member, a, &status);
		TRY(status);
		++*n;
	}
	return STATUS_OK;
}

static enum status catalogs_find(void *context, const struct digest *digest,
				 enum catalog_kind kind, struct arena *a,
				 struct catalog_entry *out, size_t *n)
{
	const struct catalogs *c = (const struct catalogs *)context;

	*n = 0;
	for (size_t i = c->n; i > 0 && *n < CATALOG_MAX_HITS; i--)
		TRY(layer_find(&c->layers[i - 1], digest, kind, a, out, n));
	return STATUS_OK;
}

/* Do the numbers of the foot fit the body? */
static bool numbers_fit(const struct sealed *f)
{
	const uint64_t *n = f->numbers;
	struct span part;

	return n[NUMBER_CATALOGS] <= CATALOGS_MAX_FILES &&
	       n[NUMBER_ROWS] <= CATALOGS_MAX_ROWS &&
	       span_part(f->body, n[NUMBER_ROWS_AT], n[NUMBER_ROWS] * ROW_BYTES, &part) &&
	       span_part(f->body, n[NUMBER_TABLE_AT], n[NUMBER_CATALOGS] * PLACE_BYTES, &part);
}

static enum status layer_open(struct arena *a, struct catalogs_layer *l, const char **problem)
{
	const char *why = NULL;
	enum status status;

	if (!file_is_own(l->path)) {
		*problem = arena_printf(a,
					"%s: belongs to somebody else than root and this "
					"user, or others may write to it",
					l->path);
		return STATUS_USAGE;
	}
	status = file_map(l->path, CATALOGS_MAX_BYTES, &l->mapping);
	if (status == STATUS_OK)
		status = sealed_open(l->mapping, CATALOGS_MAGIC, CATALOGS_VERSION, &l->file,
				     &why);
	if (status == STATUS_OK && !numbers_fit(&l->file)) {
		why = "this index of catalogs is damaged";
		status = STATUS_MALFORMED;
	}
	if (status != STATUS_OK)
		*problem = arena_printf(a, "%s: %s", l->path,
					why                   ? why
					: status == STATUS_IO ? path_unread(errno)
							      : status_text(status));
	return status;
}

/* One digest for all layers. */
static enum status index_make(struct catalogs *c)
{
	struct span roots[CATALOGS_MAX_LAYERS];
	struct digest digest;

	for (size_t i = 0; i < c->n; i++) {
		roots[i] = SPAN_OF(c->layers[i].file.root);
		c->index.has_sha1 = c->index.has_sha1 || c->layers[i].file.numbers[NUMBER_SHA1];
	}
	TRY(digest_of(DIGEST_SHA256, roots, c->n, &digest));
	(void)span_copy(c->index.digest, sizeof(c->index.digest), digest_span(&digest));
	c->index.context = c;
	c->index.find = catalogs_find;
	return STATUS_OK;
}

static bool is_there(const char *path)
{
	int fd = -1;
	enum status status;

	errno = 0;
	status = file_open(AT_FDCWD, path, &fd);
	if (fd >= 0)
		(void)close(fd);
	return status == STATUS_OK || errno != ENOENT;
}

struct catalogs *catalogs_open(struct arena *a, const char *const *paths, size_t n,
			       const char **problem)
{
	struct catalogs *c = memory_new(1, sizeof(*c));
	enum status status = c ? STATUS_OK : STATUS_NO_MEMORY;

	*problem = NULL;
	for (size_t i = 0; i < n && status == STATUS_OK; i++) {
		struct catalogs_layer *l = &c->layers[c->n];

		if (c->n == CATALOGS_MAX_LAYERS || !is_there(paths[i]))
			continue;
		l->path = paths[i];
		c->n++;
		status = layer_open(a, l, problem);
	}
	if (status == STATUS_OK)
		status = index_make(c);
	if (status == STATUS_OK)
		return c;
	if (!*problem)
		*problem = status_text(status);
	catalogs_close(c);
	return NULL;
}

void catalogs_close(struct catalogs *c)
{
	for (size_t i = 0; c && i < c->n; i++) {
		sealed_close(&c->layers[i].file);
		if (c->layers[i].mapping.len > 0)
			file_unmap(c->layers[i].mapping);
	}
	memory_free(c);
}

const struct catalog_index *catalogs_index(struct catalogs *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->layers[i].file.numbers[NUMBER_ROWS] > 0)
			return &c->index;
	return NULL;
}

size_t catalogs_layers(const struct catalogs *c)
{
	return c->n;
}

const char *catalogs_layer_path(const struct catalogs *c, size_t layer)
{
	return c->layers[layer].path;
}

uint64_t catalogs_count(const struct catalogs *c, size_t layer)
{
	return c->layers[layer].file.numbers[NUMBER_CATALOGS];
}

enum status catalogs_entry(const struct catalogs *c, size_t layer, uint64_t at, struct arena *a,
			   struct catalog_entry *out)
{
	return catalogs_entry_read(&c->layers[layer], at, a, out);
}
