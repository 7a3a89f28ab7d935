/* SPDX-License-Identifier: MIT */
/* Keys and certificates: RFC 9580 5.5, 10.1. */
#include "structure/openpgp/numbers.h"
#include "structure/openpgp/openpgp.h"

#define ED25519_NATIVE 32
#define ED448_NATIVE   57

/* How the public part of each algorithm is written: {curve's identifier?} numbers | octets. */
static const struct form {
	uint8_t algorithm;
	bool curve;
	uint8_t n_numbers, native;
} forms[] = {
	{OPENPGP_RSA,       false, 2, 0             },
	{ OPENPGP_RSA_SIGN, false, 2, 0             },
	{ OPENPGP_DSA,      false, 4, 0             },
	{ OPENPGP_ECDSA,    true,  1, 0             },
	{ OPENPGP_EDDSA,    true,  1, 0             },
	{ OPENPGP_ED25519,  false, 0, ED25519_NATIVE},
	{ OPENPGP_ED448,    false, 0, ED448_NATIVE  },
};

static const struct form *form_of(uint8_t algorithm)
{
	for (size_t i = 0; i < COUNT_OF(forms); i++)
		if (forms[i].algorithm == algorithm)
			return &forms[i];
	return NULL;
}

static void material_read(struct cursor *c, struct openpgp_key *out)
{
	const struct form *form = form_of(out->algorithm);

	if (!form) {
		out->problem = "an algorithm that cannot sign, or is not built in";
		return;
	}
	if (form->curve)
		out->curve = cursor_take(c, cursor_u8(c));
	for (; out->n_numbers < form->n_numbers; out->n_numbers++)
		out->numbers[out->n_numbers] = openpgp_number(c);
	out->native = cursor_take(c, form->native);
	if (!cursor_ok(c) || cursor_left(c) > 0)
		out->problem = "its numbers do not fill it";
}

enum status openpgp_key_read(struct span body, struct openpgp_key *out)
{
	struct cursor c = cursor_at(body, 0);

	*out = (struct openpgp_key){ .version = cursor_u8(&c), .body = body };
	if (out->version != 4 && out->version != 6) {
		out->problem = "a version of key that is not built in";
		return STATUS_OK;
	}
	out->created = (int64_t)cursor_be(&c, 4);
	out->algorithm = cursor_u8(&c);
	if (out->version == 6) {
		uint64_t len = cursor_be(&c, 4);

		if (len != cursor_left(&c))
			cursor_fail(&c);
	}
	if (!cursor_ok(&c))
		out->problem = "it ends too early";
	else
		material_read(&c, out);
	return STATUS_OK;
}

static enum status component_new(struct arena *a, const struct openpgp_packet *packet,
				 struct openpgp_component **out)
{
	struct openpgp_component *part = ARENA_NEW(a, struct openpgp_component, 1);

	if (!part)
		return STATUS_NO_MEMORY;
	part->tag = packet->tag;
	part->body = packet->body;
	if (packet->tag == OPENPGP_PUBLIC_KEY || packet->tag == OPENPGP_PUBLIC_SUBKEY)
		TRY(openpgp_key_read(packet->body, &part->key));
	*out = part;
	return STATUS_OK;
}

static enum status signature_add(struct arena *a, const struct openpgp_packet *packet,
				 struct openpgp_component *part)
{
	struct openpgp_signature *s = ARENA_NEW(a, struct openpgp_signature, 1);

	if (!s)
		return STATUS_NO_MEMORY;
	TRY(openpgp_signature_read(packet, s));
	if (part->last)
		part->last->next = s;
	else
		part->first = s;
	part->last = s;
	return STATUS_OK;
}

/* One packet behind the primary key. */
static enum status packet_add(struct arena *a, const struct openpgp_packet *packet,
			      struct openpgp_component **last)
{
	struct openpgp_component *part;

	switch (packet->tag) {
	case OPENPGP_SIGNATURE: return signature_add(a, packet, *last);
	case OPENPGP_USER_ID:
	case OPENPGP_USER_ATTRIBUTE:
	case OPENPGP_PUBLIC_SUBKEY:
		TRY(component_new(a, packet, &part));
		(*last)->next = part;
		*last = part;
		return STATUS_OK;
	case OPENPGP_MARKER:
	case OPENPGP_TRUST:
	case OPENPGP_PADDING: return STATUS_OK;
	default: return STATUS_MALFORMED;
	}
}

/* Skips what may stand between certificates; the packet behind it is in *@out. */
static enum status primary_find(struct cursor *c, struct openpgp_packet *out)
{
	while (cursor_left(c) > 0) {
		if (!openpgp_next(c, out))
			return STATUS_MALFORMED;
		if (out->tag == OPENPGP_PUBLIC_KEY)
			return STATUS_OK;
		if (out->tag != OPENPGP_MARKER && out->tag != OPENPGP_TRUST &&
		    out->tag != OPENPGP_PADDING)
			return STATUS_MALFORMED;
	}
	return STATUS_NOT_MINE;
}

enum status openpgp_certificate_next(struct arena *a, struct cursor *c,
				     struct openpgp_certificate *out)
{
	struct openpgp_component *last;
	struct openpgp_packet packet;
	size_t from, end;

	*out = (struct openpgp_certificate){ 0 };
	TRY(primary_find(c, &packet));
	end = c->pos;
	from = end - packet.whole.len;
	TRY(component_new(a, &packet, &out->primary));
	last = out->primary;
	for (size_t n = 1; cursor_left(c) > 0; n++) {
		struct cursor ahead = *c;

		if (!openpgp_next(&ahead, &packet))
			return STATUS_MALFORMED;
		if (packet.tag == OPENPGP_PUBLIC_KEY)
			break;
		if (n == PGP_MAX_PACKETS)
			return STATUS_LIMIT;
		TRY(packet_add(a, &packet, &last));
		*c = ahead;
		end = c->pos;
	}
	out->whole = span_clip(c->in, from, end - from);
	return STATUS_OK;
}
