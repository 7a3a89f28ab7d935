/* SPDX-License-Identifier: MIT */
/*
 * Chain building (RFC 5280 section 6; RFC 4158 for the search).
 *
 * Depth first from the leaf: anchors, then stored helpers, then what the file
 * brings along.  A pinned certificate ends a path wherever it stands, be it a
 * root, an intermediate or the leaf.  The search ends with the first path that
 * nothing speaks against; otherwise the mildest one is kept.
 */
#include "trust/inquiry.h"

struct search {
	struct inquiry *in;
	struct path now;
	bool found; /* a path with an anchor */
	struct path best;
	struct assessment best_as;
	struct path
		longest; /* without an anchor: for people, and for the rules about forgery */
	bool done;
};

/* "unevaluated" stands between the reasons and "anchored". */
static bool is_milder(const struct assessment *a, const struct assessment *b)
{
	enum assay_trust ta = assessment_trust(a), tb = assessment_trust(b);

	if (tb == ASSAY_TRUST_UNEVALUATED)
		return ta == ASSAY_TRUST_ANCHORED;
	if (ta == ASSAY_TRUST_UNEVALUATED)
		return tb != ASSAY_TRUST_ANCHORED;
	return ta > tb;
}

static enum status path_assess(struct inquiry *in, const struct path *path,
			       struct assessment *as)
{
	usage_assess(in, path, as);
	strength_assess(in, path, as);
	if (path->has_anchor) {
		time_assess(in, path, as);
		programme_assess(in, path, as);
	}
	TRY(distrust_assess(in, path, as));
	return revocation_assess(in, path, as);
}

static enum status anchor_reached(struct search *s, const struct stored *anchor)
{
	struct path path = s->now;
	struct assessment as = { 0 };

	path.has_anchor = true;
	path.anchor = *anchor;
	TRY(path_assess(s->in, &path, &as));
	if (!s->found || is_milder(&as, &s->best_as)) {
		s->best = path;
		s->best_as = as;
	}
	s->found = true;
	s->done = as.reasons == 0;
	return STATUS_OK;
}

/* Signed by itself: nothing stands above it. */
static enum status is_root(struct inquiry *in, const struct certificate *c, bool *out)
{
	enum edge edge;

	*out = false;
	if (!certificate_self_issued(c) || key_ids_differ(c, c))
		return STATUS_OK;
	TRY(edge_check(in, &in->chain_edges, c, c, &edge));
	*out = edge == EDGE_GOOD;
	return STATUS_OK;
}

/* A whole chain to a foreign root tells more than a longer one without an end. */
static void longest_keep(struct search *s)
{
	bool better = s->now.complete != s->longest.complete ? s->now.complete
							     : s->now.n > s->longest.n;

	if (better)
		s->longest = s->now;
}

static bool path_has(const struct path *path, const struct certificate *c)
{
	for (size_t i = 0; i < path->n; i++) {
		const struct certificate *here = path->certs[i];

		if (certificate_same(here, c))
			return true;
		/* The same authority once more, under another certificate of the same key. */
		if (span_equal(SPAN_OF(here->spki_sha256), SPAN_OF(c->spki_sha256)) &&
		    span_equal(here->subject, c->subject))
			return true;
	}
	return false;
}

/* May @c stand above the tip?  True, and it stands there. */
static enum status step_up(struct search *s, const struct certificate *c, bool *out)
{
	const struct certificate *tip = s->now.certs[s->now.n - 1];
	const char *refused;
	enum edge edge;

	*out = false;
	if (path_has(&s->now, c))
		return STATUS_OK;
	if (c->key.explicit_curve)
		forged_note_curve(s->in, c);
	TRY(edge_check(s->in, &s->in->chain_edges, tip, c, &edge));
	if (edge == EDGE_UNKNOWN)
		s->done = true;
	if (edge != EDGE_GOOD)
		return STATUS_OK;
	s->now.certs[s->now.n++] = c;
	refused = issuer_refused(s->in, &s->now);
	if (!refused) {
		*out = true;
		return STATUS_OK;
	}
	s->now.n--;
	if (!s->in->refused)
		s->in->refused = refused;
	return STATUS_OK;
}

static enum status visit(struct search *s)
{
	const struct certificate *tip = s->now.certs[s->now.n - 1];
	struct candidates list;
	struct stored anchor;

	if (store_by_sha256(s->in->store, tip->sha256, &anchor) &&
	    anchor.sets & s->in->set->anchors)
		return anchor_reached(s, &anchor);
	TRY(is_root(s->in, tip, &s->now.complete));
	longest_keep(s);
	if (s->now.complete) {
		s->now.complete = false;
		return STATUS_OK;
	}
	TRY(issuer_candidates(s->in, tip, &list));
	if (s->now.n == CHAIN_MAX_DEPTH) {
		s->in->limited |= list.n > 0;
		return STATUS_OK;
	}
	for (size_t i = 0; i < list.n && !s->done; i++) {
		bool stepped;

		TRY(step_up(s, list.certs[i], &stepped));
		if (!stepped)
			continue;
		TRY(visit(s));
		s->now.n--;
	}
	return STATUS_OK;
}

/* Why nothing anchors it. */
static void unanchored_assess(struct inquiry *in, const struct path *path,
			      struct assessment *as)
{
	const struct certificate *top = path->certs[path->n - 1];
	const char *set = in->set->name, *name = certificate_name(in, top);

	if (!store_has_anchor(in->store, in->set->anchors))
		assess(in, as, ASSAY_TRUST_UNEVALUATED, "no anchors for %s", set);
	else if (in->limited)
		assess(in, as, ASSAY_TRUST_UNEVALUATED,
		       "the chain of '%s' takes more checks or steps than one certificate may "
		       "cost",
		       certificate_name(in, path->certs[0]));
	else if (path->complete && path->n == 1)
		assess(in, as, ASSAY_TRUST_SELF_SIGNED,
		       "'%s' is signed by itself and is no anchor for %s", name, set);
	else if (path->complete)
		assess(in, as, ASSAY_TRUST_UNTRUSTED_ROOT,
		       "the chain ends in '%s', which is no anchor for %s", name, set);
	else if (in->refused)
		assess(in, as, ASSAY_TRUST_UNTRUSTED_ROOT, "%s", in->refused);
	else
		assess(in, as, ASSAY_TRUST_UNTRUSTED_ROOT,
		       "no certificate at hand signed '%s', and it is no anchor for %s", name,
		       set);
}

/* Without any anchor the answer is "unevaluated", whatever else could be said, unless a list
 * names a certificate. */
static void unevaluated_keep(struct assessment *as)
{
	const unsigned kept = 1U << ASSAY_TRUST_UNEVALUATED | 1U << ASSAY_TRUST_REVOKED |
			      1U << ASSAY_TRUST_DISTRUSTED;

	as->reasons &= kept;
}

enum status chain_search(struct inquiry *in, struct path *path, struct assessment *as)
{
	struct search s = { .in = in };
	bool unevaluated;

	if (in->q->leaf->key.explicit_curve)
		forged_note_curve(in, in->q->leaf);
	s.now.certs[0] = in->q->leaf;
	s.now.n = 1;
	TRY(visit(&s));
	if (s.found) {
		*path = s.best;
		*as = s.best_as;
		in->limited = in->limited && as->reasons != 0;
		return STATUS_OK;
	}
	*path = s.longest;
	unanchored_assess(in, path, as);
	unevaluated = as->reasons == 1U << ASSAY_TRUST_UNEVALUATED;
	TRY(path_assess(in, path, as));
	if (unevaluated)
		unevaluated_keep(as);
	return STATUS_OK;
}
