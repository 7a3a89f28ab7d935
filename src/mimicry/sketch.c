/* SPDX-License-Identifier: MIT */
/*
 * Pages and sections of a PE, and the sketch of them (min-hash: the smallest of
 * the pages' digests, Broder 1997).
 */
#include "mimicry/sketch.h"

#include "base/cursor.h"
#include "mimicry/constant_pages.h"
#include <stdlib.h>

#define SCN_CNT_CODE    UINT32_C(0x00000020)
#define SCN_MEM_EXECUTE UINT32_C(0x20000000)

bool section_executable(uint32_t characteristics)
{
	return (characteristics & (SCN_CNT_CODE | SCN_MEM_EXECUTE)) != 0;
}

/* What of a section's raw data lies in the file. */
static struct range section_where(const struct pe_image *pe, const struct pe_section *s)
{
	struct range r = { s->pointer_to_raw_data, s->size_of_raw_data };

	if (r.off >= pe->file_size)
		return (struct range){ 0, 0 };
	if (r.len > pe->file_size - r.off)
		r.len = pe->file_size - r.off;
	return r;
}

/* Indexes of the sections by their place in the file. */
static void sections_order(const struct pages *p, size_t order[PE_MAX_SECTIONS])
{
	for (size_t i = 0; i < p->n_sections; i++) {
		size_t at = i;

		while (at > 0 &&
		       p->sections[order[at - 1]].where.off > p->sections[i].where.off) {
			order[at] = order[at - 1];
			at--;
		}
		order[at] = i;
	}
}

/* Sections and how many pages they have; refuses what would be an attack. */
static enum status pages_count(struct arena *a, const struct pe_image *pe, struct pages *p)
{
	size_t each = sizeof(*p->pages) + sizeof(*p->jobs) + 2 * sizeof(struct piece) +
		      2 * sizeof(uint64_t);
	uint64_t bytes = 0;

	p->n_sections = pe->n_sections;
	p->sections = ARENA_NEW(a, struct sketch_section, p->n_sections + 1);
	if (!p->sections)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < p->n_sections; i++) {
		struct range where = section_where(pe, &pe->sections[i]);

		p->sections[i].where = where;
		p->sections[i].executable = section_executable(pe->sections[i].characteristics);
		bytes += where.len;
		p->n += where.len / SKETCH_PAGE + (where.len % SKETCH_PAGE != 0);
	}
	if (bytes / 2 > pe->file_size || p->n > PE_MAX_PAGE_ENTRIES ||
	    p->n * each > (a->limit - a->used) / 4)
		return STATUS_LIMIT;
	return STATUS_OK;
}

/* Pieces, of which each job takes the next few. */
struct piece_store {
	struct piece *list;
	size_t n;
};

static void range_job(struct digest_job *job, struct piece_store *pieces, struct range where)
{
	struct piece *piece = &pieces->list[pieces->n++];

	*piece = (struct piece){ .kind = PIECE_RANGE, .range = where };
	job->covered = (struct coverage){ piece, where.len ? 1 : 0 };
}

/* The pages of one section; what is short is filled up with zeros. */
static void section_pages(struct pages *p, size_t section, size_t *at,
			  struct piece_store *pieces)
{
	const struct sketch_section *s = &p->sections[section];

	for (uint64_t from = 0; from < s->where.len; from += SKETCH_PAGE) {
		uint64_t left = s->where.len - from, len = left;
		struct digest_job *job = &p->jobs[*at];

		if (len > SKETCH_PAGE)
			len = SKETCH_PAGE;
		p->pages[*at] = (struct sketch_page){
			.where = {s->where.off + from, len},
			.section = (uint32_t)section,
			.executable = s->executable,
		};
		job->algorithm = p->algorithm;
		range_job(job, pieces, p->pages[*at].where);
		if (len < SKETCH_PAGE) {
			pieces->list[pieces->n++] = (struct piece){
				.kind = PIECE_ZEROS, .range = {0, SKETCH_PAGE - len}
			};
			job->covered.n = 2;
		}
		(*at)++;
	}
}

size_t pages_jobs(const struct pages *p)
{
	return p->n + p->n_sections;
}

