/* SPDX-License-Identifier: MIT */
/*
 * The forge matrix on programs of the forge: every operation does what it says,
 * leaves a program that can be loaded, and is flagged.
 */
#include "tests/check.h"
#include "tests/court.h"
#include "tests/forge/matrix.h"

static struct matrix_program hosts[MATRIX_MAX_SAMPLES], donors[MATRIX_MAX_SAMPLES];

static uint32_t stamp(const struct buffer *file)
{
	return (uint32_t)forge_get(file, forge_places_of(file).optional - 16, 4);
}

/* The bytes of a donor's resource are a resource of @file. */
static bool has_resource(const struct buffer *file, struct span wanted)
{
	struct image_resource found[IMAGE_MAX_RESOURCES];
	size_t n = image_resources(file, found);

	for (size_t i = 0; i < n; i++)
		if (span_equal(span_clip(buffer_span(file), found[i].at, found[i].len), wanted))
			return true;
	return false;
}

static bool wears(const struct buffer *file, const struct buffer *donor)
{
	struct image_resource theirs[IMAGE_MAX_RESOURCES];
	size_t n = image_resources(donor, theirs);

	for (size_t i = 0; i < n; i++)
		if (!has_resource(file,
				  span_clip(buffer_span(donor), theirs[i].at, theirs[i].len)))
			return false;
	return true;
}

static bool checksum_right(const struct buffer *file)
{
	CLEANUP(buffer_free) struct buffer copy = BUFFER_INIT;

	forge_copy(&copy, file);
	forge_checksum(&copy);
	return span_equal(buffer_span(&copy), buffer_span(file));
}

static struct span before_table(const struct buffer *file)
{
	return span_clip(buffer_span(file), 0, forge_places_of(file).table);
}

/* What an operation promises, beyond a loadable file. */
static const char *broken_promise(const struct matrix_operation *op,
				  const struct matrix_cell *cell, const struct buffer *file)
{
	const struct buffer *donor = &cell->donor->file;
	struct span theirs = forge_table(donor), table = forge_table(file);

	if (op->adaptive && !checksum_right(file))
		return "CheckSum";
	if (op->adaptive && op->group != MATRIX_STRIP &&
	    stamp(file) != cell->donor->signed_at - 300)
		return "TimeDateStamp";
	if (op->group == MATRIX_COSTUME && !wears(file, donor))
		return "resources";
	switch (op->group) {
	case MATRIX_GRAFT: return span_equal(table, theirs) ? NULL : "the donor's table";
	case MATRIX_TAMPER:
	case MATRIX_BEYOND:
		if (span_equal(before_table(file), before_table(donor)))
			return "another image";
		return span_equal(table, theirs) ? NULL : "the donor's table";
	case MATRIX_STUFF:
		return table.len > theirs.len && span_equal(span_clip(table, 8, 2000),
							    span_clip(theirs, 8, 2000))
			       ? NULL
			       : "the donor's signature";
	case MATRIX_COUNTERFEIT: return table.len ? NULL : "a table";
	case MATRIX_STRIP:
	case MATRIX_COSTUME: return table.len == 0 ? NULL : "no table";
	}
	return "a group";
}

static bool flagged(const struct matrix_operation *op, const struct report *r)
{
	switch (op->group) {
	case MATRIX_GRAFT:
		return r->verdict == ASSAY_VERDICT_GRAFTED ||
		       r->verdict == ASSAY_VERDICT_MISMATCHED;
	case MATRIX_TAMPER:
		return r->verdict == ASSAY_VERDICT_TAMPERED ||
		       r->verdict == ASSAY_VERDICT_MISMATCHED;
	case MATRIX_BEYOND: return r->masquerade == ASSAY_MASQUERADE_YES;
	case MATRIX_STUFF:
		return r->verdict == ASSAY_VERDICT_VALID && court_has(r, "stuffed.payload");
	case MATRIX_COUNTERFEIT: return r->verdict == ASSAY_VERDICT_COUNTERFEIT;
	case MATRIX_STRIP: /* nothing is left of it, and no index knows it */
	case MATRIX_COSTUME: return r->verdict == ASSAY_VERDICT_UNSIGNED;
	}
	return false;
}

struct tally {
	size_t made, skipped, bad;
};

static void cell_try(struct court *c, const struct matrix_operation *op,
		     const struct matrix_cell *cell, struct tally *tally)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT, again = BUFFER_INIT;
	const char *problem = op->make(cell, &file);
	const struct report *r;

	if (problem) {
		printf("# skip %s on %s with %s: %s\n", op->name, cell->host->name,
		       cell->donor->name, problem);
		tally->skipped++;
		return;
	}
	tally->made++;
	(void)op->make(cell, &again);
	problem = image_unfit(&file);
	if (!problem)
		problem = broken_promise(op, cell, &file);
	if (!problem && !span_equal(buffer_span(&file), buffer_span(&again)) &&
	    op->group != MATRIX_COUNTERFEIT)
		problem = "the same bytes again";
	if (problem)
		printf("# %s on %s with %s: %s\n", op->name, cell->host->name,
		       cell->donor->name, problem);
	r = court_judge(c, buffer_span(&file));
	if (!problem && !flagged(op, r))
		printf("# %s on %s with %s: %s\n", op->name, cell->host->name,
		       cell->donor->name, problem = assay_verdict_word(r->verdict));
	tally->bad += problem != NULL;
}

static bool seeds_differ(const struct matrix_operation *op, struct matrix_cell cell)
{
	CLEANUP(buffer_free) struct buffer a = BUFFER_INIT, b = BUFFER_INIT;

	cell.seed = 4;
	(void)op->make(&cell, &a);
	cell.seed = 7;
	(void)op->make(&cell, &b);
	return !span_equal(buffer_span(&a), buffer_span(&b));
}

static void operation_try(struct court *c, struct forge *f, const struct matrix_operation *op)
{
	struct tally tally = { 0 };

	for (size_t h = 0; h < MATRIX_MAX_SAMPLES && hosts[h].name; h++)
		for (size_t d = 0; d < MATRIX_MAX_SAMPLES && donors[d].name; d++) {
			struct matrix_cell cell = { f, &hosts[h], &donors[d], h * 5 + d };

			cell_try(c, op, &cell, &tally);
		}
	CHECK(tally.made > 0 && tally.bad == 0, "%s: %zu made, %zu make no sense", op->name,
	      tally.made, tally.skipped);
	if (op->seeded)
		CHECK(seeds_differ(op, (struct matrix_cell){ f, &hosts[0], &donors[0], 0 }),
		      "%s: another seed, another file", op->name);
}

int main(void)
{
	struct forge *f = forge_new();
	struct court c;

	court_open(&c, f);
	matrix_samples_make(f, hosts, donors);
	for (size_t i = 0; i < n_matrix_operations; i++)
		operation_try(&c, f, &matrix_operations[i]);
	matrix_programs_free(hosts, MATRIX_MAX_SAMPLES);
	matrix_programs_free(donors, MATRIX_MAX_SAMPLES);
	court_close(&c);
	forge_free(f);
	return CHECK_DONE();
}
