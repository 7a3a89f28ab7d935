/* SPDX-License-Identifier: MIT */
/*
 * Do all systems see the same signer?  Each looks at one scheme only, so a
 * package could be one maker's for some and another's for others.
 */
#include "verify/apk/state.h"

#define MAX_IDENTITIES 40

/* Who signed by one scheme: the first certificates of its signers, as older systems know them.
 */
struct identities {
	struct span der[MAX_IDENTITIES];
	size_t n;
	bool judged; /* every signature is good */
};

static void identity_add(struct identities *who, const struct fact *fact, struct span der)
{
	who->judged = who->judged && fact->signature == ASSAY_SIGNATURE_GOOD;
	if (who->n < MAX_IDENTITIES)
		who->der[who->n++] = der;
}

static struct identities identities_of(const struct apk_state *state, unsigned scheme)
{
	struct identities who = { .judged = true };

	for (const struct apk_v1_signer *s = state->v1; s && scheme == 1; s = s->next)
		identity_add(&who, s->fact,
			     s->fact->certificate ? s->fact->certificate->der : SPAN_NONE);
	for (const struct apk_signer *s = state->signers; s; s = s->next) {
		struct span der = s->n_certificates ? s->certificates[0].der : SPAN_NONE;

		if (s->scheme == scheme)
			identity_add(&who, s->fact, s->past.n ? s->past.certificates[0] : der);
	}
	return who;
}

static bool among(const struct identities *who, struct span der)
{
	for (size_t i = 0; i < who->n; i++)
		if (span_same(who->der[i], der))
			return true;
	return false;
}

/* After a rotation the newer scheme has one signer, whose root is one of the older ones. */
static bool identities_agree(const struct identities *older, const struct identities *newer)
{
	for (size_t i = 0; i < newer->n; i++)
		if (!among(older, newer->der[i]))
			return false;
	return true;
}

static void scheme_refuse(struct scheme_case *c, const struct apk_state *state, unsigned scheme)
{
	for (const struct apk_signer *s = state->signers; s; s = s->next) {
		if (s->scheme != scheme)
			continue;
		s->fact->signature = ASSAY_SIGNATURE_BAD;
		s->fact->problem = "older systems see another signer";
		c->findings->signature = s->fact->index;
		finding_add(c->findings, "apk.signers-differ", s->fact->where,
			    "the same signer in every scheme, or a proof of rotation", NULL);
	}
	c->findings->signature = -1;
}

void apk_agreement_check(struct scheme_case *c, const struct apk_state *state)
{
	static const unsigned oldest_first[] = { 1, 2, 3, 31 };
	struct identities older = { .n = 0 };

	for (size_t i = 0; i < COUNT_OF(oldest_first); i++) {
		struct identities newer = identities_of(state, oldest_first[i]);

		if (newer.n == 0 || !newer.judged)
			continue;
		if (older.n > 0 && !identities_agree(&older, &newer))
			scheme_refuse(c, state, oldest_first[i]);
		older = newer;
	}
}
