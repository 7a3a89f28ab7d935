/* SPDX-License-Identifier: MIT */
/*
 * Events for the logs of a host: journald's native protocol, and syslog by RFC 5424.
 *
 * In the first, octets of any kind travel behind their length; in the second,
 * what is no plain text is escaped, and nothing can end its parameter.
 */
#include "base/escape.h"
#include "daemon/event_page.h"
#include <ctype.h>
#include <stdio.h>
#include <unistd.h>

#define FACILITY_AUTHPRIV 10
#define NUMBER_TEXT_SIZE  24
/* No enterprise number is ours: this one is for examples (RFC 5612). */
#define STRUCTURE_NAME "assay@32473"

/* By enum event_kind: how urgent it is, and what it is known by for ever (journald). */
static const struct {
	unsigned severity; /* RFC 5424, section 6.2.1 */
	const char *id;
} kinds[] = {
	[EVENT_NONE] = {5,  "c054023c499d45b69b9b053ef6c56f7a"},
	[EVENT_DENIED] = { 4, "76ff711ae734442094bf0b526d980aac"},
	[EVENT_WOULD_DENY] = { 5, "abc30e6be3a145939474571af8d6f8a3"},
	[EVENT_AUDITED] = { 6, "4428569516604a84ad09b2e3b07e849c"},
	[EVENT_FAILED] = { 4, "6adf98b5c1d245c48366b8009dfedae6"},
	[EVENT_SERVICE] = { 6, "e92817b242b1483d99bb27fd724f5445"},
	[EVENT_DROPPED] = { 4, "51e09f37ad7b451bb1f1cf985c6146eb"},
	[EVENT_CHANGED] = { 5, "3b4eea4ae6e14506a2f7a0459e52e71c"},
};

/* What both say of an event, by the same names; upper case in the journal. */
#define FIELDS_MAX 24

struct fields {
	struct {
		const char *name;
		struct span value; /* never empty */
	} each[FIELDS_MAX];
	size_t n;
	char numbers[FIELDS_MAX][NUMBER_TEXT_SIZE];
	struct buffer sha256;
};

static void octets_add(struct fields *f, const char *name, struct span value)
{
	if (value.len == 0 || f->n == FIELDS_MAX)
		return;
	f->each[f->n].name = name;
	f->each[f->n++].value = value;
}

static void text_add(struct fields *f, const char *name, const char *text)
{
	octets_add(f, name, text ? SPAN_TEXT(text) : SPAN_NONE);
}

static void number_add(struct fields *f, const char *name, int64_t n)
{
	char *text = f->numbers[f->n % FIELDS_MAX];

	(void)snprintf(text, NUMBER_TEXT_SIZE, "%lld", (long long)n);
	text_add(f, name, text);
}

static void fields_fill(struct fields *f, const struct event *e)
{
	text_add(f, "kind", event_kind_word(e->kind));
	text_add(f, "verdict", e->verdict);
	buffer_hex(&f->sha256, e->sha256);
	octets_add(f, "sha256", buffer_span(&f->sha256));
	text_add(f, "rule", e->rule);
	text_add(f, "line", e->line);
	text_add(f, "mode", e->mode);
	octets_add(f, "path", e->path);
	if (e->pid > 0)
		number_add(f, "pid", e->pid);
	if (e->pid > 0 && e->uid >= 0)
		number_add(f, "uid", e->uid);
	if (e->pid > 0 && e->login >= 0)
		number_add(f, "login_uid", e->login);
	octets_add(f, "caller", e->caller);
	octets_add(f, "cgroup", e->cgroup);
	octets_add(f, "unit", e->unit);
	text_add(f, "was", e->was);
	text_add(f, "findings", e->findings);
	text_add(f, "severity", e->severity);
	octets_add(f, "from", e->from);
	text_add(f, "actor", e->actor);
	if (e->kind == EVENT_DROPPED)
		number_add(f, "count", e->count);
}

static void fields_free(struct fields *f)
{
	buffer_free(&f->sha256);
}

static size_t row_of(enum event_kind kind)
{
	return (size_t)kind < COUNT_OF(kinds) ? (size_t)kind : EVENT_NONE;
}

/* By how grave it is, if that is known: RFC 5424, section 6.2.1. */
static unsigned urgency_of(const struct event *e)
{
	static const unsigned urgencies[] = { 6, 5, 4, 3, 2 };

	for (size_t i = 0; e->severity && i < COUNT_OF(urgencies); i++)
		if (event_severity(e) == i + 1)
			return urgencies[i];
	return kinds[row_of(e->kind)].severity;
}

/* A value may hold anything: it goes behind its length. */
static void journal_field(struct buffer *out, const char *name, struct span value)
{
	struct span letters = SPAN_TEXT(name);

	for (uint64_t i = 0; i < letters.len; i++)
		buffer_char(out, (char)toupper(span_at(letters, i)));
	buffer_char(out, '\n');
	buffer_u64le(out, value.len);
	buffer_add(out, value);
	buffer_char(out, '\n');
}

void event_journal(struct buffer *out, const struct event *e, const struct event_teller *by)
{
	CLEANUP(buffer_free) struct buffer message = BUFFER_INIT;
	CLEANUP(fields_free) struct fields f = { 0 };
	size_t row = row_of(e->kind);

	event_line(&message, e);
	fields_fill(&f, e);
	buffer_printf(out,
		      "PRIORITY=%u\nMESSAGE_ID=%s\nSYSLOG_IDENTIFIER=%s\n"
		      "SYSLOG_FACILITY=%d\n",
		      urgency_of(e), kinds[row].id, by->name, FACILITY_AUTHPRIV);
	journal_field(out, "message", buffer_span(&message));
	for (size_t i = 0; i < f.n; i++) {
		buffer_text(out, "ASSAY_");
		journal_field(out, f.each[i].name, f.each[i].value);
	}
}

/* RFC 5424, section 6.3.3: UTF-8, with three characters behind a backslash. */
static void syslog_value(struct buffer *out, struct span value)
{
	CLEANUP(buffer_free) struct buffer plain = BUFFER_INIT;
	struct span text;

	escape_text(&plain, value);
	text = buffer_span(&plain);
	for (uint64_t i = 0; i < text.len; i++) {
		char c = (char)span_at(text, i);

		if (c == '"' || c == '\\' || c == ']')
			buffer_char(out, '\\');
		buffer_char(out, c);
	}
}

void event_syslog(struct buffer *out, const struct event *e, const struct event_teller *by)
{
	CLEANUP(fields_free) struct fields f = { 0 };

	fields_fill(&f, e);
	buffer_printf(out, "<%u>1 ", FACILITY_AUTHPRIV * 8 + urgency_of(e));
	event_time_write(out, e);
	buffer_printf(out, " %s %s %d %s [" STRUCTURE_NAME, by->host, by->name, (int)getpid(),
		      event_kind_word(e->kind));
	for (size_t i = 0; i < f.n; i++) {
		buffer_printf(out, " %s=\"", f.each[i].name);
		syslog_value(out, f.each[i].value);
		buffer_char(out, '"');
	}
	/* What follows is UTF-8, says this mark. */
	buffer_text(out, "] \xef\xbb\xbf");
	event_line(out, e);
}
