/* SPDX-License-Identifier: MIT */
/* Android packages of schemes v1 to v3. */
#include "tests/forge/apk.h"
#include "tests/forge/craft.h"
#include "tests/forge/jar.h"
#include <stdio.h>

#define META       "META-INF/"
#define DEX        SPAN_LITERAL("dex\n035\0 code that an old system runs instead")
#define SDK_V1     21U
#define SDK_V2     24U
#define SDK_V3     28U
#define NO_ARCHIVE "an archive that no ordinary tool wrote"

static const char *const names[] = { "classes.dex", "res/a.xml", "res/b.xml", "assets/c.txt",
				     "assets/d.txt" };

static const struct forge_jar by_jar = { META "MANIFEST.MF", META "CERT.SF", META "CERT.RSA",
					 NULL, false };
/* It says that scheme v2 signed too. */
static const struct forge_jar beside_v2 = { META "MANIFEST.MF", META "CERT.SF", META "CERT.RSA",
					    "X-Android-APK-Signed: 2\r\n", false };

static void package_write(struct craft_shop *shop, unsigned number, uint32_t min_sdk,
			  const struct forge_jar *v1, uint32_t block, struct craft_file *out)
{
	CLEANUP(archive_free) struct archive a = { 0 };
	CLEANUP(buffer_free) struct buffer manifest = BUFFER_INIT;
	struct zip_plan plan = { 0 };
	char package[48];

	archive_new(&a);
	(void)snprintf(package, sizeof(package), "org.example.p%u", number);
	forge_apk_manifest(&manifest, min_sdk, package);
	archive_add(&a, &(struct zip_item){ .name = "AndroidManifest.xml",
					    .data = buffer_span(&manifest),
					    .deflate = true });
	forge_jar_entries(&a, number, names, COUNT_OF(names));
	if (v1)
		forge_jar_sign(shop->forge, v1, &a);
	plan.items = a.items;
	plan.n = a.n;
	if (block)
		forge_apk_sign(shop->forge, &plan, &block, 1, &out->file);
	else
		zip_build(&out->file, &plan);
}

static void v1_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	package_write(shop, number, SDK_V1, &by_jar, 0, out);
}

static void v1v2_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	package_write(shop, number, SDK_V1, &beside_v2, FORGE_APK_V2, out);
}

static void v2_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	package_write(shop, number, SDK_V2, NULL, FORGE_APK_V2, out);
}

static void v3_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	package_write(shop, number, SDK_V3, NULL, FORGE_APK_V3, out);
}

/* The bytes of the first entry. */
static struct range apk_content(const struct buffer *file)
{
	return (struct range){ 60, file->len > 400 ? 40 : 0 };
}

/* What a trick takes from the donor. */
struct theft {
	bool entries; /* the donor's own, instead of the host's */
	bool meta, block;
	bool added, changed;
};

static const char *steal(const struct craft_cell *cell, const struct theft *t,
			 struct craft_file *out)
{
	CLEANUP(archive_free) struct archive host = { 0 };
	CLEANUP(archive_free) struct archive donor = { 0 };
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	const struct craft_file *from = t->entries ? cell->donor : cell->host;
	size_t i;

	if (!archive_open(&host, buffer_span(&from->file)))
		return NO_ARCHIVE;
	if (!archive_open(&donor, buffer_span(&cell->donor->file)))
		return NO_ARCHIVE;
	archive_drop(&host, META, "");
	if (t->meta)
		archive_take(&host, &donor, META);
	host.block = t->block ? donor.block : SPAN_NONE;
	i = archive_find(&host, "", ".dex");
	if (t->changed && i < host.n && host.items[i].data.len > 16) {
		buffer_add(&text, host.items[i].data);
		craft_turn(&text, (struct range){ 8, text.len - 8 }, cell->seed);
		host.items[i].data = buffer_span(&text);
	}
	if (t->added)
		archive_add(&host, &(struct zip_item){ .name = "classes2.dex",
						       .text = "code that nobody signed" });
	archive_write(&host, SPAN_NONE, &out->file);
	return NULL;
}

#define THEFT(name, ...)                                                                       \
	static CRAFT_MAKE(name)                                                                \
	{                                                                                      \
		return steal(cell, &(struct theft){ __VA_ARGS__ }, out);                       \
	}
THEFT(apk_meta, .meta = true)
THEFT(apk_block, .block = true)
THEFT(apk_both, .meta = true, .block = true)
THEFT(apk_added, .entries = true, .meta = true, .block = true, .added = true)
THEFT(apk_changed, .entries = true, .meta = true, .block = true, .changed = true)
THEFT(apk_without_block, .entries = true, .meta = true)
THEFT(apk_bare, .entries = true)

/* CVE-2017-13156: a program before the archive, whose offsets count it. */
static CRAFT_MAKE(apk_janus)
{
	buffer_add(&out->file, DEX);
	buffer_add(&out->file, buffer_span(&cell->donor->file));
	return archive_shift(&out->file, DEX.len) ? NULL : NO_ARCHIVE;
}

/* With v1 alone nothing but the entries is signed. */
static const struct craft_trick v1_tricks[] = {
	{"signature-stolen", CRAFT_STOLEN,   craft_apk_meta,    "grafted",  NULL},
	{ "entry-changed",   CRAFT_ALTERED,  craft_apk_changed, "tampered", NULL},
	{ "entry-added",     CRAFT_ADDED,    craft_apk_added,   "partial",  NULL},
	{ "janus",           CRAFT_ADDED,    craft_apk_janus,   "partial",  NULL},
	{ "signature-gone",  CRAFT_STRIPPED, craft_apk_bare,    "unsigned", NULL},
};
/* What old systems see says what was signed; what new ones see does not hold. */
static const struct craft_trick v1v2_tricks[] = {
	{"signature-stolen", CRAFT_STOLEN,   craft_apk_both,          "grafted",  NULL},
	{ "entry-changed",   CRAFT_ALTERED,  craft_apk_changed,       "tampered", NULL},
	{ "janus",           CRAFT_ALTERED,  craft_apk_janus,         "tampered", NULL},
	{ "block-gone",      CRAFT_STRIPPED, craft_apk_without_block, "stripped", NULL},
	{ "signature-gone",  CRAFT_STRIPPED, craft_apk_bare,          "unsigned", NULL},
};
static const struct craft_trick block_tricks[] = {
	{"signature-stolen", CRAFT_STOLEN,   craft_apk_block,   "mismatched", NULL},
	{ "entry-changed",   CRAFT_ALTERED,  craft_apk_changed, "mismatched", NULL},
	{ "entry-added",     CRAFT_ALTERED,  craft_apk_added,   "mismatched", NULL},
	{ "byte-changed",    CRAFT_ALTERED,  craft_flip,        "mismatched", NULL},
	{ "janus",           CRAFT_ALTERED,  craft_apk_janus,   "tampered",   NULL},
	{ "signature-gone",  CRAFT_STRIPPED, craft_apk_bare,    "unsigned",   NULL},
};

static const struct craft crafts[] = {
	{"apk-v1",    "apk", "valid", v1_make,   NULL,        CRAFT_TRICKS(v1_tricks)   },
	{ "apk-v1v2", "apk", "valid", v1v2_make, NULL,        CRAFT_TRICKS(v1v2_tricks) },
	{ "apk-v2",   "apk", "valid", v2_make,   apk_content, CRAFT_TRICKS(block_tricks)},
	{ "apk-v3",   "apk", "valid", v3_make,   apk_content, CRAFT_TRICKS(block_tricks)},
};
const struct craft_table crafts_android = { crafts, COUNT_OF(crafts) };
