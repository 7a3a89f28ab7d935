/* SPDX-License-Identifier: MIT */
/*
 * CodeDirectory: what a code signature really signs: digests of each page and
 * of what stands beside the code, identifier, team and flags.
 *
 * Follows codedirectory.h and CodeDirectory::checkIntegrity (codedirectory.cpp,
 * Apple, Security framework).  All sums are of 64 bits.
 */
#include "base/cursor.h"
#include "structure/code_signature.h"

#define VERSION_FIRST      0x20001
#define VERSION_LAST       0x2f000
#define VERSION_SCATTER    0x20100
#define VERSION_TEAM       0x20200
#define VERSION_LIMIT_64   0x20300
#define VERSION_EXEC       0x20400
#define VERSION_PREENCRYPT 0x20500
#define SCATTER_ENTRY      24
#define PAGE_MAX_SHIFT     31

static const struct {
	uint8_t type, size, rank; /* the higher the better */
} hashes[] = {
	{CODE_HASH_SHA1,        20, 1},
	{ CODE_HASH_SHA256,     32, 3},
	{ CODE_HASH_SHA256_CUT, 20, 2},
	{ CODE_HASH_SHA384,     48, 4},
};

/* What only checks its own bounds. */
struct offsets {
	uint64_t hashes, identifier, scatter, team, preencrypt;
	unsigned page_shift;
};

static int hash_row(uint8_t type)
{
	for (size_t i = 0; i < COUNT_OF(hashes); i++)
		if (hashes[i].type == type)
			return (int)i;
	return -1;
}

static bool fields_read(struct code_directory *d, struct offsets *o)
{
	struct cursor c = cursor_at(d->whole, 8);
	uint64_t limit_64 = 0;

	d->version = (uint32_t)cursor_be(&c, 4);
	d->flags = (uint32_t)cursor_be(&c, 4);
	o->hashes = cursor_be(&c, 4);
	o->identifier = cursor_be(&c, 4);
	d->n_special = cursor_be(&c, 4);
	d->n_code = cursor_be(&c, 4);
	d->code_limit = cursor_be(&c, 4);
	d->hash_size = cursor_u8(&c);
	d->hash_type = cursor_u8(&c);
	d->platform = cursor_u8(&c);
	o->page_shift = cursor_u8(&c);
	cursor_skip(&c, 4);
	if (d->version >= VERSION_SCATTER)
		o->scatter = cursor_be(&c, 4);
	if (d->version >= VERSION_TEAM)
		o->team = cursor_be(&c, 4);
	if (d->version >= VERSION_LIMIT_64) {
		cursor_skip(&c, 4);
		limit_64 = cursor_be(&c, 8);
	}
	if (d->version >= VERSION_EXEC) {
		d->exec_base = cursor_be(&c, 8);
		d->exec_limit = cursor_be(&c, 8);
		d->exec_flags = cursor_be(&c, 8);
	}
	if (d->version >= VERSION_PREENCRYPT) {
		cursor_skip(&c, 4);
		o->preencrypt = cursor_be(&c, 4);
	}
	if (limit_64 != 0)
		d->code_limit = limit_64;
	return cursor_ok(&c);
}

/* A text that ends inside the blob. */
static bool text_read(struct span whole, uint64_t off, struct span *out)
{
	struct span rest = span_after(whole, off);
	uint64_t end;

	if (!span_find(rest, SPAN_LITERAL("\0"), 0, &end))
		return false;
	*out = span_clip(rest, 0, end);
	return true;
}

static bool hashes_read(struct code_directory *d, const struct offsets *o)
{
	uint64_t special = d->n_special * d->hash_size;

	return special <= o->hashes &&
	       span_part(d->whole, o->hashes - special, special, &d->special) &&
	       span_part(d->whole, o->hashes, d->n_code * d->hash_size, &d->code);
}

/* Apple checks its bounds and then hashes as if it were not there. */
static bool scatter_inside(const struct code_directory *d, uint64_t off)
{
	struct cursor c = cursor_at(d->whole, off);

	for (unsigned i = 0; i < CODE_MAX_SCATTER; i++) {
		uint64_t count = cursor_be(&c, 4);

		cursor_skip(&c, SCATTER_ENTRY - 4);
		if (!cursor_ok(&c))
			return false;
		if (count == 0)
			return true;
	}
	return false;
}

static bool slots_right(const struct code_directory *d)
{
	uint64_t n = d->page == 0 ? 1 : d->code_limit / d->page;

	if (d->page != 0 && d->code_limit % d->page != 0)
		n++;
	return d->n_code == n;
}

