/* SPDX-License-Identifier: MIT */
#include "base/hex.h"

/* False: no digit. */
static bool hex_digit(uint8_t c, uint8_t *value)
{
	if (c >= '0' && c <= '9')
		*value = (uint8_t)(c - '0');
	else if (c >= 'a' && c <= 'f')
		*value = (uint8_t)(c - 'a' + 10);
	else if (c >= 'A' && c <= 'F')
		*value = (uint8_t)(c - 'A' + 10);
	else
		return false;
	return true;
}

static bool hex_byte(struct span text, size_t i, uint8_t *value)
{
	uint8_t high, low;

	if (!hex_digit(span_at(text, 2 * i), &high) ||
	    !hex_digit(span_at(text, 2 * i + 1), &low))
		return false;
	*value = (uint8_t)(high << 4 | low);
	return true;
}

bool hex_parse(struct span text, uint8_t *to, size_t len)
{
	if (text.len % 2 != 0 || text.len / 2 != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!hex_byte(text, i, &to[i]))
			return false;
	return true;
}

enum status hex_decode(struct buffer *out, struct span text)
{
	uint8_t byte;

	if (text.len == 0 || text.len % 2 != 0)
		return STATUS_MALFORMED;
	for (size_t i = 0; i < text.len / 2; i++) {
		if (!hex_byte(text, i, &byte))
			return STATUS_MALFORMED;
		buffer_add(out, (struct span){ &byte, 1 });
	}
	return buffer_status(out);
}
