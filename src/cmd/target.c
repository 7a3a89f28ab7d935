/* SPDX-License-Identifier: MIT */
#include "cmd/target.h"

#include "base/span.h"
#include "cmd/signals.h"
#include "source/write.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 65536

static struct target failed(const char *rule, const char *why)
{
	return (struct target){ -1, rule, why };
}

static const char *kind_problem(mode_t mode)
{
	if (S_ISDIR(mode))
		return "a folder; to judge what is in it, use: assay scan";
	return S_ISREG(mode) ? NULL : "neither a file nor a folder";
}

struct target target_open(const char *path)
{
	const char *why;
	struct stat st;
	int fd;

	if (stat(path, &st) != 0)
		return failed("error.io", strerrordesc_np(errno));
	why = kind_problem(st.st_mode);
	if (why)
		return failed("error.not-regular", why);
	/* Something else may stand there by now: do not wait for it. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return failed("error.io", strerrordesc_np(errno));
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return (struct target){ .fd = fd };
	(void)close(fd);
	return failed("error.changed", "this was a regular file a moment ago");
}

static struct target duplicate(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	return copy < 0 ? failed("error.io", strerrordesc_np(errno))
			: (struct target){ .fd = copy };
}

struct target target_dup(const struct target *t)
{
	return t->fd < 0 ? *t : duplicate(t->fd);
}

/* A file that nobody else can reach, on a disk if there is a place. */
static int nameless_file(void)
{
	const char *folder = secure_getenv("TMPDIR");
	int fd = open(folder ? folder : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);

	return fd >= 0 ? fd : memfd_create("standard-input", MFD_CLOEXEC);
}

/* Puts all of standard input into @fd. */
static struct target copy_all(int fd, uint64_t max)
{
	uint8_t chunk[CHUNK];
	uint64_t total = 0;
	ssize_t n;

	while (!signals_stop() && (n = read(STDIN_FILENO, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed("error.io", strerrordesc_np(errno));
		total += (uint64_t)n;
		if (total > max)
			return failed("limit.max-size", "more than may be read of it");
		if (!write_all(fd, span_clip(SPAN_OF(chunk), 0, (uint64_t)n)))
			return failed("error.io", strerrordesc_np(errno));
	}
	if (signals_stop())
		return failed("error.io", "interrupted");
	return (struct target){ .fd = fd };
}

struct target target_standard_input(uint64_t max)
{
	struct target t;
	struct stat st;
	int fd;

	if (fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode))
		return duplicate(STDIN_FILENO);
	fd = nameless_file();
	if (fd < 0)
		return failed("error.io", strerrordesc_np(errno));
	t = copy_all(fd, max != 0 && max < STANDARD_INPUT_MAX ? max : STANDARD_INPUT_MAX);
	if (t.fd < 0)
		(void)close(fd);
	return t;
}
