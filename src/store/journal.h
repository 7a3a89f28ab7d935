/* SPDX-License-Identifier: MIT */
/*
 * Journal: what was about to be done to files of this system, and what was done.
 *
 * Written before anything is changed, so that whoever comes after a crash knows
 * how it was.  Append-only, one file a day in a folder that only its owner may
 * change; each record carries a digest over itself and the record before it.
 * Numbers lowest byte first:
 *
 *	magic "aJR1", length u32 of the payload, type u16, version u16,
 *	operation 16 bytes, time i64 (seconds since 1970), payload,
 *	SHA-256 of (digest of the record before || all of this record so far)
 *
 * A file begins with JOURNAL_BEGIN, whose payload is the digest of the last
 * record of the file before; before it stand zeros.  So nothing can be left out,
 * put in or changed unseen, but by who may write here, and at the very end.
 *
 * What does not fit at the end of the newest file is a torn tail: who opens it
 * for writing moves these bytes to DAY.cut and cuts there.
 */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"

#define JOURNAL_RECORD_MAX ((size_t)1 << 20)  /* bytes of a payload */
#define JOURNAL_FILE_MAX   ((size_t)64 << 20) /* bytes of a day */
#define JOURNAL_MAX_DAYS   4096
#define JOURNAL_VERSION    1

/* Stand in files: never renumbered. */
enum journal_type {
	JOURNAL_NONE = 0,
	JOURNAL_BEGIN = 1, /* of a file; never given to anybody */
	/* A file goes to the vault and comes back. */
	JOURNAL_INTENT = 2,
	JOURNAL_STAGED = 3,
	JOURNAL_SEALED = 4,
	JOURNAL_DONE = 5,
	JOURNAL_ROLLBACK_INTENT = 6,
	JOURNAL_ROLLED_BACK = 7,
	JOURNAL_RESTORE_INTENT = 8,
	JOURNAL_RESTORE_LINKED = 9,
	JOURNAL_RESTORE_DONE = 10,
	JOURNAL_GAVE_UP = 11, /* of any operation: a person has to look */
	/* Rights are taken away and given back. */
	JOURNAL_PERM_INTENT = 12,
	JOURNAL_PERM_DONE = 13,
	JOURNAL_PERM_DROPPED = 14, /* an intent that came to nothing */
	JOURNAL_PERM_UNDO_INTENT = 15,
	JOURNAL_PERM_UNDONE = 16,
	/* A baseline of files took its place: number u64, root 32 bytes, path. */
	JOURNAL_BASELINE = 17,
};

/* Which operation: random. */
struct journal_id {
	uint8_t bytes[16];
};
MUST_CHECK enum status journal_id_new(struct journal_id *out);

struct journal_record {
	uint16_t type; /* enum journal_type; may be one of a later version */
	uint16_t version;
	struct journal_id id;
	int64_t time;
	struct span payload;
};

/* Gets each record, in order; what it keeps it copies.  Not STATUS_OK ends the reading. */
typedef enum status journal_reader(void *context, const struct journal_record *record);

/* Where it lies, and who hears what is in it. */
struct journal_place {
	const char *folder;
	journal_reader *each; /* NULL: nobody */
	void *context;
};

/* What was found beside good records. */
struct journal_health {
	uint64_t n_records;
	uint64_t cut;        /* bytes at the end of the newest file that were no record */
	uint64_t n_cuts;     /* days of which something was cut before */
	const char *damaged; /* name of an older file that does not hold together; NULL */
};

/*
 * Reads the journal at @place; one that is not there has no records.  Changes
 * nothing; waits for a writer, but not for long.
 * STATUS_IO, STATUS_USAGE (others may write there), STATUS_LIMIT: *@problem.
 */
MUST_CHECK enum status journal_read(struct arena *a, const struct journal_place *place,
				    struct journal_health *health, const char **problem);

struct journal;

/*
 * Opens it for writing, alone: others wait, up to 30 seconds.  Makes the folder,
 * cuts a torn tail, and gives every record away as journal_read() does.
 */
MUST_CHECK enum status journal_open(struct arena *a, const struct journal_place *place,
				    struct journal **out, struct journal_health *health,
				    const char **problem);

/*
 * Adds a record; STATUS_IO: errno, and it is as if nothing had been added.
 * It is safe only after journal_sync(), which may follow several.
 */
MUST_CHECK enum status journal_append(struct journal *j, const struct journal_record *record);
MUST_CHECK enum status journal_sync(struct journal *j);

/* NULL is fine. */
void journal_close(struct journal *j);
