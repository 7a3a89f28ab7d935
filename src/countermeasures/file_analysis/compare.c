/* SPDX-License-Identifier: MIT */
/*
 * What relates two programs.  The first that holds, strongest first: the same
 * bytes, the same image, a signature of the one on the other, the same code, the
 * same signer, and only then what anybody can copy.
 */
#include "countermeasures/file_analysis/compare_parts.h"
#include "evidence/standing.h"

#define MUCH_PERMILLE 250 /* of either's pages of code: one program */
#define SOME_PERMILLE 20
#define LEAST_PAGES   3
#define ICON_DISTANCE 4 /* bits of 64 */

/* ---- one side ---- */

static void image_add(struct compare_side *side, const char *algorithm, struct span value)
{
	if (algorithm && value.len && side->n_images < COMPARISON_MAX_IMAGES)
		side->images[side->n_images++] = (struct compare_image){ algorithm, value };
}

/* The first record is the file's profile; all say how its image digests. */
static enum status memories_take(struct arena *a, struct compare_side *side)
{
	for (size_t i = 0; i < side->r->n_memories; i++) {
		struct donor *d = ARENA_NEW(a, struct donor, 1);
		enum status status;

		if (!d)
			return STATUS_NO_MEMORY;
		status = donor_decode(a, side->r->memories[i], d);
		if (status == STATUS_NO_MEMORY)
			return status;
		if (status != STATUS_OK)
			continue;
		if (!side->profile)
			side->profile = d;
		if (d->digest.algorithm != DIGEST_NONE)
			image_add(side, digest_name(d->digest.algorithm),
				  digest_span(&d->digest));
	}
	return STATUS_OK;
}

enum status compare_side_make(struct arena *a, const struct report *r, struct compare_side *out)
{
	int decisive = report_decisive(r);

	*out = (struct compare_side){ .r = r,
				      .s = decisive < 0 ? NULL : &r->signatures[decisive] };
	for (size_t i = 0; i < r->n_signatures; i++)
		image_add(out, r->signatures[i].digest_algorithm,
			  r->signatures[i].digest_computed);
	return memories_take(a, out);
}

static bool has_image(const struct compare_side *side, const char *algorithm, struct span value)
{
	for (size_t i = 0; algorithm && value.len && i < side->n_images; i++)
		if (strcmp(side->images[i].algorithm, algorithm) == 0 &&
		    span_equal(side->images[i].value, value))
			return true;
	return false;
}

static bool same_image(const struct compare_side *sides)
{
	for (size_t i = 0; i < sides[0].n_images; i++)
		if (has_image(&sides[1], sides[0].images[i].algorithm,
			      sides[0].images[i].value))
			return true;
	return false;
}

/* A sound signature that was made over other bytes. */
static bool is_foreign(const struct report_signature *s)
{
	return s->signature == ASSAY_SIGNATURE_GOOD && s->binding == ASSAY_BINDING_MODIFIED;
}

static bool has_foreign(const struct compare_side *side)
{
	for (size_t i = 0; i < side->r->n_signatures; i++)
		if (is_foreign(&side->r->signatures[i]))
			return true;
	return false;
}

/* Does @side carry a signature that was made for the image of @owner? */
static bool carries(const struct compare_side *side, const struct compare_side *owner)
{
	for (size_t i = 0; i < side->r->n_signatures; i++) {
		const struct report_signature *s = &side->r->signatures[i];

		if (is_foreign(s) && has_image(owner, s->digest_algorithm, s->digest_signed))
			return true;
	}
	return false;
}

/* Do both carry a signature that was made for one program, which neither is? */
static bool carry_third(const struct compare_side *sides)
{
	for (size_t i = 0; i < sides[0].r->n_signatures; i++) {
		const struct report_signature *a = &sides[0].r->signatures[i];

		for (size_t k = 0; is_foreign(a) && k < sides[1].r->n_signatures; k++) {
			const struct report_signature *b = &sides[1].r->signatures[k];

			if (is_foreign(b) && a->digest_signed.len &&
			    span_equal(a->digest_signed, b->digest_signed))
				return true;
		}
	}
	return false;
}

