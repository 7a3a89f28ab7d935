/* SPDX-License-Identifier: MIT */
/* Who vouches for bytes: what lists of packages and headers of the rpm database ask. */
#include "base/escape.h"
#include "verify/openpgp/state.h"

#define NAME_MAX_BYTES 512

static enum status hash_make(struct arena *a, const struct openpgp_signature *s,
			     const struct openpgp_content *content, struct digest *out)
{
	struct span parts[OPENPGP_CONTENT_PARTS + 3];
	struct openpgp_trailer trailer;
	size_t n = 0;

	TRY(openpgp_trailer(a, s, &trailer));
	parts[n++] = s->salt;
	for (size_t i = 0; i < content->n; i++)
		parts[n++] = content->parts[i];
	parts[n++] = trailer.parts[0];
	parts[n++] = trailer.parts[1];
	return digest_of(openpgp_digest(s->hash), parts, n, out);
}

/* STATUS_NOT_MINE: no key that is believed made it. */
static enum status signature_try(struct arena *a, const struct openpgp_believer *trust,
				 const struct openpgp_signature *s,
				 const struct openpgp_content *content,
				 struct openpgp_voucher *out)
{
	struct openpgp_found found;
	struct trust_answer answer;
	struct span fingerprint;
	struct digest hash, id;

	if (s->problem || openpgp_digest(s->hash) == DIGEST_NONE)
		return STATUS_NOT_MINE;
	TRY(hash_make(a, s, content, &hash));
	TRY(openpgp_key_find(a, trust->store, s, &hash, &found));
	if (!found.signer.component || found.result != SIGNATURE_OK ||
	    openpgp_weakness(&found.signer.component->key, s))
		return STATUS_NOT_MINE;
	TRY(openpgp_signer_judge(a, &found.signer, s->created, trust->now));
	if (found.signer.objection != OPENPGP_NO_OBJECTION ||
	    (s->lifetime != 0 && s->created + s->lifetime <= trust->now))
		return STATUS_NOT_MINE;
	fingerprint = openpgp_fingerprint_span(&found.signer.primary);
	TRY(digest_of(DIGEST_SHA256, &fingerprint, 1, &id));
	TRY(trust_key_judge(trust->store, a, TRUST_OPENPGP, id.bytes, "a key", &answer));
	if (answer.trust != ASSAY_TRUST_ANCHORED)
		return STATUS_NOT_MINE;
	(void)span_copy(out->key, sizeof(out->key), digest_span(&id));
	out->owner = escape_string(a, found.signer.user_id, NAME_MAX_BYTES);
	return out->owner ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status openpgp_vouch(struct arena *a, const struct openpgp_believer *trust,
			  struct span block, const struct openpgp_content *content,
			  struct openpgp_voucher *out)
{
	const struct openpgp_signature *s;
	const char *problem;
	enum status status = openpgp_signatures(a, block, &s, &problem);

	if (status == STATUS_MALFORMED)
		return STATUS_NOT_MINE;
	TRY(status);
	for (; s; s = s->next) {
		status = signature_try(a, trust, s, content, out);
		if (status != STATUS_NOT_MINE)
			return status;
	}
	return STATUS_NOT_MINE;
}
