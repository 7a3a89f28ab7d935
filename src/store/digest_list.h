/* SPDX-License-Identifier: MIT */
/*
 * Digest lists: files that this host allows or denies by the SHA-256 of all
 * their bytes, whatever their names.
 *
 * A text of root's: a digest in hex on each line and, behind a blank, why it is
 * there; "#" begins a comment.  What makes no sense is told with its line, and
 * the list is refused: a line that is overlooked would let something pass.
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

struct digest_entry {
	uint8_t digest[DIGEST_LIST_BYTES];
	const char *reason; /* "": none is given */
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
bool digest_list_has(const struct digest_list *list, struct span digest);

/*
 * What @list is with @digest and without; false: it was as it is.  Of @reason, which may be the
 * name of a hostile file, only what can stand on a line is kept.
 */
MUST_CHECK enum status digest_list_add(struct arena *a, struct digest_list *list,
				       struct span digest, const char *reason, bool *changed);
bool digest_list_remove(struct digest_list *list, struct span digest);

/* Replaces @path as a whole; it is on the disk when this returns.  STATUS_IO: errno. */
MUST_CHECK enum status digest_list_write(const char *path, const struct digest_list *list);
