/* SPDX-License-Identifier: MIT */
/* Java archives, add-ons and extensions of browsers, packages of Windows and NuGet. */
#include "tests/forge/appx.h"
#include "tests/forge/craft.h"
#include "tests/forge/jar.h"
#include "tests/forge/nuget.h"
#include "tests/forge/signing.h"

#define META "META-INF/"

static const char *const names[] = { "a/First.class", "a/Second.class", "b/Third.class",
				     "texts/en.txt",  "texts/de.txt",   "icon.svg" };

static bool archives_open(const struct craft_cell *cell, struct archive *host,
			  struct archive *donor)
{
	bool open = archive_open(host, buffer_span(&cell->host->file));

	return archive_open(donor, buffer_span(&cell->donor->file)) && open;
}
#define NO_ARCHIVE "an archive that no ordinary tool wrote"

/* The donor's META-INF over the host's entries. */
static CRAFT_MAKE(meta_stolen)
{
	CLEANUP(archive_free) struct archive host = { 0 };
	CLEANUP(archive_free) struct archive donor = { 0 };

	if (!archives_open(cell, &host, &donor))
		return NO_ARCHIVE;
	archive_drop(&host, META, "");
	archive_take(&host, &donor, META);
	host.block = SPAN_NONE;
	archive_write(&host, SPAN_NONE, &out->file);
	return NULL;
}

/* The host's lists, the donor's block. */
static CRAFT_MAKE(block_stolen)
{
	CLEANUP(archive_free) struct archive host = { 0 };
	CLEANUP(archive_free) struct archive donor = { 0 };
	size_t to, from;

	if (!archives_open(cell, &host, &donor))
		return NO_ARCHIVE;
	to = archive_find(&host, META, ".RSA");
	from = archive_find(&donor, META, ".RSA");
	if (to == host.n || from == donor.n)
		return "no block of RSA";
	host.items[to].data = donor.items[from].data;
	host.block = SPAN_NONE;
	archive_write(&host, SPAN_NONE, &out->file);
	return NULL;
}

/* What is done to the donor's entries alone. */
enum deed {
	CHANGE,
	CHANGE_LIST,
	ADD,
	REMOVE,
	DROP_BLOCK,
	DROP_META,
	PREFIX,
	SECOND_LIST,
	ODD_FILE
};

/* Neither a signature, nor a list that one speaks of. */
static bool is_content(const char *name)
{
	static const char *const others[] = { META, ".", "[", "Appx", "_rels" };

	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (strncmp(name, others[i], strlen(others[i])) == 0)
			return false;
	return name[strlen(name) - 1] != '/';
}

static size_t content_find(const struct archive *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (is_content(a->items[i].name) && a->items[i].data.len >= 8)
			return i;
	return a->n;
}

static const char *deed(const struct craft_cell *cell, enum deed what, struct craft_file *out)
{
	static const char evil[] = "an entry that nobody signed";
	CLEANUP(archive_free) struct archive a = { 0 };
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer prefix = BUFFER_INIT;
	size_t i;

	if (!archive_open(&a, buffer_span(&cell->donor->file)))
		return NO_ARCHIVE;
	a.block = SPAN_NONE;
	i = what == CHANGE_LIST ? archive_find(&a, META, ".SF") : content_find(&a);
	if (i == a.n)
		return "no such entry";
	buffer_add(&text, a.items[i].data);
	switch (what) {
	case CHANGE:
	case CHANGE_LIST:
		if (text.len < 8)
			return "an entry that is too short";
		craft_turn(&text, (struct range){ text.len / 2, text.len / 4 }, cell->seed);
		a.items[i].data = buffer_span(&text);
		break;
	case ADD:
		archive_add(&a, &(struct zip_item){ .name = "Evil.class", .text = evil });
		break;
	case SECOND_LIST:
		archive_add(&a,
			    &(struct zip_item){ .name = "meta-inf/manifest.mf", .text = evil });
		break;
	case ODD_FILE:
		archive_add(&a, &(struct zip_item){ .name = META "SIG-X.class", .text = evil });
		break;
	case REMOVE: archive_drop(&a, a.items[i].name, ""); break;
	case DROP_BLOCK: archive_drop(&a, META, ".RSA"); break;
	case DROP_META: archive_drop(&a, META, ""); break;
	case PREFIX: forge_program_make(&(struct forge_program){ 0 }, &prefix); break;
	}
	archive_write(&a, buffer_span(&prefix), &out->file);
	return NULL;
}

#define DEED(name, what)                                                                       \
	static CRAFT_MAKE(name)                                                                \
	{                                                                                      \
		return deed(cell, what, out);                                                  \
	}
