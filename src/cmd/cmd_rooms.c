/* SPDX-License-Identifier: MIT */
/* assay rooms: what this build has: formats that it can judge, countermeasures that it applies.
 */
#include "base/json.h"
#include "cmd/page.h"
#include "countermeasures/rooms.h"
#include "formats/format.h"

static void json_room(struct buffer *out, const char *kind, const char *name, const char *title,
		      const char *command)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.room/1");
	json_text(&j, "kind", kind);
	json_text(&j, "name", name);
	json_text(&j, "title", title);
	if (command)
		json_text(&j, "command", command);
	json_end(&j);
	buffer_char(out, '\n');
}

static void print_json(struct buffer *out)
{
	for (size_t i = 0; i < n_formats; i++)
		json_room(out, "format", formats[i]->name, formats[i]->title, NULL);
	for (size_t i = 0; i < n_rooms; i++)
		json_room(out, "countermeasure", rooms[i].id, rooms[i].class, rooms[i].command);
}

/* In columns; a blank stands even behind a name that fills its own. */
static void print_row(struct buffer *out, const char *kind, const char *name, const char *title)
{
	buffer_printf(out, "%-15s %-15s %s", kind, name, title);
}

static void print_text(struct buffer *out)
{
	for (size_t i = 0; i < n_formats; i++) {
		print_row(out, "format", formats[i]->name, formats[i]->title);
		buffer_char(out, '\n');
	}
	for (size_t i = 0; i < n_rooms; i++) {
		print_row(out, "countermeasure", rooms[i].id, rooms[i].class);
		buffer_printf(out, ": assay %s\n", rooms[i].command);
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
		print_text(&out);
	return page_print(&out);
}
