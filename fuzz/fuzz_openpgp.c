/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as OpenPGP: clearsigned text, armor, signatures, certificates.
 * What is read lies in what was given; nobody's key is found to have signed.
 */
#include "base/limits.h"
#include "crypto/openpgp.h"
#include "fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void signature_must_hold(const struct openpgp_signature *s, struct span block)
{
	must_lie_in(block, s->whole);
	must_lie_in(s->whole, s->hashed);
	must_lie_in(s->whole, s->issuer);
	must_lie_in(s->whole, s->fingerprint);
	must_lie_in(s->whole, s->back);
	MUST(s->problem || s->unsupported || s->version == 2 || s->version == 3 ||
	     s->version == 4 || s->version == 6);
	MUST(s->problem || (s->has_created && (s->n_numbers > 0 || s->native.len > 0)));
	for (size_t i = 0; i < s->n_numbers; i++)
		must_lie_in(s->whole, s->numbers[i]);
}

static void signatures_must_hold(struct arena *a, struct span block)
{
	const struct openpgp_signature *s = NULL;
	const char *problem;
	enum status status = openpgp_signatures(a, block, &s, &problem);

	MUST(status != STATUS_OK || s != NULL);
	MUST(status != STATUS_MALFORMED || problem != NULL);
	for (; status == STATUS_OK && s; s = s->next)
		signature_must_hold(s, block);
}

/* Of two spans at most one and the same byte is counted once: certificates follow each other.
 */
static void certificates_must_hold(struct arena *a, struct span ring)
{
	struct cursor c = cursor_at(ring, 0);
	struct openpgp_certificate certificate;
	size_t total = 0;

	while (openpgp_certificate_next(a, &c, &certificate) == STATUS_OK) {
		struct openpgp_signer signer = { .certificate = &certificate,
						 .component = certificate.primary };
		enum status status;

		must_lie_in(ring, certificate.whole);
		total += certificate.whole.len;
		MUST(certificate.whole.len > 0 && total <= ring.len);
		for (const struct openpgp_component *p = certificate.primary; p; p = p->next) {
			must_lie_in(certificate.whole, p->body);
			for (const struct openpgp_signature *s = p->first; s; s = s->next)
				signature_must_hold(s, ring);
		}
		if (openpgp_fingerprint_of(&certificate.primary->key, &signer.primary) !=
		    STATUS_OK)
			continue;
		status = openpgp_signer_judge(a, &signer, 1700000000, 1800000000);
		MUST(status == STATUS_OK || status == STATUS_LIMIT ||
		     status == STATUS_NO_MEMORY);
		/* A name comes with a signature that holds; no key, no name. */
		MUST(status != STATUS_OK || !certificate.primary->key.problem ||
		     signer.objection != OPENPGP_NO_OBJECTION);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
	struct span in = { data, size }, canonical;
	struct openpgp_cleartext text;
	struct openpgp_armor armor;
	enum status status = openpgp_cleartext_read(&a, in, &text);

	MUST(status != STATUS_MALFORMED || text.problem != NULL);
	if (status == STATUS_OK) {
		MUST(text.before.len + text.text.len + text.armor.where.len + text.after.len <
		     size);
		MUST(text.after.off + text.after.len == size);
		MUST(text.canonical.len <= 2 * text.text.len);
		signatures_must_hold(&a, text.armor.bytes);
	}
	if (openpgp_armor_read(&a, in, 0, &armor) == STATUS_OK) {
		MUST(openpgp_armored(in) && armor.where.len <= size);
		certificates_must_hold(&a, armor.bytes);
	}
	MUST(openpgp_text_canonical(&a, in, &canonical) != STATUS_OK ||
	     canonical.len <= 2 * size);
	signatures_must_hold(&a, in);
	certificates_must_hold(&a, in);
	return 0;
}
