/* SPDX-License-Identifier: MIT */
/* What all our SQLite databases have in common. */
#pragma once
#include "base/attrs.h"
#include <sqlite3.h>
#include <stdint.h>

/* A doctored file shall not run code of its own: no triggers, views or functions in the schema.
 */
MUST_CHECK int database_harden(sqlite3 *db, int busy_timeout_ms);

/* The one number that a statement gives; 0: it gives none. */
MUST_CHECK int database_number(sqlite3 *db, const char *sql, int64_t *out);
