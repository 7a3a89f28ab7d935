/* SPDX-License-Identifier: MIT */
/*
 * A manifest is signed by a bare key; a licence in that signature, signed in
 * its turn with a certificate, says whose key it is and for which manifest.
 *
 * So four things must fit: both signatures, the key of both, and the digest of
 * the manifest in the licence.  Without the last, a licence would serve every
 * manifest of its publisher.
 */
#include "verify/clickonce/clickonce.h"

#include "base/hex.h"
#include "formats/clickonce/clickonce.h"
#include "verify/publisher.h"
#include "verify/xml_message.h"

#define TOKEN_BYTES 8

struct clickonce {
	struct fact *fact;
	struct xml_message manifest, licence;
};

static enum status clickonce_begin(struct arena *a, struct scheme_case *c,
				   struct scheme_work *out)
{
	const struct claim *claim = scheme_claim(&scheme_clickonce, c->box->claims);
	const struct clickonce_manifest *m = c->box->clickonce;
	struct clickonce *state = ARENA_NEW(a, struct clickonce, 1);

	if (!state)
		return STATUS_NO_MEMORY;
	state->fact = fact_new(a, c, claim);
	if (!state->fact)
		return STATUS_NO_MEMORY;
	out->state = state;
	TRY(xml_message_read(a, c, state->fact, m->signature, &state->manifest));
	if (m->signature_of_licence && !state->fact->problem)
		TRY(xml_message_read(a, c, state->fact, m->signature_of_licence,
				     &state->licence));
	c->findings->signature = -1;
	return STATUS_OK;
}

/* One reference, to the whole of what the signature stands in; NULL: it is not so. */
static const struct xml_reference *enveloped(const struct xml_signature *s)
{
	const struct xml_reference *r = s->references;

	if (s->n_references != 1 || r->uri.len > 0 || r->n_transforms == 0 ||
	    r->transforms[0] != XML_TRANSFORM_ENVELOPED)
		return NULL;
	for (size_t i = 1; i < r->n_transforms; i++)
		if (r->transforms[i] != XML_TRANSFORM_CANONICAL)
			return NULL;
	return r;
}

/* URI="" means the document without its comments, whatever the form would keep (XML Signature
 * 4.4.3.3). */
static enum status enveloped_holds(const struct xml_reference *r, const struct xml_node *apex,
				   const struct xml_node *signature, bool *out)
{
	const struct xml_canonical what = { .apex = apex,
					    .without = signature,
					    .exclusive = r->form.exclusive,
					    .prefixes = r->form.prefixes };

	return xml_reference_holds(r, &what, SPAN_NONE, out);
}

/* The manifest: by the bare key, over the document without the signature. */
static enum status manifest_judge(struct scheme_case *c, struct clickonce *state)
{
	const struct clickonce_manifest *m = c->box->clickonce;
	const struct xml_reference *r = enveloped(&state->manifest.signature);
	struct fact *fact = state->fact;
	bool holds = false;

	TRY(xml_bare_mathematics(&state->manifest, &fact->signature));
	if (fact->signature == ASSAY_SIGNATURE_UNSUPPORTED)
		fact->problem = "its algorithm is not built in";
	if (fact->signature == ASSAY_SIGNATURE_BAD)
		fact->problem = "the signature value is not made by the key in it";
	if (!r && !fact->problem) {
		fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
		fact->problem = "it signs something else than the manifest";
	}
	if (fact->problem)
		return STATUS_OK;
	TRY(enveloped_holds(r, m->document, m->signature, &holds));
	fact->signed_digest.algorithm = xml_digest(r->method);
	(void)span_copy(fact->signed_digest.bytes, DIGEST_MAX, r->value);
	fact->binding = holds ? ASSAY_BINDING_INTACT : ASSAY_BINDING_MODIFIED;
	return STATUS_OK;
}

/* Is @said the hexadecimal digits of @value, from its last byte to its first? */
static bool backwards(struct span said, struct span value)
{
	uint8_t bytes[DIGEST_MAX];
	struct span read = { bytes, value.len };

	if (value.len > sizeof bytes || !hex_parse(said, bytes, value.len))
		return false;
	for (uint64_t i = 0; i < value.len; i++)
		if (span_at(read, i) != span_at(value, value.len - 1 - i))
			return false;
	return true;
}

