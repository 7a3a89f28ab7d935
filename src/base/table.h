/* SPDX-License-Identifier: MIT */
/*
 * Table: rows by keys of any bytes, whoever chose them: a keyed hash (SipHash-2-4,
 * Aumasson and Bernstein, 2012) leaves nobody a way to make many of them meet.
 *
 * A row stands first in a structure of its owner, who allocates and frees it.
 */
#pragma once
#include "base/span_search.h"
#include "base/status.h"

struct table_row {
	struct table_row *next;
	uint64_t hash;
	struct span key; /* borrowed as long as it is in the table */
};

struct table {
	struct table_row **slots;
	size_t n_slots, n;
	size_t empty; /* so many slots at the beginning are */
	uint64_t secret[2];
};

/* STATUS_IO: no random numbers can be had. */
MUST_CHECK enum status table_begin(struct table *t);
/* The rows are their owner's.  Safe on a zeroed table. */
void table_end(struct table *t);

/* NULL: there is none. */
struct table_row *table_find(const struct table *t, struct span key);
/* @row->key is in no row yet.  STATUS_NO_MEMORY only. */
MUST_CHECK enum status table_add(struct table *t, struct table_row *row);
void table_remove(struct table *t, const struct table_row *row);
/* Takes some row out; NULL: there are no more. */
struct table_row *table_take(struct table *t);

uint64_t table_hash(const uint64_t secret[2], struct span key);
