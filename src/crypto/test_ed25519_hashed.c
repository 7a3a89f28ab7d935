/* SPDX-License-Identifier: MIT */
/* Against EVP: what it signs is good, what it refuses is refused. */
#include "crypto/ed25519_hashed.h"
#include "tests/check.h"

#define PKCS8  "\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20"
#define ROUNDS 24

static enum signature_result hashed(const struct ed25519_key *key, struct span message,
				    struct span signature)
{
	const struct span parts[] = { span_clip(signature, 0, 32), SPAN_OF(key->open),
				      message };
	struct digest hash;

	if (digest_of(DIGEST_SHA512, parts, 3, &hash) != STATUS_OK)
		return SIGNATURE_UNKNOWN;
	return ed25519_verify_hashed(key->open, &hash, signature);
}

static bool key_make(uint8_t seed, struct ed25519_key *out)
{
	uint8_t pkcs8[48];

	memset(pkcs8, seed, sizeof(pkcs8));
	memcpy(pkcs8, PKCS8, sizeof(PKCS8) - 1);
	return ed25519_private_read(SPAN_OF(pkcs8), out) == STATUS_OK;
}

int main(void)
{
	unsigned good = 0, bad = 0, agree = 0;
	struct ed25519_key key;
	uint8_t signature[ED25519_SIGNATURE_BYTES];

	for (uint8_t i = 0; i < ROUNDS; i++) {
		struct span message = span_clip(SPAN_LITERAL("a message of some length"), 0, i);
		size_t at = i * 37U % sizeof(signature);
		struct ed25519_key other;

		if (!key_make((uint8_t)(i + 1), &key) ||
		    ed25519_sign(&key, message, signature) != STATUS_OK)
			return EXIT_FAILURE;
		good += hashed(&key, message, SPAN_OF(signature)) == SIGNATURE_OK;
		bad += hashed(&key, SPAN_LITERAL("another"), SPAN_OF(signature)) ==
		       SIGNATURE_WRONG;
		signature[at] ^= (uint8_t)(1 << i % 8);
		agree += hashed(&key, message, SPAN_OF(signature)) ==
			 ed25519_verify(key.open, message, SPAN_OF(signature));
		signature[at] ^= (uint8_t)(1 << i % 8);
		other = key;
		other.open[at % 32] ^= (uint8_t)(1 << i % 8);
		agree += hashed(&other, message, SPAN_OF(signature)) != SIGNATURE_OK;
	}
	CHECK(good == ROUNDS, "%u of %u signatures are good", good, ROUNDS);
	CHECK(bad == ROUNDS, "%u of %u over another message are wrong", bad, ROUNDS);
	CHECK(agree == 2 * ROUNDS, "%u of %u changed ones are refused", agree, 2 * ROUNDS);
	/* S + order: the same number, and no signature (RFC 8032 5.1.7). */
	{
		static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a,       0x63,
						   0x12, 0x58, 0xd6, 0x9c, 0xf7,       0xa2,
						   0xde, 0xf9, 0xde, 0x14, [31] = 0x10 };
		unsigned carry = 0;

		for (size_t i = 0; i < 32; i++) {
			carry += signature[32 + i] + order[i];
			signature[32 + i] = (uint8_t)carry;
			carry >>= 8;
		}
		CHECK(hashed(&key,
			     span_clip(SPAN_LITERAL("a message of some length"), 0, ROUNDS - 1),
			     SPAN_OF(signature)) == SIGNATURE_WRONG,
		      "S beyond the order");
	}
	CHECK(ed25519_verify_hashed(key.open, &(struct digest){ .algorithm = DIGEST_SHA256 },
				    SPAN_OF(signature)) == SIGNATURE_UNKNOWN,
	      "another hash");
	return CHECK_DONE();
}
