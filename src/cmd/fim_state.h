/* SPDX-License-Identifier: MIT */
/*
 * State: what a watch has told, so that the next one goes on from there.
 *
 * A file like a baseline beside the baseline, which names in .previous the baseline
 * it follows; of another one it says nothing.  It is written after what it holds was
 * told, so that whatever happens nothing is lost, though something may be told twice.
 */
#pragma once
#include "cmd/fim.h"

struct fim_state {
	const char *path;               /* of the file */
	const struct baseline *follows; /* borrowed */
	struct baseline *written;       /* NULL: there is none, or it follows another one */
	struct fim_known known;         /* what was told */
	uint64_t n_unwritten;           /* records since it was written */
};

/* EXIT_PASS: what cannot be used is none, and it has said so. */
MUST_CHECK enum exit_code fim_state_open(struct fim_state *s, struct arena *a,
					 const struct baseline *follows, const char *baseline);
/* What was told of a file.  It is written down on the way when that is too much. */
MUST_CHECK enum status fim_state_set(struct fim_state *s, struct arena *a,
				     const struct baseline_record *now, bool gone);
/* Nothing to write is fine.  STATUS_IO: errno; what was there before stays. */
MUST_CHECK enum status fim_state_write(struct fim_state *s, struct arena *a);
void fim_state_close(struct fim_state *s);
