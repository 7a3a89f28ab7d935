/* SPDX-License-Identifier: MIT */
/* Bundles of a run: folders that have an answer of their own, beside those of their files. */
#include "cmd/run.h"
#include "engine/bundle_folder.h"
#include "formats/bundle/bundle.h"

struct visit {
	struct run *run;
	const struct run_file *file;
};

bool run_is_bundle(const struct report *report)
{
	return report->format && strcmp(report->format, format_bundle.name) == 0;
}

static bool visit_stopped(void *context)
{
	const struct visit *v = (const struct visit *)context;

	return run_stopped(v->run);
}

/* The path of a bundle inside, as it is printed. */
static struct run_file file_of(const struct visit *v, struct span inner, struct buffer *path)
{
	struct run_file f = { .path = v->file->path, .named = v->file->named };

	if (inner.len == 0)
		return f;
	buffer_text(path, f.path);
	if (span_at(buffer_span(path), path->len - 1) != '/')
		buffer_char(path, '/');
	buffer_add(path, inner);
	f.path = buffer_string(path, 0);
	return f;
}

static void visit_failed(void *context, struct span inner, const char *rule, const char *why)
{
	const struct visit *v = (const struct visit *)context;
	CLEANUP(buffer_free) struct buffer path = BUFFER_INIT;
	struct run_file f = file_of(v, inner, &path);

	run_failed(v->run, &f, rule, why);
}

static void visit_answer(void *context, struct span inner, struct span report)
{
	const struct visit *v = (const struct visit *)context;
	CLEANUP(buffer_free) struct buffer path = BUFFER_INIT;
	struct run_file f = file_of(v, inner, &path);

	if (!run_known(v->run, &f, report))
		run_failed(v->run, &f, "error.worker", "the worker's answer makes no sense");
}

void run_bundle(struct run *r, const struct run_file *f, bool all)
{
	struct visit visit = { r, f };
	const struct bundle_visit way = {
		.pool = r->session->pool,
		.context = &visit,
		.stopped = visit_stopped,
		.answer = visit_answer,
		.failed = visit_failed,
	};

	run_drain(r);
	if (!run_stopped(r))
		bundle_folder_judge(f->path, all, &way);
}
