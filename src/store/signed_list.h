/* SPDX-License-Identifier: MIT */
/*
 * Signed lists: bundles (store/list_bundle.h) that a host follows, and makes.
 *
 * A host is safe when whoever carries bundles is hostile: it takes over only what enough of
 * its keys have signed, the next number of it that follows the bundle before, and what has
 * not expired.  Numbers never go back.  What is followed lies in one file of a folder,
 * FOLDER/WHAT-NAME.followed, which is replaced as a whole; what is made, in
 * FOLDER/WHAT-NAME.signed, so that the next one has the next number:
 *
 *	head	"assayFOL", version u32, length of the bundle u64
 *	bundle	the last one, as it came
 *	set	the entries that came of it (store/list_entries.h); of a policy: nothing
 *
 * The last bundle's signature covers the digest of the set, so every reading of the file
 * verifies what it says.
 */
#pragma once
#include "store/digest_list.h"
#include "store/list_bundle.h"

#define SIGNED_LISTS_MAX        64 /* that a host follows */
#define SIGNED_LISTS_MAX_BUNDLE ((size_t)64 << 20)
#define SIGNED_LISTS_MAX_SET    ((size_t)64 << 20) /* bytes */
#define SIGNED_LISTS_KEY_DIGITS 16                 /* of a key's id, for people */

struct signed_list {
	enum bundle_content what; /* BUNDLE_DENY, BUNDLE_ALLOW, BUNDLE_POLICY */
	const char *name, *key;   /* who signed: the first digits of the key's id */
	uint64_t sequence;
	uint8_t digest[32]; /* of the bundle's manifest */
	int64_t created, expires;
	bool stale; /* it has expired: whoever carries bundles may hold some back */
	/* Why who signed it does not count any more, what that does, and what helps: a key that
	 * left the configuration, or more of them asked for; NULL: it counts. */
	const char *unvouched;
	struct digest_list set; /* of files */
	struct span content;    /* of a policy, as it is in the bundle */
};

struct signed_lists {
	struct signed_list *lists;
	size_t n;
};

/* Why one was refused; NULL: there is no such rule.  *@advice: what helps; NULL: nothing. */
const char *signed_list_why(const char *id, const char **advice);

/* "deny", "allow", "policy" */
const char *signed_list_word(enum bundle_content what);

struct signed_from {
	const char *folder;
	struct bundle_trust trust;
	int64_t now;
};

/*
 * All that is followed of @what, BUNDLE_NOTHING: of everything.  A list that was taken over
 * and is signed by nobody who counts any more is there too (.unvouched).  STATUS_USAGE:
 * *@problem is a sentence.
 */
MUST_CHECK enum status signed_lists_read(struct arena *a, const struct signed_from *from,
					 enum bundle_content what, struct signed_lists *out,
					 const char **problem);

struct signed_import {
	const char *path;
	enum bundle_content what;
	const char *name; /* of the list that it must be; NULL: any */
	bool dry_run;     /* everything but the taking over */
	/* Does the content of a policy make sense?  NULL: it does; else a sentence. */
	const char *(*check)(void *context, struct span content);
	void *context;
};

struct signed_taken {
	struct signed_list list;
	uint64_t before;         /* the number that was followed; 0: none */
	uint64_t added, removed; /* files */
	bool known;              /* it was taken over before */
};

/* STATUS_USAGE: refused, and the list that was followed holds; *@problem says why, by which
 * rule, and what helps. */
MUST_CHECK enum status signed_list_import(struct arena *a, const struct signed_from *from,
					  const struct signed_import *import,
					  struct signed_taken *out, const char **problem);

struct signed_export {
	const char *path; /* the bundle to make */
	enum bundle_content what;
	const char *name, *folder;
	const struct ed25519_key *keys;
	size_t n_keys;
	int64_t now, expires; /* expires 0: never */
	bool snapshot;        /* all of it, not what is new */
	const struct digest_list *set;
	const char *author;  /* of what is new in the set */
	struct span content; /* of a policy */
};

/* The next number of the list is used up, whatever comes.  *@problem: as above. */
MUST_CHECK enum status signed_list_sign(struct arena *a, const struct signed_export *e,
					struct signed_taken *out, const char **problem);

/* Follows it no more.  STATUS_USAGE: there is none. */
MUST_CHECK enum status signed_list_forget(struct arena *a, const char *folder,
					  enum bundle_content what, const char *name,
					  const char **problem);

/* Public keys that @paths name, files of root's.  STATUS_USAGE: *@problem. */
MUST_CHECK enum status signed_keys_read(struct arena *a, const char *const *paths, size_t n,
					struct ed25519_key *out, const char **problem);
