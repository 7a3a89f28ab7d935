/* SPDX-License-Identifier: MIT */
/*
 * Learning: what the guard denied, or would have, as lines of a policy that a person
 * may put in force.  Each line rests on something that was known before: a package that
 * is installed and vouched for, a verified signer, a package's own digest, the baseline of
 * files; never on a place, and never for what looks forged.
 */
#pragma once
#include "cmd/cmd.h"
#include "cmd/guard_policy.h"
#include "countermeasures/local_file_permissions/facts.h"
#include "source/source.h"

#define LEARN_MAX_FILES 4096
#define LEARN_MAX_TEXT  ((size_t)POLICY_MAX_FILE)

enum learn_outcome {
	LEARN_UNJUDGED, /* could not be found out */
	LEARN_RUNS,     /* it is let run by now */
	LEARN_PROPOSED,
	LEARN_REFUSED,
};

enum learn_by { LEARN_BY_NOTHING, LEARN_BY_SIGNER, LEARN_BY_PACKAGE, LEARN_BY_BASELINE };

struct learnt {
	const char *path;
	uint64_t n_events;         /* 0: a person named it */
	struct span was;           /* SHA-256 when it was asked about; empty: not known */
	struct permit_owner owner; /* whose it would be, where it lies */
	struct span in_baseline;   /* its SHA-256 when that was made; empty: not in it */
	/* By who judged it, all of the one file that he opened: */
	struct span report; /* empty: it was not judged */
	struct source_identity file;
	bool as_packaged; /* its bytes are those that .owner has, by MD5 */
	/* Of the report: */
	enum assay_verdict verdict;
	const char *package;            /* whose bytes it has; NULL: nobody's */
	bool vouched;                   /* ... and these are installed, by a signed archive */
	bool archived;                  /* its signature is an archive's, for the package */
	struct span sha256, signer_key; /* empty: none */
	const char *signer;             /* verified name; NULL */
	enum learn_outcome outcome;
	enum learn_by by;
	const char *why;
	bool would_run; /* with the proposal */
};

struct learning {
	const struct invocation *call;
	struct arena *arena;
	struct learnt *files;
	size_t n;
	struct decider_policy policy; /* that holds */
	struct policy proposed;       /* the same with the proposal */
	struct buffer text;           /* the proposal */
	size_t n_lines, n_left_out;   /* files for which there is no room */
	const char *file;             /* where it would be */
	bool promoted;
};

/* Judges each file in a process of its own.  EXIT_PASS; else it has complained. */
MUST_CHECK enum exit_code learn_judge(struct learning *l);

/* Lines for all that is proposed, into l->text. */
MUST_CHECK enum status learn_write(struct learning *l);
/* What is told of each file, and of all. */
void learn_print(const struct learning *l, struct buffer *out);

int guard_learn(struct invocation *call);
