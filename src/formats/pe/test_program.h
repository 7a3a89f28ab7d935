/* SPDX-License-Identifier: MIT */
/* Programs of the forge and what is read of them, for the tests of features. */
#pragma once
#include "formats/pe/test_features_hold.h"
#include "tests/forge/resources.h"

struct world {
	struct buffer file;
	size_t rsrc; /* the section in the file */
	struct features_read r;
};

static inline void world_make(struct world *w, const struct forge_program *p,
			      const struct forge_resources *wish)
{
	struct forge_places places;

	*w = (struct world){ .r = { .arena = { .limit = FEATURES_ARENA } } };
	forge_program_make(p, &w->file);
	if (!wish)
		return;
	forge_resources_add(&w->file, wish);
	places = forge_places_of(&w->file);
	w->rsrc = (size_t)forge_get(&w->file,
				    places.sections + (places.n_sections - 1) * 40UL + 20, 4);
}

static inline void world_read(struct world *w)
{
	struct view v = view_whole(buffer_span(&w->file));

	features_read(&v, &w->r);
}

static inline void world_end(struct world *w)
{
	arena_free(&w->r.arena);
	buffer_free(&w->file);
}

static inline bool text_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Is @rule the one finding; NULL: is there none? */
static inline bool finding_only(const struct findings *f, const char *rule)
{
	if (!rule)
		return f->n == 0;
	return f->n == 1 && strcmp(f->first->rule, rule) == 0;
}
