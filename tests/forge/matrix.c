/* SPDX-License-Identifier: MIT */
/* The operations of the forge matrix that need a host, and the table of all. */
#include "tests/forge/matrix.h"

#define BUILT_BEFORE_SIGNING 300 /* seconds */
#define MANGLED_BYTES        4096U

/* The whole table at the end of the file, wherever that is, and the way to it. */
static void table_append(const struct matrix_cell *cell, struct buffer *out)
{
	struct span table = forge_table(&cell->donor->file);

	forge_directory(out, (uint32_t)out->len, (uint32_t)table.len);
	buffer_add(out, table);
}

/* SigThief: copies the file, writes the directory entry, appends. */
static const char *sigthief(const struct matrix_cell *cell, struct buffer *out)
{
	forge_copy(out, &cell->host->file);
	table_append(cell, out);
	return NULL;
}

static void bare_host(const struct matrix_cell *cell, struct buffer *out)
{
	forge_copy(out, &cell->host->file);
	forge_strip(out);
}

static const char *aligned(const struct matrix_cell *cell, struct buffer *out)
{
	bare_host(cell, out);
	forge_align(out);
	table_append(cell, out);
	return NULL;
}

static const char *checksummed(const struct matrix_cell *cell, struct buffer *out)
{
	const char *problem = aligned(cell, out);

	forge_checksum(out);
	return problem;
}

/* Built shortly before the donor was signed; without a timestamp, when the donor was built. */
static uint32_t stamp_of(const struct matrix_program *donor)
{
	if (donor->signed_at)
		return (uint32_t)(donor->signed_at - BUILT_BEFORE_SIGNING);
	return (uint32_t)forge_get(&donor->file, forge_places_of(&donor->file).optional - 16,
				   4);
}

/* Everything that the donor shows to somebody who does not compute digests. */
static void disguise(const struct matrix_cell *cell, struct span behind, struct buffer *out)
{
	const struct buffer *donor = &cell->donor->file;

	bare_host(cell, out);
	(void)image_take_resources(out, donor, behind);
	(void)image_take_rich(out, donor);
	image_take_names(out, donor);
	image_debug_drop(out, IMAGE_DEBUG_REPRO);
	image_stamp(out, stamp_of(cell->donor));
}

static const char *unfit(const struct matrix_cell *cell)
{
	return image_unfit(&cell->host->file);
}

static void adapted(const struct matrix_cell *cell, struct buffer *out)
{
	forge_align(out);
	table_append(cell, out);
	forge_checksum(out);
}

static const char *adaptive(const struct matrix_cell *cell, struct buffer *out)
{
	if (unfit(cell))
		return unfit(cell);
	disguise(cell, SPAN_NONE, out);
	adapted(cell, out);
	return NULL;
}

static const char *passenger_overlay(const struct matrix_cell *cell, struct buffer *out)
{
	if (unfit(cell))
		return unfit(cell);
	disguise(cell, SPAN_NONE, out);
	buffer_add(out, buffer_span(&cell->donor->file));
	adapted(cell, out);
	return NULL;
}

/* The donor whole, in the section of the resources or in one like it. */
static const char *passenger_section(const struct matrix_cell *cell, struct buffer *out)
{
	struct image_resource resources[IMAGE_MAX_RESOURCES];
	struct span whole = buffer_span(&cell->donor->file);

	if (unfit(cell))
		return unfit(cell);
	disguise(cell, whole, out);
	if (image_resources(&cell->donor->file, resources) == 0 &&
	    !image_section_add(out, ".rdata2", whole, IMAGE_DATA, NULL))
		return "no room for another section";
	adapted(cell, out);
	return NULL;
}

/* MetaTwin: the donor's resources, then SigThief. */
static const char *metatwin(const struct matrix_cell *cell, struct buffer *out)
{
	if (unfit(cell))
		return unfit(cell);
	forge_copy(out, &cell->host->file);
	if (!image_take_resources(out, &cell->donor->file, SPAN_NONE))
		return "the donor's resources cannot be taken";
	table_append(cell, out);
	return NULL;
}

/* Mangle: written anew without overlay, an executable section of ASCII zeros. */
static const char *mangle(const struct matrix_cell *cell, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer zeros = BUFFER_INIT, letters = BUFFER_INIT;
	char name[8] = ".";

	if (unfit(cell))
		return unfit(cell);
	bare_host(cell, out);
	image_overlay_drop(out);
	while (zeros.len < MANGLED_BYTES)
		buffer_char(&zeros, '0');
	forge_noise(&letters, 5, cell->seed);
	for (size_t i = 0; i < letters.len; i++)
		name[i + 1] = (char)('a' + forge_get(&letters, i, 1) % 26);
	if (!image_section_add(out, name, buffer_span(&zeros), IMAGE_CODE, NULL))
		return "no room for another section";
	table_append(cell, out);
	return NULL;
}

