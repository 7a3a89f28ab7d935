/* SPDX-License-Identifier: MIT */
/*
 * Orphans: signatures that lie where the directory entry does not lead.
 *
 * Whoever strips a program zeroes the directory entry; whoever gives a signed
 * program a foreign signature lets the entry point behind the true one.  Both
 * leave a WIN_CERTIFICATE whose padded end is the end of the file or the
 * beginning of the present table ("The Attribute Certificate Table").
 */
#include "base/cursor.h"
#include "formats/pe/reading.h"

#define ORPHAN_HEAD 40 /* of the entry: in here the content type must stand */
#define PADDING     8  /* and more */

/* wRevision 2.0, wCertificateType 2, SEQUENCE. */
static const uint8_t entry_mark[] = { 0x00, 0x02, 0x02, 0x00, 0x30 };

/* 1.2.840.113549.1.7.2, signedData (RFC 2315, 14). */
static const uint8_t signed_data[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
				       0xf7, 0x0d, 0x01, 0x07, 0x02 };

/* Is there an entry at @at that ends where @area ends?  Then *@entry is it. */
static bool orphan_at(struct span area, uint64_t at, struct span *entry)
{
	struct cursor c = cursor_at(area, at);
	uint64_t length = cursor_u32le(&c), found;

	if (!span_part(area, at, length, entry) || area.len - at - length >= PADDING)
		return false;
	if ((span_at(*entry, PE_CERTIFICATE_HEADER + 1) & 0xf0) != 0x80)
		return false;
	return span_find(span_clip(*entry, 0, ORPHAN_HEAD), SPAN_OF(signed_data),
			 PE_CERTIFICATE_HEADER, &found);
}

/* The first such entry of the file's part @area, which begins at @off. */
static void orphan_find(struct pe_reading *r, struct span area, uint64_t off)
{
	struct container *out = r->out;
	uint64_t mark, from = 4;
	struct range where;
	struct span entry;

	while (span_find(area, SPAN_OF(entry_mark), from, &mark)) {
		from = mark + 1;
		if (!orphan_at(area, mark - 4, &entry))
			continue;
		where = (struct range){ off + mark - 4, entry.len };
		finding_add(r->findings, "pe.orphan-table", where,
			    "a directory entry that leads here", "none");
		if (out->orphan.len == 0) {
			out->orphan = span_after(entry, PE_CERTIFICATE_HEADER);
			out->orphan_where = where;
		}
		return;
	}
}

enum status pe_orphans_find(struct pe_reading *r)
{
	struct range t = r->image->table;
	uint64_t from = r->sections_end, size = r->view->size, end = t.off + t.len;
	struct span area;

	if (r->out->broken || (t.len == 0 && from >= size))
		return STATUS_OK;
	if (t.len == 0) {
		if (size - from > PE_MAX_ORPHAN)
			from = size - PE_MAX_ORPHAN;
		TRY(view_part(r->view, from, size - from, &area));
		orphan_find(r, area, from);
		r->out->stripped = r->out->orphan.len > 0;
		return STATUS_OK;
	}
	if (from < t.off) {
		if (t.off - from > PE_MAX_ORPHAN_BESIDE)
			from = t.off - PE_MAX_ORPHAN_BESIDE;
		TRY(view_part(r->view, from, t.off - from, &area));
		orphan_find(r, area, from);
	}
	if (size - end > PE_MAX_ORPHAN_BESIDE)
		end = size - PE_MAX_ORPHAN_BESIDE;
	TRY(view_part(r->view, end, size - end, &area));
	orphan_find(r, area, end);
	return STATUS_OK;
}
