/* SPDX-License-Identifier: MIT */
/* A signature of scheme v4, as it stands.  Private to src/verify/apk. */
#pragma once
#include "verify/apk/tree.h"

#define SDK_V4 30

/* One signer: of all systems, or of those that look at the scheme whose number .block is. */
struct idsig_signer {
	struct fact *fact;
	uint32_t block; /* APK_V31; 0: the first one */
	struct span digest, certificate_der, additional, key, signature;
	uint32_t algorithm;
	struct certificate certificate;
	struct idsig_signer *next;
};

/* One .idsig. */
struct idsig {
	const struct claim *claim;
	uint32_t algorithm;
	uint8_t log2_block;
	struct span salt, root, stored; /* .stored: the tree itself; or empty */
	const char *problem;            /* it cannot be read; NULL: it was */
	struct idsig_signer *signers;   /* at least one, if only for the problem */
	struct digest above;            /* of a file of one page: see apk_tree_above() */
	bool stored_cut, tree_differs;
	struct idsig *next;
};

/* Reads it; what is wrong is .problem, or that of a fact: idsig.c */
MUST_CHECK enum status idsig_read(struct arena *a, struct scheme_case *c, struct idsig *out);

/* Judges one signer when the root of the file is known: idsig_judge.c */
MUST_CHECK enum status idsig_judge(struct arena *a, struct scheme_case *c,
				   const struct idsig *idsig, struct idsig_signer *s,
				   const struct digest *root);
