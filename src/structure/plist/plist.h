/* SPDX-License-Identifier: MIT */
/*
 * Property lists, as XML and in binary form.
 *
 * Follows Apple's PropertyList-1.0 document type and CFBinaryPList.c ("bplist00").
 * Read only.  The document type of the XML form is passed over, never looked at;
 * there are no entities but the predefined ones.
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"

#define PLIST_MAX_BYTES ((size_t)16 << 20)
#define PLIST_MAX_DEPTH 32
#define PLIST_MAX_NODES ((size_t)1 << 18)

enum plist_kind {
	PLIST_NONE,
	PLIST_DICT,
	PLIST_ARRAY,
	PLIST_STRING, /* .bytes: UTF-8 */
	PLIST_DATA,
	PLIST_INTEGER,
	PLIST_BOOLEAN, /* .number */
	PLIST_REAL,    /* .number: thousandths, those behind cut off; too large: the largest */
	PLIST_OTHER,   /* a date, a UID: .bytes as they stand */
};

struct plist {
	enum plist_kind kind;
	struct span key; /* of an entry of a dictionary; UTF-8 */
	struct span bytes;
	int64_t number;
	struct plist *first, *next; /* of a container; of its parent */
	size_t n;                   /* in a container */
};

/*
 * STATUS_MALFORMED: it is none, or does not hold together; STATUS_LIMIT: a limit
 * above; STATUS_UNSUPPORTED: another encoding.
 */
MUST_CHECK enum status plist_read(struct arena *a, struct span in, struct plist **out);

/* The entry of that name of a dictionary, if it is of that kind; NULL: none. */
const struct plist *plist_find(const struct plist *dict, const char *key, enum plist_kind kind);
