/* SPDX-License-Identifier: MIT */
/* Changes to a signed program, and signatures that were made for another one. */
#include "tests/forge/attacks.h"

ATTACK(flip)
{
	(void)f;
	forge_put(file, t->n, 1, forge_get(file, t->n, 1) ^ 0x20);
}

ATTACK(flip_before_table)
{
	size_t at = forge_places_of(file).table - t->n;

	(void)f;
	forge_put(file, at, 1, forge_get(file, at, 1) ^ 1);
}

/* Everything from @at on moves back by the bytes of @more. */
static void insert(struct buffer *file, size_t at, struct span more)
{
	CLEANUP(buffer_free) struct buffer tail = BUFFER_INIT;

	buffer_add(&tail, span_after(buffer_span(file), at));
	buffer_cut(file, at);
	buffer_add(file, more);
	buffer_add(file, buffer_span(&tail));
}

ATTACK(insert_before_table)
{
	CLEANUP(buffer_free) struct buffer more = BUFFER_INIT;
	struct forge_places p = forge_places_of(file);

	(void)f;
	forge_noise(&more, t->n, 5);
	insert(file, p.table, buffer_span(&more));
	forge_directory(file, (uint32_t)(p.table + t->n), (uint32_t)p.table_len);
	forge_checksum(file);
}

ATTACK(append)
{
	(void)f;
	forge_noise(file, t->n, 6);
}

ATTACK(append_jar)
{
	(void)f;
	buffer_add(file, SPAN_LITERAL("PK\x03\x04\x14\0\0\0"));
	forge_noise(file, t->n, 7);
}

/* A section header where the headers have room, and its bytes before the table. */
ATTACK(section_added)
{
	struct forge_places p = forge_places_of(file);
	size_t header = p.sections + p.n_sections * 40;
	size_t raw = (p.table + 0x1ff) / 0x200 * 0x200;
	CLEANUP(buffer_free) struct buffer more = BUFFER_INIT;

	(void)f;
	(void)t;
	forge_zeros(&more, raw - p.table);
	forge_noise(&more, 0x200, 8);
	insert(file, p.table, buffer_span(&more));
	forge_put(file, forge_get(file, 0x3c, 4) + 6, 2, p.n_sections + 1);
	forge_put(file, header, 8, 0x7878782eU); /* ".xxx" */
	forge_put(file, header + 8, 4, 0x200);
	forge_put(file, header + 12, 4, 0x8000);
	forge_put(file, header + 16, 4, 0x200);
	forge_put(file, header + 20, 4, raw);
	forge_put(file, header + 36, 4, 0x60000020);
	forge_directory(file, (uint32_t)(p.table + more.len), (uint32_t)p.table_len);
	forge_checksum(file);
}

ATTACK(dos)
{
	(void)f;
	(void)t;
	buffer_cut(file, 0x80);
	forge_put(file, 0x3c, 4, 0);
}

ATTACK(text)
{
	(void)f;
	(void)t;
	buffer_clear(file);
	buffer_text(file, "Dear reader,\nthis is no program.\n");
}

ATTACK(truncate)
{
	(void)f;
	buffer_cut(file, t->n);
}

/* Another program, signed by @who. */
static void donor_make(struct forge *f, const char *who, struct buffer *out)
{
	const struct forge_program program = { .section_size = 3000, .seed = 99 };
	const struct forge_signature sign = { .signer = who };

	forge_program_make(&program, out);
	forge_sign(f, &sign, out);
}

ATTACK(graft)
{
	CLEANUP(buffer_free) struct buffer donor = BUFFER_INIT;

	(void)t;
	donor_make(f, NULL, &donor);
	forge_graft(file, &donor);
}

ATTACK(graft_stranger)
{
	CLEANUP(buffer_free) struct buffer donor = BUFFER_INIT;

	(void)t;
	donor_make(f, "stranger", &donor);
	forge_graft(file, &donor);
}

/* As SigThief does: verbatim at the end, whatever the alignment; CheckSum as it was. */
static void sigthief(struct buffer *file, const struct buffer *donor)
{
	struct span table = forge_table(donor);

	forge_directory(file, (uint32_t)file->len, (uint32_t)table.len);
	buffer_add(file, table);
}

ATTACK(graft_unaligned)
{
	CLEANUP(buffer_free) struct buffer donor = BUFFER_INIT;

	(void)t;
	donor_make(f, NULL, &donor);
	sigthief(file, &donor);
}

ATTACK(graft_stale)
{
	CLEANUP(buffer_free) struct buffer donor = BUFFER_INIT;

	(void)t;
	donor_make(f, NULL, &donor);
	forge_align(file);
	sigthief(file, &donor);
}

/* On a signed host its own table remains, before the stolen one. */
ATTACK(graft_beside)
{
	attack_graft_stale(f, t, file);
}

static void entries_join(struct forge *f, struct buffer *file, bool stolen_first)
{
	CLEANUP(buffer_free) struct buffer donor = BUFFER_INIT, table = BUFFER_INIT;
	struct span own = forge_table(file), stolen;

	donor_make(f, NULL, &donor);
	stolen = forge_table(&donor);
	buffer_add(&table, stolen_first ? stolen : own);
	buffer_add(&table, stolen_first ? own : stolen);
	forge_strip(file);
	forge_attach(file, buffer_span(&table));
}

ATTACK(graft_second_entry)
{
	(void)t;
	entries_join(f, file, false);
}

ATTACK(graft_first_entry)
{
	(void)t;
	entries_join(f, file, true);
}
