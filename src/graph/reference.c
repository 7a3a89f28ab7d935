/* SPDX-License-Identifier: MIT */
/*
 * The ontology's page about one class, with the elements of D3FEND's own page in
 * their order: definition, examples, aliases, URI, superclasses, ontology,
 * properties, other parents.
 */
#include "graph/chain.h"
#include "graph/sheet.h"
#include "verdict/verdict.h"

/* What we name the technique's forms, and the first line of the answer to each. */
static const struct {
	enum assay_verdict word;
	const char *form, *answer;
} examples[] = {
	{ASSAY_VERDICT_GRAFTED,      "A signature copied onto another program",
         "setup.exe  carries the signature of \"Example Corp\", which signs another program "
	  "(editor.exe 3.1); image digest differs"                                   },
	{ ASSAY_VERDICT_TAMPERED,    "A signed program, changed afterwards",
         "tool.exe  the program that \"Example Corp\" signed (tool.exe), with 1 of 512 pages "
	  "of "
	  "code changed (0x200)"						     },
	{ ASSAY_VERDICT_COUNTERFEIT, "A home-made certificate in somebody's name",
         "update.exe  poses as \"Example Corp\": the certificate is forged"          },
	{ ASSAY_VERDICT_MISMATCHED,  "A sound signature over other bytes",
         "a.exe  carries the signature of \"Example Corp\", but image digest differs"},
	{ ASSAY_VERDICT_BROKEN,      "A signature that contradicts itself",
         "b.exe  carries a signature that claims \"Example Corp\", but is broken"    },
	{ ASSAY_VERDICT_STRIPPED,    "A program without the signature that it had",
         "c.exe  no signature, but traces of one that was removed"                   },
	{ ASSAY_VERDICT_COSTUME,     "The face of a program that is always signed",
         "svch0st.exe  no signature, but wears the version information and face of "
	  "editor.exe, "
	  "which \"Example Corp\" always signs"                                      },
};

/* ---- texts put together ---- */

static const char *text_end(struct sheet *s, struct buffer *b)
{
	buffer_char(b, '\0');
	if (buffer_status(b) != STATUS_OK)
		s->out->failed = true;
	return buffer_string(b, 0);
}

static void add_examples(struct sheet *s, const struct graph_node *n)
{
	if (strcmp(n->id, GRAPH_TECHNIQUE_ID) != 0) {
		sheet_item(s, "Examples", n->kind == GRAPH_COUNTERMEASURE ? n->command : NULL,
			   NULL);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(examples); i++) {
		CLEANUP(buffer_free) struct buffer line = BUFFER_INIT;

		buffer_printf(&line, "%s: assay answers: %s  %s", examples[i].form,
			      assay_verdict_word(examples[i].word), examples[i].answer);
		sheet_item(s, "Example", text_end(s, &line), NULL);
	}
}

static void add_aliases(struct sheet *s, const struct graph_node *n)
{
	CLEANUP(buffer_free) struct buffer line = BUFFER_INIT;

	for (size_t i = 0; i < n->n_aliases; i++) {
		buffer_text(&line, i ? "; " : "");
		buffer_text(&line, n->aliases[i]);
	}
	sheet_item(s, "Aliases", n->n_aliases ? text_end(s, &line) : NULL, NULL);
}

static void add_overview(struct sheet *s, const struct graph_node *n)
{
	sheet_section(s, "Overview");
	sheet_item(s, "Definition", n->about, NULL);
	if (n->definition)
		sheet_item(s, "The ontology", n->definition, NULL);
	add_examples(s, n);
	add_aliases(s, n);
	sheet_item(s, "URI", n->class.uri, n->class.uri);
	sheet_item(s, "D3FEND's page", n->page, n->page);
}

/* ---- superclasses ---- */

