/* SPDX-License-Identifier: MIT */
/* Catalogs: members in both versions, what contradicts itself, what is none. */
#include "formats/cat/cat.h"

#include "tests/check.h"
#include "tests/container_hold.h"
#include "tests/der_builder.h"

#define OID_SIGNED  OID("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")
#define OID_LIST    OID("\x2b\x06\x01\x04\x01\x82\x37\x0a\x01")
#define OID_CATALOG OID_INIT("\x2b\x06\x01\x04\x01\x82\x37\x0c\x01\x01")
#define OID_ROOTS   OID_INIT("\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x09")
#define OID_V1      OID("\x2b\x06\x01\x04\x01\x82\x37\x0c\x01\x02")
#define OID_V2      OID("\x2b\x06\x01\x04\x01\x82\x37\x0c\x01\x03")
#define OID_NAMES   OID("\x2b\x06\x01\x04\x01\x82\x37\x0c\x02\x01")
#define OID_INFO    OID("\x2b\x06\x01\x04\x01\x82\x37\x0c\x02\x02")
#define OID_SPC     OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x04")
#define OID_IMAGE   OID_INIT("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0f")
#define OID_FLAT    OID_INIT("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x19")
#define OID_SHA1    OID_INIT("\x2b\x0e\x03\x02\x1a")
#define TWENTY      "\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf\x10\x11\x12\x13\xab"
#define THIRTY_TWO  TWENTY "\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x20"
#define TEXT        "0102030405060708090A0B0C0D0E0F10111213AB"

struct member {
	const char *name;
	struct span tag;    /* raw */
	const char *text;   /* or as UTF-16LE */
	bool nul;           /* a NUL behind it */
	struct span type;   /* of SpcIndirectData; empty: no such attribute */
	struct span digest; /* in it */
	const char *guid;   /* of the member info; NULL: none */
	size_t digest_len;
	enum cat_kind kind;
	bool differs;
};

/* clang-format off */
static const struct member members[] = {
	{ "version 1", { NULL, 0 }, TEXT, true, OID_IMAGE, SPAN_INIT(TWENTY), NULL, 20, CAT_KIND_IMAGE, false },
	{ "text without a NUL", { NULL, 0 }, TEXT, false, OID_FLAT, SPAN_INIT(TWENTY), NULL, 20,
	  CAT_KIND_FLAT, false },
	{ "text in lower case", { NULL, 0 }, "0102030405060708090a0b0c0d0e0f10111213ab", false,
	  { NULL, 0 }, { NULL, 0 }, NULL, 20, CAT_KIND_ANY, false },
	{ "version 2", SPAN_INIT(THIRTY_TWO), NULL, false, OID_FLAT, SPAN_INIT(THIRTY_TWO), NULL, 32,
	  CAT_KIND_FLAT, false },
	{ "version 2, SHA-1, which nothing repeats", SPAN_INIT(TWENTY), NULL, false, { NULL, 0 },
	  { NULL, 0 }, NULL, 20, CAT_KIND_ANY, false },
	{ "kind by its GUID", SPAN_INIT(TWENTY), NULL, false, { NULL, 0 }, { NULL, 0 },
	  "{C689AAB8-8E78-11D0-8C47-00C04FC295EE}", 20, CAT_KIND_IMAGE, false },
	{ "kind by the other GUID", SPAN_INIT(TWENTY), NULL, false, { NULL, 0 }, { NULL, 0 },
	  "{DE351A42-8E59-11D0-8C47-00C04FC295EE}", 20, CAT_KIND_FLAT, false },
	{ "an unknown GUID", SPAN_INIT(TWENTY), NULL, false, { NULL, 0 }, { NULL, 0 },
	  "{DE351A42-8E59-11D0-8C47-00C04FC295EF}", 20, CAT_KIND_ANY, false },
	{ "a tag that lies", SPAN_INIT(TWENTY), NULL, false, OID_FLAT, SPAN_INIT(THIRTY_TWO), NULL, 32,
	  CAT_KIND_FLAT, true },
	{ "a tag that is a name", SPAN_INIT("file"), NULL, false, OID_FLAT, SPAN_INIT(THIRTY_TWO), NULL, 32,
	  CAT_KIND_FLAT, false },
	{ "nothing that is a digest", SPAN_INIT("file"), NULL, false, { NULL, 0 }, { NULL, 0 }, NULL, 0,
	  CAT_KIND_ANY, false },
	{ "digits that are none", { NULL, 0 }, "0102030405060708090A0B0C0D0E0F101112131G", false,
	  { NULL, 0 }, { NULL, 0 }, NULL, 0, CAT_KIND_ANY, false },
};
/* clang-format on */

