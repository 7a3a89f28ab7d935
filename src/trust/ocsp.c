/* SPDX-License-Identifier: MIT */
/*
 * OCSP responses (RFC 6960), as they were laid down by other software.
 *
 * A response counts when it was signed with the key of the certificate's
 * issuer, or with one that this issuer certified for OCSP signing (4.2.2.2).
 */
#include "trust/revocation.h"

#define OCSP_MAX_CERTS   8
#define OCSP_MAX_ANSWERS 256           /* single responses in one */
#define OCSP_MAX_AGE     (7 * 86400LL) /* when it does not say until when it holds */

#define OID_OCSP_BASIC   OID("\x2b\x06\x01\x05\x05\x07\x30\x01\x01")
#define EKU_OCSP_SIGNING OID("\x2b\x06\x01\x05\x05\x07\x03\x09")

#define CERT_GOOD    DER_CONTEXT(0)
#define CERT_REVOKED DER_CONTEXT_CONSTRUCTED(1)

struct ocsp {
	struct span whole, tbs, signature, certs;
	struct signature_algorithm algorithm;
	struct span answers; /* contents of responses */
	int64_t produced_at;
};

struct ocsp_answer {
	struct span name_hash, key_hash, serial;
	enum digest_algorithm algorithm;
	bool good, is_revoked;
	struct revoked revoked;
	int64_t this_update, next_update;
	bool unknown_critical;
};

/* ResponseData, 4.2.1. */
static bool data_read(struct der *data, struct ocsp *out)
{
	struct cursor c = der_enter(data);
	struct der part;

	(void)der_optional(&c, DER_CONTEXT_CONSTRUCTED(0), &part);
	if (!der_next(&c, &part)) /* responderID: the signature says who it was */
		return false;
	if (!der_expect(&c, DER_GENERALIZED_TIME, &part) ||
	    !der_time(&part, &out->produced_at) || !der_expect(&c, DER_SEQUENCE, &part))
		return false;
	out->answers = part.value;
	return true;
}

/* BasicOCSPResponse. */
static bool basic_read(struct span bytes, struct ocsp *out)
{
	struct der whole, data, algorithm, signature, certs, list;
	struct cursor c;

	if (!der_only(bytes, DER_SEQUENCE, &whole, NULL))
		return false;
	c = der_enter(&whole);
	if (!der_expect(&c, DER_SEQUENCE, &data) || !der_expect(&c, DER_SEQUENCE, &algorithm) ||
	    !der_expect(&c, DER_BIT_STRING, &signature))
		return false;
	out->tbs = data.whole;
	if (der_optional(&c, DER_CONTEXT_CONSTRUCTED(0), &certs) &&
	    der_only(certs.value, DER_SEQUENCE, &list, NULL))
		out->certs = list.value;
	return der_bits(&signature, &out->signature) &&
	       signature_algorithm_read(&algorithm, &out->algorithm) == STATUS_OK &&
	       data_read(&data, out);
}

/* OCSPResponse: successful, of the basic type. */
static bool ocsp_read(struct span bytes, struct ocsp *out)
{
	struct der whole, part, oid;
	struct cursor c;
	uint8_t outcome;

	*out = (struct ocsp){ .whole = bytes };
	if (!der_only(bytes, DER_SEQUENCE, &whole, NULL))
		return false;
	c = der_enter(&whole);
	if (!der_expect(&c, DER_ENUMERATED, &part))
		return false;
	outcome = span_at(part.value, 0);
	if (outcome != 0 || !der_expect(&c, DER_CONTEXT_CONSTRUCTED(0), &part) ||
	    !der_only(part.value, DER_SEQUENCE, &whole, NULL))
		return false;
	c = der_enter(&whole);
	return der_expect(&c, DER_OID, &oid) && span_equal(oid.value, OID_OCSP_BASIC) &&
	       der_expect(&c, DER_OCTET_STRING, &part) && basic_read(part.value, out);
}

