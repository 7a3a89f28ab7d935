/* SPDX-License-Identifier: MIT */
/* What people and scripts read: golden first lines, standing of names, inert output. */
#include "base/memory.h"
#include "evidence/parts.h"
#include "evidence/sample.h"
#include "tests/check.h"

static const struct style plain = { .width = 0 };

/* The first lines are an interface: the whole line, for each word. */
static const struct {
	enum assay_verdict verdict;
	const char *line;
} golden[] = {
	{ASSAY_VERDICT_VALID,
         "valid        a.exe  signed by \"Example Corp\", 2025-10-09, chain "
	  "ends in \"Example Root R4\""									  },
	{ ASSAY_VERDICT_UNTRUSTED,
         "untrusted    a.exe  claims \"Example Corp\", but the chain ends "
	  "in a root that is no anchor"									  },
	{ ASSAY_VERDICT_ADHOC,       "adhoc        a.exe  whole, but its signature names nobody"                 },
	{ ASSAY_VERDICT_PARTIAL,
         "partial      a.exe  carries the signature of \"Example Corp\", "
	  "but 1 of 3 pages differs from what was signed (0x1000)"                                               },
	{ ASSAY_VERDICT_TAMPERED,
         "tampered     a.exe  the program that \"Example Corp\" "
	  "signed (editor.exe 1.23), with 1 of 2 pages of code changed (0x1000)"                                 },
	{ ASSAY_VERDICT_GRAFTED,
         "grafted      a.exe  carries the signature of \"Example Corp\", "
	  "which signs another program (editor.exe 1.23); image digest differs"                                  },
	{ ASSAY_VERDICT_MISMATCHED,
         "mismatched   a.exe  carries the signature of \"Example Corp\", but the image digest "
	  "differs: the file was altered, or the signature belongs to another program"                           },
	{ ASSAY_VERDICT_COUNTERFEIT, "counterfeit  a.exe  poses as \"Example Corp\": the "
				     "certificate is forged (cert.curveball)"},
	{ ASSAY_VERDICT_BROKEN,      "broken       a.exe  carries a signature that claims \"Example "
				"Corp\", but is broken: the signature value does not verify "
				"under the signer's key"                          },
	{ ASSAY_VERDICT_STRIPPED,    "stripped     a.exe  no signature, but traces of one that "
				  "was removed, which claims \"Example Corp\""  },
	{ ASSAY_VERDICT_COSTUME,
         "costume      a.exe  no signature, but wears the version information and face of "
	  "editor.exe 1.23, which \"Donor Corp\" always signs"                                                   },
	{ ASSAY_VERDICT_UNSIGNED,    "unsigned     a.exe  no signature"                                          },
	{ ASSAY_VERDICT_UNSUPPORTED,
         "unsupported  a.exe  signature algorithm 1.2.643.7.1.1.1.1 is not built in"                             },
	{ ASSAY_VERDICT_ERROR,       "error        a.exe  the file changed while it was read"                    },
};

static bool begins(const struct buffer *b, const char *text)
{
	return b->len >= strlen(text) && memcmp(b->bytes, text, strlen(text)) == 0;
}

static bool holds(const struct buffer *b, const char *text)
{
	uint64_t at;

	return span_find(buffer_span(b), SPAN_TEXT(text), 0, &at);
}

static void test_golden(void)
{
	for (size_t i = 0; i < COUNT_OF(golden); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
		size_t len = strlen(golden[i].line);
		struct sample s;

		sample_make(&s, golden[i].verdict);
		text_report(&b, &s.report, "a.exe", &plain);
		CHECK(begins(&b, golden[i].line) && b.bytes[len] == '\n', "%s", golden[i].line);
		if (!begins(&b, golden[i].line))
			printf("# %s", b.bytes);
	}
}

struct row {
	const char *name;
	void (*change)(struct sample *s);
	const char *wanted;
};

static void unevaluated(struct sample *s)
{
	s->signatures[0].trust = ASSAY_TRUST_UNEVALUATED;
	s->signatures[0].trust_reason = "no anchors for ms-code";
}

static void unknown_key(struct sample *s)
{
	s->signatures[0].trust = ASSAY_TRUST_UNKNOWN_KEY;
	s->signatures[0].trust_reason = NULL;
}

