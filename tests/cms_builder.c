/* SPDX-License-Identifier: MIT */
#include "tests/cms_builder.h"

#include "crypto/x509.h"
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

EVP_PKEY *build_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	if (!key)
		abort();
	return key;
}

EVP_PKEY *build_rsa_key(void)
{
	EVP_PKEY *key = EVP_RSA_gen(2048U);

	if (!key)
		abort();
	return key;
}

struct span build_digest_oid(enum digest_algorithm a)
{
	static const struct span oids[] = {
		[DIGEST_NONE] = OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x02\x02"), /* MD2 */
		[DIGEST_MD5] = OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x02\x05"),
		[DIGEST_SHA1] = OID_INIT("\x2b\x0e\x03\x02\x1a"),
		[DIGEST_SHA256] = OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x02\x01"),
		[DIGEST_SHA384] = OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x02\x02"),
		[DIGEST_SHA512] = OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x02\x03"),
	};

	return oids[a];
}

struct span build_signature_oid(const EVP_PKEY *key, enum digest_algorithm a)
{
	static const struct span rsa[] = {
		[DIGEST_NONE] = OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"),
		[DIGEST_MD5] = OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"),
		[DIGEST_SHA1] = OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"),
		[DIGEST_SHA256] = OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"),
		[DIGEST_SHA384] = OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"),
		[DIGEST_SHA512] = OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"),
	};
	static const struct span ec[] = {
		[DIGEST_NONE] = OID_INIT("\x2a\x86\x48\xce\x3d\x02\x01"),
		[DIGEST_MD5] = OID_INIT("\x2a\x86\x48\xce\x3d\x04\x00"),
		[DIGEST_SHA1] = OID_INIT("\x2a\x86\x48\xce\x3d\x04\x01"),
		[DIGEST_SHA256] = OID_INIT("\x2a\x86\x48\xce\x3d\x04\x03\x02"),
		[DIGEST_SHA384] = OID_INIT("\x2a\x86\x48\xce\x3d\x04\x03\x03"),
		[DIGEST_SHA512] = OID_INIT("\x2a\x86\x48\xce\x3d\x04\x03\x04"),
	};

	return EVP_PKEY_is_a(key, "RSA") ? rsa[a] : ec[a];
}

struct digest build_digest(enum digest_algorithm a, struct span bytes)
{
	struct digest d;

	if (digest_of(a, &bytes, 1, &d) != STATUS_OK)
		abort();
	return d;
}

static void raw_signature(struct buffer *to, EVP_PKEY *key, const struct digest *hash)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
	CLEANUP(buffer_free) struct buffer block = BUFFER_INIT;
	uint8_t out[512];
	size_t len = sizeof(out), room = (size_t)EVP_PKEY_get_size(key);
	struct span hashed = digest_span(hash);

	buffer_add(&block, OID("\0\1"));
	while (block.len < room - 1 - hashed.len)
		buffer_char(&block, '\xff');
	buffer_char(&block, 0);
	buffer_add(&block, hashed);
	if (!c || EVP_PKEY_sign_init(c) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(c, RSA_NO_PADDING) != 1 ||
	    EVP_PKEY_sign(c, out, &len, buffer_span(&block).ptr, block.len) != 1)
		abort();
	EVP_PKEY_CTX_free(c);
	buffer_add(to, (struct span){ out, len });
}

void build_signature(struct buffer *to, EVP_PKEY *key, enum digest_algorithm a,
		     struct span bytes, bool raw)
{
	struct digest hash = build_digest(a, bytes);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	uint8_t out[512];
	size_t len = sizeof(out);

	if (raw) {
		raw_signature(to, key, &hash);
	} else {
		if (!c ||
		    EVP_DigestSignInit_ex(c, NULL, digest_name(a), NULL, NULL, key, NULL) !=
			    1 ||
		    EVP_DigestSign(c, out, &len, bytes.ptr, bytes.len) != 1)
			abort();
		buffer_add(to, (struct span){ out, len });
	}
	EVP_MD_CTX_free(c);
}

void build_name(struct buffer *to, const char *common_name)
{
	size_t name = der_open(to, DER_SEQUENCE), set, pair;

	if (common_name) {
		set = der_open(to, DER_SET);
		pair = der_open(to, DER_SEQUENCE);
		der_add(to, DER_OID, OID("\x55\x04\x03"));
		der_add(to, DER_UTF8_STRING, SPAN_TEXT(common_name));
		der_close(to, pair);
		der_close(to, set);
	}
	der_close(to, name);
}

