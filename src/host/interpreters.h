/* SPDX-License-Identifier: MIT */
/*
 * Interpreters: programs that run what they merely open, and what that is.
 *
 * One is known by its inode, as it was found at the start, so that another link to
 * it is known, too; and by its name, so that one is known that came later or stands
 * in a container.  A copy under another name is not.
 */
#pragma once
#include "base/arena.h"
#include "base/span_search.h"
#include "base/status.h"

#define INTERPRETERS_MAX       320 /* lines, ours and others' */
#define INTERPRETERS_MAX_FOUND 512 /* inodes; what is beyond is known by its name */

enum interpreter_kind {
	INTERPRETER_NONE,
	INTERPRETER_SCRIPT,  /* runs text */
	INTERPRETER_LOADER,  /* ... programs of the system: the dynamic loader, ld.so(8) */
	INTERPRETER_WINDOWS, /* ... programs of Windows and of .NET */
	INTERPRETER_ARCHIVE, /* ... archives, as Java does */
};

struct interpreter {
	enum interpreter_kind kind;
	const char *place;   /* a glob: a name, or a whole path */
	struct span endings; /* of names of what it runs, blanks between them */
};

struct interpreters {
	struct interpreter each[INTERPRETERS_MAX];
	size_t n;
	struct {
		uint64_t dev, ino;
		const struct interpreter *is; /* one of .each */
	} found[INTERPRETERS_MAX_FOUND];
	size_t n_found;
};

/*
 * One line: a name or a path, which may be globs; script, loader, windows or archive;
 * and endings of what it runs ("lua* script .lua").  STATUS_USAGE: *@problem says what
 * is wrong with it.  @out borrows from @line and @a.
 */
MUST_CHECK enum status interpreter_parse(struct arena *a, const char *line,
					 struct interpreter *out, const char **problem);

/* The usual ones and @more, and which of them are installed.  NULL: no memory, or too many. */
MUST_CHECK const struct interpreters *interpreters_find(struct arena *a,
							const char *const *more, size_t n_more);

/* NULL: none of them. */
const struct interpreter *interpreter_by_inode(const struct interpreters *all, uint64_t dev,
					       uint64_t ino);
/* The same by where it stands, as /proc/PID/exe has it. */
const struct interpreter *interpreter_by_path(const struct interpreters *all, struct span path);
/* Has @path one of its endings? */
bool interpreter_claims(const struct interpreter *i, struct span path);
