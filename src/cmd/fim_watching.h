/* SPDX-License-Identifier: MIT */
/* A watch that runs.  Private to fim_watch.c and fim_places.c. */
#pragma once
#include "cmd/fim_watch.h"

struct watch {
	struct fim_watch *with;
	struct fim_total total;
	uint64_t n_gaps, n_looked;
	struct buffer batch; /* what was heard */
	struct buffer more;  /* places that come from elsewhere */
	struct buffer
		seen; /* records of the look that is going on: {gone u8, length u32, record} */
	struct buffer again; /* places that could not be read */
	struct fim_place *places;
	size_t n_places;
	struct actors actors; /* as the listener knows them */
	size_t n_again;
	struct arena scratch;
	int64_t again_s, again_pause_s; /* when; how long the next time */
	int64_t full_s, gap_pause_s;    /* look at everything; after the next gap */
	int64_t gap_s;                  /* the last one */
	int64_t recheck_s;              /* the next */
	int64_t whole_since;            /* by the wall clock: nothing was lost since */
	bool lost, failed;
	bool full; /* the clock went back: times say nothing of what happened meanwhile */
};

/* Ends the watch: @what could not be done. */
void fim_watch_fail(struct watch *w, const char *what, enum status status);

/* Takes an inode of which all names changed: they go to .more. */
void fim_watch_inode(struct watch *w, struct fim_by by, const char *text);
/* Makes .places of the rows of each of @from, in order, none in another.  STATUS_NO_MEMORY. */
MUST_CHECK enum status fim_watch_places(struct watch *w, const struct buffer *const *from,
					size_t n);
/* The place that is looked at and has @path; NULL: everything is looked at. */
const struct fim_place *fim_watch_place(const struct watch *w, struct span path);
/* @context: the watch. */
struct fim_who fim_watch_who(const void *context, const struct fim_change *c);
