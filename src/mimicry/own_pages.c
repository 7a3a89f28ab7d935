/* SPDX-License-Identifier: MIT */
/*
 * Pages of programs whose scheme digests each of them (Mach-O): no second
 * reading is needed, neither to remember a donor nor to compare with one.
 */
#include "mimicry/own_pages.h"

#include "mimicry/constant_pages.h"

/* Without those of one byte, ascending, each once. */
static enum status distil(struct arena *a, const uint64_t *from, size_t n, uint64_t **out,
			  size_t *n_out)
{
	uint64_t *list = ARENA_NEW(a, uint64_t, n + 1);
	size_t kept = 0;

	if (!list)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n; i++)
		if (!constant_page(DIGEST_SHA256, from[i]))
			list[kept++] = from[i];
	*n_out = hashes_sort(list, kept);
	*out = list;
	return STATUS_OK;
}

enum status own_pages_sketch(struct arena *a, const struct fact *f, struct donor *d)
{
	uint64_t *code, *rest;
	size_t n_code, n_rest;

	if (f->own_pages.n_code == 0)
		return STATUS_OK;
	TRY(distil(a, f->own_pages.code, f->own_pages.n_code, &code, &n_code));
	TRY(distil(a, f->own_pages.rest, f->own_pages.n_rest, &rest, &n_rest));
	d->sketched = true;
	sketch_of(code, n_code, &d->executable);
	sketch_of(rest, n_rest, &d->rest);
	return STATUS_OK;
}

enum status own_pages_compare(struct arena *a, const struct fact *f, const struct donor *d,
			      struct page_match *out, enum content *content)
{
	const struct sketch *s = &d->executable;
	uint64_t *code;
	size_t n_code, found;

	*content = CONTENT_UNKNOWN;
	if (f->own_pages.n_code == 0 || !d->sketched)
		return STATUS_OK;
	TRY(distil(a, f->own_pages.code, f->own_pages.n_code, &code, &n_code));
	found = sketch_among(s, code, n_code);
	*out = (struct page_match){
		.n_host = n_code,
		.n_donor = s->n_pages,
		.n_matched = s->n ? found * s->n_pages / s->n : 0,
		.sampled = s->n < s->n_pages,
	};
	if (out->n_matched > out->n_host)
		out->n_matched = out->n_host;
	*content = content_decide(out->n_matched, out->n_host, out->n_donor);
	/* None of 64 pages still allows one in eighteen. */
	if (*content == CONTENT_OTHER && out->sampled)
		*content = CONTENT_UNKNOWN;
	return STATUS_OK;
}
