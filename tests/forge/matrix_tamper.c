/* SPDX-License-Identifier: MIT */
/* The operations of the forge matrix that change a signed program itself. */
#include "tests/forge/attacks.h"
#include "tests/forge/matrix.h"

#define PAGE          0x1000U
#define PAYLOAD_BYTES 6000U

/* A number below @n that the seed chooses. */
static size_t choose(const struct matrix_cell *cell, size_t n)
{
	CLEANUP(buffer_free) struct buffer chance = BUFFER_INIT;

	forge_noise(&chance, 8, cell->seed * 31 + 7);
	return n ? (size_t)(forge_get(&chance, 0, 8) % n) : 0;
}

static void overwrite(const struct matrix_cell *cell, struct buffer *out, size_t at, size_t n)
{
	CLEANUP(buffer_free) struct buffer noise = BUFFER_INIT;

	forge_noise(&noise, n, cell->seed + 1000);
	for (size_t i = 0; i < n; i++)
		forge_put(out, at + i, 1, forge_get(&noise, i, 1));
}

/* The donor, its code, and nothing in the way. */
static const char *donor_take(const struct matrix_cell *cell, struct buffer *out,
			      struct image_section *code)
{
	const char *problem = image_unfit(&cell->donor->file);

	forge_copy(out, &cell->donor->file);
	*code = (struct image_section){ 0 };
	if (!problem && !image_code(out, code))
		problem = "no code";
	return problem;
}

/* Every second attacker repairs CheckSum. */
static const char *done(const struct matrix_cell *cell, struct buffer *out)
{
	if (cell->seed % 2)
		forge_checksum(out);
	return NULL;
}

MATRIX_MAKE(byte)
{
	struct image_section code;
	const char *problem = donor_take(cell, out, &code);
	size_t at = code.raw + choose(cell, code.raw_size);

	if (problem)
		return problem;
	forge_put(out, at, 1, forge_get(out, at, 1) ^ 0x41);
	return done(cell, out);
}

MATRIX_MAKE(page)
{
	struct image_section code;
	const char *problem = donor_take(cell, out, &code);
	size_t off;

	if (problem)
		return problem;
	off = choose(cell, code.raw_size / PAGE) * PAGE;
	overwrite(cell, out, code.raw + off,
		  code.raw_size - off < PAGE ? code.raw_size - off : PAGE);
	return done(cell, out);
}

/* @tenths of the code, in one piece. */
static const char *code_replace(const struct matrix_cell *cell, size_t tenths,
				struct buffer *out)
{
	struct image_section code;
	const char *problem = donor_take(cell, out, &code);
	size_t n = code.raw_size / 10 * tenths;

	if (problem)
		return problem;
	overwrite(cell, out, code.raw + choose(cell, code.raw_size - n), n);
	return done(cell, out);
}

MATRIX_MAKE(tenth)
{
	return code_replace(cell, 1, out);
}

MATRIX_MAKE(half)
{
	return code_replace(cell, 5, out);
}

MATRIX_MAKE(most)
{
	return code_replace(cell, 9, out);
}

/* All code moves by a few bytes, as if it had been linked again. */
MATRIX_MAKE(shift)
{
	CLEANUP(buffer_free) struct buffer moved = BUFFER_INIT;
	struct image_section code;
	const char *problem = donor_take(cell, out, &code);
	size_t by = 1 + choose(cell, 15);

	if (problem)
		return problem;
	forge_noise(&moved, by, cell->seed);
	buffer_add(&moved, span_clip(buffer_span(out), code.raw, code.raw_size - by));
	for (size_t i = 0; i < moved.len; i++)
		forge_put(out, code.raw + i, 1, forge_get(&moved, i, 1));
	return done(cell, out);
}

/* The page with the entry point is another program's. */
MATRIX_MAKE(entry)
{
	struct image_section code, foreign;
	const char *problem = donor_take(cell, out, &code);
	uint32_t rva;
	size_t at;

	if (problem)
		return problem;
	rva = (uint32_t)forge_get(out, forge_places_of(out).optional + 16, 4);
	if (rva == 0 || !image_section_of(out, rva, &code))
		return "no entry point";
	at = code.raw + (rva - code.rva) / PAGE * PAGE;
	if (!image_code(&cell->host->file, &foreign))
		return "the host has no code";
	for (size_t i = 0;
	     i < PAGE && i < foreign.raw_size && at + i < code.raw + code.raw_size; i++)
		forge_put(out, at + i, 1, forge_get(&cell->host->file, foreign.raw + i, 1));
	return done(cell, out);
}

/* Code of one's own behind the program; half of them begin there. */
MATRIX_MAKE(section)
{
	CLEANUP(buffer_free) struct buffer more = BUFFER_INIT;
	struct image_section code;
	const char *problem = donor_take(cell, out, &code);
	uint32_t rva;

	if (problem)
		return problem;
	forge_noise(&more, PAGE + choose(cell, (size_t)4 * PAGE), cell->seed);
	if (!image_section_add(out, ".text2", buffer_span(&more), IMAGE_CODE, &rva))
		return "no room for another section";
	if (cell->seed & 2)
		forge_put(out, forge_places_of(out).optional + 16, 4, rva);
	return done(cell, out);
}

MATRIX_MAKE(resource)
{
	struct image_resource resources[IMAGE_MAX_RESOURCES], chosen;
	struct image_section code;
	const char *problem = donor_take(cell, out, &code);
	size_t n;

	if (problem)
		return problem;
	n = image_resources(out, resources);
	if (n == 0)
		return "the donor has no resources";
	chosen = resources[choose(cell, n)];
	overwrite(cell, out, chosen.at, chosen.len);
	return done(cell, out);
}

MATRIX_MAKE(insert)
{
	CLEANUP(buffer_free) struct buffer more = BUFFER_INIT;
	struct image_section code, last = { 0 };
	const char *problem = donor_take(cell, out, &code);
	unsigned n = forge_places_of(out).n_sections;

	if (problem)
		return problem;
	for (unsigned i = 0; i < n; i++)
		if (image_section(out, i).raw > last.raw)
			last = image_section(out, i);
	forge_noise(&more, PAGE, cell->seed);
	image_insert(out, last.raw, buffer_span(&more));
	return done(cell, out);
}

/* SigFlip and its kin: the payload lies in the entry, behind the signature. */
MATRIX_MAKE(stuff)
{
	const struct forge_trap payload = { .n = PAYLOAD_BYTES + choose(cell, PAYLOAD_BYTES) };
	struct span table = forge_table(&cell->donor->file);

	if ((forge_get(&cell->donor->file, forge_places_of(&cell->donor->file).table, 4) + 7) /
		    8 * 8 !=
	    table.len)
		return "several entries in the table";
	forge_copy(out, &cell->donor->file);
	switch (cell->seed % 3) {
	case 0: attack_stuff_sigflip(cell->forge, &payload, out); break;
	case 1: attack_stuff_jar(cell->forge, &payload, out); break;
	default: attack_stuff_program(cell->forge, &payload, out);
	}
	return NULL;
}

/* `sigthief -T`. */
MATRIX_MAKE(strip)
{
	struct forge_places p = forge_places_of(&cell->donor->file);

	forge_copy(out, &cell->donor->file);
	if (p.table + p.table_len != out->len)
		return "bytes behind the table";
	forge_strip(out);
	return NULL;
}

/* The same with CheckSum as a linker would have written it. */
MATRIX_MAKE(strip_adaptive)
{
	const char *problem = matrix_strip(cell, out);

	if (!problem)
		forge_checksum(out);
	return problem;
}
