/* SPDX-License-Identifier: MIT */
/* Usage, strength, time and the terms of root programmes, on one ordinary hierarchy. */
#include "tests/check.h"
#include "trust/test_scene.h"

#define CODE_AND_TSA                                                                           \
	"\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x03\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x08"
#define CODE_ONLY "\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x03"
#define TSA_ONLY  "\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x08"

/* Zeroed: a good code signature without a timestamp. "" for an extension: none. */
struct row {
	const char *name;
	enum trust_set set; /* 0: ms-code */
	enum trust_purpose purpose;
	const char *leaf_eku, *leaf_usage, *ca_eku;
	const char *leaf_from, *leaf_until, *ca_until, *root_until;
	const char *signed_at, *now;
	enum digest_algorithm digest, signer_digest;
	const char *leaf_digest; /* of the signature on the leaf */
	enum pki_key_type leaf_key, ca_key, root_key;
	/* Of the root programme; "": an empty date. */
	const char *disallowed, *not_before, *limit_eku, *disallowed_eku, *not_before_eku;
	bool own_root, own_roots_exempt, empty_date_distrust, sha1_reject;
	unsigned root_sets; /* 0: all */
	bool no_anchor, distrust_root, distrust_ca_key, distrust_leaf_tbs;
	const char *list_date;

	enum assay_trust trust;
	unsigned also;       /* further reasons, as bits */
	const char *finding; /* NULL: none of the rules below */
	const char *because; /* stands in the explanation */
};

#define BIT(reason) (1U << ASSAY_TRUST_##reason)

