/* SPDX-License-Identifier: MIT */
#include "countermeasures/local_file_permissions/ledger.h"

#include "base/limits.h"

#define PAYLOAD_VERSION 1
#define FIRST_SIZE      64
#define ID_DIGITS_MIN   6

const char *permit_standing_word(enum permit_standing standing)
{
	switch (standing) {
	case PERMIT_INTENDED: return "begun";
	case PERMIT_DONE: return "done";
	case PERMIT_DROPPED: return "dropped";
	case PERMIT_UNDOING: return "undoing";
	case PERMIT_UNDONE: return "undone";
	case PERMIT_GAVE_UP: return "gave-up";
	case PERMIT_STANDING_UNKNOWN: break;
	}
	return "unknown";
}

bool permit_active(const struct permit_operation *op)
{
	return op->standing == PERMIT_DONE || op->standing == PERMIT_INTENDED ||
	       op->standing == PERMIT_UNDOING || op->standing == PERMIT_GAVE_UP;
}

bool permit_is_object(const struct permit_operation *op, const struct object_identity *id)
{
	return object_same(id, &op->intent.identity) ||
	       (op->has_now && object_same(id, &op->now));
}

bool permit_same_object(const struct permit_operation *a, const struct permit_operation *b)
{
	return permit_is_object(a, &b->intent.identity) ||
	       (b->has_now && permit_is_object(a, &b->now));
}

/* ---- payloads ---- */

static void text_write(struct buffer *out, const char *text)
{
	struct span s = SPAN_TEXT(text ? text : "");

	buffer_u32le(out, (uint32_t)s.len);
	buffer_add(out, s);
}

static const char *text_read(struct arena *a, struct cursor *c)
{
	return arena_string(a, cursor_take(c, cursor_u32le(c)));
}

void permit_intent_write(struct buffer *out, const struct permit_intent *i)
{
	object_identity_write(out, &i->identity);
	text_write(out, i->path);
	buffer_u32le(out, i->means);
	buffer_u32le(out, i->which);
	object_state_write(out, &i->before);
	object_state_write(out, &i->after);
	buffer_u32le(out, (uint32_t)i->verdict);
	text_write(out, i->rule);
	buffer_u32le(out, i->has_sha256 ? 1 : 0);
	buffer_add(out, SPAN_OF(i->sha256));
	buffer_u32le(out, i->actor);
}

enum status permit_intent_read(struct arena *a, struct span payload, struct permit_intent *out)
{
	struct cursor c = cursor_at(payload, 0);
	uint32_t verdict;

	object_identity_read(&c, &out->identity);
	out->path = text_read(a, &c);
	out->means = cursor_u32le(&c);
	out->which = cursor_u32le(&c);
	TRY(object_state_take(a, &c, &out->before));
	TRY(object_state_take(a, &c, &out->after));
	verdict = cursor_u32le(&c);
	out->verdict = verdict <= ASSAY_VERDICT_ERROR ? (enum assay_verdict)verdict
						      : ASSAY_VERDICT_UNKNOWN;
	out->rule = text_read(a, &c);
	out->has_sha256 = cursor_u32le(&c) == 1;
	(void)span_copy(out->sha256, sizeof(out->sha256), cursor_take(&c, sizeof(out->sha256)));
	out->actor = cursor_u32le(&c);
	if (!out->path || !out->rule)
		return STATUS_NO_MEMORY;
	return cursor_ok(&c) && cursor_left(&c) == 0 && span_at(SPAN_TEXT(out->path), 0) == '/'
		       ? STATUS_OK
		       : STATUS_MALFORMED;
}

/* ---- folding ---- */

static struct permit_operation *operation_of(struct permit_ledger *l,
					     const struct journal_id *id)
{
	for (size_t i = l->n; i > 0; i--)
		if (span_equal(SPAN_OF(l->operations[i - 1].id.bytes), SPAN_OF(id->bytes)))
			return &l->operations[i - 1];
	return NULL;
}

