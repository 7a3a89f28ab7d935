/* SPDX-License-Identifier: MIT */
/* Where a run's anchors and revocation data come from. */
#pragma once
#include "cmd/settings.h"

/* Opens what @s asks for.  On failure *@problem says why, also for STATUS_USAGE. */
MUST_CHECK enum status anchors_open(struct arena *a, const struct settings *s,
				    struct trust_store **out, const char **problem);

/* "ms-code=PATH": only for that set; a path with "=" needs "./" in front. */
MUST_CHECK enum status anchors_parse(struct arena *a, const char *text,
				     struct trust_source *out, const char **problem);
