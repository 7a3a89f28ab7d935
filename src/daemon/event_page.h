/* SPDX-License-Identifier: MIT */
/*
 * Event page: an event of the guard, or of what became of files, as others read it.
 *
 * What processes and files are called is their own choice: here it comes out as
 * text that nothing obeys, whatever the form.
 */
#pragma once
#include "base/buffer.h"
#include "base/json.h"
#include "store/events.h"

/* Is it about a file that somebody wanted to run? */
bool event_of_file(const struct event *e);
/* 1: worth knowing ... 5: critical, as OCSF counts; 0: it has no severity. */
unsigned event_severity(const struct event *e);

/* When, to the millisecond: "2026-11-22T12:00:00.123Z"; "-": outside of the years 0 to 9999. */
void event_time_write(struct buffer *out, const struct event *e);
/* Member @key: the name of this host, whose events they are; null: it has none. */
void event_host_write(struct json *j, const char *key);

/* What became of a file, if that is what it is about. */
void event_change_write(struct json *j, const struct event *e);

/* What is not known of who did something, for people, behind @mark; of who is known nothing. */
void event_actor_write(struct buffer *out, const char *mark, const char *word);

/* For people: what, why, who; without time and newline. */
void event_line(struct buffer *out, const struct event *e);
/* A line of JSON, schema assay.event/1. */
void event_json(struct buffer *out, const struct event *e);
/* RFC 4180; the first: the names of the columns. */
void event_csv_head(struct buffer *out);
void event_csv(struct buffer *out, const struct event *e);
/*
 * OCSF 1.9.0, a JSON object a line: what was denied is a File Remediation Activity
 * (7002) that isolates, what was let run and is told of all the same a Detection
 * Finding (2004), as is what became of a file; what a service says of itself is a
 * Base Event (0).
 */
void event_ocsf(struct buffer *out, const struct event *e);
/* Elastic Common Schema, a JSON object a line. */
void event_ecs(struct buffer *out, const struct event *e);

/* Who tells a log of it. */
struct event_teller {
	const char *name; /* of the service */
	const char *host; /* its name, or "-" */
};
/* A datagram of journald's native protocol, which knows where it is. */
void event_journal(struct buffer *out, const struct event *e, const struct event_teller *by);
/* RFC 5424, with structured data. */
void event_syslog(struct buffer *out, const struct event *e, const struct event_teller *by);
