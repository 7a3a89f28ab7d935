/* SPDX-License-Identifier: MIT */
/*
 * Which other formats a file is, too: by magic at the places where loaders of
 * those formats, or droppers, look; ZIP by its end record (APPNOTE 4.3.16),
 * because a ZIP is read from its end, whatever stands before it.
 */
#include "base/cursor.h"
#include "countermeasures/file_analysis/parts.h"
#include "structure/der.h"

#define SYMBOL_BYTES            UINT64_C(18)
#define CHECKSUM_BEHIND_SYMBOLS 76 /* from PointerToSymbolTable to CheckSum */
#define ZIP_END_BYTES           22
#define ZIP_END_MAX             ((uint64_t)ZIP_END_BYTES + 65535) /* with the longest comment */
#define ZIP_ENTRY_BYTES         46
#define ZIP_MAX_ENTRIES         64 /* looked at for the manifest of a JAR */
#define ZIP_LOCAL_BYTES         4

static const struct magic {
	const char *format;
	uint64_t at;
	struct span bytes;
	bool polyglot; /* worth a warning when it stands in a program of another kind */
} magics[] = {
	{"zip",     0, SPAN_INIT("PK\x03\x04"),                       false},
	{ "ole",    0, SPAN_INIT("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), true },
	{ "elf",    0,
         SPAN_INIT("\x7f"
		    "ELF"),
         true							      },
	{ "macho",  0, SPAN_INIT("\xce\xfa\xed\xfe"),                 true },
	{ "macho",  0, SPAN_INIT("\xcf\xfa\xed\xfe"),                 true },
	{ "macho",  0, SPAN_INIT("\xfe\xed\xfa\xce"),                 true },
	{ "macho",  0, SPAN_INIT("\xfe\xed\xfa\xcf"),                 true },
	{ "fat",    0, SPAN_INIT("\xca\xfe\xba\xbe"),                 true },
	{ "script", 0, SPAN_INIT("#!/"),                              true },
	{ "dex",    0, SPAN_INIT("dex\n"),                            true },
	{ "pe",     0, SPAN_INIT("MZ"),                               false},
	{ "cab",    0, SPAN_INIT("MSCF"),                             false},
	{ "7z",     0, SPAN_INIT("7z\xbc\xaf\x27\x1c"),               false},
	{ "rar",    0, SPAN_INIT("Rar!\x1a\x07"),                     false},
	{ "nsis",   4, SPAN_INIT("\xef\xbe\xad\xdeNullsoftInst"),     false},
	{ "gzip",   0, SPAN_INIT("\x1f\x8b\x08"),                     false},
	{ "xz",     0,
         SPAN_INIT("\xfd"
		    "7zXZ"),
         false							     },
	{ "bzip2",  0, SPAN_INIT("BZh"),                              false},
	{ "zstd",   0, SPAN_INIT("\x28\xb5\x2f\xfd"),                 false},
	{ "pdf",    0, SPAN_INIT("%PDF-"),                            false},
};

static const struct magic *magic_at(struct span s)
{
	for (size_t i = 0; i < COUNT_OF(magics); i++) {
		struct span part = span_clip(s, magics[i].at, magics[i].bytes.len);

		if (span_equal(part, magics[i].bytes))
			return &magics[i];
	}
	return NULL;
}

static void sight_add(struct analysis_look *out, struct analysis_sight sight)
{
	if (out->n_sights < ANALYSIS_MAX_SIGHTS)
		out->sights[out->n_sights++] = sight;
}

static struct range overlay_of(const struct container *box)
{
	for (size_t i = 0; i < box->n_regions; i++)
		if (box->regions[i].kind == REGION_OVERLAY)
			return box->regions[i].where;
	return (struct range){ 0 };
}

/*
 * Symbols of debuggers stand behind the sections of what GNU tools link ("COFF
 * Symbol Table", "COFF String Table"): they fill the overlay, and are none.
 */
static enum status symbols_look(struct view *view, const struct pe_image *pe,
				struct analysis_look *out)
{
	uint64_t off, bytes, left, names;
	struct span header, size;
	struct cursor c;

	TRY(view_clip(view, pe->checksum_off - CHECKSUM_BEHIND_SYMBOLS, 8, &header));
	c = cursor_at(header, 0);
	off = cursor_u32le(&c);
	bytes = cursor_u32le(&c) * SYMBOL_BYTES;
	if (!cursor_ok(&c) || bytes == 0 || off != out->overlay.off || bytes > out->overlay.len)
		return STATUS_OK;
	left = out->overlay.len - bytes;
	TRY(view_clip(view, off + bytes, left < 4 ? left : 4, &size));
	c = cursor_at(size, 0);
	names = cursor_u32le(&c);
	out->symbols = (struct range){ off, bytes + (names < left ? names : left) };
	return STATUS_OK;
}

static enum status overlay_look(struct view *view, const struct container *box,
				struct analysis_look *out)
{
	const struct magic *magic;
	struct span head;

	out->overlay = overlay_of(box);
	if (out->overlay.len == 0)
		return STATUS_OK;
	TRY(view_clip(view, out->overlay.off, 32, &head));
	head = span_clip(head, 0, out->overlay.len);
	if (box->pe)
		TRY(symbols_look(view, box->pe, out));
	out->overlay_first = span_clip(head, 0, ANALYSIS_FIRST_BYTES);
	magic = magic_at(head);
	if (!magic)
		return STATUS_OK;
	out->overlay_magic = magic->format;
	sight_add(out, (struct analysis_sight){ magic->format, out->overlay, "overlay",
						magic->polyglot });
	return STATUS_OK;
}

/* What stands behind the signature in an entry of the certificate table, where nobody looks. */
static void slack_look(const struct container *box, struct analysis_look *out)
{
	for (const struct claim *c = box->claims; c; c = c->next) {
		struct cursor in = cursor_at(c->signature, 0);
		const struct magic *magic;
		struct span rest;
		struct der der;

		if (c->unsupported || !der_next(&in, &der))
			continue;
		rest = cursor_rest(&in);
		while (rest.len > 0 && span_at(rest, 0) == 0)
			rest = span_after(rest, 1);
		magic = magic_at(rest);
		if (magic)
			sight_add(out, (struct analysis_sight){
					       magic->format,
					       {c->signature_off + c->signature.len - rest.len,
							 rest.len},
					       "certificate table",
					       magic->polyglot,
                        });
	}
}

/* --- ZIP ----------------------------------------------------------------------------- */

struct zip_end {
	uint64_t at;                        /* in the file */
	uint64_t n, directory_bytes;        /* entries; of the central directory */
	uint64_t directory, directory_said; /* where it is; where the record says it is */
};

/* Is an end record at @at of the tail, which begins at @tail_off of the file? */
static bool zip_end_read(struct span tail, uint64_t tail_off, uint64_t at, struct zip_end *out)
{
	struct cursor c = cursor_at(tail, at + 8);
	uint64_t n_here = cursor_u16le(&c), comment;

	out->at = tail_off + at;
	out->n = cursor_u16le(&c);
	out->directory_bytes = cursor_u32le(&c);
	out->directory_said = cursor_u32le(&c);
	comment = cursor_u16le(&c);
	if (!cursor_ok(&c) || n_here != out->n || out->n == 0 || comment > cursor_left(&c) ||
	    out->directory_bytes < out->n * ZIP_ENTRY_BYTES || out->directory_bytes > out->at)
		return false;
	out->directory = out->at - out->directory_bytes;
	return out->directory_said <= out->directory;
}

/* The last end record in the tail.  Bytes may follow it: padding, or the rest of a table. */
static bool zip_end_find(struct span tail, uint64_t tail_off, struct zip_end *out)
{
	static const struct span magic = SPAN_INIT("PK\x05\x06");
	uint64_t at, from = 0;
	bool found = false;

	while (span_find(tail, magic, from, &at)) {
		struct zip_end end;

		if (zip_end_read(tail, tail_off, at, &end)) {
			*out = end;
			found = true;
		}
		from = at + 1;
	}
	return found;
}

/* "jar" when one of the first names in the central directory is that of its manifest. */
static const char *zip_kind(struct span directory)
{
	static const struct span manifest = SPAN_INIT("META-INF/MANIFEST.MF");
	struct cursor c = cursor_at(directory, 0);

	for (int i = 0; i < ZIP_MAX_ENTRIES; i++) {
		uint64_t name_len, extra_len, comment_len;
		struct span magic = cursor_take(&c, 4), name;

		cursor_skip(&c, 24);
		name_len = cursor_u16le(&c);
		extra_len = cursor_u16le(&c);
		comment_len = cursor_u16le(&c);
		cursor_skip(&c, 12);
		name = cursor_take(&c, name_len);
		cursor_skip(&c, extra_len + comment_len);
		if (!cursor_ok(&c) || !span_starts(magic, "PK\x01\x02", 4))
			break;
		if (span_equal(name, manifest))
			return "jar";
	}
	return "zip";
}

static enum status zip_look(struct view *view, struct analysis_look *out)
{
	uint64_t tail_len = view->size < ZIP_END_MAX ? view->size : ZIP_END_MAX;
	struct zip_end end = { 0 };
	struct span tail, directory;

	TRY(view_clip(view, view->size - tail_len, tail_len, &tail));
	if (!zip_end_find(tail, view->size - tail_len, &end))
		return STATUS_OK;
	/* What names need; a directory of many entries is not wanted as a whole. */
	TRY(view_clip(view, end.directory,
		      end.directory_bytes < ZIP_END_MAX ? end.directory_bytes : ZIP_END_MAX,
		      &directory));
	if (!span_starts(directory, "PK\x01\x02", ZIP_LOCAL_BYTES))
		return STATUS_OK;
	sight_add(out,
		  (struct analysis_sight){
			  zip_kind(directory),
			  {end.directory - end.directory_said,
				       end.at + ZIP_END_BYTES - (end.directory - end.directory_said)},
			  "end",
			  true,
        });
	return STATUS_OK;
}

enum status analysis_look(struct view *view, const struct container *box,
			  struct analysis_look *out)
{
	*out = (struct analysis_look){ 0 };
	TRY(overlay_look(view, box, out));
	slack_look(box, out);
	return zip_look(view, out);
}
