/* SPDX-License-Identifier: MIT */
#include "structure/ctl.h"

bool ctl_read(struct span content, struct ctl *out)
{
	struct cursor c = cursor_at(content, 0), inside;
	struct der part, subjects = { 0 }, extensions;

	*out = (struct ctl){ 0 };
	(void)der_optional(&c, DER_INTEGER, &part); /* version */
	if (!der_expect(&c, DER_SEQUENCE, &part))
		return false;
	out->usages = part.value;
	if (der_optional(&c, DER_OCTET_STRING, &part))
		out->identifier = part.value;
	if (!der_optional(&c, DER_INTEGER, &out->sequence))
		out->sequence = (struct der){ 0 };
	if (!der_next(&c, &part))
		return false;
	out->has_this_update = der_time(&part, &out->this_update);
	if (!der_optional(&c, DER_UTC_TIME, &part)) /* nextUpdate */
		(void)der_optional(&c, DER_GENERALIZED_TIME, &part);
	if (!der_expect(&c, DER_SEQUENCE, &part))
		return false;
	inside = der_enter(&part);
	if (!der_expect(&inside, DER_OID, &part))
		return false;
	out->algorithm = part.value;
	if (der_optional(&c, DER_SEQUENCE, &subjects))
		out->subjects = subjects.value;
	if (der_optional(&c, DER_CONTEXT_CONSTRUCTED(0), &part) &&
	    der_only(part.value, DER_SEQUENCE, &extensions, NULL))
		out->extensions = extensions.value;
	return cursor_ok(&c) && cursor_left(&c) == 0;
}

struct span ctl_usage(const struct ctl *list)
{
	struct cursor c = cursor_at(list->usages, 0);
	struct der oid;

	if (!der_expect(&c, DER_OID, &oid) || cursor_left(&c) > 0)
		return SPAN_NONE;
	return oid.value;
}

bool ctl_subject_next(struct cursor *c, struct ctl_subject *out)
{
	struct der subject, tag, attributes;
	struct cursor in;

	*out = (struct ctl_subject){ 0 };
	if (!der_expect(c, DER_SEQUENCE, &subject))
		return false;
	in = der_enter(&subject);
	if (!der_expect(&in, DER_OCTET_STRING, &tag)) {
		cursor_fail(c);
		return false;
	}
	out->tag = tag.value;
	if (der_optional(&in, DER_SET, &attributes))
		out->attributes = attributes.value;
	if (cursor_left(&in) > 0)
		cursor_fail(c);
	return cursor_ok(c);
}
