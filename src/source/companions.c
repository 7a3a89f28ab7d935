/* SPDX-License-Identifier: MIT */
#include "source/companions.h"

#include "base/slot.h"
#include "source/names.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define OPEN_COMPANION (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define SUFFIX_MAX     32

const struct companion_row companion_rows[] = {
	{"given",          NULL,             COMPANION_MAX_BUNDLE},
	{ "sig",           ".sig",           COMPANION_MAX_BYTES },
	{ "asc",           ".asc",           COMPANION_MAX_BYTES },
	{ "gpg",           ".gpg",           COMPANION_MAX_BYTES },
	{ "minisig",       ".minisig",       COMPANION_MAX_BYTES },
	{ "idsig",         ".idsig",         COMPANION_MAX_BYTES },
	{ "sigstore-json", ".sigstore.json", COMPANION_MAX_BUNDLE},
	{ "sigstore",      ".sigstore",      COMPANION_MAX_BUNDLE},
};
const size_t n_companion_rows = COUNT_OF(companion_rows);

bool companions_add(struct companions_open *c, int fd, uint8_t row)
{
	if (c->n == COMPANIONS_MAX) {
		(void)close(fd);
		return false;
	}
	c->fds[c->n] = fd;
	c->rows[c->n++] = row;
	return true;
}

void companions_close(struct companions_open *c)
{
	for (size_t i = 0; i < c->n; i++)
		(void)close(c->fds[i]);
	c->n = 0;
}

const char *companion_path(struct arena *a, const char *path, size_t row)
{
	const char *suffix = companion_rows[row].suffix;

	return suffix ? arena_printf(a, "%s%s", path, suffix) : NULL;
}

static int open_beside(int dirfd, const char *name, const char *suffix)
{
	char path[PATH_MAX];
	int len = snprintf(path, sizeof(path), "%s%s", name, suffix), fd;
	struct stat st;

	if (len < 0 || (size_t)len >= sizeof(path))
		return -1;
	fd = openat(dirfd, path, OPEN_COMPANION);
	if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
		return fd;
	(void)close(fd);
	return -1;
}

void companions_open(int dirfd, const char *name, struct companions_open *out)
{
	for (size_t row = 0; row < n_companion_rows; row++) {
		int fd;

		if (!companion_rows[row].suffix)
			continue;
		fd = open_beside(dirfd, name, companion_rows[row].suffix);
		if (fd >= 0 && !companions_add(out, fd, (uint8_t)row))
			return;
	}
}

/* Is @name among the names behind @from?  They are sorted by their bytes. */
static bool is_behind(const struct names *names, size_t from, const char *name)
{
	size_t to = names->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = strcmp(names_at(names, middle), name);

		if (order == 0)
			return true;
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return false;
}

bool companions_named(const struct names *names, size_t i)
{
	const char *name = names_at(names, i);
	char beside[NAME_MAX + SUFFIX_MAX];
	size_t len = strlen(name);

	/* Whatever begins with it stands right behind it: mostly nothing does. */
	if (i + 1 >= names->n || strncmp(names_at(names, i + 1), name, len) != 0)
		return false;
	for (size_t row = 0; row < n_companion_rows; row++) {
		const char *suffix = companion_rows[row].suffix;
		int n = suffix ? snprintf(beside, sizeof(beside), "%s%s", name, suffix) : -1;

		if (n > 0 && (size_t)n < sizeof(beside) && is_behind(names, i + 1, beside))
			return true;
	}
	return false;
}

static enum status companion_add(struct arena *a, const struct companion *from,
				 struct companions *out)
{
	struct companion *c = ARENA_NEW(a, struct companion, 1);

	if (!c)
		return STATUS_NO_MEMORY;
	*c = *from;
	c->next = out->first;
	out->first = c;
	return STATUS_OK;
}

/* As much of it as @max allows; false: it cannot be read. */
static bool read_whole(int fd, struct slot to)
{
	uint64_t done = 0;

	while (done < to.len) {
		struct slot left = slot_after(to, done);
		ssize_t n = pread(fd, left.ptr, left.len, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (uint64_t)n;
	}
	return true;
}

static enum status companion_read(struct arena *a, int fd, const struct companion_row *row,
				  struct companions *out)
{
	struct companion c = { .name = row->name };
	struct stat st;
	uint8_t *bytes;
	size_t len;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0)
		return STATUS_OK;
	c.size = (uint64_t)st.st_size;
	len = c.size < row->max ? (size_t)c.size : row->max;
	bytes = ARENA_NEW(a, uint8_t, len);
	if (!bytes)
		return STATUS_NO_MEMORY;
	if (!read_whole(fd, (struct slot){ bytes, len }))
		return STATUS_OK;
	c.bytes = (struct span){ bytes, len };
	return companion_add(a, &c, out);
}

enum status companions_read(struct arena *a, const struct companions_open *open,
			    struct companions *out)
{
	for (size_t i = open->n; i > 0; i--)
		if (open->rows[i - 1] < n_companion_rows)
			TRY(companion_read(a, open->fds[i - 1],
					   &companion_rows[open->rows[i - 1]], out));
	return STATUS_OK;
}

enum status companions_attribute(struct arena *a, int fd, const char *name,
				 struct companions *out)
{
	uint8_t value[COMPANION_MAX_XATTR];
	ssize_t len = fgetxattr(fd, name, value, sizeof(value));
	struct companion c = { .name = name };

	if (len <= 0)
		return STATUS_OK;
	c.bytes = arena_copy(a, span_clip(SPAN_OF(value), 0, (uint64_t)len));
	c.size = (uint64_t)len;
	return c.bytes.ptr ? companion_add(a, &c, out) : STATUS_NO_MEMORY;
}

const struct companion *companion_find(const struct companions *c, const char *name)
{
	const struct companion *found = c ? c->first : NULL;

	while (found && strcmp(found->name, name) != 0)
		found = found->next;
	return found;
}
