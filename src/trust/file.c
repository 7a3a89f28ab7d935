/* SPDX-License-Identifier: MIT */
#include "trust/file.h"

#include "source/source.h"
#include "source/write.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY_TRIES 16

enum status file_open(int dirfd, const char *name, int *fd)
{
	struct stat st;

	/* Without waiting: the name may be that of a FIFO. */
	*fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*fd < 0)
		return STATUS_IO;
	if (fstat(*fd, &st) == 0 && S_ISREG(st.st_mode))
		return STATUS_OK;
	(void)close(*fd);
	*fd = -1;
	return STATUS_USAGE;
}

static enum status contents_read(struct source *source, size_t max, struct arena *a,
				 struct span *out)
{
	size_t size = (size_t)source->before.size;
	uint8_t *bytes;

	if (source->before.size > max)
		return STATUS_LIMIT;
	bytes = ARENA_NEW(a, uint8_t, size ? size : 1);
	if (!bytes)
		return STATUS_NO_MEMORY;
	*out = (struct span){ bytes, size };
	return size ? source_read(source, NULL, 0, bytes, size) : STATUS_OK;
}

enum status file_read(int fd, size_t max, struct arena *a, struct span *out)
{
	enum status status, end;
	struct source source;

	TRY(source_begin(&source, fd));
	status = contents_read(&source, max, a, out);
	end = source_end(&source);
	return status == STATUS_OK ? end : status;
}

bool file_starts(const char *path, const char *magic)
{
	uint8_t head[16];
	ssize_t n;
	int fd;

	if (file_open(AT_FDCWD, path, &fd) != STATUS_OK)
		return false;
	n = pread(fd, head, sizeof(head), 0);
	(void)close(fd);
	return n > 0 && span_starts((struct span){ head, (size_t)n }, magic, strlen(magic));
}

bool file_is_own(const char *path)
{
	struct stat st, program;

	if (stat(path, &st) != 0)
		return true; /* whoever opens it will say why */
	if (st.st_uid != 0 && st.st_uid != geteuid() &&
	    (stat("/proc/self/exe", &program) != 0 || st.st_uid != program.st_uid))
		return false;
	return (st.st_mode & S_IWOTH) == 0 &&
	       ((st.st_mode & S_IWGRP) == 0 || st.st_gid == getegid());
}

enum status file_map_open(int fd, size_t max, struct span *out)
{
	struct stat st;
	void *bytes;

	if (fstat(fd, &st) != 0 || st.st_size == 0 || (uint64_t)st.st_size > max)
		return STATUS_USAGE;
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (bytes == MAP_FAILED)
		return STATUS_IO;
	*out = (struct span){ bytes, (size_t)st.st_size };
	return STATUS_OK;
}

enum status file_map(const char *path, size_t max, struct span *out)
{
	enum status status;
	int fd;

	TRY(file_open(AT_FDCWD, path, &fd));
	status = file_map_open(fd, max, out);
	(void)close(fd);
	return status;
}

void file_unmap(struct span mapping)
{
	if (mapping.len)
		(void)munmap((void *)(uintptr_t)mapping.ptr, mapping.len);
}

/* Makes the new name in the folder of @path last. */
static bool folder_sync(const char *path)
{
	char *copy = strdup(path);
	int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool good = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		(void)close(fd);
	free(copy);
	return good;
}

/* Nobody else calls a file so. */
#define TEMPORARY ".assay-"

