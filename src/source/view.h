/* SPDX-License-Identifier: MIT */
/*
 * View: those parts of a file that are in memory.
 *
 * A format reader is pure: it asks the view for bytes.  When they are not
 * there, the reader gives STATUS_WANT back, its caller loads what view->want
 * says, and calls the reader again.  So parsers do no I/O, and whatever
 * decided about a file is one copy that was read once; when the same bytes
 * are read again for hashing, they are compared with this copy.
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"

#define VIEW_MAX_PIECES 24

struct view_piece {
	uint64_t off;
	struct span bytes;
};

/* Parts that lie apart in the file and were read as one. */
struct view_gathered {
	const struct range *parts;
	size_t n;
	struct span bytes;  /* of all parts, one after the other */
	const uint64_t *at; /* where in .bytes each part begins */
	bool ordered;       /* parts are in file order and apart: view_part() finds them */
	const struct view_gathered *next;
};

struct view {
	uint64_t size; /* of the file */
	struct view_piece pieces[VIEW_MAX_PIECES];
	size_t n;
	const struct view_gathered *gathered;
	/* Set with STATUS_WANT: one range, or when there are any these parts, to be gathered.
	 */
	struct range want;
	const struct range *want_parts;
	size_t n_want_parts;
};

/* A view of a file that is in memory as a whole. */
struct view view_whole(struct span file);

/*
 * [@off, @off + @len) in *@out.  STATUS_MALFORMED: outside the file;
 * STATUS_WANT: inside, but not loaded.
 */
MUST_CHECK enum status view_part(struct view *v, uint64_t off, uint64_t len, struct span *out);

/* As far as the file goes: shorter at its end, never STATUS_MALFORMED. */
MUST_CHECK enum status view_clip(struct view *v, uint64_t off, uint64_t len, struct span *out);

/*
 * The bytes of @parts, one after the other, in one span: what a file system
 * inside a file has scattered.  STATUS_MALFORMED: one lies outside the file.
 * @parts must live as long as the view.
 */
MUST_CHECK enum status view_gather(struct view *v, struct arena *a, const struct range *parts,
				   size_t n, struct span *out);

/*
 * For a reader who needs many short places (the headers of an archive): wants
 * all of @parts, in file order and apart from each other, and finds them with
 * view_part() when it is called again.  STATUS_WANT.  @parts must live as long
 * as the view.
 */
MUST_CHECK enum status view_want(struct view *v, const struct range *parts, size_t n);

/* Notes what was loaded for view_gather() or view_want(): @bytes of all wanted parts. */
MUST_CHECK enum status view_add_parts(struct view *v, struct arena *a, struct span bytes);

/* Of ordered parts, the first that ends behind @off; .n: none. */
size_t view_gathered_place(const struct view_gathered *g, uint64_t off);

/* Adds a loaded piece.  False: too many. */
MUST_CHECK bool view_add(struct view *v, uint64_t off, struct span bytes);
