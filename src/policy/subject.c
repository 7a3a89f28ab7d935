/* SPDX-License-Identifier: MIT */
#include "policy/subject.h"

#include "evidence/standing.h"

bool policy_report_judged(const struct report *r)
{
	return r->verdict != ASSAY_VERDICT_UNKNOWN && r->verdict != ASSAY_VERDICT_ERROR &&
	       r->verdict != ASSAY_VERDICT_UNSUPPORTED && !report_unevaluated(r);
}

/* Was the file read at all? */
static bool was_read(const struct report *r)
{
	return r->verdict != ASSAY_VERDICT_UNKNOWN && r->verdict != ASSAY_VERDICT_ERROR;
}

static struct policy_value nothing(const struct report *r)
{
	return was_read(r) ? policy_absent() : (struct policy_value){ 0 };
}

static struct policy_value text(const struct report *r, const char *text)
{
	return text ? policy_octets(SPAN_TEXT(text)) : nothing(r);
}

static struct policy_value octets(const struct report *r, struct span bytes)
{
	return bytes.len > 0 ? policy_octets(bytes) : nothing(r);
}

static struct policy_value time_value(const struct report *r, bool known, int64_t time)
{
	return known ? policy_number(time) : nothing(r);
}

#define VERDICT_BIT(word) (UINT32_C(1) << ASSAY_VERDICT_##word)

/* Without an anchor to check by, it may be valid as well as not. */
static struct policy_value verdict(const struct report *r)
{
	struct policy_value v = policy_one_word(r->verdict);

	if (r->verdict == ASSAY_VERDICT_UNKNOWN)
		return (struct policy_value){ 0 };
	if (report_unevaluated(r))
		v.words = VERDICT_BIT(UNTRUSTED) | VERDICT_BIT(VALID);
	return v;
}

static struct policy_value word_of(unsigned word)
{
	return word ? policy_one_word(word) : (struct policy_value){ 0 };
}

static const struct report_certificate *leaf(const struct report_signature *s)
{
	return s->n_chain > 0 ? &s->chain[0] : NULL;
}

static struct policy_value certificate(const struct report *r, const struct report_signature *s)
{
	return octets(r, leaf(s) ? SPAN_OF(leaf(s)->sha256) : SPAN_NONE);
}

/* A name of the certificate that everything holds of. */
static struct policy_value leaf_name(const struct report *r, const struct report_signature *s,
				     bool issuer)
{
	if (!leaf(s) || !report_trusted(r, s))
		return nothing(r);
	return text(r, issuer ? leaf(s)->issuer : leaf(s)->subject);
}

/* Of one signature; what is asked of the file means the deciding one. */
static struct policy_value
of_signature(const struct report *r, const struct report_signature *s, enum policy_attribute a)
{
	if (a == POLICY_EACH_SCHEME)
		return text(r, s->scheme);
	if (a == POLICY_EACH_VERDICT)
		return word_of(s->verdict);
	if (a == POLICY_EACH_RULE)
		return text(r, s->rule);
	if (a == POLICY_PRESENCE || a == POLICY_EACH_PRESENCE)
		return policy_one_word(s->presence);
	if (a == POLICY_BINDING || a == POLICY_EACH_BINDING)
		return policy_one_word(s->binding);
	if (a == POLICY_SIGNATURE || a == POLICY_EACH_SIGNATURE)
		return policy_one_word(s->signature);
	if (a == POLICY_TRUST || a == POLICY_EACH_TRUST)
		return policy_one_word(s->trust);
	if (a == POLICY_EACH_DIGEST)
		return text(r, s->digest_algorithm);
	if (a == POLICY_EACH_DEPTH)
		return policy_number(s->depth);
	if (a == POLICY_SIGNER || a == POLICY_EACH_SIGNER)
		return octets(r, report_signer_key(r, s));
	if (a == POLICY_ANCHOR || a == POLICY_EACH_ANCHOR)
		return octets(r, report_anchor_key(r, s));
	if (a == POLICY_SIGNING_TIME || a == POLICY_EACH_SIGNING_TIME)
		return time_value(r, s->has_signed_at, s->signed_at);
	if (a == POLICY_IMAGE_DIGEST || a == POLICY_EACH_IMAGE_DIGEST)
		return octets(r, s->digest_computed);
	if (a == POLICY_SIGNER_NAME_SHORT || a == POLICY_EACH_SIGNER_NAME_SHORT)
		return text(r, report_signer(r, s));
	if (a == POLICY_SIGNER_NAME_SUBJECT || a == POLICY_EACH_SIGNER_NAME_SUBJECT)
		return leaf_name(r, s, false);
	if (a == POLICY_SIGNER_NAME_ISSUER || a == POLICY_EACH_SIGNER_NAME_ISSUER)
		return leaf_name(r, s, true);
	if (a == POLICY_SIGNER_NAME_ANCHOR || a == POLICY_EACH_SIGNER_NAME_ANCHOR)
		return text(r, report_trusted(r, s) ? s->anchor : NULL);
	if (a == POLICY_CLAIMED_SIGNER || a == POLICY_EACH_CLAIMED_SIGNER)
		return text(r, s->claimed_signer);
	if (a == POLICY_CLAIMED_PROGRAM || a == POLICY_EACH_CLAIMED_PROGRAM)
		return text(r, s->program_name);
	if (a == POLICY_CLAIMED_CERTIFICATE || a == POLICY_EACH_CLAIMED_CERTIFICATE)
		return certificate(r, s);
	if (a == POLICY_CLAIMED_TIME || a == POLICY_EACH_CLAIMED_TIME)
		return time_value(r, s->has_claimed_time, s->claimed_time);
	return (struct policy_value){ 0 };
}

