/* SPDX-License-Identifier: MIT */
/* Ed25519: the vectors of RFC 8032 (7.1), keys of RFC 8410 (10), and whatever else stands
 * there. */
#include "base/buffer.h"
#include "base/hex.h"
#include "crypto/ed25519.h"
#include "tests/check.h"

#define PKCS8 "302e020100300506032b657004220420"
#define SPKI  "302a300506032b6570032100"

static struct span hex(struct buffer *b, const char *text)
{
	buffer_clear(b);
	if (text[0] != '\0' && hex_decode(b, SPAN_TEXT(text)) != STATUS_OK)
		abort();
	return buffer_span(b);
}

/* The signature in two halves. */
static const struct {
	const char *what, *message, *secret, *open, *first, *second;
} vectors[] = {
	{"test 1",  "",     "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155",
         "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
	{ "test 2", "72",   "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da",
         "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
	{ "test 3", "af82", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac",
         "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

static void test_vectors(void)
{
	CLEANUP(buffer_free)
	struct buffer message = BUFFER_INIT, signature = BUFFER_INIT, key = BUFFER_INIT,
		      open = BUFFER_INIT;

	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		uint8_t made[ED25519_SIGNATURE_BYTES];
		char text[129];
		struct ed25519_key k, p;
		struct span m = hex(&message, vectors[i].message);
		struct span s;
		struct span o = hex(&open, vectors[i].open);

		(void)snprintf(text, sizeof(text), "%s%s", vectors[i].first, vectors[i].second);
		s = hex(&signature, text);
		(void)snprintf(text, sizeof(text), PKCS8 "%s", vectors[i].secret);
		CHECK(ed25519_private_read(hex(&key, text), &k) == STATUS_OK &&
			      span_equal(SPAN_OF(k.open), o),
		      "%s: the public key", vectors[i].what);
		CHECK(ed25519_sign(&k, m, made) == STATUS_OK && span_equal(SPAN_OF(made), s),
		      "%s: the signature", vectors[i].what);
		(void)snprintf(text, sizeof(text), SPKI "%s", vectors[i].open);
		CHECK(ed25519_public_read(hex(&key, text), &p) == STATUS_OK &&
			      memcmp(p.id, k.id, sizeof(p.id)) == 0 &&
			      ed25519_verify(p.open, m, s) == SIGNATURE_OK,
		      "%s: verified", vectors[i].what);
		CHECK(ed25519_sign(&p, m, made) == STATUS_USAGE, "%s: nobody signs without it",
		      vectors[i].what);
		made[5] ^= 1;
		CHECK(ed25519_verify(p.open, m, SPAN_OF(made)) != SIGNATURE_OK &&
			      ed25519_verify(p.open, SPAN_TEXT("other"), s) ==
				      SIGNATURE_WRONG &&
			      ed25519_verify(p.open, m, span_clip(s, 0, 63)) == SIGNATURE_WRONG,
		      "%s: anything else is wrong", vectors[i].what);
		ed25519_key_forget(&k);
		CHECK(span_is_zero(SPAN_OF(k.secret)), "%s: forgotten", vectors[i].what);
	}
}

static void test_keys(void)
{
	static const struct {
		const char *what, *text;
		enum status open, secret;
	} rows[] = {
		{"nothing",                       "", STATUS_MALFORMED,   STATUS_MALFORMED},
		{ "another algorithm",
                 "302a300506032b656e0321000000000000000000000000000000000000000000000000000000"
		  "000000"
		  "000000",			   STATUS_UNSUPPORTED, STATUS_MALFORMED},
		{ "an algorithm with parameters",
                 "302c300706032b65700500032100000000000000000000000000000000000000000000000000"
		  "000000"
		  "0000000000",		       STATUS_MALFORMED,   STATUS_MALFORMED},
		{ "a key of 31 bytes",
                 "3029300506032b65700320000000000000000000000000000000000000000000000000000000"
		  "000000"
		  "0000",			     STATUS_MALFORMED,   STATUS_MALFORMED},
		{ "a private key of 31 bytes",
                 "302d020100300506032b65700421041f00000000000000000000000000000000000000000000"
		  "00000000"
		  "0000000000",		       STATUS_MALFORMED,   STATUS_MALFORMED},
	};
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct ed25519_key k;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct span key = hex(&b, rows[i].text);

		CHECK(ed25519_public_read(key, &k) == rows[i].open &&
			      ed25519_private_read(key, &k) == rows[i].secret && !k.has_secret,
		      "%s is refused", rows[i].what);
	}
}

/* A new pair: what is written is read, and signs. */
static void test_new(void)
{
	CLEANUP(buffer_free) struct buffer secret = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer open = BUFFER_INIT;
	struct ed25519_key k, other, again, p;
	uint8_t made[ED25519_SIGNATURE_BYTES];
	struct span m = SPAN_TEXT("message");

	if (ed25519_key_new(&k) != STATUS_OK || ed25519_key_new(&other) != STATUS_OK)
		abort();
	CHECK(k.has_secret && memcmp(k.secret, other.secret, sizeof(k.secret)) != 0,
	      "no two are the same");
	ed25519_private_write(&secret, &k);
	ed25519_public_write(&open, &k);
	CHECK(ed25519_private_read(buffer_span(&secret), &again) == STATUS_OK &&
		      ed25519_public_read(buffer_span(&open), &p) == STATUS_OK &&
		      memcmp(again.id, k.id, sizeof(k.id)) == 0 &&
		      memcmp(p.id, k.id, sizeof(k.id)) == 0,
	      "what is written is read");
	CHECK(ed25519_sign(&again, m, made) == STATUS_OK &&
		      ed25519_verify(p.open, m, SPAN_OF(made)) == SIGNATURE_OK,
	      "and signs");
}

int main(void)
{
	test_vectors();
	test_keys();
	test_new();
	return CHECK_DONE();
}
