/* SPDX-License-Identifier: MIT */
/* The facts: the page's relations one by one, the strict reader, gaps, rooms. */
#include "base/buffer.h"
#include "countermeasures/rooms.h"
#include "evidence/attack.h"
#include "graph/infer.h"
#include "tests/check.h"

extern const char facts_text[], words_text[];

static struct arena arena = ARENA_INIT((size_t)256 << 20);

/* D3FEND's page of T1036.001, as a person read it. */
static const struct {
	const char *id, *label, *property, *inferred, *asserted_on, *tactic, *parent;
} page[] = {
	{"D3-DA",    "Dynamic Analysis",             "analyzes",  "may-detect",  "ExecutableFile", "Detect",
         "FileAnalysis"														       },
	{ "D3-EFA",  "Emulated File Analysis",       "analyzes",  "may-detect",  "ExecutableFile",
         "Detect",											    "FileAnalysis"                  },
	{ "D3-DF",   "Decoy File",                   "spoofs",    "may-deceive", "File",           "Deceive", "DecoyObject"                   },
	{ "D3-FE",   "File Encryption",              "encrypts",  "may-harden",  "File",           "Harden",
         "PlatformHardening"														  },
	{ "D3-EAL",  "Executable Allowlisting",      "blocks",    "may-isolate", "ExecutableFile",
         "Isolate",											   "ExecutionIsolation"            },
	{ "D3-FEV",  "File Eviction",                "deletes",   "may-evict",   "File",           "Evict",
         "ObjectEviction"														     },
	{ "D3-EDL",  "Executable Denylisting",       "blocks",    "may-isolate", "ExecutableFile",
         "Isolate",											   "ExecutionIsolation"            },
	{ "D3-RF",   "Restore File",                 "restores",  "may-restore", "File",           "Restore",
         "RestoreObject"														      },
	{ "D3-FIM",  "File Integrity Monitoring",    "analyzes",  "may-detect",  "File",           "Detect",
         "PlatformMonitoring"														 },
	{ "D3-FA",   "File Analysis",                "analyzes",  "may-detect",  "File",           "Detect",
         "DefensiveTechnique"														 },
	{ "D3-RFAM", "Remote File Access Mediation", "isolates",  "may-isolate", "File",
         "Isolate",											   "NetworkResourceAccessMediation"},
	{ "D3-LFP",  "Local File Permissions",       "restricts", "may-isolate", "File",           "Isolate",
         "AccessPolicyAdministration"													 },
};

static bool edge_is(const struct graph *g, size_t i, const char *text)
{
	const struct graph_edge *e = &g->edges[i];
	const char *is = arena_printf(
		&arena, "%s %s %s %s %s", g->nodes[e->from].id, e->property, g->nodes[e->to].id,
		e->asserted_on ? e->asserted_on : "-", graph_edge_word(e->kind));

	if (is && strcmp(is, text) == 0)
		return true;
	printf("# is %s\n", is ? is : "nothing");
	return false;
}

static void check_page(const struct graph *g)
{
	CHECK(g->n_nodes == 14 && g->n_edges == 25, "14 nodes, 25 edges");
	if (g->n_nodes != 14 || g->n_edges != 25)
		return;
	CHECK(g->nodes[0].kind == GRAPH_TECHNIQUE && strcmp(g->nodes[0].id, "T1036.001") == 0 &&
		      strcmp(g->nodes[0].class.label, "Invalid Code Signature") == 0 &&
		      strcmp(g->nodes[0].class.uri, GRAPH_NAMESPACE "T1036.001") == 0,
	      "the technique");
	CHECK(g->nodes[1].kind == GRAPH_ARTIFACT &&
		      strcmp(g->nodes[1].class.label, "Executable Binary") == 0,
	      "the artifact");
	CHECK(edge_is(g, 0, "T1036.001 creates ExecutableBinary ExecutableBinary asserted"),
	      "edge 1: creates");
	for (size_t i = 0; i < COUNT_OF(page); i++) {
		const struct graph_node *n = &g->nodes[2 + i];

		CHECK(n->kind == GRAPH_COUNTERMEASURE && strcmp(n->id, page[i].id) == 0 &&
			      strcmp(n->class.label, page[i].label) == 0 && n->command &&
			      n->about,
		      "%s: %s", page[i].id, page[i].label);
		CHECK(edge_is(g, 1 + 2 * i,
			      arena_printf(&arena, "%s %s ExecutableBinary %s asserted",
					   page[i].id, page[i].property, page[i].asserted_on)),
		      "edge %zu: %s %s", 2 + 2 * i, page[i].id, page[i].property);
		CHECK(edge_is(g, 2 + 2 * i,
			      arena_printf(&arena, "%s %s T1036.001 - inferred", page[i].id,
					   page[i].inferred)),
		      "edge %zu: %s %s", 3 + 2 * i, page[i].id, page[i].inferred);
		CHECK(n->n_tactics == 1 && strcmp(n->tactics[0], page[i].tactic) == 0 &&
			      n->n_chain > 1 &&
			      strcmp(n->chain[1].class.name, page[i].parent) == 0,
		      "%s: %s, below %s", page[i].id, page[i].tactic, page[i].parent);
	}
}

