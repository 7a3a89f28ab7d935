/* SPDX-License-Identifier: MIT */
#include "daemon/record.h"

#include "base/cursor.h"

#define NO_TEXT UINT32_MAX

static void octets_put(struct buffer *out, struct span octets)
{
	octets = span_clip(octets, 0, EVENTS_MAX_TEXT);
	buffer_u32le(out, (uint32_t)octets.len);
	buffer_add(out, octets);
}

static void text_put(struct buffer *out, const char *text)
{
	if (text)
		octets_put(out, SPAN_TEXT(text));
	else
		buffer_u32le(out, NO_TEXT);
}

void record_encode(struct buffer *out, const struct event *e)
{
	const int64_t numbers[] = { e->time_ms, e->kind,      e->pid,   e->uid,
				    e->login,   e->waited_us, e->count, e->allowed };
	const struct span octets[] = { e->path, e->caller, e->cgroup,
				       e->unit, e->sha256, e->from };
	const char *const texts[] = { e->mode,     e->verdict,  e->rule, e->line, e->why,
				      e->findings, e->severity, e->was,  e->actor };

	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		buffer_u64le(out, (uint64_t)numbers[i]);
	for (size_t i = 0; i < COUNT_OF(octets); i++)
		octets_put(out, octets[i]);
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		text_put(out, texts[i]);
}

static const char *text_take(struct arena *a, struct cursor *c)
{
	uint32_t len = cursor_u32le(c);
	const char *text;

	if (len == NO_TEXT)
		return NULL;
	text = arena_string(a, cursor_take(c, len));
	if (!text)
		cursor_fail(c);
	return text;
}

enum status record_decode(struct arena *a, struct span packet, struct event *out)
{
	struct event e = { 0 };
	struct cursor c = cursor_at(packet, 0);
	int64_t kind = EVENT_NONE, allowed = 0;
	int64_t *const numbers[] = { &e.time_ms, &kind,        &e.pid,   &e.uid,
				     &e.login,   &e.waited_us, &e.count, &allowed };
	struct span *const octets[] = { &e.path, &e.caller, &e.cgroup,
					&e.unit, &e.sha256, &e.from };
	const char **const texts[] = { &e.mode,     &e.verdict,  &e.rule, &e.line, &e.why,
				       &e.findings, &e.severity, &e.was,  &e.actor };

	*out = (struct event){ 0 };
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		*numbers[i] = (int64_t)cursor_u64le(&c);
	for (size_t i = 0; i < COUNT_OF(octets); i++)
		*octets[i] = cursor_take(&c, cursor_u32le(&c));
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		*texts[i] = text_take(a, &c);
	if (!cursor_ok(&c) || cursor_left(&c) > 0 || kind <= EVENT_NONE || kind >= EVENT_KINDS)
		return STATUS_MALFORMED;
	e.kind = (enum event_kind)kind;
	e.allowed = allowed != 0;
	*out = e;
	return STATUS_OK;
}
