/* SPDX-License-Identifier: MIT */
/* The list of features: what every format has. */
#include "countermeasures/file_analysis/parts.h"
#include <stdlib.h>

static void describe_digests(struct features *f, const struct analysis_parts *p)
{
	size_t n = 0;

	describe(f, "sha256",
		 p->sha256 ? feature_of_digest(f, p->sha256) : feature_skipped("off"));
	for (const struct fact *fact = p->facts; fact; fact = fact->next) {
		const struct digest *d = &fact->computed_digest;
		bool known = d->algorithm == DIGEST_NONE;

		for (const struct fact *before = p->facts; before != fact;
		     before = before->next)
			known = known || digest_equal(&before->computed_digest, digest_span(d));
		if (known)
			continue;
		feature_add_at(f, feature_of_text(digest_name(d->algorithm)),
			       "image_digests.%zu.algorithm", n);
		feature_add_at(f, feature_of_digest(f, d), "image_digests.%zu.value", n++);
	}
	if (n == 0)
		describe(f, "image_digests", feature_absent());
}

static void describe_formats(struct features *f, const struct analysis_parts *p)
{
	const struct container *box = p->box;

	feature_add_at(f, feature_of_text(box->format ? box->format->name : NULL),
		       "formats.0.name");
	feature_add_at(f, FEATURE_OF_NUMBER(0), "formats.0.offset");
	feature_add_at(f, FEATURE_OF_NUMBER(p->size), "formats.0.length");
	feature_add_at(f, feature_of_text("file"), "formats.0.place");
	for (size_t i = 0; p->look && i < p->look->n_sights; i++) {
		const struct analysis_sight *s = &p->look->sights[i];
		struct feature name = feature_of_text(s->format);

		name.where = s->where;
		feature_add_at(f, name, "formats.%zu.name", i + 1);
		feature_add_at(f, FEATURE_OF_NUMBER(s->where.off), "formats.%zu.offset", i + 1);
		feature_add_at(f, FEATURE_OF_NUMBER(s->where.len), "formats.%zu.length", i + 1);
		feature_add_at(f, feature_of_text(s->place), "formats.%zu.place", i + 1);
	}
}

static struct feature printable(const struct analysis_parts *p, const struct bulk_region *r,
				const char *why)
{
	if (!r || p->bulk->histogram == BULK_HISTOGRAM_OFF)
		return feature_skipped(why ? why : "off");
	if (r->n_counted == 0)
		return feature_absent();
	return (struct feature){ .kind = FEATURE_PERMILLE, .number = bulk_printable(r) };
}

static struct feature histogram(const struct analysis_parts *p, const char *why)
{
	if (why || p->bulk->histogram == BULK_HISTOGRAM_OFF)
		return feature_skipped(why ? why : "off");
	return feature_of_text(p->bulk->sampled ? "sampled" : "full");
}

/* The longest run of one byte. */
static void describe_run(struct features *f, const struct bulk_region *r, const char *why,
			 size_t i)
{
	if (!r || r->run_len == 0) {
		feature_add_at(f, r ? feature_absent() : feature_skipped(why),
			       "regions.%zu.run", i);
		return;
	}
	feature_add_at(f, FEATURE_OF_NUMBER(r->run_off), "regions.%zu.run.offset", i);
	feature_add_at(f, FEATURE_OF_NUMBER(r->run_len), "regions.%zu.run.length", i);
	feature_add_at(f, FEATURE_OF_NUMBER(r->run_byte), "regions.%zu.run.byte", i);
}

