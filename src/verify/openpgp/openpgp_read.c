/* SPDX-License-Identifier: MIT */
/* The first step: signatures out of claims, and the digests that they need. */
#include "base/buffer.h"
#include "verify/openpgp/state.h"

#define JOBS_MAX (OPENPGP_MAX_SIGNATURES + 1 + LISTED_DIGESTS * DEB_PARTS)

static enum status item_add(struct openpgp_state *state, const struct openpgp_item *from)
{
	struct openpgp_item *item = ARENA_NEW(state->arena, struct openpgp_item, 1);

	if (!item)
		return STATUS_NO_MEMORY;
	*item = *from;
	item->next = NULL;
	item->job = NO_JOB;
	if (state->last)
		state->last->next = item;
	else
		state->first = item;
	state->last = item;
	state->n_items++;
	return STATUS_OK;
}

/* All signatures of a block, each an item of its own. */
static enum status block_read(struct openpgp_state *state, struct scheme_case *c,
			      struct openpgp_item *item, struct span block)
{
	const struct openpgp_signature *s;
	enum status status = openpgp_signatures(state->arena, block, &s, &item->problem);

	if (status == STATUS_MALFORMED)
		return item_add(state, item);
	if (status == STATUS_LIMIT)
		finding_add(c->findings, "limit.openpgp", item->claim->where, NULL, NULL);
	TRY(status);
	for (; s; s = s->next) {
		if (state->n_items == OPENPGP_MAX_SIGNATURES) {
			finding_add(c->findings, "limit.openpgp", item->claim->where, NULL,
				    NULL);
			return STATUS_LIMIT;
		}
		item->signature = s;
		TRY(item_add(state, item));
	}
	return STATUS_OK;
}

static enum status armor_read(struct openpgp_state *state, struct scheme_case *c,
			      struct openpgp_item *item)
{
	struct openpgp_armor armor;
	enum status status =
		openpgp_armor_read(state->arena, item->claim->signature, 0, &armor);

	if (status == STATUS_OK && armor.kind == OPENPGP_ARMOR_SIGNATURE)
		return block_read(state, c, item, armor.bytes);
	if (status != STATUS_OK && status != STATUS_MALFORMED && status != STATUS_NOT_MINE)
		return status;
	item->problem =
		status == STATUS_OK ? "the armor holds no signature" : "the armor is malformed";
	return item_add(state, item);
}

static enum status clear_read(struct openpgp_state *state, struct scheme_case *c,
			      struct openpgp_item *item)
{
	struct openpgp_cleartext text;
	enum status status =
		openpgp_cleartext_read(state->arena, item->claim->signature, &text);

	item->clear = true;
	item->problem = text.problem;
	if (status == STATUS_MALFORMED || status == STATUS_NOT_MINE)
		return item_add(state, item);
	TRY(status);
	if (text.before.len + text.after.len > 0) {
		item->problem = "bytes stand outside of the text that is signed";
		return item_add(state, item);
	}
	item->text = text.canonical;
	return block_read(state, c, item, text.armor.bytes);
}

static enum status claim_read(struct openpgp_state *state, struct scheme_case *c,
			      const struct claim *claim)
{
	struct openpgp_item item = { .claim = claim,
				     .of_digest = c->box->appimage && !claim->companion };

	if (openpgp_clearsigned(claim->signature))
		return clear_read(state, c, &item);
	if (openpgp_armored(claim->signature))
		return armor_read(state, c, &item);
	return block_read(state, c, &item, claim->signature);
}

enum status openpgp_job_add(struct openpgp_state *state, enum digest_algorithm algorithm,
			    struct coverage covered, size_t *out)
{
	if (state->n_jobs == JOBS_MAX)
		return STATUS_LIMIT;
	*out = state->n_jobs;
	state->jobs[state->n_jobs++] =
		(struct digest_job){ .algorithm = algorithm, .covered = covered };
	return STATUS_OK;
}

static struct piece literal(struct span bytes)
{
	return (struct piece){ .kind = PIECE_LITERAL, .literal = bytes };
}

