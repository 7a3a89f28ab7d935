/* SPDX-License-Identifier: MIT */
/*
 * One file of a catalog.
 *
 * Version 1 names it by its digest as text (UTF-16LE, hexadecimal, a NUL),
 * version 2 by the digest itself; attributes say the digest once more
 * (SpcIndirectDataContent), the kind of file and a name.
 */
#include "base/charset.h"
#include "base/escape.h"
#include "formats/cat/reading.h"

#define OID_NAME_VALUE    OID("\x2b\x06\x01\x04\x01\x82\x37\x0c\x02\x01")
#define OID_MEMBER_INFO   OID("\x2b\x06\x01\x04\x01\x82\x37\x0c\x02\x02")
#define OID_INDIRECT_DATA OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x04")
#define OID_IMAGE_DATA    OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0f")
#define OID_CAB_DATA      OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x19")
#define OID_LINK          OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x1c")
#define SHA1_BYTES        ((size_t)20)
#define SHA256_BYTES      ((size_t)32)
#define GUID_UNITS        38

/* {C689AAB8-8E78-11D0-8C47-00C04FC295EE} and the one of other files: as ASCII. */
static const struct {
	const char *guid;
	enum cat_kind kind;
} guids[] = {
	{"{C689AAB8-8E78-11D0-8C47-00C04FC295EE}",  CAT_KIND_IMAGE},
	{ "{DE351A42-8E59-11D0-8C47-00C04FC295EE}", CAT_KIND_FLAT },
};

static bool hex_digit(uint8_t unit, uint8_t *value)
{
	if (unit >= '0' && unit <= '9')
		*value = (uint8_t)(unit - '0');
	else if (unit >= 'A' && unit <= 'F')
		*value = (uint8_t)(unit - 'A' + 10);
	else if (unit >= 'a' && unit <= 'f')
		*value = (uint8_t)(unit - 'a' + 10);
	else
		return false;
	return true;
}

/* Hexadecimal in UTF-16LE, with or without a NUL. */
static bool tag_parse_text(struct span tag, struct cat_member *m)
{
	size_t units = tag.len / 2;

	if (tag.len % 2 != 0)
		return false;
	if (units % 2 == 1 && span_is_zero(span_after(tag, tag.len - 2)))
		units--;
	if (units != SHA1_BYTES * 2 && units != SHA256_BYTES * 2)
		return false;
	for (size_t i = 0; i < units; i += 2) {
		uint8_t high, low;

		if (span_at(tag, 2 * i + 1) || span_at(tag, 2 * i + 3) ||
		    !hex_digit(span_at(tag, 2 * i), &high) ||
		    !hex_digit(span_at(tag, 2 * i + 2), &low))
			return false;
		m->digest[i / 2] = (uint8_t)(high << 4 | low);
	}
	m->digest_len = units / 2;
	return true;
}

static void tag_parse(struct span tag, struct cat_member *m)
{
	if (tag_parse_text(tag, m))
		return;
	if (tag.len == SHA1_BYTES || tag.len == SHA256_BYTES)
		m->digest_len = span_copy(m->digest, sizeof(m->digest), tag);
}

/* SpcIndirectDataContent: SEQUENCE { SEQUENCE { type, value }, DigestInfo }. */
static void indirect_read(struct span value, struct cat_member *m)
{
	struct der whole, data, type, info, algorithm, oid, digest;
	struct cursor c = cursor_at(value, 0), in;
	struct span tag;

	if (!der_expect(&c, DER_SEQUENCE, &whole))
		return;
	c = der_enter(&whole);
	if (!der_expect(&c, DER_SEQUENCE, &data) || !der_expect(&c, DER_SEQUENCE, &info))
		return;
	in = der_enter(&data);
	if (!der_expect(&in, DER_OID, &type))
		return;
	in = der_enter(&info);
	if (!der_expect(&in, DER_SEQUENCE, &algorithm) ||
	    !der_expect(&in, DER_OCTET_STRING, &digest) || digest.value.len > CAT_MAX_DIGEST)
		return;
	in = der_enter(&algorithm);
	if (!der_expect(&in, DER_OID, &oid))
		return;
	if (span_equal(type.value, OID_IMAGE_DATA))
		m->kind = CAT_KIND_IMAGE;
	if (span_equal(type.value, OID_CAB_DATA) || span_equal(type.value, OID_LINK))
		m->kind = CAT_KIND_FLAT;
	tag = (struct span){ m->digest, m->digest_len };
	m->tag_differs = m->digest_len > 0 && !span_equal(tag, digest.value);
	m->algorithm = oid.value;
	m->digest_len = span_copy(m->digest, sizeof(m->digest), digest.value);
}

