/* SPDX-License-Identifier: MIT */
/* What is opened: its first bytes, its name, its rights. */
#include "daemon/opens.h"
#include "daemon/watching.h"

#include "base/slot.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#define HEAD 4 /* bytes that tell kinds apart */

static enum interpreter_kind kind_of(struct span head)
{
	static const struct {
		struct span magic;
		enum interpreter_kind kind;
	} kinds[] = {
		{SPAN_INIT("#!"),                    INTERPRETER_SCRIPT },
		{ SPAN_INIT("\x7f"
			    "ELF"),
                 INTERPRETER_LOADER				     },
		{ SPAN_INIT("MZ"),                   INTERPRETER_WINDOWS},
		{ SPAN_INIT("PK\3\4"),               INTERPRETER_ARCHIVE},
		{ SPAN_INIT("\xca\xfe\xba\xbe"),     INTERPRETER_ARCHIVE},
	};

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (span_equal(span_clip(head, 0, kinds[i].magic.len), kinds[i].magic))
			return kinds[i].kind;
	return INTERPRETER_NONE;
}

static bool is_memory(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

/* Without waiting for a disk or a server.  -1: errno. */
static ssize_t head_read(int fd, struct slot head)
{
	struct iovec part = { head.ptr, head.len };
	ssize_t n = preadv2(fd, &part, 1, 0, RWF_NOWAIT);

	if (n < 0 && errno == EOPNOTSUPP && is_memory(fd))
		n = preadv2(fd, &part, 1, 0, 0);
	/* It is on its way, then. */
	if (n < 0 && errno == EAGAIN)
		(void)posix_fadvise(fd, 0, (off_t)head.len, POSIX_FADV_WILLNEED);
	return n;
}

bool open_is_empty(int fd)
{
	uint8_t head[1];

	return head_read(fd, (struct slot){ head, sizeof(head) }) == 0;
}

static bool claims(const struct interpreter *i, int fd)
{
	char path[DECISION_MAX_PATH], link[32];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path));
	/* The kernel tells no path that is too long: it may end in anything. */
	if (n <= 0 || (size_t)n == sizeof(path))
		return i->endings.len > 0;
	return interpreter_claims(i, (struct span){ (uint8_t *)path, (size_t)n });
}

static bool may_be_run(const struct interpreter *i, const struct statx *x)
{
	return (i->kind == INTERPRETER_SCRIPT || i->kind == INTERPRETER_NONE) &&
	       (x->stx_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
}

enum open_look open_look(const struct interpreter *i, int fd, enum interpreter_kind *kind)
{
	enum interpreter_kind is;
	uint8_t head[HEAD];
	struct statx x;
	ssize_t n;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MODE, &x) !=
		    0 ||
	    !S_ISREG(x.stx_mode))
		return OPEN_PASSES;
	*kind = i->kind != INTERPRETER_NONE ? i->kind : INTERPRETER_SCRIPT;
	n = head_read(fd, (struct slot){ head, sizeof(head) });
	if (n < 0) /* from a server, who shall not keep us waiting: it may be anything */
		return errno == EAGAIN ? OPEN_UNKNOWN : OPEN_COUNTS;
	/* What is written to it is to wait until it was read. */
	if (n == 0)
		return may_be_run(i, &x) || claims(i, fd) ? OPEN_COUNTS : OPEN_PASSES;
	is = kind_of(span_clip(SPAN_OF(head), 0, (uint64_t)n));
	if (i->kind == INTERPRETER_NONE) { /* whatever who asks may be */
		*kind = is;
		return is != INTERPRETER_NONE ? OPEN_COUNTS : OPEN_PASSES;
	}
	/* Java takes a source with such a first line, too. */
	if (is == i->kind || (is == INTERPRETER_SCRIPT && i->kind == INTERPRETER_ARCHIVE))
		return OPEN_COUNTS;
	/* Text needs no "#!" for whom it is given to, and shells take much for text. */
	if (is != INTERPRETER_LOADER && may_be_run(i, &x))
		return OPEN_COUNTS;
	return claims(i, fd) ? OPEN_COUNTS : OPEN_PASSES;
}
