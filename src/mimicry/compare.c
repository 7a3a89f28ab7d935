/* SPDX-License-Identifier: MIT */
/*
 * Content: how much of the signed program is in the file.
 *
 * Against the page digests that the signature itself lists
 * (SpcPeImagePageHashes, "Windows Authenticode Portable Executable Signature
 * Format" 1.0), where there are any; or against the sketch in a donor's record.
 * Only pages of code count: a copied signature may bring the donor's resources
 * or the whole donor as a passenger.
 */
#include "mimicry/compare.h"

#include "base/cursor.h"
#include "mimicry/constant_pages.h"
#include <stdlib.h>

#define SAME_LEAST    3  /* pages that make a program the same ... */
#define SAME_PART     4  /* ... when they are a quarter of it */
#define EXAMINED_MIN  4  /* pages of the signed program that must have been looked for */
#define OTHER_PART    50 /* at most one of so many: another program */
#define NOT_ITS_PAGES 2  /* headers and the closing entry */

static uint64_t digest_prefix(struct span digest)
{
	struct cursor c = cursor_at(digest, 0);

	return cursor_be(&c, 8);
}

static int table_compare(const void *a, const void *b)
{
	const struct table_page *x = (const struct table_page *)a;
	const struct table_page *y = (const struct table_page *)b;

	return span_compare(x->digest, y->digest);
}

static int table_compare_offset(const void *a, const void *b)
{
	uint64_t x = ((const struct table_page *)a)->off;
	uint64_t y = ((const struct table_page *)b)->off;

	return (x > y) - (x < y);
}

enum status table_read(struct arena *a, const struct fact *fact, struct page_table *out)
{
	size_t digest_len = digest_size(fact->page_algorithm);
	size_t n = digest_len ? fact->page_table.len / (4 + digest_len) : 0;
	struct cursor c = cursor_at(fact->page_table, 0);

	*out = (struct page_table){ 0 };
	if (n <= NOT_ITS_PAGES || n > PE_MAX_PAGE_ENTRIES)
		return STATUS_OK;
	if (n * sizeof(*out->pages) > (a->limit - a->used) / TABLE_MEMORY)
		return STATUS_OK;
	out->pages = ARENA_NEW(a, struct table_page, n);
	if (!out->pages)
		return STATUS_NO_MEMORY;
	cursor_skip(&c, 4 + digest_len);
	for (size_t i = 1; i + 1 < n; i++) {
		struct table_page *page = &out->pages[out->n++];

		page->off = cursor_u32le(&c);
		page->digest = cursor_take(&c, digest_len);
		page->constant =
			constant_page(fact->page_algorithm, digest_prefix(page->digest));
	}
	out->signed_size = cursor_u32le(&c);
	return STATUS_OK;
}

void table_sort(struct page_table *t)
{
	const struct table_page *last = NULL;

	qsort(t->pages, t->n, sizeof(*t->pages), table_compare);
	t->n_different = 0;
	for (size_t i = 0; i < t->n; i++) {
		if (t->pages[i].constant)
			continue;
		if (!last || !span_equal(last->digest, t->pages[i].digest))
			t->n_different++;
		last = &t->pages[i];
	}
}

void table_sort_by_offset(struct page_table *t)
{
	qsort(t->pages, t->n, sizeof(*t->pages), table_compare_offset);
}

static struct table_page *table_find(const struct page_table *t, struct span digest)
{
	const struct table_page key = { .digest = digest };

	if (t->n == 0)
		return NULL;
	return (struct table_page *)bsearch(&key, t->pages, t->n, sizeof(key), table_compare);
}

enum content content_decide(uint64_t matched, uint64_t n_host, uint64_t n_donor)
{
	uint64_t fewer = n_host < n_donor ? n_host : n_donor; /* the larger of both shares */

	if (fewer == 0)
		return CONTENT_UNKNOWN;
	if (matched >= SAME_LEAST && matched * SAME_PART >= fewer)
		return CONTENT_SAME;
	if (n_donor < EXAMINED_MIN)
		return CONTENT_UNKNOWN;
	return matched * OTHER_PART <= fewer ? CONTENT_OTHER : CONTENT_BETWEEN;
}

/* Is the middle of a page code that was found where the signer cut it?  Chunks are ascending.
 */
static bool chunk_covers(const struct compared *with, struct range page)
{
	uint64_t middle = page.off + page.len / 2;
	size_t from = 0, to = with->n_chunks;

	while (from < to) {
		size_t i = from + (to - from) / 2;
		const struct chunk *chunk = &with->chunks[i];

		if (middle < chunk->where.off)
			to = i;
		else if (middle - chunk->where.off >= chunk->where.len)
			from = i + 1;
		else
			return chunk->found;
	}
	return false;
}

