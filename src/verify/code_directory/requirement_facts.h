/* SPDX-License-Identifier: MIT */
/* What a requirement can be asked of.  Private to this room. */
#pragma once
#include "structure/plist/plist.h"
#include "structure/requirement.h"
#include "verify/code_directory/state.h"

enum truth { TRUTH_UNKNOWN, TRUTH_NO, TRUTH_YES };

struct requirement_dict {
	const struct plist *plist; /* NULL: an empty one */
	bool unknown;              /* it lies elsewhere, or cannot be read */
};

struct requirement_facts {
	struct span identifier;
	const struct cd_directory *directories;
	size_t n_directories;
	const struct trust_answer *answer; /* its chain */
	struct requirement_dict info, entitlements;
	int32_t platform;
};

MUST_CHECK enum status requirement_ask(struct arena *a, const struct requirement *r,
				       const struct requirement_facts *f, enum truth *out);
