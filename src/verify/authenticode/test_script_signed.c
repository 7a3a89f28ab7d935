/* SPDX-License-Identifier: MIT */
/*
 * Scripts of every family, signed and altered, judged from end to end.  Made
 * here without anything of the reader, so that a mistake in it cannot hide.
 */
#include "base/base64.h"
#include "tests/check.h"
#include "tests/court.h"
#include "tests/forge/signing.h"

#define SIP_INFO OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x1e")

enum family { PS1, PS1XML, MOF, JS, VBS, WSF };

static const struct {
	const char *begin, *open, *close, *end;
	struct span guid;
	bool counts; /* the number of the block's first character follows the text */
} families[] = {
	[PS1] = {"# SIG # Begin signature block",         "# ",         "",     "# SIG # End signature block",
                 SPAN_INIT("\x1f\xcc\x3b\x60\x59\x4b\x08\x4e\xb7\x24\xd2\xc6\x29\x7e\xf3\x51"),
                 false},
	[PS1XML] = { "<!-- SIG # Begin signature block -->", "<!-- ",      " -->",
                 "<!-- SIG # End signature block -->",							 SPAN_INIT("\x1f\xcc\x3b\x60\x59\x4b\x08\x4e\xb7\x24\xd2\xc6\x29\x7e\xf3"
			       "\x51"),
                 false},
	[MOF] = { "/* SIG # Begin signature block */",    "/* ",        " */",
                 "/* SIG # End signature block */",							    SPAN_INIT("\x1f\xcc\x3b\x60\x59\x4b\x08\x4e\xb7\x24\xd2\xc6\x29\x7e\xf3\x51"),
                 false},
	[JS] = { "// SIG // Begin signature block",      "// SIG // ", "",
		 "// SIG // End signature block",							      SPAN_INIT("\x10\xe0\xc9\x06\xce\x38\xd4\x11\xa2\xa3\x00\x10\x4b\xd3\x50\x90"),
		 true },
	[VBS] = { "'' SIG '' Begin signature block",      "'' SIG '' ", "",
                 "'' SIG '' End signature block",							      SPAN_INIT("\x4e\xf0\x29\x16\x99\x27\xb5\x4d\x8f\xe5\xac\xe1\x0f\x17\xeb\xab"),
                 true },
	[WSF] = { "<signature>",                          "** SIG ** ", "",     "</signature>",
                 SPAN_INIT("\x70\x05\x61\x1a\xce\x38\xd4\x11\xa2\xa3\x00\x10\x4b\xd3\x50\x90"),
                 true },
};

enum odd {
	WIDE = 1 << 0,          /* UTF-16LE with its mark */
	MARK_UNSIGNED = 1 << 1, /* whose mark the signer left out */
	UNCOUNTED = 1 << 2,     /* without the number */
	CHANGED = 1 << 3,       /* a letter, after signing */
	CONVERTED = 1 << 4,     /* CR LF to LF, after signing */
	APPENDED = 1 << 5,      /* code behind the block */
	DOUBLED = 1 << 6,       /* the block once more */
	INSIDE = 1 << 7,        /* code inside the block */
	OTHER_KIND = 1 << 8,    /* made for an MSI package */
	CUT = 1 << 9,           /* the last line of the block is missing */
};

static const struct {
	const char *what;
	enum family family;
	unsigned odd;
	struct forge_signature sign;
	const char *verdict, *finding;
} rows[] = {
	{"PowerShell",			   PS1,    0,                    { 0 },                        "valid",      NULL                  },
	{ "PowerShell, UTF-16",                  PS1,    WIDE,                 { 0 },                        "valid",      NULL                  },
	{ "PowerShell, UTF-16, mark not signed",
         PS1,					    WIDE | MARK_UNSIGNED,
         { 0 },
         "valid",													  "script.encoding"     },
	{ "PowerShell XML",                      PS1XML, 0,                    { 0 },                        "valid",      NULL                  },
	{ "MOF",				 MOF,    WIDE,                 { 0 },                        "valid",      NULL                  },
	{ "JScript",			     JS,     0,                    { 0 },                        "valid",      NULL                  },
	{ "JScript, UTF-16",                     JS,     WIDE,                 { 0 },                        "valid",      NULL                  },
	{ "JScript, without the number",         JS,     UNCOUNTED,            { 0 },                        "mismatched", NULL                  },
	{ "VBScript",			    VBS,    0,                    { 0 },                        "valid",      NULL                  },
	{ "VBScript, without the number",        VBS,    UNCOUNTED,            { 0 },                        "mismatched", NULL                  },
	{ "Windows Script File",                 WSF,    0,                    { 0 },                        "valid",      NULL                  },
	{ "Windows Script File, UTF-16",         WSF,    WIDE,                 { 0 },                        "valid",      NULL                  },
	{ "Windows Script File, a job more",     WSF,    APPENDED,             { 0 },                        "mismatched", NULL                  },
	{ "SHA-1",			       PS1,    0,                    { .image_digest = "SHA1" },   "valid",      NULL                  },
	{ "a stranger",			  PS1,    0,                    { .signer = "stranger" },     "untrusted",  NULL                  },
	{ "a letter changed",                    PS1,    CHANGED,              { 0 },                        "mismatched", NULL                  },
	{ "a letter changed, VBScript",          VBS,    CHANGED,              { 0 },                        "mismatched", NULL                  },
	{ "line ends changed",                   PS1,    CONVERTED,            { 0 },                        "tampered",   "script.eol"          },
	{ "code behind the block",               PS1,    APPENDED,             { 0 },                        "partial",    "script.after-block"  },
	{ "code behind the block, MOF",
         MOF,					    APPENDED | WIDE,
         { 0 },
         "partial",													"script.after-block"  },
	{ "code behind the block, JScript",
         JS,					     APPENDED,
         { 0 },
         "partial",													"script.after-block"  },
	{ "two blocks",			  PS1,    DOUBLED,              { 0 },                        "mismatched", "script.two-blocks"   },
	{ "code inside the block",               PS1,    INSIDE,               { 0 },                        "broken",     "script.inside-block" },
	{ "a block without its end",             PS1,    CUT,                  { 0 },                        "broken",     "script.block-unended"},
	{ "a signature for a package",           PS1,    OTHER_KIND,           { 0 },                        "valid",      "spc.data-type"       },
	{ "a signature for a package, altered",
         PS1,					    OTHER_KIND | CHANGED,
         { 0 },
         "grafted",													"spc.data-type"       },
	{ "its mathematics",                     PS1,    0,                    { .odd = ODD_BAD_SIGNATURE }, "broken",     NULL                  },
};

