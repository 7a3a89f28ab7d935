/* SPDX-License-Identifier: MIT */
/* The digests by which the database is sorted, and what two records of one certificate make. */
#include "trust/database.h"

#define LETTER_CASE 0x20
#define FOLDED_MAX  1024 /* what stands further behind in a name does not count */

/* A folded name, without memory of its own: a look-up must not fail for want of it. */
struct folded {
	uint8_t bytes[FOLDED_MAX];
	size_t n;
};

static void octet_add(struct folded *f, uint64_t octet)
{
	if (f->n < FOLDED_MAX)
		f->bytes[f->n++] = (uint8_t)octet;
}

enum status key_of(struct span bytes, uint8_t out[32])
{
	struct digest digest;

	TRY(digest_of(DIGEST_SHA256, &bytes, 1, &digest));
	(void)span_copy(out, 32, digest_span(&digest));
	return STATUS_OK;
}

struct span key_bits(const struct public_key *key)
{
	if (key->modulus.len)
		return key->modulus;
	return key->point.len ? key->point : key->bits;
}

/* How many octets a character of this string type has. */
static size_t character_width(uint8_t tag)
{
	if (tag == DER_BMP_STRING)
		return 2;
	return tag == DER_UNIVERSAL_STRING ? 4 : 1;
}

static void letters_add(struct folded *f, const struct der *string)
{
	struct cursor c = der_enter(string);
	size_t width = character_width(string->tag);

	while (cursor_left(&c) >= width) {
		uint64_t character = cursor_be(&c, width);

		if (character >= 'A' && character <= 'Z')
			character |= LETTER_CASE;
		if ((character >= 'a' && character <= 'z') ||
		    (character >= '0' && character <= '9'))
			octet_add(f, character);
	}
	octet_add(f, 0);
}

static void type_add(struct folded *f, struct span type)
{
	for (uint64_t i = 0; i < type.len; i++)
		octet_add(f, span_at(type, i));
}

static bool attributes_add(struct folded *f, struct cursor *set)
{
	while (cursor_left(set)) {
		struct der attribute, type, value;
		struct cursor c;

		if (!der_expect(set, DER_SEQUENCE, &attribute))
			return false;
		c = der_enter(&attribute);
		if (!der_expect(&c, DER_OID, &type) || !der_next(&c, &value))
			return false;
		type_add(f, type.whole);
		letters_add(f, &value);
	}
	return true;
}

static bool name_fold(struct folded *f, struct span name)
{
	struct cursor c;
	struct der der;

	if (!der_only(name, DER_SEQUENCE, &der, NULL))
		return false;
	c = der_enter(&der);
	while (cursor_left(&c)) {
		struct cursor set;

		if (!der_expect(&c, DER_SET, &der))
			return false;
		set = der_enter(&der);
		if (!attributes_add(f, &set))
			return false;
	}
	return true;
}

enum status name_key(struct span name, uint8_t out[32])
{
	struct folded folded = { 0 };

	/* What is not a Name equals only itself. */
	if (!name_fold(&folded, name))
		return key_of(name, out);
	return key_of((struct span){ folded.bytes, folded.n }, out);
}

void record_complete(struct record *winner, const struct record *other)
{
	winner->stored.public_root |= other->stored.public_root;
	if (winner->stored.der.len || !other->stored.der.len)
		return;
	winner->stored.item = other->stored.item;
	winner->stored.der = other->stored.der;
	winner->subject = other->subject;
	winner->key_id = other->key_id;
	winner->valid_from = other->valid_from;
	winner->valid_until = other->valid_until;
	(void)span_copy(winner->key_sha256, 32, SPAN_OF(other->key_sha256));
}
