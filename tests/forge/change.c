/* SPDX-License-Identifier: MIT */
/* What attackers, and honest tools, do to the bytes of a PE file. */
#include "tests/forge/program.h"

uint64_t forge_get(const struct buffer *file, size_t off, size_t width)
{
	uint64_t value = 0;

	for (size_t i = width; i > 0; i--)
		value = value << 8 | span_at(buffer_span(file), off + i - 1);
	return value;
}

void forge_put(struct buffer *file, size_t off, size_t width, uint64_t value)
{
	for (size_t i = 0; i < width && off + i < file->len; i++)
		file->bytes[off + i] = (char)(value >> (8 * i));
}

struct forge_places forge_places_of(const struct buffer *file)
{
	size_t pe = (size_t)forge_get(file, 0x3c, 4);
	struct forge_places p = { .optional = pe + 24 };
	size_t optional_bytes = (size_t)forge_get(file, pe + 20, 2);

	p.pe32 = forge_get(file, p.optional, 2) == 0x10b;
	p.checksum = p.optional + 64;
	p.directory = p.optional + (p.pe32 ? 128 : 144);
	p.table = (size_t)forge_get(file, p.directory, 4);
	p.table_len = (size_t)forge_get(file, p.directory + 4, 4);
	p.sections = p.optional + optional_bytes;
	p.n_sections = (unsigned)forge_get(file, pe + 6, 2);
	return p;
}

struct span forge_table(const struct buffer *file)
{
	struct forge_places p = forge_places_of(file);

	return span_clip(buffer_span(file), p.table, p.table_len);
}

void forge_directory(struct buffer *file, uint32_t off, uint32_t len)
{
	struct forge_places p = forge_places_of(file);

	forge_put(file, p.directory, 4, off);
	forge_put(file, p.directory + 4, 4, len);
}

/* The 16-bit ones' complement sum of the file without CheckSum, plus its length. */
void forge_checksum(struct buffer *file)
{
	struct forge_places p = forge_places_of(file);
	uint64_t sum = 0;

	forge_put(file, p.checksum, 4, 0);
	for (size_t i = 0; i < file->len; i += 2)
		sum += (uint64_t)(uint8_t)file->bytes[i] |
		       (i + 1 < file->len ? (uint64_t)(uint8_t)file->bytes[i + 1] << 8 : 0);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	forge_put(file, p.checksum, 4, sum + file->len);
}

void forge_align(struct buffer *file)
{
	forge_zeros(file, (8 - file->len % 8) % 8);
}

void forge_entry(struct buffer *table, struct span der, struct span behind,
		 uint32_t revision_type)
{
	size_t len = 8 + der.len + behind.len, padded = (len + 7) / 8 * 8;

	buffer_u32le(table, (uint32_t)padded);
	buffer_u32le(table, revision_type);
	buffer_add(table, der);
	buffer_add(table, behind);
	forge_zeros(table, padded - len);
}

void forge_attach(struct buffer *file, struct span table)
{
	forge_directory(file, (uint32_t)file->len, (uint32_t)table.len);
	buffer_add(file, table);
	forge_checksum(file);
}

void forge_strip(struct buffer *file)
{
	struct forge_places p = forge_places_of(file);

	if (p.table && p.table + p.table_len == file->len)
		buffer_cut(file, p.table);
	forge_directory(file, 0, 0);
}

void forge_graft(struct buffer *file, const struct buffer *donor)
{
	forge_strip(file);
	forge_align(file);
	forge_attach(file, forge_table(donor));
}

void forge_copy(struct buffer *to, const struct buffer *from)
{
	buffer_clear(to);
	buffer_add(to, buffer_span(from));
}
