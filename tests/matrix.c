/* SPDX-License-Identifier: MIT */
/*
 * matrix: forges every cell of the forge matrix in memory, judges it, and prints
 * a line for each: what is true, what was said.  tools/eval counts them.
 *
 * usage: matrix [--list FILE] [--database FILE] [--seeds N] [--part I/N] [--keep FOLDER]
 *
 * Nothing is written without --keep, and nothing of it is ever installed.
 */
#include "tests/forge/sets.h"
#include "tests/matrix_scene.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SEEDS 2

struct wish {
	const char *list, *database, *keep;
	unsigned seeds, part, n_parts;
};

/* Which cells there are; counts them, so that parts can share the work. */
struct tour {
	struct matrix_scene *scene;
	const struct wish *wish;
	const struct matrix_operation *op;
	unsigned id;
};

static const char *standing(const struct matrix_program *donor)
{
	if (donor->page_hashes)
		return donor->known ? "pages+known" : "pages";
	if (donor->digest_only)
		return "digest";
	return donor->known ? "known" : "withheld";
}

/* What the file says of the donor; the signature that decided says it first. */
static const struct report_relation *relation_of(const struct report *r)
{
	if (r->relation)
		return r->relation;
	if (r->decisive >= 0 && r->signatures[r->decisive].relation)
		return r->signatures[r->decisive].relation;
	for (size_t i = 0; i < r->n_signatures; i++)
		if (r->signatures[i].relation)
			return r->signatures[i].relation;
	return NULL;
}

static bool flagged(const struct report *r)
{
	if (r->masquerade == ASSAY_MASQUERADE_YES ||
	    r->masquerade == ASSAY_MASQUERADE_SUSPECTED)
		return true;
	for (size_t i = 0; i < r->n_findings; i++)
		if (r->findings[i].severity >= ASSAY_SEVERITY_MEDIUM)
			return r->verdict == ASSAY_VERDICT_VALID;
	return false;
}

static bool digest_told(const struct report *r, const struct matrix_truth *t)
{
	const struct report_relation *relation = relation_of(r);

	for (size_t i = 0; i < t->n_digests; i++) {
		if (relation && span_equal(relation->donor.digest, t->digests[i]))
			return true;
		for (size_t k = 0; k < r->n_signatures; k++)
			if (span_equal(r->signatures[k].digest_signed, t->digests[i]))
				return true;
	}
	return false;
}

static bool same_text(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static bool signer_told(const struct report *r, const struct matrix_truth *t)
{
	const struct report_relation *relation = relation_of(r);

	if (relation && same_text(relation->donor.signer, t->signer))
		return true;
	for (size_t i = 0; i < r->n_signatures; i++)
		if (same_text(r->signatures[i].claimed_signer, t->signer))
			return true;
	return false;
}

/* Would a costume of this donor be one, by the definition? */
static bool can_be_worn(const struct matrix_truth *t)
{
	static const uint8_t none[16];
	const struct donor *d = t->record;

	return t->always_signs && memcmp(d->identity, none, sizeof(none)) != 0 &&
	       (d->has_icon || d->manifest);
}

static const char *or_dash(const char *text)
{
	return text && *text ? text : "-";
}

static void line_print(const struct tour *tour, const struct matrix_cell *cell,
		       const struct report *r)
{
	static const char *const groups[] = {
		[MATRIX_GRAFT] = "graft",
		[MATRIX_TAMPER] = "tamper",
		[MATRIX_BEYOND] = "beyond",
		[MATRIX_STUFF] = "stuff",
		[MATRIX_COUNTERFEIT] = "counterfeit",
		[MATRIX_STRIP] = "strip",
		[MATRIX_COSTUME] = "costume",
	};
	struct matrix_scene *s = tour->scene;
	size_t donor = (size_t)(cell->donor - s->list.donors);
	size_t host = (size_t)(cell->host - s->list.hosts);
	const struct matrix_truth *t = &s->truths[donor];
	const struct report_relation *relation = relation_of(r);

	printf("%u\t%s\t%s\t%d\t%s\t%s\t%llu\t%s\t%s\t%s\t%llu\t%d\t%d\t%llu\t", tour->id,
	       tour->op->name, groups[tour->op->group], tour->op->adaptive, cell->host->name,
	       cell->host->kind, (unsigned long long)s->host_pages[host], cell->donor->name,
	       standing(cell->donor), or_dash(t->signer), (unsigned long long)t->pages,
	       can_be_worn(t), t->always_signs, (unsigned long long)cell->seed);
	printf("%s\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\n", assay_verdict_word(r->verdict),
	       or_dash(r->rule), or_dash(relation ? relation->confidence : NULL),
	       or_dash(relation ? relation->donor.known_by : NULL), flagged(r),
	       relation && relation->donor.indexed &&
		       same_text(relation->donor.name, cell->donor->name),
	       signer_told(r, t), digest_told(r, t), relation ? relation->llr : 0);
}

static void cell_judge(struct tour *tour, const struct matrix_cell *cell)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	const char *problem;
	char name[32];

	tour->id++;
	if (tour->id % tour->wish->n_parts != tour->wish->part)
		return;
	problem = tour->op->make(cell, &file);
	if (problem) {
		printf("# skip\t%s\t%s\t%s\t%s\n", tour->op->name, cell->host->name,
		       cell->donor->name, problem);
		return;
	}
	if (tour->wish->keep) {
		(void)snprintf(name, sizeof(name), "%06u.exe", tour->id);
		forge_write(tour->wish->keep, name, buffer_span(&file));
	}
	line_print(tour, cell, court_judge(&tour->scene->court, buffer_span(&file)));
}

