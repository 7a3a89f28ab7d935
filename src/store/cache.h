/* SPDX-License-Identifier: MIT */
/*
 * Verdict cache: the reports of files that did not change (SQLite, WAL).
 *
 * Never more than a hint: whatever goes wrong with it, the scan goes on
 * without it.  Keyed by inode, size, times and by the digest of everything
 * else that a report depends on, so that any change misses.
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"
#include "source/source.h"

#define CACHE_SCHEMA       2
#define CACHE_MAX_BYTES    ((uint64_t)512 << 20) /* of the database; old contexts go first */
#define CACHE_MAX_CONTEXTS 16
#define CACHE_MAX_REPORT   ((size_t)1 << 20) /* a larger report is not kept */

struct cache;

/*
 * Opens or makes the database at @path (its folder too, mode 0700).
 * @context: SHA-256 over engine version, policy, trust store, options that change a report.
 * @donors: the generation of the donor index, for rows that depend on it.
 * NULL and *@problem (a literal): go on without.
 */
struct cache *cache_open(const char *path, const uint8_t context[32], const uint8_t donors[32],
			 const char **problem);

/*
 * Would a scan have to go on without the database at @path?  Why, a literal;
 * NULL: it would not.  Makes nothing.  *@used: when a scan last kept a report
 * there, seconds since 1970; 0: never, or not known.
 */
MUST_CHECK const char *cache_look(const char *path, int64_t *used);

/* For tests: another bound than CACHE_MAX_BYTES. */
void cache_bound(struct cache *c, uint64_t bytes);

/*
 * The report kept for this file in this state; false: none, or not good at
 * @now.  It lives until the next call with this cache.
 */
MUST_CHECK bool cache_find(struct cache *c, const struct source_identity *id, int64_t now,
			   struct span *report);

struct cache_row {
	struct source_identity identity;
	int64_t read_at;                 /* when reading began */
	int64_t holds_from, holds_until; /* interval of "now" */
	bool depends;                    /* another donor index could give another report */
	struct span report;              /* wire form */
};
/*
 * Keeps a row unless mtime or ctime are younger than read_at - 2 s.  Batched;
 * cache_close() commits.
 */
void cache_put(struct cache *c, const struct cache_row *row);

/* Commits, closes and frees.  What went wrong since cache_open(), a literal, or NULL. */
const char *cache_close(struct cache *c);