static const char *sign_as(const struct matrix_cell *cell, const char *who, unsigned odd,
			   struct buffer *out)
{
	const struct forge_signature sign = { .signer = who, .odd = odd };

	bare_host(cell, out);
	forge_sign(cell->forge, &sign, out);
	return NULL;
}

static const char *carbon_copy(const struct matrix_cell *cell, struct buffer *out)
{
	return sign_as(cell, "carbon-copy", 0, out);
}

static const char *limelighter(const struct matrix_cell *cell, struct buffer *out)
{
	return sign_as(cell, "limelighter", 0, out);
}

static const char *canary(const struct matrix_cell *cell, struct buffer *out)
{
	return sign_as(cell, "canary-rooted", 0, out);
}

static const char *curveball(const struct matrix_cell *cell, struct buffer *out)
{
	return sign_as(cell, "curveball", 0, out);
}

static const char *costume(const struct matrix_cell *cell, struct buffer *out)
{
	if (unfit(cell))
		return unfit(cell);
	bare_host(cell, out);
	if (!image_take_resources(out, &cell->donor->file, SPAN_NONE))
		return "the donor's resources cannot be taken";
	return NULL;
}

static const char *costume_adaptive(const struct matrix_cell *cell, struct buffer *out)
{
	struct image_resource resources[IMAGE_MAX_RESOURCES];

	if (unfit(cell))
		return unfit(cell);
	if (image_resources(&cell->donor->file, resources) == 0)
		return "the donor has no resources";
	disguise(cell, SPAN_NONE, out);
	forge_checksum(out);
	return NULL;
}

#define ROW(name, group, adaptive, seeded, make)                                               \
	{                                                                                      \
		name, group, adaptive, seeded, make                                            \
	}
const struct matrix_operation matrix_operations[] = {
	ROW("sigthief", MATRIX_GRAFT, false, false, sigthief),
	ROW("sigthief-aligned", MATRIX_GRAFT, false, false, aligned),
	ROW("sigthief-checksum", MATRIX_GRAFT, false, false, checksummed),
	ROW("adaptive", MATRIX_GRAFT, true, false, adaptive),
	ROW("adaptive-donor-overlay", MATRIX_GRAFT, true, false, passenger_overlay),
	ROW("adaptive-donor-inside", MATRIX_GRAFT, true, false, passenger_section),
	ROW("metatwin", MATRIX_GRAFT, false, false, metatwin),
	ROW("mangle", MATRIX_GRAFT, false, true, mangle),
	ROW("one-byte", MATRIX_TAMPER, false, true, matrix_byte),
	ROW("one-page", MATRIX_TAMPER, false, true, matrix_page),
	ROW("tenth-of-code", MATRIX_TAMPER, false, true, matrix_tenth),
	ROW("half-of-code", MATRIX_TAMPER, false, true, matrix_half),
	ROW("entry-hook", MATRIX_TAMPER, false, true, matrix_entry),
	ROW("section-added", MATRIX_TAMPER, false, true, matrix_section),
	ROW("resource-replaced", MATRIX_TAMPER, false, true, matrix_resource),
	ROW("page-inserted", MATRIX_TAMPER, false, true, matrix_insert),
	ROW("most-of-code", MATRIX_BEYOND, false, true, matrix_most),
	ROW("code-shifted", MATRIX_BEYOND, false, true, matrix_shift),
	ROW("sigflip", MATRIX_STUFF, false, true, matrix_stuff),
	ROW("carboncopy", MATRIX_COUNTERFEIT, false, false, carbon_copy),
	ROW("limelighter", MATRIX_COUNTERFEIT, false, false, limelighter),
	ROW("canary", MATRIX_COUNTERFEIT, false, false, canary),
	ROW("curveball", MATRIX_COUNTERFEIT, false, false, curveball),
	ROW("strip", MATRIX_STRIP, false, false, matrix_strip),
	ROW("strip-adaptive", MATRIX_STRIP, true, false, matrix_strip_adaptive),
	ROW("costume", MATRIX_COSTUME, false, false, costume),
	ROW("costume-adaptive", MATRIX_COSTUME, true, false, costume_adaptive),
};
const size_t n_matrix_operations = COUNT_OF(matrix_operations);

const struct matrix_operation *matrix_operation_find(const char *name)
{
	for (size_t i = 0; i < n_matrix_operations; i++)
		if (strcmp(matrix_operations[i].name, name) == 0)
			return &matrix_operations[i];
	return NULL;
}
