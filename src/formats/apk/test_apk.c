/* SPDX-License-Identifier: MIT */
/* Android packages: the signing block, right and wrong, and what the binary manifest says. */
#include "formats/apk/apk.h"

#include "tests/check.h"
#include "tests/forge/apk.h"
#include "tests/zip_builder.h"

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
	forge_apk_manifest(&manifest, 26, "a.b");
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
			forge_apk_pair(&pairs, rows[i].ids[k], SPAN_LITERAL("value"));
		forge_apk_block(&block, buffer_span(&pairs), rows[i].more);
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

	forge_apk_pair(&pairs, APK_V2, SPAN_LITERAL("value"));
	forge_apk_pair(&pairs, APK_PADDING, SPAN_LITERAL("\0\0\0\0"));
	forge_apk_block(&block, buffer_span(&pairs), 0);
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
