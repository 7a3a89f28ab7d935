/* SPDX-License-Identifier: MIT */
/* The journal: writing.  How a file of it is read: journal_file.c. */
#include "store/journal.h"

#include "base/memory.h"
#include "base/time.h"
#include "source/write.h"
#include "store/journal_file.h"
#include "trust/file.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define JOURNAL_CUT ".cut" /* behind the name of a day */
#define READ_TRIES  20
#define LOCK_TRIES  300
#define LOCK_PAUSE  100000000 /* ns */

struct journal {
	int folder, file; /* file -1: none yet */
	struct journal_name name;
	uint8_t last[JOURNAL_DIGEST];
	uint64_t size;
	bool broken; /* half a record may stand at the end */
};

enum status journal_id_new(struct journal_id *out)
{
	return getrandom(out->bytes, sizeof(out->bytes), 0) == sizeof(out->bytes) ? STATUS_OK
										  : STATUS_IO;
}

/* ---- opening ---- */

struct opening {
	struct arena *arena;
	const char *folder;
	const char **problem;
};

static enum status refuse(const struct opening *o, enum status status, const char *why)
{
	if (!*o->problem)
		*o->problem = arena_printf(o->arena, "journal %s: %s", o->folder, why);
	return status;
}

/* Who may write into the folder decides what we restore. */
static enum status folder_check(const struct opening *o, int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return refuse(o, STATUS_IO, strerrordesc_np(errno));
	if (st.st_uid != geteuid())
		return refuse(o, STATUS_USAGE, "belongs to somebody else");
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return refuse(o, STATUS_USAGE, "others may write there");
	return STATUS_OK;
}

/* *@fd -1 and STATUS_OK: it is not there. */
static enum status folder_open(const struct opening *o, int *fd)
{
	enum status status;

	*fd = open(o->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd < 0)
		return errno == ENOENT ? STATUS_OK
				       : refuse(o, STATUS_IO, strerrordesc_np(errno));
	status = folder_check(o, *fd);
	if (status != STATUS_OK) {
		(void)close(*fd);
		*fd = -1;
	}
	return status;
}

static enum status days_list(const struct opening *o, int folder, const char ***names,
			     size_t *n, uint64_t *n_cuts)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum status status =
		fd < 0 ? STATUS_IO
		       : folder_read(fd, (size_t)JOURNAL_MAX_DAYS * 2, o->arena, names, n);
	size_t kept = 0;

	if (status != STATUS_OK)
		return refuse(o, status,
			      status == STATUS_IO ? strerrordesc_np(errno)
						  : status_text(status));
	for (size_t i = 0; i < *n; i++) {
		if (journal_name_good((*names)[i]))
			(*names)[kept++] = (*names)[i];
		else if (strstr((*names)[i], JOURNAL_CUT))
			++*n_cuts;
	}
	*n = kept;
	return STATUS_OK;
}

/* One day.  @last: the digest before it, and then that of its end. */
static enum status day_read(const struct opening *o, int folder, const char *name,
			    struct journal_pass *pass)
{
	CLEANUP(arena_free) struct arena day = ARENA_INIT(JOURNAL_FILE_MAX + 65536);
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct span bytes = SPAN_NONE;
	struct stat st;
	enum status status = STATUS_IO;

