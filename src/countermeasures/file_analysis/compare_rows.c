/* SPDX-License-Identifier: MIT */
/* What two files have, side by side. */
#include "countermeasures/file_analysis/compare_parts.h"
#include "evidence/features.h"
#include "evidence/names.h"
#include "evidence/standing.h"

#include <stdlib.h>

#define SHORT_DIGEST 8 /* bytes of a section's, enough to see whether it is another */

/* A list of rows that grows; what does not fit is left out. */
struct rows {
	struct arena *a;
	struct comparison_row *list;
	size_t n, size;
	bool no_memory;
};

static enum comparison_mark mark_of(const char *a, const char *b, bool same)
{
	if (!a && !b)
		return COMPARISON_ABSENT;
	if (!a || !b)
		return a ? COMPARISON_ONLY_A : COMPARISON_ONLY_B;
	return same ? COMPARISON_SAME : COMPARISON_DIFFERENT;
}

static bool same_text(const char *const text[2])
{
	return text[0] && text[1] && strcmp(text[0], text[1]) == 0;
}

static struct comparison_row *row_add(struct rows *rows, const char *name,
				      const char *const text[2], bool same)
{
	struct comparison_row *row;

	if (rows->n == rows->size || mark_of(text[0], text[1], same) == COMPARISON_ABSENT)
		return NULL;
	row = &rows->list[rows->n++];
	*row = (struct comparison_row){
		.name = name,
		.text = {text[0], text[1]},
		.mark = mark_of(text[0], text[1], same)
	};
	return row;
}

/* The same text is the same thing. */
static void text_add(struct rows *rows, const char *name, const char *const text[2],
		     bool claimed)
{
	struct comparison_row *row = row_add(rows, name, text, same_text(text));

	for (size_t i = 0; row && i < 2; i++)
		row->claimed[i] = claimed && text[i];
}

/* What was put together; NULL: nothing was. */
static const char *made(struct rows *rows, const struct buffer *text)
{
	const char *copy = NULL;

	if (text->len && buffer_status(text) == STATUS_OK)
		copy = arena_string(rows->a, buffer_span(text));
	if (text->len && !copy)
		rows->no_memory = true;
	return copy;
}

static const char *hex_made(struct rows *rows, const char *before, struct span bytes)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	if (bytes.len == 0)
		return NULL;
	if (before)
		buffer_text(&text, before);
	if (before)
		buffer_char(&text, ' ');
	buffer_hex(&text, bytes);
	return made(rows, &text);
}

static const char *number_made(struct rows *rows, uint64_t n)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	buffer_u64(&text, n);
	return made(rows, &text);
}

static const char *time_made(struct rows *rows, int64_t seconds)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	text_time(&text, seconds);
	return made(rows, &text);
}

/* ---- signatures ---- */

/* Equal names are one signer only if both were verified, or both only claim it. */
static void signer_add(struct rows *rows, const struct compare_side *sides)
{
	const char *text[2];
	bool claimed[2];
	struct comparison_row *row;

	for (size_t i = 0; i < 2; i++) {
		const struct compare_side *s = &sides[i];

		text[i] = s->s ? report_signer(s->r, s->s) : NULL;
		claimed[i] = !text[i];
		if (!text[i])
			text[i] = s->s ? s->s->claimed_signer : s->r->removed_signer;
		claimed[i] = claimed[i] && text[i];
	}
	row = row_add(rows, "signer", text, same_text(text) && claimed[0] == claimed[1]);
	for (size_t i = 0; row && i < 2; i++)
		row->claimed[i] = claimed[i];
}

static void certificate_add(struct rows *rows, const struct compare_side *sides)
{
	const char *text[2] = { NULL, NULL };

	for (size_t i = 0; i < 2; i++)
		if (sides[i].s && sides[i].s->n_chain)
			text[i] =
				hex_made(rows, "sha256", SPAN_OF(sides[i].s->chain[0].sha256));
	text_add(rows, "certificate", text, false);
}

