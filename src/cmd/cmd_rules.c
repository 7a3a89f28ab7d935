/* SPDX-License-Identifier: MIT */
/* assay rules: every verdict and finding that there is. */
#include "base/json.h"
#include "cmd/page.h"
#include "evidence/evidence.h"
#include "verdict/rules.h"

static void rule_json(struct buffer *out, const struct rule *rule)
{
	struct json j = json_begin(out);
	bool finding = rule->kind == RULE_FINDING;

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.rule/1");
	json_text(&j, "id", rule->id);
	json_text(&j, "kind", finding ? "finding" : "verdict");
	if (finding)
		json_text(&j, "severity", assay_severity_word(rule->severity));
	else
		json_text(&j, "verdict", assay_verdict_word(rule->verdict));
	json_text(&j, "reference", rule->reference);
	json_text(&j, "sentence", rule->sentence);
	json_text(&j, "advice", rule->advice);
	json_end(&j);
	buffer_char(out, '\n');
}

int cmd_rules(struct invocation *call)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	int code = page_operands(call, 0, 0);

	if (code != EXIT_PASS)
		return code;
	for (size_t i = 0; i < n_rules; i++) {
		if (call->settings.format == FORMAT_JSON)
			rule_json(&out, &rules[i]);
		else
			explain_rule(&out, &rules[i]);
	}
	return page_print(&out);
}
