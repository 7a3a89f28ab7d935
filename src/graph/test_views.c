/* SPDX-License-Identifier: MIT */
/*
 * The views: each state by its word everywhere, text that fits, output that
 * stays whole when memory ends.  What they say is read by tests/graph-views.
 */
#include "base/memory.h"
#include "graph/coverage.h"
#include "graph/letters.h"
#include "graph/views.h"
#include "tests/check.h"
#include "trust/sets.h"

#define ARENA_BYTES ((size_t)8 << 20)

static const enum room_health healths[] = {
	ROOM_UNKNOWN, ROOM_NOT_BUILT, ROOM_OFF, ROOM_ACTIVE, ROOM_DEGRADED, ROOM_FAILED,
};

static const char noisy[] = "</svg>\"]; `x` | \x1b[31m a note that is much longer than any box "
			    "of the picture has room for, and then some more of it";

static void same_for_all(const void *context, const char *class, struct room_state *out)
{
	const enum room_health *health = context;

	(void)class;
	*out = (struct room_state){ .health = *health,
				    .detail = noisy,
				    .needs = noisy,
				    .last_event = noisy,
				    .last_error = noisy,
				    .counts = { { noisy, UINT64_MAX } },
				    .n_counts = 1 };
}

static void text_110(struct buffer *out, const struct graph *g)
{
	graph_text(out, g, 110);
}

static void coverage_110(struct buffer *out, const struct graph *g)
{
	coverage_text(out, g, 110);
}

static void reference_any(struct buffer *out, const struct graph *g)
{
	const struct reference r = { g, g };

	reference_text(out, &r, 80);
	reference_markdown(out, &r);
	reference_html(out, &r);
	reference_json(out, &r);
}

static const struct {
	const char *name;
	bool stateless;
	void (*print)(struct buffer *out, const struct graph *g);
} views[] = {
	{"text",                 false, text_110          },
	{ "svg",		 false, graph_svg         },
	{ "html",                false, graph_html        },
	{ "mermaid",             false, graph_mermaid     },
	{ "dot",		 false, graph_dot         },
	{ "JSON-LD",             false, graph_jsonld      },
	{ "Turtle",              false, graph_turtle      },
	{ "JSON",                false, graph_json        },
	{ "reference",           true,  reference_any     },
	{ "coverage",            false, coverage_110      },
	{ "coverage, JSON",      false, coverage_json     },
	{ "coverage, navigator", false, coverage_navigator},
	{ "coverage, CAD",       false, coverage_cad      },
};

static bool holds(const struct buffer *b, const char *what)
{
	uint64_t at;

	return span_find(buffer_span(b), SPAN_TEXT(what), 0, &at);
}

static void test_states(struct graph *g)
{
	for (size_t v = 0; v < COUNT_OF(views); v++) {
		size_t wrong = 0;

		for (size_t h = 0; h < COUNT_OF(healths); h++) {
			CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;

			graph_ask_states(g, same_for_all, &healths[h]);
			views[v].print(&out, g);
			wrong += buffer_status(&out) != STATUS_OK || holds(&out, "\x1b");
			wrong += !views[v].stateless &&
				 !holds(&out, room_health_word(healths[h]));
		}
		CHECK(wrong == 0, "%s: six states by their words, inert", views[v].name);
	}
}

static void test_size(struct graph *g)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;

	graph_ask_states(g, same_for_all, &healths[5]);
	graph_svg(&out, g);
	CHECK(out.len <= GRAPH_MAX_SVG, "the fullest picture has %zu bytes", out.len);
}

/* What is printed is whole, or says that it is not. */
static void test_no_memory(struct graph *g)
{
	for (size_t v = 0; v < COUNT_OF(views); v++) {
		CLEANUP(buffer_free) struct buffer whole = BUFFER_INIT;
		size_t wrong = 0;

		views[v].print(&whole, g);
		for (long n = 0; n < 60; n++) {
			CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;

			memory_fail_after(n);
			views[v].print(&out, g);
			memory_fail_after(-1);
			wrong += buffer_status(&out) == STATUS_OK &&
				 !span_equal(buffer_span(&out), buffer_span(&whole));
		}
		CHECK(wrong == 0, "%s: never a part that looks whole", views[v].name);
	}
}

static struct graph_node *node_of(struct graph *g, const char *id)
{
	for (size_t i = 0; i < g->n_nodes; i++)
		if (strcmp(g->nodes[i].id, id) == 0)
			return &g->nodes[i];
	abort();
}

static const struct {
	const char *what;
	enum room_health one, others;
	enum coverage_answer answer;
} answers[] = {
	{"all work",                    ROOM_ACTIVE,   ROOM_ACTIVE,    COVERAGE_WORKS  },
	{ "nothing else is built",      ROOM_ACTIVE,   ROOM_NOT_BUILT, COVERAGE_WORKS  },
	{ "nobody asked for the rest",  ROOM_ACTIVE,   ROOM_OFF,       COVERAGE_WORKS  },
	{ "one failed",                 ROOM_FAILED,   ROOM_ACTIVE,    COVERAGE_LACKS  },
	{ "one is degraded",            ROOM_DEGRADED, ROOM_NOT_BUILT, COVERAGE_LACKS  },
	{ "one cannot be told",         ROOM_UNKNOWN,  ROOM_ACTIVE,    COVERAGE_UNKNOWN},
	{ "one failed, others unknown", ROOM_FAILED,   ROOM_UNKNOWN,   COVERAGE_LACKS  },
};

