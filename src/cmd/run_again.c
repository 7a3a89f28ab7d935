/* SPDX-License-Identifier: MIT */
/*
 * The second half of a run, when every file has been read.
 *
 * A forgery whose donor stands in the same tree is told so: the records of this
 * run are laid over the donor index, donors are looked at once more for their
 * pages, and what waits is judged again with that.  Nothing else is read twice.
 */
#include "base/limits.h"
#include "cmd/complain.h"
#include "cmd/run.h"
#include "cmd/target.h"
#include "evidence/evidence.h"
#include "source/identity.h"
#include "store/donors.h"
#include <fcntl.h>
#include <unistd.h>

#define MATCHED_BYTES ((size_t)1 << 30) /* of all records that explain something */
#define DONORS_LOOKED 4096              /* files that are read once more for their pages */
#define PUBLISH_BYTES ((size_t)1 << 30)

/* An answer that waited is no answer any more. */
static void answer_lost(struct run *r, const struct run_file *f)
{
	complain("%s: its answer, which waited in a temporary file, cannot be read back",
		 f->path);
	r->incomplete = true;
}

void run_release(struct run *r)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
	struct report report;
	struct run_file f;
	struct span wire;

	r->phase = RUN_PRINTS;
	for (; backlog_next(&r->backlog, &a, &f, &wire); arena_reset(&a)) {
		if (wire_decode(&a, wire, &report) == STATUS_OK)
			run_print(r, &report, &f);
		else
			answer_lost(r, &f);
	}
	if (r->backlog.n == 0)
		return;
	complain("%llu answers that waited in a temporary file cannot be read back",
		 (unsigned long long)r->backlog.n);
	r->backlog.n = 0;
	r->incomplete = true;
}

void run_crowd(struct run *r)
{
	complain("there is no room for the answers that wait for other files (TMPDIR is where "
		 "they would stand); some donors may not be found");
	r->incomplete = true;
	run_release(r);
	r->phase = RUN_LEARNS;
}

/* The engine asks @donors from now on. */
static enum status engine_renew(struct run *r, const struct donor_index *donors, bool learn)
{
	struct session *s = r->session;

	s->engine.settings.donors = donors;
	s->engine.settings.learn = learn;
	return pool_renew(s->pool);
}

int run_open_again(const struct run_file *f)
{
	struct target target = target_open(f->path);
	struct source_identity now;

	if (target.fd < 0)
		return -1;
	if (f->identity.ino != 0 && (source_identify(target.fd, &now) != STATUS_OK ||
				     !identity_equal(&now, &f->identity))) {
		(void)close(target.fd);
		return -1;
	}
	return target.fd;
}

/* With what stands beside it, as the first time. */
static void judge_again(struct run *r, const struct run_file *f, int fd)
{
	struct engine_file file = { .fd = fd };

	companions_open(AT_FDCWD, f->path, &file.beside);
	run_judge(r, f, &file);
}

/* Reads donors once more for their pages; what is learnt joins the memories. */
static void donors_look(struct run *r, const struct donor *first)
{
	const char *last = "";
	size_t n = 0;

	r->phase = RUN_LOOKS;
	for (const struct donor *d = first; d && !run_stopped(r) && n < DONORS_LOOKED;
	     d = d->next) {
		struct run_file f = { .path = d->provenance };
		int fd;

		if (d->kind != DONOR_VALID || donor_has_contents(d) ||
		    strcmp(last, f.path) == 0)
			continue;
		last = f.path;
		fd = run_open_again(&f);
		if (fd < 0)
			continue;
		n++;
		judge_again(r, &f, fd);
	}
	run_drain(r);
	r->first = r->next; /* they have their answer, also when somebody asked to stop */
}

/* Of two records of the same donor the richer one comes first. */
static struct donor *richest_first(struct donor *list)
{
	struct donor *rich = NULL, **rich_end = &rich, *poor = NULL, **poor_end = &poor;

	for (struct donor *d = list; d; d = d->next) {
		struct donor ***end = donor_has_contents(d) ? &rich_end : &poor_end;

		**end = d;
		*end = &d->next;
	}
	*poor_end = NULL;
	*rich_end = poor;
	return rich;
}

/* Judges again what waits and is answered; the rest comes out as it is.  In order, all of it.
 */
