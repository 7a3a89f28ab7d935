/* SPDX-License-Identifier: MIT */
/*
 * Source: descriptor -> bytes; or bytes that came out of another file and are in memory.
 *
 * A verdict is about one inode and its bytes at one time.  Targets are never
 * mapped (a shrinking file would kill us): they are read in chunks, and a file
 * that changes meanwhile gives STATUS_CHANGED, never a wrong word.
 */
#pragma once
#include "base/arena.h"
#include "source/view.h"

#define SOURCE_GLANCE     ((size_t)4 << 10)  /* enough to tell a format */
#define SOURCE_HEAD       ((size_t)64 << 10) /* first piece of a big file */
#define SOURCE_WHOLE_MAX  ((size_t)1 << 20)  /* smaller files are one piece */
#define SOURCE_MAX_LOADED ((size_t)72 << 20) /* pieces of one file, together */
#define SOURCE_BLOCK      ((size_t)4 << 10)  /* pieces begin on a multiple of this */
#define SOURCE_AHEAD      ((size_t)64 << 10) /* smallest further piece */

/* Which inode, in which state.  Everything that statx can say about a change. */
struct source_identity {
	uint64_t dev, ino, size;
	int64_t mtime_ns, ctime_ns, btime_ns; /* btime 0: not known */
	uint32_t mode, uid, gid;
};

struct source {
	int fd;             /* borrowed; -1: .memory is the file */
	struct span memory; /* borrowed */
	bool leased;
	bool lent;   /* whoever gave us the descriptor holds a lease on it */
	bool steady; /* nobody who may write had it open, so that its times tell of any change
		      */
	struct source_identity before;
	size_t loaded;
};

/*
 * Begins to read the regular file at @fd (borrowed).  STATUS_USAGE: not a
 * regular file; STATUS_IO: errno.  Tries a read lease, silently.
 */
MUST_CHECK enum status source_begin(struct source *s, int fd);

/*
 * The same without a lease, of a file at @fd that was @before when it was asked last:
 * that nothing changed since then is what source_end() says.
 */
void source_of_known(struct source *s, int fd, const struct source_identity *before);

/* The same of bytes in memory, which nobody changes. */
void source_of_memory(struct source *s, struct span bytes);

/*
 * Nothing changed since source_begin(): STATUS_OK, else STATUS_CHANGED.
 * Gives the lease back.  Call it once, when everything has been read.
 */
MUST_CHECK enum status source_end(struct source *s);

/* Fills @v with the first and the last SOURCE_GLANCE bytes: most files of a tree are none for
 * us. */
MUST_CHECK enum status source_glance(struct source *s, struct arena *a, struct view *v);

/* From a glance to the head, or to the whole of a small file; what is there is not read again.
 */
MUST_CHECK enum status source_widen(struct source *s, struct arena *a, struct view *v);

/*
 * Loads @v->want, and a little more, as a new piece.  Pieces that it meets are
 * joined with it: their bytes are copied, not read again, and spans that point
 * into them stay good as long as @a.  STATUS_LIMIT: more than SOURCE_MAX_LOADED,
 * or more than VIEW_MAX_PIECES places.  Parts that are to be gathered are read as
 * they are, without more, and take no such place.
 */
MUST_CHECK enum status source_load(struct source *s, struct arena *a, struct view *v);

/*
 * Reads exactly @len bytes at @off to @to.  STATUS_CHANGED: the file is
 * shorter than it was; STATUS_USAGE: beyond the size that it had.  Bytes that
 * @v (NULL: none) already holds are compared with what was read: different
 * gives STATUS_CHANGED.
 */
MUST_CHECK enum status source_read(struct source *s, const struct view *v, uint64_t off,
				   uint8_t *to, size_t len);

/* The identity of @fd now, by statx. */
MUST_CHECK enum status source_identify(int fd, struct source_identity *out);
