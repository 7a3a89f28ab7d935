/* SPDX-License-Identifier: MIT */
/* A store that goes from one process to another: its layers, one behind the other. */
#include "base/cursor.h"
#include "base/memory.h"
#include "trust/file.h"
#include "trust/store.h"
#include "trust/store_layers.h"

#define PACK_MAGIC "assay.anchors/1"
#define PACK_MAX   ((size_t)1 << 30)

enum status trust_pack(const struct trust_store *store, struct buffer *out)
{
	buffer_text(out, PACK_MAGIC);
	buffer_u32le(out, (uint32_t)store->n);
	for (size_t i = 0; i < store->n; i++) {
		const struct layer *layer = &store->layers[i];

		buffer_u32le(out, layer->sets);
		buffer_u32le(out, layer->given);
		buffer_u64le(out, layer->database.bytes.len);
		buffer_add(out, layer->database.bytes);
	}
	return buffer_status(out);
}

static enum status layers_take(struct trust_store *s)
{
	struct cursor c = cursor_at(s->pack, 0);
	struct span magic = cursor_take(&c, sizeof(PACK_MAGIC) - 1);
	uint32_t n = cursor_u32le(&c);
	const char *problem;

	if (!cursor_ok(&c) || !span_equal(magic, SPAN_LITERAL(PACK_MAGIC)) ||
	    n > STORE_MAX_LAYERS)
		return STATUS_MALFORMED;
	for (uint32_t i = 0; i < n; i++) {
		struct layer layer = { .sets = cursor_u32le(&c) };
		struct span bytes;

		layer.given = cursor_u32le(&c) != 0;
		bytes = cursor_take(&c, cursor_u64le(&c));
		if (!cursor_ok(&c))
			return STATUS_MALFORMED;
		TRY(store_layer_add(s, layer, bytes, &problem));
	}
	return c.pos == s->pack.len ? store_settle(s) : STATUS_MALFORMED;
}

enum status trust_unpack(int fd, struct trust_store **out)
{
	struct trust_store *s = store_new();
	enum status status = STATUS_NO_MEMORY;

	*out = NULL;
	if (s)
		status = file_map_open(fd, PACK_MAX, &s->pack);
	if (status == STATUS_OK)
		status = layers_take(s);
	if (status == STATUS_OK)
		*out = s;
	else
		trust_close(s);
	return status;
}
