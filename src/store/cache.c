/* SPDX-License-Identifier: MIT */
/*
 * The verdict cache in SQLite: looking up and keeping.
 *
 * A scan reads in one read transaction.  New rows wait in memory and are
 * written in one transaction per CACHE_BATCH_ROWS; kill -9 between or inside
 * such a transaction loses rows and nothing else (WAL).  Each row carries a
 * check value, because a bit that flips on the disk must miss, not lie.
 */
#include "store/cache.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "base/memory.h"
#include "source/identity.h"
#include "store/cache_schema.h"

#define CACHE_BATCH_ROWS  1024
#define CACHE_BATCH_BYTES ((size_t)4 << 20)
#define NS                INT64_C(1000000000)

struct pending {
	struct cache_row row; /* .report is empty until it is written: see .where */
	struct range where;   /* of the report in cache->reports */
};

struct cache {
	sqlite3 *db;
	sqlite3_stmt *find;
	int64_t context; /* 0: no row of this context exists yet */
	uint8_t digest[32];
	int64_t donors; /* what rows that depend on the donor index carry; never 0 */
	uint64_t bound;
	struct pending *pending; /* CACHE_BATCH_ROWS of them */
	size_t n_pending;
	struct buffer reports;
	bool reading, writing; /* false: gave up */
	const char *problem;
};

enum find_column {
	FOUND_SIZE,
	FOUND_MTIME,
	FOUND_CTIME,
	FOUND_BTIME,
	FOUND_FROM,
	FOUND_UNTIL,
	FOUND_DONORS,
	FOUND_SUM,
	FOUND_REPORT,
};

static const char find_sql[] =
	"SELECT size, mtime, ctime, btime, holds_from, holds_until, donors, sum, report "
	"FROM reports WHERE context = ?1 AND dev = ?2 AND ino = ?3";
static const char put_sql[] =
	"INSERT OR REPLACE INTO reports(context, dev, ino, size, mtime, ctime, btime, "
	"holds_from, holds_until, donors, sum, report) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, "
	"?8, ?9, ?10, ?11, ?12)";

/* Notes the first problem only: one warning. */
static void cache_note(struct cache *c, int code)
{
	if (!c->problem)
		c->problem = cache_problem(code);
}

