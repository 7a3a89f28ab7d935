/* SPDX-License-Identifier: MIT */
/*
 * Tier A: programs in the kernel (BPF LSM) that compare what is to be run with what was
 * decided, without asking anybody (host/bpf/tier_a.bpf.c).
 *
 * What they know stands in maps, and maps and programs in files of a folder of bpffs: both
 * outlive us, so what was denied stays so when nobody is there any more.  Whoever starts the
 * next time takes the maps over and puts his programs in the place of the old ones.
 */
#pragma once
#include "base/span.h"
#include "base/status.h"
#include "host/bpf/shared.h"

#define TIER_A_FOLDER "/sys/fs/bpf/assay"

/* How it began. */
struct tier_a_state {
	bool on;
	int error;          /* errno; 0: none */
	const char *reason; /* in words, a literal: why not, or NULL */
	const char *lacks;  /* hooks that this kernel has not, though it is on; NULL */
};

struct tier_a;

/*
 * Loads the programs, tries them on a file of our own, attaches and pins them in @folder.
 * Before anything is guarded, while single-threaded.  NULL: @state says why not.  They do
 * nothing yet but what those did that were pinned there.
 */
struct tier_a *tier_a_begin(const char *folder, struct tier_a_state *state);
/*
 * Takes away what a daemon before us has pinned in @folder, unless it still beats: nobody
 * would ever lift what it denied.
 */
void tier_a_drop(const char *folder);
/* In this process only; what is pinned stays.  NULL: nothing. */
void tier_a_end(struct tier_a *t);

/*
 * Of the supervisor.  File systems that are guarded, by their numbers (stat(2)), are named
 * one by one whenever they are looked through; what was not named the last two times is
 * guarded no more.
 */
void tier_a_place(const struct tier_a *t, uint64_t device);
void tier_a_places_end(struct tier_a *t);
/* Somebody is there who answers; without, for ten seconds, nothing but what is known to be bad
 * is refused. */
void tier_a_beat(const struct tier_a *t);
/* Nobody will be there any more. */
void tier_a_leave(const struct tier_a *t);

/* Of the watcher.  What counts from now on. */
/* @ns: before the kernel was made to ask about everything again (tier_a_now()). */
uint64_t tier_a_now(void);
void tier_a_flushed(const struct tier_a *t, uint64_t ns);
void tier_a_rule(const struct tier_a *t, const struct tier_a_rule *rule);
/* The number of @epoch, that no other daemon before us used. */
uint64_t tier_a_epoch(const struct tier_a *t, uint32_t epoch);
/*
 * How often the file was opened to be written to, and which it is.  Asked before a lease is: a
 * writer that is not in this number either keeps us from the lease, or waits for it and is in
 * the next.
 */
MUST_CHECK bool tier_a_look(const struct tier_a *t, int fd, struct tier_a_seen *seen);
/* @word holds of what was @seen. */
void tier_a_tell(const struct tier_a *t, int fd, const struct tier_a_seen *seen,
		 const struct tier_a_word *word);
/* Is that the last word of it? */
MUST_CHECK bool tier_a_denies(const struct tier_a *t, int fd, const struct tier_a_seen *seen);

/* What the kernel's programs did by themselves.  One process at a time. */
struct tier_a_records;
MUST_CHECK struct tier_a_records *
tier_a_records_new(const struct tier_a *t,
		   void (*take)(void *context, const struct tier_a_record *r), void *context);
void tier_a_records_free(struct tier_a_records *r);
/* To wait for; readable when there are some. */
int tier_a_records_descriptor(const struct tier_a_records *r);
void tier_a_records_read(struct tier_a_records *r);
