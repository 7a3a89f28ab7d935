/* SPDX-License-Identifier: MIT */
#include "graph/parts.h"

#include "base/escape.h"
#include "base/time.h"
#include "base/utf8.h"
#include "evidence/names.h"

/* The columns of D3FEND's matrix, from left to right. */
static const char *const tactics[TACTIC_COUNT] = {
	"Model", "Harden", "Detect", "Isolate", "Deceive", "Evict", "Restore", "Other",
};

const char *tactic_name(unsigned rank)
{
	return tactics[rank];
}

unsigned tactic_rank(const struct graph_node *node)
{
	if (node->kind != GRAPH_COUNTERMEASURE)
		return TACTIC_COUNT;
	for (unsigned i = 0; i + 1 < TACTIC_COUNT && node->n_tactics > 0; i++)
		if (strcmp(tactics[i], node->tactics[0]) == 0)
			return i;
	return TACTIC_COUNT - 1;
}

size_t tactic_members(const struct graph *g, unsigned rank)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n_nodes; i++)
		n += tactic_rank(&g->nodes[i]) == rank;
	return n;
}

static void note_part(struct buffer *out, size_t from, const char *before, const char *text)
{
	if (!text)
		return;
	buffer_text(out, out->len > from ? "; " : "");
	buffer_text(out, before);
	plain_add(out, text);
}

void state_event(struct buffer *out, const struct room_state *state)
{
	struct time_text at;

	if (!state->last_event)
		return;
	plain_add(out, state->last_event);
	if (state->last_event_at != 0 && time_format(state->last_event_at, &at))
		buffer_printf(out, ", %s", at.text);
}

void state_note(struct buffer *out, const struct room_state *state)
{
	size_t from = out->len;

	note_part(out, from, "", state->last_error);
	note_part(out, from, "needs ", state->needs);
	for (size_t i = 0; i < state->n_counts; i++) {
		note_part(out, from, "", state->counts[i].what);
		buffer_printf(out, " %llu", (unsigned long long)state->counts[i].n);
	}
	note_part(out, from, "", state->detail);
	if (!state->last_event)
		return;
	note_part(out, from, "last: ", "");
	state_event(out, state);
}

static void line_add(struct buffer *out, struct buffer *line, unsigned indent, unsigned width)
{
	buffer_char(line, '\0');
	if (buffer_status(line) != STATUS_OK)
		out->failed = true;
	text_wrap(out, buffer_string(line, 0), indent, width);
}

void state_lines(struct buffer *out, const struct room_state *state, unsigned indent,
		 unsigned width)
{
	CLEANUP(buffer_free) struct buffer event = BUFFER_INIT;
	const struct {
		const char *name, *text;
	} lines[] = {
		{"",              state->detail    },
		{ "needs ",       state->needs     },
		{ "last error: ", state->last_error},
	};

	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		CLEANUP(buffer_free) struct buffer line = BUFFER_INIT;

		if (!lines[i].text)
			continue;
		buffer_text(&line, lines[i].name);
		plain_add(&line, lines[i].text);
		line_add(out, &line, indent, width);
	}
	if (!state->last_event)
		return;
	buffer_text(&event, "last: ");
	state_event(&event, state);
	line_add(out, &event, indent, width);
}

const char *state_meaning(enum room_health health)
{
	switch (health) {
	case ROOM_UNKNOWN: return "cannot be told";
	case ROOM_NOT_BUILT: return "this program has no such room";
	case ROOM_OFF: return "built, and nobody asked for it";
	case ROOM_ACTIVE: return "does all that it is configured to do";
	case ROOM_DEGRADED: return "works, but lacks something";
	case ROOM_FAILED: return "configured, and does not work";
	}
	return "cannot be told";
}

const struct graph_edge *edge_from(const struct graph *g, size_t node,
				   enum graph_edge_kind kind)
{
	for (size_t i = 0; i < g->n_edges; i++)
		if (g->edges[i].from == node && g->edges[i].kind == kind)
			return &g->edges[i];
	return NULL;
}

