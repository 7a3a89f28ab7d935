/* SPDX-License-Identifier: MIT */
/*
 * EVM: a signature over the security attributes of a file, and over its owner and
 * mode (security/integrity/evm/evm_crypto.c; ima-evm-utils evmctl.c).
 *
 * Only the portable kind (05) means anything away from the host: an HMAC (02)
 * needs the host's key, and type 03 counts in inode, generation and file system.
 * It speaks for the bytes of the file through security.ima, which it covers.
 */
#include "base/buffer.h"
#include "verify/ima/state.h"

#define INODE_BYTES 24 /* struct h_misc of a 64-bit kernel */
#define IMA         "security.ima"

struct state {
	struct ima_item item;    /* of security.evm */
	struct ima_item content; /* of security.ima, if that is a signature */
	struct span measured;    /* the digest in it, if that is all it holds */
	bool has_ima;
	struct digest hash; /* of attributes and inode */
	struct digest_job job;
	size_t n_jobs;
};

static void item_read(struct ima_item *item)
{
	struct cursor c = cursor_at(item->claim->signature, 0);
	uint8_t type = cursor_u8(&c);

	if (type == IMA_PORTABLE) {
		ima_header_read(&c, item);
		return;
	}
	item->unsupported = true;
	item->problem = type == IMA_HMAC
				? "a sum whose key only its own host has"
				: "a signature that holds for one inode of one file system";
}

/* security.ima names the bytes: by their digest, or by a signature over it. */
static void content_read(struct state *state, const struct companions *companions)
{
	const struct companion *ima = companion_find(companions, IMA);
	struct cursor c = cursor_at(ima ? ima->bytes : SPAN_NONE, 0);
	struct ima_item *content = &state->content;
	uint8_t type = cursor_u8(&c);

	state->has_ima = ima != NULL;
	if (type == IMA_SIGNATURE) {
		ima_header_read(&c, content);
		return;
	}
	if (type == IMA_DIGEST)
		content->algorithm = DIGEST_SHA1;
	else if (type == IMA_DIGEST_NAMED)
		content->algorithm = ima_digest(cursor_u8(&c));
	state->measured = cursor_take(&c, digest_size(content->algorithm));
	if (!cursor_ok(&c) || cursor_left(&c) != 0 || content->algorithm == DIGEST_NONE)
		content->problem = "security.ima is of no kind that is built in";
}

/* Values in the order of the kernel, whatever their names; then the inode without number. */
static enum status attributes_hash(struct state *state, const struct companions *companions)
{
	const struct companion_inode *inode = &companions->inode;
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct span whole;

	for (size_t i = 0; i < n_companion_attributes; i++) {
		const struct companion *c = companion_find(companions, companion_attributes[i]);

		if (c)
			buffer_add(&b, c->bytes);
	}
	buffer_u64le(&b, 0);
	buffer_u32le(&b, 0);
	buffer_u32le(&b, inode->uid);
	buffer_u32le(&b, inode->gid);
	buffer_u16le(&b, inode->mode);
	buffer_u16le(&b, 0);
	TRY(buffer_status(&b));
	whole = buffer_span(&b);
	return digest_of(state->item.algorithm, &whole, 1, &state->hash);
}

static enum status evm_begin(struct arena *a, struct scheme_case *c, struct scheme_work *out)
{
	const struct claim *claim = scheme_claim(&scheme_evm, c->box->claims);
	struct state *state = ARENA_NEW(a, struct state, 1);

	if (!state)
		return STATUS_NO_MEMORY;
	*out = (struct scheme_work){ state, &state->job, 0 };
	state->item = (struct ima_item){ .claim = claim, .job = IMA_NO_JOB };
	item_read(&state->item);
	if (state->item.problem)
		return STATUS_OK;
	TRY(attributes_hash(state, c->companions));
	content_read(state, c->companions);
	if (state->content.problem)
		return STATUS_OK;
	state->job = (struct digest_job){ .algorithm = state->content.algorithm,
					  .covered = *claim->covered };
	out->n_jobs = 1;
	return STATUS_OK;
}

static const char *inode_say(struct arena *a, const struct companions *companions)
{
	return arena_printf(a, "mode %o, owner %u:%u", companions->inode.mode,
			    companions->inode.uid, companions->inode.gid);
}

/* The bytes are what security.ima says, as far as that can be said. */
static enum status content_bind(struct scheme_case *c, const struct state *state,
				const struct digest *content, struct fact *fact)
{
	const struct signature_algorithm rsa = { .key = KEY_RSA };
	struct ima_found found = { .known = false };

	ima_weigh(content->algorithm, fact);
	fact->computed_digest = *content;
	fact->signed_digest = (struct digest){ .algorithm = content->algorithm };
	(void)span_copy(fact->signed_digest.bytes, sizeof(fact->signed_digest.bytes),
			state->measured);
	if (state->content.signature.len > 0) {
		TRY(ima_key_find(c->store, &state->content, content, &found));
		fact->signed_digest = (struct digest){ .algorithm = DIGEST_NONE };
		if (found.known && found.result == SIGNATURE_OK)
			fact->signed_digest = *content;
		else if (found.known && found.key.type == KEY_RSA)
			TRY(signature_recover(&found.key, &rsa, state->content.signature,
					      &fact->signed_digest));
	}
	if (fact->signed_digest.algorithm == DIGEST_NONE) {
		fact->binding = ASSAY_BINDING_PARTIAL;
		fact->partial_rule = "verdict.partial-coverage";
		finding_add(c->findings, "evm.content-unchecked", fact->where, NULL,
			    "security.ima is signed by a key that is not known");
		return STATUS_OK;
	}
	fact->binding = digest_equal(content, digest_span(&fact->signed_digest))
				? ASSAY_BINDING_INTACT
				: ASSAY_BINDING_MODIFIED;
	return STATUS_OK;
}

static enum status signature_judge(struct arena *a, struct scheme_case *c,
				   const struct state *state, const struct digest_job *job,
				   struct fact *fact)
{
	const char *problem = state->has_ima ? state->content.problem : "no security.ima";

	fact->computed_digest = state->hash;
	TRY(ima_verify(a, c, &state->item, fact));
	if (fact->signature != ASSAY_SIGNATURE_GOOD)
		return STATUS_OK;
	if (fact->binding == ASSAY_BINDING_MODIFIED) {
		const char *inode = inode_say(a, c->companions);

		if (!inode)
			return STATUS_NO_MEMORY;
		finding_add(c->findings, "evm.attributes-differ", fact->where, NULL, inode);
		return STATUS_OK;
	}
	if (!problem)
		return content_bind(c, state, &job->result, fact);
	/* The kernel refuses it, too. */
	fact->binding = ASSAY_BINDING_PARTIAL;
	fact->partial_rule = "verdict.partial-coverage";
	finding_add(c->findings, "evm.content-unchecked", fact->where, NULL, problem);
	return STATUS_OK;
}

static enum status evm_finish(struct arena *a, struct scheme_case *c, struct scheme_work *work,
			      struct fact **out)
{
	const struct state *state = (const struct state *)work->state;
	struct fact *fact = fact_new(a, c, state->item.claim);

	*out = fact;
	if (!fact)
		return STATUS_NO_MEMORY;
	fact->problem = state->item.problem;
	fact->signature =
		state->item.unsupported ? ASSAY_SIGNATURE_UNSUPPORTED : ASSAY_SIGNATURE_BAD;
	return fact->problem ? STATUS_OK : signature_judge(a, c, state, work->jobs, fact);
}

const struct scheme scheme_evm = { "evm", evm_begin, evm_finish };
