/* SPDX-License-Identifier: MIT */
/* Exports ("PE Format", Microsoft, "The .edata Section"): the library's name, how many. */
#include "base/cursor.h"
#include "formats/pe/looking.h"

#define TABLE_BYTES 40
#define NAME_BYTES  512
#define ENTRY_BYTES 4

enum status pe_exports_read(struct pe_looking *l, struct pe_anatomy *out)
{
	uint64_t rva = l->pe->directories[PE_EXPORTS].rva;
	uint32_t name, n, functions;
	struct span bytes;
	struct cursor c;

	if (rva == 0)
		return STATUS_OK;
	TRY(pe_look_at_rva(l, rva, TABLE_BYTES, &bytes));
	c = cursor_at(bytes, 12);
	name = cursor_u32le(&c);
	cursor_skip(&c, 4);
	n = cursor_u32le(&c);
	cursor_skip(&c, 4);
	functions = cursor_u32le(&c);
	if (!cursor_ok(&c))
		return STATUS_OK;
	if (n > PE_MAX_EXPORTS) {
		n = PE_MAX_EXPORTS;
		l->gave_up = true;
	}
	TRY(pe_look_at_rva(l, name, NAME_BYTES, &bytes));
	TRY(pe_text(l->arena, bytes, &out->export_name));
	TRY(pe_look_at_rva(l, functions, (uint64_t)n * ENTRY_BYTES, &bytes));
	c = cursor_at(bytes, 0);
	while (cursor_left(&c) >= ENTRY_BYTES)
		out->n_exports += cursor_u32le(&c) != 0; /* numbers may be left out */
	return STATUS_OK;
}
