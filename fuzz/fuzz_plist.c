/* SPDX-License-Identifier: MIT */
/* Any bytes as a property list: counts are right, texts and numbers of nodes bounded. */
#include "fuzz/must.h"
#include "structure/plist/plist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t walk(const struct plist *p, unsigned depth)
{
	size_t n = 0, below = 1;

	MUST(depth <= PLIST_MAX_DEPTH);
	for (const struct plist *c = p->first; c; c = c->next, n++) {
		MUST(p->kind == PLIST_DICT || c->key.len == 0);
		below += walk(c, depth + 1);
	}
	MUST(n == p->n);
	MUST(p->kind != PLIST_NONE);
	MUST(n == 0 || p->kind == PLIST_DICT || p->kind == PLIST_ARRAY);
	return below;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free) struct arena a = { .limit = (size_t)48 << 20 };
	struct plist *p = NULL;

	if (plist_read(&a, (struct span){ data, size }, &p) == STATUS_OK)
		MUST(walk(p, 0) <= PLIST_MAX_NODES);
	return 0;
}
