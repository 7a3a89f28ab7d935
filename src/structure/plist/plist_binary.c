/* SPDX-License-Identifier: MIT */
/*
 * The binary form: objects, a table of their offsets, a trailer of 32 bytes.
 *
 * Objects refer to each other by number.  Each use becomes a node of its own, so
 * that lists which share their entries are bounded by the number of nodes, and
 * those which contain themselves by the depth.
 */
#include "base/charset.h"
#include "base/cursor.h"
#include "structure/plist/plist_reading.h"

#define TRAILER     32
#define MARK_SIMPLE 0x0
#define MARK_INT    0x1
#define MARK_REAL   0x2
#define MARK_DATE   0x3
#define MARK_DATA   0x4
#define MARK_ASCII  0x5
#define MARK_UTF16  0x6
#define MARK_UID    0x8
#define MARK_ARRAY  0xa
#define MARK_DICT   0xd
#define MARK_FALSE  0x08
#define MARK_TRUE   0x09

struct binary {
	struct plist_reading *r;
	struct span in;
	uint64_t n_objects, table;
	uint8_t offset_size, ref_size;
};

/* A container whose entries are still to be read. */
struct pending {
	struct plist *container;
	struct plist **next;
	uint64_t refs, n, i; /* where its references stand; a dictionary has n keys, n values */
};

static bool trailer_read(struct binary *b, uint64_t *top)
{
	struct cursor c =
		cursor_at(b->in, b->in.len < TRAILER ? b->in.len + 1 : b->in.len - TRAILER);

	cursor_skip(&c, 6);
	b->offset_size = cursor_u8(&c);
	b->ref_size = cursor_u8(&c);
	b->n_objects = cursor_be(&c, 8);
	*top = cursor_be(&c, 8);
	b->table = cursor_be(&c, 8);
	if (!cursor_ok(&c) || b->offset_size == 0 || b->offset_size > 8 || b->ref_size == 0 ||
	    b->ref_size > 8)
		return false;
	return b->table <= b->in.len - TRAILER &&
	       b->n_objects <= (b->in.len - TRAILER - b->table) / b->offset_size;
}

static struct cursor object_at(const struct binary *b, uint64_t number)
{
	struct span objects = span_clip(b->in, 0, b->table);
	struct cursor c = cursor_at(b->in, b->table);
	uint64_t off;

	cursor_skip(&c, number < b->n_objects ? number * b->offset_size : b->in.len);
	off = cursor_be(&c, b->offset_size);
	if (!cursor_ok(&c))
		off = UINT64_MAX;
	return cursor_at(objects, off);
}

/* How many, of a marker's low half: 15 means that a number follows. */
static uint64_t count_read(struct cursor *c, uint8_t mark)
{
	uint8_t low = mark & 0xf, more;

	if (low != 0xf)
		return low;
	more = cursor_u8(c);
	if (more >> 4 != MARK_INT || (more & 0xf) > 3) {
		cursor_fail(c);
		return 0;
	}
	return cursor_be(c, (size_t)1 << (more & 0xf));
}

static enum status text_read(struct binary *b, struct cursor *c, uint64_t n, bool wide,
			     struct span *out)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct span raw = cursor_take(c, wide ? (n > UINT64_MAX / 2 ? UINT64_MAX : 2 * n) : n);

	if (!cursor_ok(c))
		return STATUS_MALFORMED;
	if (!wide) {
		*out = raw;
		return STATUS_OK;
	}
	if (!charset_utf16be(&text, raw))
		return STATUS_MALFORMED;
	TRY(buffer_status(&text));
	*out = arena_copy(b->r->arena, buffer_span(&text));
	return out->ptr || text.len == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status number_read(struct cursor *c, uint8_t low, struct plist *p)
{
	size_t width = (size_t)1 << (low & 7);

	if (low > 4)
		return STATUS_MALFORMED;
	if (width == 16) { /* more than 64 bits: none has them */
		cursor_skip(c, 8);
		width = 8;
	}
	p->kind = PLIST_INTEGER;
	p->number = (int64_t)cursor_be(c, width);
	return STATUS_OK;
}

/* IEEE 754 of 32 or 64 bits, as thousandths. */
static int64_t real_of(uint64_t bits, bool wide)
{
	unsigned n_fraction = wide ? 52 : 23, bias = wide ? 1023 : 127;
	uint64_t fraction = bits & ((UINT64_C(1) << n_fraction) - 1);
	int exponent = (int)(bits >> n_fraction & (wide ? 0x7ff : 0xff)) - (int)bias;
	bool negative = (bits >> (wide ? 63 : 31) & 1) != 0;
	uint64_t value = fraction | UINT64_C(1) << n_fraction;
	int64_t out;

	/* Of values below 2^31 all of this fits: 53 bits, cut to 21 behind the point. */
	if (exponent < -10)
		return 0;
	if (exponent > 30)
		return negative ? -PLIST_REAL_MAX : PLIST_REAL_MAX;
	if (wide)
		value >>= n_fraction - 23;
	value *= PLIST_THOUSAND;
	value = exponent > 23 ? value << (exponent - 23) : value >> (23 - exponent);
	out = (int64_t)value;
	return negative ? -out : out;
}

