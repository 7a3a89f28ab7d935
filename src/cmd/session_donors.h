/* SPDX-License-Identifier: MIT */
/* The donor index and the vendors of a session. */
#pragma once
#include "cmd/session.h"

#define SESSION_VENDORS "/etc/assay/vendors.tsv" /* where nobody names another file */

/*
 * Opens one generation of the donor index and reads who signs what, before the
 * engine is made.  On failure *@problem says why, a sentence.
 */
MUST_CHECK enum status session_donors_open(struct session *s, struct arena *a,
					   const struct session_plan *plan,
					   struct engine_settings *settings,
					   const char **problem);
/*
 * Who signs what: the administrator's lines before those that we bring along.
 * @file: what he wrote, empty if nothing.  STATUS_USAGE: *@problem, a sentence.
 */
MUST_CHECK enum status session_vendors(struct arena *a, const struct settings *set,
				       struct vendors *out, struct span *file,
				       const char **problem);
void session_donors_close(struct session *s);
