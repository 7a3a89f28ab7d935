/* SPDX-License-Identifier: MIT */
/*
 * Page hashes: a signed table of the digests of every page of the image.
 *
 * Follows "Windows Authenticode Portable Executable Signature Format" 1.0,
 * SpcPeImagePageHashes.  The page is 0x1000 bytes for every machine in use,
 * whatever SectionAlignment says; a smaller SectionAlignment is tried second.
 */
#include "verify/authenticode/state.h"

static size_t entry_size(const struct spc_page_table *t)
{
	return 4 + digest_size(t->algorithm);
}

/* The closing entry: {end, zeros}. */
static bool table_closed(const struct spc_page_table *t, size_t n)
{
	struct cursor c = cursor_at(t->entries, (uint64_t)n * entry_size(t));

	cursor_skip(&c, 4);
	return span_is_zero(cursor_rest(&c)) && cursor_ok(&c);
}

static bool offsets_fit(const struct spc_page_table *t, const struct pe_page *pages, size_t n)
{
	struct cursor c = cursor_at(t->entries, 0);

	if (t->entries.len != (n + 1) * entry_size(t))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (cursor_u32le(&c) != (uint32_t)pages[i].off)
			return false;
		cursor_skip(&c, digest_size(t->algorithm));
	}
	return cursor_ok(&c) && table_closed(t, n);
}

static enum status pages_add(struct arena *a, struct authenticode *state,
			     struct auth_signature *s)
{
	for (size_t i = 0; i < s->n_pages; i++) {
		size_t job;

		TRY(auth_job_add(a, state, s->spc.pages.algorithm, &s->pages[i].covered, &job));
		if (i == 0)
			s->first_page_job = job;
	}
	return STATUS_OK;
}

enum status auth_pages_plan(struct arena *a, struct authenticode *state,
			    struct auth_signature *s)
{
	const struct pe_image *pe = state->box->pe;
	const uint32_t sizes[] = { PE_PAGE, pe->section_alignment };

	if (s->spc.pages_malformed) {
		s->page_layout_differs = true;
		return STATUS_OK;
	}
	if (s->spc.pages.algorithm == DIGEST_NONE)
		return STATUS_OK;
	s->page_table = claim_where(s->fact->claim, s->spc.pages.entries);
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct pe_page *pages;
		size_t n;

		if (sizes[i] < 512 || sizes[i] > PE_PAGE || (i > 0 && sizes[i] == PE_PAGE))
			continue;
		TRY(pe_pages(a, pe, sizes[i], &pages, &n));
		if (!offsets_fit(&s->spc.pages, pages, n))
			continue;
		s->pages = pages;
		s->n_pages = n;
		return pages_add(a, state, s);
	}
	s->page_layout_differs = true;
	return STATUS_OK;
}

/* The stretch of the file that page @i begins with. */
static struct range page_where(const struct pe_page *page)
{
	struct range r = { page->off, 0 };

	for (size_t i = 0; i < page->covered.n; i++)
		if (page->covered.pieces[i].kind == PIECE_RANGE)
			r.len = page->covered.pieces[i].range.off +
				page->covered.pieces[i].range.len - page->off;
	return r;
}

enum status auth_pages_compare(struct arena *a, const struct auth_signature *s,
			       const struct digest_job *jobs, struct findings *findings)
{
	struct cursor c = cursor_at(s->spc.pages.entries, 0);
	struct fact *fact = s->fact;
	struct range *bad;

	if (s->page_layout_differs) {
		finding_add(findings, "spc.page-hash", s->page_table, "the pages of this image",
			    "a table of other pages");
		fact->n_pages = fact->n_bad_pages = 1;
		return STATUS_OK;
	}
	if (s->n_pages == 0)
		return STATUS_OK;
	bad = ARENA_NEW(a, struct range, FACT_MAX_BAD_PAGES);
	if (!bad)
		return STATUS_NO_MEMORY;
	fact->n_pages = s->n_pages;
	for (size_t i = 0; i < s->n_pages; i++) {
		struct span value;

		cursor_skip(&c, 4);
		value = cursor_take(&c, digest_size(s->spc.pages.algorithm));
		if (digest_equal(&jobs[s->first_page_job + i].result, value))
			continue;
		if (fact->n_bad_pages++ < FACT_MAX_BAD_PAGES)
			bad[fact->n_bad_pages_kept++] = page_where(&s->pages[i]);
	}
	fact->bad_pages = bad;
	if (fact->n_bad_pages > 0)
		finding_add(findings, "spc.page-hash", bad[0], "every page as signed",
			    arena_printf(a, "%zu of %zu pages differ", fact->n_bad_pages,
					 fact->n_pages));
	return STATUS_OK;
}
