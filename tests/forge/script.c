/* SPDX-License-Identifier: MIT */
#include "tests/forge/script.h"

#include "base/base64.h"
#include "tests/forge/signing.h"

#define SIP_INFO OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x1e")

static const struct {
	const char *begin, *open, *close, *end;
	struct span guid;
	bool counts; /* the number of the block's first character follows the text */
} families[] = {
	[SCRIPT_PS1] = {"# SIG # Begin signature block",         "# ",         "",
                        "# SIG # End signature block",						 SPAN_INIT("\x1f\xcc\x3b\x60\x59\x4b\x08\x4e\xb7\x24\xd2\xc6\x29\x7e"
				   "\xf3\x51"),
                        false},
	[SCRIPT_PS1XML] = { "<!-- SIG # Begin signature block -->", "<!-- ",      " -->",
                        "<!-- SIG # End signature block -->",					  SPAN_INIT("\x1f\xcc\x3b\x60\x59\x4b\x08\x4e\xb7\x24\xd2\xc6\x29\x7e"
				      "\xf3"
				      "\x51"),
                        false},
	[SCRIPT_MOF] = { "/* SIG # Begin signature block */",    "/* ",        " */",
                        "/* SIG # End signature block */",					     SPAN_INIT("\x1f\xcc\x3b\x60\x59\x4b\x08\x4e\xb7\x24\xd2\xc6\x29\x7e"
				   "\xf3\x51"),
                        false},
	[SCRIPT_JS] = { "// SIG // Begin signature block",      "// SIG // ", "",
			"// SIG // End signature block",					       SPAN_INIT("\x10\xe0\xc9\x06\xce\x38\xd4\x11\xa2\xa3\x00\x10\x4b\xd3\x50"
				  "\x90"),
			true },
	[SCRIPT_VBS] = { "'' SIG '' Begin signature block",      "'' SIG '' ", "",
                        "'' SIG '' End signature block",					       SPAN_INIT("\x4e\xf0\x29\x16\x99\x27\xb5\x4d\x8f\xe5\xac\xe1\x0f\x17"
				   "\xeb\xab"),
                        true },
	[SCRIPT_WSF] = { "<signature>",                          "** SIG ** ", "",     "</signature>",
                        SPAN_INIT("\x70\x05\x61\x1a\xce\x38\xd4\x11\xa2\xa3\x00\x10\x4b\xd3"
				   "\x50\x90"),
                        true },
};

static void widen(struct buffer *out, struct span ascii)
{
	for (uint64_t i = 0; i < ascii.len; i++)
		buffer_u16le(out, span_at(ascii, i));
}

/* SpcIndirectDataContent of such a text. */
static struct span content_make(struct forge *f, enum script_family family, unsigned odd,
				const char *digest, struct span text)
{
	CLEANUP(buffer_free) struct buffer hashed = BUFFER_INIT, out = BUFFER_INIT;
	size_t whole, data, info, part;
	struct forge_digest d;
	struct span bytes;

	if (odd & SCRIPT_WIDE && !(odd & SCRIPT_MARK_UNSIGNED) && !families[family].counts)
		buffer_u16le(&hashed, 0xfeff);
	widen(&hashed, text);
	if (families[family].counts && !(odd & SCRIPT_UNCOUNTED)) {
		uint64_t place = text.len;

		if (family == SCRIPT_WSF && !span_find(text, SPAN_LITERAL("</job>"), 0, &place))
			forge_fail("a script without a job");
		buffer_u32le(&hashed, (uint32_t)place);
	}
	bytes = buffer_span(&hashed);
	d = forge_digest_of(digest, &bytes, 1);
	whole = der_open(&out, DER_SEQUENCE);
	data = der_open(&out, DER_SEQUENCE);
	der_add(&out, DER_OID, SIP_INFO);
	info = der_open(&out, DER_SEQUENCE);
	der_add_number(&out, 1);
	der_add(&out, DER_OCTET_STRING,
		odd & SCRIPT_OTHER_KIND
			? SPAN_LITERAL("\xf1\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46")
			: families[family].guid);
	for (int i = 0; i < 5; i++)
		der_add_number(&out, 0);
	der_close(&out, info);
	der_close(&out, data);
	part = der_open(&out, DER_SEQUENCE);
	der_add_algorithm(&out, forge_digest_oid(digest, false), true);
	der_add(&out, DER_OCTET_STRING, forge_digest_span(&d));
	der_close(&out, part);
	der_close(&out, whole);
	return forge_keep(f, buffer_span(&out));
}

static void block_write(struct buffer *out, enum script_family family, struct span der,
			unsigned odd)
{
	CLEANUP(buffer_free) struct buffer digits = BUFFER_INIT;

	base64_encode(&digits, der);
	buffer_printf(out, "\r\n%s\r\n", families[family].begin);
	for (uint64_t at = 0; at < digits.len; at += 64) {
		buffer_text(out, families[family].open);
		buffer_add(out, span_clip(buffer_span(&digits), at, 64));
		buffer_printf(out, "%s\r\n", families[family].close);
		if (at == 64 && odd & SCRIPT_INSIDE)
			buffer_text(out, "Remove-Item *\r\n");
	}
	if (!(odd & SCRIPT_CUT))
		buffer_printf(out, "%s\r\n", families[family].end);
}

static void convert(struct buffer *text)
{
	size_t n = 0;

	for (size_t i = 0; i < text->len; i++)
		if (text->bytes[i] != '\r')
			text->bytes[n++] = text->bytes[i];
	buffer_cut(text, n);
}

void forge_script_make(struct forge *f, const struct forge_signature *sign,
		       const struct forge_script *script, struct buffer *out)
{
	unsigned odd = script->odd;
	enum script_family family = script->family;
	CLEANUP(buffer_free)
	struct buffer text = BUFFER_INIT, before = BUFFER_INIT, file = BUFFER_INIT;
	const char *lines = script->text ? script->text : "Write-Host 'a'\r\nWrite-Host 'b'";
	const char *behind = family == SCRIPT_WSF ? "</job>\r\n" : "";
	struct forge_signature wish = *sign;
	struct span der;

	buffer_printf(&before, family == SCRIPT_WSF ? "<job>\r\n%s\r\n" : "%s", lines);
	buffer_add(&text, buffer_span(&before));
	buffer_text(&text, behind);
	wish.content =
		content_make(f, family, odd, wish.image_digest ? wish.image_digest : "SHA256",
			     buffer_span(&text));
	der = forge_signature_make(f, &wish, NULL, SPAN_NONE);
	buffer_add(&file, buffer_span(&before));
	if (odd & SCRIPT_CHANGED)
		file.bytes[3] = 'T';
	block_write(&file, family, der, odd);
	if (odd & SCRIPT_DOUBLED)
		block_write(&file, family, der, odd);
	buffer_text(&file, behind);
	if (odd & SCRIPT_APPENDED)
		buffer_text(&file, family == SCRIPT_WSF ? "<job></job>" : "Remove-Item *\r\n");
	if (odd & SCRIPT_CONVERTED)
		convert(&file);
	if (!(odd & SCRIPT_WIDE)) {
		buffer_add(out, buffer_span(&file));
		return;
	}
	buffer_u16le(out, 0xfeff);
	widen(out, buffer_span(&file));
}

const char *forge_script_begin(enum script_family family)
{
	return families[family].begin;
}
