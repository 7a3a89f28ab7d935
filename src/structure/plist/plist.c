/* SPDX-License-Identifier: MIT */
#include "structure/plist/plist_reading.h"

#define BINARY "bplist00"

struct plist *plist_new(struct plist_reading *r, enum plist_kind kind, enum status *status)
{
	struct plist *p;

	*status = STATUS_LIMIT;
	if (r->n_nodes++ == PLIST_MAX_NODES)
		return NULL;
	p = ARENA_NEW(r->arena, struct plist, 1);
	*status = p ? STATUS_OK : STATUS_NO_MEMORY;
	if (p)
		p->kind = kind;
	return p;
}

enum status plist_read(struct arena *a, struct span in, struct plist **out)
{
	struct plist_reading r = { .arena = a };

	*out = NULL;
	if (in.len > PLIST_MAX_BYTES)
		return STATUS_LIMIT;
	if (span_starts(in, BINARY, sizeof(BINARY) - 1))
		return plist_binary_read(&r, in, out);
	return plist_xml_read(&r, in, out);
}

const struct plist *plist_find(const struct plist *dict, const char *key, enum plist_kind kind)
{
	struct span wanted = SPAN_TEXT(key);

	if (!dict || dict->kind != PLIST_DICT)
		return NULL;
	for (const struct plist *p = dict->first; p; p = p->next)
		if (span_equal(p->key, wanted))
			return p->kind == kind ? p : NULL;
	return NULL;
}
