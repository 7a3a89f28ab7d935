/* SPDX-License-Identifier: MIT */
/*
 * Digests as they are described, computed from what is put in, not from what is
 * read out again: so that a mistake of the readers cannot hide here.
 */
#include "tests/forge/package.h"

#include "tests/forge/signing.h"
#include <stdlib.h>

#define OID_PE_DATA    OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0f")
#define OID_CAB_DATA   OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x19")
#define OID_SIP_INFO   OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x1e")
#define OID_LIST       OID("\x2b\x06\x01\x04\x01\x82\x37\x0a\x01")
#define OID_CATALOG    OID("\x2b\x06\x01\x04\x01\x82\x37\x0c\x01\x01")
#define OID_VERSION_2  OID("\x2b\x06\x01\x04\x01\x82\x37\x0c\x01\x03")
#define OID_NAME_VALUE OID("\x2b\x06\x01\x04\x01\x82\x37\x0c\x02\x01")
#define MSI_GUID       "\xf1\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"
#define MSI_CLSID      SPAN_LITERAL("\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46")
#define SIGNATURE      "\5DigitalSignature"
#define EXTENDED       "\5MsiDigitalSignatureEx"
#define ITEMS_MAX      64

void forge_indirect(enum forge_kind kind, const char *digest_name, struct span digest,
		    struct buffer *out)
{
	size_t whole = der_open(out, DER_SEQUENCE), data = der_open(out, DER_SEQUENCE), info;

	der_add(out, DER_OID,
		kind == FORGE_KIND_CAB   ? OID_CAB_DATA
		: kind == FORGE_KIND_MSI ? OID_SIP_INFO
					 : OID_PE_DATA);
	info = der_open(out, DER_SEQUENCE);
	if (kind == FORGE_KIND_MSI) {
		der_add_number(out, 1);
		der_add(out, DER_OCTET_STRING, SPAN_LITERAL(MSI_GUID));
		for (size_t i = 0; i < 5; i++)
			der_add_number(out, 0);
	}
	der_close(out, info);
	der_close(out, data);
	info = der_open(out, DER_SEQUENCE);
	der_add_algorithm(out, forge_digest_oid(digest_name, false), true);
	der_add(out, DER_OCTET_STRING, digest);
	der_close(out, info);
	der_close(out, whole);
}

/* A signature over something that is no program. */
static struct span content_sign(struct forge *f, const struct forge_signature *wish,
				struct span type, struct span content)
{
	struct forge_signature own = *wish;

	own.content = content;
	own.content_type = type;
	return forge_signature_make(f, &own, NULL, SPAN_NONE);
}

static const char *digest_name_of(const struct forge_signature *wish)
{
	return wish->image_digest ? wish->image_digest : "SHA256";
}

/* Order of names as UTF-16LE, byte by byte: of ASCII that of the letters. */
static int by_name(const struct cfb_item *x, const struct cfb_item *y)
{
	return strcmp(x->name, y->name);
}

/* What a storage's turn adds to contents and metadata; parent -1: the root. */
static void storage_add(const struct forge_msi *m, int parent, struct buffer *contents,
			struct buffer *metadata)
{
	const struct cfb_item *list[ITEMS_MAX];
	uint8_t clsid[16];
	size_t n = 0;

	for (size_t i = 0; i < m->n && n < ITEMS_MAX; i++) {
		size_t at = n;

		if (m->items[i].parent != parent)
			continue;
		for (; at > 0 && by_name(list[at - 1], &m->items[i]) > 0; at--)
			list[at] = list[at - 1];
		list[at] = &m->items[i];
		n++;
	}
	for (size_t i = 0; i < n; i++) {
		const struct cfb_item *item = list[i];

		for (const char *c = item->name; *c; c++)
			buffer_u16le(metadata, (unsigned char)*c);
		if (!item->storage)
			buffer_u32le(metadata, (uint32_t)item->bytes.len);
		memset(clsid, item->clsid, sizeof(clsid));
		if (item->storage)
			buffer_add(metadata, SPAN_OF(clsid));
		buffer_u32le(metadata, 0);
		memset(clsid, item->stamp, sizeof(clsid));
		buffer_add(metadata, SPAN_OF(clsid));
		if (item->storage)
			storage_add(m, (int)(item - m->items), contents, metadata);
		else
			buffer_add(contents, item->bytes);
	}
	memset(clsid, parent < 0 ? 0 : m->items[parent].clsid, sizeof(clsid));
	buffer_add(contents, parent < 0 ? MSI_CLSID : SPAN_OF(clsid));
}