static void digests_add(struct rows *rows, const struct compare_side *sides)
{
	const char *signed_text[2] = { NULL, NULL }, *computed[2] = { NULL, NULL };
	const char *block[2] = { NULL, NULL };
	bool same = false;

	for (size_t i = 0; i < 2; i++) {
		const struct compare_side *s = &sides[i];

		if (s->s)
			signed_text[i] =
				hex_made(rows, s->s->digest_algorithm, s->s->digest_signed);
		if (s->n_images)
			computed[i] =
				hex_made(rows, s->images[0].algorithm, s->images[0].value);
		if (s->profile && !span_is_zero(SPAN_OF(s->profile->block)))
			block[i] = hex_made(rows, "sha256", SPAN_OF(s->profile->block));
	}
	text_add(rows, "signed digest", signed_text, false);
	/* By another algorithm the same image has another digest. */
	for (size_t i = 0; i < sides[0].n_images; i++)
		for (size_t k = 0; k < sides[1].n_images; k++)
			same = same || (span_equal(sides[0].images[i].value,
						   sides[1].images[k].value) &&
					strcmp(sides[0].images[i].algorithm,
					       sides[1].images[k].algorithm) == 0);
	(void)row_add(rows, "computed digest", computed, same);
	text_add(rows, "signature block", block, false);
}

static void times_add(struct rows *rows, const struct compare_side *sides)
{
	const char *proven[2] = { NULL, NULL }, *claimed[2] = { NULL, NULL };

	for (size_t i = 0; i < 2; i++) {
		const struct report_signature *s = sides[i].s;

		if (s && s->has_signed_at)
			proven[i] = time_made(rows, s->signed_at);
		if (s && s->has_claimed_time)
			claimed[i] = time_made(rows, s->claimed_time);
	}
	text_add(rows, "signed at", proven, false);
	text_add(rows, "claimed signing time", claimed, true);
}

static void signatures_add(struct rows *rows, const struct compare_side *sides)
{
	const char *verdicts[2], *programs[2] = { NULL, NULL };

	for (size_t i = 0; i < 2; i++) {
		verdicts[i] = assay_verdict_word(sides[i].r->verdict);
		programs[i] = sides[i].s ? sides[i].s->program_name : NULL;
	}
	text_add(rows, "verdict", verdicts, false);
	signer_add(rows, sides);
	certificate_add(rows, sides);
	digests_add(rows, sides);
	times_add(rows, sides);
	text_add(rows, "programme", programs, true);
}

/* ---- features ---- */

static const char *value_made(struct rows *rows, const struct feature *f)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	if (!f || f->kind == FEATURE_ABSENT || f->kind == FEATURE_SKIPPED)
		return NULL;
	feature_text(&text, f);
	return made(rows, &text);
}

static void feature_row(struct rows *rows, const struct compare_side *sides, const char *name,
			const char *key, bool claimed)
{
	const char *text[2];

	for (size_t i = 0; i < 2; i++)
		text[i] = value_made(
			rows, feature_find(sides[i].r->features, sides[i].r->n_features, key));
	text_add(rows, name, text, claimed);
}

/* What its author wrote there, and what follows from the bytes. */
static const struct {
	const char *name, *key;
	bool claimed;
} looks[] = {
	{"company",        "pe.version.strings.company_name",      true },
	{ "product",       "pe.version.strings.product_name",      true },
	{ "version",       "pe.version.strings.product_version",   true },
	{ "original name", "pe.version.strings.original_filename", true },
	{ "description",   "pe.version.strings.file_description",  true },
	{ "manifest",      "pe.manifest.identity",                 true },
	{ "Rich header",   "pe.rich.sha256",                       false},
	{ "PDB path",      "pe.debug.path",                        true },
	{ "PDB id",        "pe.debug.guid",                        true },
	{ "imports",       "pe.imports.imphash",                   false},
};

static void icon_add(struct rows *rows, const struct compare_side *sides)
{
	const struct donor *a = sides[0].profile, *b = sides[1].profile;
	const char *text[2] = { NULL, NULL };

	for (size_t i = 0; i < 2; i++) {
		CLEANUP(buffer_free) struct buffer hash = BUFFER_INIT;
		const struct donor *d = sides[i].profile;

		if (!d || !d->has_icon)
			continue;
		buffer_printf(&hash, "dhash %016llx", (unsigned long long)d->icon);
		text[i] = made(rows, &hash);
	}
	(void)row_add(rows, "icon", text, a && b && compare_icons(a, b));
}

