/* SPDX-License-Identifier: MIT */
/*
 * Judges signatures of scheme v4: the signature over root and digest, the
 * certificate, and that both are those of the package's own signature.
 */
#include "verify/apk/idsig.h"

#include "base/buffer.h"
#include "verify/apk/sequences.h"

#define SHA256_NUMBER 1
#define LOG2_PAGE     12

static void prefixed_put(struct buffer *b, struct span bytes)
{
	buffer_u32le(b, (uint32_t)bytes.len);
	buffer_add(b, bytes);
}

/* What is signed: everything but the key, with the size of the package. */
static void signed_data_put(struct buffer *b, const struct idsig *idsig,
			    const struct idsig_signer *s)
{
	size_t len = 4 + 8 + 4 + 1 + 4 * 5 + idsig->salt.len + idsig->root.len + s->digest.len +
		     s->certificate_der.len + s->additional.len;

	buffer_u32le(b, (uint32_t)len);
	buffer_u64le(b, idsig->claim->covered->pieces[0].range.len);
	buffer_u32le(b, idsig->algorithm);
	buffer_char(b, (char)idsig->log2_block);
	prefixed_put(b, idsig->salt);
	prefixed_put(b, idsig->root);
	prefixed_put(b, s->digest);
	prefixed_put(b, s->certificate_der);
	prefixed_put(b, s->additional);
}

static enum status mathematics_judge(const struct idsig *idsig, const struct idsig_signer *s,
				     const struct apk_algorithm *algorithm)
{
	CLEANUP(buffer_free) struct buffer data = BUFFER_INIT;
	struct fact *fact = s->fact;
	enum signature_result result;
	struct public_key key;
	enum status status = public_key_read(s->key, &key);

	if (status == STATUS_NO_MEMORY)
		return status;
	if (status != STATUS_OK || !apk_keys_equal(&key, &s->certificate.key)) {
		fact->problem = "the key that signed it is not that of its certificate";
		return STATUS_OK;
	}
	signed_data_put(&data, idsig, s);
	TRY(buffer_status(&data));
	TRY(apk_verify(algorithm, &key, buffer_span(&data), s->signature, &result));
	if (result == SIGNATURE_NOT_SUPPORTED) {
		fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
		fact->problem = "its algorithm is not built in";
		return STATUS_OK;
	}
	if (result != SIGNATURE_OK)
		fact->problem = "the signature value is wrong, or the package has another size";
	return STATUS_OK;
}

/* The signer of the block to which this one belongs. */
static bool owner_find(const struct apk_file *apk, const struct idsig_signer *s,
		       struct apk_glance *out)
{
	const struct apk_pair *v3 = apk_pair_find(apk, APK_V3);
	const struct apk_pair *pair = s->block ? apk_pair_find(apk, s->block)
				      : v3     ? v3
					       : apk_pair_find(apk, APK_V2);
	struct cursor signers = apk_glance_begin(pair);

	return apk_glance_next(&signers, s->block || v3 ? 3 : 2, out);
}

static const char *owner_problem(struct scheme_case *c, const struct idsig_signer *s)
{
	const struct apk_record *digest;
	struct apk_glance owner;

	if (!owner_find(c->box->apk, s, &owner))
		return "the package has no signature to which it could belong";
	if (!span_same(owner.certificate, s->certificate_der)) {
		finding_add(c->findings, "apk.signers-differ", (struct range){ 0, 0 },
			    "the same signer in every scheme, or a proof of rotation",
			    "another one in scheme v4");
		return "its signer is not that of the package";
	}
	digest = apk_record_best(owner.digests, owner.n_digests);
	if (!digest || !span_same(digest->value, s->digest))
		return "it names another digest than the package's signature";
	return NULL;
}

static bool kind_is_usual(const struct idsig *idsig)
{
	return idsig->algorithm == SHA256_NUMBER && idsig->log2_block == LOG2_PAGE &&
	       idsig->salt.len == 0 && idsig->root.len == TREE_HASH;
}

static bool root_is(const struct idsig *idsig, const struct digest *root)
{
	return digest_equal(root, idsig->root) || digest_equal(&idsig->above, idsig->root);
}

/* A package for the newest systems has a signer for them here too. */
static void completeness_check(struct scheme_case *c, const struct idsig *idsig)
{
	const struct apk_pair *v31 = apk_pair_find(c->box->apk, APK_V31);

	for (const struct idsig_signer *s = idsig->signers; s && v31; s = s->next)
		if (s->block == APK_V31)
			return;
	if (v31)
		finding_add(c->findings, "apk.idsig-incomplete", v31->where,
			    "a signer for scheme v3.1 in the .idsig", NULL);
}

static enum status known_judge(const struct idsig *idsig, struct idsig_signer *s,
			       const struct digest *root, const struct apk_algorithm *algorithm)
{
	struct fact *fact = s->fact;

	if (!kind_is_usual(idsig)) {
		fact->problem = "its tree of hashes is of a kind that no system takes";
		return STATUS_OK;
	}
	TRY(mathematics_judge(idsig, s, algorithm));
	if (fact->problem)
		return STATUS_OK;
	fact->computed_digest = *root;
	fact->signed_digest.algorithm = DIGEST_SHA256;
	(void)span_copy(fact->signed_digest.bytes, TREE_HASH, idsig->root);
	fact->binding = root_is(idsig, root) ? ASSAY_BINDING_INTACT : ASSAY_BINDING_MODIFIED;
	fact->signature = ASSAY_SIGNATURE_GOOD;
	return STATUS_OK;
}

enum status idsig_judge(struct arena *a, struct scheme_case *c, const struct idsig *idsig,
			struct idsig_signer *s, const struct digest *root)
{
	const struct apk_algorithm *algorithm = apk_algorithm_find(s->algorithm);
	struct fact *fact = s->fact;
	struct apk_identity who;

	fact->limits = s->block == APK_V31
			       ? "Android API 33 and later, incremental installation"
			       : "Android API 30 and later, incremental installation";
	fact->signature = ASSAY_SIGNATURE_BAD;
	if (fact->problem)
		return STATUS_OK;
	if (!algorithm || (s->block != 0 && s->block != APK_V31)) {
		fact->signature = ASSAY_SIGNATURE_UNSUPPORTED;
		fact->problem = algorithm ? "it is for a scheme that is not known"
					  : "its algorithm is not built in";
		return STATUS_OK;
	}
	TRY(known_judge(idsig, s, root, algorithm));
	if (fact->signature != ASSAY_SIGNATURE_GOOD)
		return STATUS_OK;
	if (fact->binding == ASSAY_BINDING_INTACT)
		fact->problem = owner_problem(c, s);
	if (!fact->problem && fact->binding == ASSAY_BINDING_INTACT && idsig->tree_differs)
		fact->problem = "the tree of hashes in it is not that of the package";
	if (fact->problem) {
		fact->signature = ASSAY_SIGNATURE_BAD;
		return STATUS_OK;
	}
	if (s == idsig->signers)
		completeness_check(c, idsig);
	who = (struct apk_identity){ &s->certificate, 1, algorithm->digest };
	return apk_trust_judge(a, c, fact, &who);
}
