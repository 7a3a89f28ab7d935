/* SPDX-License-Identifier: MIT */
/* Reading bundles: Sigstore bundle format 0.1 to 0.3, as protobuf writes it in JSON. */
#include "base/base64.h"
#include "verify/sigstore/state.h"

#define IN_TOTO "application/vnd.in-toto+json"

/* Both spellings. */
static const struct {
	const char *type;
	unsigned version;
} media_types[] = {
	{"application/vnd.dev.sigstore.bundle+json;version=0.1",  1},
	{ "application/vnd.dev.sigstore.bundle+json;version=0.2", 2},
	{ "application/vnd.dev.sigstore.bundle+json;version=0.3", 3},
	{ "application/vnd.dev.sigstore.bundle.v0.1+json",        1},
	{ "application/vnd.dev.sigstore.bundle.v0.2+json",        2},
	{ "application/vnd.dev.sigstore.bundle.v0.3+json",        3},
};

/* A bundle while it is read: the first thing that is wrong is told. */
struct reading {
	struct arena *arena;
	struct sigstore_bundle *out;
	const char *problem;
	bool unsupported;
};

static enum status wrong(struct reading *r, const char *why)
{
	if (!r->problem)
		r->problem = why;
	return STATUS_OK;
}

enum status sigstore_octets(struct arena *a, const struct json_value *v, const char *name,
			    struct span *out)
{
	struct span text = json_member_text(v, name);
	enum status status;

	*out = SPAN_NONE;
	if (text.len == 0)
		return STATUS_OK;
	status = base64_decode_span(a, text, out);
	if (status == STATUS_MALFORMED)
		*out = SPAN_NONE;
	return status == STATUS_MALFORMED ? STATUS_OK : status;
}

static enum status version_read(struct reading *r, const struct json_value *top)
{
	struct span type = json_member_text(top, "mediaType");

	for (size_t i = 0; i < COUNT_OF(media_types); i++)
		if (span_equal(type, SPAN_TEXT(media_types[i].type)))
			r->out->version = media_types[i].version;
	if (r->out->version != 0)
		return STATUS_OK;
	r->unsupported = type.len > 0;
	return wrong(r, type.len > 0 ? "a version of bundles that is not built in"
				     : "it does not say of which version it is");
}

static enum status certificate_take(struct reading *r, const struct json_value *v, bool is_leaf)
{
	struct certificate c;
	struct span der;
	enum status status;

	TRY(sigstore_octets(r->arena, v, "rawBytes", &der));
	status = der.len > 0 ? certificate_read(der, &c, NULL) : STATUS_MALFORMED;
	if (status == STATUS_NO_MEMORY)
		return status;
	if (status != STATUS_OK)
		return wrong(r, "a certificate in it cannot be read");
	if (certificate_self_issued(&c))
		return wrong(r, "it brings a root certificate along");
	if (!is_leaf)
		return STATUS_OK;
	r->out->leaf = c;
	r->out->has_leaf = true;
	return STATUS_OK;
}

static enum status chain_read(struct reading *r, const struct json_value *chain)
{
	const struct json_value *list = json_member_of(chain, "certificates", JSON_KIND_ARRAY);

	if (json_count(list) == 0)
		return wrong(r, "its chain of certificates is empty");
	if (json_count(list) > SIGSTORE_MAX_CERTS)
		return STATUS_LIMIT;
	for (const struct json_value *v = list->first; v; v = v->next)
		TRY(certificate_take(r, v, v == list->first));
	return STATUS_OK;
}

static enum status signer_read(struct reading *r, const struct json_value *material)
{
	const struct json_value *chain = json_member(material, "x509CertificateChain");
	const struct json_value *leaf = json_member(material, "certificate");
	const struct json_value *key = json_member(material, "publicKey");

	if (!!chain + !!leaf + !!key != 1)
		return wrong(r, "it does not say by one certificate or key who signed");
	if (leaf && r->out->version < 3)
		return wrong(r, "a certificate alone belongs to version 0.3");
	if (chain && r->out->version >= 3)
		return wrong(r, "a chain of certificates does not belong to version 0.3");
	if (chain)
		return chain_read(r, chain);
	return leaf ? certificate_take(r, leaf, true) : STATUS_OK;
}

