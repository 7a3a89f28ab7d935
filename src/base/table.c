/* SPDX-License-Identifier: MIT */
#include "base/table.h"

#include "base/cursor.h"
#include "base/memory.h"
#include <sys/random.h>

#define FIRST_SLOTS 64

static uint64_t turned(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static void rounds(uint64_t v[4], int n)
{
	while (n-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = turned(v[1], 13) ^ v[0];
		v[3] = turned(v[3], 16) ^ v[2];
		v[0] = turned(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = turned(v[1], 17) ^ v[2];
		v[3] = turned(v[3], 21) ^ v[0];
		v[2] = turned(v[2], 32);
	}
}

uint64_t table_hash(const uint64_t secret[2], struct span key)
{
	uint64_t v[4] = { secret[0] ^ UINT64_C(0x736f6d6570736575),
			  secret[1] ^ UINT64_C(0x646f72616e646f6d),
			  secret[0] ^ UINT64_C(0x6c7967656e657261),
			  secret[1] ^ UINT64_C(0x7465646279746573) };
	struct cursor c = cursor_at(key, 0);
	uint64_t last = (uint64_t)key.len << 56;

	while (cursor_left(&c) >= 8) {
		uint64_t word = cursor_u64le(&c);

		v[3] ^= word;
		rounds(v, 2);
		v[0] ^= word;
	}
	for (unsigned shift = 0; cursor_left(&c) > 0; shift += 8)
		last |= (uint64_t)cursor_u8(&c) << shift;
	v[3] ^= last;
	rounds(v, 2);
	v[0] ^= last;
	v[2] ^= 0xff;
	rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

enum status table_begin(struct table *t)
{
	*t = (struct table){ 0 };
	return getrandom(t->secret, sizeof(t->secret), 0) == (ssize_t)sizeof(t->secret)
		       ? STATUS_OK
		       : STATUS_IO;
}

void table_end(struct table *t)
{
	memory_free(t->slots);
	t->slots = NULL;
	t->n_slots = t->n = t->empty = 0;
}

struct table_row *table_find(const struct table *t, struct span key)
{
	uint64_t hash;
	struct table_row *row;

	if (t->n == 0)
		return NULL;
	hash = table_hash(t->secret, key);
	row = t->slots[hash % t->n_slots];
	while (row && (row->hash != hash || !span_same(row->key, key)))
		row = row->next;
	return row;
}

static enum status grow(struct table *t)
{
	size_t n = t->n_slots ? t->n_slots * 2 : FIRST_SLOTS;
	struct table_row **slots;

	if (t->n < t->n_slots)
		return STATUS_OK;
	slots = (struct table_row **)memory_new(n, sizeof(struct table_row *));
	if (!slots)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < t->n_slots; i++)
		while (t->slots[i]) {
			struct table_row *row = t->slots[i];

			t->slots[i] = row->next;
			row->next = slots[row->hash % n];
			slots[row->hash % n] = row;
		}
	memory_free(t->slots);
	t->slots = slots;
	t->n_slots = n;
	return STATUS_OK;
}

enum status table_add(struct table *t, struct table_row *row)
{
	struct table_row **slot;

	TRY(grow(t));
	row->hash = table_hash(t->secret, row->key);
	slot = &t->slots[row->hash % t->n_slots];
	row->next = *slot;
	*slot = row;
	t->n++;
	t->empty = 0;
	return STATUS_OK;
}

void table_remove(struct table *t, const struct table_row *row)
{
	struct table_row **at = &t->slots[row->hash % t->n_slots];

	while (*at && *at != row)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = row->next;
	t->n--;
}

struct table_row *table_take(struct table *t)
{
	struct table_row *row;

	if (t->n == 0)
		return NULL;
	while (!t->slots[t->empty])
		t->empty++;
	row = t->slots[t->empty];
	t->slots[t->empty] = row->next;
	t->n--;
	return row;
}
