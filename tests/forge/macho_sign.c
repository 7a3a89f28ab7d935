/* SPDX-License-Identifier: MIT */
/* CMS signatures over CodeDirectories (RFC 5652; attributes of Apple's signer). */
#include "tests/forge/macho.h"
#include "tests/forge/signing.h"

#define OID_HASHES_PLIST OID("\x2a\x86\x48\x86\xf7\x63\x64\x09\x01")
#define OID_HASHES       OID("\x2a\x86\x48\x86\xf7\x63\x64\x09\x02")
#define MAX_DIRECTORIES  6
#define SHORT_HASH       20

static const struct {
	const char *digest;
	size_t len; /* of what stands in a CodeDirectory */
} hash_kinds[] = {
	[HASH_SHA1] = {"SHA1",    20},
	[HASH_SHA256] = { "SHA256", 32},
	[HASH_CUT] = { "SHA256", 20},
	[HASH_SHA384] = { "SHA384", 48},
};

size_t forge_macho_entry(const struct buffer *file, uint32_t type)
{
	size_t data = forge_macho_places_of(file).data;
	size_t n = (size_t)forge_get_be(file, data + 8, 4);

	for (size_t i = 0; i < n; i++)
		if (forge_get_be(file, data + 12 + 8 * i, 4) == type)
			return data + 12 + 8 * i;
	return 0;
}

struct range forge_macho_blob(const struct buffer *file, uint32_t type)
{
	size_t data = forge_macho_places_of(file).data, entry = forge_macho_entry(file, type);
	uint64_t off;

	if (entry == 0)
		return (struct range){ 0, 0 };
	off = data + forge_get_be(file, entry + 4, 4);
	return (struct range){ off, forge_get_be(file, off + 4, 4) };
}

static size_t directories(const struct buffer *file, struct range out[MAX_DIRECTORIES])
{
	size_t n = 0;

	for (uint32_t type = 0; n < MAX_DIRECTORIES; type = type ? type + 1 : 0x1000) {
		out[n] = forge_macho_blob(file, type);
		if (out[n].len == 0)
			break;
		n++;
	}
	return n;
}

static enum forge_hash hash_of(const struct buffer *file, struct range d)
{
	return (enum forge_hash)forge_get(file, d.off + 37, 1);
}

static struct span bytes_of(const struct buffer *file, struct range r)
{
	return span_clip(buffer_span(file), r.off, r.len);
}

void forge_macho_rehash(struct buffer *file)
{
	struct range all[MAX_DIRECTORIES];
	size_t n = directories(file, all);

	for (size_t i = 0; i < n; i++) {
		size_t at = all[i].off, hashes = at + (size_t)forge_get_be(file, at + 16, 4);
		size_t pages = (size_t)forge_get_be(file, at + 28, 4);
		size_t limit = (size_t)forge_get_be(file, at + 32, 4);
		size_t page = (size_t)1 << forge_get(file, at + 39, 1);
		enum forge_hash hash = hash_of(file, all[i]);

		for (size_t k = 0; k < pages; k++) {
			struct span covered = span_clip(buffer_span(file), 0, limit);
			struct span part = span_clip(covered, k * page, page);
			struct forge_digest d =
				forge_digest_of(hash_kinds[hash].digest, &part, 1);

			memcpy(file->bytes + hashes + k * hash_kinds[hash].len, d.bytes,
			       hash_kinds[hash].len);
		}
	}
}

static void attribute_octets(struct der_set *set, struct span oid, uint8_t tag,
			     struct span octets)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

	der_add(&b, tag, octets);
	forge_attribute(set, oid, buffer_span(&b));
}

static void base64(struct buffer *out, struct span in)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < in.len; i += 3) {
		uint32_t v = (uint32_t)(span_at(in, i) << 16 | span_at(in, i + 1) << 8 |
					span_at(in, i + 2));

		for (size_t k = 0; k < 4; k++)
			buffer_char(out,
				    i + k > in.len ? '=' : letters[v >> (18 - 6 * k) & 63]);
	}
}

