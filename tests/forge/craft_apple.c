/* SPDX-License-Identifier: MIT */
/* Mach-O programs, thin and universal, disk images, installer packages of macOS. */
#include "base/cursor.h"
#include "tests/forge/craft.h"
#include "tests/forge/macho.h"
#include "tests/xar_builder.h"

#define EVIL            900000U /* numbers of programs that nobody signed */
#define PAGES           16
#define WRAPPER         0x10000U
#define SUPERBLOB       0xfade0cc0U
#define MAX_BLOBS       64
#define FIRST_ALTERNATE 0x1000U
#define MAGIC           0xfeedfacfU
#define FAT_MAGIC       0xcafebabeU
#define XAR_SIGNED      (XAR_WITH_CMS | XAR_WITH_RSA)
#define XAR_CONTENT     ((size_t)XAR_FILES * XAR_FILE_BYTES)
#define XAR_ROOM        (4096U + 256U) /* of both signatures */

static const struct forge_apple honest = { .agility = true };
static const struct forge_code code = { .identifier = "org.example.forge", .flags = 0x10000 };

static void program_make(unsigned number, uint32_t cpu, struct buffer *out)
{
	struct forge_macho wish = { .text_pages = PAGES,
				    .cpu_type = cpu,
				    .seed = number * UINT64_C(9) };

	forge_macho_make(&wish, out);
}

static void macho_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	program_make(number, 0, &out->file);
	forge_macho_sign_by(shop->forge, &code, &honest, &out->file);
}

static bool is_thin(const struct buffer *file)
{
	return forge_get(file, 0, 4) == MAGIC && forge_macho_places_of(file).command &&
	       forge_macho_places_of(file).linkedit;
}

static struct range macho_content(const struct buffer *file)
{
	struct forge_macho_places p = forge_macho_places_of(file);
	size_t begin = p.code + MACHO_PAGE;

	return (struct range){ begin, p.data > begin + MACHO_PAGE ? MACHO_PAGE : 0 };
}

/* Gives @file other bytes behind its code, as its load commands say. */
static void signature_put(struct buffer *file, struct span signature)
{
	struct forge_macho_places p = forge_macho_places_of(file);

	buffer_cut(file, p.data);
	buffer_add(file, signature);
	forge_put(file, p.command + 12, 4, signature.len);
	forge_put(file, p.linkedit + 48, 8,
		  file->len - (size_t)forge_get(file, p.linkedit + 40, 8));
}

static struct span signature_of(const struct buffer *file)
{
	struct forge_macho_places p = forge_macho_places_of(file);

	return span_clip(buffer_span(file), p.data, p.data_len);
}

static CRAFT_MAKE(macho_stolen)
{
	if (!is_thin(&cell->host->file) || !is_thin(&cell->donor->file))
		return "no room for a signature";
	craft_copy(out, cell->host);
	signature_put(&out->file, signature_of(&cell->donor->file));
	return NULL;
}

/* The host's own blobs but its CMS, and the donor's CMS. */
static const char *cms_put(struct buffer *file, const struct buffer *donor)
{
	CLEANUP(buffer_free) struct buffer blobs = BUFFER_INIT, bodies = BUFFER_INIT;
	size_t data = forge_macho_places_of(file).data, n = 1;
	size_t n_before = (size_t)forge_get_be(file, data + 8, 4);
	struct range from = forge_macho_blob(donor, WRAPPER);

	if (from.len <= 8 || n_before > MAX_BLOBS)
		return "no CMS in it";
	for (size_t i = 0; i < n_before; i++)
		n += forge_get_be(file, data + 12 + 8 * i, 4) != WRAPPER;
	forge_zeros(&blobs, 12 + 8 * n);
	forge_put_be(&blobs, 0, 4, SUPERBLOB);
	forge_put_be(&blobs, 8, 4, n);
	for (size_t i = 0, k = 0; i <= n_before; i++) {
		uint32_t type = i < n_before
					? (uint32_t)forge_get_be(file, data + 12 + 8 * i, 4)
					: WRAPPER;
		struct range blob = i < n_before ? forge_macho_blob(file, type) : from;

		if (i < n_before && type == WRAPPER)
			continue;
		forge_put_be(&blobs, 12 + 8 * k, 4, type);
		forge_put_be(&blobs, 16 + 8 * k++, 4, blobs.len + bodies.len);
		buffer_add(&bodies, span_clip(buffer_span(i < n_before ? file : donor),
					      blob.off, blob.len));
	}
	buffer_add(&blobs, buffer_span(&bodies));
	forge_put_be(&blobs, 4, 4, blobs.len);
	signature_put(file, buffer_span(&blobs));
	forge_macho_rehash(file);
	return NULL;
}

