/* SPDX-License-Identifier: MIT */
/*
 * Timestamps: PKCS #9 countersignatures (RFC 2985 5.3.6) and time-stamp tokens
 * (RFC 3161 2.4.2, RFC 5816) in unsigned attributes.
 *
 * Whoever changes a file can also add attributes, so nothing here is taken
 * from one timestamp to judge another.
 */
#include "crypto/timestamp.h"

#define OID_COUNTERSIGNATURE OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x06")
#define OID_TOKEN_MICROSOFT  OID("\x2b\x06\x01\x04\x01\x82\x37\x03\x03\x01")
#define OID_TOKEN            OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0e")
#define OID_TST_INFO         OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04")

/* Why a timestamp does not count.  The order is that of the checks. */
static const char unreadable[] = "it cannot be read";
static const char not_built_in[] = "an algorithm that is not built in";

static enum timestamp_kind kind_of(struct span oid)
{
	if (span_equal(oid, OID_COUNTERSIGNATURE))
		return TIMESTAMP_PKCS9;
	if (span_equal(oid, OID_TOKEN_MICROSOFT) || span_equal(oid, OID_TOKEN))
		return TIMESTAMP_RFC3161;
	return TIMESTAMP_NONE;
}

static const char *unsupported(struct timestamp *t)
{
	t->unsupported = true;
	return not_built_in;
}

/* What is wrong with the signature of a timestamp; NULL: nothing. */
static const char *check_problem(struct timestamp *t, const struct signer_info *s,
				 const struct signer_check *check)
{
	if (check->signature == SIGNATURE_NOT_SUPPORTED)
		return unsupported(t);
	return signer_problem(s, check);
}

/*
 * The common half: @s signs @content and names its certificate among those of
 * @t.  Sets .signer and *@problem.
 */
static enum status signature_judge(struct timestamp *t, const struct signer_info *s,
				   struct span content, const char **problem)
{
	struct signer_check check;

	t->digest = s->digest;
	t->signer = signer_certificate(s, t->certs, t->n_certs);
	if (!t->signer)
		t->signer = signer_certificate(s, t->known, t->n_known);
	if (!t->signer) {
		*problem = "the certificate of its signer is not in it";
		return STATUS_OK;
	}
	TRY(signer_verify(s, &t->signer->key, content, t->kind == TIMESTAMP_PKCS9, &check));
	t->raw_hash = check.raw_hash;
	*problem = check_problem(t, s, &check);
	return STATUS_OK;
}

/* A SignerInfo over the signature value of its parent. */
static enum status countersignature_judge(struct arena *a, struct span value,
					  const struct signer_info *parent, struct timestamp *t)
{
	struct signer_info s;
	enum status status = signer_info_read(a, value, &s);

	if (status == STATUS_MALFORMED) {
		t->problem = unreadable;
		return STATUS_OK;
	}
	TRY(status);
	t->time = s.signing_time;
	t->has_time = s.has_signing_time;
	t->imprint_algorithm = s.digest;
	TRY(signature_judge(t, &s, parent->signature, &t->problem));
	if (!t->problem && !t->has_time)
		t->problem = "it does not sign a time";
	return STATUS_OK;
}

struct tst_info {
	enum digest_algorithm algorithm; /* of the imprint */
	struct span imprint;
	int64_t time;
};

/* TSTInfo, as far as it says what was stamped when. */
static bool tst_info_read(struct span in, struct tst_info *out)
{
	struct der whole, version, policy, message, algorithm, oid, imprint, serial, time;
	struct cursor c, inside;

	if (!der_only(in, DER_SEQUENCE, &whole, NULL))
		return false;
	c = der_enter(&whole);
	if (!der_expect(&c, DER_INTEGER, &version) || !der_expect(&c, DER_OID, &policy) ||
	    !der_expect(&c, DER_SEQUENCE, &message) || !der_expect(&c, DER_INTEGER, &serial) ||
	    !der_expect(&c, DER_GENERALIZED_TIME, &time) || !der_time(&time, &out->time))
		return false;
	inside = der_enter(&message);
	if (!der_expect(&inside, DER_SEQUENCE, &algorithm) ||
	    !der_expect(&inside, DER_OCTET_STRING, &imprint) || cursor_left(&inside) != 0)
		return false;
	inside = der_enter(&algorithm);
	if (!der_expect(&inside, DER_OID, &oid))
		return false;
	out->algorithm = digest_by_oid(oid.value);
	out->imprint = imprint.value;
	return true;
}

static enum status signing_certificate_judge(struct timestamp *t, const struct signer_info *s,
					     bool v2)
{
	enum certificate_named named;

	if (t->problem)
		return STATUS_OK;
	TRY(signer_names_certificate(s, t->signer, v2, &named));
	switch (named) {
	case NAMED_NOT:
	case NAMED_RIGHT: break;
	case NAMED_UNREADABLE: t->problem = "its signingCertificate cannot be read"; break;
	case NAMED_UNSUPPORTED: t->problem = unsupported(t); break;
	case NAMED_WRONG:
		t->problem = "its signingCertificate is not the certificate of its signer";
	}
	return STATUS_OK;
}

