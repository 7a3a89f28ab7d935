/* SPDX-License-Identifier: MIT */
/*
 * For whom: each release of Android looks at the newest scheme that it knows
 * and that the package has, and at no other.
 */
#include "verify/apk/sequences.h"

#define N_ERAS 4

/* The releases in which .scheme is the newest that may count. */
struct era {
	unsigned scheme;
	uint32_t from, to;
};

/* Signers of scheme v3.1 say from which release on they count; before, v3 does. */
static struct era era_of(const struct apk_state *state, size_t i)
{
	const struct era eras[N_ERAS] = {
		{1,   1,               SDK_V2 - 1         },
		{ 2,  SDK_V2,          SDK_V3 - 1         },
		{ 3,  SDK_V3,          state->v31_from - 1},
		{ 31, state->v31_from, SDK_MAX            },
	};

	return eras[i];
}

/* The first release that takes a signer of scheme v3.1. */
static void v31_find(struct apk_state *state)
{
	struct cursor signers = apk_glance_begin(apk_pair_find(state->apk, APK_V31));
	struct apk_glance one;

	state->v31_from = state->v31_min = SDK_OPEN;
	for (size_t n = 0; n < APK_MAX_SIGNERS && apk_glance_next(&signers, 31, &one); n++) {
		uint32_t from =
			one.min_sdk < SDK_OPEN ? one.min_sdk + one.for_previews : SDK_OPEN;

		state->v31_from = from < state->v31_from ? from : state->v31_from;
		state->v31_min = one.min_sdk < state->v31_min ? one.min_sdk : state->v31_min;
	}
	if (state->v31_from < SDK_V31 || state->v31_from == SDK_OPEN)
		state->v31_from = SDK_V31;
}

static bool scheme_there(const struct apk_state *state, unsigned scheme)
{
	switch (scheme) {
	case 1: return state->files->n_blocks > 0;
	case 2: return apk_pair_find(state->apk, APK_V2) != NULL;
	case 3: return apk_pair_find(state->apk, APK_V3) != NULL;
	default: return apk_pair_find(state->apk, APK_V31) != NULL;
	}
}

/* What a system of the era @i looks at; 0: it sees no signature. */
static unsigned scheme_of_era(const struct apk_state *state, size_t i)
{
	for (size_t k = i + 1; k > 0; k--)
		if (scheme_there(state, era_of(state, k - 1).scheme))
			return era_of(state, k - 1).scheme;
	return 0;
}

static bool era_asked(const struct apk_state *state, size_t i)
{
	struct era era = era_of(state, i);

	return era.from <= era.to && era.from <= state->max_sdk && era.to >= state->min_sdk;
}

bool apk_range_of(const struct apk_state *state, unsigned scheme, uint32_t *from, uint32_t *to)
{
	bool found = false;

	for (size_t i = 0; i < N_ERAS; i++) {
		struct era era = era_of(state, i);

		if (!era_asked(state, i) || scheme_of_era(state, i) != scheme)
			continue;
		if (!found)
			*from = era.from > state->min_sdk ? era.from : state->min_sdk;
		*to = era.to < state->max_sdk ? era.to : state->max_sdk;
		found = true;
	}
	return found;
}

const char *apk_range_text(struct arena *a, const struct apk_state *state, unsigned scheme)
{
	uint32_t from = 0, to = 0;

	if (!apk_range_of(state, scheme, &from, &to))
		return NULL;
	if (to == SDK_MAX)
		return arena_printf(a, "Android API %u and later", from);
	return from == to ? arena_printf(a, "Android API %u", from)
			  : arena_printf(a, "Android API %u to %u", from, to);
}

void apk_range_find(struct arena *a, struct scheme_case *c, struct apk_state *state)
{
	const struct apk_manifest *m = &state->apk->manifest;
	const char *bare;

	state->min_sdk = c->min_sdk ? c->min_sdk : m->min_sdk;
	state->max_sdk = c->max_sdk ? c->max_sdk : SDK_MAX;
	if (state->max_sdk < state->min_sdk)
		state->max_sdk = state->min_sdk;
	v31_find(state);
	for (size_t i = 0; i < N_ERAS; i++)
		if (era_asked(state, i))
			state->uses[scheme_of_era(state, i)] = true;
	bare = apk_range_text(a, state, 0);
	if (bare)
		finding_add(c->findings, "apk.no-signature", (struct range){ 0, 0 },
			    "a signature that every system looks at", bare);
	for (size_t i = 0; i < N_ERAS; i++)
		if (scheme_there(state, era_of(state, i).scheme) &&
		    !state->uses[era_of(state, i).scheme])
			finding_add(c->findings, "apk.scheme-unused", (struct range){ 0, 0 },
				    NULL,
				    arena_printf(a, "scheme %s",
						 i == 3   ? "v3.1"
						 : i == 2 ? "v3"
						 : i == 1 ? "v2"
							  : "v1"));
}
