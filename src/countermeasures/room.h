/* SPDX-License-Identifier: MIT */
/*
 * Room state: what a countermeasure says about itself on this host.
 *
 * A room that cannot tell says unknown, which is zero; nobody remembers an
 * older, better answer for it.
 */
#pragma once
#include "base/arena.h"

#define ROOM_MAX_COUNTS 8

enum room_health {
	ROOM_UNKNOWN,
	ROOM_NOT_BUILT, /* this program has no such room */
	ROOM_OFF,       /* built, and nobody asked for it */
	ROOM_ACTIVE,    /* does all that it is configured to do */
	ROOM_DEGRADED,  /* works, but something that it should have is missing */
	ROOM_FAILED,    /* configured, and does not work */
};

/* "donor records", 4711 */
struct room_count {
	const char *what;
	uint64_t n;
};

/* Strings live as long as the arena of the question; each may be NULL: nothing to say. */
struct room_state {
	enum room_health health;
	bool built, configured;
	const char
		*detail; /* one line, escaped: "donor index: 3 files; no YARA in this build" */
	const char *needs;      /* what would make it whole: "the package libyara4" */
	const char *last_event; /* one line, escaped */
	int64_t last_event_at;  /* 0: never, or not known */
	const char *last_error;
	unsigned sets; /* mask of enum trust_set: for which it has anchors */
	struct room_count counts[ROOM_MAX_COUNTS];
	size_t n_counts;
};

/* What the running guard says of itself. */
struct room_guard {
	bool answers;        /* there is one */
	const char *mode;    /* "learn" "denylist" "allowlist"; NULL */
	const char *problem; /* with its policy; NULL: none */
	uint64_t n_asked, n_denied;
};

/* What a room needs to know to answer; the caller knows where things lie on this host. */
struct room_context {
	struct arena *arena;
	const char *const *databases; /* of anchors, in the order in which they are laid over */
	size_t n_databases;
	const char *const *donor_folders; /* in theirs */
	size_t n_donor_folders;
	const char *journal;        /* folder of what was done to files; NULL: there is none */
	const char *baseline;       /* of how files were; NULL: this user has none */
	size_t n_permit_statements; /* about rights, in the configuration */
	const char *cache;          /* the verdict cache; NULL: there is none for this user */
	const char *refused; /* why each run ends before the first file; NULL: it does not */
	const char *lacking; /* what the settings require and is not there; NULL: nothing */
	struct room_guard guard;
};

/* "unknown", "not-built", "off", "active", "degraded", "failed" */
const char *room_health_word(enum room_health health);
