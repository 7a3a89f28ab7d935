/* SPDX-License-Identifier: MIT */
/*
 * The CMS signature: its mathematics, and whether it was made for the
 * CodeDirectory of slot 0, over whose raw bytes it is detached.
 *
 * A sound signature that names another CodeDirectory is a stolen or an outdated
 * one: then the digests in this file's CodeDirectory are not the signer's.
 */
#include "verify/code_directory/state.h"

#define OID_DATA   OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")
#define FLAGS_BYTE 15 /* of a CodeDirectory: the last of its flags */

static void bad(struct cd_signature *s, const char *problem)
{
	s->fact->signature = ASSAY_SIGNATURE_BAD;
	s->fact->problem = problem;
}

/* What the signer signed, and what is here, by the digest that he used. */
static enum status digests_set(struct cd_signature *s)
{
	const struct span *content = &s->directories[0].d->whole;
	const struct signer_info *si = s->fact->signer;
	struct fact *fact = s->fact;

	if (si->digest == DIGEST_NONE)
		return STATUS_OK;
	TRY(digest_of(si->digest, content, 1, &fact->computed_digest));
	fact->signed_digest = fact->computed_digest;
	if (si->signed_attrs.len > 0 && si->message_digest.len == digest_size(si->digest))
		(void)span_copy(fact->signed_digest.bytes, DIGEST_MAX, si->message_digest);
	return STATUS_OK;
}

/* Apple asks the first signer alone; others are looked at so that none hides. */
static enum status others_note(struct arena *a, struct cd_state *state, struct cd_signature *s)
{
	const struct cms *cms = s->cms;

	if (cms->n_signers < 2)
		return STATUS_OK;
	for (size_t i = 1; i < cms->n_signers; i++) {
		const struct signer_info *si = &cms->signers[i];
		const struct certificate *c = signer_certificate(si, cms->certs, cms->n_certs);
		struct signer_check check = { 0 };
		bool good;

		if (c)
			TRY(signer_verify(si, &c->key, s->directories[0].d->whole, false,
					  &check));
		good = c && check.signature == SIGNATURE_OK && !signer_problem(si, &check);
		finding_add(state->c->findings, "macho.cms-signers",
			    claim_where(s->fact->claim, si->whole), "one signer",
			    arena_printf(a, "signer %zu is %s, %s", i + 1,
					 c ? name_short(a, c->subject) : "unknown",
					 good ? "and his signature holds"
					      : "and his signature does not hold"));
	}
	return STATUS_OK;
}

/* Somebody cleared or set the flag and kept the rest? */
static enum status probe(struct cd_signature *s, bool *flag_only)
{
	struct span whole = s->directories[0].d->whole;
	uint8_t flags = span_at(whole, FLAGS_BYTE) & (uint8_t)~CODE_FLAG_ADHOC;
	struct span parts[] = {
		span_clip(whole, 0, FLAGS_BYTE),
		{&flags, 1},
		span_after(whole, FLAGS_BYTE + 1)
	};
	const struct signer_info *si = s->fact->signer;
	struct digest digest;

	*flag_only = false;
	if (si->digest == DIGEST_NONE)
		return STATUS_OK;
	TRY(digest_of(si->digest, parts, COUNT_OF(parts), &digest));
	*flag_only = digest_equal(&digest, si->message_digest);
	return STATUS_OK;
}

/* Apple's systems go by the flag and ask nobody; other programs print the name in the CMS. */
static enum status adhoc_convict(struct cd_state *state, struct cd_signature *s)
{
	struct fact *fact = s->fact;
	bool flag_only;

	TRY(probe(s, &flag_only));
	fact->counterfeit = true;
	fact->counterfeit_rule = "verdict.counterfeit-adhoc";
	if (fact->signature == ASSAY_SIGNATURE_GOOD && !s->attested)
		bad(s, "it was made for another CodeDirectory");
	finding_add(state->c->findings, "macho.adhoc-with-cms", fact->where,
		    "ad-hoc code without a signer",
		    s->attested ? "a signature for this very CodeDirectory"
		    : flag_only ? "a signature for it without the ad-hoc flag"
				: "a signature for another CodeDirectory");
	return STATUS_OK;
}

enum status cd_cms_judge(struct arena *a, struct cd_state *state, struct cd_signature *s)
{
	struct fact *fact = s->fact;

	if (!s->cms || !fact->signer) {
		bad(s, s->cms ? "it has no signer" : "it cannot be read");
		return STATUS_OK;
	}
	TRY(digests_set(s));
	TRY(fact_mathematics_apart(fact, s->directories[0].d->whole, &s->attested));
	if (fact->signature == ASSAY_SIGNATURE_GOOD &&
	    !span_equal(s->cms->content_type, OID_DATA))
		bad(s, "it signs content of another type");
	if (s->cms->content.whole.len > 0)
		finding_add(state->c->findings, "macho.cms-attached",
			    claim_where(fact->claim, s->cms->content.whole),
			    "a detached signature", "content of its own");
	TRY(others_note(a, state, s));
	return s->adhoc ? adhoc_convict(state, s) : STATUS_OK;
}
