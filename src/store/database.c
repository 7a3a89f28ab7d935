/* SPDX-License-Identifier: MIT */
#include "store/database.h"

#include <stddef.h>

int database_harden(sqlite3 *db, int busy_timeout_ms)
{
	int rc = sqlite3_busy_timeout(db, busy_timeout_ms);

	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db,
				  "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;",
				  NULL, NULL, NULL);
	return rc;
}

int database_number(sqlite3 *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *ask = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &ask, NULL);

	*out = 0;
	if (rc == SQLITE_OK) {
		rc = sqlite3_step(ask);
		if (rc == SQLITE_ROW)
			*out = sqlite3_column_int64(ask, 0);
		rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
	}
	(void)sqlite3_finalize(ask);
	return rc;
}
