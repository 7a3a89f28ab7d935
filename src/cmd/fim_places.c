/* SPDX-License-Identifier: MIT */
/* Which places are looked at, and who changed them. */
#include "base/memory.h"
#include "base/search.h"
#include "base/units.h"
#include "cmd/fim_watching.h"
#include "source/paths.h"
#include <stdlib.h>

/* Which is rare, and so no index is kept. */
void fim_watch_inode(struct watch *w, struct fim_by by, const char *text)
{
	struct fim_known_place place = { 0 };
	struct baseline_record r;
	enum status status;
	uint64_t blank, dev, ino;
	const char *first;

	if (!span_find_byte(SPAN_TEXT(text), ' ', 0, &blank))
		return;
	first = arena_string(&w->scratch, span_clip(SPAN_TEXT(text), 0, blank));
	if (!first || !units_number(first, &dev) ||
	    !units_number(text_after(text, (size_t)blank + 1), &ino))
		return;
	while ((status = fim_known_next(&w->with->state.known, &place, &r)) == STATUS_OK)
		if (r.ino == ino && r.dev == dev)
			fim_heard_put(&w->more, FIM_HEARD_NAME, by, r.path);
	if (status != STATUS_NOT_MINE)
		fim_watch_fail(w, "what is known could not be read", status);
	arena_reset(&w->scratch);
}

bool fim_place_has(const struct fim_place *place, struct span path)
{
	struct span top = SPAN_TEXT(place->path);

	return place->tree ? path_lies_in(path, top) : span_equal(path, top);
}

/* Adds the places of @rows to @places, unless that is NULL; how many there are. */
static size_t places_add(const struct buffer *rows, struct fim_place *places)
{
	enum fim_heard kind;
	struct span bytes;
	size_t at = 0, n = 0;
	struct fim_by by;
	const char *text;

	while (fim_heard_next(rows, &at, &kind, &bytes)) {
		if ((kind != FIM_HEARD_NAME && kind != FIM_HEARD_TREE) ||
		    !fim_heard_place(bytes, &by, &text))
			continue;
		if (places)
			places[n] = (struct fim_place){ text, kind == FIM_HEARD_TREE, by.actor,
							by.several };
		n++;
	}
	return n;
}

static int place_order(const void *a, const void *b)
{
	const struct fim_place *x = (const struct fim_place *)a,
			       *y = (const struct fim_place *)b;
	int by = baseline_path_order(SPAN_TEXT(x->path), SPAN_TEXT(y->path));

	return by ? by : (int)y->tree - (int)x->tree;
}

/* What was done there was done here, too. */
static void actors_join(struct fim_place *place, const struct fim_place *also)
{
	place->several |= also->several || (place->actor != 0 && also->actor != 0 &&
					    place->actor != also->actor);
	if (place->actor == 0)
		place->actor = also->actor;
}

/* In order, each once, none in another. */
static size_t places_order(struct fim_place *places, size_t n)
{
	size_t kept = 0;

	if (n > 0)
		qsort(places, n, sizeof(*places), place_order);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || !fim_place_has(&places[kept - 1], SPAN_TEXT(places[i].path)))
			places[kept++] = places[i];
		else
			actors_join(&places[kept - 1], &places[i]);
	return kept;
}

enum status fim_watch_places(struct watch *w, const struct buffer *const *from, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += places_add(from[i], NULL);
	w->places = (struct fim_place *)memory_new(count + 1, sizeof(*w->places));
	if (!w->places)
		return STATUS_NO_MEMORY;
	count = 0;
	for (size_t i = 0; i < n; i++)
		count += places_add(from[i], &w->places[count]);
	w->n_places = places_order(w->places, count);
	return STATUS_OK;
}

/* ---- who did it ---- */

struct search {
	const struct fim_place *places;
	struct span path;
};

static bool is_before(const void *context, uint64_t row)
{
	const struct search *s = (const struct search *)context;

	return baseline_path_order(SPAN_TEXT(s->places[row].path), s->path) <= 0;
}

const struct fim_place *fim_watch_place(const struct watch *w, struct span path)
{
	const struct search search = { w->places, path };
	uint64_t n = search_first(w->n_places, is_before, &search);

	return n > 0 && fim_place_has(&w->places[n - 1], path) ? &w->places[n - 1] : NULL;
}

struct fim_who fim_watch_who(const void *context, const struct fim_change *c)
{
	const struct watch *w = (const struct watch *)context;
	const struct fim_place *place = fim_watch_place(w, fim_path_of(c));
	const struct actor *actor = place ? actors_find(&w->actors, place->actor) : NULL;
	struct fim_who who = {
		.word = actor_state_word(place && place->actor != 0 ? ACTOR_BUSY
								    : ACTOR_UNTOLD),
		.facts = {.uid = -1, .login = -1}
	};

	if (!actor)
		return who;
	who = (struct fim_who){ actor_state_word(actor->state), actor->pid, actor->facts };
	if (place->several)
		who.word = "several";
	return who;
}
