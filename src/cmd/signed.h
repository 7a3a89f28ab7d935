/* SPDX-License-Identifier: MIT */
/* What assay allow, deny and policy have in common: to sign, to take over, to forget. */
#pragma once
#include "cmd/cmd.h"
#include "cmd/guard_policy.h"

/* Operands behind the word; each is the whole command, and returns the exit code. */

/* Signs @e->set or @e->content as the next bundle of its list; the rest of @e comes from the
 * call. */
int signed_sign(const struct invocation *call, struct arena *a, struct signed_export *e);
/* Takes over each bundle that is named; @check as in struct signed_import, or NULL. */
int signed_take(const struct invocation *call, struct arena *a, enum bundle_content what,
		const char *(*check)(void *context, struct span content), void *context);
int signed_forget(const struct invocation *call, struct arena *a, enum bundle_content what);