static bool id_read(struct der *id, struct ocsp_answer *out)
{
	struct cursor c = der_enter(id), inside;
	struct der algorithm, oid, name, key, serial;

	if (!der_expect(&c, DER_SEQUENCE, &algorithm) ||
	    !der_expect(&c, DER_OCTET_STRING, &name) ||
	    !der_expect(&c, DER_OCTET_STRING, &key) || !der_expect(&c, DER_INTEGER, &serial))
		return false;
	inside = der_enter(&algorithm);
	if (!der_expect(&inside, DER_OID, &oid))
		return false;
	out->algorithm = digest_by_oid(oid.value);
	out->name_hash = name.value;
	out->key_hash = key.value;
	out->serial = serial.value;
	return true;
}

/* RevokedInfo. */
static bool revoked_read(struct der *info, struct revoked *out)
{
	struct cursor c = der_enter(info);
	struct der part, reason;

	if (!der_expect(&c, DER_GENERALIZED_TIME, &part) || !der_time(&part, &out->when))
		return false;
	if (der_optional(&c, DER_CONTEXT_CONSTRUCTED(0), &part)) {
		if (!der_only(part.value, DER_ENUMERATED, &reason, NULL))
			return false;
		out->reason = span_at(reason.value, 0);
	}
	return true;
}

static bool has_critical(struct span extensions)
{
	struct cursor c, inside;
	struct der list, one, oid, critical;

	if (!der_only(extensions, DER_SEQUENCE, &list, NULL))
		return true;
	c = der_enter(&list);
	while (cursor_left(&c) > 0) {
		if (!der_expect(&c, DER_SEQUENCE, &one))
			return true;
		inside = der_enter(&one);
		if (!der_expect(&inside, DER_OID, &oid))
			return true;
		if (der_optional(&inside, DER_BOOLEAN, &critical) &&
		    !span_is_zero(critical.value))
			return true;
	}
	return false;
}

/* SingleResponse. */
static bool answer_read(struct cursor *c, struct ocsp_answer *out)
{
	struct der whole, id, state, part, time;
	struct cursor inside;

	*out = (struct ocsp_answer){ 0 };
	if (!der_expect(c, DER_SEQUENCE, &whole))
		return false;
	inside = der_enter(&whole);
	if (!der_expect(&inside, DER_SEQUENCE, &id) || !id_read(&id, out) ||
	    !der_next(&inside, &state))
		return false;
	out->good = state.tag == CERT_GOOD;
	out->is_revoked = state.tag == CERT_REVOKED;
	if (out->is_revoked && !revoked_read(&state, &out->revoked))
		return false;
	if (!der_expect(&inside, DER_GENERALIZED_TIME, &part) ||
	    !der_time(&part, &out->this_update))
		return false;
	out->next_update = out->this_update + OCSP_MAX_AGE;
	if (der_optional(&inside, DER_CONTEXT_CONSTRUCTED(0), &part) &&
	    (!der_only(part.value, DER_GENERALIZED_TIME, &time, NULL) ||
	     !der_time(&time, &out->next_update)))
		return false;
	if (der_optional(&inside, DER_CONTEXT_CONSTRUCTED(1), &part))
		out->unknown_critical = has_critical(part.value);
	return true;
}

/* Is it about the certificate: its serial, its issuer's name and key? */
static enum status is_about(const struct status_question *q, const struct ocsp_answer *answer,
			    bool *out)
{
	const struct certificate *c = q->path->certs[q->at];
	const struct certificate *issuer = q->path->certs[q->at + 1];
	struct digest name, key;

	*out = false;
	if (!span_equal(answer->serial, c->serial) || answer->algorithm == DIGEST_NONE)
		return STATUS_OK;
	TRY(digest_of(answer->algorithm, &c->issuer, 1, &name));
	TRY(digest_of(answer->algorithm, &issuer->key.bits, 1, &key));
	*out = digest_equal(&name, answer->name_hash) && digest_equal(&key, answer->key_hash);
	return STATUS_OK;
}