static const struct row rows[] = {
	{.name = "good",					    .trust = ASSAY_TRUST_ANCHORED},
	{						      .name = "good, P-384 signer",                                     .leaf_key = PKI_P384, .trust = ASSAY_TRUST_ANCHORED },
	{						     .name = "good, RSA",
         .leaf_key = PKI_RSA_2048,
         .ca_key = PKI_RSA_2048,
         .trust = ASSAY_TRUST_ANCHORED },
	{														   .name = "good, RSA-PSS authority",
         .ca_key = PKI_RSA_PSS,
         .trust = ASSAY_TRUST_ANCHORED },

	{														   .name = "expired, no timestamp",
         .leaf_until = "2025-03-01",
         .trust = ASSAY_TRUST_EXPIRED,
         .because = "'Test Signer' expired on 2025-03-01, and no valid timestamp" },
	{														    .name = "stamped before expiry",
         .leaf_until = "2025-03-01",
         .signed_at = "2024-06-01",
         .trust = ASSAY_TRUST_ANCHORED },
	{														      .name = "stamped after expiry",
         .leaf_until = "2025-03-01",
         .signed_at = "2025-06-01",
         .trust = ASSAY_TRUST_EXPIRED,
         .because = "and the timestamp is of 2025-06-01" },
	{.name = "stamped before the certificate",
         .leaf_from = "2025-03-01",
         .signed_at = "2024-06-01",
         .trust = ASSAY_TRUST_EXPIRED,
         .because = "'Test Signer' is not valid before 2025-03-01" },
	{												 .name = "not valid yet",
         .leaf_from = "2030-01-01",
         .trust = ASSAY_TRUST_EXPIRED,
         .because = "not valid before 2030-01-01, and no valid timestamp shows a later time" },
	{														       .name = "authority expired",
         .ca_until = "2025-01-01",
         .trust = ASSAY_TRUST_EXPIRED,
         .because = "'Test CA' expired on 2025-01-01" },
	{.name = "anchor expired",                              .root_until = "2025-01-01",      .trust = ASSAY_TRUST_EXPIRED },
	{							  .name = "anchor expired after the timestamp",
         .root_until = "2025-01-01",
         .signed_at = "2024-01-01",
         .trust = ASSAY_TRUST_ANCHORED },
	{												    .name = "lifetime, stamped, 2030",
         .leaf_eku = "codeSigning,1.3.6.1.4.1.311.10.3.13",
         .leaf_until = "2036-01-01",
         .signed_at = "2026-01-01",
         .now = "2030-01-01",
         .trust = ASSAY_TRUST_ANCHORED },
	{								 .name = "lifetime, stamped, 2060",
         .leaf_eku = "codeSigning,1.3.6.1.4.1.311.10.3.13",
         .leaf_until = "2036-01-01",
         .signed_at = "2026-01-01",
         .now = "2060-01-01",
         .trust = ASSAY_TRUST_EXPIRED,
         .because = "lifetime" },
	{														       .name = "no lifetime, stamped, 2060",
         .leaf_until = "2036-01-01",
         .signed_at = "2026-01-01",
         .now = "2060-01-01",
         .trust = ASSAY_TRUST_ANCHORED },

	{											       .name = "no EKU anywhere",                                 .leaf_eku = "",								      .trust = ASSAY_TRUST_ANCHORED },
	{														   .name = "no EKU on the leaf, one above",
         .leaf_eku = "",
         .ca_eku = "codeSigning",
         .trust = ASSAY_TRUST_WRONG_USAGE },
	{														      .name = "serverAuth",
         .leaf_eku = "serverAuth",
         .trust = ASSAY_TRUST_WRONG_USAGE,
         .because = "'Test Signer' is not for signing programs" },
	{															   .name = "any usage on the leaf",
         .leaf_eku = "anyExtendedKeyUsage",
         .trust = ASSAY_TRUST_WRONG_USAGE },
	{														       .name = "authority for TLS",
         .ca_eku = "serverAuth",
         .trust = ASSAY_TRUST_WRONG_USAGE,
         .because = "'Test CA' may not issue" },
	{.name = "authority for TLS and code",
         .ca_eku = "serverAuth,codeSigning",
         .trust = ASSAY_TRUST_ANCHORED },
	{.name = "authority for any usage",
         .ca_eku = "anyExtendedKeyUsage",
         .trust = ASSAY_TRUST_ANCHORED },
	{													     .name = "keyEncipherment only",
         .leaf_usage = "critical,keyEncipherment",
         .trust = ASSAY_TRUST_WRONG_USAGE },
	{											  .name = "no key usage",                          .leaf_usage = "",							.trust = ASSAY_TRUST_ANCHORED },
	{														.name = "wrong usage and expired",
         .leaf_eku = "serverAuth",
         .leaf_until = "2025-01-01",
         .trust = ASSAY_TRUST_WRONG_USAGE,
         .also = BIT(EXPIRED) },

	{														.name = "timestamp",
         .purpose = TRUST_PURPOSE_TIMESTAMP,
         .leaf_eku = "critical,timeStamping",
         .signed_at = "2024-01-01",
         .trust = ASSAY_TRUST_ANCHORED },
	{													      .name = "timestamp, usage not critical",
         .purpose = TRUST_PURPOSE_TIMESTAMP,
         .leaf_eku = "timeStamping",
         .signed_at = "2024-01-01",
         .trust = ASSAY_TRUST_ANCHORED,
         .finding = "cert.tsa-usage-not-critical" },
	{														 .name = "timestamp, expired since",
         .purpose = TRUST_PURPOSE_TIMESTAMP,
         .leaf_eku = "critical,timeStamping",
         .leaf_until = "2025-01-01",
         .signed_at = "2024-01-01",
         .trust = ASSAY_TRUST_ANCHORED },
	{													.name = "timestamp, expired before",
         .purpose = TRUST_PURPOSE_TIMESTAMP,
         .leaf_eku = "critical,timeStamping",
         .leaf_until = "2023-01-01",
         .signed_at = "2024-01-01",
         .trust = ASSAY_TRUST_EXPIRED },
	{.name = "timestamp by a code signer",
         .purpose = TRUST_PURPOSE_TIMESTAMP,
         .signed_at = "2024-01-01",
         .trust = ASSAY_TRUST_WRONG_USAGE },
	{															.name = "timestamp, two usages",
         .purpose = TRUST_PURPOSE_TIMESTAMP,
         .leaf_eku = "critical,timeStamping,codeSigning",
         .signed_at = "2024-01-01",
         .trust = ASSAY_TRUST_WRONG_USAGE,
         .because = "not for timestamps alone" },
	{															 .name = "timestamp, no usage",
         .purpose = TRUST_PURPOSE_TIMESTAMP,
         .leaf_eku = "",
         .signed_at = "2024-01-01",
         .trust = ASSAY_TRUST_WRONG_USAGE },
	{														       .name = "timestamp, non-repudiation",
         .purpose = TRUST_PURPOSE_TIMESTAMP,
         .leaf_eku = "critical,timeStamping",
         .leaf_usage = "critical,nonRepudiation",
         .signed_at = "2024-01-01",
         .trust = ASSAY_TRUST_ANCHORED },

	{													      .name = "firmware: expired, no usage",
         .set = TRUST_UEFI,
         .leaf_eku = "serverAuth",
         .leaf_until = "2021-01-01",
         .root_until = "2022-01-01",
         .trust = ASSAY_TRUST_ANCHORED },
	{													.name = "firmware: key not for signatures",
         .set = TRUST_UEFI,
         .leaf_usage = "critical,keyEncipherment",
         .trust = ASSAY_TRUST_ANCHORED },
	{													     .name = "firmware: forbidden leaf",
         .set = TRUST_UEFI,
         .distrust_leaf_tbs = true,
         .trust = ASSAY_TRUST_DISTRUSTED },

	{														.name = "MD5 image, today",
         .digest = DIGEST_MD5,
         .signer_digest = DIGEST_MD5,
         .trust = ASSAY_TRUST_WEAK_ALGORITHM,
         .finding = "weak.md5" },
	{														      .name = "MD5 image, stamped 2008",
         .digest = DIGEST_MD5,
         .leaf_from = "2005-01-01",
         .signed_at = "2008-06-01",
         .trust = ASSAY_TRUST_ANCHORED,
         .finding = "weak.md5" },
	{											  .name = "MD5 image, stamped 2010",
         .digest = DIGEST_MD5,
         .leaf_from = "2005-01-01",
         .signed_at = "2010-06-01",
         .trust = ASSAY_TRUST_WEAK_ALGORITHM,
         .finding = "weak.md5" },
	{													     .name = "MD5 in the CMS alone",
         .signer_digest = DIGEST_MD5,
         .trust = ASSAY_TRUST_WEAK_ALGORITHM,
         .finding = "weak.md5" },
	{														       .name = "MD5 in the certificate",
         .ca_key = PKI_RSA_2048,
         .leaf_digest = "MD5",
         .trust = ASSAY_TRUST_WEAK_ALGORITHM,
         .finding = "weak.md5",
         .because = "the certificate of 'Test Signer' rests on MD5" },
	{.name = "SHA-1 image",
         .digest = DIGEST_SHA1,
         .trust = ASSAY_TRUST_ANCHORED,
         .finding = "weak.sha1" },
	{														.name = "SHA-1 certificate",
         .leaf_digest = "SHA1",
         .trust = ASSAY_TRUST_ANCHORED,
         .finding = "weak.sha1" },
	{													     .name = "SHA-1 refused",
         .digest = DIGEST_SHA1,
         .sha1_reject = true,
         .trust = ASSAY_TRUST_WEAK_ALGORITHM,
         .finding = "weak.sha1" },
	{														.name = "SHA-1 refused, stamped 2015",
         .digest = DIGEST_SHA1,
         .sha1_reject = true,
         .leaf_from = "2014-01-01",
         .signed_at = "2015-12-31",
         .trust = ASSAY_TRUST_ANCHORED,
         .finding = "weak.sha1" },
	{														      .name = "RSA-512 signer",
         .leaf_key = PKI_RSA_512,
         .trust = ASSAY_TRUST_WEAK_ALGORITHM,
         .finding = "weak.key",
         .because = "fewer than 1024 bits" },
	{.name = "RSA-1024 signer",
         .leaf_key = PKI_RSA_1024,
         .trust = ASSAY_TRUST_ANCHORED,
         .finding = "weak.rsa-1024" },

	{														.name = "disallowed after T",
         .disallowed = "2025-01-01",
         .signed_at = "2024-06-01",
         .trust = ASSAY_TRUST_ANCHORED },
	{														 .name = "disallowed before T",
         .disallowed = "2024-01-01",
         .signed_at = "2024-06-01",
         .trust = ASSAY_TRUST_DISTRUSTED,
         .because = "'Test Root' is distrusted from 2024-01-01 on" },
	{														     .name = "disallowed, no timestamp",
         .disallowed = "2025-01-01",
         .trust = ASSAY_TRUST_DISTRUSTED },
	{.name = "disallowed for another usage",
         .disallowed = "2024-01-01",
         .disallowed_eku = TSA_ONLY,
         .trust = ASSAY_TRUST_ANCHORED },
	{														   .name = "usage disallowed without a date",
         .disallowed_eku = CODE_AND_TSA,
         .trust = ASSAY_TRUST_DISTRUSTED },
	{															    .name = "not-before before the leaf",
         .not_before = "2019-01-01",
         .trust = ASSAY_TRUST_DISTRUSTED,
         .because = "for certificates issued from 2019-01-01 on" },
	{															   .name = "not-before after the leaf",
         .not_before = "2021-01-01",
         .trust = ASSAY_TRUST_ANCHORED },
	{													     .name = "not-before for another usage",
         .not_before = "2019-01-01",
         .not_before_eku = TSA_ONLY,
         .trust = ASSAY_TRUST_ANCHORED },
	{															  .name = "not-before for this usage",
         .not_before = "2019-01-01",
         .not_before_eku = CODE_ONLY,
         .trust = ASSAY_TRUST_DISTRUSTED },
	{										      .name = "not-before, own root exempt",
         .not_before = "2019-01-01",
         .own_root = true,
         .own_roots_exempt = true,
         .trust = ASSAY_TRUST_ANCHORED },
	{														   .name = "not-before, own root, no exemption",
         .not_before = "2019-01-01",
         .own_root = true,
         .trust = ASSAY_TRUST_DISTRUSTED },
	{															   .name = "empty dates",
         .disallowed = "",
         .not_before = "",
         .trust = ASSAY_TRUST_ANCHORED,
         .finding = "trust.empty-date" },
	{.name = "empty dates distrusted",
         .disallowed = "",
         .empty_date_distrust = true,
         .trust = ASSAY_TRUST_DISTRUSTED },
	{															  .name = "usage removed by the programme",
         .limit_eku = TSA_ONLY,
         .trust = ASSAY_TRUST_WRONG_USAGE },
	{															     .name = "usage granted by the programme",
         .limit_eku = CODE_AND_TSA,
         .trust = ASSAY_TRUST_ANCHORED },
	{															  .name = "firmware knows no programme",
         .set = TRUST_UEFI,
         .limit_eku = TSA_ONLY,
         .not_before = "2019-01-01",
         .trust = ASSAY_TRUST_ANCHORED },

	{													     .name = "root in no set for code",
         .root_sets = TRUST_UEFI,
         .trust = ASSAY_TRUST_UNEVALUATED,
         .because = "no anchors for ms-code" },
	{														     .name = "no anchors for timestamps",
         .purpose = TRUST_PURPOSE_TIMESTAMP,
         .leaf_eku = "critical,timeStamping",
         .root_sets = TRUST_MS_CODE,
         .signed_at = "2024-01-01",
         .trust = ASSAY_TRUST_UNEVALUATED,
         .because = "no anchors for ms-tsa" },
	{														   .name = "no anchors, expired, wrong usage",
         .no_anchor = true,
         .leaf_eku = "serverAuth",
         .leaf_until = "2021-01-01",
         .trust = ASSAY_TRUST_UNEVALUATED },

	{														   .name = "disallowed anchor",
         .distrust_root = true,
         .trust = ASSAY_TRUST_DISTRUSTED,
         .because = "'Test Root' is on a list" },
	{														       .name = "disallowed key of the authority",
         .distrust_ca_key = true,
         .trust = ASSAY_TRUST_DISTRUSTED,
         .because = "'Test CA' is on a list" },
	{.name = "disallowed leaf",
         .distrust_leaf_tbs = true,
         .trust = ASSAY_TRUST_DISTRUSTED,
         .because = "'Test Signer' is on a list" },
	{												       .name = "disallowed without anchors",
         .no_anchor = true,
         .distrust_leaf_tbs = true,
         .trust = ASSAY_TRUST_DISTRUSTED,
         .also = BIT(UNEVALUATED) },

	{														.name = "old root list",
         .list_date = "2026-01-01",
         .trust = ASSAY_TRUST_ANCHORED,
         .finding = "trust.list-old" },
	{													      .name = "new root list",                                .list_date = "2026-10-01",                                                          .trust = ASSAY_TRUST_ANCHORED },
};

