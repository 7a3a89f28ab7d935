/* SPDX-License-Identifier: MIT */
/* The rule table as people read it (`assay explain RULE`, `assay rules`), and as JSON; the
 * signs stand below it. */
#include "base/json.h"
#include "evidence/parts.h"
#include "mimicry/mimicry.h"
#include "verdict/rules.h"

#define ID_COLUMNS   36
#define KIND_COLUMNS 12

/* A finding has a severity, a verdict row the word that it gives. */
static const char *rule_word(const struct rule *rule)
{
	return rule->kind == RULE_FINDING ? assay_severity_word(rule->severity)
					  : assay_verdict_word(rule->verdict);
}

void explain_rule(struct buffer *out, const struct rule *rule)
{
	buffer_text(out, rule->id);
	buffer_text(out, rule->kind == RULE_FINDING ? ": a finding, severity "
						    : ": a reason of the word ");
	buffer_text(out, rule_word(rule));
	buffer_char(out, '\n');
	text_wrap(out, rule->sentence, 2, TEXT_COLUMNS);
	buffer_text(out, "  Standard: ");
	buffer_text(out, rule->reference);
	buffer_char(out, '\n');
	if (rule->advice)
		text_wrap(out, rule->advice, 2, TEXT_COLUMNS);
}

static void row_text(struct buffer *out, const char *id, const char *word, const char *sentence)
{
	size_t from = out->len;

	buffer_text(out, id);
	text_pad(out, from, ID_COLUMNS);
	buffer_text(out, word);
	text_pad(out, from, ID_COLUMNS + KIND_COLUMNS);
	buffer_text(out, sentence);
	buffer_char(out, '\n');
}

static void row_json(struct buffer *out, const struct rule *rule)
{
	struct json j = json_begin(out);
	bool finding = rule->kind == RULE_FINDING;

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.rule/1");
	json_text(&j, "id", rule->id);
	json_text(&j, "kind", finding ? "finding" : "verdict");
	json_text(&j, "severity",
		  rule->severity == ASSAY_SEVERITY_NONE ? NULL
							: assay_severity_word(rule->severity));
	json_text(&j, "verdict", finding ? NULL : assay_verdict_word(rule->verdict));
	json_text(&j, "reference", rule->reference);
	json_text(&j, "sentence", rule->sentence);
	json_text(&j, "advice", rule->advice);
	json_end(&j);
	buffer_char(out, '\n');
}

void rules_list(struct buffer *out, bool json)
{
	for (size_t i = 0; i < n_rules; i++) {
		if (json)
			row_json(out, &rules[i]);
		else
			row_text(out, rules[i].id, rule_word(&rules[i]), rules[i].sentence);
	}
	for (size_t i = 0; i < n_weights; i++) {
		if (json)
			sign_json(out, &weights[i]);
		else
			row_text(out, weights[i].id, "sign", weights[i].sentence);
	}
}