static void add_chain(struct sheet *s, const struct graph_node *n)
{
	sheet_section(s, "Subclass of");
	if (n->n_chain < 2) {
		sheet_none(s);
		return;
	}
	sheet_own_begin(s, "mermaid");
	if (s->form == SHEET_HTML)
		chain_svg(s->out, n);
	else if (s->form == SHEET_MARKDOWN)
		chain_mermaid(s->out, n);
	else
		chain_text(s->out, n);
	sheet_own_end(s);
	sheet_section(s, "From the root");
	for (size_t i = n->n_chain; i-- > 0;) {
		CLEANUP(buffer_free) struct buffer anchor = BUFFER_INIT;

		buffer_printf(&anchor, "#class-%zu", i);
		sheet_item(s, graph_family_word(n->chain[i].class.family),
			   n->chain[i].class.label, text_end(s, &anchor));
	}
}

static void add_source(struct sheet *s, const struct graph_source *source)
{
	sheet_section(s, "Ontology reference");
	sheet_item(s, "Namespace", "d3f: " GRAPH_NAMESPACE, NULL);
	sheet_item(s, "Version", source->version, NULL);
	sheet_item(s, "Commit", source->commit, NULL);
	sheet_item(s, "SHA-256", source->sha256, NULL);
	sheet_item(s, "File", source->name ? source->name : "the facts of this program", NULL);
}

static void add_properties(struct sheet *s, const struct graph_node *n)
{
	sheet_section(s, "Properties");
	if (n->n_properties == 0)
		sheet_none(s);
	for (size_t i = 0; i < n->n_properties; i++) {
		const struct graph_property *p = &n->properties[i];
		CLEANUP(buffer_free) struct buffer line = BUFFER_INIT;

		buffer_printf(&line, "%s %s some %s", p->subject.label, p->property,
			      p->object.label);
		sheet_item(s, graph_origin_word(p->origin), text_end(s, &line), NULL);
	}
}

/* Each class of the chain: where links to it lead. */
static void add_parents(struct sheet *s, const struct graph_node *n)
{
	sheet_section(s, "Classes and their other parents");
	if (n->n_chain == 0)
		sheet_none(s);
	for (size_t i = n->n_chain; i-- > 0;) {
		const struct graph_step *step = &n->chain[i];
		CLEANUP(buffer_free) struct buffer line = BUFFER_INIT, anchor = BUFFER_INIT;

		buffer_printf(&line, "%s; other parents: ", step->class.uri);
		for (size_t k = 0; k < step->n_others; k++)
			buffer_printf(&line, "%s%s", k ? ", " : "", step->others[k].label);
		if (step->n_others == 0)
			buffer_text(&line, "none");
		buffer_printf(&anchor, "class-%zu", i);
		sheet_anchor(s, text_end(s, &anchor), step->class.label, text_end(s, &line));
	}
}

/* ---- what is more ---- */

static void add_relation(struct sheet *s, const struct graph *g, const struct graph_edge *e)
{
	const struct graph_class *to = &g->nodes[e->to].class;
	CLEANUP(buffer_free) struct buffer line = BUFFER_INIT;

	buffer_printf(&line, "%s %s %s", g->nodes[e->from].class.label, e->property, to->label);
	if (e->asserted_on && strcmp(e->asserted_on, to->name) != 0)
		buffer_printf(&line, ", by its superclass %s", e->asserted_on);
	sheet_item(s, graph_edge_word(e->kind), text_end(s, &line), NULL);
}

/* Is this edge of @r->g in the other graph too?  Then it is told there. */
static bool is_around(const struct reference *r, const struct graph_edge *e)
{
	const struct graph *g = r->g, *around = r->around;

	for (size_t i = 0; i < around->n_edges; i++) {
		const struct graph_edge *other = &around->edges[i];

		if (strcmp(other->property, e->property) == 0 &&
		    strcmp(around->nodes[other->from].id, g->nodes[e->from].id) == 0 &&
		    strcmp(around->nodes[other->to].id, g->nodes[e->to].id) == 0)
			return true;
	}
	return false;
}

static void add_relations(struct sheet *s, const struct reference *r)
{
	const char *id = r->g->nodes[0].id;

	sheet_section(s, "Relations");
	for (size_t i = 0; i < r->around->n_edges; i++) {
		const struct graph_edge *e = &r->around->edges[i];

		if (strcmp(r->around->nodes[e->from].id, id) == 0 ||
		    strcmp(r->around->nodes[e->to].id, id) == 0)
			add_relation(s, r->around, e);
	}
	for (size_t i = 0; i < r->g->n_edges; i++)
		if ((r->g->edges[i].from == 0 || r->g->edges[i].to == 0) &&
		    !is_around(r, &r->g->edges[i]))
			add_relation(s, r->g, &r->g->edges[i]);
}

