/* SPDX-License-Identifier: MIT */
/* Reading scripts: each family in each encoding, and what is made to confuse readers. */
#include "base/base64.h"
#include "base/memory.h"
#include "formats/script/reading.h"
#include "formats/script/test_hold.h"
#include "tests/check.h"
#include "tests/corpus.h"

#define DER "\x30\x82\x01\x02\x06\x09 any bytes will do here, as long as they need a few lines"

/* What to write: a text in UTF-8, its encoding, and the block behind it. */
struct shape {
	enum script_family family;
	enum script_encoding encoding;
	bool mark;
	const char *text, *rest; /* before and behind the block */
};

static const struct script_syntax *syntax_of(enum script_family family)
{
	for (size_t i = 0; i < n_script_syntaxes; i++)
		if (script_syntaxes[i].family == family)
			return &script_syntaxes[i];
	return NULL;
}

static void block_write(struct buffer *out, const struct script_syntax *s, struct span der)
{
	CLEANUP(buffer_free) struct buffer digits = BUFFER_INIT;

	base64_encode(&digits, der);
	buffer_printf(out, "\r\n%s\r\n", s->begin);
	for (size_t i = 0; i < digits.len; i += 64) {
		buffer_text(out, s->open);
		buffer_add(out, span_clip(buffer_span(&digits), i, 64));
		buffer_printf(out, "%s\r\n", s->close);
	}
	buffer_printf(out, "%s\r\n", s->end);
}

/* UTF-8 -> the bytes of a file. */
static void encode(struct buffer *out, struct span text, enum script_encoding e, bool mark)
{
	CLEANUP(buffer_free) struct buffer wide = BUFFER_INIT;

	if (e != SCRIPT_UTF16LE && e != SCRIPT_UTF16BE) {
		buffer_text(out, mark ? "\xef\xbb\xbf" : "");
		buffer_add(out, text);
		return;
	}
	buffer_add(&wide, SPAN_LITERAL("\xff\xfe"));
	(void)script_decode(&wide, text, SCRIPT_UTF8);
	if (e == SCRIPT_UTF16LE)
		buffer_add(out, buffer_span(&wide));
	else
		(void)script_decode(out, buffer_span(&wide), SCRIPT_UTF16BE);
}

static void shape_write(struct buffer *out, const struct shape *shape)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	buffer_text(&text, shape->text);
	block_write(&text, syntax_of(shape->family), SPAN_LITERAL(DER));
	buffer_text(&text, shape->rest ? shape->rest : "");
	encode(out, buffer_span(&text), shape->encoding, shape->mark);
}

struct read_script {
	struct arena arena;
	struct findings findings;
	struct container box;
	enum status status;
};

static void script_take(struct read_script *r, struct span file)
{
	struct view view = view_whole(file);

	*r = (struct read_script){ .arena = ARENA_INIT(HOLD_ARENA) };
	r->findings = (struct findings)FINDINGS_INIT(&r->arena);
	r->status = format_script.read(&view, &r->findings, &r->box);
}

/* The bytes that candidate @i wants hashed. */
static struct span signed_bytes(const struct script_image *image, size_t i, struct span file)
{
	const struct piece *p = image->candidates[i].covered.pieces;

	return p->kind == PIECE_LITERAL ? p->literal
					: span_clip(file, p->range.off, p->range.len);
}

#define LE_MARK "\xff\xfe"
#define LE_A    "\x61\x00"
#define LE_O    "\xf3\x00"

