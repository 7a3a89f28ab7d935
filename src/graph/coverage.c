/* SPDX-License-Identifier: MIT */
/* What of ATT&CK's and D3FEND's answers to a technique works on this host. */
#include "graph/coverage.h"

#include "evidence/attack.h"
#include "evidence/names.h"
#include "formats/format.h"

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

/* Of what ATT&CK asks, everything hangs on the room that judges signatures, or on those that
 * act on the answer. */
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
const char *const coverage_requiring[] = { "D3-EAL", "D3-EDL", NULL };

/* Programs of a platform are judged by the room of their format, if there is one. */
enum room_health coverage_of_platform(const struct graph *g, const char *platform)
{
	for (size_t i = 0; i < n_formats; i++) {
		const struct attack_analytic_row *row = attack_of_format(formats[i]->name);

		if (row && strcmp(row->platform, platform) == 0)
			return coverage_of(g, coverage_judging);
	}
	return ROOM_NOT_BUILT;
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

static void attack_add(struct buffer *out, const struct graph *g, unsigned width)
{
	const struct attack_facts *a = g->attack;
	enum room_health judging = coverage_of(g, coverage_judging);

	buffer_printf(out, "ATT&CK %s\n", a->version);
	row_add(out, a->technique, g->nodes[0].class.label, judging, "told by: assay scan",
		width);
	row_add(out, a->strategy, a->strategy_name, judging, "told by: assay scan", width);
	for (size_t i = 0; i < a->n_analytics; i++) {
		enum room_health health = coverage_of_platform(g, a->analytics[i].platform);

		row_add(out, a->analytics[i].id, a->analytics[i].platform, health,
			health == ROOM_NOT_BUILT ? "needs a format that is not built"
						 : "told by: assay scan",
			width);
		note_add(out, a->analytics[i].given, width);
	}
	row_add(out, a->mitigation, a->mitigation_name, coverage_of(g, coverage_requiring),
		"would be required by: D3-EAL, D3-EDL", width);
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
	if (!built)
		return;
	note_add(out, n->state.detail, width);
	note_add(out, n->state.needs, width);
	note_add(out, n->state.last_error, width);
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