static void utf16_add(struct buffer *b, const char *text, bool big)
{
	for (size_t i = 0; i < strlen(text); i++) {
		buffer_char(b, big ? 0 : text[i]);
		buffer_char(b, big ? text[i] : 0);
	}
}

static size_t attribute_open(struct buffer *b, struct span oid, size_t *set)
{
	size_t attribute = der_open(b, DER_SEQUENCE);

	der_add(b, DER_OID, oid);
	*set = der_open(b, DER_SET);
	return attribute;
}

static void spc_add(struct buffer *b, const struct member *m)
{
	size_t set, attribute = attribute_open(b, OID_SPC, &set);
	size_t whole = der_open(b, DER_SEQUENCE), data = der_open(b, DER_SEQUENCE), info;

	der_add(b, DER_OID, m->type);
	der_close(b, data);
	info = der_open(b, DER_SEQUENCE);
	der_add_algorithm(b, (struct span)OID_SHA1, true);
	der_add(b, DER_OCTET_STRING, m->digest);
	der_close(b, info);
	der_close(b, whole);
	der_close(b, set);
	der_close(b, attribute);
}

static void name_value_add(struct buffer *b, const char *name, const char *value)
{
	size_t pair = der_open(b, DER_SEQUENCE), part = der_open(b, DER_BMP_STRING);

	utf16_add(b, name, true);
	der_close(b, part);
	der_add(b, DER_INTEGER, SPAN_LITERAL("\1"));
	part = der_open(b, DER_OCTET_STRING);
	utf16_add(b, value, false);
	buffer_u16le(b, 0);
	der_close(b, part);
	der_close(b, pair);
}

static void member_add(struct buffer *b, const struct member *m)
{
	size_t subject = der_open(b, DER_SEQUENCE), tag = der_open(b, DER_OCTET_STRING), set;
	size_t attributes, attribute, part;

	buffer_add(b, m->tag);
	if (m->text)
		utf16_add(b, m->text, false);
	if (m->nul)
		buffer_u16le(b, 0);
	der_close(b, tag);
	attributes = der_open(b, DER_SET);
	attribute = attribute_open(b, OID_NAMES, &set);
	name_value_add(b, "File", "x.sys");
	der_close(b, set);
	der_close(b, attribute);
	if (m->type.len)
		spc_add(b, m);
	if (m->guid) {
		attribute = attribute_open(b, OID_INFO, &set);
		tag = der_open(b, DER_SEQUENCE);
		part = der_open(b, DER_BMP_STRING);
		utf16_add(b, m->guid, true);
		der_close(b, part);
		der_add(b, DER_INTEGER, SPAN_LITERAL("\2"));
		der_close(b, tag);
		der_close(b, set);
		der_close(b, attribute);
	}
	der_close(b, attributes);
	der_close(b, subject);
}

static void list_add(struct buffer *b, struct span usage, const struct member *m, size_t n)
{
	size_t list = der_open(b, DER_SEQUENCE), part = der_open(b, DER_SEQUENCE), inner;

	der_add(b, DER_OID, usage);
	der_close(b, part);
	der_add(b, DER_OCTET_STRING, SPAN_LITERAL("0123456789abcdef"));
	der_add(b, DER_UTC_TIME, SPAN_LITERAL("250605080048Z"));
	der_add_algorithm(b, n > 1 ? OID_V2 : OID_V1, true);
	part = der_open(b, DER_SEQUENCE);
	for (size_t i = 0; i < n; i++)
		member_add(b, &m[i]);
	der_close(b, part);
	part = der_open(b, DER_CONTEXT_CONSTRUCTED(0));
	inner = der_open(b, DER_SEQUENCE);
	for (size_t i = 0; i < 2; i++) {
		size_t extension = der_open(b, DER_SEQUENCE), octets;

		der_add(b, DER_OID, OID_NAMES);
		octets = der_open(b, DER_OCTET_STRING);
		name_value_add(b, i ? "PackageName" : "OSAttr", i ? "net\x1b" : "2:6.0");
		der_close(b, octets);
		der_close(b, extension);
	}
	der_close(b, inner);
	der_close(b, part);
	der_close(b, list);
}

/* A SignedData whose signature nobody looks at here. */
static void catalog_make(struct buffer *b, struct span usage, const struct member *m, size_t n)
{
	size_t whole = der_open(b, DER_SEQUENCE), explicit_part, data, set, content, inner;

	der_add(b, DER_OID, OID_SIGNED);
	explicit_part = der_open(b, DER_CONTEXT_CONSTRUCTED(0));
	data = der_open(b, DER_SEQUENCE);
	der_add(b, DER_INTEGER, SPAN_LITERAL("\1"));
	set = der_open(b, DER_SET);
	der_add_algorithm(b, (struct span)OID_SHA1, true);
	der_close(b, set);
	content = der_open(b, DER_SEQUENCE);
	der_add(b, DER_OID, OID_LIST);
	inner = der_open(b, DER_CONTEXT_CONSTRUCTED(0));
	list_add(b, usage, m, n);
	der_close(b, inner);
	der_close(b, content);
	set = der_open(b, DER_SET);
	der_close(b, set);
	der_close(b, data);
	der_close(b, explicit_part);
	der_close(b, whole);
}

