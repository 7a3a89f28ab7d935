/* SPDX-License-Identifier: MIT */
/*
 * The block map: a digest of every 64 KiB of every file, so that a changed
 * file can be named.
 *
 * A deflated block begins and ends at a full flush, so that each can be
 * inflated by itself; its Size is that of the deflated bytes.
 */
#include "base/base64.h"
#include "formats/appx/reading.h"
#include "structure/xml/xml.h"

#include <stdlib.h>

#define MAP_NAMESPACE "http://schemas.microsoft.com/appx/2010/blockmap"

/* A name as the block map writes it, and its entry. */
struct named_entry {
	struct span name;
	const struct zip_entry *entry;
};

struct mapping {
	struct appx_reading *r;
	struct xml_reader *xml;
	struct named_entry *names; /* sorted */
	size_t room_files, room_blocks;
	struct appx_file *files;
	struct appx_file *file; /* under way; NULL: none */
	uint64_t size, packed;  /* of it: plain bytes said, deflated bytes used */
};

static const struct {
	const char *uri;
	unsigned bits;
} methods[] = {
	{"http://www.w3.org/2001/04/xmlenc#sha256",        256},
	{ "http://www.w3.org/2001/04/xmldsig-more#sha384", 384},
	{ "http://www.w3.org/2001/04/xmlenc#sha512",       512},
};

static int digit_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Names of parts are URIs: "%20" is a blank, and "/" stands where the map has "\". */
static enum status name_decode(struct arena *a, struct span name, struct span *out)
{
	CLEANUP(buffer_free) struct buffer plain = BUFFER_INIT;

	for (uint64_t i = 0; i < name.len; i++) {
		int high = digit_of(span_at(name, i + 1)), low = digit_of(span_at(name, i + 2));
		uint8_t c = span_at(name, i);

		if (c == '%' && i + 2 < name.len && high >= 0 && low >= 0) {
			buffer_char(&plain, (char)(uint8_t)(high * 16 + low));
			i += 2;
		} else {
			buffer_text(&plain, c == '/' ? "\\" : "");
			if (c != '/')
				buffer_char(&plain, (char)c);
		}
	}
	TRY(buffer_status(&plain));
	*out = arena_copy(a, buffer_span(&plain));
	return out->ptr || out->len == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

static int names_compare(const void *left, const void *right)
{
	const struct named_entry *a = (const struct named_entry *)left;
	const struct named_entry *b = (const struct named_entry *)right;

	return span_compare(a->name, b->name);
}

static enum status names_make(struct mapping *m)
{
	const struct zip *z = m->r->zip;

	m->names = ARENA_NEW(m->r->findings->arena, struct named_entry, z->n_entries + 1);
	if (!m->names)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < z->n_entries; i++) {
		m->names[i].entry = &z->entries[i];
		TRY(name_decode(m->r->findings->arena, z->entries[i].name, &m->names[i].name));
	}
	qsort(m->names, z->n_entries, sizeof *m->names, names_compare);
	return STATUS_OK;
}

static const struct zip_entry *entry_named(const struct mapping *m, struct span name)
{
	const struct named_entry wanted = { .name = name };
	const struct named_entry *found = (const struct named_entry *)bsearch(
		&wanted, m->names, m->r->zip->n_entries, sizeof *m->names, names_compare);

	return found ? found->entry : NULL;
}

static enum status value_of(const struct mapping *m, const struct xml_event *e,
			    const char *name, struct span *out)
{
	const struct xml_attribute *at =
		xml_attribute_find(e->attributes, e->n_attributes, name);

	*out = SPAN_NONE;
	return at ? xml_text(m->r->findings->arena, at->raw, XML_AS_ATTRIBUTE, out) : STATUS_OK;
}

/* Lists grow by doubling; what they leave behind is at most as much again. */
static enum status files_grow(struct mapping *m)
{
	size_t room = m->room_files ? 2 * m->room_files : 64;
	struct appx_file *more;

	if (m->r->package->n_files == APPX_MAX_FILES)
		return STATUS_LIMIT;
	if (m->r->package->n_files < m->room_files)
		return STATUS_OK;
	more = ARENA_NEW(m->r->findings->arena, struct appx_file, room);
	if (!more)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < m->r->package->n_files; i++)
		more[i] = m->files[i];
	m->files = more;
	m->room_files = room;
	return STATUS_OK;
}

static enum status blocks_grow(struct mapping *m)
{
	struct appx_package *p = m->r->package;
	size_t room = m->room_blocks ? 2 * m->room_blocks : 64;
	struct appx_block *more;

	if (p->n_blocks == APPX_MAX_BLOCKS)
		return STATUS_LIMIT;
	if (p->n_blocks < m->room_blocks)
		return STATUS_OK;
	more = ARENA_NEW(m->r->findings->arena, struct appx_block, room);
	if (!more)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < p->n_blocks; i++)
		more[i] = p->blocks[i];
	p->blocks = more;
	m->room_blocks = room;
	return STATUS_OK;
}

static enum status file_begin(struct mapping *m, const struct xml_event *e)
{
	struct appx_package *p = m->r->package;
	struct span name, size;
	struct appx_file *file;

