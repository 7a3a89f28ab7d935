/* SPDX-License-Identifier: MIT */
#include "store/rpm_database.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "store/database.h"
#include "structure/rpm_header.h"

#define BUSY_MS   0
#define INDEX_MAX ((int)(16 + RPM_MAX_INDEX * RPM_ENTRY))

struct rpm_database {
	sqlite3 *db;
	sqlite3_stmt *rows;
};

/* "file:/var/lib/rpm/rpmdb.sqlite?immutable=1": whatever the path, it ends nothing. */
static enum status uri_make(struct buffer *out, const char *path)
{
	struct span text = SPAN_TEXT(path);

	buffer_text(out, "file:");
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = span_at(text, i);

		if (c == '%' || c == '?' || c == '#')
			buffer_printf(out, "%%%02x", c);
		else
			buffer_char(out, (char)c);
	}
	buffer_text(out, "?immutable=1");
	return buffer_status(out);
}

static enum status outcome(int rc)
{
	if (rc == SQLITE_OK)
		return STATUS_OK;
	return rc == SQLITE_NOMEM ? STATUS_NO_MEMORY : STATUS_MALFORMED;
}

static enum status database_prepare(struct rpm_database *db, const char *uri)
{
	TRY(outcome(
		sqlite3_open_v2(uri, &db->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL)));
	TRY(outcome(database_harden(db->db, BUSY_MS)));
	(void)sqlite3_limit(db->db, SQLITE_LIMIT_LENGTH, (int)RPM_MAX_HEADER + INDEX_MAX);
	/* Of a view there may be rows without end. */
	TRY(outcome(sqlite3_table_column_metadata(db->db, "main", "Packages", "blob", NULL,
						  NULL, NULL, NULL, NULL)));
	return outcome(sqlite3_prepare_v2(db->db, "SELECT blob FROM Packages ORDER BY hnum", -1,
					  &db->rows, NULL));
}

enum status rpm_database_open(const char *path, struct rpm_database **out)
{
	CLEANUP(buffer_free) struct buffer uri = BUFFER_INIT;
	struct rpm_database *db;
	enum status status;

	*out = NULL;
	TRY(uri_make(&uri, path));
	db = (struct rpm_database *)memory_new(1, sizeof(*db));
	if (!db)
		return STATUS_NO_MEMORY;
	status = database_prepare(db, buffer_string(&uri, 0));
	if (status != STATUS_OK) {
		rpm_database_close(db);
		return status;
	}
	*out = db;
	return STATUS_OK;
}

void rpm_database_close(struct rpm_database *db)
{
	if (!db)
		return;
	(void)sqlite3_finalize(db->rows);
	(void)sqlite3_close(db->db);
	memory_free(db);
}

enum status rpm_database_next(struct rpm_database *db, struct span *out)
{
	int rc = sqlite3_step(db->rows);

	*out = SPAN_NONE;
	if (rc == SQLITE_DONE)
		return STATUS_NOT_MINE;
	if (rc != SQLITE_ROW)
		return outcome(rc);
	*out = (struct span){ (const uint8_t *)sqlite3_column_blob(db->rows, 0),
			      (size_t)sqlite3_column_bytes(db->rows, 0) };
	return STATUS_OK;
}
