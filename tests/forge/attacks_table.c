/* SPDX-License-Identifier: MIT */
/* Changes to the certificate table and to the directory entry that leads to it. */
#include "tests/forge/attacks.h"

ATTACK(checksum)
{
	(void)f;
	forge_put(file, forge_places_of(file).checksum, 4, t->n);
}

ATTACK(revision)
{
	(void)f;
	forge_put(file, forge_places_of(file).table + 4, 4, t->n);
}

ATTACK(length)
{
	(void)f;
	forge_put(file, forge_places_of(file).table, 4, t->n);
}

/* dwLength without the padding, which is legal. */
ATTACK(length_exact)
{
	size_t at = forge_places_of(file).table;

	(void)f;
	(void)t;
	forge_put(file, at, 4,
		  8 + 4 + forge_get(file, at + 11, 1) + 256 * forge_get(file, at + 10, 1));
}

/* The same signature in an entry with @behind behind it. */
static void stuff(struct buffer *file, struct span behind)
{
	CLEANUP(buffer_free) struct buffer table = BUFFER_INIT;
	struct span own = span_after(forge_table(file), 8);

	forge_entry(&table, own, behind, FORGE_USUAL);
	forge_strip(file);
	forge_attach(file, buffer_span(&table));
}

ATTACK(stuff_zeros)
{
	CLEANUP(buffer_free) struct buffer behind = BUFFER_INIT;

	(void)f;
	forge_zeros(&behind, t->n);
	stuff(file, buffer_span(&behind));
}

ATTACK(stuff_text)
{
	CLEANUP(buffer_free) struct buffer behind = BUFFER_INIT;

	(void)f;
	while (behind.len < t->n)
		buffer_text(&behind, "download-tag:lang=en&from=page;");
	stuff(file, buffer_span(&behind));
}

/* The marker, then what looks encrypted. */
ATTACK(stuff_sigflip)
{
	CLEANUP(buffer_free) struct buffer behind = BUFFER_INIT;

	(void)f;
	buffer_add(&behind, SPAN_LITERAL("\xfe\xed\xfa\xce\xfe\xed\xfa\xce"));
	forge_noise(&behind, t->n, 9);
	stuff(file, buffer_span(&behind));
}

ATTACK(stuff_jar)
{
	CLEANUP(buffer_free) struct buffer behind = BUFFER_INIT;

	(void)f;
	buffer_add(&behind, SPAN_LITERAL("PK\x03\x04\x14\0\0\0"));
	forge_zeros(&behind, t->n);
	stuff(file, buffer_span(&behind));
}

ATTACK(stuff_program)
{
	CLEANUP(buffer_free) struct buffer behind = BUFFER_INIT;
	const struct forge_program program = { .seed = 10 };

	(void)f;
	(void)t;
	forge_program_make(&program, &behind);
	forge_put(&behind, 2, 1, 0x90);
	stuff(file, buffer_span(&behind));
}

ATTACK(entry_twice)
{
	CLEANUP(buffer_free) struct buffer table = BUFFER_INIT;

	(void)f;
	(void)t;
	buffer_add(&table, forge_table(file));
	buffer_add(&table, forge_table(file));
	forge_strip(file);
	forge_attach(file, buffer_span(&table));
}

ATTACK(entry_of_type_1)
{
	CLEANUP(buffer_free) struct buffer table = BUFFER_INIT;

	(void)t;
	buffer_add(&table, forge_table(file));
	forge_entry(&table, forge_identity(f, "good")->der, SPAN_NONE, 0x00010200);
	forge_strip(file);
	forge_attach(file, buffer_span(&table));
}

/* Somebody else signed the same program. */
ATTACK(entry_of_stranger)
{
	CLEANUP(buffer_free) struct buffer table = BUFFER_INIT;
	const struct forge_signature stranger = { .signer = "stranger" };

	(void)t;
	buffer_add(&table, forge_table(file));
	forge_strip(file);
	forge_entry(&table, forge_signature_make(f, &stranger, file, SPAN_NONE), SPAN_NONE,
		    FORGE_USUAL);
	forge_attach(file, buffer_span(&table));
}

ATTACK(entries)
{
	CLEANUP(buffer_free) struct buffer table = BUFFER_INIT;

	(void)f;
	for (uint64_t i = 0; i < t->n; i++)
		buffer_add(&table, forge_table(file));
	forge_strip(file);
	forge_attach(file, buffer_span(&table));
}

