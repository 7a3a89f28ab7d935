/* SPDX-License-Identifier: MIT */
#include "graph/index.h"

#include <stdlib.h>
#include <sys/random.h>

#define FIRST_BUCKETS 1024 /* a power of two */
#define PRIME         ((UINT64_C(1) << 61) - 1)

__extension__ typedef unsigned __int128 wide;

/* A polynomial over the bytes at a point that nobody knows: two names meet by chance only. */
static uint64_t hash_of(const struct index *x, struct span name, bool ours, bool blank)
{
	uint64_t h = 1U + (ours ? 1U : 0U) + (blank ? 2U : 0U);

	for (size_t i = 0; i < name.len; i++) {
		wide product = (wide)h * x->secret + span_at(name, i) + 1;

		h = (uint64_t)(product & PRIME) + (uint64_t)(product >> 61);
	}
	return h % PRIME;
}

enum status index_begin(struct index *x, struct arena *a)
{
	*x = (struct index){ .arena = a, .n_buckets = FIRST_BUCKETS };
	if (getrandom(&x->secret, sizeof(x->secret), 0) != sizeof(x->secret))
		return STATUS_IO;
	x->secret = x->secret % (PRIME - 1) + 1;
	x->buckets = ARENA_NEW(a, struct index_class *, FIRST_BUCKETS);
	return x->buckets ? STATUS_OK : STATUS_NO_MEMORY;
}

static struct index_class **bucket_of(const struct index *x, uint64_t hash)
{
	return &x->buckets[hash & (x->n_buckets - 1)];
}

/* Twice as many buckets; those of before stay in the arena, together less than the new ones. */
static enum status buckets_grow(struct index *x)
{
	size_t n = x->n_buckets * 2;
	struct index_class **buckets = ARENA_NEW(x->arena, struct index_class *, n);

	if (!buckets)
		return STATUS_NO_MEMORY;
	x->buckets = buckets;
	x->n_buckets = n;
	for (struct index_class *c = x->first; c; c = c->next) {
		struct index_class **at = bucket_of(x, c->hash);

		c->next_hash = *at;
		*at = c;
	}
	return STATUS_OK;
}

static struct index_class *find_in(const struct index *x, uint64_t hash, struct span name,
				   bool ours, bool blank)
{
	for (struct index_class *c = *bucket_of(x, hash); c; c = c->next_hash)
		if (c->hash == hash && c->ours == ours && c->blank == blank &&
		    span_same(SPAN_TEXT(c->name), name))
			return c;
	return NULL;
}

struct index_class *index_get(const struct index *x, struct span name, bool ours, bool blank)
{
	return find_in(x, hash_of(x, name, ours, blank), name, ours, blank);
}

enum status index_take(struct index *x, struct span name, bool ours, bool blank,
		       struct index_class **out)
{
	uint64_t hash = hash_of(x, name, ours, blank);
	struct index_class *c = find_in(x, hash, name, ours, blank), **at;

	*out = c;
	if (c)
		return STATUS_OK;
	if (x->n >= UINT32_MAX)
		return STATUS_LIMIT;
	if (x->n >= x->n_buckets)
		TRY(buckets_grow(x));
	c = ARENA_NEW(x->arena, struct index_class, 1);
	if (!c)
		return STATUS_NO_MEMORY;
	c->name = arena_string(x->arena, name);
	if (!c->name)
		return STATUS_NO_MEMORY;
	c->hash = hash;
	c->ours = ours;
	c->blank = blank;
	c->number = (uint32_t)x->n++;
	at = bucket_of(x, hash);
	c->next_hash = *at;
	*at = c;
	if (x->last)
		x->last->next = c;
	else
		x->first = c;
	x->last = c;
	*out = c;
	return STATUS_OK;
}

enum status index_link(struct index *x, struct index_class *from, enum index_link_kind kind,
		       const char *property, struct index_class *to)
{
	struct index_link *link = ARENA_NEW(x->arena, struct index_link, 1);

	if (!link)
		return STATUS_NO_MEMORY;
	*link = (struct index_link){
		.kind = kind,
		.property = property,
		.from = from,
		.to = to,
		.next = from->links,
		.line = x->line,
	};
	from->links = link;
	return STATUS_OK;
}

enum status index_alias(struct index *x, struct index_class *c, struct span text)
{
	struct index_text *alias = ARENA_NEW(x->arena, struct index_text, 1);

	if (!alias)
		return STATUS_NO_MEMORY;
	alias->text = arena_string(x->arena, text);
	alias->next = c->aliases;
	c->aliases = alias;
	return alias->text ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status index_label(struct index *x, struct index_class *c, struct span text, unsigned rank)
{
	if (c->label &&
	    (rank > c->label_rank ||
	     (rank == c->label_rank && span_compare(text, SPAN_TEXT(c->label)) >= 0)))
		return STATUS_OK;
	c->label = arena_string(x->arena, text);
	c->label_rank = rank;
	return c->label ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status index_id(struct index *x, const char **id, struct span text)
{
	if (*id && span_compare(text, SPAN_TEXT(*id)) >= 0)
		return STATUS_OK;
	*id = arena_string(x->arena, text);
	return *id ? STATUS_OK : STATUS_NO_MEMORY;
}

const struct index_class *index_find(const struct index *x, const char *id, size_t *n_found)
{
	const struct index_class *best = NULL;

	*n_found = 0;
	for (const struct index_class *c = x->first; c; c = c->next) {
		if (c->blank || !c->described ||
		    !((c->d3fend_id && strcmp(c->d3fend_id, id) == 0) ||
		      (c->attack_id && strcmp(c->attack_id, id) == 0)))
			continue;
		++*n_found;
		if (!best || strcmp(c->name, best->name) < 0)
			best = c;
	}
	if (best)
		return best;
	best = index_get(x, SPAN_TEXT(id), true, false);
	*n_found = best && best->described ? 1 : 0;
	return *n_found ? best : NULL;
}
