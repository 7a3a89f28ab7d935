/* SPDX-License-Identifier: MIT */
/*
 * RDF 1.1, as JSON-LD 1.1 and as Turtle: the same triples in both.
 *
 * What D3FEND asserts stands in its namespace.  What is inferred is a statement
 * about a statement (RDF Schema, 5.3, reification) with assay:inferredBy, so that
 * nobody can load it as an assertion; states of this host are ours alone.
 */
#include "graph/parts.h"

#include "base/escape.h"
#include "base/utf8.h"

#define RDF  "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#define RDFS "http://www.w3.org/2000/01/rdf-schema#"
#define OURS GRAPH_OWN_NAMESPACE

/* Subjects come one after another, each with its properties. */
struct rdf {
	struct buffer *out;
	bool turtle;
	struct json j;
	bool filled; /* turtle: the subject has a property already */
};

/* ---- names ---- */

/* An IRI inside <>: what Turtle does not allow there is escaped (IRIREF). */
static void iri_write(struct buffer *out, const char *iri)
{
	struct span all = SPAN_TEXT(iri);

	for (uint64_t i = 0; i < all.len; i++) {
		uint8_t c = span_at(all, i);

		if (c <= 0x20 || c >= 0x7F || strchr("<>\"{}|^`\\", c))
			buffer_printf(out, "%%%02X", c);
		else
			buffer_char(out, (char)c);
	}
}

/* As a string. */
static const char *name_end(struct rdf *r, struct buffer *b)
{
	buffer_char(b, '\0');
	if (buffer_status(b) != STATUS_OK)
		r->out->failed = true;
	return buffer_string(b, 0);
}

/* ---- writing ---- */

static void subject_begin(struct rdf *r, const char *iri)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

	iri_write(&b, iri);
	if (r->turtle) {
		buffer_printf(r->out, "<%s>", name_end(r, &b));
		r->filled = false;
		return;
	}
	json_object(&r->j, NULL);
	json_text(&r->j, "@id", name_end(r, &b));
}

static void subject_end(struct rdf *r)
{
	if (r->turtle)
		buffer_text(r->out, " .\n");
	else
		json_end(&r->j);
}

/* JSON-LD names types in a member of their own. */
static bool is_type(const char *property)
{
	return strcmp(property, RDF "type") == 0;
}

static void turtle_property(struct rdf *r, const char *property)
{
	buffer_text(r->out, r->filled ? " ;\n    <" : "\n    <");
	iri_write(r->out, property);
	buffer_text(r->out, "> ");
	r->filled = true;
}

static void link_add(struct rdf *r, const char *property, const char *iri)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT, key = BUFFER_INIT;

	iri_write(&b, iri);
	iri_write(&key, property);
	if (r->turtle) {
		turtle_property(r, property);
		buffer_printf(r->out, "<%s>", name_end(r, &b));
	} else if (is_type(property)) {
		json_text(&r->j, "@type", name_end(r, &b));
	} else {
		json_object(&r->j, name_end(r, &key));
		json_text(&r->j, "@id", name_end(r, &b));
		json_end(&r->j);
	}
}

/* A string of Turtle: what is no plain character is as \\uNNNN (6.4, STRING_LITERAL_QUOTE). */
static void turtle_string(struct buffer *out, const char *text)
{
	struct span all = SPAN_TEXT(text);
	struct utf8_char c;

	buffer_char(out, '"');
	for (uint64_t at = 0; at < all.len; at += c.len) {
		c = utf8_at(all, at);
		if (!c.valid)
			utf8_add(out, UTF8_REPLACEMENT);
		else if (c.code > 0xFFFF && escape_hides(c.code))
			buffer_printf(out, "\\U%08X", c.code);
		else if (c.code == '"' || c.code == '\\' || escape_hides(c.code))
			buffer_printf(out, "\\u%04X", c.code);
		else
			buffer_add(out, span_clip(all, at, c.len));
	}
	buffer_char(out, '"');
}

/* Nothing is said when @text is NULL. */
static void text_add(struct rdf *r, const char *property, const char *text)
{
	if (!text)
		return;
	if (r->turtle) {
		turtle_property(r, property);
		turtle_string(r->out, text);
		return;
	}
	json_text(&r->j, property, text);
}

/* ---- what is said ---- */

/* A link to @space and @name. */
static void name_add(struct rdf *r, const char *property, const char *space, const char *name)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

	buffer_text(&b, space);
	buffer_text(&b, name);
	link_add(r, property, name_end(r, &b));
}

