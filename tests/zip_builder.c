/* SPDX-License-Identifier: MIT */
#define ZLIB_CONST
#include "tests/zip_builder.h"

#include "structure/inflate.h"
#include <stdlib.h>
#include <zlib.h>

#define MAX_ITEMS 200000

struct placed {
	uint64_t offset, packed, size;
	uint32_t crc;
	uint16_t method, flags;
};

static void add_zeros(struct buffer *b, size_t n)
{
	while (n-- > 0)
		buffer_char(b, 0);
}

void zip_deflate(struct buffer *out, struct span data)
{
	uint8_t chunk[4096];
	z_stream z = { .next_in = data.ptr, .avail_in = (unsigned)data.len };
	int result;

	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	do {
		z.next_out = chunk;
		z.avail_out = sizeof(chunk);
		result = deflate(&z, Z_FINISH);
		buffer_add(out, (struct span){ chunk, sizeof(chunk) - z.avail_out });
	} while (result == Z_OK);
	(void)deflateEnd(&z);
}

static struct span item_data(const struct zip_item *item)
{
	return item->text ? SPAN_TEXT(item->text) : item->data;
}

static void add_name(struct buffer *out, const struct zip_item *item, bool local)
{
	struct span name = SPAN_TEXT(item->name);

	if (!local || item->lie != ZIP_LIE_NAME) {
		buffer_add(out, name);
		return;
	}
	buffer_add(out, span_clip(name, 0, name.len - 1));
	buffer_char(out, '!');
}

static void add_local(struct buffer *out, const struct zip_item *item, const struct placed *p)
{
	bool late = item->descriptor;
	uint32_t crc = p->crc + (item->lie == ZIP_LIE_CRC);
	uint16_t method = item->lie == ZIP_LIE_METHOD ? (uint16_t)(8 - p->method) : p->method;

	buffer_text(out, "PK\3\4");
	buffer_u16le(out, 20);
	buffer_u16le(out, item->lie == ZIP_LIE_FLAGS ? p->flags ^ 1 : p->flags);
	buffer_u16le(out, method);
	buffer_u32le(out, 0x58215000);
	buffer_u32le(out, late ? 0 : crc);
	buffer_u32le(out, item->wide ? UINT32_MAX : late ? 0 : (uint32_t)p->packed);
	buffer_u32le(out, item->wide ? UINT32_MAX
			  : late     ? 0
				     : (uint32_t)p->size + (item->lie == ZIP_LIE_SIZE));
	buffer_u16le(out, (uint16_t)strlen(item->name));
	buffer_u16le(out, (uint16_t)(item->local_extra.len + (item->wide ? 20 : 0)));
	add_name(out, item, true);
	if (item->wide) {
		buffer_u16le(out, 1);
		buffer_u16le(out, 16);
		buffer_u64le(out, late ? 0 : p->size);
		buffer_u64le(out, late ? 0 : p->packed);
	}
	buffer_add(out, item->local_extra);
}

static void add_descriptor(struct buffer *out, const struct zip_item *item,
			   const struct placed *p)
{
	if (!item->bare_descriptor)
		buffer_text(out, "PK\7\10");
	buffer_u32le(out, p->crc + (item->lie == ZIP_LIE_CRC));
	if (item->wide) {
		buffer_u64le(out, p->packed);
		buffer_u64le(out, p->size);
		return;
	}
	buffer_u32le(out, (uint32_t)p->packed);
	buffer_u32le(out, (uint32_t)p->size);
}

static void add_item(struct buffer *out, const struct zip_item *item, struct placed *p)
{
	CLEANUP(buffer_free) struct buffer packed = BUFFER_INIT;
	struct span data = item_data(item);

	if (item->again) {
		uint64_t offset = p[-1].offset;

		*p = p[-1];
		p->offset = offset;
		return;
	}
	add_zeros(out, item->gap);
	if (item->deflate)
		zip_deflate(&packed, data);
	if (!item->deflate)
		buffer_add(&packed, data);
	*p = (struct placed){
		.offset = out->len,
		.packed = packed.len,
		.size = data.len,
		.crc = inflate_crc32(data) + (item->lie == ZIP_LIE_CENTRAL_CRC),
		.method = item->method    ? item->method
			  : item->deflate ? 8
					  : 0,
		.flags = (uint16_t)(item->flags | (item->descriptor ? 8 : 0)),
	};
	add_local(out, item, p);
	buffer_add(out, buffer_span(&packed));
	if (item->descriptor)
		add_descriptor(out, item, p);
	if (item->lie == ZIP_LIE_NO_LOCAL)
		p->offset++;
}

