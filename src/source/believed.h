/* SPDX-License-Identifier: MIT */
/*
 * Believed: files that decide about security, and so must belong to who may
 * decide.  Nobody else may write to them; drop-ins of three folders hide each
 * other by name, as systemd does it, and a link to /dev/null hides all.
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"
#include <sys/types.h>

#define BELIEVED_MAX_DROP_INS 256
#define BELIEVED_MAX_BYTES    65536

struct believed_file {
	const char *path;
	uid_t owner;
	bool or_own; /* it may belong to the effective user as well */
	bool must;   /* that there is none is a mistake */
};

/* Why a file of this kind, with this owner, is not believed; NULL: it is. */
struct stat;
const char *believed_problem(const struct stat *st, uid_t owner, bool or_own);

/* STATUS_USAGE: *@problem is "path: why".  *@there false: there is none, or it is masked. */
MUST_CHECK enum status believed_read(struct arena *a, const struct believed_file *file,
				     struct span *out, bool *there, const char **problem);

/* Of a file name in two folders, the later folder's counts. */
struct believed_folders {
	const char *vendor, *run, *etc;
};

/*
 * The paths of all files in FOLDER/@name whose names end in @suffix, by these
 * names; a NULL behind the last.
 */
MUST_CHECK enum status believed_drop_ins(struct arena *a,
					 const struct believed_folders *folders,
					 const char *name, const char *suffix,
					 const char ***out, const char **problem);
