/* SPDX-License-Identifier: MIT */
/* UTF-8, other encodings, and what a terminal may see. */
#include "base/charset.h"
#include "base/escape.h"
#include "base/fold.h"
#include "base/markup.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "tests/check.h"

static void test_utf8(void)
{
	static const struct {
		const char *name;
		struct span text;
		bool valid;
		const char *replaced;
	} rows[] = {
		{"nothing",         SPAN_INIT(""),                       true,  ""                        },
		{ "ASCII",          SPAN_INIT("abc~"),                   true,  "abc~"                    },
		{ "2, 3, 4 bytes",  SPAN_INIT("\u00fc\u20ac\U0001f600"), true,
                 "\u00fc\u20ac\U0001f600"								 },
		{ "last of all",    SPAN_INIT("\xF4\x8F\xBF\xBF"),       true,  "\xF4\x8F\xBF\xBF"        },
		{ "beyond",         SPAN_INIT("\xF4\x90\x80\x80"),       false, "\uFFFD\uFFFD\uFFFD\uFFFD"},
		{ "long form of /", SPAN_INIT("\xC0\xAF"),               false, "\uFFFD\uFFFD"            },
		{ "long form, 3",   SPAN_INIT("\xE0\x80\xAF"),           false, "\uFFFD\uFFFD\uFFFD"      },
		{ "long form, 4",   SPAN_INIT("\xF0\x80\x80\xAF"),       false,
                 "\uFFFD\uFFFD\uFFFD\uFFFD"							       },
		{ "surrogate",      SPAN_INIT("\xED\xA0\x80"),           false, "\uFFFD\uFFFD\uFFFD"      },
		{ "last before",    SPAN_INIT("\xED\x9F\xBF"),           true,  "\xED\x9F\xBF"            },
		{ "lone second",    SPAN_INIT("a\x80z"),                 false, "a\uFFFDz"                },
		{ "cut short",      SPAN_INIT("\xE2\x82"),               false, "\uFFFD"                  },
		{ "cut, then text", SPAN_INIT("\xF0\x9F\x98x"),          false, "\uFFFDx"                 },
		{ "never a byte",   SPAN_INIT("\xFE\xFF"),               false, "\uFFFD\uFFFD"            },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buffer out CLEANUP(buffer_free) = BUFFER_INIT;
		bool whole = charset_utf8(&out, rows[i].text);

		CHECK(utf8_valid(rows[i].text) == rows[i].valid && whole == rows[i].valid &&
			      span_equal(buffer_span(&out), SPAN_TEXT(rows[i].replaced)),
		      "utf8: %s", rows[i].name);
	}
}

static void test_utf8_all(void)
{
	struct buffer out CLEANUP(buffer_free) = BUFFER_INIT;
	size_t wrong = 0;

	for (uint32_t code = 0; code <= 0x10FFFF; code++) {
		struct utf8_char c;
		bool surrogate = code >= 0xD800 && code <= 0xDFFF;

		buffer_clear(&out);
		utf8_add(&out, code);
		c = utf8_at(buffer_span(&out), 0);
		wrong += c.code != (surrogate ? UTF8_REPLACEMENT : code) || !c.valid ||
			 c.len != out.len;
	}
	CHECK(wrong == 0, "utf8: every character there and back");
	utf8_add(&out, 0x110000);
	CHECK(utf8_at(buffer_span(&out), 99).len == 0, "utf8: nothing behind the end");
}

