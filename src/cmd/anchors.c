/* SPDX-License-Identifier: MIT */
#include "cmd/anchors.h"

#include "engine/places.h"

static enum status refuse_set(struct arena *a, const char *name, const char *text,
			      const char **problem)
{
	struct buffer sets CLEANUP(buffer_free) = BUFFER_INIT;
	const char *names;

	for (size_t i = 0; i < TRUST_SETS; i++)
		buffer_printf(&sets, "%s%s", i ? ", " : "", trust_sets[i].name);
	names = arena_string(a, buffer_span(&sets));
	*problem = arena_printf(a,
				"there is no set \"%s\" of anchors (%s); "
				"for a file of that name write ./%s",
				name, names ? names : "", text);
	return STATUS_USAGE;
}

enum status anchors_parse(struct arena *a, const char *text, struct trust_source *out,
			  const char **problem)
{
	struct span whole = SPAN_TEXT(text);
	enum trust_set set;
	uint64_t at, slash;
	const char *name;

	*out = (struct trust_source){ .path = text };
	if (!span_find(whole, SPAN_TEXT("="), 0, &at) ||
	    span_find(span_clip(whole, 0, at), SPAN_TEXT("/"), 0, &slash))
		return STATUS_OK;
	name = arena_string(a, span_clip(whole, 0, at));
	out->path = arena_string(a, span_after(whole, at + 1));
	if (!name || !out->path)
		return STATUS_NO_MEMORY;
	if (!trust_set_by_name(name, &set))
		return refuse_set(a, name, text, problem);
	out->sets = set;
	return STATUS_OK;
}

enum status anchors_open(struct arena *a, const struct settings *s, struct trust_store **out,
			 const char **problem)
{
	const struct text_list *const lists[] = { &s->trust, &s->only_trust };
	size_t n_extra = 0, n_dbs = 0;
	struct trust_source *extra =
		ARENA_NEW(a, struct trust_source,
			  s->trust.n + s->only_trust.n + s->revocation_dirs.n + 1);
	const char *dbs[PLACES_MAX_DATABASES];

	*problem = NULL;
	if (!extra)
		return STATUS_NO_MEMORY;
	for (size_t k = 0; k < COUNT_OF(lists); k++)
		for (size_t i = 0; i < lists[k]->n; i++)
			TRY(anchors_parse(a, lists[k]->items[i], &extra[n_extra++], problem));
	for (size_t i = 0; i < s->revocation_dirs.n; i++)
		extra[n_extra++] = (struct trust_source){
			.path = s->revocation_dirs.items[i],
			.revocation_only = true,
		};
	if (s->only_trust.n == 0)
		n_dbs = places_databases(a, true, dbs);
	return trust_open(a,
			  &(struct trust_sources){ .databases = dbs,
						   .n_databases = n_dbs,
						   .given = extra,
						   .n_given = n_extra },
			  out, problem);
}