static const char *const watched[] = { "weak.md5",
				       "weak.sha1",
				       "weak.key",
				       "weak.rsa-1024",
				       "trust.empty-date",
				       "trust.list-old",
				       "cert.tsa-usage-not-critical",
				       "limit.chain",
				       "cert.issuer-signature-bad" };

static void extend(struct pki_wish *wish, const char *name, const char *value)
{
	if (value)
		wish_extend(wish, name, *value ? value : NULL);
}

static int64_t day_or(const char *day, int64_t otherwise)
{
	return day && *day ? pki_day(day) : otherwise;
}

static struct span text_span(const char *text)
{
	return text ? SPAN_TEXT(text) : SPAN_NONE;
}

static void limits_set(struct anchor_limits *l, const struct row *r)
{
	l->has_disallowed = r->disallowed != NULL;
	l->disallowed_empty = r->disallowed && !*r->disallowed;
	l->disallowed = day_or(r->disallowed, 0);
	l->has_not_before = r->not_before != NULL;
	l->not_before_empty = r->not_before && !*r->not_before;
	l->not_before = day_or(r->not_before, 0);
	l->eku = text_span(r->limit_eku);
	l->disallowed_eku = text_span(r->disallowed_eku);
	l->not_before_eku = text_span(r->not_before_eku);
	l->own_root = r->own_root;
}

