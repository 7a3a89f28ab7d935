/* SPDX-License-Identifier: MIT */
/*
 * Act: plans are carried out and taken back, each step in the journal before it
 * is done, so that a crash at any instruction leaves what it was or what was
 * wanted, never a mixture that nobody knows of.
 */
#pragma once
#include "countermeasures/local_file_permissions/ledger.h"
#include "countermeasures/local_file_permissions/plan.h"

struct permit_actor {
	struct arena *arena;
	struct journal *journal;
	struct permit_ledger ledger;
	int64_t now;
	size_t n_recovered, n_given_up; /* by permit_begin() */
};

enum permit_result {
	PERMIT_RESULT_UNKNOWN, /* could not be found out: see the status */
	PERMIT_APPLIED,
	PERMIT_TAKEN_BACK,
	PERMIT_WAS_REFUSED,  /* nothing was changed */
	PERMIT_NOT_HONOURED, /* the file system did not do it; nothing is changed */
};

struct permit_outcome {
	enum permit_result result;
	const char *why; /* a sentence; NULL */
	struct journal_id id;
	/* An undo: how it is now, and in which parts that was not what we had left. */
	bool has_live;
	struct object_state live;
	unsigned foreign;
};

/* Opens the journal in @folder, alone, and settles what a crash left open. */
MUST_CHECK enum status permit_begin(struct arena *a, const char *folder, int64_t now,
				    struct permit_actor *out, const char **problem);
/* Safe after a failed permit_begin() too. */
void permit_end(struct permit_actor *actor);

/*
 * Does what @plan (a PERMIT_CHANGE) says to the object at @fd, whose subject was
 * judged.  STATUS_IO: errno, and .why says at which step.
 */
MUST_CHECK enum status permit_apply(struct permit_actor *actor, int fd,
				    const struct permit_subject *subject,
				    const struct permit_plan *plan, struct permit_outcome *out);

struct permit_undo_wish {
	bool force;      /* what somebody else changed meanwhile stays, the rest comes back */
	bool with_setid; /* set-uid, set-gid and capabilities come back too */
	bool dry_run;
};
/* @op: of the actor's ledger. */
MUST_CHECK enum status permit_undo(struct permit_actor *actor,
				   const struct permit_operation *op,
				   const struct permit_undo_wish *wish,
				   struct permit_outcome *out);
