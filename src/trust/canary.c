/* SPDX-License-Identifier: MIT */
/*
 * Canaries: decoy files whose certificate tells their owner when somebody
 * checks it.
 *
 * Such a certificate names one host for its issuer's certificate, for OCSP and
 * for its CRL (RFC 5280 4.2.2.1, 4.2.1.13), with a label that stands for this
 * one file.  The addresses are read, never used.
 */
#include "base/buffer.h"
#include "trust/inquiry.h"

#define LABEL_MIN 16  /* letters and digits of a label made for one file */
#define HOST_MAX  255 /* RFC 1035, 2.3.4 */

#define OID_CRL_POINTS       OID("\x55\x1d\x1f")
#define OID_AUTHORITY_ACCESS OID("\x2b\x06\x01\x05\x05\x07\x01\x01")
#define METHOD_OCSP          OID("\x2b\x06\x01\x05\x05\x07\x30\x01")
#define METHOD_CA_ISSUERS    OID("\x2b\x06\x01\x05\x05\x07\x30\x02")

#define NAME_URI  DER_CONTEXT(6)
#define FULL_NAME DER_CONTEXT_CONSTRUCTED(0)

static bool is_label_char(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A run of letters and digits, both among them, too long for a word. */
static bool has_file_label(struct span uri)
{
	size_t letters = 0, digits = 0;

	for (size_t i = 0; i < uri.len; i++) {
		uint8_t c = span_at(uri, i);

		if (!is_label_char(c)) {
			letters = digits = 0;
			continue;
		}
		digits += c <= '9';
		letters += c > '9';
		if (letters > 0 && digits > 0 && letters + digits >= LABEL_MIN)
			return true;
	}
	return false;
}

static struct span uri_host(struct span uri)
{
	struct span rest;
	uint64_t at;
	size_t n = 0;

	if (!span_find(uri, SPAN_TEXT("://"), 0, &at))
		return SPAN_NONE;
	rest = span_after(uri, at + 3);
	while (n < rest.len && n <= HOST_MAX &&
	       (is_label_char(span_at(rest, n)) || span_at(rest, n) == '.' ||
		span_at(rest, n) == '-'))
		n++;
	return n <= HOST_MAX ? span_clip(rest, 0, n) : SPAN_NONE;
}

/* The first address that @method has in AuthorityInfoAccess. */
static struct span access_uri(const struct certificate *c, struct span method)
{
	struct der list, one, oid, name;
	struct cursor all, inside;
	struct span value;
	bool critical;

	if (!certificate_extension(c, OID_AUTHORITY_ACCESS, &value, &critical) ||
	    !der_only(value, DER_SEQUENCE, &list, NULL))
		return SPAN_NONE;
	all = der_enter(&list);
	while (cursor_left(&all) > 0 && der_expect(&all, DER_SEQUENCE, &one)) {
		inside = der_enter(&one);
		if (der_expect(&inside, DER_OID, &oid) && der_next(&inside, &name) &&
		    name.tag == NAME_URI && span_equal(oid.value, method))
			return name.value;
	}
	return SPAN_NONE;
}

/* The first address of the first distribution point. */
static struct span crl_uri(const struct certificate *c)
{
	struct der list, point, part, full, name;
	struct cursor all, inside;
	struct span value;
	bool critical;

	if (!certificate_extension(c, OID_CRL_POINTS, &value, &critical) ||
	    !der_only(value, DER_SEQUENCE, &list, NULL))
		return SPAN_NONE;
	all = der_enter(&list);
	if (!der_expect(&all, DER_SEQUENCE, &point))
		return SPAN_NONE;
	inside = der_enter(&point);
	if (!der_optional(&inside, DER_CONTEXT_CONSTRUCTED(0), &part) ||
	    !der_only(part.value, FULL_NAME, &full, NULL))
		return SPAN_NONE;
	inside = der_enter(&full);
	if (!der_expect(&inside, NAME_URI, &name))
		return SPAN_NONE;
	return name.value;
}

const char *canary_host(struct inquiry *in, const struct certificate *c)
{
	struct span issuers = access_uri(c, METHOD_CA_ISSUERS);
	struct span ocsp = access_uri(c, METHOD_OCSP), crl = crl_uri(c);
	struct span host = uri_host(issuers);

	if (host.len == 0 || !span_equal(host, uri_host(ocsp)) ||
	    !span_equal(host, uri_host(crl)))
		return NULL;
	if (!has_file_label(issuers) || !has_file_label(ocsp) || !has_file_label(crl))
		return NULL;
	return sentence(in, "%.*s", (int)host.len, (const char *)host.ptr);
}