static struct policy_value of_finding(const struct report *r, const struct report_finding *f,
				      enum policy_attribute a)
{
	if (a == POLICY_FINDING_ID)
		return text(r, f->id);
	if (a == POLICY_FINDING_SEVERITY)
		return policy_one_word(f->severity);
	if (a == POLICY_FINDING_EXPECTED)
		return text(r, f->expected);
	return text(r, f->observed);
}

/* Of a file without any signature. */
static struct policy_value of_none(const struct report *r, enum policy_attribute a)
{
	if (was_read(r) && a == POLICY_PRESENCE)
		return policy_one_word(ASSAY_PRESENCE_NONE);
	if (was_read(r) && a == POLICY_SIGNATURE)
		return policy_one_word(ASSAY_SIGNATURE_ABSENT);
	return nothing(r);
}

static struct policy_value of_file(const struct report *r, enum policy_attribute a)
{
	const struct report_signature *s = report_deciding(r);

	if (a == POLICY_SHA256)
		return r->has_sha256 ? policy_octets(SPAN_OF(r->sha256))
				     : (struct policy_value){ 0 };
	if (a == POLICY_SIZE)
		return was_read(r) ? policy_number((int64_t)(r->size & INT64_MAX))
				   : (struct policy_value){ 0 };
	if (a == POLICY_VERDICT)
		return verdict(r);
	if (a == POLICY_RULE)
		return text(r, r->rule);
	if (a == POLICY_MASQUERADE)
		return word_of(r->masquerade);
	if (a == POLICY_COMPLETE)
		return policy_number(r->complete);
	if (a == POLICY_FORMAT)
		return text(r, r->format);
	if (a == POLICY_VARIANT)
		return text(r, r->variant);
	if (a == POLICY_PACKING)
		return text(r, r->packing);
	if (a == POLICY_CLAIMED_REMOVED_SIGNER)
		return text(r, r->removed_signer);
	return s ? of_signature(r, s, a) : of_none(r, a);
}

struct policy_value policy_report_value(const struct report *r, enum policy_attribute a,
					size_t element)
{
	switch (policy_rows[a].scope) {
	case POLICY_OF_FILE: return of_file(r, a);
	case POLICY_OF_SIGNATURE:
		return element < r->n_signatures ? of_signature(r, &r->signatures[element], a)
						 : (struct policy_value){ 0 };
	case POLICY_OF_FINDING:
		return element < r->n_findings ? of_finding(r, &r->findings[element], a)
					       : (struct policy_value){ 0 };
	}
	return (struct policy_value){ 0 };
}

struct policy_value policy_report_count(const struct report *r, enum policy_scope scope)
{
	bool signatures = scope == POLICY_OF_SIGNATURE;
	struct policy_value n =
		policy_number((int64_t)(signatures ? r->n_signatures : r->n_findings));

	if (!was_read(r))
		return (struct policy_value){ 0 };
	n.words = signatures
			  ? r->n_signatures >= REPORT_MAX_SIGNATURES
			  : r->n_findings_dropped > 0 || r->n_findings >= REPORT_MAX_FINDINGS;
	return n;
}

static struct policy_value subject_attribute(void *context, enum policy_attribute a,
					     size_t element)
{
	const struct policy_subject *s = context;

	return a >= POLICY_HOST_FIRST ? s->host[a - POLICY_HOST_FIRST]
				      : policy_report_value(s->report, a, element);
}

static struct policy_value subject_count(void *context, enum policy_scope scope)
{
	const struct policy_subject *s = context;

	return policy_report_count(s->report, scope);
}

static struct policy_value subject_listed(void *context, enum policy_set set,
					  enum policy_attribute a, struct span bytes)
{
	const struct policy_subject *s = context;

	return s->listed ? s->listed(s->listed_context, set, a, bytes)
			 : (struct policy_value){ 0 };
}

static bool subject_firm(void *context, struct span path)
{
	const struct policy_subject *s = context;

	return !s->firm || s->firm(s->firm_context, path);
}

struct policy_facts policy_subject_facts(struct policy_subject *s, int64_t now)
{
	return (struct policy_facts){
		.context = s,
		.attribute = subject_attribute,
		.count = subject_count,
		.listed = subject_listed,
		.firm = subject_firm,
		.now = now,
	};
}
