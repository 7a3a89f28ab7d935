/* SPDX-License-Identifier: MIT */
/* How a baseline moves forward. */
#pragma once
#include "cmd/fim_believe.h"

/* What is accepted. */
struct fim_acceptance {
	const char *path, *reason; /* of the baseline; why */
	struct fim_belief *belief;
	bool all;
	const char *const *paths; /* as a person types them */
	size_t n_paths;
};

/* Who judged, where, when, and which baseline it follows. */
MUST_CHECK enum status fim_about_end(struct arena *a, struct baseline_about *about,
				     const struct session *s,
				     const struct baseline_serial *last);

/*
 * Writes a baseline that follows @known, with the changes of @look that are wished;
 * others are left out of @look, so that what remains is what was accepted.
 * *@unknown: this path has not changed.
 */
MUST_CHECK enum status fim_accept(struct arena *a, const struct session *s,
				  const struct baseline *known, struct fim_look *look,
				  const struct fim_acceptance *wish, const char **unknown);
