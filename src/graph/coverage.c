/* SPDX-License-Identifier: MIT */
/* What of ATT&CK's and D3FEND's answers to a technique works on this host. */
#include "graph/coverage.h"

#include "evidence/names.h"
#include "formats/format.h"
#include "trust/sets.h"

#define LEAST_WIDTH  40
#define WIDE         98 /* from here on a row stands on one line */
#define ID_COLUMN    10
#define NAME_COLUMN  34
#define STATE_COLUMN 10

/* What a room that nobody configured fails to do is no lack. */
enum coverage_answer coverage_judge(const struct graph *g)
{
	enum coverage_answer answer = COVERAGE_WORKS;

	for (size_t i = 0; i < g->n_nodes; i++) {
		enum room_health health = g->nodes[i].state.health;

		if (g->nodes[i].kind != GRAPH_COUNTERMEASURE)
			continue;
		if (health == ROOM_FAILED || health == ROOM_DEGRADED)
			return COVERAGE_LACKS;
		if (health == ROOM_UNKNOWN)
			answer = COVERAGE_UNKNOWN;
	}
	return answer;
}

size_t coverage_count(const struct graph *g, enum room_health health)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n_nodes; i++)
		n += g->nodes[i].kind == GRAPH_COUNTERMEASURE &&
		     g->nodes[i].state.health == health;
	return n;
}

/* Of what ATT&CK asks, everything hangs on the room that judges signatures, or on the one that
 * requires them. */
enum room_health coverage_of(const struct graph *g, const char *const *ids)
{
	enum room_health best = ROOM_NOT_BUILT;
	/* A better word further behind; unknown beats only what is not there. */
	static const enum room_health order[] = {
		ROOM_NOT_BUILT, ROOM_OFF, ROOM_UNKNOWN, ROOM_FAILED, ROOM_DEGRADED, ROOM_ACTIVE,
	};
	size_t place = 0;

	for (size_t i = 0; ids[i]; i++) {
		const struct graph_node *n = graph_find(g, ids[i]);

		for (size_t k = 0; n && k < COUNT_OF(order); k++)
			if (n->state.health == order[k] && k > place) {
				place = k;
				best = order[k];
			}
	}
	return best;
}

const char *const coverage_judging[] = { "D3-FA", NULL };
const char *const coverage_requiring[] = { "D3-EAL", NULL };

static unsigned sets_of(const struct graph *g)
{
	const struct graph_node *judge = graph_find(g, coverage_judging[0]);

	return judge ? judge->state.sets : 0;
}

enum room_health coverage_of_platform(const struct graph *g, const char *platform,
				      const struct attack_analytic_row **row)
{
	for (size_t i = 0; i < n_formats; i++) {
		enum room_health health;

		*row = attack_of_format(formats[i]->name);
		if (!*row || strcmp((*row)->platform, platform) != 0)
			continue;
		health = coverage_of(g, coverage_judging);
		if (health == ROOM_ACTIVE && (sets_of(g) & (*row)->sets) == 0)
			return ROOM_DEGRADED;
		return health;
	}
	*row = NULL;
	return ROOM_NOT_BUILT;
}

enum room_health coverage_of_component(const struct graph *g, const struct attack_analytic *of,
				       const struct attack_component *component)
{
	const char *const by[] = { component->by, NULL };
	const struct attack_analytic_row *row;
	enum room_health platform = coverage_of_platform(g, of->platform, &row);

	/* Who judges nothing of that platform sees nothing there. */
	return platform == ROOM_ACTIVE ? coverage_of(g, by)
	       : component->by         ? platform
				       : ROOM_NOT_BUILT;
}

enum room_health coverage_of_analytic(const struct graph *g, const struct attack_analytic *of)
{
	const struct attack_analytic_row *row;
	enum room_health health = coverage_of_platform(g, of->platform, &row);

	for (size_t i = 0; health == ROOM_ACTIVE && i < of->n_components; i++)
		if (coverage_of_component(g, of, &of->components[i]) != ROOM_ACTIVE)
			return ROOM_DEGRADED;
	return health;
}

enum room_health coverage_of_strategy(const struct graph *g)
{
	enum room_health health = coverage_of(g, coverage_judging);

	for (size_t i = 0; health == ROOM_ACTIVE && i < g->attack->n_analytics; i++)
		if (coverage_of_analytic(g, &g->attack->analytics[i]) != ROOM_ACTIVE)
			return ROOM_DEGRADED;
	return health;
}

enum room_health coverage_of_technique(const struct graph *g)
{
	enum room_health health = coverage_of(g, coverage_judging);
	const struct attack_analytic_row *row;

	for (size_t i = 0; health == ROOM_ACTIVE && i < g->attack->n_analytics; i++)
		if (coverage_of_platform(g, g->attack->analytics[i].platform, &row) ==
		    ROOM_ACTIVE)
			return ROOM_ACTIVE;
	return health == ROOM_ACTIVE ? ROOM_DEGRADED : health;
}

/* ---- text ---- */

static void note_add(struct buffer *out, const char *text, unsigned width)
{
	CLEANUP(buffer_free) struct buffer plain = BUFFER_INIT;

	if (!text)
		return;
	plain_add(&plain, text);
	buffer_char(&plain, '\0');
	if (buffer_status(&plain) != STATUS_OK)
		out->failed = true;
	text_wrap(out, buffer_string(&plain, 0), ID_COLUMN + 1, width);
}

