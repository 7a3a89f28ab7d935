/* SPDX-License-Identifier: MIT */
/* What must hold for any bytes that were read as an archive: for tests and fuzzing. */
#pragma once
#include "structure/zip/zip.h"
#include <stdlib.h>

struct zip_mark {
	uint64_t off, end;
};

static inline int zip_mark_compare(const void *a, const void *b)
{
	const struct zip_mark *x = a, *y = b;

	return (x->off > y->off) - (x->off < y->off);
}

/* All bytes that somebody owns, and the holes; an arena's array. */
static inline size_t zip_marks(const struct zip *z, struct zip_mark *marks)
{
	size_t n = 0;

	for (size_t i = 0; i < z->n_entries; i++) {
		const struct zip_entry *e = &z->entries[i];

		marks[n++] = (struct zip_mark){ e->header.off,
						e->header.len ? e->data.off + e->data.len +
									e->descriptor.len
							      : e->header.off };
	}
	for (size_t i = 0; i < z->n_holes; i++)
		marks[n++] = (struct zip_mark){ z->holes[i].where.off,
						z->holes[i].where.off + z->holes[i].where.len };
	marks[n++] = (struct zip_mark){ z->central.off, z->central.off + z->central.len };
	marks[n++] = (struct zip_mark){ z->end.off, z->end.off + z->end.len };
	qsort(marks, n, sizeof(*marks), zip_mark_compare);
	return n;
}

/* Owned bytes and holes are the file, each byte once unless entries overlap. */
static inline const char *zip_cover_hold(struct arena *a, const struct zip *z, uint64_t size)
{
	struct zip_mark *marks = ARENA_NEW(a, struct zip_mark, z->n_entries + z->n_holes + 2);
	uint64_t at = 0;
	size_t n;

	if (!marks)
		return NULL;
	n = zip_marks(z, marks);
	for (size_t i = 0; i < n; i++) {
		if (marks[i].end == marks[i].off)
			continue;
		if (marks[i].off > at)
			return "a byte that nobody owns is in no hole";
		if (marks[i].off < at && !(z->trouble & ZIP_OVERLAP))
			return "a byte is owned twice, and there is no overlap";
		at = marks[i].end > at ? marks[i].end : at;
	}
	return at == size ? NULL : "owned bytes and holes are not the file";
}

static inline const char *zip_entry_hold(const struct zip *z, const struct zip_entry *e,
					 uint64_t size)
{
	if (e->data.off > size || e->data.len > size - e->data.off)
		return "data outside the file";
	if (!e->odd && e->data.len != e->packed)
		return "data of another length";
	if (!e->odd && e->data.off != e->header.off + e->header.len)
		return "data apart from its header";
	if (e->odd && !(z->trouble & ZIP_LOCAL_BAD))
		return "an odd entry, and no trouble";
	if (zip_readable(e) && e->odd)
		return "an odd entry is readable";
	if (!zip_find(z, e->name) || !span_same(zip_find(z, e->name)->name, e->name))
		return "an entry is not found by its name";
	return zip_find_any_case(z, e->name) ? NULL : "nor in any case";
}

/* Whatever can be unpacked is as long as it says. */
static inline const char *zip_bytes_hold(struct view *v, struct arena *a,
					 const struct zip_entry *e)
{
	struct span bytes;
	enum status status = zip_bytes(v, a, e, 1 << 16, &bytes);

	if (status == STATUS_OK && bytes.len != e->size)
		return "other bytes than it says";
	if (status == STATUS_OK && !zip_readable(e))
		return "it is not readable, and was read";
	return status == STATUS_WANT ? "bytes wanted of a whole file" : NULL;
}

/* NULL, or what does not hold.  At most 64 entries are unpacked. */
static inline const char *zip_hold(struct span file)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)64 << 20);
	struct findings findings = FINDINGS_INIT(&a);
	struct view v = view_whole(file);
	struct zip z;
	enum status status = zip_read(&v, &findings, &z);
	const char *problem;

	if (status == STATUS_WANT)
		return "bytes wanted of a whole file";
	if (status == STATUS_MALFORMED && !findings.first)
		return "malformed without a finding";
	if (status != STATUS_OK)
		return NULL;
	if ((z.trouble != 0) != (findings.n != 0) && !findings.n)
		return "trouble without a finding";
	problem = zip_cover_hold(&a, &z, file.len);
	for (size_t i = 0; !problem && i < z.n_entries; i++) {
		problem = zip_entry_hold(&z, &z.entries[i], file.len);
		if (!problem && i < 64)
			problem = zip_bytes_hold(&v, &a, &z.entries[i]);
	}
	return problem;
}
