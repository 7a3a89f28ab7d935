/* SPDX-License-Identifier: MIT */
/* Installer packages, cabinets, catalogs and scripts of Windows. */
#include "tests/forge/craft.h"
#include "tests/forge/package.h"
#include "tests/forge/script.h"
#include "tests/forge/signing.h"
#include <stdio.h>

#define STREAMS      6
#define STREAM_BYTES 900
#define STREAM_TEXT  "what this stream says: "
#define LINES        12

/* MSI: streams of a compound file. */
struct streams {
	struct cfb_item items[STREAMS];
	struct buffer bytes;
	char names[STREAMS][8];
};

static void streams_free(struct streams *s)
{
	buffer_free(&s->bytes);
}

/* The first @n_changed of them with another content. */
static void streams_make(struct streams *s, unsigned number, size_t n_changed)
{
	for (size_t i = 0; i < STREAMS; i++) {
		size_t begin = s->bytes.len;

		if (i == 2)
			buffer_text(&s->bytes, STREAM_TEXT);
		forge_noise(&s->bytes, begin + STREAM_BYTES - s->bytes.len,
			    number * 50ULL + i + (i < n_changed ? 10000000 : 1));
	}
	for (size_t i = 0; i < STREAMS; i++) {
		(void)snprintf(s->names[i], sizeof(s->names[i]), "s%zu", i);
		s->items[i] = (struct cfb_item){
			.name = s->names[i],
			.parent = -1,
			.bytes = span_clip(buffer_span(&s->bytes), i * STREAM_BYTES,
					   STREAM_BYTES),
		};
	}
}

struct msi_wish {
	unsigned signed_number, number;
	size_t n_changed;
	bool extended, renamed;
	enum forge_kind kind;
};

static void msi_write(struct craft_shop *shop, const struct msi_wish *w, struct craft_file *out)
{
	CLEANUP(streams_free) struct streams before = { 0 };
	CLEANUP(streams_free) struct streams after = { 0 };
	const struct forge_signature sign = { 0 };
	struct forge_msi m = { .items = before.items, .n = STREAMS }, held;

	streams_make(&before, w->signed_number, 0);
	streams_make(&after, w->number, w->n_changed);
	m.extended = w->extended;
	m.kind = w->kind;
	held = m;
	held.items = after.items;
	if (w->renamed)
		after.items[STREAMS - 1].name = "s9";
	forge_msi_make(shop->forge, &sign, &m, &held, &out->file);
}

static void msi_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	msi_write(shop, &(struct msi_wish){ number, number, 0, false, false, 0 }, out);
}

static void msi_extended_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	msi_write(shop, &(struct msi_wish){ number, number, 0, true, false, 0 }, out);
}

/* Behind the text that one stream begins with. */
static struct range msi_content(const struct buffer *file)
{
	uint64_t at;

	if (!span_find(buffer_span(file), SPAN_LITERAL(STREAM_TEXT), 0, &at))
		return (struct range){ 0, 0 };
	return (struct range){ at + sizeof(STREAM_TEXT) - 1, 32 };
}

static const char *msi_trick(const struct craft_cell *cell, struct msi_wish *w,
			     struct craft_file *out)
{
	if (cell->host->number == CRAFT_FOREIGN || cell->donor->number == CRAFT_FOREIGN)
		return "a real one is not built again";
	w->signed_number = cell->donor->number;
	msi_write(cell->shop, w, out);
	return NULL;
}

static CRAFT_MAKE(msi_stolen)
{
	struct msi_wish w = { .number = cell->host->number };

	return msi_trick(cell, &w, out);
}

static CRAFT_MAKE(msi_stream)
{
	struct msi_wish w = { .number = cell->donor->number, .n_changed = 1 };

	return msi_trick(cell, &w, out);
}

/* The signature of a program, as its thief found it. */
static CRAFT_MAKE(msi_of_program)
{
	struct msi_wish w = { .number = cell->host->number, .kind = FORGE_KIND_PE };

	return msi_trick(cell, &w, out);
}

static CRAFT_MAKE(msi_renamed)
{
	struct msi_wish w = { .number = cell->donor->number,
			      .extended = true,
			      .renamed = true };

	return msi_trick(cell, &w, out);
}

