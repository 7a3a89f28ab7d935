/* SPDX-License-Identifier: MIT */
/*
 * The XML form: <plist> around one value; <dict> of <key> and value in turns.
 *
 * The reader of XML refuses document types.  Every property list has one, always
 * the same, without declarations of its own: it is cut out before.
 */
#include "base/base64.h"
#include "structure/plist/plist_reading.h"
#include "structure/xml/xml.h"

#define MAX_DIGITS 20

struct level {
	struct plist *container;
	struct plist **next; /* where its next entry is put */
};

struct xml_reading {
	struct plist_reading *r;
	struct xml_reader *x;
	struct level levels[PLIST_MAX_DEPTH];
	size_t depth;
	struct span key;
	bool has_key, inside, done; /* inside <plist>; behind its value */
	struct plist *root;
};

/* What an element without others in it is. */
static const struct {
	const char *name;
	enum plist_kind kind;
} leaves[] = {
	{"string",   PLIST_STRING },
        { "data",    PLIST_DATA   },
        { "integer", PLIST_INTEGER},
	{ "true",    PLIST_BOOLEAN},
        { "false",   PLIST_BOOLEAN},
        { "date",    PLIST_OTHER  },
	{ "real",    PLIST_REAL   },
};

static bool is(const struct xml_event *e, const char *name)
{
	return span_equal(e->name.whole, SPAN_TEXT(name));
}

/* Without its document type, which must not declare anything. */
static enum status document_cut(struct arena *a, struct span in, struct span *out)
{
	CLEANUP(buffer_free) struct buffer cut = BUFFER_INIT;
	struct span type;
	uint64_t at, end, other;

	*out = in;
	if (!span_find(in, SPAN_LITERAL("<!DOCTYPE"), 0, &at))
		return STATUS_OK;
	if (!span_find(in, SPAN_LITERAL(">"), at, &end))
		return STATUS_MALFORMED;
	type = span_clip(in, at, end - at);
	if (span_find(type, SPAN_LITERAL("["), 0, &other) ||
	    span_find(type, SPAN_LITERAL("<"), 1, &other))
		return STATUS_MALFORMED;
	buffer_add(&cut, span_clip(in, 0, at));
	buffer_add(&cut, span_after(in, end + 1));
	TRY(buffer_status(&cut));
	*out = arena_copy(a, buffer_span(&cut));
	return out->ptr ? STATUS_OK : STATUS_NO_MEMORY;
}

/* The text of an element up to its end tag. */
static enum status text_take(struct xml_reading *xr, struct span *out)
{
	struct arena *a = xr->r->arena;
	CLEANUP(buffer_free) struct buffer all = BUFFER_INIT;

	for (;;) {
		struct xml_event e;
		struct span text;

		TRY(xml_next(xr->x, &e));
		if (e.kind == XML_END)
			break;
		if (e.kind == XML_COMMENT)
			continue;
		if (e.kind != XML_TEXT && e.kind != XML_CDATA)
			return STATUS_MALFORMED;
		TRY(xml_text(a, e.text, e.kind == XML_TEXT ? XML_AS_TEXT : XML_AS_LINES,
			     &text));
		buffer_add(&all, text);
	}
	TRY(buffer_status(&all));
	*out = arena_copy(a, buffer_span(&all));
	return out->ptr || all.len == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

/* Decimal, with a sign; more than fits is malformed. */
static enum status integer_read(struct plist *p)
{
	struct span s = p->bytes;
	bool negative = span_at(s, 0) == '-';
	uint64_t value = 0, limit = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;

	if (negative || span_at(s, 0) == '+')
		s = span_after(s, 1);
	if (s.len == 0 || s.len > MAX_DIGITS)
		return STATUS_MALFORMED;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t digit = (uint8_t)(span_at(s, i) - '0');

		if (digit > 9 || value > (limit - digit) / 10)
			return STATUS_MALFORMED;
		value = value * 10 + digit;
	}
	p->number = negative ? -(int64_t)(value - 1) - 1 : (int64_t)value;
	if (negative && value == 0)
		p->number = 0;
	return STATUS_OK;
}

