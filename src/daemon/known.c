/* SPDX-License-Identifier: MIT */
#include "daemon/known.h"

#include "base/memory.h"
#include "daemon/writes.h"
#include "source/identity.h"

#define WAYS 4

struct known_row {
	struct source_identity file; /* .ino 0: free */
	uint32_t mounts;
	int watch; /* of what others than root can write to; 0: need not be */
	struct decision decision;
};

struct known_set {
	struct known_row rows[WAYS];
	unsigned next; /* to be replaced */
};

struct known {
	uint32_t mounts;
	struct writes *writes; /* NULL: not yet */
	struct known_set sets[KNOWN_ROWS / WAYS];
};

struct known *known_new(void)
{
	return (struct known *)memory_new(1, sizeof(struct known));
}

void known_free(struct known *k)
{
	if (k)
		writes_free(k->writes);
	memory_free(k);
}

void known_mounts(struct known *k, uint32_t mounts)
{
	k->mounts = mounts;
}

/* Inode numbers count up: multiplied, neighbours come to lie far apart. */
static size_t set_of(const struct source_identity *file)
{
	uint64_t mixed = (file->ino ^ file->dev << 40) * UINT64_C(0x9e3779b97f4a7c15);

	return (size_t)(mixed >> 32) % (KNOWN_ROWS / WAYS);
}

static uint32_t row_number(size_t set, size_t way)
{
	return (uint32_t)(set * WAYS + way);
}

/* NULL: it has not been seen as it is.  @fd: of the file; -1: there is none. */
static const struct known_row *row_find(struct known *k, int fd,
					const struct source_identity *file)
{
	size_t at = set_of(file);

	for (size_t i = 0; i < WAYS; i++) {
		const struct known_row *row = &k->sets[at].rows[i];

		if (row->file.ino != 0 && row->mounts == k->mounts &&
		    identity_equal(&row->file, file))
			return row->watch == 0 || writes_none(k->writes, fd, row->watch,
							      row_number(at, i))
				       ? row
				       : NULL;
	}
	return NULL;
}

const struct decision *known_find(struct known *k, int fd, const struct source_identity *file,
				  uint32_t epoch)
{
	const struct known_row *row = row_find(k, fd, file);

	return row && row->decision.keep && row->decision.epoch == epoch ? &row->decision
									 : NULL;
}

bool known_digest(struct known *k, const struct source_identity *file, uint8_t out[32])
{
	const struct known_row *row = row_find(k, -1, file);

	if (!row || !row->decision.has_sha256)
		return false;
	(void)span_copy(out, 32, SPAN_OF(row->decision.sha256));
	return true;
}

static size_t way_of(const struct known_set *set, const struct source_identity *file)
{
	for (size_t i = 0; i < WAYS; i++)
		if (set->rows[i].file.ino == file->ino && set->rows[i].file.dev == file->dev)
			return i;
	return WAYS;
}

static int watch(struct known *k, int fd, uint32_t row)
{
	if (!k->writes)
		k->writes = writes_new();
	return k->writes ? writes_watch(k->writes, fd, row) : 0;
}

void known_add(struct known *k, int fd, const struct source_identity *file,
	       const struct decision *d)
{
	size_t number = set_of(file);
	struct known_set *set = &k->sets[number];
	struct known_row row = { *file, k->mounts, 0, *d };
	size_t at = way_of(set, file);
	bool tells = true;

	/* An older state of the same inode will never be seen again. */
	if (at == WAYS)
		at = set->next++ % WAYS;
	if (identity_is_roots(file)) {
		tells = identity_times_tell(identity_telling_of(fd), file);
	} else {
		row.watch = watch(k, fd, row_number(number, at));
		tells = row.watch != 0;
	}
	if (set->rows[at].watch != 0 && set->rows[at].watch != row.watch)
		writes_unwatch(k->writes, set->rows[at].watch);
	set->rows[at] = tells ? row : (struct known_row){ 0 };
}

void known_forget(struct known *k, const struct source_identity *file)
{
	struct known_set *set = &k->sets[set_of(file)];
	size_t at = way_of(set, file);

	if (at < WAYS)
		set->rows[at].file.ino = 0;
}

void known_age(struct known *k, int64_t now_ms)
{
	if (k->writes)
		writes_age(k->writes, now_ms);
}
