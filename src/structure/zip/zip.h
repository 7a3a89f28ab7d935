/* SPDX-License-Identifier: MIT */
/*
 * ZIP: one reading of an archive, on which every program must agree
 * (PKWARE APPNOTE 6.3.10).
 *
 * All that is learnt is a claim: entries, where their pieces lie, and holes,
 * which are the bytes that nobody owns.  Owned bytes and holes together are the
 * file.  Nothing is inflated here.  Whatever lets two readers see two different
 * archives is a trouble; the profile says which of them an ecosystem tolerates.
 */
#pragma once
#include "base/finding.h"
#include "source/view.h"

#define ZIP_END_BYTES   22 /* the end record, without a comment */
#define ZIP_MAX_COMMENT 65535
#define ZIP_TAIL_BYTES  (ZIP_END_BYTES + ZIP_MAX_COMMENT) /* where the end record can stand */
#define ZIP_MAX_ENTRIES ((size_t)1000000)
#define ZIP_MAX_CENTRAL ((uint64_t)256 << 20)
#define ZIP_MAX_NAME    4096
#define ZIP_MAX_RATIO   1000                 /* bytes out of one, of an entry and of all */
#define ZIP_MAX_TOTAL   ((uint64_t)8 << 30)  /* bytes out of one file */
#define ZIP_MAX_BYTES   ((uint64_t)64 << 20) /* of an entry that is wanted in memory */

/* What is wrong with the archive, as bits; findings say where. */
enum zip_trouble {
	ZIP_PREFIX = 1 << 0,        /* bytes before the first entry */
	ZIP_PREFIX_RAW = 1 << 1,    /* and the offsets do not count them */
	ZIP_TRAILING = 1 << 2,      /* bytes behind the end record and its comment */
	ZIP_MANY_ENDS = 1 << 3,     /* more than one end record that would do */
	ZIP_CENTRAL_GAP = 1 << 4,   /* bytes between central directory and end record */
	ZIP_CENTRAL_SLACK = 1 << 5, /* bytes in the central directory behind its last record */
	ZIP_CENTRAL_BAD = 1 << 6,   /* end record and central directory contradict each other */
	ZIP_LOCAL_BAD = 1 << 7, /* a local header is missing or contradicts the central one */
	ZIP_LOCAL_METHOD = 1 << 8, /* only in its method */
	ZIP_OVERLAP = 1 << 9,      /* two entries share bytes */
	ZIP_GAP = 1 << 10,         /* bytes between entries */
	ZIP_DUPLICATE = 1 << 11,   /* a name twice */
	ZIP_ALIAS = 1 << 12,       /* two names that some systems take for one */
	ZIP_NAME = 1 << 13,        /* a name that must not be used */
	ZIP_ODD_METHOD = 1 << 14,  /* neither stored nor deflated */
	ZIP_ENCRYPTED = 1 << 15,
	ZIP_POLYGLOT = 1 << 16, /* a hole begins like a program or another archive */
};

enum zip_profile { ZIP_PROFILE_STRICT, ZIP_PROFILE_JAVA, ZIP_PROFILE_ANDROID };

enum { ZIP_STORED = 0, ZIP_DEFLATED = 8 };

struct zip_entry {
	struct span name;                      /* of the central directory */
	uint64_t size, packed;                 /* bytes out, bytes in */
	struct range header, data, descriptor; /* descriptor: zero long without one */
	uint64_t central;                      /* where its central record begins */
	size_t index;                          /* among .entries */
	uint32_t crc, attributes; /* external: Unix mode << 16 when .made_by is 3 */
	uint16_t method, flags;
	uint8_t made_by; /* system */
	bool odd;        /* its local header contradicts, or is not there */
};

