/* SPDX-License-Identifier: MIT */
#include "tests/craft_scene.h"

#include "cmd/policy.h"
#include "tests/forge/signing.h"
#include "tests/matrix_scene.h"
#include <assay.h>
#include <stdio.h>
#include <stdlib.h>

#define SCENE_BYTES    ((size_t)512 << 20)
#define LINE_MAX_BYTES 8192
#define FIELDS         5

bool craft_flagged(const struct report *r)
{
	return policy_outcome(EXIT_POLICY_FORGERY, r, true) == OUTCOME_VIOLATION;
}

bool craft_is_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = words; at; at = strchr(at, '|')) {
		at += *at == '|';
		if (strncmp(at, word, n) == 0 && (at[n] == '|' || at[n] == '\0'))
			return true;
	}
	return false;
}

const struct report *craft_judge(struct craft_scene *s, const struct craft_file *file)
{
	if (file->beside.len > 0)
		return court_judge_beside(&s->court, buffer_span(&file->file), file->row,
					  buffer_span(&file->beside));
	return court_judge(&s->court, buffer_span(&file->file));
}

static void file_read(const char *path, struct buffer *out)
{
	char block[65536];
	FILE *file = fopen(path, "rb");
	size_t n;

	if (!file)
		forge_fail(path);
	while ((n = fread(block, 1, sizeof(block), file)) > 0)
		buffer_add(out, (struct span){ (const uint8_t *)block, n });
	(void)fclose(file);
}

static void court_make(struct craft_scene *s, const struct craft_wish *wish)
{
	struct buffer all[CRAFT_ANCHORS + CRAFT_MAX_ANCHORS] = { BUFFER_INIT };
	struct span spans[COUNT_OF(all)];

	craft_anchors(&s->shop, all);
	for (size_t i = 0; i < CRAFT_MAX_ANCHORS && wish->anchors[i]; i++)
		file_read(wish->anchors[i], &all[CRAFT_ANCHORS + i]);
	for (size_t i = 0; i < COUNT_OF(all); i++)
		spans[i] = buffer_span(&all[i]);
	court_open_many(&s->court, spans, COUNT_OF(spans), wish->database);
	for (size_t i = 0; i < COUNT_OF(all); i++)
		buffer_free(&all[i]);
}

static struct craft_stock *stock_of(struct craft_scene *s, const char *craft)
{
	for (size_t i = 0; i < s->n_stocks; i++)
		if (strcmp(s->stocks[i].craft->name, craft) == 0)
			return &s->stocks[i];
	return NULL;
}

static const char *keep(struct craft_scene *s, const char *text)
{
	const char *copy = arena_string(&s->arena, SPAN_TEXT(text));

	if (!copy)
		forge_fail("memory");
	return copy;
}

static void own_make(struct craft_scene *s, const struct craft *craft, unsigned n)
{
	/* No two crafts have the same contents: what an index knows is named by its digest. */
	unsigned first = (unsigned)s->n_stocks * CRAFT_MAX_FILES;
	struct craft_stock *stock = &s->stocks[s->n_stocks++];

	stock->craft = craft;
	for (unsigned i = 0; craft->make && i < n && i < CRAFT_MAX_FILES; i++) {
		struct craft_file *file = &stock->files[stock->n++];
		char name[64];

		(void)snprintf(name, sizeof(name), "%s-%u", craft->name, i);
		file->name = keep(s, name);
		file->number = first + i;
		file->known = i % 2 == 0;
		craft->make(&s->shop, first + i, file);
	}
}

/* What a file beside another is, by the end of its name. */
static uint8_t row_of(const char *path)
{
	size_t len = strlen(path);

	for (uint8_t i = 0; i < n_companion_rows; i++) {
		const char *suffix = companion_rows[i].suffix;
		size_t n = suffix ? strlen(suffix) : 0;

		if (n > 0 && len > n && strcmp(path + (len - n), suffix) == 0)
			return i;
	}
	return COMPANION_GIVEN;
}

static void foreign_add(struct craft_scene *s, char *const fields[FIELDS])
{
	struct craft_stock *stock = stock_of(s, fields[0]);
	struct craft_file *file;

	if (!stock || stock->n == CRAFT_MAX_FILES)
		forge_fail(fields[0]);
	file = &stock->files[stock->n++];
	file->name = keep(s, fields[2]);
	file->number = CRAFT_FOREIGN;
	file->known = strcmp(fields[1], "known") == 0;
	file_read(fields[3], &file->file);
	if (!fields[4])
		return;
	file_read(fields[4], &file->beside);
	file->row = row_of(fields[4]);
}

static void list_read(struct craft_scene *s, const char *path)
{
	char line[LINE_MAX_BYTES];
	FILE *list = fopen(path, "r");

	if (!list)
		forge_fail(path);
	while (fgets(line, sizeof(line), list)) {
		char *fields[FIELDS], *rest = line;

		line[strcspn(line, "\n")] = '\0';
		for (size_t i = 0; i < FIELDS; i++)
			fields[i] = strsep(&rest, "\t");
		if (!fields[FIELDS - 2])
			forge_fail(path);
		foreign_add(s, fields);
	}
	(void)fclose(list);
}

