/* SPDX-License-Identifier: MIT */
/*
 * SuperBlob: an index of blobs, {magic, length, count, {type, offset} ...}.
 *
 * Follows superblob.h (Apple, Security framework).  In a Mach-O file blobs may
 * overlap, leave gaps or repeat a type, of which the first counts: each is a
 * finding.  A blob that leaves the SuperBlob contradicts it.
 */
#include "base/cursor.h"
#include "structure/code_signature.h"

#define INDEX_HEAD  12
#define INDEX_ENTRY 8
#define BLOB_HEAD   8

/* Which magic each type must have; types that are not here may have any. */
static const struct {
	uint32_t type, magic;
} expected_magics[] = {
	{CODE_SLOT_DIRECTORY,           CODE_MAGIC_DIRECTORY        },
	{ CODE_SLOT_REQUIREMENTS,       CODE_MAGIC_REQUIREMENTS     },
	{ CODE_SLOT_ENTITLEMENTS,       CODE_MAGIC_ENTITLEMENTS     },
	{ CODE_SLOT_ENTITLEMENTS_DER,   CODE_MAGIC_ENTITLEMENTS_DER },
	{ 8,			    CODE_MAGIC_LAUNCH_CONSTRAINT},
	{ 9,			    CODE_MAGIC_LAUNCH_CONSTRAINT},
	{ 10,			   CODE_MAGIC_LAUNCH_CONSTRAINT},
	{ CODE_SLOT_LIBRARY_CONSTRAINT, CODE_MAGIC_LAUNCH_CONSTRAINT},
	{ 0x1000,		       CODE_MAGIC_DIRECTORY        },
	{ 0x1001,		       CODE_MAGIC_DIRECTORY        },
	{ 0x1002,		       CODE_MAGIC_DIRECTORY        },
	{ 0x1003,		       CODE_MAGIC_DIRECTORY        },
	{ 0x1004,		       CODE_MAGIC_DIRECTORY        },
	{ CODE_SLOT_CMS,                CODE_MAGIC_WRAPPER          },
};

struct reading {
	struct arena *arena;
	struct findings *findings;
	struct code_signature *out;
	struct code_blob *blobs;
	uint64_t base;
	size_t n_index;
};

static const char *say_type(struct reading *r, uint32_t type, uint64_t off, uint64_t len)
{
	return arena_printf(r->arena, "slot 0x%x: %llu bytes at %llu", type,
			    (unsigned long long)len, (unsigned long long)off);
}

static void break_at(struct reading *r, struct range where, const char *expected,
		     const char *observed)
{
	r->out->broken = true;
	finding_add(r->findings, "macho.superblob-malformed", where, expected, observed);
}

/* One entry of the index.  Offset 0: absent. */
static void blob_read(struct reading *r, uint32_t type, uint64_t off, struct range entry)
{
	struct span whole = r->out->whole;
	struct cursor c = cursor_at(whole, off);
	uint32_t magic = (uint32_t)cursor_be(&c, 4);
	uint64_t len = cursor_be(&c, 4);
	struct span bytes;

	if (off == 0)
		return;
	if (!cursor_ok(&c) || len < BLOB_HEAD || !span_part(whole, off, len, &bytes)) {
		break_at(r, entry, "a blob inside the SuperBlob", say_type(r, type, off, len));
		return;
	}
	if (code_blob_find(r->out, type)) {
		finding_add(r->findings, "macho.superblob-layout", entry, "each type once",
			    say_type(r, type, off, len));
		return;
	}
	for (size_t i = 0; i < COUNT_OF(expected_magics); i++)
		if (expected_magics[i].type == type && expected_magics[i].magic != magic)
			break_at(r, (struct range){ r->base + off, BLOB_HEAD },
				 arena_printf(r->arena, "magic 0x%x in slot 0x%x",
					      expected_magics[i].magic, type),
				 arena_printf(r->arena, "0x%x", magic));
	r->blobs[r->out->n_blobs++] = (struct code_blob){
		.type = type, .magic = magic, .bytes = bytes, .off = r->base + off
	};
}

