/* SPDX-License-Identifier: MIT */
/* fs-verity: a signature over the root of a tree of hashes
 * (Documentation/filesystems/fsverity). */
#pragma once
#include "verify/scheme.h"

#define FSVERITY_BLOCK 4096

extern const struct scheme scheme_fsverity;

/*
 * The file digest by fs-verity: @leaves are the SHA-256 of its blocks of
 * FSVERITY_BLOCK bytes, the last one filled up with zeros; no salt.  STATUS_NO_MEMORY only.
 */
MUST_CHECK enum status fsverity_digest(const struct digest_job *leaves, size_t n, uint64_t size,
				       struct digest *out);
