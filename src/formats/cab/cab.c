/* SPDX-License-Identifier: MIT */
/* A cabinet, step by step: header and byte map ([MS-CAB] 2.1). */
#include "base/cursor.h"
#include "formats/cab/reading.h"

#define HEADER_BYTES  36
#define RESERVE_BYTES 4 /* sizes of the three reserves */
#define REGIONS_MAX   5

void cab_break(struct cab_reading *r, const char *rule, struct range where,
	       const char *expected, const char *observed)
{
	r->out->broken = true;
	finding_add(r->findings, rule, where, expected, observed);
}

static bool cab_sniff(struct span head)
{
	return span_starts(head, "MSCF", 4);
}

/* The fixed fields.  False: said why they cannot be followed. */
static bool fields_read(struct cab_reading *r, struct span head)
{
	struct cursor c = cursor_at(head, 8);
	struct cab_file *f = r->file;
	uint8_t minor, major;

	f->size = cursor_u32le(&c);
	cursor_skip(&c, 4);
	r->files_off = cursor_u32le(&c);
	cursor_skip(&c, 4);
	minor = cursor_u8(&c);
	major = cursor_u8(&c);
	f->n_folders = cursor_u16le(&c);
	f->n_files = cursor_u16le(&c);
	f->flags = cursor_u16le(&c);
	f->set_id = cursor_u16le(&c);
	f->number = cursor_u16le(&c);
	if (!cursor_ok(&c)) {
		cab_break(r, "cab.header", (struct range){ 0, head.len },
			  "a header of 36 bytes", "the file ends before its end");
		return false;
	}
	if (major != 1 || minor != 3) {
		cab_break(r, "cab.header", (struct range){ 24, 2 }, "version 1.3",
			  arena_printf(r->arena, "version %u.%u", major, minor));
		return false;
	}
	return true;
}

static enum status reserve_read(struct cab_reading *r)
{
	struct span sizes;
	struct cursor c;

	r->header_end = HEADER_BYTES;
	if (!(r->file->flags & CAB_RESERVE))
		return STATUS_OK;
	TRY(view_clip(r->view, HEADER_BYTES, RESERVE_BYTES, &sizes));
	c = cursor_at(sizes, 0);
	r->reserve_bytes = cursor_u16le(&c);
	r->folder_reserve = cursor_u8(&c);
	cursor_skip(&c, 1);
	r->header_end += RESERVE_BYTES + (uint64_t)r->reserve_bytes;
	if (!cursor_ok(&c) || r->header_end > r->view->size) {
		cab_break(r, "cab.header", (struct range){ 30, 2 }, "a reserve inside the file",
			  "the file ends before its end");
		r->header_end = r->view->size;
		return STATUS_OK;
	}
	return view_part(r->view, HEADER_BYTES + RESERVE_BYTES, r->reserve_bytes, &r->reserve);
}

static void region_put(struct cab_reading *r, struct region *list, const char *name,
		       enum region_kind kind, uint64_t to)
{
	size_t n = r->out->n_regions;
	uint64_t pos = n ? list[n - 1].where.off + list[n - 1].where.len : 0;

	if (to > r->view->size)
		to = r->view->size;
	if (to <= pos)
		return;
	list[n] = (struct region){
		name, kind, {pos, to - pos}
	};
	r->out->n_regions++;
}

static enum status regions_make(struct cab_reading *r)
{
	struct region *list = ARENA_NEW(r->arena, struct region, REGIONS_MAX);
	struct range s = r->signature;
	bool behind = s.len > 0 && s.off >= r->file->size;

	if (!list)
		return STATUS_NO_MEMORY;
	region_put(r, list, "header", REGION_HEADER,
		   r->folders_end > HEADER_BYTES ? r->folders_end : HEADER_BYTES);
	region_put(r, list, "cabinet", REGION_SECTION, r->file->size);
	if (behind) {
		region_put(r, list, "gap", REGION_GAP, s.off);
		region_put(r, list, "signature", REGION_SIGNATURE, s.off + s.len);
	}
	region_put(r, list, "trailing", REGION_TRAILING, r->view->size);
	r->out->regions = list;
	return STATUS_OK;
}

static enum status cab_read(struct view *view, struct findings *findings, struct container *out)
{
	struct cab_reading r = { .view = view,
				 .findings = findings,
				 .arena = findings->arena,
				 .out = out,
				 .file = ARENA_NEW(findings->arena, struct cab_file, 1) };
	struct span head;

	if (!r.file)
		return STATUS_NO_MEMORY;
	TRY(view_clip(view, 0, HEADER_BYTES, &head));
	if (!cab_sniff(head))
		return STATUS_NOT_MINE;
	out->format = &format_cab;
	out->variant = "cabinet";
	if (fields_read(&r, head)) {
		TRY(reserve_read(&r));
		if (!out->broken)
			TRY(cab_contents_read(&r));
		if (!out->broken)
			TRY(cab_signature_read(&r));
		if (r.file->flags & (CAB_PREVIOUS | CAB_NEXT))
			out->variant = "cabinet of a set";
	}
	out->cab = r.file;
	return regions_make(&r);
}

const struct format format_cab = {
	.name = "cab",
	.title = "Cabinet",
	.sniff = cab_sniff,
	.read = cab_read,
};
