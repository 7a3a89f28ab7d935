/* SPDX-License-Identifier: MIT */
/*
 * The Certificate Table: where signatures lie, and what claims them.
 *
 * Follows "PE Format" (Microsoft), "The Attribute Certificate Table".  The
 * directory entry's address is an offset in the file, not an RVA.
 */
#include "base/cursor.h"
#include "formats/pe/reading.h"

#define CERTIFICATE_ALIGN UINT64_C(8)
#define REVISION_2        0x0200
#define TYPE_PKCS_SIGNED  2
#define DIRECTORY_BYTES   8

static uint64_t round_up(uint64_t n)
{
	return (n + (CERTIFICATE_ALIGN - 1)) / CERTIFICATE_ALIGN * CERTIFICATE_ALIGN;
}

/* Is what the directory entry says possible?  Then it becomes the image's table. */
static enum status table_place(struct pe_reading *r)
{
	uint64_t off = r->entry_off, size = r->entry_size, file = r->view->size;
	struct range entry = { r->image->directory_off, DIRECTORY_BYTES };
	const char *observed = arena_printf(r->findings->arena, "%llu bytes at 0x%llx",
					    (unsigned long long)size, (unsigned long long)off);

	if (off == 0 || size < PE_CERTIFICATE_HEADER) {
		pe_break(r, "pe.table-short", entry, "an offset, and at least 8 bytes",
			 observed);
		return STATUS_OK;
	}
	if (off > file || size > file - off) {
		pe_break(r, "pe.table-outside", entry,
			 arena_printf(r->findings->arena, "inside the file of %llu bytes",
				      (unsigned long long)file),
			 observed);
		return STATUS_OK;
	}
	if (off < r->headers_end) {
		pe_break(r, "pe.hole-overlap", entry,
			 arena_printf(r->findings->arena,
				      "behind the headers, which end at 0x%llx",
				      (unsigned long long)r->headers_end),
			 observed);
		return STATUS_OK;
	}
	r->image->table = (struct range){ off, size };
	if (size > PE_MAX_TABLE) {
		finding_add(r->findings, "limit.table", r->image->table,
			    arena_printf(r->findings->arena, "at most %llu bytes",
					 (unsigned long long)PE_MAX_TABLE),
			    observed);
		return STATUS_LIMIT;
	}
	/*
	 * The image digest leaves the table out wherever it stands.  Before the end
	 * of the sections it lies in one of them or moves those behind it: what is
	 * loaded is then not what was signed, though the digest holds.
	 */
	r->image->table_inside = off < r->sections_end;
	if (r->image->table_inside)
		finding_add(r->findings, "pe.table-inside", r->image->table,
			    arena_printf(r->findings->arena,
					 "behind the sections, which end at 0x%llx",
					 (unsigned long long)r->sections_end),
			    observed);
	if (off % CERTIFICATE_ALIGN != 0)
		finding_add(r->findings, "pe.table-unaligned", r->image->table,
			    "an offset divisible by 8", observed);
	return STATUS_OK;
}

/*
 * The table's bytes.  What behind_judge() and pe_orphans_find() will look at
 * is asked for together with them, so that it is one piece.
 */
static enum status table_load(struct pe_reading *r, struct span *table)
{
	struct range t = r->image->table;
	uint64_t from = r->sections_end, until = t.off + t.len;
	struct span all;

	if (from > t.off)
		from = t.off;
	if (t.off - from > PE_MAX_ORPHAN_BESIDE)
		from = t.off - PE_MAX_ORPHAN_BESIDE;
	TRY(view_clip(r->view, from, until - from + PE_MAX_ORPHAN_BESIDE, &all));
	*table = span_clip(all, t.off - from, t.len);
	return STATUS_OK;
}

static void anomalies_find(struct pe_reading *r, const struct claim *c)
{
	struct range header = { c->where.off, PE_CERTIFICATE_HEADER };

	if (c->revision != REVISION_2)
		finding_add(r->findings, "pe.cert-revision", header, "0x0200",
			    arena_printf(r->findings->arena, "0x%04x", c->revision));
	if (c->type != TYPE_PKCS_SIGNED)
		finding_add(r->findings, "pe.cert-type", header, "2 (PKCS #7 SignedData)",
			    arena_printf(r->findings->arena, "0x%04x", c->type));
}

/* One WIN_CERTIFICATE, whose length has been found possible. */
static struct claim *claim_new(struct pe_reading *r, struct span entry, uint64_t off,
			       const struct coverage *covered)
{
	struct claim *claim = ARENA_NEW(r->findings->arena, struct claim, 1);
	struct cursor c = cursor_at(entry, 4);

	if (!claim)
		return NULL;
	claim->scheme = "authenticode";
	claim->presence = ASSAY_PRESENCE_EMBEDDED;
	claim->where = (struct range){ off, entry.len };
	claim->revision = cursor_u16le(&c);
	claim->type = cursor_u16le(&c);
	claim->signature = cursor_rest(&c);
	claim->signature_off = off + PE_CERTIFICATE_HEADER;
	claim->unsupported = claim->type != TYPE_PKCS_SIGNED;
	claim->covered = covered;
	anomalies_find(r, claim);
	return claim;
}