static void nameless(struct sample *s)
{
	s->signatures[0].claimed_signer = NULL;
	s->signatures[0].trust_reason = NULL;
}

static void forged_root(struct sample *s)
{
	s->report.verdict = ASSAY_VERDICT_MISMATCHED;
}

static void no_format(struct sample *s)
{
	s->report.format = NULL;
	s->report.verdict = ASSAY_VERDICT_UNSUPPORTED;
	s->report.n_signatures = 0;
	s->report.decisive = -1;
}

static void unknown_donor(struct sample *s)
{
	s->report.verdict = ASSAY_VERDICT_GRAFTED;
}

static void unknown_vendor(struct sample *s)
{
	s->report.verdict = ASSAY_VERDICT_COSTUME;
	s->report.n_signatures = 0;
	s->report.decisive = -1;
}

static void dos_program(struct sample *s)
{
	no_format(s);
	s->report.format = "pe";
	s->report.variant = "DOS program";
}

static void broken_structure(struct sample *s)
{
	dos_program(s);
	s->report.verdict = ASSAY_VERDICT_BROKEN;
	s->findings[0] = (struct report_finding){ .id = "pe.hole-overlap",
						  .severity = ASSAY_SEVERITY_HIGH,
						  .reference = "standard",
						  .message = "A message.",
						  .signature = -1 };
	s->report.findings = s->findings;
	s->report.n_findings = 1;
}

static const struct row rows[] = {
	{"no anchors",               unevaluated,
         "claims \"Example Corp\", but cannot be checked: no anchors for ms-code"                              },
	{ "unknown key",             unknown_key,
         "claims \"Example Corp\", but cannot be checked: the key is not known"                                },
	{ "nameless",                nameless,         "sound, but its chain does not end in an anchor"        },
	{ "mismatch without anchor", forged_root,
         "carries a signature that claims \"Example Corp\", but the image digest differs"                      },
	{ "unknown donor",           unknown_donor,
         "carries a signature that claims \"Example Corp\", which signs another program; "
	  "image"											      },
	{ "unknown vendor",          unknown_vendor,
         "no signature, but the face of a program that its vendor always signs"                                },
	{ "no format",               no_format,        "no known program format"                               },
	{ "DOS",		     dos_program,      "a program of a kind that cannot be judged: DOS program"},
	{ "broken structure",        broken_structure,
         "its structure contradicts itself (pe.hole-overlap)"                                                  },
};

static void test_sentences(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
		struct sample s;

		sample_make(&s, ASSAY_VERDICT_UNTRUSTED);
		rows[i].change(&s);
		text_sentence(&b, &s.report);
		CHECK(begins(&b, rows[i].wanted), "%s: %s", rows[i].name, b.bytes);
	}
}

static const struct {
	const char *path, *wanted;
} paths[] = {
	{"a.exe",                 "a.exe"                   },
	{ "/a b/c.exe",           "/a b/c.exe"              },
	{ "b\xc3\xbc"
	  "cher.exe",    "b\xc3\xbc"
	  "cher.exe"          },
	{ "",		     "\"\""                    },
	{ " a",		   "\" a\""                  },
	{ "a ",		   "\"a \""                  },
	{ "\xc3\xbc ",            "\"\xc3\xbc \""           },
	{ "a.exe  signed by",     "\"a.exe  signed by\""    },
	{ "a\nvalid        b",    "\"a\\x0avalid        b\""},
	{ "a\x1b[2J",             "\"a\\x1b[2J\""           },
	{ "a\"b",                 "\"a\\\"b\""              },
	{ "a\\x0a",               "\"a\\\\x0a\""            },
	{ "a\xff",                "\"a\\xff\""              },
	{ "a\xe2\x80\xaegpj.exe", "\"a\\u{202e}gpj.exe\""   },
	{ "a\xc2\x9b"
	  "b",	   "\"a\\u{9b}b\""           },
};

static void test_paths(void)
{
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

		text_path(&b, paths[i].path);
		CHECK(b.len == strlen(paths[i].wanted) && begins(&b, paths[i].wanted),
		      "path %zu: %s", i, b.bytes);
	}
}