/* Where there is little room, @by stands below. */
static void row_add(struct buffer *out, const char *id, const char *name,
		    enum room_health health, const char *by, unsigned width)
{
	size_t room = width - ID_COLUMN - STATE_COLUMN - 2;

	column_add(out, id, ID_COLUMN);
	column_add(out, name, width >= WIDE || room > NAME_COLUMN ? NAME_COLUMN : room);
	if (width < WIDE) {
		buffer_printf(out, "%s\n", room_health_word(health));
		note_add(out, by, width);
		return;
	}
	column_add(out, room_health_word(health), STATE_COLUMN);
	plain_add(out, by);
	buffer_char(out, '\n');
}

/* What an analytic wants to see and nothing here sees. */
static void unseen_add(struct buffer *out, const struct graph *g,
		       const struct attack_analytic *of, unsigned width)
{
	CLEANUP(buffer_free) struct buffer line = BUFFER_INIT;

	for (size_t i = 0; i < of->n_components; i++) {
		const struct attack_component *c = &of->components[i];

		if (coverage_of_component(g, of, c) == ROOM_NOT_BUILT)
			buffer_printf(&line, "%s%s %s", line.len ? ", " : "not seen: ", c->id,
				      c->name);
	}
	if (line.len == 0)
		return;
	buffer_char(&line, '\0');
	if (buffer_status(&line) != STATUS_OK)
		out->failed = true;
	note_add(out, buffer_string(&line, 0), width);
}

static void analytic_add(struct buffer *out, const struct graph *g,
			 const struct attack_analytic *of, unsigned width)
{
	const struct attack_analytic_row *row;
	enum room_health platform = coverage_of_platform(g, of->platform, &row);

	row_add(out, of->id, of->platform, coverage_of_analytic(g, of),
		platform == ROOM_NOT_BUILT ? "needs a format that is not built"
					   : "told by: assay scan",
		width);
	note_add(out, of->given, width);
	if (platform == ROOM_NOT_BUILT)
		return;
	unseen_add(out, g, of, width);
	for (size_t i = 0; i < TRUST_SETS; i++) {
		CLEANUP(buffer_free) struct buffer line = BUFFER_INIT;

		if ((row->sets & (unsigned)trust_sets[i].set) == 0 ||
		    (sets_of(g) & row->sets) != 0)
			continue;
		buffer_printf(&line, "needs anchors of %s (assay trust)", trust_sets[i].name);
		buffer_char(&line, '\0');
		if (buffer_status(&line) != STATUS_OK)
			out->failed = true;
		note_add(out, buffer_string(&line, 0), width);
	}
}

static void attack_add(struct buffer *out, const struct graph *g, unsigned width)
{
	const struct attack_facts *a = g->attack;

	buffer_printf(out, "ATT&CK %s\n", a->version);
	row_add(out, a->technique, g->nodes[0].class.label, coverage_of_technique(g),
		"told by: assay scan", width);
	row_add(out, a->strategy, a->strategy_name, coverage_of_strategy(g),
		"told by: assay scan", width);
	for (size_t i = 0; i < a->n_analytics; i++)
		analytic_add(out, g, &a->analytics[i], width);
	row_add(out, a->mitigation, a->mitigation_name, coverage_of(g, coverage_requiring),
		"would be required by: D3-EAL", width);
}

static void defence_add(struct buffer *out, const struct graph_node *n, unsigned width)
{
	CLEANUP(buffer_free) struct buffer by = BUFFER_INIT;
	bool built = n->state.health != ROOM_NOT_BUILT;

	buffer_text(&by, tactic_name(tactic_rank(n)));
	if (n->command)
		buffer_printf(&by, "; %s %s", built ? "assay" : "planned:", n->command);
	buffer_char(&by, '\0');
	if (buffer_status(&by) != STATUS_OK)
		out->failed = true;
	row_add(out, n->id, n->class.label, n->state.health, buffer_string(&by, 0), width);
	if (built)
		state_lines(out, &n->state, ID_COLUMN + 1, width);
}

/* Two lines, for the counts fit into the narrowest width then. */
static void counts_add(struct buffer *out, const struct graph *g)
{
	buffer_printf(out, "\n%zu active, %zu degraded, %zu failed\n",
		      coverage_count(g, ROOM_ACTIVE), coverage_count(g, ROOM_DEGRADED),
		      coverage_count(g, ROOM_FAILED));
	buffer_printf(out, "%zu off, %zu not built, %zu unknown\n", coverage_count(g, ROOM_OFF),
		      coverage_count(g, ROOM_NOT_BUILT), coverage_count(g, ROOM_UNKNOWN));
}

void coverage_text(struct buffer *out, const struct graph *g, unsigned width)
{
	if (width < LEAST_WIDTH)
		width = LEAST_WIDTH;
	if (g->attack)
		attack_add(out, g, width);
	buffer_char(out, '\n');
	source_add(out, &g->source);
	buffer_char(out, '\n');
	for (unsigned rank = 0; rank < TACTIC_COUNT; rank++)
		for (size_t i = 0; i < g->n_nodes; i++)
			if (tactic_rank(&g->nodes[i]) == rank)
				defence_add(out, &g->nodes[i], width);
	counts_add(out, g);
}