static enum status hashes_read(struct reading *r, const struct json_value *proof,
			       struct sigstore_entry *e)
{
	const struct json_value *list = json_member_of(proof, "hashes", JSON_KIND_ARRAY);

	for (const struct json_value *v = list ? list->first : NULL; v; v = v->next) {
		enum status status;

		if (e->n_hashes == SIGSTORE_MAX_HASHES)
			return wrong(r, "its proof of inclusion is too long");
		status =
			v->kind == JSON_KIND_STRING
				? base64_decode_span(r->arena, v->text, &e->hashes[e->n_hashes])
				: STATUS_MALFORMED;
		if (status == STATUS_NO_MEMORY)
			return status;
		if (status != STATUS_OK || e->hashes[e->n_hashes++].len != SIGSTORE_LOG_ID)
			return wrong(r, "a hash of its proof of inclusion cannot be read");
	}
	return STATUS_OK;
}

/* Before version 0.2 a proof may come without a checkpoint, and proves nothing then. */
static enum status proof_read(struct reading *r, const struct json_value *entry,
			      struct sigstore_entry *e)
{
	const struct json_value *proof = json_member(entry, "inclusionProof");
	const struct json_value *index = json_member(proof, "logIndex");

	if (proof)
		e->checkpoint = json_member_text(json_member(proof, "checkpoint"), "envelope");
	if (e->checkpoint.len == 0 && r->out->version >= 2)
		return wrong(r, "no proof of inclusion with a checkpoint of the log");
	if (e->checkpoint.len == 0)
		return STATUS_OK;
	e->has_proof = true;
	TRY(sigstore_octets(r->arena, proof, "rootHash", &e->root_hash));
	if ((index && !json_whole(index, &e->proof_index)) ||
	    !json_whole(json_member(proof, "treeSize"), &e->tree_size) ||
	    e->root_hash.len != SIGSTORE_LOG_ID)
		return wrong(r, "its proof of inclusion cannot be read");
	return hashes_read(r, proof, e);
}

static enum status entry_read(struct reading *r, const struct json_value *v)
{
	struct sigstore_entry *e = &r->out->entries[r->out->n_entries++];
	const struct json_value *kind = json_member(v, "kindVersion");
	const struct json_value *index = json_member(v, "logIndex");
	const struct json_value *time = json_member(v, "integratedTime");
	uint64_t seconds = 0;

	e->kind = json_member_text(kind, "kind");
	e->version = json_member_text(kind, "version");
	TRY(sigstore_octets(r->arena, json_member(v, "logId"), "keyId", &e->log_id));
	TRY(sigstore_octets(r->arena, v, "canonicalizedBody", &e->body));
	TRY(sigstore_octets(r->arena, json_member(v, "inclusionPromise"),
			    "signedEntryTimestamp", &e->promise));
	/* protobuf leaves out a number that is 0. */
	if ((index && !json_whole(index, &e->log_index)) || e->log_index > INT64_MAX)
		return wrong(r, "the number of its log entry makes no sense");
	if (time && (!json_whole(time, &seconds) || seconds > INT64_MAX))
		return wrong(r, "the time of its log entry makes no sense");
	e->has_time = seconds > 0;
	e->integrated_time = (int64_t)seconds;
	if (e->log_id.len != SIGSTORE_LOG_ID || e->body.len == 0)
		return wrong(r, "its log entry cannot be read");
	if (json_member(v, "inclusionPromise") && e->promise.len == 0)
		return wrong(r, "the promise of its log cannot be read");
	if (r->out->version == 1 && (e->promise.len == 0 || !e->has_time))
		return wrong(r, "no promise of its log, which version 0.1 wants");
	return proof_read(r, v, e);
}

static enum status entries_read(struct reading *r, const struct json_value *material)
{
	const struct json_value *list =
		json_member_of(material, "tlogEntries", JSON_KIND_ARRAY);

	if (json_count(list) == 0)
		return wrong(r, "no entry of a transparency log");
	if (json_count(list) > SIGSTORE_MAX_ENTRIES)
		return STATUS_LIMIT;
	for (const struct json_value *v = list->first; v && !r->problem; v = v->next)
		TRY(entry_read(r, v));
	return STATUS_OK;
}

static enum status tokens_read(struct reading *r, const struct json_value *material)
{
	const struct json_value *list =
		json_member_of(json_member(material, "timestampVerificationData"),
			       "rfc3161Timestamps", JSON_KIND_ARRAY);

