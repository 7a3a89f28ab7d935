/* SPDX-License-Identifier: MIT */
#include "store/baseline_serial.h"

#include "base/cursor.h"
#include "source/paths.h"
#include "store/journal.h"

#define VERSION 1

/* What is looked for. */
struct search {
	const char *path;
	struct baseline_serial *out;
};

static enum status each(void *context, const struct journal_record *record)
{
	const struct search *s = (const struct search *)context;
	struct cursor c = cursor_at(record->payload, 0);
	uint64_t counter = cursor_u64le(&c);
	struct span root = cursor_take(&c, 32);
	struct span path = cursor_take(&c, cursor_left(&c));

	if (record->type != JOURNAL_BASELINE || record->version != VERSION || !cursor_ok(&c) ||
	    counter < s->out->counter || !span_equal(path, SPAN_TEXT(s->path)))
		return STATUS_OK;
	s->out->counter = counter;
	s->out->kept_at = record->time;
	(void)span_copy(s->out->root, sizeof(s->out->root), root);
	return STATUS_OK;
}

static enum status place_find(struct arena *a, const char *path, struct journal_place *place,
			      struct search *search)
{
	const char *folder;

	TRY(path_resolve(a, path, &search->path));
	folder = path_folder(a, search->path);
	place->folder = folder ? arena_printf(a, "%s/journal", folder) : NULL;
	return place->folder ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status baseline_serial_last(struct arena *a, const char *path, struct baseline_serial *out,
				 const char **problem)
{
	struct search search = { .out = out };
	struct journal_place place = { .each = each, .context = &search };
	struct journal_health health;

	*out = (struct baseline_serial){ 0 };
	*problem = NULL;
	TRY(place_find(a, path, &place, &search));
	TRY(journal_read(a, &place, &health, problem));
	if (!health.damaged)
		return STATUS_OK;
	*problem = arena_printf(a, "%s/%s: this part of the journal is damaged", place.folder,
				health.damaged);
	return *problem ? STATUS_MALFORMED : STATUS_NO_MEMORY;
}

enum status baseline_serial_keep(struct arena *a, const char *path,
				 const struct baseline_serial *serial, const char **problem)
{
	CLEANUP(buffer_free) struct buffer payload = BUFFER_INIT;
	struct search search = { 0 };
	struct journal_place place = { 0 };
	struct journal_record record = { .type = JOURNAL_BASELINE,
					 .version = VERSION,
					 .time = serial->kept_at };
	struct journal_health health;
	struct journal *j = NULL;
	enum status status;

	*problem = NULL;
	TRY(place_find(a, path, &place, &search));
	TRY(journal_id_new(&record.id));
	buffer_u64le(&payload, serial->counter);
	buffer_add(&payload, SPAN_OF(serial->root));
	buffer_text(&payload, search.path);
	TRY(buffer_status(&payload));
	record.payload = buffer_span(&payload);
	TRY(journal_open(a, &place, &j, &health, problem));
	status = journal_append(j, &record);
	if (status == STATUS_OK)
		status = journal_sync(j);
	journal_close(j);
	return status;
}
