/* SPDX-License-Identifier: MIT */
#include "store/donors_database.h"

#include "base/buffer.h"
#include "store/database.h"
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION_ID  0x41535344 /* "ASSD" */
#define BUSY_TIMEOUT_MS 10000
#define ROW_ARENA_BYTES ((size_t)1 << 20)
#define NUMBER(x)       NUMBER_TEXT(x)
#define NUMBER_TEXT(x)  #x

static const char create_sql[] =
	"CREATE TABLE tail(place BLOB PRIMARY KEY, block BLOB NOT NULL, seen INTEGER NOT NULL,"
	" sketched INTEGER NOT NULL, donor BLOB NOT NULL, provenance TEXT) STRICT;"
	"CREATE INDEX tail_block ON tail(block);"
	"CREATE TABLE lists(exported INTEGER NOT NULL, name TEXT NOT NULL, key BLOB NOT NULL,"
	" sequence INTEGER NOT NULL, root BLOB NOT NULL,"
	" PRIMARY KEY(exported, name, key)) STRICT, WITHOUT ROWID;"
	"PRAGMA application_id = " NUMBER(APPLICATION_ID) ";"
							  "PRAGMA user_version = " NUMBER(
								  DONORS_SCHEMA) ";";

static const char put_sql[] =
	"INSERT INTO tail(place, block, seen, sketched, donor, provenance)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(place) DO UPDATE SET"
	" sketched = ?4, donor = ?5, provenance = ?6 WHERE ?4 > sketched";

static const char *problem_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: return "the database of donors is damaged";
	case SQLITE_BUSY:
	case SQLITE_LOCKED: return "the database of donors is in use by another program";
	case SQLITE_FULL: return "there is no room for the database of donors";
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM: return "the database of donors cannot be opened for writing";
	case SQLITE_NOMEM: return "there is no memory for the database of donors";
	case SQLITE_ERROR: return "the database of donors has other tables than it should";
	default: return "the database of donors cannot be read or written";
	}
}

static enum status outcome(struct donor_database *d, int code)
{
	code &= 0xff;
	if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
		return STATUS_OK;
	if (!d->problem)
		d->problem = problem_of(code);
	if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR)
		return STATUS_MALFORMED;
	return code == SQLITE_NOMEM ? STATUS_NO_MEMORY : STATUS_IO;
}

static enum status refuse(struct donor_database *d, enum status status, const char *problem)
{
	d->problem = problem;
	return status;
}

static enum status run(struct donor_database *d, const char *sql)
{
	return outcome(d, sqlite3_exec(d->db, sql, NULL, NULL, NULL));
}

/* Its tables, inside the transaction. */
static enum status schema_make(struct donor_database *d)
{
	int64_t version, application, tables;

	TRY(outcome(d, database_number(d->db, "PRAGMA user_version", &version)));
	TRY(outcome(d, database_number(d->db, "PRAGMA application_id", &application)));
	TRY(outcome(d, database_number(d->db, "SELECT count(*) FROM sqlite_schema", &tables)));
	if (application == 0 && version == 0 && tables == 0)
		return run(d, create_sql);
	if (application != APPLICATION_ID)
		return refuse(d, STATUS_USAGE, "donors.db is another program's file");
	if (version > DONORS_SCHEMA)
		return refuse(d, STATUS_UNSUPPORTED,
			      "the database of donors was written by a newer version of assay");
	return STATUS_OK;
}

enum status donor_database_begin(const char *path, struct donor_database *out)
{
	struct stat st;

	*out = (struct donor_database){ 0 };
	if (lstat(path, &st) == 0 ? !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
					    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0
				  : errno != ENOENT)
		return refuse(out, STATUS_USAGE, "donors.db is not this user's own file");
	TRY(outcome(out, sqlite3_open_v2(path, &out->db,
					 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
						 SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
					 NULL)));
	TRY(outcome(out, database_harden(out->db, BUSY_TIMEOUT_MS)));
	TRY(run(out, "PRAGMA synchronous = EXTRA; BEGIN IMMEDIATE"));
	if (sqlite3_db_readonly(out->db, "main") != 0)
		return outcome(out, SQLITE_READONLY);
	return schema_make(out);
}