	if (json_count(list) > SIGSTORE_MAX_TOKENS)
		return STATUS_LIMIT;
	for (const struct json_value *v = list ? list->first : NULL; v; v = v->next) {
		struct span *token = &r->out->tokens[r->out->n_tokens++];

		TRY(sigstore_octets(r->arena, v, "signedTimestamp", token));
		if (token->len == 0)
			return wrong(r, "a timestamp in it cannot be read");
	}
	return STATUS_OK;
}

static enum status message_read(struct reading *r, const struct json_value *message)
{
	const struct json_value *d = json_member(message, "messageDigest");
	struct sigstore_bundle *b = r->out;
	struct span digest;

	TRY(sigstore_octets(r->arena, message, "signature", &b->signature));
	if (b->signature.len == 0)
		return wrong(r, "its signature cannot be read");
	if (!d)
		return STATUS_OK;
	TRY(sigstore_octets(r->arena, d, "digest", &digest));
	b->digest.algorithm = sigstore_digest_named(json_member_text(d, "algorithm"));
	if (b->digest.algorithm == DIGEST_NONE) {
		r->unsupported = true;
		return wrong(r, "a digest that is not built in");
	}
	if (digest.len != digest_size(b->digest.algorithm))
		return wrong(r, "its digest of the file cannot be read");
	(void)span_copy(b->digest.bytes, DIGEST_MAX, digest);
	return STATUS_OK;
}

/* "DSSEv1" SP length SP type SP length SP payload (DSSE protocol, 1.0). */
static enum status encoding_make(struct reading *r, struct span type)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	buffer_printf(&text, "DSSEv1 %zu ", type.len);
	buffer_add(&text, type);
	buffer_printf(&text, " %zu ", r->out->payload.len);
	buffer_add(&text, r->out->payload);
	r->out->encoding = buffer_give(&text, r->arena);
	return r->out->encoding.ptr ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status envelope_read(struct reading *r, const struct json_value *envelope)
{
	const struct json_value *list = json_member_of(envelope, "signatures", JSON_KIND_ARRAY);
	struct span type = json_member_text(envelope, "payloadType");
	enum status status;

	r->out->is_envelope = true;
	if (json_count(list) != 1)
		return wrong(r, "its envelope has not exactly one signature");
	TRY(sigstore_octets(r->arena, list->first, "sig", &r->out->signature));
	TRY(sigstore_octets(r->arena, envelope, "payload", &r->out->payload));
	if (r->out->signature.len == 0 || r->out->payload.len == 0)
		return wrong(r, "its envelope cannot be read");
	if (!span_equal(type, SPAN_TEXT(IN_TOTO))) {
		r->unsupported = true;
		return wrong(r, "what it signs is not an in-toto statement");
	}
	status = json_read(r->arena, r->out->payload, &r->out->statement);
	if (status == STATUS_MALFORMED)
		return wrong(r, "its statement cannot be read");
	TRY(status);
	return encoding_make(r, type);
}

static enum status content_read(struct reading *r, const struct json_value *top)
{
	const struct json_value *message = json_member(top, "messageSignature");
	const struct json_value *envelope = json_member(top, "dsseEnvelope");

	if (!message == !envelope)
		return wrong(r, "it has not exactly one signature");
	return message ? message_read(r, message) : envelope_read(r, envelope);
}

enum status sigstore_bundle_read(struct arena *a, struct span text, struct sigstore_bundle *out,
				 const char **problem, bool *unsupported)
{
	struct reading r = { .arena = a, .out = out };
	const struct json_value *top, *material;
	enum status status = json_read(a, text, &top);

	*out = (struct sigstore_bundle){ 0 };
	*unsupported = false;
	*problem = "it is not well-formed JSON";
	if (status == STATUS_MALFORMED)
		return STATUS_OK;
	TRY(status);
	material = json_member(top, "verificationMaterial");
	TRY(version_read(&r, top));
	if (!r.problem)
		TRY(signer_read(&r, material));
	if (!r.problem)
		TRY(entries_read(&r, material));
	if (!r.problem)
		TRY(tokens_read(&r, material));
	if (!r.problem)
		TRY(content_read(&r, top));
	*problem = r.problem;
	*unsupported = r.unsupported;
	return STATUS_OK;
}
