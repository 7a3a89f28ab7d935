/* SPDX-License-Identifier: MIT */
/* Signatures and their subpackets: RFC 9580 5.2, RFC 4880 5.2.2 for version 3. */
#include "structure/openpgp/numbers.h"
#include "structure/openpgp/openpgp.h"

#define KEY_ID_BYTES    8
#define HASHED_V3_BYTES 5
#define CRITICAL        0x80
#define LEFT_BYTES      2
#define FINGERPRINT_V4  20
#define FINGERPRINT_V6  32
#define ED25519_NATIVE  64
#define ED448_NATIVE    114

/* Subpackets, RFC 9580 5.2.3.7. */
enum subpacket {
	SUB_CREATED = 2,
	SUB_LIFETIME = 3,
	SUB_KEY_LIFETIME = 9,
	SUB_ISSUER = 16,
	SUB_NOTATION = 20,
	SUB_PRIMARY_USER = 25,
	SUB_FLAGS = 27,
	SUB_REASON = 29,
	SUB_EMBEDDED = 32,
	SUB_FINGERPRINT = 33,
};
#define SUB_LAST 40

/*
 * What those mean that we do not read, so that they may be critical: preferences,
 * exportability, trust depth and scope of certifications of other people's keys.
 */
static const bool known_else[SUB_LAST] = {
	[4] = true,  [5] = true,  [6] = true,  [7] = true,  [11] = true, [12] = true,
	[21] = true, [22] = true, [23] = true, [24] = true, [26] = true, [28] = true,
	[30] = true, [31] = true, [34] = true, [35] = true, [39] = true,
};

struct reading {
	struct openpgp_signature *out;
	bool hashed;
	uint64_t seen; /* hashed subpackets that may stand there once */
};

static void problem(struct openpgp_signature *s, const char *why)
{
	if (!s->problem)
		s->problem = why;
}

static bool once(struct reading *r, uint8_t type)
{
	bool again = r->seen >> type & 1;

	r->seen |= UINT64_C(1) << type;
	if (again)
		problem(r->out, "a subpacket stands there twice");
	return !again;
}

static uint32_t number32(struct reading *r, struct span data)
{
	struct cursor c = cursor_at(data, 0);
	uint32_t value = (uint32_t)cursor_be(&c, 4);

	if (data.len != 4)
		problem(r->out, "a time in it has no four octets");
	return value;
}

/* What tells who signed may stand outside of what is signed: a hint, until a key proves it. */
static void take_issuer(struct reading *r, uint8_t type, struct span data)
{
	struct openpgp_signature *s = r->out;
	uint8_t version = span_at(data, 0);
	struct span rest = span_after(data, 1);

	if (type == SUB_ISSUER && data.len == KEY_ID_BYTES && s->issuer.len == 0)
		s->issuer = data;
	else if (type == SUB_FINGERPRINT && s->fingerprint.len == 0 &&
		 ((version == 4 && rest.len == FINGERPRINT_V4) ||
		  (version == 6 && rest.len == FINGERPRINT_V6)))
		s->fingerprint = rest;
	else
		return;
	s->issuer_hashed |= r->hashed;
}

static void take_hashed(struct reading *r, uint8_t type, struct span data, bool critical)
{
	struct openpgp_signature *s = r->out;

	switch (type) {
	case SUB_CREATED:
		if (once(r, type)) {
			s->created = number32(r, data);
			s->has_created = true;
		}
		return;
	case SUB_LIFETIME:
		if (once(r, type))
			s->lifetime = number32(r, data);
		return;
	case SUB_KEY_LIFETIME:
		if (once(r, type))
			s->key_lifetime = number32(r, data);
		return;
	case SUB_PRIMARY_USER: s->primary_user = span_at(data, 0) != 0; return;
	case SUB_FLAGS:
		if (once(r, type)) {
			s->flags = span_at(data, 0);
			s->has_flags = true;
		}
		return;
	case SUB_REASON:
		if (once(r, type)) {
			s->reason = span_at(data, 0);
			s->has_reason = data.len > 0;
		}
		return;
	case SUB_NOTATION: break; /* we know none by name */
	default:
		if (type < SUB_LAST && known_else[type])
			return;
	}
	if (critical)
		problem(s, "a critical subpacket in it is not known");
}

static void take_one(struct reading *r, struct span subpacket)
{
	uint8_t type = span_at(subpacket, 0) & (uint8_t)~CRITICAL;
	bool critical = span_at(subpacket, 0) & CRITICAL;
	struct span data = span_after(subpacket, 1);

	if (type == SUB_ISSUER || type == SUB_FINGERPRINT)
		take_issuer(r, type, data);
	else if (type == SUB_EMBEDDED && r->out->back.len == 0)
		r->out->back = data;
	else if (type != SUB_EMBEDDED && r->hashed)
		take_hashed(r, type, data, critical);
}

static bool subpackets_read(struct reading *r, struct span area)
{
	struct cursor c = cursor_at(area, 0);

	for (size_t n = 0; cursor_left(&c) > 0; n++) {
		uint64_t len = cursor_u8(&c);
		struct span subpacket;

		if (len == 255)
			len = cursor_be(&c, 4);
		else if (len >= 192)
			len = ((len - 192) << 8) + cursor_u8(&c) + 192;
		subpacket = cursor_take(&c, len);
		if (!cursor_ok(&c) || len == 0 || n == PGP_MAX_SUBPACKETS)
			return false;
		take_one(r, subpacket);
	}
	return true;
}

