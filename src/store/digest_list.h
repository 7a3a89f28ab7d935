/* SPDX-License-Identifier: MIT */
/*
 * Digest lists: files that this host allows or denies by the SHA-256 of all
 * their bytes, whatever their names.
 *
 * A text of root's: on each line a digest in hex and, behind a blank, why it is
 * there; "#" begins a comment:
 *
 *	[image:|certificate:]DIGEST [until=TIME] [REASON]
 *
 * What makes no sense is told with its line, and the list is refused: a line that
 * is overlooked would let something pass.
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"

#define DIGEST_LIST_ALLOW       "/etc/assay/lists/allow"
#define DIGEST_LIST_DENY        "/etc/assay/lists/deny"
#define DIGEST_LIST_BYTES       32
#define DIGEST_LIST_DIGITS      UINT64_C(64)
#define DIGEST_LIST_MAX_ENTRIES ((size_t)1000000)
#define DIGEST_LIST_MAX_FILE    ((size_t)96 << 20)
#define DIGEST_LIST_MAX_REASON  200

/* What it is a digest of; a certificate's and an image's only ever deny. */
enum digest_entry_type {
	DIGEST_ENTRY_NONE,
	DIGEST_ENTRY_FILE,        /* all bytes */
	DIGEST_ENTRY_IMAGE,       /* what signatures of the format cover */
	DIGEST_ENTRY_CERTIFICATE, /* whom a signature names */
	DIGEST_ENTRY_TYPES
};
/* "", "image:", "certificate:": what stands before the digest. */
const char *digest_entry_prefix(enum digest_entry_type type);

struct digest_entry {
	uint8_t digest[DIGEST_LIST_BYTES];
	enum digest_entry_type type;
	int64_t until;      /* from then on it is not in force; 0: for ever */
	const char *reason; /* "": none is given */
	const char *author; /* of a signed list: who wrote it; else "" */
};

struct digest_list {
	struct digest_entry *entries; /* sorted, each once */
	size_t n, room;
};

/* STATUS_USAGE: *@problem is "file:line: why".  A file that is not there is an empty list. */
MUST_CHECK enum status digest_list_read(struct arena *a, const char *path,
					struct digest_list *out, const char **problem);
/* The same of a text; @name: how problems call it. */
MUST_CHECK enum status digest_list_parse(struct arena *a, struct span text, const char *name,
					 struct digest_list *out, const char **problem);
/* NULL: it is not on the list. */
const struct digest_entry *digest_list_find(const struct digest_list *list, struct span digest);
bool digest_list_has(const struct digest_list *list, struct span digest);
/* Is it on the list, and in force at @now? */
bool digest_list_holds(const struct digest_list *list, struct span digest, int64_t now);
/* When after @now something of it will not be in force any more; INT64_MAX: never. */
int64_t digest_list_ends(const struct digest_list *list, int64_t now);
/* "[image:|certificate:]DIGEST" */
MUST_CHECK bool digest_entry_parse(struct span text, struct digest_entry *out);

/*
 * What @list is with @entry and without; false: it was as it is.  Of its reason, which may be
 * the name of a hostile file, only what can stand on a line is kept.
 */
MUST_CHECK enum status digest_list_add(struct arena *a, struct digest_list *list,
				       const struct digest_entry *entry, bool *changed);
bool digest_list_remove(struct digest_list *list, struct span digest);

/* Replaces @path as a whole; it is on the disk when this returns.  STATUS_IO: errno. */
MUST_CHECK enum status digest_list_write(const char *path, const struct digest_list *list);
