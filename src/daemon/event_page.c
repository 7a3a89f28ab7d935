/* SPDX-License-Identifier: MIT */
/* Events for people, and as JSON and CSV of our own. */
#include "daemon/event_page.h"

#include "base/json.h"
#include "base/time.h"

void event_line(struct buffer *out, const struct event *e)
{
	buffer_printf(out, "%-10s ", event_kind_word(e->kind));
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
		buffer_printf(out, "%lld events could not be kept", (long long)e->count);
	if (e->pid > 0)
		buffer_printf(out, "  pid %lld", (long long)e->pid);
	if (e->pid > 0 && e->uid >= 0)
		buffer_printf(out, " uid %lld", (long long)e->uid);
	if (e->caller.len > 0) {
		buffer_text(out, " from ");
		json_quote(out, e->caller);
	}
}

void event_json(struct buffer *out, const struct event *e)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.event/1");
	json_u64(&j, "id", (uint64_t)e->id);
	json_time(&j, "time", e->time_ms / 1000);
	json_text(&j, "kind", event_kind_word(e->kind));
	if (e->path.len > 0)
		json_span(&j, "path", e->path);
	if (e->sha256.len > 0)
		json_hex(&j, "sha256", e->sha256);
	if (e->pid > 0) {
		json_u64(&j, "pid", (uint64_t)e->pid);
		if (e->uid >= 0)
			json_u64(&j, "uid", (uint64_t)e->uid);
		if (e->login >= 0)
			json_u64(&j, "login_uid", (uint64_t)e->login);
		json_span(&j, "caller", e->caller);
		json_span(&j, "cgroup", e->cgroup);
		json_span(&j, "unit", e->unit);
	}
	json_text(&j, "mode", e->mode);
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