static void mix(uint64_t *sum, uint64_t word)
{
	*sum = (*sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	*sum ^= *sum >> 32;
}

/* No secret and no signature: it finds damage, not malice; the folder is private. */
static int64_t row_sum(const struct cache *c, const struct cache_row *row)
{
	const struct source_identity *id = &row->identity;
	struct cursor report = cursor_at(row->report, 0);
	struct cursor digest = cursor_at(SPAN_OF(c->digest), 0);
	uint64_t sum = row->report.len;

	mix(&sum, cursor_u64le(&digest));
	mix(&sum, id->dev);
	mix(&sum, id->ino);
	mix(&sum, id->size);
	mix(&sum, (uint64_t)id->mtime_ns);
	mix(&sum, (uint64_t)id->ctime_ns);
	mix(&sum, (uint64_t)id->btime_ns);
	mix(&sum, (uint64_t)row->holds_from);
	mix(&sum, (uint64_t)row->holds_until);
	mix(&sum, row->depends);
	while (cursor_left(&report) >= 8)
		mix(&sum, cursor_u64le(&report));
	mix(&sum, cursor_le(&report, cursor_left(&report)));
	return (int64_t)sum;
}

static bool find_begin(struct cache *c)
{
	int rc = cache_context(c->db, c->digest, &c->context);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(c->db, "BEGIN", NULL, NULL, NULL);
	if (rc == SQLITE_OK && !c->find)
		rc = sqlite3_prepare_v3(c->db, find_sql, -1, SQLITE_PREPARE_PERSISTENT,
					&c->find, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(c->find, 1, c->context);
	c->reading = rc == SQLITE_OK;
	if (rc != SQLITE_OK)
		cache_note(c, rc);
	return c->reading;
}

static void find_end(struct cache *c)
{
	(void)sqlite3_reset(c->find);
	if (!sqlite3_get_autocommit(c->db))
		(void)sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
}

struct cache *cache_open(const char *path, const uint8_t context[32], const uint8_t donors[32],
			 const char **problem)
{
	struct cursor generation = cursor_at((struct span){ donors, 32 }, 0);
	struct cache *c = memory_new(1, sizeof(*c));

	*problem = "there is no memory for the verdict cache";
	if (!c)
		return NULL;
	(void)span_copy(c->digest, sizeof(c->digest), (struct span){ context, 32 });
	c->donors = (int64_t)(cursor_u64le(&generation) | 1);
	c->bound = CACHE_MAX_BYTES;
	c->reports.limit = CACHE_BATCH_BYTES + CACHE_MAX_REPORT + 1;
	c->pending = memory_new(CACHE_BATCH_ROWS, sizeof(*c->pending));
	if (!c->pending) {
		memory_free(c);
		return NULL;
	}
	c->db = cache_database(path, problem);
	if (!c->db || !find_begin(c)) {
		const char *why = cache_close(c);

		if (why)
			*problem = why;
		return NULL;
	}
	c->writing = true;
	*problem = NULL;
	return c;
}

void cache_bound(struct cache *c, uint64_t bytes)
{
	c->bound = bytes;
}

static bool same_state(sqlite3_stmt *found, const struct source_identity *id)
{
	return sqlite3_column_int64(found, FOUND_SIZE) == (int64_t)id->size &&
	       sqlite3_column_int64(found, FOUND_MTIME) == id->mtime_ns &&
	       sqlite3_column_int64(found, FOUND_CTIME) == id->ctime_ns &&
	       sqlite3_column_int64(found, FOUND_BTIME) == id->btime_ns;
}

bool cache_find(struct cache *c, const struct source_identity *id, int64_t now,
		struct span *report)
{
	struct cache_row row = { .identity = *id };
	int64_t donors;
	int rc;

	*report = SPAN_NONE;
	if (!c->reading || c->context == 0)
		return false;
	(void)sqlite3_reset(c->find);
	(void)sqlite3_bind_int64(c->find, 2, (int64_t)id->dev);
	(void)sqlite3_bind_int64(c->find, 3, (int64_t)id->ino);
	rc = sqlite3_step(c->find);
	if (rc == SQLITE_DONE)
		return false;
	if (rc != SQLITE_ROW) {
		cache_note(c, rc);
		c->reading = c->writing = false;
		return false;
	}
	row.holds_from = sqlite3_column_int64(c->find, FOUND_FROM);
	row.holds_until = sqlite3_column_int64(c->find, FOUND_UNTIL);
	donors = sqlite3_column_int64(c->find, FOUND_DONORS);
	row.depends = donors != 0;
	if (now < row.holds_from || now > row.holds_until || !same_state(c->find, id) ||
	    (row.depends && donors != c->donors))
		return false;
	row.report.ptr = sqlite3_column_blob(c->find, FOUND_REPORT);
	row.report.len = (size_t)sqlite3_column_bytes(c->find, FOUND_REPORT);
	if (!row.report.ptr || row_sum(c, &row) != sqlite3_column_int64(c->find, FOUND_SUM))
		return false;
	*report = row.report;
	return true;
}

static int row_write(struct cache *c, sqlite3_stmt *put, struct pending *p)
{
	const struct source_identity *id = &p->row.identity;
	int rc;

	if (!span_part(buffer_span(&c->reports), p->where.off, p->where.len, &p->row.report))
		return SQLITE_INTERNAL;
	(void)sqlite3_bind_int64(put, 1, c->context);
	(void)sqlite3_bind_int64(put, 2, (int64_t)id->dev);
	(void)sqlite3_bind_int64(put, 3, (int64_t)id->ino);
	(void)sqlite3_bind_int64(put, 4, (int64_t)id->size);
	(void)sqlite3_bind_int64(put, 5, id->mtime_ns);
	(void)sqlite3_bind_int64(put, 6, id->ctime_ns);
	(void)sqlite3_bind_int64(put, 7, id->btime_ns);
	(void)sqlite3_bind_int64(put, 8, p->row.holds_from);
	(void)sqlite3_bind_int64(put, 9, p->row.holds_until);
	(void)sqlite3_bind_int64(put, 10, p->row.depends ? c->donors : 0);
	(void)sqlite3_bind_int64(put, 11, row_sum(c, &p->row));
	(void)sqlite3_bind_blob(put, 12, p->row.report.ptr, (int)p->row.report.len,
				SQLITE_STATIC);
	(void)sqlite3_step(put);
	rc = sqlite3_reset(put);
	(void)sqlite3_clear_bindings(put);
	return rc;
}

/* All pending rows, inside an open write transaction. */
static int rows_write(struct cache *c)
{
	sqlite3_stmt *put = NULL;
	int rc = cache_context_used(c->db, c->digest, clock_wall_s(), &c->context);

	if (rc == SQLITE_OK)
		rc = cache_evict(c->db, c->context, c->bound);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(c->db, put_sql, -1, &put, NULL);
	for (size_t i = 0; rc == SQLITE_OK && i < c->n_pending; i++)
		rc = row_write(c, put, &c->pending[i]);
	(void)sqlite3_finalize(put);
	return rc;
}

static void cache_flush(struct cache *c)
{
	int rc;

	if (c->n_pending == 0)
		return;
	find_end(c);
	rc = sqlite3_exec(c->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = rows_write(c);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(c->db, "COMMIT", NULL, NULL, NULL);
	if (rc != SQLITE_OK) {
		cache_note(c, rc);
		if (!sqlite3_get_autocommit(c->db))
			(void)sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
		/* Another scan may be done soon; everything else will not mend itself. */
		c->writing = (rc & 0xff) == SQLITE_BUSY;
	}
	c->n_pending = 0;
	buffer_clear(&c->reports);
	if (c->reading)
		(void)find_begin(c);
}

void cache_put(struct cache *c, const struct cache_row *row)
{
	/* A file younger than this may still change unseen. */
	int64_t settled = row->read_at * NS - IDENTITY_COARSEST_TICK_NS;
	struct pending *p;

	if (!c->writing || row->report.len == 0 || row->report.len > CACHE_MAX_REPORT ||
	    row->identity.mtime_ns > settled || row->identity.ctime_ns > settled ||
	    row->holds_from > row->holds_until)
		return;
	p = &c->pending[c->n_pending];
	p->row = *row;
	p->row.report = SPAN_NONE;
	p->where = (struct range){ c->reports.len, row->report.len };
	buffer_add(&c->reports, row->report);
	if (buffer_status(&c->reports) != STATUS_OK) {
		c->writing = false;
		return;
	}
	c->n_pending++;
	if (c->n_pending == CACHE_BATCH_ROWS || c->reports.len >= CACHE_BATCH_BYTES)
		cache_flush(c);
}

const char *cache_close(struct cache *c)
{
	const char *problem;

	if (!c)
		return NULL;
	if (c->writing)
		cache_flush(c);
	if (c->db && c->find)
		find_end(c);
	problem = c->problem;
	(void)sqlite3_finalize(c->find);
	(void)sqlite3_close(c->db);
	buffer_free(&c->reports);
	memory_free(c->pending);
	memory_free(c);
	return problem;
}
