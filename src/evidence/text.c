/* SPDX-License-Identifier: MIT */
/*
 * Text: the answer on a terminal.
 *
 *	VERDICT (12 columns) SPACE PATH TWO-SPACES SENTENCE LF
 *
 * and, for a file that is not valid, the details, indented by four spaces.
 * The words and their order are an interface: scripts grep for them.
 */
#include "evidence/features.h"
#include "evidence/parts.h"

#define WORD_COLUMNS  12
#define INDENT        "    "
#define SHOWN_FINDING 20 /* of one file, unless verbose */

#define COLOUR_OFF "\x1b[0m"

/* NULL: as the terminal writes. */
static const char *const colour_of[] = {
	[ASSAY_VERDICT_UNKNOWN] = NULL,
	[ASSAY_VERDICT_VALID] = "\x1b[32m",
	[ASSAY_VERDICT_UNTRUSTED] = "\x1b[33m",
	[ASSAY_VERDICT_ADHOC] = "\x1b[33m",
	[ASSAY_VERDICT_PARTIAL] = "\x1b[1;31m",
	[ASSAY_VERDICT_TAMPERED] = "\x1b[1;31m",
	[ASSAY_VERDICT_GRAFTED] = "\x1b[1;31m",
	[ASSAY_VERDICT_MISMATCHED] = "\x1b[1;31m",
	[ASSAY_VERDICT_COUNTERFEIT] = "\x1b[1;31m",
	[ASSAY_VERDICT_BROKEN] = "\x1b[1;31m",
	[ASSAY_VERDICT_STRIPPED] = "\x1b[1;33m",
	[ASSAY_VERDICT_COSTUME] = "\x1b[1;33m",
	[ASSAY_VERDICT_UNSIGNED] = NULL,
	[ASSAY_VERDICT_UNSUPPORTED] = "\x1b[36m",
	[ASSAY_VERDICT_ERROR] = "\x1b[35m",
};

static void add_word(struct buffer *out, enum assay_verdict v, const struct style *style)
{
	const char *word = assay_verdict_word(v);
	const char *colour = style->colour ? colour_of[v] : NULL;

	if (colour)
		buffer_text(out, colour);
	buffer_text(out, word);
	if (colour)
		buffer_text(out, COLOUR_OFF);
	for (size_t n = strlen(word); n < WORD_COLUMNS; n++)
		buffer_char(out, ' ');
}

/* Only where it was asked for. */
static void add_sha256(struct buffer *out, const struct report *r)
{
	if (!r->has_sha256)
		return;
	buffer_text(out, INDENT "sha256 ");
	buffer_hex(out, SPAN_OF(r->sha256));
	buffer_char(out, '\n');
}

static void add_axes(struct buffer *out, const struct report_signature *s)
{
	buffer_text(out, INDENT "presence ");
	buffer_text(out, assay_presence_word(s->presence));
	buffer_text(out, ", binding ");
	buffer_text(out, assay_binding_word(s->binding));
	buffer_text(out, ", signature ");
	buffer_text(out, assay_signature_word(s->signature));
	buffer_text(out, ", trust ");
	buffer_text(out, assay_trust_word(s->trust));
	buffer_char(out, '\n');
	if (s->part) {
		buffer_text(out, INDENT "part ");
		text_value(out, s->part);
		buffer_char(out, '\n');
	}
	if (s->limits) {
		buffer_text(out, INDENT "for ");
		text_value(out, s->limits);
		buffer_char(out, '\n');
	}
}

static void add_digests(struct buffer *out, const struct report_signature *s)
{
	if (s->binding != ASSAY_BINDING_MODIFIED || s->digest_computed.len == 0)
		return;
	buffer_text(out, INDENT "digest ");
	text_value(out, s->digest_algorithm);
	buffer_text(out, "  signed ");
	buffer_hex(out, s->digest_signed);
	buffer_text(out, "  computed ");
	buffer_hex(out, s->digest_computed);
	buffer_char(out, '\n');
}

static void add_chain(struct buffer *out, const struct report *r,
		      const struct report_signature *s)
{
	if (s->n_chain == 0)
		return;
	buffer_text(out, report_trusted(r, s) ? INDENT "chain, to an anchor: "
					      : INDENT "chain, as claimed: ");
	for (size_t i = 0; i < s->n_chain; i++) {
		if (i)
			buffer_text(out, " < ");
		text_name(out, s->chain[i].subject);
	}
	buffer_char(out, '\n');
}

static void add_timestamp(struct buffer *out, const struct report_timestamp *t)
{
	bool proven = report_time_proven(t);

	buffer_text(out, INDENT "timestamp ");
	text_value(out, t->kind);
	if (t->has_time) {
		buffer_char(out, ' ');
		text_time(out, t->time);
	}
	if (t->signer) {
		buffer_text(out, proven ? " by " : " claims ");
		text_name(out, t->signer);
	}
	buffer_text(out, proven ? ", verified" : ", proves nothing");
	if (t->problem) {
		buffer_text(out, ": ");
		text_value(out, t->problem);
	}
	buffer_char(out, '\n');
}

