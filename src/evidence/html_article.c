/* SPDX-License-Identifier: MIT */
/* One file in the page, in full: the word and why, and folded below it everything else. */
#include "evidence/features.h"
#include "evidence/svg.h"

#include <stdlib.h>

/* For those who see shapes and colours; the word says the same. */
static const char *class_of(enum assay_verdict v)
{
	switch (v) {
	case ASSAY_VERDICT_VALID: return "good";
	case ASSAY_VERDICT_PARTIAL:
	case ASSAY_VERDICT_TAMPERED:
	case ASSAY_VERDICT_GRAFTED:
	case ASSAY_VERDICT_MISMATCHED:
	case ASSAY_VERDICT_COUNTERFEIT:
	case ASSAY_VERDICT_BROKEN: return "bad";
	case ASSAY_VERDICT_UNTRUSTED:
	case ASSAY_VERDICT_ADHOC:
	case ASSAY_VERDICT_STRIPPED:
	case ASSAY_VERDICT_COSTUME:
	case ASSAY_VERDICT_UNSUPPORTED:
	case ASSAY_VERDICT_ERROR: return "warn";
	case ASSAY_VERDICT_UNSIGNED:
	case ASSAY_VERDICT_UNKNOWN: return "plain";
	}
	return "plain";
}

static void add_file(struct buffer *out, const struct report *r)
{
	size_t from;

	buffer_text(out, "<p>");
	from = out->len;
	text_sentence(out, r);
	markup_escape(out, from);
	buffer_text(out, "</p>\n<dl>\n");
	html_item_begin(out, "size");
	buffer_u64(out, r->size);
	html_item_end(out);
	if (r->has_sha256) {
		html_item_begin(out, "SHA-256");
		buffer_text(out, "<code>");
		buffer_hex(out, SPAN_OF(r->sha256));
		buffer_text(out, "</code>");
		html_item_end(out);
	}
	html_item(out, "format", r->format ? r->format : "not known");
	if (r->variant)
		html_item(out, "kind", r->variant);
	if (r->rule)
		html_item(out, "decided by", r->rule);
	html_item(out, "masquerade (T1036.001)", assay_masquerade_word(r->masquerade));
	if (r->removed_signer) {
		html_item_begin(out, "removed signature");
		html_signer(out, r->removed_signer, false);
		html_item_end(out);
	}
	if (!r->complete)
		html_item(out, "complete", "no, something could not be examined");
	for (size_t i = 0; i < r->n_errors && i < HTML_MAX_ERRORS; i++)
		html_item(out, "error", r->errors[i]);
	buffer_text(out, "</dl>\n");
}

static void add_cell(struct buffer *out, const char *text)
{
	buffer_text(out, "<td>");
	if (text) {
		buffer_text(out, "<bdi>");
		html_value(out, text);
		buffer_text(out, "</bdi>");
	}
	buffer_text(out, "</td>");
}

static void add_place(struct buffer *out, struct range where, int signature)
{
	buffer_text(out, "<td>");
	if (where.len)
		text_range(out, where);
	if (signature >= 0) {
		buffer_text(out, where.len ? ", signature " : "signature ");
		buffer_u64(out, (uint64_t)signature + 1);
	}
	buffer_text(out, "</td>");
}

static void add_finding(struct buffer *out, const struct report_finding *f)
{
	buffer_text(out, "<tr>");
	add_cell(out, f->id);
	add_cell(out, assay_severity_word(f->severity));
	add_place(out, f->where, f->signature);
	add_cell(out, f->message);
	add_cell(out, f->expected);
	add_cell(out, f->observed);
	add_cell(out, f->reference);
	buffer_text(out, "</tr>\n");
}

/* Worst first. */
static void add_findings(struct buffer *out, const struct report *r)
{
	struct finding_walk walk = { 0 };
	const struct report_finding *f;
	uint64_t left = r->n_findings_dropped;
	size_t n = 0;

	if (r->n_findings == 0 && left == 0)
		return;
	html_fold_begin(out, "Findings", r->n_findings);
	buffer_text(out, "<table><tr><th>rule</th><th>severity</th><th>where</th>"
			 "<th>meaning</th><th>expected</th><th>observed</th>"
			 "<th>standard</th></tr>\n");
	while (n < HTML_MAX_FINDINGS && (f = report_next_finding(r, &walk)) != NULL) {
		add_finding(out, f);
		n++;
	}
	left += r->n_findings - n;
	buffer_text(out, "</table>\n");
	html_more(out, left);
	html_fold_end(out);
}