static CRAFT_MAKE(macho_cms)
{
	if (!is_thin(&cell->host->file) || !is_thin(&cell->donor->file))
		return "no room for a signature";
	craft_copy(out, cell->host);
	return cms_put(&out->file, &cell->donor->file);
}

/* macOS takes it for ad-hoc and looks no further; who prints the CMS shows the donor's name. */
static CRAFT_MAKE(macho_adhoc)
{
	const char *problem = craft_macho_cms(cell, out);

	for (uint32_t type = 0; !problem && type <= FIRST_ALTERNATE; type += FIRST_ALTERNATE) {
		struct range directory = forge_macho_blob(&out->file, type);
		size_t at = (size_t)directory.off + 12;

		if (directory.len > 0)
			forge_put_be(&out->file, at, 4,
				     forge_get_be(&out->file, at, 4) | MACHO_ADHOC);
	}
	return problem;
}

static CRAFT_MAKE(macho_rehash)
{
	const char *problem = craft_flip(cell, out);

	if (!problem)
		forge_macho_rehash(&out->file);
	return problem;
}

static CRAFT_MAKE(macho_slot)
{
	struct range directory = forge_macho_blob(&cell->donor->file, 0);

	if (directory.len < 200)
		return "no slots";
	craft_copy(out, cell->donor);
	craft_turn(&out->file, (struct range){ directory.off + directory.len - 100, 100 },
		   cell->seed);
	return NULL;
}

/* The index no longer names the CMS. */
static CRAFT_MAKE(macho_without_cms)
{
	if (cell->donor->number == CRAFT_FOREIGN)
		return "a real one is not built again";
	program_make(cell->donor->number, 0, &out->file);
	forge_macho_sign(&code, &out->file);
	return NULL;
}

static CRAFT_MAKE(macho_bare)
{
	if (cell->donor->number == CRAFT_FOREIGN)
		return "a real one is not built again";
	program_make(cell->donor->number, 0, &out->file);
	return NULL;
}

static const struct craft_trick macho_tricks[] = {
	{"signature-stolen",   CRAFT_STOLEN,   craft_macho_stolen,      "grafted",     NULL      },
	{ "cms-stolen",        CRAFT_STOLEN,   craft_macho_cms,         "mismatched",  "grafted" },
	{ "cms-stolen-ad-hoc", CRAFT_POSING,   craft_macho_adhoc,       "counterfeit", NULL      },
	{ "page-changed",      CRAFT_ALTERED,  craft_flip,              "tampered",    NULL      },
	{ "page-rehashed",     CRAFT_ALTERED,  craft_macho_rehash,      "mismatched",  "tampered"},
	{ "slot-changed",      CRAFT_ALTERED,  craft_macho_slot,        "mismatched",  "tampered"},
	{ "bytes-behind",      CRAFT_ADDED,    craft_behind,            "partial",     NULL      },
	{ "cms-gone",          CRAFT_STRIPPED, craft_macho_without_cms, "stripped",    NULL      },
	{ "signature-gone",    CRAFT_STRIPPED, craft_macho_bare,        "unsigned",    NULL      },
};

/* Universal files: two slices, each signed for itself, listed as what they are. */
static void fat_of(struct span first, struct span second, struct forge_fat *wish,
		   struct buffer *out)
{
	struct span slices[] = { first, second };

	for (size_t i = 0; i < COUNT_OF(slices); i++) {
		struct cursor c = cursor_at(slices[i], 4);
		uint32_t type = cursor_u32le(&c), subtype = cursor_u32le(&c);

		wish->slices[i] = (struct forge_slice){ slices[i], type, subtype };
	}
	forge_fat_make(wish, out);
}

static void slice_make(struct craft_shop *shop, unsigned number, uint32_t cpu,
		       struct buffer *out)
{
	program_make(number, cpu, out);
	forge_macho_sign_by(shop->forge, &code, &honest, out);
}

static void fat_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	CLEANUP(buffer_free) struct buffer a = BUFFER_INIT, b = BUFFER_INIT;
	struct forge_fat wish = { 0 };

	slice_make(shop, 2 * number, MACHO_X86_64, &a);
	slice_make(shop, 2 * number + 1, MACHO_ARM64, &b);
	fat_of(buffer_span(&a), buffer_span(&b), &wish, &out->file);
}

