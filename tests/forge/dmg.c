/* SPDX-License-Identifier: MIT */
/* Disk images with noise on them ("koly" trailer; mach-o signatures behind the image). */
#include "tests/forge/macho.h"

#define DATA_BYTES    3000
#define TRAILER       512
#define SIGNATURE_OFF 296
#define PROPERTIES    "<?xml version=\"1.0\"?><plist version=\"1.0\"><dict/></plist>"

static void trailer_make(uint64_t signature, uint64_t data, uint64_t xml, struct buffer *out)
{
	size_t at = out->len;

	forge_zeros(out, TRAILER);
	memcpy(out->bytes + at, "koly", 4);
	forge_put_be(out, at + 4, 4, 4);
	forge_put_be(out, at + 8, 4, TRAILER);
	forge_put_be(out, at + 12, 4, 1);
	forge_put_be(out, at + 32, 8, data);
	forge_put_be(out, at + 216, 8, data);
	forge_put_be(out, at + 224, 8, xml);
	forge_put_be(out, at + SIGNATURE_OFF, 8, signature);
}

void forge_dmg_make(struct forge *f, const struct forge_apple *by, uint64_t seed,
		    struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer image = BUFFER_INIT, trailer = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer blob = BUFFER_INIT;
	struct forge_code code = { .one_page = true, .identifier = "org.example.image" };
	struct span xml = SPAN_TEXT(PROPERTIES);

	forge_noise(&image, DATA_BYTES, seed);
	buffer_add(&image, xml);
	trailer_make(by ? image.len : 0, DATA_BYTES, xml.len, &trailer);
	buffer_clear(out);
	buffer_add(out, buffer_span(&image));
	if (by) {
		code.own = buffer_span(&trailer);
		code.cms = forge_apple_draft(f, by);
		forge_superblob(&code, buffer_span(&image), SPAN_NONE, &blob);
		buffer_add(out, buffer_span(&blob));
	}
	buffer_add(out, buffer_span(&trailer));
	if (!by)
		return;
	forge_put_be(out, out->len - TRAILER + SIGNATURE_OFF + 8, 8, blob.len);
	forge_macho_resign(f, by, out);
}
