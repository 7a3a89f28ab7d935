/* SPDX-License-Identifier: MIT */
#include "base/base64.h"

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct buffer *out, struct span bytes)
{
	for (size_t i = 0; i < bytes.len && !out->failed; i += 3) {
		struct span s = span_clip(bytes, i, 3);
		uint32_t bits = (uint32_t)span_at(s, 0) << 16 | (uint32_t)span_at(s, 1) << 8 |
				span_at(s, 2);

		buffer_char(out, alphabet[bits >> 18]);
		buffer_char(out, alphabet[bits >> 12 & 63]);
		buffer_char(out, (char)(s.len > 1 ? alphabet[bits >> 6 & 63] : '='));
		buffer_char(out, (char)(s.len > 2 ? alphabet[bits & 63] : '='));
	}
}

/* By ASCII character: 0 to 63; 64: padding; 65: white space; 66: none of these. */
/* clang-format off */
static const uint8_t sextets[128] = {
	66, 66, 66, 66, 66, 66, 66, 66, 66, 65, 65, 66, 66, 65, 66, 66,
	66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
	65, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 62, 66, 66, 66, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 66, 66, 66, 64, 66, 66,
	66, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 66, 66, 66, 66, 66,
	66, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 66, 66, 66, 66, 66,
};
/* clang-format on */

static uint32_t sextet(uint8_t c)
{
	return c < COUNT_OF(sextets) ? sextets[c] : 66;
}

/* What is decoded, on its way to the buffer. */
struct decoded {
	uint8_t bytes[3 * 256];
	size_t n;
};

static void decoded_flush(struct decoded *d, struct buffer *out)
{
	buffer_add(out, (struct span){ d->bytes, d->n });
	d->n = 0;
}

/* A full group of which @padding characters were '='.  False: bits left over. */
static bool group_decode(struct decoded *d, uint32_t bits, unsigned padding)
{
	if (padding > 2 || (bits & ((1U << (8 * padding)) - 1)) != 0)
		return false;
	for (unsigned i = 0; i < 3 - padding; i++)
		d->bytes[d->n++] = (uint8_t)(bits >> (16 - 8 * i));
	return true;
}

enum status base64_decode(struct buffer *out, struct span text)
{
	struct decoded d = { .n = 0 };
	unsigned n = 0, padding = 0;
	uint32_t bits = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint32_t six = sextet(span_at(text, i));

		if (six == 65)
			continue;
		/* Behind the first '=' stands nothing but a second one. */
		if (six == 66 || (padding > 0 && (six != 64 || n == 0)))
			return STATUS_MALFORMED;
		padding += six == 64;
		bits = bits << 6 | (six & 63);
		n = (n + 1) % 4;
		if (n == 0 && !group_decode(&d, bits & 0xFFFFFF, padding))
			return STATUS_MALFORMED;
		if (n == 0 && d.n == sizeof(d.bytes))
			decoded_flush(&d, out);
	}
	if (n != 0)
		return STATUS_MALFORMED;
	decoded_flush(&d, out);
	return buffer_status(out);
}

enum status base64_decode_span(struct arena *a, struct span text, struct span *out)
{
	struct buffer bytes CLEANUP(buffer_free) = BUFFER_INIT;

	*out = SPAN_NONE;
	TRY(base64_decode(&bytes, text));
	*out = arena_copy(a, buffer_span(&bytes));
	return out->ptr ? STATUS_OK : STATUS_NO_MEMORY;
}
