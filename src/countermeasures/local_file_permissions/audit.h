/* SPDX-License-Identifier: MIT */
/* Audit: who may change programs, and what runs with rights of its own.  Needs no journal. */
#pragma once
#include "countermeasures/local_file_permissions/drift.h"

#define PERMIT_MAX_PRIVILEGED 4096 /* of one audit */

struct permit_audit_options {
	bool one_file_system;
	const char *const *exclude; /* globs on names and paths; a NULL behind the last */
};

/* Files that have to be judged, for they run with rights of their own. */
struct permit_privileged {
	const char *paths[PERMIT_MAX_PRIVILEGED];
	size_t n;
};

/*
 * Everything below @path, links not followed, and the way to it.  Also copies of
 * files that operations in @ledger hold down.
 */
MUST_CHECK enum status permit_audit_tree(struct permit_findings *list, const char *path,
					 const struct permit_audit_options *options,
					 const struct permit_ledger *ledger,
					 struct permit_privileged *privileged);

/* What the system starts as root: PATH, ld.so.preload, systemd's units. */
void permit_audit_start(struct permit_findings *list);
