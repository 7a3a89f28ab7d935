/* SPDX-License-Identifier: MIT */
#include "verify/xml_message.h"

#define MORE "http://www.w3.org/2001/04/xmldsig-more#"

static const struct {
	const char *uri;
	enum digest_algorithm digest;
} methods[] = {
	{XML_DSIG "rsa-sha1",    DIGEST_SHA1  },
	{ MORE "rsa-sha256",     DIGEST_SHA256},
	{ MORE "rsa-sha384",     DIGEST_SHA384},
	{ MORE "rsa-sha512",     DIGEST_SHA512},
 /* What ClickOnce called it before there was a standard. */
	{ XML_DSIG "rsa-sha256", DIGEST_SHA256},
};

enum digest_algorithm xml_digest(struct span uri)
{
	static const enum digest_algorithm all[] = { DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA384,
						     DIGEST_SHA512 };

	for (size_t i = 0; i < COUNT_OF(all); i++)
		if (digest_size(all[i]) == xml_digest_octets(uri))
			return all[i];
	return DIGEST_NONE;
}

static enum digest_algorithm method_digest(struct span uri)
{
	for (size_t i = 0; i < COUNT_OF(methods); i++)
		if (span_equal(uri, SPAN_TEXT(methods[i].uri)))
			return methods[i].digest;
	return DIGEST_NONE;
}

enum status xml_message_certificates(struct arena *a, const struct span *ders, size_t n,
				     struct xml_message *m)
{
	struct certificate *all = ARENA_NEW(a, struct certificate, m->n_certificates + n + 1);

	if (!all)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < m->n_certificates; i++)
		all[i] = m->certificates[i];
	m->certificates = all;
	for (size_t i = 0; i < n; i++) {
		enum status status = certificate_read(ders[i], &all[m->n_certificates], NULL);

		if (status == STATUS_NO_MEMORY)
			return status;
		m->n_certificates += status == STATUS_OK;
	}
	return STATUS_OK;
}

enum status xml_message_read(struct arena *a, struct scheme_case *c, struct fact *fact,
			     const struct xml_node *node, struct xml_message *out)
{
	enum status status;

	*out = (struct xml_message){ .digest = DIGEST_NONE };
	status = xml_signature_read(a, node, &out->signature, &fact->problem);
	if (status == STATUS_LIMIT)
		finding_add(c->findings, "limit.xml", fact->where, NULL, NULL);
	if (status == STATUS_UNSUPPORTED) {
		fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
		fact->problem = "its canonical form is not built in";
		return STATUS_OK;
	}
	if (status == STATUS_MALFORMED) {
		fact->signature = ASSAY_SIGNATURE_BAD;
		return STATUS_OK;
	}
	TRY(status);
	out->digest = method_digest(out->signature.method);
	return xml_message_certificates(a, out->signature.certificates,
					out->signature.n_certificates, out);
}

enum status xml_reference_holds(const struct xml_reference *reference,
				const struct xml_canonical *what, struct span octets, bool *out)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	enum digest_algorithm algorithm = xml_digest(reference->method);
	struct digest digest;

	*out = false;
	if (algorithm == DIGEST_NONE)
		return STATUS_OK;
	if (what->apex) {
		enum status status = xml_canonical_write(&text, what);

		if (status == STATUS_MALFORMED)
			return STATUS_OK;
		TRY(status);
		octets = buffer_span(&text);
	}
	TRY(digest_of(algorithm, &octets, 1, &digest));
	*out = digest_equal(&digest, reference->value);
	return STATUS_OK;
}

static enum status signed_digest(const struct xml_message *m, struct digest *out)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct span octets;
	enum status status = xml_signed_info_write(&text, &m->signature);

	*out = (struct digest){ 0 };
	if (status == STATUS_MALFORMED)
		return STATUS_OK;
	TRY(status);
	octets = buffer_span(&text);
	return digest_of(m->digest, &octets, 1, out);
}

static enum status key_check(const struct public_key *key, const struct xml_message *m,
			     const struct digest *hash, bool *good)
{
	enum signature_result result;
	const struct signature_algorithm algorithm = { .key = KEY_RSA, .digest = m->digest };
	struct signature_check check = { .key = key,
					 .algorithm = &algorithm,
					 .hash = hash,
					 .signature = m->signature.value };

	*good = false;
	if (key->type != KEY_RSA || hash->algorithm == DIGEST_NONE)
		return STATUS_OK;
	result = signature_verify(&check);
	*good = result == SIGNATURE_OK;
	return signature_computed(result);
}

