/* SPDX-License-Identifier: MIT */
/* assay coverage: what of ATT&CK's and D3FEND's answers works on this host. */
#include "cmd/complain.h"
#include "cmd/page.h"
#include "cmd/subject.h"

static enum status print(struct buffer *out, struct subject *s, const struct settings *set)
{
	if (set->cad)
		coverage_cad(out, &s->graph);
	else if (set->format == EXPORT_NAVIGATOR)
		coverage_navigator(out, &s->graph);
	else if (set->format == EXPORT_JSON)
		coverage_json(out, &s->graph);
	else
		coverage_text(out, &s->graph, s->columns);
	return STATUS_OK;
}

static int exit_code_of(enum coverage_answer answer)
{
	switch (answer) {
	case COVERAGE_UNKNOWN: return EXIT_INCOMPLETE;
	case COVERAGE_WORKS: return EXIT_PASS;
	case COVERAGE_LACKS: return EXIT_VIOLATION;
	}
	return EXIT_INCOMPLETE;
}

int cmd_coverage(struct invocation *call)
{
	enum coverage_answer answer = COVERAGE_UNKNOWN;
	enum export_id format = call->settings.format;
	int code = page_operands_only(call, 0, 0);

	if (code != EXIT_PASS)
		return code;
	if (format != EXPORT_TEXT && format != EXPORT_JSON && format != EXPORT_NAVIGATOR) {
		complain("coverage: --format can be text, json, navigator or cad, not %s",
			 exports[format].name);
		return EXIT_USAGE;
	}
	code = subject_print(call, print, &answer);
	return code == EXIT_PASS ? exit_code_of(answer) : code;
}
