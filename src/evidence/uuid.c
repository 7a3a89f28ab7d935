/* SPDX-License-Identifier: MIT */
#include "evidence/uuid.h"

#include "crypto/digest.h"

#define VERSION_OCTET 6
#define VERSION_5     0x50
#define VARIANT_OCTET 8
#define VARIANT       0x80

enum status uuid_of_name(const struct uuid *name_space, struct span name, struct uuid *out)
{
	struct span parts[] = { SPAN_OF(name_space->bytes), name };
	struct digest digest;

	TRY(digest_of(DIGEST_SHA1, parts, 2, &digest));
	for (size_t i = 0; i < sizeof(out->bytes); i++)
		out->bytes[i] = digest.bytes[i];
	out->bytes[VERSION_OCTET] = (uint8_t)((out->bytes[VERSION_OCTET] & 0x0f) | VERSION_5);
	out->bytes[VARIANT_OCTET] = (uint8_t)((out->bytes[VARIANT_OCTET] & 0x3f) | VARIANT);
	return STATUS_OK;
}

void uuid_write(struct buffer *out, const struct uuid *u)
{
	static const uint8_t groups[] = { 4, 2, 2, 2, 6 };
	uint64_t from = 0;

	for (size_t i = 0; i < sizeof(groups); i++) {
		if (i)
			buffer_char(out, '-');
		buffer_hex(out, span_clip(SPAN_OF(u->bytes), from, groups[i]));
		from += groups[i];
	}
}