/* The licence: whose certificate made it, and for which manifest. */
static enum status licence_judge(struct scheme_case *c, struct clickonce *state)
{
	const struct clickonce_manifest *m = c->box->clickonce;
	const struct xml_reference *r = enveloped(&state->licence.signature);
	struct fact *fact = state->fact;
	bool holds = false;

	TRY(xml_mathematics(fact, &state->licence));
	if (fact->signature != ASSAY_SIGNATURE_GOOD)
		return STATUS_OK;
	if (!r || !r->form.exclusive) {
		fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
		fact->problem = "its licence is signed in a way that is not built in";
		return STATUS_OK;
	}
	TRY(enveloped_holds(r, m->licence, m->signature_of_licence, &holds));
	if (!holds)
		fact->problem = "its licence was changed";
	if (holds && !xml_same_key(&fact->certificate->key, &state->manifest.signature))
		fact->problem = "manifest and licence are signed by different keys";
	if (fact->problem)
		fact->signature = ASSAY_SIGNATURE_BAD;
	else if (!backwards(m->hash, state->manifest.signature.references->value)) {
		fact->binding = ASSAY_BINDING_MODIFIED;
		finding_add(c->findings, "clickonce.licence", fact->where,
			    "a licence for this manifest", "one for another");
	}
	return STATUS_OK;
}

/*
 * The strong name's token: the end of the SHA-1 of the key as .NET writes it
 * (PublicKeyBlob around PUBLICKEYBLOB), backwards.
 */
static enum status token_make(const struct xml_signature *s, struct digest *out)
{
	CLEANUP(buffer_free) struct buffer blob = BUFFER_INIT;
	struct span modulus = s->modulus, bytes;
	uint32_t exponent = 0;

	for (uint64_t i = 0; i < s->exponent.len && i < 4; i++)
		exponent = exponent << 8 | span_at(s->exponent, i);
	buffer_u32le(&blob, 0x2400); /* CALG_RSA_SIGN */
	buffer_u32le(&blob, 0x8004); /* CALG_SHA1 */
	buffer_u32le(&blob, (uint32_t)modulus.len + 20);
	buffer_u32le(&blob, 0x206); /* PUBLICKEYBLOB, version 2 */
	buffer_u32le(&blob, 0x2400);
	buffer_text(&blob, "RSA1");
	buffer_u32le(&blob, (uint32_t)modulus.len * 8);
	buffer_u32le(&blob, exponent);
	for (uint64_t i = modulus.len; i > 0; i--)
		buffer_char(&blob, (char)span_at(modulus, i - 1));
	TRY(buffer_status(&blob));
	bytes = buffer_span(&blob);
	return digest_of(DIGEST_SHA1, &bytes, 1, out);
}

/* The issuer of the certificate, if the licence brought it. */
static const struct certificate *issuer_of(const struct clickonce *state)
{
	const struct certificate *leaf = state->fact->certificate;

	for (size_t i = 0; i < state->licence.n_certificates; i++)
		if (span_equal(state->licence.certificates[i].subject, leaf->issuer))
			return &state->licence.certificates[i];
	return NULL;
}

/* issuerKeyHash: the SHA-1 of the issuer's key; some take it without its algorithm. */
static enum status issuer_judge(struct arena *a, struct scheme_case *c,
				const struct clickonce *state)
{
	const struct clickonce_manifest *m = c->box->clickonce;
	const struct certificate *issuer = issuer_of(state);
	uint8_t said[DIGEST_MAX];
	struct digest whole, bits;
	size_t size = digest_size(DIGEST_SHA1);
	bool same = false;

	if (m->issuer.len == 0 || !issuer)
		return STATUS_OK;
	TRY(digest_of(DIGEST_SHA1, &issuer->key.spki, 1, &whole));
	TRY(digest_of(DIGEST_SHA1, &issuer->key.bits, 1, &bits));
	if (hex_parse(m->issuer, said, size))
		same = digest_equal(&whole, (struct span){ said, size }) ||
		       digest_equal(&bits, (struct span){ said, size });
	if (!same)
		finding_add(c->findings, "clickonce.issuer", state->fact->where,
			    "the key of the certificate's issuer",
			    publisher_shown(a, m->issuer));
	return STATUS_OK;
}

