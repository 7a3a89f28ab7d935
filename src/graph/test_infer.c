/* SPDX-License-Identifier: MIT */
/*
 * The rule over small ontologies, each row a sentence about it.
 *
 * An ontology is written as statements with ";" between them:
 *	C < D            C is a subclass of D
 *	C p D            C is a subclass of (p some D)
 *	C is D3-X        its D3FEND id;  C attack T1  its ATT&CK id
 *	C enables D      the plain triple;  C type D  rdf:type
 */
#include "base/buffer.h"
#include "graph/triples.h"
#include "tests/check.h"

#define D    GRAPH_NAMESPACE
#define RDFS "http://www.w3.org/2000/01/rdf-schema#"
#define OWL  "http://www.w3.org/2002/07/owl#"
#define TYPE "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

/* What every ontology below begins with. */
#define FRAME                                                                                  \
	"Artifact < Core; DefensiveTechnique < Core; OffensiveTechnique < Core; Core type "    \
	"Class; DefensiveTactic < Core; OffensiveTactic < Core; Detect < DefensiveTactic; "    \
	"Harden < DefensiveTactic; Restore < DefensiveTactic; Isolate < DefensiveTactic; "     \
	"DefensiveTechnique enables-some DefensiveTactic; "                                    \
	"File < Artifact; Binary < File; T1 < OffensiveTechnique; T1 attack T1; "              \
	"T1 creates Binary; "
#define WATCH "Watch < DefensiveTechnique; Watch is D3-W; Watch enables-some Detect; "

static struct arena arena = ARENA_INIT((size_t)2 << 30);
static unsigned n_blank;

static struct term iri(const char *before, const char *name)
{
	const char *text = arena_printf(&arena, "%s%s", before, name);

	if (!text)
		abort();
	return (struct term){ TERM_IRI, SPAN_TEXT(text), SPAN_NONE };
}

static struct term literal(const char *text, const char *language)
{
	return (struct term){ TERM_LITERAL, SPAN_TEXT(text), SPAN_TEXT(language) };
}

static void say(struct ontology *o, struct term subject, struct term predicate,
		struct term object)
{
	struct triple t = { subject, predicate, object };

	o->index.line++;
	if (triple_take(o, &t) != STATUS_OK)
		abort();
}

static void say_restriction(struct ontology *o, const char *class, const char *property,
			    const char *some)
{
	const char *name = arena_printf(&arena, "b%u", n_blank++);
	struct term blank;

	if (!name)
		abort();
	blank = (struct term){ TERM_BLANK, SPAN_TEXT(name), SPAN_NONE };
	say(o, iri(D, class), iri(RDFS, "subClassOf"), blank);
	if (property)
		say(o, blank, iri(OWL, "onProperty"), iri(D, property));
	if (some)
		say(o, blank, iri(OWL, "someValuesFrom"), iri(D, some));
}

static void say_statement(struct ontology *o, const char *class, const char *verb,
			  const char *object)
{
	if (strcmp(verb, "<") == 0)
		say(o, iri(D, class), iri(RDFS, "subClassOf"), iri(D, object));
	else if (strcmp(verb, "is") == 0)
		say(o, iri(D, class), iri(D, "d3fend-id"), literal(object, ""));
	else if (strcmp(verb, "attack") == 0)
		say(o, iri(D, class), iri(D, "attack-id"), literal(object, ""));
	else if (strcmp(verb, "enables") == 0)
		say(o, iri(D, class), iri(D, "enables"), iri(D, object));
	else if (strcmp(verb, "type") == 0)
		say(o, iri(D, class), iri("", TYPE), iri(OWL, object));
	else if (strcmp(verb, "typed") == 0)
		say(o, iri(D, class), iri("", TYPE), iri(D, object));
	else if (strcmp(verb, "enables-some") == 0)
		say_restriction(o, class, "enables", object);
	else if (strcmp(verb, "unionOf") == 0)
		say_restriction(o, class, NULL, NULL);
	else if (strcmp(object, "-") == 0)
		say_restriction(o, class, verb, NULL);
	else
		say_restriction(o, class, verb, object);
}

