/* SPDX-License-Identifier: MIT */
#include "store/events.h"

#include "base/memory.h"
#include "store/database.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define APPLICATION_ID  0x41534556 /* "ASEV" */
#define VERSION         3
#define BUSY_TIMEOUT_MS 500
#define NUMBER(x)       NUMBER_TEXT(x)
#define NUMBER_TEXT(x)  #x

const char events_none_yet[] = "there are no events yet";

static const char create_sql[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE IF NOT EXISTS events(id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" time INTEGER NOT NULL, kind INTEGER NOT NULL, pid INTEGER NOT NULL,"
	" uid INTEGER NOT NULL, login INTEGER NOT NULL, path BLOB, caller BLOB, unit BLOB,"
	" verdict TEXT, rule TEXT, line TEXT, why TEXT, sha256 BLOB,"
	" waited INTEGER NOT NULL, count INTEGER NOT NULL, cgroup BLOB, mode TEXT, allowed "
	"INTEGER, findings TEXT, severity TEXT, was TEXT, place BLOB, actor TEXT) STRICT;"
	"PRAGMA application_id = " NUMBER(APPLICATION_ID) ";"
							  "PRAGMA user_version = " NUMBER(
								  VERSION) ";"
									   "COMMIT;";
/* What each version did not know that the next one knows. */
static const char *const widen_sql[VERSION] = {
	[1] = "BEGIN IMMEDIATE;"
	      "ALTER TABLE events ADD COLUMN cgroup BLOB;"
	      "ALTER TABLE events ADD COLUMN mode TEXT;"
	      "ALTER TABLE events ADD COLUMN allowed INTEGER;"
	      "PRAGMA user_version = 2; COMMIT;",
	[2] = "BEGIN IMMEDIATE;"
	      "ALTER TABLE events ADD COLUMN findings TEXT;"
	      "ALTER TABLE events ADD COLUMN severity TEXT;"
	      "ALTER TABLE events ADD COLUMN was TEXT;"
	      "ALTER TABLE events ADD COLUMN place BLOB;"
	      "ALTER TABLE events ADD COLUMN actor TEXT;"
	      "PRAGMA user_version = 3; COMMIT;",
};
static const char add_sql[] =
	"INSERT INTO events(time, kind, pid, uid, login, path, caller, unit, verdict, rule,"
	" line, why, sha256, waited, count, cgroup, mode, allowed, findings, severity, was,"
	" place, actor)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, "
	"?18, ?19, ?20, ?21, ?22, ?23)";
static const char trim_sql[] =
	"DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - " NUMBER(
		EVENTS_MAX_ROWS);
static const char each_sql[] =
	"SELECT id, time, kind, pid, uid, login, path, caller, unit, verdict, rule, line, why,"
	" sha256, waited, count, cgroup, mode, allowed, findings, severity, was, place, actor"
	" FROM (SELECT * FROM events WHERE id > "
	"?1 AND "
	"time >= ?2"
	" AND (?3 = 0 OR kind = ?3) ORDER BY id DESC LIMIT ?4) ORDER BY id";

enum column {
	COLUMN_ID,
	COLUMN_TIME,
	COLUMN_KIND,
	COLUMN_PID,
	COLUMN_UID,
	COLUMN_LOGIN,
	COLUMN_PATH,
	COLUMN_CALLER,
	COLUMN_UNIT,
	COLUMN_VERDICT,
	COLUMN_RULE,
	COLUMN_LINE,
	COLUMN_WHY,
	COLUMN_SHA256,
	COLUMN_WAITED,
	COLUMN_COUNT,
	COLUMN_CGROUP,
	COLUMN_MODE,
	COLUMN_ALLOWED,
	COLUMN_FINDINGS,
	COLUMN_SEVERITY,
	COLUMN_WAS,
	COLUMN_PLACE,
	COLUMN_ACTOR,
};

struct events {
	sqlite3 *db;
	sqlite3_stmt *add;
	bool writing; /* a transaction is open */
};

const char *event_kind_word(enum event_kind kind)
{
	static const char *const words[] = { "none",   "denied",  "would-deny", "audited",
					     "failed", "service", "dropped",    "changed" };
	_Static_assert(COUNT_OF(words) == EVENT_KINDS, "each kind has a word");

	return (size_t)kind < COUNT_OF(words) ? words[kind] : words[EVENT_NONE];
}

static const char *version_problem(sqlite3 *db, bool writes)
{
	int64_t application, version, tables;

	if (database_number(db, "PRAGMA application_id", &application) != SQLITE_OK ||
	    database_number(db, "PRAGMA user_version", &version) != SQLITE_OK ||
	    database_number(db, "SELECT count(*) FROM sqlite_schema", &tables) != SQLITE_OK)
		return sqlite3_errcode(db) == SQLITE_NOTADB ||
				       sqlite3_errcode(db) == SQLITE_CORRUPT
			       ? "the events are damaged, or no database at all"
			       : "the events cannot be read";
	if (tables == 0 && application == 0)
		return writes ? NULL : events_none_yet;
	if (application != APPLICATION_ID)
		return "the file at the events' path is another program's";
	if (version < VERSION && !writes)
		return "the events were written by an older version; assayd brings them up to "
		       "date when it starts";
	return version > VERSION ? "the events were written by a newer version" : NULL;
}

/* Another service may be at the same: then the one who comes later fails, and tries again. */
static bool table_make(sqlite3 *db)
{
	int64_t version;

	if (database_number(db, "PRAGMA user_version", &version) != SQLITE_OK)
		return false;
	if (version == 0)
		return sqlite3_exec(db, create_sql, NULL, NULL, NULL) == SQLITE_OK;
	for (; version < VERSION; version++)
		if (sqlite3_exec(db, widen_sql[version], NULL, NULL, NULL) != SQLITE_OK)
			return false;
	return true;
}

static const char *database_begin(struct events *e, const char *path, bool writes)
{
	int flags = writes ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
	const char *problem;

	if (sqlite3_open_v2(path, &e->db, flags, NULL) != SQLITE_OK ||
	    database_harden(e->db, BUSY_TIMEOUT_MS) != SQLITE_OK)
		return "the events cannot be opened";
	problem = version_problem(e->db, writes);
	if (problem || !writes)
		return problem;
	if (sqlite3_exec(e->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;", NULL,
			 NULL, NULL) != SQLITE_OK ||
	    !table_make(e->db) ||
	    sqlite3_prepare_v2(e->db, add_sql, -1, &e->add, NULL) != SQLITE_OK)
		return "the events cannot be written";
	return NULL;
}

struct events *events_open(const char *path, bool writes, const char **problem)
{
	struct events *e = (struct events *)memory_new(1, sizeof(*e));
	mode_t before;
	int error;

	*problem = "there is no memory for the events";
	errno = 0;
	if (!e)
		return NULL;
	before = umask(077);
	*problem = database_begin(e, path, writes);
	(void)umask(before);
	if (!*problem)
		return e;
	error = e->db ? sqlite3_system_errno(e->db) : 0;
	events_close(e);
	errno = error;
	return NULL;
}

void events_close(struct events *e)
{
	if (!e)
		return;
	if (e->writing)
		(void)sqlite3_exec(e->db, "COMMIT", NULL, NULL, NULL);
	(void)sqlite3_finalize(e->add);
	(void)sqlite3_close(e->db);
	memory_free(e);
}

static int bind_octets(sqlite3_stmt *s, enum column at, struct span octets)
{
	size_t len = octets.len < EVENTS_MAX_TEXT ? octets.len : EVENTS_MAX_TEXT;

	if (octets.len == 0)
		return sqlite3_bind_null(s, (int)at);
	return sqlite3_bind_blob(s, (int)at, octets.ptr, (int)len, SQLITE_TRANSIENT);
}

static int bind_text(sqlite3_stmt *s, enum column at, const char *text)
{
	if (!text)
		return sqlite3_bind_null(s, (int)at);
	return sqlite3_bind_text(s, (int)at, text, (int)strnlen(text, EVENTS_MAX_TEXT),
				 SQLITE_TRANSIENT);
}

/* Columns of the statement stand as in the table, without the id. */
static bool row_bind(sqlite3_stmt *s, const struct event *v)
{
	const struct {
		enum column at;
		int64_t number;
	} numbers[] = {
		{COLUMN_TIME,     v->time_ms      },
                { COLUMN_KIND,    (int64_t)v->kind},
		{ COLUMN_PID,     v->pid          },
                { COLUMN_UID,     v->uid          },
		{ COLUMN_LOGIN,   v->login        },
                { COLUMN_WAITED,  v->waited_us    },
		{ COLUMN_COUNT,   v->count        },
                { COLUMN_ALLOWED, v->allowed      },
	};

	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		if (sqlite3_bind_int64(s, (int)numbers[i].at, numbers[i].number) != SQLITE_OK)
			return false;
	return bind_octets(s, COLUMN_PATH, v->path) == SQLITE_OK &&
	       bind_octets(s, COLUMN_CALLER, v->caller) == SQLITE_OK &&
	       bind_octets(s, COLUMN_UNIT, v->unit) == SQLITE_OK &&
	       bind_octets(s, COLUMN_SHA256, v->sha256) == SQLITE_OK &&
	       bind_octets(s, COLUMN_CGROUP, v->cgroup) == SQLITE_OK &&
	       bind_text(s, COLUMN_MODE, v->mode) == SQLITE_OK &&
	       bind_text(s, COLUMN_VERDICT, v->verdict) == SQLITE_OK &&
	       bind_text(s, COLUMN_RULE, v->rule) == SQLITE_OK &&
	       bind_text(s, COLUMN_LINE, v->line) == SQLITE_OK &&
	       bind_text(s, COLUMN_WHY, v->why) == SQLITE_OK &&
	       bind_text(s, COLUMN_FINDINGS, v->findings) == SQLITE_OK &&
	       bind_text(s, COLUMN_SEVERITY, v->severity) == SQLITE_OK &&
	       bind_text(s, COLUMN_WAS, v->was) == SQLITE_OK &&
	       bind_octets(s, COLUMN_PLACE, v->from) == SQLITE_OK &&
	       bind_text(s, COLUMN_ACTOR, v->actor) == SQLITE_OK;
}

bool events_add(struct events *e, const struct event *event)
{
	bool added;

	if (!e->writing)
		e->writing =
			sqlite3_exec(e->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
	if (!e->writing || !row_bind(e->add, event))
		return false;
	added = sqlite3_step(e->add) == SQLITE_DONE;
	(void)sqlite3_reset(e->add);
	/* A disk that is full may have taken the others with it. */
	if (sqlite3_get_autocommit(e->db))
		e->writing = false;
	return added && e->writing;
}

void events_abandon(struct events *e)
{
	if (!sqlite3_get_autocommit(e->db))
		(void)sqlite3_exec(e->db, "ROLLBACK", NULL, NULL, NULL);
	e->writing = false;
}

enum status events_flush(struct events *e)
{
	bool kept = e->writing &&
		    sqlite3_exec(e->db, trim_sql, NULL, NULL, NULL) == SQLITE_OK &&
		    sqlite3_exec(e->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;

	if (!kept)
		events_abandon(e);
	e->writing = false;
	return kept ? STATUS_OK : STATUS_IO;
}

const char *events_problem(const struct events *e)
{
	return sqlite3_errmsg(e->db);
}

static struct span octets_of(sqlite3_stmt *s, enum column at)
{
	const void *bytes = sqlite3_column_blob(s, (int)at);

	return (struct span){ (const uint8_t *)bytes,
			      (size_t)sqlite3_column_bytes(s, (int)at) };
}

static const char *text_of(sqlite3_stmt *s, enum column at)
{
	return (const char *)sqlite3_column_text(s, (int)at);
}

static struct event row_read(sqlite3_stmt *s)
{
	return (struct event){
		.id = sqlite3_column_int64(s, COLUMN_ID),
		.time_ms = sqlite3_column_int64(s, COLUMN_TIME),
		.kind = (enum event_kind)sqlite3_column_int(s, COLUMN_KIND),
		.pid = sqlite3_column_int64(s, COLUMN_PID),
		.uid = sqlite3_column_int64(s, COLUMN_UID),
		.login = sqlite3_column_int64(s, COLUMN_LOGIN),
		.path = octets_of(s, COLUMN_PATH),
		.caller = octets_of(s, COLUMN_CALLER),
		.unit = octets_of(s, COLUMN_UNIT),
		.verdict = text_of(s, COLUMN_VERDICT),
		.rule = text_of(s, COLUMN_RULE),
		.line = text_of(s, COLUMN_LINE),
		.why = text_of(s, COLUMN_WHY),
		.sha256 = octets_of(s, COLUMN_SHA256),
		.waited_us = sqlite3_column_int64(s, COLUMN_WAITED),
		.count = sqlite3_column_int64(s, COLUMN_COUNT),
		.cgroup = octets_of(s, COLUMN_CGROUP),
		.mode = text_of(s, COLUMN_MODE),
		.allowed = sqlite3_column_int(s, COLUMN_ALLOWED) != 0,
		.findings = text_of(s, COLUMN_FINDINGS),
		.severity = text_of(s, COLUMN_SEVERITY),
		.was = text_of(s, COLUMN_WAS),
		.from = octets_of(s, COLUMN_PLACE),
		.actor = text_of(s, COLUMN_ACTOR),
	};
}

enum status events_each(struct events *e, const struct events_question *q,
			bool (*each)(void *context, const struct event *event), void *context)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(e->db, each_sql, -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(s, 1, q->after);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(s, 2, q->since_ms);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(s, 3, (int64_t)q->kind);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(s, 4, q->last ? (int64_t)q->last : -1);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		struct event event;

		rc = sqlite3_step(s);
		if (rc != SQLITE_ROW)
			break;
		event = row_read(s);
		if (!each(context, &event)) {
			rc = SQLITE_DONE;
			break;
		}
	}
	(void)sqlite3_finalize(s);
	return rc == SQLITE_DONE ? STATUS_OK : STATUS_MALFORMED;
}
