/* SPDX-License-Identifier: MIT */
/*
 * Known: decisions on files that have not changed since.
 *
 * A file is known by everything that statx says of it.  That is enough only for
 * files on which a lease was held while they were read, on file systems whose
 * times tell of each change; the watcher sees to that.
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
/* NULL: not known, or under another policy than @epoch. */
const struct decision *known_find(const struct known *k, const struct source_identity *file,
				  uint32_t epoch);
/* SHA-256 of the file as it is, whatever was decided of it.  False: not known. */
MUST_CHECK bool known_digest(const struct known *k, const struct source_identity *file,
			     uint8_t out[32]);
/* Whatever stood in its way is forgotten.  What is not @d->keep is known by its digest alone.
 */
void known_add(struct known *k, const struct source_identity *file, const struct decision *d);