/* Both lists of CodeDirectories; their kinds of digest ascend in whatever the forge makes. */
static void agility(const struct buffer *file, struct der_set *set)
{
	CLEANUP(buffer_free) struct buffer plist = BUFFER_INIT, values = BUFFER_INIT;
	struct range all[MAX_DIRECTORIES];
	size_t n = directories(file, all);

	buffer_text(&plist,
		    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC "
		    "\"-//Apple//DTD PLIST 1.0//EN\" "
		    "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
		    "<plist version=\"1.0\"><dict><key>cdhashes</key><array>");
	for (size_t i = n; i-- > 0;) {
		const char *digest = hash_kinds[hash_of(file, all[i])].digest;
		struct span bytes = bytes_of(file, all[i]);
		struct forge_digest d = forge_digest_of(digest, &bytes, 1);
		size_t entry = der_open(&values, DER_SEQUENCE);

		der_add(&values, DER_OID, forge_digest_oid(digest, false));
		der_add(&values, DER_OCTET_STRING, forge_digest_span(&d));
		der_close(&values, entry);
	}
	for (size_t i = 0; i < n; i++) {
		struct span bytes = bytes_of(file, all[i]);
		struct forge_digest d =
			forge_digest_of(hash_kinds[hash_of(file, all[i])].digest, &bytes, 1);

		buffer_text(&plist, "<data>");
		base64(&plist, span_clip(forge_digest_span(&d), 0, SHORT_HASH));
		buffer_text(&plist, "</data>");
	}
	buffer_text(&plist, "</array></dict></plist>\n");
	attribute_octets(set, OID_HASHES_PLIST, DER_OCTET_STRING, buffer_span(&plist));
	forge_attribute(set, OID_HASHES, buffer_span(&values));
}

static void attributes_make(const struct buffer *file, const struct forge_apple *by,
			    struct buffer *out)
{
	CLEANUP(der_set_free) struct der_set set = { 0 };
	struct span directory = bytes_of(file, forge_macho_blob(file, 0));
	struct forge_digest d = forge_digest_of("SHA256", &directory, 1);

	attribute_octets(&set, FORGE_OID_CONTENT_TYPE, DER_OID, FORGE_OID_DATA);
	attribute_octets(&set, FORGE_OID_MESSAGE_DIGEST, DER_OCTET_STRING,
			 forge_digest_span(&d));
	if (by->agility)
		agility(file, &set);
	der_set_write(&set, by->unsorted, out);
}

static void cms_make(struct forge *f, const struct forge_apple *by, const struct buffer *file,
		     struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer attributes = BUFFER_INIT, certificates = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer signers = BUFFER_INIT, behind = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer content = BUFFER_INIT;
	const char *name = by->signer ? by->signer : "good";
	const struct pki_certificate *chain[FORGE_MAX_CHAIN];
	size_t n = forge_chain(f, name, chain);
	struct forge_signer signer = { .certificate = forge_identity(f, name),
				       .digest = "SHA256",
				       .version = 1,
				       .bad = by->bad };
	struct forge_signed_data data = { .content_type = FORGE_OID_DATA,
					  .digest = "SHA256",
					  .version = 1,
					  .style = DER_STYLE_INDEFINITE };
	struct span value;

	if (by->no_attributes)
		signer.content = bytes_of(file, forge_macho_blob(file, 0));
	else
		attributes_make(file, by, &attributes);
	signer.attributes = buffer_span(&attributes);
	value = forge_signer_sign(f, &signer);
	if (by->stamp.kind)
		forge_stamp_write(f, &by->stamp, value, &behind);
	forge_signer_write(f, &signer, value, buffer_span(&behind), &signers);
	if (by->two_signers)
		forge_signer_write(f, &signer, value, SPAN_NONE, &signers);
	buffer_add(&certificates, forge_identity(f, name)->der);
	for (size_t i = 0; i < n; i++)
		buffer_add(&certificates, chain[i]->der);
	if (by->content.len)
		der_add(&content, DER_OCTET_STRING, by->content);
	data.content = buffer_span(&content);
	data.certificates = buffer_span(&certificates);
	data.signers = buffer_span(&signers);
	forge_signed_data_write(&data, out);
}

void forge_macho_resign(struct forge *f, const struct forge_apple *by, struct buffer *file)
{
	CLEANUP(buffer_free) struct buffer cms = BUFFER_INIT;
	struct range wrapper = forge_macho_blob(file, 0x10000);

	cms_make(f, by, file, &cms);
	if (wrapper.len != cms.len + 8)
		forge_fail("a CMS of another length");
	memcpy(file->bytes + wrapper.off + 8, cms.bytes, cms.len);
}

struct span forge_apple_draft(struct forge *f, const struct forge_apple *by)
{
	CLEANUP(buffer_free) struct buffer draft = BUFFER_INIT, cms = BUFFER_INIT;
	struct forge_code code = { 0 };

	forge_macho_make(&(struct forge_macho){ 0 }, &draft);
	forge_macho_sign(&code, &draft);
	cms_make(f, by, &draft, &cms);
	return forge_keep(f, buffer_span(&cms));
}

void forge_macho_sign_by(struct forge *f, const struct forge_code *wish,
			 const struct forge_apple *by, struct buffer *file)
{
	CLEANUP(buffer_free) struct buffer draft = BUFFER_INIT, cms = BUFFER_INIT;
	struct forge_code code = *wish;

	/* How long the CMS is does not depend on what it signs: RSA. */
	forge_copy(&draft, file);
	forge_macho_sign(&code, &draft);
	cms_make(f, by, &draft, &cms);
	code.cms = buffer_span(&cms);
	forge_macho_sign(&code, file);
	forge_macho_resign(f, by, file);
}
