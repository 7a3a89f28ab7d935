/* SPDX-License-Identifier: MIT */
/* SignedData and SignerInfo (RFC 5652; PKCS #7 1.5), as they should and should not be. */
#include "tests/forge/signing.h"
#include "tests/pki_key.h"

#define OID_RSA_ENCRYPTION OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")
#define OID_PSS            OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a")
#define OID_MGF1           OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08")
#define OID_ED25519        OID("\x2b\x65\x70")

/* ecdsa-with-SHAx and dsa-with-SHAx. */
static struct span oid_of_pair(const char *digest, bool dsa)
{
	static const struct {
		const char *digest;
		struct span ecdsa, dsa;
	} oids[] = {
		{"SHA1",    OID_INIT("\x2a\x86\x48\xce\x3d\x04\x01"),
                 OID_INIT("\x2a\x86\x48\xce\x38\x04\x03")        },
		{ "SHA256", OID_INIT("\x2a\x86\x48\xce\x3d\x04\x03\x02"),
                 OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x03\x02")},
		{ "SHA384", OID_INIT("\x2a\x86\x48\xce\x3d\x04\x03\x03"),
                 OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x03\x03")},
		{ "SHA512", OID_INIT("\x2a\x86\x48\xce\x3d\x04\x03\x04"),
                 OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x03\x04")},
	};

	for (size_t i = 0; i < COUNT_OF(oids); i++)
		if (strcmp(oids[i].digest, digest) == 0)
			return dsa ? oids[i].dsa : oids[i].ecdsa;
	/* MD5 has none: id-ecPublicKey, id-dsa. */
	return dsa ? OID("\x2a\x86\x48\xce\x38\x04\x01") : OID("\x2a\x86\x48\xce\x3d\x02\x01");
}

void forge_attribute(struct der_set *set, struct span oid, struct span value)
{
	struct buffer *b = &set->bytes;
	size_t whole = der_open(b, DER_SEQUENCE);

	der_add(b, DER_OID, oid);
	der_add(b, DER_SET, value);
	der_close(b, whole);
	der_set_next(set);
}

static void digest_info(const struct forge_signer *s, struct span hash, struct buffer *out)
{
	size_t info = der_open(out, DER_SEQUENCE);

	der_add_algorithm(out, forge_digest_oid(s->digest, false), !s->no_null);
	der_add(out, DER_OCTET_STRING, hash);
	der_close(out, info);
}

static bool is_rsa(enum pki_key_type type)
{
	return type == PKI_RSA_2048 || type == PKI_RSA_1024 || type == PKI_RSA_512;
}

struct span forge_signer_sign(struct forge *f, const struct forge_signer *s)
{
	CLEANUP(buffer_free) struct buffer signed_octets = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer block = BUFFER_INIT;
	const struct pki_key *key = s->certificate->key;
	struct forge_digest hash;
	struct span octets = s->content;

	if (s->attributes.len) {
		der_add(&signed_octets, DER_SET, s->attributes);
		octets = buffer_span(&signed_octets);
	}
	hash = forge_digest_of(s->digest, &octets, 1);
	if (is_rsa(pki_type(key)) && !s->raw_hash)
		digest_info(s, forge_digest_span(&hash), &block);
	else
		buffer_add(&block, forge_digest_span(&hash));
	return pki_sign(forge_pki(f), key, s->digest, buffer_span(&block));
}

/* RSASSA-PSS-params: hash, MGF1 with it, salt as long as it. */
static void pss_algorithm(const char *digest, struct buffer *out)
{
	size_t whole = der_open(out, DER_SEQUENCE), params, part, mgf;

	der_add(out, DER_OID, OID_PSS);
	params = der_open(out, DER_SEQUENCE);
	part = der_open(out, DER_CONTEXT_CONSTRUCTED(0));
	der_add_algorithm(out, forge_digest_oid(digest, false), true);
	der_close(out, part);
	part = der_open(out, DER_CONTEXT_CONSTRUCTED(1));
	mgf = der_open(out, DER_SEQUENCE);
	der_add(out, DER_OID, OID_MGF1);
	der_add_algorithm(out, forge_digest_oid(digest, false), true);
	der_close(out, mgf);
	der_close(out, part);
	part = der_open(out, DER_CONTEXT_CONSTRUCTED(2));
	der_add_number(out, forge_digest_of(digest, NULL, 0).len);
	der_close(out, part);
	der_close(out, params);
	der_close(out, whole);
}

static void signature_algorithm(const struct forge_signer *s, struct buffer *out)
{
	const char *other = strcmp(s->digest, "SHA1") == 0 ? "SHA256" : "SHA1";

	switch (pki_type(s->certificate->key)) {
	case PKI_RSA_2048:
	case PKI_RSA_1024:
	case PKI_RSA_512:
		if (s->contradiction)
			der_add_algorithm(out, forge_digest_oid(other, true), true);
		else if (s->rsa_with_digest)
			der_add_algorithm(out, forge_digest_oid(s->digest, true), !s->no_null);
		else
			der_add_algorithm(out, OID_RSA_ENCRYPTION, !s->no_null);
		break;
	case PKI_RSA_PSS: pss_algorithm(s->digest, out); break;
	case PKI_ED25519: der_add_algorithm(out, OID_ED25519, false); break;
	case PKI_DSA: der_add_algorithm(out, oid_of_pair(s->digest, true), false); break;
	case PKI_P256:
	case PKI_P384:
	case PKI_P192:
	case PKI_P256_EXPLICIT:
		der_add_algorithm(out, oid_of_pair(s->digest, false), false);
		break;
	}
}

static void signer_identifier(struct forge *f, const struct forge_signer *s, struct buffer *out)
{
	size_t sid;

	if (s->key_id) {
		der_add(out, DER_CONTEXT(0), pki_key_id(forge_pki(f), s->certificate));
		return;
	}
	sid = der_open(out, DER_SEQUENCE);
	buffer_add(out, pki_issuer(forge_pki(f), s->certificate));
	buffer_add(out, pki_serial(forge_pki(f), s->certificate));
	der_close(out, sid);
}

void forge_signer_write(struct forge *f, const struct forge_signer *s, struct span signature,
			struct span unsigned_attributes, struct buffer *out)
{
	size_t whole = der_open(out, DER_SEQUENCE), value;

	der_add_number(out, s->version);
	signer_identifier(f, s, out);
	der_add_algorithm(out, forge_digest_oid(s->digest, false), !s->no_null);
	if (s->attributes.len)
		der_add(out, DER_CONTEXT_CONSTRUCTED(0), s->attributes);
	signature_algorithm(s, out);
	value = der_open(out, DER_OCTET_STRING);
	buffer_add(out, signature);
	if (s->bad)
		out->bytes[out->len - 1] = (char)(out->bytes[out->len - 1] ^ 1);
	der_close(out, value);
	if (unsigned_attributes.len)
		der_add(out, DER_CONTEXT_CONSTRUCTED(1), unsigned_attributes);
	der_close(out, whole);
}

void forge_signed_data_write(const struct forge_signed_data *d, struct buffer *out)
{
	size_t whole = der_open(out, DER_SEQUENCE), explicit, data, part, eContent;

	der_add(out, DER_OID, FORGE_OID_SIGNED_DATA);
	explicit = der_open(out, DER_CONTEXT_CONSTRUCTED(0));
	data = der_open(out, DER_SEQUENCE);
	der_add_number(out, d->version);
	part = der_open(out, DER_SET);
	der_add_algorithm(out, forge_digest_oid(d->digest, false), !d->no_null);
	der_close_as(out, part, d->style);
	part = der_open(out, DER_SEQUENCE);
	der_add(out, DER_OID, d->content_type);
	if (d->content.len) {
		eContent = der_open(out, DER_CONTEXT_CONSTRUCTED(0));
		buffer_add(out, d->content);
		der_close_as(out, eContent, d->style);
	}
	der_close_as(out, part, d->style);
	if (d->certificates.len) {
		part = der_open(out, DER_CONTEXT_CONSTRUCTED(0));
		buffer_add(out, d->certificates);
		der_close_as(out, part, d->style);
	}
	part = der_open(out, DER_SET);
	buffer_add(out, d->signers);
	der_close_as(out, part, d->style);
	der_close_as(out, data, d->style);
	der_close_as(out, explicit, d->style);
	der_close_as(out, whole, d->style);
}

struct span forge_public_key(struct forge *f, const struct pki_certificate *c)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(c->key->pkey, &der);
	struct span key;

	if (len <= 0)
		forge_fail("a key");
	key = forge_keep(f, (struct span){ der, (size_t)len });
	OPENSSL_free(der);
	return key;
}

static void element_attribute(struct der_set *set, struct span oid, uint8_t tag,
			      struct span contents)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

	der_add(&b, tag, contents);
	forge_attribute(set, oid, buffer_span(&b));
}

void forge_detached_write(struct forge *f, const char *signer, struct span octets,
			  bool with_attributes, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer attributes = BUFFER_INIT, certificates = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer signers = BUFFER_INIT;
	CLEANUP(der_set_free) struct der_set set = { 0 };
	const char *name = signer ? signer : "good";
	const struct pki_certificate *chain[FORGE_MAX_CHAIN];
	size_t n = forge_chain(f, name, chain);
	struct forge_signer s = { .certificate = forge_identity(f, name),
				  .digest = "SHA256",
				  .version = 1,
				  .content = octets };
	struct forge_signed_data data = { .content_type = FORGE_OID_DATA,
					  .digest = "SHA256",
					  .version = 1 };
	struct forge_digest d = forge_digest_of("SHA256", &octets, 1);

	if (with_attributes) {
		element_attribute(&set, FORGE_OID_CONTENT_TYPE, DER_OID, FORGE_OID_DATA);
		element_attribute(&set, FORGE_OID_MESSAGE_DIGEST, DER_OCTET_STRING,
				  forge_digest_span(&d));
		der_set_write(&set, false, &attributes);
	}
	s.attributes = buffer_span(&attributes);
	forge_signer_write(f, &s, forge_signer_sign(f, &s), SPAN_NONE, &signers);
	buffer_add(&certificates, s.certificate->der);
	for (size_t i = 0; i < n; i++)
		buffer_add(&certificates, chain[i]->der);
	data.certificates = buffer_span(&certificates);
	data.signers = buffer_span(&signers);
	forge_signed_data_write(&data, out);
}
