/* SPDX-License-Identifier: MIT */
#include "structure/requirement.h"

#include "base/cursor.h"
#include "structure/code_signature.h"

#define KIND_PREFIX   1
#define FLAG_FALSE    0x80000000U /* an operation that is not known counts as false */
#define FLAG_SKIP     0x40000000U /* ... or is passed over */
#define FLAGS         0xff000000U
#define SET_ENTRY     8
#define SET_HEAD      12
#define PLAIN_OPERAND 4 /* texts are padded to this */

/* What stands behind an operation. */
enum part { PART_NONE, PART_SLOT, PART_KEY, PART_VALUE, PART_MATCH };

static const struct {
	enum part parts[3];
	int operands; /* further expressions */
} shapes[REQ_OPERATIONS] = {
	[REQ_IDENTIFIER] = {{ PART_VALUE },                       0},
	[REQ_ANCHOR_HASH] = { { PART_SLOT, PART_VALUE },           0},
	[REQ_INFO_KEY_VALUE] = { { PART_KEY, PART_VALUE },            0},
	[REQ_AND] = { { PART_NONE },                       2},
	[REQ_OR] = { { PART_NONE },                       2},
	[REQ_CDHASH] = { { PART_VALUE },                      0},
	[REQ_NOT] = { { PART_NONE },                       1},
	[REQ_INFO_KEY] = { { PART_KEY, PART_MATCH },            0},
	[REQ_CERT_FIELD] = { { PART_SLOT, PART_KEY, PART_MATCH }, 0},
	[REQ_TRUSTED_CERT] = { { PART_SLOT },                       0},
	[REQ_CERT_GENERIC] = { { PART_SLOT, PART_KEY, PART_MATCH }, 0},
	[REQ_ENTITLEMENT] = { { PART_KEY, PART_MATCH },            0},
	[REQ_CERT_POLICY] = { { PART_SLOT, PART_KEY, PART_MATCH }, 0},
	[REQ_NAMED_ANCHOR] = { { PART_VALUE },                      0},
	[REQ_NAMED_CODE] = { { PART_VALUE },                      0},
	[REQ_PLATFORM] = { { PART_SLOT },                       0},
	[REQ_CERT_FIELD_DATE] = { { PART_SLOT, PART_KEY, PART_MATCH }, 0},
};

static struct span text_take(struct cursor *c)
{
	uint64_t len = cursor_be(c, 4);
	struct span text = cursor_take(c, len);

	cursor_skip(c, (PLAIN_OPERAND - len % PLAIN_OPERAND) % PLAIN_OPERAND);
	return text;
}

static void match_take(struct cursor *c, struct requirement_node *n)
{
	uint64_t match = cursor_be(c, 4);

	if (match >= MATCHES) {
		cursor_fail(c);
		return;
	}
	n->match = (enum requirement_match)match;
	if (n->match == MATCH_EXISTS || n->match == MATCH_ABSENT)
		return;
	n->operand = n->match >= MATCH_ON ? cursor_take(c, 8) : text_take(c);
}

static void part_take(struct cursor *c, enum part part, struct requirement_node *n)
{
	switch (part) {
	case PART_NONE: return;
	case PART_SLOT: n->slot = (int32_t)cursor_be(c, 4); return;
	case PART_KEY: n->key = text_take(c); return;
	case PART_VALUE: n->value = text_take(c); return;
	case PART_MATCH: match_take(c, n); return;
	}
}

/* One operation.  Gives how many expressions belong to it. */
static int node_take(struct cursor *c, struct requirement_node *n)
{
	uint32_t code = (uint32_t)cursor_be(c, 4), operation = code & ~FLAGS;

	*n = (struct requirement_node){ .operation = REQ_FALSE };
	if (operation >= REQ_OPERATIONS) {
		n->unknown = true;
		n->unknown_false = code & FLAG_FALSE;
		if (!(code & (FLAG_FALSE | FLAG_SKIP)))
			cursor_fail(c);
		n->value = text_take(c);
		return 0;
	}
	n->operation = (enum requirement_operation)operation;
	for (size_t i = 0; i < COUNT_OF(shapes[0].parts); i++)
		part_take(c, shapes[operation].parts[i], n);
	return shapes[operation].operands;
}

enum status requirement_read(struct arena *a, struct span blob, struct requirement *out)
{
	struct cursor c = cursor_at(blob, 0);
	uint32_t magic = (uint32_t)cursor_be(&c, 4);
	uint64_t len = cursor_be(&c, 4), kind = cursor_be(&c, 4), pending = 1;
	struct requirement_node *nodes;
	size_t room;

	*out = (struct requirement){ 0 };
	if (!cursor_ok(&c) || magic != CODE_MAGIC_REQUIREMENT || len != blob.len)
		return STATUS_MALFORMED;
	out->unsupported = kind != KIND_PREFIX;
	if (out->unsupported)
		return STATUS_OK;
	/* No operation is shorter than its code. */
	room = cursor_left(&c) / 4 + 1;
	nodes = ARENA_NEW(a, struct requirement_node,
			  room < REQUIREMENT_MAX_NODES ? room : REQUIREMENT_MAX_NODES);
	if (!nodes)
		return STATUS_NO_MEMORY;
	while (pending > 0) {
		if (out->n == REQUIREMENT_MAX_NODES)
			return STATUS_LIMIT;
		if (out->n == room)
			return STATUS_MALFORMED;
		pending += (uint64_t)node_take(&c, &nodes[out->n]);
		if (!cursor_ok(&c))
			return STATUS_MALFORMED;
		out->n++;
		pending--;
	}
	out->nodes = nodes;
	return cursor_left(&c) == 0 ? STATUS_OK : STATUS_MALFORMED;
}

enum status requirement_set_read(struct arena *a, struct span blob, struct requirement_set *out)
{
	struct cursor c = cursor_at(blob, 0);
	uint32_t magic = (uint32_t)cursor_be(&c, 4);
	uint64_t len = cursor_be(&c, 4), n = cursor_be(&c, 4);

	*out = (struct requirement_set){ 0 };
	if (!cursor_ok(&c) || magic != CODE_MAGIC_REQUIREMENTS || len != blob.len ||
	    n > (len - SET_HEAD) / SET_ENTRY)
		return STATUS_MALFORMED;
	if (n > REQUIREMENT_MAX_SET)
		return STATUS_LIMIT;
	for (uint64_t i = 0; i < n; i++) {
		uint32_t type = (uint32_t)cursor_be(&c, 4);
		uint64_t off = cursor_be(&c, 4);
		struct cursor head = cursor_at(blob, off);
		struct span one;

		cursor_skip(&head, 4);
		if (!span_part(blob, off, cursor_be(&head, 4), &one))
			return STATUS_MALFORMED;
		TRY(requirement_read(a, one, &out->each[out->n]));
		out->each[out->n++].type = type;
	}
	return STATUS_OK;
}
