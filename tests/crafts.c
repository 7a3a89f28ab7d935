/* SPDX-License-Identifier: MIT */
/*
 * crafts: the forge matrix of every format but Windows programs (which matrix has).
 * Forges every cell in memory, judges it, and prints a line for each: what is true,
 * what was said.  tools/eval counts them.
 *
 * usage: crafts [--list FILE] [--anchors FILE]... [--database FILE] [--files N] [--seeds N]
 *               [--keep FOLDER]
 *
 * Nothing is written without --keep, and nothing of it is ever installed.
 */
#include "tests/craft_scene.h"
#include "tests/forge/sets.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define FILES 4
#define SEEDS 2

struct wish {
	struct craft_wish scene;
	const char *keep;
	unsigned seeds;
};

struct printing {
	struct craft_scene *scene;
	const struct wish *wish;
	unsigned id;
	struct buffer before; /* what the same trick made of the same file with another seed */
};

static const char *group_name(enum craft_group group)
{
	switch (group) {
	case CRAFT_STOLEN: return "stolen";
	case CRAFT_ALTERED: return "altered";
	case CRAFT_ADDED: return "added";
	case CRAFT_STRIPPED: return "stripped";
	case CRAFT_POSING: return "posing";
	}
	return "-";
}

static const char *or_dash(const char *text)
{
	return text && *text ? text : "-";
}

static const struct report_relation *relation_of(const struct report *r)
{
	if (r->relation)
		return r->relation;
	for (size_t i = 0; i < r->n_signatures; i++)
		if (r->signatures[i].relation)
			return r->signatures[i].relation;
	return NULL;
}

static bool names(const struct report_relation *relation, const char *donor)
{
	return relation && relation->donor.indexed && relation->donor.name &&
	       strcmp(relation->donor.name, donor) == 0;
}

/* By any of its signatures: others may be decided by what they list. */
static bool named(const struct report *r, const char *donor)
{
	for (size_t i = 0; i < r->n_signatures; i++)
		if (names(r->signatures[i].relation, donor))
			return true;
	return names(r->relation, donor);
}

static bool is_real(const struct craft_cell *cell)
{
	return cell->donor->number == CRAFT_FOREIGN || cell->host->number == CRAFT_FOREIGN;
}

static void line_print(struct printing *p, const struct craft_trick *trick,
		       const struct craft_cell *cell, const struct report *r)
{
	const struct craft_file *donor = cell->donor;
	const struct report_relation *relation = relation_of(r);

	printf("%u\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%llu\t", p->id, cell->craft->name, trick->name,
	       group_name(trick->group), cell->host->name, donor->name,
	       is_real(cell) ? "real" : "own", donor->known ? "known" : "withheld",
	       (unsigned long long)cell->seed);
	printf("%s\t%s\t%s\t%s\t%d\t%d\n", assay_verdict_word(r->verdict), or_dash(r->rule),
	       or_dash(relation ? relation->confidence : NULL),
	       craft_words(trick, donor->known), craft_flagged(r), named(r, donor->name));
}

static void file_keep(const struct printing *p, const struct craft_file *file)
{
	char name[32];

	if (!p->wish->keep)
		return;
	(void)snprintf(name, sizeof(name), "%06u", p->id);
	forge_write(p->wish->keep, name, buffer_span(&file->file));
}

static void cell_print(void *context, const struct craft_trick *trick,
		       const struct craft_cell *cell, const struct craft_truth *donor)
{
	CLEANUP(craft_file_free) struct craft_file file = { 0 };
	struct printing *p = (struct printing *)context;
	const char *problem = trick->make(cell, &file);

	(void)donor;
	if (problem) {
		printf("# skip\t%s\t%s\t%s\t%s\n", cell->craft->name, trick->name,
		       cell->donor->name, problem);
		return;
	}
	/* A seed that changes nothing makes no other file. */
	if (cell->seed > 0 && file.beside.len == 0 &&
	    span_equal(buffer_span(&p->before), buffer_span(&file.file)))
		return;
	buffer_clear(&p->before);
	buffer_add(&p->before, buffer_span(&file.file));
	p->id++;
	file_keep(p, &file);
	line_print(p, trick, cell, craft_judge(p->scene, &file));
}

/* Files that nobody touched stand first: what is said of them is a false alarm. */
static void untouched_print(struct printing *p, const struct craft_stock *stock)
{
	for (size_t i = 0; i < stock->n; i++) {
		const struct craft_file *file = &stock->files[i];
		const struct report *r = craft_judge(p->scene, file);
		bool own = file->number != CRAFT_FOREIGN;

		p->id++;
		printf("%u\t%s\tuntouched\tuntouched\t-\t%s\t%s\t%s\t0\t%s\t%s\t-\t%s\t%d\t0\n",
		       p->id, stock->craft->name, file->name, own ? "own" : "real",
		       file->known ? "known" : "withheld", assay_verdict_word(r->verdict),
		       or_dash(r->rule), own ? stock->craft->genuine : "valid|untrusted",
		       craft_flagged(r));
	}
}

static bool wish_read(int argc, char **argv, struct wish *w)
{
	static const struct option options[] = {
		{"list",      required_argument, NULL, 'l'},
		{ "anchors",  required_argument, NULL, 'a'},
		{ "database", required_argument, NULL, 'd'},
		{ "files",    required_argument, NULL, 'f'},
		{ "seeds",    required_argument, NULL, 's'},
		{ "keep",     required_argument, NULL, 'k'},
		{ NULL,       0,                 NULL, 0  },
	};
	size_t n_anchors = 0;
	int option;

	*w = (struct wish){ .scene = { .n_files = FILES }, .seeds = SEEDS };
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 'l': w->scene.list = optarg; break;
		case 'a':
			if (n_anchors == CRAFT_MAX_ANCHORS)
				return false;
			w->scene.anchors[n_anchors++] = optarg;
			break;
		case 'd': w->scene.database = optarg; break;
		case 'f': w->scene.n_files = (unsigned)strtoul(optarg, NULL, 10); break;
		case 's': w->seeds = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'k': w->keep = optarg; break;
		default: return false;
		}
	return w->scene.n_files > 1 && optind == argc;
}

int main(int argc, char **argv)
{
	static struct craft_scene scene;
	struct wish wish;
	struct printing printing = { .scene = &scene, .wish = &wish };

	if (!wish_read(argc, argv, &wish)) {
		(void)fprintf(stderr, "usage: crafts [--list FILE] [--anchors FILE]... "
				      "[--database FILE] [--files N] [--seeds N] "
				      "[--keep FOLDER]\n");
		return 2;
	}
	craft_scene_open(&scene, &wish.scene);
	if (wish.keep)
		(void)mkdir(wish.keep, 0777);
	printf("id\tformat\top\tgroup\thost\tdonor\torigin\tstanding\tseed\tword\trule\t"
	       "confidence\texpected\tflagged\tnamed\n");
	for (size_t i = 0; i < scene.n_stocks; i++) {
		untouched_print(&printing, &scene.stocks[i]);
		craft_tour(&scene, &scene.stocks[i], wish.seeds, cell_print, &printing);
	}
	buffer_free(&printing.before);
	craft_scene_close(&scene);
	return EXIT_SUCCESS;
}