static void say_all(struct ontology *o, const char *text)
{
	char class[64], verb[64], object[64];

	while (sscanf(text, " %63s %63s %63[^ ;]", class, verb, object) == 3) {
		const char *end = strchr(text, ';');

		say_statement(o, class, verb, object);
		if (!end)
			break;
		text = text_after(end, 1);
	}
}

static struct ontology *begin(void)
{
	struct ontology *o = ARENA_NEW(&arena, struct ontology, 1);

	if (!o || index_begin(&o->index, &arena) != STATUS_OK)
		abort();
	o->source = (struct graph_source){ .name = "test", .sha256 = "-" };
	return o;
}

static struct ontology *ontology_of(const char *text)
{
	struct ontology *o = begin();
	const struct index_link *missing;

	say_all(o, text);
	if (triples_finish(o, &missing) != STATUS_OK) {
		printf("# %s\n", missing ? missing->to->name : "no memory");
		abort();
	}
	return o;
}

static const char *graph_text(const struct graph *g)
{
	struct buffer out = BUFFER_INIT;
	const char *text;

	for (size_t i = 0; i < g->n_edges; i++) {
		const struct graph_edge *e = &g->edges[i];

		buffer_printf(&out, "%s%s %s %s", i ? "; " : "", g->nodes[e->from].id,
			      e->property, g->nodes[e->to].id);
		if (e->kind == GRAPH_ASSERTED &&
		    strcmp(e->asserted_on, g->nodes[e->to].id) != 0)
			buffer_printf(&out, " on %s", e->asserted_on);
		if (e->kind == GRAPH_INFERRED)
			buffer_text(&out, " .");
	}
	text = arena_string(&arena, buffer_span(&out));
	buffer_free(&out);
	return text ? text : "";
}

static void check_edges(const char *name, const struct ontology *o, const char *id,
			const char *expected)
{
	struct graph g;
	const char *problem;
	enum status status = graph_of(&arena, o, id, &g, &problem);
	const char *text = status == STATUS_OK ? graph_text(&g) : "refused";

	CHECK(strcmp(text, expected) == 0, "%s", name);
	if (strcmp(text, expected) != 0)
		printf("# is \"%s\"\n", text);
}

#define CREATES "T1 creates Binary"

