/* SPDX-License-Identifier: MIT */
/*
 * One look at the features of one PE: what the files behind features.h hand to
 * each other.
 *
 *	pe_look_at()          bytes of the file, asked for in few and large places
 *	pe_look_at_rva()      the same by the address that they are loaded at
 *	pe_resources_read()   the resource tree -> its leaves
 *	pe_..._read()         one directory -> its features
 *
 * A structure that is broken or that lies nowhere is an absent feature; only
 * STATUS_WANT and STATUS_NO_MEMORY end a look.
 */
#pragma once
#include "base/escape.h"
#include "formats/pe/features.h"

#define PE_MAX_PLACES  12                    /* of a big file, that one look may ask for */
#define PE_PLACE_BYTES ((uint64_t)64 << 10)  /* the smallest of them */
#define PE_SMALL_FILE  ((uint64_t)1 << 20)   /* smaller ones are one place */
#define PE_MAX_TREE    ((uint64_t)256 << 10) /* tables and leaves of resources */
#define PE_MAX_STUB    ((uint64_t)64 << 10)  /* the Rich header lies in here */

/* Indices of pe_image.directories. */
enum pe_directory_index {
	PE_EXPORTS = 0,
	PE_IMPORTS = 1,
	PE_RESOURCES = 2,
	PE_EXCEPTIONS = 3,
	PE_RELOCATIONS = 5,
	PE_DEBUG = 6,
	PE_TLS = 9,
	PE_LOAD_CONFIG = 10,
	PE_BOUND_IMPORTS = 11,
	PE_DELAY_IMPORTS = 13,
	PE_CLR = 14,
};

struct pe_looking {
	struct view *view;
	const struct pe_image *pe;
	struct findings *findings;
	struct arena *arena; /* of the findings */
	struct range places[PE_MAX_PLACES];
	size_t n_places, max_places;
	bool gave_up; /* something was not looked at: a limit of ours */
};

/*
 * Where the byte that is loaded at @rva stands in the file, and how many bytes
 * behind it are loaded with it from there.  False: it does not come from the file.
 */
MUST_CHECK bool pe_rva_map(const struct pe_image *pe, uint64_t rva, struct range *out);
/* Is @rva the address of anything that is loaded, from the file or as zeros? */
MUST_CHECK bool pe_rva_inside(const struct pe_image *pe, uint64_t rva);

/*
 * At most @len bytes at @off of the file; fewer at its end, none when there
 * would be too many places.
 */
MUST_CHECK enum status pe_look_at(struct pe_looking *l, uint64_t off, uint64_t len,
				  struct span *out);
/* The same by address; fewer where the section's bytes end. */
MUST_CHECK enum status pe_look_at_rva(struct pe_looking *l, uint64_t rva, uint64_t len,
				      struct span *out);

/* Text up to the first NUL, escaped, at most FEATURE_MAX_TEXT bytes.  *@out NULL: it is empty.
 */
MUST_CHECK enum status pe_text(struct arena *a, struct span utf8, const char **out);
MUST_CHECK enum status pe_text_utf16(struct arena *a, struct span utf16le, const char **out);

#define PE_RT_ICON       3
#define PE_RT_GROUP_ICON 14
#define PE_RT_VERSION    16
#define PE_RT_MANIFEST   24
#define PE_RESOURCE_NAME 0x80000000U /* a type or a name is a string at this offset */

/* A leaf of the resource tree. */
struct pe_resource {
	uint32_t type, name, language;
	uint32_t rva, size;
	struct pe_resource *next;
};

struct pe_resource_tree {
	const struct pe_resource *first; /* in the order of the tree, by type */
	uint64_t n, bytes, n_types;
	bool complete;
	/* The first thing that is wrong with it; NULL: nothing. */
	const char *expected, *observed;
	struct range where;
};

MUST_CHECK enum status pe_resources_read(struct pe_looking *l, struct pe_resource_tree *out);
/* The next leaf of this type from @from on; NULL: none. */
const struct pe_resource *pe_resource_of(const struct pe_resource *from, uint32_t type);
/* Its bytes, at most @max, and where they stand. */
MUST_CHECK enum status pe_resource_load(struct pe_looking *l, const struct pe_resource *r,
					uint64_t max, struct span *out, struct range *where);

MUST_CHECK enum status pe_rich_read(struct pe_looking *l, struct pe_identity *out);
MUST_CHECK enum status pe_debug_read(struct pe_looking *l, struct pe_identity *out);
MUST_CHECK enum status pe_version_read(struct pe_looking *l, const struct pe_resource_tree *t,
				       struct pe_version *out);
MUST_CHECK enum status pe_icon_read(struct pe_looking *l, const struct pe_resource_tree *t,
				    struct pe_icon *out);
MUST_CHECK enum status pe_manifest_read(struct pe_looking *l, const struct pe_resource_tree *t,
					struct pe_manifest *out);

#define PE_MAX_LIBRARIES      1024 /* import descriptors */
#define PE_MAX_LIBRARIES_KEPT 256
#define PE_MAX_IMPORT_TEXT    ((size_t)1 << 20)
#define PE_MAX_EXPORTS        65536
#define PE_MAX_TLS_CALLBACKS  256
#define PE_MAX_RELOCATIONS    ((uint64_t)1 << 20) /* bytes of their table */

/* The name that imphash gives to a function imported by number; NULL: none of its own. */
const char *pe_ordinal_name(struct span library_in_lower_case, uint16_t number);

MUST_CHECK enum status pe_imports_read(struct pe_looking *l, struct pe_anatomy *out);
MUST_CHECK enum status pe_exports_read(struct pe_looking *l, struct pe_anatomy *out);
MUST_CHECK enum status pe_loading_read(struct pe_looking *l, struct pe_anatomy *out);
MUST_CHECK enum status pe_clr_read(struct pe_looking *l, struct pe_anatomy *out);
