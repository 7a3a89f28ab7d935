/* SPDX-License-Identifier: MIT */
#include "trust/edges.h"

#include "base/memory.h"
#include <pthread.h>

#define N_SHARDS  64
#define WAYS      8 /* edges that share a neighbourhood */
#define N_BUCKETS (EDGE_CACHE_MAX / N_SHARDS / WAYS)
#define N_PLACES  (UINT64_C(1) * N_SHARDS * N_BUCKETS)

struct slot_of_edge {
	uint8_t child[32], issuer[32];
	enum edge edge;
};

struct bucket {
	struct slot_of_edge slots[WAYS];
	unsigned next; /* the slot to forget next */
};

struct shard {
	pthread_mutex_t lock;
	struct bucket *buckets; /* made when first needed */
};

struct edges {
	struct shard shards[N_SHARDS];
};

struct edges *edges_new(void)
{
	struct edges *e = memory_new(1, sizeof(*e));

	for (size_t i = 0; e && i < N_SHARDS; i++)
		(void)pthread_mutex_init(&e->shards[i].lock, NULL);
	return e;
}

void edges_free(struct edges *e)
{
	for (size_t i = 0; e && i < N_SHARDS; i++) {
		memory_free(e->shards[i].buckets);
		(void)pthread_mutex_destroy(&e->shards[i].lock);
	}
	memory_free(e);
}

/* Both are digests already; mixed, so that neither alone chooses the place. */
static size_t place_of(const uint8_t child[32], const uint8_t issuer[32])
{
	struct cursor c = cursor_at((struct span){ child, 32 }, 0);
	struct cursor i = cursor_at((struct span){ issuer, 32 }, 0);

	return (size_t)((cursor_u64le(&c) ^ cursor_u64le(&i) * 31) % N_PLACES);
}

static struct slot_of_edge *slot_find(struct bucket *b, const uint8_t child[32],
				      const uint8_t issuer[32])
{
	for (size_t i = 0; i < WAYS; i++)
		if (b->slots[i].edge != EDGE_UNKNOWN &&
		    memcmp(b->slots[i].child, child, 32) == 0 &&
		    memcmp(b->slots[i].issuer, issuer, 32) == 0)
			return &b->slots[i];
	return NULL;
}

enum edge edges_find(struct edges *e, const uint8_t child[32], const uint8_t issuer[32])
{
	size_t place = place_of(child, issuer);
	struct shard *shard = &e->shards[place % N_SHARDS];
	const struct slot_of_edge *slot = NULL;
	enum edge edge;

	(void)pthread_mutex_lock(&shard->lock);
	if (shard->buckets)
		slot = slot_find(&shard->buckets[place / N_SHARDS], child, issuer);
	edge = slot ? slot->edge : EDGE_UNKNOWN;
	(void)pthread_mutex_unlock(&shard->lock);
	return edge;
}

static void bucket_put(struct bucket *b, const uint8_t child[32], const uint8_t issuer[32],
		       enum edge edge)
{
	struct slot_of_edge *slot = slot_find(b, child, issuer);

	if (!slot)
		slot = &b->slots[b->next++ % WAYS];
	(void)span_copy(slot->child, 32, (struct span){ child, 32 });
	(void)span_copy(slot->issuer, 32, (struct span){ issuer, 32 });
	slot->edge = edge;
}

void edges_put(struct edges *e, const uint8_t child[32], const uint8_t issuer[32],
	       enum edge edge)
{
	size_t place = place_of(child, issuer);
	struct shard *shard = &e->shards[place % N_SHARDS];

	if (edge == EDGE_UNKNOWN)
		return;
	(void)pthread_mutex_lock(&shard->lock);
	if (!shard->buckets)
		shard->buckets = memory_new(N_BUCKETS, sizeof(*shard->buckets));
	if (shard->buckets)
		bucket_put(&shard->buckets[place / N_SHARDS], child, issuer, edge);
	(void)pthread_mutex_unlock(&shard->lock);
}
