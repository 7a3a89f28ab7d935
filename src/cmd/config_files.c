/* SPDX-License-Identifier: MIT */
/* Which files are the configuration, in which order, and whose they must be. */
#include "base/buffer.h"
#include "cmd/config.h"
#include "source/names.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MAIN_FILE "assay.conf"
#define DROP_INS  "assay.conf.d"

struct config_places config_places_system(void)
{
	const char *named = secure_getenv("ASSAY_CONFIG");

	return (struct config_places){
		.vendor = "/usr/lib/assay",
		.run = "/run/assay",
		.etc = "/etc/assay",
		.named = named && *named ? named : NULL,
		.owner = 0,
	};
}

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

/* NULL: the file may be believed. */
static const char *owner_problem(const struct stat *st, uid_t owner, bool or_own)
{
	if (!S_ISREG(st->st_mode))
		return "a configuration file must be a regular file";
	if (st->st_uid != owner && !(or_own && st->st_uid == geteuid()))
		return or_own ? "this file must belong to root or to you"
			      : "this file must belong to root";
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return "others may write to this file";
	return NULL;
}

/* The text of the file; *@out empty: there is none, or a link to /dev/null masks it. */
static enum status file_read(struct arena *a, const char *path, const struct config_places *at,
			     struct span *out, const char **problem)
{
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	uint8_t bytes[4096];
	CLEANUP(buffer_free) struct buffer text = { .limit = CONFIG_MAX_FILE + 2 };
	const char *why;
	struct stat st;
	ssize_t n;

	*out = SPAN_NONE;
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR) && path != at->named)
		return STATUS_OK;
	if (fd < 0 || fstat(fd, &st) != 0)
		return refuse(a, path, strerrordesc_np(errno), problem);
	if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3))
		return STATUS_OK;
	why = owner_problem(&st, at->owner, path == at->named);
	if (why)
		return refuse(a, path, why, problem);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		buffer_add(&text, span_clip(SPAN_OF(bytes), 0, (uint64_t)n));
	if (n < 0)
		return refuse(a, path, strerrordesc_np(errno), problem);
	if (buffer_status(&text) != STATUS_OK)
		return refuse(a, path, "the file is larger than 64 KiB", problem);
	*out = arena_copy(a, buffer_span(&text));
	return out->ptr ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status file_load(struct arena *a, const char *path, const struct config_places *at,
			     struct config *out, const char **problem)
{
	struct span text;

	if (!path)
		return STATUS_NO_MEMORY;
	TRY(file_read(a, path, at, &text, problem));
	return config_parse(a, text, path, out, problem);
}

/* A drop-in: its name, and the last folder that has it. */
struct drop_in {
	const char *name, *folder;
};

static int compare_drop_ins(const void *x, const void *y)
{
	return strcmp(((const struct drop_in *)x)->name, ((const struct drop_in *)y)->name);
}

static bool is_drop_in(struct span name)
{
	return name.len > 5 && span_at(name, 0) != '.' &&
	       span_equal(span_after(name, name.len - 5), SPAN_TEXT(".conf"));
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
	if (*n == CONFIG_MAX_FILES)
		return STATUS_LIMIT;
	found[*n].name = arena_string(a, SPAN_TEXT(name));
	found[*n].folder = folder;
	return found[(*n)++].name ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status folder_list(struct arena *a, const char *folder, struct drop_in *found,
			       size_t *n, const char **problem)
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
		if (is_drop_in(SPAN_TEXT(names_at(&names, i))))
			status = drop_in_add(a, folder, names_at(&names, i), found, n);
	return status == STATUS_LIMIT ? refuse(a, folder, "too many files", problem) : status;
}

static enum status drop_ins_load(struct arena *a, const struct config_places *at,
				 struct config *out, const char **problem)
{
	const char *const folders[] = { at->vendor, at->run, at->etc };
	struct drop_in *found = ARENA_NEW(a, struct drop_in, CONFIG_MAX_FILES);
	size_t n = 0;

	if (!found)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < COUNT_OF(folders); i++)
		TRY(folder_list(a, arena_printf(a, "%s/" DROP_INS, folders[i]), found, &n,
				problem));
	qsort(found, n, sizeof(found[0]), compare_drop_ins);
	for (size_t i = 0; i < n; i++)
		TRY(file_load(a, arena_printf(a, "%s/%s", found[i].folder, found[i].name), at,
			      out, problem));
	return STATUS_OK;
}

enum status config_load(struct arena *a, const struct config_places *at, struct config *out,
			const char **problem)
{
	*problem = NULL;
	TRY(file_load(a, arena_printf(a, "%s/" MAIN_FILE, at->vendor), at, out, problem));
	TRY(file_load(a, arena_printf(a, "%s/" MAIN_FILE, at->etc), at, out, problem));
	TRY(drop_ins_load(a, at, out, problem));
	if (at->named)
		TRY(file_load(a, at->named, at, out, problem));
	return STATUS_OK;
}
