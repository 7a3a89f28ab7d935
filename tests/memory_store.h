/* SPDX-License-Identifier: MIT */
/*
 * A trust store in memory, for tests of chain building: it answers what
 * src/trust/store.h asks, with whatever constraints a test wants.  A program
 * that links it has it instead of the real store.
 */
#pragma once
#include "trust/store.h"

struct trust_store *memory_store_new(void);
void memory_store_free(struct trust_store *s);

/* An anchor of @sets, or a helper if 0; what it gives may be changed.  NULL: it cannot be read.
 */
struct stored *memory_store_add(struct trust_store *s, struct span der, unsigned sets);
/* The same, of which only the pin is known. */
struct stored *memory_store_pin(struct trust_store *s, const uint8_t sha256[32], unsigned sets);

void memory_store_distrust(struct trust_store *s, enum distrust_kind kind, struct span digest);
void memory_store_crl(struct trust_store *s, struct span der);
void memory_store_ocsp(struct trust_store *s, struct span der);
void memory_store_list_date(struct trust_store *s, int64_t date);

/* How often the edge cache was asked, and did not know. */
size_t memory_store_misses(const struct trust_store *s);
