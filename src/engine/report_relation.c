/* SPDX-License-Identifier: MIT */
/* Relation and evidence -> what a report says of them. */
#include "engine/report_make.h"

#include "base/escape.h"

#define SECTION_NAME_TEXT 64

static const char *known_by_word(enum known_by k)
{
	switch (k) {
	case KNOWN_NOT: return NULL;
	case KNOWN_BY_DIGEST: return "digest";
	case KNOWN_BY_PAGES: return "page-hashes";
	case KNOWN_BY_BLOCK: return "signature-block";
	case KNOWN_BY_METADATA: return "metadata";
	}
	return NULL;
}

static const char *confidence_word(enum relation_confidence c)
{
	switch (c) {
	case CONFIDENCE_NONE: return NULL;
	case CONFIDENCE_INFERRED: return "inferred";
	case CONFIDENCE_PROVEN: return "proven";
	}
	return NULL;
}

/* Without a record there is only what the signature itself says. */
static void donor_claimed(struct arena *a, const struct fact *f, struct report_donor *out)
{
	if (!f)
		return;
	if (f->certificate)
		out->signer = name_short(a, f->certificate->subject);
	out->product = f->program_name;
	out->digest_algorithm = digest_name(f->signed_digest.algorithm);
	out->digest = digest_span(&f->signed_digest);
	out->has_signed_at = f->has_signed_at;
	out->signed_at = f->signed_at;
}

static const char *section_name(struct arena *a, const struct donor_section *s)
{
	struct span name = { (const uint8_t *)s->name, strnlen(s->name, sizeof(s->name)) };

	return escape_string(a, name, SECTION_NAME_TEXT);
}

static enum status sections_make(struct arena *a, const struct relation *r,
				 struct report_donor *out)
{
	const struct donor *d = r->donor;
	struct report_donor_section *list =
		ARENA_NEW(a, struct report_donor_section, DONOR_MAX_SECTIONS);

	if (!list)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < d->n_sections && i < DONOR_MAX_SECTIONS; i++) {
		const struct donor_section *s = &d->sections[i];

		list[i] = (struct report_donor_section){
			.name = section_name(a, s),
			.raw_size = s->raw_size,
			.hashed = s->hash != 0 && (r->sections_hashed & 1U << i) != 0,
			.same = (r->sections_same & 1U << i) != 0,
		};
		if (!list[i].name)
			return STATUS_NO_MEMORY;
		out->n_sections = i + 1;
	}
	out->sections = list;
	return STATUS_OK;
}

static enum status donor_indexed(struct arena *a, const struct relation *r,
				 struct report_donor *out)
{
	const struct donor *d = r->donor;

	*out = (struct report_donor){
		.indexed = true,
		.name = d->name,
		.version = d->version,
		.product = d->product,
		.company = d->company,
		.signer = d->signer,
		.provenance = d->provenance,
		.digest_algorithm = digest_name(d->digest.algorithm),
		.digest = digest_span(&d->digest),
		.has_signed_at = d->signed_at != 0,
		.signed_at = d->signed_at,
		.size = d->size,
	};
	return sections_make(a, r, out);
}

/* Pages are a sample, sections are whole: a section of code whose bytes are others was changed.
 */
static bool code_differs(const struct relation *r)
{
	for (uint32_t i = 0; r->donor && i < r->donor->n_sections && i < DONOR_MAX_SECTIONS;
	     i++)
		if (section_executable(r->donor->sections[i].characteristics) &&
		    (r->sections_hashed & 1U << i) != 0 && (r->sections_same & 1U << i) == 0)
			return true;
	return false;
}

enum status report_relation_make(struct arena *a, const struct relation *r,
				 const struct fact *f, const struct report_relation **out)
{
	struct report_relation *made;

	*out = NULL;
	if (!r || r->kind == RELATION_NONE)
		return STATUS_OK;
	made = ARENA_NEW(a, struct report_relation, 1);
	if (!made)
		return STATUS_NO_MEMORY;
	*made = (struct report_relation){
		.confidence = confidence_word(r->confidence),
		.n_host_pages = r->pages.n_host,
		.n_donor_pages = r->pages.n_donor,
		.n_matched_pages = r->pages.n_matched,
		.sampled = r->pages.sampled,
		.code_differs = code_differs(r),
		.foreign = r->pages.foreign,
		.n_foreign = r->pages.n_foreign,
		.page_map = r->pages.map.len ? arena_string(a, r->pages.map) : NULL,
		.llr = r->llr,
	};
	if (r->donor)
		TRY(donor_indexed(a, r, &made->donor));
	else
		donor_claimed(a, f, &made->donor);
	made->donor.known_by = known_by_word(r->known_by);
	*out = made;
	return STATUS_OK;
}

static size_t evidence_count(const struct relation *r)
{
	size_t n = 0;

	for (const struct evidence *e = r ? r->evidence : NULL; e; e = e->next)
		n++;
	return n;
}

static size_t evidence_add(struct report_evidence *list, size_t n, const struct relation *r,
			   int signature)
{
	for (const struct evidence *e = r ? r->evidence : NULL; e && n < REPORT_MAX_EVIDENCE;
	     e = e->next)
		list[n++] = (struct report_evidence){
			.id = e->weight->id,
			.sentence = e->weight->sentence,
			.note = e->weight->note,
			.expected = e->expected,
			.observed = e->observed,
			.where = e->where,
			.genuine = e->weight->genuine,
			.n_genuine = e->weight->n_genuine,
			.forged = e->weight->forged,
			.n_forged = e->weight->n_forged,
			.llr = weight_llr(e->weight),
			.signature = signature,
		};
	return n;
}

enum status report_evidence_make(struct arena *a, const struct report_parts *parts,
				 struct report *out)
{
	struct report_evidence *list;
	size_t n = evidence_count(parts->bare);
	int signature = 0;

	for (const struct fact *f = parts->facts; f; f = f->next)
		n += evidence_count(f->relation);
	if (n == 0)
		return STATUS_OK;
	list = ARENA_NEW(a, struct report_evidence,
			 n < REPORT_MAX_EVIDENCE ? n : REPORT_MAX_EVIDENCE);
	if (!list)
		return STATUS_NO_MEMORY;
	n = evidence_add(list, 0, parts->bare, -1);
	for (const struct fact *f = parts->facts; f; f = f->next, signature++)
		n = evidence_add(list, n, f->relation, signature);
	out->evidence = list;
	out->n_evidence = n;
	return STATUS_OK;
}
