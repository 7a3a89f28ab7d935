/* SPDX-License-Identifier: MIT */
/*
 * The database beside the donor indexes of a folder: donors that are in no big
 * file yet (the tail), and which signed lists were imported and exported.  Only writers open
 * it, one at a time; a reader needs the files alone.
 */
#pragma once
#include "base/status.h"
#include "store/donors_image.h"
#include <sqlite3.h>

#define DONORS_SCHEMA     1
#define DONORS_MAX_TAIL   4096 /* more donors than this leave for a big file */
#define DONORS_MAX_NAME   64   /* bytes of a list's name */
#define DONORS_KEY_BYTES  32   /* of a key's id */
#define DONORS_LIST_BYTES 32   /* of a list's root */

struct donor_database {
	sqlite3 *db;
	const char *problem; /* a literal: what went wrong first */
};

/* Makes it when it is not there.  Everything until donor_database_commit() happens or does not.
 */
MUST_CHECK enum status donor_database_begin(const char *path, struct donor_database *out);
MUST_CHECK enum status donor_database_commit(struct donor_database *d);
/* Forgets what was not committed; usable as CLEANUP(donor_database_end). */
void donor_database_end(struct donor_database *d);

/* *@changed: it is new there, or tells more than what was. */
MUST_CHECK enum status tail_put(struct donor_database *d, const struct donor *donor,
				bool *changed);
MUST_CHECK enum status tail_count(struct donor_database *d, uint64_t *n);
/* What the tail has of one signed digest: valid records, and whether one has pages. */
struct tail_signed {
	uint64_t n;
	bool sketched;
};
MUST_CHECK enum status tail_signings(struct donor_database *d, const struct donor_order *place,
				     struct tail_signed *out);
/* Sightings of this block that are in the tail. */
MUST_CHECK enum status tail_sightings(struct donor_database *d, const uint8_t block[32],
				      uint64_t *n);
/* In order; @each gives what ends it: not STATUS_OK. */
MUST_CHECK enum status tail_each(struct donor_database *d,
				 enum status (*each)(void *context, const struct donor *donor),
				 void *context);
MUST_CHECK enum status tail_remove(struct donor_database *d, const struct donor *donor);
MUST_CHECK enum status tail_clear(struct donor_database *d);

/* The newest list of this name and key that was imported, or exported; sequence 0: none. */
struct list_state {
	bool exported; /* else imported */
	const char *name;
	struct span key; /* DONORS_KEY_BYTES */
	uint64_t sequence;
	uint8_t root[DONORS_LIST_BYTES];
};
MUST_CHECK enum status list_get(struct donor_database *d, struct list_state *s);
MUST_CHECK enum status list_put(struct donor_database *d, const struct list_state *s);
