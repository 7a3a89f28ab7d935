/* SPDX-License-Identifier: MIT */
/*
 * Any program with any identity, any signed page table and any records in the
 * index: "tampered" rests on content, nothing is accused without a rule, and
 * what is remembered can be read again.
 *
 * Input: one octet of choices, one of how many donors; each {length u16le,
 * record}; {length u16le, page table}; five texts {length u8, bytes}; the program.
 */
#include "fuzz/must.h"
#include "mimicry/compare.h"

#define MAX_DONORS 4
#define MAX_FILE   ((size_t)1 << 20)

enum choice {
	CHOOSE_SIGNED = 1 << 0,   /* a signature, else a bare file */
	CHOOSE_MODIFIED = 1 << 1, /* over other bytes */
	CHOOSE_SHA1 = 1 << 2,     /* page table and image */
	CHOOSE_ALL = 1 << 3,      /* the index gives all that it has for any key */
	CHOOSE_LEARN = 1 << 4,
	CHOOSE_CLOTHES = 1 << 5, /* icon and manifest of the first donor */
	CHOOSE_KIND = 1 << 6,    /* signed as an MSI package */
	CHOOSE_STAMP = 1 << 7,
};

struct input {
	unsigned choices;
	struct donor *donors;
	struct pe_identity identity;
	struct claim claim;
	struct coverage covered;
	struct cms cms;
	struct certificate certificate;
	struct fact fact;
	struct container box;
	struct span file;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span key_of(const struct donor *d, enum donor_key key)
{
	switch (key) {
	case DONOR_BY_DIGEST: return digest_span(&d->digest);
	case DONOR_BY_BLOCK: return SPAN_OF(d->block);
	case DONOR_BY_IDENTITY: return SPAN_OF(d->identity);
	}
	return SPAN_NONE;
}

static enum status index_find(void *context, enum donor_key key, struct span value,
			      struct arena *a, struct donor **out)
{
	const struct input *in = (const struct input *)context;

	*out = NULL;
	for (const struct donor *d = in->donors; d; d = d->next) {
		struct donor *copy;

		if (!(in->choices & CHOOSE_ALL) && !span_equal(key_of(d, key), value))
			continue;
		copy = ARENA_NEW(a, struct donor, 1);
		if (!copy)
			return STATUS_NO_MEMORY;
		*copy = *d;
		copy->next = *out;
		*out = copy;
	}
	return STATUS_OK;
}

static struct span block_take(struct cursor *c)
{
	size_t len = cursor_u16le(c), left = cursor_left(c);

	return cursor_take(c, len < left ? len : left);
}

static const char *text_take(struct arena *a, struct cursor *c)
{
	size_t len = cursor_u8(c), left = cursor_left(c);

	return arena_string(a, cursor_take(c, len < left ? len : left));
}

static void donors_read(struct arena *a, struct cursor *c, struct input *in)
{
	uint8_t n = cursor_u8(c);

	for (uint8_t i = 0; i < n && i < MAX_DONORS; i++) {
		struct span record = block_take(c);
		struct donor *d = ARENA_NEW(a, struct donor, 1);

		if (!d || donor_decode(a, record, d) != STATUS_OK)
			continue;
		d->next = in->donors;
		in->donors = d;
	}
}

static void identity_read(struct arena *a, struct cursor *c, struct input *in)
{
	struct pe_identity *id = &in->identity;

	id->version.company_name = text_take(a, c);
	id->version.product_name = text_take(a, c);
	id->version.original_filename = text_take(a, c);
	id->version.file_version = text_take(a, c);
	id->manifest.identity = text_take(a, c);
	id->stamp = in->choices & CHOOSE_STAMP ? PE_STAMP_TIME : PE_STAMP_REPRO;
	if (!(in->choices & CHOOSE_CLOTHES) || !in->donors)
		return;
	id->icon = (struct pe_icon){ true, in->donors->icon };
	id->manifest.identity = in->donors->manifest;
	id->version.company_name = in->donors->company;
	id->version.product_name = in->donors->product;
	id->version.original_filename = in->donors->original_filename;
}

/* One signature as src/verify might have found it. */
static void fact_make(struct input *in, struct span table)
{
	bool sha1 = in->choices & CHOOSE_SHA1, modified = in->choices & CHOOSE_MODIFIED;
	enum digest_algorithm algorithm = sha1 ? DIGEST_SHA1 : DIGEST_SHA256;

	in->claim.signature = table;
	in->cms.whole = table;
	in->certificate.subject = SPAN_NONE;
	in->fact = (struct fact){
		.claim = &in->claim,
		.cms = &in->cms,
		.certificate = &in->certificate,
		.signature = ASSAY_SIGNATURE_GOOD,
		.binding = modified ? ASSAY_BINDING_MODIFIED : ASSAY_BINDING_INTACT,
		.trust = ASSAY_TRUST_ANCHORED,
		.signed_digest = {.algorithm = algorithm},
		.computed_digest = { .algorithm = algorithm, .bytes = { modified } },
		.has_signed_at = in->choices & CHOOSE_STAMP,
		.signed_at = 1700000000,
		.page_algorithm = algorithm,
		.page_table = table,
	};
	if (in->donors)
		in->fact.signed_digest = in->donors->digest;
	if (in->choices & CHOOSE_KIND) {
		in->fact.data_type = SPAN_LITERAL("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x1e");
		in->fact.sip = span_clip(table, 0, 16);
	}
}

static enum status jobs_run(struct arena *a, struct mimicry_case *c, struct span file)
{
	struct lanes *lanes = lanes_new(true);
	struct view view = view_whole(file);
	struct hash_task task = { .view = &view, .n_jobs = c->n_jobs };

