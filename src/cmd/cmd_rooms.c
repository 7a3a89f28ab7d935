/* SPDX-License-Identifier: MIT */
/* assay rooms: the formats that this build can judge. */
#include "base/json.h"
#include "cmd/page.h"
#include "formats/format.h"

static void print_json(struct buffer *out)
{
	for (size_t i = 0; i < n_formats; i++) {
		struct json j = json_begin(out);

		json_object(&j, NULL);
		json_text(&j, "schema", "assay.room/1");
		json_text(&j, "kind", "format");
		json_text(&j, "name", formats[i]->name);
		json_text(&j, "title", formats[i]->title);
		json_end(&j);
		buffer_char(out, '\n');
	}
}

int cmd_rooms(struct invocation *call)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	int code = page_operands(call, 0, 0);

	if (code != EXIT_PASS)
		return code;
	if (call->settings.format == EXPORT_JSON)
		print_json(&out);
	else
		for (size_t i = 0; i < n_formats; i++)
			buffer_printf(&out, "format  %-12s%s\n", formats[i]->name,
				      formats[i]->title);
	return page_print(&out);
}
