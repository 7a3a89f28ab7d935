/* SPDX-License-Identifier: MIT */
/*
 * Releases in Turtle: a small one of ours in every broken form, and, where it
 * is there (ASSAY_D3FEND), the one that our facts were checked against.
 */
#include "graph/ontology.h"

#include "base/buffer.h"
#include "graph/graph.h"
#include "tests/check.h"
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The library forgets an IRI or two of a malformed file; our process that parses one ends. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libraptor2\n";
}

#define PREFIXES                                                                               \
	"@prefix : <" GRAPH_NAMESPACE "> .\n"                                                  \
	"@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"                            \
	"@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"

/* The technique is the last of it: in a release, too, what it rests on stands before it. */
static const char small[] =
	PREFIXES "# A comment.\n"
		 ":Core a owl:Class .\n"
		 ":DefensiveTechnique rdfs:subClassOf :Core .\n"
		 ":DefensiveTactic rdfs:subClassOf :Core .\n"
		 ":Detect rdfs:subClassOf :DefensiveTactic .\n"
		 ":OffensiveTechnique rdfs:subClassOf :Core .\n"
		 ":Artifact rdfs:subClassOf :Core .\n"
		 ":File a owl:Class ; rdfs:label \"File\"@en , \"Datei\"@de ; rdfs:subClassOf "
		 ":Artifact .\n"
		 ":Watch rdfs:subClassOf :DefensiveTechnique , [ a owl:Restriction ;\n"
		 "        owl:onProperty :analyzes ; owl:someValuesFrom :File ] ,\n"
		 "        [ a owl:Class ; owl:unionOf ( :File :Core ) ] ;\n"
		 "    :enables :Detect ; :d3fend-id \"D3-W\" .\n"
		 ":T1036.001 rdfs:label \"\"\"</svg>\"];\n\\u0041\"\"\" ;\n"
		 "    rdfs:subClassOf :OffensiveTechnique , [ a owl:Restriction ; "
		 "owl:onProperty :creates ;\n"
		 "        owl:someValuesFrom :File ] ;\n"
		 "    :attack-id \"T1036.001\" ; :definition \"A text \\\\* with (commas, and) "
		 "more.\" .\n";

static const char *release; /* path; NULL: not here */

static enum status read_text(struct arena *a, struct span text, struct ontology **o,
			     const char **problem)
{
	return ontology_read(a, "test.ttl", text, o, problem);
}

static bool is_small(const struct graph *g)
{
	return g->n_nodes == 3 && g->n_edges == 3 &&
	       strcmp(g->edges[0].property, "creates") == 0 &&
	       strcmp(g->edges[1].property, "analyzes") == 0 &&
	       strcmp(g->edges[2].property, "may-detect") == 0;
}

static void check_small(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)64 << 20);
	const char *problem;
	struct ontology *o;
	struct graph g;

	CHECK(read_text(&a, SPAN_TEXT(small), &o, &problem) == STATUS_OK,
	      "a small ontology (%s)", problem ? problem : "read");
	if (!o)
		return;
	CHECK(graph_of(&a, o, "T1036.001", &g, &problem) == STATUS_OK && is_small(&g),
	      "its graph");
	CHECK(strcmp(g.nodes[0].class.label, "</svg>\"];\nA") == 0,
	      "a hostile label is opaque");
	CHECK(strcmp(g.nodes[1].class.label, "File") == 0, "English before German");
	CHECK(g.nodes[0].definition &&
		      strcmp(g.nodes[0].definition, "A text \\* with (commas, and) more.") == 0,
	      "a definition of theirs");
	CHECK(g.attack && g.source.name && !g.source.version && !g.source.commit,
	      "a file that names no version has none");
	CHECK(graph_of(&a, o, "T1036.002", &g, &problem) == STATUS_USAGE && problem &&
		      strstr(problem, "test.ttl") && strstr(problem, "T1036.002"),
	      "an id that is not there (%s)", problem ? problem : "");
}

