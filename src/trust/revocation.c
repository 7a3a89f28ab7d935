/* SPDX-License-Identifier: MIT */
/*
 * Revocation and distrust, from what the administrator laid down.
 *
 * CRLs (RFC 5280 5), OCSP responses (RFC 6960), Microsoft's disallowed
 * certificates, UEFI's dbx.  Nothing is ever fetched.  A compromised key
 * spoils every signature, whenever it was made; any other reason only those
 * made since the revocation.
 */
#include "trust/revocation.h"

const char *revocation_reason_text(uint64_t reason)
{
	static const char *const texts[] = {
		[REASON_UNSPECIFIED] = "no reason given",
		[REASON_KEY_COMPROMISE] = "key compromise",
		[REASON_CA_COMPROMISE] = "compromise of the authority",
		[3] = "affiliation changed",
		[4] = "superseded",
		[5] = "cessation of operation",
		[REASON_HOLD] = "on hold",
		[9] = "privilege withdrawn",
		[REASON_AA_COMPROMISE] = "compromise of the attribute authority",
	};

	return reason < COUNT_OF(texts) && texts[reason] ? texts[reason] : "unknown reason";
}

/* Does it spoil a signature made at the time in question? */
static bool counts(struct inquiry *in, const struct revoked *revoked)
{
	if (revoked->reason == REASON_KEY_COMPROMISE ||
	    revoked->reason == REASON_CA_COMPROMISE || revoked->reason == REASON_AA_COMPROMISE)
		return true;
	if (revoked->has_invalidity && !clock_before(&in->clock, revoked->invalidity))
		return true;
	return !clock_before(&in->clock, revoked->when);
}

void status_revoke(struct inquiry *in, struct status_answer *answer,
		   const struct revoked *revoked, int64_t published)
{
	if (revoked->reason == REASON_REMOVED) {
		if (!answer->cleared || published > answer->cleared_at)
			answer->cleared_at = published;
		answer->cleared = true;
		return;
	}
	if (!counts(in, revoked))
		return;
	if (revoked->reason == REASON_HOLD) {
		if (!answer->held || published > answer->held_at) {
			answer->held_at = published;
			answer->hold = *revoked;
		}
		answer->held = true;
		return;
	}
	if (!answer->is_revoked || revoked->when < answer->revoked.when)
		answer->revoked = *revoked;
	answer->is_revoked = true;
}

static void answer_assess(struct inquiry *in, const struct certificate *c,
			  struct status_answer *answer, struct assessment *as)
{
	bool held = answer->held && !(answer->cleared && answer->cleared_at > answer->held_at);

	if (!answer->is_revoked && held) {
		answer->is_revoked = true;
		answer->revoked = answer->hold;
	}
	if (answer->is_revoked)
		assess(in, as, ASSAY_TRUST_REVOKED, "'%s' was revoked on %s (%s)",
		       certificate_name(in, c), day_text(in, answer->revoked.when),
		       revocation_reason_text(answer->revoked.reason));
	else if (!answer->fresh && in->q->policy->revocation == TRUST_REVOCATION_REQUIRE)
		assess(in, as, ASSAY_TRUST_UNEVALUATED,
		       "no fresh answer says that '%s' is not revoked%s%s",
		       certificate_name(in, c), answer->unusable ? ": " : "",
		       answer->unusable ? answer->unusable : "");
	if (answer->unusable && !answer->is_revoked && !answer->fresh)
		note_certificate(in, "trust.revocation-unusable", c, "a usable answer",
				 answer->unusable);
}

enum status revocation_assess(struct inquiry *in, const struct path *path,
			      struct assessment *as)
{
	if (in->q->policy->revocation == TRUST_REVOCATION_OFF)
		return STATUS_OK;
	/* The last one is an anchor, or has no issuer whose word could be checked. */
	for (size_t i = 0; i + 1 < path->n; i++) {
		struct status_question question = { in, path, i };
		struct status_answer answer = { 0 };

		TRY(crl_ask(&question, &answer));
		TRY(ocsp_ask(&question, &answer));
		answer_assess(in, path->certs[i], &answer, as);
	}
	return STATUS_OK;
}

static enum status digest_is_distrusted(const struct inquiry *in, enum distrust_kind kind,
					enum digest_algorithm algorithm, struct span bytes,
					bool *hit)
{
	struct digest digest;

	if (*hit || !store_has_distrust(in->store, kind))
		return STATUS_OK;
	TRY(digest_of(algorithm, &bytes, 1, &digest));
	*hit = store_distrusts(in->store, kind, digest_span(&digest));
	return STATUS_OK;
}

enum status distrust_assess(struct inquiry *in, const struct path *path, struct assessment *as)
{
	bool uefi = in->set->set == TRUST_UEFI;

	if (uefi && in->q->image_digest.len > 0 &&
	    store_distrusts(in->store, DISTRUST_IMAGE_SHA256, in->q->image_digest))
		assess(in, as, ASSAY_TRUST_DISTRUSTED,
		       "the digest of this image is on the list of forbidden ones (dbx)");
	for (size_t i = 0; i < path->n; i++) {
		const struct certificate *c = path->certs[i];
		bool hit = store_distrusts(in->store, DISTRUST_CERT_SHA256, SPAN_OF(c->sha256));

		TRY(digest_is_distrusted(in, DISTRUST_KEY_MD5, DIGEST_MD5, c->key.bits, &hit));
		TRY(digest_is_distrusted(in, DISTRUST_TBS_SHA384, DIGEST_SHA384, c->tbs, &hit));
		if (uefi)
			TRY(digest_is_distrusted(in, DISTRUST_TBS_SHA256, DIGEST_SHA256, c->tbs,
						 &hit));
		if (hit)
			assess(in, as, ASSAY_TRUST_DISTRUSTED,
			       "'%s' is on a list of distrusted certificates",
			       certificate_name(in, c));
	}
	return STATUS_OK;
}
