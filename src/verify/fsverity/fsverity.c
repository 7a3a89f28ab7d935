/* SPDX-License-Identifier: MIT */
/*
 * fs-verity: built-in signatures, detached (kernel: fs/verity/signature.c).
 *
 * A tree of SHA-256 over blocks of 4096 bytes, without salt: what `fsverity
 * sign` makes when nothing else is asked of it; neither stands in a detached
 * signature.  A PKCS #7 message without attributes signs {"FSVerity",
 * algorithm, length, digest}.  Leaves are digest jobs, everything above them is
 * computed here.
 */
#include "verify/fsverity/fsverity.h"

#include "base/buffer.h"
#include "verify/kernel_message.h"
#include "verify/message.h"

#define SHA256_NUMBER    1
#define SHA256_BYTES     32
#define BLOCK_LOG2       12
#define DESCRIPTOR_BYTES 256
#define PER_BLOCK        (FSVERITY_BLOCK / SHA256_BYTES)
#define SIGNATURES_MAX   8

struct item {
	const struct claim *claim;
	struct cms cms;
	enum status status; /* of reading it */
};

struct state {
	struct item items[SIGNATURES_MAX];
	size_t n, n_leaves;
	uint64_t size;
};

static void zeros_add(struct buffer *b, size_t n)
{
	static const uint8_t zeros[FSVERITY_BLOCK];

	buffer_add(b, span_clip(SPAN_OF(zeros), 0, n));
}

/* One level of the tree from the one below it: the hashes of its blocks. */
static enum status level_up(struct buffer *level)
{
	CLEANUP(buffer_free) struct buffer above = BUFFER_INIT;
	size_t rest = level->len % FSVERITY_BLOCK;

	if (rest)
		zeros_add(level, FSVERITY_BLOCK - rest);
	TRY(buffer_status(level));
	for (uint64_t at = 0; at < level->len; at += FSVERITY_BLOCK) {
		struct span block = span_clip(buffer_span(level), at, FSVERITY_BLOCK);
		struct digest digest;

		TRY(digest_of(DIGEST_SHA256, &block, 1, &digest));
		buffer_add(&above, digest_span(&digest));
	}
	buffer_clear(level);
	buffer_add(level, buffer_span(&above));
	return buffer_status(level);
}

enum status fsverity_digest(const struct digest_job *leaves, size_t n, uint64_t size,
			    struct digest *out)
{
	CLEANUP(buffer_free) struct buffer level = BUFFER_INIT, descriptor = BUFFER_INIT;
	struct span whole;

	for (size_t i = 0; i < n; i++)
		buffer_add(&level, digest_span(&leaves[i].result));
	TRY(buffer_status(&level));
	while (level.len > SHA256_BYTES)
		TRY(level_up(&level));
	buffer_char(&descriptor, 1); /* version */
	buffer_char(&descriptor, SHA256_NUMBER);
	buffer_char(&descriptor, BLOCK_LOG2);
	zeros_add(&descriptor, 1 + 4); /* salt, length of a signature */
	buffer_u64le(&descriptor, size);
	buffer_add(&descriptor, buffer_span(&level)); /* none of an empty file */
	zeros_add(&descriptor, DESCRIPTOR_BYTES - descriptor.len);
	TRY(buffer_status(&descriptor));
	whole = buffer_span(&descriptor);
	return digest_of(DIGEST_SHA256, &whole, 1, out);
}

/* One job for each block. */
static enum status leaves_plan(struct arena *a, struct scheme_case *c, struct state *state,
			       struct scheme_work *out)
{
	uint64_t n = (state->size + FSVERITY_BLOCK - 1) / FSVERITY_BLOCK;
	struct piece *pieces;

