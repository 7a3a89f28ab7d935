/* SPDX-License-Identifier: MIT */
/*
 * Time, chain and team.
 *
 * Apple tolerates that a certificate has expired since, unless the flag
 * force-expiration is set; with a timestamp the chain is judged at its time.
 * The team of a CodeDirectory must be the one that the certificate was issued to.
 */
#include "verify/code_directory/state.h"

#define OID_UNIT OID("\x55\x04\x0b")

/* Marks of certificates that Apple issues to developers. */
static bool is_developer(const struct certificate *c)
{
	const struct span marks[] = {
		OID(APPLE_ARC "\x06\x01\x02"), /* iOS and Mac development */
		OID(APPLE_ARC "\x06\x01\x04"), /* iOS distribution */
		OID(APPLE_ARC "\x06\x01\x07"), /* Mac App Store submission */
		OID(APPLE_ARC "\x06\x01\x0c"), /* Mac development */
		OID(APPLE_ARC "\x06\x01\x0d"), /* Developer ID */
	};
	struct span value;
	bool critical;

	for (size_t i = 0; i < COUNT_OF(marks); i++)
		if (certificate_extension(c, marks[i], &value, &critical))
			return true;
	return false;
}

static enum status team_judge(struct arena *a, struct cd_state *state, struct cd_signature *s)
{
	const struct certificate *c = s->fact->certificate;
	const char *unit;

	if (!is_developer(c) || !s->attested)
		return STATUS_OK;
	unit = name_attribute(a, c->subject, OID_UNIT);
	for (size_t i = 0; i < s->n_directories; i++) {
		struct span team = s->directories[i].d->team;

		if (team.len == 0 || (unit && span_equal(team, SPAN_TEXT(unit))))
			continue;
		s->fact->signature = ASSAY_SIGNATURE_BAD;
		s->fact->problem = "it names another team than its certificate";
		finding_add(state->c->findings, "macho.team-mismatch", s->fact->where,
			    unit ? unit : "no team", escape_string(a, team, FEATURE_MAX_TEXT));
		return STATUS_OK;
	}
	return STATUS_OK;
}

enum status cd_trust_judge(struct arena *a, struct cd_state *state, struct cd_signature *s)
{
	struct fact *fact = s->fact;
	bool counterfeit = fact->counterfeit;

	TRY(team_judge(a, state, s));
	fact->expiry_wanted = code_signature_flag(s->object.code, CODE_FLAG_FORCE_EXPIRATION);
	TRY(fact_times(a, state->c, fact, TRUST_APPLE));
	TRY(fact_trust(a, state->c, fact, TRUST_APPLE, fact->signed_digest.algorithm));
	fact->counterfeit = fact->counterfeit || counterfeit;
	return STATUS_OK;
}
