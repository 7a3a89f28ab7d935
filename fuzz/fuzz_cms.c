/* SPDX-License-Identifier: MIT */
/* Any bytes as a ContentInfo: whatever is read of them must hold together. */
#include "base/limits.h"
#include "crypto/cms.h"
#include "fuzz/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BASE 4096 /* where in its file the input is said to begin */

static void attributes_must_hold(struct span signer, const struct cms_attribute *attrs,
				 size_t n)
{
	MUST(n <= CMS_MAX_ATTRS);
	for (size_t i = 0; i < n; i++) {
		MUST(attrs[i].n_values <= CMS_MAX_VALUES);
		must_lie_in(signer, attrs[i].oid);
		MUST(cms_attribute_find(attrs, n, attrs[i].oid) != NULL);
		for (size_t v = 0; v < attrs[i].n_values; v++) {
			struct cursor c = cursor_at(attrs[i].values[v], 0);
			struct der d;

			must_lie_in(signer, attrs[i].values[v]);
			MUST(der_next(&c, &d) && cursor_left(&c) == 0);
		}
	}
}

/* Reading the same octets again must give the same answer. */
static void signer_must_hold(struct arena *a, const struct cms *cms,
			     const struct signer_info *s)
{
	const struct certificate *c = signer_certificate(s, cms->certs, cms->n_certs);
	struct signer_info again;
	struct signer_check check;

	must_lie_in(cms->whole, s->whole);
	must_lie_in(s->whole, s->issuer);
	must_lie_in(s->whole, s->serial);
	must_lie_in(s->whole, s->signed_attrs);
	must_lie_in(s->whole, s->content_type);
	attributes_must_hold(s->whole, s->attrs, s->n_attrs);
	attributes_must_hold(s->whole, s->unsigned_attrs, s->n_unsigned_attrs);
	MUST(signer_info_read(a, s->whole, &again) == STATUS_OK);
	MUST(again.digest == s->digest && span_equal(again.signature, s->signature) &&
	     again.n_attrs == s->n_attrs && again.duplicate_attr == s->duplicate_attr);
	MUST(s->digest == digest_by_oid(s->digest_oid));
	if (!c)
		return;
	MUST(signer_verify(s, &c->key, cms->content.value, false, &check) == STATUS_OK);
	MUST(!check.raw_hash);
	MUST(!check.algorithm_contradiction || check.signature != SIGNATURE_OK);
	MUST(s->signed_attrs.len == 0 || !check.digest_matches || s->message_digest.len > 0);
}

static void cms_must_hold(struct arena *a, struct span in, const struct cms *cms)
{
	struct findings findings = FINDINGS_INIT(a);
	struct cms again;
	struct span rest;

	MUST(cms->n_certs + cms->n_skipped_certs <= CMS_MAX_CERTS);
	MUST(cms->n_signers <= CMS_MAX_SIGNERS);
	must_lie_in(in, cms->whole);
	must_lie_in(cms->whole, cms->content_type);
	must_lie_in(cms->whole, cms->content.whole);
	MUST(cms->content.value.len <= cms->content.whole.len);
	for (size_t i = 0; i < cms->n_certs; i++)
		must_lie_in(cms->whole, cms->certs[i].der);
	for (size_t i = 0; i < cms->n_signers; i++)
		signer_must_hold(a, cms, &cms->signers[i]);
	MUST(cms_read(a, cms->whole, 0, &findings, &again, &rest) == STATUS_OK &&
	     rest.len == 0);
	MUST(again.n_certs == cms->n_certs && again.n_signers == cms->n_signers &&
	     again.indefinite == cms->indefinite && again.octet_content == cms->octet_content &&
	     span_equal(again.content.value, cms->content.value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
	struct findings findings = FINDINGS_INIT(&a);
	struct span in = { data, size }, rest;
	struct cms cms;
	enum status status = cms_read(&a, in, BASE, &findings, &cms, &rest);

	if (status == STATUS_OK) {
		MUST(cms.whole.len + rest.len == size && findings.n == 0);
		cms_must_hold(&a, in, &cms);
		return 0;
	}
	MUST(status == STATUS_MALFORMED || status == STATUS_LIMIT);
	MUST(findings.n == 1);
	MUST(finding_has(&findings, status == STATUS_LIMIT ? "limit.cms" : "cms.malformed",
			 -1));
	MUST(findings.first->where.off >= BASE &&
	     findings.first->where.off + findings.first->where.len <= BASE + size);
	return 0;
}
