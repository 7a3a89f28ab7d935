/* SPDX-License-Identifier: MIT */
/*
 * PE: Windows programs, libraries, drivers and EFI applications.
 *
 * Follows "PE Format" (Microsoft) and "Windows Authenticode Portable
 * Executable Signature Format" 1.0.  Field names are theirs.
 */
#pragma once
#include "formats/format.h"

#define PE_MAX_TABLE        ((uint64_t)16 << 20)
#define PE_MAX_SECTIONS     96 /* for by-section and page hashes only */
#define PE_MAX_WINCERT      32
#define PE_MAX_PAGE_ENTRIES ((uint64_t)1 << 22)
#define PE_PAGE             0x1000
#define PE_MAGIC_PE32       0x10b
#define PE_MAGIC_PE32_PLUS  0x20b

/* How far a signature outside the table is looked for: without a table; beside one. */
#define PE_MAX_ORPHAN        PE_MAX_TABLE
#define PE_MAX_ORPHAN_BESIDE ((uint64_t)1 << 20)

struct pe_section {
	struct span name; /* 8 bytes as in the file */
	uint64_t virtual_size, virtual_address;
	uint64_t pointer_to_raw_data, size_of_raw_data;
	uint32_t characteristics;
};

/* An entry of the Data Directories; 0, 0: not there. */
struct pe_directory {
	uint32_t rva, size;
};
#define PE_DIRECTORIES 16

struct pe_image {
	uint64_t file_size;
	uint64_t header_off; /* of the signature "PE\0\0" */
	uint16_t machine, optional_magic, subsystem, characteristics, dll_characteristics;
	uint32_t time_date_stamp, checksum_field, section_alignment, file_alignment;
	uint64_t checksum_off;  /* of CheckSum */
	uint64_t directory_off; /* of the Certificate Table's directory entry */
	bool has_directory;     /* NumberOfRvaAndSizes reaches it */
	struct range table;     /* the Certificate Table; zero long: none */
	bool table_inside;      /* it begins before the last section ends, so it shifts them */
	uint64_t size_of_headers;
	uint64_t entry_point_rva, image_base;
	uint8_t linker_major, linker_minor;
	struct pe_directory directories[PE_DIRECTORIES];
	bool is_efi, is_dotnet;
	const struct pe_section *sections;
	size_t n_sections;           /* at most PE_MAX_SECTIONS, and those inside the file */
	uint32_t number_of_sections; /* as the file says */
};

extern const struct format format_pe;

/*
 * What the flat image digest covers: everything but CheckSum, the directory
 * entry and the Certificate Table ("Calculating the PE Image Hash").
 * STATUS_NO_MEMORY only.
 */
MUST_CHECK enum status pe_cover_flat(struct arena *a, const struct pe_image *pe,
				     struct coverage *out);

/*
 * The digest as the specification's text defines it: headers, then sections by
 * PointerToRawData, then what remains.  STATUS_UNSUPPORTED when the section
 * table does not allow it: sections outside the file, more than
 * PE_MAX_SECTIONS, or so many bytes twice that hashing them is an attack.  Ranges are merged,
 * so that an ordinary file gives exactly what pe_cover_flat() gives: compare with
 * coverage_equal().
 */
MUST_CHECK enum status pe_cover_by_section(struct arena *a, const struct pe_image *pe,
					   struct coverage *out);
bool coverage_equal(const struct coverage *a, const struct coverage *b);

/* One page of a page hash table: where it begins in the file, what its digest covers. */
struct pe_page {
	uint64_t off;
	struct coverage covered;
};

/*
 * The pages that a page hash table of this image must list, in its order,
 * without the closing entry ("page hashes", SpcPeImagePageHashes), with pages
 * of @page bytes.  STATUS_LIMIT: more than PE_MAX_PAGE_ENTRIES, or sections
 * that overlap so much that their pages would be more than twice the file.
 * STATUS_UNSUPPORTED: the section table does not allow it, or @page is 0.
 */
MUST_CHECK enum status pe_pages(struct arena *a, const struct pe_image *pe, uint32_t page,
				struct pe_page **out, size_t *n);
