/* SPDX-License-Identifier: MIT */
/* Entries of Rekor: what the log says was signed, by which key, over what. */
#include "base/base64.h"
#include "base/hex.h"
#include "trust/pem.h"
#include "verify/sigstore/state.h"

/* An entry while it is read. */
struct reading {
	struct arena *arena;
	struct sigstore_record *out;
};

/* Base64 of PEM (a certificate or a public key) in a member of @v. */
static enum status pem_member(struct reading *r, const struct json_value *v, const char *name)
{
	struct span text;
	struct pem_block block;
	uint64_t at = 0;
	enum status status;

	TRY(sigstore_octets(r->arena, v, name, &text));
	status = pem_next(text, &at, &block);
	if (status == STATUS_OK)
		status = pem_decode(r->arena, block.body, &r->out->verifier);
	return status == STATUS_NO_MEMORY ? status : STATUS_OK;
}

/* {"algorithm": "sha256", "value": hex} */
static void hex_digest(struct reading *r, const struct json_value *v)
{
	struct digest *d = &r->out->digest;

	d->algorithm = sigstore_digest_named(json_member_text(v, "algorithm"));
	if (!hex_parse(json_member_text(v, "value"), d->bytes, digest_size(d->algorithm)))
		d->algorithm = DIGEST_NONE;
}

static enum status hashedrekord_1(struct reading *r, const struct json_value *spec)
{
	const struct json_value *signature = json_member(spec, "signature");

	hex_digest(r, json_member(json_member(spec, "data"), "hash"));
	TRY(sigstore_octets(r->arena, signature, "content", &r->out->signature));
	return pem_member(r, json_member(signature, "publicKey"), "content");
}

/* {"algorithm": "SHA2_256", "digest": base64} */
static enum status octet_digest(struct reading *r, const struct json_value *v)
{
	struct digest *d = &r->out->digest;
	struct span digest;

	d->algorithm = sigstore_digest_named(json_member_text(v, "algorithm"));
	TRY(sigstore_octets(r->arena, v, "digest", &digest));
	if (digest.len != digest_size(d->algorithm))
		d->algorithm = DIGEST_NONE;
	(void)span_copy(d->bytes, DIGEST_MAX, digest);
	return STATUS_OK;
}

/* What Rekor 2 writes of a signature, whatever it is over. */
static enum status signature_2(struct reading *r, const struct json_value *signature)
{
	const struct json_value *verifier = json_member(signature, "verifier");
	const struct json_value *certificate = json_member(verifier, "x509Certificate");

	TRY(sigstore_octets(r->arena, signature, "content", &r->out->signature));
	return sigstore_octets(r->arena,
			       certificate ? certificate : json_member(verifier, "publicKey"),
			       "rawBytes", &r->out->verifier);
}

static enum status hashedrekord_2(struct reading *r, const struct json_value *spec)
{
	const struct json_value *record = json_member(spec, "hashedRekordV002");

	TRY(octet_digest(r, json_member(record, "data")));
	return signature_2(r, json_member(record, "signature"));
}

/* The one signature of a list; NULL: not exactly one. */
static const struct json_value *only_one(const struct json_value *v)
{
	const struct json_value *list = json_member_of(v, "signatures", JSON_KIND_ARRAY);

	return json_count(list) == 1 ? list->first : NULL;
}

static enum status dsse_1(struct reading *r, const struct json_value *spec)
{
	const struct json_value *signature = only_one(spec);

	r->out->of_payload = true;
	hex_digest(r, json_member(spec, "payloadHash"));
	TRY(sigstore_octets(r->arena, signature, "signature", &r->out->signature));
	return pem_member(r, signature, "verifier");
}

static enum status dsse_2(struct reading *r, const struct json_value *spec)
{
	const struct json_value *record = json_member(spec, "dsseV002");

	r->out->of_payload = true;
	TRY(octet_digest(r, json_member(record, "payloadHash")));
	return signature_2(r, only_one(record));
}

/* Its signature is in base64 twice. */
static enum status intoto_2(struct reading *r, const struct json_value *spec)
{
	const struct json_value *content = json_member(spec, "content");
	const struct json_value *signature = only_one(json_member(content, "envelope"));
	struct span text;
	enum status status;

	r->out->of_payload = true;
	hex_digest(r, json_member(content, "payloadHash"));
	TRY(sigstore_octets(r->arena, signature, "sig", &text));
	status = base64_decode_span(r->arena, text, &r->out->signature);
	if (status == STATUS_NO_MEMORY)
		return status;
	if (status != STATUS_OK)
		r->out->signature = SPAN_NONE;
	return pem_member(r, signature, "publicKey");
}

static const struct {
	const char *kind, *version;
	enum status (*read)(struct reading *r, const struct json_value *spec);
} kinds[] = {
	{"hashedrekord",  "0.0.1", hashedrekord_1},
	{ "hashedrekord", "0.0.2", hashedrekord_2},
	{ "dsse",         "0.0.1", dsse_1        },
	{ "dsse",         "0.0.2", dsse_2        },
	{ "intoto",       "0.0.2", intoto_2      },
};

static bool names_equal(const struct json_value *top, const struct sigstore_entry *e)
{
	return span_equal(json_member_text(top, "kind"), e->kind) &&
	       span_equal(json_member_text(top, "apiVersion"), e->version);
}

enum status sigstore_record_read(struct arena *a, const struct sigstore_entry *e,
				 struct sigstore_record *out, const char **problem,
				 bool *unsupported)
{
	struct reading r = { .arena = a, .out = out };
	const struct json_value *top = NULL;
	enum status status = json_read(a, e->body, &top);
	size_t i = 0;

	*out = (struct sigstore_record){ 0 };
	*problem = "what the log says cannot be read";
	*unsupported = false;
	if (status == STATUS_MALFORMED || (status == STATUS_OK && !names_equal(top, e)))
		return STATUS_OK;
	TRY(status);
	while (i < COUNT_OF(kinds) && (!span_equal(e->kind, SPAN_TEXT(kinds[i].kind)) ||
				       !span_equal(e->version, SPAN_TEXT(kinds[i].version))))
		i++;
	if (i == COUNT_OF(kinds)) {
		*unsupported = true;
		*problem = "a kind of log entry that is not built in";
		return STATUS_OK;
	}
	TRY(kinds[i].read(&r, json_member(top, "spec")));
	if (out->digest.algorithm != DIGEST_NONE && out->signature.len > 0 &&
	    out->verifier.len > 0)
		*problem = NULL;
	return STATUS_OK;
}
