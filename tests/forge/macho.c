/* SPDX-License-Identifier: MIT */
/* Mach-O programs and universal files, without signatures. */
#include "tests/forge/macho.h"

#define NAME 16
#define COMMAND_ROOM                                                                           \
	1024        /* of the first page: header and load commands, with room for more         \
		     */
#define LINKEDIT 96 /* bytes in __LINKEDIT before a signature */

/* A file in the making, in its own byte order. */
struct making {
	struct buffer *out;
	bool big, wide;
};

static void number(struct making *m, size_t width, uint64_t value)
{
	size_t at = m->out->len;

	forge_zeros(m->out, width);
	if (m->big)
		forge_put_be(m->out, at, width, value);
	else
		forge_put(m->out, at, width, value);
}

static void word(struct making *m, uint64_t value)
{
	number(m, m->wide ? 8 : 4, value);
}

static void name(struct making *m, const char *text)
{
	struct span s = SPAN_TEXT(text);

	buffer_add(m->out, s);
	forge_zeros(m->out, NAME - s.len);
}

struct segment {
	const char *name;
	uint64_t off, len;
	uint32_t protection;
	const char *section; /* NULL: none */
	uint64_t section_off, section_len;
};

static void segment(struct making *m, const struct segment *s)
{
	uint64_t head = m->wide ? 72 : 56, one = m->wide ? 80 : 68;

	number(m, 4, m->wide ? 0x19 : 1);
	number(m, 4, head + (s->section ? one : 0));
	name(m, s->name);
	word(m, 0x10000 + s->off);
	word(m, (s->len + MACHO_PAGE - 1) / MACHO_PAGE * MACHO_PAGE);
	word(m, s->off);
	word(m, s->len);
	number(m, 4, s->protection);
	number(m, 4, s->protection);
	number(m, 4, s->section ? 1 : 0);
	number(m, 4, 0);
	if (!s->section)
		return;
	name(m, s->section);
	name(m, s->name);
	word(m, 0x10000 + s->section_off);
	word(m, s->section_len);
	number(m, 4, s->section_off);
	for (int i = 0; i < (m->wide ? 7 : 6); i++)
		number(m, 4, 0);
}

void forge_macho_make(const struct forge_macho *wish, struct buffer *out)
{
	struct making m = { .out = out, .big = wish->big_endian, .wide = !wish->narrow };
	unsigned pages = wish->text_pages ? wish->text_pages : 4;
	uint64_t page = wish->page ? wish->page : MACHO_PAGE;
	uint64_t text = pages * page, data = text + page;
	struct span info = SPAN_TEXT(wish->info_plist ? wish->info_plist : "");
	struct segment segments[] = {
		{.name = "__TEXT", .len = text,     .protection = 5},
		{  .name = "__DATA",     .off = text,     .len = page, .protection = 3 },
		{ .name = "__LINKEDIT",     .off = data, .len = LINKEDIT, .protection = 1 },
	};
	size_t commands, begin;

	if (info.len > 0) {
		segments[0].section = "__info_plist";
		segments[0].section_off = COMMAND_ROOM;
		segments[0].section_len = info.len;
	}
	buffer_clear(out);
	number(&m, 4, m.wide ? 0xfeedfacf : 0xfeedface);
	number(&m, 4, wish->cpu_type ? wish->cpu_type : MACHO_ARM64);
	number(&m, 4, wish->cpu_subtype);
	number(&m, 4, wish->file_type ? wish->file_type : 2);
	commands = out->len;
	number(&m, 4, 4);
	number(&m, 4, 0);
	number(&m, 4, 0x85);
	if (m.wide)
		number(&m, 4, 0);
	begin = out->len;
	for (size_t i = 0; i < COUNT_OF(segments); i++)
		segment(&m, &segments[i]);
	number(&m, 4, 0x1b); /* LC_UUID */
	number(&m, 4, 24);
	forge_noise(out, NAME, wish->seed + 1);
	if (m.big)
		forge_put_be(out, commands + 4, 4, out->len - begin);
	else
		forge_put(out, commands + 4, 4, out->len - begin);
	forge_zeros(out, COMMAND_ROOM - out->len);
	buffer_add(out, info);
	forge_noise(out, data - out->len, wish->seed + 2);
	forge_noise(out, LINKEDIT, wish->seed + 3);
}

uint64_t forge_get_be(const struct buffer *file, size_t off, size_t width)
{
	uint64_t value = 0;

	for (size_t i = 0; i < width; i++)
		value = value << 8 | span_at(buffer_span(file), off + i);
	return value;
}

void forge_put_be(struct buffer *file, size_t off, size_t width, uint64_t value)
{
	for (size_t i = 0; i < width && off + i < file->len; i++)
		file->bytes[off + i] = (char)(value >> (8 * (width - 1 - i)));
}

static size_t slices_count(const struct forge_fat *wish)
{
	size_t n = 0;

	while (n < MACHO_MAX_SLICES && wish->slices[n].bytes.ptr)
		n++;
	return n;
}

void forge_fat_make(const struct forge_fat *wish, struct buffer *out)
{
	size_t n = slices_count(wish), entry = wish->wide ? 32 : 20, width = wish->wide ? 8 : 4;
	unsigned shift = wish->align ? wish->align : 12;
	size_t align = (size_t)1 << shift;

	buffer_clear(out);
	forge_zeros(out, 8 + n * entry);
	forge_put_be(out, 0, 4, wish->wide ? 0xcafebabf : 0xcafebabe);
	forge_put_be(out, 4, 4, n - wish->hidden);
	for (size_t i = 0; i < n; i++) {
		const struct forge_slice *s = &wish->slices[i];
		size_t at = 8 + i * entry;

		forge_zeros(out, (align - out->len % align) % align);
		forge_put_be(out, at, 4, s->cpu_type ? s->cpu_type : MACHO_ARM64);
		forge_put_be(out, at + 4, 4, s->cpu_subtype);
		forge_put_be(out, at + 8, width, out->len);
		forge_put_be(out, at + 8 + width, width, s->bytes.len);
		forge_put_be(out, at + 8 + 2 * width, 4, shift);
		buffer_add(out, s->bytes);
	}
}

struct range forge_fat_slice(const struct buffer *file, unsigned i)
{
	bool wide = forge_get_be(file, 0, 4) == 0xcafebabf;
	size_t width = wide ? 8 : 4, at = 8 + i * (wide ? 32U : 20U);

	return (struct range){ forge_get_be(file, at + 8, width),
			       forge_get_be(file, at + 8 + width, width) };
}