/* CVE-2020-1464: an archive behind the package, which Java opens. */
static CRAFT_MAKE(msi_archive)
{
	craft_copy(out, cell->donor);
	buffer_add(&out->file, SPAN_LITERAL("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
	return NULL;
}

static const struct craft_trick msi_tricks[] = {
	{"stolen",             CRAFT_STOLEN,  craft_msi_stolen,     "mismatched", "grafted" },
	{ "stolen-of-program", CRAFT_STOLEN,  craft_msi_of_program, "grafted",    NULL      },
	{ "stream-exchanged",  CRAFT_ALTERED, craft_msi_stream,     "mismatched", "tampered"},
	{ "byte-changed",      CRAFT_ALTERED, craft_flip,           "mismatched", "tampered"},
	{ "archive-behind",    CRAFT_ADDED,   craft_msi_archive,    "partial",    NULL      },
	{ "bytes-behind",      CRAFT_ADDED,   craft_behind,         "partial",    NULL      },
};
static const struct craft_trick msi_extended_tricks[] = {
	{"stream-renamed", CRAFT_ALTERED, craft_msi_renamed, "tampered",   NULL      },
	{ "byte-changed",  CRAFT_ALTERED, craft_flip,        "mismatched", "tampered"},
};

/* CAB: what its reserve says of the signature, and the signature. */
#define CAB_PLACE 44
static void cab_of(struct craft_shop *shop, unsigned number, enum forge_kind kind,
		   struct craft_file *out)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	const struct forge_signature sign = { 0 };
	struct forge_cab cab = { .kind = kind };

	craft_text(&text, number, LINES);
	cab.text = buffer_string(&text, 0);
	forge_cab_make(shop->forge, &sign, &cab, &out->file);
}

static void cab_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	cab_of(shop, number, FORGE_KIND_OWN, out);
}

static size_t cab_signature(const struct buffer *file)
{
	return (size_t)forge_get(file, CAB_PLACE, 4);
}

static struct range cab_content(const struct buffer *file)
{
	size_t end = cab_signature(file);

	return (struct range){ end - 20, end > 100 && end < file->len ? 20 : 0 };
}

static const char *cab_graft(const struct buffer *host, const struct buffer *donor,
			     struct buffer *out)
{
	struct span signature = span_after(buffer_span(donor), cab_signature(donor));
	size_t end = cab_signature(host);

	if (end == 0 || end > host->len || signature.len == 0)
		return "no room for a signature";
	buffer_add(out, span_clip(buffer_span(host), 0, end));
	buffer_add(out, signature);
	forge_put(out, CAB_PLACE + 4, 4, signature.len);
	return NULL;
}

static CRAFT_MAKE(cab_stolen)
{
	return cab_graft(&cell->host->file, &cell->donor->file, &out->file);
}

static CRAFT_MAKE(cab_of_package)
{
	CLEANUP(craft_file_free) struct craft_file donor = { 0 };

	if (cell->donor->number == CRAFT_FOREIGN)
		return "a real one is not built again";
	cab_of(cell->shop, cell->donor->number, FORGE_KIND_MSI, &donor);
	return cab_graft(&cell->host->file, &donor.file, &out->file);
}

static CRAFT_MAKE(cab_bare)
{
	craft_copy(out, cell->donor);
	buffer_cut(&out->file, cab_signature(&cell->donor->file));
	forge_put(&out->file, CAB_PLACE, 8, 0);
	return NULL;
}

static const struct craft_trick cab_tricks[] = {
	{"stolen",             CRAFT_STOLEN,   craft_cab_stolen,     "mismatched", NULL},
	{ "stolen-of-package", CRAFT_STOLEN,   craft_cab_of_package, "grafted",    NULL},
	{ "byte-changed",      CRAFT_ALTERED,  craft_flip,           "mismatched", NULL},
	{ "bytes-behind",      CRAFT_ADDED,    craft_behind,         "partial",    NULL},
	{ "signature-gone",    CRAFT_STRIPPED, craft_cab_bare,       "unsigned",   NULL},
};

/* Catalogs: the list is inside the message that signs it. */
#define MEMBERS      4
#define MEMBER_BYTES 32
static void cat_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	CLEANUP(buffer_free) struct buffer noise = BUFFER_INIT;
	const struct forge_signature sign = { 0 };
	struct forge_member members[MEMBERS] = { 0 };

	forge_noise(&noise, (size_t)MEMBERS * MEMBER_BYTES, number + 31);
	for (size_t i = 0; i < MEMBERS; i++) {
		members[i].digest =
			span_clip(buffer_span(&noise), i * MEMBER_BYTES, MEMBER_BYTES);
		members[i].image = true;
		members[i].name = "a.sys";
	}
	forge_catalog_make(shop->forge, &sign, members, MEMBERS, &out->file);
}

