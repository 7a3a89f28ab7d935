/* SPDX-License-Identifier: MIT */
#include "engine/engine.h"

#include "base/limits.h"
#include "crypto/digest.h"
#include "engine/report_make.h"
#include "verify/authenticode/authenticode.h"
#include <errno.h>

#define READ_ROUNDS_MAX 16 /* how often a format reader may ask for more bytes */

/* One file on its way through the house. */
struct examination {
	struct arena *arena;
	struct report *report;
	struct source source;
	struct view view;
	struct findings findings;
	struct container box;
	struct authenticode_work work;
	struct digest_job *jobs;
	size_t n_jobs;
	struct digest_job *whole; /* SHA-256 of the file; NULL: not wanted */
	enum status status;
	int error; /* errno with STATUS_IO */
};

/* Everything in the settings that can change a report goes in. */
static enum status policy_digest(const struct engine_settings *s, uint8_t out[32])
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct digest digest;
	struct span whole;

	buffer_printf(&text, "%d %d %d %d %d %d %d %llu", (int)s->fold, (int)s->padding,
		      (int)s->with_sha256, (int)s->trust.revocation, (int)s->trust.sha1_reject,
		      (int)s->trust.own_roots_exempt, (int)s->trust.empty_date_distrust,
		      (unsigned long long)s->max_size);
	TRY(buffer_status(&text));
	whole = buffer_span(&text);
	TRY(digest_of(DIGEST_SHA256, &whole, 1, &digest));
	(void)span_copy(out, 32, digest_span(&digest));
	return STATUS_OK;
}

enum status engine_init(struct engine *e, struct trust_store *store,
			const struct engine_settings *settings)
{
	*e = (struct engine){ .store = store, .settings = *settings };
	trust_digest(store, e->trust_digest);
	return policy_digest(settings, e->policy_digest);
}

void engine_fini(struct engine *e)
{
	trust_close(e->store);
	e->store = NULL;
}

static bool too_large(const struct examination *x, const struct engine *e)
{
	return e->settings.max_size != 0 && x->source.before.size > e->settings.max_size;
}

/* Reads the format, loading what its reader asks for; of other files, no more than a glance. */
static enum status format_read(struct examination *x, const struct engine *e)
{
	struct span head;
	const struct format *format;

	TRY(source_glance(&x->source, x->arena, &x->view));
	TRY(view_clip(&x->view, 0, SOURCE_GLANCE, &head));
	format = format_of(head);
	if (!format)
		return STATUS_NOT_MINE;
	if (too_large(x, e)) {
		finding_add(&x->findings, "limit.max-size", (struct range){ 0, 0 }, NULL, NULL);
		return STATUS_LIMIT;
	}
	TRY(source_widen(&x->source, x->arena, &x->view));
	for (int round = 0; round < READ_ROUNDS_MAX; round++) {
		enum status status;

		x->findings = (struct findings)FINDINGS_INIT(x->arena);
		x->box = (struct container){ .format = format };
		status = format->read(&x->view, &x->findings, &x->box);
		if (status != STATUS_WANT)
			return status;
		TRY(source_load(&x->source, x->arena, &x->view));
	}
	finding_add(&x->findings, "limit.structure", (struct range){ 0, 0 }, NULL, NULL);
	return STATUS_LIMIT;
}

/* The jobs of the signatures, and one for the whole file if wanted. */
static enum status jobs_gather(struct examination *x, bool with_sha256)
{
	struct piece *whole;
	size_t n = x->work.n_jobs;

	x->jobs = x->work.jobs;
	x->n_jobs = n;
	if (!with_sha256)
		return STATUS_OK;
	x->jobs = ARENA_NEW(x->arena, struct digest_job, n + 1);
	whole = ARENA_NEW(x->arena, struct piece, 1);
	if (!x->jobs || !whole)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n; i++)
		x->jobs[i] = x->work.jobs[i];
	*whole = (struct piece){
		.kind = PIECE_RANGE, .range = {0, x->source.before.size}
	};
	x->jobs[n] = (struct digest_job){
		.algorithm = DIGEST_SHA256, .covered = {whole, 1}
	};
	x->whole = &x->jobs[n];
	x->n_jobs = n + 1;
	x->work.jobs = x->jobs;
	return STATUS_OK;
}

