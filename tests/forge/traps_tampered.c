/* SPDX-License-Identifier: MIT */
/* Programs that were changed, signatures that were moved, mathematics that fail. */
#include "tests/forge/attacks.h"

#define CHANGED                                                                                \
	.verdict = "mismatched", .binding = "modified", .signature = "good", .trust = "anchored"
#define BROKEN(title, oddity, ...)                                                             \
	{                                                                                      \
		.name = (title), .sign = { .odd = (oddity) }, .verdict = "broken",             \
		.signature = "bad", .findings = "" __VA_ARGS__                                 \
	}

static const struct forge_signature plain = { 0 };
static const struct forge_signature other_image = { .bend = 1 };
static const struct forge_signature other_image_stranger = { .bend = 1, .signer = "stranger" };
static const struct forge_signature broken = { .odd = ODD_BAD_SIGNATURE };
static const struct forge_signature false_issuer = { .signer = "below-false" };
static const struct forge_signature bad_page = { .page_hashes = "SHA256", .odd = ODD_BAD_PAGE };

/* clang-format off */
static const struct forge_trap rows[] = {
	/* One change. */
	{ .name = "changed-body", .change = attack_flip, .n = 0x210, CHANGED },
	{ .name = "changed-last-byte", .change = attack_flip_before_table, .n = 1, CHANGED },
	{ .name = "changed-dos-stub", .change = attack_flip, .n = 0x50, CHANGED },
	{ .name = "changed-timestamp", .change = attack_flip, .n = 0x88, CHANGED },
	{ .name = "changed-entry-point", .change = attack_flip, .n = 0xa8, CHANGED },
	{ .name = "changed-section-name", .change = attack_flip, .n = 0x188, CHANGED },
	{ .name = "changed-overlay", .program = { .overlay = 640 }, .change =
	  attack_flip_before_table, .n = 8, CHANGED },
	{ .name = "changed-one-page", .program = { .n_sections = 2, .section_size = 20000 },
	  .sign = { .page_hashes = "SHA256" }, .change = attack_flip, .n = 0x2100,
	  .verdict = "tampered", .binding = "modified", .signature = "good",
	  .trust = "anchored", .findings = "spc.page-hash" },
	{ .name = "changed-dual", .sign = { .image_digest = "SHA1", .nested = { &plain } },
	  .change = attack_flip, .n = 0x210, CHANGED, .findings = "weak.sha1" },
	{ .name = "changed-stranger", .sign = { .signer = "stranger" }, .change = attack_flip,
	  .n = 0x210, .verdict = "mismatched", .binding = "modified", .signature = "good",
	  .trust = "untrusted-root" },
	{ .name = "inserted-before-table", .change = attack_insert_before_table, .n = 4096,
	  CHANGED },
	{ .name = "appended", .change = attack_append, .n = 2600, CHANGED, .findings =
	  "pe.table-not-last" },
	{ .name = "appended-one-byte", .change = attack_append, .n = 1, CHANGED, .findings =
	  "pe.table-not-last" },
	{ .name = "appended-jar", .change = attack_append_jar, .n = 900, CHANGED, .findings =
	  "pe.table-not-last" },
	{ .name = "section-added", .change = attack_section_added, CHANGED },

	/* Another program's signature. */
	{ .name = "graft-unsigned-host", .unsigned_ = true, .change = attack_graft, CHANGED },
	{ .name = "graft-unaligned", .unsigned_ = true, .program = { .overlay = 3 }, .change =
	  attack_graft_unaligned, CHANGED, .findings = "pe.table-unaligned" },
	{ .name = "graft-stale-checksum", .unsigned_ = true, .change = attack_graft_stale,
	  CHANGED },
	{ .name = "graft-signed-host", .change = attack_graft_beside, CHANGED, .findings =
	  "pe.orphan-table" },
	{ .name = "graft-over-signed-host", .change = attack_graft, CHANGED },
	{ .name = "graft-stranger", .unsigned_ = true, .change = attack_graft_stranger,
	  .verdict = "mismatched", .binding = "modified", .signature = "good", .trust =
	  "untrusted-root" },
	{ .name = "graft-second-entry", .change = attack_graft_second_entry, CHANGED,
	  .findings = "pe.extra-wincert" },
	{ .name = "graft-first-entry", .change = attack_graft_first_entry, CHANGED,.findings =
	  "pe.extra-wincert" },
	{ .name = "nested-of-other-program", .sign = { .nested = { &other_image } }, CHANGED
	  },
	{ .name = "outer-of-other-program", .sign = { .bend = 1, .nested = { &plain } },
	  CHANGED },
	{ .name = "nested-stranger-of-other-program", .sign = { .nested = { &plain,
	  &other_image_stranger } }, .verdict = "mismatched", .binding = "modified", .signature
	  = "good", .trust = "untrusted-root" },
	{ .name = "nested-last-of-three-broken", .sign = { .nested = { &plain, &plain, &broken
	  } }, .verdict = "broken", .signature = "bad" },
	{ .name = "nested-counterfeit", .sign = { .nested = { &false_issuer } }, .verdict =
	  "counterfeit", .binding = "intact", .signature = "good", .findings =
	  "cert.issuer-signature-bad" },

	/* Pages. */
	{ .name = "page-hash-wrong", .program = { .n_sections = 2, .section_size = 9000 },
	  .sign = { .page_hashes = "SHA256", .odd = ODD_BAD_PAGE }, .verdict = "partial",
	  .binding = "partial", .signature = "good", .trust = "anchored", .findings =
	  "spc.page-hash" },
	{ .name = "page-hash-wrong-sha1", .program = { .n_sections = 2, .section_size = 9000
	  }, .sign = { .page_hashes = "SHA1", .odd = ODD_BAD_PAGE }, .verdict = "partial",
	  .binding = "partial", .signature = "good", .trust = "anchored", .findings =
	  "spc.page-hash" },
	{ .name = "nested-page-hash-wrong", .sign = { .nested = { &bad_page } }, .verdict =
	  "partial", .binding = "partial", .signature = "good", .trust = "anchored", .findings =
	  "spc.page-hash" },

	/* The signature itself. */
	BROKEN("bad-signature", ODD_BAD_SIGNATURE),
	BROKEN("wrong-message-digest", ODD_WRONG_DIGEST),
	BROKEN("message-digest-twice", ODD_DIGEST_TWICE),
	BROKEN("content-type-attribute-differs", ODD_TYPE_ATTRIBUTE),
	BROKEN("content-type-data", ODD_CONTENT_TYPE),
	BROKEN("algorithms-contradict", ODD_CONTRADICTION),
	BROKEN("raw-hash-in-signer-info", ODD_RAW_HASH),
	BROKEN("raw-hash-sha1", ODD_RAW_HASH | ODD_NO_NULL),
	BROKEN("short-digest", ODD_SHORT_DIGEST, "spc.digest-length"),
	BROKEN("signer-certificate-missing", ODD_NO_CERTIFICATE),
	BROKEN("no-signer", ODD_NO_SIGNERS, "cms.signers"),
	BROKEN("bad-without-attributes", ODD_BAD_SIGNATURE | ODD_NO_ATTRIBUTES),
	{ .name = "bad-p256", .sign = { .signer = "p256", .odd = ODD_BAD_SIGNATURE }, .verdict
	  = "broken", .signature = "bad" },
	{ .name = "bad-pss", .sign = { .signer = "pss", .odd = ODD_BAD_SIGNATURE }, .verdict =
	  "broken", .signature = "bad" },
	{ .name = "bad-dsa", .sign = { .signer = "dsa", .odd = ODD_BAD_SIGNATURE }, .verdict =
	  "broken", .signature = "bad" },
	{ .name = "unknown-digest", .sign = { .odd = ODD_UNKNOWN_ALGORITHM }, .verdict =
	  "unsupported", .signature = "unsupported" },
	{ .name = "unknown-key", .sign = { .signer = "ed25519" }, .verdict = "unsupported",
	  .signature = "unsupported" },
};
/* clang-format on */
const struct forge_trap_table traps_tampered = { rows, COUNT_OF(rows) };