static void backlog_judge(struct run *r)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
	struct run_file f;
	struct span wire;

	r->phase = RUN_PRINTS;
	for (; !run_stopped(r) && backlog_next(&r->backlog, &a, &f, &wire); arena_reset(&a)) {
		struct report report;
		int fd;

		if (wire_decode(&a, wire, &report) != STATUS_OK ||
		    !memories_answer(&r->memories, &report) || strcmp(f.path, "-") == 0 ||
		    report.inside.len > 0 || run_is_bundle(&report)) {
			if (!run_known(r, &f, wire))
				answer_lost(r, &f);
			continue;
		}
		fd = run_open_again(&f);
		if (fd < 0)
			run_failed(r, &f, "error.changed", "it changed while others were read");
		else
			judge_again(r, &f, fd);
	}
	run_drain(r);
}

/* What this run met, over what the index holds; *@out NULL: nothing that answers anybody. */
static enum status donors_gather(struct run *r, struct arena *a, struct donors **out)
{
	const struct donors *under = r->session->donors;
	struct donor *matched = NULL;

	*out = NULL;
	TRY(memories_sort(&r->memories));
	TRY(memories_match(&r->memories, a, &matched));
	if (!matched)
		return STATUS_OK;
	TRY(engine_renew(r, r->session->engine.settings.donors, true));
	donors_look(r, matched);
	if (run_stopped(r))
		return STATUS_OK;
	TRY(memories_sort(&r->memories));
	TRY(memories_match(&r->memories, a, &matched));
	*out = donors_of_run(richest_first(matched), under);
	return *out ? STATUS_OK : STATUS_NO_MEMORY;
}

/* Is this record new to the index that this run began with? */
static bool is_new(void *context, const struct donor *d)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(MATCHED_BYTES);
	const struct run *r = (const struct run *)context;
	const struct donor_index *index = r->session->engine.settings.donors;
	struct donor *found = NULL;

	if (d->kind == DONOR_NONE)
		return false;
	if (!index)
		return true;
	if (index->find(index->context, DONOR_BY_DIGEST, digest_span(&d->digest), &a, &found) !=
	    STATUS_OK)
		return false;
	for (; found; found = found->next)
		if (found->kind >= d->kind &&
		    donor_has_contents(found) >= donor_has_contents(d) &&
		    memcmp(found->block, d->block, sizeof(d->block)) == 0)
			return false;
	return true;
}

/* Where a donor was met must still mean something in another folder. */
static enum status origins_complete(const struct session *s, struct arena *a,
				    struct donor *first)
{
	for (struct donor *d = first; d; d = d->next) {
		if (!s->folder || span_at(SPAN_TEXT(d->provenance), 0) == '/')
			continue;
		d->provenance = arena_printf(a, "%s/%s", s->folder, d->provenance);
		if (!d->provenance)
			return STATUS_NO_MEMORY;
	}
	return STATUS_OK;
}

/* The donor index learns what this run met. */
static void memories_publish(struct run *r)
{
	const struct session *s = r->session;
	size_t position = 0;

	if (s->remembers && memories_sort(&r->memories) != STATUS_OK)
		return;
	while (s->remembers && !run_stopped(r) && position < r->memories.records.len) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(MATCHED_BYTES);
		const char *problem = NULL;
		struct donor *batch = NULL;
		uint64_t n = 0;
		enum status status;

		status = memories_batch(&r->memories, &position, &a, is_new, r, &batch);
		if (status == STATUS_OK)
			status = origins_complete(s, &a, batch);
		if (status == STATUS_OK && batch)
			status = donors_publish(&a, s->donors_folder, batch, &n, &problem);
		r->n_learnt += n;
		if (status == STATUS_OK)
			continue;
		complain("the donor index cannot learn: %s",
			 problem ? problem : status_text(status));
		r->incomplete = r->incomplete || s->learns;
		return;
	}
}

/* What could explain some of the answers is not at hand: they stand, but not for all that there
 * is to know. */
static void explain_failed(struct run *r, const char *why)
{
	complain("files of this run could not explain each other: %s", why);
	r->incomplete = true;
}

void run_again(struct run *r)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(MATCHED_BYTES);
	const struct donor_index *frozen = r->session->engine.settings.donors;
	struct donors *laid_over = NULL;
	enum status status = STATUS_OK;

	if (r->backlog.n > 0)
		status = donors_gather(r, &a, &laid_over);
	if (status == STATUS_OK && laid_over && !run_stopped(r))
		status = engine_renew(r, donors_index(laid_over), false);
	if (status == STATUS_OK && laid_over)
		backlog_judge(r);
	else if (status != STATUS_OK)
		explain_failed(r, status_text(status));
	if (r->memories.full)
		explain_failed(r, "there were more than can be remembered");
	run_release(r);
	r->session->engine.settings.donors = frozen;
	donors_close(laid_over);
	memories_publish(r);
}
