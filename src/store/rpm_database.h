/* SPDX-License-Identifier: MIT */
/*
 * rpm database: the headers of installed packages, in the SQLite form that rpm has since
 * 4.16 (table Packages).
 *
 * It is another program's, perhaps another system's: opened as a file that nobody
 * changes, so that nothing is written beside it.  What rpm has not yet brought home
 * from its journal is not seen.
 */
#pragma once
#include "base/attrs.h"
#include "base/span.h"
#include "base/status.h"

struct rpm_database;

/* STATUS_MALFORMED: it is none. */
MUST_CHECK enum status rpm_database_open(const char *path, struct rpm_database **out);
void rpm_database_close(struct rpm_database *db);

/* The next header, good until the next call; STATUS_NOT_MINE: there is no more. */
MUST_CHECK enum status rpm_database_next(struct rpm_database *db, struct span *out);