static const struct {
	const char *name, *more, *expected;
} cases[] = {
	{"a restriction on a superclass of the artifact counts, and is named",
         WATCH "Watch analyzes File",
         CREATES "; D3-W analyzes Binary on File; D3-W may-detect T1 ."																	     },
	{ "the verb comes from the tactic, not from the property",             WATCH "Watch restricts File",
         CREATES "; D3-W restricts Binary on File; D3-W may-detect T1 ."																	    },
	{ "a verb that the ontology does not declare is none the worse",
         "R < DefensiveTechnique; R is D3-R; R enables-some Restore; R restores File",					    CREATES "; D3-R restores Binary on File; D3-R may-restore T1 ."                   },
	{ "the plain triple is as good as the restriction",
         "R < DefensiveTechnique; R is D3-R; R enables Restore; R restores File",						 CREATES "; D3-R restores Binary on File; D3-R may-restore T1 ."                   },
	{ "the tactic of a superclass counts",
         WATCH "Look < Watch; Look is D3-L; Look views File",
         CREATES "; D3-L views Binary on File; D3-L may-detect T1 ."																		},
	{ "the nearest tactic counts",
         WATCH "Look < Watch; Look is D3-L; Look views File; Look enables Harden",
         CREATES "; D3-L views Binary on File; D3-L may-harden T1 ."																		},
	{ "two tactics at one distance: both, sorted",
         "A < DefensiveTechnique; B < DefensiveTechnique; A enables Isolate; B enables "
	  "Detect; "
	  "L < B; L < A; L is D3-L; L views File",										CREATES "; D3-L views Binary on File; D3-L may-detect T1 .; D3-L may-isolate T1 ."},
	{ "the abstract tactic is none",                                       "L < DefensiveTechnique; L is D3-L; L views File",
         CREATES "; D3-L views Binary on File"																				      },
	{ "an offensive tactic is none for a countermeasure",
         "TA1 < OffensiveTactic; L < DefensiveTechnique; L is D3-L; L views File; L enables "
	  "TA1",														  CREATES "; D3-L views Binary on File"                                             },
	{ "rdf:type says nothing",
         WATCH "Hard < DefensiveTechnique; Hard enables Harden; Watch typed Hard; "
		"Watch analyzes File",											    CREATES "; D3-W analyzes Binary on File; D3-W may-detect T1 ."                    },
	{ "what is only typed a defensive technique is none",
         "X < Core; X typed DefensiveTechnique; X is D3-X; X analyzes File",                                                      CREATES                                                                           },
	{ "own restrictions only: a child does not inherit them",
         WATCH "Watch analyzes File; Child < Watch; Child is D3-C",
         CREATES "; D3-W analyzes Binary on File; D3-W may-detect T1 ."																	     },
	{ "without an id it is not listed",                                    "X < DefensiveTechnique; X analyzes File",
         CREATES																								    },
	{ "a restriction on a subclass of the artifact does not count",
         WATCH "Macho < Binary; Watch analyzes Macho",									    CREATES									   },
	{ "a restriction on another artifact does not count",
         WATCH "Mail < Artifact; Watch analyzes Mail",									    CREATES									   },
	{ "the nearest class is named, the edge stands there once",
         WATCH "Watch analyzes File; Watch analyzes Binary",
         CREATES "; D3-W analyzes Binary; D3-W may-detect T1 ."																		     },
	{ "two properties: two edges, one inferred",
         WATCH "Watch analyzes File; Watch views File",
         CREATES
	  "; D3-W analyzes Binary on File; D3-W views Binary on File; D3-W may-detect T1 ."															 },
	{ "a cycle of superclasses ends",
         WATCH "Watch analyzes File; File < Binary; Watch < Look; Look < Watch; T1 < T1",
         CREATES "; D3-W analyzes Binary on File; D3-W may-detect T1 ."																	     },
	{ "a diamond counts once",
         WATCH "Watch analyzes File; E < File; F < File; Binary < E; Binary < F",
         CREATES "; D3-W analyzes Binary on File; D3-W may-detect T1 ."																	     },
	{ "a restriction without someValuesFrom says nothing",                 WATCH "Watch analyzes -",
         CREATES																								    },
	{ "a union says nothing",					      WATCH "Watch unionOf File",                        CREATES									   },
	{ "the same statement twice says it once",
         WATCH WATCH "Watch analyzes File; Watch analyzes File; T1 creates Binary",
         CREATES "; D3-W analyzes Binary on File; D3-W may-detect T1 ."																	     },
	{ "two classes with one id are two",
         WATCH "Watch analyzes File; V < DefensiveTechnique; V is D3-W; V views File",
         CREATES
	  "; D3-W views Binary on File; D3-W analyzes Binary on File; D3-W may-detect T1 ."															 },
	{ "of two ids of a class the first by bytes counts",
         WATCH "Watch is D3-A; Watch analyzes File",
         CREATES "; D3-A analyzes Binary on File; D3-A may-detect T1 ."																	     },
};

static void check_rule(void)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *text = arena_printf(&arena, FRAME "%s", cases[i].more);

		if (!text)
			abort();
		check_edges(cases[i].name, ontology_of(text), "T1", cases[i].expected);
	}
}