/* The numbers of the algorithm, which must be all that is left. */
static void values_read(struct cursor *c, struct openpgp_signature *s)
{
	size_t n = 0;

	switch ((enum openpgp_algorithm)s->algorithm) {
	case OPENPGP_RSA:
	case OPENPGP_RSA_SIGN: n = 1; break;
	case OPENPGP_DSA:
	case OPENPGP_ECDSA:
	case OPENPGP_EDDSA: n = 2; break;
	case OPENPGP_ED25519: s->native = cursor_take(c, ED25519_NATIVE); break;
	case OPENPGP_ED448: s->native = cursor_take(c, ED448_NATIVE); break;
	}
	if (n == 0 && s->native.len == 0 && cursor_ok(c)) {
		problem(s, "an algorithm that is not built in");
		s->unsupported = true;
		return;
	}
	for (s->n_numbers = 0; s->n_numbers < n; s->n_numbers++)
		s->numbers[s->n_numbers] = openpgp_number(c);
	if (!cursor_ok(c) || cursor_left(c) > 0)
		problem(s, "its numbers do not fill it");
}

/* RFC 4880 5.2.2: type and time are all that is hashed behind the data. */
static void version3_read(struct cursor *c, struct openpgp_signature *s)
{
	struct cursor hashed;

	if (cursor_u8(c) != HASHED_V3_BYTES)
		problem(s, "its hashed part has no five octets");
	s->hashed = cursor_take(c, HASHED_V3_BYTES);
	hashed = cursor_at(s->hashed, 0);
	s->type = cursor_u8(&hashed);
	s->created = (int64_t)cursor_be(&hashed, 4);
	s->has_created = true;
	s->issuer = cursor_take(c, KEY_ID_BYTES);
	s->algorithm = cursor_u8(c);
	s->hash = cursor_u8(c);
	s->tag16 = cursor_take(c, LEFT_BYTES);
}

static void version4_read(struct cursor *c, struct openpgp_signature *s)
{
	struct reading r = { .out = s, .hashed = true };
	size_t width = s->version == 6 ? 4 : 2;
	struct span hashed, unhashed;

	s->type = cursor_u8(c);
	s->algorithm = cursor_u8(c);
	s->hash = cursor_u8(c);
	hashed = cursor_take(c, cursor_be(c, width));
	s->hashed = span_clip(c->in, 0, c->pos);
	unhashed = cursor_take(c, cursor_be(c, width));
	s->tag16 = cursor_take(c, LEFT_BYTES);
	if (s->version == 6)
		s->salt = cursor_take(c, cursor_u8(c));
	if (!cursor_ok(c) || !subpackets_read(&r, hashed))
		problem(s, "its subpackets are malformed");
	r.hashed = false;
	if (!subpackets_read(&r, unhashed))
		problem(s, "its subpackets are malformed");
	if (!s->has_created)
		problem(s, "it does not say when it was made");
}

enum status openpgp_signature_read(const struct openpgp_packet *packet,
				   struct openpgp_signature *out)
{
	struct cursor c = cursor_at(packet->body, 0);

	*out = (struct openpgp_signature){ .whole = packet->whole, .version = cursor_u8(&c) };
	if (out->version == 2 || out->version == 3) {
		version3_read(&c, out);
	} else if (out->version == 4 || out->version == 6) {
		version4_read(&c, out);
	} else {
		out->problem = "a version of signature that is not built in";
		out->unsupported = true;
		return STATUS_OK;
	}
	if (!cursor_ok(&c))
		problem(out, "it ends too early");
	else
		values_read(&c, out);
	return STATUS_OK;
}

static const char *packet_problem(uint8_t tag)
{
	switch (tag) {
	case OPENPGP_ONE_PASS:
	case OPENPGP_COMPRESSED:
	case OPENPGP_LITERAL: return "a message, not a signature beside its data";
	case OPENPGP_PUBLIC_KEY: return "a key, not a signature";
	default: return "a packet that is no signature stands in it";
	}
}

enum status openpgp_signatures(struct arena *a, struct span block,
			       const struct openpgp_signature **out, const char **problem)
{
	struct cursor c = cursor_at(block, 0);
	struct openpgp_signature *first = NULL, *last = NULL;
	struct openpgp_packet packet;

	*out = NULL;
	*problem = "no OpenPGP packet, or not a whole one";
	for (size_t n = 0; cursor_left(&c) > 0; n++) {
		struct openpgp_signature *s;

		if (n == PGP_MAX_PACKETS)
			return STATUS_LIMIT;
		if (!openpgp_next(&c, &packet))
			return STATUS_MALFORMED;
		if (packet.tag == OPENPGP_MARKER || packet.tag == OPENPGP_PADDING)
			continue;
		if (packet.tag != OPENPGP_SIGNATURE) {
			*problem = packet_problem(packet.tag);
			return STATUS_MALFORMED;
		}
		s = ARENA_NEW(a, struct openpgp_signature, 1);
		if (!s)
			return STATUS_NO_MEMORY;
		TRY(openpgp_signature_read(&packet, s));
		if (last)
			last->next = s;
		else
			first = s;
		last = s;
	}
	if (!first)
		return STATUS_MALFORMED;
	*out = first;
	*problem = NULL;
	return STATUS_OK;
}

enum status openpgp_trailer(struct arena *a, const struct openpgp_signature *s,
			    struct openpgp_trailer *out)
{
	uint32_t len = (uint32_t)s->hashed.len;
	const uint8_t end[6] = { s->version,           0xff,
				 (uint8_t)(len >> 24), (uint8_t)(len >> 16),
				 (uint8_t)(len >> 8),  (uint8_t)len };

	*out = (struct openpgp_trailer){
		{s->hashed, SPAN_NONE}
	};
	if (s->version < 4)
		return STATUS_OK;
	out->parts[1] = arena_copy(a, SPAN_OF(end));
	return out->parts[1].ptr ? STATUS_OK : STATUS_NO_MEMORY;
}
