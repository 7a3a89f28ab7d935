/* SPDX-License-Identifier: MIT */
/* The database under the verdict cache: opening, versions, contexts, size. */
#pragma once
#include "base/attrs.h"
#include <sqlite3.h>
#include <stdint.h>

/*
 * The database at @path, made when there is none and made anew when it is of an
 * older version of ours; in WAL mode, with all tables.  NULL and *@problem (a literal).
 */
sqlite3 *cache_database(const char *path, const char **problem);

/* What an SQLite result code means for a person, a literal. */
const char *cache_problem(int code);

/* The number of the context with this digest; 0: there is none. */
MUST_CHECK int cache_context(sqlite3 *db, const uint8_t digest[32], int64_t *context);
/* The same inside a write transaction: makes it, and notes that it was used at @now. */
MUST_CHECK int cache_context_used(sqlite3 *db, const uint8_t digest[32], int64_t now,
				  int64_t *context);

/*
 * Makes room: while the database uses more than @bound bytes, or holds more
 * than CACHE_MAX_CONTEXTS, the context that was used longest ago goes; when
 * only @keep is left, a quarter of its rows.
 */
MUST_CHECK int cache_evict(sqlite3 *db, int64_t keep, uint64_t bound);