/* Readable by all, without asking for it: a confined process may not change permissions. */
static int temporary_open(const char *path, unsigned mode, char **name)
{
	for (int tries = 0; tries < TEMPORARY_TRIES; tries++) {
		uint32_t mark = 0;
		int fd;

		if (getrandom(&mark, sizeof(mark), 0) != sizeof(mark) ||
		    asprintf(name, "%s" TEMPORARY "%08x~", path, mark) < 0)
			break;
		fd = open(*name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (fd >= 0)
			return fd;
		free(*name);
		if (errno != EEXIST)
			break;
	}
	*name = NULL;
	return -1;
}

enum status new_file_begin(const char *path, struct new_file *out)
{
	*out = (struct new_file){ .path = path };
	out->fd = temporary_open(path, 0644, &out->temporary);
	return out->fd >= 0 ? STATUS_OK : STATUS_IO;
}

enum status new_file_write(struct new_file *f, struct span bytes)
{
	return write_all(f->fd, bytes) ? STATUS_OK : STATUS_IO;
}

enum status new_file_fill(struct new_file *f, uint64_t off, struct span bytes)
{
	if (lseek(f->fd, (off_t)off, SEEK_SET) < 0 || !write_all(f->fd, bytes) ||
	    lseek(f->fd, 0, SEEK_END) < 0)
		return STATUS_IO;
	return STATUS_OK;
}

enum status new_file_commit(struct new_file *f)
{
	struct stat st;
	/* What we keep is no secret, and every user judges with what the system has, whatever
	 * umask its administrator likes.  EPERM: we are confined, and it is our own. */
	bool good =
		fstat(f->fd, &st) == 0 &&
		((st.st_mode & 0777) == 0644 || fchmod(f->fd, 0644) == 0 || errno == EPERM) &&
		fsync(f->fd) == 0;

	good = close(f->fd) == 0 && good;
	f->fd = -1;
	if (!good || rename(f->temporary, f->path) != 0)
		return STATUS_IO;
	free(f->temporary);
	f->temporary = NULL;
	return folder_sync(f->path) ? STATUS_OK : STATUS_IO;
}

void new_file_end(struct new_file *f)
{
	int error = errno;

	if (f->fd >= 0)
		(void)close(f->fd);
	if (f->temporary)
		(void)unlink(f->temporary);
	free(f->temporary);
	*f = (struct new_file){ .fd = -1 };
	errno = error;
}

enum status file_replace(const char *path, struct span bytes)
{
	CLEANUP(new_file_end) struct new_file f = { .fd = -1 };

	TRY(new_file_begin(path, &f));
	TRY(new_file_write(&f, bytes));
	return new_file_commit(&f);
}

enum status file_create(const char *path, struct span bytes, unsigned mode)
{
	CLEANUP(new_file_end) struct new_file f = { .path = path };

	f.fd = temporary_open(path, mode, &f.temporary);
	if (f.fd < 0)
		return STATUS_IO;
	TRY(new_file_write(&f, bytes));
	/* A name that is there is not taken over. */
	if (fsync(f.fd) != 0 || link(f.temporary, path) != 0)
		return STATUS_IO;
	return folder_sync(path) ? STATUS_OK : STATUS_IO;
}

bool folders_make(const char *path, unsigned mode)
{
	char *copy;
	bool good;

	if (access(path, F_OK) == 0)
		return true;
	copy = strdup(path);
	good = copy && folders_make(dirname(copy), 0755);
	free(copy);
	return good && (mkdir(path, mode) == 0 || errno == EEXIST);
}

/* NAME.assay-0123abcd~, as temporary_open() has it. */
static bool is_leftover(struct span entry, struct span name)
{
	const struct span mark = SPAN_LITERAL(TEMPORARY);

	if (entry.len != name.len + mark.len + 9 ||
	    !span_equal(span_clip(entry, 0, name.len), name) ||
	    !span_equal(span_clip(entry, name.len, mark.len), mark) ||
	    span_at(entry, entry.len - 1) != '~')
		return false;
	for (uint64_t i = name.len + mark.len; i + 1 < entry.len; i++)
		if (!isxdigit(span_at(entry, i)) || isupper(span_at(entry, i)))
			return false;
	return true;
}

void file_leftovers_remove(int folder, const char *name)
{
	int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = own >= 0 ? fdopendir(own) : NULL;
	struct dirent *e;

	if (!listing) {
		if (own >= 0)
			(void)close(own);
		return;
	}
	while ((e = readdir(listing)) != NULL)
		if (is_leftover(SPAN_TEXT(e->d_name), SPAN_TEXT(name)))
			(void)unlinkat(folder, e->d_name, 0);
	(void)closedir(listing);
}

enum status file_lock_folder(const char *path, int *fd)
{
	char *copy = strdup(path), *folder = copy ? dirname(copy) : NULL;

	*fd = -1;
	if (folder && folders_make(folder, 0755))
		*fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	if (*fd >= 0 && flock(*fd, LOCK_EX) == 0)
		return STATUS_OK;
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	return STATUS_IO;
}

static int name_order(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

struct name_list {
	const char *name;
	struct name_list *next;
};

static enum status names_read(DIR *folder, size_t max, struct arena *a, struct name_list **list,
			      size_t *n)
{
	for (;;) {
		struct name_list *node;
		const struct dirent *entry;

		errno = 0;
		entry = readdir(folder);
		if (!entry)
			return errno ? STATUS_IO : STATUS_OK;
		if (entry->d_name[0] == '.')
			continue;
		if (*n == max)
			return STATUS_LIMIT;
		node = ARENA_NEW(a, struct name_list, 1);
		if (!node)
			return STATUS_NO_MEMORY;
		node->name = arena_printf(a, "%s", entry->d_name);
		node->next = *list;
		if (!node->name)
			return STATUS_NO_MEMORY;
		*list = node;
		++*n;
	}
}

enum status folder_read(int fd, size_t max, struct arena *a, const char ***names, size_t *n)
{
	struct name_list *list = NULL;
	DIR *folder = fdopendir(fd);
	enum status status;
	size_t i = 0;

	*n = 0;
	if (!folder) {
		(void)close(fd);
		return STATUS_IO;
	}
	status = names_read(folder, max, a, &list, n);
	(void)closedir(folder);
	if (status != STATUS_OK)
		return status;
	*names = ARENA_NEW(a, const char *, *n + 1);
	if (!*names)
		return STATUS_NO_MEMORY;
	for (; list; list = list->next)
		(*names)[i++] = list->name;
	qsort(*names, *n, sizeof(**names), name_order);
	return STATUS_OK;
}