static bool all_literal(const struct coverage *covered)
{
	for (size_t i = 0; i < covered->n; i++)
		if (covered->pieces[i].kind != PIECE_LITERAL)
			return false;
	return true;
}

/* Salt, what is signed, trailer. */
static enum status item_plan(struct openpgp_state *state, struct openpgp_item *item)
{
	const struct openpgp_signature *s = item->signature;
	const struct coverage *covered = item->claim->covered;
	enum digest_algorithm algorithm = s ? openpgp_digest(s->hash) : DIGEST_NONE;
	struct openpgp_trailer trailer;
	struct piece *pieces;
	size_t n = 0;

	if (!s || s->problem || algorithm == DIGEST_NONE)
		return STATUS_OK;
	if (s->type != OPENPGP_OVER_BINARY && s->type != OPENPGP_OVER_TEXT) {
		item->problem = "a signature over something else than data";
		return STATUS_OK;
	}
	/* Text has ends of lines of its own (RFC 9580 5.2.4), which a digest job does not. */
	if (s->type == OPENPGP_OVER_TEXT && !item->clear && !all_literal(covered))
		return STATUS_OK;
	if (item->of_digest)
		return openpgp_job_add(state, DIGEST_SHA256, *covered, &item->job);
	pieces = ARENA_NEW(state->arena, struct piece, covered->n + 4);
	if (!pieces)
		return STATUS_NO_MEMORY;
	TRY(openpgp_trailer(state->arena, s, &trailer));
	pieces[n++] = literal(s->salt);
	if (item->clear)
		pieces[n++] = literal(item->text);
	for (size_t i = 0; i < covered->n && !item->clear; i++)
		pieces[n++] = covered->pieces[i];
	pieces[n++] = literal(trailer.parts[0]);
	pieces[n++] = literal(trailer.parts[1]);
	return openpgp_job_add(state, algorithm, (struct coverage){ pieces, n }, &item->job);
}

static enum status openpgp_begin(struct arena *a, struct scheme_case *c,
				 struct scheme_work *out)
{
	struct openpgp_state *state = ARENA_NEW(a, struct openpgp_state, 1);

	if (!state)
		return STATUS_NO_MEMORY;
	state->arena = a;
	state->payload_job = state->listed_job = NO_JOB;
	state->jobs = ARENA_NEW(a, struct digest_job, JOBS_MAX);
	if (!state->jobs)
		return STATUS_NO_MEMORY;
	for (const struct claim *claim = scheme_claim(&scheme_openpgp, c->box->claims); claim;
	     claim = scheme_claim(&scheme_openpgp, claim->next))
		TRY(claim_read(state, c, claim));
	for (struct openpgp_item *item = state->first; item; item = item->next)
		TRY(item_plan(state, item));
	TRY(openpgp_bind_plan(c, state));
	*out = (struct scheme_work){ state, state->jobs, state->n_jobs };
	return STATUS_OK;
}

/*
 * What the signature must be over.  An AppImage's is over the text of a digest, of
 * which no version of the specification says whether a line ends behind it: by
 * @ended.
 */
static enum status item_hash(struct arena *a, const struct scheme_work *work,
			     const struct openpgp_item *item, bool ended, struct digest *out)
{
	CLEANUP(buffer_free) struct buffer hex = BUFFER_INIT;
	const struct openpgp_signature *s = item->signature;
	const struct digest *result = &work->jobs[item->job].result;
	struct openpgp_trailer trailer;

	*out = *result;
	if (!item->of_digest)
		return STATUS_OK;
	buffer_hex(&hex, digest_span(result));
	buffer_text(&hex, ended ? "\n" : "");
	TRY(buffer_status(&hex));
	TRY(openpgp_trailer(a, s, &trailer));
	return digest_of(openpgp_digest(s->hash),
			 (struct span[]){ s->salt, buffer_span(&hex), trailer.parts[0],
					  trailer.parts[1] },
			 4, out);
}