	if (!lanes)
		return STATUS_NO_MEMORY;
	task.jobs = ARENA_NEW(a, struct digest_job, c->n_jobs + 1);
	if (!task.jobs) {
		lanes_free(lanes);
		return STATUS_NO_MEMORY;
	}
	for (size_t i = 0; i < c->n_jobs; i++)
		task.jobs[i] = c->jobs[i];
	c->jobs = task.jobs;
	if (c->n_jobs > 0)
		lanes_run(lanes, &task, 1);
	lanes_free(lanes);
	return task.status;
}

static void evidence_hold(const struct relation *r)
{
	for (const struct evidence *e = r->evidence; e; e = e->next) {
		MUST(e->weight && weight_find(e->weight->id) == e->weight);
		MUST(!e->next || e->weight->group == WEIGHT_CONTENT ||
		     e->next->weight->group != WEIGHT_CONTENT);
	}
	MUST(r->llr <= 0);
}

static void pages_hold(const struct relation *r, struct span file)
{
	const struct page_match *m = &r->pages;

	MUST(m->map.len <= RELATION_MAX_MAP && m->n_foreign <= RELATION_MAX_FOREIGN);
	MUST(m->n_matched <= m->n_host || m->n_matched <= m->n_donor);
	for (size_t i = 0; i < m->n_foreign; i++)
		MUST(m->foreign[i].len > 0 && m->foreign[i].off < file.len &&
		     m->foreign[i].len <= file.len - m->foreign[i].off);
	MUST((r->sections_same & ~r->sections_hashed) == 0);
}

/* What anybody can write never makes a relation of trust out of a mismatch. */
static void relation_hold(const struct input *in, const struct relation *r)
{
	const struct page_match *m = &r->pages;
	uint64_t fewer = m->n_host < m->n_donor ? m->n_host : m->n_donor;

	MUST((r->kind > RELATION_UNDECIDED) == (r->rule != NULL));
	MUST((r->kind > RELATION_UNDECIDED) == (r->confidence != CONFIDENCE_NONE));
	if (r->kind == RELATION_TAMPERED) {
		MUST(r->confidence == CONFIDENCE_PROVEN);
		MUST((m->n_matched >= 3 && m->n_matched * 4 >= fewer) ||
		     (m->n_donor < 4 && r->donor && r->donor->sketched && r->sections_same));
	}
	if (r->kind == RELATION_GRAFTED && r->confidence == CONFIDENCE_INFERRED)
		MUST(r->llr <= -6900 && m->n_matched == 0);
	if (r->kind == RELATION_COSTUME)
		MUST(r->donor && r->donor->sketched && m->n_matched * 50 <= fewer);
	if (r->donor)
		MUST(r->donor->kind == DONOR_VALID);
	evidence_hold(r);
	pages_hold(r, in->file);
}

static void remember_hold(struct arena *a, const struct mimicry_case *c, const struct input *in)
{
	struct donor *list = NULL;

	MUST(mimicry_remember(a, c, &list) == STATUS_OK);
	for (const struct donor *d = list; d; d = d->next) {
		CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
		struct donor again;

		MUST(d->kind != DONOR_VALID ||
		     (in->choices & CHOOSE_SIGNED && !(in->choices & CHOOSE_MODIFIED)));
		if (d->kind == DONOR_NONE)
			continue;
		donor_encode(&text, d);
		MUST(donor_decode(a, buffer_span(&text), &again) == STATUS_OK);
		MUST(again.kind == d->kind && again.sketched == d->sketched);
	}
}

static enum status judge(struct arena *a, struct input *in, struct findings *findings)
{
	struct view view = view_whole(in->file);
	struct vendors vendors;
	const struct donor_index index = { .context = in,
					   .find = index_find,
					   .has_sha1 = in->choices & CHOOSE_SHA1 };
	const struct mimicry_settings settings = { .donors = &index,
						   .vendors = &vendors,
						   .learn = in->choices & CHOOSE_LEARN };
	struct mimicry_case c = { .settings = &settings,
				  .box = &in->box,
				  .identity = &in->identity,
				  .findings = findings };
	struct relation *bare;

	TRY(vendors_default(a, &vendors));
	TRY(format_pe.read(&view, findings, &in->box));
	in->box.claims = in->choices & CHOOSE_SIGNED ? &in->claim : NULL;
	TRY(mimicry_begin(a, &c));
	TRY(jobs_run(a, &c, in->file));
	c.facts = in->choices & CHOOSE_SIGNED ? &in->fact : NULL;
	TRY(mimicry_ask(a, &c));
	TRY(jobs_run(a, &c, in->file));
	TRY(mimicry_judge(a, &c, &bare));
	if (in->fact.relation) {
		MUST(in->choices & CHOOSE_MODIFIED && in->box.pe);
		MUST(in->fact.relation->kind >= RELATION_UNDECIDED &&
		     in->fact.relation->kind <= RELATION_GRAFTED);
		relation_hold(in, in->fact.relation);
	}
	if (bare) {
		MUST(!c.facts &&
		     (bare->kind == RELATION_NONE || bare->kind > RELATION_GRAFTED));
		relation_hold(in, bare);
	}
	remember_hold(a, &c, in);
	return STATUS_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT((size_t)16 << 20);
	struct findings findings = FINDINGS_INIT(&arena);
	struct cursor c = cursor_at((struct span){ data, size }, 0);
	struct input in = { .choices = cursor_u8(&c) };
	struct span table;

	donors_read(&arena, &c, &in);
	table = block_take(&c);
	identity_read(&arena, &c, &in);
	in.file = span_clip(cursor_rest(&c), 0, MAX_FILE);
	fact_make(&in, table);
	if (cursor_ok(&c))
		(void)judge(&arena, &in, &findings);
	arena_free(&arena);
	return 0;
}
