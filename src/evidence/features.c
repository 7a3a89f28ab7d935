/* SPDX-License-Identifier: MIT */
/*
 * Keys are paths of names and numbers, "pe.sections.0.name".  A list may come
 * from a worker that somebody took over: whatever its keys are, the JSON is
 * well formed.
 */
#include "evidence/features.h"

#include "evidence/parts.h"
#include <stdio.h>

#define FEATURES_VERSION 1
#define KEY_MAX_PARTS    8  /* deeper ones are names with dots */
#define KEY_MAX_PART     64 /* bytes of a name; the rest is cut */
#define KEY_COLUMN       40

struct key_part {
	char text[KEY_MAX_PART];
};

struct key_path {
	struct key_part parts[KEY_MAX_PARTS];
	size_t n;
};

static bool is_number(const struct key_part *part)
{
	return part->text[0] && part->text[strspn(part->text, "0123456789")] == '\0';
}

static struct key_path key_split(const char *key)
{
	struct key_path path = { 0 };
	struct span rest = SPAN_TEXT(key);

	do {
		uint64_t dot = rest.len;

		if (path.n + 1 < KEY_MAX_PARTS && !span_find(rest, SPAN_LITERAL("."), 0, &dot))
			dot = rest.len;
		(void)span_copy(path.parts[path.n++].text, KEY_MAX_PART - 1,
				span_clip(rest, 0, dot));
		rest = span_after(rest, dot + 1);
	} while (rest.len > 0);
	return path;
}

/* How many containers of @open also hold @next. */
static size_t common_depth(const struct key_path *open, size_t depth,
			   const struct key_path *next)
{
	size_t i = 0;

	while (i < depth && i + 1 < next->n &&
	       strcmp(open->parts[i].text, next->parts[i].text) == 0)
		i++;
	return i;
}

static void value_json(struct json *j, const char *key, const struct feature *f)
{
	char text[32];

	switch (f->kind) {
	case FEATURE_ABSENT: json_null(j, key); return;
	case FEATURE_NUMBER: json_u64(j, key, f->number); return;
	case FEATURE_FLAG: json_bool(j, key, f->number != 0); return;
	case FEATURE_TEXT: json_text(j, key, f->text); return;
	case FEATURE_BYTES: json_hex(j, key, f->bytes); return;
	case FEATURE_PERMILLE:
		(void)snprintf(text, sizeof text, "%llu.%03llu",
			       (unsigned long long)(f->number / 1000),
			       (unsigned long long)(f->number % 1000));
		json_text(j, key, text);
		return;
	case FEATURE_SKIPPED:
		json_object(j, key);
		json_text(j, "not_computed", f->text);
		json_end(j);
		return;
	}
	json_null(j, key);
}

/* Inside an array, members have no names. */
static const char *member(const bool *is_array, size_t depth, const struct key_path *path)
{
	return is_array[depth] ? NULL : path->parts[depth].text;
}

void features_json(struct json *j, const struct feature *list, size_t n)
{
	bool is_array[KEY_MAX_PARTS] = { false };
	struct key_path open = { 0 };
	size_t depth = 0;

	json_object(j, "features");
	json_u64(j, "v", FEATURES_VERSION);
	for (size_t i = 0; i < n; i++) {
		struct key_path path = key_split(list[i].key);
		size_t keep = common_depth(&open, depth, &path);

		for (; depth > keep; depth--)
			json_end(j);
		for (; depth + 1 < path.n; depth++) {
			is_array[depth + 1] = is_number(&path.parts[depth + 1]);
			if (is_array[depth + 1])
				json_array(j, member(is_array, depth, &path));
			else
				json_object(j, member(is_array, depth, &path));
		}
		value_json(j, member(is_array, depth, &path), &list[i]);
		open = path;
	}
	for (; depth > 0; depth--)
		json_end(j);
	json_end(j);
}

void feature_text(struct buffer *out, const struct feature *f)
{
	switch (f->kind) {
	case FEATURE_ABSENT: buffer_text(out, "none"); break;
	case FEATURE_NUMBER: buffer_u64(out, f->number); break;
	case FEATURE_FLAG: buffer_text(out, f->number ? "yes" : "no"); break;
	case FEATURE_TEXT: text_value(out, f->text); break;
	case FEATURE_BYTES: buffer_hex(out, f->bytes); break;
	case FEATURE_PERMILLE:
		buffer_printf(out, "%llu.%03llu", (unsigned long long)(f->number / 1000),
			      (unsigned long long)(f->number % 1000));
		break;
	case FEATURE_SKIPPED:
		buffer_printf(out, "not computed (%s)", f->text ? f->text : "?");
		break;
	}
}

void features_text(struct buffer *out, const struct feature *list, size_t n, const char *indent)
{
	for (size_t i = 0; i < n; i++) {
		size_t from = out->len;

		buffer_text(out, indent);
		text_value(out, list[i].key);
		text_pad(out, from, KEY_COLUMN);
		feature_text(out, &list[i]);
		if (list[i].where.len > 0) {
			buffer_text(out, "  at ");
			text_range(out, list[i].where);
		}
		buffer_char(out, '\n');
	}
}