	TRY(files_grow(m));
	TRY(value_of(m, e, "Name", &name));
	TRY(value_of(m, e, "Size", &size));
	file = m->file = &m->files[p->n_files++];
	*file = (struct appx_file){ .entry = entry_named(m, name), .first = p->n_blocks };
	m->packed = 0;
	file->fits = appx_number(size, &m->size) && file->entry && file->entry->size == m->size;
	if (!file->entry) {
		p->n_missing++;
		return STATUS_OK;
	}
	/* Twice the same file: one of the rows speaks for nothing. */
	if (m->r->mapped[file->entry->index])
		appx_break(m->r, "appx.block-map", file->entry->header,
			   "each file once in the block map", "twice");
	m->r->mapped[file->entry->index] = true;
	return STATUS_OK;
}

/* Where block @i of the file lies; false: not inside its data. */
static bool block_place(struct mapping *m, size_t i, struct span said, struct piece *out)
{
	const struct zip_entry *e = m->file->entry;
	uint64_t off = i * APPX_BLOCK, len;

	if (!e || !m->file->fits || !zip_readable(e) || off >= e->size)
		return false;
	out->plain = e->size - off < APPX_BLOCK ? e->size - off : APPX_BLOCK;
	if (e->method == ZIP_STORED) {
		out->kind = PIECE_RANGE;
		out->range = (struct range){ e->data.off + off, out->plain };
		return said.len == 0;
	}
	out->kind = PIECE_INFLATED_PART;
	if (said.len == 0 && e->size <= APPX_BLOCK) {
		*out = appx_plain(e);
		return true;
	}
	if (!appx_number(said, &len) || len > e->data.len - m->packed)
		return false;
	out->range = (struct range){ e->data.off + m->packed, len };
	m->packed += len;
	return true;
}

static enum status block_take(struct mapping *m, const struct xml_event *e)
{
	struct appx_package *p = m->r->package;
	struct span hash, size;
	struct appx_block *b;
	enum status status;

	if (!m->file)
		return STATUS_OK;
	TRY(blocks_grow(m));
	b = &p->blocks[p->n_blocks];
	*b = (struct appx_block){ .piece = { .kind = PIECE_RANGE } };
	TRY(value_of(m, e, "Hash", &hash));
	TRY(value_of(m, e, "Size", &size));
	status = base64_decode_span(m->r->findings->arena, hash, &b->hash);
	if (status == STATUS_NO_MEMORY)
		return status;
	m->file->fits &= status == STATUS_OK && b->hash.len == p->hash_bits / 8;
	m->file->fits &= block_place(m, m->file->n, size, &b->piece);
	m->file->n++;
	p->n_blocks++;
	return STATUS_OK;
}

static void file_end(struct mapping *m)
{
	const struct appx_file *f = m->file;

	if (f && f->n != (m->size + APPX_BLOCK - 1) / APPX_BLOCK)
		m->file->fits = false;
	m->file = NULL;
}

static enum status method_read(struct mapping *m, const struct xml_event *e)
{
	struct span uri;

	TRY(value_of(m, e, "HashMethod", &uri));
	for (size_t i = 0; i < COUNT_OF(methods); i++)
		if (span_equal(uri, SPAN_TEXT(methods[i].uri)))
			m->r->package->hash_bits = methods[i].bits;
	return STATUS_OK;
}

static enum status event_take(struct mapping *m, const struct xml_event *e)
{
	bool starts = e->kind == XML_START;

	if (starts && m->xml->depth == 1 && xml_name_is(&e->name, MAP_NAMESPACE, "BlockMap"))
		return method_read(m, e);
	if (starts && m->xml->depth == 2 && xml_name_is(&e->name, MAP_NAMESPACE, "File"))
		return file_begin(m, e);
	if (starts && m->xml->depth == 3 && xml_name_is(&e->name, MAP_NAMESPACE, "Block"))
		return block_take(m, e);
	if (e->kind == XML_END && m->xml->depth == 1)
		file_end(m);
	return STATUS_OK;
}

static enum status events_take(struct mapping *m, struct span text)
{
	struct xml_event e = { .kind = XML_COMMENT };

	TRY(xml_open(m->r->findings->arena, text, &m->xml));
	while (e.kind != XML_NOTHING) {
		TRY(xml_next(m->xml, &e));
		TRY(event_take(m, &e));
	}
	return STATUS_OK;
}

/* Entries that the block map leaves out although it must name them. */
static void unmapped_find(struct appx_reading *r)
{
	struct appx_package *p = r->package;

	for (size_t i = 0; i < r->zip->n_entries; i++) {
		if (r->mapped[i])
			continue;
		if (p->n_unmapped++ == 0)
			p->unmapped = r->zip->entries[i].header;
	}
}

enum status appx_map_read(struct appx_reading *r)
{
	struct mapping m = { .r = r };
	enum status status;
	struct span text;
	bool found;

	TRY(appx_xml(r, APPX_MAP, &text, &found));
	if (!found)
		return STATUS_OK;
	TRY(names_make(&m));
	status = events_take(&m, text);
	if (status == STATUS_LIMIT)
		finding_add(r->findings, "limit.appx", (struct range){ 0, 0 }, NULL, NULL);
	if (status == STATUS_MALFORMED || status == STATUS_UNSUPPORTED) {
		appx_break(r, "appx.block-map", (struct range){ 0, 0 }, "a block map in XML",
			   m.xml && m.xml->problem ? m.xml->problem : "XML that is not read");
		return STATUS_OK;
	}
	TRY(status);
	r->package->files = m.files;
	if (r->package->n_missing > 0)
		appx_break(r, "appx.file-missing", (struct range){ 0, 0 },
			   "every file of the block map",
			   arena_printf(r->findings->arena, "%zu of them are not there",
					r->package->n_missing));
	unmapped_find(r);
	return STATUS_OK;
}
