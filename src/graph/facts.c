/* SPDX-License-Identifier: MIT */
/* The rows: a word, then columns with tabs between them.  "-" stands for nothing. */
#include "graph/facts.h"

#include "base/hex.h"
#include "base/utf8.h"

#define MAX_COLUMNS 5
#define MAX_LINE    512

extern const char facts_text[]; /* data/d3fend-facts.tsv, compiled in */
extern const char words_text[]; /* data/technique-words.tsv */

struct reader {
	struct facts *f;
	struct arena *arena;
	const char *why;                 /* what is wrong with the line */
	const char *column[MAX_COLUMNS]; /* behind the word; never empty */
};

static enum status refuse(struct reader *r, const char *why)
{
	r->why = why;
	return STATUS_MALFORMED;
}

static struct index_class *class_of(const struct reader *r, size_t column)
{
	struct index_class *c =
		index_get(&r->f->index, SPAN_TEXT(r->column[column]), true, false);

	return c && c->described ? c : NULL;
}

static const char *optional(const struct reader *r, size_t column)
{
	return strcmp(r->column[column], "-") == 0 ? NULL : r->column[column];
}

/* Which of @n words it is; @n: none. */
static size_t word_of(const struct reader *r, size_t column, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], r->column[column]) == 0)
			return i;
	return n;
}

/* Sets the one of @to that the first column names, once. */
static enum status key_set(struct reader *r, const char *const *keys, const char **const *to,
			   size_t n)
{
	size_t i = word_of(r, 0, keys, n);

	if (i == n || *to[i])
		return refuse(r, "a key that is none, or stands there twice");
	*to[i] = r->column[1];
	return STATUS_OK;
}

static enum status read_source(struct reader *r)
{
	static const char *const keys[] = { "version", "published", "commit", "sha256" };
	struct graph_source *s = &r->f->source;
	const char **const to[] = { &s->version, &s->published, &s->commit, &s->sha256 };
	uint8_t digest[32];

	TRY(key_set(r, keys, to, COUNT_OF(keys)));
	if (s->sha256 && !hex_parse(SPAN_TEXT(s->sha256), digest, sizeof(digest)))
		return refuse(r, "64 hex digits are expected");
	return STATUS_OK;
}

static enum status read_attack(struct reader *r)
{
	static const char *const keys[] = {
		"technique",  "tactic",          "tactic-name",      "version",
		"strategy",   "strategy-name",   "strategy-version", "strategy-date",
		"mitigation", "mitigation-name",
	};
	struct attack_facts *t = &r->f->attack;
	const char **const to[] = {
		&t->technique,  &t->tactic,          &t->tactic_name,      &t->version,
		&t->strategy,   &t->strategy_name,   &t->strategy_version, &t->strategy_date,
		&t->mitigation, &t->mitigation_name,
	};

	return key_set(r, keys, to, COUNT_OF(keys));
}

static enum status read_class(struct reader *r)
{
	struct index_class *c;
	const char **id;

	if (r->f->index.n == FACTS_MAX_CLASSES)
		return refuse(r, "too many classes");
	TRY(index_take(&r->f->index, SPAN_TEXT(r->column[0]), true, false, &c));
	if (c->described)
		return refuse(r, "this class stands there twice");
	c->described = true;
	TRY(index_label(&r->f->index, c, SPAN_TEXT(r->column[1]), 0));
	if (!optional(r, 2))
		return STATUS_OK;
	id = strncmp(r->column[2], "D3-", 3) == 0 ? &c->d3fend_id : &c->attack_id;
	return index_id(&r->f->index, id, SPAN_TEXT(r->column[2]));
}

static enum status read_super(struct reader *r)
{
	struct index_class *from = class_of(r, 0), *to = class_of(r, 1);

	if (!from || !to)
		return refuse(r, "a class without a row");
	return index_link(&r->f->index, from, LINK_SUPER, NULL, to);
}

static enum status read_restriction(struct reader *r)
{
	struct index_class *from = class_of(r, 0), *to = class_of(r, 2);

	if (!from || !to)
		return refuse(r, "a class without a row");
	return index_link(&r->f->index, from, LINK_RESTRICTION, r->column[1], to);
}

static enum status read_alias(struct reader *r)
{
	struct index_class *c = class_of(r, 0);

	if (!c)
		return refuse(r, "a class without a row");
	return index_alias(&r->f->index, c, SPAN_TEXT(r->column[1]));
}

static enum status read_node(struct reader *r)
{
	static const char *const kinds[] = { "technique", "artifact", "countermeasure" };
	struct facts_node *node = &r->f->nodes[r->f->n_nodes];
	size_t kind = word_of(r, 1, kinds, COUNT_OF(kinds));

	if (r->f->n_nodes == FACTS_MAX_NODES)
		return refuse(r, "too many nodes");
	*node = (struct facts_node){ .class = class_of(r, 0), .command = optional(r, 2) };
	if (!node->class || facts_node(r->f, r->column[0]) || kind == COUNT_OF(kinds))
		return refuse(r, "no class, no kind, or a node that stands there twice");
	node->kind = (enum graph_node_kind)((size_t)GRAPH_TECHNIQUE + kind);
	r->f->n_nodes++;
	return STATUS_OK;
}

