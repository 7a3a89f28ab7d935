/* SPDX-License-Identifier: MIT */
/* A question of the watcher becomes facts, the policy decides, the mode makes an answer of it.
 */
#include "daemon/deciding.h"

#include "base/clock.h"
#include "crypto/digest.h"
#include "daemon/others.h"
#include "daemon/run_facts.h"
#include "evidence/evidence.h"
#include "source/identity.h"
#include "store/policy_files.h"
#include "verdict/rules.h"

#define REPORT_ARENA ((size_t)16 << 20)

static enum policy_event event_of(enum interpreter_kind opens)
{
	switch (opens) {
	case INTERPRETER_NONE: return POLICY_EVENT_EXEC;
	case INTERPRETER_LOADER: return POLICY_EVENT_LOADER;
	case INTERPRETER_WINDOWS: return POLICY_EVENT_WINE;
	case INTERPRETER_SCRIPT:
	case INTERPRETER_ARCHIVE: return POLICY_EVENT_INTERPRET;
	}
	return POLICY_EVENT_UNKNOWN;
}

static void caller_fill(struct policy_subject *s, const struct caller *c, struct span program)
{
	if (c->has_uid)
		policy_subject_set(s, POLICY_USER, policy_number(c->uid));
	if (c->has_login)
		policy_subject_set(s, POLICY_LOGIN_USER,
				   c->login >= 0 ? policy_number(c->login) : policy_absent());
	if (c->has_cgroup) {
		policy_subject_set(s, POLICY_CGROUP, policy_octets(c->cgroup));
		policy_subject_set(s, POLICY_UNIT,
				   c->unit.len > 0 ? policy_octets(c->unit) : policy_absent());
	}
	if (span_at(program, 0) == '/')
		policy_subject_set(s, POLICY_CALLER_PATH, policy_octets(program));
}

/* What it is, when that is known: not from where it lies. */
static void program_fill(struct policy_subject *s, const struct decider_policy *policy,
			 const struct question *q)
{
	struct span sha256 = SPAN_OF(q->program_sha256);

	if (!q->has_program_sha256)
		return;
	policy_subject_set(s, POLICY_CALLER_SHA256, policy_octets(sha256));
	policy_subject_set(s, POLICY_CALLER_PACKAGE,
			   installed_package(policy->installed, sha256));
}

/* No way leads us into what others serve: they may never answer, and say what they like. */
static bool is_firm(void *ledger, struct span path)
{
	const struct ledger *l = (const struct ledger *)ledger;

	return !path_is_others(l, path) && policy_path_is_firm(path);
}

/* Whoever asks is looked at only when a line wants to know. */
static bool asks_caller(const struct policy *p)
{
	for (unsigned i = POLICY_USER; i < POLICY_ATTRIBUTES; i++)
		if (policy_reads(p, (enum policy_attribute)i))
			return true;
	return false;
}

static uint32_t line_index(const struct policy *p, const struct policy_line *line)
{
	for (uint32_t i = 0; i < p->n_lines; i++)
		if (&p->lines[i] == line)
			return i;
	return UINT32_MAX;
}

static struct decision answer_of(const struct deciding *d, const struct guard_answer *answer,
				 const struct policy_decision *by)
{
	struct decision out = { .epoch = d->epoch,
				.allow = answer->allow,
				.would = answer->would_deny,
				.audit = answer->record };

	out.rule = line_index(&d->policy.policy, by ? by->line : NULL);
	if (by)
		out.why = guard_why(answer, by);
	/* Whoever else asks, or later, may get another answer. */
	out.keep = by && !answer->by_fault && !by->by_caller && !by->by_time;
	return out;
}

/* One file has as many paths as it has links, and folders are renamed. */
static void path_note(struct decision *out, struct span path)
{
	struct digest digest;

	out->by_path = true;
	out->keep = out->keep && digest_of(DIGEST_SHA256, &path, 1, &digest) == STATUS_OK;
	if (out->keep)
		(void)span_copy(out->path_digest, sizeof(out->path_digest),
				digest_span(&digest));
}

/* The texts of a question. */
struct texts {
	struct span path, caller, report;
};