static const struct {
	const char *name, *wanted;
} names[] = {
	{"Example Corp",			    "\"Example Corp\""					     },
	{ "Ex\", 2025-10-09, chain ends in \"Root", "\"Ex\\\", 2025-10-09, chain ends in "
						    "\\\"Root\""},
	{ "CN=a\\\"b",			      "\"CN=a\\\"b\""						},
	{ "a\\",				    "\"a\\\\\""						    },
	{ "a\\\\",				  "\"a\\\\\""						    },
	{ "a\\x0ab",				"\"a\\x0ab\""						  },
	{ "a\nb",				   "\"a\\x0ab\""						  },
	{ "\x1b[31m",			       "\"\\x1b[31m\""						},
	{ "\xe2\x80\xae"
	  "evil",			  "\"\\u{202e}evil\""					    },
	{ "\xff\xfe",			       "\"\\xff\\xfe\""					       },
	{ "Stra\xc3\x9f"
	  "e",			     "\"Stra\xc3\x9f"
	  "e\""									     },
};

static void test_names(void)
{
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

		text_name(&b, names[i].name);
		CHECK(b.len == strlen(names[i].wanted) && begins(&b, names[i].wanted),
		      "name %zu: %s", i, b.bytes);
	}
}

/* Nothing but printable characters and line ends, whatever the names are. */
static bool is_inert(const struct buffer *b)
{
	for (size_t i = 0; i < b->len; i++) {
		uint8_t c = span_at(buffer_span(b), i);

		if ((c < 0x20 && c != '\n') || c >= 0x7f)
			return false;
	}
	return true;
}

static size_t count_lines(const struct buffer *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->len; i++)
		n += span_at(buffer_span(b), i) == '\n';
	return n;
}