static struct forge_digest msi_extended(const struct forge_msi *m, const char *name,
					struct buffer *contents)
{
	CLEANUP(buffer_free) struct buffer metadata = BUFFER_INIT;
	struct forge_digest d;
	struct span whole;

	buffer_add(&metadata, MSI_CLSID);
	buffer_u32le(&metadata, 0);
	storage_add(m, -1, contents, &metadata);
	whole = buffer_span(&metadata);
	d = forge_digest_of(name, &whole, 1);
	if (m->extended_wrong)
		d.bytes[0] ^= 1;
	return d;
}

void forge_msi_make(struct forge *f, const struct forge_signature *wish,
		    const struct forge_msi *m, const struct forge_msi *after,
		    struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer contents = BUFFER_INIT, indirect = BUFFER_INIT;
	const char *name = digest_name_of(wish);
	struct forge_digest extended = msi_extended(m, name, &contents), digest;
	struct span parts[2] = { SPAN_NONE, buffer_span(&contents) };
	struct cfb_item items[ITEMS_MAX] = { 0 };
	struct cfb_plan plan = { .items = items, .root_clsid = MSI_CLSID };
	struct cfb_built built;

	if (m->extended)
		parts[0] = forge_digest_span(&extended);
	digest = forge_digest_of(name, parts, 2);
	forge_indirect(m->kind ? m->kind : FORGE_KIND_MSI, name, forge_digest_span(&digest),
		       &indirect);
	after = after ? after : m;
	for (size_t i = 0; i < after->n; i++)
		items[plan.n++] = after->items[i];
	if (m->extended)
		items[plan.n++] = (struct cfb_item){ .name = EXTENDED,
						     .parent = -1,
						     .bytes = forge_digest_span(&extended) };
	items[plan.n++] = (struct cfb_item){
		.name = SIGNATURE,
		.parent = -1,
		.bytes = content_sign(f, wish, FORGE_OID_INDIRECT_DATA, buffer_span(&indirect)),
	};
	plan.order = after->order;
	plan.spare = after->spare;
	if (!cfb_build(out, &plan, &built))
		forge_fail("an installer package");
}

static void u32_put(struct buffer *b, size_t at, size_t value)
{
	for (size_t i = 0; i < 4; i++)
		b->bytes[at + i] = (char)(value >> (8 * i));
}

/* A cabinet with one file, stored, and a reserve whose second structure is to name a
 * signature. */
static void cabinet_make(const struct forge_cab *c, struct buffer *out)
{
	struct span text = SPAN_TEXT(c->text ? c->text : "hello");
	size_t folder, data;

	buffer_add(out, SPAN_LITERAL("MSCF\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\3\1\1\0\1\0"
				     "\4\0\x39\x30"));
	buffer_u16le(out, c->number);
	buffer_u32le(out, 20);
	buffer_u16le(out, 0);
	buffer_u16le(out, 16);
	buffer_u64le(out, 0);
	buffer_u32le(out, 0);
	buffer_u32le(out, c->filler);
	folder = out->len;
	buffer_u32le(out, 0);
	buffer_u16le(out, 1);
	buffer_u16le(out, 0);
	u32_put(out, 16, out->len);
	buffer_u32le(out, (uint32_t)text.len);
	buffer_u32le(out, 0);
	buffer_u64le(out, UINT64_C(0x0020) << 48);
	buffer_add(out, SPAN_LITERAL("f.txt\0"));
	data = out->len;
	buffer_u32le(out, 0);
	buffer_u16le(out, (uint16_t)text.len);
	buffer_u16le(out, (uint16_t)text.len);
	buffer_add(out, text);
	u32_put(out, folder, data);
	u32_put(out, 8, out->len);
	u32_put(out, 44, out->len);
}