bool xml_same_key(const struct public_key *key, const struct xml_signature *s)
{
	struct span modulus = s->modulus, exponent = s->exponent;

	while (modulus.len > 0 && span_at(modulus, 0) == 0)
		modulus = span_after(modulus, 1);
	while (exponent.len > 0 && span_at(exponent, 0) == 0)
		exponent = span_after(exponent, 1);
	return modulus.len == 0 ||
	       (span_equal(modulus, key->modulus) && span_equal(exponent, key->exponent));
}

enum status xml_mathematics(struct fact *fact, struct xml_message *m)
{
	struct digest hash;

	if (fact->problem)
		return STATUS_OK;
	if (m->digest == DIGEST_NONE) {
		fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
		fact->problem = "its algorithm is not built in";
		return STATUS_OK;
	}
	fact->signature = ASSAY_SIGNATURE_BAD;
	fact->problem = "the signature value is not made by the key of its certificate";
	TRY(signed_digest(m, &hash));
	for (size_t i = 0; i < m->n_certificates && !fact->certificate; i++) {
		bool good;

		TRY(key_check(&m->certificates[i].key, m, &hash, &good));
		if (good)
			fact->certificate = &m->certificates[i];
	}
	if (m->n_certificates == 0)
		fact->problem = "the certificate of its signer is not in it";
	if (!fact->certificate)
		return STATUS_OK;
	fact->problem = "it names another key than that of its certificate";
	if (!xml_same_key(&fact->certificate->key, &m->signature))
		return STATUS_OK;
	fact->problem = NULL;
	fact->signature = ASSAY_SIGNATURE_GOOD;
	return STATUS_OK;
}

enum status xml_bare_mathematics(const struct xml_message *m, enum assay_signature *out)
{
	struct public_key key = { .type = KEY_RSA,
				  .modulus = m->signature.modulus,
				  .exponent = m->signature.exponent };
	struct digest hash;
	bool good;

	*out = ASSAY_SIGNATURE_UNSUPPORTED;
	if (m->digest == DIGEST_NONE)
		return STATUS_OK;
	*out = ASSAY_SIGNATURE_BAD;
	if (key.modulus.len == 0 || key.exponent.len == 0)
		return STATUS_OK;
	key.n_bits = magnitude_bits(key.modulus);
	TRY(signed_digest(m, &hash));
	TRY(key_check(&key, m, &hash, &good));
	if (good)
		*out = ASSAY_SIGNATURE_GOOD;
	return STATUS_OK;
}

/* A token over the octets of the signature value. */
static enum status stamp_judge(struct arena *a, struct scheme_case *c, struct fact *fact,
			       const struct xml_message *m, struct span stamp)
{
	struct timestamp *t = ARENA_NEW(a, struct timestamp, 1);

	fact->timestamps = ARENA_NEW(a, struct timestamp_fact, 1);
	if (!t || !fact->timestamps)
		return STATUS_NO_MEMORY;
	TRY(timestamp_token_read(a, stamp, m->signature.value, t));
	t->where = fact->where;
	fact->timestamps[0].timestamp = t;
	fact->n_timestamps = 1;
	c->n_timestamps++;
	return fact_timestamp_judge(a, c, fact, TRUST_MS_CODE, &fact->timestamps[0]);
}

enum status xml_trust(struct arena *a, struct scheme_case *c, struct fact *fact,
		      const struct xml_message *m, struct span stamp)
{
	struct trust_question q = {
		.policy = &c->policy,
		.leaf = fact->certificate,
		.pool = m->certificates,
		.n_pool = m->n_certificates,
		.set = TRUST_MS_CODE,
		.digest = m->digest,
		.signer_digest = m->digest,
		.whole = fact->claim->signature,
		.base = fact->claim->signature_off,
		.effort = &c->effort,
	};

	if (stamp.len > 0)
		TRY(stamp_judge(a, c, fact, m, stamp));
	fact_times_choose(c, fact);
	q.time = fact->judged_at;
	q.timestamped = fact->timestamped;
	TRY(trust_judge(c->store, a, &q, c->findings, &fact->answer));
	fact->trust = fact->answer.trust;
	fact->counterfeit = fact->answer.counterfeit;
	return STATUS_OK;
}