static bool chain_is(const struct graph_node *n, const char *text)
{
	CLEANUP(buffer_free) struct buffer is = BUFFER_INIT;

	for (size_t i = 0; i < n->n_chain; i++)
		buffer_printf(&is, "%s%s", i ? " " : "", n->chain[i].class.name);
	if (strcmp(buffer_string(&is, 0), text) == 0)
		return true;
	printf("# is %s\n", buffer_string(&is, 0));
	return false;
}

static void check_chains(const struct graph *g)
{
	const struct graph_step *evasion = &g->nodes[0].chain[2];

	CHECK(chain_is(&g->nodes[0], "T1036.001 T1036 DefenseEvasionTechnique "
				     "ATTACKEnterpriseTechnique ATTACKEnterpriseThing "
				     "ATTACKThing ExternalThreatModelThing ExternalThing"),
	      "the chain of the technique");
	CHECK(evasion->n_others == 1 &&
		      strcmp(evasion->others[0].name, "OffensiveTechnique") == 0,
	      "the parent that the line leaves out is listed");
	CHECK(evasion->class.family == GRAPH_FAMILY_ATTACK &&
		      evasion->others[0].family == GRAPH_FAMILY_D3FEND,
	      "families of both");
	CHECK(chain_is(&g->nodes[1], "ExecutableBinary ExecutableFile File Resource "
				     "DigitalInformationBearer DigitalArtifact Artifact "
				     "D3FENDCore"),
	      "the chain of the artifact");
	CHECK(g->nodes[1].class.family == GRAPH_FAMILY_ARTIFACT, "its family");
	CHECK(g->nodes[0].n_tactics == 1 && strcmp(g->nodes[0].tactics[0], "TA0005") == 0,
	      "the technique's tactic");
}

static bool has_property(const struct graph_node *n, enum graph_origin origin,
			 const char *subject, const char *property, const char *object)
{
	for (size_t i = 0; i < n->n_properties; i++) {
		const struct graph_property *p = &n->properties[i];

		if (p->origin == origin && strcmp(p->subject.name, subject) == 0 &&
		    strcmp(p->property, property) == 0 && strcmp(p->object.name, object) == 0)
			return true;
	}
	return false;
}

static void check_properties(const struct graph *g)
{
	CHECK(has_property(&g->nodes[0], GRAPH_OWN, "T1036.001", "creates", "ExecutableBinary"),
	      "an own property");
	CHECK(has_property(&g->nodes[0], GRAPH_INHERITED, "DefenseEvasionTechnique", "enables",
			   "TA0005"),
	      "an inherited one");
	CHECK(has_property(&g->nodes[1], GRAPH_INVERSE, "T1036.001", "creates",
			   "ExecutableBinary"),
	      "an inverse one");
	CHECK(has_property(graph_find(g, "D3-EAL"), GRAPH_OWN, "ExecutableAllowlisting",
			   "filters", "CreateProcess"),
	      "what is asserted on another artifact");
	CHECK(graph_find(g, "FileAnalysis") == graph_find(g, "D3-FA") &&
		      !graph_find(g, "D3-CF"),
	      "found by id and by class");
	CHECK(graph_find(g, "D3-EAL")->n_aliases == 1 &&
		      strcmp(graph_find(g, "D3-EAL")->aliases[0],
			     "File Signature Authentication") == 0,
	      "an alias");
}

