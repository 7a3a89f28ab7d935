/* SPDX-License-Identifier: MIT */
/* Android packages: the signing block, right and wrong, and what the binary manifest says. */
#include "formats/apk/apk.h"

#include "tests/check.h"
#include "tests/zip_builder.h"

#define MAGIC "APK Sig Block 42"

/* A chunk of binary XML. */
static void chunk_put(struct buffer *out, uint16_t type, uint16_t header, struct span inside)
{
	buffer_u16le(out, type);
	buffer_u16le(out, header);
	buffer_u32le(out, (uint32_t)(8 + inside.len));
	buffer_add(out, inside);
}

static void attribute_put(struct buffer *out, uint32_t name, uint8_t type, uint32_t value)
{
	buffer_u32le(out, UINT32_MAX);
	buffer_u32le(out, name);
	buffer_u32le(out, UINT32_MAX);
	buffer_u16le(out, 8);
	buffer_char(out, 0);
	buffer_char(out, (char)type);
	buffer_u32le(out, value);
}

static void element_put(struct buffer *out, uint32_t name, struct span attributes)
{
	CLEANUP(buffer_free) struct buffer inside = BUFFER_INIT;

	buffer_u32le(&inside, 1);          /* line */
	buffer_u32le(&inside, UINT32_MAX); /* comment */
	buffer_u32le(&inside, UINT32_MAX); /* name space */
	buffer_u32le(&inside, name);
	buffer_u16le(&inside, 20);
	buffer_u16le(&inside, 20);
	buffer_u16le(&inside, (uint16_t)(attributes.len / 20));
	buffer_u16le(&inside, 0);
	buffer_u32le(&inside, 0);
	buffer_add(&inside, attributes);
	chunk_put(out, 0x0102, 16, buffer_span(&inside));
}

/* A manifest whose attribute for the SDK is known by its identifier and named "lie". */
static void manifest_put(struct buffer *out, uint32_t min_sdk)
{
	static const char *const strings[] = { "lie", "package", "a.b", "manifest",
					       "uses-sdk" };
	CLEANUP(buffer_free)
	struct buffer pool = BUFFER_INIT, data = BUFFER_INIT, all = BUFFER_INIT,
		      attributes = BUFFER_INIT, ids = BUFFER_INIT;

	buffer_u32le(&pool, COUNT_OF(strings));
	buffer_u32le(&pool, 0);
	buffer_u32le(&pool, 1 << 8); /* UTF-8 */
	buffer_u32le(&pool, 28 + 4 * COUNT_OF(strings));
	buffer_u32le(&pool, 0);
	for (size_t i = 0; i < COUNT_OF(strings); i++) {
		buffer_u32le(&pool, (uint32_t)data.len);
		buffer_char(&data, (char)strlen(strings[i]));
		buffer_char(&data, (char)strlen(strings[i]));
		buffer_text(&data, strings[i]);
		buffer_char(&data, 0);
	}
	buffer_add(&pool, buffer_span(&data));
	chunk_put(&all, 0x0001, 28, buffer_span(&pool));
	buffer_u32le(&ids, 0x0101020c);
	chunk_put(&all, 0x0180, 8, buffer_span(&ids));
	attribute_put(&attributes, 1, 0x03, 2);
	element_put(&all, 3, buffer_span(&attributes));
	buffer_clear(&attributes);
	attribute_put(&attributes, 0, 0x10, min_sdk);
	element_put(&all, 4, buffer_span(&attributes));
	chunk_put(out, 0x0003, 8, buffer_span(&all));
}

static void pair_put(struct buffer *out, uint32_t id, struct span value)
{
	buffer_u64le(out, value.len + 4);
	buffer_u32le(out, id);
	buffer_add(out, value);
}

/* A block of @pairs; @more is added to the size at its beginning. */
static void block_put(struct buffer *out, struct span pairs, uint64_t more)
{
	buffer_u64le(out, pairs.len + 24 + more);
	buffer_add(out, pairs);
	buffer_u64le(out, pairs.len + 24);
	buffer_text(out, MAGIC);
}

struct package {
	struct buffer file;
	struct arena arena;
	struct findings findings;
	struct container box;
	enum status status;
};

