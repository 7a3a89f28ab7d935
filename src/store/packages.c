/* SPDX-License-Identifier: MIT */
#include "store/packages_rows.h"

#include "base/memory.h"
#include "crypto/digest.h"
#include "source/paths.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PLACE_MAX_ROWS 256 /* versions of one program that are looked at */
#define COVER_ARENA    ((size_t)1 << 20)

struct packages {
	struct span mapping;
	struct sealed file;
	struct package_index index;
	bool there;
};

static bool row_read(const struct packages *p, uint64_t at, struct packages_row *out)
{
	struct span row;
	struct cursor c;

	if (at >= p->file.numbers[NUMBER_ROWS] ||
	    !sealed_part(&p->file, p->file.numbers[NUMBER_ROWS_AT] + at * PACKAGES_ROW,
			 PACKAGES_ROW, &row))
		return false;
	c = cursor_at(row, 0);
	(void)span_copy(out->digest, sizeof(out->digest), cursor_take(&c, 32));
	(void)span_copy(out->place, sizeof(out->place), cursor_take(&c, 32));
	out->package = cursor_u64le(&c);
	out->path = cursor_u64le(&c);
	return cursor_ok(&c);
}

static enum status text_read(const struct packages *p, uint64_t at, struct arena *a,
			     const char **out)
{
	struct span head, text;
	struct cursor c;

	if (!sealed_part(&p->file, at, 2, &head))
		return STATUS_MALFORMED;
	c = cursor_at(head, 0);
	if (!sealed_part(&p->file, at + 2, cursor_u16le(&c), &text))
		return STATUS_MALFORMED;
	*out = arena_string(a, text);
	return *out ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status entry_read(const struct packages *p, const struct packages_row *row,
			      struct arena *a, struct package_entry *out)
{
	struct span place, key;
	struct cursor c;
	uint64_t release;

	if (!sealed_part(&p->file, row->package, 8, &place))
		return STATUS_MALFORMED;
	c = cursor_at(place, 0);
	release = cursor_u64le(&c);
	if (!sealed_part(&p->file, release, 32, &key))
		return STATUS_MALFORMED;
	(void)span_copy(out->key, sizeof(out->key), key);
	memcpy(out->sha256, row->digest, sizeof(out->sha256));
	TRY(text_read(p, row->package + 8, a, &out->name));
	TRY(text_read(p, row->path, a, &out->path));
	return text_read(p, release + 64, a, &out->archive);
}

/* The number of the row that is @at by place. */
static bool order_read(const struct packages *p, uint64_t at, uint64_t *out)
{
	struct span number;
	struct cursor c;

	if (!sealed_part(&p->file, p->file.numbers[NUMBER_ORDER_AT] + at * PACKAGES_ORDER,
			 PACKAGES_ORDER, &number))
		return false;
	c = cursor_at(number, 0);
	*out = cursor_u32le(&c);
	return cursor_ok(&c);
}

/* The row that is @at by digest, or by place. */
static bool row_at(const struct packages *p, bool by_place, uint64_t at,
		   struct packages_row *out)
{
	if (by_place && !order_read(p, at, &at))
		return false;
	return row_read(p, at, out);
}

/* The first row, by digest or by place, that is not below @key. */
static enum status bound_find(const struct packages *p, bool by_place, const uint8_t key[32],
			      uint64_t *out)
{
	uint64_t low = 0, high = p->file.numbers[NUMBER_ROWS];
	struct packages_row row;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (!row_at(p, by_place, middle, &row))
			return STATUS_MALFORMED;
		if (memcmp(by_place ? row.place : row.digest, key, 32) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*out = low;
	return STATUS_OK;
}

enum status packages_each(const struct packages *p, const uint8_t sha256[32], struct arena *a,
			  bool (*each)(void *context, const struct package_entry *e),
			  void *context)
{
	struct packages_row row;
	uint64_t at;

	TRY(bound_find(p, false, sha256, &at));
	for (size_t n = 0; at < p->file.numbers[NUMBER_ROWS]; at++, n++) {
		struct package_entry e = { 0 };

		if (!row_read(p, at, &row))
			return STATUS_MALFORMED;
		if (memcmp(row.digest, sha256, sizeof(row.digest)) != 0)
			return STATUS_OK;
		if (n == PACKAGES_MAX_SAME)
			return STATUS_LIMIT;
		TRY(entry_read(p, &row, a, &e));
		if (!each(context, &e))
			return STATUS_OK;
	}
	return STATUS_OK;
}

enum status packages_name_digest(struct span name, uint8_t out[32])
{
	struct buffer row CLEANUP(buffer_free) = BUFFER_INIT;
	const uint8_t zeros[PACKAGES_ZEROS] = { 0 };
	struct digest digest;

	TRY(digest_of(DIGEST_SHA256, &name, 1, &digest));
	buffer_add(&row, SPAN_OF(zeros));
	buffer_add(&row, span_clip(digest_span(&digest), 0, 32 - PACKAGES_ZEROS));
	TRY(buffer_status(&row));
	(void)span_copy(out, 32, buffer_span(&row));
	return STATUS_OK;
}

struct covering {
	struct span name;
	bool found;
};

static bool is_of_name(void *context, const struct package_entry *e)
{
	struct covering *c = (struct covering *)context;

	c->found = span_equal(SPAN_TEXT(e->name), c->name);
	return !c->found;
}

bool packages_covers(const struct packages *p, struct span name)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(COVER_ARENA);
	struct covering c = { .name = name };
	uint8_t digest[32];

	return p && p->there && packages_name_digest(name, digest) == STATUS_OK &&
	       packages_each(p, digest, &a, is_of_name, &c) == STATUS_OK && c.found;
}

static enum status by_digest(void *context, const uint8_t sha256[32], struct arena *a,
			     struct package_entry *out)
{
	const struct packages *p = (const struct packages *)context;
	struct packages_row row;
	uint64_t at;

	*out = (struct package_entry){ 0 };
	TRY(bound_find(p, false, sha256, &at));
	if (at == p->file.numbers[NUMBER_ROWS])
		return STATUS_OK;
	if (!row_read(p, at, &row))
		return STATUS_MALFORMED;
	if (memcmp(row.digest, sha256, sizeof(row.digest)) != 0)
		return STATUS_OK;
	return entry_read(p, &row, a, out);
}

static enum status by_path(void *context, const uint8_t path[32], const uint8_t sha256[32],
			   struct arena *a, struct package_entry *out)
{
	const struct packages *p = (const struct packages *)context;
	struct packages_row row, best = { 0 };
	uint64_t at;

	*out = (struct package_entry){ 0 };
	TRY(bound_find(p, true, path, &at));
	for (size_t n = 0; n < PLACE_MAX_ROWS && at < p->file.numbers[NUMBER_ROWS]; n++, at++) {
		if (!row_at(p, true, at, &row))
			return STATUS_MALFORMED;
		if (memcmp(row.place, path, sizeof(row.place)) != 0)
			break;
		best = row;
		if (memcmp(row.digest, sha256, sizeof(row.digest)) == 0)
			break;
	}
	return best.package == 0 ? STATUS_OK : entry_read(p, &best, a, out);
}

static bool numbers_fit(const struct sealed *f)
{
	const uint64_t *n = f->numbers;
	struct span part;

	return n[NUMBER_ROWS] <= PACKAGES_MAX_ROWS &&
	       span_part(f->body, n[NUMBER_ROWS_AT], n[NUMBER_ROWS] * PACKAGES_ROW, &part) &&
	       span_part(f->body, n[NUMBER_ORDER_AT], n[NUMBER_ROWS] * PACKAGES_ORDER, &part);
}

static enum status map(struct packages *p, const char *path, const char **why)
{
	enum status status;

	if (!file_is_own(path)) {
		*why = "belongs to somebody else than root and this user, or others may write "
		       "to it";
		return STATUS_USAGE;
	}
	TRY(file_map(path, PACKAGES_MAX_BYTES, &p->mapping));
	status = sealed_open(p->mapping, PACKAGES_MAGIC, PACKAGES_VERSION, &p->file, why);
	if (status == STATUS_OK && !numbers_fit(&p->file)) {
		*why = "this index of packages is damaged";
		status = STATUS_MALFORMED;
	}
	return status;
}

struct packages *packages_open(struct arena *a, const char *path, const char **problem)
{
	struct packages *p = (struct packages *)memory_new(1, sizeof(*p));
	const char *why = NULL;
	enum status status;

	*problem = p ? NULL : "out of memory";
	if (!p || !path || access(path, F_OK) != 0)
		return p;
	errno = 0;
	status = map(p, path, &why);
	if (status != STATUS_OK) {
		*problem = arena_printf(a, "%s: %s", path,
					why                   ? why
					: status == STATUS_IO ? path_unread(errno)
							      : status_text(status));
		packages_close(p);
		return NULL;
	}
	p->there = true;
	p->index = (struct package_index){ .context = p,
					   .by_digest = by_digest,
					   .by_path = by_path };
	memcpy(p->index.digest, p->file.root, sizeof(p->index.digest));
	return p;
}

void packages_outdate(struct packages *p)
{
	if (p->index.outdated)
		return;
	p->index.outdated = true;
	p->index.digest[0] ^= 1; /* it says something else now */
}

void packages_close(struct packages *p)
{
	if (!p)
		return;
	sealed_close(&p->file);
	if (p->mapping.ptr)
		file_unmap(p->mapping);
	memory_free(p);
}

const struct package_index *packages_index(struct packages *p)
{
	return p && p->there ? &p->index : NULL;
}
