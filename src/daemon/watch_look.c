/* SPDX-License-Identifier: MIT */
/* What the watcher sees of who asks, and of the file that is asked about, without waiting. */
#include "daemon/watching.h"

#include "daemon/true_path.h"
#include "source/identity.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

struct source_identity watch_program(pid_t pid)
{
	char path[32];
	struct statx x;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	/* Whoever serves its file system may be slow, or hostile: nobody is asked. */
	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, IDENTITY_STATX_MASK, &x) == 0)
		return identity_from_statx(&x);
	/* What a user serves for himself root cannot look at; something runs all the same. */
	if (errno == EACCES && statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, 0, &x) == 0)
		return (struct source_identity){
			.dev = makedev(x.stx_dev_major, x.stx_dev_minor), .ino = UINT64_MAX
		};
	return (struct source_identity){ 0 };
}

void watch_caller(struct watch_case *c)
{
	struct source_identity program = watch_program(c->facts.pid);
	char path[DECISION_MAX_PATH], link[32];

	if (c->caller.len > 0 || program.ino == 0)
		return;
	c->program = program;
	(void)snprintf(link, sizeof(link), "/proc/%d/exe", (int)c->facts.pid);
	if (true_path_is_claimed(c->facts.pid))
		buffer_text(&c->caller, TRUE_PATH_CLAIMED);
	buffer_add(&c->caller, (struct span){ (uint8_t *)path,
					      true_path(link, &program, path, sizeof(path)) });
}

size_t watch_path(const struct watch_case *c, char *path, size_t room)
{
	char link[32];

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", c->fd);
	return true_path(link, &c->facts.file, path, room);
}
