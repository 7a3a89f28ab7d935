/* SPDX-License-Identifier: MIT */
/* The file of a signed list, and why lists are refused.  Private to store/signed_*.c. */
#pragma once
#include "store/list_entries.h"
#include "store/signed_list.h"

enum signed_rule {
	SIGNED_NO_RULE,
	SIGNED_UNREADABLE,
	SIGNED_LIMIT,
	SIGNED_TRUNCATED,
	SIGNED_WRONG_LIST,
	SIGNED_NO_KEY,
	SIGNED_UNSIGNED,
	SIGNED_EXPIRED,
	SIGNED_ALTERED,
	SIGNED_ROLLED_BACK,
	SIGNED_FORKED,
	SIGNED_SKIPPED,
	SIGNED_UNSORTED,
	SIGNED_NONSENSE,
	SIGNED_SET_DIFFERS,
	SIGNED_DAMAGED,
	SIGNED_RULES
};

/* STATUS_USAGE and *@problem "PATH: why (list.RULE); what helps".  @why NULL: the rule's. */
MUST_CHECK enum status signed_refuse(struct arena *a, enum signed_rule rule, const char *path,
				     const char *why, const char **problem);

/* A bundle with its set, read. */
struct signed_stored {
	struct bundle bundle;
	struct span bytes; /* of the bundle */
	struct digest_list set;
};

/*
 * @path borrowed; texts and the set are in @a.  STATUS_IO: errno (ENOENT: there is none);
 * STATUS_USAGE: damaged, or not root's.
 */
MUST_CHECK enum status signed_stored_read(struct arena *a, const char *path,
					  struct signed_stored *out, const char **problem);
MUST_CHECK enum status signed_stored_write(const char *path, struct span bundle,
					   struct span set);

/* FOLDER/WHAT-NAME@suffix; NULL: no memory. */
const char *signed_path(struct arena *a, const char *folder, enum bundle_content what,
			struct span name, const char *suffix);
#define SIGNED_FOLLOWED ".followed"
#define SIGNED_SIGNED   ".signed"

/* Has the content the digest that is signed? */
MUST_CHECK enum status signed_content_check(const struct bundle *b, bool *good);
/* Does @set have the digest at the end of the content? */
MUST_CHECK enum status signed_set_check(const struct bundle *b, struct span set, bool *good);
/* What the content's digest covers beside the entries is not of them. */
struct span signed_entries(const struct bundle *b);

/* Fills what people want to know; texts in @a. */
MUST_CHECK enum status signed_describe(struct arena *a, const struct bundle *b,
				       const struct ed25519_key *key, int64_t now,
				       struct signed_list *out);
