/* SPDX-License-Identifier: MIT */
/*
 * Files go to threads that hash them (engine/hashing.h).  One that changed between the
 * look at its inode and the last byte is opened again by its path, and hashed alone.
 */
#include "cmd/fim_plain.h"

#include "base/memory.h"
#include "crypto/lanes.h"
#include "engine/hashing.h"
#include "source/identity.h"
#include "source/paths.h"
#include "source/reach.h"
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#define FILES       (HASHING_MAX_FILES + 1) /* one is told */
#define FIRST_PAUSE (2 * 1000000L)          /* nanoseconds; four times as long each time */

/* What is remembered of a file meanwhile. */
struct slot_of_file {
	struct buffer path;
	struct statx state;
	int64_t asked_ns;
	bool has_generation;
	uint32_t generation;
	bool has_before;
	struct baseline_record before;
};

struct fim_plain {
	struct hashing *hashing;
	struct lanes *lanes; /* of files that moved */
	bool hasty;          /* which are left alone */
	struct slot_of_file slots[FILES];
	size_t free[FILES], n_free; /* numbers of slots */
	bool has_told;
	size_t told;
};

enum status fim_plain_new(unsigned n_threads, bool hasty, struct fim_plain **out)
{
	struct fim_plain *p = (struct fim_plain *)memory_new(1, sizeof(*p));
	enum status status = STATUS_NO_MEMORY;

	*out = NULL;
	if (p)
		status = hashing_start(n_threads, &p->hashing);
	if (status != STATUS_OK) {
		memory_free(p);
		return status;
	}
	p->hasty = hasty;
	while (p->n_free < FILES) {
		p->free[p->n_free] = p->n_free;
		p->n_free++;
	}
	*out = p;
	return STATUS_OK;
}

void fim_plain_free(struct fim_plain *p)
{
	if (!p)
		return;
	hashing_stop(p->hashing);
	lanes_free(p->lanes);
	for (size_t i = 0; i < FILES; i++)
		buffer_free(&p->slots[i].path);
	memory_free(p);
}

bool fim_plain_has_room(struct fim_plain *p)
{
	return hashing_has_room(p->hashing);
}

/* Time of birth tells as much, and costs no call of its own. */
static bool generation_find(struct slot_of_file *slot, int fd)
{
	return (slot->state.stx_mask & STATX_BTIME) == 0 &&
	       identity_generation(fd, &slot->generation);
}

enum status fim_plain_put(struct fim_plain *p, const struct fim_plain_file *file)
{
	struct hashing_file given = { .fd = file->fd,
				      .before = identity_from_statx(file->state) };
	/* There is always one: no more files are in work than there are slots. */
	size_t number = p->free[p->n_free - 1];
	struct slot_of_file *slot = &p->slots[number];

	buffer_clear(&slot->path);
	buffer_text(&slot->path, file->path);
	buffer_char(&slot->path, '\0');
	if (buffer_status(&slot->path) != STATUS_OK) {
		buffer_free(&slot->path);
		(void)close(file->fd);
		return STATUS_NO_MEMORY;
	}
	p->n_free--;
	given.ticket = number;
	slot->state = *file->state;
	slot->asked_ns = file->asked_ns;
	slot->has_generation = generation_find(slot, file->fd);
	slot->has_before = file->before != NULL;
	if (file->before)
		slot->before = *file->before;
	hashing_put(p->hashing, &given);
	return STATUS_OK;
}

/* Opens what stands at its path now.  False: no regular file does. */
static bool slot_reopen(struct slot_of_file *slot, int *fd)
{
	const char *path = buffer_string(&slot->path, 0);
	int folder;

	if (folder_reach(path, &folder) != STATUS_OK)
		return false;
	slot->asked_ns = fim_clock();
	*fd = fim_file_open(folder, path_name(path));
	(void)close(folder);
	if (*fd < 0)
		return false;
	if (statx(*fd, "", AT_EMPTY_PATH, IDENTITY_STATX_MASK, &slot->state) == 0 &&
	    S_ISREG(slot->state.stx_mode))
		return true;
	(void)close(*fd);
	return false;
}

/* It moved: tries again, here and now. */
static enum status slot_again(struct fim_plain *p, struct slot_of_file *slot,
			      uint8_t sha256[32])
{
	enum status status = STATUS_CHANGED;

	for (unsigned i = 0; i < FIM_RETRY_MAX && status == STATUS_CHANGED && !p->hasty; i++) {
		struct timespec pause = { .tv_nsec = FIRST_PAUSE << (2 * i) };
		struct source_identity before, now;
		int fd;

		(void)nanosleep(&pause, NULL);
		if (!slot_reopen(slot, &fd))
			continue;
		before = identity_from_statx(&slot->state);
		slot->has_generation = generation_find(slot, fd);
		status = fim_content_hash(&p->lanes, fd, sha256);
		if (status == STATUS_OK &&
		    (source_identify(fd, &now) != STATUS_OK || !identity_equal(&before, &now)))
			status = STATUS_CHANGED;
		(void)close(fd);
	}
	return status;
}

bool fim_plain_next(struct fim_plain *p, struct fim_plain_answer *out)
{
	struct hashing_file file;
	struct slot_of_file *slot;

	if (p->has_told)
		p->free[p->n_free++] = p->told;
	p->has_told = hashing_take(p->hashing, true, &file);
	if (!p->has_told)
		return false;
	p->told = (size_t)file.ticket;
	slot = &p->slots[p->told];
	if (file.status == STATUS_CHANGED)
		file.status = slot_again(p, slot, file.sha256);
	*out = (struct fim_plain_answer){ .status = file.status,
					  .path = buffer_string(&slot->path, 0),
					  .before = slot->has_before ? &slot->before : NULL };
	out->now = fim_record_of(&slot->state, SPAN_TEXT(out->path), slot->asked_ns);
	out->now.flags |= BASELINE_HAS_SHA256;
	if (slot->has_generation) {
		out->now.flags |= BASELINE_HAS_GENERATION;
		out->now.generation = slot->generation;
	}
	(void)span_copy(out->now.sha256, sizeof(out->now.sha256), SPAN_OF(file.sha256));
	errno = file.error;
	return true;
}
