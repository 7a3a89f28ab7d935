/* SPDX-License-Identifier: MIT */
#include "tests/forge/der_write.h"

#include <stdlib.h>

static void insert(struct buffer *b, size_t at, struct span octets)
{
	size_t tail = b->len - at;

	buffer_add(b, octets);
	if (buffer_status(b) != STATUS_OK)
		abort();
	memmove(b->bytes + at + octets.len, b->bytes + at, tail);
	memcpy(b->bytes + at, octets.ptr, octets.len);
}

void der_close_as(struct buffer *b, size_t mark, enum der_style style)
{
	size_t len = b->len - mark;
	uint8_t octets[5] = { 0x84, (uint8_t)(len >> 24), (uint8_t)(len >> 16),
			      (uint8_t)(len >> 8), (uint8_t)len };

	switch (style) {
	case DER_STYLE_DER: der_close(b, mark); break;
	case DER_STYLE_LONG: insert(b, mark, SPAN_OF(octets)); break;
	case DER_STYLE_INDEFINITE:
		insert(b, mark, SPAN_LITERAL("\x80"));
		buffer_add(b, SPAN_LITERAL("\0\0"));
		break;
	}
}

void der_set_next(struct der_set *s)
{
	if (s->n == DER_SET_MAX)
		abort();
	s->ends[s->n++] = s->bytes.len;
}

static struct span element(const struct der_set *s, size_t i)
{
	size_t begin = i ? s->ends[i - 1] : 0;

	return span_clip(buffer_span(&s->bytes), begin, s->ends[i] - begin);
}

void der_set_write(struct der_set *s, bool backwards, struct buffer *out)
{
	size_t order[DER_SET_MAX];

	for (size_t i = 0; i < s->n; i++) {
		size_t at = i;

		for (; at > 0; at--) {
			int c = span_compare(element(s, i), element(s, order[at - 1]));

			if (backwards ? c <= 0 : c >= 0)
				break;
			order[at] = order[at - 1];
		}
		order[at] = i;
	}
	for (size_t i = 0; i < s->n; i++)
		buffer_add(out, element(s, order[i]));
}

void der_set_free(struct der_set *s)
{
	buffer_free(&s->bytes);
}

void der_add_time(struct buffer *b, uint8_t tag, const char *time)
{
	size_t mark = der_open(b, tag);

	for (const char *p = tag == DER_UTC_TIME ? time + 2 : time; *p; p++)
		if ((*p >= '0' && *p <= '9') || *p == 'Z')
			buffer_char(b, *p);
	der_close(b, mark);
}
