/* SPDX-License-Identifier: MIT */
/* Members of ZIP archives, by the reader that formats use too. */
#include "engine/deep_walk.h"

#include "base/limits.h"
#include "base/memory.h"
#include "structure/inflater.h"
#include "structure/zip/zip.h"
#include <zlib.h>

#define CHUNK     ((size_t)64 << 10)
#define LOADS_MAX 64 /* how often the reader may ask for more */

static enum status directory_read(struct source *source, struct arena *a, struct view *v,
				  struct zip *z)
{
	enum status status;

	TRY(source_glance(source, a, v));
	for (int round = 0; round < LOADS_MAX; round++) {
		struct findings findings = FINDINGS_INIT(a);

		status = zip_read(v, &findings, z);
		if (status != STATUS_WANT)
			return status;
		TRY(source_load(source, a, v));
	}
	return STATUS_LIMIT;
}

/* One entry under way. */
struct taking {
	struct deep *d;
	const struct zip_entry *entry;
	struct inflater *inflater;
	struct buffer out;
	uint8_t *chunk;
	uLong crc;
	bool ended;
};

static enum status some_take(struct taking *t, struct span bytes)
{
	if (bytes.len == 0) /* to zlib's checksum, no bytes would be a beginning */
		return STATUS_OK;
	if (!deep_spend(t->d, bytes.len) || t->out.len + bytes.len > t->entry->size)
		return STATUS_LIMIT;
	t->crc = crc32_z(t->crc, bytes.ptr, bytes.len);
	buffer_add(&t->out, bytes);
	return buffer_status(&t->out);
}

static enum status chunk_inflate(struct taking *t, struct span in)
{
	while (!t->ended) {
		struct span out;
		size_t taken;
		enum inflated what = inflater_run(t->inflater, in, &taken, &out);

		in = span_after(in, taken);
		if (what == INFLATED_WANTS)
			return STATUS_OK;
		if (what == INFLATED_NO_MEMORY)
			return STATUS_NO_MEMORY;
		if (what == INFLATED_BAD)
			return STATUS_MALFORMED;
		t->ended = what == INFLATED_ALL;
		TRY(some_take(t, out));
	}
	return in.len == 0 ? STATUS_OK : STATUS_MALFORMED;
}

static enum status entry_take(struct taking *t, struct source *source)
{
	const struct zip_entry *e = t->entry;
	bool stored = e->method == ZIP_STORED;

	for (uint64_t at = 0; at < e->data.len; at += CHUNK) {
		uint64_t left = e->data.len - at;
		struct span in = { t->chunk, left < CHUNK ? (size_t)left : CHUNK };

		TRY(source_read(source, NULL, e->data.off + at, t->chunk, in.len));
		TRY(stored ? some_take(t, in) : chunk_inflate(t, in));
	}
	return t->out.len == e->size && (stored || t->ended) && t->crc == e->crc
		       ? STATUS_OK
		       : STATUS_MALFORMED;
}

static const char *why_not(enum status status)
{
	return status == STATUS_MALFORMED ? "its data contradicts the archive's directory"
					  : status_text(status);
}

static void entry_look(struct taking *t, struct source *source)
{
	const struct zip_entry *e = t->entry;
	struct deep *d = t->d;
	enum status status;

	if (!zip_readable(e)) {
		deep_refuse(d, e->name, "deep.unsupported",
			    "it is encrypted, packed in an unknown way, or contradicts itself");
		return;
	}
	if (!deep_fits(d, e->size)) {
		deep_refuse(d, e->name, "limit.deep-member", "it is too large to be unpacked");
		return;
	}
	buffer_clear(&t->out);
	t->out.limit = (size_t)DEEP_MAX_MEMBER;
	t->crc = crc32_z(0, NULL, 0);
	t->ended = false;
	inflater_begin(t->inflater, e->size);
	status = entry_take(t, source);
	if (status == STATUS_OK)
		deep_member(d, e->name, buffer_span(&t->out));
	else if (!d->stopped)
		deep_refuse(d, e->name, "deep.damaged", why_not(status));
}

void deep_zip(struct deep *d, struct source *source)
{
	struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
	struct taking t = { .d = d };
	struct view v;
	struct zip z = { 0 };
	enum status status = directory_read(source, &a, &v, &z);

	t.chunk = (uint8_t *)memory_new(CHUNK, 1);
	if (status == STATUS_OK && (!t.chunk || inflater_new(&t.inflater) != STATUS_OK))
		status = STATUS_NO_MEMORY;
	if (status == STATUS_LIMIT)
		deep_refuse(d, SPAN_NONE, "limit.zip", "its directory is too large");
	else if (status != STATUS_OK && status != STATUS_NOT_MINE)
		deep_refuse(d, SPAN_NONE, "deep.damaged", "its directory cannot be read");
	for (size_t i = 0; status == STATUS_OK && i < z.n_entries && !d->stopped; i++) {
		t.entry = &z.entries[i];
		if (!zip_is_directory(t.entry))
			entry_look(&t, source);
	}
	inflater_free(t.inflater);
	memory_free(t.chunk);
	buffer_free(&t.out);
	arena_free(&a);
}
