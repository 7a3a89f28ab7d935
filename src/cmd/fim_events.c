/* SPDX-License-Identifier: MIT */
#include "cmd/fim_events.h"

#include "base/memory.h"
#include "cmd/complain.h"
#include "cmd/fim_upgrades.h"
#include "cmd/guard_policy.h"
#include "cmd/page.h"
#include "daemon/caller.h"
#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#define NAME    "assay-fim"
#define BURST   1000 /* at once; what is installed has many files */
#define STEP_MS 200
#define LAST_MS 3000 /* that the end waits for a disk */

enum status fim_events_prepare(struct fim_events *e, const struct settings *s)
{
	*e = (struct fim_events){ .path = guard_events_path(s), .other = -1 };
	e->ledger = ledger_new();
	e->recording = (struct recording *)memory_new(1, sizeof(*e->recording));
	if (!e->ledger || !e->recording)
		return STATUS_NO_MEMORY;
	e->recording->events = e->path;
	e->recording->of = "fim watch";
	e->recording->burst = BURST;
	e->recording->recorder.orders = -1; /* none yet */
	e->recording->ledger = e->ledger;
	sinks_open(&e->recording->sinks, NAME, s->guard_journal, s->guard_syslog);
	return STATUS_OK;
}

static void recorder_begin(void *context)
{
	const struct fim_events *e = (const struct fim_events *)context;

	if (e->other >= 0)
		(void)close(e->other);
}

void fim_events_begin(struct fim_events *e, int other)
{
	e->other = other;
	e->recording->begin = recorder_begin;
	e->recording->context = e;
	recording_begin(e->recording);
}

/* ---- events ---- */

/* Whose changes this one may crowd out; what the watch says of itself is root's. */
static struct doer actor_of(const struct event *event)
{
	if (event->kind == EVENT_SERVICE)
		return (struct doer){ 0, -1 };
	if (event->pid <= 0 || event->uid < 0)
		return (struct doer){ -1, -1 };
	return (struct doer){ event->uid, event->login };
}

static void add(struct fim_events *e, struct event *event, enum fim_severity severity)
{
	struct doer by = actor_of(event);

	event->time_ms = ledger_wall();
	event->severity = fim_severity_word(severity);
	if (recording_admits(e->recording, &by, severity >= FIM_SEVERITY_HIGH))
		(void)recording_add(e->recording, event);
}

/* "changed-into-forgery owner-changed", the worst of them in *@worst. */
static void findings_name(struct buffer *out, const struct fim_change *c, enum fim_rule *worst)
{
	*worst = FIM_RULE_NONE;
	for (unsigned i = FIM_RULE_NONE + 1; i < FIM_RULES; i++) {
		if (!fim_has(c, (enum fim_rule)i))
			continue;
		if (out->len > 0)
			buffer_char(out, ' ');
		buffer_text(out, fim_rules[i].id);
		if (fim_rules[i].severity > fim_rules[*worst].severity)
			*worst = (enum fim_rule)i;
	}
}

static const char *verdict_of(const struct baseline_record *r)
{
	return r->path.len > 0 && r->verdict != ASSAY_VERDICT_UNKNOWN
		       ? assay_verdict_word(r->verdict)
		       : NULL;
}

static void change_add(struct fim_events *e, const struct fim_change *c,
		       const struct fim_who *who)
{
	CLEANUP(buffer_free) struct buffer findings = BUFFER_INIT;
	struct event event = { .kind = EVENT_CHANGED,
			       .path = fim_path_of(c),
			       .actor = who->word,
			       .pid = who->pid,
			       .uid = who->facts.uid,
			       .login = who->facts.login,
			       .caller = who->facts.exe,
			       .cgroup = who->facts.cgroup,
			       .unit = caller_unit(who->facts.cgroup) };
	enum fim_rule worst;

	findings_name(&findings, c, &worst);
	buffer_char(&findings, '\0');
	event.findings = buffer_string(&findings, 0);
	event.why = fim_rules[worst].sentence;
	event.verdict = verdict_of(&c->after);
	event.was = verdict_of(&c->before);
	if (c->after.path.len > 0 && (c->after.flags & BASELINE_HAS_SHA256))
		event.sha256 = SPAN_OF(c->after.sha256);
	if (fim_has(c, FIM_MOVED))
		event.from = c->before.path;
	add(e, &event, fim_severity_of(c));
}

void fim_events_changes(struct fim_events *e, const struct fim_look *look,
			struct fim_who (*who_is)(const void *context,
						 const struct fim_change *c),
			const void *context)
{
	for (int s = FIM_SEVERITY_CRITICAL; s > FIM_SEVERITY_NONE; s--)
		for (size_t i = 0; i < look->n_changes; i++) {
			const struct fim_change *c = &look->changes[i];
			struct fim_who who;

			if (c->upgrade != 0 || fim_severity_of(c) != (enum fim_severity)s)
				continue;
			who = who_is(context, c);
			change_add(e, c, &who);
		}
}

void fim_events_upgrade(struct fim_events *e, const struct fim_upgrade *u)
{
	CLEANUP(buffer_free) struct buffer why = BUFFER_INIT;
	struct event event = { .kind = EVENT_SERVICE,
			       .login = -1,
			       .findings = fim_upgrade_word(u->kind) };

	fim_upgrade_sentence(&why, u);
	buffer_char(&why, '\0');
	event.why = buffer_string(&why, 0);
	add(e, &event, FIM_SEVERITY_INFO);
}

void fim_events_notice(struct fim_events *e, const struct fim_notice *n)
{
	struct event event = { .kind = EVENT_SERVICE,
			       .login = -1,
			       .path = n->path,
			       .findings = n->id,
			       .why = n->message };

	add(e, &event, n->severity);
}

/* ---- until they are kept ---- */

static bool is_idle(const struct fim_events *e)
{
	return e->recording->n == 0 && atomic_load(&e->ledger->dropped) == 0;
}

void fim_events_step(struct fim_events *e)
{
	const char *problem;

	recording_step(e->recording);
	problem = recording_problem(e->recording);
	/* Texts change, and are told once each time that there was none. */
	if (problem && !e->told)
		complain("fim watch: events: %s: %s", e->path, problem);
	e->told = problem;
}

int fim_events_wait(const struct fim_events *e)
{
	return is_idle(e) ? -1 : STEP_MS;
}

int fim_events_fd(const struct fim_events *e)
{
	return e->recording->recorder.orders;
}

uint64_t fim_events_settle(struct fim_events *e)
{
	bool kept = recording_finish(e->recording, e->told ? 0 : LAST_MS);
	uint64_t n = e->recording->n_lost + e->recording->n;

	if (!kept)
		complain("fim watch: events: %s: not all could be kept, or said to be lost",
			 e->path);
	return n;
}

void fim_events_end(struct fim_events *e)
{
	if (e->recording) {
		recording_end(e->recording);
		memory_free(e->recording);
	}
	if (e->ledger)
		ledger_free(e->ledger);
	*e = (struct fim_events){ .other = -1 };
}
