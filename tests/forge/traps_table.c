/* SPDX-License-Identifier: MIT */
/* The certificate table and the way to it ("PE Format", The Attribute Certificate Table). */
#include "tests/forge/attacks.h"

#define STRUCTURE .verdict = "broken"

/* clang-format off */
static const struct forge_trap rows[] = {
	/* Taken off. */
	{ .name = "directory-zeroed", .change = attack_directory, .n = 0, .verdict =
	  "stripped", .findings = "pe.orphan-table" },
	{ .name = "table-cut-off", .change = attack_strip, .verdict = "unsigned" },

	/* Kinds of entry. */
	{ .name = "type-x509", .change = attack_revision, .n = 0x00010200, .verdict =
	  "unsupported", .signature = "unsupported", .findings = "pe.cert-type" },
	{ .name = "type-uefi-0ef0", .change = attack_revision, .n = 0x0ef00200, .verdict =
	  "unsupported", .signature = "unsupported", .findings = "pe.cert-type" },
	{ .name = "type-uefi-0ef1", .change = attack_revision, .n = 0x0ef10200, .verdict =
	  "unsupported", .signature = "unsupported", .findings = "pe.cert-type" },
	{ .name = "type-x509-beside-good", .change = attack_entry_of_type_1, .verdict =
	  "valid", .binding = "intact", .signature = "good", .trust = "anchored", .findings =
	  "pe.cert-type pe.extra-wincert" },

	/* Lengths. */
	{ .name = "length-7", .change = attack_length, .n = 7, STRUCTURE, .findings =
	  "pe.cert-length" },
	{ .name = "length-0", .change = attack_length, .n = 0, STRUCTURE, .findings =
	  "pe.cert-length" },
	{ .name = "length-8", .change = attack_length, .n = 8, STRUCTURE, .findings =
	  "cms.malformed pe.cert-length" },
	{ .name = "length-huge", .change = attack_length, .n = 0xffffffff, STRUCTURE,.findings
	  = "pe.cert-length" },
	{ .name = "length-cuts-signature", .change = attack_length, .n = 400, STRUCTURE,
	  .findings = "cms.malformed pe.cert-length" },
	{ .name = "directory-larger", .change = attack_directory_grow, .n = 64, .verdict =
	  "valid", .binding = "intact", .findings = "pe.cert-dirsize" },
	{ .name = "directory-cuts-signature", .change = attack_directory_shrink, .n = 64,
	  STRUCTURE, .findings = "pe.cert-length pe.table-not-last" },

	/* The directory entry. */
	{ .name = "table-outside", .change = attack_directory, .n = 0x7fffff00, STRUCTURE,
	  .findings = "pe.table-outside" },
	{ .name = "table-far-outside", .change = attack_directory, .n = 0xfffffff8,
	  STRUCTURE,.findings = "pe.table-outside" },
	{ .name = "table-in-headers", .change = attack_directory, .n = 0x80, STRUCTURE,
	  .findings = "pe.hole-overlap" },
	{ .name = "table-at-0", .change = attack_directory_offset_0, STRUCTURE, .findings =
	  "pe.table-short" },
	{ .name = "table-size-0", .change = attack_directory_size, .n = 0, STRUCTURE,
	  .findings = "pe.table-short" },
	{ .name = "table-size-7", .change = attack_directory_size, .n = 7, STRUCTURE,.findings
	  = "pe.table-short" },
	{ .name = "table-size-huge", .change = attack_directory_size, .n = 0xfffffff8,
	  STRUCTURE, .findings = "pe.table-outside" },
	{ .name = "directories-4", .change = attack_directories, .n = 4, STRUCTURE,.findings =
	  "pe.directory-count" },
	{ .name = "optional-header-short", .change = attack_optional_size, .n = 128,
	  .verdict = "mismatched", .binding = "modified",
	  .findings = "pe.directory-cut pe.table-inside pe.table-in-section" },

	/* Where it stands. */
	{ .name = "unaligned-signed", .unsigned_ = true, .change = attack_sign_unaligned,
	  .verdict = "valid", .binding = "intact", .findings = "pe.table-unaligned" },
	{ .name = "signed-with-trailing-bytes", .unsigned_ = true, .change =
	  attack_sign_trailing, .n = 2600, .verdict = "valid", .binding = "intact", .findings =
	  "pe.table-not-last" },
	{ .name = "table-in-section", .unsigned_ = true, .change = attack_sign_in_section,
	  .verdict = "partial", .binding = "partial", .findings =
	  "pe.table-inside pe.table-in-section pe.table-not-last pe.digest-divergence" },
	{ .name = "table-moved-into-code", .change = attack_table_moved, .n = 0, .verdict =
	  "partial", .binding = "partial", .findings =
	  "pe.table-inside pe.table-in-section pe.table-not-last pe.digest-divergence" },
	{ .name = "table-moved-between-sections", .program = { .n_sections = 3 }, .change =
	  attack_table_moved, .n = 2, .verdict = "partial", .binding = "partial", .findings =
	  "pe.table-inside pe.table-in-section pe.table-not-last pe.digest-divergence" },
	{ .name = "entries-32", .change = attack_entries, .n = 32, .verdict = "error", .also =
	  "valid" },
	{ .name = "entries-100000", .change = attack_entries_tiny, .n = 100000, .verdict =
	  "error" },
};
/* clang-format on */
const struct forge_trap_table traps_table = { rows, COUNT_OF(rows) };