static void check_attack(const struct graph *g)
{
	const struct attack_facts *t = g->attack;

	CHECK(t && strcmp(t->strategy, "DET0031") == 0 && strcmp(t->mitigation, "M1045") == 0 &&
		      t->n_controls == 5 && t->n_platforms == 2 && t->n_analytics == 2,
	      "ATT&CK's side");
	if (!t || t->n_analytics != 2)
		return;
	CHECK(strcmp(t->version, ATTACK_VERSION) == 0 && t->n_analytics == n_attack_analytics,
	      "reports and the graph speak of the same ATT&CK, %s", t->version);
	for (size_t i = 0; i < t->n_analytics; i++) {
		const struct attack_analytic *said = &t->analytics[i];
		const struct attack_analytic_row *row = &attack_analytics[i];
		bool same = strcmp(said->id, row->id) == 0 &&
			    strcmp(said->platform, row->platform) == 0 &&
			    said->n_elements == ATTACK_ELEMENTS;

		for (size_t k = 0; same && k < ATTACK_ELEMENTS; k++)
			same = strcmp(said->elements[k], row->elements[k]) == 0;
		CHECK(same, "%s: reports have the elements of the facts", said->id);
	}
	CHECK(strcmp(t->analytics[0].id, "AN0089") == 0 && t->analytics[0].n_components == 3 &&
		      strcmp(t->analytics[0].components[2].id, "DC0064") == 0 &&
		      strcmp(t->analytics[0].elements[0], "SignatureValidationResult") == 0,
	      "AN0089");
	CHECK(strcmp(t->analytics[1].id, "AN0090") == 0 &&
		      strcmp(t->analytics[1].components[2].id, "DC0061") == 0 &&
		      strcmp(t->analytics[1].elements[2], "ExecutablePathPrefix") == 0,
	      "AN0090");
}

static void check_rooms(struct graph *g)
{
	struct room_context context = { .arena = &arena };
	size_t n_built = 0;

	graph_ask_states(g, room_ask, &context);
	for (size_t i = 0; i < n_rooms; i++) {
		const struct graph_node *n = graph_find(g, rooms[i].id);

		CHECK(n && strcmp(n->class.name, rooms[i].class) == 0 && n->command &&
			      strcmp(n->command, rooms[i].command) == 0,
		      "the room %s is in the facts", rooms[i].id);
	}
	for (size_t i = 0; i < g->n_nodes; i++) {
		const struct graph_node *n = &g->nodes[i];

		n_built += n->state.built;
		if (n->kind != GRAPH_COUNTERMEASURE)
			CHECK(n->state.health == ROOM_UNKNOWN, "%s has no state", n->id);
		else
			CHECK(n->state.built == (n->state.health != ROOM_NOT_BUILT), "%s is %s",
			      n->id, room_health_word(n->state.health));
	}
	CHECK(n_built == n_rooms, "no more is built than there are rooms");
}

/* The rule over our own index finds the page, and the gaps of kind "own". */
static void check_rule(const struct graph *g)
{
	const struct index_class *technique;
	const struct facts *f;
	struct inference in;
	struct graph by_rule = { 0 };
	size_t n, n_same = 0;

	CHECK(facts_default(&arena, &f) == STATUS_OK, "the facts are read");
	technique = index_find(&f->index, GRAPH_TECHNIQUE_ID, &n);
	CHECK(technique && n == 1 && inference_begin(&in, &arena, &f->index, f) == STATUS_OK &&
		      inference_make(&in, technique) == STATUS_OK &&
		      inference_graph(&in, &by_rule) == STATUS_OK,
	      "the rule works on the facts");
	CHECK(by_rule.n_nodes == 17 && by_rule.n_edges == 31,
	      "it finds the page and three more");
	for (size_t i = 0; i < g->n_edges && i < by_rule.n_edges; i++) {
		const struct graph_edge *e = &g->edges[i];

		n_same += edge_is(&by_rule, i,
				  arena_printf(&arena, "%s %s %s %s %s", g->nodes[e->from].id,
					       e->property, g->nodes[e->to].id,
					       e->asserted_on ? e->asserted_on : "-",
					       graph_edge_word(e->kind)));
	}
	CHECK(n_same == 25, "the 25 edges of the file follow from its classes");
}

static void check_gaps(void)
{
	const struct graph_gap *gaps;
	const struct facts *f;
	size_t n, n_own = 0, n_found = 0;

	if (facts_default(&arena, &f) != STATUS_OK)
		abort();
	CHECK(graph_gaps(&arena, NULL, &gaps, &n) == STATUS_OK, "gaps of our facts");
	for (size_t i = 0; i < n; i++) {
		const struct facts_gap *ours = facts_gap(f, gaps[i].class.name);

		n_own += gaps[i].kind == GRAPH_GAP_OWN;
		CHECK(ours && ours->kind == gaps[i].kind && gaps[i].for_us, "%s %s %s %s (%s)",
		      gaps[i].id, graph_gap_word(gaps[i].kind), gaps[i].property,
		      gaps[i].object.name, gaps[i].via.name);
	}
	for (size_t i = 0; i < f->n_gaps; i++) {
		size_t k = 0;

		while (k < n && strcmp(gaps[k].id, f->gaps[i].class->d3fend_id) != 0)
			k++;
		n_found += k < n;
	}
	CHECK(n_own == 3, "three that the rule lists");
	CHECK(n_found == f->n_gaps, "each gap of the file is one by the rule");
}