/* The node that a person calls so; .n_nodes: none. */
static size_t node_of(const struct reader *r, size_t column)
{
	size_t i = 0;

	while (i < r->f->n_nodes &&
	       strcmp(index_id_of(r->f->nodes[i].class), r->column[column]) != 0)
		i++;
	return i;
}

static enum status read_edge(struct reader *r)
{
	static const char *const kinds[] = { "asserted", "inferred" };
	struct facts *f = r->f;
	size_t kind = word_of(r, 4, kinds, COUNT_OF(kinds));
	struct graph_edge edge = { .from = node_of(r, 0),
				   .to = node_of(r, 2),
				   .property = r->column[1],
				   .asserted_on = optional(r, 3) };

	if (f->n_edges == FACTS_MAX_EDGES)
		return refuse(r, "too many edges");
	if (edge.from == f->n_nodes || edge.to == f->n_nodes || kind == COUNT_OF(kinds))
		return refuse(r, "an end that is no node, or no kind");
	edge.kind = (enum graph_edge_kind)((size_t)GRAPH_ASSERTED + kind);
	if ((edge.kind == GRAPH_ASSERTED) != (edge.asserted_on != NULL) ||
	    (edge.asserted_on && !class_of(r, 3)))
		return refuse(r, "what is asserted is asserted on a class, nothing else is");
	for (size_t i = 0; i < f->n_edges; i++)
		if (f->edges[i].from == edge.from && f->edges[i].to == edge.to &&
		    strcmp(f->edges[i].property, edge.property) == 0)
			return refuse(r, "this edge stands there twice");
	f->edges[f->n_edges++] = edge;
	return STATUS_OK;
}

static enum status read_gap(struct reader *r)
{
	static const char *const kinds[] = { "own", "inherited", "related" };
	struct facts_gap *gap = &r->f->gaps[r->f->n_gaps];
	size_t kind = word_of(r, 1, kinds, COUNT_OF(kinds)), n;
	const struct index_class *c = index_find(&r->f->index, r->column[0], &n);

	if (r->f->n_gaps == FACTS_MAX_GAPS)
		return refuse(r, "too many gaps");
	if (!c || n != 1 || !c->d3fend_id || kind == COUNT_OF(kinds))
		return refuse(r, "no id of one class, or no kind");
	if (facts_node(r->f, c->name) || facts_gap(r->f, c->name))
		return refuse(r, "a node or a gap already");
	*gap = (struct facts_gap){ .class = c,
				   .kind = (enum graph_gap_kind)((size_t)GRAPH_GAP_OWN + kind),
				   .for_us = r->column[2] };
	r->f->n_gaps++;
	return STATUS_OK;
}

static enum status list_add(struct reader *r, const char **list, size_t *n, size_t column)
{
	if (*n == FACTS_MAX_LIST)
		return refuse(r, "too many of these");
	list[(*n)++] = r->column[column];
	return STATUS_OK;
}

static enum status read_platform(struct reader *r)
{
	return list_add(r, r->f->platforms, &r->f->attack.n_platforms, 0);
}

static enum status read_control(struct reader *r)
{
	return list_add(r, r->f->controls, &r->f->attack.n_controls, 0);
}

static struct facts_analytic *analytic_of(struct reader *r)
{
	for (size_t i = 0; i < r->f->attack.n_analytics; i++)
		if (strcmp(r->f->analytics[i].analytic.id, r->column[0]) == 0)
			return &r->f->analytics[i];
	return NULL;
}

static enum status read_analytic(struct reader *r)
{
	size_t *n = &r->f->attack.n_analytics;

	if (*n == FACTS_MAX_LIST || analytic_of(r))
		return refuse(r, "too many of these, or the same again");
	r->f->analytics[(*n)++].analytic = (struct attack_analytic){ .id = r->column[0],
								     .platform = r->column[1],
								     .given = r->column[2] };
	return STATUS_OK;
}

static enum status read_component(struct reader *r)
{
	struct facts_analytic *a = analytic_of(r);

	if (!a || a->analytic.n_components == FACTS_MAX_LIST)
		return refuse(r, "no analytic of this id, or too many of these");
	a->components[a->analytic.n_components++] =
		(struct attack_component){ r->column[1], r->column[2], r->column[3],
					   optional(r, 4) };
	return STATUS_OK;
}

static enum status read_element(struct reader *r)
{
	struct facts_analytic *a = analytic_of(r);

	if (!a)
		return refuse(r, "no analytic of this id");
	return list_add(r, a->elements, &a->analytic.n_elements, 1);
}

static enum status read_about(struct reader *r)
{
	for (size_t i = 0; i < r->f->n_nodes; i++) {
		struct facts_node *node = &r->f->nodes[i];

		if (strcmp(index_id_of(node->class), r->column[0]) != 0)
			continue;
		if (node->about)
			return refuse(r, "words for this node stand there twice");
		node->about = r->column[1];
		return STATUS_OK;
	}
	return refuse(r, "no node of this id");
}

