/* SPDX-License-Identifier: MIT */
/* assay version. */
#include "assay.h"
#include "base/json.h"
#include "cmd/page.h"

int cmd_version(struct invocation *call)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	int code = page_operands(call, 0, 0);

	if (code != EXIT_PASS)
		return code;
	if (call->settings.format == EXPORT_JSON) {
		struct json j = json_begin(&out);

		json_object(&j, NULL);
		json_text(&j, "schema", "assay.version/1");
		json_text(&j, "version", ASSAY_VERSION);
		json_end(&j);
		buffer_char(&out, '\n');
	} else {
		buffer_text(&out, "assay " ASSAY_VERSION "\n");
	}
	return page_print(&out);
}