static struct span slice_of(const struct buffer *file, unsigned i)
{
	struct range where = forge_fat_slice(file, i);

	return span_clip(buffer_span(file), where.off, where.len);
}

static bool is_pair(const struct buffer *file)
{
	return forge_get_be(file, 0, 4) == FAT_MAGIC && forge_get_be(file, 4, 4) == 2;
}

static struct range fat_content(const struct buffer *file)
{
	struct range slice = forge_fat_slice(file, 1);

	return (struct range){ slice.off + 3 * (uint64_t)MACHO_PAGE,
			       slice.len > 8 * (uint64_t)MACHO_PAGE ? MACHO_PAGE : 0 };
}

/* The donor's first slice before @second, which is the attacker's. */
static const char *swap(const struct craft_cell *cell, struct span second, bool lies,
			bool hidden, struct craft_file *out)
{
	struct forge_fat wish = { .hidden = hidden };

	if (!is_pair(&cell->donor->file))
		return "no two slices";
	fat_of(slice_of(&cell->donor->file, 0), second, &wish, &out->file);
	if (lies)
		forge_put_be(&out->file, 8, 4, 0x1000005);
	return NULL;
}

/* What the first slice is not for. */
static uint32_t other_cpu(const struct buffer *file)
{
	struct cursor c = cursor_at(slice_of(file, 0), 4);

	return cursor_u32le(&c) == MACHO_ARM64 ? MACHO_X86_64 : MACHO_ARM64;
}

static const char *swap_bare(const struct craft_cell *cell, bool adhoc, bool lies, bool hidden,
			     struct craft_file *out)
{
	static const struct forge_code linker = { .flags = MACHO_LINKER };
	CLEANUP(buffer_free) struct buffer evil = BUFFER_INIT;

	program_make(EVIL + (unsigned)cell->seed, other_cpu(&cell->donor->file), &evil);
	if (adhoc)
		forge_macho_sign(&linker, &evil);
	return swap(cell, buffer_span(&evil), lies, hidden, out);
}

static CRAFT_MAKE(fat_bare)
{
	return swap_bare(cell, false, false, false, out);
}

static CRAFT_MAKE(fat_adhoc)
{
	return swap_bare(cell, true, false, false, out);
}

static CRAFT_MAKE(fat_lie)
{
	return swap_bare(cell, false, true, false, out);
}

static CRAFT_MAKE(fat_hidden)
{
	return swap_bare(cell, true, false, true, out);
}

/* The attacker's program, with the signature of the slice whose place it takes. */
static CRAFT_MAKE(fat_stolen)
{
	CLEANUP(buffer_free) struct buffer evil = BUFFER_INIT, slice = BUFFER_INIT;

	if (!is_pair(&cell->donor->file))
		return "no two slices";
	buffer_add(&slice, slice_of(&cell->donor->file, 1));
	if (!is_thin(&slice))
		return "no signature in the slice";
	program_make(EVIL + (unsigned)cell->seed, other_cpu(&cell->donor->file), &evil);
	forge_macho_sign(&code, &evil);
	signature_put(&evil, signature_of(&slice));
	return swap(cell, buffer_span(&evil), false, false, out);
}

static const struct craft_trick fat_tricks[] = {
	{"slice-swapped",         CRAFT_POSING,  craft_fat_bare,   "partial",  NULL},
	{ "slice-swapped-ad-hoc", CRAFT_POSING,  craft_fat_adhoc,  "partial",  NULL},
	{ "slice-swapped-lying",  CRAFT_STOLEN,  craft_fat_lie,    "grafted",  NULL},
	{ "slice-hidden",         CRAFT_STOLEN,  craft_fat_hidden, "grafted",  NULL},
	{ "signature-stolen",     CRAFT_STOLEN,  craft_fat_stolen, "grafted",  NULL},
	{ "page-changed",         CRAFT_ALTERED, craft_flip,       "tampered", NULL},
	{ "bytes-behind",         CRAFT_ADDED,   craft_behind,     "partial",  NULL},
};

/* Disk images. */
static void dmg_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	forge_dmg_make(shop->forge, &honest, number + 9, &out->file);
}

static struct range dmg_content(const struct buffer *file)
{
	struct forge_macho_places p = forge_macho_places_of(file);

	return (struct range){ 0, p.data < 2048 ? p.data : 2048 };
}