static enum status operation_add(struct permit_ledger *l, const struct journal_record *r)
{
	size_t size = l->size ? l->size * 2 : FIRST_SIZE;
	struct permit_operation *more, *op;

	if (l->n == PERMIT_MAX_OPERATIONS)
		return STATUS_LIMIT;
	if (l->n == l->size) {
		more = ARENA_NEW(l->arena, struct permit_operation, size);
		if (!more)
			return STATUS_NO_MEMORY;
		for (size_t i = 0; i < l->n; i++)
			more[i] = l->operations[i];
		l->operations = more;
		l->size = size;
	}
	op = &l->operations[l->n];
	*op = (struct permit_operation){ .id = r->id,
					 .standing = PERMIT_INTENDED,
					 .time = r->time };
	TRY(permit_intent_read(l->arena, r->payload, &op->intent));
	l->n++;
	return STATUS_OK;
}

static enum status undo_begin(struct permit_ledger *l, struct permit_operation *op,
			      struct span payload)
{
	struct cursor c = cursor_at(payload, 0);

	op->undo_which = cursor_u32le(&c);
	op->standing = PERMIT_UNDOING;
	return object_state_take(l->arena, &c, &op->target);
}

static enum status standing_take(struct permit_ledger *l, struct permit_operation *op,
				 const struct journal_record *r)
{
	struct cursor c = cursor_at(r->payload, 0);

	if (r->type == JOURNAL_PERM_UNDO_INTENT)
		return undo_begin(l, op, r->payload);
	if (r->type == JOURNAL_PERM_DONE) {
		op->standing = PERMIT_DONE;
		object_identity_read(&c, &op->now);
		op->has_now = cursor_ok(&c);
	} else if (r->type == JOURNAL_PERM_UNDONE) {
		op->standing = PERMIT_UNDONE;
	} else if (r->type == JOURNAL_PERM_DROPPED || r->type == JOURNAL_GAVE_UP) {
		op->standing = r->type == JOURNAL_GAVE_UP ? PERMIT_GAVE_UP : PERMIT_DROPPED;
		op->why = arena_string(l->arena, r->payload);
		return op->why ? STATUS_OK : STATUS_NO_MEMORY;
	}
	return STATUS_OK;
}

enum status permit_ledger_take(void *context, const struct journal_record *r)
{
	struct permit_ledger *l = context;
	struct permit_operation *op;

	if (r->type == JOURNAL_PERM_INTENT) {
		if (r->version > PAYLOAD_VERSION)
			return STATUS_UNSUPPORTED;
		return operation_add(l, r);
	}
	op = operation_of(l, &r->id);
	return op ? standing_take(l, op, r) : STATUS_OK; /* of another room */
}

enum status permit_ledger_read(struct arena *a, const char *folder, struct permit_ledger *out,
			       const char **problem)
{
	const struct journal_place place = { folder, permit_ledger_take, out };

	*out = (struct permit_ledger){ .arena = a };
	return journal_read(a, &place, &out->health, problem);
}

static bool id_starts(const struct journal_id *id, struct span digits)
{
	CLEANUP(buffer_free) struct buffer hex = BUFFER_INIT;

	buffer_hex(&hex, SPAN_OF(id->bytes));
	return buffer_status(&hex) == STATUS_OK && digits.len <= hex.len &&
	       span_equal(span_clip(buffer_span(&hex), 0, digits.len), digits);
}

const struct permit_operation *permit_ledger_find(const struct permit_ledger *l,
						  const char *digits, const char **problem)
{
	const struct permit_operation *found = NULL;
	struct span text = SPAN_TEXT(digits);

	*problem = NULL;
	if (text.len < ID_DIGITS_MIN) {
		*problem = "an id has at least 6 digits; try: assay permit list";
		return NULL;
	}
	for (size_t i = 0; i < l->n; i++) {
		if (!id_starts(&l->operations[i].id, text))
			continue;
		if (found)
			*problem = "several ids begin so";
		found = &l->operations[i];
	}
	if (!found)
		*problem = "there is no such id; try: assay permit list";
	return *problem ? NULL : found;
}
