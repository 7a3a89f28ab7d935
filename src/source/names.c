/* SPDX-License-Identifier: MIT */
#include "source/names.h"

#include "base/memory.h"
#include <errno.h>
#include <stdlib.h>

#define FIRST_PLACES (size_t)64
#define KEEP_BYTES   ((size_t)1 << 20)

static bool places_grow(struct names *names)
{
	size_t size = names->size ? names->size * 2 : FIRST_PLACES;
	struct name_place *places = memory_new(size, sizeof(*places));

	if (!places)
		return false;
	for (size_t i = 0; i < names->n; i++)
		places[i] = names->places[i];
	memory_free(names->places);
	names->places = places;
	names->size = size;
	return true;
}

static int names_add(struct names *names, const struct dirent *entry)
{
	size_t off = names->text.len;

	if (names->n == names->size && !places_grow(names))
		return ENOMEM;
	buffer_text(&names->text, entry->d_name);
	buffer_char(&names->text, '\0');
	if (names->text.failed) {
		buffer_cut(&names->text, off);
		return ENOMEM;
	}
	names->places[names->n++] = (struct name_place){ off, entry->d_type };
	return 0;
}

static int compare_names(const void *a, const void *b, void *context)
{
	const struct name_place *left = a, *right = b;
	const struct names *names = context;

	return strcmp(buffer_string(&names->text, left->off),
		      buffer_string(&names->text, right->off));
}

int names_read(struct names *names, DIR *dir)
{
	int error = 0;

	while (error == 0) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(dir);
		if (!entry) {
			error = errno;
			break;
		}
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			error = names_add(names, entry);
	}
	if (names->n > 1)
		qsort_r(names->places, names->n, sizeof(*names->places), compare_names, names);
	return error;
}

void names_clear(struct names *names)
{
	if (names->text.size > KEEP_BYTES) {
		names_free(names);
		return;
	}
	buffer_clear(&names->text);
	names->n = 0;
}

void names_free(struct names *names)
{
	buffer_free(&names->text);
	memory_free(names->places);
	*names = (struct names){ 0 };
}
