/* SPDX-License-Identifier: MIT */
/* How digests are chosen where there are several.  Private to entries.c and digests.c. */
#pragma once
#include "verify/entries.h"

bool digest_counts(enum digest_choice choice, enum digest_algorithm algorithm,
		   enum digest_algorithm strongest, enum digest_algorithm preferred);
enum digest_algorithm digest_preferred(struct arena *a, const struct manifest_section *section,
				       const char *suffix);
