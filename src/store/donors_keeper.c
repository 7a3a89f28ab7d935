/* SPDX-License-Identifier: MIT */
#include "store/donors_keeper.h"

#include "store/donors.h"
#include "trust/file.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define LOCK_TRIES 300
#define LOCK_PAUSE 100000000 /* ns */

static enum status say(struct donor_keeper *k, enum status status, const char *why)
{
	if (!*k->problem)
		*k->problem = arena_printf(k->arena, "%s: %s", k->folder, why);
	return *k->problem ? status : STATUS_NO_MEMORY;
}

enum status donor_keeper_outcome(struct donor_keeper *k, enum status status)
{
	if (status == STATUS_OK || *k->problem)
		return status;
	if (k->database.problem)
		return say(k, status, k->database.problem);
	if (status == STATUS_IO)
		return say(k, status, strerrordesc_np(errno));
	if (status == STATUS_MALFORMED)
		return say(k, status, "a donor index is damaged");
	return say(k, status, status_text(status));
}

static enum status lock_take(struct donor_keeper *k)
{
	struct timespec pause = { .tv_nsec = LOCK_PAUSE };

	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(k->lock, LOCK_EX | LOCK_NB) == 0)
			return STATUS_OK;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return STATUS_IO;
		(void)nanosleep(&pause, NULL);
	}
	return say(k, STATUS_IO, "is being changed by another assay for too long");
}

enum status donor_keeper_reload(struct donor_keeper *k)
{
	donor_files_close(&k->files);
	return donor_files_open(k->arena, k->folder, &k->files, k->problem);
}

/* Half a file of one who died: nobody else writes while we hold the lock. */
static enum status leftovers_remove(const struct donor_keeper *k)
{
	int fd = openat(k->lock, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char **names;
	size_t n;

	if (fd < 0)
		return STATUS_IO;
	TRY(folder_read(fd, FOLDER_MAX_NAMES, k->arena, &names, &n));
	for (size_t i = 0; i < n; i++) {
		struct span name = SPAN_TEXT(names[i]);

		if (span_at(name, name.len - 1) == '~' && unlinkat(k->lock, names[i], 0) != 0)
			return STATUS_IO;
	}
	return STATUS_OK;
}

static enum status keeper_open(struct donor_keeper *k)
{
	const char *path = arena_printf(k->arena, "%s/" DONORS_DATABASE, k->folder);

	if (!path)
		return STATUS_NO_MEMORY;
	if (!folders_make(k->folder, 0700))
		return STATUS_IO;
	k->lock = open(k->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (k->lock < 0)
		return STATUS_IO;
	TRY(lock_take(k));
	TRY(leftovers_remove(k));
	TRY(donor_keeper_reload(k));
	return donor_database_begin(path, &k->database);
}

enum status donor_keeper_begin(struct donor_keeper *k, struct arena *a, const char *folder,
			       const char **problem)
{
	*problem = NULL;
	*k = (struct donor_keeper){
		.arena = a, .folder = folder, .problem = problem, .lock = -1
	};
	return donor_keeper_outcome(k, keeper_open(k));
}

void donor_keeper_end(struct donor_keeper *k)
{
	donor_database_end(&k->database);
	donor_files_close(&k->files);
	if (k->lock >= 0)
		(void)close(k->lock);
	k->lock = -1;
}

enum status donor_selection_write(const struct donor_selection *s, struct image_writer *w,
				  uint64_t *n)
{
	CLEANUP(merge_end) struct merge m;
	const struct donor *next;
	struct donor donor;

	TRY(merge_begin(&m, s->stack, s->n));
	for (;;) {
		TRY(merge_next(&m, &next));
		if (!next)
			return image_writer_finish(w);
		if (s->keep && !s->keep(s->context, next))
			continue;
		donor = *next;
		if (s->provenance)
			donor.provenance = s->provenance;
		image_writer_add(w, &donor);
		++*n;
	}
}

/* An index without donors is none. */
static enum status file_commit(struct new_file *f, uint64_t n)
{
	if (n > 0)
		return new_file_commit(f);
	return unlink(f->path) == 0 || errno == ENOENT ? STATUS_OK : STATUS_IO;
}

enum status donor_file_write(const char *path, const struct donor_selection *s, uint64_t *n)
{
	CLEANUP(new_file_end) struct new_file f = { .fd = -1 };
	CLEANUP(image_writer_end) struct image_writer w = { 0 };

	*n = 0;
	TRY(new_file_begin(path, &f));
	image_writer_begin(&w, &f);
	TRY(donor_selection_write(s, &w, n));
	return file_commit(&f, *n);
}

static enum status tail_add(void *context, const struct donor *donor)
{
	struct image_writer *w = context;

	image_writer_add(w, donor);
	return w->status;
}

enum status donor_tail_write(struct donor_keeper *k)
{
	CLEANUP(new_file_end) struct new_file f = { .fd = -1 };
	CLEANUP(image_writer_end) struct image_writer w = { 0 };
	const char *path = arena_printf(k->arena, "%s/" DONORS_TAIL, k->folder);

	if (!path)
		return STATUS_NO_MEMORY;
	TRY(new_file_begin(path, &f));
	image_writer_begin(&w, &f);
	TRY(tail_each(&k->database, tail_add, &w));
	TRY(image_writer_finish(&w));
	return file_commit(&f, w.n_rows[DONOR_BY_DIGEST]);
}