/* ours:room-D3-FA, ours:D3-FA-may-detect-T1036.001 */
static void own_begin(struct rdf *r, const char *a, const char *b, const char *c)
{
	CLEANUP(buffer_free) struct buffer iri = BUFFER_INIT;

	buffer_text(&iri, OURS);
	iri_add(&iri, "", a);
	buffer_char(&iri, '-');
	iri_add(&iri, "", b);
	if (c) {
		buffer_char(&iri, '-');
		iri_add(&iri, "", c);
	}
	subject_begin(r, name_end(r, &iri));
}

static const char *verb_space(const struct graph_edge *e)
{
	return verb_is_declared(e->property) ? GRAPH_NAMESPACE : OURS;
}

static void add_node(struct rdf *r, const struct graph_node *n)
{
	subject_begin(r, n->class.uri);
	text_add(r, RDFS "label", n->class.label);
	if (n->kind == GRAPH_TECHNIQUE)
		text_add(r, GRAPH_NAMESPACE "attack-id", n->id);
	if (n->kind == GRAPH_COUNTERMEASURE)
		text_add(r, GRAPH_NAMESPACE "d3fend-id", n->id);
	if (n->n_chain > 1)
		link_add(r, RDFS "subClassOf", n->chain[1].class.uri);
	subject_end(r);
}

static void add_asserted(struct rdf *r, const struct graph *g, const struct graph_edge *e)
{
	CLEANUP(buffer_free) struct buffer verb = BUFFER_INIT;

	buffer_text(&verb, verb_space(e));
	buffer_text(&verb, e->property);
	subject_begin(r, g->nodes[e->from].class.uri);
	link_add(r, name_end(r, &verb), g->nodes[e->to].class.uri);
	subject_end(r);
}

/* The relation itself is not asserted here; only what it would be. */
static void add_statement(struct rdf *r, const struct graph *g, const struct graph_edge *e)
{
	own_begin(r, g->nodes[e->from].id, e->property, g->nodes[e->to].id);
	link_add(r, RDF "type", RDF "Statement");
	link_add(r, RDF "subject", g->nodes[e->from].class.uri);
	name_add(r, RDF "predicate", verb_space(e), e->property);
	link_add(r, RDF "object", g->nodes[e->to].class.uri);
	if (e->kind == GRAPH_INFERRED)
		link_add(r, OURS "inferredBy", OURS "artifact-rule");
	else if (e->asserted_on)
		name_add(r, OURS "assertedOn", GRAPH_NAMESPACE, e->asserted_on);
	subject_end(r);
}

static void add_room(struct rdf *r, const struct graph_node *n)
{
	own_begin(r, "room", n->id, NULL);
	link_add(r, RDF "type", OURS "Room");
	link_add(r, OURS "implements", n->class.uri);
	text_add(r, OURS "state", room_health_word(n->state.health));
	text_add(r, OURS "command", n->command);
	text_add(r, OURS "detail", n->state.detail);
	text_add(r, OURS "needs", n->state.needs);
	text_add(r, OURS "lastEvent", n->state.last_event);
	text_add(r, OURS "lastError", n->state.last_error);
	subject_end(r);
}

static void add_source(struct rdf *r, const struct graph_source *source)
{
	subject_begin(r, OURS "source");
	link_add(r, RDF "type", OURS "Ontology");
	text_add(r, OURS "version", source->version);
	text_add(r, OURS "commit", source->commit);
	text_add(r, OURS "sha256", source->sha256);
	text_add(r, OURS "file", source->name);
	subject_end(r);
}

static void add_graph(struct rdf *r, const struct graph *g)
{
	for (size_t i = 0; i < g->n_nodes; i++)
		add_node(r, &g->nodes[i]);
	for (size_t i = 0; i < g->n_edges; i++)
		if (g->edges[i].kind == GRAPH_ASSERTED)
			add_asserted(r, g, &g->edges[i]);
	for (size_t i = 0; i < g->n_edges; i++)
		add_statement(r, g, &g->edges[i]);
	for (size_t i = 0; i < g->n_nodes; i++)
		if (g->nodes[i].kind == GRAPH_COUNTERMEASURE)
			add_room(r, &g->nodes[i]);
	add_source(r, &g->source);
}

void graph_jsonld(struct buffer *out, const struct graph *g)
{
	struct rdf r = { .out = out, .j = json_begin(out) };

	json_object(&r.j, NULL);
	json_array(&r.j, "@graph");
	add_graph(&r, g);
	json_end(&r.j);
	json_end(&r.j);
	buffer_char(out, '\n');
}

void graph_turtle(struct buffer *out, const struct graph *g)
{
	struct rdf r = { .out = out, .turtle = true };

	add_graph(&r, g);
}
