/* SPDX-License-Identifier: MIT */
/* Honest files that naive verifiers get wrong: odd encodings, algorithms, layouts. */
#include "tests/forge/attacks.h"

#define GOOD .verdict = "valid", .binding = "intact", .signature = "good", .trust = "anchored"
#define ODD(title, oddity, ...)                                                                \
	{                                                                                      \
		.name = (title), .sign = { .odd = (oddity) }, GOOD, .findings = "" __VA_ARGS__ \
	}
#define DIGEST(title, digest, ...)                                                             \
	{                                                                                      \
		.name = (title), .sign = { .image_digest = (digest) }, GOOD,                   \
		.findings = "" __VA_ARGS__                                                     \
	}
#define SIGNER(title, who, ...)                                                                \
	{                                                                                      \
		.name = (title), .sign = { .signer = (who) }, GOOD, .findings = "" __VA_ARGS__ \
	}

static const struct forge_signature plain = { 0 };
static const struct forge_signature sha1 = { .image_digest = "SHA1" };
static const struct forge_signature sha384 = { .image_digest = "SHA384" };
static const struct forge_signature deep = { .nested = { &sha384 } };
static const struct forge_signature expired = { .signer = "expired" };

/* clang-format off */
static const struct forge_trap rows[] = {
	{ .name = "plain", GOOD },

	/* Algorithms. */
	DIGEST("sha1", "SHA1", "weak.sha1"),
	DIGEST("sha384", "SHA384"),
	DIGEST("sha512", "SHA512"),
	{ .name = "sha256-image-sha1-cms", .sign = { .cms_digest = "SHA1" }, GOOD,
	  .findings = "weak.sha1" },
	{ .name = "sha1-image-sha512-cms",
	  .sign = { .image_digest = "SHA1", .cms_digest = "SHA512" }, GOOD,
	  .findings = "weak.sha1" },
	SIGNER("p256", "p256"),
	SIGNER("p384", "p384"),
	{ .name = "p384-sha384", .sign = { .signer = "p384", .image_digest = "SHA384" }, GOOD },
	SIGNER("pss", "pss"),
	{ .name = "pss-sha512", .sign = { .signer = "pss", .image_digest = "SHA512" }, GOOD },
	SIGNER("dsa", "dsa"),
	SIGNER("rsa-1024", "rsa-1024", "weak.rsa-1024"),
	SIGNER("certificate-by-sha1", "sha1-signed", "weak.sha1"),
	SIGNER("no-eku", "no-eku"),
	SIGNER("crl-that-does-not-name-it", "not-revoked"),

	/* Encodings. */
	ODD("octet-content", ODD_OCTET_CONTENT, "cms.octet-content"),
	ODD("octet-content-in-pieces", ODD_OCTET_PIECES, "cms.octet-content cms.non-minimal"),
	ODD("no-signed-attributes", ODD_NO_ATTRIBUTES),
	ODD("no-signed-attributes-octets", ODD_NO_ATTRIBUTES | ODD_OCTET_CONTENT,
	    "cms.octet-content"),
	ODD("unsorted-attributes", ODD_UNSORTED),
	ODD("indefinite-lengths", ODD_INDEFINITE, "cms.non-minimal"),
	ODD("long-lengths", ODD_LONG_LENGTHS, "cms.non-minimal"),
	ODD("digest-named-by-signature-oid", ODD_SIGNATURE_OID),
	ODD("signer-by-key-identifier", ODD_KEY_ID),
	ODD("attribute-certificate", ODD_ATTRIBUTE_CERTIFICATE),
	ODD("junk-among-certificates", ODD_JUNK_CERTIFICATE),
	ODD("unused-certificate", ODD_UNUSED_CERTIFICATE, "cert.unused"),
	ODD("root-embedded", ODD_ROOT_EMBEDDED),
	ODD("parameters-absent", ODD_NO_NULL),
	ODD("sha256-with-rsa", ODD_RSA_WITH_DIGEST),
	ODD("unknown-unsigned-attribute", ODD_UNKNOWN_UNSIGNED, "auth.unsigned-attribute"),
	ODD("sealed", ODD_SEAL, "auth.seal-unchecked"),
	ODD("seal-removed", ODD_SEAL_INTENT, "auth.seal-missing"),
	ODD("data-type-of-msi", ODD_DATA_TYPE, "spc.data-type"),
	ODD("two-signers", ODD_TWO_SIGNERS, "cms.signers"),
	{ .name = "description", GOOD,
	  .sign = { .program_name = "A programme", .more_info = "http://example.org/",
		    .signing_time = "2025-06-01T12:00:00Z" } },

	/* Layouts. */
	{ .name = "pe32", .program = { .pe32 = true }, GOOD },
	{ .name = "efi", .program = { .subsystem = 10 }, GOOD, .findings = "trust.dbx-empty" },
	{ .name = "driver", .program = { .subsystem = 1 }, GOOD },
	{ .name = "dotnet", .program = { .dotnet = true, .pe32 = true }, GOOD },
	{ .name = "overlay", .program = { .overlay = 1001 }, GOOD },
	{ .name = "sections-12", .program = { .n_sections = 12 }, GOOD },
	{ .name = "sections-96", .program = { .n_sections = 96 }, GOOD },
	{ .name = "headers-beyond-section",
	  .program = { .size_of_headers = 0x600, .n_sections = 3 }, GOOD,
	  .findings = "pe.digest-divergence pe.section-overlap" },
	{ .name = "two-megabytes", .program = { .section_size = 2U << 20 }, GOOD },

	/* Page hashes. */
	{ .name = "pages-sha1", .program = { .n_sections = 3, .section_size = 9000 },
	  .sign = { .page_hashes = "SHA1" }, GOOD },
	{ .name = "pages-sha256", .program = { .n_sections = 3, .section_size = 9000 },
	  .sign = { .page_hashes = "SHA256" }, GOOD },
	{ .name = "pages-section-alignment-64k",
	  .program = { .n_sections = 2, .section_size = 9000, .section_alignment = 0x10000 },
	  .sign = { .page_hashes = "SHA256" }, GOOD },
	{ .name = "pages-long-headers", .program = { .n_sections = 96, .section_size = 4096 },
	  .sign = { .page_hashes = "SHA256" }, GOOD },

	/* Several signatures. */
	{ .name = "dual", .sign = { .image_digest = "SHA1", .nested = { &plain } }, GOOD,
	  .findings = "weak.sha1" },
	{ .name = "nested-three-values", .sign = { .nested = { &sha1, &sha384, &plain } }, GOOD,
	  .findings = "weak.sha1" },
	{ .name = "nested-depth-2", .sign = { .nested = { &deep } }, GOOD },
	{ .name = "outer-expired-nested-good",
	  .sign = { .signer = "expired", .nested = { &plain } }, GOOD },
	{ .name = "outer-good-nested-expired", .sign = { .nested = { &expired } }, GOOD },
	{ .name = "entry-twice", .change = attack_entry_twice, GOOD,
	  .findings = "pe.extra-wincert" },
	{ .name = "entry-twice-efi", .program = { .subsystem = 10 },
	  .change = attack_entry_twice, GOOD },

	{ .name = "entry-of-stranger", .change = attack_entry_of_stranger, GOOD,
	  .findings = "pe.extra-wincert" },
	{ .name = "entry-of-stranger-efi", .program = { .subsystem = 10 },
	  .sign = { .signer = "expired" }, .change = attack_entry_of_stranger, GOOD },
	{ .name = "efi-expired", .program = { .subsystem = 10 }, .sign = { .signer = "expired" },
	  GOOD },

	/* What no digest covers. */
	{ .name = "checksum-zero", .change = attack_checksum, .n = 0, GOOD },
	{ .name = "checksum-wrong", .change = attack_checksum, .n = 0x12345678, GOOD },
	{ .name = "revision-1", .change = attack_revision, .n = 0x00020100, GOOD,
	  .findings = "pe.cert-revision" },
	{ .name = "length-not-padded", .change = attack_length_exact, GOOD },
	{ .name = "zero-pad-grown", .change = attack_stuff_zeros, .n = 512, GOOD,
	  .findings = "stuffed.tag" },
	{ .name = "tagged", .change = attack_stuff_text, .n = 120, GOOD,
	  .findings = "stuffed.tag" },
	{ .name = "sigflip", .change = attack_stuff_sigflip, .n = 2048, GOOD,
	  .findings = "stuffed.payload" },
	{ .name = "jar-in-entry", .change = attack_stuff_jar, .n = 600, GOOD,
	  .findings = "stuffed.payload" },
	{ .name = "program-in-entry", .change = attack_stuff_program, GOOD,
	  .findings = "stuffed.payload" },
	{ .name = "program-in-attribute", .change = attack_stuff_unread, .n = 4096, GOOD,
	  .findings = "stuffed.payload" },
	{ .name = "tag-in-certificate", .sign = { .carrier = "tag-carrier" }, GOOD,
	  .findings = "cert.unused stuffed.tag" },
	{ .name = "program-in-certificate", .sign = { .carrier = "program-carrier" }, GOOD,
	  .findings = "cert.unused stuffed.payload" },
	{ .name = "table-rest-of-zeros-rejected", .change = attack_directory_grow, .n = 64,
	  .padding_reject = true, .verdict = "valid", .findings = "pe.cert-dirsize" },
	{ .name = "tagged-rejected", .change = attack_stuff_text, .n = 120,
	  .padding_reject = true, .verdict = "partial", .binding = "intact",
	  .signature = "good", .trust = "anchored", .findings = "stuffed.tag" },
	{ .name = "sigflip-rejected", .change = attack_stuff_sigflip, .n = 2048,
	  .padding_reject = true, .verdict = "partial", .binding = "intact",
	  .signature = "good", .trust = "anchored", .findings = "stuffed.payload" },
	{ .name = "zero-pad-rejected", .change = attack_stuff_zeros, .n = 512,
	  .padding_reject = true, GOOD, .findings = "stuffed.tag" },

	/* Not signed at all. */
	{ .name = "unsigned", .unsigned_ = true, .verdict = "unsigned" },
	{ .name = "unsigned-pe32", .program = { .pe32 = true }, .unsigned_ = true,
	  .verdict = "unsigned" },
	{ .name = "dos", .unsigned_ = true, .change = attack_dos, .verdict = "unsupported",
	  .findings = "pe.not-pe" },
	{ .name = "text", .unsigned_ = true, .change = attack_text, .verdict = "unsupported" },
	{ .name = "empty", .unsigned_ = true, .change = attack_truncate, .n = 0,
	  .verdict = "unsupported" },
};
/* clang-format on */
const struct forge_trap_table traps_honest = { rows, COUNT_OF(rows) };
