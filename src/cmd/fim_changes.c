/* SPDX-License-Identifier: MIT */
/* The changes that one look finds: kept as they are found, told in order of their paths. */
#include "base/memory.h"
#include "cmd/fim.h"
#include <stdlib.h>

/* A copy of @r that lives as long as the look. */
static enum status record_keep(struct arena *a, const struct baseline_record *r,
			       struct baseline_record *out)
{
	CLEANUP(buffer_free) struct buffer bytes = BUFFER_INIT;
	struct span copy;

	*out = (struct baseline_record){ 0 };
	if (r->path.len == 0)
		return STATUS_OK;
	baseline_record_encode(&bytes, r);
	TRY(buffer_status(&bytes));
	copy = arena_copy(a, buffer_span(&bytes));
	return copy.ptr ? baseline_record_decode(copy, BASELINE_VERSION, out)
			: STATUS_NO_MEMORY;
}

static enum status changes_grow(struct fim_look *to)
{
	size_t room = to->room ? to->room * 2 : 64;
	struct fim_change *changes;

	if (to->n_changes < to->room)
		return STATUS_OK;
	if (room > FIM_CHANGES_MAX)
		return STATUS_LIMIT;
	changes = (struct fim_change *)memory_new(room, sizeof(*changes));
	if (!changes)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < to->n_changes; i++)
		changes[i] = to->changes[i];
	memory_free(to->changes);
	to->changes = changes;
	to->room = room;
	return STATUS_OK;
}

enum status fim_change_add(struct fim_look *to, const struct baseline_record *before,
			   const struct baseline_record *after)
{
	struct fim_change c = { 0 }, *kept;

	if (before)
		c.before = *before;
	if (after)
		c.after = *after;
	fim_compare(&c);
	if (c.rules == 0)
		return STATUS_OK;
	TRY(changes_grow(to));
	kept = &to->changes[to->n_changes];
	kept->rules = c.rules;
	TRY(record_keep(&to->arena, &c.before, &kept->before));
	TRY(record_keep(&to->arena, &c.after, &kept->after));
	to->n_changes++;
	return STATUS_OK;
}

static int change_order(const void *a, const void *b)
{
	return baseline_path_order(fim_path_of((const struct fim_change *)a),
				   fim_path_of((const struct fim_change *)b));
}

enum status fim_changes_end(struct fim_look *look)
{
	TRY(fim_moves_find(look->changes, &look->n_changes));
	if (look->n_changes > 0)
		qsort(look->changes, look->n_changes, sizeof(*look->changes), change_order);
	for (size_t i = 0; i < look->n_changes; i++)
		look->total.by_severity[fim_severity_of(&look->changes[i])]++;
	return STATUS_OK;
}

void fim_look_free(struct fim_look *look)
{
	memory_free(look->changes);
	fim_volumes_free(&look->volumes);
	arena_free(&look->arena);
}