/* CatalogMemberInfo: SEQUENCE { BMPString GUID, INTEGER version }. */
static void info_read(struct span value, struct cat_member *m)
{
	struct cursor c = cursor_at(value, 0);
	struct der info, guid;

	if (!der_expect(&c, DER_SEQUENCE, &info))
		return;
	c = der_enter(&info);
	if (!der_expect(&c, DER_BMP_STRING, &guid) || guid.value.len < 2 * (size_t)GUID_UNITS)
		return;
	for (size_t k = 0; k < COUNT_OF(guids) && m->kind == CAT_KIND_ANY; k++) {
		struct span want = SPAN_TEXT(guids[k].guid);
		size_t same = 0;

		while (same < want.len && span_at(guid.value, 2 * same) == 0 &&
		       span_at(guid.value, 2 * same + 1) == span_at(want, same))
			same++;
		if (same == want.len)
			m->kind = guids[k].kind;
	}
}

/* The next attribute and its first value. */
static bool attribute_next(struct cursor *c, struct span *oid, struct span *value)
{
	struct der attribute, type, values;
	struct cursor in;

	if (cursor_left(c) == 0 || !der_expect(c, DER_SEQUENCE, &attribute))
		return false;
	in = der_enter(&attribute);
	if (!der_expect(&in, DER_OID, &type) || !der_expect(&in, DER_SET, &values)) {
		cursor_fail(c);
		return false;
	}
	*oid = type.value;
	*value = values.value;
	return true;
}

bool cat_member_next(struct cursor *c, struct cat_member *out)
{
	struct ctl_subject subject;
	struct span oid, value;
	struct cursor in;

	*out = (struct cat_member){ 0 };
	if (!ctl_subject_next(c, &subject))
		return false;
	out->tag = subject.tag;
	out->attributes = subject.attributes;
	tag_parse(subject.tag, out);
	in = cursor_at(subject.attributes, 0);
	while (attribute_next(&in, &oid, &value)) {
		if (span_equal(oid, OID_INDIRECT_DATA))
			indirect_read(value, out);
		if (span_equal(oid, OID_MEMBER_INFO))
			info_read(value, out);
	}
	if (!cursor_ok(&in))
		cursor_fail(c);
	return cursor_ok(c);
}

bool cat_name_value_read(struct span value, struct cat_name_value *out)
{
	struct der pair, name, flags, text;
	struct cursor c = cursor_at(value, 0);

	if (!der_expect(&c, DER_SEQUENCE, &pair))
		return false;
	c = der_enter(&pair);
	if (!der_expect(&c, DER_BMP_STRING, &name) || !der_expect(&c, DER_INTEGER, &flags) ||
	    !der_expect(&c, DER_OCTET_STRING, &text))
		return false;
	*out = (struct cat_name_value){ name.value, text.value };
	return true;
}

const char *cat_text(struct arena *a, struct span utf16)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	if (utf16.len >= 2 && span_is_zero(span_after(utf16, utf16.len - 2)))
		utf16.len -= 2;
	(void)charset_utf16le(&text, utf16);
	if (buffer_status(&text) != STATUS_OK)
		return NULL;
	return escape_string(a, buffer_span(&text), CAT_MAX_NAME);
}

bool cat_name_is(struct span utf16be, const char *ascii)
{
	struct span text = SPAN_TEXT(ascii);

	if (utf16be.len != 2 * text.len)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (span_at(utf16be, 2 * i) || span_at(utf16be, 2 * i + 1) != span_at(text, i))
			return false;
	return true;
}

const char *cat_member_name(struct arena *a, const struct cat_member *m)
{
	struct cursor c = cursor_at(m->attributes, 0);
	struct cat_name_value pair;
	struct span oid, value;

	while (attribute_next(&c, &oid, &value))
		if (span_equal(oid, OID_NAME_VALUE) && cat_name_value_read(value, &pair) &&
		    cat_name_is(pair.name, "File"))
			return cat_text(a, pair.text);
	return NULL;
}