/* The first tag of a list of version 2. */
static struct range cat_content(const struct buffer *file)
{
	static const uint8_t version[] = "\x2b\x06\x01\x04\x01\x82\x37\x0c\x01\x03";
	uint64_t at;

	if (!span_find(buffer_span(file), (struct span){ version, sizeof(version) - 1 }, 0,
		       &at))
		return (struct range){ 0, 0 };
	return (struct range){ at + 30, 10 };
}

/* The host's list in the donor's message. */
static CRAFT_MAKE(cat_list)
{
	struct span host = buffer_span(&cell->host->file);
	uint64_t from, to, until;

	if (cell->host->file.len != cell->donor->file.len ||
	    !span_find(host, SPAN_LITERAL("0123456789abcdef"), 0, &from) ||
	    !span_find(buffer_span(&cell->donor->file), SPAN_LITERAL("0123456789abcdef"), 0,
		       &to) ||
	    from != to ||
	    !span_find(host, forge_identity(cell->shop->forge, "good")->der, 0, &until))
		return "lists of another length";
	craft_copy(out, cell->donor);
	for (uint64_t i = from; i < until; i++)
		out->file.bytes[i] = (char)span_at(host, i);
	return NULL;
}

static const struct craft_trick cat_tricks[] = {
	{"list-exchanged", CRAFT_STOLEN,  craft_cat_list, "broken",  NULL},
	{ "tag-changed",   CRAFT_ALTERED, craft_flip,     "broken",  NULL},
	{ "bytes-behind",  CRAFT_ADDED,   craft_behind,   "partial", NULL},
};

/* Scripts. */
static void script_of(struct craft_shop *shop, enum script_family family, unsigned odd,
		      unsigned number, struct craft_file *out)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	const struct forge_signature sign = { 0 };
	struct forge_script script = { .family = family, .odd = odd };

	craft_text(&text, number, LINES);
	script.text = buffer_string(&text, 0);
	forge_script_make(shop->forge, &sign, &script, &out->file);
}

#define SCRIPT_MAKE(name, family)                                                              \
	static void name##_make(struct craft_shop *shop, unsigned number,                      \
				struct craft_file *out)                                        \
	{                                                                                      \
		script_of(shop, family, 0, number, out);                                       \
	}
SCRIPT_MAKE(ps1, SCRIPT_PS1)
SCRIPT_MAKE(ps1xml, SCRIPT_PS1XML)
SCRIPT_MAKE(mof, SCRIPT_MOF)
SCRIPT_MAKE(js, SCRIPT_JS)
SCRIPT_MAKE(vbs, SCRIPT_VBS)
SCRIPT_MAKE(wsf, SCRIPT_WSF)

/* Where the line stands that begins the block; the end: nowhere. */
static size_t block_at(const struct buffer *file)
{
	uint64_t at;

	for (unsigned i = 0; i < SCRIPT_FAMILIES; i++)
		if (span_find(buffer_span(file),
			      SPAN_TEXT(forge_script_begin((enum script_family)i)), 0, &at))
			return (size_t)at;
	return file->len;
}

static struct range script_content(const struct buffer *file)
{
	size_t end = block_at(file);

	return (struct range){ end / 4, end > 20 && end < file->len ? end / 2 : 0 };
}

static CRAFT_MAKE(script_stolen)
{
	size_t host = block_at(&cell->host->file), donor = block_at(&cell->donor->file);

	if (donor == cell->donor->file.len || host == cell->host->file.len)
		return "no block that is written in ASCII";
	buffer_add(&out->file, span_clip(buffer_span(&cell->host->file), 0, host));
	buffer_add(&out->file, span_after(buffer_span(&cell->donor->file), donor));
	return NULL;
}

static CRAFT_MAKE(script_bare)
{
	size_t at = block_at(&cell->donor->file);

	if (at == cell->donor->file.len)
		return "no block that is written in ASCII";
	craft_copy(out, cell->donor);
	buffer_cut(&out->file, at);
	return NULL;
}

