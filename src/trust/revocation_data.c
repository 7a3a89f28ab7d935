/* SPDX-License-Identifier: MIT */
/*
 * CertificateList: RFC 5280 section 5.1.
 * OCSPResponse: RFC 6960 section 4.2.1.
 */
#include "trust/revocation_data.h"

#define OID_OCSP_BASIC OID("\x2b\x06\x01\x05\x05\x07\x30\x01\x01")

enum status crl_index(struct span der, struct revocation *out)
{
	struct der list, tbs, algorithm, issuer, time, version;
	struct cursor c, t;

	*out = (struct revocation){ .der = der };
	if (!der_only(der, DER_SEQUENCE, &list, NULL))
		return STATUS_NOT_MINE;
	c = der_enter(&list);
	if (!der_expect(&c, DER_SEQUENCE, &tbs))
		return STATUS_NOT_MINE;
	t = der_enter(&tbs);
	(void)der_optional(&t, DER_INTEGER, &version);
	if (!der_expect(&t, DER_SEQUENCE, &algorithm) ||
	    !der_expect(&t, DER_SEQUENCE, &issuer) || !der_next(&t, &time) ||
	    (time.tag != DER_UTC_TIME && time.tag != DER_GENERALIZED_TIME) ||
	    !der_time(&time, &out->this_update))
		return STATUS_NOT_MINE;
	return name_key(issuer.whole, out->key);
}

/* SingleResponse: certID { hash algorithm, name hash, key hash, serial }, status, thisUpdate.
 */
static bool answer_read(struct cursor *answers, struct span *serial, int64_t *this_update)
{
	struct der answer, id, part, number, time;
	struct cursor c, i;

	if (!der_expect(answers, DER_SEQUENCE, &answer))
		return false;
	c = der_enter(&answer);
	if (!der_expect(&c, DER_SEQUENCE, &id))
		return false;
	i = der_enter(&id);
	if (!der_expect(&i, DER_SEQUENCE, &part) || !der_expect(&i, DER_OCTET_STRING, &part) ||
	    !der_expect(&i, DER_OCTET_STRING, &part) || !der_expect(&i, DER_INTEGER, &number) ||
	    !der_next(&c, &part) || !der_expect(&c, DER_GENERALIZED_TIME, &time))
		return false;
	*serial = number.value;
	return der_time(&time, this_update);
}

/* BasicOCSPResponse -> its tbsResponseData, and there the answers. */
static bool answers_enter(struct span basic, struct cursor *answers)
{
	struct der whole, data, part;
	struct cursor c, d;

	if (!der_only(basic, DER_SEQUENCE, &whole, NULL))
		return false;
	c = der_enter(&whole);
	if (!der_expect(&c, DER_SEQUENCE, &data))
		return false;
	d = der_enter(&data);
	(void)der_optional(&d, DER_CONTEXT_CONSTRUCTED(0), &part); /* version */
	if (!der_next(&d, &part) ||                                /* responderID */
	    !der_expect(&d, DER_GENERALIZED_TIME, &part) ||        /* producedAt */
	    !der_expect(&d, DER_SEQUENCE, &part))
		return false;
	*answers = der_enter(&part);
	return true;
}

/* OCSPResponse -> BasicOCSPResponse octets. */
static bool basic_enter(struct span der, struct der *octets)
{
	struct der response, status, bytes, inner, type;
	struct cursor c;

	if (!der_only(der, DER_SEQUENCE, &response, NULL))
		return false;
	c = der_enter(&response);
	if (!der_expect(&c, DER_ENUMERATED, &status) ||
	    !der_expect(&c, DER_CONTEXT_CONSTRUCTED(0), &bytes) ||
	    !der_only(bytes.value, DER_SEQUENCE, &inner, NULL))
		return false;
	c = der_enter(&inner);
	return der_expect(&c, DER_OID, &type) && span_equal(type.value, OID_OCSP_BASIC) &&
	       der_expect(&c, DER_OCTET_STRING, octets);
}

enum status ocsp_index(struct arena *a, struct span der, struct revocation *out,
		       struct span serials[OCSP_MAX_ANSWERS], size_t *n)
{
	struct cursor answers;
	struct der octets;
	struct span basic;

	*out = (struct revocation){ .der = der };
	*n = 0;
	if (!basic_enter(der, &octets))
		return STATUS_NOT_MINE;
	TRY(der_octets(a, &octets, &basic));
	if (!answers_enter(basic, &answers))
		return STATUS_NOT_MINE;
	while (cursor_left(&answers)) {
		if (*n == OCSP_MAX_ANSWERS)
			return STATUS_LIMIT;
		if (!answer_read(&answers, &serials[*n], &out->this_update))
			return STATUS_NOT_MINE;
		++*n;
	}
	return *n ? STATUS_OK : STATUS_NOT_MINE;
}
