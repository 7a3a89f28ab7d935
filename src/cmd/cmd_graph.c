/* SPDX-License-Identifier: MIT */
/* assay graph [ID]: what acts on a technique, and what of it works on this host. */
#include "cmd/complain.h"
#include "cmd/page.h"
#include "cmd/subject.h"

#define FORMS                                                                                  \
	(FORM_SVG | FORM_MERMAID | FORM_JSON_LD | FORM_TURTLE | FORM_DOT | FORM_HTML |         \
	 FORM_JSON | FORM_GAPS | FORM_DIFFERENCES)

static const struct {
	enum form form;
	void (*print)(struct buffer *out, const struct graph *g);
} printers[] = {
	{FORM_SVG,      graph_svg    },
        { FORM_MERMAID, graph_mermaid},
	{ FORM_JSON_LD, graph_jsonld },
        { FORM_TURTLE,  graph_turtle },
	{ FORM_DOT,     graph_dot    },
        { FORM_HTML,    graph_html   },
	{ FORM_JSON,    graph_json   },
};

static enum status print_gaps(struct buffer *out, struct subject *s, bool json)
{
	struct graph_gaps gaps;

	TRY(graph_gaps(s->arena, s->ontology, &gaps.gaps, &gaps.n));
	if (json)
		graph_gaps_json(out, &s->graph, &gaps);
	else
		graph_gaps_text(out, &s->graph, &gaps, s->columns);
	return STATUS_OK;
}

static enum status print_differences(struct buffer *out, struct subject *s, bool json)
{
	struct graph_differences d;

	TRY(graph_differences(s->arena, s->ontology, &d.rows, &d.n));
	if (json)
		graph_differences_json(out, &s->graph, &d);
	else
		graph_differences_text(out, &d);
	return STATUS_OK;
}

/* How the ontology differs from what we know stands below the graph of the default technique.
 */
static enum status print_text(struct buffer *out, struct subject *s)
{
	graph_text(out, &s->graph, s->columns);
	if (!s->ontology || strcmp(s->graph.nodes[0].id, GRAPH_TECHNIQUE_ID) != 0)
		return STATUS_OK;
	buffer_char(out, '\n');
	return print_differences(out, s, false);
}

static enum status print(struct buffer *out, struct subject *s, const struct settings *set)
{
	if (set->forms & FORM_GAPS)
		return print_gaps(out, s, (set->forms & FORM_JSON) != 0);
	if (set->forms & FORM_DIFFERENCES)
		return print_differences(out, s, (set->forms & FORM_JSON) != 0);
	for (size_t i = 0; i < COUNT_OF(printers); i++)
		if (set->forms == printers[i].form) {
			printers[i].print(out, &s->graph);
			return STATUS_OK;
		}
	return print_text(out, s);
}

/* What is wanted of our facts is about their technique alone. */
static int check_wanted(const struct invocation *call)
{
	const struct settings *set = &call->settings;

	if ((set->forms & FORM_DIFFERENCES) && !set->ontology) {
		complain("graph: --differences needs --ontology FILE");
		return EXIT_USAGE;
	}
	if ((set->forms & (FORM_GAPS | FORM_DIFFERENCES)) && call->n_operands &&
	    strcmp(call->operands[0], GRAPH_TECHNIQUE_ID) != 0) {
		complain("graph: --gaps and --differences are of %s alone", GRAPH_TECHNIQUE_ID);
		return EXIT_USAGE;
	}
	return EXIT_PASS;
}

int cmd_graph(struct invocation *call)
{
	int code = page_operands_only(call, 0, 1);

	if (code == EXIT_PASS)
		code = subject_forms(call, FORMS);
	if (code == EXIT_PASS)
		code = check_wanted(call);
	return code == EXIT_PASS ? subject_print(call, print, NULL) : code;
}
