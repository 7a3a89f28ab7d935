/* SPDX-License-Identifier: MIT */
/*
 * Features of a PE that stand in its headers and directories.
 *
 * Follows "PE Format" (Microsoft): resources, debug directory, import, export
 * and TLS tables, load configuration; ECMA-335 II.25.3.3 (CLI header); VERSIONINFO
 * as winver.h has it.  Nothing here has been checked, and everything is text that
 * the author of the file chose.
 */
#pragma once
#include "formats/pe/pe.h"

#define PE_MAX_RESOURCE_NODES 4096 /* twice: of what pe_identity needs, of the rest */
#define PE_MAX_IMPORTS        16384
#define PE_MAX_DEBUG_ENTRIES  64
#define PE_MAX_RICH_ENTRIES   256
#define PE_MAX_VERSION_BYTES  ((uint64_t)64 << 10)
#define PE_MAX_MANIFEST_BYTES ((uint64_t)64 << 10)
#define PE_MAX_ICON_BYTES     ((uint64_t)512 << 10)
#define PE_MAX_ICON_SIDE      256

/* VERSIONINFO.  Texts are escaped UTF-8 in the arena, at most FEATURE_MAX_TEXT
 * bytes; NULL: absent, or empty. */
struct pe_version {
	bool present;
	struct range where;
	bool has_fixed;
	uint16_t file[4], product[4]; /* VS_FIXEDFILEINFO, most significant first */
	const char *company_name, *product_name, *file_description, *original_filename,
		*internal_name, *file_version, *product_version, *legal_copyright;
};

/* What TimeDateStamp is: with a debug entry REPRO it is a hash, never a date. */
enum pe_stamp { PE_STAMP_ZERO, PE_STAMP_TIME, PE_STAMP_REPRO };

struct pe_codeview {
	bool present;
	uint8_t guid[16];
	uint32_t age;
	const char *path; /* of the PDB */
};

struct pe_icon {
	bool present;   /* decoded, and not all of one grey; PNG, or DIB of 1, 4, 8, 24, 32 bits
			 */
	uint64_t dhash; /* 9x8 grey, 64 bits: row by row, set where the left one is brighter */
};

struct pe_manifest {
	bool present;
	const char
		*identity; /* assemblyIdentity/@name of its own, right below the root; NULL */
	const char *level; /* requestedExecutionLevel/@level; NULL */
};

/* What mimicry needs: cheap, read of every PE. */
struct pe_identity {
	struct pe_version version;
	enum pe_stamp stamp;
	struct pe_codeview codeview;
	struct pe_icon icon;
	struct pe_manifest manifest;
	bool has_rich, rich_key_ok; /* the XOR key equals the checksum it should be */
	struct span rich;           /* decoded entries, for hashing */
};

/* What only a full look needs. */
struct pe_anatomy {
	struct span
		import_text; /* "kernel32.loadlibrarya,..." as imphash takes it; empty: none */
	uint64_t n_import_libraries, n_imports, n_delay_libraries, n_exports;
	bool imports_complete;        /* no limit was reached */
	const char *const *libraries; /* names, as far as kept */
	size_t n_libraries_kept;
	const char *export_name; /* of the library, as its export table says */
	uint64_t n_tls_callbacks, n_relocation_blocks, n_exception_entries;
	bool has_load_config, has_cfg, has_cet, has_safeseh, has_bound_imports;
	uint64_t n_safeseh_handlers;
	bool has_clr;
	uint32_t clr_flags;
	const char *clr_version;
	uint64_t strong_name_len;
	uint16_t linker_major, linker_minor;
	const char *entry_section; /* NULL: in none */
	uint64_t entry_off;        /* in the file; 0: nowhere */
	struct span entry_bytes;   /* at most 16 */
	uint64_t n_resources, resource_bytes, n_resource_types, n_resource_languages;
	bool resources_complete;
};

/*
 * Reads them.  STATUS_WANT: load view->want and call again with fresh @out (and
 * @findings as they were before the call).  Broken structures are findings and
 * absent features, never a failure.  A wish for too many different places of a
 * big file is given up quietly (finding limit.pe-features).
 */
MUST_CHECK enum status pe_identity_read(struct view *view, const struct pe_image *pe,
					struct findings *findings, struct pe_identity *out);
MUST_CHECK enum status pe_anatomy_read(struct view *view, const struct pe_image *pe,
				       struct findings *findings, struct pe_anatomy *out);
