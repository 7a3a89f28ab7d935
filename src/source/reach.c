/* SPDX-License-Identifier: MIT */
#include "source/reach.h"

#include "base/span_search.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#define OPEN_STEP (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* @fd becomes the folder @name in it, or is closed. */
static enum status step(int *fd, struct span name)
{
	char text[NAME_MAX + 1] = { 0 };
	int next = -1, error = ENAMETOOLONG;

	if (name.len == 0)
		return STATUS_OK;
	if (span_copy(text, NAME_MAX, name) == name.len) {
		next = openat(*fd, text, OPEN_STEP);
		error = errno;
	}
	(void)close(*fd);
	*fd = next;
	errno = error;
	return next >= 0 ? STATUS_OK : STATUS_IO;
}

enum status folder_reach(const char *path, int *fd)
{
	struct span rest = SPAN_TEXT(path);
	uint64_t at;

	*fd = open("/", OPEN_STEP);
	if (*fd < 0)
		return STATUS_IO;
	while (span_find_byte(rest, '/', 0, &at)) {
		TRY(step(fd, span_clip(rest, 0, at)));
		rest = span_after(rest, at + 1);
	}
	return STATUS_OK;
}