/* The mathematics, by a known key; what the bytes under a good signature say is openpgp_bind().
 */
static enum status item_verify(struct arena *a, struct scheme_case *c,
			       const struct scheme_work *work, const struct openpgp_item *item,
			       struct fact *fact)
{
	struct openpgp_found found;
	struct digest hash;

	TRY(item_hash(a, work, item, false, &hash));
	TRY(openpgp_key_find(a, c->store, item->signature, &hash, &found));
	if (item->of_digest && found.signer.component && found.result == SIGNATURE_WRONG) {
		TRY(item_hash(a, work, item, true, &hash));
		TRY(openpgp_key_find(a, c->store, item->signature, &hash, &found));
	}
	TRY(openpgp_trust(a, c, item->signature, &found, fact));
	fact->computed_digest = hash;
	if (!found.signer.component)
		return STATUS_OK; /* absent and unchecked: nobody can say */
	switch (found.result) {
	case SIGNATURE_UNKNOWN: return STATUS_NO_MEMORY;
	case SIGNATURE_NOT_SUPPORTED:
		fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
		fact->problem = "the key or its algorithm is not built in";
		return STATUS_OK;
	case SIGNATURE_OK:
		fact->signature = ASSAY_SIGNATURE_GOOD;
		fact->binding = ASSAY_BINDING_INTACT;
		fact->signed_digest = hash;
		return openpgp_bind(c, work, item, fact);
	case SIGNATURE_WRONG: break;
	}
	TRY(openpgp_recover(&found.signer.component->key, item->signature,
			    &fact->signed_digest));
	if (fact->signed_digest.algorithm != DIGEST_NONE) {
		fact->signature = ASSAY_SIGNATURE_GOOD;
		fact->binding = ASSAY_BINDING_MODIFIED;
		return STATUS_OK;
	}
	fact->signature = ASSAY_SIGNATURE_BAD;
	fact->problem = "the key did not make this signature over these bytes";
	return STATUS_OK;
}

static enum status item_finish(struct arena *a, struct scheme_case *c,
			       const struct scheme_work *work, const struct openpgp_item *item,
			       struct fact *fact)
{
	const struct openpgp_signature *s = item->signature;
	const char *problem = item->problem || !s ? item->problem : s->problem;

	fact->signature = ASSAY_SIGNATURE_BAD;
	if (problem || !s) {
		if (s && s->unsupported)
			fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
		fact->problem = problem;
		return STATUS_OK;
	}
	fact->has_claimed_time = s->has_created;
	fact->claimed_time = s->created;
	if (item->job == NO_JOB) {
		fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
		fact->problem = openpgp_digest(s->hash) == DIGEST_NONE
					? "a hash algorithm that is not built in"
					: "a signature over text, beside the text";
		return STATUS_OK;
	}
	fact->signature = ASSAY_SIGNATURE_ABSENT;
	return item_verify(a, c, work, item, fact);
}

static enum status openpgp_finish(struct arena *a, struct scheme_case *c,
				  struct scheme_work *work, struct fact **out)
{
	const struct openpgp_state *state = (const struct openpgp_state *)work->state;
	const struct claim *claim = NULL;
	struct fact **last = out;
	unsigned entry = 0;

	*out = NULL;
	for (const struct openpgp_item *item = state->first; item; item = item->next) {
		struct fact *fact = fact_new(a, c, item->claim);

		if (!fact)
			return STATUS_NO_MEMORY;
		entry += claim && claim != item->claim;
		claim = item->claim;
		fact->entry = entry;
		if (item->signature && !item->clear)
			fact->where = claim_where(claim, item->signature->whole);
		if (fact->where.len == 0)
			fact->where = claim->where;
		*last = fact;
		last = &fact->next;
		TRY(item_finish(a, c, work, item, fact));
	}
	return STATUS_OK;
}

const struct scheme scheme_openpgp = {
	.name = "openpgp",
	.begin = openpgp_begin,
	.finish = openpgp_finish,
};
