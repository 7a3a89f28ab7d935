/* SPDX-License-Identifier: MIT */
/* Timestamps: which of them switch the expiry check off, and which only seem to. */
#include "tests/forge/attacks.h"

#define DURING "2022-06-01T12:00:00Z" /* "expired" was valid then */
#define AFTER  "2024-06-01T12:00:00Z" /* no longer */

#define TOKEN_AT(when, ...)   .kind = STAMP_RFC3161, .time = (when), ##__VA_ARGS__
#define COUNTER_AT(when, ...) .kind = STAMP_PKCS9, .time = (when), ##__VA_ARGS__
#define TOKEN(...)            TOKEN_AT(DURING, ##__VA_ARGS__)
#define COUNTER(...)          COUNTER_AT(DURING, ##__VA_ARGS__)

/* On a certificate that has expired meanwhile. */
#define HELPS(title, stamp, ...)                                                               \
	{                                                                                      \
		.name = (title), .sign = { .signer = "expired", .stamps = { { stamp } } },     \
		.verdict = "valid", .trust = "anchored", .findings = "" __VA_ARGS__            \
	}
#define NO_HELP(title, stamp, ...)                                                             \
	{                                                                                      \
		.name = (title), .sign = { .signer = "expired", .stamps = { { stamp } } },     \
		.verdict = "untrusted", .trust = "expired", .findings = "" __VA_ARGS__         \
	}