enum status pages_plan(struct arena *a, const struct pe_image *pe,
		       enum digest_algorithm algorithm, struct pages *out)
{
	size_t order[PE_MAX_SECTIONS] = { 0 }, at = 0;
	struct piece_store pieces = { 0 };

	*out = (struct pages){ .algorithm = algorithm };
	TRY(pages_count(a, pe, out));
	out->pages = ARENA_NEW(a, struct sketch_page, out->n + 1);
	out->jobs = ARENA_NEW(a, struct digest_job, pages_jobs(out) + 1);
	out->executable_hashes = ARENA_NEW(a, uint64_t, out->n + 1);
	out->rest_hashes = ARENA_NEW(a, uint64_t, out->n + 1);
	pieces.list = ARENA_NEW(a, struct piece, out->n + 2 * out->n_sections + 1);
	if (!out->pages || !out->jobs || !out->executable_hashes || !out->rest_hashes ||
	    !pieces.list)
		return STATUS_NO_MEMORY;
	out->section_jobs = &out->jobs[out->n];
	sections_order(out, order);
	for (size_t i = 0; i < out->n_sections; i++) {
		struct digest_job *job = &out->section_jobs[i];

		section_pages(out, order[i], &at, &pieces);
		job->algorithm = DIGEST_SHA256;
		range_job(job, &pieces, out->sections[i].where);
	}
	return STATUS_OK;
}

static uint64_t job_hash(const struct digest_job *job)
{
	struct cursor c = cursor_at(digest_span(&job->result), 0);

	return cursor_be(&c, 8);
}

static int hash_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

size_t hashes_sort(uint64_t *hashes, size_t n)
{
	size_t kept = 0;

	qsort(hashes, n, sizeof(*hashes), hash_compare);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || hashes[kept - 1] != hashes[i])
			hashes[kept++] = hashes[i];
	return kept;
}

void pages_collect(struct pages *p, struct digest_job *jobs)
{
	p->jobs = jobs;
	p->section_jobs = &jobs[p->n];
	p->n_executable = p->n_rest = 0;
	for (size_t i = 0; i < p->n; i++) {
		struct sketch_page *page = &p->pages[i];

		page->hash = job_hash(&p->jobs[i]);
		page->constant = constant_page(p->algorithm, page->hash);
		if (!page->constant && page->executable)
			p->executable_hashes[p->n_executable++] = page->hash;
		if (!page->constant && !page->executable)
			p->rest_hashes[p->n_rest++] = page->hash;
	}
	p->n_executable = hashes_sort(p->executable_hashes, p->n_executable);
	p->n_rest = hashes_sort(p->rest_hashes, p->n_rest);
	for (size_t i = 0; i < p->n_sections; i++)
		p->sections[i].hash =
			p->sections[i].where.len ? job_hash(&p->section_jobs[i]) : 0;
}

void sketch_of(const uint64_t *hashes, size_t n, struct sketch *out)
{
	*out = (struct sketch){ .n_pages = (uint32_t)n };
	while (out->n < n && out->n < DONOR_SKETCH) {
		out->hashes[out->n] = hashes[out->n];
		out->n++;
	}
}

void sketch_make(const struct pages *p, bool executable, struct sketch *out)
{
	if (executable)
		sketch_of(p->executable_hashes, p->n_executable, out);
	else
		sketch_of(p->rest_hashes, p->n_rest, out);
}

static bool hash_find(const uint64_t *hashes, size_t n, uint64_t hash)
{
	return n > 0 && bsearch(&hash, hashes, n, sizeof(*hashes), hash_compare);
}

size_t sketch_among(const struct sketch *s, const uint64_t *hashes, size_t n)
{
	size_t found = 0;

	for (uint32_t i = 0; i < s->n && i < DONOR_SKETCH; i++)
		if (i == 0 || s->hashes[i] > s->hashes[i - 1]) /* no record counts one twice */
			found += hash_find(hashes, n, s->hashes[i]);
	return found;
}

size_t sketch_found(const struct sketch *s, const struct pages *p, bool executable)
{
	if (executable)
		return sketch_among(s, p->executable_hashes, p->n_executable);
	return sketch_among(s, p->rest_hashes, p->n_rest);
}

bool sketch_has(const struct sketch *s, uint64_t hash)
{
	return hash_find(s->hashes, s->n < DONOR_SKETCH ? s->n : DONOR_SKETCH, hash);
}
