/* SPDX-License-Identifier: MIT */
/*
 * The database under the verdict cache.
 *
 * It decides what a scan prints, so it must belong to the one who scans: the
 * folder and the file are the user's own and writable by nobody else.
 */
#include "store/cache_schema.h"

#include "base/clock.h"
#include "base/limits.h"
#include "source/paths.h"
#include "store/cache.h"
#include "store/database.h"
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION_ID   0x41535359 /* "ASSY", so that file(1) and we know it again */
#define PATH_ARENA_BYTES ((size_t)1 << 20)
#define BUSY_TIMEOUT_MS  200
#define PAGES_KEPT_KIB   "-8192"
#define NUMBER(x)        NUMBER_TEXT(x)
#define NUMBER_TEXT(x)   #x

static const char create_sql[] =
	"DROP TABLE IF EXISTS reports;"
	"DROP TABLE IF EXISTS contexts;"
	"CREATE TABLE contexts(id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE,"
	" used INTEGER NOT NULL) STRICT;"
	"CREATE TABLE reports(context INTEGER NOT NULL, dev INTEGER NOT NULL,"
	" ino INTEGER NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL,"
	" ctime INTEGER NOT NULL, btime INTEGER NOT NULL, holds_from INTEGER NOT NULL,"
	" holds_until INTEGER NOT NULL, donors INTEGER NOT NULL, sum INTEGER NOT NULL, report "
	"BLOB NOT NULL,"
	" PRIMARY KEY(context, dev, ino)) STRICT, WITHOUT ROWID;"
	"PRAGMA application_id = " NUMBER(APPLICATION_ID) ";"
							  "PRAGMA user_version = " NUMBER(
								  CACHE_SCHEMA) ";";

const char *cache_problem(int code)
{
	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return "the verdict cache is damaged; remove it to have a new one";
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return "the verdict cache is in use by another scan";
	case SQLITE_FULL: return "there is no room for the verdict cache";
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM: return "the verdict cache cannot be opened for writing";
	case SQLITE_NOMEM: return "there is no memory for the verdict cache";
	case SQLITE_ERROR: return "the verdict cache has other tables than it should";
	default: return "the verdict cache cannot be read or written";
	}
}