DEED(entry_changed, CHANGE)
DEED(list_changed, CHANGE_LIST)
DEED(entry_added, ADD)
DEED(entry_removed, REMOVE)
DEED(block_gone, DROP_BLOCK)
DEED(meta_gone, DROP_META)
DEED(prefixed, PREFIX)
DEED(manifest_twice, SECOND_LIST)
DEED(odd_file, ODD_FILE)

static void jar_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	static const struct forge_jar wish = { META "MANIFEST.MF", META "FORGE.SF",
					       META "FORGE.RSA", NULL, false };
	CLEANUP(archive_free) struct archive a = { 0 };

	archive_new(&a);
	forge_jar_entries(&a, number, names, COUNT_OF(names));
	forge_jar_sign(shop->forge, &wish, &a);
	archive_write(&a, SPAN_NONE, &out->file);
}

static const struct craft_trick jar_tricks[] = {
	{"signature-stolen", CRAFT_STOLEN,   craft_meta_stolen,    "grafted",  NULL},
	{ "block-stolen",    CRAFT_STOLEN,   craft_block_stolen,   "broken",   NULL},
	{ "entry-changed",   CRAFT_ALTERED,  craft_entry_changed,  "tampered", NULL},
	{ "entry-removed",   CRAFT_ALTERED,  craft_entry_removed,  "tampered", NULL},
	{ "list-changed",    CRAFT_ALTERED,  craft_list_changed,   "broken",   NULL},
	{ "entry-added",     CRAFT_ADDED,    craft_entry_added,    "partial",  NULL},
	{ "manifest-twice",  CRAFT_ADDED,    craft_manifest_twice, "broken",   NULL},
	{ "odd-file-added",  CRAFT_ADDED,    craft_odd_file,       "partial",  NULL},
	{ "program-before",  CRAFT_ADDED,    craft_prefixed,       "partial",  NULL},
	{ "bytes-behind",    CRAFT_ADDED,    craft_behind,         "partial",  NULL},
	{ "block-gone",      CRAFT_STRIPPED, craft_block_gone,     "stripped", NULL},
	{ "signature-gone",  CRAFT_STRIPPED, craft_meta_gone,      "unsigned", NULL},
};

/* Add-ons of Firefox. */
static void xpi_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	static const char *const files[] = { "manifest.json", "a.js", "b.js", "c.css", "d.js" };
	static const struct forge_jar wish = { META "manifest.mf", META "mozilla.sf",
					       META "mozilla.rsa", NULL, true };
	CLEANUP(archive_free) struct archive a = { 0 };

	archive_new(&a);
	forge_jar_entries(&a, number, files, COUNT_OF(files));
	forge_jar_sign(shop->forge, &wish, &a);
	archive_write(&a, SPAN_NONE, &out->file);
}

static const struct craft_trick xpi_tricks[] = {
	{"signature-stolen", CRAFT_STOLEN,   craft_meta_stolen,   "grafted",  NULL},
	{ "entry-changed",   CRAFT_ALTERED,  craft_entry_changed, "tampered", NULL},
	{ "entry-removed",   CRAFT_ALTERED,  craft_entry_removed, "tampered", NULL},
	{ "entry-added",     CRAFT_ADDED,    craft_entry_added,   "partial",  NULL},
	{ "signature-gone",  CRAFT_STRIPPED, craft_meta_gone,     "unsigned", NULL},
};

/* Packages of Windows. */
static void appx_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	forge_appx_make(shop->forge, 0, number, &out->file);
}

/* The donor's entries of these names, instead of the host's. */
static const char *entries_stolen(const struct craft_cell *cell, const char *const *stolen,
				  size_t n, struct craft_file *out)
{
	CLEANUP(archive_free) struct archive host = { 0 };
	CLEANUP(archive_free) struct archive donor = { 0 };

	if (!archives_open(cell, &host, &donor))
		return NO_ARCHIVE;
	for (size_t i = 0; i < n; i++) {
		if (archive_find(&donor, stolen[i], "") == donor.n)
			return "no signature in it";
		archive_drop(&host, stolen[i], "");
		archive_take(&host, &donor, stolen[i]);
	}
	archive_write(&host, SPAN_NONE, &out->file);
	return NULL;
}

#define APPX_SIGNATURE "AppxSignature.p7x"
#define APPX_MAP       "AppxBlockMap.xml"

static CRAFT_MAKE(appx_stolen)
{
	static const char *const stolen[] = { APPX_SIGNATURE };

	return entries_stolen(cell, stolen, COUNT_OF(stolen), out);
}

