/* SPDX-License-Identifier: MIT */
/* Whom to believe: usage, strength, expiry, revocation, forged names. */
#include "tests/forge/attacks.h"

#define UNTRUSTED(title, who, why, ...)                                                        \
	{                                                                                      \
		.name = (title), .sign = { .signer = (who) }, .verdict = "untrusted",          \
		.binding = "intact", .signature = "good", .trust = (why),                      \
		.findings = "" __VA_ARGS__                                                     \
	}
#define COUNTERFEIT(title, who, rule)                                                          \
	{                                                                                      \
		.name = (title), .sign = { .signer = (who) }, .verdict = "counterfeit",        \
		.binding = "intact", .signature = "good", .findings = (rule)                   \
	}
#define STAMP(when)                                                                            \
	{                                                                                      \
		{                                                                              \
			.kind = STAMP_RFC3161, .time = (when)                                  \
		}                                                                              \
	}

/* clang-format off */
static const struct forge_trap rows[] = {
	/* Usage. */
	UNTRUSTED("tls-certificate", "tls", "wrong-usage"),
	UNTRUSTED("any-eku-leaf", "any-eku", "wrong-usage"),
	UNTRUSTED("ca-without-code-signing", "below-tls", "wrong-usage"),
	UNTRUSTED("key-encipherment-only", "encipherment", "wrong-usage"),
	UNTRUSTED("issuer-is-no-ca", "below-leaf", "untrusted-root"),

	/* Strength. */
	UNTRUSTED("rsa-512", "rsa-512", "weak-algorithm", "weak.key"),
	UNTRUSTED("certificate-by-md5", "md5-signed", "weak-algorithm", "weak.md5"),
	{ .name = "md5", .sign = { .image_digest = "MD5" }, .verdict = "untrusted",
	  .binding = "intact", .signature = "good", .trust = "weak-algorithm",
	  .findings = "weak.md5" },
	{ .name = "md5-cms", .sign = { .cms_digest = "MD5" }, .verdict = "untrusted",
	  .binding = "intact", .signature = "good", .trust = "weak-algorithm",
	  .findings = "weak.md5" },
	{ .name = "p192", .sign = { .signer = "p192" }, .verdict = "unsupported",
	  .also = "untrusted" },

	/* Expiry. */
	UNTRUSTED("expired", "expired", "expired"),
	UNTRUSTED("three-days", "three-days", "expired"),
	{ .name = "lifetime-2030", .sign = { .signer = "lifetime",
	  .stamps = STAMP("2025-01-01T00:00:00Z") }, .at = "2030-06-01T00:00:00Z",
	  .verdict = "valid", .trust = "anchored" },
	{ .name = "lifetime-2037", .sign = { .signer = "lifetime",
	  .stamps = STAMP("2025-01-01T00:00:00Z") }, .at = "2037-06-01T00:00:00Z",
	  .verdict = "untrusted", .trust = "expired" },
	{ .name = "everything-expired-in-2060", .at = "2060-01-01T00:00:00Z",
	  .verdict = "untrusted", .trust = "expired" },
	{ .name = "before-it-was-made", .at = "2019-01-01T00:00:00Z", .verdict = "untrusted",
	  .trust = "expired" },

	/* Strangers. */
	UNTRUSTED("self-signed", "self", "self-signed"),
	UNTRUSTED("unknown-root", "stranger", "untrusted-root"),

	/* Revocation. */
	UNTRUSTED("revoked-key", "revoked-key", "revoked"),
	UNTRUSTED("revoked-superseded", "revoked-superseded", "revoked"),
	{ .name = "revoked-key-stamped-before", .sign = { .signer = "revoked-key",
	  .stamps = STAMP("2025-01-01T00:00:00Z") }, .verdict = "untrusted",
	  .trust = "revoked" },
	{ .name = "superseded-after-stamp", .sign = { .signer = "revoked-superseded",
	  .stamps = STAMP("2025-01-01T00:00:00Z") }, .verdict = "valid",
	  .trust = "anchored" },
	{ .name = "superseded-before-stamp", .sign = { .signer = "revoked-superseded",
	  .stamps = STAMP("2026-02-01T00:00:00Z") }, .verdict = "untrusted",
	  .trust = "revoked" },

	/* Forged names and keys. */
	COUNTERFEIT("self-made-microsoft", "microsoft-self", "cert.brand-without-chain"),
	COUNTERFEIT("carbon-copy", "carbon-copy", "cert.self-verifying-foreign-issuer"),
	COUNTERFEIT("curveball", "curveball", "cert.curveball"),
	{ .name = "explicit-parameters", .sign = { .signer = "explicit-stranger" },
	  .verdict = "counterfeit", .binding = "intact", .signature = "unsupported",
	  .findings = "cert.curveball" },
	{ .name = "explicit-parameters-vouched-for", .sign = { .signer = "explicit" },
	  .verdict = "unsupported", .binding = "intact", .signature = "unsupported",
	  .trust = "anchored", .findings = "cert.curveball" },
	COUNTERFEIT("false-intermediate", "below-false", "cert.issuer-signature-bad"),
	COUNTERFEIT("self-made-microsoft-root", "microsoft", "cert.brand-without-chain"),
	UNTRUSTED("microsoft-of-a-stranger", "canary", "untrusted-root",
		  "cert.possible-canary"),
	UNTRUSTED("lookalike", "lookalike", "untrusted-root", "cert.lookalike-name"),
};
/* clang-format on */
const struct forge_trap_table traps_trust = { rows, COUNT_OF(rows) };