/* Is the database there, of this version?  *@fits false: it is to be made anew. */
static int schema_check(sqlite3 *db, bool *fits, const char **problem)
{
	int64_t version, application, tables;
	int rc = database_number(db, "PRAGMA user_version", &version);

	if (rc == SQLITE_OK)
		rc = database_number(db, "PRAGMA application_id", &application);
	if (rc == SQLITE_OK)
		rc = database_number(db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (rc != SQLITE_OK)
		return rc;
	*fits = application == APPLICATION_ID && version == CACHE_SCHEMA;
	if (application != APPLICATION_ID && (tables != 0 || application != 0))
		*problem = "the file at the verdict cache's path is another program's";
	else if (version > CACHE_SCHEMA)
		*problem = "the verdict cache was written by a newer version";
	return SQLITE_OK;
}

static int schema_make(sqlite3 *db, const char **problem)
{
	bool fits = false;
	int rc = schema_check(db, &fits, problem);

	if (rc != SQLITE_OK || fits || *problem)
		return rc;
	rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return rc;
	/* Somebody else may have made it between the two. */
	rc = schema_check(db, &fits, problem);
	if (rc == SQLITE_OK && !fits && !*problem)
		rc = sqlite3_exec(db, create_sql, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

static int set_wal(sqlite3 *db)
{
	sqlite3_stmt *ask = NULL;
	int rc = sqlite3_prepare_v2(db, "PRAGMA journal_mode = WAL", -1, &ask, NULL);

	if (rc == SQLITE_OK) {
		const char *mode;

		rc = sqlite3_step(ask);
		mode = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(ask, 0) : NULL;
		if (rc == SQLITE_ROW)
			rc = mode && strcmp(mode, "wal") == 0 ? SQLITE_OK : SQLITE_READONLY;
	}
	(void)sqlite3_finalize(ask);
	return rc;
}

static int settings_apply(sqlite3 *db)
{
	int rc = database_harden(db, BUSY_TIMEOUT_MS);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db,
				  "PRAGMA synchronous = NORMAL;"
				  "PRAGMA cache_size = " PAGES_KEPT_KIB ";",
				  NULL, NULL, NULL);
	return rc;
}

/* Makes the folders above @path that are missing; *@folder is the last of them. */
static const char *folder_make(struct arena *a, const char *path, const char **folder)
{
	struct span whole = SPAN_TEXT(path), slash = SPAN_TEXT("/");
	uint64_t at;

	*folder = ".";
	if (whole.len == 0 || whole.len >= PATH_MAX_BYTES)
		return "the path of the verdict cache is empty or too long";
	if (span_at(whole, 0) == '/')
		*folder = "/";
	for (uint64_t from = 1; span_find(whole, slash, from, &at); from = at + 1) {
		*folder = arena_string(a, span_clip(whole, 0, at));
		if (!*folder)
			return cache_problem(SQLITE_NOMEM);
		if (mkdir(*folder, 0700) != 0 && errno != EEXIST)
			return "the folder of the verdict cache cannot be made";
	}
	return NULL;
}

/* A database that others can write would let them choose what a scan prints. */
static const char *folder_check(const char *path, const char *folder)
{
	struct stat st;

	if (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return "the folder of the verdict cache is not this user's alone";
	if (lstat(path, &st) != 0)
		return errno == ENOENT ? NULL : "the verdict cache cannot be opened";
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return "the verdict cache is not this user's own file";
	return NULL;
}

sqlite3 *cache_database(const char *path, const char **problem)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(PATH_ARENA_BYTES);
	const char *folder;
	sqlite3 *db = NULL;
	int rc;

	*problem = folder_make(&a, path, &folder);
	if (!*problem)
		*problem = folder_check(path, folder);
	if (*problem)
		return NULL;
	rc = sqlite3_open_v2(path, &db,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
				     SQLITE_OPEN_EXRESCODE,
			     NULL);
	if (rc == SQLITE_OK)
		rc = settings_apply(db);
	if (rc == SQLITE_OK && sqlite3_db_readonly(db, "main") != 0)
		rc = SQLITE_READONLY;
	if (rc == SQLITE_OK) /* before WAL: what is not ours is not touched */
		rc = schema_make(db, problem);
	if (rc == SQLITE_OK && !*problem)
		rc = set_wal(db);
	if (rc != SQLITE_OK && !*problem)
		*problem = cache_problem(rc);
	if (*problem) {
		(void)sqlite3_close(db);
		return NULL;
	}
	return db;
}

/* The newest mark of a scan, if the tables are ours. */
static int used_look(sqlite3 *db, int64_t *used, const char **problem)
{
	bool fits = false;
	int rc = schema_check(db, &fits, problem);

	if (rc != SQLITE_OK || *problem || !fits)
		return rc;
	return database_number(db, "SELECT max(used) FROM contexts", used);
}

const char *cache_look(const char *path, int64_t *used)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(PATH_ARENA_BYTES);
	const char *folder = path_folder(&a, path), *problem = NULL;
	struct stat st;
	sqlite3 *db = NULL;
	int rc;

	*used = 0;
	if (!folder)
		return cache_problem(SQLITE_NOMEM);
	if (stat(folder, &st) != 0 && errno == ENOENT)
		return NULL;
	problem = folder_check(path, folder);
	if (problem || lstat(path, &st) != 0)
		return problem;
	/* For writing: a reader alone would leave files of WAL mode behind. */
	rc = sqlite3_open_v2(
		path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
		NULL);
	if (rc == SQLITE_OK)
		rc = database_harden(db, 0);
	if (rc == SQLITE_OK)
		rc = used_look(db, used, &problem);
	(void)sqlite3_close(db);
	if ((rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED)
		return NULL; /* a scan is at work on it */
	return rc == SQLITE_OK || problem ? problem : cache_problem(rc);
}

int cache_context(sqlite3 *db, const uint8_t digest[32], int64_t *context)
{
	sqlite3_stmt *ask = NULL;
	int rc = sqlite3_prepare_v2(db, "SELECT id FROM contexts WHERE digest = ?1", -1, &ask,
				    NULL);

	*context = 0;
	if (rc == SQLITE_OK) {
		(void)sqlite3_bind_blob(ask, 1, digest, 32, SQLITE_STATIC);
		rc = sqlite3_step(ask);
		if (rc == SQLITE_ROW)
			*context = sqlite3_column_int64(ask, 0);
		rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
	}
	(void)sqlite3_finalize(ask);
	return rc;
}

int cache_context_used(sqlite3 *db, const uint8_t digest[32], int64_t now, int64_t *context)
{
	sqlite3_stmt *put = NULL;
	int rc = sqlite3_prepare_v2(db,
				    "INSERT INTO contexts(digest, used) VALUES (?1, ?2)"
				    " ON CONFLICT(digest) DO UPDATE SET used = ?2",
				    -1, &put, NULL);

	if (rc == SQLITE_OK) {
		(void)sqlite3_bind_blob(put, 1, digest, 32, SQLITE_STATIC);
		(void)sqlite3_bind_int64(put, 2, now);
		(void)sqlite3_step(put);
		rc = sqlite3_reset(put);
	}
	(void)sqlite3_finalize(put);
	return rc == SQLITE_OK ? cache_context(db, digest, context) : rc;
}

static int bytes_used(sqlite3 *db, uint64_t *out)
{
	int64_t pages, unused, size;
	int rc = database_number(db, "PRAGMA page_count", &pages);

	*out = 0;
	if (rc == SQLITE_OK)
		rc = database_number(db, "PRAGMA freelist_count", &unused);
	if (rc == SQLITE_OK)
		rc = database_number(db, "PRAGMA page_size", &size);
	if (rc == SQLITE_OK && pages > unused)
		*out = (uint64_t)(pages - unused) * (uint64_t)size;
	return rc;
}

static int delete_rows(sqlite3 *db, const char *sql, int64_t context, int64_t quarter)
{
	sqlite3_stmt *drop = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &drop, NULL);

	if (rc == SQLITE_OK) {
		(void)sqlite3_bind_int64(drop, 1, context);
		if (sqlite3_bind_parameter_count(drop) > 1)
			(void)sqlite3_bind_int64(drop, 2, quarter);
		(void)sqlite3_step(drop);
		rc = sqlite3_reset(drop);
	}
	(void)sqlite3_finalize(drop);
	return rc;
}

/* The context used longest ago, other than @keep; 0: none. */
static int context_oldest(sqlite3 *db, int64_t keep, int64_t *oldest)
{
	sqlite3_stmt *ask = NULL;
	int rc = sqlite3_prepare_v2(
		db, "SELECT id FROM contexts WHERE id <> ?1 ORDER BY used, id LIMIT 1", -1,
		&ask, NULL);

	*oldest = 0;
	if (rc == SQLITE_OK) {
		(void)sqlite3_bind_int64(ask, 1, keep);
		rc = sqlite3_step(ask);
		if (rc == SQLITE_ROW)
			*oldest = sqlite3_column_int64(ask, 0);
		rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
	}
	(void)sqlite3_finalize(ask);
	return rc;
}

int cache_evict(sqlite3 *db, int64_t keep, uint64_t bound)
{
	for (;;) {
		int64_t contexts, oldest;
		uint64_t used;
		int rc = bytes_used(db, &used);

		if (rc == SQLITE_OK)
			rc = database_number(db, "SELECT count(*) FROM contexts", &contexts);
		if (rc != SQLITE_OK || (used <= bound && contexts <= CACHE_MAX_CONTEXTS))
			return rc;
		rc = context_oldest(db, keep, &oldest);
		if (rc != SQLITE_OK)
			return rc;
		/* Which quarter: another one each time, so that none is always gone. */
		if (oldest == 0)
			return delete_rows(
				db, "DELETE FROM reports WHERE context = ?1 AND (ino & 3) = ?2",
				keep, clock_wall_s() & 3);
		rc = delete_rows(db, "DELETE FROM reports WHERE context = ?1", oldest, 0);
		if (rc == SQLITE_OK)
			rc = delete_rows(db, "DELETE FROM contexts WHERE id = ?1", oldest, 0);
		if (rc != SQLITE_OK)
			return rc;
	}
}