static void widen(struct buffer *out, struct span ascii)
{
	for (uint64_t i = 0; i < ascii.len; i++)
		buffer_u16le(out, span_at(ascii, i));
}

/* SpcIndirectDataContent of such a text. */
static struct span content_make(struct forge *f, enum family family, unsigned odd,
				const char *digest, struct span text)
{
	CLEANUP(buffer_free) struct buffer hashed = BUFFER_INIT, out = BUFFER_INIT;
	size_t whole, data, info, part;
	struct forge_digest d;
	struct span bytes;

	if (odd & WIDE && !(odd & MARK_UNSIGNED) && !families[family].counts)
		buffer_u16le(&hashed, 0xfeff);
	widen(&hashed, text);
	if (families[family].counts && !(odd & UNCOUNTED)) {
		uint64_t place = text.len;

		if (family == WSF && !span_find(text, SPAN_LITERAL("</job>"), 0, &place))
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
		odd & OTHER_KIND ? SPAN_LITERAL("\xf1\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46")
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

static void block_write(struct buffer *out, enum family family, struct span der, unsigned odd)
{
	CLEANUP(buffer_free) struct buffer digits = BUFFER_INIT;

	base64_encode(&digits, der);
	buffer_printf(out, "\r\n%s\r\n", families[family].begin);
	for (uint64_t at = 0; at < digits.len; at += 64) {
		buffer_text(out, families[family].open);
		buffer_add(out, span_clip(buffer_span(&digits), at, 64));
		buffer_printf(out, "%s\r\n", families[family].close);
		if (at == 64 && odd & INSIDE)
			buffer_text(out, "Remove-Item *\r\n");
	}
	if (!(odd & CUT))
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

static void row_make(struct forge *f, size_t row, struct buffer *out)
{
	unsigned odd = rows[row].odd;
	enum family family = rows[row].family;
	const char *before = family == WSF ? "<job>\r\nWrite-Host 'a'\r\n"
					   : "Write-Host 'a'\r\nWrite-Host 'b'";
	const char *behind = family == WSF ? "</job>\r\n" : "";
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT, file = BUFFER_INIT;
	struct forge_signature wish = rows[row].sign;
	struct span der;

	buffer_printf(&text, "%s%s", before, behind);
	wish.content =
		content_make(f, family, odd, wish.image_digest ? wish.image_digest : "SHA256",
			     buffer_span(&text));
	der = forge_signature_make(f, &wish, NULL, SPAN_NONE);
	buffer_text(&file, before);
	if (odd & CHANGED)
		file.bytes[3] = 'T';
	block_write(&file, family, der, odd);
	if (odd & DOUBLED)
		block_write(&file, family, der, odd);
	buffer_text(&file, behind);
	if (odd & APPENDED)
		buffer_text(&file, family == WSF ? "<job></job>" : "Remove-Item *\r\n");
	if (odd & CONVERTED)
		convert(&file);
	if (odd & WIDE) {
		buffer_u16le(out, 0xfeff);
		widen(out, buffer_span(&file));
	} else {
		buffer_add(out, buffer_span(&file));
	}
}

int main(void)
{
	struct forge *f = forge_new();
	struct court court;

	court_open(&court, f);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		const struct report *r;

		row_make(f, i, &file);
		r = court_judge(&court, buffer_span(&file));
		CHECK(r->format && strcmp(r->format, "script") == 0 &&
			      strcmp(assay_verdict_word(r->verdict), rows[i].verdict) == 0,
		      "%s: %s", rows[i].what, assay_verdict_word(r->verdict));
		if (rows[i].finding)
			CHECK(court_has(r, rows[i].finding), "%s: %s", rows[i].what,
			      rows[i].finding);
	}
	court_close(&court);
	forge_free(f);
	return CHECK_DONE();
}