static enum status catalog_read(struct span file, struct arena *a, struct container *box,
				struct findings *findings)
{
	struct view v = view_whole(file);

	*findings = (struct findings)FINDINGS_INIT(a);
	*box = (struct container){ 0 };
	return format_cat.read(&v, findings, box);
}

static void test_members(void)
{
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		const struct member *m = &members[i];
		struct findings findings;
		struct container box;
		struct cat_member got;
		struct cursor c;
		const char *bad, *name;

		catalog_make(&file, (struct span)OID_CATALOG, m, 1);
		CHECK(catalog_read(buffer_span(&file), &a, &box, &findings) == STATUS_OK &&
			      box.cat && box.cat->n_members == 1 && !box.broken &&
			      finding_has(&findings, "cat.tag-mismatch", -1) == m->differs,
		      "read: %s", m->name);
		if (!box.cat)
			continue;
		c = cursor_at(box.cat->list.subjects, 0);
		CHECK(cat_member_next(&c, &got) && got.digest_len == m->digest_len &&
			      got.kind == m->kind && got.tag_differs == m->differs,
		      "member: %s", m->name);
		CHECK(span_equal((struct span){ got.digest, got.digest_len },
				 span_clip(SPAN_LITERAL(THIRTY_TWO), 0, m->digest_len)),
		      "digest: %s", m->name);
		name = cat_member_name(&a, &got);
		CHECK(name && strcmp(name, "x.sys") == 0, "file name: %s", m->name);
		bad = container_hold(&format_cat, buffer_span(&file));
		CHECK(!bad, "holds: %s: %s", m->name, bad ? bad : "yes");
	}
}

static void test_whole(void)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	struct findings findings;
	struct container box;
	size_t len;

	catalog_make(&file, (struct span)OID_CATALOG, members, COUNT_OF(members));
	CHECK(catalog_read(buffer_span(&file), &a, &box, &findings) == STATUS_OK &&
		      box.cat->n_members == COUNT_OF(members) && box.cat->version == 2 &&
		      box.cat->list.this_update == 1749110448,
	      "all members, version, time");
	CHECK(box.cat->system && strcmp(box.cat->system, "2:6.0") == 0 && box.cat->package &&
		      strcmp(box.cat->package, "net\\x1b") == 0,
	      "what it says of itself");
	CHECK(box.claims->covered->n == 1 &&
		      box.claims->covered->pieces[0].range.off == box.cat->list_off &&
		      box.claims->uncovered.len == 0,
	      "covers the list");
	len = file.len;
	buffer_add(&file, SPAN_LITERAL("\0\0\0\0"));
	CHECK(catalog_read(buffer_span(&file), &a, &box, &findings) == STATUS_OK &&
		      box.claims->uncovered.len == 0,
	      "zeros behind it align");
	buffer_text(&file, "PK");
	CHECK(catalog_read(buffer_span(&file), &a, &box, &findings) == STATUS_OK &&
		      box.claims->uncovered.off == len &&
		      finding_has(&findings, "cat.trailing", -1),
	      "bytes behind it do not");
}

static void test_others(void)
{
	CLEANUP(buffer_free) struct buffer roots = BUFFER_INIT, file = BUFFER_INIT;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(8 << 20);
	struct findings findings;
	struct container box;
	size_t n_good = 0, n_bad = 0;

	catalog_make(&roots, (struct span)OID_ROOTS, members, 1);
	CHECK(catalog_read(buffer_span(&roots), &a, &box, &findings) == STATUS_NOT_MINE,
	      "a list of roots");
	catalog_make(&file, (struct span)OID_CATALOG, members, 3);
	for (size_t len = 0; len < file.len; len++) {
		struct span prefix = span_clip(buffer_span(&file), 0, len);

		n_good += catalog_read(prefix, &a, &box, &findings) == STATUS_OK && !box.broken;
		n_bad += container_hold(&format_cat, prefix) != NULL;
	}
	CHECK(n_good == 0 && n_bad == 0, "no prefix is a catalog: %zu, %zu", n_good, n_bad);
}

int main(void)
{
	test_members();
	test_whole();
	test_others();
	return CHECK_DONE();
}
