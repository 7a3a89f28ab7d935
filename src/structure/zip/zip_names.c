/* SPDX-License-Identifier: MIT */
/*
 * Names: those that are there twice, those that some systems take for one, and
 * those that nobody should unpack.
 */
#include "structure/zip/zip_reading.h"

#include "base/fold.h"
#include "base/memory.h"
#include "base/search.h"
#include "base/utf8.h"
#include <stdlib.h>

struct name_key {
	uint64_t hash;
	struct span name;
	uint32_t index;
};

static bool is_separator(uint8_t c)
{
	return c == '/' || c == '\\';
}

/* One step through a folded name: "./" is left out, "\" is "/"; 0 at its end. */
static uint32_t name_next(struct fold *f)
{
	uint32_t c;

	while (f->next == f->n && (f->at == 0 || is_separator(span_at(f->text, f->at - 1))) &&
	       span_at(f->text, f->at) == '.' && is_separator(span_at(f->text, f->at + 1)))
		f->at += 2;
	if (!fold_next(f, &c))
		return 0;
	return c == '\\' ? '/' : c == 0 ? FOLD_BYTE : c;
}

uint64_t zip_fold_hash(struct span name)
{
	uint64_t hash = 0xcbf29ce484222325U; /* FNV-1a, of characters */
	struct fold f = fold_of(name);

	for (uint32_t c; (c = name_next(&f)) != 0;)
		hash = (hash ^ c) * 0x100000001b3U;
	return hash;
}

int zip_fold_compare(struct span a, struct span b)
{
	struct fold f = fold_of(a), g = fold_of(b);
	uint32_t x, y;

	do {
		x = name_next(&f);
		y = name_next(&g);
	} while (x == y && x != 0);
	return (x > y) - (x < y);
}

static int key_compare(const void *a, const void *b)
{
	const struct name_key *x = a, *y = b;
	int order;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	order = zip_fold_compare(x->name, y->name);
	if (order == 0)
		order = span_compare(x->name, y->name);
	return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* Why the name must not be used; NULL: it may. */
static const char *name_problem(struct span name, bool utf8)
{
	bool letter = (span_at(name, 0) | 0x20) >= 'a' && (span_at(name, 0) | 0x20) <= 'z';
	uint64_t begin = 0, at;

	if (name.len == 0)
		return "an empty name";
	if (span_find(name, SPAN_LITERAL("\0"), 0, &at))
		return "a NUL in the name";
	if (is_separator(span_at(name, 0)))
		return "an absolute path";
	if (letter && span_at(name, 1) == ':')
		return "a drive letter";
	if (utf8 && !utf8_valid(name))
		return "broken UTF-8";
	for (uint64_t i = 0; i <= name.len; i++) {
		if (i < name.len && !is_separator(span_at(name, i)))
			continue;
		if (span_equal(span_clip(name, begin, i - begin), SPAN_LITERAL("..")))
			return "a path that leads upwards";
		begin = i + 1;
	}
	return NULL;
}

static void names_check(struct zip_reading *r)
{
	for (size_t i = 0; i < r->out->n_entries; i++) {
		const struct zip_entry *e = &r->out->entries[i];
		const char *problem = name_problem(e->name, (e->flags & FLAG_UTF8) != 0);

		if (problem)
			zip_note(r, ZIP_NAME, "zip.name-refused",
				 (struct range){ e->central, CENTRAL_BYTES + e->name.len },
				 problem, zip_shown(r, e->name));
	}
}

static void pair_check(struct zip_reading *r, const struct name_key *a,
		       const struct name_key *b)
{
	const struct zip_entry *e = &r->out->entries[b->index];
	struct range where = { e->central, CENTRAL_BYTES + e->name.len };
	bool empty = zip_is_directory(e) && zip_is_directory(&r->out->entries[a->index]);

	if (a->hash != b->hash || zip_fold_compare(a->name, b->name) != 0)
		return;
	if (span_same(a->name, b->name))
		zip_note(r, empty ? 0 : ZIP_DUPLICATE,
			 empty ? "zip.duplicate-folder" : "zip.duplicate-name", where,
			 "each name once", zip_shown(r, e->name));
	if (!span_same(a->name, b->name))
		zip_note(r, ZIP_ALIAS, "zip.name-alias", where, zip_shown(r, a->name),
			 zip_shown(r, b->name));
}

enum status zip_names_read(struct zip_reading *r)
{
	size_t n = r->out->n_entries;
	struct name_key *keys = memory_new(n + 1, sizeof(*keys));
	uint32_t *by_name = ARENA_NEW(r->findings->arena, uint32_t, n + 1);
	uint64_t *hashes = ARENA_NEW(r->findings->arena, uint64_t, n + 1);

	if (!keys || !by_name || !hashes) {
		memory_free(keys);
		return STATUS_NO_MEMORY;
	}
	for (size_t i = 0; i < n; i++) {
		struct span name = r->out->entries[i].name;

		keys[i] = (struct name_key){ zip_fold_hash(name), name, (uint32_t)i };
	}
	qsort(keys, n, sizeof(*keys), key_compare);
	for (size_t i = 0; i < n; i++) {
		by_name[i] = keys[i].index;
		hashes[i] = keys[i].hash;
		if (i > 0)
			pair_check(r, &keys[i - 1], &keys[i]);
	}
	memory_free(keys);
	r->out->by_name = by_name;
	r->out->hashes = hashes;
	names_check(r);
	return STATUS_OK;
}

/* The order of the entry at @place and @name: by hash, folded, and if @exact by bytes. */
static int place_compare(const struct zip *z, size_t place, const struct name_key *key,
			 bool exact)
{
	struct span name = z->entries[z->by_name[place]].name;
	int order;

	if (z->hashes[place] != key->hash)
		return z->hashes[place] < key->hash ? -1 : 1;
	order = zip_fold_compare(name, key->name);
	return order == 0 && exact ? span_compare(name, key->name) : order;
}

struct name_search {
	const struct zip *zip;
	struct name_key key;
	bool exact;
};

static bool name_comes_before(const void *context, uint64_t place)
{
	const struct name_search *s = context;

	return place_compare(s->zip, place, &s->key, s->exact) < 0;
}

/* A binary search to the end, so that many names of one hash cost nothing. */
static const struct zip_entry *entry_search(const struct zip *z, struct span name, bool exact)
{
	const struct name_search search = {
		z, {zip_fold_hash(name), name, 0},
                 exact
	};
	uint64_t at = search_first(z->n_entries, name_comes_before, &search);

	if (at == z->n_entries || place_compare(z, at, &search.key, exact) != 0)
		return NULL;
	return &z->entries[z->by_name[at]];
}

const struct zip_entry *zip_find(const struct zip *z, struct span name)
{
	return entry_search(z, name, true);
}

const struct zip_entry *zip_find_any_case(const struct zip *z, struct span name)
{
	const struct zip_entry *exact = zip_find(z, name);

	return exact ? exact : entry_search(z, name, false);
}
