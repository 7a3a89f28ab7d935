/* SPDX-License-Identifier: MIT */
#include "formats/xar/xar.h"

#include "base/cursor.h"
#include "formats/xar/reading.h"
#include "structure/inflate.h"

#define MAGIC          "xar!"
#define VERSION        1
#define MAX_RATIO      1040 /* of deflate: 258 bytes for two bits */
#define TRAILER        16
#define TRAILER_MAGIC  "t8lr"
#define TRAILER_END    1
#define TRAILER_TICKET 2

void xar_break(struct xar_reading *r, const char *rule, struct range where,
	       const char *expected, const char *observed)
{
	r->xar->broken = true;
	finding_add(r->findings, rule, where, expected, observed);
}

/* From the end backwards: each says how long the ticket before it is, but the first. */
static enum status trailers_read(struct xar_reading *r)
{
	struct xar_image *xar = r->xar;
	uint64_t end = r->view->size;
	struct range found[XAR_MAX_TRAILERS];
	size_t n_found = 0;

	xar->tail = end;
	for (size_t n = 0; n < XAR_MAX_TRAILERS && end >= XAR_HEADER + TRAILER; n++) {
		struct span bytes;
		struct cursor c;
		uint64_t length;
		uint16_t type;

		TRY(view_part(r->view, end - TRAILER, TRAILER, &bytes));
		c = cursor_at(bytes, 6);
		type = cursor_u16le(&c);
		length = cursor_u32le(&c);
		end -= TRAILER;
		if (!span_starts(bytes, TRAILER_MAGIC, 4) || length > end - XAR_HEADER)
			return STATUS_OK;
		if (type == TRAILER_END) {
			xar->tail = end;
			xar->n_tickets = n_found;
			for (size_t i = 0; i < n_found; i++)
				xar->tickets[i] = found[i];
			return STATUS_OK;
		}
		if (type != TRAILER_TICKET)
			return STATUS_OK;
		end -= length;
		found[n_found++] = (struct range){ end, length };
	}
	return STATUS_OK;
}

static void tickets_note(struct xar_reading *r)
{
	for (size_t i = 0; i < r->xar->n_tickets; i++)
		finding_add(r->findings, "xar.ticket", r->xar->tickets[i], NULL,
			    arena_printf(r->arena, "%llu bytes",
					 (unsigned long long)r->xar->tickets[i].len));
}

static enum status header_read(struct xar_reading *r, uint64_t *plain)
{
	struct xar_image *xar = r->xar;
	struct range where = { 0, XAR_HEADER };
	struct span head;
	struct cursor c;
	uint64_t size, version, packed;

	TRY(view_part(r->view, 0, XAR_HEADER, &head));
	c = cursor_at(head, 4);
	size = cursor_be(&c, 2);
	version = cursor_be(&c, 2);
	packed = cursor_be(&c, 8);
	*plain = cursor_be(&c, 8);
	r->wanted = (uint32_t)cursor_be(&c, 4);
	if (version != VERSION || size < XAR_HEADER || size > xar->tail || packed == 0 ||
	    packed > xar->tail - size || *plain / MAX_RATIO > packed) {
		xar_break(r, "xar.header", where, "version 1, a table inside the file",
			  arena_printf(r->arena, "version %llu, %llu bytes at %llu",
				       (unsigned long long)version, (unsigned long long)packed,
				       (unsigned long long)size));
		return STATUS_OK;
	}
	if (packed > XAR_MAX_TOC || *plain > XAR_MAX_TOC) {
		finding_add(r->findings, "limit.xar", where, "a table of at most 64 MiB", NULL);
		return STATUS_LIMIT;
	}
	xar->toc = (struct range){ size, packed };
	xar->heap = size + packed;
	return STATUS_OK;
}

static enum status table_read(struct xar_reading *r, uint64_t plain)
{
	struct span packed, xml;