static CRAFT_MAKE(appx_map_stolen)
{
	static const char *const stolen[] = { APPX_MAP, APPX_SIGNATURE };

	return entries_stolen(cell, stolen, COUNT_OF(stolen), out);
}

static const char *entry_drop(const struct craft_cell *cell, const char *name,
			      struct craft_file *out)
{
	CLEANUP(archive_free) struct archive a = { 0 };

	if (!archive_open(&a, buffer_span(&cell->donor->file)))
		return NO_ARCHIVE;
	archive_drop(&a, name, "");
	archive_write(&a, SPAN_NONE, &out->file);
	return NULL;
}

static CRAFT_MAKE(appx_bare)
{
	return entry_drop(cell, APPX_SIGNATURE, out);
}

static CRAFT_MAKE(appx_changed)
{
	if (cell->donor->number == CRAFT_FOREIGN)
		return "a real one is not built again";
	forge_appx_make(cell->shop->forge, APPX_CHANGED, cell->donor->number, &out->file);
	return NULL;
}

static const struct craft_trick appx_tricks[] = {
	{"signature-stolen", CRAFT_STOLEN,   craft_appx_stolen,     "mismatched", NULL},
	{ "map-stolen",      CRAFT_STOLEN,   craft_appx_map_stolen, "grafted",    NULL},
	{ "file-changed",    CRAFT_ALTERED,  craft_appx_changed,    "tampered",   NULL},
	{ "entry-added",     CRAFT_ALTERED,  craft_entry_added,     "tampered",   NULL},
	{ "signature-gone",  CRAFT_STRIPPED, craft_appx_bare,       "unsigned",   NULL},
};

/* NuGet. */
#define NUGET_SIGNATURE ".signature.p7s"

static void nuget_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	forge_nuget_make(shop->forge, &(struct forge_nuget){ .number = number }, &out->file);
}

static CRAFT_MAKE(nuget_stolen)
{
	static const char *const stolen[] = { NUGET_SIGNATURE };

	return entries_stolen(cell, stolen, COUNT_OF(stolen), out);
}

static CRAFT_MAKE(nuget_bare)
{
	return entry_drop(cell, NUGET_SIGNATURE, out);
}

static const char *nuget_built(const struct craft_cell *cell, unsigned odd,
			       struct craft_file *out)
{
	if (cell->donor->number == CRAFT_FOREIGN)
		return "a real one is not built again";
	forge_nuget_make(cell->shop->forge,
			 &(struct forge_nuget){ .odd = odd, .number = cell->donor->number },
			 &out->file);
	return NULL;
}

static CRAFT_MAKE(nuget_slack)
{
	return nuget_built(cell, NUGET_GAP, out);
}

static CRAFT_MAKE(nuget_twice)
{
	return nuget_built(cell, NUGET_SIGNED_TWICE, out);
}

static const struct craft_trick nuget_tricks[] = {
	{"signature-stolen", CRAFT_STOLEN,   craft_nuget_stolen,  "mismatched", NULL},
	{ "entry-changed",   CRAFT_ALTERED,  craft_entry_changed, "mismatched", NULL},
	{ "entry-added",     CRAFT_ALTERED,  craft_entry_added,   "mismatched", NULL},
	{ "slack-filled",    CRAFT_ADDED,    craft_nuget_slack,   "partial",    NULL},
	{ "signed-twice",    CRAFT_ADDED,    craft_nuget_twice,   "broken",     NULL},
	{ "signature-gone",  CRAFT_STRIPPED, craft_nuget_bare,    "unsigned",   NULL},
};

/* Extensions of Visual Studio. */
static CRAFT_MAKE(vsix_bare)
{
	return entry_drop(cell, "package/services/digital-signature/", out);
}

static const struct craft_trick vsix_tricks[] = {
	{"entry-changed",   CRAFT_ALTERED,  craft_entry_changed, "tampered", NULL},
	{ "entry-removed",  CRAFT_ALTERED,  craft_entry_removed, "tampered", NULL},
	{ "entry-added",    CRAFT_ADDED,    craft_entry_added,   "partial",  NULL},
	{ "signature-gone", CRAFT_STRIPPED, craft_vsix_bare,     "stripped", NULL},
};

/* Extensions of Chromium: a header of protocol buffers, the archive. */
#define CRX_HEAD       12
#define CRX_ID_BYTES   16
#define CRX_PROOF      2
#define CRX_SIGNED     10000
#define CRX_WIRE_BYTES 2