/* A program is no host for its own signature. */
static bool same_program(const struct matrix_program *a, const struct matrix_program *b)
{
	struct span x = span_clip(buffer_span(&a->file), 0x400, 0x4000);

	return strcmp(a->name, b->name) == 0 ||
	       span_equal(x, span_clip(buffer_span(&b->file), 0x400, 0x4000));
}

static bool needs_host(enum matrix_group group)
{
	return group == MATRIX_GRAFT || group == MATRIX_COSTUME || group == MATRIX_COUNTERFEIT;
}

/* Counterfeits need no donor, changes to a donor no particular host. */
static bool is_cell(const struct tour *tour, size_t host, size_t donor, unsigned seed)
{
	const struct matrix_list *l = &tour->scene->list;

	switch (tour->op->group) {
	case MATRIX_GRAFT:
	case MATRIX_COSTUME:
		return seed == 0 && !same_program(&l->hosts[host], &l->donors[donor]);
	case MATRIX_COUNTERFEIT: return seed == 0 && donor == 0;
	case MATRIX_TAMPER:
	case MATRIX_BEYOND:
	case MATRIX_STUFF: return host == (donor + seed) % l->n_hosts;
	case MATRIX_STRIP: return host == 0 && seed == 0;
	}
	return false;
}

static void operation_tour(struct tour *tour)
{
	const struct matrix_list *l = &tour->scene->list;
	unsigned seeds = needs_host(tour->op->group) ? 1 : tour->wish->seeds;

	for (size_t d = 0; d < l->n_donors; d++)
		for (size_t h = 0; h < l->n_hosts; h++)
			for (unsigned seed = 0; seed < seeds; seed++) {
				struct matrix_cell cell = {
					.forge = tour->scene->forge,
					.host = &l->hosts[h],
					.donor = &l->donors[d],
					.seed = needs_host(tour->op->group) ? d * 1000 + h
									    : seed,
				};

				if (is_cell(tour, h, d, seed))
					cell_judge(tour, &cell);
			}
}

static bool wish_read(int argc, char **argv, struct wish *w)
{
	static const struct option options[] = {
		{"list",      required_argument, NULL, 'l'},
		{ "database", required_argument, NULL, 'd'},
		{ "seeds",    required_argument, NULL, 's'},
		{ "part",     required_argument, NULL, 'p'},
		{ "keep",     required_argument, NULL, 'k'},
		{ NULL,       0,                 NULL, 0  },
	};
	int option;

	*w = (struct wish){ .seeds = SEEDS, .n_parts = 1 };
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 'l': w->list = optarg; break;
		case 'd': w->database = optarg; break;
		case 's': w->seeds = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'p':
			w->part = (unsigned)strtoul(optarg, &optarg, 10);
			w->n_parts =
				*optarg == '/' ? (unsigned)strtoul(optarg + 1, NULL, 10) : 0;
			break;
		case 'k': w->keep = optarg; break;
		default: return false;
		}
	return w->n_parts > 0 && w->part < w->n_parts && optind == argc;
}

int main(int argc, char **argv)
{
	static struct matrix_scene scene;
	struct wish wish;
	struct tour tour = { .scene = &scene, .wish = &wish };

	if (!wish_read(argc, argv, &wish)) {
		(void)fprintf(stderr, "usage: matrix [--list FILE] [--database FILE] "
				      "[--seeds N] [--part I/N] [--keep FOLDER]\n");
		return 2;
	}
	matrix_scene_open(&scene, wish.list, wish.database);
	if (wish.keep)
		(void)mkdir(wish.keep, 0777);
	printf("id\top\tgroup\tadaptive\thost\thost_kind\thost_pages\tdonor\tstanding\tsigner\t"
	       "donor_pages\tcostume\talways\tseed\tword\trule\tconfidence\tknown_"
	       "by\tflagged\tnamed\t"
	       "signer_told\tdigest_told\tllr\n");
	for (size_t i = 0; i < n_matrix_operations; i++) {
		tour.op = &matrix_operations[i];
		operation_tour(&tour);
	}
	matrix_scene_close(&scene);
	return EXIT_SUCCESS;
}
