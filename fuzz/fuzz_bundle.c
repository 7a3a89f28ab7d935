/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as CodeResources, as an inventory and as names of a tree: lists are
 * sorted and found again, rules end within their effort, a tree's bundles lie in it.
 */
#include "formats/bundle/bundle.h"
#include "fuzz/must.h"

#define EFFORT    ((uint64_t)1 << 20)
#define MAX_NODES 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void seal_check(struct arena *a, struct span in)
{
	struct bundle_seal seal;
	uint64_t effort = EFFORT;

	if (bundle_seal_read(a, in, &seal) != STATUS_OK)
		return;
	MUST(seal.n <= BUNDLE_MAX_FILES && seal.n_rules <= BUNDLE_MAX_RULES);
	for (size_t i = 0; i < seal.n; i++) {
		const struct seal_rule *rule = NULL;
		uint64_t before = effort;
		enum status status;

		MUST(bundle_seal_find(&seal, seal.entries[i].path) == i);
		status = bundle_rule_of(&seal, seal.entries[i].path, &effort, &rule);
		MUST(effort <= before && (status == STATUS_OK || effort == 0));
		if (status != STATUS_OK)
			break;
	}
}

static void inventory_check(struct arena *a, struct span in)
{
	struct bundle_inventory list;
	struct bundle_print print;

	if (bundle_print_decode(in, &print)) {
		CLEANUP(buffer_free) struct buffer again = BUFFER_INIT;

		bundle_print_encode(&again, &print);
		MUST(again.len == in.len);
	}
	if (bundle_inventory_decode(a, in, &list) != STATUS_OK)
		return;
	for (size_t i = 1; i < list.n; i++)
		MUST(span_compare(list.items[i - 1].path, list.items[i].path) <= 0);
}

/* Each line is a path; of an Info.plist the next one is the name in it. */
static size_t nodes_read(struct span in, struct bundle_node *nodes)
{
	uint64_t from = 0, end;
	size_t n = 0;

	for (; from < in.len && n < MAX_NODES; from = end + 1) {
		if (!span_find(in, SPAN_LITERAL("\n"), from, &end))
			end = in.len;
		nodes[n] = (struct bundle_node){ .kind = BUNDLE_FILE };
		nodes[n].path = span_clip(in, from, end - from);
		if (n > 0)
			nodes[n - 1].executable = nodes[n].path;
		if (span_at(nodes[n].path, nodes[n].path.len - 1) == '@') {
			nodes[n].kind = BUNDLE_LINK;
			nodes[n].target = SPAN_LITERAL("A");
		}
		n++;
	}
	return n;
}

static void tree_check(struct arena *a, struct span in)
{
	struct bundle_node nodes[MAX_NODES];
	struct bundle_tree t;
	size_t n = nodes_read(in, nodes);

	if (bundle_tree_read(a, nodes, n, &t) != STATUS_OK)
		return;
	for (size_t i = 0; i < t.n_bases; i++) {
		struct bundle_base *b = &t.bases[i];
		CLEANUP(buffer_free) struct buffer list = BUFFER_INIT;
		struct bundle_inventory inventory;

		MUST(b->from <= b->to && b->to <= n);
		MUST(b->root.len <= b->base.len);
		MUST(b->program == BUNDLE_NOWHERE || nodes[b->program].kind == BUNDLE_FILE);
		MUST(bundle_tree_inventory(&t, b, &list) == STATUS_OK);
		MUST(bundle_inventory_decode(a, buffer_span(&list), &inventory) == STATUS_OK);
		MUST(inventory.n >= b->to - b->from);
		b->judged = true;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free) struct arena a = { .limit = (size_t)64 << 20 };
	struct span in = { data, size };

	if (size == 0)
		return 0;
	switch (data[0] & 3) {
	case 0: tree_check(&a, span_after(in, 1)); break;
	case 1: inventory_check(&a, span_after(in, 1)); break;
	default: seal_check(&a, in); break;
	}
	return 0;
}