/* What only has its signature beside it may be of any kind. */
static bool is_format(const struct craft_stock *stock, const struct report *r)
{
	const char *format = stock->craft->format;

	return !format || strcmp(r->format ? r->format : "-", format) == 0;
}

/* A real file whose own signature does not hold proves nothing. */
static bool is_sound(const struct craft_stock *stock, const struct craft_file *file,
		     const struct report *r)
{
	return file->number != CRAFT_FOREIGN ||
	       (r->n_signatures > 0 &&
		(r->verdict == ASSAY_VERDICT_VALID || r->verdict == ASSAY_VERDICT_UNTRUSTED) &&
		is_format(stock, r));
}

static void truths_take(struct craft_scene *s, struct craft_stock *stock)
{
	size_t n = 0;

	for (size_t i = 0; i < stock->n; i++) {
		struct craft_file *file = &stock->files[i];
		const struct report *r = craft_judge(s, file);

		if (file->number != CRAFT_FOREIGN && !is_format(stock, r))
			forge_fail(file->name);
		if (!is_sound(stock, file, r)) {
			(void)fprintf(stderr, "crafts: %s is left out: %s (%s)\n", file->name,
				      assay_verdict_word(r->verdict), r->rule);
			craft_file_free(file);
			continue;
		}
		stock->truths[n] = (struct craft_truth){
			.verdict = r->verdict,
			.flagged = craft_flagged(r),
			.record = matrix_records(&s->arena, r, file->name),
		};
		stock->files[n++] = *file;
	}
	stock->n = n;
}

/* The known ones go into the index, all of them before anything is judged. */
static void index_make(struct craft_scene *s)
{
	struct donor *first = NULL;

	for (size_t i = 0; i < s->n_stocks; i++)
		for (size_t k = 0; k < s->stocks[i].n; k++) {
			struct donor *d = s->stocks[i].truths[k].record, *last = d;

			s->stocks[i].files[k].known &= d != NULL;
			if (!s->stocks[i].files[k].known)
				continue;
			while (last->next)
				last = last->next;
			last->next = first;
			first = d;
		}
	s->index = donors_of_run(first, NULL);
	if (!s->index)
		forge_fail("the index");
	s->court.engine.settings.donors = donors_index(s->index);
}

void craft_scene_open(struct craft_scene *s, const struct craft_wish *wish)
{
	size_t n = 0;

	*s = (struct craft_scene){ .arena = ARENA_INIT(SCENE_BYTES), .forge = forge_new() };
	craft_shop_open(&s->shop, s->forge);
	court_make(s, wish);
	for (size_t i = 0; i < n_craft_tables; i++)
		n += craft_tables[i]->n;
	s->stocks = ARENA_NEW(&s->arena, struct craft_stock, n);
	if (!s->stocks)
		forge_fail("memory");
	for (size_t i = 0; i < n_craft_tables; i++)
		for (size_t k = 0; k < craft_tables[i]->n; k++)
			own_make(s, &craft_tables[i]->crafts[k], wish->n_files);
	if (wish->list)
		list_read(s, wish->list);
	s->court.engine.settings.learn = true;
	for (size_t i = 0; i < s->n_stocks; i++)
		truths_take(s, &s->stocks[i]);
	s->court.engine.settings.learn = false;
	index_make(s);
}

void craft_scene_close(struct craft_scene *s)
{
	for (size_t i = 0; i < s->n_stocks; i++)
		for (size_t k = 0; k < s->stocks[i].n; k++)
			craft_file_free(&s->stocks[i].files[k]);
	donors_close(s->index);
	court_close(&s->court);
	craft_shop_close(&s->shop);
	arena_free(&s->arena);
	forge_free(s->forge);
}

void craft_tour(struct craft_scene *s, const struct craft_stock *stock, unsigned n_seeds,
		craft_visit *visit, void *context)
{
	for (size_t t = 0; t < stock->craft->n_tricks; t++) {
		const struct craft_trick *trick = &stock->craft->tricks[t];
		bool steals = trick->group == CRAFT_STOLEN;
		size_t n = steals ? stock->n - 1 : n_seeds;

		for (size_t d = 0; d < stock->n; d++)
			for (size_t i = 0; i < n; i++) {
				size_t h = stock->n == 1
						   ? 0
						   : (d + 1 + i % (stock->n - 1)) % stock->n;
				struct craft_cell cell = {
					.shop = &s->shop,
					.craft = stock->craft,
					.host = &stock->files[h],
					.donor = &stock->files[d],
					.seed = steals ? d * 1000 + h : i,
				};

				visit(context, trick, &cell, &stock->truths[d]);
			}
	}
}
