/* SPDX-License-Identifier: MIT */
/*
 * Which donors may be meant, and which pages must be hashed to tell.
 *
 * Donors are named in this order: by the signed digest, by the bytes of the
 * signature, by the names that the file gives itself ("resembles", never "is").
 */
#include "mimicry/compare.h"

#define MAX_TABLES 4 /* signed page tables of one file that are compared */

enum status find_by(struct arena *a, const struct mimicry_case *c, enum donor_key key,
		    struct span value, struct donor **out)
{
	const struct donor_index *index = c->settings->donors;

	*out = NULL;
	return index ? index->find(index->context, key, value, a, out) : STATUS_OK;
}

enum status find_by_names(struct arena *a, const struct mimicry_case *c, struct donor **out)
{
	const struct pe_version *v = c->identity ? &c->identity->version : NULL;
	uint8_t key[16];

	*out = NULL;
	if (!v || !donor_identity(v->company_name, v->product_name, v->original_filename, key))
		return STATUS_OK;
	TRY(find_by(a, c, DONOR_BY_IDENTITY, SPAN_OF(key), out));
	*out = donors_valid(*out);
	return STATUS_OK;
}

struct donor *donors_valid(struct donor *list)
{
	struct donor *first = NULL, **last = &first;

	for (struct donor *d = list; d; d = d->next) {
		if (d->kind != DONOR_VALID)
			continue;
		*last = d;
		last = &d->next;
	}
	*last = NULL;
	return first;
}

enum status block_digest(const struct fact *facts, const struct fact *fact, uint8_t out[32])
{
	struct digest digest;
	const struct fact *outer = fact;
	struct span whole;

	for (const struct fact *f = facts; f && f != fact; f = f->next)
		if (f->claim == fact->claim && f->depth == 0)
			outer = f;
	whole = outer->cms ? outer->cms->whole : outer->claim->signature;
	memset(out, 0, 32);
	if (whole.len == 0)
		return STATUS_OK;
	TRY(digest_of(DIGEST_SHA256, &whole, 1, &digest));
	(void)span_copy(out, 32, digest_span(&digest));
	return STATUS_OK;
}

static bool same_digest(const struct digest *a, const struct digest *b)
{
	return a->algorithm == b->algorithm && digest_equal(a, digest_span(b));
}

/* This signature on another image: its program was altered, or it was copied. */
static const struct donor *reused_find(const struct suspect *s, const struct donor *list)
{
	for (const struct donor *d = list; d; d = d->next)
		if (d->digest.algorithm == s->fact->computed_digest.algorithm &&
		    !same_digest(&d->digest, &s->fact->computed_digest))
			return d;
	return NULL;
}

/* A record with pages or sections says more than one without; of equal ones the same
 * signature's counts. */
static int record_rank(const struct donor *d, const uint8_t block[32])
{
	return 2 * donor_has_contents(d) + (memcmp(d->block, block, sizeof(d->block)) == 0);
}

/* Brings the one that says most to the front. */
static void richest_first(struct donor **list, const uint8_t block[32])
{
	struct donor **best = list, *d;

	for (struct donor **at = list; *at; at = &(*at)->next)
		if (record_rank(*at, block) > record_rank(*best, block))
			best = at;
	d = *best;
	*best = d->next;
	d->next = *list;
	*list = d;
}

static enum status suspect_ask(struct arena *a, const struct mimicry_case *c, struct suspect *s)
{
	struct donor *by_block = NULL;

	TRY(block_digest(c->facts, s->fact, s->block));
	if (s->fact->signed_digest.algorithm != DIGEST_NONE)
		TRY(find_by(a, c, DONOR_BY_DIGEST, digest_span(&s->fact->signed_digest),
			    &s->hits));
	if (!span_is_zero(SPAN_OF(s->block)))
		TRY(find_by(a, c, DONOR_BY_BLOCK, SPAN_OF(s->block), &by_block));
	s->hits = donors_valid(s->hits);
	s->reused = reused_find(s, by_block);
	s->known_by = s->hits ? KNOWN_BY_DIGEST : KNOWN_NOT;
	if (!s->hits) {
		s->hits = donors_valid(by_block);
		s->known_by = s->hits ? KNOWN_BY_BLOCK : KNOWN_NOT;
	}
	if (s->hits) {
		richest_first(&s->hits, s->block);
		return STATUS_OK;
	}
	s->known_by = s->table.n > 0 ? KNOWN_BY_PAGES : KNOWN_NOT;
	TRY(find_by_names(a, c, &s->hits));
	if (s->hits && s->known_by == KNOWN_NOT)
		s->known_by = KNOWN_BY_METADATA;
	return STATUS_OK;
}

bool signature_is_mute(const struct fact *f)
{
	return f->signature == ASSAY_SIGNATURE_BAD &&
	       f->signed_digest.algorithm == DIGEST_NONE &&
	       f->computed_digest.algorithm != DIGEST_NONE;
}

