/* SPDX-License-Identifier: MIT */
/* assay events: what the guard refused, or would have, or was asked to tell of. */
#include "base/json.h"
#include "base/time.h"
#include "cmd/complain.h"
#include "cmd/guard_policy.h"
#include "cmd/output.h"
#include "cmd/page.h"
#include "cmd/signals.h"
#include "store/events.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

struct listing {
	bool json;
	struct output out;
};

static void event_json(struct buffer *out, const struct event *e)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.event/1");
	json_u64(&j, "id", (uint64_t)e->id);
	json_time(&j, "time", e->time_ms / 1000);
	json_text(&j, "kind", event_kind_word(e->kind));
	if (e->path.len > 0)
		json_span(&j, "path", e->path);
	if (e->pid > 0) {
		json_u64(&j, "pid", (uint64_t)e->pid);
		if (e->uid >= 0)
			json_u64(&j, "uid", (uint64_t)e->uid);
		if (e->login >= 0)
			json_u64(&j, "login_uid", (uint64_t)e->login);
		json_span(&j, "caller", e->caller);
		json_span(&j, "unit", e->unit);
	}
	json_text(&j, "verdict", e->verdict);
	json_text(&j, "name", e->rule);
	json_text(&j, "line", e->line);
	json_text(&j, "why", e->why);
	json_u64(&j, "waited_us", (uint64_t)e->waited_us);
	if (e->kind == EVENT_DROPPED)
		json_u64(&j, "count", (uint64_t)e->count);
	json_end(&j);
	buffer_char(out, '\n');
}

static void event_text(struct buffer *out, const struct event *e)
{
	struct time_text time;

	(void)time_format(e->time_ms / 1000, &time);
	buffer_printf(out, "%s  %-10s ", time.text, event_kind_word(e->kind));
	if (e->path.len > 0)
		json_quote(out, e->path);
	if (e->verdict)
		buffer_printf(out, "  %s", e->verdict);
	if (e->line)
		buffer_printf(out, "  by %s", e->line);
	if (e->rule && *e->rule)
		buffer_printf(out, " \"%s\"", e->rule);
	if (e->why)
		buffer_printf(out, "  %s", e->why);
	if (e->kind == EVENT_DROPPED)
		buffer_printf(out, "%lld events came too fast to be kept", (long long)e->count);
	if (e->pid > 0)
		buffer_printf(out, "  pid %lld uid %lld", (long long)e->pid, (long long)e->uid);
	if (e->caller.len > 0) {
		buffer_text(out, " from ");
		json_quote(out, e->caller);
	}
	buffer_char(out, '\n');
}

static bool event_print(void *context, const struct event *e)
{
	struct listing *l = (struct listing *)context;

	if (l->json)
		event_json(&l->out.text, e);
	else
		event_text(&l->out.text, e);
	output_pace(&l->out);
	return l->out.error == 0 && !signals_stop();
}

int cmd_events(struct invocation *call)
{
	struct events_question q = { .last = call->settings.last };
	struct listing l = { .json = call->settings.format == EXPORT_JSON };
	const char *path = guard_events_path(&call->settings), *problem = NULL;
	struct events *events;
	enum status status;
	int code = page_operands(call, 0, 0);

	if (code != EXIT_PASS)
		return code;
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return EXIT_PASS; /* there have been none */
	events = events_open(path, false, &problem);
	if (!events) {
		complain("%s: %s", path, problem);
		return EXIT_INCOMPLETE;
	}
	signals_watch();
	status = output_open(&l.out, call->arena, NULL);
	if (status == STATUS_OK)
		status = events_each(events, &q, event_print, &l);
	events_close(events);
	if (status == STATUS_MALFORMED)
		complain("%s: the events are damaged", path);
	return output_close(&l.out) && status == STATUS_OK ? EXIT_PASS : EXIT_INCOMPLETE;
}