	TRY(view_part(r->view, r->xar->toc.off, r->xar->toc.len, &packed));
	TRY(inflate_zlib(r->arena, packed, (size_t)plain + 1, &xml));
	if (xml.len != plain) {
		xar_break(r, "xar.toc-malformed", r->xar->toc,
			  arena_printf(r->arena, "%llu bytes", (unsigned long long)plain),
			  arena_printf(r->arena, "%zu bytes", xml.len));
		return STATUS_OK;
	}
	return xar_toc_read(r, xml);
}

static enum status bytes_read(struct xar_reading *r)
{
	struct xar_image *xar = r->xar;

	if (xar->checksum_where.len > 0)
		TRY(view_part(r->view, xar->checksum_where.off, xar->checksum_where.len,
			      &xar->stored));
	for (size_t i = 0; i < XAR_STYLES; i++)
		if (xar->signatures[i].where.len > 0)
			TRY(view_part(r->view, xar->signatures[i].where.off,
				      xar->signatures[i].where.len, &xar->signatures[i].bytes));
	return STATUS_OK;
}

static void bare_note(struct xar_reading *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->xar->n_extents && xar_is_signed(r->xar); i++) {
		const struct xar_extent *x = &r->xar->extents[i];

		if (x->kind == XAR_CHECKSUM_NONE && n++ < XAR_MAX_SHOWN)
			finding_add(r->findings, "xar.checksum-missing", x->where,
				    "a checksum of its packed bytes", x->name);
	}
}

/* Each signature covers the packed table. */
static enum status claims_make(struct xar_reading *r, struct container *out)
{
	struct coverage *covered = ARENA_NEW(r->arena, struct coverage, 1);
	struct piece *piece = ARENA_NEW(r->arena, struct piece, 1);
	const struct claim **last = &out->claims;

	if (!covered || !piece)
		return STATUS_NO_MEMORY;
	*piece = (struct piece){ .kind = PIECE_RANGE, .range = r->xar->toc };
	*covered = (struct coverage){ piece, 1 };
	for (size_t i = 0; i < XAR_STYLES; i++) {
		const struct xar_signature *s = &r->xar->signatures[i];
		struct claim *claim;

		if (s->where.len == 0)
			continue;
		claim = ARENA_NEW(r->arena, struct claim, 1);
		if (!claim)
			return STATUS_NO_MEMORY;
		*claim = (struct claim){
			.scheme = XAR_SCHEME,
			.presence = ASSAY_PRESENCE_EMBEDDED,
			.where = s->where,
			.signature_off = s->where.off,
			.signature = s->bytes,
			.type = (uint16_t)i,
			.covered = covered,
		};
		*last = claim;
		last = &claim->next;
	}
	return STATUS_OK;
}

static enum status xar_read(struct view *view, struct findings *findings, struct container *out)
{
	struct xar_reading r = { .view = view, .findings = findings, .arena = findings->arena };
	uint64_t plain;
	struct span head;

	TRY(view_clip(view, 0, XAR_HEADER, &head));
	if (head.len < XAR_HEADER || !span_starts(head, MAGIC, 4))
		return STATUS_NOT_MINE;
	r.xar = ARENA_NEW(r.arena, struct xar_image, 1);
	if (!r.xar)
		return STATUS_NO_MEMORY;
	TRY(trailers_read(&r));
	TRY(header_read(&r, &plain));
	if (!r.xar->broken)
		TRY(table_read(&r, plain));
	TRY(bytes_read(&r));
	TRY(xar_regions_make(&r, out));
	TRY(claims_make(&r, out));
	bare_note(&r);
	tickets_note(&r);
	out->format = &format_xar;
	out->variant = "installer package or archive";
	out->xar = r.xar;
	out->broken = r.xar->broken;
	return STATUS_OK;
}

static bool xar_sniff(struct span head)
{
	return span_starts(head, MAGIC, 4);
}

const struct format format_xar = {
	.name = "xar",
	.title = "XAR archive (macOS installer package), beta",
	.sniff = xar_sniff,
	.read = xar_read,
};