static enum status imprint_judge(struct timestamp *t, const struct tst_info *info,
				 struct span stamped)
{
	struct digest hash;

	if (t->problem)
		return STATUS_OK;
	if (info->algorithm == DIGEST_NONE) {
		t->problem = unsupported(t);
		return STATUS_OK;
	}
	TRY(digest_of(info->algorithm, &stamped, 1, &hash));
	if (!digest_equal(&hash, info->imprint))
		t->problem = "it stamps another signature (messageImprint)";
	return STATUS_OK;
}

/* What a token must be before its signature matters; NULL: it is so. */
static const char *token_problem(const struct cms *token, struct tst_info *info)
{
	if (!span_equal(token->content_type, OID_TST_INFO))
		return "its content is not TSTInfo";
	if (!token->octet_content || !tst_info_read(token->content.value, info))
		return "its TSTInfo cannot be read";
	if (token->n_signers != 1)
		return "it has not exactly one signer";
	if (!span_equal(token->signers[0].content_type, OID_TST_INFO) &&
	    !token->signers[0].duplicate_attr)
		return "its signed attributes do not name the type of its content";
	return NULL;
}

/* A SignedData over TSTInfo over the hash of a signature value. */
static enum status token_judge(struct arena *a, struct span value, struct span stamped,
			       struct timestamp *t)
{
	struct findings dropped = FINDINGS_INIT(a); /* .problem says enough */
	struct tst_info info = { 0 };
	struct cms token;
	struct span rest;
	enum status status = cms_read(a, value, 0, &dropped, &token, &rest);

	if (status == STATUS_MALFORMED) {
		t->problem = unreadable;
		return STATUS_OK;
	}
	TRY(status);
	t->certs = token.certs;
	t->n_certs = token.n_certs;
	t->problem = token_problem(&token, &info);
	if (t->problem)
		return STATUS_OK;
	t->time = info.time;
	t->has_time = true;
	t->imprint_algorithm = info.algorithm;
	TRY(signature_judge(t, &token.signers[0], token.content.value, &t->problem));
	TRY(signing_certificate_judge(t, &token.signers[0], false));
	TRY(signing_certificate_judge(t, &token.signers[0], true));
	return imprint_judge(t, &info, stamped);
}

enum status timestamp_token_read(struct arena *a, struct span token, struct span stamped,
				 struct timestamp *out)
{
	out->kind = TIMESTAMP_RFC3161;
	TRY(token_judge(a, token, stamped, out));
	out->good = !out->problem;
	return STATUS_OK;
}

static size_t values_count(const struct signer_info *signer)
{
	size_t n = 0;

	for (size_t i = 0; i < signer->n_unsigned_attrs; i++)
		if (kind_of(signer->unsigned_attrs[i].oid) != TIMESTAMP_NONE)
			n += signer->unsigned_attrs[i].n_values;
	return n;
}

/* What all judging has in common, to keep the lists of arguments short. */
struct scene {
	struct arena *arena;
	const struct signer_info *signer;
	const struct cms *parent;
	struct span whole;
	uint64_t base;
};

static enum status timestamp_judge(const struct scene *scene, enum timestamp_kind kind,
				   struct span value, struct timestamp *t)
{
	uint64_t off;

	*t = (struct timestamp){ .kind = kind };
	if (span_offset(scene->whole, value, &off))
		t->where = (struct range){ scene->base + off, value.len };
	if (kind == TIMESTAMP_PKCS9) {
		t->certs = scene->parent->certs;
		t->n_certs = scene->parent->n_certs;
		TRY(countersignature_judge(scene->arena, value, scene->signer, t));
	} else {
		TRY(token_judge(scene->arena, value, scene->signer->signature, t));
	}
	t->good = !t->problem;
	return STATUS_OK;
}

enum status timestamps_read(struct arena *a, const struct signer_info *signer,
			    const struct cms *parent, struct span whole, uint64_t base,
			    struct timestamps *out)
{
	const struct scene scene = { a, signer, parent, whole, base };
	size_t count = values_count(signer);

	*out = (struct timestamps){ 0 };
	if (count > TIMESTAMPS_MAX)
		return STATUS_LIMIT;
	out->each = ARENA_NEW(a, struct timestamp, count ? count : 1);
	if (!out->each)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < signer->n_unsigned_attrs; i++) {
		const struct cms_attribute *attr = &signer->unsigned_attrs[i];
		enum timestamp_kind kind = kind_of(attr->oid);

		if (kind == TIMESTAMP_NONE)
			continue;
		for (size_t v = 0; v < attr->n_values; v++)
			TRY(timestamp_judge(&scene, kind, attr->values[v],
					    &out->each[out->n++]));
	}
	return STATUS_OK;
}
