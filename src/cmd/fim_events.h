/* SPDX-License-Identifier: MIT */
/*
 * What a watch tells, among the events of this host (assay events) and in its logs,
 * like what the guard tells: by a recorder of its own, which writes to the same
 * database.
 */
#pragma once
#include "cmd/fim.h"
#include "cmd/settings.h"
#include "daemon/recording.h"

struct fim_upgrade;

struct fim_events {
	const char *path; /* of the database */
	struct ledger *ledger;
	struct recording *recording;
	int other;        /* a descriptor that is not the recorder's */
	const char *told; /* the last problem that was complained of */
};

/* While sockets can still be made.  STATUS_NO_MEMORY only. */
MUST_CHECK enum status fim_events_prepare(struct fim_events *e, const struct settings *s);
/* Once this process is confined, as the recorder then is; @other is not for that. */
void fim_events_begin(struct fim_events *e, int other);

/* The worst first: there is an end of what is kept in a second.  @who_is: who did it. */
void fim_events_changes(struct fim_events *e, const struct fim_look *look,
			struct fim_who (*who_is)(const void *context,
						 const struct fim_change *c),
			const void *context);
void fim_events_upgrade(struct fim_events *e, const struct fim_upgrade *u);
void fim_events_notice(struct fim_events *e, const struct fim_notice *n);

/* Hands on what waits, and complains when nothing can be kept. */
void fim_events_step(struct fim_events *e);
/* Milliseconds until the next step; -1: there is nothing to do. */
int fim_events_wait(const struct fim_events *e);
/* Becomes readable when there is a step to be taken; -1: never. */
int fim_events_fd(const struct fim_events *e);
/* Waits for a while until everything is kept; how many never were. */
uint64_t fim_events_settle(struct fim_events *e);
void fim_events_end(struct fim_events *e);
