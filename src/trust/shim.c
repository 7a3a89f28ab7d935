/* SPDX-License-Identifier: MIT */
#include "trust/shim.h"

#include "base/cursor.h"
#include "structure/der.h"

#define SECTION      ".vendor_cert"
#define SECTIONS_MAX 96
#define PE_AT        0x3c
#define SYMBOL_BYTES 18
#define COFF_BYTES   20
#define ROW_BYTES    40
#define NAME_BYTES   8

/* Of a PE file, as much as leads to sections by their long names. */
struct layout {
	struct span file;
	uint64_t rows, strings;
	unsigned n_rows;
};

static bool layout_read(struct span file, struct layout *out)
{
	struct cursor c = cursor_at(file, PE_AT);
	uint64_t pe = cursor_u32le(&c), symbols, n_symbols;

	if (!span_starts(file, "MZ", 2))
		return false;
	c = cursor_at(file, pe);
	if (cursor_u32le(&c) != 0x4550) /* "PE" */
		return false;
	cursor_skip(&c, 2);
	out->file = file;
	out->n_rows = cursor_u16le(&c);
	cursor_skip(&c, 4);
	symbols = cursor_u32le(&c);
	n_symbols = cursor_u32le(&c);
	out->rows = pe + 4 + COFF_BYTES + cursor_u16le(&c);
	out->strings = symbols + n_symbols * SYMBOL_BYTES;
	return cursor_ok(&c) && out->n_rows <= SECTIONS_MAX;
}

/* Names of more than eight letters stand behind the symbols: "/37". */
static bool is_called(const struct layout *l, struct span name, const char *wanted)
{
	uint64_t at = 0;

	if (span_at(name, 0) != '/')
		return false;
	for (size_t i = 1; i < name.len && span_at(name, i) >= '0' && span_at(name, i) <= '9';
	     i++)
		at = at * 10 + (span_at(name, i) - '0');
	return span_starts(span_after(l->file, l->strings + at), wanted, strlen(wanted) + 1);
}

static bool section_find(const struct layout *l, const char *wanted, struct span *out)
{
	for (unsigned i = 0; i < l->n_rows; i++) {
		struct cursor c = cursor_at(l->file, l->rows + (uint64_t)i * ROW_BYTES);
		struct span name = cursor_take(&c, NAME_BYTES);
		uint32_t size = cursor_u32le(&c), raw, off;

		cursor_skip(&c, 4);
		raw = cursor_u32le(&c);
		off = cursor_u32le(&c);
		if (cursor_ok(&c) && is_called(l, name, wanted))
			return span_part(l->file, off, size < raw ? size : raw, out);
	}
	return false;
}

/* A certificate alone, or lists of them. */
static enum status allowed_take(struct intake *in, struct span bytes, const char *name,
				struct siglist_count *count)
{
	struct der whole;

	if (der_only(bytes, DER_SEQUENCE, &whole, NULL))
		return siglist_certificate(in, bytes, name, SIGLIST_MOK, count);
	return siglist_take(in, bytes, name, SIGLIST_MOK, count);
}

enum status shim_take(struct intake *in, struct span file, const char *name,
		      struct siglist_count *count)
{
	struct span section, allowed, denied;
	uint32_t n_allowed, n_denied;
	struct layout layout;
	struct cursor c;
	enum status status = STATUS_OK;

	if (!layout_read(file, &layout) || !section_find(&layout, SECTION, &section))
		return STATUS_NOT_MINE;
	c = cursor_at(section, 0);
	n_allowed = cursor_u32le(&c);
	n_denied = cursor_u32le(&c);
	if (!span_part(section, cursor_u32le(&c), n_allowed, &allowed) ||
	    !span_part(section, cursor_u32le(&c), n_denied, &denied) || !cursor_ok(&c))
		return intake_refuse(in, STATUS_USAGE, name, "has a malformed " SECTION);
	if (n_allowed > 0)
		status = allowed_take(in, allowed, name, count);
	if (status == STATUS_OK && n_denied > 0)
		status = siglist_take(in, denied, name, SIGLIST_DBX, count);
	return status == STATUS_NOT_MINE
		       ? intake_refuse(in, STATUS_USAGE, name, "has a malformed " SECTION)
		       : status;
}