static const struct {
	const char *name, *text, *says;
} refused[] = {
	{"no prefix",			   "\n:a :b :c .\n",					  "test.ttl:2:"                 },
	{ "an open string",                     PREFIXES ":a rdfs:label \"x .\n",                          "test.ttl:"                   },
	{ "an open statement",                  PREFIXES ":a rdfs:label \"x\"",                            "test.ttl:"                   },
	{ "an open bracket",                    PREFIXES ":a rdfs:subClassOf [ a owl:Class .\n",           "test.ttl:4:"                 },
	{ "no Turtle",			  "<?xml version=\"1.0\"?>\n<rdf/>\n",                       "test.ttl:1:"                 },
	{ "bytes that are no text",             PREFIXES ":a a owl:Class .\n\xff\xfe\n:b a owl:Class .\n",
         "test.ttl:5: this is no UTF-8"												  },
	{ "the same in a comment",              PREFIXES "# \xc0\x80\n",                                   "test.ttl:4: this is no UTF-8"},
	{ "the same in a label",                PREFIXES ":a a owl:Class ;\nrdfs:label \"\xff\" .\n",
         "test.ttl:5: this is no UTF-8"												  },
	{ "an escape that is none",             PREFIXES ":a rdfs:label \"\\q\" .\n",                      "test.ttl:4:"                 },
	{ "a superclass that is not there",     PREFIXES ":a rdfs:subClassOf :b .\n",
         "test.ttl:4: nothing is said about \"b\""										       },
	{ "a restriction to what is not there",
         PREFIXES "\n\n:a rdfs:subClassOf [ owl:onProperty :p ; owl:someValuesFrom :c ] .\n",
         "test.ttl:6: nothing is said about \"c\""										       },
	{ "an IRI that is none",                PREFIXES "<http://a b> a :b .\n",                          "test.ttl:4:"                 },
	{ "an unknown prefix",                  PREFIXES "\nx:a a :b .\n",                                 "test.ttl:5:"                 },
};

static void check_refused(void)
{
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)64 << 20);
		const char *problem;
		struct ontology *o;
		enum status status = read_text(&a, SPAN_TEXT(refused[i].text), &o, &problem);

		CHECK(status == STATUS_MALFORMED && !o && problem &&
			      strstr(problem, refused[i].says),
		      "refused: %s (%s)", refused[i].name, problem ? problem : "not at all");
	}
}

/* Brackets in brackets: the parser has an end, not the stack. */
static void check_deep(void)
{
	static const char *const opens[] = { "( ", "[ :p " };

	for (size_t i = 0; i < COUNT_OF(opens); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)64 << 20);
		CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
		const char *problem = NULL;
		struct ontology *o;

		buffer_text(&text, PREFIXES ":a :b ");
		for (size_t k = 0; k < 100000; k++)
			buffer_text(&text, opens[i]);
		CHECK(read_text(&a, buffer_span(&text), &o, &problem) == STATUS_MALFORMED &&
			      problem && strstr(problem, "test.ttl:4:"),
		      "refused: 100000 deep (%s)", problem ? problem : "not at all");
	}
}

/* A ring is no error; it is told, with the line that closes it. */
static void check_rings(void)
{
	static const struct {
		const char *name, *text, *says; /* NULL: no warning */
	} rows[] = {
		{"no ring",                    "",                                NULL						 },
		{ "a class below itself",      ":File rdfs:subClassOf :File .\n",
                 ":21: \"File\" is below itself, by its superclass \"File\""                                                           },
		{ "a ring of three",
                 ":A rdfs:subClassOf :B .\n:B rdfs:subClassOf :C .\n\n:C rdfs:subClassOf :A "
		  ".\n",							  ":24: \"C\" is below itself, by its superclass \"A\""},
		{ "a name as it stands there",
                 "<" GRAPH_NAMESPACE "\xC2\x9B"
		  "31m> rdfs:subClassOf <" GRAPH_NAMESPACE "\xC2\x9B"
		  "31m> .\n",						     ":21: \"\xC2\x9B"
		  "31m\" is below"									},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)64 << 20);
		const char *text = arena_printf(&a, "%s%s", small, rows[i].text);
		const char *problem, *warning;
		struct ontology *o;
		struct graph g;

		if (!text || read_text(&a, SPAN_TEXT(text), &o, &problem) != STATUS_OK)
			abort();
		warning = ontology_warning(o);
		CHECK(rows[i].says ? warning && strstr(warning, rows[i].says) : !warning,
		      "%s (%s)", rows[i].name, warning ? warning : "no warning");
		CHECK(graph_of(&a, o, "T1036.001", &g, &problem) == STATUS_OK && is_small(&g),
		      "%s: the same graph", rows[i].name);
	}
}

/* Who has a property of the same name elsewhere says nothing in D3FEND's. */
static void check_foreign(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)64 << 20);
	const char *problem, *text;
	struct ontology *o;
	struct graph g;

	text = arena_printf(
		&a,
		"%s:Evil rdfs:subClassOf :DefensiveTechnique , [ a owl:Restriction ; "
		"owl:onProperty <http://evil.invalid/#analyzes> ; owl:someValuesFrom "
		":File ] ; :d3fend-id \"D3-EVIL\" .\n",
		small);
	CHECK(text && read_text(&a, SPAN_TEXT(text), &o, &problem) == STATUS_OK &&
		      graph_of(&a, o, "T1036.001", &g, &problem) == STATUS_OK && is_small(&g),
	      "a property of others is no relation");
}