void forge_cab_make(struct forge *f, const struct forge_signature *wish,
		    const struct forge_cab *c, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer indirect = BUFFER_INIT;
	const char *name = digest_name_of(wish);
	struct forge_digest digest;
	struct span all, signature;

	cabinet_make(c, out);
	all = buffer_span(out);
	digest = forge_digest_of(
		name,
		(const struct span[]){
			span_clip(all, 0, 4), span_clip(all, 8, c->other_reading ? 26 : 28),
			c->other_reading ? span_clip(all, 56, 4) : span_clip(all, 40, 2),
			span_after(all, 60) },
		4);
	forge_indirect(c->kind ? c->kind : FORGE_KIND_CAB, name, forge_digest_span(&digest),
		       &indirect);
	signature = content_sign(f, wish, FORGE_OID_INDIRECT_DATA, buffer_span(&indirect));
	buffer_add(out, signature);
	while ((out->len - all.len) % 8 != 0)
		buffer_char(out, 0);
	u32_put(out, 48, out->len - all.len);
}

static void utf16_add(struct buffer *b, const char *text, bool big)
{
	for (; *text; text++) {
		buffer_char(b, big ? 0 : *text);
		buffer_char(b, big ? *text : 0);
	}
}

static void member_name_add(struct buffer *b, const char *name)
{
	size_t attribute = der_open(b, DER_SEQUENCE), set, pair, part;

	der_add(b, DER_OID, OID_NAME_VALUE);
	set = der_open(b, DER_SET);
	pair = der_open(b, DER_SEQUENCE);
	part = der_open(b, DER_BMP_STRING);
	utf16_add(b, "File", true);
	der_close(b, part);
	der_add_number(b, 0x10010001);
	part = der_open(b, DER_OCTET_STRING);
	utf16_add(b, name, false);
	buffer_u16le(b, 0);
	der_close(b, part);
	der_close(b, pair);
	der_close(b, set);
	der_close(b, attribute);
}

static void member_add(struct buffer *b, const struct forge_member *m)
{
	size_t subject = der_open(b, DER_SEQUENCE), attributes, attribute, set;

	der_add(b, DER_OCTET_STRING, m->digest);
	attributes = der_open(b, DER_SET);
	if (m->name)
		member_name_add(b, m->name);
	if (!m->bare) {
		attribute = der_open(b, DER_SEQUENCE);
		der_add(b, DER_OID, FORGE_OID_INDIRECT_DATA);
		set = der_open(b, DER_SET);
		forge_indirect(m->image ? FORGE_KIND_PE : FORGE_KIND_CAB,
			       m->digest.len == 20 ? "SHA1" : "SHA256", m->digest, b);
		der_close(b, set);
		der_close(b, attribute);
	}
	der_close(b, attributes);
	der_close(b, subject);
}

void forge_catalog_make(struct forge *f, const struct forge_signature *wish,
			const struct forge_member *members, size_t n, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer list = BUFFER_INIT;
	size_t whole = der_open(&list, DER_SEQUENCE), part = der_open(&list, DER_SEQUENCE);

	der_add(&list, DER_OID, OID_CATALOG);
	der_close(&list, part);
	der_add(&list, DER_OCTET_STRING, SPAN_LITERAL("0123456789abcdef"));
	der_add_time(&list, DER_UTC_TIME, "2025-06-05T08:00:48Z");
	der_add_algorithm(&list, OID_VERSION_2, true);
	part = der_open(&list, DER_SEQUENCE);
	for (size_t i = 0; i < n; i++)
		member_add(&list, &members[i]);
	der_close(&list, part);
	der_close(&list, whole);
	buffer_add(out, content_sign(f, wish, OID_LIST, buffer_span(&list)));
}
