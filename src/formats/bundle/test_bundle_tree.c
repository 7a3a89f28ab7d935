/* SPDX-License-Identifier: MIT */
/* Where bundles are, and what is told of them, by names alone. */
#include "formats/bundle/bundle.h"
#include "tests/check.h"

#define MAX_NODES 8

/* Paths, NULL after the last; behind a "=" what an Info.plist names, behind a ">" where a link
 * leads.  Then "base root program" of each bundle, in order. */
static const struct {
	const char *what, *nodes[MAX_NODES], *bases;
} trees[] = {
	{"an app of macOS",
         { "Contents/Info.plist=prog", "Contents/MacOS/prog",
	    "Contents/_CodeSignature/CodeResources" },
         "[Contents/||Contents/MacOS/prog]"						       },
	{ "an app of iOS",
         { "Info.plist=prog", "prog", "_CodeSignature/CodeResources" },
         "[||prog]"									       },
	{ "a framework",
         { "Versions/A/Resources/Info.plist=In", "Versions/A/In",
	    "Versions/A/_CodeSignature/CodeResources", "Versions/Current>A" },
         "[Versions/A/||Versions/A/In]"							   },
	{ "a framework in a folder",
         { "F/Versions/A/Resources/Info.plist=In", "F/Versions/A/In",
	    "F/Versions/A/_CodeSignature/CodeResources", "F/Versions/Current>A" },
         "[F/Versions/A/|F|F/Versions/A/In]"						      },
	{ "inner ones first",
         { "Contents/Info.plist=prog", "Contents/MacOS/prog",
	    "Contents/PlugIns/x.appex/Contents/Info.plist=x",
	    "Contents/PlugIns/x.appex/Contents/MacOS/x" },
         "[Contents/PlugIns/x.appex/Contents/|Contents/PlugIns/x.appex|"
	  "Contents/PlugIns/x.appex/Contents/MacOS/x][Contents/||Contents/MacOS/prog]"            },
	{ "no program",              { "Contents/Info.plist=gone" },               "[Contents/||]"},
	{ "nothing of that",         { "a/b.plist", "Info.plist.txt" },            ""             },
};

static size_t nodes_make(const char *const *from, struct bundle_node *nodes)
{
	size_t n = 0;

	for (; n < MAX_NODES && from[n]; n++) {
		const char *name = strchr(from[n], '='), *link = strchr(from[n], '>');
		size_t len = strcspn(from[n], "=>");

		nodes[n] =
			(struct bundle_node){ .kind = link ? BUNDLE_LINK : BUNDLE_FILE,
					      .path = span_clip(SPAN_TEXT(from[n]), 0, len) };
		if (name)
			nodes[n].executable = SPAN_TEXT(&name[1]);
		if (link)
			nodes[n].target = SPAN_TEXT(&link[1]);
	}
	return n;
}

static void check_trees(void)
{
	for (size_t i = 0; i < COUNT_OF(trees); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)4 << 20);
		CLEANUP(buffer_free) struct buffer said = BUFFER_INIT;
		struct bundle_node nodes[MAX_NODES];
		struct bundle_tree t;

		if (bundle_tree_read(&a, nodes, nodes_make(trees[i].nodes, nodes), &t) !=
		    STATUS_OK)
			abort();
		for (size_t k = 0; k < t.n_bases; k++) {
			const struct bundle_base *b = &t.bases[k];

			buffer_char(&said, '[');
			buffer_add(&said, b->base);
			buffer_char(&said, '|');
			buffer_add(&said, b->root);
			buffer_char(&said, '|');
			if (b->program != BUNDLE_NOWHERE)
				buffer_add(&said, t.nodes[b->program].path);
			buffer_char(&said, ']');
		}
		CHECK(span_equal(buffer_span(&said), SPAN_TEXT(trees[i].bases)), "%s: %.*s",
		      trees[i].what, (int)said.len, said.len ? said.bytes : "");
	}
}

#define LARGE ((size_t)1 << 20)

/* A list that nobody would take is not made first. */
static void check_limit(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)4 << 20);
	CLEANUP(buffer_free) struct buffer list = BUFFER_INIT, print = BUFFER_INIT;
	struct bundle_node nodes[64];
	struct bundle_tree t;

	for (size_t i = 0; i < LARGE; i++)
		buffer_char(&print, 'x');
	for (size_t i = 0; i < COUNT_OF(nodes); i++)
		nodes[i] = (struct bundle_node){
			.kind = BUNDLE_FILE,
			.path = i > 0 ? SPAN_LITERAL("Contents/a")
				      : SPAN_LITERAL("Contents/Info.plist"),
			.print = buffer_span(&print),
		};
	if (bundle_tree_read(&a, nodes, COUNT_OF(nodes), &t) != STATUS_OK || t.n_bases != 1)
		abort();
	CHECK(bundle_tree_inventory(&t, &t.bases[0], &list) == STATUS_LIMIT, "too long a list");
	CHECK(list.len <= BUNDLE_MAX_INVENTORY, "of which %zu bytes were made", list.len);
}

int main(void)
{
	check_trees();
	check_limit();
	return CHECK_DONE();
}