/* A checkout that changed the ends of lines. */
static CRAFT_MAKE(script_lines)
{
	size_t end = block_at(&cell->donor->file), n = 0;
	struct span all = buffer_span(&cell->donor->file);

	for (size_t i = 0; i < all.len; i++)
		if (span_at(all, i) != '\r')
			buffer_char(&out->file, (char)span_at(all, i));
		else
			n += i < end;
	/* The last one belongs to the block. */
	return n > 1 ? NULL : "its lines end as they do here";
}

static const char *script_built(const struct craft_cell *cell, unsigned odd,
				struct craft_file *out)
{
	if (cell->donor->number == CRAFT_FOREIGN)
		return "a real one is not built again";
	script_of(cell->shop, SCRIPT_PS1, odd, cell->donor->number, out);
	return NULL;
}

static CRAFT_MAKE(script_inside)
{
	return script_built(cell, SCRIPT_INSIDE, out);
}

static CRAFT_MAKE(script_of_package)
{
	return script_built(cell, SCRIPT_OTHER_KIND | SCRIPT_CHANGED, out);
}

/* Its own block, and the donor's behind it. */
static CRAFT_MAKE(script_second)
{
	size_t donor = block_at(&cell->donor->file);

	buffer_add(&out->file, buffer_span(&cell->host->file));
	buffer_add(&out->file, span_after(buffer_span(&cell->donor->file), donor));
	return donor < cell->donor->file.len ? NULL : "no block that is written in ASCII";
}

/* A text without block is of no kind that is known. */
#define FOR_ALL                                                                                \
	{ "stolen", CRAFT_STOLEN, craft_script_stolen, "mismatched", NULL },                   \
		{ "byte-changed", CRAFT_ALTERED, craft_flip, "mismatched", NULL },             \
	{                                                                                      \
		"signature-gone", CRAFT_STRIPPED, craft_script_bare, "unsigned|unsupported",   \
			NULL                                                                   \
	}
static const struct craft_trick ps1_tricks[] = {
	FOR_ALL,
	{"stolen-of-package", CRAFT_STOLEN,  craft_script_of_package, "grafted",    NULL},
	{ "second-block",     CRAFT_ADDED,   craft_script_second,     "mismatched", NULL},
	{ "lines-converted",  CRAFT_ALTERED, craft_script_lines,      "tampered",   NULL},
	{ "code-inside",      CRAFT_ALTERED, craft_script_inside,     "broken",     NULL},
	{ "code-behind",      CRAFT_ADDED,   craft_behind,            "partial",    NULL},
};
static const struct craft_trick script_tricks[] = {
	FOR_ALL,
	{"code-behind", CRAFT_ADDED, craft_behind, "partial", NULL},
};
/* A job behind the block is signed as well. */
static const struct craft_trick wsf_tricks[] = {
	{"stolen",        CRAFT_STOLEN,  craft_script_stolen, "mismatched", NULL},
	{ "byte-changed", CRAFT_ALTERED, craft_flip,          "mismatched", NULL},
	{ "code-behind",  CRAFT_ALTERED, craft_behind,        "mismatched", NULL},
};

static const struct craft crafts[] = {
	{"msi",            "msi",    "valid", msi_make,          msi_content,    CRAFT_TRICKS(msi_tricks)},
	{ "msi-extended",  "msi",    "valid", msi_extended_make, msi_content,
         CRAFT_TRICKS(msi_extended_tricks)							       },
	{ "cab",           "cab",    "valid", cab_make,          cab_content,    CRAFT_TRICKS(cab_tricks)},
	{ "catalog",       "cat",    "valid", cat_make,          cat_content,    CRAFT_TRICKS(cat_tricks)},
	{ "script-ps1",    "script", "valid", ps1_make,          script_content, CRAFT_TRICKS(ps1_tricks)},
	{ "script-ps1xml", "script", "valid", ps1xml_make,       script_content,
         CRAFT_TRICKS(script_tricks)								     },
	{ "script-mof",    "script", "valid", mof_make,          script_content,
         CRAFT_TRICKS(script_tricks)								     },
	{ "script-js",     "script", "valid", js_make,           script_content,
         CRAFT_TRICKS(script_tricks)								     },
	{ "script-vbs",    "script", "valid", vbs_make,          script_content,
         CRAFT_TRICKS(script_tricks)								     },
	{ "script-wsf",    "script", "valid", wsf_make,          script_content, CRAFT_TRICKS(wsf_tricks)},
};
const struct craft_table crafts_windows = { crafts, COUNT_OF(crafts) };