/* The index may know the file for which a mute signature holds. */
static enum status holds_elsewhere(struct arena *a, const struct mimicry_case *c,
				   const struct fact *f, bool *out)
{
	uint8_t block[32];
	struct donor *list;

	*out = false;
	if (!signature_is_mute(f))
		return STATUS_OK;
	TRY(block_digest(c->facts, f, block));
	TRY(find_by(a, c, DONOR_BY_BLOCK, SPAN_OF(block), &list));
	for (const struct donor *d = donors_valid(list); d; d = d->next)
		*out = *out || !same_digest(&d->digest, &f->computed_digest);
	return STATUS_OK;
}

/* Is it sound, but over other bytes? */
static enum status is_suspect(struct arena *a, const struct mimicry_case *c,
			      const struct fact *f, bool *out)
{
	*out = f->signature == ASSAY_SIGNATURE_GOOD && f->binding == ASSAY_BINDING_MODIFIED;
	return *out ? STATUS_OK : holds_elsewhere(a, c, f, out);
}

static enum status suspects_list(struct arena *a, struct mimicry_case *c)
{
	struct mimicry_state *state = c->state;
	size_t n = 0, n_tables = 0;

	for (const struct fact *f = c->facts; f; f = f->next)
		n++;
	state->suspects = ARENA_NEW(a, struct suspect, n + 1);
	if (!state->suspects)
		return STATUS_NO_MEMORY;
	for (struct fact *f = c->facts; f; f = f->next) {
		struct suspect *s = &state->suspects[state->n_suspects];
		bool is;

		TRY(is_suspect(a, c, f, &is));
		if (!is)
			continue;
		state->n_suspects++;
		s->fact = f;
		s->index = f->index;
		if (n_tables < MAX_TABLES)
			TRY(table_read(a, f, &s->table));
		n_tables += s->table.n > 0;
		TRY(suspect_ask(a, c, s));
	}
	return STATUS_OK;
}

/* Will anything be learnt of this file that needs its pages? */
static bool learns(const struct mimicry_case *c)
{
	for (const struct fact *f = c->facts; f && c->settings->learn; f = f->next)
		if (f->signature == ASSAY_SIGNATURE_GOOD &&
		    f->binding == ASSAY_BINDING_INTACT && f->trust == ASSAY_TRUST_ANCHORED)
			return true;
	return false;
}

static bool donor_needs_pages(const struct suspect *s)
{
	return (s->known_by == KNOWN_BY_DIGEST || s->known_by == KNOWN_BY_BLOCK) &&
	       s->hits->sketched;
}

static enum status list_plan(struct arena *a, const struct mimicry_case *c,
			     enum digest_algorithm algorithm, struct page_list *list)
{
	enum status status;

	if (list->n_jobs > 0)
		return STATUS_OK;
	status = pages_plan(a, c->box->pe, algorithm, &list->pages);
	if (status == STATUS_OK)
		list->n_jobs = pages_jobs(&list->pages);
	return status == STATUS_LIMIT ? STATUS_OK : status;
}

const struct page_list *pages_of(const struct mimicry_case *c, enum digest_algorithm a)
{
	const struct page_list *list = a == DIGEST_SHA1 ? &c->state->sha1 : &c->state->sha256;

	return (a == DIGEST_SHA1 || a == DIGEST_SHA256) && list->n_jobs > 0 ? list : NULL;
}

static bool is_code(const struct pages *p, uint64_t off)
{
	for (size_t i = 0; i < p->n_sections; i++) {
		const struct sketch_section *s = &p->sections[i];

		if (s->executable && off >= s->where.off && off - s->where.off < s->where.len)
			return true;
	}
	return false;
}

/* Is there a page of exactly this place?  Pages are in file order. */
static bool has_page(const struct pages *p, struct range where)
{
	size_t from = 0, to = p->n;

	while (from < to) {
		size_t i = from + (to - from) / 2;

		if (p->pages[i].where.off == where.off)
			return p->pages[i].where.len == where.len;
		if (p->pages[i].where.off < where.off)
			from = i + 1;
		else
			to = i;
	}
	return false;
}

/* Where the signed table cuts code that the file's own sections cut elsewhere. */
static enum status chunks_plan(struct arena *a, const struct mimicry_case *c, struct suspect *s,
			       const struct pages *p)
{
	uint64_t size = c->box->pe->file_size, end = s->table.signed_size;
	struct page_table *t = &s->table;

	if (t->n * sizeof(*s->chunks) > (a->limit - a->used) / TABLE_MEMORY)
		return STATUS_OK;
	s->chunks = ARENA_NEW(a, struct chunk, t->n + 1);
	if (!s->chunks)
		return STATUS_NO_MEMORY;
	table_sort_by_offset(t);
	for (size_t i = 0; i < t->n; i++) {
		uint64_t off = t->pages[i].off, next = i + 1 < t->n ? t->pages[i + 1].off : end;
		struct range where = { off, next > off ? next - off : 0 };

		if (where.len > SKETCH_PAGE)
			where.len = SKETCH_PAGE;
		if (where.len == 0 || off >= size || where.len > size - off)
			continue;
		if (is_code(p, off) && !has_page(p, where))
			s->chunks[s->n_chunks++].where = where;
	}
	return STATUS_OK;
}

