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
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FOLLOW_MS   100
#define FOLLOW_LAST 10 /* that were there before, as with tail -f */

struct listing {
	void (*print)(struct buffer *out, const struct event *e);
	const char *path;
	struct events *events; /* NULL: there are none yet */
	struct stat at;        /* which file that is */
	struct events_question question;
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
	l->question.after = e->id;
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

static void events_leave(struct listing *l)
{
	events_close(l->events);
	l->events = NULL;
}

/* Opens them if they are there, and not open yet.  False: it has complained. */
static bool events_take(struct listing *l)
{
	const char *problem = NULL;
	struct stat now;

	if (stat(l->path, &now) != 0 && errno == ENOENT) {
		events_leave(l);
		return true;
	}
	if (l->events && now.st_ino == l->at.st_ino && now.st_dev == l->at.st_dev)
		return true;
	if (guard_events_refused(l->path))
		return false;
	/* Others than before count from the beginning. */
	if (l->events)
		l->question.after = 0;
	events_leave(l);
	l->at = now;
	l->events = events_open(l->path, false, &problem);
	if (l->events || problem == events_none_yet)
		return true;
	complain("%s: %s%s%s", l->path, problem, errno ? ": " : "",
		 errno ? strerrordesc_np(errno) : "");
	return false;
}

/* What there is, and nothing twice. */
static bool events_print(struct listing *l)
{
	enum status status = STATUS_OK;

	if (!events_take(l))
		return false;
	if (l->events)
		status = events_each(l->events, &l->question, event_print, l);
	if (status == STATUS_MALFORMED)
		complain("%s: the events are damaged", l->path);
	l->question.last = 0;
	return status == STATUS_OK;
}

/* Goes on with what comes. */
static bool events_follow(struct listing *l)
{
	const struct timespec pause = { .tv_nsec = FOLLOW_MS * 1000000L };
	bool good = events_print(l);

	while (good && !signals_stop() && l->out.error == 0) {
		output_flush(&l->out);
		(void)nanosleep(&pause, NULL);
		good = events_print(l);
	}
	return good;
}

int cmd_events(struct invocation *call)
{
	const struct settings *s = &call->settings;
	struct listing l = { .print = printer_of(s->format),
			     .path = guard_events_path(s),
			     .question = { .last = s->last     ? s->last
						   : s->follow ? FOLLOW_LAST
							       : 0 } };
	int code = page_operands_only(call, 0, 0);
	bool good;

	if (code != EXIT_PASS)
		return code;
	if (!l.print) {
		complain("events: text, json, ocsf, ecs or csv; no other format has room for "
			 "them");
		return EXIT_USAGE;
	}
	signals_watch();
	if (output_open(&l.out, call->arena, NULL) != STATUS_OK)
		return EXIT_INCOMPLETE;
	if (s->format == EXPORT_CSV)
		event_csv_head(&l.out.text);
	good = s->follow ? events_follow(&l) : events_print(&l);
	events_leave(&l);
	return output_close(&l.out) && good ? EXIT_PASS : EXIT_INCOMPLETE;
}