static void check_subjects(void)
{
	const struct ontology *o = ontology_of(
		FRAME WATCH
		"Watch analyzes File; T1.1 < T1; T1.1 attack T1.1; T2 < OffensiveTechnique; "
		"T2 attack T2; T2 reads File; T3 < OffensiveTechnique; T3 attack T3; "
		"Login < Core; T4 < OffensiveTechnique; T4 attack T4; T4 produces Login; "
		"Nothing < Core; V < DefensiveTechnique; V is D3-W2; U < Core; U is D3-W2");

	check_edges(
		"a technique without restrictions has those of its superclass", o, "T1.1",
		"T1.1 creates Binary .; D3-W analyzes Binary on File; D3-W may-detect T1.1 .");
	check_edges("a technique that touches nothing", o, "T3", "");
	check_edges("an event is touched, too", o, "T4", "T4 produces Login");
	check_edges("and can be asked for", o, "Login", "T4 produces Login");
	check_edges("an artifact", o, "File", "T2 reads File; D3-W analyzes File");
	check_edges("an artifact below it", o, "Binary",
		    "T1 creates Binary; D3-W analyzes Binary on File");
	check_edges("a countermeasure", o, "D3-W", "D3-W analyzes File");
	check_edges("the same by its class", o, "Watch", "D3-W analyzes File");
	check_edges("an unknown id", o, "T9", "refused");
	check_edges("a class that is none of the three", o, "Nothing", "refused");
	check_edges("an id of two classes", o, "D3-W2", "refused");
	check_edges("a property is no class to ask for", o, "creates", "refused");
}

static void check_labels(void)
{
	static const char hostile[] = "</svg>\"];\n<script>";
	struct ontology *o = begin();
	const struct index_link *missing;
	const char *problem;
	struct graph g;

	say_all(o, FRAME WATCH "Watch analyzes File");
	say(o, iri(D, "T1"), iri(RDFS, "label"), literal("Zweitens", "de"));
	say(o, iri(D, "T1"), iri(RDFS, "label"), literal("Second", "en"));
	say(o, iri(D, "T1"), iri(RDFS, "label"), literal("American", "en-US"));
	say(o, iri(D, "Watch"), iri(RDFS, "label"), literal(hostile, ""));
	say(o, iri(D, "Watch"), iri(RDFS, "label"), literal("English", "en"));
	say(o, iri(D, "Watch"), iri(D, "synonym"), literal("b", ""));
	say(o, iri(D, "Watch"), iri(D, "synonym"), literal("a", ""));
	say(o, iri(D, "Watch"), iri(D, "synonym"), literal("b", ""));
	say(o, iri(D, "W<\" >"), iri(RDFS, "subClassOf"), iri(D, "Artifact"));
	say_restriction(o, "T1", "reads", "W<\" >");
	if (triples_finish(o, &missing) != STATUS_OK ||
	    graph_of(&arena, o, "T1", &g, &problem) != STATUS_OK)
		abort();
	CHECK(strcmp(g.nodes[0].class.label, "Second") == 0, "English before other languages");
	CHECK(strcmp(graph_find(&g, "D3-W")->class.label, hostile) == 0,
	      "no language before English; a label is opaque");
	CHECK(strcmp(graph_find(&g, "Binary")->class.label, "Binary") == 0,
	      "without a label: its name");
	CHECK(graph_find(&g, "D3-W")->n_aliases == 2 &&
		      strcmp(graph_find(&g, "D3-W")->aliases[0], "a") == 0,
	      "aliases sorted, each once");
	CHECK(strcmp(graph_find(&g, "W<\" >")->class.uri, D "W%3C%22%20%3E") == 0,
	      "a URI is of what may stand in one");
}

