/* SPDX-License-Identifier: MIT */
#include "verify/xpi/cose.h"

#define TAG_SIGN         98
#define HEADER_ALGORITHM 1
#define HEADER_KEY_ID    4
#define PAIR_MAX         132 /* r and s of the longest curve, P-521 */

static const struct {
	int64_t id;
	enum key_type key;
	enum digest_algorithm digest;
	size_t salt_len;
} algorithms[] = {
	{-37,  KEY_RSA, DIGEST_SHA256, 32}, /* PS256 */
	{ -7,  KEY_EC,  DIGEST_SHA256, 0 }, /* ES256 */
	{ -35, KEY_EC,  DIGEST_SHA384, 0 }, /* ES384 */
	{ -36, KEY_EC,  DIGEST_SHA512, 0 }, /* ES512 */
};

enum digest_algorithm cose_digest(int64_t algorithm)
{
	for (size_t i = 0; i < COUNT_OF(algorithms); i++)
		if (algorithms[i].id == algorithm)
			return algorithms[i].digest;
	return DIGEST_NONE;
}

/* { 4: [ certificates ] } and nothing else */
static bool body_header_read(struct span in, struct cose *out)
{
	struct cursor c = cursor_at(in, 0);
	struct cbor map, list, item;

	if (!cbor_expect(&c, CBOR_MAP, &map) || map.value != 1 ||
	    cbor_integer(&c) != HEADER_KEY_ID || !cbor_expect(&c, CBOR_ARRAY, &list))
		return false;
	for (uint64_t i = 0; i < list.value; i++) {
		if (!cbor_expect(&c, CBOR_BYTES, &item))
			return false;
		if (out->n_certificates == COSE_MAX_CERTIFICATES) {
			out->many = true;
			return true;
		}
		out->certificates[out->n_certificates++] = item.bytes;
	}
	return cursor_ok(&c) && cursor_left(&c) == 0;
}

/* { 1: algorithm, 4: certificate } and nothing else */
static bool signer_header_read(struct cose_signer *out)
{
	struct cursor c = cursor_at(out->protected, 0);
	struct cbor map, item;
	bool has_algorithm = false;

	if (!cbor_expect(&c, CBOR_MAP, &map) || map.value != 2)
		return false;
	for (uint64_t i = 0; i < map.value; i++) {
		int64_t label = cbor_integer(&c);

		if (label == HEADER_ALGORITHM) {
			out->algorithm = cbor_integer(&c);
			has_algorithm = true;
		} else if (label == HEADER_KEY_ID && cbor_expect(&c, CBOR_BYTES, &item)) {
			out->certificate = item.bytes;
		} else {
			return false;
		}
	}
	return cursor_ok(&c) && cursor_left(&c) == 0 && has_algorithm &&
	       out->certificate.len > 0;
}

/* [ protected, {}, signature ] */
static bool signer_read(struct cursor *c, struct cose_signer *out)
{
	struct cbor list, map, item;

	if (!cbor_expect(c, CBOR_ARRAY, &list) || list.value != 3 ||
	    !cbor_expect(c, CBOR_BYTES, &item))
		return false;
	out->protected = item.bytes;
	if (!cbor_expect(c, CBOR_MAP, &map) || map.value != 0 ||
	    !cbor_expect(c, CBOR_BYTES, &item))
		return false;
	out->signature = item.bytes;
	return signer_header_read(out);
}

