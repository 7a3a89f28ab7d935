/* SPDX-License-Identifier: MIT */
/*
 * Evidence, and what signs weigh that prove nothing.
 *
 * Everything that can be written at will may convict, never acquit: what
 * speaks for an alteration of the signed program is listed, and not counted.
 * Of signs with one cause (a group) the heaviest counts once.
 */
#include "mimicry/compare.h"

#include "base/time.h"
#include "trust/brand_names.h"
#include <math.h>
#include <stdlib.h>

#define LLR_GRAFTED  (-6900) /* thousandths: odds of a thousand to one */
#define GROUPS_LEAST 2       /* independent signs */
#define HOUR         3600
#define YEAR         (365 * INT64_C(86400))

#define OID_ORGANISATION OID("\x55\x04\x0a")
#define OID_COMMON_NAME  OID("\x55\x04\x03")

static int compare_weight(const void *id, const void *row)
{
	return strcmp((const char *)id, ((const struct weight *)row)->id);
}

const struct weight *weight_find(const char *id)
{
	return (const struct weight *)bsearch(id, weights, n_weights, sizeof(weights[0]),
					      compare_weight);
}

int weight_llr(const struct weight *w)
{
	double genuine, forged;

	if (w->n_genuine == 0 || w->n_forged == 0)
		return 0;
	genuine = ((double)w->genuine + 1) / ((double)w->n_genuine + 2);
	forged = ((double)w->forged + 1) / ((double)w->n_forged + 2);
	return (int)lround(1000 * log(genuine / forged));
}

/* What decides stands first; then what weighs most, for either side. */
static bool evidence_before(const struct evidence *a, const struct evidence *b)
{
	bool x = a->weight->group == WEIGHT_CONTENT, y = b->weight->group == WEIGHT_CONTENT;

	return x != y ? x : abs(weight_llr(a->weight)) > abs(weight_llr(b->weight));
}

enum status evidence_add(struct arena *a, struct relation *r, const char *id,
			 struct evidence what)
{
	struct evidence **at = &r->evidence, *e = ARENA_NEW(a, struct evidence, 1);

	if (!e)
		return STATUS_NO_MEMORY;
	*e = what;
	e->weight = weight_find(id);
	while (*at && !evidence_before(e, *at))
		at = &(*at)->next;
	e->next = *at;
	*at = e;
	return STATUS_OK;
}

/* The heaviest sign of a group that speaks for a forgery; zero: none. */
static int group_llr(const struct relation *r, enum weight_group group)
{
	int least = 0;

	for (const struct evidence *e = r->evidence; e; e = e->next)
		if (e->weight->group == group && weight_llr(e->weight) < least)
			least = weight_llr(e->weight);
	return least;
}

bool signs_suffice(struct relation *r)
{
	const enum weight_group counted[] = { WEIGHT_STAMP, WEIGHT_NAME, WEIGHT_RECORD };
	size_t n = 0;

	r->llr = 0;
	for (size_t i = 0; i < COUNT_OF(counted); i++) {
		int llr = group_llr(r, counted[i]);

		r->llr += llr;
		n += llr < 0;
	}
	return r->llr <= LLR_GRAFTED && n >= GROUPS_LEAST;
}

/* One suspect's signs while they are gathered. */
struct weighing {
	struct arena *arena;
	const struct mimicry_case *c;
	const struct suspect *s;
	struct relation *r;
};

static enum status sign(const struct weighing *w, const char *id, const char *expected,
			const char *observed)
{
	return evidence_add(w->arena, w->r, id,
			    (struct evidence){ .expected = expected,
					       .observed = observed,
					       .signature = w->s->index });
}

/* "2025-01-02T03:04:05Z"; NULL: no memory. */
static const char *time_say(const struct weighing *w, int64_t when)
{
	struct time_text text;

	if (!time_format(when, &text))
		return NULL;
	return arena_printf(w->arena, "%s", text.text);
}

/* When it says that it was built, against when its signature was made. */
static enum status stamp_weigh(const struct weighing *w)
{
	const struct fact *f = w->s->fact;
	int64_t built = w->c->box->pe->time_date_stamp, made;
	const char *id = NULL;

	if (!w->c->identity || w->c->identity->stamp != PE_STAMP_TIME)
		return STATUS_OK;
	if (!f->has_signed_at && !f->has_claimed_time)
		return STATUS_OK;
	made = f->has_signed_at ? f->signed_at : f->claimed_time;
	if (built > made && built - made > SIGN_TIME_SLACK)
		id = "sign.stamp-after-signing";
	else if (made >= built && made - built <= HOUR)
		id = "sign.stamp-near-signing";
	else if (made > built && made - built > YEAR)
		id = "sign.stamp-year-before";
	if (!id)
		return STATUS_OK;
	return sign(w, id, time_say(w, made), time_say(w, built));
}

/* The first word of a name, without what parts words. */
static struct span first_word(const char *name)
{
	struct span all = SPAN_TEXT(name);
	size_t from = 0, to;

