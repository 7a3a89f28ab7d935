/* SPDX-License-Identifier: MIT */
/* The file systems that a look meets: what they are called, and whether their times tell. */
#pragma once
#include "countermeasures/file_integrity_monitoring/volumes.h"
#include "source/identity.h"
#include "source/walk.h"

struct fim_volumes {
	struct baseline_volume *each;
	enum identity_telling *tells; /* of each */
	size_t n, room, last;         /* .last: met last */
	/* The last answer of fim_volumes_now(). */
	uint64_t asked, answer;
	bool has_answer;
};

/* NULL is fine. */
void fim_volumes_free(struct fim_volumes *v);

/* @e lies on @dev.  STATUS_NO_MEMORY only: what cannot be asked is not known. */
MUST_CHECK enum status fim_volumes_meet(struct fim_volumes *v, const struct walk_entry *e,
					uint64_t dev);
/* Can the content of what @x tells of be another only with other times?  Not on a file
 * system that was not met, or for which there was no room. */
struct statx;
bool fim_volumes_times_tell(const struct fim_volumes *v, const struct statx *x);

/* fim_volume_now() of what was met. */
uint64_t fim_volumes_now(struct fim_volumes *v, const struct baseline_about *was, uint64_t dev);

/*
 * Sets .volumes of @about: what was met, and what @was (NULL: nothing) knows that was not.
 * @a owns the list.
 */
MUST_CHECK enum status fim_volumes_write(struct arena *a, const struct fim_volumes *v,
					 const struct baseline_about *was,
					 struct baseline_about *about);
