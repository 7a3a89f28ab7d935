/* SPDX-License-Identifier: MIT */
/*
 * Tampered or grafted?  A sound signature over other bytes belongs to this
 * program, altered since, or to another one.
 *
 * First what the signature says it was made for; then pages that it lists; then
 * the record of its donor.  Only where none of them decides, signs are weighed:
 * they may say "grafted", never "tampered".
 */
#include "mimicry/own_pages.h"
#include "mimicry/package_owner.h"
#include "verify/scheme.h"

struct judging {
	struct arena *arena;
	struct mimicry_case *c;
	struct suspect *s;
	struct relation *r;
};

static void decide(struct judging *j, enum relation_kind kind,
		   enum relation_confidence confidence, const char *rule)
{
	j->r->kind = kind;
	j->r->confidence = confidence;
	j->r->rule = rule;
}

static enum status note(struct judging *j, const char *id, const char *expected,
			const char *observed, struct range where)
{
	return evidence_add(j->arena, j->r, id,
			    (struct evidence){ .expected = expected,
					       .observed = observed,
					       .where = where,
					       .signature = j->s->index });
}

/* So many of the file's pages are the donor's; of a sample, about so many. */
static const char *match_say(struct judging *j, const struct page_match *m)
{
	return arena_printf(j->arena, "%s%llu of %llu pages", m->sampled ? "about " : "",
			    (unsigned long long)m->n_matched, (unsigned long long)m->n_host);
}

/* All of the donor's. */
static const char *donor_pages_say(struct judging *j, const struct page_match *m)
{
	return arena_printf(j->arena, "%llu of %llu pages", (unsigned long long)m->n_donor,
			    (unsigned long long)m->n_donor);
}

/* What was signed is a file of another kind. */
static enum status container_judge(struct judging *j)
{
	const struct fact *f = j->s->fact;

	if (!f->made_for)
		return STATUS_OK;
	decide(j, RELATION_GRAFTED, CONFIDENCE_PROVEN, "verdict.grafted-container");
	return note(j, "sign.other-container", f->kind, f->made_for,
		    claim_where(f->claim, f->data_type));
}

/* Code that runs first and is not the signed program's. */
static enum status entry_note(struct judging *j)
{
	struct range where = entry_page(j->c, &j->r->pages);

	if (where.len == 0)
		return STATUS_OK;
	return note(j, "sign.foreign-entry", NULL, NULL, where);
}

static void sibling_note(struct judging *j)
{
	const struct page_match *m = &j->r->pages;
	const char *found = match_say(j, m);

	finding_add(j->c->findings, "mimicry.sibling-build", (struct range){ 0, 0 },
		    donor_pages_say(j, m),
		    m->shares_data && found ? arena_printf(j->arena, "%s, and its data", found)
					    : found);
}

/* The pages that the signature lists. */
static enum status table_judge(struct judging *j, enum content *content)
{
	struct page_match match = { 0 };
	const char *found;

	TRY(compare_table(j->arena, j->c, j->s, &match, content));
	if (match.n_donor > 0)
		j->r->pages = match;
	found = match_say(j, &match);
	if (*content == CONTENT_SAME) {
		decide(j, RELATION_TAMPERED, CONFIDENCE_PROVEN, "verdict.tampered-pages");
		TRY(note(j, "sign.signed-pages-here", NULL, found, (struct range){ 0, 0 }));
		return entry_note(j);
	}
	if (*content != CONTENT_OTHER)
		return STATUS_OK;
	decide(j, RELATION_GRAFTED, CONFIDENCE_PROVEN, "verdict.grafted-pages");
	return note(j, "sign.signed-pages-absent", donor_pages_say(j, &match), found,
		    (struct range){ 0, 0 });
}

/* What kind of unit counts as how much, in thousandths of those that are signed. */
static const struct unit_rules {
	uint64_t tampered_from, grafted_up_to;
	const char *tampered, *grafted, *here, *absent;
} unit_rules[] = {
	[UNITS_NONE] = {0,    0,  NULL,                       NULL,                      NULL, NULL                        },
	[UNITS_PAGES] = { 250, 20, "verdict.tampered-pages",   "verdict.grafted-pages",
                        "sign.signed-pages-here",                                              "sign.signed-pages-absent"  },
	[UNITS_ENTRIES] = { 250, 0,  "verdict.tampered-entries", "verdict.grafted-entries",
                        "sign.signed-entries-here",                                            "sign.signed-entries-absent"},
	[UNITS_STREAMS] = { 250, 0,  "verdict.tampered-entries", "verdict.grafted-entries",
                        "sign.signed-entries-here",                                            "sign.signed-entries-absent"},
};
#define UNITS_LEAST 4 /* fewer that are absent prove nothing */
#define PAGES_LEAST 3 /* the same of pages that are here: entries are longer */