/* A date, unless the linker wrote a hash there. */
static void stamp_add(struct rows *rows, const struct compare_side *sides)
{
	const char *text[2] = { NULL, NULL };

	for (size_t i = 0; i < 2; i++) {
		CLEANUP(buffer_free) struct buffer stamp = BUFFER_INIT;
		const struct donor *d = sides[i].profile;

		if (!d || d->time_date_stamp == 0)
			continue;
		if (d->repro)
			buffer_printf(&stamp, "0x%08x, a hash", d->time_date_stamp);
		else
			text_time(&stamp, d->time_date_stamp);
		text[i] = made(rows, &stamp);
	}
	text_add(rows, "built", text, true);
}

/* ---- sections ---- */

struct section {
	const char *name;
	uint64_t size;
	struct span sha256;
	bool met; /* on the other side */
};

struct sections {
	struct section list[COMPARISON_MAX_SECTIONS];
	size_t n;
};

/* "pe.sections.12.name": the number, and what follows it. */
static bool section_key(const char *key, size_t *index, struct span *field)
{
	static const struct span before = SPAN_INIT("pe.sections.");
	struct span text = SPAN_TEXT(key), rest = span_after(text, before.len);
	uint64_t at = 0;

	*index = 0;
	if (!span_equal(span_clip(text, 0, before.len), before))
		return false;
	for (; span_at(rest, at) >= '0' && span_at(rest, at) <= '9'; at++) {
		*index = *index * 10 + (size_t)(span_at(rest, at) - '0');
		if (*index >= COMPARISON_MAX_SECTIONS)
			return false;
	}
	*field = span_after(rest, at + 1);
	return at > 0 && span_at(rest, at) == '.';
}

static void sections_take(const struct report *r, struct sections *out)
{
	for (size_t i = 0; i < r->n_features; i++) {
		const struct feature *f = &r->features[i];
		struct section *s;
		struct span field;
		size_t index;

		if (!section_key(f->key, &index, &field))
			continue;
		s = &out->list[index];
		if (index >= out->n)
			out->n = index + 1;
		if (span_equal(field, SPAN_LITERAL("name")) && f->kind == FEATURE_TEXT)
			s->name = f->text;
		if (span_equal(field, SPAN_LITERAL("raw_size")) && f->kind == FEATURE_NUMBER)
			s->size = f->number;
		if (span_equal(field, SPAN_LITERAL("sha256")) && f->kind == FEATURE_BYTES)
			s->sha256 = f->bytes;
	}
}

/* The first of that name which nobody has met. */
static struct section *section_meet(struct sections *other, const struct section *s)
{
	for (size_t i = 0; i < other->n; i++) {
		struct section *o = &other->list[i];

		if (o->met || !o->name || strcmp(o->name, s->name) != 0)
			continue;
		o->met = true;
		return o;
	}
	return NULL;
}

static const char *section_made(struct rows *rows, const struct section *s)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	if (!s)
		return NULL;
	buffer_u64(&text, s->size);
	buffer_text(&text, " bytes");
	if (s->sha256.len) {
		buffer_text(&text, ", ");
		buffer_hex(&text, span_clip(s->sha256, 0, SHORT_DIGEST));
	}
	return made(rows, &text);
}

static void section_row(struct rows *rows, const struct section *a, const struct section *b)
{
	const char *text[2] = { section_made(rows, a), section_made(rows, b) };
	const char *name = arena_printf(rows->a, "section %s", a ? a->name : b->name);
	bool same = a && b && a->size == b->size && span_equal(a->sha256, b->sha256);

	if (name)
		(void)row_add(rows, name, text, same);
	else
		rows->no_memory = true;
}

static void sections_add(struct rows *rows, const struct compare_side *sides)
{
	struct sections *both = ARENA_NEW(rows->a, struct sections, 2);

	if (!both) {
		rows->no_memory = true;
		return;
	}
	for (size_t i = 0; i < 2; i++)
		sections_take(sides[i].r, &both[i]);
	for (size_t i = 0; i < both[0].n; i++)
		if (both[0].list[i].name)
			section_row(rows, &both[0].list[i],
				    section_meet(&both[1], &both[0].list[i]));
	for (size_t i = 0; i < both[1].n; i++)
		if (both[1].list[i].name && !both[1].list[i].met)
			section_row(rows, NULL, &both[1].list[i]);
}

