/* SPDX-License-Identifier: MIT */
#include "countermeasures/file_integrity_monitoring/known.h"

#include "base/memory.h"

static enum status later_read(const struct fim_known *known, size_t i,
			      struct baseline_record *out)
{
	return baseline_record_decode(known->later[i].bytes, BASELINE_VERSION, out);
}

void fim_known_clear(struct fim_known *known)
{
	for (size_t i = 0; i < known->n_later; i++)
		memory_free(known->later[i].memory);
	memory_free(known->later);
	known->later = NULL;
	known->n_later = 0;
}

/* The first that was seen later and does not come before @path. */
static enum status later_seek(const struct fim_known *known, struct span path, size_t *at,
			      bool *same)
{
	size_t low = 0, high = known->n_later;
	struct baseline_record r;

	*same = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order;

		TRY(later_read(known, middle, &r));
		order = baseline_path_order(path, r.path);
		if (order > 0)
			low = middle + 1;
		else
			high = middle;
		*same |= order == 0;
	}
	*at = low;
	return STATUS_OK;
}

enum status fim_known_find(const struct fim_known *known, struct span path,
			   struct baseline_record *out)
{
	size_t at;
	bool same;

	TRY(later_seek(known, path, &at, &same));
	if (same && !known->later[at].gone)
		return later_read(known, at, out);
	if (!same && known->baseline)
		return baseline_find(known->baseline, path, out);
	*out = (struct baseline_record){ 0 };
	return STATUS_NOT_MINE;
}

static enum status later_insert(struct fim_known *known, size_t at)
{
	if (!known->later)
		known->later =
			(struct fim_later *)memory_new(FIM_LATER_MAX, sizeof(*known->later));
	if (!known->later)
		return STATUS_NO_MEMORY;
	if (known->n_later == FIM_LATER_MAX)
		return STATUS_LIMIT;
	for (size_t i = known->n_later; i > at; i--)
		known->later[i] = known->later[i - 1];
	known->later[at] = (struct fim_later){ 0 };
	known->n_later++;
	return STATUS_OK;
}

enum status fim_known_set(struct fim_known *known, const struct baseline_record *now, bool gone)
{
	CLEANUP(buffer_free) struct buffer bytes = { .limit = BASELINE_MAX_RECORD * 4 };
	const struct baseline_record only = { .path = now->path };
	struct fim_later *row;
	void *memory, *old;
	size_t at;
	bool same;

	baseline_record_encode(&bytes, gone ? &only : now);
	TRY(buffer_status(&bytes));
	if (bytes.len > BASELINE_MAX_RECORD)
		return STATUS_LIMIT;
	TRY(later_seek(known, now->path, &at, &same));
	memory = memory_new(bytes.len, 1);
	if (!memory)
		return STATUS_NO_MEMORY;
	if (!same) {
		enum status status = later_insert(known, at);

		if (status != STATUS_OK) {
			memory_free(memory);
			return status;
		}
	}
	row = &known->later[at];
	old = row->memory;
	*row = (struct fim_later){
		memory, {(const uint8_t *)memory, bytes.len},
                 gone
	};
	(void)span_copy(memory, bytes.len, buffer_span(&bytes));
	memory_free(old);
	return STATUS_OK;
}

enum status fim_known_seek(const struct fim_known *known, struct span path,
			   struct fim_known_place *place)
{
	uint64_t low = 0, high = known->baseline ? baseline_count(known->baseline) : 0;
	struct baseline_record r;
	size_t later;
	bool same;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		TRY(baseline_record_at(known->baseline, middle, &r));
		if (baseline_path_order(path, r.path) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	TRY(later_seek(known, path, &later, &same));
	*place = (struct fim_known_place){ low, later };
	return STATUS_OK;
}

enum status fim_known_next(const struct fim_known *known, struct fim_known_place *place,
			   struct baseline_record *out)
{
	uint64_t n = known->baseline ? baseline_count(known->baseline) : 0;
	struct baseline_record later;

	while (place->later < known->n_later) {
		size_t at = (size_t)place->later;
		int order = 1;

		TRY(later_read(known, at, &later));
		if (place->at < n) {
			TRY(baseline_record_at(known->baseline, place->at, out));
			order = baseline_path_order(out->path, later.path);
		}
		if (order <= 0)
			place->at++;
		if (order < 0)
			return STATUS_OK;
		place->later++;
		*out = later;
		if (!known->later[at].gone)
			return STATUS_OK;
	}
	if (place->at < n)
		return baseline_record_at(known->baseline, place->at++, out);
	*out = (struct baseline_record){ 0 };
	return STATUS_NOT_MINE;
}

enum status fim_known_write(const struct fim_known *known, struct baseline_writer *writer)
{
	struct fim_known_place place = { 0 };
	struct baseline_record r;
	enum status status;

	while ((status = fim_known_next(known, &place, &r)) == STATUS_OK)
		TRY(baseline_writer_add(writer, &r));
	return status == STATUS_NOT_MINE ? STATUS_OK : status;
}