/* Did an edge before this one say the same? */
static bool said_before(const struct graph *g, size_t edge)
{
	const struct graph_edge *e = &g->edges[edge];

	for (size_t i = 0; i < edge; i++)
		if (g->edges[i].from == e->from && g->edges[i].kind == e->kind &&
		    strcmp(g->edges[i].property, e->property) == 0)
			return true;
	return false;
}

void verbs_add(struct buffer *out, const struct graph *g, size_t node,
	       enum graph_edge_kind kind)
{
	bool first = true;

	for (size_t i = 0; i < g->n_edges; i++) {
		if (g->edges[i].from != node || g->edges[i].kind != kind || said_before(g, i))
			continue;
		if (!first)
			buffer_text(out, ", ");
		plain_add(out, g->edges[i].property);
		first = false;
	}
}

/* Tactics that have no verb of their own in D3FEND 1.2.0. */
bool verb_is_declared(const char *property)
{
	return strcmp(property, "may-restore") != 0 && strcmp(property, "may-model") != 0;
}

void source_add(struct buffer *out, const struct graph_source *source)
{
	buffer_text(out, "D3FEND ");
	plain_add(out, source->version ? source->version : "of unknown version");
	if (source->name) {
		buffer_text(out, ", ");
		plain_add(out, source->name);
	}
}

void plain_add(struct buffer *out, const char *text)
{
	escape_text(out, SPAN_TEXT(text));
}

/* How many characters, each being a column. */
static size_t columns_of(struct span text)
{
	size_t n = 0;

	for (uint64_t at = 0; at < text.len; n++)
		at += utf8_at(text, at).len;
	return n;
}

#define CUT "..." /* of ASCII: a terminal need not know more */

void column_add(struct buffer *out, const char *text, size_t width)
{
	const size_t cut = sizeof(CUT) - 1;
	size_t from = out->len, n;

	plain_add(out, text);
	n = columns_of(span_after(buffer_span(out), from));
	if (n > width) {
		struct span all = span_after(buffer_span(out), from);
		uint64_t at = 0;

		for (n = 0; n + cut < width; n++)
			at += utf8_at(all, at).len;
		buffer_cut(out, from + at);
		buffer_text(out, CUT);
		n += cut;
	}
	for (; n <= width; n++)
		buffer_char(out, ' ');
}

/* RFC 3986: unreserved characters; the rest is escaped, so that an IRI stays one token. */
static bool is_unreserved(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

void iri_add(struct buffer *out, const char *space, const char *name)
{
	struct span text = SPAN_TEXT(name);

	buffer_text(out, space);
	for (uint64_t i = 0; i < text.len; i++) {
		if (is_unreserved(span_at(text, i)))
			buffer_char(out, (char)span_at(text, i));
		else
			buffer_printf(out, "%%%02X", span_at(text, i));
	}
}

void source_json(struct json *j, const struct graph_source *source)
{
	json_object(j, "ontology");
	json_text(j, "version", source->version);
	json_text(j, "commit", source->commit);
	json_text(j, "sha256", source->sha256);
	json_text(j, "file", source->name);
	json_end(j);
}

void state_json(struct json *j, const struct room_state *state)
{
	json_text(j, "state", room_health_word(state->health));
	json_bool(j, "built", state->built);
	json_bool(j, "configured", state->configured);
	json_text(j, "detail", state->detail);
	json_text(j, "needs", state->needs);
	json_text(j, "last_event", state->last_event);
	if (state->last_event_at)
		json_time(j, "last_event_at", state->last_event_at);
	else
		json_null(j, "last_event_at");
	json_text(j, "last_error", state->last_error);
	json_array(j, "counts");
	for (size_t i = 0; i < state->n_counts; i++) {
		json_object(j, NULL);
		json_text(j, "what", state->counts[i].what);
		json_u64(j, "n", state->counts[i].n);
		json_end(j);
	}
	json_end(j);
}

void class_json(struct json *j, const char *key, const struct graph_class *class)
{
	json_object(j, key);
	json_text(j, "class", class->name);
	json_text(j, "label", class->label);
	json_text(j, "family", graph_family_word(class->family));
	json_end(j);
}
