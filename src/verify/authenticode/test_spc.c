/* SPDX-License-Identifier: MIT */
/* The structures of Authenticode, well-formed and otherwise. */
#include "tests/check.h"
#include "tests/der_builder.h"
#include "verify/authenticode/spc.h"

#define OID_SHA256       OID_INIT("\x60\x86\x48\x01\x65\x03\x04\x02\x01")
#define OID_SHA256_RSA   OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b")
#define OID_GOST         OID_INIT("\x2a\x85\x03\x07\x01\x01\x02\x02")
#define OID_SIP_INFO     OID_INIT("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x1e")
#define OID_IMAGE_DATA   OID_INIT("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0f")
#define OID_PAGES_SHA1   OID_INIT("\x2b\x06\x01\x04\x01\x82\x37\x02\x03\x01")
#define OID_PAGES_SHA256 OID_INIT("\x2b\x06\x01\x04\x01\x82\x37\x02\x03\x02")
#define PAGE_HASH_CLASS  "\xa6\xb5\x86\xd5\xb4\xa1\x24\x66\xae\x05\xa2\x17\xda\x8e\x60\xd6"
#define OTHER_CLASS      "\xa6\xb5\x86\xd5\xb4\xa1\x24\x66\xae\x05\xa2\x17\xda\x8e\x60\xd7"

static const uint8_t digest[32] = { 1, 2, 3 };

/* What a page table consists of; no .first: there is none. */
struct table {
	const char *class_id;
	struct span first, second; /* OIDs of its attributes */
	uint8_t outer;             /* tag instead of SET */
};

static void attribute_add(struct buffer *b, struct span oid)
{
	size_t attribute = der_open(b, DER_SEQUENCE), values;

	der_add(b, DER_OID, oid);
	values = der_open(b, DER_SET);
	der_add(b, DER_OCTET_STRING, SPAN_OF(digest));
	der_close(b, values);
	der_close(b, attribute);
}

static void moniker_add(struct buffer *b, const struct table *t)
{
	size_t moniker = der_open(b, DER_CONTEXT_CONSTRUCTED(1)), data, set;

	der_add(b, DER_OCTET_STRING, (struct span){ (const uint8_t *)t->class_id, 16 });
	data = der_open(b, DER_OCTET_STRING);
	set = der_open(b, t->outer ? t->outer : DER_SET);
	if (t->first.len)
		attribute_add(b, t->first);
	if (t->second.len)
		attribute_add(b, t->second);
	der_close(b, set);
	der_close(b, data);
	der_close(b, moniker);
}

static void image_data_add(struct buffer *b, const struct table *t)
{
	size_t image = der_open(b, DER_SEQUENCE), file;

	der_add(b, DER_BIT_STRING, SPAN_LITERAL("\0"));
	if (t->class_id) {
		file = der_open(b, DER_CONTEXT_CONSTRUCTED(0));
		moniker_add(b, t);
		der_close(b, file);
	}
	der_close(b, image);
}

struct row {
	const char *name;
	struct span type, algorithm;
	struct table table;
	enum digest_algorithm expect, pages;
	bool pages_malformed;
};

/* clang-format off */
static const struct row rows[] = {
	{ "plain", OID_IMAGE_DATA, OID_SHA256, { 0 }, DIGEST_SHA256, DIGEST_NONE, false },
	{ "named by a signature OID", OID_IMAGE_DATA, OID_SHA256_RSA, { 0 }, DIGEST_SHA256,
	  DIGEST_NONE, false },
	{ "unknown digest", OID_IMAGE_DATA, OID_GOST, { 0 }, DIGEST_NONE, DIGEST_NONE, false },
	{ "another kind of data", OID_SIP_INFO, OID_SHA256, { PAGE_HASH_CLASS, OID_PAGES_SHA1,
	  { 0 }, 0 }, DIGEST_SHA256, DIGEST_NONE, false },
	{ "pages by SHA-1", OID_IMAGE_DATA, OID_SHA256, { PAGE_HASH_CLASS, OID_PAGES_SHA1,
	  { 0 }, 0 }, DIGEST_SHA256, DIGEST_SHA1, false },
	{ "pages by both, the stronger counts", OID_IMAGE_DATA, OID_SHA256, { PAGE_HASH_CLASS,
	  OID_PAGES_SHA256, OID_PAGES_SHA1, 0 }, DIGEST_SHA256, DIGEST_SHA256, false },
	{ "a moniker of another class", OID_IMAGE_DATA, OID_SHA256, { OTHER_CLASS,
	  OID_PAGES_SHA1, { 0 }, 0 }, DIGEST_SHA256, DIGEST_NONE, false },
	{ "pages by an unknown digest", OID_IMAGE_DATA, OID_SHA256, { PAGE_HASH_CLASS, OID_GOST,
	  { 0 }, 0 }, DIGEST_SHA256, DIGEST_NONE, true },
	{ "an empty page table", OID_IMAGE_DATA, OID_SHA256, { PAGE_HASH_CLASS, { 0 }, { 0 }, 0 },
	  DIGEST_SHA256, DIGEST_NONE, true },
	{ "a page table that is no SET", OID_IMAGE_DATA, OID_SHA256, { PAGE_HASH_CLASS,
	  OID_PAGES_SHA1, { 0 }, DER_SEQUENCE }, DIGEST_SHA256, DIGEST_NONE, true },
};
/* clang-format on */

