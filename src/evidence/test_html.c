/* SPDX-License-Identifier: MIT */
/*
 * The page: every tag that opens closes, nothing from a file becomes one, and
 * however much a file has to say, its article has an end.
 */
#include "base/memory.h"
#include "evidence/exports.h"
#include "evidence/sample.h"
#include "evidence/svg.h"
#include "tests/check.h"

#define MAX_OPEN    32
#define MAX_ARTICLE ((size_t)512 << 10)

static const struct style plain = { .verbose = false }, verbose = { .verbose = true };

static bool holds(struct span text, const char *what)
{
	uint64_t at;

	return span_find(text, SPAN_TEXT(what), 0, &at);
}

static size_t count_of(struct span text, const char *what)
{
	uint64_t at = 0;
	size_t n = 0;

	for (; span_find(text, SPAN_TEXT(what), at, &at); at++)
		n++;
	return n;
}

/* The name that a tag begins with. */
static struct span tag_name(struct span tag)
{
	uint64_t end = 0;

	while (end < tag.len && !strchr(" />\n", span_at(tag, end)))
		end++;
	return span_clip(tag, 0, end);
}

/* Elements that have no end (HTML Living Standard, "Void elements"). */
static bool is_void(struct span name)
{
	return span_equal(name, SPAN_LITERAL("meta")) || span_equal(name, SPAN_LITERAL("br")) ||
	       span_equal(name, SPAN_LITERAL("!DOCTYPE"));
}

/* NULL: each tag that opens closes, in order. */
static const char *unbalanced(struct span text)
{
	struct span open[MAX_OPEN];
	uint64_t at = 0, end;
	size_t n = 0;

	for (; span_find(text, SPAN_LITERAL("<"), at, &at); at = end) {
		struct span tag, name;

		if (!span_find(text, SPAN_LITERAL(">"), at, &end))
			return "a tag has no end";
		tag = span_clip(text, at + 1, end - at - 1);
		name = tag_name(tag);
		if (span_at(tag, 0) == '/') {
			if (n == 0 || !span_equal(open[--n], span_after(tag, 1)))
				return "a tag closes what is not open";
			continue;
		}
		if (name.len == 0 || n == MAX_OPEN)
			return "a tag makes no sense";
		if (span_at(tag, tag.len - 1) != '/' && !is_void(name))
			open[n++] = name;
	}
	return n ? "a tag is left open" : NULL;
}

static void page_make(struct buffer *out, const struct style *style, const struct report *r,
		      const char *path)
{
	struct exporting e = { .format = &exports[EXPORT_HTML],
			       .style = style,
			       .now = 1795348800,
			       .engine = "0.1.0" };
	struct summary s = { .n_files = 1, .complete = true };

	s.by_verdict[r->verdict] = 1;
	e.format->begin(&e, out);
	e.format->report(&e, out, r, path);
	e.format->end(&e, out, &s, 1);
}

static const struct {
	const char *what, *name;
} names[] = {
	{"an honest name",       "Example Corp"                                      },
	{ "a script",            "Microsoft<script>alert(1)</script>"                },
	{ "the end of a title",  "</title></svg></style><img src=x onerror=alert(1)>"},
	{ "an attribute",        "\" onload=\"alert(1)\" x='"                        },
	{ "an entity",           "&lt;script&gt;&#60;&unknown"                       },
	{ "a comment",           "<!-- --><![CDATA[ ]]>"                             },
	{ "a terminal's orders", "\x1b]0;title\x07\x1b[2J"                           },
	{ "another direction",   "\xe2\x80\xaegpj.exe\xe2\x81\xa6"                   },
	{ "no UTF-8",            "\xff\xc0\x80\xed\xa0\x80\xf5\xfe"                  },
	{ "nothing",             ""						  },
};

static bool is_hostile(struct span page)
{
	static const char *const signs[] = { "<script",    "<img", "<!--",         "<![",
					     " onload=\"", "\x1b", "\xe2\x80\xae", "\xff" };

	for (size_t i = 0; i < COUNT_OF(signs); i++)
		if (holds(page, signs[i]))
			return true;
	return false;
}

