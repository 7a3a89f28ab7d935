/* SPDX-License-Identifier: MIT */
/*
 * What a package signature covers: the archive as it was before the signature
 * was put into it.
 */
#include "formats/nuget/nuget.h"

#include "base/buffer.h"
#include "base/cursor.h"
#include "structure/zip/zip.h"

/* Local, central and end records (APPNOTE 6.3.10, 4.3.7, 4.3.12 and 4.3.16). */
#define LOCAL_FIXED    30
#define CENTRAL_FIXED  46
#define CENTRAL_NAME   28
#define CENTRAL_OFFSET 42
#define END_FIXED      22
#define END_COUNTS     8
#define END_COMMENT    20

struct nuget_reading {
	struct view *view;
	struct findings *findings;
	struct container *out;
	struct nuget_package *package;
	const struct zip *zip;
	const struct zip_entry *signature;
	struct range local, central; /* its records */
	struct piece *pieces;
	size_t n_pieces;
	uint64_t last_end; /* of the last piece */
};

static bool ends_in(struct span name, struct span end)
{
	return name.len >= end.len && span_equal(span_after(name, name.len - end.len), end);
}

/* A manifest stands at the top of every package. */
static bool is_manifest(struct span name)
{
	uint64_t at;

	return ends_in(name, SPAN_LITERAL(".nuspec")) &&
	       !span_find(name, SPAN_LITERAL("/"), 0, &at);
}

static bool is_package(const struct zip *z)
{
	if (zip_find(z, SPAN_LITERAL(NUGET_SIGNATURE)))
		return true;
	for (size_t i = 0; i < z->n_entries; i++)
		if (is_manifest(z->entries[i].name))
			return true;
	return false;
}

static void nuget_break(struct nuget_reading *r, const char *rule, struct range where,
			const char *expected, const char *observed)
{
	r->out->broken = true;
	finding_add(r->findings, rule, where, expected, observed);
}

/* A local record reaches to the next one, or to the directory: so NuGet counts it. */
static struct range local_record(const struct nuget_reading *r)
{
	const struct zip *z = r->zip;
	uint64_t own = r->signature->header.off;

	for (size_t i = 0; i < z->n_entries; i++) {
		uint64_t off = z->entries[z->by_offset[i]].header.off;

		if (off > own)
			return (struct range){ own, off - own };
	}
	return (struct range){ own, z->central.off - own };
}

static uint64_t central_length(struct span fixed)
{
	struct cursor c = cursor_at(fixed, CENTRAL_NAME);
	uint64_t length = CENTRAL_FIXED;

	length += cursor_u16le(&c);
	length += cursor_u16le(&c);
	return length + cursor_u16le(&c);
}

/* Bytes in the records of the signature that are no part of it: nobody hashes them. */
static void slack_judge(struct nuget_reading *r)
{
	const struct zip_entry *e = r->signature;
	uint64_t behind = e->data.off + e->data.len - r->local.off;
	uint64_t owned = LOCAL_FIXED + e->name.len + e->data.len;
	uint64_t local = r->local.len - owned;
	uint64_t central = r->central.len - CENTRAL_FIXED - e->name.len;
	struct nuget_package *p = r->package;

	p->n_slack = local + central;
	if (p->n_slack == 0)
		return;
	p->slack = r->local;
	if (local == 0)
		p->slack = r->central;
	else if (behind < r->local.len)
		p->slack = (struct range){ r->local.off + behind, r->local.len - behind };
	finding_add(r->findings, "nupkg.slack", p->slack,
		    "nothing but the signature in its records",
		    arena_printf(r->findings->arena, "%llu bytes more",
				 (unsigned long long)p->n_slack));
}

/* What NuGet asks of the entry before it reads it; false: it cannot be read at all. */
static bool entry_judge(struct nuget_reading *r)
{
	const struct zip_entry *e = r->signature;

	if (e->odd || e->method != ZIP_STORED || e->packed != e->size || e->flags != 0 ||
	    e->attributes != 0)
		nuget_break(r, "nupkg.entry", e->header,
			    "a signature that is stored, without flags and attributes",
			    "another");
	if (r->zip->trouble & (ZIP_OVERLAP | ZIP_LOCAL_BAD | ZIP_CENTRAL_BAD)) {
		r->out->broken = true;
		return false;
	}
	r->local = local_record(r);
	return !e->odd && e->method == ZIP_STORED &&
	       e->header.len >= LOCAL_FIXED + e->name.len &&
	       e->data.off + e->data.len <= r->local.off + r->local.len;
}

static void range_add(struct nuget_reading *r, uint64_t from, uint64_t to)
{
	if (to <= from)
		return;
	if (r->last_end == from && r->n_pieces > 0 &&
	    r->pieces[r->n_pieces - 1].kind == PIECE_RANGE)
		r->pieces[r->n_pieces - 1].range.len += to - from;
	else
		r->pieces[r->n_pieces++] = (struct piece){
			.kind = PIECE_RANGE, .range = {from, to - from}
		};
	r->last_end = to;
}

/* Bytes as they were before the signature came, instead of [@off, @off + bytes.len). */
static enum status literal_add(struct nuget_reading *r, uint64_t off,
			       const struct buffer *bytes)
{
	struct span copy;

	TRY(buffer_status(bytes));
	copy = arena_copy(r->findings->arena, buffer_span(bytes));
	if (!copy.ptr)
		return STATUS_NO_MEMORY;
	r->pieces[r->n_pieces++] = (struct piece){
		.kind = PIECE_LITERAL, .range = {off, copy.len},
                     .literal = copy
	};
	return STATUS_OK;
}

