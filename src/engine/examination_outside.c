/* SPDX-License-Identifier: MIT */
/*
 * Signatures beside a packed file: they are over the file as it stands, and what is
 * judged came out of it.  So the file is read once more, for them alone.
 */
#include "engine/examination.h"

#define OUTSIDE_MAX ((uint64_t)64 << 20) /* bytes of a file that are held for that */

/* What belongs to a bundle around a file says nothing of what came out of it. */
static bool is_of_bundle(const struct companion *c)
{
	uint8_t row = companion_row_of(c->name);

	return row < n_companion_rows && row != COMPANION_GIVEN && !companion_rows[row].suffix;
}

/* In the order in which they are listed. */
static enum status companions_keep(struct arena *a, const struct companion *c,
				   struct companions *out)
{
	const struct companion **last = &out->first;

	for (; c; c = c->next) {
		struct companion *copy;

		if (is_of_bundle(c))
			continue;
		copy = ARENA_NEW(a, struct companion, 1);
		if (!copy)
			return STATUS_NO_MEMORY;
		*copy = *c;
		copy->next = NULL;
		*last = copy;
		last = &copy->next;
	}
	return STATUS_OK;
}

/* Those of the program first: who asks for one by its name means that. */
static enum status companions_join(struct examination *x, const struct companions *outside)
{
	struct companions all = { .inode = outside->inode };
	const struct companion **last = &all.first;

	for (const struct companion *c = x->companions.first; c; c = c->next) {
		struct companion *copy = ARENA_NEW(x->arena, struct companion, 1);

		if (!copy)
			return STATUS_NO_MEMORY;
		*copy = *c;
		*last = copy;
		last = &copy->next;
	}
	*last = outside->first;
	x->companions = all;
	return STATUS_OK;
}

static enum status outer_read(struct examination *x, struct span *out)
{
	CLEANUP(buffer_free) struct buffer all = BUFFER_INIT;
	uint64_t size = x->outer.before.size;
	uint8_t chunk[4096];

	for (uint64_t off = 0; off < size; off += sizeof chunk) {
		uint64_t left = size - off;
		size_t len = left < sizeof chunk ? (size_t)left : sizeof chunk;

		TRY(source_read(&x->outer, NULL, off, chunk, len));
		buffer_add(&all, (struct span){ chunk, len });
	}
	TRY(buffer_status(&all));
	*out = buffer_give(&all, x->arena);
	return out->ptr ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status examination_outside(struct examination *x)
{
	struct companions read = { 0 }, outside;
	struct piece whole = { .kind = PIECE_LITERAL };

	if (!x->beside || !x->packed_as)
		return STATUS_OK;
	TRY(companions_read(x->arena, x->beside, &read));
	TRY(companions_attributes(x->arena, x->outer.fd, &read));
	outside = (struct companions){ .inode = read.inode };
	TRY(companions_keep(x->arena, read.first, &outside));
	if (!outside.first)
		return STATUS_OK;
	if (x->outer.before.size > OUTSIDE_MAX) {
		finding_add(&x->findings, "file.sidecar-unread", (struct range){ 0, 0 }, NULL,
			    outside.first->name);
		return STATUS_OK;
	}
	TRY(companions_join(x, &outside));
	TRY(outer_read(x, &whole.literal));
	return sidecar_claims(x->arena, &outside, &whole, &x->box);
}
