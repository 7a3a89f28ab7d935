/* SPDX-License-Identifier: MIT */
/* Where a run's anchors and revocation data come from. */
#pragma once
#include "cmd/settings.h"

#define ANCHORS_MAX_DATABASES 4

/* The databases of this system and user, in the order in which they are laid over. */
MUST_CHECK enum status anchors_databases(struct arena *a,
					 const char *out[ANCHORS_MAX_DATABASES], size_t *n);

/* Opens what @s asks for.  On failure *@problem says why, also for STATUS_USAGE. */
MUST_CHECK enum status anchors_open(struct arena *a, const struct settings *s,
				    struct trust_store **out, const char **problem);