static void check_order(void)
{
	/* The same statements forwards and backwards. */
	static const char *const texts[] = {
		FRAME WATCH
		"Watch analyzes File; V < DefensiveTechnique; V is D3-V; V views File; "
		"Binary < Other; Other < Artifact; V enables Harden; V enables Detect",
		"V enables Detect; V enables Harden; Other < Artifact; Binary < Other; V views "
		"File; "
		"V is D3-V; V < DefensiveTechnique; Watch analyzes File; " WATCH FRAME,
	};
	const char *text[2] = { NULL, NULL }, *problem;
	struct graph g[2];

	for (size_t i = 0; i < 2; i++) {
		if (graph_of(&arena, ontology_of(texts[i]), "T1", &g[i], &problem) != STATUS_OK)
			abort();
		text[i] = graph_text(&g[i]);
	}
	CHECK(strcmp(text[0], text[1]) == 0 && strlen(text[0]) > 0,
	      "the order of the file says nothing");
	CHECK(strcmp(g[0].nodes[1].chain[1].class.name, "File") == 0 &&
		      strcmp(g[1].nodes[1].chain[1].class.name, "File") == 0,
	      "nor for chains");
}

static void check_whole(void)
{
	struct ontology *o = begin();
	const struct index_link *missing;

	say_all(o, FRAME WATCH "Watch analyzes File; File < Gone");
	CHECK(triples_finish(o, &missing) == STATUS_MALFORMED &&
		      strcmp(missing->to->name, "Gone") == 0,
	      "a superclass that is not there: not a whole ontology");
	o = begin();
	say_all(o, FRAME WATCH "Watch analyzes Gone");
	CHECK(triples_finish(o, &missing) == STATUS_MALFORMED &&
		      strcmp(missing->to->name, "Gone") == 0,
	      "nor with a restriction to what is not there");
	o = begin();
	say_all(o, FRAME);
	say(o, iri(D, "File"), iri(RDFS, "subClassOf"), iri("http://elsewhere.invalid/", "x"));
	CHECK(triples_finish(o, &missing) == STATUS_OK, "classes of others need not be there");
}

/* A line of @n classes above the artifact, the countermeasure acts on the last. */
static enum status line_of(unsigned n, struct graph *g)
{
	struct ontology *o = begin();
	const struct index_link *missing;
	const char *problem;

	say_all(o, FRAME WATCH);
	for (unsigned i = 0; i < n; i++) {
		const char *from = arena_printf(&arena, "L%u", i);
		const char *to = arena_printf(&arena, "L%u", i + 1);

		if (!from || !to)
			abort();
		say(o, iri(D, i ? from : "Binary"), iri(RDFS, "subClassOf"), iri(D, to));
		say(o, iri(D, to), iri("", TYPE), iri(OWL, "Class"));
	}
	if (triples_finish(o, &missing) != STATUS_OK)
		abort();
	return graph_of(&arena, o, "T1", g, &problem);
}

static void check_limits(void)
{
	struct ontology *o = begin();
	const struct index_link *missing;
	const char *problem;
	struct graph g;

	CHECK(line_of(GRAPH_MAX_CHAIN - 1, &g) == STATUS_OK, "a long line of superclasses");
	CHECK(line_of(GRAPH_MAX_CHAIN + 1, &g) == STATUS_LIMIT, "a line that is too long");
	CHECK(line_of(100000, &g) == STATUS_LIMIT, "a line that is far too long");
	say_all(o, FRAME WATCH "Watch analyzes File");
	for (unsigned i = 0; i < 1000000; i++) {
		char name[80];
		struct triple t = { iri(D, "x"), iri(RDFS, "subClassOf"), iri(D, "File") };

		(void)snprintf(name, sizeof(name), D "X%u", i % 500000);
		t.subject.text = SPAN_TEXT(name);
		if (triple_take(o, &t) != STATUS_OK)
			abort();
	}
	CHECK(triples_finish(o, &missing) == STATUS_OK &&
		      graph_of(&arena, o, "T1", &g, &problem) == STATUS_OK && g.n_edges == 3,
	      "a million triples");
	o = begin();
	say_all(o, FRAME);
	for (unsigned i = 0; i < GRAPH_MAX_NODES; i++) {
		const char *name = arena_printf(&arena, "X%u", i);

		if (!name)
			abort();
		say(o, iri(D, name), iri(RDFS, "subClassOf"), iri(D, "DefensiveTechnique"));
		say(o, iri(D, name), iri(D, "d3fend-id"), literal(name, ""));
		say_restriction(o, name, "analyzes", "File");
	}
	CHECK(triples_finish(o, &missing) == STATUS_OK &&
		      graph_of(&arena, o, "T1", &g, &problem) == STATUS_LIMIT && problem,
	      "more countermeasures than a graph holds");
}

