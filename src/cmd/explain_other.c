/* SPDX-License-Identifier: MIT */
#include "cmd/explain_other.h"

#include "countermeasures/file_integrity_monitoring/compare.h"
#include "countermeasures/local_file_permissions/drift.h"
#include "evidence/names.h"
#include "evidence/parts.h"
#include "policy/guard_rules.h"
#include "store/signed_list.h"
#include <string.h>

/* @of and @word: "a finding of assay permit check, severity", "high". */
static void row_print(struct buffer *out, const char *id, const char *of, const char *word)
{
	buffer_printf(out, "%s: %s%s%s\n", id, of, word ? ", severity " : "", word ? word : "");
}

static void sentence_print(struct buffer *out, const char *before, const char *text)
{
	CLEANUP(buffer_free) struct buffer line = BUFFER_INIT;

	buffer_printf(&line, "%s%s", before, text);
	if (buffer_status(&line) == STATUS_OK)
		text_wrap(out, buffer_string(&line, 0), 2, TEXT_COLUMNS);
	else
		out->failed = true;
}

static bool explain_list(struct buffer *out, const char *id)
{
	const char *advice = NULL, *why = signed_list_why(id, &advice);

	if (!why)
		return false;
	row_print(out, id, "a reason to refuse a signed list or policy", NULL);
	sentence_print(out, "It ", why);
	if (advice)
		sentence_print(out, "What helps: ", advice);
	return true;
}

static bool explain_guard(struct buffer *out, const char *id)
{
	const char *advice = NULL, *why = guard_why_explain(id, &advice);

	if (!why)
		return false;
	row_print(out, id, "a reason of the guard", NULL);
	sentence_print(out, "", why);
	sentence_print(out, "What helps: ", advice);
	return true;
}

static bool explain_rights(struct buffer *out, const char *id)
{
	for (size_t i = 0; i < n_permit_drift_rows; i++) {
		const struct permit_drift_row *row = &permit_drift_rows[i];

		if (strcmp(row->id, id) != 0)
			continue;
		row_print(out, id, "a finding of assay permit check",
			  assay_severity_word(row->severity));
		sentence_print(out, "", row->sentence);
		return true;
	}
	return false;
}

static bool explain_change(struct buffer *out, const char *id)
{
	for (size_t i = FIM_RULE_NONE + 1; i < FIM_RULES; i++) {
		if (strcmp(fim_rules[i].id, id) != 0)
			continue;
		row_print(out, id, "a finding of assay fim",
			  fim_severity_word(fim_rules[i].severity));
		sentence_print(out, "Of a file: ", fim_rules[i].sentence);
		return true;
	}
	return false;
}

bool explain_other(struct buffer *out, const char *id)
{
	return explain_list(out, id) || explain_guard(out, id) || explain_rights(out, id) ||
	       explain_change(out, id);
}
