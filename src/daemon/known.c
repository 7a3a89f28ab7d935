/* SPDX-License-Identifier: MIT */
#include "daemon/known.h"

#include "base/memory.h"
#include "source/identity.h"

#define WAYS 4

struct known_row {
	struct source_identity file; /* .ino 0: free */
	uint32_t mounts;
	struct decision decision;
};

struct known_set {
	struct known_row rows[WAYS];
	unsigned next; /* to be replaced */
};

struct known {
	uint32_t mounts;
	struct known_set sets[KNOWN_ROWS / WAYS];
};

struct known *known_new(void)
{
	return (struct known *)memory_new(1, sizeof(struct known));
}

void known_free(struct known *k)
{
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

/* NULL: it has not been seen as it is. */
static const struct known_row *row_find(const struct known *k,
					const struct source_identity *file)
{
	const struct known_set *set = &k->sets[set_of(file)];

	for (size_t i = 0; i < WAYS; i++)
		if (set->rows[i].file.ino != 0 && set->rows[i].mounts == k->mounts &&
		    identity_equal(&set->rows[i].file, file))
			return &set->rows[i];
	return NULL;
}

const struct decision *known_find(const struct known *k, const struct source_identity *file,
				  uint32_t epoch)
{
	const struct known_row *row = row_find(k, file);

	return row && row->decision.keep && row->decision.epoch == epoch ? &row->decision
									 : NULL;
}

bool known_digest(const struct known *k, const struct source_identity *file, uint8_t out[32])
{
	const struct known_row *row = row_find(k, file);

	if (!row || !row->decision.has_sha256)
		return false;
	(void)span_copy(out, 32, SPAN_OF(row->decision.sha256));
	return true;
}

void known_add(struct known *k, const struct source_identity *file, const struct decision *d)
{
	struct known_set *set = &k->sets[set_of(file)];
	size_t at = WAYS;

	/* An older state of the same inode will never be seen again. */
	for (size_t i = 0; i < WAYS && at == WAYS; i++)
		if (set->rows[i].file.ino == file->ino && set->rows[i].file.dev == file->dev)
			at = i;
	if (at == WAYS)
		at = set->next++ % WAYS;
	set->rows[at] = (struct known_row){ *file, k->mounts, *d };
}