static bool same_block(const struct compare_side *sides)
{
	const struct donor *a = sides[0].profile, *b = sides[1].profile;

	return a && b && !span_is_zero(SPAN_OF(a->block)) &&
	       span_equal(SPAN_OF(a->block), SPAN_OF(b->block));
}

/* ---- both ---- */

/* The smallest hashes of both together, and how many of those are in both (min-hash). */
static void sketches_merge(const struct sketch *a, const struct sketch *b,
			   struct comparison_pages *out)
{
	bool whole_a = a->n == a->n_pages, whole_b = b->n == b->n_pages;
	uint32_t i = 0, k = 0;

	while ((i < a->n || k < b->n) && (!out->estimated || out->sampled < DONOR_SKETCH)) {
		/* What lies beyond the end of a sample is not known. */
		if ((i == a->n && !whole_a) || (k == b->n && !whole_b))
			return;
		out->sampled++;
		if (k == b->n || (i < a->n && a->hashes[i] < b->hashes[k])) {
			i++;
		} else if (i == a->n || b->hashes[k] < a->hashes[i]) {
			k++;
		} else {
			out->matched++;
			i++;
			k++;
		}
	}
}

struct comparison_pages compare_pages(const struct donor *a, const struct donor *b)
{
	struct comparison_pages out = { 0 };
	uint64_t both, common;

	if (!a || !b || !a->sketched || !b->sketched)
		return out;
	out.n[0] = a->executable.n_pages;
	out.n[1] = b->executable.n_pages;
	out.known = out.n[0] > 0 && out.n[1] > 0;
	out.estimated = a->executable.n != out.n[0] || b->executable.n != out.n[1];
	sketches_merge(&a->executable, &b->executable, &out);
	out.n_common = out.matched;
	if (!out.estimated || out.sampled == 0)
		return out;
	/* Of all different pages so many of so many are in both. */
	both = (uint64_t)out.n[0] + out.n[1];
	common = both * out.matched / ((uint64_t)out.sampled + out.matched);
	if (common > out.n[0])
		common = out.n[0];
	if (common > out.n[1])
		common = out.n[1];
	out.n_common = (uint32_t)common;
	return out;
}

enum share { SHARE_UNKNOWN, SHARE_NONE, SHARE_SOME, SHARE_MUCH };

/* The larger of both shares, so that code that was added does not hide the rest. */
static enum share share_of(const struct comparison_pages *p)
{
	uint64_t least = p->n[0] < p->n[1] ? p->n[0] : p->n[1], permille;

	if (!p->known || p->sampled == 0)
		return SHARE_UNKNOWN;
	permille = (uint64_t)p->n_common * 1000 / least;
	if (permille >= MUCH_PERMILLE && (p->n_common >= LEAST_PAGES || p->n_common == least))
		return SHARE_MUCH;
	return permille > SOME_PERMILLE ? SHARE_SOME : SHARE_NONE;
}

bool compare_icons(const struct donor *a, const struct donor *b)
{
	return a->has_icon && b->has_icon &&
	       __builtin_popcountll(a->icon ^ b->icon) <= ICON_DISTANCE;
}

static unsigned looks_of(const struct compare_side *sides)
{
	const struct donor *a = sides[0].profile, *b = sides[1].profile;
	unsigned looks = 0;

	if (!a || !b)
		return 0;
	if (!span_is_zero(SPAN_OF(a->identity)) &&
	    span_equal(SPAN_OF(a->identity), SPAN_OF(b->identity)))
		looks |= LOOK_VERSION;
	if (compare_icons(a, b))
		looks |= LOOK_ICON;
	if (a->manifest && b->manifest && strcmp(a->manifest, b->manifest) == 0)
		looks |= LOOK_MANIFEST;
	return looks;
}

static const char *claimed_signer(const struct compare_side *side)
{
	return side->s ? side->s->claimed_signer : side->r->removed_signer;
}

static bool same_claim(const struct compare_side *sides)
{
	const char *a = claimed_signer(&sides[0]), *b = claimed_signer(&sides[1]);

	return a && b && strcmp(a, b) == 0;
}