/* What is said of one page of the file. */
static char page_cell(const struct compared *with, const struct pages *p, size_t i)
{
	const struct sketch_page *page = &p->pages[i];
	const struct sketch *s;

	if (page->constant)
		return '.';
	if (with->table)
		return table_find(with->table, digest_span(&p->jobs[i].result)) ||
				       chunk_covers(with, page->where)
			       ? '='
			       : 'x';
	s = page->executable ? &with->donor->executable : &with->donor->rest;
	if (sketch_has(s, page->hash))
		return '=';
	/* It holds the smallest digests: what is smaller than its last is not the donor's. */
	if (s->n >= s->n_pages || (s->n > 0 && page->hash < s->hashes[s->n - 1]))
		return 'x';
	return '?';
}

/* Of several pages in one cell, what matters most. */
static char cell_join(char a, char b)
{
	static const char order[] = "x=?.";

	for (size_t i = 0; order[i]; i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return '.';
}

static void foreign_add(struct page_match *m, struct range *list, struct range page)
{
	struct range *last = m->n_foreign ? &list[m->n_foreign - 1] : NULL;

	if (last && last->off + last->len == page.off)
		last->len += page.len;
	else if (m->n_foreign < RELATION_MAX_FOREIGN)
		list[m->n_foreign++] = page;
}

/* The map, and the pages of code that are not the donor's. */
static enum status match_draw(struct arena *a, const struct compared *with,
			      const struct pages *p, struct page_match *m)
{
	size_t n_cells = p->n < RELATION_MAX_MAP ? p->n : RELATION_MAX_MAP;
	struct range *foreign = ARENA_NEW(a, struct range, RELATION_MAX_FOREIGN);
	CLEANUP(buffer_free) struct buffer map = BUFFER_INIT;
	size_t filled = 0;
	char cell = '\0';

	if (!foreign)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < p->n; i++) {
		char here = page_cell(with, p, i);

		if (here == 'x' && p->pages[i].executable)
			foreign_add(m, foreign, p->pages[i].where);
		cell = cell_join(cell, here);
		if ((i + 1) * n_cells / p->n == filled)
			continue;
		buffer_char(&map, cell);
		cell = '\0';
		filled++;
	}
	TRY(buffer_status(&map));
	m->foreign = foreign;
	m->map = arena_copy(a, buffer_span(&map));
	return m->map.len == map.len ? STATUS_OK : STATUS_NO_MEMORY;
}

/* Marks the page of the table that has this digest as found; counts the first time. */
static bool table_mark(const struct page_table *t, struct span digest, uint64_t *matched)
{
	struct table_page *page = table_find(t, digest);

	if (!page || page->constant)
		return false;
	*matched += !page->found;
	page->found = true;
	return true;
}

/* Resources are copied to look like the donor, and relocations may be alike by chance. */
static bool is_worn(struct span name)
{
	return span_starts(name, ".rsrc", 5) || span_starts(name, ".reloc", 6);
}

static bool is_own_data(const struct mimicry_case *c, const struct sketch_page *page)
{
	const struct pe_image *pe = c->box->pe;

	return !page->executable && !page->constant && page->section < pe->n_sections &&
	       !is_worn(pe->sections[page->section].name);
}

/* Code of which nothing is left does not prove another program where its data still is. */
static void content_doubt(struct page_match *match, enum content *content)
{
	if (match->shares_data && *content == CONTENT_OTHER)
		*content = CONTENT_BETWEEN;
}

/* Does a page of the file's data stand where the signer had it? */
static bool table_shares_data(const struct mimicry_case *c, const struct page_table *t,
			      const struct pages *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct table_page *page;

		if (!is_own_data(c, &p->pages[i]))
			continue;
		page = table_find(t, digest_span(&p->jobs[i].result));
		if (page && !page->constant && page->off == p->pages[i].where.off)
			return true;
	}
	return false;
}

enum status compare_table(struct arena *a, const struct mimicry_case *c,
			  const struct suspect *s, struct page_match *out,
			  enum content *content)
{
	const struct page_list *list = pages_of(c, s->fact->page_algorithm);
	const struct compared with = { .table = &s->table,
				       .chunks = s->chunks,
				       .n_chunks = s->n_chunks };

	*content = CONTENT_UNKNOWN;
	if (!list || s->table.n == 0)
		return STATUS_OK;
	*out = (struct page_match){ .n_host = list->pages.n_executable,
				    .n_donor = s->table.n_different };
	for (size_t i = 0; i < list->pages.n; i++)
		if (list->pages.pages[i].executable)
			(void)table_mark(&s->table, digest_span(&list->pages.jobs[i].result),
					 &out->n_matched);
	for (size_t i = 0; i < s->n_chunks; i++)
		s->chunks[i].found =
			table_mark(&s->table, digest_span(&c->jobs[s->chunks[i].job].result),
				   &out->n_matched);
	*content = content_decide(out->n_matched, out->n_host, out->n_donor);
	out->shares_data = table_shares_data(c, &s->table, &list->pages);
	content_doubt(out, content);
	return match_draw(a, &with, &list->pages, out);
}