static enum status suspect_plan(struct arena *a, struct mimicry_case *c, struct suspect *s,
				bool *sha256)
{
	struct mimicry_state *state = c->state;
	const struct page_list *list;

	*sha256 = *sha256 || donor_needs_pages(s);
	if (s->table.n == 0)
		return STATUS_OK;
	if (s->fact->page_algorithm == DIGEST_SHA1)
		TRY(list_plan(a, c, DIGEST_SHA1, &state->sha1));
	if (s->fact->page_algorithm == DIGEST_SHA256)
		TRY(list_plan(a, c, DIGEST_SHA256, &state->sha256));
	list = pages_of(c, s->fact->page_algorithm);
	if (list)
		TRY(chunks_plan(a, c, s, &list->pages));
	table_sort(&s->table);
	return STATUS_OK;
}

/* The job of a piece that ends before its page does. */
static enum status chunk_job(struct arena *a, enum digest_algorithm algorithm,
			     struct range where, struct digest_job *out)
{
	struct piece *pieces = ARENA_NEW(a, struct piece, 2);

	if (!pieces)
		return STATUS_NO_MEMORY;
	pieces[0] = (struct piece){ .kind = PIECE_RANGE, .range = where };
	pieces[1] = (struct piece){
		.kind = PIECE_ZEROS, .range = {0, SKETCH_PAGE - where.len}
	};
	*out = (struct digest_job){
		.algorithm = algorithm, .covered = {pieces, where.len < SKETCH_PAGE ? 2 : 1}
	};
	return STATUS_OK;
}

static void list_gather(struct mimicry_case *c, struct page_list *list)
{
	list->first = c->n_jobs;
	for (size_t i = 0; i < list->n_jobs; i++)
		c->jobs[c->n_jobs++] = list->pages.jobs[i];
}

/* All in one array, as the caller runs them. */
static enum status jobs_gather(struct arena *a, struct mimicry_case *c)
{
	struct mimicry_state *state = c->state;
	size_t n = state->sha256.n_jobs + state->sha1.n_jobs;

	for (size_t i = 0; i < state->n_suspects; i++)
		n += state->suspects[i].n_chunks;
	c->n_jobs = 0;
	c->jobs = state->sha256.pages.jobs;
	if (n == state->sha256.n_jobs) {
		c->n_jobs = n;
		return STATUS_OK;
	}
	c->jobs = ARENA_NEW(a, struct digest_job, n);
	if (!c->jobs)
		return STATUS_NO_MEMORY;
	list_gather(c, &state->sha256);
	list_gather(c, &state->sha1);
	for (size_t i = 0; i < state->n_suspects; i++) {
		struct suspect *s = &state->suspects[i];

		for (size_t k = 0; k < s->n_chunks; k++) {
			s->chunks[k].job = c->n_jobs;
			TRY(chunk_job(a, s->fact->page_algorithm, s->chunks[k].where,
				      &c->jobs[c->n_jobs++]));
		}
	}
	return STATUS_OK;
}

/* Will streams of a package, or sections of a module, be learnt, or compared with those of its
 * donor? */
static bool needs_streams(const struct mimicry_case *c)
{
	for (size_t i = 0; i < c->state->n_suspects; i++) {
		const struct suspect *s = &c->state->suspects[i];

		if (s->hits && s->hits->n_sections > 0)
			return true;
	}
	return learns(c);
}

enum status mimicry_begin(struct arena *a, struct mimicry_case *c)
{
	c->jobs = NULL;
	c->n_jobs = 0;
	c->state = ARENA_NEW(a, struct mimicry_state, 1);
	if (!c->state)
		return STATUS_NO_MEMORY;
	TRY(package_look_plan(a, c));
	return bare_begin(a, c);
}

enum status mimicry_ask(struct arena *a, struct mimicry_case *c)
{
	struct mimicry_state *state = c->state;
	bool sha256 = c->settings->profiled || learns(c);

	TRY(package_look_ask(a, c));
	TRY(bare_ask(a, c, &sha256));
	c->jobs = NULL;
	c->n_jobs = 0;
	if (!c->box->format)
		return STATUS_OK;
	TRY(suspects_list(a, c));
	if (streams_has(c->box) && needs_streams(c))
		return streams_plan(a, c);
	if (!c->box->pe)
		return STATUS_OK;
	for (size_t i = 0; i < state->n_suspects; i++)
		TRY(suspect_plan(a, c, &state->suspects[i], &sha256));
	if (sha256)
		TRY(list_plan(a, c, DIGEST_SHA256, &state->sha256));
	return jobs_gather(a, c);
}
