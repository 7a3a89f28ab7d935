/* SPDX-License-Identifier: MIT */
/* Events for people, and as JSON and CSV of our own. */
#include "daemon/event_page.h"

#include "base/json.h"
#include "base/time.h"
#include "base/utf8.h"
#include "evidence/pieces.h"
#include <limits.h>
#include <unistd.h>

bool event_of_file(const struct event *e)
{
	return e->kind != EVENT_SERVICE && e->kind != EVENT_DROPPED &&
	       e->kind != EVENT_CHANGED && e->kind != EVENT_NONE;
}

unsigned event_severity(const struct event *e)
{
	static const char *const words[] = { "info", "low", "medium", "high", "critical" };

	for (unsigned i = 0; e->severity && i < COUNT_OF(words); i++)
		if (strcmp(e->severity, words[i]) == 0)
			return i + 1;
	return 0;
}

void event_time_write(struct buffer *out, const struct event *e)
{
	int64_t ms = (e->time_ms % 1000 + 1000) % 1000;
	struct time_text time;

	if (time_format((e->time_ms - ms) / 1000, &time))
		buffer_printf(out, "%.19s.%03dZ", time.text, (int)ms);
	else
		buffer_text(out, time.text);
}

struct host_text {
	char text[HOST_NAME_MAX + 1];
};

/* NULL: it has no name. */
static const char *host_name(struct host_text *out)
{
	*out = (struct host_text){ "" };
	if (gethostname(out->text, HOST_NAME_MAX) != 0 || SPAN_TEXT(out->text).len == 0)
		return NULL;
	return out->text;
}

void event_host_write(struct json *j, const char *key)
{
	struct host_text host;

	json_text(j, key, host_name(&host));
}

/* By the words of host/actors.h, and that of several. */
static const struct {
	const char *word, *sentence;
} actors[] = {
	{"several",    "the last of several"                                },
	{ "ended",     "which had ended before it could be asked who it was"},
	{ "elsewhere", "a process of another name space"                    },
	{ "busy",      "nobody could be asked in time who it was"           },
	{ "untold",    "found by looking: by whom is not known"             },
};

void event_actor_write(struct buffer *out, const char *mark, const char *word)
{
	for (size_t i = 0; word && i < COUNT_OF(actors); i++)
		if (strcmp(actors[i].word, word) == 0)
			buffer_printf(out, "%s%s", mark, actors[i].sentence);
}

/* Who did something, as far as it is known. */
static void actor_text(struct buffer *out, const struct event *e)
{
	if (e->pid > 0)
		buffer_printf(out, "  pid %lld", (long long)e->pid);
	if (e->pid > 0 && e->uid >= 0)
		buffer_printf(out, " uid %lld", (long long)e->uid);
	if (e->caller.len > 0) {
		buffer_text(out, " from ");
		json_quote(out, e->caller);
	}
	event_actor_write(out, e->pid > 0 ? ", " : "  ", e->actor);
}

/* What became of a file. */
static void change_text(struct buffer *out, const struct event *e)
{
	if (e->severity)
		buffer_printf(out, "  %s", e->severity);
	if (e->findings)
		buffer_printf(out, " %s", e->findings);
	if (e->from.len > 0) {
		buffer_text(out, ", was ");
		json_quote(out, e->from);
	}
	if (e->was)
		buffer_printf(out, ", was %s", e->was);
}

void event_line(struct buffer *out, const struct event *e)
{
	buffer_printf(out, "%-10s ", event_kind_word(e->kind));
	if (e->path.len > 0)
		json_quote(out, e->path);
	if (e->verdict)
		buffer_printf(out, "  %s", e->verdict);
	change_text(out, e);
	if (e->line)
		buffer_printf(out, "  by %s", e->line);
	if (e->rule && e->kind == EVENT_SERVICE)
		buffer_printf(out, " %s", e->rule);
	else if (e->rule && *e->rule) {
		buffer_char(out, ' ');
		json_quote(out, SPAN_TEXT(e->rule));
	}
	if (e->why && e->kind != EVENT_DROPPED)
		buffer_printf(out, "  %s", e->why);
	if (e->kind == EVENT_FAILED)
		buffer_text(out, e->allowed ? " and was let run" : " and was denied");
	if (e->kind == EVENT_DROPPED)
		buffer_printf(out, "%lld events%s%s could not be kept", (long long)e->count,
			      e->why ? " of " : "", e->why ? e->why : "");
	actor_text(out, e);
}