ATTACK(entries_tiny)
{
	CLEANUP(buffer_free) struct buffer table = BUFFER_INIT;

	(void)f;
	for (uint64_t i = 0; i < t->n; i++)
		forge_entry(&table, SPAN_NONE, SPAN_NONE, FORGE_USUAL);
	forge_strip(file);
	forge_attach(file, buffer_span(&table));
}

/* Its size stays what it was, unless all is to be zero. */
ATTACK(directory)
{
	(void)f;
	forge_directory(file, (uint32_t)t->n,
			t->n ? (uint32_t)forge_places_of(file).table_len : 0);
}

ATTACK(directory_grow)
{
	struct forge_places p = forge_places_of(file);

	(void)f;
	forge_zeros(file, t->n);
	forge_directory(file, (uint32_t)p.table, (uint32_t)(p.table_len + t->n));
}

ATTACK(directory_shrink)
{
	struct forge_places p = forge_places_of(file);

	(void)f;
	forge_directory(file, (uint32_t)p.table, (uint32_t)(p.table_len - t->n));
}

ATTACK(directory_offset_0)
{
	(void)f;
	(void)t;
	forge_directory(file, 0, (uint32_t)forge_places_of(file).table_len);
}

ATTACK(directory_size)
{
	(void)f;
	forge_directory(file, (uint32_t)forge_places_of(file).table, (uint32_t)t->n);
}

ATTACK(directories)
{
	struct forge_places p = forge_places_of(file);

	(void)f;
	forge_put(file, p.optional + (p.pe32 ? 92 : 108), 4, t->n);
}

ATTACK(optional_size)
{
	(void)f;
	forge_put(file, forge_places_of(file).optional - 4, 2, t->n);
}

ATTACK(strip)
{
	(void)f;
	(void)t;
	forge_strip(file);
}

/* Signed where it stands, at an odd offset. */
ATTACK(sign_unaligned)
{
	CLEANUP(buffer_free) struct buffer table = BUFFER_INIT;

	buffer_add(file, SPAN_LITERAL("abc"));
	forge_entry(&table, forge_signature_make(f, &t->sign, file, SPAN_NONE), SPAN_NONE,
		    FORGE_USUAL);
	forge_attach(file, buffer_span(&table));
}

/* Bytes behind the table that the signature covers. */
ATTACK(sign_trailing)
{
	CLEANUP(buffer_free) struct buffer table = BUFFER_INIT, trailing = BUFFER_INIT;

	forge_noise(&trailing, t->n, 11);
	forge_entry(&table, forge_signature_make(f, &t->sign, file, buffer_span(&trailing)),
		    SPAN_NONE, FORGE_USUAL);
	forge_attach(file, buffer_span(&table));
	buffer_add(file, buffer_span(&trailing));
	forge_checksum(file);
}

/* The last section reaches over the table: its bytes are loaded, but not hashed. */
ATTACK(sign_in_section)
{
	CLEANUP(buffer_free) struct buffer table = BUFFER_INIT, trailing = BUFFER_INIT;
	size_t size = forge_places_of(file).sections + 16;

	forge_put(file, size, 4, forge_get(file, size, 4) + 0x2000);
	forge_zeros(&trailing, 64);
	forge_entry(&table, forge_signature_make(f, &t->sign, file, SPAN_NONE), SPAN_NONE,
		    FORGE_USUAL);
	forge_zeros(&trailing, 0x2000 - table.len - 64);
	buffer_clear(&table);
	forge_entry(&table, forge_signature_make(f, &t->sign, file, buffer_span(&trailing)),
		    SPAN_NONE, FORGE_USUAL);
	forge_attach(file, buffer_span(&table));
	buffer_add(file, buffer_span(&trailing));
	forge_checksum(file);
}

/* The table, as it is, in front of section .n: the image digest stays the same. */
ATTACK(table_moved)
{
	CLEANUP(buffer_free) struct buffer moved = BUFFER_INIT;
	struct forge_places p = forge_places_of(file);
	size_t at = (size_t)forge_get(file, p.sections + 40 * (size_t)t->n + 20, 4);

	(void)f;
	buffer_add(&moved, span_clip(buffer_span(file), 0, at));
	buffer_add(&moved, forge_table(file));
	buffer_add(&moved, span_clip(buffer_span(file), at, p.table - at));
	forge_copy(file, &moved);
	forge_directory(file, (uint32_t)at, (uint32_t)p.table_len);
}
