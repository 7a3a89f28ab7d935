/* SPDX-License-Identifier: MIT */
/*
 * Feature: something that can be seen in the bytes: a number, a text or bytes,
 * never an opinion.
 *
 * A list is flat and in a fixed order; keys are paths, "pe.sections.0.name", so
 * that one writer makes JSON of any list and one comparer compares any two.
 */
#pragma once
#include "base/arena.h"

#define FEATURES_MAX     8192 /* per file; the rest is counted */
#define FEATURE_MAX_TEXT 1024 /* bytes of a text that are kept */

enum feature_kind {
	FEATURE_ABSENT, /* the file has none */
	FEATURE_NUMBER,
	FEATURE_FLAG,     /* number: 0 or 1 */
	FEATURE_TEXT,     /* from the file: UTF-8, hostile characters escaped */
	FEATURE_BYTES,    /* shown in hex */
	FEATURE_PERMILLE, /* number, in thousandths */
	FEATURE_SKIPPED,  /* not computed; text: "limit", "format", "off" */
};

struct feature {
	const char *key; /* arena or literal */
	enum feature_kind kind;
	uint64_t number;
	const char *text;
	struct span bytes;
	struct range where; /* zero long: no one place */
};

struct features {
	struct arena *arena;
	struct feature *list;
	size_t n, size, dropped;
};

#define FEATURES_INIT(a)                                                                       \
	{                                                                                      \
		.arena = (a)                                                                   \
	}

/* Adds a feature.  Strings and bytes must live as long as the arena; out of memory or beyond
 * FEATURES_MAX: counted as dropped. */
void feature_add(struct features *f, struct feature what);
/* The same with a key that is made here: "pe.sections.%zu.name". */
PRINTF(3, 4) void feature_add_at(struct features *f, struct feature what, const char *key, ...);

#define FEATURE_OF_NUMBER(n)                                                                   \
	((struct feature){ .kind = FEATURE_NUMBER, .number = (uint64_t)(n) })
#define FEATURE_OF_FLAG(b)  ((struct feature){ .kind = FEATURE_FLAG, .number = (b) ? 1 : 0 })
#define FEATURE_OF_BYTES(s) ((struct feature){ .kind = FEATURE_BYTES, .bytes = (s) })
/* NULL: absent. */
struct feature feature_of_text(const char *text);
/* The feature with this key; NULL: not in the list. */
const struct feature *feature_find(const struct feature *list, size_t n, const char *key);