/* The contents of the SpcIndirectDataContent. */
static void indirect_add(struct buffer *b, const struct row *row)
{
	size_t data = der_open(b, DER_SEQUENCE), info;

	der_add(b, DER_OID, row->type);
	image_data_add(b, &row->table);
	der_close(b, data);
	info = der_open(b, DER_SEQUENCE);
	der_add_algorithm(b, row->algorithm, true);
	der_add(b, DER_OCTET_STRING, SPAN_OF(digest));
	der_close(b, info);
}

static void test_indirect_data(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct spc_indirect_data out;
		size_t whole = 0;

		indirect_add(&b, &rows[i]);
		CHECK(spc_indirect_data_read(&a, buffer_span(&b), &out) == STATUS_OK &&
			      out.digest == rows[i].expect &&
			      out.pages.algorithm == rows[i].pages &&
			      out.pages_malformed == rows[i].pages_malformed &&
			      span_equal(out.value, SPAN_OF(digest)) &&
			      span_equal(out.type, rows[i].type),
		      "indirect data: %s", rows[i].name);
		for (size_t n = 0; n < b.len; n++)
			whole += spc_indirect_data_read(&a, span_clip(buffer_span(&b), 0, n),
							&out) == STATUS_OK;
		CHECK(whole == 0, "indirect data: %s, no prefix of it is one", rows[i].name);
	}
}

/* @choice: 0 BMPString, 1 IA5String. */
static void opus_add(struct buffer *b, unsigned choice, struct span name, struct span url)
{
	size_t opus = der_open(b, DER_SEQUENCE), part;

	part = der_open(b, DER_CONTEXT_CONSTRUCTED(0));
	der_add(b, (uint8_t)DER_CONTEXT(choice), name);
	der_close(b, part);
	part = der_open(b, DER_CONTEXT_CONSTRUCTED(1));
	der_add(b, DER_CONTEXT(0), url);
	der_close(b, part);
	der_close(b, opus);
}

static void test_opus(void)
{
	static const struct {
		const char *what;
		unsigned choice;
		struct span name;
		const char *expect;
	} names[] = {
		{"UTF-16",         0, SPAN_INIT("\0A\0\xe9"),      "A\xc3\xa9"  },
		{ "ASCII",         1, SPAN_INIT("Setup"),          "Setup"      },
		{ "an escape",     1, SPAN_INIT("a\x1b[2Jb"),      "a\\x1b[2Jb" },
		{ "turned around", 0, SPAN_INIT("\0a\x20\x2e\0b"), "a\\u{202e}b"},
		{ "a NUL",         1, SPAN_INIT("a\0b"),           "a\\x00b"    },
		{ "nothing",       1, SPAN_INIT(""),               ""           },
	};
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	const char *name, *url;

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

		opus_add(&b, names[i].choice, names[i].name,
			 SPAN_LITERAL("http://example.org/"));
		spc_opus_read(&a, buffer_span(&b), &name, &url);
		CHECK(name && strcmp(name, names[i].expect) == 0, "opus: %s: %s", names[i].what,
		      name ? name : "(none)");
		CHECK(url && strcmp(url, "http://example.org/") == 0, "opus: %s: its address",
		      names[i].what);
	}
	spc_opus_read(&a, SPAN_LITERAL("\x30\x00"), &name, &url);
	CHECK(!name && !url, "opus: empty");
	spc_opus_read(&a, SPAN_LITERAL("\x31\x02\x05\x00"), &name, &url);
	CHECK(!name && !url, "opus: something else");
}

static void test_long_name(void)
{
	static uint8_t much[70000];
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	const char *name, *url;

	memset(much, 'x', sizeof(much));
	opus_add(&b, 1, SPAN_OF(much), SPAN_OF(much));
	spc_opus_read(&a, buffer_span(&b), &name, &url);
	CHECK(name && url && strlen(name) < SPC_MAX_TEXT + 16 &&
		      strlen(url) < SPC_MAX_TEXT + 16,
	      "opus: a name of 70000 bytes is cut");
}

int main(void)
{
	test_indirect_data();
	test_opus();
	test_long_name();
	return CHECK_DONE();
}