/* Bytes of the table that belong to no entry. */
static void rest_judge(struct pe_reading *r, struct span rest, size_t n_claims)
{
	const struct range *t = &r->image->table;
	struct range where = { t->off + t->len - rest.len, rest.len };
	struct cursor c = cursor_at(rest, 0);
	uint32_t length = cursor_u32le(&c);
	bool zero = span_is_zero(rest);

	if (rest.len >= PE_CERTIFICATE_HEADER && (n_claims == 0 || !zero))
		finding_add(
			r->findings, "pe.cert-length", where,
			arena_printf(r->findings->arena, "dwLength from 8 to %zu", rest.len),
			arena_printf(r->findings->arena, "%u", length));
	else if (rest.len >= PE_CERTIFICATE_HEADER || !zero)
		finding_add(r->findings, "pe.cert-dirsize", where,
			    "less than 8 bytes behind the entries, all zero",
			    arena_printf(r->findings->arena, "%zu bytes%s", rest.len,
					 zero ? "" : ", not all zero"));
	r->out->unclaimed = rest;
	if (n_claims == 0)
		r->out->broken = true;
}

/*
 * The next entry of *@rest, and *@rest behind it and its padding.  False: no
 * entry can begin here.
 */
static bool entry_next(struct pe_reading *r, struct span *rest, struct span *entry)
{
	struct range t = r->image->table;
	struct cursor c = cursor_at(*rest, 0);
	uint64_t length = cursor_u32le(&c), at = t.off + t.len - rest->len;
	struct span padding;

	if (rest->len < PE_CERTIFICATE_HEADER || length < PE_CERTIFICATE_HEADER ||
	    !span_part(*rest, 0, length, entry))
		return false;
	padding = span_clip(*rest, length, round_up(length) - length);
	if (!span_is_zero(padding))
		finding_add(r->findings, "pe.cert-padding",
			    (struct range){ at + length, padding.len }, "zero", "not zero");
	*rest = span_after(*rest, round_up(length));
	return true;
}

static enum status table_walk(struct pe_reading *r, struct span table,
			      const struct coverage *covered)
{
	const struct claim **last = &r->out->claims;
	struct range where = r->image->table;
	struct span rest = table, entry;
	size_t n = 0;

	while (rest.len > 0 && entry_next(r, &rest, &entry)) {
		uint64_t off;
		struct claim *claim;

		if (n == PE_MAX_WINCERT) {
			finding_add(r->findings, "limit.table", where,
				    arena_printf(r->findings->arena, "at most %u entries",
						 PE_MAX_WINCERT),
				    "more");
			return STATUS_LIMIT;
		}
		if (!span_offset(table, entry, &off))
			return STATUS_MALFORMED;
		claim = claim_new(r, entry, where.off + off, covered);
		if (!claim)
			return STATUS_NO_MEMORY;
		*last = claim;
		last = &claim->next;
		n++;
	}
	if (rest.len > 0)
		rest_judge(r, rest, n);
	if (n > 1 && !r->image->is_efi)
		finding_add(r->findings, "pe.extra-wincert", where, "one entry",
			    arena_printf(r->findings->arena, "%zu entries", n));
	return STATUS_OK;
}

/* Padding of the file to a multiple of eight is no reproach; anything else is. */
static enum status behind_judge(struct pe_reading *r)
{
	uint64_t end = r->image->table.off + r->image->table.len, size = r->view->size;
	struct range where = { end, size - end };
	struct span padding;

	if (end == size)
		return STATUS_OK;
	if (size == round_up(end)) {
		TRY(view_part(r->view, end, size - end, &padding));
		if (span_is_zero(padding))
			return STATUS_OK;
	}
	finding_add(
		r->findings, "pe.table-not-last", where, "the end of the file",
		arena_printf(r->findings->arena, "%llu bytes", (unsigned long long)where.len));
	return STATUS_OK;
}

enum status pe_table_read(struct pe_reading *r)
{
	struct coverage *covered;
	struct span table;

	if (r->entry_off == 0 && r->entry_size == 0)
		return STATUS_OK;
	TRY(table_place(r));
	if (r->image->table.len == 0)
		return STATUS_OK;
	TRY(table_load(r, &table));
	TRY(behind_judge(r));
	covered = ARENA_NEW(r->findings->arena, struct coverage, 1);
	if (!covered)
		return STATUS_NO_MEMORY;
	TRY(pe_cover_flat(r->findings->arena, r->image, covered));
	return table_walk(r, table, covered);
}
