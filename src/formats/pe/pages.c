/* SPDX-License-Identifier: MIT */
/*
 * Page hashes: the pages that such a table must list.
 *
 * The format is not published ("SpcPeImagePageHashes1", "...2"); these rules
 * reproduce the tables that Microsoft's and other signing tools make.  The
 * first entry is the headers, then each section's raw data page by page; what
 * is shorter than a page is filled with zeros, and the twelve bytes that the
 * image digest leaves out count as present for that.
 */
#include "formats/pe/reading.h"

struct page_list {
	struct pe_page *pages;
	struct piece *pieces;
	size_t n_pages, n_pieces;
};

/* What the arrays must hold; refuses what would be an attack. */
static enum status pages_count(const struct pe_image *pe, uint32_t page, uint64_t *n_pages,
			       uint64_t *n_pieces)
{
	uint64_t bytes = pe->size_of_headers;

	*n_pages = 1;
	*n_pieces = PE_HEADER_PIECES + 1;
	for (size_t i = 0; i < pe->n_sections; i++) {
		const struct pe_section *s = &pe->sections[i];
		uint64_t raw = s->size_of_raw_data, n = raw / page + (raw % page != 0);

		if (raw != 0 && !pe_section_inside(pe, s))
			return STATUS_UNSUPPORTED;
		bytes += raw;
		*n_pages += n;
		*n_pieces += n + 1;
	}
	if (*n_pages > PE_MAX_PAGE_ENTRIES || bytes / 2 > pe->file_size)
		return STATUS_LIMIT;
	return STATUS_OK;
}

/* Begins a page at @off with @n pieces that the caller fills in. */
static struct piece *page_add(struct page_list *l, uint64_t off, size_t n)
{
	struct piece *first = &l->pieces[l->n_pieces];

	l->n_pieces += n;
	l->pages[l->n_pages++] = (struct pe_page){
		.off = off, .covered = {first, n}
	};
	return first;
}

static struct piece zeros(uint64_t len)
{
	return (struct piece){
		.kind = PIECE_ZEROS, .range = {0, len}
	};
}

static void headers_add(struct page_list *l, const struct pe_image *pe, uint32_t page)
{
	uint64_t rest = pe->size_of_headers % page;
	struct piece pieces[PE_HEADER_PIECES], *first;
	size_t n;

	pe_cover_headers(pe, pieces, &n);
	first = page_add(l, 0, n + (rest != 0));
	for (size_t i = 0; i < n; i++)
		first[i] = pieces[i];
	if (rest != 0)
		first[n] = zeros(page - rest);
}

static void section_add(struct page_list *l, const struct pe_section *s, uint32_t page)
{
	for (uint64_t at = 0; at < s->size_of_raw_data; at += page) {
		uint64_t left = s->size_of_raw_data - at, off = s->pointer_to_raw_data + at;
		uint64_t len = left < page ? left : page;
		struct piece *first = page_add(l, off, 1 + (len < page));

		first[0] = (struct piece){
			.kind = PIECE_RANGE, .range = {off, len}
		};
		if (len < page)
			first[1] = zeros(page - len);
	}
}

enum status pe_pages(struct arena *a, const struct pe_image *pe, uint32_t page,
		     struct pe_page **out, size_t *n)
{
	struct page_list l = { 0 };
	uint64_t n_pages, n_pieces;

	if (page == 0 || !pe_headers_coverable(pe))
		return STATUS_UNSUPPORTED;
	TRY(pages_count(pe, page, &n_pages, &n_pieces));
	if (n_pages * sizeof(*l.pages) + n_pieces * sizeof(*l.pieces) > a->limit - a->used)
		return STATUS_LIMIT;
	l.pages = ARENA_NEW(a, struct pe_page, n_pages);
	l.pieces = ARENA_NEW(a, struct piece, n_pieces);
	if (!l.pages || !l.pieces)
		return STATUS_NO_MEMORY;
	headers_add(&l, pe, page);
	for (size_t i = 0; i < pe->n_sections; i++)
		section_add(&l, &pe->sections[i], page);
	*out = l.pages;
	*n = l.n_pages;
	return STATUS_OK;
}
