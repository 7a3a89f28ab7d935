/* SPDX-License-Identifier: MIT */
/* The court of the forge matrix of every other format: signed files, some of them known. */
#pragma once
#include "store/donors.h"
#include "tests/court.h"
#include "tests/forge/craft.h"

#define CRAFT_MAX_FILES   64 /* of one craft */
#define CRAFT_MAX_ANCHORS 5  /* files of them beside those of the forge */

/* What a court says of a file that nobody touched. */
struct craft_truth {
	enum assay_verdict verdict;
	bool flagged;
	struct donor *record; /* NULL: none was made */
};

struct craft_stock {
	const struct craft *craft;
	struct craft_file files[CRAFT_MAX_FILES];
	struct craft_truth truths[CRAFT_MAX_FILES];
	size_t n;
};

struct craft_scene {
	struct forge *forge;
	struct craft_shop shop;
	struct court court;
	struct arena arena; /* of stocks and records */
	struct craft_stock *stocks;
	size_t n_stocks;
	struct donors *index;
};

struct craft_wish {
	unsigned n_files; /* of the forge's own, for each craft; every other one is known */
	/* Real files, a line each: craft, known|withheld, name, path, and of a signature beside
	 * it the path; NULL: none. */
	const char *list;
	const char *anchors[CRAFT_MAX_ANCHORS]; /* files of them; NULL: none */
	const char *database;                   /* of anchors; NULL: none */
};
void craft_scene_open(struct craft_scene *s, const struct craft_wish *wish);
void craft_scene_close(struct craft_scene *s);

const struct report *craft_judge(struct craft_scene *s, const struct craft_file *file);
/* Would a scan of forgeries complain? */
bool craft_flagged(const struct report *r);
/* Is @word one of @words, which stand with '|' between them? */
bool craft_is_word(const char *words, const char *word);

/* Which word is right where the index knows the donor, or does not. */
static inline const char *craft_words(const struct craft_trick *t, bool known)
{
	return known && t->word_known ? t->word_known : t->word;
}

/* Each cell of one trick: with a host from among the others where something is stolen, else
 * with so many seeds. */
typedef void craft_visit(void *context, const struct craft_trick *trick,
			 const struct craft_cell *cell, const struct craft_truth *donor);
void craft_tour(struct craft_scene *s, const struct craft_stock *stock, unsigned n_seeds,
		craft_visit *visit, void *context);