/* 4.2.2.2: certified by the issuer itself, for this. */
static enum status is_delegate(const struct status_question *q, const struct ocsp *ocsp,
			       const struct certificate *responder, bool *out)
{
	enum edge edge;

	*out = false;
	if (!certificate_has_eku(responder, EKU_OCSP_SIGNING) ||
	    (responder->has_key_usage &&
	     !(responder->key_usage & KEY_USAGE_DIGITAL_SIGNATURE)) ||
	    ocsp->produced_at < responder->not_before ||
	    ocsp->produced_at > responder->not_after)
		return STATUS_OK;
	TRY(edge_check(q->in, &q->in->status_edges, responder, q->path->certs[q->at + 1],
		       &edge));
	*out = edge == EDGE_GOOD;
	return STATUS_OK;
}

static enum status ocsp_verify(const struct status_question *q, const struct ocsp *ocsp,
			       bool *good)
{
	const struct signed_object object = { ocsp->whole, ocsp->tbs, ocsp->signature,
					      &ocsp->algorithm };
	struct cursor c = cursor_at(ocsp->certs, 0);
	struct der element;

	TRY(object_check(q->in, &object, q->path->certs[q->at + 1], good));
	for (size_t i = 0; i < OCSP_MAX_CERTS && !*good && cursor_left(&c) > 0; i++) {
		struct certificate responder;
		bool delegate;

		if (!der_next(&c, &element))
			break;
		if (certificate_read(element.whole, &responder, NULL) != STATUS_OK)
			continue;
		TRY(is_delegate(q, ocsp, &responder, &delegate));
		if (delegate)
			TRY(object_check(q->in, &object, &responder, good));
	}
	return STATUS_OK;
}

static void answer_apply(struct inquiry *in, const struct ocsp_answer *from,
			 struct status_answer *answer)
{
	bool fresh;

	if (from->unknown_critical) {
		answer->unusable = "an OCSP response with an unknown critical extension";
		return;
	}
	if (clock_now_before(&in->clock, from->this_update)) {
		answer->unusable = "an OCSP response of the future";
		return;
	}
	if (from->is_revoked)
		status_revoke(in, answer, &from->revoked, from->this_update);
	if (!from->good)
		return;
	status_revoke(in, answer, &(struct revoked){ .reason = REASON_REMOVED },
		      from->this_update);
	fresh = clock_now_before(&in->clock, from->next_update + 1);
	answer->fresh |= fresh;
	if (!fresh)
		answer->unusable = "a stale OCSP response";
}

static enum status response_ask(const struct status_question *q, struct span bytes,
				struct status_answer *answer)
{
	struct ocsp_answer single;
	struct cursor c;
	struct ocsp ocsp;
	bool about = false, good;

	if (!ocsp_read(bytes, &ocsp)) {
		answer->unusable = "an OCSP response that cannot be read";
		return STATUS_OK;
	}
	c = cursor_at(ocsp.answers, 0);
	for (size_t i = 0; i < OCSP_MAX_ANSWERS && !about && cursor_left(&c) > 0; i++) {
		if (!answer_read(&c, &single))
			break;
		TRY(is_about(q, &single, &about));
	}
	if (!about)
		return STATUS_OK;
	TRY(ocsp_verify(q, &ocsp, &good));
	if (good)
		answer_apply(q->in, &single, answer);
	else
		answer->unusable = "an OCSP response whose signature does not hold";
	return STATUS_OK;
}

enum status ocsp_ask(const struct status_question *q, struct status_answer *answer)
{
	struct span responses[STORE_MAX_HITS];
	size_t n = store_ocsps(q->in->store, q->path->certs[q->at]->serial, responses);

	for (size_t i = 0; i < n; i++)
		TRY(response_ask(q, responses[i], answer));
	return STATUS_OK;
}
