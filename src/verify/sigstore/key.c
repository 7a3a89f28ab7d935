/* SPDX-License-Identifier: MIT */
/* Keys and digests as sigstore names them (sigstore_common.proto). */
#include "verify/sigstore/state.h"

const enum digest_algorithm sigstore_digests[SIGSTORE_DIGESTS] = {
	DIGEST_SHA256,
	DIGEST_SHA384,
	DIGEST_SHA512,
};

size_t sigstore_digest_index(enum digest_algorithm algorithm)
{
	size_t i = 0;

	while (i < SIGSTORE_DIGESTS && sigstore_digests[i] != algorithm)
		i++;
	return i;
}

enum digest_algorithm sigstore_digest_named(struct span name)
{
	static const struct {
		const char *name;
		enum digest_algorithm algorithm;
	} names[] = {
		{"SHA2_256",  DIGEST_SHA256},
                { "SHA2_384", DIGEST_SHA384},
		{ "SHA2_512", DIGEST_SHA512},
                { "sha256",   DIGEST_SHA256},
		{ "sha384",   DIGEST_SHA384},
                { "sha512",   DIGEST_SHA512},
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (span_equal(name, SPAN_TEXT(names[i].name)))
			return names[i].algorithm;
	return DIGEST_NONE;
}

/* PublicKeyDetails.  Where none is named, the key says it: a curve goes with its own digest. */
static const struct {
	const char *details;
	enum key_curve curve;
	enum digest_algorithm digest;
} kinds[] = {
	{"PKIX_ECDSA_P256_SHA_256",        CURVE_P256, DIGEST_SHA256},
	{ "PKIX_ECDSA_P384_SHA_384",       CURVE_P384, DIGEST_SHA384},
	{ "PKIX_ECDSA_P521_SHA_512",       CURVE_P521, DIGEST_SHA512},
	{ "PKIX_RSA_PKCS1V15_2048_SHA256", CURVE_NONE, DIGEST_SHA256},
	{ "PKIX_RSA_PKCS1V15_3072_SHA256", CURVE_NONE, DIGEST_SHA256},
	{ "PKIX_RSA_PKCS1V15_4096_SHA256", CURVE_NONE, DIGEST_SHA256},
	{ "PKIX_RSA_PKCS1V5",              CURVE_NONE, DIGEST_SHA256},
	{ "PKCS1_RSA_PKCS1V5",             CURVE_NONE, DIGEST_SHA256},
};

static enum digest_algorithm digest_of_key(const struct public_key *key, struct span details)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		bool named = span_equal(details, SPAN_TEXT(kinds[i].details));

		if (kinds[i].curve == key->curve && (named || details.len == 0))
			return kinds[i].digest;
	}
	return DIGEST_NONE;
}

void sigstore_der_add(struct buffer *out, uint8_t tag, struct span value)
{
	unsigned width = 0;

	buffer_char(out, (char)tag);
	if (value.len >= 0x80) {
		while (width < sizeof(value.len) && value.len >> (8 * width) != 0)
			width++;
		buffer_char(out, (char)(0x80 | width));
		for (; width > 0; width--)
			buffer_char(out, (char)(value.len >> (8 * (width - 1)) & 0xff));
	} else {
		buffer_char(out, (char)value.len);
	}
	buffer_add(out, value);
}

/* An RSAPublicKey (RFC 8017 A.1.1) as a SubjectPublicKeyInfo. */
static enum status rsa_wrap(struct arena *a, struct span rsa, struct span *out)
{
	static const struct span algorithm =
		SPAN_INIT("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00");
	CLEANUP(buffer_free)
	struct buffer bits = BUFFER_INIT, inside = BUFFER_INIT, whole = BUFFER_INIT;

	buffer_char(&bits, 0);
	buffer_add(&bits, rsa);
	buffer_add(&inside, algorithm);
	sigstore_der_add(&inside, DER_BIT_STRING, buffer_span(&bits));
	sigstore_der_add(&whole, DER_SEQUENCE, buffer_span(&inside));
	if (bits.failed || inside.failed)
		return STATUS_NO_MEMORY;
	TRY(buffer_status(&whole));
	*out = buffer_give(&whole, a);
	return out->ptr ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status sigstore_key_read(struct arena *a, struct span bytes, struct span details,
			      struct sigstore_key *out)
{
	enum status status;

	*out = (struct sigstore_key){ 0 };
	if (span_starts(details, "PKCS1_", strlen("PKCS1_")))
		TRY(rsa_wrap(a, bytes, &bytes));
	status = ed25519_public_read(bytes, &out->ed25519);
	if (status == STATUS_NO_MEMORY)
		return status;
	out->is_ed25519 = status == STATUS_OK;
	if (out->is_ed25519) {
		out->usable =
			details.len == 0 || span_equal(details, SPAN_LITERAL("PKIX_ED25519"));
		return STATUS_OK;
	}
	status = public_key_read(bytes, &out->key);
	if (status == STATUS_NO_MEMORY)
		return status;
	out->digest = digest_of_key(&out->key, details);
	out->usable = status == STATUS_OK && out->digest != DIGEST_NONE;
	return STATUS_OK;
}

enum signature_result sigstore_key_verify_digest(const struct sigstore_key *key,
						 const struct digest *hash,
						 struct span signature)
{
	const struct signature_algorithm algorithm = { .key = key->key.type,
						       .digest = hash->algorithm };
	struct signature_check check = {
		.key = &key->key,
		.algorithm = &algorithm,
		.hash = hash,
		.signature = signature,
	};

	if (!key->usable || key->is_ed25519 || key->key.type == KEY_DSA)
		return SIGNATURE_NOT_SUPPORTED;
	return signature_verify(&check);
}

enum status sigstore_key_verify(const struct sigstore_key *key, struct span message,
				struct span signature, enum signature_result *out)
{
	struct digest hash;

	*out = SIGNATURE_NOT_SUPPORTED;
	if (!key->usable)
		return STATUS_OK;
	if (key->is_ed25519) {
		*out = ed25519_verify(key->ed25519.open, message, signature);
	} else {
		TRY(digest_of(key->digest, &message, 1, &hash));
		*out = sigstore_key_verify_digest(key, &hash, signature);
	}
	return signature_computed(*out);
}