/* clang-format off */
static const struct {
	const char *what;
	struct shape shape;
	struct span wanted;
} encodings[] = {
	{ "PowerShell, ASCII", { SCRIPT_POWERSHELL, SCRIPT_UTF8, false, "a", NULL },
	  SPAN_INIT(LE_A) },
	{ "PowerShell, UTF-8", { SCRIPT_POWERSHELL, SCRIPT_UTF8, false, "a\xc3\xb3", NULL },
	  SPAN_INIT(LE_A LE_O) },
	{ "PowerShell, Windows-1252",
	  { SCRIPT_POWERSHELL, SCRIPT_WINDOWS_1252, false, "a\xf3\x80\x81", NULL },
	  SPAN_INIT(LE_A LE_O "\xac\x20\x81\x00") },
	{ "PowerShell, UTF-8 with mark", { SCRIPT_POWERSHELL, SCRIPT_UTF8, true, "a", NULL },
	  SPAN_INIT(LE_MARK LE_A) },
	{ "PowerShell, UTF-16LE", { SCRIPT_POWERSHELL, SCRIPT_UTF16LE, true, "a", NULL },
	  SPAN_INIT(LE_MARK LE_A) },
	{ "PowerShell, UTF-16BE", { SCRIPT_POWERSHELL, SCRIPT_UTF16BE, true, "a\xc3\xb3", NULL },
	  SPAN_INIT(LE_MARK LE_A LE_O) },
	{ "PowerShell, beyond 16 bits",
	  { SCRIPT_POWERSHELL, SCRIPT_UTF8, false, "\xf0\x9f\x98\x8e", NULL },
	  SPAN_INIT("\x3d\xd8\x0e\xde") },
	{ "PowerShell, nothing signed", { SCRIPT_POWERSHELL, SCRIPT_UTF8, true, "", NULL },
	  SPAN_INIT(LE_MARK) },
	{ "PowerShell XML, UTF-8 read as Windows-1252",
	  { SCRIPT_POWERSHELL_XML, SCRIPT_UTF8, false, "\xc3\xb3", NULL },
	  SPAN_INIT("\xc3\x00\xb3\x00") },
	{ "PowerShell XML, UTF-16LE", { SCRIPT_POWERSHELL_XML, SCRIPT_UTF16LE, true, "a", NULL },
	  SPAN_INIT(LE_MARK LE_A) },
	{ "MOF, UTF-16LE", { SCRIPT_MOF, SCRIPT_UTF16LE, true, "a", NULL },
	  SPAN_INIT(LE_MARK LE_A) },
	{ "JScript", { SCRIPT_JSCRIPT, SCRIPT_UTF8, false, "aa", NULL },
	  SPAN_INIT(LE_A LE_A "\x02\0\0\0") },
	{ "JScript, UTF-8 read as Windows-1252",
	  { SCRIPT_JSCRIPT, SCRIPT_UTF8, false, "\xc3\xb3", NULL },
	  SPAN_INIT("\xc3\x00\xb3\x00\x02\0\0\0") },
	{ "JScript, UTF-8 with mark", { SCRIPT_JSCRIPT, SCRIPT_UTF8, true, "\xc3\xb3", NULL },
	  SPAN_INIT(LE_O "\x01\0\0\0") },
	{ "VBScript, UTF-16LE", { SCRIPT_VBSCRIPT, SCRIPT_UTF16LE, true, "a", NULL },
	  SPAN_INIT(LE_A "\x01\0\0\0") },
	{ "WSF", { SCRIPT_WSF, SCRIPT_UTF8, false, "a", "</job>" },
	  SPAN_INIT(LE_A "<\0/\0j\0o\0b\0>\0" "\x01\0\0\0") },
	{ "WSF, two jobs", { SCRIPT_WSF, SCRIPT_UTF8, false, "a", "</job>a</job>" },
	  SPAN_INIT(LE_A "<\0/\0j\0o\0b\0>\0" LE_A "<\0/\0j\0o\0b\0>\0" "\x08\0\0\0") },
};
/* clang-format on */

static void test_encodings(void)
{
	for (size_t i = 0; i < COUNT_OF(encodings); i++) {
		const struct shape *shape = &encodings[i].shape;
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		struct read_script r;
		bool right;

		shape_write(&file, shape);
		script_take(&r, buffer_span(&file));
		right = r.status == STATUS_OK && r.box.claims && !r.box.broken &&
			r.findings.n == 0 && r.box.script->family == shape->family;
		CHECK(right && span_equal(r.box.claims->signature, SPAN_LITERAL(DER)),
		      "%s: its signature", encodings[i].what);
		CHECK(right && r.box.script->candidates[0].usual &&
			      span_equal(signed_bytes(r.box.script, 0, buffer_span(&file)),
					 encodings[i].wanted),
		      "%s: its text", encodings[i].what);
		CHECK(script_hold(buffer_span(&file)) == NULL &&
			      format_script.sniff_tail(buffer_span(&file)),
		      "%s: it holds", encodings[i].what);
		arena_free(&r.arena);
	}
}

