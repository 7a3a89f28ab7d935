/* SPDX-License-Identifier: MIT */
/*
 * DER and BER reader (X.690).
 *
 * Definite lengths cost one header each.  An indefinite length is found by
 * walking the headers inside it, without recursion, at most ASN1_MAX_DEPTH deep
 * and MAX_ELEMENTS far, so that no nesting makes reading slow.
 */
#include "structure/der.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "base/time.h"

#define TAG_CONSTRUCTED    0x20
#define TAG_HIGH           0x1f /* the number follows in octets of its own */
#define TAG_HIGH_MAX_BYTES 8
#define END_OF_CONTENTS    0x00
#define MAX_ELEMENTS       131072 /* walked to find one end; 16 MiB in pieces of 128 octets */
#define OID_MAX_BYTES      1024   /* longer ones are not worth spelling out */
#define ARC_MAX_BYTES      19     /* 133 bits: UUID arcs (2.25) have 128 */
#define ARC_MAX_DIGITS     48

/* Identifier and length octets: what they say, not yet whether the contents are there. */
struct header {
	uint8_t tag;
	bool indefinite, non_minimal;
	uint64_t len;
};

static bool tag_number_skip(struct cursor *c)
{
	for (int i = 0; i < TAG_HIGH_MAX_BYTES; i++)
		if (!(cursor_u8(c) & 0x80))
			return cursor_ok(c);
	return false;
}

static bool length_read(struct cursor *c, struct header *h)
{
	uint8_t first = cursor_u8(c);

	if (first < 0x80) {
		h->len = first;
		return cursor_ok(c);
	}
	if (first == 0x80) {
		h->indefinite = true;
		return (h->tag & TAG_CONSTRUCTED) != 0;
	}
	if (first == 0xff) /* reserved, 8.1.3.5 c */
		return false;
	for (int n = first & 0x7f; n > 0; n--) {
		uint8_t octet = cursor_u8(c);

		if (h->len >> 56 != 0)
			return false;
		if (h->len == 0 && octet == 0)
			h->non_minimal = true;
		h->len = h->len << 8 | octet;
	}
	if (h->len < 0x80)
		h->non_minimal = true;
	return cursor_ok(c);
}

static bool header_read(struct cursor *c, struct header *h)
{
	*h = (struct header){ .tag = cursor_u8(c) };
	if ((h->tag & TAG_HIGH) == TAG_HIGH && !tag_number_skip(c))
		return false;
	return length_read(c, h);
}

static bool is_end(const struct header *h)
{
	return h->tag == END_OF_CONTENTS && h->len == 0 && !h->non_minimal;
}

/* From inside an indefinite element to behind the end-of-contents that closes it. */
static bool indefinite_skip(struct cursor *c)
{
	for (size_t depth = 1, n = 0; depth > 0; n++) {
		struct header h;

		if (n == MAX_ELEMENTS || !header_read(c, &h))
			return false;
		if (h.tag == END_OF_CONTENTS) {
			if (!is_end(&h))
				return false;
			depth--;
		} else if (!h.indefinite) {
			cursor_skip(c, h.len);
		} else if (++depth > ASN1_MAX_DEPTH) {
			return false;
		}
	}
	return cursor_ok(c);
}

static bool element_read(struct cursor *c, struct der *out)
{
	size_t start = c->pos, inside;
	struct header h;

	if (!header_read(c, &h) || h.tag == END_OF_CONTENTS)
		return false;
	inside = c->pos;
	out->tag = h.tag;
	out->indefinite = h.indefinite;
	out->non_minimal = h.non_minimal;
	if (!h.indefinite) {
		out->value = cursor_take(c, h.len);
	} else if (!indefinite_skip(c) ||
		   !span_part(c->in, inside, c->pos - 2 - inside, &out->value)) {
		return false;
	}
	return cursor_ok(c) && span_part(c->in, start, c->pos - start, &out->whole);
}

bool der_next(struct cursor *c, struct der *out)
{
	*out = (struct der){ 0 };
	if (!cursor_ok(c))
		return false;
	if (element_read(c, out))
		return true;
	*out = (struct der){ 0 };
	c->failed = true;
	return false;
}

bool der_expect(struct cursor *c, uint8_t tag, struct der *out)
{
	if (der_optional(c, tag, out))
		return true;
	c->failed = true;
	return false;
}

