/* SPDX-License-Identifier: MIT */
#include "verify/authenticode/spc.h"

#include "base/charset.h"
#include "base/escape.h"

/* SpcSerializedObject of class a6b586d5-b4a1-2466-ae05-a217da8e60d6: page hashes. */
#define PAGE_HASH_CLASS    OID("\xa6\xb5\x86\xd5\xb4\xa1\x24\x66\xae\x05\xa2\x17\xda\x8e\x60\xd6")
#define PAGE_HASHES_SHA1   OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x03\x01")
#define PAGE_HASHES_SHA256 OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x03\x02")

#define INDIVIDUAL_SIGNING OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x15")
#define COMMERCIAL_SIGNING OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x16")

/* SET OF SEQUENCE { type OID, SET { OCTET STRING } }: takes the strongest it knows. */
static bool page_table_read(struct span serialized, struct spc_page_table *out)
{
	struct der set, attribute, oid, values, blob;
	struct cursor c;

	if (!der_only(serialized, DER_SET, &set, NULL))
		return false;
	c = der_enter(&set);
	while (cursor_left(&c) > 0) {
		enum digest_algorithm algorithm = DIGEST_NONE;
		struct cursor in;

		if (!der_expect(&c, DER_SEQUENCE, &attribute))
			return false;
		in = der_enter(&attribute);
		if (!der_expect(&in, DER_OID, &oid) || !der_expect(&in, DER_SET, &values))
			return false;
		if (span_equal(oid.value, PAGE_HASHES_SHA1))
			algorithm = DIGEST_SHA1;
		if (span_equal(oid.value, PAGE_HASHES_SHA256))
			algorithm = DIGEST_SHA256;
		in = der_enter(&values);
		if (!der_expect(&in, DER_OCTET_STRING, &blob))
			return false;
		if (algorithm > out->algorithm)
			*out = (struct spc_page_table){ algorithm, blob.value };
	}
	return out->algorithm != DIGEST_NONE;
}

/* SpcPeImageData: SEQUENCE { flags BIT STRING, file [0] EXPLICIT SpcLink OPTIONAL }. */
static void image_data_read(struct arena *a, struct span value, struct spc_indirect_data *out)
{
	struct der image, flags, file, moniker, class_id, data;
	struct span serialized;
	struct cursor c;

	if (!der_only(value, DER_SEQUENCE, &image, NULL))
		return;
	c = der_enter(&image);
	(void)der_optional(&c, DER_BIT_STRING, &flags);
	if (!der_optional(&c, DER_CONTEXT_CONSTRUCTED(0), &file))
		return;
	c = der_enter(&file);
	if (!der_optional(&c, DER_CONTEXT_CONSTRUCTED(1), &moniker))
		return;
	c = der_enter(&moniker);
	if (!der_expect(&c, DER_OCTET_STRING, &class_id) ||
	    !span_equal(class_id.value, PAGE_HASH_CLASS))
		return;
	out->pages_malformed = !der_expect(&c, DER_OCTET_STRING, &data) ||
			       der_octets(a, &data, &serialized) != STATUS_OK ||
			       !page_table_read(serialized, &out->pages);
}

/* SpcSipInfo: SEQUENCE { version INTEGER, GUID OCTET STRING, reserved INTEGER ... }. */
static struct span sip_read(struct span value)
{
	struct der info, version, guid;
	struct cursor c;

	if (!der_only(value, DER_SEQUENCE, &info, NULL))
		return SPAN_NONE;
	c = der_enter(&info);
	if (!der_expect(&c, DER_INTEGER, &version) || !der_expect(&c, DER_OCTET_STRING, &guid))
		return SPAN_NONE;
	return guid.value;
}

enum status spc_indirect_data_read(struct arena *a, struct span content,
				   struct spc_indirect_data *out)
{
	struct cursor c = cursor_at(content, 0), in;
	struct der data, type, value, info, algorithm, oid, digest;

	*out = (struct spc_indirect_data){ 0 };
	if (!der_expect(&c, DER_SEQUENCE, &data) || !der_expect(&c, DER_SEQUENCE, &info))
		return STATUS_MALFORMED;
	in = der_enter(&data);
	if (!der_expect(&in, DER_OID, &type))
		return STATUS_MALFORMED;
	out->type = type.value;
	if (cursor_left(&in) > 0 && der_next(&in, &value)) {
		if (span_equal(type.value, SPC_PE_IMAGE_DATA))
			image_data_read(a, value.whole, out);
		if (span_equal(type.value, SPC_SIP_INFO))
			out->sip = sip_read(value.whole);
	}

	in = der_enter(&info);
	if (!der_expect(&in, DER_SEQUENCE, &algorithm) ||
	    !der_expect(&in, DER_OCTET_STRING, &digest))
		return STATUS_MALFORMED;
	in = der_enter(&algorithm);
	if (!der_expect(&in, DER_OID, &oid))
		return STATUS_MALFORMED;
	out->digest_oid = oid.value;
	out->digest = digest_by_oid(oid.value);
	out->value = digest.value;
	return STATUS_OK;
}

/* What a file says, for people: bounded, and nothing in it can act on a terminal. */
static const char *claim_text(struct arena *a, struct span text, bool is_utf16)
{
	CLEANUP(buffer_free) struct buffer utf8 = BUFFER_INIT;

	if (is_utf16)
		charset_utf16be(&utf8, text);
	else
		buffer_add(&utf8, text);
	return escape_string(a, buffer_span(&utf8), SPC_MAX_TEXT);
}

/* SpcString: [0] IMPLICIT BMPString or [1] IMPLICIT IA5String. */
static const char *string_read(struct arena *a, struct span choice)
{
	struct cursor c = cursor_at(choice, 0);
	struct der text;

	if (der_optional(&c, DER_CONTEXT(0), &text))
		return claim_text(a, text.value, true);
	if (der_optional(&c, DER_CONTEXT(1), &text))
		return claim_text(a, text.value, false);
	return NULL;
}

/* SpcLink: [0] IMPLICIT IA5String url, [2] EXPLICIT SpcString file. */
static const char *link_read(struct arena *a, struct span choice)
{
	struct cursor c = cursor_at(choice, 0);
	struct der link;

	if (der_optional(&c, DER_CONTEXT(0), &link))
		return claim_text(a, link.value, false);
	if (der_optional(&c, DER_CONTEXT_CONSTRUCTED(2), &link))
		return string_read(a, link.value);
	return NULL;
}

void spc_opus_read(struct arena *a, struct span value, const char **program_name,
		   const char **more_info)
{
	struct der opus, part;
	struct cursor c;

	*program_name = *more_info = NULL;
	if (!der_only(value, DER_SEQUENCE, &opus, NULL))
		return;
	c = der_enter(&opus);
	if (der_optional(&c, DER_CONTEXT_CONSTRUCTED(0), &part))
		*program_name = string_read(a, part.value);
	if (der_optional(&c, DER_CONTEXT_CONSTRUCTED(1), &part))
		*more_info = link_read(a, part.value);
}

const char *spc_statement_read(struct arena *a, struct span value)
{
	struct der list, oid;
	struct cursor c;

	if (!der_only(value, DER_SEQUENCE, &list, NULL))
		return NULL;
	c = der_enter(&list);
	if (!der_expect(&c, DER_OID, &oid))
		return NULL;
	if (span_equal(oid.value, INDIVIDUAL_SIGNING))
		return "individual";
	if (span_equal(oid.value, COMMERCIAL_SIGNING))
		return "commercial";
	return der_oid_text(a, oid.value);
}