#define SNIFFED 4096 /* bytes that a format is known by */

#define BEGIN "# SIG # Begin signature block\r\n"
#define END   "# SIG # End signature block\r\n"
#define LINE  "# MIIB\r\n"
#define BLOCK "\r\n" BEGIN LINE END

/* clang-format off */
static const struct {
	const char *what, *text, *rule; /* rule NULL: no finding */
	enum status status;
	bool is_signed, broken;
	uint64_t behind;
} traps[] = {
	{ "a good one", "a" BLOCK, NULL, STATUS_OK, true, false, 0 },
	{ "two line ends behind", "a" BLOCK "\r\n", NULL, STATUS_OK, true, false, 0 },
	{ "code behind", "a" BLOCK "evil\r\n", "script.after-block", STATUS_OK, true, false, 6 },
	{ "blanks behind", "a" BLOCK " ", "script.after-block", STATUS_OK, true, false, 1 },
	{ "two blocks", "a" BLOCK "b" BLOCK, "script.two-blocks", STATUS_OK, true, true, 0 },
	{ "two families", "a" BLOCK "// SIG // Begin signature block\n// SIG // MIIB\n"
	  "// SIG // End signature block\n", "script.two-blocks", STATUS_OK, true, true, 0 },
	{ "code inside", "a\r\n" BEGIN LINE "evil\r\n" LINE END, "script.inside-block", STATUS_OK,
	  true, true, 0 },
	{ "no end", "a\r\n" BEGIN LINE "evil\r\n", "script.block-unended", STATUS_OK, true, true, 6 },
	{ "an empty block", "a\r\n" BEGIN END, "script.block-malformed", STATUS_OK, true, true, 0 },
	{ "half a group of digits", "a\r\n" BEGIN "# MII\r\n" END, "script.block-malformed",
	  STATUS_OK, true, true, 0 },
	{ "digits behind padding", "a\r\n" BEGIN "# MA==MA==\r\n" END, "script.block-malformed",
	  STATUS_OK, true, true, 0 },
	{ "a NUL in the text", "Write-Host 'a'\x01" BLOCK, "script.nul", STATUS_OK, true, false, 0 },
	{ "talk of a block", "Write-Host 'a\r\n" BEGIN "'\r\n", NULL, STATUS_OK, false, false, 0 },
	{ "a marker inside a line", "Write-Host '" BEGIN LINE END "'", NULL, STATUS_OK, false, false,
	  0 },
	{ "Cyrillic letters", "Write-Host 'a'\r\n# S\xd0\x86G # Begin signature block\r\n" LINE END,
	  "script.lookalike-block", STATUS_OK, false, false, 0 },
	{ "a blank too many", "Write-Host 'a'\r\n#  SIG # Begin signature block\r\n" LINE END,
	  "script.lookalike-block", STATUS_OK, false, false, 0 },
	{ "small letters", "Write-Host 'a'\r\n# sig # begin signature block\r\n" LINE END,
	  "script.lookalike-block", STATUS_OK, false, false, 0 },
	{ "prose", "Set-Top boxes and other things\n", NULL, STATUS_NOT_MINE, false, false, 0 },
	{ "nothing", "", NULL, STATUS_NOT_MINE, false, false, 0 },
};
/* clang-format on */

