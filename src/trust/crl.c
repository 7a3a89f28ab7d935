/* SPDX-License-Identifier: MIT */
/*
 * Certificate revocation lists (RFC 5280 5 and 6.3).
 *
 * A list speaks about a certificate when its scope covers it and the key of
 * the certificate's issuer, or of a CRL signer under that issuer, signed it.
 * What it lists stays revoked though the list be stale; that a certificate is
 * not listed says something only while the list is fresh.
 */
#include "trust/revocation.h"

#define OID_CRL_NUMBER         OID("\x55\x1d\x14")
#define OID_REASON_CODE        OID("\x55\x1d\x15")
#define OID_INVALIDITY_DATE    OID("\x55\x1d\x18")
#define OID_DELTA_CRL          OID("\x55\x1d\x1b")
#define OID_ISSUING_POINT      OID("\x55\x1d\x1c")
#define OID_CERTIFICATE_ISSUER OID("\x55\x1d\x1d")
#define OID_CRL_POINTS         OID("\x55\x1d\x1f")
#define OID_AUTHORITY_KEY_ID   OID("\x55\x1d\x23")

#define CRL_MAX_POINTS 4 /* issuers of indirect lists that are asked for one certificate */

#define DIRECTORY_NAME DER_CONTEXT_CONSTRUCTED(4)

struct crl {
	struct span whole, tbs, issuer, signature;
	struct signature_algorithm algorithm;
	int64_t this_update, next_update;
	bool has_next_update;
	struct span entries; /* contents of revokedCertificates */
	struct span authority_key_id;
	struct span point; /* contents of distributionPoint in the issuing point, or empty */
	bool only_users, only_authorities, only_attributes, some_reasons, indirect, delta;
	bool unknown_critical;
};

struct extension {
	struct span oid, value;
	bool critical;
};

static bool extension_read(struct cursor *c, struct extension *out)
{
	struct der whole, oid, critical, value;
	struct cursor inside;

	if (!der_expect(c, DER_SEQUENCE, &whole))
		return false;
	inside = der_enter(&whole);
	*out = (struct extension){ 0 };
	if (!der_expect(&inside, DER_OID, &oid))
		return false;
	if (der_optional(&inside, DER_BOOLEAN, &critical))
		out->critical = !span_is_zero(critical.value);
	if (!der_expect(&inside, DER_OCTET_STRING, &value))
		return false;
	out->oid = oid.value;
	out->value = value.value;
	return true;
}

static bool flag_read(struct cursor *c, unsigned number)
{
	struct der flag;

	return der_optional(c, (uint8_t)DER_CONTEXT(number), &flag) &&
	       !span_is_zero(flag.value);
}

/* IssuingDistributionPoint, 5.2.5. */
static bool issuing_point_read(struct span value, struct crl *crl)
{
	struct der whole, part;
	struct cursor c;

	if (!der_only(value, DER_SEQUENCE, &whole, NULL))
		return false;
	c = der_enter(&whole);
	if (der_optional(&c, DER_CONTEXT_CONSTRUCTED(0), &part))
		crl->point = part.value;
	crl->only_users = flag_read(&c, 1);
	crl->only_authorities = flag_read(&c, 2);
	crl->some_reasons = der_optional(&c, DER_CONTEXT(3), &part);
	crl->indirect = flag_read(&c, 4);
	crl->only_attributes = flag_read(&c, 5);
	return cursor_ok(&c) && cursor_left(&c) == 0;
}

static bool crl_extension(const struct extension *e, struct crl *crl)
{
	struct der whole, key_id;

	if (span_equal(e->oid, OID_ISSUING_POINT))
		return issuing_point_read(e->value, crl);
	if (span_equal(e->oid, OID_AUTHORITY_KEY_ID)) {
		if (der_only(e->value, DER_SEQUENCE, &whole, NULL)) {
			struct cursor c = der_enter(&whole);

			if (der_optional(&c, DER_CONTEXT(0), &key_id))
				crl->authority_key_id = key_id.value;
		}
		return true;
	}
	crl->delta |= span_equal(e->oid, OID_DELTA_CRL);
	crl->unknown_critical |= e->critical && !span_equal(e->oid, OID_DELTA_CRL) &&
				 !span_equal(e->oid, OID_CRL_NUMBER);
	return true;
}

static bool time_next(struct cursor *c, int64_t *out)
{
	struct der element;

	return der_next(c, &element) && der_time(&element, out);
}

