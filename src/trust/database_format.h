/* SPDX-License-Identifier: MIT */
/* Sizes and marks of the database file that its reader and its writer share. */
#pragma once
#include "trust/database.h"

#define MAGIC_BYTES     8
#define CHECKSUM_OFFSET 24
#define HEADER_BYTES    (CHECKSUM_OFFSET + 32 + TABLE_COUNT * 16)

#define RECORD_BYTES       176
#define INDEX_BYTES        36
#define DISTRUST_KEY_BYTES (1 + DATABASE_DIGEST_MAX)
#define DISTRUST_BYTES     56
#define REVOCATION_BYTES   48
#define LIST_BYTES         88

enum record_flag {
	FLAG_PUBLIC_ROOT = 1 << 0,
	FLAG_OWN_ROOT = 1 << 1,
	FLAG_DISALLOWED = 1 << 2,
	FLAG_DISALLOWED_EMPTY = 1 << 3,
	FLAG_NOT_BEFORE = 1 << 4,
	FLAG_NOT_BEFORE_EMPTY = 1 << 5,
};

struct row_format {
	size_t bytes, key;
};
struct row_format database_row_format(enum database_table t);