/* Which of the donor's sections are here, byte for byte. */
static void sections_compare(const struct pages *p, const struct donor *d, bool executable,
			     uint32_t *hashed, uint32_t *same)
{
	*hashed = *same = 0;
	for (uint32_t i = 0; i < d->n_sections && i < DONOR_MAX_SECTIONS; i++) {
		const struct donor_section *s = &d->sections[i];

		if (s->hash == 0 || (executable && !section_executable(s->characteristics)))
			continue;
		*hashed |= 1U << i;
		for (size_t k = 0; k < p->n_sections; k++)
			if (p->sections[k].hash == s->hash &&
			    (!executable || p->sections[k].executable))
				*same |= 1U << i;
	}
}

/* Is there a page in it that other programs do not have, too? */
static bool section_tells(const struct pages *p, size_t section)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->pages[i].section == section && !p->pages[i].constant)
			return true;
	return false;
}

static bool same_section_tells(const struct pages *p, const struct donor *d, uint32_t same)
{
	for (uint32_t i = 0; i < d->n_sections && i < DONOR_MAX_SECTIONS; i++)
		for (size_t k = 0; same >> i & 1 && k < p->n_sections; k++)
			if (p->sections[k].executable &&
			    p->sections[k].hash == d->sections[i].hash && section_tells(p, k))
				return true;
	return false;
}

/* Is a whole section of the donor's data here, under its name? */
static bool donor_shares_data(const struct mimicry_case *c, const struct donor *d,
			      const struct pages *p)
{
	for (uint32_t i = 0; i < d->n_sections && i < DONOR_MAX_SECTIONS; i++) {
		const struct donor_section *s = &d->sections[i];
		struct span name = { (const uint8_t *)s->name, sizeof(s->name) };

		if (s->hash == 0 || section_executable(s->characteristics) || is_worn(name))
			continue;
		for (size_t k = 0; k < p->n_sections; k++)
			if (p->sections[k].hash == s->hash && section_tells(p, k) &&
			    span_equal(c->box->pe->sections[k].name, name))
				return true;
	}
	return false;
}

enum status compare_donor(struct arena *a, const struct mimicry_case *c, const struct donor *d,
			  struct page_match *out, enum content *content)
{
	const struct page_list *list = pages_of(c, DIGEST_SHA256);
	const struct compared with = { .donor = d };
	const struct sketch *s = &d->executable;
	uint32_t hashed, same;
	uint64_t found;

	*content = CONTENT_UNKNOWN;
	if (!list || !d->sketched)
		return STATUS_OK;
	found = sketch_found(s, &list->pages, true);
	*out = (struct page_match){
		.n_host = list->pages.n_executable,
		.n_donor = s->n_pages,
		.n_matched = s->n ? found * s->n_pages / s->n : 0,
		.sampled = s->n < s->n_pages,
	};
	if (out->n_matched > out->n_host)
		out->n_matched = out->n_host;
	*content = content_decide(out->n_matched, out->n_host, out->n_donor);
	sections_compare(&list->pages, d, true, &hashed, &same);
	if (*content == CONTENT_SAME && found < SAME_LEAST)
		*content = CONTENT_BETWEEN;
	/* None of 64 pages still allows one in eighteen: their sections must differ, too. */
	if (*content == CONTENT_OTHER && out->sampled && (hashed == 0 || same != 0))
		*content = CONTENT_UNKNOWN;
	if (out->n_donor < EXAMINED_MIN && same_section_tells(&list->pages, d, same))
		*content = CONTENT_SAME;
	out->shares_data = donor_shares_data(c, d, &list->pages);
	content_doubt(out, content);
	return match_draw(a, &with, &list->pages, out);
}

void compare_sections(const struct mimicry_case *c, struct relation *r)
{
	const struct page_list *list = pages_of(c, DIGEST_SHA256);

	if (list && r->donor)
		sections_compare(&list->pages, r->donor, false, &r->sections_hashed,
				 &r->sections_same);
}

/* Where in the file the byte at @rva comes from; false: from nowhere. */
static bool rva_offset(const struct pe_image *pe, uint64_t rva, uint64_t *off)
{
	for (size_t i = 0; i < pe->n_sections; i++) {
		const struct pe_section *s = &pe->sections[i];

		if (rva < s->virtual_address || rva - s->virtual_address >= s->size_of_raw_data)
			continue;
		*off = s->pointer_to_raw_data + (rva - s->virtual_address);
		return true;
	}
	return false;
}

struct range entry_page(const struct mimicry_case *c, const struct page_match *m)
{
	const struct pe_image *pe = c->box->pe;
	uint64_t off;

	if (pe->entry_point_rva == 0 || !rva_offset(pe, pe->entry_point_rva, &off))
		return (struct range){ 0, 0 };
	for (size_t i = 0; i < m->n_foreign; i++)
		if (off >= m->foreign[i].off && off - m->foreign[i].off < m->foreign[i].len)
			return (struct range){ off, 1 };
	return (struct range){ 0, 0 };
}
