/* SPDX-License-Identifier: MIT */
/*
 * Explain: the whole story of one file, in the order in which a person asks:
 * what is it, what is the answer, who says so and what of that is true, which
 * bytes answer for it, what else was found, what to do.
 */
#include "evidence/features.h"
#include "evidence/parts.h"
#include "verdict/rules.h"

#define LABEL_COLUMNS   13
#define SHOWN_PAGES     8
#define SHOWN_ADVICE    5
#define MIN_COLUMNS     40
#define MAX_COLUMNS     100
#define DETAIL_INDENT   4
#define SENTENCE_INDENT 2

static size_t columns_of(const struct style *style)
{
	if (style->width == 0)
		return TEXT_COLUMNS;
	if (style->width < MIN_COLUMNS)
		return MIN_COLUMNS;
	return style->width > MAX_COLUMNS ? MAX_COLUMNS : style->width;
}

/* "  label        " and what follows it on the line. */
static void label_put(struct buffer *out, const char *label)
{
	size_t from;

	buffer_text(out, "  ");
	from = out->len;
	buffer_text(out, label);
	text_pad(out, from, LABEL_COLUMNS);
}

/* What was written aside, in lines; what it could not hold, @out could not either. */
static void wrap_put(struct buffer *out, const struct buffer *aside, size_t indent,
		     size_t width)
{
	if (buffer_status(aside) != STATUS_OK)
		out->failed = true;
	else if (aside->len)
		text_wrap(out, aside->bytes, indent, width);
}

/* A reason, in lines of its own; NULL: nothing. */
static void reason_put(struct buffer *out, const char *text, size_t width)
{
	CLEANUP(buffer_free) struct buffer shown = BUFFER_INIT;

	if (!text)
		return;
	text_value(&shown, text);
	wrap_put(out, &shown, DETAIL_INDENT, width);
}

static void tell_file(struct buffer *out, const struct report *r, const char *path)
{
	text_path(out, path);
	buffer_text(out, "\n  ");
	if (r->variant)
		text_value(out, r->variant);
	else
		buffer_text(out, r->format ? r->format : "no known program format");
	buffer_text(out, ", ");
	buffer_u64(out, r->size);
	buffer_text(out, " bytes\n");
	if (r->has_sha256) {
		buffer_text(out, "  SHA-256 ");
		buffer_hex(out, SPAN_OF(r->sha256));
		buffer_char(out, '\n');
	}
}

static void tell_answer(struct buffer *out, const struct report *r, size_t width)
{
	CLEANUP(buffer_free) struct buffer sentence = BUFFER_INIT;
	const struct rule *rule = r->rule ? rule_find(r->rule) : NULL;

	text_sentence(&sentence, r);
	buffer_text(out, "\nAnswer: ");
	buffer_text(out, assay_verdict_word(r->verdict));
	buffer_char(out, '\n');
	wrap_put(out, &sentence, SENTENCE_INDENT, width);
	if (rule) {
		text_wrap(out, rule->sentence, SENTENCE_INDENT, width);
		buffer_text(out, "  Rule ");
		buffer_text(out, rule->id);
		buffer_text(out, " (");
		buffer_text(out, rule->reference);
		buffer_text(out, ")\n");
	}
	buffer_text(out, "  Masquerade (ATT&CK T1036.001): ");
	buffer_text(out, assay_masquerade_word(r->masquerade));
	buffer_text(out, r->complete ? "\n" : "\n  The examination is not complete.\n");
	for (size_t i = 0; i < r->n_errors; i++) {
		buffer_text(out, "  Error: ");
		text_value(out, r->errors[i]);
		buffer_char(out, '\n');
	}
}

/* Why the claimed name is not the signer's. */
static const char *doubt_of(const struct report *r, const struct report_signature *s)
{
	if (s->signature == ASSAY_SIGNATURE_BAD)
		return "the signature is not good";
	if (s->signature != ASSAY_SIGNATURE_GOOD)
		return "the signature was not checked";
	if (s->binding == ASSAY_BINDING_MODIFIED)
		return "it was made over other bytes";
	if (s->binding != ASSAY_BINDING_INTACT)
		return "it does not cover the file as it is";
	if (s->trust != ASSAY_TRUST_ANCHORED)
		return "nobody that we believe vouches for it";
	if (r->verdict != ASSAY_VERDICT_VALID)
		return "the file as a whole does not pass";
	return "another check failed";
}

static void tell_signer(struct buffer *out, const struct report *r,
			const struct report_signature *s)
{
	label_put(out, "signer");
	if (report_signer(r, s)) {
		text_name(out, report_signer(r, s));
		buffer_text(out, ", verified\n");
		return;
	}
	if (s->claimed_signer) {
		buffer_text(out, "claims ");
		text_name(out, s->claimed_signer);
	} else {
		buffer_text(out, "cannot be read");
	}
	buffer_text(out, "\n    not verified: ");
	buffer_text(out, doubt_of(r, s));
	buffer_char(out, '\n');
}