static void check_rings(void)
{
	static const struct {
		const char *text, *from, *to; /* NULL: no ring */
	} rows[] = {
		{FRAME,							  NULL,   NULL  },
		{ FRAME "File < File",					   "File", "File"},
		{ FRAME "A < B; B < C; C < A",                                   "C",    "A"   },
		{ FRAME "C < A; A < B; B < C",                                   "B",    "C"   },
		{ FRAME "X < A; A < Core; X < Core; X < File",                   NULL,   NULL  },
		{ FRAME "X < A; X < B; A < Core; B < Y; Y < Z; Z < B; Y < Core", "Z",    "B"   },
		{ FRAME "Core < File",					   "Core", "File"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct index_link *ring = NULL;
		struct ontology *o = ontology_of(rows[i].text);
		bool found = index_ring(&o->index, &ring) == STATUS_OK && ring;

		CHECK(found == (rows[i].from != NULL) &&
			      (!found || (strcmp(ring->from->name, rows[i].from) == 0 &&
					  strcmp(ring->to->name, rows[i].to) == 0)),
		      "ring %zu: %s < %s", i, found ? ring->from->name : "none",
		      found ? ring->to->name : "none");
	}
}

static bool differs(const struct graph_difference *list, size_t n,
		    enum graph_difference_kind kind, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].kind == kind && strcmp(list[i].id, id) == 0)
			return true;
	return false;
}

static void check_differences(void)
{
	const struct graph_difference *list;
	const struct ontology *o;
	size_t n;

	o = ontology_of(
		"Artifact < Core; Core type Class; DefensiveTechnique < Core; "
		"OffensiveTechnique < Core; Detect < DefensiveTactic; DefensiveTactic < "
		"Core; File < Artifact; ExecutableBinary < File; T1036.001 < "
		"OffensiveTechnique; T1036.001 attack T1036.001; T1036.001 creates "
		"ExecutableBinary; FileAnalysis < DefensiveTechnique; FileAnalysis is "
		"D3-FA; FileAnalysis reads File; FileAnalysis enables Detect; New < "
		"DefensiveTechnique; New is D3-NEW; New enables Detect; New analyzes File");
	CHECK(graph_differences(&arena, o, &list, &n) == STATUS_OK, "differences");
	CHECK(differs(list, n, GRAPH_NEW, "D3-NEW"), "a countermeasure is new");
	CHECK(differs(list, n, GRAPH_GONE, "D3-EAL"), "one is gone");
	CHECK(differs(list, n, GRAPH_RELATION_CHANGED, "D3-FA"), "a relation changed");
	CHECK(differs(list, n, GRAPH_LABEL_CHANGED, "T1036.001"), "a label changed");
	CHECK(!differs(list, n, GRAPH_RELATION_CHANGED, "T1036.001"),
	      "what is the same is not there");
	o = ontology_of("Core type Class");
	CHECK(graph_differences(&arena, o, &list, &n) == STATUS_OK && n == 17 &&
		      differs(list, n, GRAPH_GONE, "T1036.001"),
	      "of nothing everything is gone");
}

int main(void)
{
	check_rule();
	check_subjects();
	check_labels();
	check_order();
	check_whole();
	check_limits();
	check_rings();
	check_differences();
	arena_free(&arena);
	return CHECK_DONE();
}
