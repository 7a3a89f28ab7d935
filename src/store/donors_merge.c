/* SPDX-License-Identifier: MIT */
#include "store/donors_merge.h"

#include "base/memory.h"

#define HEAD_ARENA_BYTES ((size_t)1 << 20)

struct merge_head {
	const struct image *image;
	uint64_t at;
	bool live, used; /* used: given out, or the same as what was */
	struct arena arena;
	struct donor donor;
	struct donor_order order;
};

static enum status head_load(struct merge_head *h)
{
	arena_reset(&h->arena);
	h->used = false;
	h->live = h->at < image_count(h->image);
	if (!h->live)
		return STATUS_OK;
	TRY(image_donor(h->image, h->at, &h->arena, &h->donor));
	donor_order_of(&h->donor, &h->order);
	return STATUS_OK;
}

enum status merge_begin(struct merge *m, const struct image_layer *stack, size_t n)
{
	*m = (struct merge){ .heads = memory_new(n + 1, sizeof(*m->heads)), .n = n };
	if (!m->heads)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n; i++) {
		m->heads[i].image = stack[i].image;
		m->heads[i].arena = (struct arena)ARENA_INIT(HEAD_ARENA_BYTES);
	}
	for (size_t i = 0; i < n; i++)
		TRY(head_load(&m->heads[i]));
	return STATUS_OK;
}

static struct merge_head *head_least(struct merge *m)
{
	struct merge_head *least = NULL;

	for (size_t i = 0; i < m->n; i++)
		if (m->heads[i].live &&
		    (!least || donor_order_compare(&m->heads[i].order, &least->order) < 0))
			least = &m->heads[i];
	return least;
}

enum status merge_next(struct merge *m, const struct donor **out)
{
	struct merge_head *best;
	struct donor_order order;

	*out = NULL;
	for (size_t i = 0; i < m->n; i++)
		if (m->heads[i].used) {
			m->heads[i].at++;
			TRY(head_load(&m->heads[i]));
		}
	best = head_least(m);
	if (!best)
		return STATUS_OK;
	order = best->order;
	for (size_t i = 0; i < m->n; i++) {
		struct merge_head *h = &m->heads[i];

		if (!h->live || donor_order_compare(&h->order, &order) != 0)
			continue;
		h->used = true;
		if (donor_richer(&h->donor, &best->donor))
			best = h;
	}
	*out = &best->donor;
	return STATUS_OK;
}

void merge_end(struct merge *m)
{
	for (size_t i = 0; m->heads && i < m->n; i++)
		arena_free(&m->heads[i].arena);
	memory_free(m->heads);
	*m = (struct merge){ 0 };
}
