/* SPDX-License-Identifier: MIT */
#include "daemon/sinks.h"

#include "daemon/event_page.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void sink_open(struct sinks *s, const char *path,
		      void (*write)(struct buffer *out, const struct event *e,
				    const struct event_teller *by))
{
	struct sink *k = &s->each[s->n];
	struct span text = path ? SPAN_TEXT(path) : SPAN_NONE;

	if (text.len == 0)
		return;
	*k = (struct sink){
		.path = path, .write = write, .fd = -1, .address = { .sun_family = AF_UNIX }
	};
	s->n++;
	/* Not connected: whoever listens may be replaced by another. */
	if (span_copy(k->address.sun_path, sizeof(k->address.sun_path) - 1, text) == text.len)
		k->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (k->fd < 0)
		k->problem = "there is no socket to it";
}

/* RFC 5424, section 6.2.4: printable ASCII, or "-". */
static void host_read(struct sinks *s)
{
	char name[sizeof(s->host)] = "";
	struct span text;
	bool fine = gethostname(name, sizeof(name) - 1) == 0;

	text = SPAN_TEXT(name);
	for (size_t i = 0; i < text.len; i++)
		fine = fine && span_at(text, i) > ' ' && span_at(text, i) < 0x7f;
	(void)snprintf(s->host, sizeof(s->host), "%s", fine && text.len > 0 ? name : "-");
}

void sinks_open(struct sinks *s, const char *name, const char *journal, const char *syslog)
{
	*s = (struct sinks){ .name = name };
	host_read(s);
	sink_open(s, journal, event_journal);
	sink_open(s, syslog, event_syslog);
}

void sinks_close(struct sinks *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->each[i].fd >= 0)
			(void)close(s->each[i].fd);
	s->n = 0;
}

static bool sink_send(struct sink *k, const struct event *e, const struct event_teller *by)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	if (k->fd < 0)
		return false;
	k->write(&text, e, by);
	if (buffer_status(&text) == STATUS_OK &&
	    sendto(k->fd, text.bytes, text.len, MSG_DONTWAIT | MSG_NOSIGNAL,
		   (const struct sockaddr *)&k->address,
		   (socklen_t)sizeof(k->address)) == (ssize_t)text.len) {
		k->problem = NULL;
		return true;
	}
	k->problem = errno == EAGAIN ? "it does not read" : strerrordesc_np(errno);
	return false;
}

/* What it did not hear comes first, as soon as it hears again. */
static bool sink_catch_up(struct sink *k, const struct event *now,
			  const struct event_teller *by)
{
	struct event lost = { .kind = EVENT_DROPPED,
			      .time_ms = now->time_ms,
			      .login = -1,
			      .count = (int64_t)k->n_lost };

	if (k->n_lost > 0 && !sink_send(k, &lost, by))
		return false;
	k->n_lost = 0;
	return true;
}

void sinks_tell(struct sinks *s, const struct event *e, struct ledger *l)
{
	const struct event_teller by = { s->name, s->host };

	for (size_t i = 0; i < s->n; i++) {
		struct sink *k = &s->each[i];

		if (sink_catch_up(k, e, &by) && sink_send(k, e, &by))
			continue;
		k->n_lost++;
		ledger_count(l, LEDGER_UNLOGGED);
	}
}

void sinks_problem(const struct sinks *s, struct buffer *out)
{
	for (size_t i = 0; i < s->n && out->len == 0; i++)
		if (s->each[i].problem)
			buffer_printf(out, "%s: %s", s->each[i].path, s->each[i].problem);
}