static void tell_claims(struct buffer *out, const struct report_signature *s)
{
	if (s->program_name) {
		label_put(out, "programme");
		buffer_text(out, "claims ");
		text_name(out, s->program_name);
		buffer_char(out, '\n');
	}
	if (s->more_info) {
		label_put(out, "more at");
		buffer_text(out, "claims ");
		text_name(out, s->more_info);
		buffer_char(out, '\n');
	}
	if (s->statement) {
		label_put(out, "statement");
		buffer_text(out, "claims ");
		text_name(out, s->statement);
		buffer_char(out, '\n');
	}
	label_put(out, "signed at");
	if (s->has_signed_at) {
		text_time(out, s->signed_at);
		buffer_text(out, ", proven by a timestamp");
	} else {
		buffer_text(out, "not proven by any timestamp");
	}
	if (s->has_claimed_time) {
		buffer_text(out, "\n    claims ");
		text_time(out, s->claimed_time);
	}
	buffer_char(out, '\n');
}

static void tell_digest(struct buffer *out, const struct report_signature *s)
{
	if (s->digest_signed.len == 0)
		return;
	label_put(out, "image digest");
	text_value(out, s->digest_algorithm);
	if (s->digest_computed.len == 0)
		buffer_text(out, ", not computed");
	else if (span_equal(s->digest_signed, s->digest_computed))
		buffer_text(out, ", as signed");
	else
		buffer_text(out, ", DIFFERENT from the signed one");
	buffer_text(out, "\n    signed   ");
	buffer_hex(out, s->digest_signed);
	if (s->digest_computed.len) {
		buffer_text(out, "\n    computed ");
		buffer_hex(out, s->digest_computed);
	}
	buffer_char(out, '\n');
}

static void tell_pages(struct buffer *out, const struct report_signature *s)
{
	if (s->n_pages == 0)
		return;
	label_put(out, "page hashes");
	buffer_u64(out, s->n_pages);
	buffer_text(out, " pages, ");
	buffer_u64(out, s->n_bad_pages);
	buffer_text(out, " different\n");
	for (size_t i = 0; i < s->n_bad_pages_kept && i < SHOWN_PAGES; i++) {
		buffer_text(out, "    ");
		text_range(out, s->bad_pages[i]);
		buffer_char(out, '\n');
	}
}

static void tell_mathematics(struct buffer *out, const struct report_signature *s, size_t width)
{
	label_put(out, "mathematics");
	buffer_text(out, assay_signature_word(s->signature));
	if (s->cms_digest && s->key_type) {
		buffer_text(out, " (");
		text_value(out, s->key_type);
		buffer_text(out, " key, ");
		text_value(out, s->cms_digest);
		buffer_text(out, s->pss_mgf1 ? ", PSS)" : ")");
	}
	buffer_char(out, '\n');
	reason_put(out, s->problem, width);
}

static void tell_trust(struct buffer *out, const struct report *r,
		       const struct report_signature *s, size_t width)
{
	label_put(out, "trust");
	buffer_text(out, assay_trust_word(s->trust));
	buffer_char(out, '\n');
	reason_put(out, s->trust_reason, width);
	if (s->n_chain == 0)
		return;
	label_put(out, "chain");
	buffer_text(out, report_trusted(r, s) ? "to an anchor\n" : "as claimed\n");
	for (size_t i = 0; i < s->n_chain; i++) {
		const struct report_certificate *c = &s->chain[i];
		CLEANUP(buffer_free) struct buffer subject = BUFFER_INIT;

		text_name(&subject, c->subject);
		buffer_text(&subject, c->anchor ? ", an anchor" : "");
		wrap_put(out, &subject, DETAIL_INDENT, width);
		buffer_text(out, "      ");
		text_day(out, c->not_before);
		buffer_text(out, " to ");
		text_day(out, c->not_after);
		if (c->where.len) {
			buffer_text(out, ", at ");
			text_range(out, c->where);
		}
		buffer_text(out, ", SHA-256\n      ");
		buffer_hex(out, SPAN_OF(c->sha256));
		buffer_char(out, '\n');
	}
}

static void tell_timestamps(struct buffer *out, const struct report_signature *s, size_t width)
{
	for (size_t i = 0; i < s->n_timestamps; i++) {
		const struct report_timestamp *t = &s->timestamps[i];
		bool proven = report_time_proven(t);

		label_put(out, "timestamp");
		text_value(out, t->kind);
		if (t->has_time) {
			buffer_text(out, proven ? " " : ", claims ");
			text_time(out, t->time);
		}
		buffer_text(out, proven ? ", verified" : "; proves nothing");
		if (t->signer) {
			buffer_text(out, proven ? "\n    by " : "\n    claims ");
			text_name(out, t->signer);
		}
		buffer_char(out, '\n');
		reason_put(out, t->problem, width);
	}
}