void build_extension(struct buffer *to, struct span oid, bool critical, struct span value)
{
	size_t extension = der_open(to, DER_SEQUENCE);

	der_add(to, DER_OID, oid);
	if (critical)
		der_add(to, DER_BOOLEAN, OID("\xff"));
	der_add(to, DER_OCTET_STRING, value);
	der_close(to, extension);
}

static void key_info(struct buffer *to, EVP_PKEY *key)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	if (len <= 0)
		abort();
	buffer_add(to, (struct span){ der, (size_t)len });
	OPENSSL_free(der);
}

static void tbs_certificate(struct buffer *to, const struct certificate_plan *plan,
			    struct span algorithm)
{
	size_t tbs = der_open(to, DER_SEQUENCE), part, inner;

	if (plan->version) {
		part = der_open(to, DER_CONTEXT_CONSTRUCTED(0));
		der_add_number(to, plan->version);
		der_close(to, part);
	}
	der_add_number(to, plan->serial);
	der_add_algorithm(to, algorithm, false);
	build_name(to, plan->issuer);
	part = der_open(to, DER_SEQUENCE);
	der_add(to, DER_UTC_TIME, SPAN_TEXT(plan->from ? plan->from : "200101000000Z"));
	der_add(to, DER_UTC_TIME, SPAN_TEXT(plan->until ? plan->until : "400101000000Z"));
	der_close(to, part);
	build_name(to, plan->subject);
	key_info(to, plan->key);
	if (plan->extensions.len) {
		part = der_open(to, DER_CONTEXT_CONSTRUCTED(3));
		inner = der_open(to, DER_SEQUENCE);
		buffer_add(to, plan->extensions);
		der_close(to, inner);
		der_close(to, part);
	}
	der_close(to, tbs);
}

void build_certificate(struct buffer *to, const struct certificate_plan *plan)
{
	CLEANUP(buffer_free) struct buffer tbs = BUFFER_INIT;
	EVP_PKEY *signer = plan->signer ? plan->signer : plan->key;
	enum digest_algorithm digest = plan->digest ? plan->digest : DIGEST_SHA256;
	enum digest_algorithm inner = plan->inner_digest ? plan->inner_digest : digest;
	size_t certificate = der_open(to, DER_SEQUENCE), bits;

	tbs_certificate(&tbs, plan, build_signature_oid(signer, inner));
	buffer_add(to, buffer_span(&tbs));
	der_add_algorithm(to, build_signature_oid(signer, digest), false);
	bits = der_open(to, DER_BIT_STRING);
	buffer_char(to, 0);
	build_signature(to, signer, digest, buffer_span(&tbs), plan->raw_hash);
	der_close(to, bits);
	der_close(to, certificate);
}

void build_attribute(struct buffer *to, struct span oid, struct span values)
{
	size_t attribute = der_open(to, DER_SEQUENCE);

	der_add(to, DER_OID, oid);
	der_add(to, DER_SET, values);
	der_close(to, attribute);
}

static void attribute_of(struct buffer *to, struct span oid, uint8_t tag, struct span contents)
{
	CLEANUP(buffer_free) struct buffer value = BUFFER_INIT;

	der_add(&value, tag, contents);
	build_attribute(to, oid, buffer_span(&value));
}

static void signed_attributes(struct buffer *to, const struct signer_plan *plan,
			      enum digest_algorithm digest)
{
	struct digest hash = build_digest(digest, plan->content);

	if (plan->content_type.len)
		attribute_of(to, OID_CONTENT_TYPE, DER_OID, plan->content_type);
	if (plan->time)
		attribute_of(to, OID_SIGNING_TIME, DER_UTC_TIME, SPAN_TEXT(plan->time));
	if (plan->wrong_digest)
		hash.bytes[0] ^= 1;
	if (!plan->without_digest)
		attribute_of(to, OID_MESSAGE_DIGEST, DER_OCTET_STRING, digest_span(&hash));
	buffer_add(to, plan->attributes);
}

static void signer_identifier(struct buffer *to, const struct signer_plan *plan)
{
	struct certificate c;
	size_t sid;

	if (plan->key_id.len) {
		der_add(to, DER_CONTEXT(0), plan->key_id);
		return;
	}
	if (certificate_read(plan->certificate, &c, NULL) != STATUS_OK)
		abort();
	sid = der_open(to, DER_SEQUENCE);
	buffer_add(to, c.issuer);
	der_add(to, DER_INTEGER, c.serial);
	der_close(to, sid);
}

