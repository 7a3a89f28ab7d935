/* SPDX-License-Identifier: MIT */
/* Pages of one byte, which are in every program and tell nothing. */
#pragma once
#include "crypto/digest.h"

#define CONSTANT_PAGES 256

/* Is @hash the first eight bytes (big-endian) of the digest of a page of one byte?  By
 * algorithms other than SHA-256 and SHA-1: never. */
bool constant_page(enum digest_algorithm algorithm, uint64_t hash);
