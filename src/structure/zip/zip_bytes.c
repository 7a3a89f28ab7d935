/* SPDX-License-Identifier: MIT */
/* What an entry holds: stored or deflated (APPNOTE 4.4.5), its CRC-32 and its size right. */
#include "structure/zip/zip_reading.h"

#include "base/memory.h"
#include "structure/inflate.h"

bool zip_is_directory(const struct zip_entry *e)
{
	return e->name.len > 0 && span_at(e->name, e->name.len - 1) == '/' && e->size == 0;
}

bool zip_readable(const struct zip_entry *e)
{
	return !e->odd && (e->flags & FLAGS_ENCRYPTED) == 0 &&
	       (e->method != ZIP_STORED || e->size == e->packed);
}

enum status zip_spend(struct zip_budget *b, const struct zip_entry *e)
{
	b->in += e->packed;
	if (e->size > ZIP_MAX_TOTAL - b->out)
		return STATUS_LIMIT;
	b->out += e->size;
	return e->size / ZIP_MAX_RATIO > e->packed ? STATUS_LIMIT : STATUS_OK;
}

enum status zip_bytes(struct view *v, struct arena *a, const struct zip_entry *e, uint64_t max,
		      struct span *out)
{
	struct span packed;

	*out = SPAN_NONE;
	if (!zip_readable(e))
		return STATUS_UNSUPPORTED;
	if (e->size > max || e->size > ZIP_MAX_BYTES || e->size / ZIP_MAX_RATIO > e->packed)
		return STATUS_LIMIT;
	TRY(view_part(v, e->data.off, e->data.len, &packed));
	if (e->method == ZIP_STORED)
		*out = packed;
	if (e->method != ZIP_STORED)
		TRY(inflate_raw(a, packed, (size_t)e->size, out));
	return inflate_crc32(*out) == e->crc ? STATUS_OK : STATUS_MALFORMED;
}

enum status zip_want(struct view *v, struct arena *a, const struct zip_entry *const *entries,
		     size_t n)
{
	struct range *places = memory_new(n + 1, sizeof(*places));
	enum status status;
	struct span bytes;
	size_t wanted = 0;

	if (!places)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n; i++)
		if (entries[i] && entries[i]->data.len > 0 &&
		    view_part(v, entries[i]->data.off, entries[i]->data.len, &bytes) ==
			    STATUS_WANT)
			places[wanted++] = entries[i]->data;
	status = zip_places_want(v, a, places, wanted);
	memory_free(places);
	return status;
}