static void test_traps(void)
{
	for (size_t i = 0; i < COUNT_OF(traps); i++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		struct read_script r;

		for (const char *c = traps[i].text; *c; c = text_after(c, 1))
			buffer_char(&file, (char)(*c == '\x01' ? '\0' : *c));
		script_take(&r, buffer_span(&file));
		CHECK(r.status == traps[i].status && !!r.box.claims == traps[i].is_signed &&
			      r.box.broken == traps[i].broken,
		      "%s: what it is", traps[i].what);
		CHECK(traps[i].rule ? finding_has(&r.findings, traps[i].rule, -1)
				    : r.findings.n == 0,
		      "%s: what is found", traps[i].what);
		CHECK(!r.box.script || r.box.script->behind.len == traps[i].behind,
		      "%s: what is not signed", traps[i].what);
		CHECK(script_hold(buffer_span(&file)) == NULL, "%s: it holds", traps[i].what);
		arena_free(&r.arena);
	}
}

static const struct {
	const char *text;
	enum script_family family;
} beginnings[] = {
	{"#!/bin/sh\n",					SCRIPT_INTERPRETED   },
	{ "<?xml version=\"1.0\"?>\r\n<PSConsoleFile>",        SCRIPT_POWERSHELL_XML},
	{ "\n<!-- a --><Configuration>\n<ViewDefinitions>",    SCRIPT_POWERSHELL_XML},
	{ "<Configuration>\n<Something>",                      SCRIPT_FAMILY_NONE   },
	{ "<package><metadata>",                               SCRIPT_FAMILY_NONE   },
	{ "<package>\n<job id=\"a\">",                         SCRIPT_WSF           },
	{ "<job><script language=\"VBScript\">",               SCRIPT_WSF           },
	{ "/* a */\r\n#pragma autorecover\r\n",                SCRIPT_MOF           },
	{ "#pragma once\n",				    SCRIPT_FAMILY_NONE   },
	{ "# a comment\n<# and\nanother #>\nwrite-host \"a\"", SCRIPT_POWERSHELL    },
	{ "#Requires -Version 5\n",                            SCRIPT_POWERSHELL    },
	{ "param (\n  [string] $a\n)",                         SCRIPT_POWERSHELL    },
	{ "function Get-Thing {",                              SCRIPT_POWERSHELL    },
	{ "function main() {",				 SCRIPT_FAMILY_NONE   },
	{ "Write-Up of what happened",                         SCRIPT_FAMILY_NONE   },
	{ "Read-Only",					 SCRIPT_FAMILY_NONE   },
	{ "\xef\xbb\xbf#!/bin/sh\n",                           SCRIPT_FAMILY_NONE   },
	{ "\xff\xfew\0",				       SCRIPT_FAMILY_NONE   },
	{ "\x7f"
	  "ELF",				      SCRIPT_FAMILY_NONE   },
};

static void test_beginnings(void)
{
	for (size_t i = 0; i < COUNT_OF(beginnings); i++) {
		struct span file = SPAN_TEXT(beginnings[i].text);
		struct read_script r;

		script_take(&r, file);
		CHECK((beginnings[i].family == SCRIPT_FAMILY_NONE
			       ? r.status == STATUS_NOT_MINE && !format_script.sniff(file)
			       : r.status == STATUS_OK && format_script.sniff(file) &&
					 r.box.script->family == beginnings[i].family &&
					 !r.box.claims),
		      "a beginning, row %zu", i);
		arena_free(&r.arena);
	}
}

/* A block is known by its beginning too, whatever and however much stands behind it. */
static void test_far_behind(void)
{
	static const enum script_encoding all[] = { SCRIPT_UTF8, SCRIPT_UTF16LE,
						    SCRIPT_UTF16BE };
	static const char *const behind[] = { "code\n", "# SIG # and more\n" };

	for (size_t i = 0; i < COUNT_OF(all) * COUNT_OF(behind); i++) {
		const struct shape shape = { SCRIPT_POWERSHELL, all[i / 2], true, "a", NULL };
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		struct span head;

		shape_write(&file, &shape);
		while (file.len < 2 * SNIFFED)
			buffer_text(&file, behind[i % 2]);
		head = span_clip(buffer_span(&file), 0, SNIFFED);
		CHECK(format_script.sniff(head) &&
			      !format_script.sniff_tail(
				      span_after(buffer_span(&file), file.len - SNIFFED)),
		      "much behind a block, encoding %zu", i / 2);
	}
	CHECK(!format_script.sniff(SPAN_LITERAL("Its \"# SIG # Begin signature block\" line\n"
						"says that a signature follows.\n")),
	      "a text about signatures is none");
}

