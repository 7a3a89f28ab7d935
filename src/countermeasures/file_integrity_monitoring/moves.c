/* SPDX-License-Identifier: MIT */
/*
 * Moves: what went and what came is the same file.  Both are sorted by what tells
 * them apart and met once, so that a million files moved at once cost no more.
 */
#include "base/memory.h"
#include "countermeasures/file_integrity_monitoring/compare.h"
#include <stdlib.h>
#include <sys/stat.h>

typedef int order(const void *a, const void *b);

static int number_order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static const struct baseline_record *record_of(const struct fim_change *c)
{
	return c->before.path.len > 0 ? &c->before : &c->after;
}

/* One that is still one-sided. */
struct half {
	struct fim_change *of;
};

static const struct baseline_record *pointed(const void *p)
{
	return record_of(((const struct half *)p)->of);
}

static int inode_order(const void *a, const void *b)
{
	const struct baseline_record *x = pointed(a), *y = pointed(b);
	int by = number_order(x->dev, y->dev);

	if (by == 0)
		by = number_order(x->ino, y->ino);
	return by ? by : number_order((uint64_t)x->btime_ns, (uint64_t)y->btime_ns);
}

static int content_order(const void *a, const void *b)
{
	return memcmp(pointed(a)->sha256, pointed(b)->sha256, 32);
}

static bool has_content(const struct baseline_record *r)
{
	return (r->flags & BASELINE_HAS_SHA256) != 0 && r->size > 0;
}

struct sides {
	struct half *gone, *come;
	size_t n_gone, n_come;
};

/* Changes that are still one-sided; with @content only those whose content is known. */
static void sides_fill(struct sides *s, struct fim_change *changes, size_t n, bool content)
{
	s->n_gone = s->n_come = 0;
	for (size_t i = 0; i < n; i++) {
		struct fim_change *c = &changes[i];

		if (content && !has_content(record_of(c)))
			continue;
		if (c->rules == UINT64_C(1) << FIM_REMOVED)
			s->gone[s->n_gone++].of = c;
		else if (c->before.path.len == 0 && c->after.path.len > 0 && c->rules != 0)
			s->come[s->n_come++].of = c;
	}
}

/* What is said of a file because it was not there. */
#define OF_NEW                                                                                 \
	(UINT64_C(1) << FIM_ADDED | UINT64_C(1) << FIM_GAINED_SET_ID |                         \
	 UINT64_C(1) << FIM_GAINED_CAPABILITY | UINT64_C(1) << FIM_FOLDER_WRITABLE)

static void pair(struct fim_change *gone, struct fim_change *come)
{
	struct fim_change both = { .before = gone->before, .after = come->after };

	fim_compare(&both);
	both.rules |= UINT64_C(1) << FIM_MOVED;
	/* A forgery stays one, wherever it came from. */
	both.rules |= come->rules & ~OF_NEW;
	*come = both;
	gone->rules = 0;
}

static void pairs_find(struct sides *s, order *by)
{
	size_t i = 0, k = 0;

	if (s->n_gone == 0 || s->n_come == 0)
		return;
	qsort(s->gone, s->n_gone, sizeof(*s->gone), by);
	qsort(s->come, s->n_come, sizeof(*s->come), by);
	while (i < s->n_gone && k < s->n_come) {
		int compared = by(&s->gone[i], &s->come[k]);

		if (compared == 0 &&
		    (by == content_order ||
		     fim_generation_fits(record_of(s->gone[i].of), record_of(s->come[k].of))) &&
		    (record_of(s->gone[i].of)->mode & S_IFMT) ==
			    (record_of(s->come[k].of)->mode & S_IFMT))
			pair(s->gone[i++].of, s->come[k++].of);
		else if (compared <= 0)
			i++;
		else
			k++;
	}
}

enum status fim_moves_find(struct fim_change *changes, size_t *n)
{
	struct sides s = {
		.gone = (struct half *)memory_new(*n + 1, sizeof(*s.gone)),
		.come = (struct half *)memory_new(*n + 1, sizeof(*s.come)),
	};
	size_t kept = 0;

	if (s.gone && s.come) {
		sides_fill(&s, changes, *n, false);
		pairs_find(&s, inode_order);
		sides_fill(&s, changes, *n, true);
		pairs_find(&s, content_order);
	}
	memory_free(s.gone);
	memory_free(s.come);
	if (!s.gone || !s.come)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < *n; i++)
		if (changes[i].rules != 0)
			changes[kept++] = changes[i];
	*n = kept;
	return STATUS_OK;
}
