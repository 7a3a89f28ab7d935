/* SPDX-License-Identifier: MIT */
/* Content of the file against that of the signed program.  Private to src/mimicry. */
#pragma once
#include "mimicry/state.h"

/* What pages are compared with: one of the two. */
struct compared {
	const struct page_table *table; /* sorted by digest */
	const struct chunk *chunks;     /* beside it */
	size_t n_chunks;
	const struct donor *donor;
};

/* The pages that a signature lists.  No table: none. */
MUST_CHECK enum status table_read(struct arena *a, const struct fact *fact,
				  struct page_table *out);
/* By digest, to find them; by offset, to cut the file where the signer did. */
void table_sort(struct page_table *t);
void table_sort_by_offset(struct page_table *t);

/*
 * Of @n_donor pages of code @matched are among @n_host ones: which of the two
 * programs is it?  With the larger of both shares, so that code that was added
 * or cut off does not hide the rest.
 */
enum content content_decide(uint64_t matched, uint64_t n_host, uint64_t n_donor);

MUST_CHECK enum status compare_table(struct arena *a, const struct mimicry_case *c,
				     const struct suspect *s, struct page_match *out,
				     enum content *content);
MUST_CHECK enum status compare_donor(struct arena *a, const struct mimicry_case *c,
				     const struct donor *d, struct page_match *out,
				     enum content *content);
/* Which sections of r->donor are here, whatever they hold. */
void compare_sections(const struct mimicry_case *c, struct relation *r);
/* Where the first instruction lies, if that is not code of the signed program; zero long: it
 * is. */
struct range entry_page(const struct mimicry_case *c, const struct page_match *m);
