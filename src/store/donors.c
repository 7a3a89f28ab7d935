/* SPDX-License-Identifier: MIT */
#include "store/donors.h"

#include "base/memory.h"
#include "store/donors_files.h"
#include "store/donors_merge.h"
#include "store/donors_stack.h"
#include "store/donors_write.h"
#include <stdlib.h>

struct donors {
	struct donor_index index;
	struct image_layer *stack; /* of .n; those of another one first */
	size_t n;
	struct donor_files files;
	struct image_writer run; /* bytes of .own */
	struct image own;
};

/* Puts @d where it belongs among @hits, or in the place of a poorer record of itself. */
static void hit_place(struct donor **hits, struct donor *d)
{
	struct donor_order order, its;

	donor_order_of(d, &order);
	for (struct donor **at = hits;; at = &(*at)->next) {
		int compared = -1;

		if (*at) {
			donor_order_of(*at, &its);
			/* Valid ones first, whatever their digests. */
			compared = ((*at)->kind != DONOR_VALID) - (d->kind != DONOR_VALID);
			compared = compared ? -compared : donor_order_compare(&order, &its);
		}
		if (compared > 0)
			continue;
		if (compared == 0 && !donor_richer(d, *at))
			return;
		d->next = compared == 0 ? (*at)->next : *at;
		*at = d;
		return;
	}
}

/*
 * Those that say most: valid ones before others, and of these the ones with pages, or
 * whoever signs a program many times could push the one with pages out.
 */
static void hits_cut(struct donor **hits)
{
	struct donor *ranks[3] = { NULL }, **ends[3] = { &ranks[0], &ranks[1], &ranks[2] };
	struct donor **last = hits;
	size_t n = 0;

	for (struct donor *d = *hits; d; d = d->next) {
		size_t rank = d->kind != DONOR_VALID ? 2 : donor_has_contents(d) ? 0 : 1;

		*ends[rank] = d;
		ends[rank] = &d->next;
	}
	for (size_t rank = 0; rank < COUNT_OF(ranks); rank++)
		for (*ends[rank] = NULL; ranks[rank] && n < DONOR_MAX_HITS; n++) {
			*last = ranks[rank];
			last = &ranks[rank]->next;
			ranks[rank] = ranks[rank]->next;
		}
	*last = NULL;
}

static enum status stack_find(void *context, enum donor_key key, struct span value,
			      struct arena *a, struct donor **out)
{
	const struct donors *d = context;

	*out = NULL;
	for (size_t i = 0; i < d->n; i++) {
		struct donor *found = NULL, **last = &found;

		TRY(image_find(d->stack[i].image, key, value, a, &last));
		if (i == 0) {
			*out = found;
			continue;
		}
		while (found) {
			struct donor *one = found;

			found = one->next;
			hit_place(out, one);
		}
	}
	hits_cut(out);
	return STATUS_OK;
}

/* The look-up interface over the whole stack. */
static enum status index_make(struct donors *d)
{
	struct span *roots = memory_new(d->n + 1, sizeof(*roots));
	struct digest generation;
	enum status status;

	if (!roots)
		return STATUS_NO_MEMORY;
	d->index = (struct donor_index){ .context = d, .find = stack_find };
	for (size_t i = 0; i < d->n; i++) {
		roots[i] = SPAN_OF(d->stack[i].image->root);
		d->index.n += image_count(d->stack[i].image);
		d->index.has_sha1 |= d->stack[i].image->has_sha1;
	}
	status = digest_of(DIGEST_SHA256, roots, d->n, &generation);
	(void)span_copy(d->index.generation, sizeof(d->index.generation),
			digest_span(&generation));
	memory_free(roots);
	return status;
}

static enum status files_stack(struct donors *d)
{
	d->stack = memory_new(d->files.n + 1, sizeof(*d->stack));
	if (!d->stack)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < d->files.n; i++)
		d->stack[d->n++].image = &d->files.each[i].image;
	return index_make(d);
}