static void distrust(struct scene *s, enum distrust_kind kind, enum digest_algorithm algorithm,
		     struct span bytes)
{
	struct digest d;

	if (digest_of(algorithm, &bytes, 1, &d) == STATUS_OK)
		memory_store_distrust(s->store, kind, digest_span(&d));
}

/* Root, authority and signer as the row wants them; gives the signer. */
static struct span row_build(struct scene *s, const struct row *r)
{
	struct pki_wish root = wish_root(s->pki, "O=Assay Test/CN=Test Root", 0), ca, leaf;
	const struct pki_certificate *root_made, *ca_made, *leaf_made;
	struct certificate read;

	root.key = pki_key(s->pki, r->root_key, 0);
	root.not_before = leaf.not_before = pki_day("2000-01-01");
	root.not_after = day_or(r->root_until, pki_day("2065-01-01"));
	root_made = pki_issue(s->pki, &root);
	ca = wish_authority(s->pki, "O=Assay Test/CN=Test CA", 1, root_made);
	ca.key = pki_key(s->pki, r->ca_key, 1);
	ca.not_before = pki_day("2000-01-01");
	ca.not_after = day_or(r->ca_until, pki_day("2065-01-01"));
	extend(&ca, "extendedKeyUsage", r->ca_eku);
	ca_made = pki_issue(s->pki, &ca);
	leaf = wish_signer(s->pki, "O=Assay Test/CN=Test Signer", 2, ca_made);
	leaf.key = pki_key(s->pki, r->leaf_key, 2);
	leaf.not_before = day_or(r->leaf_from, 0);
	leaf.not_after = day_or(r->leaf_until, 0);
	leaf.digest = r->leaf_digest;
	extend(&leaf, "extendedKeyUsage", r->leaf_eku);
	extend(&leaf, "keyUsage", r->leaf_usage);
	leaf_made = pki_issue(s->pki, &leaf);
	if (!r->no_anchor)
		limits_set(&memory_store_add(s->store, root_made->der,
					     r->root_sets ? r->root_sets : TRUST_ALL_SETS)
				    ->limits,
			   r);
	scene_embed(s, ca_made->der);
	if (r->distrust_root)
		distrust(s, DISTRUST_CERT_SHA256, DIGEST_SHA256, root_made->der);
	if (r->distrust_ca_key)
		distrust(s, DISTRUST_KEY_MD5, DIGEST_MD5, s->pool[0].key.bits);
	if (r->distrust_leaf_tbs && certificate_read(leaf_made->der, &read, NULL) == STATUS_OK)
		distrust(s, r->set == TRUST_UEFI ? DISTRUST_TBS_SHA256 : DISTRUST_TBS_SHA384,
			 r->set == TRUST_UEFI ? DIGEST_SHA256 : DIGEST_SHA384, read.tbs);
	return leaf_made->der;
}

