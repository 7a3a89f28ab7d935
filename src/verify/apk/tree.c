/* SPDX-License-Identifier: MIT */
/*
 * Merkle trees of pages: Linux, Documentation/filesystems/fsverity.rst, as
 * AOSP uses them.  Leaves are digest jobs, everything above is computed here.
 */
#include "verify/apk/tree.h"

#define IN_PAGE (TREE_PAGE / TREE_HASH)

static const uint8_t zeros[TREE_PAGE];

uint64_t apk_piece_len(const struct piece *p)
{
	return p->kind == PIECE_LITERAL ? p->literal.len : p->range.len;
}

uint64_t apk_tree_len(const struct apk_tree *tree)
{
	uint64_t len = 0;

	for (size_t i = 0; i < tree->n_pieces; i++)
		len += apk_piece_len(&tree->pieces[i]);
	return len;
}

size_t apk_tree_pages(const struct apk_tree *tree)
{
	return (size_t)((apk_tree_len(tree) + TREE_PAGE - 1) / TREE_PAGE);
}

static struct piece zeros_piece(uint64_t len)
{
	return (struct piece){
		.kind = PIECE_LITERAL, .literal = {zeros, (size_t)len}
	};
}

/* The pieces of one page: salt, what of the contents lies in it, zeros up to its end. */
static size_t page_pieces(const struct apk_tree *tree, uint64_t off, struct piece *out)
{
	uint64_t begin = 0, left = TREE_PAGE;
	size_t n = 0;

	if (tree->salt > 0)
		out[n++] = zeros_piece(tree->salt);
	for (size_t i = 0; i < tree->n_pieces && left > 0; i++) {
		const struct piece *piece = &tree->pieces[i];
		uint64_t end = begin + apk_piece_len(piece), len;

		if (off < end) {
			len = end - off < left ? end - off : left;
			out[n] = *piece;
			out[n].literal = span_clip(piece->literal, off - begin, len);
			out[n++].range = (struct range){ piece->range.off + off - begin, len };
			off += len;
			left -= len;
		}
		begin = end;
	}
	if (left > 0)
		out[n++] = zeros_piece(left);
	return n;
}

enum status apk_tree_plan(struct arena *a, const struct apk_tree *tree, struct digest_job *jobs)
{
	size_t n = apk_tree_pages(tree), most = tree->n_pieces + 2;
	struct piece *pieces = ARENA_NEW(a, struct piece, most * n + 1);

	if (!pieces)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n; i++)
		jobs[i] = (struct digest_job){
			.algorithm = DIGEST_SHA256,
			.covered = {&pieces[most * i],
                                    page_pieces(tree, i * TREE_PAGE, &pieces[most * i])}
		};
	return STATUS_OK;
}

/* The hash of a page of hashes. */
static enum status hashes_join(const struct digest *hashes, size_t n, size_t salt,
			       struct digest *out)
{
	struct span parts[IN_PAGE + 2];
	size_t n_parts = 0;

	parts[n_parts++] = (struct span){ zeros, salt };
	for (size_t i = 0; i < n; i++)
		parts[n_parts++] = digest_span(&hashes[i]);
	parts[n_parts++] = (struct span){ zeros, TREE_PAGE - n * TREE_HASH };
	return digest_of(DIGEST_SHA256, parts, n_parts, out);
}

enum status apk_tree_above(const struct digest *page, size_t salt, struct digest *root)
{
	return hashes_join(page, 1, salt, root);
}

/* Are the last pages of @stored this level?  Takes them away. */
static bool level_is_stored(struct span *stored, const struct digest *hashes, size_t n)
{
	uint64_t len = (n + IN_PAGE - 1) / IN_PAGE * TREE_PAGE;
	struct span level;

	if (len > stored->len)
		return false;
	level = span_after(*stored, stored->len - len);
	*stored = span_clip(*stored, 0, stored->len - len);
	for (size_t i = 0; i < n; i++)
		if (!digest_equal(&hashes[i], span_clip(level, i * TREE_HASH, TREE_HASH)))
			return false;
	return span_is_zero(span_after(level, n * TREE_HASH));
}

/* One level of the tree above @n hashes, in place; says how many it has. */
static enum status level_join(struct digest *hashes, size_t *n, size_t salt)
{
	size_t above = (*n + IN_PAGE - 1) / IN_PAGE;

	for (size_t i = 0; i < above; i++) {
		size_t first = i * IN_PAGE, left = *n - first;
		struct digest joined;

		TRY(hashes_join(&hashes[first], left < IN_PAGE ? left : IN_PAGE, salt,
				&joined));
		hashes[i] = joined;
	}
	*n = above;
	return STATUS_OK;
}

enum status apk_tree_join(struct arena *a, const struct digest_job *jobs, size_t n,
			  struct apk_tree_join *how, struct digest *root)
{
	struct digest *hashes = ARENA_NEW(a, struct digest, n + 1);
	struct span stored = how->stored;

	if (!hashes)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n; i++)
		hashes[i] = jobs[i].result;
	how->differs = stored.len > 0 && !level_is_stored(&stored, hashes, n);
	while (n > 1) {
		TRY(level_join(hashes, &n, how->salt));
		if (n > 1 && how->stored.len > 0 && !how->differs)
			how->differs = !level_is_stored(&stored, hashes, n);
	}
	how->differs = how->differs || stored.len > 0;
	*root = hashes[0];
	return STATUS_OK;
}