/* The verified signer of both; NULL: there is none. */
static const char *one_signer(const struct compare_side *sides)
{
	const char *names[2] = { NULL, NULL };

	for (size_t i = 0; i < 2; i++)
		if (sides[i].s)
			names[i] = report_signer(sides[i].r, sides[i].s);
	return names[0] && names[1] && strcmp(names[0], names[1]) == 0 ? names[0] : NULL;
}

static bool is_examined(const struct report *r)
{
	return r->format && r->complete && r->verdict != ASSAY_VERDICT_ERROR &&
	       r->verdict != ASSAY_VERDICT_UNSUPPORTED && r->verdict != ASSAY_VERDICT_UNKNOWN;
}

/* Of a file that changed while it was read, nothing holds. */
static bool same_bytes(const struct compare_side *sides)
{
	const struct report *a = sides[0].r, *b = sides[1].r;

	return a->verdict != ASSAY_VERDICT_ERROR && b->verdict != ASSAY_VERDICT_ERROR &&
	       a->has_sha256 && b->has_sha256 &&
	       span_equal(SPAN_OF(a->sha256), SPAN_OF(b->sha256));
}

/* Why the signature that decides does not say who signed; NULL: it does, or there is none. */
static const char *doubt_of(const struct compare_side *side)
{
	const struct report_signature *s = side->s;

	if (!s || report_signer(side->r, s))
		return NULL;
	if (s->trust == ASSAY_TRUST_ANCHORED || s->trust == ASSAY_TRUST_UNEVALUATED)
		return assay_verdict_word(side->r->verdict);
	return assay_trust_word(s->trust);
}

/* Which of them is the beginning of the other; -1: neither. */
static int beginning_of(const struct comparison_files *files)
{
	uint64_t a = files->reports[0]->size, b = files->reports[1]->size;

	if (!files->begins || a == b || a == 0 || b == 0 ||
	    files->reports[0]->verdict == ASSAY_VERDICT_ERROR ||
	    files->reports[1]->verdict == ASSAY_VERDICT_ERROR)
		return -1;
	return b < a;
}

static bool same_sections(const struct compare_side *sides)
{
	const struct donor *a = sides[0].profile, *b = sides[1].profile;

	if (!a || !b || a->n_sections != b->n_sections)
		return false;
	for (uint32_t i = 0; i < a->n_sections && i < DONOR_MAX_SECTIONS; i++)
		if (a->sections[i].hash != b->sections[i].hash)
			return false;
	return true;
}

/* Does the end of a program lack, of which the other is the whole? */
static bool is_cut(const struct compare_side *sides, int beginning)
{
	const struct report *part, *whole;

	if (beginning < 0)
		return false;
	part = sides[beginning].r;
	whole = sides[1 - beginning].r;
	return is_examined(whole) && (!is_examined(part) || !same_sections(sides) ||
				      part->verdict == ASSAY_VERDICT_BROKEN);
}

static enum comparison_kind decide_image(const struct compare_side *sides, int *side)
{
	bool bare[2] = { sides[0].r->n_signatures == 0, sides[1].r->n_signatures == 0 };

	if (bare[0] && bare[1])
		return COMPARISON_UNCOVERED;
	if (bare[0] || bare[1]) {
		*side = bare[0] ? 0 : 1;
		if (!has_foreign(&sides[1 - *side]))
			return COMPARISON_STRIPPED;
		*side = 1 - *side;
		return COMPARISON_DRESSED;
	}
	if (same_block(sides))
		return COMPARISON_UNCOVERED;
	if (has_foreign(&sides[0]) || has_foreign(&sides[1])) {
		*side = has_foreign(&sides[1]);
		return COMPARISON_DRESSED;
	}
	return COMPARISON_SIGNED_TWICE;
}

static enum comparison_kind decide_carried(enum share share)
{
	switch (share) {
	case SHARE_UNKNOWN: return COMPARISON_CARRIED;
	case SHARE_NONE: return COMPARISON_GRAFTED;
	case SHARE_SOME: return COMPARISON_CARRIED;
	case SHARE_MUCH: return COMPARISON_ALTERED;
	}
	return COMPARISON_CARRIED;
}

