/* SPDX-License-Identifier: MIT */
#include "countermeasures/guard_state.h"

#include <string.h>

static bool mode_is(const struct room_guard *g, const char *mode)
{
	return g->mode && strcmp(g->mode, mode) == 0;
}

static void guard_state(const struct room_guard *g, bool enforced, const char *mode,
			struct room_state *out)
{
	out->configured = g->answers;
	if (!g->answers) {
		out->health = ROOM_OFF;
		out->detail = "no guard runs";
		out->needs = "assayd, started as root";
		return;
	}
	out->counts[out->n_counts++] =
		(struct room_count){ "programs asked about", g->n_asked };
	out->counts[out->n_counts++] = (struct room_count){ "programs denied", g->n_denied };
	out->last_error = g->problem;
	if (g->problem)
		out->health = ROOM_DEGRADED;
	else if (enforced)
		out->health = ROOM_ACTIVE;
	else
		out->health = mode_is(g, "learn") ? ROOM_DEGRADED : ROOM_OFF;
	if (!enforced)
		out->needs = mode;
	out->detail = mode_is(g, "learn") ? "the guard learns: it denies nothing"
					  : "tier B: what it does not cover, says assay status";
}

void allowlisting_state(const struct room_context *context, struct room_state *out)
{
	guard_state(&context->guard, mode_is(&context->guard, "allowlist"),
		    "assay guard mode allowlist", out);
}

void denylisting_state(const struct room_context *context, struct room_state *out)
{
	/* What no line allows is denied, and so is what is forged or listed. */
	guard_state(&context->guard,
		    mode_is(&context->guard, "denylist") ||
			    mode_is(&context->guard, "allowlist"),
		    "assay guard mode denylist", out);
}
