/* SPDX-License-Identifier: MIT */
/* Places: where the trust databases of this system and this user lie. */
#pragma once
#include "base/arena.h"
#include "base/status.h"

#define PLACES_MAX_DATABASES 4
#define PLACES_MAX_DONORS    3
#define PLACES_MAX_CATALOGS  3

/*
 * In the order in which they are laid over; they need not be there.
 * @beside_program: first the one in the program's own folder, as in a build tree.
 */
MUST_CHECK size_t places_databases(struct arena *a, bool beside_program,
				   const char *out[PLACES_MAX_DATABASES]);

/* The one that `assay trust` changes: the administrator's or the user's.  NULL: he has no home.
 */
MUST_CHECK const char *places_own_database(struct arena *a, bool system);

/* The folders of the donor index, in the order in which they are laid over; they need not be
 * there. */
MUST_CHECK size_t places_donors(struct arena *a, const char *out[PLACES_MAX_DONORS]);

/* The one that learns: the administrator's or the user's.  NULL: he has no home. */
MUST_CHECK const char *places_own_donors(struct arena *a, bool system);

/* The indexes of catalogs, in the order in which they are laid over; they need not be there. */
MUST_CHECK size_t places_catalogs(struct arena *a, const char *out[PLACES_MAX_CATALOGS]);

/* The one that `assay trust import --catalogs` changes.  NULL: he has no home. */
MUST_CHECK const char *places_own_catalogs(struct arena *a, bool system);

/* The index of packages that counts: the user's own if it is there, else the system's. */
MUST_CHECK const char *places_packages(struct arena *a);
/* The one that `assay trust import --packages` writes.  NULL: he has no home. */
MUST_CHECK const char *places_own_packages(struct arena *a, bool system);

/* The baseline of files: root's is the system's.  NULL: this user has no home. */
MUST_CHECK const char *places_baseline(struct arena *a);

/* The folder of the journal: root's is the system's.  NULL: this user has no home. */
MUST_CHECK const char *places_journal(struct arena *a);