/* A decimal fraction; of other ways to write numbers only the digits in front count. */
static int64_t real_of(struct span s)
{
	bool negative = span_at(s, 0) == '-';
	int64_t value = 0, unit = PLIST_THOUSAND;
	size_t i = negative || span_at(s, 0) == '+';

	for (; i < s.len && unit > 0; i++) {
		uint8_t c = span_at(s, i);

		if (c == '.' && unit == PLIST_THOUSAND)
			unit /= 10;
		else if (c < '0' || c > '9')
			break;
		else if (unit == PLIST_THOUSAND)
			value = value * 10 + (int64_t)(c - '0') * PLIST_THOUSAND;
		else {
			value += (c - '0') * unit;
			unit /= 10;
		}
		if (value > PLIST_REAL_MAX)
			value = PLIST_REAL_MAX;
	}
	return negative ? -value : value;
}

static enum status leaf_read(struct xml_reading *xr, const struct xml_event *e, struct plist *p)
{
	bool is_true = is(e, "true");

	TRY(text_take(xr, &p->bytes));
	if (p->kind == PLIST_INTEGER)
		return integer_read(p);
	if (p->kind == PLIST_REAL)
		p->number = real_of(p->bytes);
	if (p->kind == PLIST_BOOLEAN) {
		p->number = is_true;
		return p->bytes.len == 0 ? STATUS_OK : STATUS_MALFORMED;
	}
	if (p->kind == PLIST_DATA)
		return base64_decode_span(xr->r->arena, p->bytes, &p->bytes);
	return STATUS_OK;
}

/* Puts a value where it belongs: into its dictionary, its array, or on top. */
static enum status place(struct xml_reading *xr, struct plist *p)
{
	struct level *l = xr->depth > 0 ? &xr->levels[xr->depth - 1] : NULL;

	if (!l) {
		if (!xr->inside || xr->root)
			return STATUS_MALFORMED;
		xr->root = p;
		return STATUS_OK;
	}
	if ((l->container->kind == PLIST_DICT) != xr->has_key)
		return STATUS_MALFORMED;
	p->key = xr->has_key ? xr->key : SPAN_NONE;
	xr->has_key = false;
	*l->next = p;
	l->next = &p->next;
	l->container->n++;
	return STATUS_OK;
}

static enum status container_open(struct xml_reading *xr, enum plist_kind kind)
{
	enum status status;
	struct plist *p = plist_new(xr->r, kind, &status);

	TRY(status);
	TRY(place(xr, p));
	if (xr->depth == PLIST_MAX_DEPTH)
		return STATUS_LIMIT;
	xr->levels[xr->depth++] = (struct level){ p, &p->first };
	return STATUS_OK;
}

static enum status start_take(struct xml_reading *xr, const struct xml_event *e)
{
	if (!xr->inside && !xr->done && is(e, "plist")) {
		xr->inside = true;
		return STATUS_OK;
	}
	if (is(e, "dict"))
		return container_open(xr, PLIST_DICT);
	if (is(e, "array"))
		return container_open(xr, PLIST_ARRAY);
	if (is(e, "key")) {
		if (xr->depth == 0 || xr->has_key)
			return STATUS_MALFORMED;
		xr->has_key = true;
		return text_take(xr, &xr->key);
	}
	for (size_t i = 0; i < COUNT_OF(leaves); i++) {
		enum status status;
		struct plist *p;

		if (!is(e, leaves[i].name))
			continue;
		p = plist_new(xr->r, leaves[i].kind, &status);
		TRY(status);
		TRY(leaf_read(xr, e, p));
		return place(xr, p);
	}
	return STATUS_MALFORMED;
}

/* Of <dict>, <array> or <plist>: the reader has matched their names. */
static enum status end_take(struct xml_reading *xr)
{
	if (xr->has_key)
		return STATUS_MALFORMED;
	if (xr->depth > 0) {
		xr->depth--;
		return STATUS_OK;
	}
	xr->inside = false;
	xr->done = true;
	return STATUS_OK;
}

enum status plist_xml_read(struct plist_reading *r, struct span in, struct plist **out)
{
	struct xml_reading xr = { .r = r };
	struct span document;
	struct xml_event e;

	TRY(document_cut(r->arena, in, &document));
	TRY(xml_open(r->arena, document, &xr.x));
	do {
		TRY(xml_next(xr.x, &e));
		switch (e.kind) {
		case XML_START: TRY(start_take(&xr, &e)); break;
		case XML_END: TRY(end_take(&xr)); break;
		case XML_TEXT:
		case XML_CDATA:
			if (!xml_is_blank(e.text))
				return STATUS_MALFORMED;
			break;
		case XML_NOTHING:
		case XML_COMMENT:
		case XML_INSTRUCTION: break;
		}
	} while (e.kind != XML_NOTHING);
	*out = xr.root;
	return xr.root && xr.done ? STATUS_OK : STATUS_MALFORMED;
}