/* Relative IRIs are not D3FEND's, whatever they look like. */
static void check_relative(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)64 << 20);
	static const char text[] = PREFIXES "<#T1> rdfs:subClassOf :OffensiveTechnique . "
					    ":OffensiveTechnique a owl:Class .\n";
	const char *problem;
	struct ontology *o;
	struct graph g;

	CHECK(read_text(&a, SPAN_TEXT(text), &o, &problem) == STATUS_OK &&
		      graph_of(&a, o, "T1", &g, &problem) == STATUS_USAGE,
	      "a relative IRI is nobody's");
}

/* Blank nodes of the file and those of brackets are never the same. */
static void check_blank(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)64 << 20);
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	const char *problem;
	struct ontology *o;
	struct graph g;

	buffer_text(&text, small);
	for (int i = 0; i < 9; i++)
		buffer_printf(&text,
			      "_:g%d <http://www.w3.org/2002/07/owl#onProperty> :zaps .\n"
			      "_:genid%d <http://www.w3.org/2002/07/owl#onProperty> :zaps .\n",
			      i, i);
	CHECK(read_text(&a, buffer_span(&text), &o, &problem) == STATUS_OK &&
		      graph_of(&a, o, "T1036.001", &g, &problem) == STATUS_OK && is_small(&g),
	      "blank nodes keep apart");
}

/* Cut anywhere: refused, or all that counts was there. */
static void check_cut(const char *what, struct span whole, size_t from, size_t step,
		      const struct graph *full)
{
	size_t n = 0, n_refused = 0, n_bad = 0;

	for (size_t len = from; len < whole.len; len += step) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(ONTO_ARENA_BYTES);
		const char *problem;
		struct ontology *o;
		struct graph g = { 0 };

		n++;
		if (read_text(&a, span_clip(whole, 0, len), &o, &problem) != STATUS_OK ||
		    graph_of(&a, o, "T1036.001", &g, &problem) != STATUS_OK)
			n_refused++;
		else if (g.n_nodes != full->n_nodes || g.n_edges != full->n_edges ||
			 g.nodes[0].n_tactics != full->nodes[0].n_tactics)
			printf("# %zu bytes: %zu nodes\n", len, g.n_nodes), n_bad++;
	}
	CHECK(n_bad == 0 && n_refused > 0, "%s cut at %zu places: %zu refused, none smaller",
	      what, n, n_refused);
}

static void check_files(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)80 << 20);
	char path[] = "/tmp/assay-test-ontology-XXXXXX";
	int fd = mkstemp(path);
	const char *problem = NULL;
	struct span bytes;

	CHECK(ontology_take(&a, "/nonexistent", &bytes, &problem) == STATUS_IO &&
		      strstr(problem, "No such file"),
	      "no file");
	CHECK(ontology_take(&a, "/tmp", &bytes, &problem) != STATUS_OK && problem, "a folder");
	CHECK(fd >= 0 && ftruncate(fd, (off_t)ONTO_BYTES_MAX + 1) == 0 &&
		      ontology_take(&a, path, &bytes, &problem) == STATUS_LIMIT &&
		      strstr(problem, "64 MiB"),
	      "a file that is too large");
	(void)close(fd);
	(void)unlink(path);
}

/* In a process of its own, as the command does it. */
static int confined(const char *path)
{
	struct arena a = ARENA_INIT(ONTO_ARENA_BYTES);
	const char *problem = NULL, *missing;
	struct span bytes = SPAN_TEXT(small);
	struct ontology *o;
	struct graph g;
	pid_t child = fork();
	int status = -1;

	if (child != 0) {
		arena_free(&a);
		return child > 0 && waitpid(child, &status, 0) == child ? status : -1;
	}
	if (path && ontology_take(&a, path, &bytes, &problem) != STATUS_OK)
		_exit(1);
	if (ontology_confine(&missing) != STATUS_OK)
		_exit(2);
	_exit(read_text(&a, bytes, &o, &problem) == STATUS_OK &&
			      graph_of(&a, o, "T1036.001", &g, &problem) == STATUS_OK
		      ? 0
		      : 4);
}