/* [tag] with @contents, of definite or indefinite length. */
static void implicit_add(struct buffer *to, uint8_t tag, struct span contents, bool indefinite)
{
	const uint8_t header[] = { tag, 0x80 };

	if (!indefinite) {
		der_add(to, tag, contents);
		return;
	}
	buffer_add(to, SPAN_OF(header));
	buffer_add(to, contents);
	buffer_add(to, OID("\0\0"));
}

void build_signer_info(struct buffer *to, const struct signer_plan *plan)
{
	CLEANUP(buffer_free) struct buffer attributes = BUFFER_INIT, set = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer value = BUFFER_INIT;
	enum digest_algorithm digest = plan->digest ? plan->digest : DIGEST_SHA256;
	struct span oid = plan->signature_oid;
	size_t signer = der_open(to, DER_SEQUENCE);

	der_add_number(to, plan->key_id.len ? 3 : 1);
	signer_identifier(to, plan);
	der_add_algorithm(to, build_digest_oid(digest), true);
	signed_attributes(&attributes, plan, digest);
	der_add(&set, DER_SET, buffer_span(&attributes));
	if (!plan->without_attributes)
		implicit_add(to, DER_CONTEXT_CONSTRUCTED(0), buffer_span(&attributes),
			     plan->indefinite_attributes);
	der_add_algorithm(to, oid.len ? oid : build_signature_oid(plan->key, DIGEST_NONE),
			  true);
	build_signature(&value, plan->key, digest,
			plan->without_attributes ? plan->content : buffer_span(&set),
			plan->raw_hash);
	if (plan->wrong_signature)
		value.bytes[value.len - 1] ^= 1;
	der_add(to, DER_OCTET_STRING, buffer_span(&value));
	if (plan->unsigned_attributes.len)
		der_add(to, DER_CONTEXT_CONSTRUCTED(1), plan->unsigned_attributes);
	der_close(to, signer);
}

/* The frame of SignedData, opened and closed in either manner. */
struct frame {
	struct buffer *to;
	bool indefinite;
	size_t marks[8];
	size_t depth;
};

static void frame_open(struct frame *f, uint8_t tag)
{
	f->marks[f->depth++] = der_open(f->to, tag);
	if (f->indefinite)
		buffer_char(f->to, '\x80');
}

static void frame_close(struct frame *f)
{
	f->depth--;
	if (f->indefinite)
		buffer_add(f->to, OID("\0\0"));
	else
		der_close(f->to, f->marks[f->depth]);
}

void build_signed_data(struct buffer *to, const struct signed_data_plan *plan)
{
	struct frame f = { .to = to, .indefinite = plan->indefinite };

	frame_open(&f, DER_SEQUENCE);
	der_add(to, DER_OID, OID_SIGNED_DATA);
	frame_open(&f, DER_CONTEXT_CONSTRUCTED(0));
	frame_open(&f, DER_SEQUENCE);
	der_add_number(to, 1);
	frame_open(&f, DER_SET);
	for (enum digest_algorithm a = DIGEST_MD5; a <= DIGEST_SHA512; a++)
		der_add_algorithm(to, build_digest_oid(a), true);
	frame_close(&f);
	frame_open(&f, DER_SEQUENCE);
	der_add(to, DER_OID, plan->content_type);
	if (plan->content.len) {
		frame_open(&f, DER_CONTEXT_CONSTRUCTED(0));
		buffer_add(to, plan->content);
		frame_close(&f);
	}
	frame_close(&f);
	if (plan->certificates.len) {
		frame_open(&f, DER_CONTEXT_CONSTRUCTED(0));
		buffer_add(to, plan->certificates);
		frame_close(&f);
	}
	frame_open(&f, DER_SET);
	buffer_add(to, plan->signers);
	frame_close(&f);
	frame_close(&f);
	frame_close(&f);
	frame_close(&f);
}

void build_tst_info(struct buffer *to, enum digest_algorithm a, struct span imprint,
		    const char *time)
{
	size_t info = der_open(to, DER_SEQUENCE), message;

	der_add_number(to, 1);
	der_add(to, DER_OID, OID("\x2a\x03\x04"));
	message = der_open(to, DER_SEQUENCE);
	der_add_algorithm(to, build_digest_oid(a), true);
	der_add(to, DER_OCTET_STRING, imprint);
	der_close(to, message);
	der_add_number(to, 4711);
	der_add(to, DER_GENERALIZED_TIME, SPAN_TEXT(time));
	der_close(to, info);
}