/* One directory record; what stood behind the signature had another offset. */
static enum status central_add(struct nuget_reading *r, uint64_t at, uint64_t end)
{
	CLEANUP(buffer_free) struct buffer offset = BUFFER_INIT;
	uint64_t place = at + CENTRAL_OFFSET;
	struct span old;
	struct cursor c;
	uint32_t value;

	TRY(view_part(r->view, place, 4, &old));
	c = cursor_at(old, 0);
	value = cursor_u32le(&c);
	if (value + r->zip->delta <= r->local.off) {
		range_add(r, at, end);
		return STATUS_OK;
	}
	buffer_u32le(&offset, value - (uint32_t)r->local.len);
	range_add(r, at, place);
	TRY(literal_add(r, place, &offset));
	range_add(r, place + 4, end);
	return STATUS_OK;
}

static enum status directory_add(struct nuget_reading *r)
{
	uint64_t at = r->zip->central.off, end = at + r->zip->central.len;

	while (at < end) {
		struct span fixed;
		uint64_t next;

		TRY(view_part(r->view, at, CENTRAL_FIXED, &fixed));
		next = at + central_length(fixed);
		if (at != r->central.off)
			TRY(central_add(r, at, next));
		at = next;
	}
	return STATUS_OK;
}

/* The end record with one entry less. */
static enum status end_add(struct nuget_reading *r)
{
	CLEANUP(buffer_free) struct buffer numbers = BUFFER_INIT;
	uint64_t at = r->zip->end_record;
	struct span end;
	struct cursor c;
	uint16_t here, all;
	uint32_t size, off;

	TRY(view_part(r->view, at, END_FIXED, &end));
	c = cursor_at(end, END_COUNTS);
	here = cursor_u16le(&c);
	all = cursor_u16le(&c);
	size = cursor_u32le(&c);
	off = cursor_u32le(&c);
	buffer_u16le(&numbers, (uint16_t)(here - 1));
	buffer_u16le(&numbers, (uint16_t)(all - 1));
	buffer_u32le(&numbers, size - (uint32_t)r->central.len);
	buffer_u32le(&numbers, off - (uint32_t)r->local.len);
	range_add(r, r->zip->central.off + r->zip->central.len, at + END_COUNTS);
	TRY(literal_add(r, at + END_COUNTS, &numbers));
	range_add(r, at + END_COMMENT, r->view->size);
	return STATUS_OK;
}

static enum status cover(struct nuget_reading *r, struct coverage *out)
{
	r->pieces = ARENA_NEW(r->findings->arena, struct piece, 3 * r->zip->n_entries + 8);
	if (!r->pieces)
		return STATUS_NO_MEMORY;
	range_add(r, 0, r->local.off);
	range_add(r, r->local.off + r->local.len, r->zip->central.off);
	TRY(directory_add(r));
	TRY(end_add(r));
	*out = (struct coverage){ r->pieces, r->n_pieces };
	return STATUS_OK;
}

static enum status claim_make(struct nuget_reading *r, bool readable, bool zip64)
{
	struct coverage *covered = ARENA_NEW(r->findings->arena, struct coverage, 1);
	struct claim *claim = ARENA_NEW(r->findings->arena, struct claim, 1);
	const struct zip_entry *e = r->signature;
	struct span fixed;

	if (!covered || !claim)
		return STATUS_NO_MEMORY;
	claim->scheme = "nuget";
	claim->presence = ASSAY_PRESENCE_EMBEDDED;
	claim->where = e->data;
	claim->signature_off = e->data.off;
	claim->covered = covered;
	claim->unsupported = zip64;
	r->out->claims = claim;
	if (!readable)
		return STATUS_OK;
	if (e->size > NUGET_MAX_SIGNATURE) {
		finding_add(r->findings, "limit.cms", e->data, NULL, NULL);
		return STATUS_LIMIT;
	}
	TRY(view_part(r->view, e->data.off, e->data.len, &claim->signature));
	TRY(view_part(r->view, e->central, CENTRAL_FIXED, &fixed));
	r->central = (struct range){ e->central, central_length(fixed) };
	slack_judge(r);
	return cover(r, covered);
}

static enum status signed_read(struct nuget_reading *r)
{
	bool readable, zip64 = false;
	size_t n = 0;

	for (size_t i = 0; i < r->zip->n_entries; i++)
		n += span_equal(r->zip->entries[i].name, SPAN_LITERAL(NUGET_SIGNATURE));
	if (n != 1)
		nuget_break(r, "nupkg.signatures", r->signature->header, "one",
			    arena_printf(r->findings->arena, "%zu", n));
	readable = entry_judge(r);
	if (r->zip->end.off < r->zip->end_record) {
		finding_add(r->findings, "nupkg.zip64", r->zip->end,
			    "an end record that says all", "ZIP64 records");
		zip64 = true;
	}
	return claim_make(r, readable && n == 1 && !zip64, zip64);
}

static enum status nuget_read(struct view *view, struct findings *findings,
			      struct container *out)
{
	struct nuget_reading r = {
		.view = view, .findings = findings, .out = out, .zip = out->zip
	};

	if (!is_package(r.zip))
		return STATUS_NOT_MINE;
	r.package = ARENA_NEW(findings->arena, struct nuget_package, 1);
	if (!r.package)
		return STATUS_NO_MEMORY;
	out->nuget = r.package;
	out->variant = "NuGet package";
	out->broken = zip_broken(r.zip, ZIP_PROFILE_JAVA);
	r.signature = zip_find(r.zip, SPAN_LITERAL(NUGET_SIGNATURE));
	return r.signature ? signed_read(&r) : STATUS_OK;
}

const struct format format_nuget = {
	.name = "nuget",
	.title = "NuGet package",
	.read_zip = nuget_read,
};