static void test_charset(void)
{
	static const struct {
		const char *name;
		bool (*convert)(struct buffer *out, struct span text);
		struct span text;
		const char *expected;
		bool whole;
	} rows[] = {
		{"LE",                charset_utf16le, SPAN_INIT("A\0\xAC\x20"),         "A\u20ac",       true },
		{ "BE",               charset_utf16be, SPAN_INIT("\0A\x20\xAC"),         "A\u20ac",       true },
		{ "pair",             charset_utf16le, SPAN_INIT("\x3D\xD8\x00\xDE!\0"), "\U0001f600!",
                 true											  },
		{ "pair, BE",         charset_utf16be, SPAN_INIT("\xD8\x3D\xDE\x00"),    "\U0001f600",
                 true											  },
		{ "lone high",        charset_utf16le, SPAN_INIT("\x3D\xD8!\0"),         "\uFFFD!",       false},
		{ "lone low",         charset_utf16be, SPAN_INIT("\xDE\x00\0!"),         "\uFFFD!",       false},
		{ "high at the end",  charset_utf16be, SPAN_INIT("\xD8\x3D"),            "\uFFFD",        false},
		{ "half a unit",      charset_utf16le, SPAN_INIT("A\0B"),                "A\uFFFD",       false},
		{ "nothing",          charset_utf16le, SPAN_INIT(""),                    "",              true },
		{ "Latin-1",          charset_latin1,  SPAN_INIT("M\xFCnchen\x80"),
                 "M\u00fcnchen\xC2\x80",								  true },
		{ "code page 437",    charset_cp437,   SPAN_INIT("a\x81\xff"),           "a\u00fc\u00a0",
                 true											  },
		{ "UCS-4",            charset_ucs4be,  SPAN_INIT("\0\1\xF6\0\0\0\0!"),   "\U0001f600!",
                 true											  },
		{ "UCS-4, too large", charset_ucs4be,  SPAN_INIT("\0\x11\0\0"),          "\uFFFD",
                 false											 },
		{ "UCS-4, surrogate", charset_ucs4be,  SPAN_INIT("\0\0\xD8\0"),          "\uFFFD",
                 false											 },
		{ "UCS-4, cut",       charset_ucs4be,  SPAN_INIT("\0\0\0"),              "\uFFFD",        false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buffer out CLEANUP(buffer_free) = BUFFER_INIT;
		bool whole = rows[i].convert(&out, rows[i].text);

		CHECK(whole == rows[i].whole &&
			      span_equal(buffer_span(&out), SPAN_TEXT(rows[i].expected)),
		      "charset: %s", rows[i].name);
	}
}

/* Two texts that some system takes for one, and two that none does. */
static void test_fold(void)
{
	static const struct {
		const char *name;
		struct span a, b;
		bool same;
	} rows[] = {
		{"nothing",              SPAN_INIT(""),             SPAN_INIT(""),                   true },
		{ "case",                SPAN_INIT("Abc"),          SPAN_INIT("aBC"),                true },
		{ "other letters",       SPAN_INIT("abc"),          SPAN_INIT("abd"),                false},
		{ "Greek",               SPAN_INIT("\u03a3"),       SPAN_INIT("\u03c2"),             true },
		{ "a ligature",          SPAN_INIT("\ufb03"),       SPAN_INIT("FFI"),                true },
		{ "a mark",              SPAN_INIT("\u00e9"),       SPAN_INIT("E\u0301"),            true },
		{ "another mark",        SPAN_INIT("\u00e9"),       SPAN_INIT("E\u0300"),            false},
		{ "the ohm",             SPAN_INIT("\u2126"),       SPAN_INIT("\u03c9"),             true },
		{ "a syllable",          SPAN_INIT("\uac01"),       SPAN_INIT("\u1100\u1161\u11a8"), true },
		{ "marks alone",         SPAN_INIT("\u0301\u0323"), SPAN_INIT("\u0301\u0323"),       true },
		{ "bytes",               SPAN_INIT("\xff"),         SPAN_INIT("\xff"),               true },
		{ "other bytes",         SPAN_INIT("\xff"),         SPAN_INIT("\xfe"),               false},
		{ "a byte is no letter", SPAN_INIT("\xe4"),         SPAN_INIT("\u00e4"),             false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct fold f = fold_of(rows[i].a), g = fold_of(rows[i].b);
		uint32_t x = 0, y = 0;
		bool same = true, more;

		do {
			more = fold_next(&f, &x);
			same = same && more == fold_next(&g, &y) && x == y;
		} while (more && same);
		CHECK(same == rows[i].same, "fold: %s", rows[i].name);
	}
}

/* However many marks a letter has, each character comes out. */
static void test_fold_long(void)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct fold f;
	uint32_t c;
	size_t n = 0;

	buffer_char(&text, 'a');
	for (int i = 0; i < 1000; i++)
		buffer_text(&text, "\u0344"); /* becomes two */
	f = fold_of(buffer_span(&text));
	while (fold_next(&f, &c))
		n++;
	CHECK(n == 2001, "fold: %zu characters of a letter with a thousand marks", n);
}

static void test_escape(void)
{
	static const struct {
		struct span text;
		const char *expected;
	} rows[] = {
		{SPAN_INIT(""),					      ""                           },
		{ SPAN_INIT("Example Corp, M\u00fcnchen \u20ac \U0001f600"),
                 "Example Corp, M\u00fcnchen \u20ac \U0001f600"                                           },
		{ SPAN_INIT("a\0b"),					 "a\\x00b"                    },
		{ SPAN_INIT("\x1b[31mred\n"),                                "\\x1b[31mred\\x0a"          },
		{ SPAN_INIT("\x7f"),					 "\\x7f"                      },
		{ SPAN_INIT("\xC2\x9B"
			    "31m"),
                 "\\u{9b}31m"									     },
		{ SPAN_INIT("gpj.\u202eexe"),                                "gpj.\\u{202e}exe"           },
		{ SPAN_INIT("\u2066x\u2069"),                                "\\u{2066}x\\u{2069}"        },
		{ SPAN_INIT("Micro\u200bsoft"),                              "Micro\\u{200b}soft"         },
		{ SPAN_INIT("\ufeffa\u00adb\u2028"),                         "\\u{feff}a\\u{ad}b\\u{2028}"},
		{ SPAN_INIT("\U000e0041"),                                   "\\u{e0041}"                 },
		{ SPAN_INIT("a\xff\xfez"),                                   "a\\xff\\xfez"               },
		{ SPAN_INIT("\xE2\x82"),                                     "\\xe2\\x82"                 },
		{ SPAN_INIT("\xED\xA0\x80"),                                 "\\xed\\xa0\\x80"            },
		{ SPAN_INIT("C:\\dir\\file"),                                "C:\\dir\\file"              },
		{ SPAN_INIT("fake \\x1b \\u{202e}"),                         "fake \\x5cx1b \\x5cu{202e}" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena a CLEANUP(arena_free) = ARENA_INIT(65536);
		struct buffer out CLEANUP(buffer_free) = BUFFER_INIT;
		const char *text = escape_string(&a, rows[i].text, 1000);

		escape_text(&out, rows[i].text);
		CHECK(span_equal(buffer_span(&out), SPAN_TEXT(rows[i].expected)) &&
			      strcmp(text, rows[i].expected) == 0 &&
			      escape_needed(rows[i].text) !=
				      span_equal(rows[i].text, buffer_span(&out)),
		      "escape: %s", rows[i].expected);
	}
}

static void test_shortened(void)
{
	static const struct {
		struct span text;
		size_t max;
		const char *expected;
	} rows[] = {
		{SPAN_INIT("abcdef"),    6, "abcdef"       },
		{ SPAN_INIT("abcdef"),   5, "abcde..."     },
		{ SPAN_INIT("abcdef"),   0, "..."          },
		{ SPAN_INIT("ab\u20ac"), 4, "ab..."        },
		{ SPAN_INIT("ab\u20ac"), 5, "ab\u20ac"     },
		{ SPAN_INIT("ab\n"),     6, "ab\\x0a"      },
		{ SPAN_INIT("ab\nc"),    6, "ab\\x0a..."   },
		{ SPAN_INIT("ab\nc"),    5, "ab..."        },
		{ SPAN_INIT("\n\nabc"),  8, "\\x0a\\x0a..."},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena a CLEANUP(arena_free) = ARENA_INIT(65536);

		CHECK(strcmp(escape_string(&a, rows[i].text, rows[i].max), rows[i].expected) ==
			      0,
		      "escape: at most %zu: %s", rows[i].max, rows[i].expected);
	}
}

/* Whatever comes in, what comes out is UTF-8 without anything hidden. */
static void test_escape_any(void)
{
	uint64_t state = 88172645463325252U;
	size_t wrong = 0;

	for (int round = 0; round < 20000; round++) {
		struct buffer out CLEANUP(buffer_free) = BUFFER_INIT;
		uint8_t bytes[24];
		size_t len;

		for (size_t i = 0; i < sizeof(bytes); i++) {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			bytes[i] = (uint8_t)state;
			if (state & 0x100)
				bytes[i] = (uint8_t) "\\xu\xE2\x80\xAE\n{"[state >> 9 & 7];
		}
		escape_text(&out, SPAN_OF(bytes));
		len = out.len;
		wrong += !utf8_valid(buffer_span(&out));
		for (uint64_t at = 0; at < len;) {
			struct utf8_char c = utf8_at(buffer_span(&out), at);

			wrong += escape_hides(c.code);
			at += c.len;
		}
	}
	CHECK(wrong == 0, "escape: nothing hidden in any output");
}

static void test_no_memory(void)
{
	bool done = false;
	int n = 0;

	for (; !done && n < 20; n++) {
		struct arena a CLEANUP(arena_free) = ARENA_INIT(65536);

		memory_fail_after(n);
		done = escape_string(&a, SPAN_LITERAL("a\nb"), 100) != NULL;
		memory_fail_after(-1);
	}
	CHECK(done && n == 3, "escape: each allocation may fail");
}

static void test_markup(void)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{"plain",                      "plain"                },
		{ "<a href='x' b=\"y\">&amp;",
                 "&lt;a href=&#39;x&#39; b=&quot;y&quot;&gt;&amp;amp;"},
		{ "\x1b]]>",                   "\\x1b]]&gt;"          },
		{ "M\u00fcnchen\u202e",        "M\u00fcnchen\\u{202e}"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;

		buffer_text(&out, "<p>");
		markup_text(&out, SPAN_TEXT(rows[i].text));
		CHECK(span_equal(span_after(buffer_span(&out), 3),
				 SPAN_TEXT(rows[i].expected)) &&
			      span_starts(buffer_span(&out), "<p>", 3),
		      "markup: %s", rows[i].expected);
	}
}

int main(void)
{
	test_utf8();
	test_utf8_all();
	test_charset();
	test_fold();
	test_fold_long();
	test_escape();
	test_shortened();
	test_markup();
	test_escape_any();
	test_no_memory();
	return CHECK_DONE();
}
