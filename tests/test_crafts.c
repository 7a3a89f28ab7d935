/* SPDX-License-Identifier: MIT */
/*
 * Every other format: a signed file of it is what it is said to be, and each trick
 * does something, the same each time, and is called by its name.
 */
#include "tests/check.h"
#include "tests/craft_scene.h"

#define FILES 2 /* one that the index knows, one that it does not */

struct trial {
	struct craft_scene *scene;
	const struct craft_trick *trick; /* being tried */
	size_t made, bad;
	const char *skipped;
};

static void trial_say(struct trial *t, const char *craft)
{
	if (t->trick)
		CHECK(t->made > 0 && t->bad == 0, "%s: %s: %zu made, %zu bad%s%s", craft,
		      t->trick->name, t->made, t->bad, t->skipped ? ", " : "",
		      t->skipped ? t->skipped : "");
	t->made = t->bad = 0;
	t->skipped = NULL;
}

static bool same_file(const struct craft_file *a, const struct craft_file *b)
{
	return span_equal(buffer_span(&a->file), buffer_span(&b->file)) &&
	       span_equal(buffer_span(&a->beside), buffer_span(&b->beside));
}

static void cell_try(void *context, const struct craft_trick *trick,
		     const struct craft_cell *cell, const struct craft_truth *donor)
{
	CLEANUP(craft_file_free) struct craft_file file = { 0 };
	CLEANUP(craft_file_free) struct craft_file again = { 0 };
	const char *words = craft_words(trick, cell->donor->known), *word, *problem;
	struct trial *t = (struct trial *)context;
	const struct report *r;

	(void)donor;
	if (t->trick != trick)
		trial_say(t, cell->craft->name);
	t->trick = trick;
	problem = trick->make(cell, &file);
	if (problem) {
		t->skipped = problem;
		return;
	}
	t->made++;
	(void)trick->make(cell, &again);
	r = craft_judge(t->scene, &file);
	word = assay_verdict_word(r->verdict);
	if (!craft_is_word(words, word))
		problem = word;
	if (same_file(&file, cell->donor) || !same_file(&file, &again))
		problem = "nothing is done, or another thing each time";
	if (!problem)
		return;
	printf("# %s: %s: host %s, donor %s (%s): %s (%s), right is %s\n", cell->craft->name,
	       trick->name, cell->host->name, cell->donor->name,
	       cell->donor->known ? "known" : "withheld", problem, r->rule, words);
	t->bad++;
}

static void untouched_try(const struct craft_stock *stock)
{
	for (size_t i = 0; i < stock->n; i++) {
		const char *word = assay_verdict_word(stock->truths[i].verdict);

		CHECK(strcmp(word, stock->craft->genuine) == 0 && !stock->truths[i].flagged,
		      "%s: as it was signed: %s", stock->files[i].name, word);
	}
}

int main(void)
{
	struct craft_scene scene;
	struct trial trial = { .scene = &scene };

	craft_scene_open(&scene, &(struct craft_wish){ .n_files = FILES });
	for (size_t i = 0; i < scene.n_stocks; i++) {
		untouched_try(&scene.stocks[i]);
		craft_tour(&scene, &scene.stocks[i], 1, cell_try, &trial);
		trial_say(&trial, scene.stocks[i].craft->name);
		trial.trick = NULL;
	}
	craft_scene_close(&scene);
	return CHECK_DONE();
}
