/* SPDX-License-Identifier: MIT */
/*
 * SpcIndirectDataContent, SpcPeImageData and page hashes ("Windows Authenticode
 * Portable Executable Signature Format" 1.0).
 */
#include "tests/forge/signing.h"

#define PAGE 0x1000U

#define OID_PE_IMAGE_DATA OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0f")
#define OID_SIP_INFO      OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x1e")
#define OID_PAGES_SHA1    OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x03\x01")
#define OID_PAGES_SHA256  OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x03\x02")
#define OID_GOST_2012     OID("\x2a\x85\x03\x07\x01\x01\x02\x02")
#define PAGE_HASH_CLASS   OID("\xa6\xb5\x86\xd5\xb4\xa1\x24\x66\xae\x05\xa2\x17\xda\x8e\x60\xd6")

/* The file around CheckSum and directory entry; the table stands behind it, then @trailing. */
static struct forge_digest image_digest(const struct forge_signature *wish,
					const struct buffer *file, struct span trailing)
{
	struct forge_places p = forge_places_of(file);
	struct span whole = buffer_span(file);
	const char *name = wish->image_digest ? wish->image_digest : "SHA256";
	const struct span parts[] = {
		span_clip(whole, 0, p.checksum),
		span_clip(whole, p.checksum + 4, p.directory - p.checksum - 4),
		span_after(whole, p.directory + 8),
		trailing,
		{(const uint8_t *)&wish->bend, wish->bend ? sizeof(wish->bend) : 0},
	};

	return forge_digest_of(name, parts, COUNT_OF(parts));
}

static void page_entry(struct buffer *blob, const char *name, uint32_t off,
		       const struct span *parts, size_t n)
{
	struct forge_digest d = forge_digest_of(name, parts, n);

	buffer_u32le(blob, off);
	buffer_add(blob, forge_digest_span(&d));
}

/* Headers without the twelve bytes, filled to a page as if they were there; then each section.
 */
static void page_hashes(const struct forge_signature *wish, const struct buffer *file,
			struct buffer *blob)
{
	static const uint8_t zeros[PAGE];
	struct forge_places p = forge_places_of(file);
	struct span whole = buffer_span(file), zero = SPAN_OF(zeros);
	size_t headers = (size_t)forge_get(file, p.optional + 60, 4);
	const struct span head[] = {
		span_clip(whole, 0, p.checksum),
		span_clip(whole, p.checksum + 4, p.directory - p.checksum - 4),
		span_clip(whole, p.directory + 8, headers - p.directory - 8),
		span_clip(zero, 0, (PAGE - headers % PAGE) % PAGE),
	};
	uint64_t end = 0;
	size_t size = 0;

	page_entry(blob, wish->page_hashes, 0, head, COUNT_OF(head));
	size = blob->len - 4;
	for (unsigned i = 0; i < p.n_sections; i++) {
		uint64_t raw = forge_get(file, p.sections + 40 * i + 16, 4);
		uint64_t off = forge_get(file, p.sections + 40 * i + 20, 4);

		end = raw ? off + raw : end;
		for (uint64_t at = 0; at < raw; at += PAGE) {
			uint64_t len = raw - at < PAGE ? raw - at : PAGE;
			const struct span page[] = {
				span_clip(whole, off + at, len),
				span_clip(zero, 0, PAGE - len),
			};

			page_entry(blob, wish->page_hashes,
				   (uint32_t)(off + at) | (wish->pages_beyond ? 0xf0000000 : 0),
				   page, COUNT_OF(page));
		}
	}
	buffer_u32le(blob, (uint32_t)end);
	forge_zeros(blob, size);
	if (wish->odd & ODD_BAD_PAGE)
		blob->bytes[4 + size + 4] = (char)(blob->bytes[4 + size + 4] ^ 1);
}

/* SET { SEQUENCE { OID, SET { OCTET STRING } } }, the way it stands in a moniker. */
static void page_table(const struct forge_signature *wish, const struct buffer *file,
		       struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer blob = BUFFER_INIT;
	size_t moniker = der_open(out, DER_CONTEXT_CONSTRUCTED(1));
	size_t data, set, attribute, values;

	page_hashes(wish, file, &blob);
	der_add(out, DER_OCTET_STRING, PAGE_HASH_CLASS);
	data = der_open(out, DER_OCTET_STRING);
	set = der_open(out, DER_SET);
	attribute = der_open(out, DER_SEQUENCE);
	der_add(out, DER_OID,
		strcmp(wish->page_hashes, "SHA1") == 0 ? OID_PAGES_SHA1 : OID_PAGES_SHA256);
	values = der_open(out, DER_SET);
	der_add(out, DER_OCTET_STRING, buffer_span(&blob));
	der_close(out, values);
	der_close(out, attribute);
	der_close(out, set);
	der_close(out, data);
	der_close(out, moniker);
}

static void image_data(const struct forge_signature *wish, const struct buffer *file,
		       struct buffer *out)
{
	size_t image = der_open(out, DER_SEQUENCE), link, text;

	der_add(out, DER_BIT_STRING, SPAN_LITERAL("\0"));
	link = der_open(out, DER_CONTEXT_CONSTRUCTED(0));
	if (wish->page_hashes) {
		page_table(wish, file, out);
	} else {
		text = der_open(out, DER_CONTEXT_CONSTRUCTED(2));
		der_add(out, DER_CONTEXT(0),
			SPAN_LITERAL("\0<\0<\0<\0O\0b\0s\0o\0l\0e\0t\0e\0>\0>\0>"));
		der_close(out, text);
	}
	der_close(out, link);
	der_close(out, image);
}

/* SpcSipInfo, as signatures of MSI files have it. */
static void sip_info(struct buffer *out)
{
	size_t info = der_open(out, DER_SEQUENCE);

	der_add_number(out, 1);
	der_add(out, DER_OCTET_STRING,
		SPAN_LITERAL("\xf1\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"));
	for (int i = 0; i < 5; i++)
		der_add_number(out, 0);
	der_close(out, info);
}

void forge_indirect_data(const struct forge_signature *wish, const struct buffer *file,
			 struct span trailing, struct buffer *out)
{
	struct forge_digest digest = image_digest(wish, file, trailing);
	const char *name = wish->image_digest ? wish->image_digest : "SHA256";
	size_t whole = der_open(out, DER_SEQUENCE), data, info;
	struct span oid = forge_digest_oid(name, wish->odd & ODD_SIGNATURE_OID);

	data = der_open(out, DER_SEQUENCE);
	der_add(out, DER_OID, wish->odd & ODD_DATA_TYPE ? OID_SIP_INFO : OID_PE_IMAGE_DATA);
	if (wish->odd & ODD_DATA_TYPE)
		sip_info(out);
	else
		image_data(wish, file, out);
	der_close(out, data);
	info = der_open(out, DER_SEQUENCE);
	der_add_algorithm(out, wish->odd & ODD_UNKNOWN_ALGORITHM ? OID_GOST_2012 : oid,
			  !(wish->odd & ODD_NO_NULL));
	if (wish->odd & ODD_SHORT_DIGEST)
		digest.len /= 2;
	der_add(out, DER_OCTET_STRING, forge_digest_span(&digest));
	der_close(out, info);
	der_close(out, whole);
}
