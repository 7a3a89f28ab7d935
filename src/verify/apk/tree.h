/* SPDX-License-Identifier: MIT */
/*
 * The Merkle tree of 4 KiB pages (fs-verity) that schemes v2, v3 and v4 share.
 * Private to src/verify/apk.
 */
#pragma once
#include "verify/apk/state.h"

#define TREE_PAGE     ((uint64_t)4096)
#define TREE_MAX_SALT 8
#define TREE_HASH     32

/* What the tree is of: pieces one after the other, the last page filled with zeros. */
struct apk_tree {
	struct piece pieces[3];
	size_t n_pieces;
	size_t salt; /* zeros before each page that is hashed */
};

uint64_t apk_piece_len(const struct piece *p);
uint64_t apk_tree_len(const struct apk_tree *tree);
/* How many pages, each a digest job. */
size_t apk_tree_pages(const struct apk_tree *tree);
MUST_CHECK enum status apk_tree_plan(struct arena *a, const struct apk_tree *tree,
				     struct digest_job *jobs);

/*
 * The root above @n pages; of a single page its own hash.  @stored: levels as a
 * file keeps them, the top one first; *@differs: they are not those of the tree.
 */
struct apk_tree_join {
	size_t salt;
	struct span stored;
	bool differs;
};
MUST_CHECK enum status apk_tree_join(struct arena *a, const struct digest_job *jobs, size_t n,
				     struct apk_tree_join *how, struct digest *root);

/* The root as some write it of a single page: above a level that has only its hash. */
MUST_CHECK enum status apk_tree_above(const struct digest *page, size_t salt,
				      struct digest *root);