static void test_samples(void)
{
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const char *why = NULL;
		size_t wrong = 0;

		for (int v = ASSAY_VERDICT_UNKNOWN; v <= ASSAY_VERDICT_ERROR; v++) {
			CLEANUP(buffer_free) struct buffer page = BUFFER_INIT;
			struct sample s;

			sample_make(&s, (enum assay_verdict)v);
			sample_name(&s, names[i].name);
			s.regions[1].name = names[i].name;
			s.sections[0].name = names[i].name;
			page_make(&page, v % 2 ? &verbose : &plain, &s.report, names[i].name);
			why = why ? why : unbalanced(buffer_span(&page));
			wrong += is_hostile(buffer_span(&page));
			wrong += buffer_status(&page) != STATUS_OK;
		}
		CHECK(!why && wrong == 0, "%s: %s", names[i].what, why ? why : "inert");
	}
}

/* The checker finds what it looks for. */
static void test_checker(void)
{
	static const char *const wrong[] = { "<p><b></p></b>", "<p>", "</p>", "<p",
					     "< p></p>" };
	size_t missed = 0;

	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		missed += unbalanced(SPAN_TEXT(wrong[i])) == NULL;
	CHECK(missed == 0 && !unbalanced(SPAN_TEXT("<p><br><rect/></p>")),
	      "tags that do not match are found");
	CHECK(is_hostile(SPAN_TEXT("<p><script>")), "and a script");
}

/* As much as a report can hold of everything. */
static void test_large(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1U << 20);
	struct report_signature *signatures =
		ARENA_NEW(&a, struct report_signature, REPORT_MAX_SIGNATURES);
	struct report_finding *findings =
		ARENA_NEW(&a, struct report_finding, REPORT_MAX_FINDINGS);
	struct report_evidence *evidence =
		ARENA_NEW(&a, struct report_evidence, REPORT_MAX_EVIDENCE);
	struct report_region *regions = ARENA_NEW(&a, struct report_region, REPORT_MAX_REGIONS);
	static char long_name[REPORT_MAX_TEXT], map[REPORT_MAX_MAP + 1];
	CLEANUP(buffer_free) struct buffer page = BUFFER_INIT;
	struct sample s;

	if (!signatures || !findings || !evidence || !regions) {
		CHECK(false, "memory");
		return;
	}
	memset(long_name, '<', sizeof(long_name) - 1);
	for (size_t i = 0; i < REPORT_MAX_MAP; i++)
		map[i] = ".=x?"[i % 4];
	sample_make(&s, ASSAY_VERDICT_TAMPERED);
	sample_name(&s, long_name);
	s.relation.page_map = map;
	s.findings[0] = (struct report_finding){ .id = long_name, .message = long_name };
	for (size_t i = 0; i < REPORT_MAX_SIGNATURES; i++)
		signatures[i] = s.signatures[0];
	for (size_t i = 0; i < REPORT_MAX_FINDINGS; i++)
		findings[i] = s.findings[0];
	for (size_t i = 0; i < REPORT_MAX_EVIDENCE; i++)
		evidence[i] = s.evidence[0];
	for (size_t i = 0; i < REPORT_MAX_REGIONS; i++)
		regions[i] = (struct report_region){
			long_name, "section", {i * 20, 20}
		};
	s.report.signatures = signatures;
	s.report.n_signatures = REPORT_MAX_SIGNATURES;
	s.report.findings = findings;
	s.report.n_findings = REPORT_MAX_FINDINGS;
	s.report.evidence = evidence;
	s.report.n_evidence = REPORT_MAX_EVIDENCE;
	s.report.regions = regions;
	s.report.n_regions = REPORT_MAX_REGIONS;
	page_make(&page, &plain, &s.report, long_name);
	CHECK(buffer_status(&page) == STATUS_OK && page.len < MAX_ARTICLE,
	      "the fullest report makes a page of %zu bytes", page.len);
	CHECK(!unbalanced(buffer_span(&page)), "that is whole");
	CHECK(holds(buffer_span(&page), "... and 56 more") &&
		      holds(buffer_span(&page), "... and 448 more"),
	      "and says what it leaves out");
}

/* Pictures that each word has: the map, the sections of the donor, pages. */
static const struct {
	enum assay_verdict word;
	size_t maps, donors, pages, tables, rows;
} pictures[] = {
	{ASSAY_VERDICT_VALID,        0, 0, 0, 0, 1},
	{ ASSAY_VERDICT_UNSIGNED,    0, 0, 0, 0, 1},
	{ ASSAY_VERDICT_UNTRUSTED,   1, 0, 0, 0, 0},
	{ ASSAY_VERDICT_PARTIAL,     1, 0, 0, 1, 0},
	{ ASSAY_VERDICT_TAMPERED,    1, 1, 1, 0, 0},
	{ ASSAY_VERDICT_GRAFTED,     1, 1, 1, 0, 0},
	{ ASSAY_VERDICT_MISMATCHED,  1, 0, 0, 0, 0},
	{ ASSAY_VERDICT_COSTUME,     1, 1, 1, 0, 0},
	{ ASSAY_VERDICT_STRIPPED,    1, 0, 0, 0, 0},
	{ ASSAY_VERDICT_UNSUPPORTED, 1, 0, 0, 0, 0},
};