static bool next_is_time(const struct cursor *c)
{
	struct cursor ahead = *c;
	struct der element;

	return cursor_left(&ahead) > 0 && der_next(&ahead, &element) &&
	       (element.tag == DER_UTC_TIME || element.tag == DER_GENERALIZED_TIME);
}

static bool crl_list_read(struct cursor *c, struct crl *crl)
{
	struct der part, algorithm, issuer, list;
	struct extension extension;
	struct cursor extensions;

	(void)der_optional(c, DER_INTEGER, &part);
	if (!der_expect(c, DER_SEQUENCE, &algorithm) || !der_expect(c, DER_SEQUENCE, &issuer))
		return false;
	crl->issuer = issuer.whole;
	if (!time_next(c, &crl->this_update))
		return false;
	crl->has_next_update = next_is_time(c);
	if (crl->has_next_update && !time_next(c, &crl->next_update))
		return false;
	if (der_optional(c, DER_SEQUENCE, &part))
		crl->entries = part.value;
	if (!der_optional(c, DER_CONTEXT_CONSTRUCTED(0), &part))
		return cursor_left(c) == 0;
	if (!der_only(part.value, DER_SEQUENCE, &list, NULL))
		return false;
	extensions = der_enter(&list);
	while (cursor_left(&extensions) > 0)
		if (!extension_read(&extensions, &extension) || !crl_extension(&extension, crl))
			return false;
	return cursor_left(c) == 0;
}

static bool crl_read(struct span bytes, struct crl *crl)
{
	struct der whole, tbs, algorithm, signature;
	struct cursor c, list;

	*crl = (struct crl){ .whole = bytes };
	if (!der_only(bytes, DER_SEQUENCE, &whole, NULL))
		return false;
	c = der_enter(&whole);
	if (!der_expect(&c, DER_SEQUENCE, &tbs) || !der_expect(&c, DER_SEQUENCE, &algorithm) ||
	    !der_expect(&c, DER_BIT_STRING, &signature) || cursor_left(&c) > 0)
		return false;
	crl->tbs = tbs.whole;
	if (!der_bits(&signature, &crl->signature) ||
	    signature_algorithm_read(&algorithm, &crl->algorithm) != STATUS_OK)
		return false;
	list = der_enter(&tbs);
	return crl_list_read(&list, crl);
}

/* The first directoryName of GeneralNames. */
static struct span directory_name(struct span names)
{
	struct cursor c = cursor_at(names, 0);
	struct der name, directory;

	while (cursor_left(&c) > 0 && der_next(&c, &name))
		if (name.tag == DIRECTORY_NAME &&
		    der_only(name.value, DER_SEQUENCE, &directory, NULL))
			return directory.whole;
	return SPAN_NONE;
}

struct crl_entry {
	struct span serial, issuer; /* issuer: as the entry or one before it says; or empty */
	struct revoked revoked;
	bool unusable;
};

static bool entry_extension(const struct extension *e, struct crl_entry *entry)
{
	struct der part;

	if (span_equal(e->oid, OID_REASON_CODE)) {
		if (!der_only(e->value, DER_ENUMERATED, &part, NULL) || part.value.len != 1)
			return false;
		entry->revoked.reason = span_at(part.value, 0);
		return true;
	}
	if (span_equal(e->oid, OID_INVALIDITY_DATE)) {
		entry->revoked.has_invalidity =
			der_only(e->value, DER_GENERALIZED_TIME, &part, NULL) &&
			der_time(&part, &entry->revoked.invalidity);
		return entry->revoked.has_invalidity;
	}
	if (span_equal(e->oid, OID_CERTIFICATE_ISSUER)) {
		if (!der_only(e->value, DER_SEQUENCE, &part, NULL))
			return false;
		entry->issuer = directory_name(part.value);
		return true;
	}
	entry->unusable |= e->critical;
	return true;
}

static bool entry_read(struct cursor *c, struct crl_entry *entry)
{
	struct der whole, serial, list;
	struct extension extension;
	struct cursor inside, extensions;

	if (!der_expect(c, DER_SEQUENCE, &whole))
		return false;
	inside = der_enter(&whole);
	if (!der_expect(&inside, DER_INTEGER, &serial))
		return false;
	entry->serial = serial.value;
	entry->unusable = false;
	entry->revoked = (struct revoked){ 0 };
	if (!time_next(&inside, &entry->revoked.when))
		return false;
	if (!der_optional(&inside, DER_SEQUENCE, &list))
		return cursor_left(&inside) == 0;
	extensions = der_enter(&list);
	while (cursor_left(&extensions) > 0)
		if (!extension_read(&extensions, &extension) ||
		    !entry_extension(&extension, entry))
			return false;
	return cursor_left(&inside) == 0;
}

