/* SPDX-License-Identifier: MIT */
#include "host/unsettled.h"

#include "base/memory.h"

/* Milliseconds: quiet for so long, or unquiet for so long. */
static const struct patience {
	int64_t quiet, longest;
} ended = { 50, 2000 }, going = { 1000, 60000 };

enum status unsettled_begin(struct unsettled *u)
{
	*u = (struct unsettled){ 0 };
	return table_begin(&u->table);
}

void unsettled_free(struct unsettled_row *row)
{
	memory_free(row->memory);
	memory_free(row);
}

void unsettled_clear(struct unsettled *u)
{
	struct table_row *row;

	while ((row = table_take(&u->table)) != NULL)
		unsettled_free((struct unsettled_row *)row);
	u->ended = u->going = (struct unsettled_queue){ 0 };
	u->bytes = 0;
}

void unsettled_end(struct unsettled *u)
{
	unsettled_clear(u);
	table_end(&u->table);
}

static struct unsettled_queue *queue_of(struct unsettled *u, const struct unsettled_row *row)
{
	return row->ended ? &u->ended : &u->going;
}

static void queue_leave(struct unsettled *u, struct unsettled_row *row)
{
	struct unsettled_queue *q = queue_of(u, row);

	if (row->before)
		row->before->behind = row->behind;
	else
		q->first = row->behind;
	if (row->behind)
		row->behind->before = row->before;
	else
		q->last = row->before;
	row->before = row->behind = NULL;
}

static void queue_join(struct unsettled *u, struct unsettled_row *row, int64_t now_ms)
{
	const struct patience *p = row->ended ? &ended : &going;
	struct unsettled_queue *q = queue_of(u, row);

	row->due_ms = now_ms + p->quiet;
	if (row->due_ms > row->first_ms + p->longest)
		row->due_ms = row->first_ms + p->longest;
	row->before = q->last;
	if (q->last)
		q->last->behind = row;
	else
		q->first = row;
	q->last = row;
}

static enum status row_new(struct unsettled *u, struct span key, struct unsettled_row **out)
{
	struct unsettled_row *row;

	if (u->table.n == UNSETTLED_MAX || key.len > UNSETTLED_MAX_BYTES - u->bytes)
		return STATUS_LIMIT;
	row = (struct unsettled_row *)memory_new(1, sizeof(*row));
	if (!row)
		return STATUS_NO_MEMORY;
	row->memory = memory_new(key.len + 1, 1);
	if (row->memory) {
		(void)span_copy(row->memory, key.len, key);
		row->row.key = (struct span){ (const uint8_t *)row->memory, key.len };
	}
	if (!row->memory || table_add(&u->table, &row->row) != STATUS_OK) {
		unsettled_free(row);
		return STATUS_NO_MEMORY;
	}
	u->bytes += key.len;
	*out = row;
	return STATUS_OK;
}

enum status unsettled_touch(struct unsettled *u, struct span key, enum unsettled_kind kind,
			    bool has_ended, int64_t now_ms, uint32_t actor)
{
	struct unsettled_row *row = (struct unsettled_row *)table_find(&u->table, key);

	if (row) {
		queue_leave(u, row);
		/* From its end on it is the end that is waited for. */
		if (has_ended && !row->ended)
			row->first_ms = now_ms;
		row->ended |= has_ended;
		/* A tree holds the name at its top. */
		if (kind == UNSETTLED_TREE)
			row->kind = kind;
	} else {
		TRY(row_new(u, key, &row));
		row->kind = kind;
		row->ended = has_ended;
		row->first_ms = now_ms;
	}
	row->unnamed |= kind == UNSETTLED_TREE && actor == 0;
	row->several |= row->actor != 0 && actor != 0 && row->actor != actor;
	if (actor != 0)
		row->actor = actor;
	/* Who made a folder did not make what somebody mounted there. */
	if (row->unnamed) {
		row->actor = 0;
		row->several = false;
	}
	queue_join(u, row, now_ms);
	return STATUS_OK;
}

static bool is_due(const struct unsettled_queue *q, int64_t now_ms)
{
	return q->first && q->first->due_ms <= now_ms;
}

struct unsettled_row *unsettled_take(struct unsettled *u, int64_t now_ms)
{
	struct unsettled_row *row = is_due(&u->ended, now_ms)   ? u->ended.first
				    : is_due(&u->going, now_ms) ? u->going.first
								: NULL;

	if (!row)
		return NULL;
	queue_leave(u, row);
	table_remove(&u->table, &row->row);
	u->bytes -= row->row.key.len;
	return row;
}

static int64_t sooner(int64_t due, const struct unsettled_queue *q)
{
	return q->first && (due < 0 || q->first->due_ms < due) ? q->first->due_ms : due;
}

int unsettled_wait(const struct unsettled *u, int64_t now_ms)
{
	int64_t due = sooner(sooner(-1, &u->ended), &u->going);

	if (due < 0)
		return -1;
	return due <= now_ms ? 0 : (int)(due - now_ms);
}