	/* A page of memory for each page of the file would be too much long before this. */
	if (n * (sizeof(*pieces) * 2 + 2 * sizeof(struct digest_job)) >
	    (a->limit - a->used) / 2) {
		finding_add(c->findings, "limit.fsverity", (struct range){ 0, state->size },
			    NULL, NULL);
		return STATUS_LIMIT;
	}
	pieces = ARENA_NEW(a, struct piece, (size_t)n + 2);
	out->jobs = ARENA_NEW(a, struct digest_job, (size_t)n + 1);
	if (!pieces || !out->jobs)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n; i++) {
		uint64_t off = (uint64_t)i * FSVERITY_BLOCK, left = state->size - off;
		bool whole = left >= FSVERITY_BLOCK;

		pieces[i] = (struct piece){
			.kind = PIECE_RANGE, .range = {off, whole ? FSVERITY_BLOCK : left}
		};
		if (!whole)
			pieces[i + 1] = (struct piece){
				.kind = PIECE_ZEROS, .range = {0, FSVERITY_BLOCK - left}
			};
		out->jobs[i] = (struct digest_job){
			.algorithm = DIGEST_SHA256, .covered = {&pieces[i], whole ? 1 : 2}
		};
	}
	out->n_jobs = state->n_leaves = (size_t)n;
	return STATUS_OK;
}

static enum status fsverity_begin(struct arena *a, struct scheme_case *c,
				  struct scheme_work *out)
{
	struct state *state = ARENA_NEW(a, struct state, 1);
	bool wanted = false;

	if (!state)
		return STATUS_NO_MEMORY;
	*out = (struct scheme_work){ .state = state };
	for (const struct claim *claim = scheme_claim(&scheme_fsverity, c->box->claims);
	     claim && state->n < SIGNATURES_MAX;
	     claim = scheme_claim(&scheme_fsverity, claim->next)) {
		struct item *item = &state->items[state->n++];
		struct span rest;

		item->claim = claim;
		state->size = claim->covered->pieces[0].range.len;
		item->status = cms_read(a, claim->signature, 0, c->findings, &item->cms, &rest);
		if (item->status == STATUS_NO_MEMORY || item->status == STATUS_LIMIT)
			return item->status;
		wanted |= item->status == STATUS_OK;
	}
	return wanted ? leaves_plan(a, c, state, out) : STATUS_OK;
}

/* What is signed: the digest with its kind. */
static enum status content_digest(const struct digest *file, enum digest_algorithm algorithm,
				  struct digest *out)
{
	const struct span parts[] = {
		SPAN_LITERAL("FSVerity"),
		SPAN_LITERAL("\x01\x00\x20\x00"), /* algorithm, length */
		digest_span(file),
	};

	return digest_of(algorithm, parts, COUNT_OF(parts), out);
}

static enum status item_finish(struct arena *a, struct scheme_case *c, const struct item *item,
			       const struct digest *file, struct fact *fact)
{
	struct digest content;
	enum status status;

	fact->signature = ASSAY_SIGNATURE_BAD;
	if (item->status != STATUS_OK || item->cms.n_signers != 1) {
		fact->problem = "it is no message with one signer";
		return STATUS_OK;
	}
	fact->cms = &item->cms;
	fact->signer = &item->cms.signers[0];
	fact->problem = kernel_message_refused(&item->cms);
	if (fact->problem)
		return STATUS_OK;
	status = content_digest(file, fact->signer->digest, &content);
	if (status == STATUS_UNSUPPORTED) {
		fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
		fact->problem = "a hash algorithm that is not built in";
		return STATUS_OK;
	}
	TRY(status);
	TRY(fact_mathematics_detached(a, c, fact, TRUST_FSVERITY, &content));
	if (fact->signature != ASSAY_SIGNATURE_GOOD)
		return STATUS_OK;
	TRY(fact_times(a, c, fact, TRUST_FSVERITY));
	return fact_trust(a, c, fact, TRUST_FSVERITY, DIGEST_SHA256);
}

static enum status fsverity_finish(struct arena *a, struct scheme_case *c,
				   struct scheme_work *work, struct fact **out)
{
	const struct state *state = (const struct state *)work->state;
	struct digest file = { .algorithm = DIGEST_NONE };

	*out = NULL;
	TRY(fsverity_digest(work->jobs, state->n_leaves, state->size, &file));
	for (size_t i = 0; i < state->n; i++) {
		struct fact *fact = fact_new(a, c, state->items[i].claim);

		if (!fact)
			return STATUS_NO_MEMORY;
		*out = fact;
		out = &fact->next;
		TRY(item_finish(a, c, &state->items[i], &file, fact));
	}
	return STATUS_OK;
}

const struct scheme scheme_fsverity = {
	.name = "fsverity",
	.begin = fsverity_begin,
	.finish = fsverity_finish,
};