static void tell_signature(struct buffer *out, const struct report *r, size_t i, size_t width)
{
	const struct report_signature *s = &r->signatures[i];

	buffer_text(out, "\nSignature ");
	buffer_u64(out, i + 1);
	buffer_text(out, " of ");
	buffer_u64(out, r->n_signatures);
	buffer_text(out, ": ");
	buffer_text(out, assay_verdict_word(s->verdict));
	buffer_char(out, '\n');
	if (s->part) {
		label_put(out, "part");
		text_value(out, s->part);
		buffer_char(out, '\n');
	}
	if (s->limits) {
		label_put(out, "for");
		text_value(out, s->limits);
		buffer_char(out, '\n');
	}
	label_put(out, "where");
	text_value(out, s->scheme);
	buffer_text(out, ", ");
	buffer_text(out, assay_presence_word(s->presence));
	buffer_text(out, " at ");
	text_range(out, s->where);
	buffer_text(out, ", entry ");
	buffer_u64(out, (uint64_t)s->entry + 1);
	if (s->depth) {
		buffer_text(out, ", nested ");
		buffer_u64(out, s->depth);
		buffer_text(out, " deep");
	}
	buffer_char(out, '\n');
	tell_signer(out, r, s);
	tell_claims(out, s);
	tell_digest(out, s);
	tell_pages(out, s);
	tell_mathematics(out, s, width);
	tell_trust(out, r, s, width);
	tell_timestamps(out, s, width);
}

static void tell_map(struct buffer *out, const struct report *r, const struct style *style)
{
	int decisive = report_decisive(r);

	if (r->size == 0 || !r->format)
		return;
	buffer_text(out, "\nThe bytes");
	if (decisive >= 0) {
		buffer_text(out, ", and what signature ");
		buffer_u64(out, (uint64_t)decisive + 1);
		buffer_text(out, " says about them");
	}
	buffer_char(out, '\n');
	map_write(out, r, decisive, style);
}

static void tell_finding(struct buffer *out, const struct report_finding *f, size_t width)
{
	buffer_text(out, "  ");
	text_value(out, f->id);
	buffer_text(out, ", ");
	buffer_text(out, assay_severity_word(f->severity));
	if (f->signature >= 0) {
		buffer_text(out, ", signature ");
		buffer_u64(out, (uint64_t)f->signature + 1);
	}
	if (f->where.len) {
		buffer_text(out, ", at ");
		text_range(out, f->where);
	}
	buffer_char(out, '\n');
	text_wrap(out, f->message, DETAIL_INDENT, width);
	buffer_text(out, "    standard: ");
	text_value(out, f->reference);
	if (f->expected) {
		buffer_text(out, "\n    expected: ");
		text_value(out, f->expected);
	}
	if (f->observed) {
		buffer_text(out, "\n    observed: ");
		text_value(out, f->observed);
	}
	buffer_char(out, '\n');
}

static void tell_findings(struct buffer *out, const struct report *r, size_t width)
{
	struct finding_walk walk = { 0 };
	const struct report_finding *f;

	if (r->n_findings == 0 && r->n_findings_dropped == 0)
		return;
	buffer_text(out, "\nFindings\n");
	while ((f = report_next_finding(r, &walk)) != NULL)
		tell_finding(out, f, width);
	if (r->n_findings_dropped == 0)
		return;
	buffer_text(out, "  and ");
	buffer_u64(out, r->n_findings_dropped);
	buffer_text(out, " more, which were not kept\n");
}

static bool was_advised(const char *const *said, size_t n, const char *advice)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(said[i], advice) == 0)
			return true;
	return false;
}

/* Each advice once: that of the deciding row, then those of the worst findings. */
static void tell_advice(struct buffer *out, const struct report *r, size_t width)
{
	const struct rule *rule = r->rule ? rule_find(r->rule) : NULL;
	const char *said[SHOWN_ADVICE];
	size_t n = 0;

	buffer_text(out, "\nWhat to do\n");
	if (rule && rule->advice)
		said[n++] = rule->advice;
	for (size_t i = 0; i < r->n_findings && n < SHOWN_ADVICE; i++) {
		rule = rule_find(r->findings[i].id);
		if (!rule || !rule->advice || rule->severity < ASSAY_SEVERITY_MEDIUM ||
		    was_advised(said, n, rule->advice))
			continue;
		said[n++] = rule->advice;
	}
	for (size_t i = 0; i < n; i++)
		text_wrap(out, said[i], SENTENCE_INDENT, width);
	if (n == 0)
		buffer_text(out, "  Nothing.\n");
	if (r->n_signatures)
		text_wrap(out,
			  "To check this without assay, run what `assay explain --reproduce` "
			  "prints for this file.",
			  SENTENCE_INDENT, width);
}

void explain_report(struct buffer *out, const struct report *r, const char *path,
		    const struct style *style)
{
	size_t width = columns_of(style);

	tell_file(out, r, path);
	tell_answer(out, r, width);
	for (size_t i = 0; i < r->n_signatures; i++)
		tell_signature(out, r, i, width);
	relation_explain(out, r, width);
	tell_map(out, r, style);
	tell_findings(out, r, width);
	if (r->features) {
		buffer_text(out, "\nWhat can be seen in the bytes\n");
		features_text(out, r->features, r->n_features, "  ");
	}
	matches_write(out, r, "  ");
	tell_advice(out, r, width);
}
