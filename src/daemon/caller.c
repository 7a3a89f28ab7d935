/* SPDX-License-Identifier: MIT */
/* Who asks: what /proc tells everybody of a process that waits for our answer. */
#include "daemon/caller.h"

#include "base/slot.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* The text of /proc/@pid/@name, at the end of what @c has; empty: not to be had. */
static struct span proc_text(struct caller *c, size_t *used, pid_t pid, const char *name)
{
	struct slot room = { (uint8_t *)c->text, sizeof(c->text) };
	char path[64];
	ssize_t n = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	room = slot_after(room, *used);
	if (fd >= 0) {
		n = read(fd, room.ptr, room.len);
		(void)close(fd);
	}
	if (n <= 0)
		return SPAN_NONE;
	room.len = (size_t)n;
	*used += (size_t)n;
	return slot_span(room);
}

static bool number_read(struct span text, int64_t *out)
{
	uint64_t i = 0, n = 0;

	for (; i < text.len && i < 11 && span_at(text, i) >= '0' && span_at(text, i) <= '9';
	     i++)
		n = n * 10 + (uint64_t)(span_at(text, i) - '0');
	*out = (int64_t)n;
	return i > 0;
}

/* "Uid:\t0\t0\t0\t0": the first is the real one. */
static bool uid_read(struct span status, int64_t *out)
{
	uint64_t at;

	return span_find(status, SPAN_LITERAL("\nUid:\t"), 0, &at) &&
	       number_read(span_after(status, at + 6), out);
}

/* "0::/system.slice/cron.service": of the second version of control groups. */
struct span caller_cgroup(struct span text)
{
	uint64_t at, end;

	/* At the beginning of a line: names of the first version may hold anything. */
	if (span_starts(text, "0::", 3))
		text = span_after(text, 3);
	else if (span_find(text, SPAN_LITERAL("\n0::"), 0, &at))
		text = span_after(text, at + 4);
	else
		return SPAN_NONE;
	if (span_find(text, SPAN_LITERAL("\n"), 0, &end))
		text = span_clip(text, 0, end);
	return text;
}

static bool ends_in(struct span text, struct span end)
{
	return text.len >= end.len && span_equal(span_after(text, text.len - end.len), end);
}

/*
 * The first part of it that names a unit: below that is a user's own, perhaps, who
 * calls it as he likes.
 */
struct span caller_unit(struct span cgroup)
{
	struct span unit = SPAN_NONE;

	while (cgroup.len > 0 && unit.len == 0) {
		uint64_t end;
		struct span part = cgroup;

		if (span_find(cgroup, SPAN_LITERAL("/"), 0, &end))
			part = span_clip(cgroup, 0, end);
		if (ends_in(part, SPAN_LITERAL(".service")) ||
		    ends_in(part, SPAN_LITERAL(".scope")))
			unit = part;
		cgroup = span_after(cgroup, part.len + 1);
	}
	return unit;
}

int64_t caller_login(pid_t pid)
{
	struct caller c;
	size_t used = 0;
	int64_t login;

	return number_read(proc_text(&c, &used, pid, "loginuid"), &login) && login < UINT32_MAX
		       ? login
		       : -1;
}

struct doer caller_doer(pid_t pid)
{
	struct doer a = { -1, -1 };
	struct caller c;
	size_t used = 0;

	if (pid > 0 && uid_read(proc_text(&c, &used, pid, "status"), &a.uid))
		a.login = caller_login(pid);
	return a;
}

bool caller_ended(pid_t pid)
{
	struct caller c;
	struct span status;
	size_t used = 0;
	int64_t threads;
	uint64_t at;

	if (pid <= 0)
		return false;
	if (kill(pid, 0) != 0 && errno == ESRCH)
		return true;
	status = proc_text(&c, &used, pid, "status");
	/* The first thread may have ended before the others. */
	return (span_find(status, SPAN_LITERAL("\nState:\tZ"), 0, &at) ||
		span_find(status, SPAN_LITERAL("\nState:\tX"), 0, &at)) &&
	       span_find(status, SPAN_LITERAL("\nThreads:\t"), 0, &at) &&
	       number_read(span_after(status, at + 10), &threads) && threads <= 1;
}

void caller_read(pid_t pid, struct caller *out)
{
	struct span login;
	size_t used = 0;

	*out = (struct caller){ .login = -1 };
	out->has_uid = uid_read(proc_text(out, &used, pid, "status"), &out->uid);
	login = proc_text(out, &used, pid, "loginuid");
	out->has_login = number_read(login, &out->login);
	if (out->login == UINT32_MAX)
		out->login = -1;
	out->cgroup = caller_cgroup(proc_text(out, &used, pid, "cgroup"));
	out->has_cgroup = out->cgroup.len > 0;
	out->unit = caller_unit(out->cgroup);
}
