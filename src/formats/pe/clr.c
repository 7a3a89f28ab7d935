/* SPDX-License-Identifier: MIT */
/* The CLI header and the root of metadata (ECMA-335, II.25.3.3 and II.24.2.1). */
#include "base/cursor.h"
#include "formats/pe/looking.h"

#define HEADER_BYTES 72
#define ROOT_BYTES   16
#define VERSION_MAX  255

static enum status metadata_read(struct pe_looking *l, uint64_t rva, struct pe_anatomy *out)
{
	struct span bytes;
	struct cursor c;
	uint64_t len;

	TRY(pe_look_at_rva(l, rva, ROOT_BYTES + VERSION_MAX, &bytes));
	if (!span_starts(bytes, "BSJB", 4))
		return STATUS_OK;
	c = cursor_at(bytes, ROOT_BYTES - 4);
	len = cursor_u32le(&c);
	return pe_text(l->arena, span_clip(bytes, ROOT_BYTES, len), &out->clr_version);
}

enum status pe_clr_read(struct pe_looking *l, struct pe_anatomy *out)
{
	uint64_t rva = l->pe->directories[PE_CLR].rva, metadata;
	struct span bytes;
	struct cursor c;

	if (rva == 0)
		return STATUS_OK;
	TRY(pe_look_at_rva(l, rva, HEADER_BYTES, &bytes));
	c = cursor_at(bytes, 8); /* behind the versions */
	metadata = cursor_u32le(&c);
	cursor_skip(&c, 4);
	out->clr_flags = cursor_u32le(&c);
	cursor_skip(&c, 16); /* entry point, resources, address of the strong name */
	out->strong_name_len = cursor_u32le(&c);
	out->has_clr = cursor_ok(&c);
	if (!out->has_clr) {
		out->clr_flags = 0;
		out->strong_name_len = 0;
		return STATUS_OK;
	}
	return metadata_read(l, metadata, out);
}
