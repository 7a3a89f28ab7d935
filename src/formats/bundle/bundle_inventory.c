/* SPDX-License-Identifier: MIT */
/*
 * What is in a bundle, as one process hands it to another: a sequence of
 * { kind (u8), path, target, print }, each a length (u32le) and bytes.
 */
#include "base/cursor.h"
#include "formats/bundle/bundle.h"

#include <stdlib.h>

#define PRINT_VERSION 2

static void put(struct buffer *out, struct span bytes)
{
	buffer_u32le(out, (uint32_t)bytes.len);
	buffer_add(out, bytes);
}

static struct span take(struct cursor *c)
{
	return cursor_take(c, cursor_u32le(c));
}

void bundle_print_encode(struct buffer *out, const struct bundle_print *print)
{
	buffer_char(out, PRINT_VERSION);
	buffer_char(out, (char)print->verdict);
	buffer_char(out, (char)print->nonempty);
	buffer_char(out, (char)print->n_parts);
	put(out, print->sha1);
	put(out, print->sha256);
	put(out, print->cdhashes);
	put(out, print->designated);
}

bool bundle_print_decode(struct span bytes, struct bundle_print *out)
{
	struct cursor c = cursor_at(bytes, 0);
	uint8_t version = cursor_u8(&c), verdict = cursor_u8(&c), nonempty = cursor_u8(&c);

	*out = (struct bundle_print){
		.verdict = (enum assay_verdict)verdict,
		.nonempty = nonempty != 0,
		.n_parts = cursor_u8(&c),
	};
	out->sha1 = take(&c);
	out->sha256 = take(&c);
	out->cdhashes = take(&c);
	out->designated = take(&c);
	return cursor_ok(&c) && cursor_left(&c) == 0 && version == PRINT_VERSION &&
	       verdict <= ASSAY_VERDICT_ERROR && out->cdhashes.len % BUNDLE_RECORD == 0;
}

void bundle_inventory_begin(struct buffer *out, struct span executable, bool root_unsealed)
{
	buffer_clear(out);
	buffer_char(out, (char)root_unsealed);
	put(out, executable);
}

void bundle_inventory_add(struct buffer *out, const struct bundle_item *item)
{
	buffer_char(out, (char)item->kind);
	put(out, item->path);
	put(out, item->target);
	put(out, item->print);
}

static int by_path(const void *a, const void *b)
{
	const struct bundle_item *one = a, *two = b;

	return span_compare(one->path, two->path);
}

static struct bundle_item item_take(struct cursor *c)
{
	struct bundle_item item = { .kind = (enum bundle_kind)cursor_u8(c) };

	item.path = take(c);
	item.target = take(c);
	item.print = take(c);
	if (item.kind == BUNDLE_NONE || item.kind > BUNDLE_UNREAD)
		cursor_fail(c);
	return item;
}

enum status bundle_inventory_decode(struct arena *a, struct span bytes,
				    struct bundle_inventory *out)
{
	struct cursor c = cursor_at(bytes, 0), count;
	struct bundle_item *items;
	size_t n = 0;

	*out = (struct bundle_inventory){ .root_unsealed = cursor_u8(&c) != 0 };
	out->executable = take(&c);
	count = c;
	while (cursor_ok(&count) && cursor_left(&count) > 0 && n <= BUNDLE_MAX_FILES) {
		(void)item_take(&count);
		n++;
	}
	if (!cursor_ok(&count))
		return STATUS_MALFORMED;
	if (n > BUNDLE_MAX_FILES)
		return STATUS_LIMIT;
	items = ARENA_NEW(a, struct bundle_item, n + 1);
	if (!items)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n; i++)
		items[i] = item_take(&c);
	qsort(items, n, sizeof(items[0]), by_path);
	out->items = items;
	out->n = n;
	return STATUS_OK;
}