/* Goes through the entries; *@found and *@entry: the one about @c. */
static bool entries_find(const struct crl *crl, const struct certificate *c,
			 struct crl_entry *out, bool *found)
{
	struct cursor cursor = cursor_at(crl->entries, 0);
	struct crl_entry entry = { 0 };

	*found = false;
	while (cursor_left(&cursor) > 0) {
		struct span issuer;

		if (!entry_read(&cursor, &entry) || entry.unusable)
			return false;
		if (*found || !span_equal(entry.serial, c->serial))
			continue;
		issuer = entry.issuer.len > 0 ? entry.issuer : crl->issuer;
		if (names_match(issuer, c->issuer)) {
			*out = entry;
			*found = true;
		}
	}
	return true;
}

/* One DistributionPoint of a certificate, 4.2.1.13. */
struct crl_point {
	struct span names;  /* contents of distributionPoint */
	struct span issuer; /* cRLIssuer, a Name; or empty: the certificate's issuer */
};

static bool points_begin(const struct certificate *c, struct cursor *out)
{
	struct span value;
	struct der list;
	bool critical;

	if (!certificate_extension(c, OID_CRL_POINTS, &value, &critical) ||
	    !der_only(value, DER_SEQUENCE, &list, NULL))
		return false;
	*out = der_enter(&list);
	return true;
}

static bool points_next(struct cursor *c, struct crl_point *out)
{
	struct der whole, part;
	struct cursor inside;

	*out = (struct crl_point){ 0 };
	if (cursor_left(c) == 0 || !der_expect(c, DER_SEQUENCE, &whole))
		return false;
	inside = der_enter(&whole);
	if (der_optional(&inside, DER_CONTEXT_CONSTRUCTED(0), &part))
		out->names = part.value;
	(void)der_optional(&inside, DER_CONTEXT(1), &part);
	if (der_optional(&inside, DER_CONTEXT_CONSTRUCTED(2), &part))
		out->issuer = directory_name(part.value);
	return true;
}

/* Do two DistributionPointNames have a GeneralName in common? */
static bool points_overlap(struct span a, struct span b)
{
	struct der na, nb, x, y;

	if (span_equal(a, b))
		return true;
	if (!der_only(a, DER_CONTEXT_CONSTRUCTED(0), &na, NULL) ||
	    !der_only(b, DER_CONTEXT_CONSTRUCTED(0), &nb, NULL))
		return false;
	for (struct cursor ca = der_enter(&na); cursor_left(&ca) > 0 && der_next(&ca, &x);)
		for (struct cursor cb = der_enter(&nb);
		     cursor_left(&cb) > 0 && der_next(&cb, &y);)
			if (span_equal(x.whole, y.whole))
				return true;
	return false;
}

/* 6.3.3 (b): is the certificate in the scope of the list? */
static bool covers(const struct crl *crl, const struct certificate *c)
{
	bool direct = names_match(crl->issuer, c->issuer);
	bool named = crl->point.len == 0 && direct;
	struct crl_point point;
	struct cursor points;

	if (crl->only_attributes || (crl->only_users && c->is_ca) ||
	    (crl->only_authorities && !c->is_ca))
		return false;
	if (named || !points_begin(c, &points))
		return named;
	while (points_next(&points, &point)) {
		bool issuer_fits = point.issuer.len == 0
					   ? direct
					   : names_match(point.issuer, crl->issuer) &&
						     (direct || crl->indirect);

		if (issuer_fits &&
		    (crl->point.len == 0 || points_overlap(point.names, crl->point)))
			return true;
	}
	return false;
}

/* A signer other than the issuer itself: certified by an authority of the path, for CRLs. */
static enum status signer_is_certified(const struct status_question *q,
				       const struct certificate *signer, bool *out)
{
	*out = false;
	if (!signer->has_key_usage || !(signer->key_usage & KEY_USAGE_CRL_SIGN))
		return STATUS_OK;
	for (size_t i = q->at + 1; i < q->path->n && !*out; i++) {
		enum edge edge = EDGE_GOOD;

		if (!certificate_same(signer, q->path->certs[i]))
			TRY(edge_check(q->in, &q->in->status_edges, signer, q->path->certs[i],
				       &edge));
		*out = edge == EDGE_GOOD;
	}
	return STATUS_OK;
}