static void now_set(struct scene *s, int64_t now)
{
	s->policy.now = now;
	if (!s->q.timestamped && s->q.purpose != TRUST_PURPOSE_TIMESTAMP)
		s->q.time = now;
}

/* The answer is the same at both ends of the interval that it names. */
static bool interval_holds(struct scene *s, struct span leaf)
{
	struct trust_answer first = s->answer;
	const int64_t ends[] = { first.holds_from, first.holds_until };
	bool ok = first.holds_from <= s->policy.now && s->policy.now <= first.holds_until;

	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		if (ends[i] == INT64_MIN || ends[i] == INT64_MAX)
			continue;
		now_set(s, ends[i]);
		scene_judge(s, leaf);
		ok = ok && s->answer.trust == first.trust &&
		     s->answer.reasons == first.reasons &&
		     s->answer.holds_from == first.holds_from &&
		     s->answer.holds_until == first.holds_until;
	}
	return ok;
}

static void row_check(struct pki *pki, const struct row *r)
{
	unsigned reasons = r->also | 1U << r->trust;
	size_t n_wrong = 0;
	struct scene s;
	struct span leaf;

	scene_begin(&s, pki);
	leaf = row_build(&s, r);
	if (r->list_date)
		memory_store_list_date(s.store, pki_day(r->list_date));
	s.policy.own_roots_exempt = r->own_roots_exempt;
	s.policy.empty_date_distrust = r->empty_date_distrust;
	s.policy.sha1_reject = r->sha1_reject;
	s.q.set = r->set ? r->set : TRUST_MS_CODE;
	s.q.purpose = r->purpose;
	s.q.timestamped = r->signed_at && r->purpose == TRUST_PURPOSE_CODE;
	s.q.digest = r->digest ? r->digest : DIGEST_SHA256;
	s.q.signer_digest = r->signer_digest;
	s.policy.now = day_or(r->now, SCENE_NOW);
	s.q.time = day_or(r->signed_at, s.policy.now);
	scene_judge(&s, leaf);
	CHECK(s.status == STATUS_OK && s.answer.trust == r->trust, "%s: %s", r->name,
	      r->because ? r->because : "trust");
	if (s.answer.trust != r->trust)
		printf("# trust %d, reasons %#x: %s\n", s.answer.trust, s.answer.reasons,
		       s.answer.explanation ? s.answer.explanation : "-");
	CHECK(s.answer.reasons == reasons, "%s: reasons %#x", r->name, reasons);
	CHECK((s.answer.trust == ASSAY_TRUST_ANCHORED) == !s.answer.explanation &&
		      (!r->because || strstr(s.answer.explanation, r->because)),
	      "%s: %s", r->name,
	      s.answer.explanation ? s.answer.explanation : "nothing to say");
	for (size_t i = 0; i < COUNT_OF(watched); i++)
		n_wrong += finding_has(&s.findings, watched[i], -2) !=
			   (r->finding && strcmp(watched[i], r->finding) == 0);
	CHECK(n_wrong == 0 && !s.answer.counterfeit, "%s: finding %s", r->name,
	      r->finding ? r->finding : "none");
	CHECK(interval_holds(&s, leaf), "%s: holds as long as it says", r->name);
	scene_end(&s);
}

