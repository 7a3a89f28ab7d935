/* SPDX-License-Identifier: MIT */
/*
 * The digest of everything but the signing block.
 *
 * Three pieces: what stands before the block, the central directory, and what
 * stands behind it, with the offset of the directory replaced by that of the
 * block.  Either each piece is cut into chunks of 1 MiB, whose digests are
 * digested again; or all of it is one Merkle tree of 4 KiB pages.
 */
#include "verify/apk/tree.h"

#include "base/slot.h"

#define CHUNK      ((uint64_t)1 << 20)
#define SALT_BYTES 8

static enum digest_algorithm algorithm_of(enum apk_content content)
{
	return content == CONTENT_CHUNKED_SHA512 ? DIGEST_SHA512 : DIGEST_SHA256;
}

/* The part [@off, @off + @len) of a piece. */
static struct piece piece_part(const struct piece *p, uint64_t off, uint64_t len)
{
	struct piece part = *p;

	part.literal = span_clip(p->literal, off, len);
	part.range = (struct range){ p->range.off + off, len };
	return part;
}

static void three_pieces(const struct apk_contents *c, struct piece out[3])
{
	out[0] = (struct piece){ .kind = PIECE_RANGE, .range = c->entries };
	out[1] = c->central;
	out[2] = (struct piece){ .kind = PIECE_LITERAL, .literal = c->end };
}

static struct apk_tree tree_of(const struct apk_contents *c)
{
	struct apk_tree tree = { .n_pieces = 3, .salt = SALT_BYTES };

	three_pieces(c, tree.pieces);
	return tree;
}

static size_t chunks_of(const struct apk_contents *c)
{
	struct piece three[3];
	size_t n = 0;

	three_pieces(c, three);
	for (size_t i = 0; i < 3; i++)
		n += (size_t)((apk_piece_len(&three[i]) + CHUNK - 1) / CHUNK);
	return n;
}

static size_t jobs_of(const struct apk_contents *c, enum apk_content content)
{
	const struct apk_tree tree = tree_of(c);

	return content == CONTENT_VERITY ? apk_tree_pages(&tree) : chunks_of(c);
}

/* { 0xa5, length } as a literal. */
static struct span chunk_head(struct arena *a, uint64_t len)
{
	struct slot head = { ARENA_NEW(a, uint8_t, 5), 5 };
	const uint8_t bytes[5] = { 0xa5, (uint8_t)len, (uint8_t)(len >> 8),
				   (uint8_t)(len >> 16), (uint8_t)(len >> 24) };

	return head.ptr && slot_put(head, 0, SPAN_OF(bytes)) ? slot_span(head) : SPAN_NONE;
}

static enum status chunks_plan(struct arena *a, const struct apk_contents *c,
			       enum digest_algorithm algorithm, struct digest_job *jobs)
{
	struct piece *pieces = ARENA_NEW(a, struct piece, 2 * chunks_of(c) + 1);
	struct piece three[3];
	size_t n = 0;

	if (!pieces)
		return STATUS_NO_MEMORY;
	three_pieces(c, three);
	for (size_t i = 0; i < 3; i++) {
		uint64_t whole = apk_piece_len(&three[i]);

		for (uint64_t off = 0; off < whole; off += CHUNK, n++) {
			uint64_t len = whole - off < CHUNK ? whole - off : CHUNK;
			struct piece *two = &pieces[2 * n];

			two[0].kind = PIECE_LITERAL;
			two[0].literal = chunk_head(a, len);
			if (!two[0].literal.ptr)
				return STATUS_NO_MEMORY;
			two[1] = piece_part(&three[i], off, len);
			jobs[n] = (struct digest_job){
				.algorithm = algorithm, .covered = {two, 2}
			};
		}
	}
	return STATUS_OK;
}

