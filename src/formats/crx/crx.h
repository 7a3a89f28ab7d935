/* SPDX-License-Identifier: MIT */
/* CRX: extensions of Chromium, version 3 (crx3.proto, crx_verifier.cc of Chromium). */
#pragma once
#include "formats/format.h"

#define CRX_HEADER_MAX ((uint64_t)256 << 10)
#define CRX_MAX_PROOFS 16
#define CRX_ID_BYTES   16

/* Who says so, and how he proves it. */
struct crx_proof {
	bool ecdsa; /* else RSA, PKCS #1 v1.5; both with SHA-256 */
	struct span key, signature;
};

struct crx_file {
	struct range header;                     /* the protocol buffer */
	struct range archive;                    /* up to the end of the file */
	struct span signed_header;               /* what is signed with the archive */
	struct span id;                          /* in it; empty: it has none, or several */
	struct crx_proof proofs[CRX_MAX_PROOFS]; /* in the order of the claims */
	size_t n_proofs;
};

extern const struct format format_crx;
