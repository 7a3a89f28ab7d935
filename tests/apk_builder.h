/* SPDX-License-Identifier: MIT */
/* Android packages for tests, signed in any way: by honest makers and by others. */
#pragma once
#include "base/buffer.h"
#include "tests/pki.h"

#define APK_BUILD_SIGNERS 4
#define APK_BUILD_PAST    4
#define APK_BUILD_MAX     INT32_MAX

/* One signer with ECDSA and SHA-256. */
struct apk_build_signer {
	unsigned scheme; /* 2, 3, 31; 0: no signer */
	const struct pki_certificate *by;
	uint32_t min_sdk, max_sdk;                          /* v3, v3.1 */
	const struct pki_certificate *past[APK_BUILD_PAST]; /* proof of rotation up to .by */
	uint32_t rotation;                                  /* v3: names v3.1 from here on */
	bool for_previews;
};

struct apk_build {
	const char *package; /* NULL: "a.b" */
	uint32_t min_sdk;
	const char *text; /* of classes.dex */
	struct apk_build_signer signers[APK_BUILD_SIGNERS];
	const struct pki_certificate *stamp;    /* named by stamp-cert-sha256; NULL: none */
	const struct pki_certificate *stamp_by; /* of the stamp itself; NULL: there is none */
	const struct pki_certificate *stamp_past[APK_BUILD_PAST];
	struct span stamp_block; /* instead: that of another package */
};

/* @digest: the 32 bytes that its signers sign; @stamp (NULL: not wanted) what its stamp says.
 */
void apk_build(struct buffer *out, struct pki *pki, const struct apk_build *plan,
	       uint8_t digest[32], struct span *stamp);

/* A signature of scheme v4. */
struct idsig_build {
	const struct pki_certificate *by;
	const struct pki_certificate *also; /* record for scheme v3.1; NULL: none */
	bool salted, bad_digest, bad_root, bad_tree, no_tree, bad_signature;
};
void idsig_build(struct buffer *out, struct pki *pki, struct span package,
		 const uint8_t digest[32], const struct idsig_build *plan);