/* Where everything up to @pos belongs to somebody: the nearest blob that begins behind, or at.
 */
static const struct code_blob *blob_after(const struct reading *r, uint64_t pos)
{
	const struct code_blob *best = NULL;

	for (size_t i = 0; i < r->out->n_blobs; i++) {
		const struct code_blob *b = &r->blobs[i];

		if (b->off >= pos && (!best || b->off < best->off))
			best = b;
	}
	return best;
}

/* Apple's signers pack blobs one behind the other, the index first. */
static void layout_judge(struct reading *r)
{
	uint64_t pos = r->base + INDEX_HEAD + INDEX_ENTRY * r->n_index;
	uint64_t end = r->base + r->out->whole.len;

	for (size_t i = 0; i < r->out->n_blobs; i++) {
		const struct code_blob *b = blob_after(r, pos);

		if (!b) {
			finding_add(r->findings, "macho.superblob-layout",
				    (struct range){ r->base, r->out->whole.len },
				    "blobs one behind the other", "blobs that overlap");
			return;
		}
		if (b->off > pos)
			finding_add(r->findings, "macho.superblob-layout",
				    (struct range){ pos, b->off - pos },
				    "blobs one behind the other", "a gap before a blob");
		pos = b->off + b->bytes.len;
	}
	if (pos < end)
		finding_add(r->findings, "macho.superblob-layout",
			    (struct range){ pos, end - pos }, "blobs up to its end",
			    "bytes behind the last one");
}

/* Flags that differ would let each reader believe another one. */
static void directories_compare(struct reading *r, const struct code_directory *d, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct range where = { d[i].off, d[i].whole.len };

		for (size_t k = 0; k < i; k++)
			if (d[k].hash_type == d[i].hash_type) {
				r->out->broken = true;
				finding_add(r->findings, "macho.cd-twice", where,
					    "each hash type once",
					    arena_printf(r->arena, "hash type %u twice",
							 d[i].hash_type));
				return;
			}
		if (d[i].flags != d[0].flags)
			finding_add(r->findings, "macho.cd-flag-disagreement", where,
				    arena_printf(r->arena, "flags 0x%x", d[0].flags),
				    arena_printf(r->arena, "flags 0x%x", d[i].flags));
		if (!span_equal(d[i].identifier, d[0].identifier) ||
		    !span_equal(d[i].team, d[0].team) || d[i].code_limit != d[0].code_limit)
			finding_add(r->findings, "macho.cd-disagreement", where,
				    "the identifier, team and code limit of slot 0", NULL);
	}
}

/* Alternates behind a gap: nobody gets that far. */
static void unreached_note(struct reading *r, size_t n)
{
	uint32_t type = CODE_SLOT_ALTERNATE_FIRST + (uint32_t)(n > 0 ? n - 1 : 0);

	for (; type <= CODE_SLOT_ALTERNATE_LAST; type++) {
		const struct code_blob *b = code_blob_find(r->out, type);

		if (b)
			finding_add(r->findings, "macho.cd-unreached",
				    (struct range){ b->off, b->bytes.len },
				    "alternates without a gap between them",
				    arena_printf(r->arena, "slot 0x%x", type));
	}
}

/* Slot 0, then the alternates up to the first that is missing. */
static enum status directories_read(struct reading *r)
{
	struct code_directory *d =
		ARENA_NEW(r->arena, struct code_directory, CODE_MAX_DIRECTORIES);
	uint32_t type = CODE_SLOT_DIRECTORY;
	size_t n = 0;

