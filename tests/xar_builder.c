/* SPDX-License-Identifier: MIT */
#include "tests/xar_builder.h"

#include "base/base64.h"
#include "tests/forge/signing.h"
#include <zlib.h>

#define N_FILES  XAR_FILES
#define FILE_LEN XAR_FILE_BYTES
#define CMS_ROOM 4096
#define RSA_ROOM 256
#define CHANGES  (XAR_TOC_CHANGED | XAR_TOC_REHASHED)

static const char *digest_of_row(unsigned odd)
{
	return odd & XAR_BY_SHA1 ? "SHA1" : "SHA256";
}

static const char *style_of_row(unsigned odd)
{
	return odd & XAR_BY_SHA1 ? "sha1" : "sha256";
}

static size_t checksum_room(unsigned odd)
{
	return odd & XAR_BY_SHA1 ? 20 : 32;
}

static void file_contents(struct buffer *out, unsigned odd, unsigned i, bool changed)
{
	size_t number = odd / XAR_NUMBER(1);

	for (size_t k = 0; k < FILE_LEN; k++)
		buffer_char(out, (char)('a' + (i * 7 + k * (number + 1) + number) % 26));
	if (changed)
		out->bytes[out->len - 1] = '!';
}

/* Where file @i begins in the heap. */
static size_t file_at(unsigned odd, unsigned i)
{
	size_t at = checksum_room(odd) + i * FILE_LEN;

	if (odd & XAR_SHARES && i == 1)
		at -= FILE_LEN;
	if (odd & XAR_OVERLAPS && i == 2)
		at -= 1;
	if (odd & XAR_GAP && i >= 3)
		at += 4;
	if (odd & XAR_OUTSIDE && i == 4)
		at += 100000;
	if (odd & (XAR_WITH_CMS | XAR_TWO_CMS))
		at += CMS_ROOM;
	return at + (odd & XAR_WITH_RSA ? RSA_ROOM : 0);
}

static void checksum_write(struct buffer *xml, unsigned odd, unsigned i)
{
	CLEANUP(buffer_free) struct buffer data = BUFFER_INIT;
	struct forge_digest d;
	struct span bytes;

	file_contents(&data, odd, odd & XAR_SHARES && i == 1 ? 0 : i, false);
	bytes = buffer_span(&data);
	d = forge_digest_of(digest_of_row(odd), &bytes, 1);
	buffer_printf(xml, "<archived-checksum style=\"%s\">", style_of_row(odd));
	buffer_hex(xml, forge_digest_span(&d));
	buffer_text(xml, "</archived-checksum>");
}

static void signature_write(struct forge *f, struct buffer *xml, const char *name,
			    const char *style, size_t at, size_t room)
{
	static const char *const people[] = { "good", "issuing" };

	buffer_printf(xml, "<%s style=\"%s\"><offset>%zu</offset><size>%zu</size>", name, style,
		      at, room);
	buffer_text(xml, "<KeyInfo xmlns=\"http://www.w3.org/2000/09/xmldsig#\"><X509Data>");
	for (size_t i = 0; i < COUNT_OF(people); i++) {
		buffer_text(xml, "<X509Certificate>");
		base64_encode(xml, forge_identity(f, people[i])->der);
		buffer_text(xml, "</X509Certificate>");
	}
	buffer_printf(xml, "</X509Data></KeyInfo></%s>", name);
}

