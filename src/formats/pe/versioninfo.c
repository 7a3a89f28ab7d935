/* SPDX-License-Identifier: MIT */
/*
 * VERSIONINFO: what a program calls itself.
 *
 * Follows winver.h: VS_VERSIONINFO, StringFileInfo, StringTable and String are
 * blocks of one shape: wLength, wValueLength, wType, a name, a value, and blocks
 * inside.  Each is read in the span of the one around it.  At the first length
 * that cannot be the reading ends, and what was read stays.
 */
#include "base/cursor.h"
#include "formats/pe/looking.h"

#define HEAD_BYTES      6
#define FIXED_BYTES     52
#define FIXED_SIGNATURE 0xfeef04bdU
#define VERSION_NAME    1 /* VS_VERSION_INFO */
#define PARTS           4

/* Offsets are those of the resource, since blocks are aligned to it. */
struct block {
	struct span name; /* UTF-16, without its NUL */
	uint64_t value, end;
	uint16_t value_length;
};

struct version_reading {
	struct pe_looking *l;
	struct pe_version *out;
	struct span bytes;
	const char *split; /* a name that two string tables give differently */
	bool malformed;
	uint64_t malformed_at;
};

static uint64_t align(uint64_t off)
{
	return (off + 3) & ~UINT64_C(3);
}

/*
 * The block at @at, which must end before @end.  False: there is none, or its
 * length cannot be; then nothing behind it can be read.
 */
static bool block_at(struct version_reading *v, uint64_t at, uint64_t end, struct block *out)
{
	struct span inside = span_clip(v->bytes, 0, end);
	struct cursor c = cursor_at(inside, at);
	uint64_t length = cursor_u16le(&c), name;

	if (span_is_zero(span_after(inside, at))) /* padding, or nothing at all */
		return false;
	out->value_length = cursor_u16le(&c);
	cursor_skip(&c, 2);
	if (!cursor_ok(&c) || length < HEAD_BYTES || length > end - at) {
		if (!v->malformed)
			v->malformed_at = at;
		v->malformed = true;
		return false;
	}
	out->end = at + length;
	name = c.pos;
	c.in = span_clip(v->bytes, 0, out->end);
	while (cursor_left(&c) >= 2 && cursor_u16le(&c) != 0)
		;
	out->name = span_clip(c.in, name, c.pos - name);
	if (out->name.len >= 2 && span_is_zero(span_after(out->name, out->name.len - 2)))
		out->name.len -= 2;
	out->value = align(c.pos) < out->end ? align(c.pos) : out->end;
	return true;
}

/* As VerQueryValue compares names. */
static bool name_is(struct span name, const char *text)
{
	struct span want = SPAN_TEXT(text);

	if (name.len != 2 * want.len)
		return false;
	for (uint64_t i = 0; i < want.len; i++)
		if (letter_small(span_at(name, 2 * i)) != letter_small(span_at(want, i)) ||
		    span_at(name, 2 * i + 1) != 0)
			return false;
	return true;
}

/* The names that are kept.  What is not translated must be the same in all tables. */
static enum status string_keep(struct version_reading *v, const struct block *b)
{
	struct pe_version *o = v->out;
	const struct {
		const char *name;
		const char **to;
		bool same;
	} rows[] = {
		{"CompanyName",       &o->company_name,      true },
		{ "ProductName",      &o->product_name,      false},
		{ "FileDescription",  &o->file_description,  false},
		{ "OriginalFilename", &o->original_filename, true },
		{ "InternalName",     &o->internal_name,     true },
		{ "FileVersion",      &o->file_version,      true },
		{ "ProductVersion",   &o->product_version,   true },
		{ "LegalCopyright",   &o->legal_copyright,   false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *text;

		if (!name_is(b->name, rows[i].name))
			continue;
		TRY(pe_text_utf16(v->l->arena, span_clip(v->bytes, b->value, b->end - b->value),
				  &text));
		if (!*rows[i].to)
			*rows[i].to = text;
		else if (rows[i].same && text && strcmp(text, *rows[i].to) != 0)
			v->split = rows[i].name;
		return STATUS_OK;
	}
	return STATUS_OK;
}

/* StringTable: its blocks are Strings. */
static enum status table_read(struct version_reading *v, const struct block *table)
{
	uint64_t at = table->value;
	struct block b;

	while (at < table->end && block_at(v, at, table->end, &b)) {
		TRY(string_keep(v, &b));
		at = align(b.end);
	}
	return STATUS_OK;
}

/* StringFileInfo: its blocks are StringTables, one for each language. */
static enum status strings_read(struct version_reading *v, const struct block *strings)
{
	uint64_t at = strings->value;
	struct block b;

