/* SPDX-License-Identifier: MIT */
#include "crypto/ed25519.h"

#include "crypto/edwards.h"
#include <sys/random.h>

#define OID_ED25519 OID("\x2b\x65\x70")

static bool key_secret(struct edwards *w, const struct ed25519_key *key)
{
	w->key = EVP_PKEY_new_raw_private_key_ex(w->library, "ED25519", NULL, key->secret,
						 ED25519_KEY_BYTES);
	return w->key != NULL;
}

static enum status key_name(struct ed25519_key *key)
{
	struct span open = SPAN_OF(key->open);
	struct digest digest;

	TRY(digest_of(DIGEST_SHA256, &open, 1, &digest));
	(void)span_copy(key->id, sizeof(key->id), digest_span(&digest));
	return STATUS_OK;
}

/* AlgorithmIdentifier without parameters (RFC 8410, 3). */
static enum status algorithm_check(struct cursor *c)
{
	struct der sequence, oid;
	struct cursor in;

	if (!der_expect(c, DER_SEQUENCE, &sequence))
		return STATUS_MALFORMED;
	in = der_enter(&sequence);
	if (!der_expect(&in, DER_OID, &oid))
		return STATUS_MALFORMED;
	if (!span_equal(oid.value, OID_ED25519))
		return STATUS_UNSUPPORTED;
	return cursor_left(&in) == 0 ? STATUS_OK : STATUS_MALFORMED;
}

enum status ed25519_public_read(struct span spki, struct ed25519_key *out)
{
	struct der sequence, bits;
	struct span octets;
	struct cursor c;

	*out = (struct ed25519_key){ 0 };
	if (!der_only(spki, DER_SEQUENCE, &sequence, NULL))
		return STATUS_MALFORMED;
	c = der_enter(&sequence);
	TRY(algorithm_check(&c));
	if (!der_expect(&c, DER_BIT_STRING, &bits) || !der_bits(&bits, &octets) ||
	    octets.len != ED25519_KEY_BYTES || cursor_left(&c) != 0)
		return STATUS_MALFORMED;
	(void)span_copy(out->open, sizeof(out->open), octets);
	return key_name(out);
}

static enum status secret_read(struct span pkcs8, struct ed25519_key *out)
{
	struct der sequence, version, octets, inner;
	struct cursor c;

	if (!der_only(pkcs8, DER_SEQUENCE, &sequence, NULL))
		return STATUS_MALFORMED;
	c = der_enter(&sequence);
	if (!der_expect(&c, DER_INTEGER, &version))
		return STATUS_MALFORMED;
	TRY(algorithm_check(&c));
	/* Attributes and a copy of the public key may follow (RFC 5958); we compute it. */
	if (!der_expect(&c, DER_OCTET_STRING, &octets) ||
	    !der_only(octets.value, DER_OCTET_STRING, &inner, NULL) ||
	    inner.value.len != ED25519_KEY_BYTES)
		return STATUS_MALFORMED;
	(void)span_copy(out->secret, sizeof(out->secret), inner.value);
	out->has_secret = true;
	return STATUS_OK;
}

static enum status public_make(struct ed25519_key *key)
{
	CLEANUP(edwards_end) struct edwards w = { 0 };
	size_t n = sizeof(key->open);

	if (!edwards_begin(&w))
		return STATUS_NO_MEMORY;
	if (!key_secret(&w, key) || EVP_PKEY_get_raw_public_key(w.key, key->open, &n) != 1)
		return digest_refused();
	return STATUS_OK;
}

enum status ed25519_private_read(struct span pkcs8, struct ed25519_key *out)
{
	enum status status;

	*out = (struct ed25519_key){ 0 };
	status = secret_read(pkcs8, out);
	if (status == STATUS_OK)
		status = public_make(out);
	if (status == STATUS_OK)
		status = key_name(out);
	if (status != STATUS_OK)
		ed25519_key_forget(out);
	return status;
}

enum status ed25519_key_new(struct ed25519_key *out)
{
	enum status status;

	*out = (struct ed25519_key){ 0 };
	if (getrandom(out->secret, sizeof(out->secret), 0) != (ssize_t)sizeof(out->secret))
		return STATUS_IO;
	out->has_secret = true;
	status = public_make(out);
	if (status == STATUS_OK)
		status = key_name(out);
	if (status != STATUS_OK)
		ed25519_key_forget(out);
	return status;
}

/* Everything in front of the key is always the same (RFC 8410, 4 and 7). */
void ed25519_public_write(struct buffer *out, const struct ed25519_key *key)
{
	buffer_add(out, SPAN_LITERAL("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"));
	buffer_add(out, SPAN_OF(key->open));
}

void ed25519_private_write(struct buffer *out, const struct ed25519_key *key)
{
	buffer_add(out, SPAN_LITERAL("\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04"
				     "\x22\x04\x20"));
	buffer_add(out, SPAN_OF(key->secret));
}

void ed25519_key_forget(struct ed25519_key *key)
{
	explicit_bzero(key, sizeof(*key));
}

enum status ed25519_sign(const struct ed25519_key *key, struct span message,
			 uint8_t out[ED25519_SIGNATURE_BYTES])
{
	CLEANUP(edwards_end) struct edwards w = { 0 };
	size_t n = ED25519_SIGNATURE_BYTES;

	if (!key->has_secret)
		return STATUS_USAGE;
	if (!edwards_begin(&w))
		return STATUS_NO_MEMORY;
	if (!key_secret(&w, key) ||
	    EVP_DigestSignInit_ex(w.context, NULL, NULL, w.library, NULL, w.key, NULL) != 1 ||
	    EVP_DigestSign(w.context, out, &n, message.ptr, message.len) != 1)
		return digest_refused();
	return STATUS_OK;
}

enum signature_result ed25519_verify(const uint8_t open[ED25519_KEY_BYTES], struct span message,
				     struct span signature)
{
	if (signature.len != ED25519_SIGNATURE_BYTES)
		return SIGNATURE_WRONG;
	return edwards_verify("ED25519", (struct span){ open, ED25519_KEY_BYTES }, message,
			      signature);
}
