/* SPDX-License-Identifier: MIT */
/*
 * Every proof must hold, over one digest of the header's signed octets and the
 * archive; and one of the keys must be the one that gives the extension its id.
 */
#include "verify/crx/crx_scheme.h"

#include "base/slot.h"
#include "formats/crx/crx.h"

#define CONTEXT_BYTES 20 /* "CRX3 SignedData\0" and the length of the signed header */

struct crx_state {
	const struct crx_file *crx;
	struct fact *facts[CRX_MAX_PROOFS];
	struct digest_job *job;
};

/* "CRX3 SignedData\0" | le32 length | signed header */
static struct span context_make(struct arena *a, const struct crx_file *crx)
{
	uint64_t len = crx->signed_header.len;
	const uint8_t octets[4] = { (uint8_t)len, (uint8_t)(len >> 8), (uint8_t)(len >> 16),
				    (uint8_t)(len >> 24) };
	struct slot s = { NULL, CONTEXT_BYTES + crx->signed_header.len };

	s.ptr = ARENA_NEW(a, uint8_t, s.len);
	if (!s.ptr || !slot_put(s, 0, SPAN_LITERAL("CRX3 SignedData\0")) ||
	    !slot_put(s, 16, SPAN_OF(octets)) ||
	    !slot_put(s, CONTEXT_BYTES, crx->signed_header))
		return SPAN_NONE;
	return slot_span(s);
}

static enum status crx_begin(struct arena *a, struct scheme_case *c, struct scheme_work *out)
{
	struct crx_state *state = ARENA_NEW(a, struct crx_state, 1);
	struct digest_job *job = ARENA_NEW(a, struct digest_job, 1);
	struct piece *pieces = ARENA_NEW(a, struct piece, 2);
	size_t i = 0;

	if (!state || !job || !pieces)
		return STATUS_NO_MEMORY;
	state->crx = c->box->crx;
	pieces[0] =
		(struct piece){ .kind = PIECE_LITERAL, .literal = context_make(a, state->crx) };
	if (!pieces[0].literal.ptr)
		return STATUS_NO_MEMORY;
	pieces[1] = (struct piece){ .kind = PIECE_RANGE, .range = state->crx->archive };
	*job = (struct digest_job){
		.algorithm = DIGEST_SHA256, .covered = {pieces, 2}
	};
	for (const struct claim *claim = scheme_claim(&scheme_crx, c->box->claims); claim;
	     claim = scheme_claim(&scheme_crx, claim->next)) {
		state->facts[i] = fact_new(a, c, claim);
		if (!state->facts[i])
			return STATUS_NO_MEMORY;
		state->facts[i++]->covered = &job->covered;
	}
	*out = (struct scheme_work){ .state = state, .jobs = job, .n_jobs = 1 };
	c->findings->signature = -1;
	return STATUS_OK;
}

/* The id in the letters that people know: a to p for the digits of a hexadecimal number. */
static const char *id_text(struct arena *a, struct span id)
{
	char letters[2 * CRX_ID_BYTES + 1] = "";

	for (size_t i = 0; i < CRX_ID_BYTES; i++) {
		letters[2 * i] = (char)('a' + (span_at(id, i) >> 4));
		letters[2 * i + 1] = (char)('a' + (span_at(id, i) & 15));
	}
	return arena_string(a, SPAN_TEXT(letters));
}

/* A proof that does not hold: of an RSA key it shows which other bytes were signed. */
static enum status proof_open(const struct signature_check *check, bool readable,
			      struct fact *fact)
{
	struct digest opened = { .algorithm = DIGEST_NONE };

	if (readable && check->algorithm->key == KEY_RSA)
		TRY(signature_recover(check->key, check->algorithm, check->signature, &opened));
	if (opened.algorithm == DIGEST_NONE) {
		fact->problem = "the signature value is wrong";
		return STATUS_OK;
	}
	fact->signature = ASSAY_SIGNATURE_GOOD;
	fact->binding = ASSAY_BINDING_MODIFIED;
	fact->signed_digest = opened;
	return STATUS_OK;
}

static enum status proof_judge(struct arena *a, struct scheme_case *c,
			       const struct crx_state *state, size_t i)
{
	const struct crx_proof *proof = &state->crx->proofs[i];
	const struct signature_algorithm how = { .key = proof->ecdsa ? KEY_EC : KEY_RSA,
						 .digest = DIGEST_SHA256 };
	struct fact *fact = state->facts[i];
	struct public_key key;
	struct signature_check check = { .key = &key,
					 .algorithm = &how,
					 .hash = &state->job->result,
					 .signature = proof->signature };
	struct digest known_by;
	enum signature_result result = SIGNATURE_NOT_SUPPORTED;
	enum status status = public_key_read(proof->key, &key);

	fact->signature = ASSAY_SIGNATURE_BAD;
	if (status == STATUS_NO_MEMORY)
		return status;
	fact->signed_digest = fact->computed_digest = state->job->result;
	if (status == STATUS_OK)
		result = signature_verify(&check);
	TRY(signature_computed(result));
	if (result == SIGNATURE_OK) {
		fact->signature = ASSAY_SIGNATURE_GOOD;
		fact->binding = ASSAY_BINDING_INTACT;
	} else {
		TRY(proof_open(&check, status == STATUS_OK, fact));
	}
	if (fact->signature != ASSAY_SIGNATURE_GOOD)
		return STATUS_OK;
	fact->judged_at = c->policy.now;
	TRY(digest_of(DIGEST_SHA256, &proof->key, 1, &known_by));
	fact->claimed_signer =
		span_equal(span_clip(digest_span(&known_by), 0, CRX_ID_BYTES), state->crx->id)
			? arena_printf(a, "developer of extension %s",
				       id_text(a, state->crx->id))
			: "publisher of extensions";
	TRY(trust_key_judge(c->store, a, TRUST_CRX, known_by.bytes, fact->claimed_signer,
			    &fact->answer));
	fact->trust = fact->answer.trust;
	return STATUS_OK;
}

/* Is the id that of one of the keys? */
static enum status id_judge(struct scheme_case *c, const struct crx_state *state)
{
	for (size_t i = 0; i < state->crx->n_proofs; i++) {
		struct digest d;

		TRY(digest_of(DIGEST_SHA256, &state->crx->proofs[i].key, 1, &d));
		if (span_equal(span_clip(digest_span(&d), 0, CRX_ID_BYTES), state->crx->id))
			return STATUS_OK;
	}
	finding_add(c->findings, "crx.id-foreign", state->crx->header,
		    "an id that comes from one of the keys", NULL);
	for (size_t i = 0; i < state->crx->n_proofs; i++) {
		state->facts[i]->counterfeit = true;
		state->facts[i]->counterfeit_rule = "verdict.counterfeit-id";
	}
	return STATUS_OK;
}

static enum status crx_finish(struct arena *a, struct scheme_case *c, struct scheme_work *work,
			      struct fact **out)
{
	struct crx_state *state = (struct crx_state *)work->state;

	state->job = work->jobs;
	*out = NULL;
	for (size_t i = state->crx->n_proofs; i > 0; i--) {
		struct fact *fact = state->facts[i - 1];

		c->findings->signature = fact->index;
		TRY(proof_judge(a, c, state, i - 1));
		fact->next = *out;
		*out = fact;
	}
	c->findings->signature = -1;
	return id_judge(c, state);
}

const struct scheme scheme_crx = {
	.name = "crx",
	.begin = crx_begin,
	.finish = crx_finish,
};
