/* SPDX-License-Identifier: MIT */
/*
 * A catalog without its list: what says who signed it, and nothing more.
 *
 * Certificates and signers are copied as they stand; only the wrappers around
 * them are written anew, and those nobody signs.
 */
#include "base/buffer.h"
#include "verify/catalog/catalog.h"

static void element_add(struct buffer *out, uint8_t tag, struct span contents)
{
	uint8_t head[6] = { tag };
	size_t n = 1;

	if (contents.len < 0x80) {
		head[n++] = (uint8_t)contents.len;
	} else {
		head[n++] = 0x84;
		for (size_t i = 4; i > 0; i--)
			head[n++] = (uint8_t)(contents.len >> (8 * (i - 1)));
	}
	buffer_add(out, (struct span){ head, n });
	buffer_add(out, contents);
}

/* Everything of the SignedData but its content: into @out. */
static bool parts_copy(struct span file, struct buffer *out)
{
	struct der whole, part, signed_data, oid;
	CLEANUP(buffer_free) struct buffer type = BUFFER_INIT;
	struct cursor c = cursor_at(file, 0), in;

	if (!der_expect(&c, DER_SEQUENCE, &whole))
		return false;
	c = der_enter(&whole);
	if (!der_expect(&c, DER_OID, &oid) ||
	    !der_expect(&c, DER_CONTEXT_CONSTRUCTED(0), &part))
		return false;
	c = der_enter(&part);
	if (!der_expect(&c, DER_SEQUENCE, &signed_data))
		return false;
	c = der_enter(&signed_data);
	for (size_t i = 0; i < 2; i++) { /* version, digestAlgorithms */
		if (!der_next(&c, &part))
			return false;
		buffer_add(out, part.whole);
	}
	if (!der_expect(&c, DER_SEQUENCE, &part))
		return false;
	in = der_enter(&part);
	if (!der_expect(&in, DER_OID, &oid))
		return false;
	buffer_add(&type, oid.whole);
	element_add(out, DER_SEQUENCE, buffer_span(&type));
	buffer_add(out, cursor_rest(&c));
	return buffer_status(&type) == STATUS_OK;
}

enum status catalog_message(struct span file, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer parts = BUFFER_INIT, data = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer outer = BUFFER_INIT;

	if (!parts_copy(file, &parts))
		return STATUS_MALFORMED;
	TRY(buffer_status(&parts));
	element_add(&data, DER_SEQUENCE, buffer_span(&parts));
	buffer_add(&outer, SPAN_LITERAL("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"));
	element_add(&outer, DER_CONTEXT_CONSTRUCTED(0), buffer_span(&data));
	TRY(buffer_status(&data));
	TRY(buffer_status(&outer));
	element_add(out, DER_SEQUENCE, buffer_span(&outer));
	return buffer_status(out);
}
