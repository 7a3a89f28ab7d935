/* SPDX-License-Identifier: MIT */
/*
 * IMA: {03, 02, hash algorithm, key id, length, signature} over the file's hash
 * (security/integrity/integrity.h, signature_v2_hdr; ima-evm-utils imaevm.h).
 *
 * The key id is the end of the key's identifier: a hint.  Neither certificate nor
 * time travels along, so only the key itself can be believed.  Type 06 signs the
 * fs-verity digest under another header and is only recognised.
 */
#include "verify/ima/state.h"

#define SIGNATURES_MAX 16 /* of one file */

struct state {
	struct ima_item items[SIGNATURES_MAX];
	size_t n;
	struct digest_job jobs[SIGNATURES_MAX];
	size_t n_jobs;
};

static void item_read(struct ima_item *item)
{
	struct cursor c = cursor_at(item->claim->signature, 0);
	uint8_t type = cursor_u8(&c);

	if (type == IMA_SIGNATURE) {
		ima_header_read(&c, item);
		return;
	}
	item->unsupported = true;
	item->problem = "a signature over the fs-verity digest";
}

/* Nothing but the signature, as `openssl dgst -sha256 -sign` makes it. */
static void raw_read(struct ima_item *item)
{
	item->algorithm = DIGEST_SHA256;
	item->signature = item->claim->signature;
}

static enum status begin(struct arena *a, struct scheme_case *c, struct scheme_work *out,
			 const struct scheme *scheme)
{
	struct state *state = ARENA_NEW(a, struct state, 1);

	if (!state)
		return STATUS_NO_MEMORY;
	for (const struct claim *claim = scheme_claim(scheme, c->box->claims);
	     claim && state->n < SIGNATURES_MAX; claim = scheme_claim(scheme, claim->next)) {
		struct ima_item *item = &state->items[state->n++];

		*item = (struct ima_item){ .claim = claim, .job = IMA_NO_JOB };
		if (scheme == &scheme_ima)
			item_read(item);
		else
			raw_read(item);
		if (item->problem)
			continue;
		item->job = state->n_jobs;
		state->jobs[state->n_jobs++] =
			(struct digest_job){ .algorithm = item->algorithm,
					     .covered = *claim->covered };
	}
	*out = (struct scheme_work){ state, state->jobs, state->n_jobs };
	return STATUS_OK;
}

static enum status item_finish(struct arena *a, struct scheme_case *c,
			       const struct ima_item *item, const struct digest_job *jobs,
			       struct fact *fact)
{
	fact->signature = item->unsupported ? ASSAY_SIGNATURE_UNSUPPORTED : ASSAY_SIGNATURE_BAD;
	fact->problem = item->problem;
	if (item->problem)
		return STATUS_OK;
	fact->computed_digest = jobs[item->job].result;
	return ima_verify(a, c, item, fact);
}

static enum status finish(struct arena *a, struct scheme_case *c, struct scheme_work *work,
			  struct fact **out)
{
	const struct state *state = (const struct state *)work->state;

	*out = NULL;
	for (size_t i = 0; i < state->n; i++) {
		struct fact *fact = fact_new(a, c, state->items[i].claim);

		if (!fact)
			return STATUS_NO_MEMORY;
		*out = fact;
		out = &fact->next;
		TRY(item_finish(a, c, &state->items[i], work->jobs, fact));
	}
	return STATUS_OK;
}

static enum status ima_begin(struct arena *a, struct scheme_case *c, struct scheme_work *out)
{
	return begin(a, c, out, &scheme_ima);
}

static enum status raw_begin(struct arena *a, struct scheme_case *c, struct scheme_work *out)
{
	return begin(a, c, out, &scheme_raw);
}

const struct scheme scheme_ima = { "ima", ima_begin, finish };
const struct scheme scheme_raw = { "raw", raw_begin, finish };
