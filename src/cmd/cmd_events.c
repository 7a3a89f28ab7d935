/* SPDX-License-Identifier: MIT */
/* assay events: what the guard refused, or would have, or was asked to tell of. */
#include "base/time.h"
#include "cmd/complain.h"
#include "cmd/guard_policy.h"
#include "cmd/output.h"
#include "cmd/page.h"
#include "cmd/signals.h"
#include "daemon/event_page.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

struct listing {
	void (*print)(struct buffer *out, const struct event *e);
	struct output out;
};

static void event_text(struct buffer *out, const struct event *e)
{
	struct time_text time;

	(void)time_format(e->time_ms / 1000, &time);
	buffer_printf(out, "%s  ", time.text);
	event_line(out, e);
	buffer_char(out, '\n');
}

static bool event_print(void *context, const struct event *e)
{
	struct listing *l = (struct listing *)context;

	l->print(&l->out.text, e);
	output_pace(&l->out);
	return l->out.error == 0 && !signals_stop();
}

/* NULL: not for events. */
static void (*printer_of(enum export_id format))(struct buffer *out, const struct event *e)
{
	static void (*const printers[EXPORT_COUNT])(struct buffer *, const struct event *) = {
		[EXPORT_TEXT] = event_text, [EXPORT_JSON] = event_json,
		[EXPORT_OCSF] = event_ocsf, [EXPORT_ECS] = event_ecs,
		[EXPORT_CSV] = event_csv,
	};

	return printers[format];
}

int cmd_events(struct invocation *call)
{
	struct events_question q = { .last = call->settings.last };
	struct listing l = { .print = printer_of(call->settings.format) };
	const char *path = guard_events_path(&call->settings), *problem = NULL;
	struct events *events;
	enum status status;
	int code = page_operands_only(call, 0, 0);

	if (code != EXIT_PASS)
		return code;
	if (!l.print) {
		complain("events: text, json, ocsf, ecs or csv; no other format has room for "
			 "them");
		return EXIT_USAGE;
	}
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return EXIT_PASS; /* there have been none */
	if (access(path, R_OK) != 0 && errno == EACCES) {
		complain("%s: only root may read what was run here, and by whom", path);
		return EXIT_INCOMPLETE;
	}
	events = events_open(path, false, &problem);
	if (!events) {
		complain("%s: %s", path, problem);
		return EXIT_INCOMPLETE;
	}
	signals_watch();
	status = output_open(&l.out, call->arena, NULL);
	if (status == STATUS_OK && call->settings.format == EXPORT_CSV)
		event_csv_head(&l.out.text);
	if (status == STATUS_OK)
		status = events_each(events, &q, event_print, &l);
	events_close(events);
	if (status == STATUS_MALFORMED)
		complain("%s: the events are damaged", path);
	return output_close(&l.out) && status == STATUS_OK ? EXIT_PASS : EXIT_INCOMPLETE;
}
