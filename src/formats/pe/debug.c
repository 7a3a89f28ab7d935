/* SPDX-License-Identifier: MIT */
/*
 * The debug directory: what PDB belongs to the program, and whether its time
 * stamp is one.
 *
 * Follows "PE Format" (Microsoft), "The .debug Section"; the CodeView record RSDS
 * as LLVM and Microsoft's PDB sources have it.
 */
#include "base/cursor.h"
#include "base/feature.h"
#include "formats/pe/looking.h"

#define ENTRY_BYTES   28
#define TYPE_CODEVIEW 2
#define TYPE_REPRO    16
#define RSDS_BYTES    24 /* before the path */

struct debug_entry {
	uint32_t type, size, rva, off;
};

static enum status codeview_read(struct pe_looking *l, const struct debug_entry *e,
				 struct pe_codeview *out)
{
	uint64_t len = RSDS_BYTES + FEATURE_MAX_TEXT + 1;
	struct span record;
	struct cursor c;

	if (e->size < len)
		len = e->size;
	if (e->off != 0)
		TRY(pe_look_at(l, e->off, len, &record));
	else
		TRY(pe_look_at_rva(l, e->rva, len, &record));
	if (record.len < RSDS_BYTES || !span_starts(record, "RSDS", 4))
		return STATUS_OK;
	c = cursor_at(record, 4);
	(void)span_copy(out->guid, sizeof(out->guid), cursor_take(&c, sizeof(out->guid)));
	out->age = cursor_u32le(&c);
	out->present = true;
	return pe_text(l->arena, cursor_rest(&c), &out->path);
}

enum status pe_debug_read(struct pe_looking *l, struct pe_identity *out)
{
	const struct pe_directory *d = &l->pe->directories[PE_DEBUG];
	uint64_t n = d->size / ENTRY_BYTES;
	struct span table = SPAN_NONE;
	struct cursor c;

	out->stamp = l->pe->time_date_stamp ? PE_STAMP_TIME : PE_STAMP_ZERO;
	if (n > PE_MAX_DEBUG_ENTRIES) {
		n = PE_MAX_DEBUG_ENTRIES;
		l->gave_up = true;
	}
	if (d->rva != 0)
		TRY(pe_look_at_rva(l, d->rva, n * ENTRY_BYTES, &table));
	c = cursor_at(table, 0);
	while (cursor_left(&c) >= ENTRY_BYTES) {
		struct debug_entry e;

		cursor_skip(&c, 12);
		e.type = cursor_u32le(&c);
		e.size = cursor_u32le(&c);
		e.rva = cursor_u32le(&c);
		e.off = cursor_u32le(&c);
		if (e.type == TYPE_REPRO && out->stamp == PE_STAMP_TIME)
			out->stamp = PE_STAMP_REPRO;
		if (e.type == TYPE_CODEVIEW && !out->codeview.present)
			TRY(codeview_read(l, &e, &out->codeview));
	}
	return STATUS_OK;
}