struct donors *donors_open(struct arena *a, const char *const *folders, size_t n,
			   const char **problem)
{
	struct donors *d = memory_new(1, sizeof(*d));
	enum status status = d ? STATUS_OK : STATUS_NO_MEMORY;

	*problem = NULL;
	for (size_t i = 0; i < n && status == STATUS_OK; i++)
		status = donor_files_open(a, folders[i], &d->files, problem);
	if (status == STATUS_OK)
		status = files_stack(d);
	if (status == STATUS_OK)
		return d;
	if (!*problem)
		*problem = "there is no memory for the donor index";
	donors_close(d);
	return NULL;
}

/* A donor of the run, to be sorted. */
struct met {
	const struct donor *donor;
	struct donor_order order;
};

/* Of records that say the same about one donor, that of the first place counts. */
static int met_order(const void *a, const void *b)
{
	const struct met *x = a, *y = b;
	const char *here = x->donor->provenance, *there = y->donor->provenance;
	int order = donor_order_compare(&x->order, &y->order);

	if (order == 0)
		order = (int)donor_richer(y->donor, x->donor) -
			(int)donor_richer(x->donor, y->donor);
	if (order == 0)
		order = strcmp(here ? here : "", there ? there : "");
	return order;
}

/* Each donor once, in order, the richer record of two. */
static enum status run_write(struct donors *d, const struct donor *first)
{
	struct met *met;
	size_t n = 0;

	for (const struct donor *one = first; one; one = one->next)
		n += one->kind != DONOR_NONE;
	met = memory_new(n + 1, sizeof(*met));
	if (!met)
		return STATUS_NO_MEMORY;
	n = 0;
	for (const struct donor *one = first; one; one = one->next) {
		if (one->kind == DONOR_NONE)
			continue;
		met[n].donor = one;
		donor_order_of(one, &met[n++].order);
	}
	if (n > 1)
		qsort(met, n, sizeof(*met), met_order);
	image_writer_begin(&d->run, NULL);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || donor_order_compare(&met[i - 1].order, &met[i].order) != 0)
			image_writer_add(&d->run, met[i].donor);
	memory_free(met);
	return image_writer_finish(&d->run);
}

struct donors *donors_of_run(const struct donor *first, const struct donors *under)
{
	struct donors *d = memory_new(1, sizeof(*d));
	size_t n = under ? under->n : 0;
	const char *problem;

	if (!d)
		return NULL;
	d->stack = memory_new(n + 1, sizeof(*d->stack));
	if (!d->stack || run_write(d, first) != STATUS_OK ||
	    image_open(image_writer_bytes(&d->run), &d->own, &problem) != STATUS_OK) {
		donors_close(d);
		return NULL;
	}
	for (; d->n < n; d->n++)
		d->stack[d->n] = under->stack[d->n];
	d->stack[d->n++].image = &d->own;
	if (index_make(d) == STATUS_OK)
		return d;
	donors_close(d);
	return NULL;
}

const struct donor_index *donors_index(const struct donors *d)
{
	return &d->index;
}

enum status donors_each(const struct donors *d,
			bool (*each)(void *context, const struct donor *donor), void *context)
{
	CLEANUP(merge_end) struct merge m;
	const struct donor *donor;

	TRY(merge_begin(&m, d->stack, d->n));
	for (;;) {
		TRY(merge_next(&m, &donor));
		if (!donor || !each(context, donor))
			return STATUS_OK;
	}
}

void donors_stack(const struct donors *d, const struct image_layer **stack, size_t *n)
{
	*stack = d->stack;
	*n = d->n;
}

enum status donors_verify(const struct donors *d)
{
	for (size_t i = 0; i < d->n; i++)
		TRY(image_verify(d->stack[i].image));
	return STATUS_OK;
}

void donors_close(struct donors *d)
{
	if (!d)
		return;
	image_close(&d->own);
	image_writer_end(&d->run);
	donor_files_close(&d->files);
	memory_free(d->stack);
	memory_free(d);
}