static void test_pictures(void)
{
	for (size_t i = 0; i < COUNT_OF(pictures); i++) {
		CLEANUP(buffer_free) struct buffer page = BUFFER_INIT;
		struct sample s;
		struct span text;

		sample_make(&s, pictures[i].word);
		page_make(&page, &plain, &s.report, "a.exe");
		text = buffer_span(&page);
		CHECK(count_of(text, "<title>The bytes of") == pictures[i].maps &&
			      count_of(text, "<title>The sections of") == pictures[i].donors &&
			      count_of(text, "<title>The pages of") == pictures[i].pages &&
			      count_of(text, "<title>The pages that") == pictures[i].tables &&
			      count_of(text, "class=\"calm\"") == pictures[i].rows,
		      "%s: its pictures", assay_verdict_word(pictures[i].word));
	}
}

/* Numbers that no file can have, as a worker that somebody took over may send them. */
static void test_lies(void)
{
	static const struct range odd[] = {
		{0,               UINT64_MAX},
		{ UINT64_MAX,     UINT64_MAX},
		{ UINT64_MAX / 2, 1         },
		{ 1,              0         },
	};
	const char *why = NULL;

	for (size_t i = 0; i < COUNT_OF(odd); i++)
		for (size_t k = 0; k < 3; k++) {
			CLEANUP(buffer_free) struct buffer page = BUFFER_INIT;
			const uint64_t sizes[] = { 1, SAMPLE_SIZE, UINT64_MAX };
			struct sample s;

			sample_make(&s, ASSAY_VERDICT_PARTIAL);
			s.report.size = sizes[k];
			s.regions[1].where = s.covered[1] = s.bad_pages[0] = odd[i];
			s.signatures[0].relation = &s.relation;
			s.relation.donor.sections = s.sections;
			s.relation.donor.n_sections = 2;
			s.sections[0] = (struct report_donor_section){ .raw_size = UINT64_MAX };
			s.sections[1] = (struct report_donor_section){ .raw_size = UINT64_MAX };
			page_make(&page, &plain, &s.report, "a.exe");
			why = why ? why : unbalanced(buffer_span(&page));
		}
	CHECK(!why, "impossible ranges: %s", why ? why : "drawn as far as they go");
}

static void test_order(void)
{
	CLEANUP(buffer_free) struct buffer page = BUFFER_INIT;
	struct exporting e = { .format = &exports[EXPORT_HTML],
			       .style = &plain,
			       .engine = "0.1.0" };
	static const enum assay_verdict words[] = {
		ASSAY_VERDICT_VALID,   ASSAY_VERDICT_UNSIGNED, ASSAY_VERDICT_GRAFTED,
		ASSAY_VERDICT_GRAFTED, ASSAY_VERDICT_VALID,
	};
	struct summary s = { .n_files = COUNT_OF(words) };

	e.format->begin(&e, &page);
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		struct sample sample;

		sample_make(&sample, words[i]);
		s.by_verdict[words[i]]++;
		e.format->report(&e, &page, &sample.report, "a.exe");
	}
	e.format->end(&e, &page, &s, 3);
	CHECK(!unbalanced(buffer_span(&page)), "rows and articles in turn");
	CHECK(count_of(buffer_span(&page), "class=\"calm\"") == 2 &&
		      count_of(buffer_span(&page), "<article") == 2,
	      "neighbouring rows share a table");
	CHECK(count_of(buffer_span(&page), " id=\"grafted\"") == 1 &&
		      count_of(buffer_span(&page), "<a href=\"#grafted\">") == 1 &&
		      !holds(buffer_span(&page), "href=\"#valid\""),
	      "the summary leads to the first article of a word");
	CHECK(holds(buffer_span(&page), "This run is not complete."),
	      "a run that is not complete says so");
}

int main(void)
{
	test_checker();
	test_samples();
	test_large();
	test_pictures();
	test_lies();
	test_order();
	return CHECK_DONE();
}
