/* SPDX-License-Identifier: MIT */
/* What a trust store is made of: databases, one laid over the other. */
#pragma once
#include "trust/database.h"
#include "trust/edges.h"

#define STORE_MAX_LAYERS 16

struct layer {
	struct database database;
	struct span mapping;  /* of a file */
	struct buffer memory; /* of this run */
	const char *path;     /* NULL: of this run */
	unsigned sets;        /* mask: only for these */
	bool given;           /* for this run: adds sets, takes none away */
};

struct trust_store {
	struct layer layers[STORE_MAX_LAYERS]; /* later ones are above */
	size_t n;
	struct arena arena; /* texts */
	struct span pack;   /* of trust_unpack(): all layers lie in it */
	struct edges *edges;
	uint8_t digest[32];
	size_t n_anchors, counts[TRUST_SETS]; /* of any set, of each: asked for each file */
};

/* The certificate as all layers together say; false: in none. */
MUST_CHECK bool store_record(const struct trust_store *s, const uint8_t sha256[32],
			     struct record *out, const struct layer **top);

/* Fills in .n_anchors and .counts. */
void store_count(struct trust_store *s);

/* Of store.c.  NULL: no memory. */
struct trust_store *store_new(void);
/* Lays @layer over the others, and takes over what it has. */
MUST_CHECK enum status store_layer_add(struct trust_store *s, struct layer layer,
				       struct span bytes, const char **problem);
/* When all layers are there: .digest, and what is counted. */
MUST_CHECK enum status store_settle(struct trust_store *s);

/* All certificates, each once: start with a zeroed place. */
struct store_place {
	size_t layer, row;
};
MUST_CHECK bool store_next(const struct trust_store *s, struct store_place *at,
			   struct record *out, const struct layer **top);
