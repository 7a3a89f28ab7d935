/* SPDX-License-Identifier: MIT */
/* assay rules: every verdict, finding and sign that there is. */
#include "cmd/page.h"
#include "evidence/evidence.h"

int cmd_rules(struct invocation *call)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	int code = page_operands(call, 0, 0);

	if (code != EXIT_PASS)
		return code;
	rules_list(&out, call->settings.format == EXPORT_JSON);
	return page_print(&out);
}