static void describe_regions(struct features *f, const struct analysis_parts *p)
{
	for (size_t i = 0; i < p->box->n_regions; i++) {
		const struct region *region = &p->box->regions[i];
		struct feature name = feature_of_text(region->name);
		const struct bulk_region *r;
		const char *why;

		r = analysis_bulk_region(p, i, &why);
		name.where = region->where;
		feature_add_at(f, name, "regions.%zu.name", i);
		feature_add_at(f, feature_of_text(region_kind_word(region->kind)),
			       "regions.%zu.kind", i);
		feature_add_at(f, FEATURE_OF_NUMBER(region->where.off), "regions.%zu.offset",
			       i);
		feature_add_at(f, FEATURE_OF_NUMBER(region->where.len), "regions.%zu.length",
			       i);
		feature_add_at(f, histogram(p, why), "regions.%zu.histogram", i);
		feature_add_at(f, analysis_entropy(p, i), "regions.%zu.entropy", i);
		feature_add_at(f, printable(p, r, why), "regions.%zu.printable", i);
		describe_run(f, r, why, i);
	}
	if (p->box->n_regions == 0)
		describe(f, "regions", feature_absent());
}

static void describe_overlay(struct features *f, const struct analysis_parts *p)
{
	const struct analysis_look *look = p->look;
	const struct region *region = NULL;
	size_t i;

	for (i = 0; i < p->box->n_regions && !region; i++)
		if (p->box->regions[i].kind == REGION_OVERLAY)
			region = &p->box->regions[i];
	if (!region) {
		describe(f, "overlay", feature_absent());
		return;
	}
	describe(f, "overlay.offset", FEATURE_OF_NUMBER(region->where.off));
	describe(f, "overlay.length", FEATURE_OF_NUMBER(region->where.len));
	describe(f, "overlay.entropy", analysis_entropy(p, i - 1));
	describe(f, "overlay.first",
		 look ? FEATURE_OF_BYTES(look->overlay_first) : feature_skipped("limit"));
	describe(f, "overlay.symbols",
		 look ? FEATURE_OF_NUMBER(look->symbols.len) : feature_skipped("limit"));
	describe(f, "overlay.magic",
		 look ? feature_of_text(look->overlay_magic) : feature_skipped("limit"));
}

static int compare_offset(const void *left, const void *right)
{
	const struct range *a = (const struct range *)left, *b = (const struct range *)right;

	return (a->off > b->off) - (a->off < b->off);
}

/* The ranges that a digest covers, sorted; NULL: none. */
static struct range *covered_sorted(struct arena *a, const struct coverage *c, size_t *n)
{
	struct range *ranges = ARENA_NEW(a, struct range, c->n);

	*n = 0;
	for (size_t i = 0; ranges && i < c->n; i++)
		if (c->pieces[i].kind == PIECE_RANGE)
			ranges[(*n)++] = c->pieces[i].range;
	if (ranges)
		qsort(ranges, *n, sizeof *ranges, compare_offset);
	return ranges;
}

/* Bytes that the image digest of the first signature leaves out. */
static enum status describe_holes(struct features *f, const struct analysis_parts *p)
{
	const struct coverage *covered = p->facts ? p->facts->covered : NULL;
	struct range *ranges;
	uint64_t at = 0;
	size_t n, n_holes = 0;

	if (!covered) {
		describe(f, "holes", feature_absent());
		return STATUS_OK;
	}
	ranges = covered_sorted(f->arena, covered, &n);
	if (!ranges)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i <= n && n_holes < ANALYSIS_MAX_HOLES; i++) {
		struct range next = i < n ? ranges[i] : (struct range){ p->size, 0 };

		if (next.off > at) {
			feature_add_at(f, FEATURE_OF_NUMBER(at), "holes.%zu.offset", n_holes);
			feature_add_at(f, FEATURE_OF_NUMBER(next.off - at), "holes.%zu.length",
				       n_holes++);
		}
		if (next.off + next.len > at)
			at = next.off + next.len;
	}
	return STATUS_OK;
}

enum status analysis_describe(struct features *out, const struct analysis_parts *p)
{
	describe(out, "size", FEATURE_OF_NUMBER(p->size));
	describe_digests(out, p);
	describe_formats(out, p);
	describe(out, "variant", feature_of_text(p->box->variant));
	describe_regions(out, p);
	describe_overlay(out, p);
	TRY(describe_holes(out, p));
	return p->box->macho ? describe_macho(out, p) : describe_pe(out, p);
}
