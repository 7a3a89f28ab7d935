/* SPDX-License-Identifier: MIT */
/*
 * Known: decisions on files that have not changed since.
 *
 * A file is known by everything that statx says of it.  That is enough only for
 * files on which a lease was held while they were read, which the watcher sees to,
 * and on file systems whose times tell of each change.  Who can write to a file may
 * know how to keep its times: what others than root can write to is known only as
 * long as nobody has had it open to write (writes.h).
 */
#pragma once
#include "daemon/decision.h"

struct known;

#define KNOWN_ROWS ((size_t)1 << 16)

/* NULL: no memory. */
MUST_CHECK struct known *known_new(void);
void known_free(struct known *k);

/*
 * What was mounted has changed @mounts times: nothing of before counts any more.  The number of
 * a device that has gone is given to the next one, and all else stands in its image.
 */
void known_mounts(struct known *k, uint32_t mounts);
/* NULL: not known, or under another policy than @epoch.  @fd: of the file, under a lease. */
const struct decision *known_find(struct known *k, int fd, const struct source_identity *file,
				  uint32_t epoch);
/*
 * SHA-256 of the @file as it is, whatever was decided of it.  False: not known.  It runs, so
 * that nobody has it open to write.
 */
MUST_CHECK bool known_digest(struct known *k, const struct source_identity *file,
			     uint8_t out[32]);
/*
 * Whatever stood in its way is forgotten.  What is not @d->keep is known by its digest alone.
 * Nothing is known of it if a change could go unseen.  The lease on @fd has to hold still
 * when this is done; else it is to be forgotten.
 */
void known_add(struct known *k, int fd, const struct source_identity *file,
	       const struct decision *d);
void known_forget(struct known *k, const struct source_identity *file);
/* Now and then. */
void known_age(struct known *k, int64_t now_ms);