static void add_signature(struct buffer *out, const struct report *r, size_t i,
			  const struct style *style)
{
	const struct report_signature *s = &r->signatures[i];

	if (r->n_signatures > 1) {
		buffer_text(out, INDENT "[");
		buffer_u64(out, i + 1);
		buffer_char(out, '/');
		buffer_u64(out, r->n_signatures);
		buffer_text(out, "] ");
		add_word(out, s->verdict, style);
		buffer_char(out, ' ');
		sentence_write(out, r, (int)i, s->verdict);
		buffer_char(out, '\n');
	}
	add_axes(out, s);
	add_digests(out, s);
	if (s->relation)
		donor_write(out, s->relation, INDENT);
	add_chain(out, r, s);
	for (size_t t = 0; t < s->n_timestamps; t++)
		add_timestamp(out, &s->timestamps[t]);
}

static void add_finding(struct buffer *out, const struct report *r,
			const struct report_finding *f)
{
	buffer_text(out, INDENT);
	text_value(out, f->id);
	buffer_char(out, ' ');
	buffer_text(out, assay_severity_word(f->severity));
	if (r->n_signatures > 1 && f->signature >= 0) {
		buffer_text(out, " [");
		buffer_u64(out, (uint64_t)f->signature + 1);
		buffer_char(out, ']');
	}
	if (f->where.len) {
		buffer_text(out, " @");
		text_range(out, f->where);
	}
	buffer_text(out, "  ");
	text_value(out, f->reference);
	if (f->expected) {
		buffer_text(out, "  expected ");
		text_value(out, f->expected);
	}
	if (f->observed) {
		buffer_text(out, "  observed ");
		text_value(out, f->observed);
	}
	buffer_char(out, '\n');
}

/* Worst first; at most @room of them, none milder than @least. */
static void add_findings(struct buffer *out, const struct report *r, enum assay_severity least,
			 size_t room)
{
	struct finding_walk walk = { 0 };
	uint64_t left = r->n_findings_dropped;
	const struct report_finding *f;

	while ((f = report_next_finding(r, &walk)) != NULL && f->severity >= least) {
		if (room == 0) {
			left++;
			continue;
		}
		add_finding(out, r, f);
		room--;
	}
	if (left == 0)
		return;
	buffer_text(out, INDENT "and ");
	buffer_u64(out, left);
	buffer_text(out, " more findings\n");
}

static void add_errors(struct buffer *out, const struct report *r)
{
	size_t said = r->verdict == ASSAY_VERDICT_ERROR ? 1 : 0;

	for (size_t i = said; i < r->n_errors; i++) {
		buffer_text(out, INDENT "error: ");
		text_value(out, r->errors[i]);
		buffer_char(out, '\n');
	}
}

static bool is_calm(const struct report *r)
{
	return r->verdict == ASSAY_VERDICT_VALID || r->verdict == ASSAY_VERDICT_UNSIGNED;
}

/* The rule that explains most: of the word, unless a finding says how it came about. */
static const char *advised_rule(const struct report *r)
{
	const struct report_finding *any = report_worst(r, ASSAY_SEVERITY_MEDIUM, -2);
	const struct report_finding *f =
		report_worst(r, ASSAY_SEVERITY_HIGH, report_decisive(r));

	if (is_calm(r))
		return any ? any->id : NULL;
	if (!f)
		f = report_worst(r, ASSAY_SEVERITY_HIGH, -1);
	if (f)
		return f->id;
	return any || r->n_signatures > 0 ? r->rule : NULL;
}

static void add_advice(struct buffer *out, const struct report *r)
{
	const char *rule = advised_rule(r);

	if (!rule)
		return;
	buffer_text(out, INDENT "try: assay explain ");
	text_value(out, rule);
	buffer_char(out, '\n');
}

/* Nothing more to say than the first line does. */
static bool is_plain_answer(const struct report *r, const struct style *style)
{
	if (style->verbose || !is_calm(r) || r->yara)
		return false;
	return r->n_errors == 0 && !report_worst(r, ASSAY_SEVERITY_MEDIUM, -2);
}

void text_report(struct buffer *out, const struct report *r, const char *path,
		 const struct style *style)
{
	bool good = r->verdict == ASSAY_VERDICT_VALID;

	add_word(out, r->verdict, style);
	buffer_char(out, ' ');
	text_path(out, path);
	buffer_text(out, "  ");
	text_sentence(out, r);
	buffer_char(out, '\n');
	add_sha256(out, r);
	if (r->features)
		features_text(out, r->features, r->n_features, INDENT);
	if (is_plain_answer(r, style))
		return;
	if (!good || style->verbose)
		for (size_t i = 0; i < r->n_signatures; i++)
			add_signature(out, r, i, style);
	if (r->relation)
		donor_write(out, r->relation, INDENT);
	evidence_write(out, r, INDENT, style->verbose);
	if (style->verbose)
		add_findings(out, r, ASSAY_SEVERITY_NONE, SIZE_MAX);
	else
		add_findings(out, r, good ? ASSAY_SEVERITY_MEDIUM : ASSAY_SEVERITY_LOW,
			     SHOWN_FINDING);
	add_errors(out, r);
	matches_write(out, r, INDENT);
	if (!good || report_worst(r, ASSAY_SEVERITY_MEDIUM, -2))
		add_advice(out, r);
}