static void toc_write(struct forge *f, unsigned odd, const char *last, struct buffer *xml)
{
	size_t room = checksum_room(odd);

	buffer_text(xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	if (odd & XAR_DOCTYPE)
		buffer_text(xml, "<!DOCTYPE xar>");
	buffer_text(xml, "<xar><toc>");
	if (!(odd & XAR_NO_CHECKSUM))
		buffer_printf(xml,
			      "<checksum style=\"%s\"><offset>0</offset><size>%zu</size>"
			      "</checksum>",
			      style_of_row(odd), room);
	for (unsigned n = odd & XAR_TWO_CMS ? 2 : !!(odd & XAR_WITH_CMS); n > 0; n--)
		signature_write(f, xml, "x-signature", "CMS", room, CMS_ROOM);
	if (odd & XAR_WITH_RSA)
		signature_write(f, xml, "signature", "RSA",
				room + (odd & XAR_WITH_CMS ? CMS_ROOM : 0), RSA_ROOM);
	for (unsigned i = 0; i < N_FILES; i++) {
		buffer_printf(xml, "<file id=\"%u\"><name>%s</name><type>file</type><data>",
			      i + 1, i + 1 < N_FILES ? "Payload" : last);
		buffer_printf(xml, "<length>%d</length><offset>%zu</offset><size>%d</size>",
			      FILE_LEN, file_at(odd, i), FILE_LEN);
		if (!(odd & XAR_FILE_BARE && i == 2))
			checksum_write(xml, odd, i);
		if (odd & XAR_CHECKSUM_TWICE && i == 2)
			checksum_write(xml, odd, i);
		buffer_text(xml, "</data></file>");
	}
	buffer_text(xml, "</toc></xar>");
}

static void toc_pack(struct buffer *out, struct span xml)
{
	uint8_t packed[32768];
	uLongf len = sizeof(packed);

	if (compress(packed, &len, xml.ptr, xml.len) != Z_OK)
		forge_fail("a table that cannot be packed");
	buffer_add(out, span_clip(SPAN_OF(packed), 0, len));
}

static struct forge_digest packed_digest(unsigned odd, const struct buffer *packed)
{
	struct span bytes = buffer_span(packed);

	return forge_digest_of(digest_of_row(odd), &bytes, 1);
}

static void cms_write(struct forge *f, unsigned odd, struct span checksum, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer element = BUFFER_INIT;
	struct forge_signature wish = {
		.odd = odd & XAR_CMS_BAD ? (unsigned)ODD_BAD_SIGNATURE : 0,
		.content_type = FORGE_OID_DATA,
	};
	size_t end = out->len + CMS_ROOM;

	der_add(&element, DER_OCTET_STRING, checksum);
	wish.content = forge_keep(f, buffer_span(&element));
	buffer_add(out, forge_signature_make(f, &wish, NULL, SPAN_NONE));
	if (odd & XAR_BEHIND_CMS)
		buffer_text(out, "evil");
	if (out->len > end)
		forge_fail("a signature that is too long");
	while (out->len < end)
		buffer_char(out, '\0');
}

/* DigestInfo with NULL, PKCS #1 v1.5. */
static void rsa_write(struct forge *f, unsigned odd, struct span checksum, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer info = BUFFER_INIT;
	size_t whole = der_open(&info, DER_SEQUENCE), id = der_open(&info, DER_SEQUENCE);

	der_add(&info, DER_OID, forge_digest_oid(digest_of_row(odd), false));
	der_add(&info, DER_NULL, SPAN_NONE);
	der_close(&info, id);
	der_add(&info, DER_OCTET_STRING, checksum);
	der_close(&info, whole);
	buffer_add(out, pki_sign(forge_pki(f), forge_identity(f, "good")->key,
				 digest_of_row(odd), buffer_span(&info)));
	if (odd & XAR_RSA_BAD)
		out->bytes[out->len - 1] = (char)(out->bytes[out->len - 1] ^ 1);
}

static void be(struct buffer *out, uint64_t value, unsigned width)
{
	while (width-- > 0)
		buffer_char(out, (char)(value >> 8 * width));
}

static void header_write(struct buffer *out, unsigned odd, size_t packed, size_t plain)
{
	unsigned number = odd & XAR_NO_CHECKSUM ? 0 : odd & XAR_BY_SHA1 ? 1 : 3;

	buffer_text(out, "xar!");
	be(out, 28, 2);
	be(out, 1, 2);
	be(out, packed, 8);
	be(out, odd & XAR_PLAIN_WRONG ? plain + 1 : plain, 8);
	be(out, odd & XAR_HEADER_CONTRADICTS ? 2 : number, 4);
}

static void trailer_write(struct buffer *out, uint16_t type, uint32_t length)
{
	buffer_text(out, "t8lr");
	buffer_u16le(out, 1);
	buffer_u16le(out, type);
	buffer_u32le(out, length);
	buffer_u32le(out, 0);
}

static void files_write(struct buffer *out, unsigned odd)
{
	for (unsigned i = 0; i < N_FILES; i++) {
		if (odd & XAR_GAP && i == 3)
			buffer_text(out, "evil");
		file_contents(out, odd, i,
			      odd & XAR_FILES_CHANGED || (odd & XAR_FILE_CHANGED && i == 3));
	}
	if (odd & XAR_BEHIND)
		buffer_text(out, "evil");
	if (odd & XAR_STAPLED)
		trailer_write(out, 1, 0);
	if (odd & (XAR_STAPLED | XAR_STAPLED_OPEN)) {
		buffer_text(out, "a ticket");
		trailer_write(out, 2, 8);
	}
}

void xar_build(struct forge *f, unsigned odd, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer signed_xml = BUFFER_INIT, signed_toc = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer xml = BUFFER_INIT, toc = BUFFER_INIT;
	struct forge_digest checksum, stored;

	toc_write(f, odd, "Scripts", &signed_xml);
	toc_pack(&signed_toc, buffer_span(&signed_xml));
	checksum = packed_digest(odd, &signed_toc);
	toc_write(f, odd, odd & CHANGES ? "Changed" : "Scripts", &xml);
	toc_pack(&toc, buffer_span(&xml));
	stored = odd & XAR_TOC_REHASHED ? packed_digest(odd, &toc) : checksum;
	if (odd & XAR_STORED_CHANGED)
		stored.bytes[0] ^= 1;
	buffer_clear(out);
	header_write(out, odd, toc.len, xml.len);
	buffer_add(out, buffer_span(&toc));
	buffer_add(out, forge_digest_span(&stored));
	if (odd & (XAR_WITH_CMS | XAR_TWO_CMS))
		cms_write(f, odd, forge_digest_span(&checksum), out);
	if (odd & XAR_WITH_RSA)
		rsa_write(f, odd, forge_digest_span(&checksum), out);
	files_write(out, odd);
}