enum zip_hole_kind {
	ZIP_HOLE_PREFIX = 1,
	ZIP_HOLE_GAP,
	ZIP_HOLE_BLOCK,         /* between the last entry and the central directory */
	ZIP_HOLE_CENTRAL_SLACK, /* inside the central directory */
	ZIP_HOLE_CENTRAL_GAP,   /* between central directory and end record */
	ZIP_HOLE_TRAILING
};

struct zip_hole {
	enum zip_hole_kind kind;
	struct range where;
	const char *like; /* "Windows program": what it begins like; NULL: nothing known */
};

struct zip {
	const struct zip_entry *entries; /* as in the central directory */
	size_t n_entries;
	const uint32_t *by_offset; /* indexes of .entries in file order */
	const uint32_t *by_name;   /* indexes, by a hash of the folded name */
	const uint64_t *hashes;    /* of .by_name */
	const struct zip_hole *holes;
	size_t n_holes;
	struct range central; /* its records, without slack */
	struct range end;     /* the end record with its comment, ZIP64 records included */
	uint64_t end_record;  /* where the end record itself begins */
	struct span comment;
	uint64_t delta;   /* what must be added to every offset */
	unsigned trouble; /* bits of enum zip_trouble */
};

/*
 * Reads the archive.  STATUS_NOT_MINE: no end record; STATUS_MALFORMED: there is
 * no reading of it at all, a finding says why; STATUS_LIMIT: a limit above, with
 * a finding "limit.zip"; STATUS_WANT: load what the view wants and call again.
 * Everything else is a trouble, and STATUS_OK.  Memory: the findings' arena.
 */
MUST_CHECK enum status zip_read(struct view *v, struct findings *findings, struct zip *out);

/* Is there an end record whose comment ends where @tail, the end of a file, does? */
MUST_CHECK bool zip_ends(struct span tail);

/*
 * Is there an end record with entries before it in @tail, the last bytes of a file of @size?
 * Of a file of which nothing else says that it is an archive.
 */
MUST_CHECK bool zip_ends_likely(struct span tail, uint64_t size);

/* Does @profile refuse the archive?  Everything is told in findings, whatever it tolerates. */
MUST_CHECK bool zip_broken(const struct zip *z, enum zip_profile profile);

/* The entry of exactly this name; of several, the first in the directory.  NULL: none. */
const struct zip_entry *zip_find(const struct zip *z, struct span name);

/* The same, or else one whose name differs as ZIP_ALIAS names do. */
const struct zip_entry *zip_find_any_case(const struct zip *z, struct span name);

/* Does the name end in "/", and hold nothing? */
bool zip_is_directory(const struct zip_entry *e);

/*
 * Can its bytes be had: not encrypted, its local header as it should be?  Any
 * method but stored is read as deflated, as Android does; who does not follow
 * it refuses ZIP_ODD_METHOD.
 */
bool zip_readable(const struct zip_entry *e);

/*
 * What the entry holds, at most @max bytes.  STATUS_MALFORMED: the data ends too
 * early or too late, or the CRC is another; STATUS_UNSUPPORTED: it is not
 * readable; STATUS_LIMIT: longer than @max; STATUS_WANT: load and call again.
 */
MUST_CHECK enum status zip_bytes(struct view *v, struct arena *a, const struct zip_entry *e,
				 uint64_t max, struct span *out);

/*
 * Asks for the data of all of @entries (NULL ones are left out) that the view
 * does not hold, together.  STATUS_WANT, or STATUS_OK: all of it is there.
 */
MUST_CHECK enum status zip_want(struct view *v, struct arena *a,
				const struct zip_entry *const *entries, size_t n);

/* What may come out of one file: adds @e.  STATUS_LIMIT: ZIP_MAX_RATIO or ZIP_MAX_TOTAL. */
struct zip_budget {
	uint64_t in, out;
};
MUST_CHECK enum status zip_spend(struct zip_budget *b, const struct zip_entry *e);

/* What bytes begin like, for the eyes of a reader; NULL: like nothing that we know. */
const char *zip_likeness(struct span head);