/* The next place in turn; what stands there belongs to a note that never came. */
static struct asker *asker_next(struct deciding *d, const struct question *q)
{
	struct asker *a = &d->askers[d->n_askers % DECIDING_ASKERS];

	a->ticket = 0;
	a->pid = q->facts.pid;
	return a;
}

/* An event will tell of it: whoever asks is there now. */
static void asker_keep(struct deciding *d, const struct question *q, struct asker *a, bool seen)
{
	if (!seen)
		caller_read(q->facts.pid, &a->caller);
	a->ticket = q->ticket;
	d->n_askers++;
}

/* What was read of it under no lease: a line may ask. */
static void raceable_note(struct arena *a, struct report *r)
{
	const struct rule *rule = rule_find("file.raceable");
	struct report_finding *all = ARENA_NEW(a, struct report_finding, r->n_findings + 1);

	if (!rule || !all) {
		r->n_findings_dropped++;
		return;
	}
	for (size_t i = 0; i < r->n_findings; i++)
		all[i] = r->findings[i];
	all[r->n_findings++] = (struct report_finding){ .id = rule->id,
							.severity = rule->severity,
							.reference = rule->reference,
							.message = rule->sentence,
							.signature = -1 };
	r->findings = all;
}

static struct decision decide_report(struct deciding *d, const struct question *q,
				     const struct texts *texts, const struct report *report)
{
	const struct run run = { .report = report,
				 .file = q->facts.file,
				 .path = texts->path,
				 .event = event_of(q->facts.opens) };
	struct policy_subject subject = run_subject(&d->policy, &run);
	struct policy_decision by;
	struct guard_answer answer;
	struct decision out;
	struct asker *asker = asker_next(d, q);
	bool asks = asks_caller(&d->policy.policy);

	subject.firm = is_firm;
	subject.firm_context = d->ledger;
	if (asks) {
		caller_read(q->facts.pid, &asker->caller);
		caller_fill(&subject, &asker->caller, texts->caller);
		program_fill(&subject, &d->policy, q);
	}
	answer = run_decide(&d->policy.policy, d->policy.mode, &subject, &by);
	out = answer_of(d, &answer, &by);
	/* A certificate may end before what is remembered is forgotten. */
	out.keep = out.keep && report->holds_until > clock_wall_s() + DECIDING_MEMORY_S;
	if (!out.allow || out.audit || out.would)
		asker_keep(d, q, asker, asks);
	if (by.by_path)
		path_note(&out, texts->path);
	out.verdict = (uint16_t)report->verdict;
	out.has_sha256 = report->has_sha256;
	(void)span_copy(out.sha256, sizeof(out.sha256), SPAN_OF(report->sha256));
	out.learn = out.keep && !out.by_path && identity_is_roots(&q->facts.file);
	return out;
}

struct decision decide_question(struct deciding *d, const struct question *q, struct span rest)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(REPORT_ARENA);
	struct report report = { .verdict = ASSAY_VERDICT_ERROR };
	struct texts texts = { 0 };
	struct decision out;

	if (!span_part(rest, 0, q->path_len, &texts.path) ||
	    !span_part(rest, q->path_len, q->caller_len, &texts.caller) ||
	    !span_part(rest, q->path_len + q->caller_len, q->report_len, &texts.report))
		texts = (struct texts){ 0 };
	if (q->failure == FAILURE_BUSY || !d->has_policy) {
		enum guard_mode mode = (enum guard_mode)atomic_load(&d->ledger->mode);
		struct guard_answer answer = guard_fault_answer(
			d->has_policy ? GUARD_LEASE_BUSY : GUARD_ENGINE, mode);

		out = answer_of(d, &answer, NULL);
	} else {
		/* What cannot be read was not judged. */
		if (texts.report.len == 0 ||
		    wire_decode(&a, texts.report, &report) != STATUS_OK)
			report = (struct report){ .verdict = ASSAY_VERDICT_ERROR };
		if (q->facts.raceable)
			raceable_note(&a, &report);
		out = decide_report(d, q, &texts, &report);
	}
	out.ticket = q->ticket;
	return out;
}
