/* SPDX-License-Identifier: MIT */
/* Events: what is worth telling, at most so many a second, after it was answered. */
#include "daemon/deciding.h"

#include <stdio.h>
#include <sys/stat.h>

static const char *const failure_words[] = {
	[FAILURE_NONE] = NULL,
	[FAILURE_ENGINE] = "the file could not be judged",
	[FAILURE_DEADLINE] = "not judged in time",
	[FAILURE_BUSY] = "somebody has the file open for writing",
	[FAILURE_CHANGED] = "the file changed while it was read",
	[FAILURE_UNVETTED] = "nobody had vetted the file as it is",
	[FAILURE_LATE] = "it was let run, for it was not judged in time",
	[FAILURE_RUNNING] = "it ran already when the guard came, or while nobody could ask",
	[FAILURE_STOPPED] = "its file could not be kept from being changed until it ran",
	[FAILURE_SERVED] =
		"a user serves its file system, and may give other bytes to who runs it",
	[FAILURE_UNREAD] = "it cannot be opened to be judged, and the kernel denied it",
	[FAILURE_UNASKED] =
		"found running, and perhaps begun before its file system was watched",
};

static enum event_kind kind_of(const struct note *n)
{
	if (n->failure == FAILURE_RUNNING || n->failure == FAILURE_LATE)
		return EVENT_WOULD_DENY;
	if (n->failure != FAILURE_NONE)
		return EVENT_FAILED;
	if (!n->decision.allow)
		return EVENT_DENIED;
	return n->decision.would ? EVENT_WOULD_DENY : EVENT_AUDITED;
}

/* Who asked, as he was then; NULL: that is forgotten. */
static struct asker *asker_find(struct deciding *d, const struct note *note)
{
	for (size_t i = 0; i < DECIDING_ASKERS; i++) {
		struct asker *a = &d->askers[i];

		if (a->ticket != 0 && a->ticket == note->decision.ticket &&
		    a->pid == note->facts.pid)
			return a;
	}
	return NULL;
}

/* Whose events this one may crowd out: cheap, for there may be thousands. */
static struct doer actor_of(const struct note *note, const struct asker *asker)
{
	pid_t pid = note->facts.pid;
	char path[32];
	struct stat st;

	if (note->has_who && note->has_uid)
		return (struct doer){ note->uid, note->login };
	if (asker && asker->caller.has_uid)
		return (struct doer){ asker->caller.uid, asker->caller.login };
	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	if (stat(path, &st) != 0)
		return (struct doer){ -1, -1 };
	return (struct doer){ st.st_uid, caller_login(pid) };
}

/* As the watcher saw him, or the decider when it was asked; else as he is, if he is there. */
static void who_write(struct event *e, const struct note *note, const struct asker *asker,
		      const struct note_texts *texts, struct caller *now)
{
	const struct caller *who = asker ? &asker->caller : now;

	e->pid = note->facts.pid;
	e->caller = texts->program;
	if (note->has_who) {
		e->uid = note->has_uid ? note->uid : -1;
		e->login = note->login;
		e->cgroup = texts->cgroup;
		e->unit = caller_unit(texts->cgroup);
		return;
	}
	if (!asker)
		caller_read(note->facts.pid, now);
	e->uid = who->has_uid ? who->uid : -1;
	e->login = who->login;
	e->cgroup = who->cgroup;
	e->unit = who->unit;
}

