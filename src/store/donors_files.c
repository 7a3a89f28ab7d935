/* SPDX-License-Identifier: MIT */
/*
 * A record decides what is said of a file, so nobody else may write one: folder
 * and files belong to root, to this user, or to the owner of this program, and
 * only their owner may write to them.  Files are replaced by rename and never
 * made shorter: a mapping stays good as long as it lasts.
 */
#include "store/donors_files.h"

#include "base/memory.h"
#include "source/paths.h"
#include "store/donors.h"
#include "trust/file.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_TRIES 16

/* What one attempt found; a writer may be at work meanwhile. */
struct names {
	const char **each;
	size_t n;
};

static enum status refuse(struct arena *a, enum status status, const char *path,
			  const char *why, const char **problem)
{
	*problem = arena_printf(a, "%s: %s", path, why);
	return *problem ? status : STATUS_NO_MEMORY;
}

static enum status refuse_errno(struct arena *a, const char *path, const char **problem)
{
	return refuse(a, STATUS_IO, path, path_unread(errno), problem);
}

static bool is_trusted(const struct stat *st)
{
	struct stat program;

	if (st->st_uid != 0 && st->st_uid != geteuid() &&
	    (stat("/proc/self/exe", &program) != 0 || st->st_uid != program.st_uid))
		return false;
	return (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static bool is_index(const char *name)
{
	struct span text = SPAN_TEXT(name), ending = SPAN_TEXT(DONORS_ENDING);

	return text.len > ending.len &&
	       span_equal(span_after(text, text.len - ending.len), ending);
}

/* The names of the indexes in the folder at @fd, sorted. */
static enum status names_read(struct arena *a, int fd, struct names *out)
{
	/* A descriptor of its own: reading a folder moves what it was opened with. */
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char **all;
	size_t n;

	*out = (struct names){ 0 };
	if (again < 0)
		return STATUS_IO;
	TRY(folder_read(again, FOLDER_MAX_NAMES, a, &all, &n));
	out->each = all;
	for (size_t i = 0; i < n; i++)
		if (is_index(all[i]))
			out->each[out->n++] = all[i];
	return STATUS_OK;
}

static bool names_same(const struct names *x, const struct names *y)
{
	if (x->n != y->n)
		return false;
	for (size_t i = 0; i < x->n; i++)
		if (strcmp(x->each[i], y->each[i]) != 0)
			return false;
	return true;
}

static enum status descriptor_map(int fd, struct span *out, const char **why)
{
	struct stat st;
	void *bytes;

	*why = NULL;
	if (fstat(fd, &st) != 0)
		return STATUS_IO;
	if (!S_ISREG(st.st_mode) || !is_trusted(&st)) {
		*why = "belongs to somebody else than root and this user, or others may "
		       "write to it";
		return STATUS_USAGE;
	}
	if (st.st_size == 0) {
		*why = "this donor index is cut short";
		return STATUS_MALFORMED;
	}
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		return STATUS_IO;
	*out = (struct span){ bytes, (size_t)st.st_size };
	return STATUS_OK;
}

/* STATUS_NOT_MINE: it has just been replaced. */
static enum status file_open_at(struct arena *a, int folder, struct donor_file *f,
				const char **problem)
{
	const char *path = arena_printf(a, "%s/%s", f->folder, f->name), *why = NULL;
	enum status status;
	int fd;

	if (!path)
		return STATUS_NO_MEMORY;
	fd = openat(folder, f->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT ? STATUS_NOT_MINE : refuse_errno(a, path, problem);
	status = descriptor_map(fd, &f->mapping, &why);
	if (status == STATUS_IO)
		status = refuse_errno(a, path, problem);
	else if (status != STATUS_OK)
		status = refuse(a, status, path, why, problem);
	(void)close(fd);
	if (status != STATUS_OK)
		return status;
	status = image_open(f->mapping, &f->image, &why);
	return status == STATUS_OK || !why ? status : refuse(a, status, path, why, problem);
}

static enum status files_room(struct donor_files *files, size_t more)
{
	struct donor_file *each;

	if (files->n + more <= files->size)
		return STATUS_OK;
	each = memory_new(files->n + more, sizeof(*each));
	if (!each)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < files->n; i++)
		each[i] = files->each[i];
	memory_free(files->each);
	files->each = each;
	files->size = files->n + more;
	return STATUS_OK;
}

static void files_cut(struct donor_files *files, size_t n)
{
	while (files->n > n) {
		struct donor_file *f = &files->each[--files->n];

		image_close(&f->image);
		if (f->mapping.len)
			(void)munmap((void *)(uintptr_t)f->mapping.ptr, f->mapping.len);
	}
}

/* One attempt; STATUS_NOT_MINE: a writer came in between. */
static enum status folder_try(struct arena *a, int fd, const char *folder,
			      struct donor_files *files, const char **problem)
{
	struct names before, after;
	enum status status = names_read(a, fd, &before);

	if (status == STATUS_LIMIT || before.n + files->n > DONORS_MAX_FILES)
		return refuse(a, STATUS_LIMIT, folder, "holds too many files", problem);
	if (status != STATUS_OK)
		return status == STATUS_IO ? refuse_errno(a, folder, problem) : status;
	TRY(files_room(files, before.n));
	for (size_t i = 0; i < before.n; i++) {
		struct donor_file *f = &files->each[files->n++];

		*f = (struct donor_file){ .folder = folder, .name = before.each[i] };
		TRY(file_open_at(a, fd, f, problem));
	}
	TRY(names_read(a, fd, &after));
	return names_same(&before, &after) ? STATUS_OK : STATUS_NOT_MINE;
}

static enum status folder_open(struct arena *a, const char *folder, int *fd,
			       const char **problem)
{
	struct stat st;

	*fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return errno == ENOENT ? STATUS_NOT_MINE : refuse_errno(a, folder, problem);
	if (fstat(*fd, &st) == 0 && is_trusted(&st))
		return STATUS_OK;
	(void)close(*fd);
	return refuse(a, STATUS_USAGE, folder,
		      "belongs to somebody else than root and this user, or others may "
		      "write to it",
		      problem);
}

enum status donor_files_open(struct arena *a, const char *folder, struct donor_files *files,
			     const char **problem)
{
	enum status status;
	size_t n = files->n;
	int fd;

	status = folder_open(a, folder, &fd, problem);
	if (status != STATUS_OK)
		return status == STATUS_NOT_MINE ? STATUS_OK : status;
	for (int i = 0; i < FOLDER_TRIES; i++) {
		status = folder_try(a, fd, folder, files, problem);
		if (status == STATUS_OK)
			break;
		files_cut(files, n);
		if (status != STATUS_NOT_MINE)
			break;
	}
	(void)close(fd);
	if (status == STATUS_NOT_MINE)
		return refuse(a, STATUS_CHANGED, folder, "changes all the time", problem);
	return status;
}

void donor_files_close(struct donor_files *files)
{
	files_cut(files, 0);
	memory_free(files->each);
	*files = (struct donor_files){ 0 };
}
