/* SPDX-License-Identifier: MIT */
/*
 * One self-contained HTML document for a run: an article for each file that needs
 * a look, a row for each that does not, and how many there were of each word.
 *
 * It is written while the files are judged and is never held in memory; the
 * summary, known only at the end, stands there and is shown first.
 * No script, nothing fetched: the policy in its head forbids both.
 */
#include "evidence/formats.h"
#include "evidence/svg.h"

void html_begin(struct exporting *e, struct buffer *out)
{
	buffer_text(out,
		    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		    "<meta http-equiv=\"Content-Security-Policy\" "
		    "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
		    "<meta name=\"referrer\" content=\"no-referrer\">\n"
		    "<meta name=\"viewport\" content=\"width=device-width\">\n"
		    "<title>assay: whose signatures these are</title>\n<style>\n");
	buffer_text(out, html_style);
	buffer_text(out,
		    "</style>\n</head>\n<body>\n<header><h1>Whose signatures these are</h1>\n"
		    "<p>Judged by assay ");
	html_value(out, e->engine);
	buffer_text(out, " as of ");
	text_time(out, e->now);
	buffer_text(out,
		    ". What stands behind <span class=\"claim\">claims</span>, carries or "
		    "poses as is what a file says of itself; only <span class=\"verified\">"
		    "signed by</span> is what was verified.</p></header>\n<main>\n");
	svg_patterns(out);
}

/* The row says everything. */
static bool is_calm(const struct report *r, const struct style *style)
{
	if (style->verbose ||
	    (r->verdict != ASSAY_VERDICT_VALID && r->verdict != ASSAY_VERDICT_UNSIGNED))
		return false;
	return r->n_errors == 0 && r->complete && !report_worst(r, ASSAY_SEVERITY_MEDIUM, -2);
}

static void list_end(struct exporting *e, struct buffer *out)
{
	if (e->listing)
		buffer_text(out, "</table></div>\n");
	e->listing = false;
}

static void add_row(struct exporting *e, struct buffer *out, const struct report *r,
		    const char *path)
{
	if (!e->listing)
		buffer_text(out,
			    "<div class=\"calm\"><table><caption>Nothing more to say about "
			    "these</caption>\n<tr><th>word</th><th>file</th>"
			    "<th>why</th></tr>\n");
	e->listing = true;
	buffer_printf(out, "<tr><td>%s</td><td><bdi>", assay_verdict_word(r->verdict));
	html_path(out, path);
	buffer_text(out, "</bdi></td><td>");
	html_sentence(out, r, report_decisive(r), r->verdict);
	buffer_text(out, "</td></tr>\n");
}

void html_report(struct exporting *e, struct buffer *out, const struct report *r,
		 const char *path)
{
	unsigned word = 1U << r->verdict;

	if (is_calm(r, e->style)) {
		add_row(e, out, r, path);
		return;
	}
	list_end(e, out);
	html_article(out, r, path, !(e->words & word));
	e->words |= word;
}

static void add_count(struct exporting *e, struct buffer *out, enum assay_verdict v, uint64_t n)
{
	const char *word = assay_verdict_word(v);

	if (n == 0)
		return;
	if (e->words & (1U << v))
		buffer_printf(out, "<tr><td><a href=\"#%s\">%s</a></td><td>", word, word);
	else
		buffer_printf(out, "<tr><td>%s</td><td>", word);
	buffer_u64(out, n);
	buffer_text(out, "</td></tr>\n");
}

void html_end(struct exporting *e, struct buffer *out, const struct summary *s, int exit_code)
{
	size_t from;

	list_end(e, out);
	buffer_text(out, "</main>\n<footer><p>");
	from = out->len;
	text_summary(out, s, exit_code);
	markup_escape(out, from);
	buffer_text(out, s->complete
				 ? "</p>\n"
				 : "</p>\n<p><strong>This run is not complete.</strong></p>\n");
	buffer_text(out, "<table><caption>Files by their word</caption>\n"
			 "<tr><th>word</th><th>files</th></tr>\n");
	for (int v = ASSAY_VERDICT_UNKNOWN; v <= ASSAY_VERDICT_ERROR; v++)
		add_count(e, out, (enum assay_verdict)v, s->by_verdict[v]);
	buffer_text(out, "</table></footer>\n</body>\n</html>\n");
}