/* @bytes with @value as u32 at @off. */
static struct span with_u32(struct arena *a, struct span bytes, uint64_t off, uint64_t value)
{
	struct slot copy = { ARENA_NEW(a, uint8_t, bytes.len + 1), bytes.len };
	const uint8_t octets[4] = { (uint8_t)value, (uint8_t)(value >> 8),
				    (uint8_t)(value >> 16), (uint8_t)(value >> 24) };

	if (!copy.ptr || !slot_put(copy, 0, bytes) || !slot_put(copy, off, SPAN_OF(octets)))
		return SPAN_NONE;
	return slot_span(copy);
}

/* The contents as they are. */
static enum status whole_make(struct arena *a, struct apk_state *state)
{
	const struct apk_file *apk = state->apk;

	state->whole = (struct apk_contents){
		.wanted = true,
		.entries = {0,                    apk->block.off       },
		.central = { .kind = PIECE_RANGE, .range = apk->central},
		.end = with_u32(a, apk->end, apk->end_record + 16, apk->block.off),
	};
	return state->whole.end.ptr ? STATUS_OK : STATUS_NO_MEMORY;
}

/* Each offset of the central directory, made smaller by @added. */
static enum status central_undo(struct arena *a, const struct apk_state *state, uint64_t added,
				struct piece *out)
{
	struct slot copy = { NULL, state->apk->central_bytes.len };

	if (added == 0 || state->zip->delta != 0)
		return STATUS_OK; /* who did not count the bytes changed nothing here */
	copy.ptr = ARENA_NEW(a, uint8_t, copy.len + 1);
	if (!copy.ptr || !slot_put(copy, 0, state->apk->central_bytes))
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < state->zip->n_entries; i++) {
		const struct zip_entry *e = &state->zip->entries[i];
		uint64_t at = e->central - state->apk->central.off, off = e->header.off - added;
		const uint8_t octets[4] = { (uint8_t)off, (uint8_t)(off >> 8),
					    (uint8_t)(off >> 16), (uint8_t)(off >> 24) };

		if (e->header.off < added || !slot_put(copy, at + 42, SPAN_OF(octets)))
			return STATUS_OK; /* no archive that could be undone */
	}
	*out = (struct piece){ .kind = PIECE_LITERAL, .literal = slot_span(copy) };
	return STATUS_OK;
}

/*
 * The contents without what was added before the first entry and behind the
 * end: if that is what was signed, it is proven what was done to the file.
 */
static enum status undone_make(struct arena *a, struct apk_state *state)
{
	const struct apk_file *apk = state->apk;
	uint64_t behind = apk->end.len, added = 0;

	for (size_t i = 0; i < state->zip->n_holes; i++) {
		if (state->zip->holes[i].kind == ZIP_HOLE_PREFIX)
			added = state->zip->holes[i].where.len;
		if (state->zip->holes[i].kind == ZIP_HOLE_TRAILING)
			behind -= state->zip->holes[i].where.len;
	}
	if ((added == 0 && behind == apk->end.len) || added > apk->block.off)
		return STATUS_OK;
	state->undone = (struct apk_contents){
		.wanted = true,
		.entries = {added, apk->block.off - added},
		.central = state->whole.central,
		.end = with_u32(a, span_clip(apk->end, 0, behind), apk->end_record + 16,
				apk->block.off - added),
	};
	if (!state->undone.end.ptr)
		return STATUS_NO_MEMORY;
	return central_undo(a, state, added, &state->undone.central);
}

static void wants_find(const struct apk_state *state, bool wanted[APK_CONTENTS])
{
	for (const struct apk_signer *s = state->signers; s; s = s->next)
		if (s->best)
			wanted[s->best->content] = true;
	wanted[CONTENT_NONE] = false;
}

static size_t jobs_count(struct apk_contents *c, const bool wanted[APK_CONTENTS], size_t at)
{
	for (size_t i = 1; c->wanted && i < APK_CONTENTS; i++) {
		c->first_job[i] = at;
		c->n_jobs[i] = wanted[i] ? jobs_of(c, (enum apk_content)i) : 0;
		at += c->n_jobs[i];
	}
	return at;
}