static enum status examination_prepare(struct examination *x, const struct engine *e)
{
	bool known;
	enum status status;

	status = format_read(x, e);
	known = status == STATUS_OK;
	if (!known && status != STATUS_NOT_MINE)
		return status;
	if (!known)
		x->box = (struct container){ 0 };
	if (known && x->box.claims)
		TRY(authenticode_begin(x->arena, &x->box, &x->findings, &x->work));
	return jobs_gather(x, e->settings.with_sha256 && !too_large(x, e));
}

static void examination_begin(struct examination *x, const struct engine *e, int fd)
{
	errno = 0;
	x->findings = (struct findings)FINDINGS_INIT(x->arena);
	x->status = source_begin(&x->source, fd);
	if (x->status == STATUS_OK)
		x->status = examination_prepare(x, e);
	x->error = errno;
}

static enum status examination_judge(struct examination *x, const struct engine *e)
{
	struct authenticode_settings settings = {
		.store = e->store,
		.policy = e->settings.trust,
	};
	struct verdict_settings verdict_settings = {
		.fold = e->settings.fold,
		.padding = e->settings.padding,
	};
	struct report_parts parts = {
		.engine = e,
		.box = &x->box,
		.findings = &x->findings,
		.size = x->source.before.size,
		.sha256 = x->whole ? &x->whole->result : NULL,
	};

	if (x->work.state)
		TRY(authenticode_finish(x->arena, &x->work, &settings, &x->findings,
					&parts.facts));
	if (x->box.format)
		parts.judgement = verdict_judge(parts.facts, NULL, &x->box, &verdict_settings);
	return report_make(x->arena, &parts, x->report);
}

/* The file must be what it was until its last byte has been used. */
static void examination_end(struct examination *x, const struct engine *e)
{
	enum status unchanged;

	errno = x->error;
	if (x->status == STATUS_OK)
		x->status = examination_judge(x, e);
	x->error = x->status == STATUS_IO ? errno : 0;
	unchanged = source_end(&x->source);
	if (x->status == STATUS_OK && unchanged != STATUS_OK)
		x->status = unchanged;
	if (!x->source.steady) { /* it may change unseen: true now, and never again */
		x->report->holds_from = INT64_MAX;
		x->report->holds_until = INT64_MIN;
	}
	if (x->status != STATUS_OK)
		report_error(x->arena, e, x->status, x->error, &x->findings, x->report);
}

void engine_examine(const struct engine *e, struct lanes *lanes, const int *fds, size_t n,
		    struct arena *arenas, struct report *reports)
{
	struct examination work[ENGINE_BATCH] = { 0 };
	struct hash_task tasks[ENGINE_BATCH] = { 0 };
	size_t task_of[ENGINE_BATCH], n_tasks = 0;

	for (size_t i = 0; i < n; i++) {
		work[i].arena = &arenas[i];
		work[i].report = &reports[i];
		examination_begin(&work[i], e, fds[i]);
		if (work[i].status != STATUS_OK || work[i].n_jobs == 0)
			continue;
		task_of[n_tasks] = i;
		tasks[n_tasks++] = (struct hash_task){
			.source = &work[i].source,
			.view = &work[i].view,
			.jobs = work[i].jobs,
			.n_jobs = work[i].n_jobs,
		};
	}
	if (n_tasks > 0)
		lanes_run(lanes, tasks, n_tasks);
	for (size_t i = 0; i < n_tasks; i++)
		work[task_of[i]].status = tasks[i].status;
	for (size_t i = 0; i < n; i++)
		examination_end(&work[i], e);
}