static void add_central(struct buffer *out, const struct zip_item *item, const struct placed *p,
			uint64_t base)
{
	buffer_text(out, "PK\1\2");
	buffer_u16le(out, 3 << 8 | 20);
	buffer_u16le(out, 20);
	buffer_u16le(out, p->flags);
	buffer_u16le(out, p->method);
	buffer_u32le(out, 0x58215000);
	buffer_u32le(out, p->crc);
	buffer_u32le(out, item->wide ? UINT32_MAX : (uint32_t)p->packed);
	buffer_u32le(out, item->wide ? UINT32_MAX : (uint32_t)p->size);
	buffer_u16le(out, (uint16_t)strlen(item->name));
	buffer_u16le(out, (uint16_t)(item->extra.len + (item->wide ? 20 : 0)));
	add_zeros(out, 6);
	buffer_u32le(out, item->attributes);
	buffer_u32le(out, (uint32_t)(p->offset - base));
	add_name(out, item, false);
	buffer_add(out, item->extra);
	if (item->wide) {
		buffer_u16le(out, 1);
		buffer_u16le(out, 16);
		buffer_u64le(out, p->size);
		buffer_u64le(out, p->packed);
	}
}

static void add_end64(struct buffer *out, uint64_t n, uint64_t size, uint64_t off,
		      uint64_t base)
{
	uint64_t here = out->len - base;

	buffer_text(out, "PK\6\6");
	buffer_u64le(out, 44);
	buffer_u16le(out, 45);
	buffer_u16le(out, 45);
	add_zeros(out, 8);
	buffer_u64le(out, n);
	buffer_u64le(out, n);
	buffer_u64le(out, size);
	buffer_u64le(out, off);
	buffer_text(out, "PK\6\7");
	add_zeros(out, 4);
	buffer_u64le(out, here);
	buffer_u32le(out, 1);
}

static void add_end(struct buffer *out, const struct zip_plan *plan, uint64_t central,
		    uint64_t base)
{
	uint64_t size = out->len - central, n = plan->n + (uint64_t)(int64_t)plan->more;
	uint64_t off = central - base + (uint64_t)plan->shift;

	buffer_add(out, plan->central_gap);
	if (plan->wide || plan->wide_bare)
		add_end64(out, n, size, off, base);
	buffer_text(out, "PK\5\6");
	add_zeros(out, 4);
	buffer_u16le(out, plan->wide ? UINT16_MAX : (uint16_t)n);
	buffer_u16le(out, plan->wide ? UINT16_MAX : (uint16_t)n);
	buffer_u32le(out, plan->wide ? UINT32_MAX : (uint32_t)size);
	buffer_u32le(out, plan->wide ? UINT32_MAX : (uint32_t)off);
	buffer_u16le(out, (uint16_t)plan->comment.len);
	buffer_add(out, plan->comment);
	buffer_add(out, plan->trailing);
}

void zip_build(struct buffer *out, const struct zip_plan *plan)
{
	struct placed *placed = calloc(plan->n + 1, sizeof(*placed));
	uint64_t base, central;

	if (!placed || plan->n > MAX_ITEMS)
		abort();
	buffer_add(out, plan->prefix);
	base = plan->raw ? plan->prefix.len : 0;
	for (size_t i = 0; i < plan->n; i++)
		add_item(out, &plan->items[i], &placed[i]);
	buffer_add(out, plan->block);
	central = out->len;
	for (size_t i = 0; i < plan->n; i++)
		add_central(out, &plan->items[i], &placed[i], base);
	buffer_add(out, plan->slack);
	add_end(out, plan, central, base);
	free(placed);
	if (buffer_status(out) != STATUS_OK)
		abort();
}
