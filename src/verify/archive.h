/* SPDX-License-Identifier: MIT */
/*
 * Archive: signers of META-INF blocks as Java reads them, in JAR and XPI.
 *
 * A profile says in which set signers are believed and which entries may do
 * without a signature.
 */
#pragma once
#include "formats/meta_inf.h"
#include "verify/entries.h"

#define ARCHIVE_MAX_FACTS 64 /* signers of all blocks of a file */

struct archive_profile {
	const struct scheme *scheme;
	enum trust_set set;
	struct entries_rules rules;
	/* What becomes of the trust when the weakest digest is this; NULL: nothing. */
	void (*weakness)(struct fact *fact, enum digest_algorithm weakest);
};

/* One SignerInfo of one block. */
struct archive_signer {
	struct fact *fact;
	const struct meta_inf_signer *files;
	struct archive_signer *next;
};

struct archive {
	const struct archive_profile *profile;
	const struct meta_inf *files;
	struct entries entries; /* .jobs: the caller puts the computed ones here */
	struct archive_signer *first, **last;
	size_t n;
};

/* Reads all blocks that claims of the profile's scheme name, and plans the jobs. */
MUST_CHECK enum status archive_begin(struct arena *a, struct scheme_case *c,
				     const struct archive_profile *profile,
				     struct archive *out);

/* Judges them; *@last is where the first fact goes, and then points behind the last. */
MUST_CHECK enum status archive_finish(struct arena *a, struct scheme_case *c,
				      struct archive *archive, struct fact ***last);