	while (at < strings->end && !v->malformed && block_at(v, at, strings->end, &b)) {
		TRY(table_read(v, &b));
		at = align(b.end);
	}
	return STATUS_OK;
}

/* VS_FIXEDFILEINFO: two versions of two numbers each, the upper half first. */
static void fixed_read(struct version_reading *v, const struct block *root)
{
	struct cursor c = cursor_at(v->bytes, root->value);
	uint16_t *versions[] = { v->out->file, v->out->product };

	if (root->value_length < FIXED_BYTES || root->end - root->value < FIXED_BYTES ||
	    cursor_u32le(&c) != FIXED_SIGNATURE)
		return;
	cursor_skip(&c, 4);
	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		versions[i][1] = cursor_u16le(&c);
		versions[i][0] = cursor_u16le(&c);
		versions[i][3] = cursor_u16le(&c);
		versions[i][2] = cursor_u16le(&c);
	}
	v->out->has_fixed = cursor_ok(&c);
}

static enum status blocks_read(struct version_reading *v)
{
	struct block root, b;
	uint64_t at;

	if (!block_at(v, 0, v->bytes.len, &root) || !name_is(root.name, "VS_VERSION_INFO")) {
		v->malformed = true;
		return STATUS_OK;
	}
	v->out->present = true;
	fixed_read(v, &root);
	at = align(root.value + root.value_length);
	while (at < root.end && !v->malformed && block_at(v, at, root.end, &b)) {
		if (name_is(b.name, "StringFileInfo"))
			TRY(strings_read(v, &b));
		at = align(b.end);
	}
	return STATUS_OK;
}

/* The numbers that @text begins with, as "1.2.3.4", "1, 2, 3, 4" or "10.0 (build)"; says how
 * many. */
static size_t parts_of(const char *text, uint32_t parts[PARTS])
{
	struct span s = SPAN_TEXT(text);
	uint64_t at = 0;
	size_t n = 0;

	while (n < PARTS) {
		uint32_t value = 0;
		uint64_t begin;

		while (span_at(s, at) == ' ')
			at++;
		begin = at;
		while (span_at(s, at) >= '0' && span_at(s, at) <= '9' && value <= UINT16_MAX)
			value = value * 10 + span_at(s, at++) - '0';
		if (at == begin || value > UINT16_MAX)
			break;
		parts[n++] = value;
		while (span_at(s, at) == ' ')
			at++;
		if (span_at(s, at) != '.' && span_at(s, at) != ',')
			break;
		at++;
	}
	return n;
}

/* A fixed version of zeros was never set; numbers that the text leaves out are none. */
static bool versions_agree(const struct pe_version *v)
{
	uint32_t parts[PARTS] = { 0 };
	size_t n;

	if (!v->has_fixed || !v->file_version ||
	    (v->file[0] | v->file[1] | v->file[2] | v->file[3]) == 0)
		return true;
	n = parts_of(v->file_version, parts);
	for (size_t i = 0; i < n; i++)
		if (parts[i] != v->file[i])
			return false;
	return true;
}

static void version_judge(struct version_reading *v)
{
	const struct pe_version *o = v->out;
	struct findings *findings = v->l->findings;
	const char *name = o->original_filename;

	if (v->malformed)
		finding_add(findings, "pe.versioninfo-malformed",
			    (struct range){ o->where.off + v->malformed_at, 0 },
			    "blocks inside each other", "a length that cannot be");
	if (v->split)
		finding_add(findings, "pe.versioninfo-split", o->where,
			    "the same in every string table", v->split);
	else if (!versions_agree(o))
		finding_add(findings, "pe.versioninfo-split", o->where,
			    arena_printf(v->l->arena, "FileVersion %u.%u.%u.%u", o->file[0],
					 o->file[1], o->file[2], o->file[3]),
			    o->file_version);
	if (name && (strchr(name, '\\') || strchr(name, '/')))
		finding_add(findings, "pe.versioninfo-path", o->where, "a name without a path",
			    name);
}

enum status pe_version_read(struct pe_looking *l, const struct pe_resource_tree *t,
			    struct pe_version *out)
{
	const struct pe_resource *first = pe_resource_of(t->first, PE_RT_VERSION), *r = first;
	struct version_reading v = { .l = l, .out = out };

	while (r && r->name != VERSION_NAME)
		r = pe_resource_of(r->next, PE_RT_VERSION);
	if (!r)
		r = first;
	if (!r)
		return STATUS_OK;
	TRY(pe_resource_load(l, r, PE_MAX_VERSION_BYTES, &v.bytes, &out->where));
	if (v.bytes.len == 0)
		return STATUS_OK;
	TRY(blocks_read(&v));
	version_judge(&v);
	return STATUS_OK;
}