static void check_release_rule(struct arena *a, const struct ontology *o)
{
	static const char *const more[] = { "D3-CF", "D3-CM", "D3-CQ" };
	const struct graph_difference *differences;
	const struct graph_gap *gaps, *ours;
	struct graph page, g;
	const char *problem;
	size_t n, n_ours, n_same = 0;

	CHECK(graph_default(a, &page) == STATUS_OK &&
		      graph_of(a, o, "T1036.001", &g, &problem) == STATUS_OK,
	      "the rule over the release");
	CHECK(g.n_nodes == 17 && g.n_edges == 31, "the page and three more");
	for (size_t i = 0; i < page.n_edges && i < g.n_edges; i++) {
		const struct graph_edge *x = &page.edges[i], *y = &g.edges[i];

		n_same += strcmp(page.nodes[x->from].id, g.nodes[y->from].id) == 0 &&
			  strcmp(page.nodes[x->to].id, g.nodes[y->to].id) == 0 &&
			  strcmp(x->property, y->property) == 0 && x->kind == y->kind;
	}
	CHECK(n_same == 25, "the same 25 relations");
	for (size_t i = 0; i < COUNT_OF(more); i++)
		CHECK(graph_find(&g, more[i]), "%s", more[i]);
	for (size_t i = 0; i < g.n_nodes; i++)
		CHECK(g.nodes[i].kind != GRAPH_COUNTERMEASURE ||
			      (g.nodes[i].n_tactics == 1 &&
			       strcmp(g.nodes[i].tactics[0], "DefensiveTactic") != 0),
		      "%s has one tactic", g.nodes[i].id);
	CHECK(g.source.version && strcmp(g.source.version, page.source.version) == 0 &&
		      strcmp(g.source.sha256, page.source.sha256) == 0,
	      "the release is known by its digest");
	CHECK(graph_differences(a, o, &differences, &n) == STATUS_OK && n == 0,
	      "our facts do not differ from it");
	CHECK(graph_gaps(a, o, &gaps, &n) == STATUS_OK &&
		      graph_gaps(a, NULL, &ours, &n_ours) == STATUS_OK && n == n_ours,
	      "the same gaps: %zu", n);
	for (size_t i = 0; i < n && i < n_ours; i++)
		CHECK(strcmp(gaps[i].id, ours[i].id) == 0 && gaps[i].kind == ours[i].kind &&
			      strcmp(gaps[i].property, ours[i].property) == 0 &&
			      strcmp(gaps[i].object.name, ours[i].object.name) == 0,
		      "gap %s", gaps[i].id);
}

static void check_release_ids(struct arena *a, const struct ontology *o)
{
	static const struct {
		const char *id;
		size_t n_at_least;
	} asked[] = {
		{"T1059",         5 },
                { "T1055.001",    5 },
                { "T1055.012",    2 },
		{ "T1553.002",    1 },
                { "File",         20},
                { "Process",      15},
		{ "D3-FH",        1 },
                { "FileAnalysis", 2 },
                { "T1078",        3 },
	};

	for (size_t i = 0; i < COUNT_OF(asked); i++) {
		const char *problem;
		struct graph g;

		CHECK(graph_of(a, o, asked[i].id, &g, &problem) == STATUS_OK &&
			      g.n_nodes >= asked[i].n_at_least,
		      "%s: %zu nodes, %zu edges", asked[i].id, g.n_nodes, g.n_edges);
	}
}

static void check_release(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(ONTO_ARENA_BYTES);
	const char *problem = NULL;
	struct span bytes;
	struct ontology *o;
	struct graph g;

	if (!release) {
		printf("# skip: no D3FEND release (ASSAY_D3FEND)\n");
		return;
	}
	CHECK(ontology_take(&a, release, &bytes, &problem) == STATUS_OK &&
		      ontology_read(&a, release, bytes, &o, &problem) == STATUS_OK,
	      "the release is read (%s)", problem ? problem : "whole");
	if (problem)
		return;
	check_release_rule(&a, o);
	check_release_ids(&a, o);
	CHECK(confined(release) == 0, "it is read in a confined process");
	if (graph_of(&a, o, "T1036.001", &g, &problem) != STATUS_OK)
		abort();
	check_cut("the release", bytes, 1000, getenv("ASSAY_LONG") ? 1000 : 99000, &g);
}

static const char *release_find(void)
{
	const char *path = getenv("ASSAY_D3FEND");
	struct stat st;

	if (!path)
		path = "../shared/d3fend/d3fend-1.2.0.ttl";
	return stat(path, &st) == 0 ? path : NULL;
}

int main(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)64 << 20);
	const char *problem;
	struct ontology *o;
	struct graph g;

	check_files();
	if (!ontology_available()) {
		CHECK(read_text(&a, SPAN_TEXT(small), &o, &problem) == STATUS_UNSUPPORTED &&
			      strstr(problem, "libraptor2"),
		      "not built in, and it says so");
		return CHECK_DONE();
	}
	check_small();
	check_refused();
	check_deep();
	check_rings();
	check_foreign();
	check_relative();
	check_blank();
	if (read_text(&a, SPAN_TEXT(small), &o, &problem) != STATUS_OK ||
	    graph_of(&a, o, "T1036.001", &g, &problem) != STATUS_OK)
		return EXIT_FAILURE;
	check_cut("a small one", SPAN_TEXT(small), 0, 1, &g);
	CHECK(confined(NULL) == 0, "a confined process can parse");
	release = release_find();
	check_release();
	return CHECK_DONE();
}