static void varint(struct buffer *out, uint64_t n)
{
	for (; n > 127; n >>= 7)
		buffer_char(out, (char)((n & 127) | 128));
	buffer_char(out, (char)n);
}

static void field(struct buffer *out, unsigned number, struct span bytes)
{
	varint(out, number << 3 | CRX_WIRE_BYTES);
	varint(out, bytes.len);
	buffer_add(out, bytes);
}

static void proof_write(struct forge *f, struct span key, struct span octets,
			struct buffer *out)
{
	const struct forge_signer signer = { .certificate = forge_identity(f, "good"),
					     .digest = "SHA256",
					     .content = octets };
	CLEANUP(buffer_free) struct buffer proof = BUFFER_INIT;

	field(&proof, 1, key);
	field(&proof, 2, forge_signer_sign(f, &signer));
	field(out, CRX_PROOF, buffer_span(&proof));
}

/* @lie: with the id of another extension. */
static void crx_write(struct craft_shop *shop, unsigned number, bool lie,
		      struct craft_file *out)
{
	CLEANUP(archive_free) struct archive a = { 0 };
	CLEANUP(buffer_free) struct buffer body = BUFFER_INIT, data = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer octets = BUFFER_INIT, header = BUFFER_INIT;
	struct span key = forge_public_key(shop->forge, forge_identity(shop->forge, "good"));
	struct forge_digest id = forge_digest_of("SHA256", &key, 1);

	id.bytes[0] ^= lie;
	archive_new(&a);
	forge_jar_entries(&a, number, names, COUNT_OF(names));
	archive_write(&a, SPAN_NONE, &body);
	field(&data, 1, span_clip(forge_digest_span(&id), 0, CRX_ID_BYTES));
	buffer_add(&octets, SPAN_LITERAL("CRX3 SignedData\0"));
	buffer_u32le(&octets, (uint32_t)data.len);
	buffer_add(&octets, buffer_span(&data));
	buffer_add(&octets, buffer_span(&body));
	proof_write(shop->forge, key, buffer_span(&octets), &header);
	field(&header, CRX_SIGNED, buffer_span(&data));
	buffer_text(&out->file, "Cr24");
	buffer_u32le(&out->file, 3);
	buffer_u32le(&out->file, (uint32_t)header.len);
	buffer_add(&out->file, buffer_span(&header));
	buffer_add(&out->file, buffer_span(&body));
}

static void crx_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	crx_write(shop, number, false, out);
}

static size_t crx_body(const struct buffer *file)
{
	return CRX_HEAD + (size_t)forge_get(file, 8, 4);
}

static struct range crx_content(const struct buffer *file)
{
	return (struct range){ crx_body(file) + 60, 100 };
}

static CRAFT_MAKE(crx_stolen)
{
	size_t host = crx_body(&cell->host->file), donor = crx_body(&cell->donor->file);

	buffer_add(&out->file, span_clip(buffer_span(&cell->donor->file), 0, donor));
	buffer_add(&out->file, span_after(buffer_span(&cell->host->file), host));
	return NULL;
}

static CRAFT_MAKE(crx_other_id)
{
	if (cell->donor->number == CRAFT_FOREIGN)
		return "a real one is not built again";
	crx_write(cell->shop, cell->donor->number, true, out);
	return NULL;
}

static const struct craft_trick crx_tricks[] = {
	{"signature-stolen", CRAFT_STOLEN,  craft_crx_stolen,   "mismatched",  NULL},
	{ "other-id",        CRAFT_POSING,  craft_crx_other_id, "counterfeit", NULL},
	{ "byte-changed",    CRAFT_ALTERED, craft_flip,         "mismatched",  NULL},
	{ "bytes-behind",    CRAFT_ALTERED, craft_behind,       "mismatched",  NULL},
};

static const struct craft crafts[] = {
	{"jar",    "jar",   "valid", jar_make,   NULL,        CRAFT_TRICKS(jar_tricks)  },
	{ "xpi",   "xpi",   "valid", xpi_make,   NULL,        CRAFT_TRICKS(xpi_tricks)  },
	{ "appx",  "appx",  "valid", appx_make,  NULL,        CRAFT_TRICKS(appx_tricks) },
	{ "nuget", "nuget", "valid", nuget_make, NULL,        CRAFT_TRICKS(nuget_tricks)},
	{ "vsix",  "opc",   "valid", NULL,       NULL,        CRAFT_TRICKS(vsix_tricks) },
	{ "crx",   "crx",   "valid", crx_make,   crx_content, CRAFT_TRICKS(crx_tricks)  },
};
const struct craft_table crafts_archives = { crafts, COUNT_OF(crafts) };