static void findings_json(struct json *j, const char *findings)
{
	struct span left = SPAN_TEXT(findings);

	json_array(j, "findings");
	while (left.len > 0) {
		uint64_t end = left.len;

		if (!span_find_byte(left, ' ', 0, &end))
			end = left.len;
		json_span(j, NULL, span_clip(left, 0, end));
		left = span_after(left, end + 1);
	}
	json_end(j);
}

void event_change_write(struct json *j, const struct event *e)
{
	if (e->severity)
		json_text(j, "severity", e->severity);
	if (e->findings)
		findings_json(j, e->findings);
	if (e->was)
		json_text(j, "was", e->was);
	if (e->from.len > 0)
		json_span(j, "from", e->from);
	if (!utf8_valid(e->from))
		json_base64(j, "from_b64", e->from);
	if (e->actor)
		json_text(j, "actor", e->actor);
}

void event_json(struct buffer *out, const struct event *e)
{
	CLEANUP(buffer_free) struct buffer time = BUFFER_INIT;
	struct json j = json_begin(out);

	event_time_write(&time, e);
	json_object(&j, NULL);
	json_text(&j, "schema", "assay.event/1");
	json_u64(&j, "id", (uint64_t)e->id);
	json_span(&j, "time", buffer_span(&time));
	event_host_write(&j, "host");
	json_text(&j, "kind", event_kind_word(e->kind));
	if (e->path.len > 0)
		json_span(&j, "path", e->path);
	/* What is no text stands there as it is, too. */
	if (!utf8_valid(e->path))
		json_base64(&j, "path_b64", e->path);
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
	if (event_of_file(e))
		json_bool(&j, "allowed", e->allowed);
	json_text(&j, "mode", e->mode);
	json_text(&j, "verdict", e->verdict);
	json_text(&j, "name", e->rule);
	json_text(&j, "line", e->line);
	json_text(&j, "why", e->why);
	json_u64(&j, "waited_us", (uint64_t)e->waited_us);
	event_change_write(&j, e);
	if (e->kind == EVENT_DROPPED)
		json_u64(&j, "count", (uint64_t)e->count);
	json_end(&j);
	buffer_char(out, '\n');
}

void event_csv_head(struct buffer *out)
{
	buffer_text(out, "time,kind,allowed,path,sha256,verdict,name,line,why,mode,pid,uid,"
			 "login_uid,caller,cgroup,unit,waited_us,count,severity,findings,was,"
			 "from,actor,host\r\n");
}

static void number_cell(struct csv_line *line, int64_t n, bool known)
{
	if (known)
		csv_number(line, (uint64_t)n);
	else
		csv_text(line, NULL);
}

void event_csv(struct buffer *out, const struct event *e)
{
	CLEANUP(buffer_free) struct buffer time = BUFFER_INIT;
	struct csv_line line = { .out = out };
	struct host_text host;

	event_time_write(&time, e);
	csv_cell(&line, buffer_span(&time));
	csv_text(&line, event_kind_word(e->kind));
	csv_text(&line, !event_of_file(e) ? NULL : e->allowed ? "yes" : "no");
	csv_cell(&line, e->path);
	csv_hex(&line, e->sha256);
	csv_text(&line, e->verdict);
	csv_text(&line, e->rule);
	csv_text(&line, e->line);
	csv_text(&line, e->why);
	csv_text(&line, e->mode);
	number_cell(&line, e->pid, e->pid > 0);
	number_cell(&line, e->uid, e->pid > 0 && e->uid >= 0);
	number_cell(&line, e->login, e->pid > 0 && e->login >= 0);
	csv_cell(&line, e->caller);
	csv_cell(&line, e->cgroup);
	csv_cell(&line, e->unit);
	number_cell(&line, e->waited_us, event_of_file(e));
	number_cell(&line, e->count, e->kind == EVENT_DROPPED);
	csv_text(&line, e->severity);
	csv_text(&line, e->findings);
	csv_text(&line, e->was);
	csv_cell(&line, e->from);
	csv_text(&line, e->actor);
	csv_text(&line, host_name(&host));
	csv_end(&line);
}
