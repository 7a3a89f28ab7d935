/* SPDX-License-Identifier: MIT */
/* Record: what act, undo and recovery write into the journal. */
#pragma once
#include "countermeasures/local_file_permissions/act.h"

/* Written and on the disk; the ledger knows it too. */
MUST_CHECK enum status permit_record(struct permit_actor *actor, const struct journal_id *id,
				     enum journal_type type, struct span payload);
/* That it is done, with the time of the change. */
MUST_CHECK enum status permit_record_done(struct permit_actor *actor,
					  const struct journal_id *id, int fd);
/* That it is about to be undone. */
MUST_CHECK enum status permit_record_undo(struct permit_actor *actor,
					  const struct journal_id *id, unsigned which,
					  const struct object_state *target);

/* Settles operations that stand open: before, after, or given up. */
MUST_CHECK enum status permit_recover(struct permit_actor *actor);