bool cose_read(struct span in, struct cose *out)
{
	struct cursor c = cursor_at(in, 0);
	struct cbor item;

	*out = (struct cose){ .n_signers = 0 };
	if (!cbor_next(&c, &item))
		return false;
	if (item.type == CBOR_TAG && (item.value != TAG_SIGN || !cbor_next(&c, &item)))
		return false;
	if (item.type != CBOR_ARRAY || item.value != 4 || !cbor_expect(&c, CBOR_BYTES, &item))
		return false;
	out->protected = item.bytes;
	if (!body_header_read(out->protected, out) || !cbor_expect(&c, CBOR_MAP, &item) ||
	    item.value != 0)
		return false;
	/* The payload stands in a file of its own. */
	if (!cbor_expect(&c, CBOR_SIMPLE, &item) || item.value != CBOR_NULL ||
	    !cbor_expect(&c, CBOR_ARRAY, &item))
		return false;
	if (item.value > COSE_MAX_SIGNERS) {
		out->many = true;
		return true;
	}
	for (uint64_t i = 0; i < item.value; i++)
		if (!signer_read(&c, &out->signers[out->n_signers++]))
			return false;
	return cursor_ok(&c) && cursor_left(&c) == 0;
}

enum status cose_signed_octets(const struct cose *cose, const struct cose_signer *signer,
			       struct span payload, struct buffer *out)
{
	cbor_put(out, CBOR_ARRAY, 5);
	cbor_put_string(out, CBOR_TEXT, SPAN_LITERAL("Signature"));
	cbor_put_string(out, CBOR_BYTES, cose->protected);
	cbor_put_string(out, CBOR_BYTES, signer->protected);
	cbor_put_string(out, CBOR_BYTES, SPAN_NONE);
	cbor_put_string(out, CBOR_BYTES, payload);
	return buffer_status(out);
}

/* An INTEGER of @magnitude, which DER writes with a zero before a first bit that is set. */
static void integer_put(struct buffer *out, struct span magnitude)
{
	while (magnitude.len > 1 && span_at(magnitude, 0) == 0)
		magnitude = span_after(magnitude, 1);
	buffer_char(out, DER_INTEGER);
	buffer_char(out, (char)(magnitude.len + (span_at(magnitude, 0) >> 7)));
	if (span_at(magnitude, 0) & 0x80)
		buffer_char(out, 0);
	buffer_add(out, magnitude);
}

/* COSE writes r and s one after the other (RFC 9053, 2.1); X9.62 a SEQUENCE of them. */
static enum status pair_put(struct buffer *out, struct span pair)
{
	CLEANUP(buffer_free) struct buffer inside = BUFFER_INIT;

	integer_put(&inside, span_clip(pair, 0, pair.len / 2));
	integer_put(&inside, span_after(pair, pair.len / 2));
	buffer_char(out, DER_SEQUENCE);
	if (inside.len > 127)
		buffer_char(out, (char)0x81);
	buffer_char(out, (char)inside.len);
	buffer_add(out, buffer_span(&inside));
	TRY(buffer_status(&inside));
	return buffer_status(out);
}

enum status cose_verify(const struct cose_signer *signer, const struct public_key *key,
			struct span octets, enum signature_result *out)
{
	CLEANUP(buffer_free) struct buffer pair = BUFFER_INIT;
	struct signature_algorithm how = { .key = KEY_UNKNOWN };
	struct digest hash;
	struct signature_check check = {
		.key = key, .algorithm = &how, .hash = &hash, .signature = signer->signature
	};

	*out = SIGNATURE_NOT_SUPPORTED;
	for (size_t i = 0; i < COUNT_OF(algorithms); i++)
		if (algorithms[i].id == signer->algorithm)
			how = (struct signature_algorithm){
				.key = algorithms[i].key,
				.pss = algorithms[i].key == KEY_RSA,
				.digest = algorithms[i].digest,
				.mgf1 = algorithms[i].digest,
				.salt_len = algorithms[i].salt_len,
			};
	if (how.key == KEY_UNKNOWN)
		return STATUS_OK;
	*out = SIGNATURE_WRONG;
	if (key->type != how.key || signer->signature.len % 2 != 0 ||
	    (how.key == KEY_EC && signer->signature.len > PAIR_MAX))
		return STATUS_OK;
	if (how.key == KEY_EC) {
		TRY(pair_put(&pair, signer->signature));
		check.signature = buffer_span(&pair);
	}
	TRY(digest_of(how.digest, &octets, 1, &hash));
	*out = signature_verify(&check);
	return signature_computed(*out);
}