/* clang-format off */
static const struct forge_trap rows[] = {
	/* Tokens of RFC 3161. */
	HELPS("token", TOKEN()),
	HELPS("token-sha1", TOKEN(.digest = "SHA1")),
	HELPS("token-sha384", TOKEN(.digest = "SHA384")),
	HELPS("token-sha512", TOKEN(.digest = "SHA512")),
	HELPS("token-attribute-certificate", TOKEN(.odd = STAMP_V1_CERTIFICATE)),
	HELPS("token-unsorted", TOKEN(.odd = STAMP_UNSORTED)),
	HELPS("token-smime-oid", TOKEN(.odd = STAMP_OID_OF_SMIME)),
	HELPS("token-no-signing-certificate", TOKEN(.odd = STAMP_NO_SIGNER_ID)),
	HELPS("token-indefinite", TOKEN(.odd = STAMP_INDEFINITE)),
	HELPS("token-loose-eku", TOKEN(.authority = "tsa-loose")),
	HELPS("token-tsa-expired-since", TOKEN(.authority = "tsa-old")),
	NO_HELP("token-after-expiry", TOKEN_AT(AFTER)),
	NO_HELP("token-wrong-imprint", TOKEN(.odd = STAMP_WRONG_IMPRINT), "ts.bad"),
	NO_HELP("token-altered-time", TOKEN(.odd = STAMP_ALTERED_TIME), "ts.bad"),
	NO_HELP("token-bad-signature", TOKEN(.odd = STAMP_BAD_SIGNATURE), "ts.bad"),
	NO_HELP("token-raw-hash", TOKEN(.odd = STAMP_RAW_HASH), "ts.bad"),
	NO_HELP("token-other-signing-certificate", TOKEN(.odd = STAMP_OTHER_SIGNER), "ts.bad"),
	NO_HELP("token-stranger", TOKEN(.authority = "tsa-stranger"), "ts.bad"),
	NO_HELP("token-by-code-certificate", TOKEN(.authority = "tsa-code"), "ts.bad"),
	NO_HELP("token-without-certificates", TOKEN(.odd = STAMP_WITHOUT_CERTS), "ts.bad"),
	NO_HELP("token-of-something-else", TOKEN(.odd = STAMP_WRONG_CONTENT), "ts.bad"),
	NO_HELP("token-md5", TOKEN(.digest = "MD5"), "ts.bad"),
	NO_HELP("token-after-tsa-expired", TOKEN_AT("2025-06-01T00:00:00Z", .authority = "tsa-old"), "ts.bad"),

	/* Countersignatures of PKCS #9. */
	HELPS("counter", COUNTER()),
	HELPS("counter-sha1", COUNTER(.digest = "SHA1")),
	HELPS("counter-raw-sha1", COUNTER(.digest = "SHA1", .odd = STAMP_RAW_HASH), "ts.raw-hash"),
	{ .name = "counter-raw-md5-of-2008",
	  .sign = { .signer = "legacy", .image_digest = "SHA1",
		    .stamps = { { COUNTER_AT("2008-03-01T00:00:00Z", .digest = "MD5",
					     .odd = STAMP_RAW_HASH) } } },
	  .verdict = "valid", .trust = "anchored",
	  .findings = "ts.raw-hash weak.sha1" },
	HELPS("counter-version-0", COUNTER(.odd = STAMP_VERSION_0)),
	HELPS("counter-type-tstinfo", COUNTER(.odd = STAMP_TYPE_TSTINFO)),
	HELPS("counter-unsorted", COUNTER(.odd = STAMP_UNSORTED)),
	NO_HELP("counter-after-expiry", COUNTER_AT(AFTER)),
	NO_HELP("counter-raw-sha256", COUNTER(.odd = STAMP_RAW_HASH), "ts.bad"),
	NO_HELP("counter-wrong-imprint", COUNTER(.odd = STAMP_WRONG_IMPRINT), "ts.bad"),
	NO_HELP("counter-altered-time", COUNTER(.odd = STAMP_ALTERED_TIME), "ts.bad"),
	NO_HELP("counter-bad-signature", COUNTER(.odd = STAMP_BAD_SIGNATURE), "ts.bad"),
	NO_HELP("counter-stranger", COUNTER(.authority = "tsa-stranger"), "ts.bad"),
	NO_HELP("counter-without-certificates", COUNTER(.odd = STAMP_WITHOUT_CERTS), "ts.bad"),
	NO_HELP("counter-md5-raw-of-today", COUNTER(.digest = "MD5", .odd = STAMP_RAW_HASH), "ts.bad ts.raw-hash"),

	/* Times that cannot be. */
	NO_HELP("token-of-the-future", TOKEN_AT("2027-06-01T00:00:00Z"), "ts.future"),
	{ .name = "token-before-certificate",
	  .sign = { .signer = "three-days", .stamps = { { TOKEN() } } }, .verdict = "untrusted",
	  .trust = "expired", .findings = "ts.before-cert" },
	{ .name = "token-in-three-days",
	  .sign = { .signer = "three-days",
		    .stamps = { { TOKEN_AT("2025-03-02T00:00:00Z") } } },
	  .verdict = "valid", .trust = "anchored" },
	{ .name = "signing-time-is-a-claim",
	  .sign = { .signer = "expired", .signing_time = DURING }, .verdict = "untrusted",
	  .trust = "expired" },
	{ .name = "bad-token-on-valid-signature",
	  .sign = { .stamps = { { TOKEN(.odd = STAMP_BAD_SIGNATURE) } } }, .verdict = "valid",
	  .trust = "anchored", .findings = "ts.bad" },

	/* Several. */
	{ .name = "token-and-counter",
	  .sign = { .signer = "expired", .stamps = { { TOKEN() }, { COUNTER() } } },
	  .verdict = "valid", .trust = "anchored" },
	{ .name = "bad-token-good-counter",
	  .sign = { .signer = "expired",
		    .stamps = { { TOKEN(.odd = STAMP_BAD_SIGNATURE) }, { COUNTER() } } },
	  .verdict = "valid", .trust = "anchored", .findings = "ts.bad" },
	{ .name = "late-token-early-counter",
	  .sign = { .signer = "expired",
		    .stamps = { { TOKEN_AT(AFTER) }, { COUNTER() } } },
	  .verdict = "valid", .trust = "anchored", .findings = "ts.disagree" },
	{ .name = "two-bad-tokens",
	  .sign = { .signer = "expired",
		    .stamps = { { TOKEN(.odd = STAMP_ALTERED_TIME) },
				{ TOKEN(.authority = "tsa-stranger") } } },
	  .verdict = "untrusted", .trust = "expired", .findings = "ts.bad" },
};
/* clang-format on */
const struct forge_trap_table traps_time = { rows, COUNT_OF(rows) };