	if (fd >= 0 && fstat(fd, &st) == 0) {
		status = STATUS_USAGE;
		if (S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
		    (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
			status = journal_file_load(fd, &day, &bytes);
	}
	if (fd >= 0)
		(void)close(fd);
	if (status != STATUS_OK)
		return refuse(o, status,
			      status == STATUS_IO      ? strerrordesc_np(errno)
			      : status == STATUS_USAGE ? "a file in it is not our own"
						       : status_text(status));
	status = journal_file_pass(bytes, pass);
	if (status != STATUS_OK)
		return refuse(o, status, status_text(status));
	return STATUS_OK;
}

/* All days; what is wrong with older ones is damage, at the end of the newest a torn tail. */
static enum status days_read(const struct opening *o, int folder, struct journal_pass *pass,
			     struct journal_health *health, const char **newest)
{
	const char **names = NULL;
	size_t n = 0;

	*newest = NULL;
	TRY(days_list(o, folder, &names, &n, &health->n_cuts));
	for (size_t i = 0; i < n; i++) {
		TRY(day_read(o, folder, names[i], pass));
		health->n_records += pass->n_records;
		if (!pass->follows || (i + 1 < n && pass->good < pass->size))
			health->damaged = health->damaged ? health->damaged : names[i];
		*newest = names[i];
	}
	if (n)
		health->cut = pass->size - pass->good;
	return STATUS_OK;
}

/* False: errno; EWOULDBLOCK: somebody else has it all the time. */
static bool lock_wait(int folder, int how, int tries)
{
	struct timespec pause = { .tv_nsec = LOCK_PAUSE };

	for (int i = 0; i < tries; i++) {
		if (flock(folder, how | LOCK_NB) == 0)
			return true;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return false;
		(void)nanosleep(&pause, NULL);
	}
	errno = EWOULDBLOCK;
	return false;
}

static enum status lock_take(const struct opening *o, int folder)
{
	if (lock_wait(folder, LOCK_EX, LOCK_TRIES))
		return STATUS_OK;
	return refuse(o, STATUS_IO,
		      errno == EWOULDBLOCK ? "another assay writes in it for too long"
					   : strerrordesc_np(errno));
}

enum status journal_read(struct arena *a, const struct journal_place *place,
			 struct journal_health *health, const char **problem)
{
	struct opening o = { a, place->folder, problem };
	struct journal_pass pass = { .each = place->each, .context = place->context };
	const char *newest;
	enum status status;
	int fd;

	*health = (struct journal_health){ 0 };
	TRY(folder_open(&o, &fd));
	if (fd < 0)
		return STATUS_OK;
	/* Without it half a record may be seen; who works for long is not waited for. */
	(void)lock_wait(fd, LOCK_SH, READ_TRIES);
	status = days_read(&o, fd, &pass, health, &newest);
	(void)close(fd);
	return status;
}

/* ---- writing ---- */

/* Keeps what is behind the last good record, and then cuts there. */
static enum status tail_cut(struct journal *j, const char *name, uint64_t good, uint64_t size)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(JOURNAL_FILE_MAX + 65536);
	const char *kept = arena_printf(&arena, "%s" JOURNAL_CUT, name);
	struct span bytes = SPAN_NONE;
	bool written;
	int fd;

	if (!kept)
		return STATUS_NO_MEMORY;
	TRY(journal_file_load(j->file, &arena, &bytes));
	fd = openat(j->folder, kept, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return STATUS_IO;
	written = write_all(fd, span_clip(bytes, good, size - good)) && fsync(fd) == 0;
	(void)close(fd);
	if (!written || ftruncate(j->file, (off_t)good) != 0 || fsync(j->file) != 0 ||
	    fsync(j->folder) != 0)
		return STATUS_IO;
	return STATUS_OK;
}

/* Goes on in the newest file, unless it has not even a beginning. */
static enum status newest_take(struct journal *j, const char *name,
			       const struct journal_pass *pass)
{
	if (!name)
		return STATUS_OK;
	j->file = openat(j->folder, name, O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	if (j->file < 0)
		return STATUS_IO;
	if (pass->good < pass->size)
		TRY(tail_cut(j, name, pass->good, pass->size));
	j->name = journal_name_of(name);
	j->size = pass->good;
	(void)span_copy(j->last, sizeof(j->last), SPAN_OF(pass->last));
	return STATUS_OK;
}

static enum status journal_begin(const struct opening *o, struct journal *j,
				 struct journal_pass *pass, struct journal_health *health)
{
	const char *newest;
	enum status status;

	TRY(lock_take(o, j->folder));
	TRY(days_read(o, j->folder, pass, health, &newest));
	status = newest_take(j, newest, pass);
	return status == STATUS_OK ? STATUS_OK
				   : refuse(o, status,
					    status == STATUS_IO ? strerrordesc_np(errno)
								: status_text(status));
}

enum status journal_open(struct arena *a, const struct journal_place *place,
			 struct journal **out, struct journal_health *health,
			 const char **problem)
{
	struct opening o = { a, place->folder, problem };
	struct journal_pass pass = { .each = place->each, .context = place->context };
	struct journal *j = (struct journal *)memory_new(1, sizeof(*j));
	enum status status;

	*out = NULL;
	*health = (struct journal_health){ 0 };
	if (!j)
		return STATUS_NO_MEMORY;
	j->file = -1;
	j->folder = -1;
	status = folders_make(place->folder, 0700) ? folder_open(&o, &j->folder) : STATUS_IO;
	if (status == STATUS_OK && j->folder >= 0)
		status = journal_begin(&o, j, &pass, health);
	else if (status == STATUS_OK || !*problem)
		status = refuse(&o, STATUS_IO, strerrordesc_np(errno));
	if (status == STATUS_OK) {
		*out = j;
		return STATUS_OK;
	}
	journal_close(j);
	return status;
}

/* A record in bytes; the new end of the chain in @digest. */
static enum status record_make(struct buffer *out, const uint8_t before[JOURNAL_DIGEST],
			       const struct journal_record *r, uint8_t digest[JOURNAL_DIGEST])
{
	struct span parts[2] = {
		{before, JOURNAL_DIGEST},
                SPAN_NONE
	};

	if (r->payload.len > JOURNAL_RECORD_MAX)
		return STATUS_LIMIT;
	buffer_text(out, JOURNAL_MAGIC);
	buffer_u32le(out, (uint32_t)r->payload.len);
	buffer_u16le(out, r->type);
	buffer_u16le(out, r->version);
	buffer_add(out, SPAN_OF(r->id.bytes));
	buffer_u64le(out, (uint64_t)r->time);
	buffer_add(out, r->payload);
	TRY(buffer_status(out));
	parts[1] = buffer_span(out);
	TRY(journal_digest(parts, 2, digest));
	buffer_add(out, (struct span){ digest, JOURNAL_DIGEST });
	return buffer_status(out);
}

/* All of it at the end of the file, or nothing. */
static enum status bytes_append(struct journal *j, struct span bytes)
{
	int error;

	if (j->broken)
		return STATUS_MALFORMED;
	if (j->size + bytes.len > JOURNAL_FILE_MAX)
		return STATUS_LIMIT;
	if (write_all(j->file, bytes)) {
		j->size += bytes.len;
		return STATUS_OK;
	}
	error = errno;
	j->broken = ftruncate(j->file, (off_t)j->size) != 0;
	errno = error;
	return STATUS_IO;
}

/* The folder itself may be new. */
static bool parent_sync(int folder)
{
	int fd = openat(folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Who may not read it did not make the folder just now. */
	bool good = fd < 0 || fsync(fd) == 0;

	if (fd >= 0)
		(void)close(fd);
	return good;
}

static enum status day_begin(struct journal *j, const struct journal_name *name, int64_t now)
{
	static const uint8_t nothing[JOURNAL_DIGEST];
	CLEANUP(buffer_free) struct buffer bytes = BUFFER_INIT;
	struct journal_record begin = { .type = JOURNAL_BEGIN,
					.version = JOURNAL_VERSION,
					.time = now,
					.payload = SPAN_OF(j->last) };
	uint8_t digest[JOURNAL_DIGEST];
	struct journal next = *j;

	TRY(record_make(&bytes, nothing, &begin, digest));
	next.file = openat(
		j->folder, name->text,
		O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC |
			(j->file < 0 || strcmp(j->name.text, name->text) != 0 ? O_EXCL : 0),
		0600);
	if (next.file < 0)
		return STATUS_IO;
	next.size = 0;
	if (bytes_append(&next, buffer_span(&bytes)) != STATUS_OK || fsync(next.file) != 0 ||
	    fsync(j->folder) != 0 || (j->file < 0 && !parent_sync(j->folder))) {
		int error = errno;

		(void)close(next.file);
		(void)unlinkat(j->folder, name->text, 0);
		errno = error;
		return STATUS_IO;
	}
	if (j->file >= 0)
		(void)close(j->file);
	next.name = *name;
	(void)span_copy(next.last, sizeof(next.last), SPAN_OF(digest));
	*j = next;
	return STATUS_OK;
}

enum status journal_append(struct journal *j, const struct journal_record *record)
{
	CLEANUP(buffer_free) struct buffer bytes = BUFFER_INIT;
	struct journal_name today = journal_name_at(record->time);
	uint8_t digest[JOURNAL_DIGEST];

	/* A clock that went back goes on in the newest file: names stay in order. */
	if (j->file < 0 || j->size == 0 || strcmp(today.text, j->name.text) > 0)
		TRY(day_begin(j, j->size == 0 && j->file >= 0 ? &j->name : &today,
			      record->time));
	TRY(record_make(&bytes, j->last, record, digest));
	TRY(bytes_append(j, buffer_span(&bytes)));
	(void)span_copy(j->last, sizeof(j->last), SPAN_OF(digest));
	return STATUS_OK;
}

enum status journal_sync(struct journal *j)
{
	return fdatasync(j->file) == 0 ? STATUS_OK : STATUS_IO;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	if (j->file >= 0)
		(void)close(j->file);
	if (j->folder >= 0)
		(void)close(j->folder);
	memory_free(j);
}