enum status donor_database_commit(struct donor_database *d)
{
	TRY(run(d, "COMMIT"));
	/* What is done next is another change. */
	return run(d, "BEGIN IMMEDIATE");
}

void donor_database_end(struct donor_database *d)
{
	if (d->db && !sqlite3_get_autocommit(d->db))
		(void)sqlite3_exec(d->db, "ROLLBACK", NULL, NULL, NULL);
	(void)sqlite3_close(d->db);
	d->db = NULL;
}

static int bind_span(sqlite3_stmt *s, int at, struct span bytes)
{
	return sqlite3_bind_blob(s, at, bytes.ptr, (int)bytes.len, SQLITE_STATIC);
}

/* Prepared, or the failure is noted and *@out is NULL: all calls with it fail, harmlessly. */
static enum status prepare(struct donor_database *d, const char *sql, sqlite3_stmt **out)
{
	return outcome(d, sqlite3_prepare_v2(d->db, sql, -1, out, NULL));
}

/* Runs it to its end and frees it. */
static enum status finish(struct donor_database *d, sqlite3_stmt *s)
{
	(void)sqlite3_step(s);
	return outcome(d, sqlite3_finalize(s));
}

enum status tail_put(struct donor_database *d, const struct donor *donor, bool *changed)
{
	CLEANUP(buffer_free) struct buffer bytes = BUFFER_INIT;
	struct donor_order place;
	sqlite3_stmt *put;

	*changed = false;
	donor_order_of(donor, &place);
	donor_encode(&bytes, donor);
	TRY(buffer_status(&bytes));
	TRY(prepare(d, put_sql, &put));
	(void)bind_span(put, 1, SPAN_OF(place.bytes));
	(void)bind_span(put, 2, SPAN_OF(donor->block));
	(void)sqlite3_bind_int(put, 3, donor->kind == DONOR_SEEN);
	(void)sqlite3_bind_int(put, 4, donor_has_contents(donor));
	(void)bind_span(put, 5, buffer_span(&bytes));
	if (donor->provenance)
		(void)sqlite3_bind_text(put, 6, donor->provenance, -1, SQLITE_STATIC);
	TRY(finish(d, put));
	*changed = sqlite3_changes(d->db) > 0;
	return STATUS_OK;
}

enum status tail_count(struct donor_database *d, uint64_t *n)
{
	int64_t count;

	TRY(outcome(d, database_number(d->db, "SELECT count(*) FROM tail", &count)));
	*n = (uint64_t)count;
	return STATUS_OK;
}

enum status tail_sightings(struct donor_database *d, const uint8_t block[32], uint64_t *n)
{
	sqlite3_stmt *ask;

	*n = 0;
	TRY(prepare(d, "SELECT count(*) FROM tail WHERE block = ?1 AND seen = 1", &ask));
	(void)bind_span(ask, 1, (struct span){ block, 32 });
	if (sqlite3_step(ask) == SQLITE_ROW)
		*n = (uint64_t)sqlite3_column_int64(ask, 0);
	return outcome(d, sqlite3_finalize(ask));
}

enum status tail_signings(struct donor_database *d, const struct donor_order *place,
			  struct tail_signed *out)
{
	struct donor_order from = { { 0 } }, to;
	sqlite3_stmt *ask;

	*out = (struct tail_signed){ 0 };
	/* Places begin with the digest, then 0 for what is valid. */
	memset(&to, 0xff, sizeof(to));
	(void)span_copy(from.bytes, IMAGE_KEY_BYTES, SPAN_OF(place->bytes));
	(void)span_copy(to.bytes, IMAGE_KEY_BYTES + 1, SPAN_OF(from.bytes));
	TRY(prepare(d, "SELECT count(*), max(sketched) FROM tail WHERE place BETWEEN ?1 AND ?2",
		    &ask));
	(void)bind_span(ask, 1, SPAN_OF(from.bytes));
	(void)bind_span(ask, 2, SPAN_OF(to.bytes));
	if (sqlite3_step(ask) == SQLITE_ROW) {
		out->n = (uint64_t)sqlite3_column_int64(ask, 0);
		out->sketched = sqlite3_column_int64(ask, 1) != 0;
	}
	return outcome(d, sqlite3_finalize(ask));
}