/* Every prefix of a good file says less, or is broken; none passes for it. */
static void test_prefixes(void)
{
	const struct shape shape = { SCRIPT_POWERSHELL, SCRIPT_UTF16LE, true, "a", NULL };
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	const char *bad = NULL;
	size_t good = 0;

	shape_write(&file, &shape);
	for (size_t n = 0; n < file.len && !bad; n++) {
		struct span prefix = span_clip(buffer_span(&file), 0, n);
		struct read_script r;

		bad = script_hold(prefix);
		script_take(&r, prefix);
		good += r.status == STATUS_OK && r.box.claims && !r.box.broken;
		arena_free(&r.arena);
	}
	CHECK(!bad, "prefixes hold: %s", bad ? bad : "all");
	CHECK(good == 4, "%zu prefixes are signed: those without the last line end", good);
}

static void test_memory(void)
{
	const struct shape shape = { SCRIPT_WSF, SCRIPT_UTF16BE, true, "a\n", "</job>" };
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	enum status status = STATUS_NO_MEMORY;
	long n = 0;

	shape_write(&file, &shape);
	for (; n < 200 && status == STATUS_NO_MEMORY; n++) {
		struct read_script r;

		memory_fail_after(n);
		script_take(&r, buffer_span(&file));
		memory_fail_after(-1);
		status = r.status;
		arena_free(&r.arena);
	}
	CHECK(status == STATUS_OK && n > 1, "want of memory at any of %ld places", n - 1);
}

static void test_limits(void)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	struct read_script r;

	buffer_text(&file, "\xef\xbb\xbf");
	while (file.len <= SCRIPT_MAX_TEXT)
		buffer_text(&file, "0123456789abcdef0123456789abcdef0123456789abcdef\n");
	block_write(&file, syntax_of(SCRIPT_POWERSHELL), SPAN_LITERAL(DER));
	script_take(&r, buffer_span(&file));
	CHECK(r.status == STATUS_LIMIT && finding_has(&r.findings, "limit.script", -1),
	      "more text than is read");
	arena_free(&r.arena);
}

static const struct {
	const char *name;
	bool is_signed;
	enum script_encoding encoding;
	enum script_family family;
} files[] = {
	{"generated/script/mof.mof",					true,  SCRIPT_UTF16LE,      SCRIPT_MOF           },
	{ "generated/script/ps1xml.ps1xml",                                 true,  SCRIPT_WINDOWS_1252, SCRIPT_POWERSHELL_XML},
	{ "generated/script/psc1.psc1",                                     true,  SCRIPT_UTF8,         SCRIPT_POWERSHELL_XML},
	{ "generated/script/ps1.ps1",				       true,  SCRIPT_UTF8,         SCRIPT_POWERSHELL    },
	{ "mtrojnar+osslsigncode/tests/files/unsigned.mof",                 false, SCRIPT_UTF16LE,      SCRIPT_MOF           },
	{ "JetBrains+format-ripper/data/powershell/script-utf-16be-lf.ps1", false,
         SCRIPT_UTF16BE,										SCRIPT_POWERSHELL    },
};

static void test_corpus(void)
{
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		size_t len = 0;
		uint8_t *bytes = corpus_load(files[i].name, &len);
		struct read_script r;

		if (!bytes)
			continue;
		script_take(&r, (struct span){ bytes, len });
		CHECK(r.status == STATUS_OK && !r.box.broken &&
			      !!r.box.claims == files[i].is_signed &&
			      r.box.script->encoding == files[i].encoding &&
			      r.box.script->family == files[i].family,
		      "%s", files[i].name);
		arena_free(&r.arena);
		free(bytes);
	}
}

int main(void)
{
	test_encodings();
	test_traps();
	test_beginnings();
	test_far_behind();
	test_prefixes();
	test_memory();
	test_limits();
	test_corpus();
	return CHECK_DONE();
}