static CRAFT_MAKE(dmg_stolen)
{
	struct span donor = signature_of(&cell->donor->file);
	struct forge_macho_places p = forge_macho_places_of(&cell->host->file);
	size_t end = cell->host->file.len;

	if (donor.len == 0)
		return "no signature in it";
	buffer_add(&out->file, span_clip(buffer_span(&cell->host->file), 0,
					 p.data_len ? p.data : end - 512));
	buffer_add(&out->file, donor);
	buffer_add(&out->file, span_after(buffer_span(&cell->host->file), end - 512));
	forge_put_be(&out->file, out->file.len - 512 + 296, 8, out->file.len - 512 - donor.len);
	forge_put_be(&out->file, out->file.len - 512 + 304, 8, donor.len);
	return NULL;
}

static CRAFT_MAKE(dmg_bare)
{
	if (cell->donor->number == CRAFT_FOREIGN)
		return "a real one is not built again";
	forge_dmg_make(cell->shop->forge, NULL, cell->donor->number + 9, &out->file);
	return NULL;
}

static const struct craft_trick dmg_tricks[] = {
	{"signature-stolen", CRAFT_STOLEN,   craft_dmg_stolen, "mismatched", NULL},
	{ "byte-changed",    CRAFT_ALTERED,  craft_flip,       "mismatched", NULL},
	{ "signature-gone",  CRAFT_STRIPPED, craft_dmg_bare,   "unsigned",   NULL},
};

/* Installer packages of macOS. */
static void xar_make(struct craft_shop *shop, unsigned number, struct craft_file *out)
{
	xar_build(shop->forge, XAR_SIGNED | XAR_NUMBER(number), &out->file);
}

static struct range xar_content(const struct buffer *file)
{
	return (struct range){ file->len - XAR_FILE_BYTES, XAR_FILE_BYTES };
}

/* The signed table and its signatures, before the host's files. */
static CRAFT_MAKE(xar_table)
{
	if (cell->host->number == CRAFT_FOREIGN || cell->donor->number == CRAFT_FOREIGN)
		return "its files lie elsewhere";
	buffer_add(&out->file, span_clip(buffer_span(&cell->donor->file), 0,
					 cell->donor->file.len - XAR_CONTENT));
	buffer_add(&out->file, span_after(buffer_span(&cell->host->file),
					  cell->host->file.len - XAR_CONTENT));
	return NULL;
}

/* The host's table and files, with the donor's signatures. */
static CRAFT_MAKE(xar_signatures)
{
	struct span host = buffer_span(&cell->host->file),
		    donor = buffer_span(&cell->donor->file);
	size_t to = host.len - XAR_CONTENT - XAR_ROOM,
	       from = donor.len - XAR_CONTENT - XAR_ROOM;

	if (cell->host->number == CRAFT_FOREIGN || cell->donor->number == CRAFT_FOREIGN)
		return "its files lie elsewhere";
	buffer_add(&out->file, span_clip(host, 0, to));
	buffer_add(&out->file, span_clip(donor, from, XAR_ROOM));
	buffer_add(&out->file, span_after(host, to + XAR_ROOM));
	return NULL;
}

static CRAFT_MAKE(xar_bare)
{
	if (cell->donor->number == CRAFT_FOREIGN)
		return "a real one is not built again";
	xar_build(cell->shop->forge, XAR_NUMBER(cell->donor->number), &out->file);
	return NULL;
}

static const struct craft_trick xar_tricks[] = {
	{"table-stolen",       CRAFT_STOLEN,   craft_xar_table,      "grafted",    NULL},
	{ "signatures-stolen", CRAFT_STOLEN,   craft_xar_signatures, "mismatched", NULL},
	{ "file-changed",      CRAFT_ALTERED,  craft_flip,           "tampered",   NULL},
	{ "bytes-behind",      CRAFT_ADDED,    craft_behind,         "partial",    NULL},
	{ "signatures-gone",   CRAFT_STRIPPED, craft_xar_bare,       "unsigned",   NULL},
};

/* The forge's root is none of Apple's: what is sound is "untrusted". */
static const struct craft crafts[] = {
	{"macho",      "macho", "untrusted", macho_make, macho_content,
         CRAFT_TRICKS(macho_tricks)							     },
	{ "universal", "fat",   "untrusted", fat_make,   fat_content,   CRAFT_TRICKS(fat_tricks)},
	{ "dmg",       "dmg",   "untrusted", dmg_make,   dmg_content,   CRAFT_TRICKS(dmg_tricks)},
	{ "xar",       "xar",   "untrusted", xar_make,   xar_content,   CRAFT_TRICKS(xar_tricks)},
};
const struct craft_table crafts_apple = { crafts, COUNT_OF(crafts) };
