/* SPDX-License-Identifier: MIT */
#include "countermeasures/file_analysis/test_scene.h"

#include "evidence/features.h"
#include <stdio.h>

/* A DER SEQUENCE of one INTEGER: enough for a certificate table. */
#define DER_SMALL SPAN_LITERAL("\x30\x03\x02\x01\x05")

/* --- what is done to programs ------------------------------------------------------------ */

/* A ZIP of one stored entry, whose offsets count from its own begin (APPNOTE 4.3). */
static void add_zip(struct buffer *out, const char *name)
{
	size_t len = strlen(name), directory;

	buffer_text(out, "PK\x03\x04");
	forge_zeros(out, 22);
	buffer_u16le(out, (uint16_t)len);
	buffer_u16le(out, 0);
	buffer_text(out, name);
	directory = 30 + len;
	buffer_text(out, "PK\x01\x02");
	forge_zeros(out, 24);
	buffer_u16le(out, (uint16_t)len);
	forge_zeros(out, 16);
	buffer_text(out, name);
	buffer_text(out, "PK\x05\x06");
	forge_zeros(out, 4);
	buffer_u16le(out, 1);
	buffer_u16le(out, 1);
	buffer_u32le(out, (uint32_t)(46 + len));
	buffer_u32le(out, (uint32_t)directory);
	buffer_u16le(out, 0);
}

void change_append_zip(struct buffer *file)
{
	add_zip(file, "readme.txt");
	forge_checksum(file);
}

void change_append_jar(struct buffer *file)
{
	add_zip(file, "META-INF/MANIFEST.MF");
	forge_checksum(file);
}

static void attach(struct buffer *file, struct span behind)
{
	CLEANUP(buffer_free) struct buffer table = BUFFER_INIT;

	forge_align(file);
	forge_entry(&table, DER_SMALL, behind, FORGE_USUAL);
	forge_attach(file, buffer_span(&table));
}

void change_sign(struct buffer *file)
{
	attach(file, SPAN_NONE);
}

void change_sign_with_jar(struct buffer *file)
{
	CLEANUP(buffer_free) struct buffer jar = BUFFER_INIT;

	forge_zeros(&jar, 3);
	add_zip(&jar, "META-INF/MANIFEST.MF");
	attach(file, buffer_span(&jar));
}

void change_sign_with_elf(struct buffer *file)
{
	attach(file, SPAN_LITERAL("\0\0\x7f"
				  "ELF\2\1\1"));
}

void change_sign_unaligned_overlay(struct buffer *file)
{
	buffer_text(file, "abc");
	change_sign(file);
}

/* Two symbols and a table of names, as GNU tools leave them; then @more bytes. */
static void append_symbols(struct buffer *file, size_t more)
{
	size_t coff = forge_places_of(file).optional - 24;

	forge_put(file, coff + 12, 4, file->len);
	forge_put(file, coff + 16, 4, 2);
	forge_zeros(file, 36);
	buffer_u32le(file, 9);
	buffer_text(file, "name");
	buffer_char(file, 0);
	forge_zeros(file, more);
	forge_checksum(file);
}

void change_symbols(struct buffer *file)
{
	append_symbols(file, 0);
}

void change_symbols_and_more(struct buffer *file)
{
	append_symbols(file, 1);
}

void change_symbols_signed(struct buffer *file)
{
	append_symbols(file, 0);
	change_sign(file);
}

void change_symbols_claimed(struct buffer *file)
{
	append_symbols(file, 0);
	forge_put(file, forge_places_of(file).optional - 24 + 16, 4, 0xffffffff);
	forge_checksum(file);
}

void change_append_elf(struct buffer *file)
{
	buffer_text(file, "\x7f"
			  "ELF and more");
}

void change_append_program(struct buffer *file)
{
	buffer_text(file, "MZ and more");
}

void change_wrong_checksum(struct buffer *file)
{
	forge_checksum(file);
	forge_put(file, forge_places_of(file).checksum, 4, 7);
}

void change_zero_checksum(struct buffer *file)
{
	forge_put(file, forge_places_of(file).checksum, 4, 0);
}

/* The first section's raw data. */
static struct range raw_data(const struct buffer *file)
{
	size_t at = forge_places_of(file).sections;

	return (struct range){ forge_get(file, at + 20, 4), forge_get(file, at + 16, 4) };
}

static void fill(struct buffer *file, uint8_t byte)
{
	struct range raw = raw_data(file);

	for (uint64_t i = 0; i < raw.len; i++)
		forge_put(file, (size_t)(raw.off + i), 1, byte);
	forge_checksum(file);
}

void change_fill_with_zeros(struct buffer *file)
{
	fill(file, 0);
}

void change_fill_with_text(struct buffer *file)
{
	fill(file, '0');
}

static void flags(struct buffer *file, uint32_t value)
{
	forge_put(file, forge_places_of(file).sections + 36, 4, value);
	forge_checksum(file);
}

void change_make_data(struct buffer *file)
{
	flags(file, 0x40000040);
}

void change_make_writable_code(struct buffer *file)
{
	flags(file, 0xe0000020);
}

/* --- a file's way ------------------------------------------------------------------------ */

bool scene_read(struct scene *s, struct span bytes, enum bulk_histogram histogram)
{
	struct hash_task task = { .view = &s->view, .bulk = &s->bulk };
	struct lanes *lanes = lanes_new(true);
	struct analysis_parts parts = {
		.size = bytes.len, .box = &s->box, .bulk = &s->bulk, .look = &s->look
	};
	bool good;

	s->findings = (struct findings)FINDINGS_INIT(&s->arena);
	s->features = (struct features)FEATURES_INIT(&s->arena);
	s->view = view_whole(bytes);
	good = lanes && format_pe.read(&s->view, &s->findings, &s->box) == STATUS_OK &&
	       analysis_look(&s->view, &s->box, &s->look) == STATUS_OK &&
	       analysis_prepare(&s->arena, &s->box, bytes.len, histogram, &s->bulk) ==
		       STATUS_OK;
	s->findings = (struct findings)FINDINGS_INIT(&s->arena);
	if (good)
		lanes_run(lanes, &task, 1);
	lanes_free(lanes);
	good = good && task.status == STATUS_OK &&
	       analysis_describe(&s->features, &parts) == STATUS_OK;
	if (good)
		analysis_judge(&s->arena, &parts, &s->findings);
	return good && s->features.dropped == 0;
}

void scene_make(struct scene *s, const struct shape *shape)
{
	*s = (struct scene){ .arena = ARENA_INIT(SCENE_ARENA_BYTES) };
	forge_program_make(&shape->program, &s->file);
	forge_checksum(&s->file);
	if (shape->change)
		shape->change(&s->file);
}

void scene_free(struct scene *s)
{
	arena_free(&s->arena);
	buffer_free(&s->file);
}

bool scene_tells(const struct scene *s, const char *key, const char *text)
{
	const struct feature *f = feature_find(s->features.list, s->features.n, key);
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;

	if (f)
		feature_text(&out, f);
	if (f && span_equal(buffer_span(&out), SPAN_TEXT(text)))
		return true;
	printf("# %s: %s, not %s\n", key, f ? buffer_string(&out, 0) : "not in the list", text);
	return false;
}
