/* SPDX-License-Identifier: MIT */
/*
 * Prints sample reports for tests/json-contract and tests/exports-contract:
 *
 *	print_samples calm|hostile|pairs|stopped [FORMAT [claimed]]
 *	print_samples rules|summary
 *
 * calm: one for each word; hostile: the same under hostile names; pairs: a good
 * signature before a bad one; stopped: a run that was interrupted.
 */
#include "evidence/exports.h"
#include "evidence/sample.h"
#include <stdio.h>

#define AT_2026_11_22 INT64_C(1795348800) /* 12:00:00 UTC */

/* What a file might call itself, or be called. */
static const char *const hostile[] = {
	"Microsoft Corporation\n<script>alert(1)</script>",
	"\x1b]0;title\x07\x1b[2J",
	"\xe2\x80\xaegpj.exe\xe2\x81\xa6",
	"\xff\xc0\x80\xed\xa0\x80\xf5\xfe",
	"=cmd|' /C calc'!A0",
	"\",\"verdict\":\"valid\",\"x\":\"",
	"\\\",\\u0000\\",
	"\xe2\x80\xa8\xc2\x85\xef\xbb\xbf",
};

/* A run in one format. */
struct printing {
	struct buffer out;
	struct exporting exporting;
	struct summary summary;
};

/* @path NULL: "samples/" and the word. */
static void print_one(struct printing *p, const struct report *r, const char *path)
{
	CLEANUP(buffer_free) struct buffer name = BUFFER_INIT;

	buffer_printf(&name, "samples/%s.exe", assay_verdict_word(r->verdict));
	if (!path)
		path = buffer_string(&name, 0);
	p->summary.n_files++;
	p->summary.by_verdict[r->verdict]++;
	p->summary.n_errors += r->verdict == ASSAY_VERDICT_ERROR;
	p->exporting.format->report(&p->exporting, &p->out, r, path);
}

static void print_words(struct printing *p, const char *name)
{
	for (int v = ASSAY_VERDICT_UNKNOWN; v <= ASSAY_VERDICT_ERROR; v++) {
		struct sample s;

		sample_make(&s, (enum assay_verdict)v);
		if (name)
			sample_name(&s, name);
		print_one(p, &s.report, name);
	}
}

static void print_hostile(struct printing *p)
{
	char long_name[65537];

	memset(long_name, 'A', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	for (size_t i = 0; i < COUNT_OF(hostile); i++)
		print_words(p, hostile[i]);
	print_words(p, long_name);
}

/* Whatever comes second is worse than what comes first. */
static void print_pairs(struct printing *p)
{
	static const enum assay_verdict seconds[] = {
		ASSAY_VERDICT_GRAFTED, ASSAY_VERDICT_TAMPERED,    ASSAY_VERDICT_BROKEN,
		ASSAY_VERDICT_PARTIAL, ASSAY_VERDICT_COUNTERFEIT,
	};

	for (size_t i = 0; i < COUNT_OF(seconds); i++) {
		struct sample s;

		sample_make_pair(&s, seconds[i]);
		print_one(p, &s.report, NULL);
	}
}

static const struct export *format_find(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(exports); i++)
		if (strcmp(exports[i].name, name) == 0)
			return &exports[i];
	return NULL;
}

static bool print_run(struct printing *p, const char *what)
{
	struct exporting *e = &p->exporting;

	if (!e->format)
		return false;
	if (e->format->begin)
		e->format->begin(e, &p->out);
	if (strcmp(what, "calm") == 0)
		print_words(p, NULL);
	else if (strcmp(what, "hostile") == 0)
		print_hostile(p);
	else if (strcmp(what, "pairs") == 0)
		print_pairs(p);
	else if (strcmp(what, "stopped") != 0)
		return false;
	e->interrupted = strcmp(what, "stopped") == 0;
	p->summary.complete = !e->interrupted;
	if (e->format->end)
		e->format->end(e, &p->out, &p->summary, e->interrupted ? 3 : 1);
	return true;
}

static void print_summary(struct buffer *out)
{
	struct summary s = {
		.n_files = 4, .n_violations = 3, .n_bytes = UINT64_MAX, .complete = true
	};

	json_summary(out, &s);
	buffer_char(out, '\n');
}

int main(int argc, char **argv)
{
	static const struct style style = { .verbose = true };
	struct printing p = {
		.exporting = {
			.format = format_find(argc > 2 ? argv[2] : "json"),
			.style = &style,
			.now = AT_2026_11_22,
			.engine = "0.1.0",
			.claimed_names = argc > 3 && strcmp(argv[3], "claimed") == 0,
			.with_summary = true,
		},
	};
	const char *what = argc > 1 ? argv[1] : "";
	bool known = true;

	if (strcmp(what, "rules") == 0)
		rules_list(&p.out, true);
	else if (strcmp(what, "summary") == 0)
		print_summary(&p.out);
	else
		known = print_run(&p, what);
	(void)fwrite(p.out.bytes, 1, p.out.len, stdout);
	known = known && buffer_status(&p.out) == STATUS_OK;
	buffer_free(&p.out);
	exporting_free(&p.exporting);
	return known ? 0 : 1;
}
