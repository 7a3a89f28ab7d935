/* SPDX-License-Identifier: MIT */
/*
 * State: what this watch has told, laid over the baseline.
 *
 * Nothing of it outlives the watch: the next one compares with the baseline again, so
 * that what somebody let a watch tell unseen is told to the next reader, too, until it
 * is accepted.  What does not fit into memory lies in a file without a name, which
 * nobody else can write to.
 */
#pragma once
#include "cmd/fim.h"

struct fim_state {
	const char *path;               /* of the file, until it has lost its name */
	const struct baseline *follows; /* borrowed */
	struct baseline *spilled;       /* NULL: all of it is in memory */
	struct fim_known known;         /* what was told */
};

/* Files of that name were kept by older versions: none is believed, none stays. */
MUST_CHECK enum status fim_state_begin(struct fim_state *s, struct arena *a,
				       const struct baseline *follows, const char *baseline);
/* What was told of a file.  STATUS_IO: errno; it could not be remembered. */
MUST_CHECK enum status fim_state_set(struct fim_state *s, struct arena *a,
				     const struct baseline_record *now, bool gone);
void fim_state_end(struct fim_state *s);
