/* SPDX-License-Identifier: MIT */
/* Who signed: the name that Fulcio certified, and the issuer that vouched for it. */
#include "base/escape.h"
#include "verify/sigstore/state.h"

#define OID_SUBJECT_ALT_NAME OID("\x55\x1d\x11")
/* 1.3.6.1.4.1.57264.1: .8 issuer as UTF8String, .1 the same as bare text, .7 a user's name */
#define OID_ISSUER      OID("\x2b\x06\x01\x04\x01\x83\xbf\x30\x01\x08")
#define OID_ISSUER_BARE OID("\x2b\x06\x01\x04\x01\x83\xbf\x30\x01\x01")
#define OID_USER_NAME   OID("\x2b\x06\x01\x04\x01\x83\xbf\x30\x01\x07")
#define NAME_RFC822     DER_CONTEXT(1)
#define NAME_URI        DER_CONTEXT(6)
#define NAME_OTHER      DER_CONTEXT_CONSTRUCTED(0)
#define TEXT_MAX        2048

/* OtherName (RFC 5280, 4.2.1.6) that is a user's name; empty: another one. */
static struct span user_name(const struct der *name)
{
	struct cursor c = der_enter(name);
	struct der oid, value, text;

	if (!der_expect(&c, DER_OID, &oid) || !span_equal(oid.value, OID_USER_NAME) ||
	    !der_expect(&c, DER_CONTEXT_CONSTRUCTED(0), &value) ||
	    !der_only(value.value, DER_UTF8_STRING, &text, NULL))
		return SPAN_NONE;
	return text.value;
}

/* The one name; of several nobody could say which is meant. */
static struct span name_find(const struct certificate *c)
{
	struct span value, found = SPAN_NONE;
	struct der names, name;
	struct cursor list;
	bool critical;

	if (!certificate_extension(c, OID_SUBJECT_ALT_NAME, &value, &critical) ||
	    !der_only(value, DER_SEQUENCE, &names, NULL))
		return SPAN_NONE;
	list = der_enter(&names);
	if (!der_next(&list, &name) || cursor_left(&list) > 0)
		return SPAN_NONE;
	if (name.tag == NAME_RFC822 || name.tag == NAME_URI)
		found = name.value;
	return name.tag == NAME_OTHER ? user_name(&name) : found;
}

static struct span issuer_find(const struct certificate *c)
{
	struct span value;
	struct der text;
	bool critical;

	if (certificate_extension(c, OID_ISSUER, &value, &critical))
		return der_only(value, DER_UTF8_STRING, &text, NULL) ? text.value : SPAN_NONE;
	return certificate_extension(c, OID_ISSUER_BARE, &value, &critical) ? value : SPAN_NONE;
}

enum status sigstore_identity_read(struct arena *a, const struct certificate *c,
				   struct sigstore_identity *out)
{
	struct span name = name_find(c), issuer = issuer_find(c);

	*out = (struct sigstore_identity){ 0 };
	if (name.len > 0)
		out->name = escape_string(a, name, TEXT_MAX);
	if (issuer.len > 0)
		out->issuer = escape_string(a, issuer, TEXT_MAX);
	return (name.len > 0 && !out->name) || (issuer.len > 0 && !out->issuer)
		       ? STATUS_NO_MEMORY
		       : STATUS_OK;
}