static void check_asked(void)
{
	static const struct {
		const char *id;
		enum graph_node_kind kind;
		size_t n_nodes;
	} known[] = {
		{"T1036.001",               GRAPH_TECHNIQUE,      14},
		{ "ExecutableBinary",       GRAPH_ARTIFACT,       17},
		{ "D3-EAL",                 GRAPH_COUNTERMEASURE, 3 },
		{ "ExecutableAllowlisting", GRAPH_COUNTERMEASURE, 3 },
		{ "D3-CQ",                  GRAPH_COUNTERMEASURE, 3 },
	};
	static const char *const unknown[] = {
		"T1036", "T9999", "File", "D3-XYZ", "", "D3-CF "
	};
	const char *problem;
	struct graph g;

	for (size_t i = 0; i < COUNT_OF(known); i++)
		CHECK(graph_of(&arena, NULL, known[i].id, &g, &problem) == STATUS_OK &&
			      g.n_nodes == known[i].n_nodes && g.nodes[0].kind == known[i].kind,
		      "%s without an ontology", known[i].id);
	for (size_t i = 0; i < COUNT_OF(unknown); i++)
		CHECK(graph_of(&arena, NULL, unknown[i], &g, &problem) == STATUS_USAGE &&
			      problem,
		      "\"%.6s\" needs one", unknown[i]);
}

static void check_reader(void)
{
	static const struct {
		const char *name, *line, *why;
	} bad[] = {
		{"an unknown word",             "room\tD3-FA\n",                                             "begins with no word"},
		{ "a column too few",           "super\tFile\n",                                             "missing or empty"   },
		{ "a column too many",          "super\tFile\tResource\tx\n",                                "more columns"       },
		{ "an empty column",            "super\t\tFile\n",                                           "missing or empty"   },
		{ "a class twice",              "class\tFile\tFile\t-\n",                                    "twice"              },
		{ "a superclass without a row", "super\tFile\tNothing\n",                                    "without a row"      },
		{ "a node twice",               "node\tFileAnalysis\tcountermeasure\tscan\n",                "twice"              },
		{ "a node of no kind",          "node\tFile\tthing\t-\n",                                    "no kind"            },
		{ "an edge twice",              "edge\tD3-FA\tanalyzes\tExecutableBinary\tFile\tasserted\n",
                 "twice"													  },
		{ "an edge to nowhere",         "edge\tD3-FA\tdeletes\tFile\tFile\tasserted\n",
                 "no node"													},
		{ "an edge without a class",
                 "edge\tD3-FA\tdeletes\tExecutableBinary\t-\tasserted\n",				    "asserted on a class"},
		{ "an inferred edge with one",
                 "edge\tD3-FA\tdeletes\tExecutableBinary\tFile\tinferred\n",				 "asserted on a class"},
		{ "a gap that is a node",       "gap\tD3-FA\town\tno\n",                                     "a node or a gap"    },
		{ "a key twice",                "source\tversion\t1.3\n",                                    "twice"              },
		{ "no UTF-8",                   "alias\tFile\t\xff\n",                                       "UTF-8"              },
		{ "words twice",                "about\tD3-FA\tAgain.\n",                                    "twice"              },
	};

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		const char *text = arena_printf(&arena, "%s%s", words_text, bad[i].line);
		struct facts *f = ARENA_NEW(&arena, struct facts, 1);
		const char *problem = NULL;

		CHECK(text && f &&
			      facts_read(&arena, SPAN_TEXT(facts_text), SPAN_TEXT(text), f,
					 &problem) == STATUS_MALFORMED &&
			      problem && strncmp(problem, "line ", 5) == 0 &&
			      strstr(problem, bad[i].why),
		      "refused: %s (%s)", bad[i].name, problem ? problem : "not at all");
	}
}

int main(void)
{
	struct graph g;

	if (graph_default(&arena, &g) != STATUS_OK) {
		printf("Bail out! the facts cannot be read\n");
		return EXIT_FAILURE;
	}
	check_page(&g);
	check_chains(&g);
	check_properties(&g);
	check_attack(&g);
	check_rooms(&g);
	check_rule(&g);
	check_gaps();
	check_asked();
	check_reader();
	arena_free(&arena);
	return CHECK_DONE();
}
