/* SPDX-License-Identifier: MIT */
/* UUIDs made of names (RFC 9562, version 5): the same in every run.  Private to src/evidence.
 */
#pragma once
#include "base/buffer.h"

struct uuid {
	uint8_t bytes[16];
};

/* STATUS_NO_MEMORY, STATUS_UNSUPPORTED: there is no SHA-1 here. */
MUST_CHECK enum status uuid_of_name(const struct uuid *name_space, struct span name,
				    struct uuid *out);
/* "00abedb4-aa42-466c-9c01-fed23315a9b7" */
void uuid_write(struct buffer *out, const struct uuid *u);