static bool may_sign(const struct crl *crl, const struct certificate *signer)
{
	bool key_differs = crl->authority_key_id.len > 0 && signer->subject_key_id.len > 0 &&
			   !span_equal(crl->authority_key_id, signer->subject_key_id);

	return !key_differs && names_match(signer->subject, crl->issuer) &&
	       (!signer->has_key_usage || signer->key_usage & KEY_USAGE_CRL_SIGN);
}

static enum status crl_verify(const struct status_question *q, const struct crl *crl,
			      bool *good)
{
	const struct signed_object object = { crl->whole, crl->tbs, crl->signature,
					      &crl->algorithm };
	const struct certificate *issuer = q->path->certs[q->at + 1];
	const struct certificate named = { .issuer = crl->issuer,
					   .authority_key_id = crl->authority_key_id };
	struct candidates list;

	*good = false;
	if (may_sign(crl, issuer))
		TRY(object_check(q->in, &object, issuer, good));
	if (*good)
		return STATUS_OK;
	TRY(issuer_candidates(q->in, &named, &list));
	for (size_t i = 0; i < list.n && !*good; i++) {
		bool certified;

		if (!may_sign(crl, list.certs[i]))
			continue;
		TRY(signer_is_certified(q, list.certs[i], &certified));
		if (certified)
			TRY(object_check(q->in, &object, list.certs[i], good));
	}
	return STATUS_OK;
}

static enum status crl_apply(const struct status_question *q, const struct crl *crl,
			     struct status_answer *answer)
{
	struct inquiry *in = q->in;
	struct crl_entry entry;
	bool good, found, fresh;

	if (clock_now_before(&in->clock, crl->this_update)) {
		answer->unusable = "a CRL of the future";
		return STATUS_OK;
	}
	TRY(crl_verify(q, crl, &good));
	if (!good || crl->unknown_critical) {
		answer->unusable = good ? "a CRL with an unknown critical extension"
					: "a CRL whose signature does not hold";
		return STATUS_OK;
	}
	if (!entries_find(crl, q->path->certs[q->at], &entry, &found)) {
		answer->unusable = "a CRL that cannot be read";
		return STATUS_OK;
	}
	if (found) {
		status_revoke(in, answer, &entry.revoked, crl->this_update);
		return STATUS_OK;
	}
	if (crl->delta || crl->some_reasons)
		return STATUS_OK;
	status_revoke(in, answer, &(struct revoked){ .reason = REASON_REMOVED },
		      crl->this_update);
	fresh = crl->has_next_update && clock_now_before(&in->clock, crl->next_update + 1);
	answer->fresh |= fresh;
	if (!fresh)
		answer->unusable = "a stale CRL";
	return STATUS_OK;
}

static enum status lists_ask(const struct status_question *q, struct span issuer,
			     struct status_answer *answer)
{
	const struct certificate *c = q->path->certs[q->at];
	bool required = q->in->q->policy->revocation == TRUST_REVOCATION_REQUIRE;
	struct span lists[STORE_MAX_HITS];
	size_t n = store_crls(q->in->store, issuer, lists);
	bool mentioned = required;
	uint64_t at;

	/* A list may be long: unless an answer is required, only a serial number in it matters.
	 */
	for (size_t i = 0; i < n && !mentioned; i++)
		mentioned = span_find(lists[i], c->serial, 0, &at);
	for (size_t i = 0; i < n && mentioned; i++) {
		struct crl crl;

		if (!crl_read(lists[i], &crl))
			answer->unusable = "a CRL that cannot be read";
		else if (covers(&crl, c))
			TRY(crl_apply(q, &crl, answer));
	}
	return STATUS_OK;
}

enum status crl_ask(const struct status_question *q, struct status_answer *answer)
{
	const struct certificate *c = q->path->certs[q->at];
	struct crl_point point;
	struct cursor points;
	size_t n = 0;

	TRY(lists_ask(q, c->issuer, answer));
	if (!points_begin(c, &points))
		return STATUS_OK;
	while (n < CRL_MAX_POINTS && points_next(&points, &point)) {
		n++;
		if (point.issuer.len > 0 && !names_match(point.issuer, c->issuer))
			TRY(lists_ask(q, point.issuer, answer));
	}
	return STATUS_OK;
}