	if (!d)
		return STATUS_NO_MEMORY;
	for (; n < CODE_MAX_DIRECTORIES; n++) {
		const struct code_blob *b = code_blob_find(r->out, type);

		if (!b || b->magic != CODE_MAGIC_DIRECTORY)
			break;
		if (!code_directory_read(b, r->findings, &d[n])) {
			r->out->broken = true;
			break;
		}
		type = n == 0 ? CODE_SLOT_ALTERNATE_FIRST : type + 1;
	}
	if (!r->out->broken)
		unreached_note(r, n);
	directories_compare(r, d, n);
	r->out->directories = d;
	r->out->n_directories = n;
	return STATUS_OK;
}

static void cms_find(struct reading *r)
{
	const struct code_blob *b = code_blob_find(r->out, CODE_SLOT_CMS);

	if (b) {
		r->out->has_wrapper = true;
		r->out->cms = code_blob_payload(b);
		return;
	}
	for (size_t i = 0; i < r->out->n_blobs; i++) {
		b = &r->out->blobs[i];
		if (b->magic != CODE_MAGIC_WRAPPER || b->type == CODE_SLOT_TICKET ||
		    span_at(code_blob_payload(b), 0) != 0x30)
			continue;
		r->out->cms_misplaced = true;
		finding_add(r->findings, "macho.cms-misplaced",
			    (struct range){ b->off, b->bytes.len },
			    "a CMS signature in slot 0x10000",
			    arena_printf(r->arena, "slot 0x%x", b->type));
	}
}

static enum status index_read(struct reading *r, struct cursor *c)
{
	r->blobs = ARENA_NEW(r->arena, struct code_blob, r->n_index + 1);
	if (!r->blobs)
		return STATUS_NO_MEMORY;
	r->out->blobs = r->blobs;
	for (size_t i = 0; i < r->n_index; i++) {
		struct range entry = { r->base + c->pos, INDEX_ENTRY };
		uint32_t type = (uint32_t)cursor_be(c, 4);

		blob_read(r, type, cursor_be(c, 4), entry);
	}
	layout_judge(r);
	cms_find(r);
	return directories_read(r);
}

enum status code_signature_read(struct arena *a, struct span in, uint64_t base,
				struct findings *findings, struct code_signature *out)
{
	struct reading r = { .arena = a, .findings = findings, .out = out, .base = base };
	struct cursor c = cursor_at(in, 0);
	uint32_t magic = (uint32_t)cursor_be(&c, 4);
	uint64_t len = cursor_be(&c, 4), n = cursor_be(&c, 4);
	struct range head = { base, in.len < INDEX_HEAD ? in.len : INDEX_HEAD };

	*out = (struct code_signature){ .off = base };
	if (span_is_zero(in)) {
		out->empty = true;
		return STATUS_OK;
	}
	if (!cursor_ok(&c) || magic != CODE_MAGIC_EMBEDDED) {
		break_at(&r, head, "a SuperBlob",
			 arena_printf(a, "%zu bytes, magic 0x%x", in.len, magic));
		return STATUS_OK;
	}
	if (len < INDEX_HEAD || !span_part(in, 0, len, &out->whole) ||
	    n > (len - INDEX_HEAD) / INDEX_ENTRY) {
		break_at(&r, head, arena_printf(a, "a SuperBlob inside %zu bytes", in.len),
			 arena_printf(a, "%llu bytes with %llu blobs", (unsigned long long)len,
				      (unsigned long long)n));
		return STATUS_OK;
	}
	if (n > CODE_MAX_BLOBS) {
		finding_add(findings, "limit.code-signature", head, "at most 64 blobs",
			    arena_printf(a, "%llu", (unsigned long long)n));
		return STATUS_LIMIT;
	}
	r.n_index = (size_t)n;
	return index_read(&r, &c);
}

const struct code_blob *code_blob_find(const struct code_signature *s, uint32_t type)
{
	for (size_t i = 0; i < s->n_blobs; i++)
		if (s->blobs[i].type == type)
			return &s->blobs[i];
	return NULL;
}

struct span code_blob_payload(const struct code_blob *b)
{
	return span_after(b->bytes, BLOB_HEAD);
}