/* What the signature lists one by one, as its scheme found it. */
static enum status units_judge(struct judging *j)
{
	const struct fact *f = j->s->fact;
	const struct unit_match *u = &f->units;
	const struct unit_rules *rules = &unit_rules[u->kind];
	const char *said =
		arena_printf(j->arena, "%llu of %llu", (unsigned long long)u->n_matching,
			     (unsigned long long)u->n_signed);

	if (u->kind == UNITS_NONE || u->n_signed == 0)
		return STATUS_OK;
	if (u->kind == UNITS_PAGES)
		j->r->pages = (struct page_match){
			.n_host = u->n_signed,
			.n_donor = u->n_signed,
			.n_matched = u->n_matching,
			.foreign = f->bad_pages,
			.n_foreign = f->n_bad_pages_kept,
		};
	if (u->kind == UNITS_PAGES && u->n_signed < PAGES_LEAST)
		return STATUS_OK;
	if (u->n_matching > 0 && u->n_matching * 1000 >= u->n_signed * rules->tampered_from) {
		decide(j, RELATION_TAMPERED, CONFIDENCE_PROVEN, rules->tampered);
		return note(j, rules->here, NULL, said, (struct range){ 0, 0 });
	}
	if (u->n_signed < UNITS_LEAST ||
	    u->n_matching * 1000 > u->n_signed * rules->grafted_up_to)
		return STATUS_OK;
	decide(j, RELATION_GRAFTED, CONFIDENCE_PROVEN, rules->grafted);
	return note(j, rules->absent, NULL, said, (struct range){ 0, 0 });
}

/* The record that was made of the signed program when it was met. */
static enum status donor_judge(struct judging *j, enum content *content)
{
	struct page_match match = { 0 };
	const char *found;

	if (j->s->known_by != KNOWN_BY_DIGEST && j->s->known_by != KNOWN_BY_BLOCK)
		return STATUS_OK;
	if (j->c->box->pe)
		TRY(compare_donor(j->arena, j->c, j->r->donor, &match, content));
	else
		TRY(own_pages_compare(j->arena, j->s->fact, j->r->donor, &match, content));
	if (match.n_donor > 0)
		j->r->pages = match;
	found = match_say(j, &match);
	if (*content == CONTENT_SAME) {
		decide(j, RELATION_TAMPERED, CONFIDENCE_PROVEN, "verdict.tampered-donor");
		TRY(note(j,
			 match.n_matched > 0 ? "sign.donor-pages-here"
					     : "sign.donor-section-here",
			 NULL, found, (struct range){ 0, 0 }));
		return j->c->box->pe ? entry_note(j) : STATUS_OK;
	}
	if (*content != CONTENT_OTHER)
		return STATUS_OK;
	decide(j, RELATION_GRAFTED, CONFIDENCE_PROVEN, "verdict.grafted-donor");
	return note(j, "sign.donor-pages-absent", donor_pages_say(j, &match), found,
		    (struct range){ 0, 0 });
}

/* The streams that the record of the signed package has. */
static enum status streams_judge(struct judging *j)
{
	uint64_t n_matched, n_donor;
	enum content content;
	const char *said;

	if (!j->r->donor ||
	    (j->s->known_by != KNOWN_BY_DIGEST && j->s->known_by != KNOWN_BY_BLOCK))
		return STATUS_OK;
	content = streams_compare(j->c, j->r->donor, &n_matched, &n_donor);
	said = arena_printf(j->arena, "%llu of %llu %s", (unsigned long long)n_matched,
			    (unsigned long long)n_donor,
			    j->c->box->msi ? "streams" : "sections");
	if (content == CONTENT_SAME) {
		decide(j, RELATION_TAMPERED, CONFIDENCE_PROVEN, "verdict.tampered-donor");
		return note(j, "sign.donor-streams-here", NULL, said, (struct range){ 0, 0 });
	}
	/* A place in a package is no signature that somebody put on another program. */
	if (content != CONTENT_OTHER || j->s->fact->presence == ASSAY_PRESENCE_CONTAINER)
		return STATUS_OK;
	decide(j, RELATION_GRAFTED, CONFIDENCE_PROVEN, "verdict.grafted-donor");
	return note(j, "sign.donor-streams-absent", NULL, said, (struct range){ 0, 0 });
}