static enum status jobs_fill(struct arena *a, const struct apk_contents *c,
			     struct digest_job *jobs)
{
	for (size_t i = 1; i < APK_CONTENTS; i++) {
		enum apk_content content = (enum apk_content)i;
		const struct apk_tree tree = tree_of(c);

		if (c->n_jobs[i] == 0)
			continue;
		if (content == CONTENT_VERITY)
			TRY(apk_tree_plan(a, &tree, &jobs[c->first_job[i]]));
		else
			TRY(chunks_plan(a, c, algorithm_of(content), &jobs[c->first_job[i]]));
	}
	return STATUS_OK;
}

enum status apk_contents_plan(struct arena *a, struct scheme_case *c, struct apk_state *state)
{
	bool wanted[APK_CONTENTS] = { false };

	if (state->apk->block.len == 0)
		return STATUS_OK;
	TRY(whole_make(a, state));
	TRY(undone_make(a, state));
	wants_find(state, wanted);
	state->n_contents_jobs = jobs_count(&state->whole, wanted, 0);
	state->n_contents_jobs = jobs_count(&state->undone, wanted, state->n_contents_jobs);
	if (state->n_contents_jobs > APK_MAX_JOBS) {
		finding_add(c->findings, "limit.apk-pages", (struct range){ 0, 0 }, NULL, NULL);
		return STATUS_LIMIT;
	}
	state->jobs = ARENA_NEW(a, struct digest_job,
				state->n_contents_jobs + state->entries.n_jobs + 1);
	if (!state->jobs)
		return STATUS_NO_MEMORY;
	TRY(jobs_fill(a, &state->whole, state->jobs));
	return jobs_fill(a, &state->undone, state->jobs);
}

/* H(0x5a | number of chunks | their digests) */
static enum status chunks_join(struct arena *a, const struct digest_job *jobs, size_t n,
			       enum digest_algorithm algorithm, struct digest *out)
{
	const uint8_t head[5] = { 0x5a, (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16),
				  (uint8_t)(n >> 24) };
	struct span *parts = ARENA_NEW(a, struct span, n + 1);

	if (!parts)
		return STATUS_NO_MEMORY;
	parts[0] = SPAN_OF(head);
	for (size_t i = 0; i < n; i++)
		parts[i + 1] = digest_span(&jobs[i].result);
	return digest_of(algorithm, parts, n + 1, out);
}

static enum status contents_join(struct arena *a, struct apk_contents *c,
				 const struct digest_job *jobs)
{
	for (size_t i = 1; i < APK_CONTENTS; i++) {
		const struct digest_job *first = &jobs[c->first_job[i]];
		enum apk_content content = (enum apk_content)i;
		struct apk_tree_join how = { .salt = SALT_BYTES };

		if (c->n_jobs[i] == 0)
			continue;
		if (content == CONTENT_VERITY)
			TRY(apk_tree_join(a, first, c->n_jobs[i], &how, &c->result[i]));
		else
			TRY(chunks_join(a, first, c->n_jobs[i], algorithm_of(content),
					&c->result[i]));
	}
	return STATUS_OK;
}

enum status apk_contents_join(struct arena *a, struct apk_state *state)
{
	TRY(contents_join(a, &state->whole, state->jobs));
	return contents_join(a, &state->undone, state->jobs);
}

bool apk_contents_equal(const struct apk_contents *c, enum apk_content content,
			struct span value)
{
	struct cursor size = cursor_at(value, TREE_HASH);
	const struct apk_tree tree = tree_of(c);

	if (!c->wanted || c->n_jobs[content] == 0)
		return false;
	if (content != CONTENT_VERITY)
		return digest_equal(&c->result[content], value);
	return digest_equal(&c->result[content], span_clip(value, 0, TREE_HASH)) &&
	       cursor_u64le(&size) == apk_tree_len(&tree) && cursor_ok(&size) &&
	       cursor_left(&size) == 0;
}