void note_keep(struct deciding *d, const struct note *note, const struct note_texts *texts)
{
	const struct policy *p = &d->policy.policy;
	CLEANUP(buffer_free) struct buffer place = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer rule = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer why = BUFFER_INIT;
	struct event e = { .time_ms = ledger_wall(),
			   .kind = kind_of(note),
			   .path = texts->path,
			   .waited_us = note->waited_us };
	struct asker *asker = asker_find(d, note);
	struct doer by = actor_of(note, asker);
	bool unjudged = note->failure != FAILURE_NONE && note->decision.allow;
	struct caller now;
	uint32_t line = note->decision.rule;

	/* What was let run unjudged is hidden by nothing else. */
	if (!recording_admits(&d->recording, &by, unjudged))
		return;
	if (asker)
		asker->ticket = 0; /* of one note only: a file that is remembered keeps its */
	who_write(&e, note, asker, texts, &now);
	e.allowed = note->decision.allow;
	e.mode = guard_mode_word((enum guard_mode)atomic_load(&d->ledger->mode));
	if (note->decision.has_sha256)
		e.sha256 = SPAN_OF(note->decision.sha256);
	guard_why_write(&why, &note->decision.why);
	if (note->facts.raceable)
		buffer_printf(&why,
			      "%sraceable: nobody could be kept from writing to it meanwhile",
			      why.len > 0 ? "; " : "");
	if ((size_t)note->failure < COUNT_OF(failure_words))
		e.why = failure_words[note->failure];
	if (!e.why && why.len > 0)
		e.why = buffer_string(&why, 0);
	if (note->decision.verdict != ASSAY_VERDICT_UNKNOWN)
		e.verdict = assay_verdict_word((enum assay_verdict)note->decision.verdict);
	if (line < p->n_lines && note->decision.epoch == d->epoch) {
		policy_line_place(&place, p, &p->lines[line]);
		buffer_add(&rule, policy_text_at(p, p->lines[line].rule));
		e.line = buffer_string(&place, 0);
		e.rule = buffer_string(&rule, 0);
	}
	(void)recording_add(&d->recording, &e);
}

/* Names for ever, and what is worth looking at. */
static const struct {
	const char *name, *severity;
} services[] = {
	[SERVICE_POLICY_READ] = {"policy-read",       NULL    },
	[SERVICE_POLICY_REFUSED] = { "policy-refused",   "medium"},
	[SERVICE_LIST_UNVOUCHED] = { "list-unvouched",   "medium"},
	[SERVICE_ANCHORS_CHANGED] = { "anchors-changed",  "medium"},
	[SERVICE_ANCHORS_REFUSED] = { "anchors-refused",  "medium"},
	[SERVICE_CLOCK_SET] = { "clock-set",        NULL    },
	[SERVICE_PACKAGES_CHANGED] = { "packages-changed", NULL    },
	[SERVICE_WATCHER_REPLACED] = { "watcher-replaced", "medium"},
	[SERVICE_SERVER_SILENT] = { "server-silent",    "medium"},
	[SERVICE_SERVER_ANSWERS] = { "server-answers",   NULL    },
	[SERVICE_SCOUTS_LACKING] = { "scouts-lacking",   "medium"},
	[SERVICE_SCOUTS_BACK] = { "scouts-back",      NULL    },
	[SERVICE_ENDS] = { "guard-ends",       "medium"},
};

void service_keep(struct deciding *d, enum service what, const char *why)
{
	struct event e = { .time_ms = ledger_wall(),
			   .kind = EVENT_SERVICE,
			   .login = -1,
			   .rule = services[what].name,
			   .severity = services[what].severity,
			   .mode = guard_mode_word(
				   (enum guard_mode)atomic_load(&d->ledger->mode)),
			   .why = why };

	(void)recording_add(&d->recording, &e);
}

void service_look(struct deciding *d)
{
	uint64_t silent = ledger_counted(d->ledger, LEDGER_SILENT);
	bool blind = ledger_counted(d->ledger, LEDGER_BLIND) > 0;

	if (silent > d->silent)
		service_keep(d, SERVICE_SERVER_SILENT,
			     "who serves a file system does not answer: in the mode "
			     "allowlist programs from there are denied, else they wait");
	else if (silent == 0 && d->silent > 0)
		service_keep(d, SERVICE_SERVER_ANSWERS,
			     "whoever serves file systems answers again");
	d->silent = silent;
	if (blind != d->blind)
		service_keep(d, blind ? SERVICE_SCOUTS_LACKING : SERVICE_SCOUTS_BACK,
			     blind ? "nobody looks for file systems of others: too many who "
				     "did wait for servers that do not answer"
				   : "somebody looks for file systems of others again");
	d->blind = blind;
}
