/* SPDX-License-Identifier: MIT */
/*
 * One slice: mach_header, then load commands.
 *
 * Follows mach-o/loader.h (Apple, xnu).  Exactly ncmds commands, inside
 * sizeofcmds; everything in the slice's own byte order.
 */
#include "formats/macho/reading.h"

#define HEADER_BYTES    UINT64_C(28)
#define HEADER_BYTES_64 UINT64_C(32)
#define COMMAND_HEAD    8

#define LC_SEGMENT        0x1
#define LC_SYMTAB         0x2
#define LC_SEGMENT_64     0x19
#define LC_UUID           0x1b
#define LC_CODE_SIGNATURE 0x1d
#define LC_SOURCE_VERSION 0x2a

#define NAME_BYTES      16
#define PROT_EXECUTABLE 4
#define UUID_BYTES      16
#define VERSION_BYTES   8

struct walk {
	struct macho_reading *r;
	struct macho_slice *s;
	struct macho_commands *out;
	struct macho_segment *segments;
	bool symbols_first; /* LC_SYMTAB came before __LINKEDIT */
};

static bool header_read(struct macho_slice *s, struct span head, struct macho_commands *c)
{
	struct cursor cur = cursor_at(head, 4);

	s->big_endian = span_at(head, 0) == 0xfe;
	s->wide = span_at(head, s->big_endian ? 3 : 0) == 0xcf;
	s->cpu_type = (uint32_t)slice_number(s, &cur, 4);
	s->cpu_subtype = (uint32_t)slice_number(s, &cur, 4);
	s->file_type = (uint32_t)slice_number(s, &cur, 4);
	c->n = (uint32_t)slice_number(s, &cur, 4);
	c->bytes = (uint32_t)slice_number(s, &cur, 4);
	s->flags = (uint32_t)slice_number(s, &cur, 4);
	if (s->wide)
		cursor_skip(&cur, 4);
	return cursor_ok(&cur);
}

static struct span name_trim(struct span name)
{
	uint64_t end;

	return span_find(name, SPAN_LITERAL("\0"), 0, &end) ? span_clip(name, 0, end) : name;
}

/* The Info.plist that a lone program carries in a section. */
static void sections_read(struct walk *w, struct cursor *c, uint64_t n)
{
	struct macho_slice *s = w->s;
	size_t width = s->wide ? 8 : 4;

	for (uint64_t i = 0; i < n && cursor_ok(c); i++) {
		struct span name = name_trim(cursor_take(c, NAME_BYTES));
		uint64_t size, off;

		cursor_skip(c, NAME_BYTES + width);
		size = slice_number(s, c, width);
		off = slice_number(s, c, 4);
		cursor_skip(c, s->wide ? 28 : 24);
		if (!cursor_ok(c) || !span_equal(name, SPAN_LITERAL("__info_plist")) ||
		    s->info_plist.len > 0)
			continue;
		if (off <= s->where.len && size <= s->where.len - off)
			s->info_plist = (struct range){ s->where.off + off, size };
		else
			slice_break(w->r, s, "macho.segment-outside", s->where,
				    "section __info_plist inside the file", NULL);
	}
}

/* Segments of a big file may name any offset; what leaves the slice is cut for the map. */
static void segment_read(struct walk *w, struct span command)
{
	struct macho_slice *s = w->s;
	struct cursor c = cursor_at(command, COMMAND_HEAD);
	struct macho_segment *out = &w->segments[s->n_segments];
	size_t width = s->wide ? 8 : 4;
	uint64_t off, size, n;

	*out = (struct macho_segment){ .name = name_trim(cursor_take(&c, NAME_BYTES)) };
	cursor_skip(&c, 2 * width);
	off = slice_number(s, &c, width);
	size = slice_number(s, &c, width);
	cursor_skip(&c, 4);
	out->executable = slice_number(s, &c, 4) & PROT_EXECUTABLE;
	n = slice_number(s, &c, 4);
	cursor_skip(&c, 4);
	if (span_equal(out->name, SPAN_LITERAL("__TEXT")))
		sections_read(w, &c, n);
	else
		cursor_skip(&c, n * (s->wide ? 80 : 68));
	if (!cursor_ok(&c)) {
		slice_break(w->r, s, "macho.command-malformed", s->where,
			    "sections inside their load command", NULL);
		return;
	}
	if (span_equal(out->name, SPAN_LITERAL("__LINKEDIT")) && !w->out->has_linkedit) {
		w->out->has_linkedit = true;
		w->out->linkedit_end = size > UINT64_MAX - off ? UINT64_MAX : off + size;
		if (w->symbols_first)
			finding_add(w->r->findings, "macho.linkedit-order", s->where,
				    "__LINKEDIT before LC_SYMTAB", NULL);
	}
	if (off > s->where.len || size > s->where.len - off)
		finding_add(w->r->findings, "macho.segment-outside", s->where,
			    "segments inside the file",
			    arena_printf(w->r->arena, "%llu bytes at %llu",
					 (unsigned long long)size, (unsigned long long)off));
	off = off < s->where.len ? off : s->where.len;
	size = size < s->where.len - off ? size : s->where.len - off;
	out->where = (struct range){ s->where.off + off, size };
	s->n_segments++;
}

static void signature_read(struct walk *w, struct span command, struct range where)
{
	struct cursor c = cursor_at(command, COMMAND_HEAD);

	if (w->s->has_signature) {
		slice_break(w->r, w->s, "macho.signature-twice", where, "one LC_CODE_SIGNATURE",
			    NULL);
		return;
	}
	w->s->has_signature = true;
	w->out->command = where;
	w->out->data_off = slice_number(w->s, &c, 4);
	w->out->data_size = slice_number(w->s, &c, 4);
	if (!cursor_ok(&c))
		slice_break(w->r, w->s, "macho.command-malformed", where,
			    "LC_CODE_SIGNATURE of 16 bytes", NULL);
}

