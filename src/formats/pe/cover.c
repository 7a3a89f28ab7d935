/* SPDX-License-Identifier: MIT */
/*
 * What the image digest of a PE covers, in both readings.
 *
 * Follows "Windows Authenticode Portable Executable Signature Format" 1.0,
 * "Calculating the PE Image Hash".  Windows hashes the file around its holes;
 * the text hashes headers and sections.  Verdicts come from the first.
 */
#include "formats/pe/reading.h"

#define CHECKSUM_BYTES  4
#define DIRECTORY_BYTES 8
#define HOLES           3

struct coverage_list {
	struct piece *pieces;
	size_t n;
	uint64_t bytes;
};

size_t pe_sections_sort(const struct pe_image *pe, size_t order[PE_MAX_SECTIONS])
{
	size_t n = 0;

	for (size_t i = 0; i < pe->n_sections; i++) {
		const struct pe_section *s = &pe->sections[i];
		size_t at = n;

		if (s->pointer_to_raw_data == 0 || s->size_of_raw_data == 0)
			continue;
		while (at > 0 && pe->sections[order[at - 1]].pointer_to_raw_data >
					 s->pointer_to_raw_data) {
			order[at] = order[at - 1];
			at--;
		}
		order[at] = i;
		n++;
	}
	return n;
}

/* [@from, @to), merged with what it continues; nothing when it is empty. */
static void coverage_add(struct coverage_list *l, uint64_t from, uint64_t to)
{
	struct piece *last = l->n ? &l->pieces[l->n - 1] : NULL;

	if (to <= from)
		return;
	l->bytes += to - from;
	if (last && last->range.off + last->range.len == from) {
		last->range.len += to - from;
		return;
	}
	l->pieces[l->n++] = (struct piece){
		.kind = PIECE_RANGE, .range = {from, to - from}
	};
}

/* [0, @end) without CheckSum and the directory entry; at most HOLES pieces. */
static void coverage_start(struct coverage_list *l, const struct pe_image *pe, uint64_t end)
{
	uint64_t next = pe->checksum_off + CHECKSUM_BYTES;

	coverage_add(l, 0, pe->checksum_off);
	if (pe->has_directory) {
		coverage_add(l, next, pe->directory_off);
		next = pe->directory_off + DIRECTORY_BYTES;
	}
	coverage_add(l, next, end);
}

enum status pe_cover_flat(struct arena *a, const struct pe_image *pe, struct coverage *out)
{
	struct coverage_list l = { .pieces = ARENA_NEW(a, struct piece, HOLES + 1) };
	uint64_t end = pe->table.len ? pe->table.off : pe->file_size;

	if (!l.pieces)
		return STATUS_NO_MEMORY;
	coverage_start(&l, pe, end);
	if (pe->table.len)
		coverage_add(&l, end + pe->table.len, pe->file_size);
	*out = (struct coverage){ l.pieces, l.n };
	return STATUS_OK;
}

bool pe_headers_coverable(const struct pe_image *pe)
{
	return pe->has_directory && pe->number_of_sections == pe->n_sections &&
	       pe->size_of_headers >= pe->directory_off + DIRECTORY_BYTES &&
	       pe->size_of_headers <= pe->file_size;
}

bool pe_section_inside(const struct pe_image *pe, const struct pe_section *s)
{
	return s->pointer_to_raw_data <= pe->file_size &&
	       s->size_of_raw_data <= pe->file_size - s->pointer_to_raw_data;
}

void pe_cover_headers(const struct pe_image *pe, struct piece pieces[PE_HEADER_PIECES],
		      size_t *n)
{
	struct coverage_list l = { .pieces = pieces };

	coverage_start(&l, pe, pe->size_of_headers);
	*n = l.n;
}

/*
 * "Extra data": what the file holds more than the table and the @sum bytes
 * hashed so far.  The text puts it at @sum and thinks of a table at the end; a
 * table in between is left out of it.
 */
static void extra_add(struct coverage_list *l, const struct pe_image *pe, uint64_t sum)
{
	const struct range *t = &pe->table;

	if (t->len > 0 && t->off >= sum) {
		coverage_add(l, sum, t->off);
		coverage_add(l, t->off + t->len, pe->file_size);
	} else if (pe->file_size > t->len) {
		coverage_add(l, sum, pe->file_size - t->len);
	}
}

enum status pe_cover_by_section(struct arena *a, const struct pe_image *pe,
				struct coverage *out)
{
	size_t order[PE_MAX_SECTIONS], n = pe_sections_sort(pe, order);
	struct coverage_list l = { .pieces = ARENA_NEW(a, struct piece, HOLES + n + 2) };
	uint64_t sum = pe->size_of_headers;

	if (!l.pieces)
		return STATUS_NO_MEMORY;
	if (!pe_headers_coverable(pe))
		return STATUS_UNSUPPORTED;
	coverage_start(&l, pe, pe->size_of_headers);
	for (size_t i = 0; i < n; i++) {
		const struct pe_section *s = &pe->sections[order[i]];

		if (!pe_section_inside(pe, s))
			return STATUS_UNSUPPORTED;
		coverage_add(&l, s->pointer_to_raw_data,
			     s->pointer_to_raw_data + s->size_of_raw_data);
		sum += s->size_of_raw_data;
		if (l.bytes / 2 > pe->file_size)
			return STATUS_UNSUPPORTED;
	}
	extra_add(&l, pe, sum);
	*out = (struct coverage){ l.pieces, l.n };
	return STATUS_OK;
}

static bool piece_equal(const struct piece *a, const struct piece *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case PIECE_RANGE:
	case PIECE_INFLATED:
	case PIECE_INFLATED_PART:
		return a->range.off == b->range.off && a->range.len == b->range.len &&
		       a->plain == b->plain;
	case PIECE_ZEROS: return a->range.len == b->range.len;
	case PIECE_LITERAL: return span_equal(a->literal, b->literal);
	}
	return false;
}

bool coverage_equal(const struct coverage *a, const struct coverage *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!piece_equal(&a->pieces[i], &b->pieces[i]))
			return false;
	return true;
}
