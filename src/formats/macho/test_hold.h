/* SPDX-License-Identifier: MIT */
/* What must hold for any bytes that are read as Mach-O; for the test and the fuzz target. */
#pragma once
#include "base/buffer.h"
#include "formats/macho/macho.h"
#include <stdlib.h>
#include <string.h>

#define HOLD(what)                                                                             \
	do {                                                                                   \
		if (!(what))                                                                   \
			return #what;                                                          \
	} while (0)

#define HOLD_ARENA ((size_t)64 << 20)
#define HOLD_LOADS 64

struct hold_pieces {
	uint8_t *bytes[HOLD_LOADS];
	size_t n;
};

static inline bool hold_inside(struct range r, uint64_t size)
{
	return r.off <= size && r.len <= size - r.off;
}

static inline void hold_range(struct buffer *b, const char *name, struct range r)
{
	buffer_printf(b, "%s %llu+%llu\n", name, (unsigned long long)r.off,
		      (unsigned long long)r.len);
}

/* Everything that was read, as text: two readings are equal when their texts are. */
static inline void hold_describe(struct buffer *b, enum status s, const struct container *box,
				 const struct findings *findings)
{
	buffer_printf(b, "%s %s %d\n", status_text(s), box->variant ? box->variant : "-",
		      box->broken);
	for (const struct finding *f = findings->first; f; f = f->next) {
		hold_range(b, f->rule, f->where);
		buffer_printf(b, "%s, %s\n", f->expected ? f->expected : "-",
			      f->observed ? f->observed : "-");
	}
	if (s != STATUS_OK)
		return;
	for (const struct claim *c = box->claims; c; c = c->next) {
		hold_range(b, "claim", c->where);
		buffer_hex(b, c->signature);
	}
	for (size_t i = 0; i < box->n_regions; i++)
		hold_range(b, box->regions[i].name, box->regions[i].where);
}

static inline enum status hold_read(struct view *v, struct findings *f, struct container *box)
{
	struct span head;
	enum status s = view_clip(v, 0, 8, &head);

	if (s != STATUS_OK)
		return s;
	if (format_fat.sniff(head))
		return format_fat.read(v, f, box);
	return format_macho.sniff(head) ? format_macho.read(v, f, box) : STATUS_NOT_MINE;
}

/* Reads @file giving exactly the bytes that are wanted, each in memory of exactly their size.
 */
static inline enum status hold_read_pieces(struct span file, struct arena *a,
					   struct buffer *text)
{
	struct view v = { .size = file.len };
	struct hold_pieces kept = { 0 };
	enum status s = STATUS_WANT;

	while (s == STATUS_WANT && kept.n < HOLD_LOADS) {
		struct findings findings = FINDINGS_INIT(a);
		struct container box = { 0 };
		struct span part;

		s = hold_read(&v, &findings, &box);
		if (s != STATUS_WANT) {
			hold_describe(text, s, &box, &findings);
			break;
		}
		if (!span_part(file, v.want.off, v.want.len, &part))
			break;
		kept.bytes[kept.n] = malloc(part.len ? part.len : 1);
		if (!kept.bytes[kept.n])
			break;
		(void)span_copy(kept.bytes[kept.n], part.len, part);
		part.ptr = kept.bytes[kept.n++];
		if (!view_add(&v, v.want.off, part))
			break;
	}
	while (kept.n > 0)
		free(kept.bytes[--kept.n]);
	return s;
}

static inline const char *hold_regions(const struct container *box, uint64_t size)
{
	uint64_t pos = 0;

	for (size_t i = 0; i < box->n_regions; i++) {
		const struct region *r = &box->regions[i];

		HOLD(r->where.off == pos && r->where.len > 0);
		HOLD(r->name && r->name[0] != '\0');
		for (const char *c = r->name; *c; c++)
			HOLD(*c >= ' ' && *c <= '~');
		pos += r->where.len;
	}
	HOLD(pos == size);
	return NULL;
}