static void test_hostile(void)
{
	static const char *const hostile[] = {
		"Example Corp\nvalid        b.exe  signed by",
		"\x1b]0;title\x07\x1b[2J",
		"\xe2\x80\xaegpj.exe\xe2\x80\xac\xe2\x81\xa6",
		"\xff\xc0\x80\xed\xa0\x80\xf5",
		"\xc2\x85\xc2\x9b\xe2\x80\xa8",
	};
	char long_name[65537];

	memset(long_name, 'A', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	for (size_t i = 0; i <= COUNT_OF(hostile); i++) {
		const char *name = i < COUNT_OF(hostile) ? hostile[i] : long_name;
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT, calm = BUFFER_INIT;
		struct style style = { .verbose = true };
		struct sample s;

		sample_make(&s, ASSAY_VERDICT_UNKNOWN);
		text_report(&calm, &s.report, "a.exe", &style);
		s.signatures[0].claimed_signer = s.signatures[1].claimed_signer = name;
		s.signatures[1].trust_reason = s.signatures[1].problem = name;
		s.chain[0].subject = s.chain[1].subject = name;
		s.timestamps[0].signer = s.timestamps[0].problem = name;
		s.findings[0].observed = s.findings[1].expected = name;
		s.errors[0] = name;
		text_report(&b, &s.report, name, &style);
		CHECK(is_inert(&b) && count_lines(&b) == count_lines(&calm) &&
			      b.len < sizeof(long_name) + 16384,
		      "hostile name %zu is inert", i);
	}
}

/* "signed by" stands before a name only when file and signature are valid. */
static void test_standing(void)
{
	size_t wrong = 0, n = 0;

	for (int file = 1; file <= ASSAY_VERDICT_ERROR; file++)
		for (int v = 1; v <= ASSAY_VERDICT_ERROR; v++)
			for (int binding = 0; binding <= ASSAY_BINDING_PARTIAL; binding++) {
				CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
				struct style style = { .verbose = true };
				struct sample s;
				bool good = file == ASSAY_VERDICT_VALID &&
					    v == ASSAY_VERDICT_VALID &&
					    binding == ASSAY_BINDING_INTACT;

				sample_make(&s, ASSAY_VERDICT_VALID);
				s.report.verdict = (enum assay_verdict)file;
				s.signatures[0].verdict = (enum assay_verdict)v;
				s.signatures[0].binding = (enum assay_binding)binding;
				text_report(&b, &s.report, "a.exe", &style);
				wrong += holds(&b, "signed by \"Example Corp\"") != good;
				wrong += holds(&b, "chain, to an anchor") != good;
				n++;
			}
	CHECK(wrong == 0, "of %zu reports only the valid one is \"signed by\"", n);
}

static void test_details(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct style style = { .colour = true };
	struct sample s;

	sample_make(&s, ASSAY_VERDICT_VALID);
	text_report(&b, &s.report, "a.exe", &plain);
	CHECK(count_lines(&b) == 1, "a valid file is one line");
	buffer_clear(&b);
	text_report(&b, &s.report, "a.exe", &style);
	CHECK(begins(&b, "\x1b[32mvalid\x1b[0m        a.exe"), "colour only when asked for");
	buffer_clear(&b);
	sample_make(&s, ASSAY_VERDICT_UNKNOWN);
	text_report(&b, &s.report, "a.exe", &plain);
	CHECK(holds(&b, "    [1/2] mismatched") && holds(&b, "    [2/2] untrusted"),
	      "each of several signatures has its line");
	CHECK(holds(&b, "    presence embedded, binding modified, signature good, trust "
			"anchored\n"),
	      "the axes stand in one line");
	CHECK(holds(&b, "    stuffed.payload medium [1] @0x2774+92  CVE-2013-3900"),
	      "a finding with its place and standard");
	CHECK(!holds(&b, "ts.raw-hash"), "mild findings only when asked for");
	CHECK(holds(&b, "and 3 more findings\n"), "what was dropped is counted");
	CHECK(holds(&b, "    error: an error\n"), "errors are told");
	buffer_clear(&b);
	s.report.rule = "verdict.untrusted-root";
	text_report(&b, &s.report, "a.exe", &plain);
	CHECK(holds(&b, "    try: assay explain verdict.untrusted-root\n"),
	      "what to do next: what decided, not a finding beside it");
	buffer_clear(&b);
	sample_make(&s, ASSAY_VERDICT_VALID);
	s.signatures[0].has_signed_at = false;
	text_report(&b, &s.report, "a.exe", &plain);
	CHECK(holds(&b, "\", its timestamp proves nothing, chain ends"),
	      "a timestamp that does not count is one all the same");
	buffer_clear(&b);
	s.signatures[0].n_timestamps = 0;
	text_report(&b, &s.report, "a.exe", &plain);
	CHECK(holds(&b, "\", without timestamp, chain ends"), "no timestamp");
}

static void test_summary(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct summary s = { .n_files = 4, .n_violations = 3, .complete = true };

	text_summary(&b, &s, 1);
	CHECK(begins(&b, "4 files, 3 violations; exit 1\n"), "%s", b.bytes);
	buffer_clear(&b);
	s = (struct summary){ .n_files = 1, .n_errors = 1, .n_skipped = 7, .n_unevaluated = 2 };
	s.by_verdict[ASSAY_VERDICT_UNTRUSTED] = 2;
	text_summary(&b, &s, 3);
	CHECK(begins(&b, "1 file, no violation, 2 untrusted, 2 of them cannot be checked, 1 "
			 "error, 7 skipped; incomplete; exit 3\n"),
	      "%s", b.bytes);
}

/* A buffer without memory or room never overflows, and says that it failed. */
static void test_no_room(void)
{
	CLEANUP(buffer_free) struct buffer whole = BUFFER_INIT;
	size_t wrong = 0;
	struct sample s;

	sample_make(&s, ASSAY_VERDICT_UNKNOWN);
	text_report(&whole, &s.report, "a.exe", &plain);
	for (size_t limit = 1; limit <= whole.len; limit += 7) {
		CLEANUP(buffer_free) struct buffer b = { .limit = limit };

		text_report(&b, &s.report, "a.exe", &plain);
		wrong += buffer_status(&b) == STATUS_OK || b.len > limit;
	}
	for (long n = 0; n < 2; n++) {
		CLEANUP(buffer_free) struct buffer b = { .limit = 1 << 20 };

		memory_fail_after(n);
		for (int i = 0; i < 10; i++)
			text_report(&b, &s.report, "a.exe", &plain);
		memory_fail_after(-1);
		wrong += buffer_status(&b) == STATUS_OK;
	}
	CHECK(wrong == 0, "no room is told, not overrun");
}

int main(void)
{
	test_golden();
	test_sentences();
	test_paths();
	test_names();
	test_hostile();
	test_standing();
	test_details();
	test_summary();
	test_no_room();
	return CHECK_DONE();
}