static bool rows_begin(struct rows *rows, struct arena *a, size_t size)
{
	*rows = (struct rows){ .a = a,
			       .list = ARENA_NEW(a, struct comparison_row, size),
			       .size = size };
	return rows->list != NULL;
}

enum status compare_rows(struct arena *a, const struct compare_side *sides,
			 struct comparison *out)
{
	const char *sizes[2], *formats[2];
	struct rows rows;

	if (!rows_begin(&rows, a, COMPARISON_MAX_ROWS))
		return STATUS_NO_MEMORY;
	signatures_add(&rows, sides);
	for (size_t i = 0; i < 2; i++) {
		sizes[i] = number_made(&rows, sides[i].r->size);
		formats[i] = sides[i].r->variant ? sides[i].r->variant : sides[i].r->format;
	}
	text_add(&rows, "kind", formats, false);
	text_add(&rows, "size", sizes, false);
	for (size_t i = 0; i < COUNT_OF(looks); i++)
		feature_row(&rows, sides, looks[i].name, looks[i].key, looks[i].claimed);
	icon_add(&rows, sides);
	stamp_add(&rows, sides);
	sections_add(&rows, sides);
	out->rows = rows.list;
	out->n_rows = rows.n;
	return rows.no_memory ? STATUS_NO_MEMORY : STATUS_OK;
}

/* ---- features that differ ---- */

static int compare_keys(const void *left, const void *right)
{
	const struct feature *const *a = (const struct feature *const *)left;
	const struct feature *const *b = (const struct feature *const *)right;

	return strcmp((*a)->key, (*b)->key);
}

static const struct feature **features_sorted(struct arena *a, const struct report *r)
{
	const struct feature **list = ARENA_NEW(a, const struct feature *, r->n_features + 1);

	for (size_t i = 0; list && i < r->n_features; i++)
		list[i] = &r->features[i];
	if (list)
		qsort(list, r->n_features, sizeof(const struct feature *), compare_keys);
	return list;
}

/* Is it what the author of the file says? */
static bool is_claim(const char *key)
{
	static const char *const claims[] = { "pe.version.", "pe.manifest.", "pe.debug.",
					      "pe.exports.name" };

	for (size_t i = 0; i < COUNT_OF(claims); i++)
		if (span_starts(SPAN_TEXT(key), claims[i], strlen(claims[i])))
			return true;
	return false;
}

/* @a or @b NULL: that side has none. */
static void feature_add_pair(struct rows *rows, const char *key, const struct feature *a,
			     const struct feature *b, size_t *left)
{
	const char *text[2] = { value_made(rows, a), value_made(rows, b) };

	if (same_text(text) || (!text[0] && !text[1]))
		return;
	if (rows->n == rows->size)
		(*left)++;
	else
		text_add(rows, key, text, is_claim(key));
}

enum status compare_features(struct arena *a, const struct compare_side *sides,
			     struct comparison *out)
{
	const struct feature **lists[2];
	size_t n[2], at[2] = { 0, 0 };
	struct rows rows;

	if (!rows_begin(&rows, a, COMPARISON_MAX_FEATURES))
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < 2; i++) {
		lists[i] = features_sorted(a, sides[i].r);
		n[i] = sides[i].r->n_features;
		if (!lists[i])
			return STATUS_NO_MEMORY;
	}
	while (at[0] < n[0] || at[1] < n[1]) {
		int order = at[0] == n[0] ? 1
			    : at[1] == n[1]
				    ? -1
				    : strcmp(lists[0][at[0]]->key, lists[1][at[1]]->key);
		const char *key = order <= 0 ? lists[0][at[0]]->key : lists[1][at[1]]->key;
		const struct feature *x = order <= 0 ? lists[0][at[0]++] : NULL;
		const struct feature *y = order >= 0 ? lists[1][at[1]++] : NULL;

		feature_add_pair(&rows, key, x, y, &out->n_features_left);
	}
	out->features = rows.list;
	out->n_features = rows.n;
	return rows.no_memory ? STATUS_NO_MEMORY : STATUS_OK;
}