static enum status real_read(struct cursor *c, uint8_t low, struct plist *p)
{
	if (low != 2 && low != 3)
		return STATUS_MALFORMED;
	p->kind = PLIST_REAL;
	p->bytes = span_clip(c->in, c->pos, UINT64_C(1) << low);
	p->number = real_of(cursor_be(c, (size_t)1 << low), low == 3);
	return STATUS_OK;
}

/* Everything but containers. */
static enum status leaf_read(struct binary *b, struct cursor *c, uint8_t mark, struct plist *p)
{
	uint8_t low = mark & 0xf;

	switch (mark >> 4) {
	case MARK_SIMPLE:
		if (mark != MARK_FALSE && mark != MARK_TRUE)
			return STATUS_MALFORMED;
		p->kind = PLIST_BOOLEAN;
		p->number = mark == MARK_TRUE;
		return STATUS_OK;
	case MARK_INT: return number_read(c, low, p);
	case MARK_REAL: return real_read(c, low, p);
	case MARK_DATE:
		if (low > 3)
			return STATUS_MALFORMED;
		p->kind = PLIST_OTHER;
		p->bytes = cursor_take(c, UINT64_C(1) << low);
		return STATUS_OK;
	case MARK_UID:
		p->kind = PLIST_OTHER;
		p->bytes = cursor_take(c, low + UINT64_C(1));
		return STATUS_OK;
	case MARK_DATA:
		p->kind = PLIST_DATA;
		p->bytes = cursor_take(c, count_read(c, mark));
		return STATUS_OK;
	case MARK_ASCII:
	case MARK_UTF16:
		p->kind = PLIST_STRING;
		return text_read(b, c, count_read(c, mark), mark >> 4 == MARK_UTF16, &p->bytes);
	default: return STATUS_MALFORMED;
	}
}

/* Reads object @number; a container is pushed. */
static enum status object_read(struct binary *b, uint64_t number, struct pending *stack,
			       size_t *depth, struct plist **out)
{
	struct cursor c = object_at(b, number);
	uint8_t mark = cursor_u8(&c);
	enum status status;
	struct plist *p = plist_new(b->r, PLIST_NONE, &status);
	bool dict = mark >> 4 == MARK_DICT;
	uint64_t n;

	TRY(status);
	*out = p;
	if (!cursor_ok(&c))
		return STATUS_MALFORMED;
	if (!dict && mark >> 4 != MARK_ARRAY) {
		TRY(leaf_read(b, &c, mark, p));
		return cursor_ok(&c) ? STATUS_OK : STATUS_MALFORMED;
	}
	n = count_read(&c, mark);
	if (!cursor_ok(&c) || n > cursor_left(&c) / b->ref_size / (dict ? 2 : 1))
		return STATUS_MALFORMED;
	if (*depth == PLIST_MAX_DEPTH)
		return STATUS_LIMIT;
	p->kind = dict ? PLIST_DICT : PLIST_ARRAY;
	p->n = (size_t)n;
	stack[(*depth)++] = (struct pending){ p, &p->first, c.pos, n, 0 };
	return STATUS_OK;
}

static uint64_t ref_read(const struct binary *b, uint64_t at, uint64_t i)
{
	struct cursor c = cursor_at(b->in, at + i * b->ref_size);

	return cursor_be(&c, b->ref_size);
}

static enum status key_read(struct binary *b, uint64_t number, struct span *out)
{
	struct cursor c = object_at(b, number);
	uint8_t mark = cursor_u8(&c);

	if (!cursor_ok(&c) || (mark >> 4 != MARK_ASCII && mark >> 4 != MARK_UTF16))
		return STATUS_MALFORMED;
	return text_read(b, &c, count_read(&c, mark), mark >> 4 == MARK_UTF16, out);
}

enum status plist_binary_read(struct plist_reading *r, struct span in, struct plist **out)
{
	struct binary b = { .r = r, .in = in };
	struct pending stack[PLIST_MAX_DEPTH];
	size_t depth = 0;
	uint64_t top;

	if (!trailer_read(&b, &top))
		return STATUS_MALFORMED;
	TRY(object_read(&b, top, stack, &depth, out));
	while (depth > 0) {
		struct pending *p = &stack[depth - 1];
		bool dict = p->container->kind == PLIST_DICT;
		uint64_t i = p->i++;
		struct plist *entry;

		if (i == p->n) {
			depth--;
			continue;
		}
		TRY(object_read(&b, ref_read(&b, p->refs, dict ? p->n + i : i), stack, &depth,
				&entry));
		if (dict)
			TRY(key_read(&b, ref_read(&b, p->refs, i), &entry->key));
		*p->next = entry;
		p->next = &entry->next;
	}
	return STATUS_OK;
}