static enum status row_read(sqlite3_stmt *row, struct arena *a, struct donor *out)
{
	struct span bytes = { sqlite3_column_blob(row, 0),
			      (size_t)sqlite3_column_bytes(row, 0) };
	const char *provenance = (const char *)sqlite3_column_text(row, 1);

	TRY(donor_decode(a, bytes, out));
	if (out->kind == DONOR_NONE || out->digest.algorithm == DIGEST_NONE)
		return STATUS_MALFORMED;
	out->provenance = provenance;
	return STATUS_OK;
}

enum status tail_each(struct donor_database *d,
		      enum status (*each)(void *context, const struct donor *donor),
		      void *context)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(ROW_ARENA_BYTES);
	enum status status = STATUS_OK;
	struct donor donor;
	sqlite3_stmt *ask;

	TRY(prepare(d, "SELECT donor, provenance FROM tail ORDER BY place", &ask));
	while (status == STATUS_OK && sqlite3_step(ask) == SQLITE_ROW) {
		arena_reset(&a);
		status = row_read(ask, &a, &donor);
		if (status == STATUS_MALFORMED)
			d->problem = problem_of(SQLITE_CORRUPT);
		if (status == STATUS_OK)
			status = each(context, &donor);
	}
	if (status != STATUS_OK) {
		(void)sqlite3_finalize(ask);
		return status;
	}
	return outcome(d, sqlite3_finalize(ask));
}

enum status tail_remove(struct donor_database *d, const struct donor *donor)
{
	struct donor_order place;
	sqlite3_stmt *drop;

	donor_order_of(donor, &place);
	TRY(prepare(d, "DELETE FROM tail WHERE place = ?1", &drop));
	(void)bind_span(drop, 1, SPAN_OF(place.bytes));
	return finish(d, drop);
}

enum status tail_clear(struct donor_database *d)
{
	return run(d, "DELETE FROM tail");
}

static void list_bind(sqlite3_stmt *s, const struct list_state *list)
{
	(void)sqlite3_bind_int(s, 1, list->exported);
	(void)sqlite3_bind_text(s, 2, list->name, -1, SQLITE_STATIC);
	(void)bind_span(s, 3, list->key);
}

enum status list_get(struct donor_database *d, struct list_state *s)
{
	sqlite3_stmt *ask;

	s->sequence = 0;
	memset(s->root, 0, sizeof(s->root));
	TRY(prepare(d,
		    "SELECT sequence, root FROM lists WHERE exported = ?1 AND name = ?2"
		    " AND key = ?3",
		    &ask));
	list_bind(ask, s);
	if (sqlite3_step(ask) == SQLITE_ROW) {
		s->sequence = (uint64_t)sqlite3_column_int64(ask, 0);
		(void)span_copy(s->root, sizeof(s->root),
				(struct span){ sqlite3_column_blob(ask, 1),
					       (size_t)sqlite3_column_bytes(ask, 1) });
	}
	return outcome(d, sqlite3_finalize(ask));
}

enum status list_put(struct donor_database *d, const struct list_state *s)
{
	sqlite3_stmt *put;

	TRY(prepare(d,
		    "INSERT OR REPLACE INTO lists(exported, name, key, sequence, root)"
		    " VALUES (?1, ?2, ?3, ?4, ?5)",
		    &put));
	list_bind(put, s);
	(void)sqlite3_bind_int64(put, 4, (int64_t)s->sequence);
	(void)bind_span(put, 5, SPAN_OF(s->root));
	return finish(d, put);
}