/* dbx forbids one image, whoever signed it. */
static void image_check(struct pki *pki)
{
	static const uint8_t digest[32] = { 1, 2, 3 }, other[32] = { 4 };
	const struct row good = { .set = TRUST_UEFI };
	struct span leaf;
	struct scene s;

	scene_begin(&s, pki);
	leaf = row_build(&s, &good);
	s.q.set = TRUST_UEFI;
	s.q.image_digest = SPAN_OF(digest);
	scene_judge(&s, leaf);
	CHECK(s.answer.trust == ASSAY_TRUST_ANCHORED &&
		      finding_has(&s.findings, "trust.dbx-empty", -2),
	      "no dbx at all, and that is said");
	memory_store_distrust(s.store, DISTRUST_IMAGE_SHA256, SPAN_OF(other));
	scene_judge(&s, leaf);
	CHECK(s.answer.trust == ASSAY_TRUST_ANCHORED &&
		      !finding_has(&s.findings, "trust.dbx-empty", -2),
	      "an image that dbx does not name");
	memory_store_distrust(s.store, DISTRUST_IMAGE_SHA256, SPAN_OF(digest));
	scene_judge(&s, leaf);
	CHECK(s.answer.trust == ASSAY_TRUST_DISTRUSTED, "an image that dbx names");
	s.q.set = TRUST_MS_CODE;
	scene_judge(&s, leaf);
	CHECK(s.answer.trust == ASSAY_TRUST_ANCHORED, "dbx images matter to firmware alone");
	scene_end(&s);
}

