/* SPDX-License-Identifier: MIT */
/*
 * CFB: a compound file, a small file system inside a file ([MS-CFB]).
 *
 * Reads allocation tables and directory through a view, never the whole file,
 * and says for each stream where its bytes lie.  No byte belongs to two
 * streams, so that all work is bounded by the size of the file.
 */
#pragma once
#include "base/finding.h"
#include "source/view.h"

#define CFB_MAX_ENTRIES 65536
#define CFB_MAX_DEPTH   32
#define CFB_MAX_RUNS    ((size_t)1 << 18) /* pieces into which a file is scattered */
#define CFB_MAX_DIFAT   4096
#define CFB_MAX_HOLES   4096 /* more of them are one with what lies between */
#define CFB_NO_ENTRY    UINT32_MAX
#define CFB_HEAD_BYTES  512

/* As the directory writes them. */
enum cfb_type { CFB_UNALLOCATED = 0, CFB_STORAGE = 1, CFB_STREAM = 2, CFB_ROOT = 5 };

struct cfb_entry {
	uint32_t index;
	enum cfb_type type;
	struct span name;     /* UTF-16LE, without its NUL */
	bool name_malformed;  /* no NUL behind it, or one in it */
	struct span clsid;    /* 16 bytes */
	struct span state;    /* 4 bytes */
	struct span times;    /* creation and modification, 8 bytes each */
	struct span size_low; /* the low 4 bytes of its size, as they stand there */
	uint64_t size;        /* of a stream; else 0 */
	uint32_t start;       /* its first sector */
	bool reached;         /* the tree leads to it */
	struct range record;  /* where its first bytes lie in the file */
	/* Where its bytes lie, exactly .size of them. */
	const struct range *runs;
	size_t n_runs;
	/* Of a storage: ordered by the bytes of their names. */
	const struct cfb_entry *const *children;
	size_t n_children;
};

struct cfb {
	uint64_t sector_bytes;
	const struct cfb_entry *entries; /* [0] is the root; none: there is no directory */
	size_t n_entries;
	/* Sectors that nothing uses, before the last one that something does. */
	const struct range *holes;
	size_t n_holes;
	struct range trailing; /* everything behind that last sector; zero long: nothing */
	struct range slack;    /* what of that sector holds nothing; zero long: it is full */
	/* Sectors that hold the structure: header, tables, directory. */
	const struct range *tables;
	size_t n_tables;
	bool broken; /* the structure contradicts itself; findings say where */
};

/* Does @head begin as one? */
bool cfb_sniff(struct span head);

/*
 * Reads @view.  STATUS_OK also for a broken file; what could be read of it is
 * in @out.  STATUS_WANT as for every reader; STATUS_LIMIT: a finding says which.
 */
MUST_CHECK enum status cfb_read(struct view *view, struct findings *findings, struct cfb *out);

/* The entry of this name (UTF-16LE) in @storage; NULL: none.  Exact, not as Windows compares.
 */
const struct cfb_entry *cfb_child(const struct cfb_entry *storage, struct span name);

/* The bytes of a stream of at most @max bytes, as one span.  STATUS_LIMIT: it has more. */
MUST_CHECK enum status cfb_load(struct view *view, struct arena *a, const struct cfb_entry *e,
				uint64_t max, struct span *out);
