/* SPDX-License-Identifier: MIT */
#include "engine/zip_member.h"

#include "base/memory.h"
#include "structure/inflater.h"
#include <zlib.h>

#define CHUNK ((size_t)64 << 10)

enum status zip_member_begin(struct zip_member *m)
{
	m->chunk = (uint8_t *)memory_new(CHUNK, 1);
	return m->chunk ? inflater_new(&m->inflater) : STATUS_NO_MEMORY;
}

void zip_member_end(struct zip_member *m)
{
	inflater_free(m->inflater);
	memory_free(m->chunk);
	buffer_free(&m->out);
}

static enum status some_take(struct zip_member *m, const struct zip_entry *e, struct span bytes)
{
	if (bytes.len == 0) /* to zlib's checksum, no bytes would be a beginning */
		return STATUS_OK;
	if ((m->spend && !m->spend(m->context, bytes.len)) || m->out.len + bytes.len > e->size)
		return STATUS_LIMIT;
	m->crc = crc32_z(m->crc, bytes.ptr, bytes.len);
	buffer_add(&m->out, bytes);
	return buffer_status(&m->out);
}

static enum status chunk_inflate(struct zip_member *m, const struct zip_entry *e,
				 struct span in)
{
	while (!m->ended) {
		struct span out;
		size_t taken;
		enum inflated what = inflater_run(m->inflater, in, &taken, &out);

		in = span_after(in, taken);
		if (what == INFLATED_WANTS)
			return STATUS_OK;
		if (what == INFLATED_NO_MEMORY)
			return STATUS_NO_MEMORY;
		if (what == INFLATED_BAD)
			return STATUS_MALFORMED;
		m->ended = what == INFLATED_ALL;
		TRY(some_take(m, e, out));
	}
	return in.len == 0 ? STATUS_OK : STATUS_MALFORMED;
}

enum status zip_member_take(struct zip_member *m, struct source *source,
			    const struct zip_entry *e)
{
	bool stored = e->method == ZIP_STORED;

	buffer_clear(&m->out);
	m->crc = crc32_z(0, NULL, 0);
	m->ended = false;
	inflater_begin(m->inflater, e->size);
	for (uint64_t at = 0; at < e->data.len; at += CHUNK) {
		uint64_t left = e->data.len - at;
		struct span in = { m->chunk, left < CHUNK ? (size_t)left : CHUNK };

		TRY(source_read(source, NULL, e->data.off + at, m->chunk, in.len));
		TRY(stored ? some_take(m, e, in) : chunk_inflate(m, e, in));
	}
	return m->out.len == e->size && (stored || m->ended) && m->crc == e->crc
		       ? STATUS_OK
		       : STATUS_MALFORMED;
}
