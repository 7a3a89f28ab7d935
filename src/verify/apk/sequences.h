/* SPDX-License-Identifier: MIT */
/* Length-prefixed sequences.  Private to src/verify/apk. */
#pragma once
#include "verify/apk/state.h"

/* The next bytes after their length; fails the cursor. */
struct span apk_prefixed(struct cursor *c);

/* All records of an algorithm and a value; false: they break off, or are too many. */
MUST_CHECK bool apk_records_read(struct span in, struct apk_record *out, size_t *n);

/* Verifies @signature over @data by one of the algorithms. */
MUST_CHECK enum status apk_verify(const struct apk_algorithm *algorithm,
				  const struct public_key *key, struct span data,
				  struct span signature, enum signature_result *out);