/* How often it is seen: in genuine files, and in made-up pairs of host and donor. */
static void add_rates(struct buffer *out, const struct report_evidence *e)
{
	buffer_text(out, "<td>");
	if (e->n_genuine)
		buffer_printf(out, "%u of %u genuine", e->genuine, e->n_genuine);
	if (e->n_genuine && e->n_forged)
		buffer_text(out, "<br>");
	if (e->n_forged)
		buffer_printf(out, "%u of %u made-up", e->forged, e->n_forged);
	buffer_text(out, "</td><td>");
	if (e->llr)
		text_milli(out, e->llr);
	buffer_text(out, "</td>");
}

static void add_evidence(struct buffer *out, const struct report *r)
{
	size_t n = r->n_evidence < HTML_MAX_EVIDENCE ? r->n_evidence : HTML_MAX_EVIDENCE;

	if (n == 0)
		return;
	html_fold_begin(out, "Evidence", r->n_evidence);
	buffer_text(out, "<table><tr><th>signal</th><th>meaning</th><th>when it lies</th>"
			 "<th>where</th><th>expected</th><th>observed</th><th>seen in</th>"
			 "<th>weight</th></tr>\n");
	for (size_t i = 0; i < n; i++) {
		const struct report_evidence *e = &r->evidence[i];

		buffer_text(out, "<tr>");
		add_cell(out, e->id);
		add_cell(out, e->sentence);
		add_cell(out, e->note);
		add_place(out, e->where, e->signature);
		add_cell(out, e->expected);
		add_cell(out, e->observed);
		add_rates(out, e);
		buffer_text(out, "</tr>\n");
	}
	buffer_text(out, "</table>\n");
	html_more(out, r->n_evidence - n);
	html_fold_end(out);
}

static void add_features(struct buffer *out, const struct report *r)
{
	size_t n = r->n_features < HTML_MAX_FEATURES ? r->n_features : HTML_MAX_FEATURES;

	if (n == 0)
		return;
	html_fold_begin(out, "Features, all of which the file's author chose", r->n_features);
	buffer_text(out, "<table><tr><th>feature</th><th>value</th></tr>\n");
	for (size_t i = 0; i < n; i++) {
		size_t from;

		buffer_text(out, "<tr>");
		add_cell(out, r->features[i].key);
		buffer_text(out, "<td><bdi>");
		from = out->len;
		feature_text(out, &r->features[i]);
		markup_escape(out, from);
		buffer_text(out, "</bdi></td></tr>\n");
	}
	buffer_text(out, "</table>\n");
	html_more(out, r->n_features - n + r->n_features_dropped);
	html_fold_end(out);
}

static void add_matches(struct buffer *out, const struct report *r)
{
	size_t n = r->n_matches < HTML_MAX_MATCHES ? r->n_matches : HTML_MAX_MATCHES;

	if (!r->yara)
		return;
	html_fold_begin(out, "YARA", r->n_matches);
	buffer_text(out, "<table><tr><th>namespace</th><th>rule</th><th>tags</th></tr>\n");
	for (size_t i = 0; i < n; i++) {
		buffer_text(out, "<tr>");
		add_cell(out, r->matches[i].name_space);
		add_cell(out, r->matches[i].rule);
		add_cell(out, r->matches[i].tags);
		buffer_text(out, "</tr>\n");
	}
	buffer_text(out, "</table>\n<p>");
	html_value(out, r->yara);
	buffer_text(out, "</p>\n");
	html_more(out, r->n_matches - n);
	html_fold_end(out);
}

static void add_signatures(struct buffer *out, const struct report *r)
{
	size_t n =
		r->n_signatures < HTML_MAX_SIGNATURES ? r->n_signatures : HTML_MAX_SIGNATURES;

	for (size_t i = 0; i < n; i++)
		html_signature(out, r, i);
	html_more(out, r->n_signatures - n);
}

void html_article(struct buffer *out, const struct report *r, const char *path, bool first)
{
	const struct report_relation *relation = report_relation_of(r);
	const char *word = assay_verdict_word(r->verdict);

	buffer_printf(out, "<article class=\"%s\"", class_of(r->verdict));
	if (first)
		buffer_printf(out, " id=\"%s\"", word);
	buffer_printf(out, ">\n<h2><span class=\"word\">%s</span> <bdi>", word);
	html_path(out, path);
	buffer_text(out, "</bdi></h2>\n");
	add_file(out, r);
	if (relation)
		html_donor(out, r, relation);
	svg_map(out, r, report_decisive(r));
	add_signatures(out, r);
	add_evidence(out, r);
	add_findings(out, r);
	add_features(out, r);
	add_matches(out, r);
	buffer_text(out, "</article>\n");
}
