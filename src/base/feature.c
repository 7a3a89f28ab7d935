/* SPDX-License-Identifier: MIT */
#include "base/feature.h"

#define FIRST_SIZE 64

static bool grow(struct features *f)
{
	size_t size = f->size ? f->size * 2 : FIRST_SIZE;
	struct feature *list;

	if (f->n < f->size)
		return true;
	if (f->n >= FEATURES_MAX)
		return false;
	list = ARENA_NEW(f->arena, struct feature, size);
	if (!list)
		return false;
	for (size_t i = 0; i < f->n; i++)
		list[i] = f->list[i];
	f->list = list;
	f->size = size;
	return true;
}

void feature_add(struct features *f, struct feature what)
{
	if (!what.key || !grow(f)) {
		f->dropped++;
		return;
	}
	f->list[f->n++] = what;
}

void feature_add_at(struct features *f, struct feature what, const char *key, ...)
{
	va_list args;

	va_start(args, key);
	what.key = arena_vprintf(f->arena, key, args);
	va_end(args);
	feature_add(f, what);
}

struct feature feature_of_text(const char *text)
{
	return (struct feature){ .kind = text ? FEATURE_TEXT : FEATURE_ABSENT, .text = text };
}

const struct feature *feature_find(const struct feature *list, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].key, key) == 0)
			return &list[i];
	return NULL;
}
