/* SPDX-License-Identifier: MIT */
#include "store/list_entries.h"

#include "base/cursor.h"
#include "base/utf8.h"

static void entry_write(struct buffer *out, const struct digest_entry *e, enum list_op op)
{
	struct span reason = SPAN_TEXT(e->reason), author = SPAN_TEXT(e->author);

	buffer_char(out, (char)op);
	buffer_char(out, (char)e->type);
	buffer_add(out, SPAN_OF(e->digest));
	buffer_u64le(out, (uint64_t)e->until);
	buffer_u16le(out, (uint16_t)reason.len);
	buffer_add(out, reason);
	buffer_u16le(out, (uint16_t)author.len);
	buffer_add(out, author);
}

void list_entries_write(struct buffer *out, const struct digest_list *set)
{
	for (size_t i = 0; i < set->n; i++)
		entry_write(out, &set->entries[i], LIST_ADD);
}

static int order_of(const struct digest_entry *x, const struct digest_entry *y)
{
	return span_compare(SPAN_OF(x->digest), SPAN_OF(y->digest));
}

static bool is_same(const struct digest_entry *x, const struct digest_entry *y)
{
	return x->type == y->type && x->until == y->until &&
	       strcmp(x->reason, y->reason) == 0 && strcmp(x->author, y->author) == 0;
}

/* Why it was there says nothing about why it goes. */
static void gone_write(struct buffer *out, const struct digest_entry *was)
{
	struct digest_entry gone = *was;

	gone.until = 0;
	gone.reason = gone.author = "";
	entry_write(out, &gone, LIST_REMOVE);
}

void list_entries_write_change(struct buffer *out, const struct digest_list *before,
			       const struct digest_list *after, uint64_t *n)
{
	size_t x = 0;

	*n = 0;
	for (size_t y = 0; y < after->n; y++) {
		const struct digest_entry *e = &after->entries[y];

		for (; x < before->n && order_of(&before->entries[x], e) < 0; x++, (*n)++)
			gone_write(out, &before->entries[x]);
		if (x < before->n && order_of(&before->entries[x], e) == 0 &&
		    is_same(&before->entries[x++], e))
			continue;
		entry_write(out, e, LIST_ADD);
		(*n)++;
	}
	for (; x < before->n; x++, (*n)++)
		gone_write(out, &before->entries[x]);
}

/* People read it: on one line, and nothing but text. */
static bool text_good(struct span text, size_t max)
{
	if (text.len > max || !utf8_valid(text))
		return false;
	for (uint64_t i = 0; i < text.len; i++)
		if (span_at(text, i) < ' ' || span_at(text, i) == 0x7f)
			return false;
	return true;
}

static enum status entry_read(struct arena *a, struct cursor *c, struct digest_entry *out,
			      enum list_op *op, enum list_fault *fault)
{
	uint8_t code = cursor_u8(c), type = cursor_u8(c);
	struct span reason, author;

	(void)span_copy(out->digest, sizeof(out->digest), cursor_take(c, DIGEST_LIST_BYTES));
	out->until = (int64_t)cursor_u64le(c);
	reason = cursor_take(c, cursor_u16le(c));
	author = cursor_take(c, cursor_u16le(c));
	*fault = LIST_CUT;
	if (!cursor_ok(c))
		return STATUS_MALFORMED;
	*fault = LIST_NONSENSE;
	if (code <= LIST_NO_OP || code >= LIST_OPS || type <= DIGEST_ENTRY_NONE ||
	    type >= DIGEST_ENTRY_TYPES || out->until < 0 ||
	    !text_good(reason, DIGEST_LIST_MAX_REASON) ||
	    !text_good(author, LIST_ENTRIES_MAX_AUTHOR))
		return STATUS_MALFORMED;
	*op = (enum list_op)code;
	out->type = (enum digest_entry_type)type;
	out->reason = reason.len > 0 ? arena_string(a, reason) : "";
	out->author = author.len > 0 ? arena_string(a, author) : "";
	return out->reason && out->author ? STATUS_OK : STATUS_NO_MEMORY;
}

/* Entries come from two sides, both in order. */
struct merge {
	const struct digest_list *before;
	size_t at;
	struct digest_list *out;
};

static enum status out_add(struct merge *m, const struct digest_entry *e,
			   enum list_fault *fault)
{
	if (m->out->n == m->out->room) {
		*fault = LIST_LONG;
		return STATUS_LIMIT;
	}
	m->out->entries[m->out->n++] = *e;
	return STATUS_OK;
}

/* What stays as it was, up to @limit; NULL: to the end. */
static enum status before_keep(struct merge *m, const struct digest_entry *limit,
			       enum list_fault *fault)
{
	while (m->at < m->before->n &&
	       (!limit || order_of(&m->before->entries[m->at], limit) < 0))
		TRY(out_add(m, &m->before->entries[m->at++], fault));
	return STATUS_OK;
}

static enum status entry_lay(struct merge *m, const struct digest_entry *e, enum list_op op,
			     enum list_fault *fault)
{
	bool there;

	TRY(before_keep(m, e, fault));
	there = m->at < m->before->n && order_of(&m->before->entries[m->at], e) == 0;
	m->at += there;
	if (op == LIST_ADD)
		return out_add(m, e, fault);
	*fault = LIST_MISFIT;
	return there ? STATUS_OK : STATUS_MALFORMED;
}

enum status list_entries_apply(struct arena *a, struct span entries, uint64_t n,
			       const struct digest_list *before, struct digest_list *out,
			       enum list_fault *fault)
{
	static const struct digest_list nothing = { 0 };
	struct merge m = { .before = before ? before : &nothing, .out = out };
	struct digest_entry last = { 0 }, e = { 0 };
	struct cursor c = cursor_at(entries, 0);
	enum list_op op = LIST_NO_OP;

	*out = (struct digest_list){ 0 };
	*fault = LIST_LONG;
	if (n > DIGEST_LIST_MAX_ENTRIES || m.before->n > DIGEST_LIST_MAX_ENTRIES)
		return STATUS_LIMIT;
	/* No more than the bytes can hold: a count alone costs nothing. */
	*fault = LIST_CUT;
	if (n > entries.len)
		return STATUS_MALFORMED;
	out->room = m.before->n + (size_t)n;
	if (out->room > DIGEST_LIST_MAX_ENTRIES)
		out->room = DIGEST_LIST_MAX_ENTRIES;
	out->entries = ARENA_NEW(a, struct digest_entry, out->room + 1);
	if (!out->entries)
		return STATUS_NO_MEMORY;
	for (uint64_t i = 0; i < n; i++) {
		TRY(entry_read(a, &c, &e, &op, fault));
		*fault = LIST_UNSORTED;
		if (i > 0 && order_of(&last, &e) >= 0)
			return STATUS_MALFORMED;
		TRY(entry_lay(&m, &e, op, fault));
		last = e;
	}
	*fault = LIST_CUT;
	if (cursor_left(&c) != 0)
		return STATUS_MALFORMED;
	TRY(before_keep(&m, NULL, fault));
	*fault = LIST_NO_FAULT;
	return STATUS_OK;
}
