/* SPDX-License-Identifier: MIT */
#include "source/believed.h"

#include "base/buffer.h"
#include "source/names.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static void fd_close(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static enum status refuse(struct arena *a, const char *path, const char *why,
			  const char **problem)
{
	*problem = arena_printf(a, "%s: %s", path, why);
	return *problem ? STATUS_USAGE : STATUS_NO_MEMORY;
}

const char *believed_problem(const struct stat *st, uid_t owner, bool or_own)
{
	if (!S_ISREG(st->st_mode))
		return "this must be a regular file";
	if (st->st_uid != owner && !(or_own && st->st_uid == geteuid()))
		return or_own ? "this file must belong to root or to you"
			      : "this file must belong to root";
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return "others may write to this file";
	return NULL;
}

enum status believed_read(struct arena *a, const struct believed_file *file, struct span *out,
			  bool *there, const char **problem)
{
	CLEANUP(fd_close)
	int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	uint8_t bytes[4096];
	CLEANUP(buffer_free) struct buffer text = { .limit = BELIEVED_MAX_BYTES + 2 };
	const char *why;
	struct stat st;
	ssize_t n;

	*out = SPAN_NONE;
	*there = false;
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR) && !file->must)
		return STATUS_OK;
	if (fd < 0 || fstat(fd, &st) != 0)
		return refuse(a, file->path, strerrordesc_np(errno), problem);
	if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3))
		return STATUS_OK;
	why = believed_problem(&st, file->owner, file->or_own);
	if (why)
		return refuse(a, file->path, why, problem);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		buffer_add(&text, span_clip(SPAN_OF(bytes), 0, (uint64_t)n));
	if (n < 0)
		return refuse(a, file->path, strerrordesc_np(errno), problem);
	if (buffer_status(&text) != STATUS_OK)
		return refuse(a, file->path, "the file is larger than 64 KiB", problem);
	*there = true;
	*out = arena_copy(a, buffer_span(&text));
	return out->ptr ? STATUS_OK : STATUS_NO_MEMORY;
}

/* A drop-in: its name, and the last folder that has it. */
struct drop_in {
	const char *name, *folder;
};

static int compare_drop_ins(const void *x, const void *y)
{
	return strcmp(((const struct drop_in *)x)->name, ((const struct drop_in *)y)->name);
}

static bool is_drop_in(struct span name, struct span suffix)
{
	return name.len > suffix.len && span_at(name, 0) != '.' &&
	       span_equal(span_after(name, name.len - suffix.len), suffix);
}

static enum status drop_in_add(struct arena *a, const char *folder, const char *name,
			       struct drop_in *found, size_t *n)
{
	for (size_t i = 0; i < *n; i++) {
		if (strcmp(found[i].name, name) == 0) {
			found[i].folder = folder;
			return STATUS_OK;
		}
	}
	if (*n == BELIEVED_MAX_DROP_INS)
		return STATUS_LIMIT;
	found[*n].name = arena_string(a, SPAN_TEXT(name));
	found[*n].folder = folder;
	return found[(*n)++].name ? STATUS_OK : STATUS_NO_MEMORY;
}

/* Everything that was found so far. */
struct search {
	struct span suffix;
	struct drop_in *found;
	size_t n;
};

static enum status folder_list(struct arena *a, const char *folder, struct search *s,
			       const char **problem)
{
	CLEANUP(names_free) struct names names = { 0 };
	DIR *dir = folder ? opendir(folder) : NULL;
	enum status status = STATUS_OK;
	int error;

	if (!folder)
		return STATUS_NO_MEMORY;
	if (!dir)
		return errno == ENOENT || errno == ENOTDIR
			       ? STATUS_OK
			       : refuse(a, folder, strerrordesc_np(errno), problem);
	error = names_read(&names, dir);
	(void)closedir(dir);
	if (error != 0)
		return refuse(a, folder, strerrordesc_np(error), problem);
	for (size_t i = 0; i < names.n && status == STATUS_OK; i++)
		if (is_drop_in(SPAN_TEXT(names_at(&names, i)), s->suffix))
			status = drop_in_add(a, folder, names_at(&names, i), s->found, &s->n);
	return status == STATUS_LIMIT ? refuse(a, folder, "too many files", problem) : status;
}

enum status believed_drop_ins(struct arena *a, const struct believed_folders *at,
			      const char *name, const char *suffix, const char ***out,
			      const char **problem)
{
	const char *const folders[] = { at->vendor, at->run, at->etc };
	struct search s = { .suffix = SPAN_TEXT(suffix),
			    .found = ARENA_NEW(a, struct drop_in, BELIEVED_MAX_DROP_INS) };

	*out = ARENA_NEW(a, const char *, BELIEVED_MAX_DROP_INS + 1);
	if (!s.found || !*out)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < COUNT_OF(folders); i++)
		if (folders[i])
			TRY(folder_list(a, arena_printf(a, "%s/%s", folders[i], name), &s,
					problem));
	qsort(s.found, s.n, sizeof(s.found[0]), compare_drop_ins);
	for (size_t i = 0; i < s.n; i++) {
		(*out)[i] = arena_printf(a, "%s/%s", s.found[i].folder, s.found[i].name);
		if (!(*out)[i])
			return STATUS_NO_MEMORY;
	}
	return STATUS_OK;
}
