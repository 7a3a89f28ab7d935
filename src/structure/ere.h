/* SPDX-License-Identifier: MIT */
/*
 * Extended regular expressions (POSIX.1-2017, 9.4), as seals of bundles use them.
 *
 * They come out of files, so nothing is tried and taken back: all ways through
 * the expression go on together, one step for each byte of the text (Thompson,
 * 1968), and every step is counted.  Bytes, not letters; no back references, no
 * collating elements.
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"

#define ERE_MAX_BYTES  1024 /* of an expression */
#define ERE_MAX_STATES 4096 /* repetitions are written out */
#define ERE_MAX_DEPTH  16   /* of groups in each other */
#define ERE_MAX_REPEAT 255  /* RE_DUP_MAX */

struct ere;

/* STATUS_MALFORMED: it is none; STATUS_LIMIT: a limit above; STATUS_UNSUPPORTED: see above. */
MUST_CHECK enum status ere_read(struct arena *a, struct span pattern, struct ere **out);

/*
 * Is there a match anywhere in @text?  Takes what it costs from *@effort; STATUS_LIMIT:
 * that is used up.
 */
MUST_CHECK enum status ere_match(struct ere *e, struct span text, uint64_t *effort, bool *out);
