/* SPDX-License-Identifier: MIT */
#include "source/view.h"

struct view view_whole(struct span file)
{
	return (struct view){ .size = file.len, .pieces = { { 0, file } }, .n = 1 };
}

enum status view_part(struct view *v, uint64_t off, uint64_t len, struct span *out)
{
	*out = SPAN_NONE;
	if (off > v->size || len > v->size - off)
		return STATUS_MALFORMED;
	if (len == 0)
		return STATUS_OK;
	for (size_t i = 0; i < v->n; i++) {
		const struct view_piece *p = &v->pieces[i];

		if (off >= p->off && span_part(p->bytes, off - p->off, len, out))
			return STATUS_OK;
	}
	v->want = (struct range){ off, len };
	return STATUS_WANT;
}

enum status view_clip(struct view *v, uint64_t off, uint64_t len, struct span *out)
{
	if (off > v->size)
		off = v->size;
	if (len > v->size - off)
		len = v->size - off;
	return view_part(v, off, len, out);
}

bool view_add(struct view *v, uint64_t off, struct span bytes)
{
	if (v->n == VIEW_MAX_PIECES)
		return false;
	v->pieces[v->n++] = (struct view_piece){ off, bytes };
	return true;
}