/* The first thing that is wrong with it; NULL: nothing. */
static const char *integrity(struct code_directory *d, const struct offsets *o)
{
	struct span encrypted;
	int row = hash_row(d->hash_type);

	if (row < 0 && d->hash_size == 0)
		return "a digest of no bytes";
	if (row >= 0 && hashes[row].size != d->hash_size)
		return "digests as long as their hash type says";
	if (o->page_shift > PAGE_MAX_SHIFT)
		return "a page size below 4 GiB";
	if (!text_read(d->whole, o->identifier, &d->identifier))
		return "an identifier that ends inside it";
	if (o->team != 0 && !text_read(d->whole, o->team, &d->team))
		return "a team that ends inside it";
	if (!hashes_read(d, o))
		return "digests inside it";
	if (o->preencrypt != 0 &&
	    !span_part(d->whole, o->preencrypt, d->n_code * d->hash_size, &encrypted))
		return "digests before encryption inside it";
	if (o->scatter != 0 && !scatter_inside(d, o->scatter))
		return "a scatter vector that ends inside it";
	if (!slots_right(d))
		return "as many page digests as the code limit has pages";
	return NULL;
}

/* Readable, and still odd. */
static void oddities(const struct code_directory *d, const struct offsets *o,
		     struct findings *findings)
{
	struct range where = { d->off, d->whole.len };
	uint64_t from = o->hashes - d->special.len, to = o->hashes + d->code.len;

	if (d->scattered)
		finding_add(findings, "macho.cd-scatter", where, "no scatter vector", NULL);
	if (o->identifier < to && o->identifier + d->identifier.len >= from)
		finding_add(findings, "macho.cd-overlap", where, "identifier and digests apart",
			    NULL);
	for (uint64_t n = CODE_MAX_SPECIAL + 1; n <= d->n_special; n++) {
		if (span_is_zero(code_directory_special(d, n)))
			continue;
		finding_add(findings, "macho.cd-unknown-slot", where, "special slots 1 to 11",
			    arena_printf(findings->arena, "slot %llu", (unsigned long long)n));
		break;
	}
}

bool code_directory_read(const struct code_blob *blob, struct findings *findings,
			 struct code_directory *out)
{
	struct offsets o = { 0 };
	struct range where = { blob->off, blob->bytes.len };
	const char *expected = "all fields of its version";

	*out = (struct code_directory){ .whole = blob->bytes,
					.off = blob->off,
					.type = blob->type };
	if (fields_read(out, &o)) {
		if (out->version < VERSION_FIRST || out->version > VERSION_LAST) {
			out->unsupported = true;
			finding_add(findings, "macho.cd-unsupported", where,
				    "version 0x20001 to 0x2f000",
				    arena_printf(findings->arena, "0x%x", out->version));
			return true;
		}
		if (o.page_shift != 0 && o.page_shift <= PAGE_MAX_SHIFT)
			out->page = UINT64_C(1) << o.page_shift;
		expected = integrity(out, &o);
	}
	if (expected) {
		finding_add(findings, "macho.cd-malformed", where, expected, NULL);
		return false;
	}
	out->scattered = o.scatter != 0;
	if (hash_row(out->hash_type) < 0) {
		out->unsupported = true;
		finding_add(findings, "macho.cd-unsupported", where, "hash type 1 to 4",
			    arena_printf(findings->arena, "%u", out->hash_type));
	}
	oddities(out, &o, findings);
	return true;
}

struct span code_directory_special(const struct code_directory *d, uint64_t n)
{
	if (n == 0 || n > d->n_special)
		return SPAN_NONE;
	return span_clip(d->special, (d->n_special - n) * d->hash_size, d->hash_size);
}

struct span code_directory_page(const struct code_directory *d, uint64_t i)
{
	if (i >= d->n_code)
		return SPAN_NONE;
	return span_clip(d->code, i * d->hash_size, d->hash_size);
}

const struct code_directory *code_directory_best(const struct code_signature *s)
{
	const struct code_directory *best = NULL;

	for (size_t i = 0; i < s->n_directories; i++) {
		const struct code_directory *d = &s->directories[i];

		if (!d->unsupported &&
		    (!best || hashes[hash_row(d->hash_type)].rank >
				      hashes[hash_row(best->hash_type)].rank))
			best = d;
	}
	return best;
}

bool code_signature_flag(const struct code_signature *s, uint32_t flag)
{
	for (size_t i = 0; i < s->n_directories; i++)
		if (s->directories[i].flags & flag)
			return true;
	return false;
}