static enum comparison_kind decide(const struct compare_side *sides, struct comparison *c)
{
	enum share share = share_of(&c->pages);

	if (same_bytes(sides))
		return COMPARISON_IDENTICAL;
	if (is_cut(sides, c->beginning)) {
		c->side = c->beginning;
		return COMPARISON_CUT;
	}
	if (!is_examined(sides[0].r) || !is_examined(sides[1].r)) {
		c->side = is_examined(sides[0].r);
		return COMPARISON_UNKNOWN;
	}
	if (same_image(sides))
		return decide_image(sides, &c->side);
	for (c->side = 0; c->side < 2; c->side++)
		if (carries(&sides[c->side], &sides[1 - c->side]))
			return decide_carried(share);
	c->side = 0;
	if (carry_third(sides))
		return COMPARISON_THIRD;
	if (share == SHARE_MUCH)
		return c->signer ? COMPARISON_VERSIONS : COMPARISON_VARIANTS;
	if (c->signer)
		return COMPARISON_ONE_SIGNER;
	if (share == SHARE_SOME)
		return COMPARISON_RELATED;
	if (same_claim(sides))
		return COMPARISON_CLAIMED;
	return c->looks ? COMPARISON_LOOKS : COMPARISON_NOTHING;
}

enum status comparison_make(struct arena *a, const struct comparison_files *files,
			    struct comparison *out)
{
	struct compare_side *sides = ARENA_NEW(a, struct compare_side, 2);

	*out = (struct comparison){ .kind = COMPARISON_UNKNOWN };
	if (!sides)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < 2; i++) {
		TRY(compare_side_make(a, files->reports[i], &sides[i]));
		out->doubt[i] = doubt_of(&sides[i]);
		out->size[i] = files->reports[i]->size;
	}
	out->beginning = beginning_of(files);
	out->signer = one_signer(sides);
	out->looks = looks_of(sides);
	out->pages = compare_pages(sides[0].profile, sides[1].profile);
	out->kind = decide(sides, out);
	TRY(compare_rows(a, sides, out));
	return compare_features(a, sides, out);
}

/* ---- what it means ---- */

static const struct {
	const char *word;
	enum comparison_origin origin;
} kinds[COMPARISON_KINDS] = {
	[COMPARISON_UNKNOWN] = {"unknown",       ORIGIN_UNKNOWN  },
	[COMPARISON_IDENTICAL] = { "identical",    ORIGIN_SAME     },
	[COMPARISON_CUT] = { "cut",          ORIGIN_DIFFERENT},
	[COMPARISON_UNCOVERED] = { "same-image",   ORIGIN_SAME     },
	[COMPARISON_SIGNED_TWICE] = { "signed-twice", ORIGIN_SAME     },
	[COMPARISON_STRIPPED] = { "stripped",     ORIGIN_SAME     },
	[COMPARISON_DRESSED] = { "dressed",      ORIGIN_DIFFERENT},
	[COMPARISON_ALTERED] = { "altered",      ORIGIN_DIFFERENT},
	[COMPARISON_GRAFTED] = { "grafted",      ORIGIN_DIFFERENT},
	[COMPARISON_CARRIED] = { "carried",      ORIGIN_DIFFERENT},
	[COMPARISON_THIRD] = { "third",        ORIGIN_DIFFERENT},
	[COMPARISON_VERSIONS] = { "versions",     ORIGIN_SAME     },
	[COMPARISON_VARIANTS] = { "variants",     ORIGIN_DIFFERENT},
	[COMPARISON_ONE_SIGNER] = { "one-signer",   ORIGIN_SAME     },
	[COMPARISON_RELATED] = { "related",      ORIGIN_DIFFERENT},
	[COMPARISON_CLAIMED] = { "claimed",      ORIGIN_DIFFERENT},
	[COMPARISON_LOOKS] = { "looks",        ORIGIN_DIFFERENT},
	[COMPARISON_NOTHING] = { "nothing",      ORIGIN_DIFFERENT},
};

enum comparison_origin comparison_origin(enum comparison_kind kind)
{
	return kinds[kind].origin;
}

const char *comparison_word(enum comparison_kind kind)
{
	return kinds[kind].word;
}
