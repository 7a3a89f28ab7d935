/* SPDX-License-Identifier: MIT */
#include "mimicry/vendors.h"

#include "base/buffer.h"
#include "base/utf8.h"
#include <fnmatch.h>
#include <strings.h>

#define COLUMNS  5
#define MAX_LINE 1024

extern const char vendors_text[]; /* data/vendors.tsv, compiled in */

/* The text up to the next @end, and what stands behind it. */
static struct span part_next(struct span *rest, const char *end)
{
	struct span part = *rest;
	uint64_t at;

	if (!span_find(*rest, SPAN_TEXT(end), 0, &at)) {
		*rest = SPAN_NONE;
		return part;
	}
	*rest = span_after(*rest, at + 1);
	return span_clip(part, 0, at);
}

static bool signs_read(struct span word, enum vendor_signs *out)
{
	static const struct {
		const char *word;
		enum vendor_signs signs;
	} words[] = {
		{"always", VENDOR_ALWAYS},
		{ "often", VENDOR_OFTEN },
		{ "never", VENDOR_NEVER },
	};

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		*out = words[i].signs;
		if (span_equal(word, SPAN_TEXT(words[i].word)))
			return true;
	}
	return false;
}

/* A glob; NULL: "*", any.  *@good false: no memory. */
static const char *glob_read(struct arena *a, struct span text, bool *good)
{
	const char *glob;

	if (span_equal(text, SPAN_TEXT("*")))
		return NULL;
	glob = arena_string(a, text);
	*good = *good && glob;
	return glob;
}

/* What is wrong with a line; NULL: nothing. */
static const char *line_problem(const struct span column[COLUMNS], size_t n, struct vendor *out)
{
	if (n != COLUMNS)
		return "five columns with tabs between them are expected";
	for (size_t i = 0; i < COLUMNS; i++)
		if (column[i].len == 0 || !utf8_valid(column[i]))
			return "a column is empty or no UTF-8";
	if (span_equal(column[1], SPAN_TEXT("*")))
		return "a company of any name says nothing";
	if (!signs_read(column[3], &out->signs))
		return "\"always\", \"often\" or \"never\" is expected in the fourth column";
	return NULL;
}

static enum status line_read(struct arena *a, struct span line, struct vendor *out,
			     const char **problem)
{
	struct span column[COLUMNS] = { 0 };
	bool good = true;
	size_t n = 0;

	while (line.len > 0 && n <= COLUMNS) {
		struct span part = part_next(&line, "\t");

		if (n < COLUMNS)
			column[n] = part;
		n++;
	}
	*problem = line_problem(column, n, out);
	if (*problem)
		return STATUS_MALFORMED;
	out->name = arena_string(a, column[0]);
	out->company = glob_read(a, column[1], &good);
	out->product = glob_read(a, column[2], &good);
	out->note = arena_string(a, column[4]);
	return good && out->name && out->note ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status vendors_read(struct arena *a, struct span text, const struct vendors *under,
			 struct vendors *out, const char **problem)
{
	const struct vendor *first = NULL, **last = &first;
	size_t n = 0, number = 0;

	*problem = NULL;
	while (text.len > 0) {
		struct span line = part_next(&text, "\n");
		struct vendor *v = NULL;
		const char *why = NULL;
		enum status status;

		number++;
		if (line.len == 0 || span_at(line, 0) == '#')
			continue;
		if (n++ < VENDORS_MAX && line.len <= MAX_LINE)
			v = ARENA_NEW(a, struct vendor, 1);
		else
			why = "too many lines, or one too long";
		if (!v && !why)
			return STATUS_NO_MEMORY;
		status = v ? line_read(a, line, v, &why) : STATUS_MALFORMED;
		if (status == STATUS_MALFORMED)
			*problem = arena_printf(a, "line %zu: %s", number, why);
		TRY(status);
		*last = v;
		last = &v->next;
	}
	*last = under ? under->first : NULL;
	out->first = first;
	return STATUS_OK;
}

enum status vendors_default(struct arena *a, struct vendors *out)
{
	const char *problem;

	return vendors_read(a, SPAN_TEXT(vendors_text), NULL, out, &problem);
}

static bool glob_matches(const char *glob, const char *text)
{
	return !glob || (text && fnmatch(glob, text, FNM_CASEFOLD) == 0);
}

bool vendor_is_key(const struct vendor *v, const char *prefix, const char *product)
{
	return v->company && strncasecmp(v->company, prefix, strlen(prefix)) == 0 &&
	       glob_matches(v->product, product);
}

const struct vendor *vendor_find(const struct vendors *v, const char *company,
				 const char *product)
{
	for (const struct vendor *one = v ? v->first : NULL; one; one = one->next)
		if (company && glob_matches(one->company, company) &&
		    glob_matches(one->product, product))
			return one;
	return NULL;
}