static void test_coverage(struct graph *g)
{
	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		graph_ask_states(g, same_for_all, &answers[i].others);
		g->nodes[7].state.health = answers[i].one;
		CHECK(coverage_judge(g) == answers[i].answer, "coverage: %s", answers[i].what);
	}
}

/* Of what ATT&CK asks: the parts that nobody sees, and programs whose signers nobody knows. */
static void test_attack(struct graph *g)
{
	static const enum room_health none = ROOM_NOT_BUILT;
	static const struct {
		const char *what;
		unsigned sets;
		enum room_health one, technique, windows, windows_file, macos, macos_file;
	} rows[] = {
		{"not built",         TRUST_ALL_SETS, ROOM_NOT_BUILT, ROOM_NOT_BUILT, ROOM_NOT_BUILT,
                 ROOM_NOT_BUILT,										   ROOM_NOT_BUILT, ROOM_NOT_BUILT},
		{ "failed",           TRUST_ALL_SETS, ROOM_FAILED,    ROOM_FAILED,    ROOM_FAILED,    ROOM_FAILED,
                 ROOM_FAILED,												      ROOM_FAILED   },
		{ "all anchors",      TRUST_ALL_SETS, ROOM_ACTIVE,    ROOM_ACTIVE,    ROOM_DEGRADED,
                 ROOM_ACTIVE,										      ROOM_DEGRADED,  ROOM_ACTIVE   },
		{ "Windows' anchors", TRUST_MS_CODE,  ROOM_ACTIVE,    ROOM_ACTIVE,    ROOM_DEGRADED,
                 ROOM_ACTIVE,										      ROOM_DEGRADED,  ROOM_DEGRADED },
		{ "Apple's anchors",  TRUST_APPLE,    ROOM_ACTIVE,    ROOM_ACTIVE,    ROOM_DEGRADED,
                 ROOM_DEGRADED,										    ROOM_DEGRADED,  ROOM_ACTIVE   },
		{ "other anchors",    TRUST_KMOD,     ROOM_ACTIVE,    ROOM_DEGRADED,  ROOM_DEGRADED,
                 ROOM_DEGRADED,										    ROOM_DEGRADED,  ROOM_DEGRADED },
	};
	const struct attack_analytic *windows = &g->attack->analytics[0],
				     *macos = &g->attack->analytics[1];

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct graph_node *judge;

		graph_ask_states(g, same_for_all, &none);
		judge = node_of(g, "D3-FA");
		judge->state.health = rows[i].one;
		judge->state.sets = rows[i].sets;
		CHECK(coverage_of_technique(g) == rows[i].technique &&
			      coverage_of_strategy(g) != ROOM_ACTIVE &&
			      coverage_of_analytic(g, windows) == rows[i].windows &&
			      coverage_of_analytic(g, macos) == rows[i].macos,
		      "coverage of ATT&CK: %s", rows[i].what);
		CHECK(coverage_of_component(g, windows, &windows->components[1]) ==
				      rows[i].windows_file &&
			      coverage_of_component(g, macos, &macos->components[0]) ==
				      rows[i].macos_file,
		      "files: %s", rows[i].what);
		CHECK(coverage_of_component(g, windows, &windows->components[0]) ==
				      ROOM_NOT_BUILT &&
			      coverage_of(g, coverage_requiring) == ROOM_NOT_BUILT,
		      "nothing sees processes or stops them: %s", rows[i].what);
	}
	node_of(g, "D3-EDL")->state.health = ROOM_ACTIVE;
	CHECK(coverage_of(g, coverage_requiring) == ROOM_NOT_BUILT,
	      "a list of what may not run requires no signature");
}

static void test_letters(void)
{
	static const struct {
		const char *text;
		struct letters how;
		unsigned width;
	} rows[] = {
		{"",          { 12, false }, 0 },
                { "M",        { 10, false }, 9 },
		{ "M",        { 10, true },  10},
                { "iii",      { 10, false }, 9 },
		{ "\xc3\xa4", { 10, false }, 15},
	};
	const struct letters how = { 10, false };
	size_t wrong = 0;

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK(letters_width(SPAN_TEXT(rows[i].text), rows[i].how) == rows[i].width,
		      "letters: \"%s\"", rows[i].text);
	for (unsigned width = 0; width < 900; width++) {
		struct span all = SPAN_TEXT(noisy), fits = letters_fit(all, width, how);

		wrong += letters_width(fits, how) + (fits.len < all.len && fits.len ? 10 : 0) >
			 width + 1;
		wrong += fits.len < all.len && letters_width(all, how) <= width;
	}
	CHECK(wrong == 0, "letters: what fits does, with its ellipsis");
}

int main(void)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(ARENA_BYTES);
	struct graph g;

	if (graph_default(&arena, &g) != STATUS_OK) {
		CHECK(false, "the default graph");
		return CHECK_DONE();
	}
	test_letters();
	test_states(&g);
	test_size(&g);
	test_no_memory(&g);
	test_coverage(&g);
	test_attack(&g);
	return CHECK_DONE();
}