static const struct row {
	const char *word;
	size_t n_columns;
	enum status (*read)(struct reader *r);
} rows[] = {
	{"source",       2, read_source     },
        { "class",       3, read_class      },
	{ "super",       2, read_super      },
        { "restriction", 3, read_restriction},
	{ "alias",       2, read_alias      },
        { "node",        3, read_node       },
	{ "edge",        5, read_edge       },
        { "gap",         3, read_gap        },
	{ "attack",      2, read_attack     },
        { "platform",    1, read_platform   },
	{ "control",     1, read_control    },
        { "analytic",    3, read_analytic   },
	{ "component",   5, read_component  },
        { "element",     2, read_element    },
	{ "about",       2, read_about      },
};

/* The text up to the next @end, and what stands behind it. */
static struct span part_next(struct span *rest, char end)
{
	struct span part = *rest;
	uint64_t at;

	if (!span_find(*rest, (struct span){ (const uint8_t *)&end, 1 }, 0, &at)) {
		*rest = SPAN_NONE;
		return part;
	}
	*rest = span_after(*rest, at + 1);
	return span_clip(part, 0, at);
}

static enum status line_read(struct reader *r, struct span line)
{
	struct span word = part_next(&line, '\t');
	const struct row *row = NULL;

	for (size_t i = 0; i < COUNT_OF(rows) && !row; i++)
		if (span_equal(word, SPAN_TEXT(rows[i].word)))
			row = &rows[i];
	if (!row)
		return refuse(r, "begins with no word that is known");
	for (size_t i = 0; i < row->n_columns; i++) {
		struct span column = part_next(&line, '\t');

		if (column.len == 0)
			return refuse(r, "a column is missing or empty");
		r->column[i] = arena_string(r->arena, column);
		if (!r->column[i])
			return STATUS_NO_MEMORY;
	}
	return line.len == 0 ? row->read(r) : refuse(r, "more columns than there may be");
}

static enum status text_read(struct reader *r, struct span text, const char **problem)
{
	for (size_t number = 1; text.len > 0; number++) {
		struct span line = part_next(&text, '\n');
		enum status status;

		if (line.len == 0 || span_at(line, 0) == '#')
			continue;
		status = line.len > MAX_LINE || !utf8_valid(line)
				 ? refuse(r, "too long, or no UTF-8")
				 : line_read(r, line);
		if (status == STATUS_MALFORMED)
			*problem = arena_printf(r->arena, "line %zu: %s", number, r->why);
		TRY(status);
	}
	return STATUS_OK;
}

/* What every reader of the facts may rely on. */
static const char *missing(const struct facts *f)
{
	const struct attack_facts *t = &f->attack;

	if (!f->source.version || !f->source.published || !f->source.commit ||
	    !f->source.sha256)
		return "no source";
	if (!t->technique || !t->tactic || !t->tactic_name || !t->version || !t->strategy ||
	    !t->strategy_name || !t->strategy_version || !t->strategy_date || !t->mitigation ||
	    !t->mitigation_name)
		return "not all of ATT&CK";
	for (size_t i = 0; i < f->n_nodes; i++)
		if (!f->nodes[i].about)
			return "a node without words";
	return f->n_nodes == 0 || f->n_edges == 0 ? "no graph" : NULL;
}

static enum status analytics_list(struct arena *a, struct facts *f)
{
	struct attack_analytic *list =
		ARENA_NEW(a, struct attack_analytic, f->attack.n_analytics + 1);

	if (!list)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < f->attack.n_analytics; i++) {
		list[i] = f->analytics[i].analytic;
		list[i].components = f->analytics[i].components;
		list[i].elements = f->analytics[i].elements;
	}
	f->attack.analytics = list;
	f->attack.platforms = f->platforms;
	f->attack.controls = f->controls;
	return STATUS_OK;
}

enum status facts_read(struct arena *a, struct span relations, struct span words,
		       struct facts *out, const char **problem)
{
	struct reader r = { .f = out, .arena = a };

	*out = (struct facts){ 0 };
	*problem = NULL;
	TRY(index_begin(&out->index, a));
	TRY(text_read(&r, relations, problem));
	TRY(text_read(&r, words, problem));
	*problem = missing(out);
	if (*problem)
		return STATUS_MALFORMED;
	TRY(index_finish(&out->index));
	return analytics_list(a, out);
}

enum status facts_default(struct arena *a, const struct facts **out)
{
	struct facts *f = ARENA_NEW(a, struct facts, 1);
	const char *problem;

	*out = f;
	if (!f)
		return STATUS_NO_MEMORY;
	return facts_read(a, SPAN_TEXT(facts_text), SPAN_TEXT(words_text), f, &problem);
}

const struct facts_node *facts_node(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->n_nodes; i++)
		if (strcmp(f->nodes[i].class->name, name) == 0)
			return &f->nodes[i];
	return NULL;
}

const struct facts_gap *facts_gap(const struct facts *f, const char *name)
{
	for (size_t i = 0; i < f->n_gaps; i++)
		if (strcmp(f->gaps[i].class->name, name) == 0)
			return &f->gaps[i];
	return NULL;
}