static void add_countermeasure(struct sheet *s, const struct graph_node *n)
{
	CLEANUP(buffer_free)
	struct buffer tactics = BUFFER_INIT, state = BUFFER_INIT, command = BUFFER_INIT;

	sheet_section(s, "Countermeasure");
	for (size_t i = 0; i < n->n_tactics; i++)
		buffer_printf(&tactics, "%s%s", i ? ", " : "", n->tactics[i]);
	buffer_printf(&state, "%s: %s", room_health_word(n->state.health),
		      state_meaning(n->state.health));
	buffer_text(&state, ". ");
	state_note(&state, &n->state);
	sheet_item(s, "Id", n->id, NULL);
	sheet_item(s, "Tactic", n->n_tactics ? text_end(s, &tactics) : NULL, NULL);
	if (n->command)
		buffer_printf(&command, "%s %s",
			      n->state.health == ROOM_NOT_BUILT ? "planned:" : "assay",
			      n->command);
	sheet_item(s, "Command", n->command ? text_end(s, &command) : NULL, NULL);
	sheet_item(s, "On this host", text_end(s, &state), NULL);
}

static void add_attack(struct sheet *s, const struct attack_facts *a)
{
	CLEANUP(buffer_free)
	struct buffer strategy = BUFFER_INIT, mitigation = BUFFER_INIT, tactic = BUFFER_INIT;

	sheet_section(s, "ATT&CK");
	buffer_printf(&tactic, "%s %s", a->tactic, a->tactic_name);
	buffer_printf(&strategy, "%s %s", a->strategy, a->strategy_name);
	buffer_printf(&mitigation, "%s %s", a->mitigation, a->mitigation_name);
	sheet_item(s, "Tactic", text_end(s, &tactic), NULL);
	sheet_item(s, "Detection", text_end(s, &strategy), NULL);
	for (size_t i = 0; i < a->n_analytics; i++) {
		CLEANUP(buffer_free) struct buffer line = BUFFER_INIT;

		buffer_printf(&line, "%s: %s", a->analytics[i].platform, a->analytics[i].given);
		sheet_item(s, a->analytics[i].id, text_end(s, &line), NULL);
	}
	sheet_item(s, "Mitigation", text_end(s, &mitigation), NULL);
}

static void reference_write(struct sheet *s, const struct reference *r)
{
	CLEANUP(buffer_free) struct buffer title = BUFFER_INIT, below = BUFFER_INIT;
	const struct graph *g = r->g;
	const struct graph_node *n = &g->nodes[0];

	buffer_printf(&title, "%s - %s", n->class.label, n->id);
	buffer_printf(&below, "(%s)",
		      n->kind == GRAPH_TECHNIQUE        ? "ATT&CK technique"
		      : n->kind == GRAPH_COUNTERMEASURE ? "D3FEND countermeasure"
							: "Digital artifact");
	sheet_begin(s, text_end(s, &title), text_end(s, &below));
	add_overview(s, n);
	add_chain(s, n);
	add_source(s, &g->source);
	add_properties(s, n);
	add_parents(s, n);
	if (n->kind == GRAPH_COUNTERMEASURE)
		add_countermeasure(s, n);
	add_relations(s, r);
	if (g->attack && strcmp(g->attack->technique, n->id) == 0)
		add_attack(s, g->attack);
	sheet_end(s);
}

void reference_text(struct buffer *out, const struct reference *r, unsigned width)
{
	struct sheet s = { .out = out, .form = SHEET_TEXT, .width = width };

	reference_write(&s, r);
}

void reference_markdown(struct buffer *out, const struct reference *r)
{
	struct sheet s = { .out = out, .form = SHEET_MARKDOWN };

	reference_write(&s, r);
}

void reference_html(struct buffer *out, const struct reference *r)
{
	struct sheet s = { .out = out, .form = SHEET_HTML };

	reference_write(&s, r);
}