static enum status names_judge(struct arena *a, struct scheme_case *c, struct clickonce *state)
{
	const struct clickonce_manifest *m = c->box->clickonce;
	struct fact *fact = state->fact;
	struct digest digest;
	const char *subject;

	TRY(token_make(&state->manifest.signature, &digest));
	if (m->token.len > 0 &&
	    !backwards(m->token, span_after(digest_span(&digest),
					    digest_size(DIGEST_SHA1) - TOKEN_BYTES)))
		finding_add(c->findings, "clickonce.token", fact->where,
			    "the token of the key that signed", publisher_shown(a, m->token));
	if (!fact->certificate)
		return STATUS_OK;
	TRY(issuer_judge(a, c, state));
	if (m->publisher.len == 0)
		return STATUS_OK;
	subject = name_text(a, fact->certificate->subject);
	if (subject && !publisher_is(m->publisher, SPAN_TEXT(subject)))
		finding_add(c->findings, "clickonce.publisher", fact->where, subject,
			    publisher_shown(a, m->publisher));
	return STATUS_OK;
}

/*
 * The files themselves stand elsewhere: which ones, a manifest says, and nothing in a
 * judged file may say what is opened.  Those without a digest are signed by nobody.
 */
static void files_note(struct arena *a, struct scheme_case *c, struct fact *fact)
{
	const struct clickonce_manifest *m = c->box->clickonce;

	if (m->n_files > 0)
		finding_add(c->findings, "clickonce.files-unchecked", (struct range){ 0, 0 },
			    NULL,
			    arena_printf(a, "%zu files that it names were not looked at",
					 m->n_files));
	if (m->astray.len > 0)
		finding_add(c->findings, "clickonce.path", (struct range){ 0, 0 },
			    "files in the folder of the manifest or below",
			    publisher_shown(a, m->astray));
	if (m->n_unhashed == 0)
		return;
	finding_add(c->findings, "clickonce.unhashed", (struct range){ 0, 0 },
		    "a digest of each file", arena_printf(a, "%zu have none", m->n_unhashed));
	if (fact->binding == ASSAY_BINDING_INTACT) {
		fact->binding = ASSAY_BINDING_PARTIAL;
		fact->partial_rule = "verdict.partial-coverage";
	}
}

static enum status manifest_finish(struct arena *a, struct scheme_case *c,
				   struct clickonce *state)
{
	struct fact *fact = state->fact;

	if (fact->problem)
		return STATUS_OK;
	TRY(manifest_judge(c, state));
	if (fact->signature != ASSAY_SIGNATURE_GOOD)
		return STATUS_OK;
	if (!c->box->clickonce->signature_of_licence) {
		fact->signature = ASSAY_SIGNATURE_KEYLESS; /* a key, and nobody's name */
		files_note(a, c, fact);
		return names_judge(a, c, state);
	}
	TRY(licence_judge(c, state));
	if (fact->signature != ASSAY_SIGNATURE_GOOD)
		return STATUS_OK;
	TRY(names_judge(a, c, state));
	files_note(a, c, fact);
	return xml_trust(a, c, fact, &state->licence, c->box->clickonce->stamp);
}

static enum status clickonce_finish(struct arena *a, struct scheme_case *c,
				    struct scheme_work *work, struct fact **out)
{
	struct clickonce *state = (struct clickonce *)work->state;

	c->findings->signature = state->fact->index;
	TRY(manifest_finish(a, c, state));
	c->findings->signature = -1;
	*out = state->fact;
	return STATUS_OK;
}

const struct scheme scheme_clickonce = {
	.name = "clickonce",
	.begin = clickonce_begin,
	.finish = clickonce_finish,
};