static inline const char *hold_directory(const struct code_directory *d, struct span whole)
{
	uint64_t off;

	HOLD(span_offset(whole, d->whole, &off));
	if (d->unsupported)
		return NULL;
	HOLD(d->special.len == d->n_special * d->hash_size);
	HOLD(d->code.len == d->n_code * d->hash_size);
	HOLD(code_directory_page(d, d->n_code).len == 0);
	HOLD(d->n_code == 0 || code_directory_page(d, d->n_code - 1).len == d->hash_size);
	HOLD(code_directory_special(d, 0).len == 0);
	HOLD(code_directory_special(d, d->n_special + 1).len == 0);
	HOLD(d->page == 0 || d->n_code * d->page >= d->code_limit);
	return NULL;
}

/* Covered, signature and what follows are the slice; a claim speaks for its own slice. */
static inline const char *hold_slice(const struct macho_slice *s, struct span file)
{
	const char *bad = NULL;
	struct span bytes;

	HOLD(hold_inside(s->where, file.len));
	HOLD(hold_inside(s->signature, file.len) && hold_inside(s->info_plist, file.len));
	HOLD(s->name);
	if (!s->code)
		return NULL;
	HOLD(s->has_signature);
	HOLD(s->signature.off >= s->headers_end && s->headers_end >= s->where.off);
	HOLD(s->code->whole.len <= s->signature.len);
	HOLD(span_part(file, s->signature.off, s->code->whole.len, &bytes));
	HOLD(span_equal(bytes, s->code->whole));
	for (size_t i = 0; !bad && i < s->code->n_directories; i++) {
		const struct code_directory *d = &s->code->directories[i];

		bad = hold_directory(d, s->code->whole);
		HOLD(d->unsupported || s->limit_differs ||
		     s->where.off + d->code_limit == s->signature.off);
	}
	return bad;
}

static inline const char *hold_box(const struct container *box, struct span file)
{
	const struct macho_file *m = box->macho;
	const char *bad = hold_regions(box, file.len);
	size_t n_claims = 0;

	HOLD(m && m->n_slices > 0);
	HOLD(box->broken == (m->broken || (!m->fat && m->slices[0].broken)));
	HOLD(m->fat ? box->n_parts == m->n_slices : box->n_parts == 0);
	for (size_t i = 0; !bad && i < m->n_slices; i++) {
		bad = hold_slice(&m->slices[i], file);
		HOLD(!m->fat || m->slices[i].broken == box->parts[i].broken);
		n_claims += m->slices[i].code && m->slices[i].code->n_directories > 0;
	}
	for (const struct claim *c = box->claims; !bad && c; c = c->next, n_claims--) {
		HOLD(c->part < m->n_slices && n_claims > 0);
		HOLD(hold_inside(c->covered->pieces[0].range, file.len));
	}
	HOLD(bad || n_claims == 0);
	return bad;
}

static inline const char *hold_findings(const struct findings *findings, uint64_t size)
{
	for (const struct finding *f = findings->first; f; f = f->next) {
		HOLD(hold_inside(f->where, size));
		HOLD(strncmp(f->rule, "macho.", 6) == 0 || strncmp(f->rule, "limit.", 6) == 0);
	}
	return NULL;
}

/* NULL when everything holds for @file, else what does not. */
static inline const char *macho_hold(struct span file)
{
	CLEANUP(arena_free) struct arena a = { .limit = HOLD_ARENA };
	CLEANUP(arena_free) struct arena again = { .limit = HOLD_ARENA };
	CLEANUP(buffer_free) struct buffer whole = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer pieces = BUFFER_INIT;
	struct findings findings = FINDINGS_INIT(&a);
	struct view v = view_whole(file);
	struct container box = { 0 };
	enum status s = hold_read(&v, &findings, &box);
	const char *bad = hold_findings(&findings, file.len);

	HOLD(s == STATUS_OK || s == STATUS_LIMIT || s == STATUS_NOT_MINE);
	HOLD(s != STATUS_LIMIT || findings.n > 0);
	if (!bad && s == STATUS_OK)
		bad = hold_box(&box, file);
	if (bad || box.macho == NULL || box.macho->n_slices > 6)
		return bad; /* more slices than a view has pieces */
	hold_describe(&whole, s, &box, &findings);
	HOLD(hold_read_pieces(file, &again, &pieces) == s);
	HOLD(span_equal(buffer_span(&whole), buffer_span(&pieces)));
	return NULL;
}
