/* SPDX-License-Identifier: MIT */
/*
 * Time: validity, and the dates that a root programme sets for an anchor.
 *
 * RFC 5280 4.1.2.5 at the time of the signature, if a timestamp proves one,
 * else now.  Microsoft's Trusted Root Program does not remove old roots; it
 * disallows them from a date on, or for certificates issued after a date.
 * Firmware and the kernel look at no date, macOS only beside a timestamp.
 */
#include "trust/inquiry.h"

/* Is @value before @moment?  Narrows the interval in which that stays so. */
static bool before(struct trust_clock *clock, int64_t value, int64_t moment, bool moving)
{
	bool result = value < moment;

	if (!moving)
		return result;
	if (result && moment - 1 < clock->until)
		clock->until = moment - 1;
	if (!result && moment > clock->from)
		clock->from = moment;
	return result;
}

bool clock_before(struct trust_clock *clock, int64_t moment)
{
	return before(clock, clock->at, moment, clock->moving);
}

bool clock_now_before(struct trust_clock *clock, int64_t moment)
{
	return before(clock, clock->now, moment, true);
}

/* Why no other time counts; @wanted: "an earlier", "a later". */
static const char *time_reason(struct inquiry *in, const char *wanted)
{
	if (in->q->purpose == TRUST_PURPOSE_TIMESTAMP)
		return sentence(in, "the timestamp says %s", day_text(in, in->clock.at));
	if (!in->clock.moving)
		return sentence(in, "the timestamp is of %s", day_text(in, in->clock.at));
	if (in->q->timestamped)
		return "its lifetime-signing usage makes the timestamp count for nothing";
	return sentence(in, "no valid timestamp shows %s time", wanted);
}

static bool expiry_counts(const struct inquiry *in)
{
	switch (in->set->expiry) {
	case TRUST_EXPIRY_IGNORED: return false;
	case TRUST_EXPIRY_STAMPED:
		return in->q->purpose == TRUST_PURPOSE_TIMESTAMP || in->q->timestamped ||
		       in->q->expiry_wanted;
	case TRUST_EXPIRY_HONOURED:
	case TRUST_EXPIRY_UNKNOWN: break;
	}
	return true;
}

void time_assess(struct inquiry *in, const struct path *path, struct assessment *as)
{
	if (!expiry_counts(in))
		return;
	for (size_t i = 0; i < path->n; i++) {
		const struct certificate *c = path->certs[i];
		bool is_anchor = path->has_anchor && i + 1 == path->n;

		if (!is_anchor && clock_before(&in->clock, c->not_before))
			assess(in, as, ASSAY_TRUST_EXPIRED,
			       "'%s' is not valid before %s, and %s", certificate_name(in, c),
			       day_text(in, c->not_before), time_reason(in, "a later"));
		else if (!clock_before(&in->clock, c->not_after + 1))
			assess(in, as, ASSAY_TRUST_EXPIRED, "'%s' expired on %s, and %s",
			       certificate_name(in, c), day_text(in, c->not_after),
			       time_reason(in, "an earlier"));
	}
}

/* An empty date: nobody says what it means, so the policy does. */
static void empty_date_assess(struct inquiry *in, const char *root, struct assessment *as)
{
	if (in->q->policy->empty_date_distrust)
		assess(in, as, ASSAY_TRUST_DISTRUSTED,
		       "the root list carries an empty date for '%s'", root);
	else if (!finding_has(in->findings, "trust.empty-date", in->findings->signature))
		finding_add(in->findings, "trust.empty-date", (struct range){ 0, 0 }, NULL,
			    root);
}

/* Attributes 104 and 122: disallowed, from a date on or always, for some usages or all. */
static void disallowed_assess(struct inquiry *in, const struct anchor_limits *limits,
			      const char *root, struct assessment *as)
{
	struct span eku = in->usage;

	if (limits->disallowed_eku.len > 0 && !oid_list_has(limits->disallowed_eku, eku))
		return;
	if (limits->disallowed_empty)
		empty_date_assess(in, root, as);
	else if (limits->has_disallowed) {
		if (!clock_before(&in->clock, limits->disallowed))
			assess(in, as, ASSAY_TRUST_DISTRUSTED,
			       "'%s' is distrusted from %s on, and %s", root,
			       day_text(in, limits->disallowed), time_reason(in, "an earlier"));
	} else if (limits->disallowed_eku.len > 0) {
		assess(in, as, ASSAY_TRUST_DISTRUSTED, "'%s' is distrusted for this use", root);
	}
}

/* Attributes 126 and 127: no certificates issued at or after a date. */
static void not_before_assess(struct inquiry *in, const struct anchor_limits *limits,
			      const char *root, struct assessment *as)
{
	const struct certificate *leaf = in->q->leaf;
	struct span eku = in->usage;

	if (limits->own_root && in->q->policy->own_roots_exempt)
		return;
	if (limits->not_before_eku.len > 0 && !oid_list_has(limits->not_before_eku, eku))
		return;
	if (limits->not_before_empty)
		empty_date_assess(in, root, as);
	else if (limits->has_not_before && leaf->not_before >= limits->not_before)
		assess(in, as, ASSAY_TRUST_DISTRUSTED,
		       "'%s' is distrusted for certificates issued from %s on, and '%s' was "
		       "issued on %s",
		       root, day_text(in, limits->not_before), certificate_name(in, leaf),
		       day_text(in, leaf->not_before));
}

void programme_assess(struct inquiry *in, const struct path *path, struct assessment *as)
{
	const struct anchor_limits *limits = &path->anchor.limits;
	const char *root;

	if (in->set->expiry == TRUST_EXPIRY_IGNORED)
		return;
	root = certificate_name(in, path->certs[path->n - 1]);
	if (limits->eku.len > 0 && !oid_list_has(limits->eku, in->usage))
		assess(in, as, ASSAY_TRUST_WRONG_USAGE,
		       "the root programme does not admit '%s' "
		       "for this use",
		       root);
	disallowed_assess(in, limits, root, as);
	not_before_assess(in, limits, root, as);
}