bool der_optional(struct cursor *c, uint8_t tag, struct der *out)
{
	if (cursor_left(c) == 0 || span_at(c->in, c->pos) != tag) {
		*out = (struct der){ 0 };
		return false;
	}
	return der_next(c, out);
}

struct cursor der_enter(const struct der *d)
{
	return cursor_at(d->value, 0);
}

bool der_only(struct span s, uint8_t tag, struct der *out, struct span *rest)
{
	struct cursor c = cursor_at(s, 0);
	bool found = der_expect(&c, tag, out);

	if (rest)
		*rest = found ? cursor_rest(&c) : SPAN_NONE;
	return found && cursor_left(&c) == 0;
}

/*
 * The pieces of a constructed OCTET STRING (8.7.3) in one walk: the element
 * was whole, so all that counts is which headers still stand open.
 */
static enum status pieces_join(struct span in, struct buffer *to)
{
	struct {
		size_t end;
		bool indefinite;
	} open[ASN1_MAX_DEPTH + 1] = {
		{in.len, false}
	};
	struct cursor c = cursor_at(in, 0);
	size_t depth = 0;

	for (size_t n = 0; n < MAX_ELEMENTS; n++) {
		struct header h;

		while (!open[depth].indefinite && c.pos == open[depth].end) {
			if (depth-- == 0)
				return buffer_status(to);
		}
		if (!header_read(&c, &h) || c.pos > open[depth].end)
			return STATUS_MALFORMED;
		if (is_end(&h) && open[depth].indefinite) {
			depth--; /* the outermost is never indefinite: its end is known */
		} else if (h.tag == DER_OCTET_STRING && h.len <= open[depth].end - c.pos) {
			buffer_add(to, cursor_take(&c, h.len));
		} else if (h.tag == (DER_OCTET_STRING | TAG_CONSTRUCTED) &&
			   (h.indefinite || h.len <= open[depth].end - c.pos)) {
			if (++depth > ASN1_MAX_DEPTH)
				return STATUS_LIMIT;
			open[depth].indefinite = h.indefinite;
			open[depth].end =
				h.indefinite ? open[depth - 1].end : c.pos + (size_t)h.len;
		} else {
			return STATUS_MALFORMED;
		}
	}
	return STATUS_LIMIT;
}

enum status der_octets(struct arena *a, const struct der *d, struct span *out)
{
	CLEANUP(buffer_free) struct buffer joined = BUFFER_INIT;
	struct span value = d->value; /* @out may be a part of @d */

	*out = SPAN_NONE;
	if (!(d->tag & TAG_CONSTRUCTED)) {
		*out = value;
		return STATUS_OK;
	}
	TRY(pieces_join(value, &joined));
	*out = arena_copy(a, buffer_span(&joined));
	return out->ptr ? STATUS_OK : STATUS_NO_MEMORY;
}

bool der_bits(const struct der *d, struct span *out)
{
	*out = span_after(d->value, 1);
	return !(d->tag & TAG_CONSTRUCTED) && d->value.len >= 1 && span_at(d->value, 0) == 0;
}

static struct span without_leading_zeros(struct span s)
{
	size_t n = 0;

	while (n < s.len && span_at(s, n) == 0)
		n++;
	return span_after(s, n);
}

bool der_u64(const struct der *d, uint64_t *out)
{
	struct span s = without_leading_zeros(d->value);
	struct cursor c = cursor_at(s, 0);

	*out = 0;
	if (d->value.len == 0 || (span_at(d->value, 0) & 0x80) || s.len > 8)
		return false;
	*out = cursor_be(&c, s.len);
	return true;
}

bool der_magnitude(const struct der *d, struct span *out)
{
	*out = without_leading_zeros(d->value);
	return out->len > 0 && !(span_at(d->value, 0) & 0x80);
}

/* @n decimal digits; fails the cursor on anything else. */
static int digits_read(struct cursor *c, int n)
{
	int value = 0;

	while (n-- > 0) {
		uint8_t digit = cursor_u8(c);

		if (digit < '0' || digit > '9')
			c->failed = true;
		value = value * 10 + (digit - '0');
	}
	return c->failed ? 0 : value;
}

static bool digit_follows(const struct cursor *c)
{
	uint8_t next = span_at(c->in, c->pos);

	return cursor_left(c) > 0 && next >= '0' && next <= '9';
}