	while (from < all.len && strchr(" .,\"'(", span_at(all, from)))
		from++;
	to = from;
	while (to < all.len && !strchr(" .,\"')", span_at(all, to)))
		to++;
	return span_clip(all, from, to - from);
}

/* Do two names of companies mean the same? */
static bool names_agree(const char *a, const char *b)
{
	struct span x = first_word(a), y = first_word(b);
	const char *brand = brand_of_name(a), *other = brand_of_name(b);

	if (brand && other)
		return strcmp(brand, other) == 0;
	return x.len > 0 && span_equal_nocase(x, y);
}

static enum status company_weigh(const struct weighing *w)
{
	const struct fact *f = w->s->fact;
	const char *company = w->c->identity ? w->c->identity->version.company_name : NULL;
	const char *organisation, *name;
	bool agree;

	if (!company || !*company || !f->certificate)
		return STATUS_OK;
	organisation = name_attribute(w->arena, f->certificate->subject, OID_ORGANISATION);
	name = name_attribute(w->arena, f->certificate->subject, OID_COMMON_NAME);
	if (!organisation && !name)
		return STATUS_OK;
	agree = (organisation && names_agree(company, organisation)) ||
		(name && names_agree(company, name));
	return sign(w, agree ? "sign.company-is-signer" : "sign.company-not-signer",
		    organisation ? organisation : name, company);
}

/* Fields that every linker sets and that no change of a program changes. */
static enum status record_weigh(const struct weighing *w)
{
	const struct pe_image *pe = w->c->box->pe;
	const struct donor *d = w->r->donor;

	if (!d || w->r->known_by == KNOWN_BY_METADATA)
		return STATUS_OK;
	if (d->machine != pe->machine)
		TRY(sign(w, "sign.other-machine", arena_printf(w->arena, "0x%x", d->machine),
			 arena_printf(w->arena, "0x%x", pe->machine)));
	if (d->subsystem != pe->subsystem)
		TRY(sign(w, "sign.other-subsystem", arena_printf(w->arena, "%u", d->subsystem),
			 arena_printf(w->arena, "%u", pe->subsystem)));
	if (d->dotnet != pe->is_dotnet)
		TRY(sign(w, "sign.other-runtime", d->dotnet ? ".NET" : "native",
			 pe->is_dotnet ? ".NET" : "native"));
	if (!span_is_zero(SPAN_OF(d->rich)) && w->c->identity && !w->c->identity->has_rich)
		TRY(sign(w, "sign.rich-header-lost", "a Rich header", "none"));
	return STATUS_OK;
}

/* Bytes between the last section and the table. */
static uint64_t gap_before_table(const struct pe_image *pe)
{
	uint64_t end = pe->size_of_headers;

	for (size_t i = 0; i < pe->n_sections; i++) {
		const struct pe_section *s = &pe->sections[i];

		if (s->size_of_raw_data > 0 &&
		    s->pointer_to_raw_data + s->size_of_raw_data > end)
			end = s->pointer_to_raw_data + s->size_of_raw_data;
	}
	return pe->table.off > end ? pe->table.off - end : 0;
}

/* Traces of tools that take no pains; whoever takes them leaves none. */
static enum status traces_weigh(const struct weighing *w)
{
	const struct pe_image *pe = w->c->box->pe;
	uint64_t table_end = pe->table.off + pe->table.len, gap = gap_before_table(pe);

	if (pe->table.off % 8 != 0)
		TRY(sign(w, "sign.table-unaligned", "a multiple of 8",
			 arena_printf(w->arena, "0x%llx", (unsigned long long)pe->table.off)));
	if (pe->checksum_field == 0)
		TRY(sign(w, "sign.checksum-zero", NULL, "0"));
	else if (w->c->has_checksum && w->c->computed_checksum != pe->checksum_field)
		TRY(sign(w, "sign.checksum-wrong",
			 arena_printf(w->arena, "0x%08x", w->c->computed_checksum),
			 arena_printf(w->arena, "0x%08x", pe->checksum_field)));
	if (gap >= 8)
		TRY(sign(w, "sign.gap-before-table", NULL,
			 arena_printf(w->arena, "%llu bytes", (unsigned long long)gap)));
	if (pe->table.len > 0 && pe->file_size - table_end >= 8)
		TRY(sign(w, "sign.bytes-behind-table", NULL,
			 arena_printf(w->arena, "%llu bytes",
				      (unsigned long long)(pe->file_size - table_end))));
	return STATUS_OK;
}

enum status signs_weigh(struct arena *a, const struct mimicry_case *c, const struct suspect *s,
			struct relation *r)
{
	const struct weighing w = { .arena = a, .c = c, .s = s, .r = r };

	TRY(stamp_weigh(&w));
	TRY(company_weigh(&w));
	TRY(record_weigh(&w));
	return traces_weigh(&w);
}