static void version_read(struct macho_slice *s, struct span command)
{
	struct cursor c = cursor_at(command, COMMAND_HEAD);

	s->source_version = slice_number(s, &c, VERSION_BYTES);
}

static void command_read(struct walk *w, uint32_t command, struct span bytes,
			 struct range where)
{
	if (command == (w->s->wide ? LC_SEGMENT_64 : LC_SEGMENT))
		segment_read(w, bytes);
	else if (command == LC_CODE_SIGNATURE)
		signature_read(w, bytes, where);
	else if (command == LC_SYMTAB && !w->out->has_linkedit)
		w->symbols_first = true;
	else if (command == LC_UUID && bytes.len >= COMMAND_HEAD + UUID_BYTES)
		w->s->uuid = span_clip(bytes, COMMAND_HEAD, UUID_BYTES);
	else if (command == LC_SOURCE_VERSION && bytes.len >= COMMAND_HEAD + VERSION_BYTES)
		version_read(w->s, bytes);
}

static size_t segments_count(const struct macho_slice *s, struct span commands, uint32_t n)
{
	struct cursor c = cursor_at(commands, 0);
	size_t found = 0;

	for (uint32_t i = 0; i < n && cursor_ok(&c); i++) {
		uint32_t command = (uint32_t)slice_number(s, &c, 4);
		uint64_t len = slice_number(s, &c, 4);

		found += command == (s->wide ? LC_SEGMENT_64 : LC_SEGMENT);
		if (len < COMMAND_HEAD)
			break;
		cursor_skip(&c, len - COMMAND_HEAD);
	}
	return found;
}

enum status commands_read(struct macho_reading *r, struct macho_slice *s, struct span commands,
			  struct macho_commands *out)
{
	struct walk w = { .r = r, .s = s, .out = out };
	struct cursor c = cursor_at(commands, 0);
	uint64_t base = s->headers_end - commands.len;
	size_t n = segments_count(s, commands, out->n);

	if (n > MACHO_MAX_SEGMENTS) {
		finding_add(r->findings, "limit.macho", s->where, "at most 1024 segments",
			    arena_printf(r->arena, "%zu", n));
		return STATUS_LIMIT;
	}
	w.segments = ARENA_NEW(r->arena, struct macho_segment, n + 1);
	if (!w.segments)
		return STATUS_NO_MEMORY;
	s->segments = w.segments;
	for (uint32_t i = 0; i < out->n; i++) {
		uint64_t at = c.pos;
		uint32_t command = (uint32_t)slice_number(s, &c, 4);
		uint64_t len = slice_number(s, &c, 4);
		struct range where = { base + at, COMMAND_HEAD };
		struct span bytes;

		if (!cursor_ok(&c) || len < COMMAND_HEAD || len % 4 != 0 ||
		    !span_part(commands, at, len, &bytes)) {
			where.len = commands.len - at < COMMAND_HEAD ? 0 : COMMAND_HEAD;
			slice_break(r, s, "macho.command-malformed", where,
				    "load commands inside sizeofcmds",
				    arena_printf(r->arena, "command %u of %u", i + 1, out->n));
			return STATUS_OK;
		}
		command_read(&w, command, bytes, where);
		cursor_skip(&c, len - COMMAND_HEAD);
	}
	return STATUS_OK;
}

static bool too_much(struct macho_reading *r, const struct macho_slice *s,
		     const struct macho_commands *c)
{
	if (c->n <= MACHO_MAX_COMMANDS && c->bytes <= MACHO_MAX_COMMAND_BYTES)
		return false;
	finding_add(r->findings, "limit.macho", s->where, "at most 4096 load commands in 1 MiB",
		    arena_printf(r->arena, "%u in %u bytes", c->n, c->bytes));
	return true;
}

enum status slice_read(struct macho_reading *r, struct macho_slice *s)
{
	struct macho_commands c = { 0 };
	struct span head, commands;
	uint64_t header;

	TRY(view_clip(r->view, s->where.off,
		      s->where.len < HEADER_BYTES_64 ? s->where.len : HEADER_BYTES_64, &head));
	s->kind = macho_kind_of(head);
	if (s->kind == MACHO_UNKNOWN)
		finding_add(r->findings, "macho.fat-slice-unknown", s->where,
			    "a program or a library", NULL);
	if (s->kind != MACHO_PROGRAM)
		return STATUS_OK;
	if (!s->name)
		s->name = "Mach-O";
	if (!header_read(s, head, &c)) {
		s->headers_end = s->where.off + head.len;
		slice_break(r, s, "macho.header-cut", s->where, "a whole header", NULL);
		return STATUS_OK;
	}
	if (!r->file->fat)
		s->name = macho_cpu_name(r->arena, s->cpu_type, s->cpu_subtype);
	if (!s->name)
		return STATUS_NO_MEMORY;
	header = s->wide ? HEADER_BYTES_64 : HEADER_BYTES;
	s->headers_end = s->where.off + header;
	if (c.bytes > s->where.len - header) {
		slice_break(r, s, "macho.header-cut", s->where, "load commands inside the file",
			    arena_printf(r->arena, "%u bytes of them", c.bytes));
		return STATUS_OK;
	}
	if (too_much(r, s, &c))
		return STATUS_LIMIT;
	TRY(view_part(r->view, s->headers_end, c.bytes, &commands));
	s->headers_end += c.bytes;
	TRY(commands_read(r, s, commands, &c));
	return s->has_signature ? slice_signature(r, s, &c) : STATUS_OK;
}