static void fraction_skip(struct cursor *c)
{
	uint8_t next = span_at(c->in, c->pos);

	if (next != '.' && next != ',')
		return;
	cursor_skip(c, 1);
	(void)digits_read(c, 1);
	while (digit_follows(c))
		cursor_skip(c, 1);
}

/* "Z" or the difference to UTC, in seconds east of it. */
static int zone_read(struct cursor *c)
{
	uint8_t sign = cursor_u8(c);
	int hours, minutes;

	if (sign == 'Z')
		return 0;
	if (sign != '+' && sign != '-') {
		c->failed = true;
		return 0;
	}
	hours = digits_read(c, 2);
	minutes = digits_read(c, 2);
	if (hours > 23 || minutes > 59)
		c->failed = true;
	return (hours * 60 + minutes) * (sign == '+' ? 60 : -60);
}

bool der_time(const struct der *d, int64_t *out)
{
	struct cursor c = der_enter(d);
	bool utc = d->tag == DER_UTC_TIME;
	struct civil_time t = { 0 };
	int64_t zone;

	*out = 0;
	if (!utc && d->tag != DER_GENERALIZED_TIME)
		return false;
	t.year = digits_read(&c, utc ? 2 : 4);
	if (utc)
		t.year += t.year < 50 ? 2000 : 1900; /* RFC 5280 4.1.2.5.1 */
	t.month = digits_read(&c, 2);
	t.day = digits_read(&c, 2);
	t.hour = digits_read(&c, 2);
	if (utc || digit_follows(&c))
		t.minute = digits_read(&c, 2);
	if (digit_follows(&c))
		t.second = digits_read(&c, 2);
	if (!utc)
		fraction_skip(&c);
	zone = zone_read(&c);
	if (!cursor_ok(&c) || cursor_left(&c) != 0 || !time_from_civil(&t, out))
		return false;
	*out -= zone;
	return true;
}

/* A decimal number of as many digits as an arc may have, lowest digit first. */
struct decimal {
	uint8_t digits[ARC_MAX_DIGITS];
	size_t n;
};

static void decimal_push(struct decimal *v, unsigned septet)
{
	unsigned carry = septet;

	for (size_t i = 0; i < v->n || carry; i++) {
		carry += (i < v->n ? v->digits[i] : 0U) * 128U;
		v->digits[i] = (uint8_t)(carry % 10);
		carry /= 10;
		if (i >= v->n)
			v->n = i + 1;
	}
}

static void decimal_print(struct buffer *to, const struct decimal *v)
{
	buffer_char(to, '.');
	if (v->n == 0)
		buffer_char(to, '0');
	for (size_t i = v->n; i > 0; i--)
		buffer_char(to, (char)('0' + v->digits[i - 1]));
}

/* The first subidentifier holds two arcs: X * 40 + Y, X at most 2 (8.19.4). */
static void first_arcs_print(struct buffer *to, uint64_t v)
{
	uint64_t x = v < 80 ? v / 40 : 2;

	buffer_printf(to, "%u.%llu", (unsigned)x, (unsigned long long)(v - x * 40));
}

static bool oid_print(struct buffer *to, struct span oid)
{
	struct cursor c = cursor_at(oid, 0);

	if (oid.len == 0 || oid.len > OID_MAX_BYTES)
		return false;
	while (cursor_left(&c) > 0) {
		struct decimal arc = { .n = 0 };
		uint64_t small = 0;
		size_t n = 0;
		uint8_t octet;

		do {
			octet = cursor_u8(&c);
			if (++n > ARC_MAX_BYTES)
				return false;
			small = small << 7 | (octet & 0x7fU);
			decimal_push(&arc, octet & 0x7fU);
		} while (octet & 0x80);
		if (!cursor_ok(&c))
			return false;
		if (to->len == 0 && n > 9)
			return false;
		if (to->len == 0)
			first_arcs_print(to, small);
		else
			decimal_print(to, &arc);
	}
	return true;
}

const char *der_oid_text(struct arena *a, struct span oid)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	if (!oid_print(&text, oid))
		return arena_printf(a, "malformed-oid(%zu bytes)", oid.len);
	if (buffer_status(&text) != STATUS_OK)
		return NULL;
	return arena_printf(a, "%.*s", (int)text.len, text.bytes);
}

bool oid_is_below(struct span oid, struct span arc)
{
	return oid.len > arc.len && span_equal(span_clip(oid, 0, arc.len), arc);
}
