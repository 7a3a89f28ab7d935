/* SPDX-License-Identifier: MIT */
/*
 * Run: files in, answers out in the order in which they were met.
 *
 * Answers come from the worker in any order and wait here for those before
 * them; when too many wait, nothing new is begun.  Every file that is named or
 * met gives exactly one answer, whatever happens.
 *
 * What another file of the same run could explain waits until all have been
 * read (run_again.c): whose signature a forgery carries must not depend on
 * which of the two was met first.
 */
#pragma once
#include "cmd/backlog.h"
#include "cmd/memories.h"
#include "cmd/progress.h"
#include "cmd/session.h"

#define RUN_MAX_WAITING 512                 /* answers */
#define RUN_MAX_HELD    ((size_t)8 << 20)   /* their bytes */
#define RUN_MAX_INSIDE  ((size_t)256 << 20) /* ... with those of programs inside */

struct run_item;

struct run {
	struct session *session;
	struct summary summary;
	struct progress progress;
	struct style style;
	struct exporting exporting;
	struct arena arena; /* of the report that is being printed */
	struct run_item *items;
	uint64_t first, next; /* tickets that wait: [first, next) */
	size_t held;
	bool incomplete;
	enum run_phase {
		RUN_PRINTS,  /* answers come out */
		RUN_GATHERS, /* what other files may explain waits */
		RUN_LEARNS, /* there is no room to wait in: answers come out, and are remembered
			     */
		RUN_LOOKS,  /* only what is remembered counts: these files have their answer */
	} phase;
	uint64_t n_learnt; /* records that are new to the donor index */
	struct backlog backlog;
	struct memories memories;
};

/* STATUS_NO_MEMORY only. */
MUST_CHECK enum status run_begin(struct run *r, struct session *session);

/* Somebody asked to stop, or the output is gone. */
bool run_stopped(const struct run *r);

/* Judges the regular file of @file, and closes its descriptors. */
void run_judge(struct run *r, const struct run_file *f, struct engine_file *file);
/* The answer is known already: @report in wire form.  False: it makes no sense. */
MUST_CHECK bool run_known(struct run *r, const struct run_file *f, struct span report);
/* It cannot be judged: @rule is a row of the rule table, @why a sentence. */
void run_failed(struct run *r, const struct run_file *f, const char *rule, const char *why);
/* Judges the bundle in the folder of @f, and with @all the bundles inside (run_bundle.c). */
void run_bundle(struct run *r, const struct run_file *f, bool all);
/* Is it the answer of a bundle?  That is no file which could be read again. */
bool run_is_bundle(const struct report *report);
/* Too many descriptors are open: waits until one is free again.  False: none will be. */
MUST_CHECK bool run_relieve(struct run *r);
/* A file that is none for us: counted. */
void run_skipped(struct run *r, const char *path);

/* Waits for what is outstanding and prints how the format ends (text: a summary if
 * @with_summary); the exit code. */
enum exit_code run_end(struct run *r, bool with_summary);
/* Nothing of it is printed. */
void run_abandon(struct run *r);

/* What run.c and run_again.c share. */

/* The one place where an answer comes out ... */
void run_print(struct run *r, const struct report *judged, const struct run_file *f);
/* ... unless it is kept for later. */
void run_answer(struct run *r, const struct report *report, struct span wire,
		const struct run_file *f);
/* Waits until nothing is outstanding, or somebody asked to stop. */
void run_drain(struct run *r);
/* When all files have been read: what waits is judged again where this run knows more, and
 * comes out; and the donor index learns. */
void run_again(struct run *r);
/* What waits comes out as it is. */
void run_release(struct run *r);
/* There is no room to wait in: the same, and what comes later does not wait. */
void run_crowd(struct run *r);
/* What the YARA rules of the session say of a file that was judged (run_match.c). */
void run_match(struct run *r, struct arena *a, const struct run_file *f, struct report *report);
/* Opens a file of this run once more.  -1: it is gone, or not what it was. */
MUST_CHECK int run_open_again(const struct run_file *f);