/* Of formats other than PE: what the signature lists, else the record of its donor. */
static enum status listed_judge(struct judging *j)
{
	enum content content = CONTENT_UNKNOWN;

	TRY(units_judge(j));
	if (j->r->kind != RELATION_UNDECIDED || !j->r->donor)
		return STATUS_OK;
	if (streams_has(j->c->box))
		return streams_judge(j);
	TRY(donor_judge(j, &content));
	if (content == CONTENT_BETWEEN)
		sibling_note(j);
	return STATUS_OK;
}

/* By content, as far as there is any to compare with. */
static enum status content_judge(struct judging *j)
{
	enum content content = CONTENT_UNKNOWN;

	TRY(table_judge(j, &content));
	if (content == CONTENT_SAME || content == CONTENT_OTHER)
		return STATUS_OK;
	if (j->r->donor) {
		enum content record = CONTENT_UNKNOWN;

		TRY(donor_judge(j, &record));
		if (record != CONTENT_UNKNOWN)
			content = record;
	}
	if (content == CONTENT_BETWEEN)
		sibling_note(j);
	return STATUS_OK;
}

/* By signs.  What shares code or data with the signed program is not accused by them. */
static enum status signs_judge(struct judging *j)
{
	bool suffice;

	TRY(signs_weigh(j->arena, j->c, j->s, j->r));
	suffice = signs_suffice(j->r);
	if (j->r->kind == RELATION_UNDECIDED && suffice && j->r->pages.n_matched == 0 &&
	    !j->r->pages.shares_data)
		decide(j, RELATION_GRAFTED, CONFIDENCE_INFERRED, "verdict.grafted-inferred");
	return STATUS_OK;
}

static void reuse_note(struct judging *j)
{
	const struct donor *seen = j->s->reused;
	const struct fact *f = j->s->fact;

	if (!seen)
		return;
	finding_add(j->c->findings, "mimicry.block-reused", f->where,
		    "one image for one signature",
		    seen->name ? arena_printf(j->arena, "it was also seen on '%s'", seen->name)
			       : "it was also seen on another image");
}

static enum status suspect_judge(struct judging *j)
{
	struct suspect *s = j->s;

	j->r->kind = RELATION_UNDECIDED;
	j->r->known_by = s->known_by;
	j->r->donor = s->hits;
	j->r->also = s->hits ? s->hits->next : NULL;
	j->r->signed_size = s->table.signed_size;
	s->fact->relation = j->r;
	j->c->findings->signature = s->index;
	reuse_note(j);
	TRY(container_judge(j));
	if (!j->c->box->pe)
		return j->r->kind == RELATION_UNDECIDED ? listed_judge(j) : STATUS_OK;
	if (j->r->kind == RELATION_UNDECIDED)
		TRY(content_judge(j));
	TRY(signs_judge(j));
	if (s->known_by == KNOWN_BY_DIGEST || s->known_by == KNOWN_BY_BLOCK)
		compare_sections(j->c, j->r);
	return STATUS_OK;
}

static enum status suspects_judge(struct arena *a, struct mimicry_case *c)
{
	struct mimicry_state *state = c->state;

	for (size_t i = 0; i < state->n_suspects; i++) {
		struct judging j = {
			.arena = a,
			.c = c,
			.s = &state->suspects[i],
			.r = ARENA_NEW(a, struct relation, 1),
		};

		if (!j.r)
			return STATUS_NO_MEMORY;
		TRY(suspect_judge(&j));
	}
	return STATUS_OK;
}

static void list_collect(struct mimicry_case *c, struct page_list *list)
{
	if (list->n_jobs > 0)
		pages_collect(&list->pages, &c->jobs[list->first]);
}

enum status mimicry_judge(struct arena *a, struct mimicry_case *c, struct relation **bare)
{
	int before = c->findings->signature;
	enum status status;

	*bare = NULL;
	list_collect(c, &c->state->sha256);
	list_collect(c, &c->state->sha1);
	streams_collect(c);
	status = suspects_judge(a, c);
	if (status == STATUS_OK)
		status = package_owner_judge(a, c);
	c->findings->signature = before;
	TRY(status);
	TRY(package_look_judge(a, c, bare));
	return bare_judge(a, c, bare);
}