/* The edges of the interval are where an answer turns. */
static void interval_check(struct pki *pki)
{
	const struct row stamped = { .signed_at = "2024-06-01" };
	const struct row plain = { .leaf_until = "2030-01-01" };
	struct span leaf;
	struct scene s;

	scene_begin(&s, pki);
	leaf = row_build(&s, &plain);
	scene_judge(&s, leaf);
	CHECK(s.answer.holds_from == pki_day("2020-01-01") &&
		      s.answer.holds_until == pki_day("2030-01-01"),
	      "without a timestamp the answer holds while the leaf is valid");
	now_set(&s, pki_day("2030-01-01") + 1);
	scene_judge(&s, leaf);
	CHECK(s.answer.trust == ASSAY_TRUST_EXPIRED, "a second later it is another");
	scene_end(&s);

	scene_begin(&s, pki);
	leaf = row_build(&s, &stamped);
	s.q.timestamped = true;
	s.q.time = pki_day("2024-06-01");
	scene_judge(&s, leaf);
	CHECK(s.answer.holds_from == INT64_MIN && s.answer.holds_until == INT64_MAX,
	      "with a timestamp it holds for ever");
	scene_end(&s);
}

int main(void)
{
	struct pki *pki = pki_new();

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		row_check(pki, &rows[i]);
	image_check(pki);
	interval_check(pki);
	pki_free(pki);
	return CHECK_DONE();
}
