/* SPDX-License-Identifier: MIT */
/* Watch: what becomes of files while it happens. */
#pragma once
#include "cmd/fim_events.h"
#include "cmd/fim_listen.h"
#include "cmd/fim_state.h"

#define FIM_RECHECK_S         3600 /* everything is looked at, if nobody says otherwise */
#define FIM_GAP_PAUSE_MAX_S   300  /* between two looks at everything */
#define FIM_AGAIN_MAX         4096 /* files that could not be read, and are tried again */
#define FIM_AGAIN_PAUSE_MAX_S 60
#define FIM_SEEN_BYTES        ((size_t)2 << 30) /* of records of one look */

struct fim_watch {
	struct invocation *call;
	struct session *session;
	const struct baseline *baseline;
	struct fim_paper paper;
	struct fim_listener listener;
	struct fim_state state;
	struct fim_events events;
};

/* Runs until it is asked to stop; the exit code.  Takes over .listener, .state and .events. */
int fim_watch(struct fim_watch *w);
