/* SPDX-License-Identifier: MIT */
/*
 * What follows from features.  None of it convicts: each has been seen in
 * genuine programs, and the manual says how often.
 */
#include "countermeasures/file_analysis/parts.h"

#define ENTROPY_HIGH    7200 /* thousandths */
#define ENTROPY_BYTES   ((uint64_t)16 << 10)
#define CONSTANT_BYTES  ((uint64_t)64 << 10)
#define TABLE_ALIGNMENT 8 /* fewer bytes before the table only align it */

/* What of an overlay neither is symbols nor aligns what follows; zero long: nothing. */
static struct range overlay_rest(const struct analysis_parts *p, const struct region *r)
{
	struct range rest = r->where;

	if (p->look && p->look->symbols.len > 0 && p->look->symbols.off == rest.off) {
		rest.off += p->look->symbols.len;
		rest.len -= p->look->symbols.len;
	}
	if (rest.len < TABLE_ALIGNMENT && rest.off + rest.len < p->size)
		rest.len = 0;
	return rest;
}

static void judge_overlay(struct arena *a, const struct analysis_parts *p,
			  struct findings *findings)
{
	const char *magic = p->look ? p->look->overlay_magic : NULL;

	for (size_t i = 0; i < p->box->n_regions; i++) {
		const struct region *r = &p->box->regions[i];
		struct range rest = overlay_rest(p, r);

		if (r->kind == REGION_OVERLAY && rest.len > 0)
			finding_add(findings, "pe.overlay", rest, "the end of the file",
				    arena_printf(a, "%llu bytes%s%s",
						 (unsigned long long)rest.len,
						 magic ? ", " : "", magic ? magic : ""));
	}
}

static void judge_checksum(struct arena *a, const struct analysis_parts *p,
			   struct findings *findings)
{
	if (analysis_checksum_state(p) == CHECKSUM_WRONG)
		finding_add(findings, "pe.checksum-wrong",
			    (struct range){ p->box->pe->checksum_off, 4 },
			    arena_printf(a, "0x%08x", p->bulk->pe_checksum),
			    arena_printf(a, "0x%08x", p->box->pe->checksum_field));
}

/* Code that looks compressed or encrypted.  A sampled histogram cannot tell. */
static void judge_entropy(struct arena *a, const struct analysis_parts *p, size_t i,
			  struct findings *findings)
{
	const struct region *region = &p->box->regions[i];
	struct feature entropy = analysis_entropy(p, i);
	size_t section;

	if (p->bulk->sampled || entropy.kind != FEATURE_PERMILLE ||
	    entropy.number < ENTROPY_HIGH || region->where.len < ENTROPY_BYTES ||
	    !analysis_section_of(p->box->pe, region, &section) ||
	    !(p->box->pe->sections[section].characteristics & SECTION_EXECUTE))
		return;
	finding_add(findings, "pe.entropy-high", region->where, "below 7.2 bits per byte",
		    arena_printf(a, "%s: %llu.%03llu", region->name,
				 (unsigned long long)entropy.number / 1000,
				 (unsigned long long)entropy.number % 1000));
}

static void judge_run(struct arena *a, const struct analysis_parts *p, size_t i,
		      struct findings *findings)
{
	const struct region *region = &p->box->regions[i];
	const char *why;
	const struct bulk_region *r = analysis_bulk_region(p, i, &why);

	if (region->kind != REGION_SECTION || !r || r->run_len < CONSTANT_BYTES ||
	    r->run_byte == 0)
		return;
	finding_add(findings, "pe.const-section", (struct range){ r->run_off, r->run_len },
		    "less than 64 KiB of one byte that is not zero",
		    arena_printf(a, "%s: %llu bytes 0x%02x", region->name,
				 (unsigned long long)r->run_len, r->run_byte));
}

static void judge_sights(struct arena *a, const struct analysis_parts *p,
			 struct findings *findings)
{
	for (size_t i = 0; p->look && i < p->look->n_sights; i++) {
		const struct analysis_sight *s = &p->look->sights[i];

		if (s->polyglot)
			finding_add(findings, "file.polyglot", s->where, "one format",
				    arena_printf(a, "%s; %s (%s)",
						 p->box->format ? p->box->format->name : "?",
						 s->format, s->place));
	}
}

void analysis_judge(struct arena *a, const struct analysis_parts *p, struct findings *findings)
{
	judge_sights(a, p, findings);
	if (!p->box->pe)
		return;
	judge_overlay(a, p, findings);
	judge_checksum(a, p, findings);
	for (size_t i = 0; p->bulk && i < p->box->n_regions; i++) {
		judge_entropy(a, p, i, findings);
		judge_run(a, p, i, findings);
	}
}
