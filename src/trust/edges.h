/* SPDX-License-Identifier: MIT */
/*
 * Edge cache: which certificate was signed by which key.
 *
 * Keyed by whole digests of certificate and key, never by names, and bounded:
 * a full neighbourhood forgets one of its edges.  Any number of threads.
 */
#pragma once
#include "trust/store.h"

struct edges;

/* NULL: no memory; everything works without. */
struct edges *edges_new(void);
void edges_free(struct edges *e);
enum edge edges_find(struct edges *e, const uint8_t child[32], const uint8_t issuer[32]);
void edges_put(struct edges *e, const uint8_t child[32], const uint8_t issuer[32],
	       enum edge edge);
