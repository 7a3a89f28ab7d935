/* SPDX-License-Identifier: MIT */
/* assay reference [ID]: the ontology's page about a class. */
#include "cmd/page.h"
#include "cmd/subject.h"

static enum status print(struct buffer *out, struct subject *s, const struct settings *set)
{
	const struct reference r = { &s->graph, &s->around };

	if (set->forms == FORM_HTML)
		reference_html(out, &r);
	else if (set->forms == FORM_MARKDOWN)
		reference_markdown(out, &r);
	else if (set->forms == FORM_JSON)
		reference_json(out, &r);
	else
		reference_text(out, &r, s->columns);
	return STATUS_OK;
}

int cmd_reference(struct invocation *call)
{
	int code = page_operands_only(call, 0, 1);

	if (code == EXIT_PASS)
		code = subject_forms(call, FORM_HTML | FORM_MARKDOWN | FORM_JSON);
	return code == EXIT_PASS ? subject_print(call, print, NULL) : code;
}