static void package_read(struct package *p, struct span block, bool with_manifest)
{
	CLEANUP(buffer_free) struct buffer manifest = BUFFER_INIT;
	struct zip_item items[] = {
		{.name = "AndroidManifest.xml", .deflate = true},
		{ .name = "classes.dex",        .text = "dex"  },
	};
	struct zip_plan plan = { .items = &items[!with_manifest],
				 .n = 1 + (size_t)with_manifest,
				 .block = block };
	struct view view;
	struct zip *zip;

	*p = (struct package){ .arena = ARENA_INIT(1 << 20) };
	manifest_put(&manifest, 26);
	items[0].data = buffer_span(&manifest);
	zip_build(&p->file, &plan);
	p->findings = (struct findings)FINDINGS_INIT(&p->arena);
	view = view_whole(buffer_span(&p->file));
	zip = ARENA_NEW(&p->arena, struct zip, 1);
	p->box.zip = zip;
	p->status = zip ? zip_read(&view, &p->findings, zip) : STATUS_NO_MEMORY;
	if (p->status == STATUS_OK)
		p->status = format_apk.read_zip(&view, &p->findings, &p->box);
}

static void package_free(struct package *p)
{
	buffer_free(&p->file);
	arena_free(&p->arena);
}

static void test_manifest(void)
{
	struct package p;

	package_read(&p, SPAN_NONE, true);
	CHECK(p.status == STATUS_OK && p.box.apk->manifest.readable &&
		      p.box.apk->manifest.min_sdk == 26 &&
		      p.box.apk->manifest.target_sdk == 26 && p.box.apk->manifest.package &&
		      strcmp(p.box.apk->manifest.package, "a.b") == 0,
	      "an attribute is known by its identifier, not by its name");
	CHECK(!p.box.claims && !p.box.broken && p.box.apk->block.len == 0, "and nobody signed");
	package_free(&p);
	package_read(&p, SPAN_NONE, false);
	CHECK(p.status == STATUS_NOT_MINE, "an archive with neither manifest nor block");
	package_free(&p);
}

static void test_block(void)
{
	static const struct {
		const char *name;
		uint32_t ids[3];
		uint64_t more;
		size_t n_claims;
		bool broken;
		const char *finding;
	} rows[] = {
		{"v2",               { APK_V2 },                  0, 1, false, NULL                 },
		{ "v2 and v3",       { APK_V2, APK_V3 },          0, 2, false, NULL                 },
		{ "v2, v3 and v3.1", { APK_V31, APK_V3, APK_V2 }, 0, 3, false, NULL                 },
		{ "v2 twice",        { APK_V2, APK_V2 },          0, 1, false, "apk.block-twice"    },
		{ "foreign",         { APK_V2, 0x71777777 },      0, 1, false, "apk.block-foreign"  },
		{ "stamp alone",     { APK_STAMP_V2 },            0, 0, true,  "apk.stamp-alone"    },
		{ "sizes differ",    { APK_V2 },                  8, 0, true,  "apk.block-malformed"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer pairs = BUFFER_INIT, block = BUFFER_INIT;
		struct package p;
		size_t n = 0;

		for (size_t k = 0; k < 3 && rows[i].ids[k]; k++)
			pair_put(&pairs, rows[i].ids[k], SPAN_LITERAL("value"));
		block_put(&block, buffer_span(&pairs), rows[i].more);
		package_read(&p, buffer_span(&block), true);
		for (const struct claim *c = p.box.claims; c; c = c->next)
			n++;
		CHECK(p.status == STATUS_OK && n == rows[i].n_claims &&
			      p.box.broken == rows[i].broken &&
			      (!rows[i].finding ||
			       finding_has(&p.findings, rows[i].finding, -2)),
		      "block: %s", rows[i].name);
		package_free(&p);
	}
}

/* Whatever the bytes of a block are, it is read to an answer. */
static void test_flips(void)
{
	CLEANUP(buffer_free) struct buffer pairs = BUFFER_INIT, block = BUFFER_INIT;
	size_t bad = 0;

	pair_put(&pairs, APK_V2, SPAN_LITERAL("value"));
	pair_put(&pairs, APK_PADDING, SPAN_LITERAL("\0\0\0\0"));
	block_put(&block, buffer_span(&pairs), 0);
	for (size_t at = 0; at < block.len; at++)
		for (int bit = 0; bit < 8; bit++) {
			struct package p;

			block.bytes[at] ^= (char)(1 << bit);
			package_read(&p, buffer_span(&block), true);
			bad += p.status != STATUS_OK && p.status != STATUS_LIMIT;
			package_free(&p);
			block.bytes[at] ^= (char)(1 << bit);
		}
	CHECK(bad == 0, "each bit of a block changed");
}

int main(void)
{
	test_manifest();
	test_block();
	test_flips();
	return CHECK_DONE();
}
