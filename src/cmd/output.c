/* SPDX-License-Identifier: MIT */
#include "cmd/output.h"

#include "base/limits.h"
#include "source/paths.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The mode that open() would have given, while we may still change one: mkostemp() is private.
 */
static int mode_widen(int fd)
{
	mode_t mask = umask(0);

	(void)umask(mask);
	return fchmod(fd, 0666 & ~mask);
}

static enum status temporary_open(struct output *out, struct arena *a)
{
	const char *folder = path_folder(a, out->path);
	char name[PATH_MAX_BYTES];
	int n;

	if (!folder)
		return STATUS_NO_MEMORY;
	n = snprintf(name, sizeof(name), "%s/.assay-output-XXXXXX", folder);
	if (n < 0 || (size_t)n >= sizeof(name)) {
		errno = ENAMETOOLONG;
		return STATUS_IO;
	}
	out->fd = mkostemp(name, O_CLOEXEC);
	if (out->fd < 0)
		return STATUS_IO;
	out->temporary = arena_string(a, SPAN_TEXT(name));
	if (out->temporary && mode_widen(out->fd) == 0)
		return STATUS_OK;
	(void)unlink(name);
	return out->temporary ? STATUS_IO : STATUS_NO_MEMORY;
}

enum status output_open(struct output *out, struct arena *a, const char *path)
{
	struct stat st;

	if (path && strcmp(path, "-") == 0)
		path = NULL;
	*out = (struct output){ .fd = STDOUT_FILENO, .path = path };
	if (!path) {
		out->immediate = isatty(STDOUT_FILENO) == 1;
		return STATUS_OK;
	}
	if (stat(path, &st) != 0 || S_ISREG(st.st_mode))
		return temporary_open(out, a);
	/* A device or a pipe has no half files. */
	out->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return out->fd < 0 ? STATUS_IO : STATUS_OK;
}

void output_flush(struct output *out)
{
	struct span left = buffer_span(&out->text);

	if (buffer_status(&out->text) != STATUS_OK && out->error == 0)
		out->error = ENOMEM;
	while (left.len > 0 && out->error == 0) {
		ssize_t n = write(out->fd, left.ptr, left.len);

		if (n >= 0)
			left = span_after(left, (uint64_t)n);
		else if (errno == EAGAIN) /* somebody made it not wait */
			(void)poll(&(struct pollfd){ .fd = out->fd, .events = POLLOUT }, 1, -1);
		else if (errno != EINTR)
			out->error = errno;
	}
	buffer_clear(&out->text);
}

void output_pace(struct output *out)
{
	if (out->immediate || out->text.len >= OUTPUT_FLUSH_BYTES)
		output_flush(out);
}

static void temporary_finish(struct output *out)
{
	if (out->error == 0 && (fsync(out->fd) != 0 || rename(out->temporary, out->path) != 0))
		out->error = errno;
	if (out->error != 0)
		(void)unlink(out->temporary);
	out->temporary = NULL;
}

void output_abandon(struct output *out)
{
	buffer_clear(&out->text);
	if (out->error == 0)
		out->error = ECANCELED;
	if (output_close(out))
		out->error = ECANCELED;
}

bool output_close(struct output *out)
{
	output_flush(out);
	if (out->temporary)
		temporary_finish(out);
	if (out->path && out->fd >= 0 && close(out->fd) != 0 && out->error == 0)
		out->error = errno;
	out->fd = -1;
	buffer_free(&out->text);
	return out->error == 0;
}
