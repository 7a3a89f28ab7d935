/* SPDX-License-Identifier: MIT */
#include "structure/manifest.h"

#include "base/search.h"
#include "base/slot.h"
#include <stdlib.h>

#define NAME SPAN_LITERAL("Name")

/* The next line without its end; *@last: nothing ended it. */
static struct span line_next(struct cursor *c)
{
	struct span rest = span_after(c->in, c->pos);
	uint64_t len = 0;
	struct span line;

	while (len < rest.len && span_at(rest, len) != '\r' && span_at(rest, len) != '\n')
		len++;
	line = cursor_take(c, len);
	if (cursor_u8(c) == '\r' && span_at(c->in, c->pos) == '\n')
		cursor_skip(c, 1);
	return line;
}

static bool at_end(const struct cursor *c)
{
	return !cursor_ok(c) || cursor_left(c) == 0;
}

/* The octets up to and with the next empty line; empty ones before are left out. */
static bool section_next(struct cursor *c, struct span *out)
{
	uint64_t begin = c->pos;
	struct span line = SPAN_NONE;

	while (!at_end(c) && line.len == 0) {
		begin = c->pos;
		line = line_next(c);
	}
	if (line.len == 0)
		return false;
	while (!at_end(c) && line.len > 0)
		line = line_next(c);
	*out = span_clip(c->in, begin, c->pos - begin);
	return true;
}

static bool goes_on(const struct cursor *c)
{
	return !at_end(c) && span_at(c->in, c->pos) == ' ';
}

/* @first and all lines that go on from there, joined; .ptr NULL: no memory. */
static struct span lines_join(struct arena *a, struct span first, struct cursor *c)
{
	struct cursor again = *c;
	struct slot joined = { NULL, first.len };
	size_t len = first.len;

	if (!goes_on(c))
		return first;
	while (goes_on(&again))
		joined.len += line_next(&again).len - 1;
	joined.ptr = ARENA_NEW(a, uint8_t, joined.len + 1);
	if (!joined.ptr || !slot_put(joined, 0, first))
		return SPAN_NONE;
	while (goes_on(c)) {
		struct span more = span_after(line_next(c), 1);

		if (!slot_put(joined, len, more))
			return SPAN_NONE;
		len += more.len;
	}
	return slot_span(joined);
}

bool manifest_attribute_next(struct arena *a, const struct manifest_section *s, uint64_t *at,
			     struct span *name, struct span *value)
{
	struct cursor c = cursor_at(s->whole, *at);
	struct span line = line_next(&c);
	uint64_t colon;

	*name = *value = SPAN_NONE;
	if (line.len == 0)
		return false;
	line = lines_join(a, line, &c);
	*at = cursor_ok(&c) ? c.pos : s->whole.len;
	if (!line.ptr)
		return false;
	if (!span_find(line, SPAN_LITERAL(":"), 0, &colon))
		colon = line.len;
	*name = span_clip(line, 0, colon);
	*value = span_after(line, colon + (span_at(line, colon + 1) == ' ' ? 2 : 1));
	return true;
}

bool manifest_attribute(struct arena *a, const struct manifest_section *s, struct span name,
			struct span *value)
{
	struct span found;

	for (uint64_t at = 0; manifest_attribute_next(a, s, &at, &found, value);)
		if (span_equal_nocase(found, name))
			return true;
	*value = SPAN_NONE;
	return false;
}

/* A section other than the first begins with its name. */
static enum status name_read(struct arena *a, struct manifest *out, struct manifest_section *s)
{
	struct span name;
	uint64_t at = 0;

	if (!manifest_attribute_next(a, s, &at, &name, &s->name))
		return name.ptr || s->whole.len == 0 ? STATUS_OK : STATUS_NO_MEMORY;
	if (!span_equal_nocase(name, NAME) || s->name.len == 0) {
		out->problem = "a section without a name";
		s->name = SPAN_NONE;
	}
	return STATUS_OK;
}

static size_t sections_count(struct span bytes)
{
	struct cursor c = cursor_at(bytes, 0);
	struct span whole;
	size_t n = 0;

	while (n <= MANIFEST_MAX_SECTIONS && section_next(&c, &whole))
		n++;
	return n;
}

static int index_compare(const void *a, const void *b, void *sections)
{
	const struct manifest_section *s = sections;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	int order = span_compare(s[i].name, s[j].name);

	return order ? order : (i > j) - (i < j);
}

static enum status names_sort(struct arena *a, struct manifest *out,
			      struct manifest_section *sections)
{
	uint32_t *by_name = ARENA_NEW(a, uint32_t, out->n_sections + 1);

	if (!by_name)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < out->n_sections; i++)
		by_name[i] = (uint32_t)i;
	qsort_r(by_name, out->n_sections, sizeof(*by_name), index_compare, sections);
	for (size_t i = 1; i < out->n_sections; i++)
		if (span_same(sections[by_name[i - 1]].name, sections[by_name[i]].name) &&
		    sections[by_name[i]].name.len > 0)
			out->problem = "two sections of one name";
	out->by_name = by_name;
	return STATUS_OK;
}

enum status manifest_read(struct arena *a, struct span bytes, struct manifest *out)
{
	struct cursor c = cursor_at(bytes, 0);
	struct manifest_section *sections;
	size_t n;

	*out = (struct manifest){ .bytes = bytes };
	if (bytes.len > MANIFEST_MAX_BYTES)
		return STATUS_LIMIT;
	n = sections_count(bytes);
	if (n > MANIFEST_MAX_SECTIONS)
		return STATUS_LIMIT;
	sections = ARENA_NEW(a, struct manifest_section, n + 1);
	if (!sections)
		return STATUS_NO_MEMORY;
	if (!section_next(&c, &out->main.whole))
		return names_sort(a, out, sections);
	if (goes_on(&(struct cursor){ bytes, 0, false }))
		out->problem = "a first line that goes on from none";
	while (section_next(&c, &sections[out->n_sections].whole)) {
		TRY(name_read(a, out, &sections[out->n_sections]));
		out->n_sections++;
	}
	out->sections = sections;
	return names_sort(a, out, sections);
}

struct name_search {
	const struct manifest *manifest;
	struct span name;
};

static bool name_comes_before(const void *context, uint64_t at)
{
	const struct name_search *s = context;
	const struct manifest *m = s->manifest;

	return span_compare(m->sections[m->by_name[at]].name, s->name) < 0;
}

bool manifest_find(const struct manifest *m, struct span name, size_t *index)
{
	const struct name_search search = { m, name };
	uint64_t at = search_first(m->n_sections, name_comes_before, &search);

	if (at == m->n_sections || !span_same(m->sections[m->by_name[at]].name, name))
		return false;
	*index = m->by_name[at];
	return true;
}
