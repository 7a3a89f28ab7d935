/* SPDX-License-Identifier: MIT */
/*
 * Where the bundles are, by names alone: a folder with a seal
 * (_CodeSignature/CodeResources), "Contents" with an Info.plist, and an .app with
 * an Info.plist right in it, sealed or not.
 */
#include "formats/bundle/bundle.h"

#include "base/search.h"
#include <stdlib.h>

#define SEAL     SPAN_LITERAL("_CodeSignature/CodeResources")
#define INFO     SPAN_LITERAL("Info.plist")
#define PAYLOAD  SPAN_LITERAL("Payload/")
#define SLASH    SPAN_LITERAL("/")
#define CONTENTS SPAN_LITERAL("Contents/")
#define CURRENT  SPAN_LITERAL("Versions/Current")

static bool ends_with(struct span s, struct span tail)
{
	return s.len >= tail.len && span_equal(span_after(s, s.len - tail.len), tail);
}

/* Of "a/b": "a/", and of "b": nothing. */
static struct span folder_of(struct span path)
{
	uint64_t at = path.len;

	while (at > 0 && span_at(path, at - 1) != '/')
		at--;
	return span_clip(path, 0, at);
}

static struct span slash_cut(struct span folder)
{
	return span_clip(folder, 0, folder.len > 0 ? folder.len - 1 : 0);
}

static struct span name_of(struct span path)
{
	return span_after(path, folder_of(path).len);
}

static struct span join(struct arena *a, struct span folder, struct span name)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

	buffer_add(&b, folder);
	buffer_add(&b, name);
	return arena_copy(a, buffer_span(&b));
}

static int by_path(const void *a, const void *b)
{
	const struct bundle_node *one = a, *two = b;

	return span_compare(one->path, two->path);
}

struct node_search {
	const struct bundle_tree *tree;
	struct span path;
};

static bool node_comes_before(const void *context, uint64_t node)
{
	const struct node_search *s = context;

	return span_compare(s->tree->nodes[node].path, s->path) < 0;
}

/* The first node whose path is not before @path. */
static size_t node_from(const struct bundle_tree *t, struct span path)
{
	const struct node_search search = { t, path };

	return search_first(t->n, node_comes_before, &search);
}

static size_t node_find(const struct bundle_tree *t, struct span path)
{
	size_t at = node_from(t, path);

	return at < t->n && span_equal(t->nodes[at].path, path) ? at : BUNDLE_NOWHERE;
}

/* *@out: the node of a file of that name, or BUNDLE_NOWHERE. */
static enum status file_find(struct arena *a, const struct bundle_tree *t, struct span folder,
			     struct span name, size_t *out)
{
	struct span path = join(a, folder, name);

	*out = BUNDLE_NOWHERE;
	if (!path.ptr && folder.len + name.len > 0)
		return STATUS_NO_MEMORY;
	*out = node_find(t, path);
	if (*out != BUNDLE_NOWHERE && t->nodes[*out].kind != BUNDLE_FILE)
		*out = BUNDLE_NOWHERE;
	return STATUS_OK;
}

/* Is a file of this path one by which a bundle is known?  Then *@base is its base. */
static bool is_mark(struct span path, struct span *base)
{
	struct span folder = folder_of(path), last = name_of(slash_cut(folder));

	if (ends_with(path, SEAL)) {
		*base = span_clip(path, 0, path.len - SEAL.len);
		return base->len == 0 || ends_with(*base, SLASH);
	}
	*base = folder;
	if (!span_equal(name_of(path), INFO))
		return false;
	return folder.len == 0 || span_equal(last, SPAN_LITERAL("Contents")) ||
	       ends_with(last, SPAN_LITERAL(".app")) || ends_with(last, SPAN_LITERAL(".appex"));
}

bool bundle_mark(struct span path, struct span *root)
{
	struct span base, self, versions;

	if (!is_mark(path, &base) || base.len < 2)
		return false;
	self = slash_cut(base);
	versions = folder_of(self);
	*root = self;
	if (span_equal(name_of(self), SPAN_LITERAL("Contents")))
		*root = slash_cut(versions);
	else if (span_equal(name_of(slash_cut(versions)), SPAN_LITERAL("Versions")))
		*root = slash_cut(folder_of(slash_cut(versions)));
	return root->len > 0;
}

/* The version of a framework that its link "Current" leads to stands for all of it. */
static enum status root_find(struct arena *a, const struct bundle_tree *t,
			     struct bundle_base *b)
{
	struct span self = slash_cut(b->base), versions = folder_of(self), framework;
	struct span link;
	size_t at;

	b->root = self;
	if (span_equal(name_of(self), SPAN_LITERAL("Contents")))
		b->root = slash_cut(folder_of(self));
	if (!span_equal(name_of(slash_cut(versions)), SPAN_LITERAL("Versions")))
		return STATUS_OK;
	framework = folder_of(slash_cut(versions));
	link = join(a, framework, CURRENT);
	if (!link.ptr)
		return STATUS_NO_MEMORY;
	at = node_find(t, link);
	if (at != BUNDLE_NOWHERE && t->nodes[at].kind == BUNDLE_LINK &&
	    span_equal(t->nodes[at].target, name_of(self)))
		b->root = slash_cut(framework);
	return STATUS_OK;
}

static void nodes_find(const struct bundle_tree *t, struct bundle_base *b)
{
	/* All that begins with the base stands together. */
	b->from = b->to = node_from(t, b->base);
	while (b->to < t->n &&
	       span_equal(span_clip(t->nodes[b->to].path, 0, b->base.len), b->base))
		b->to++;
}

static enum status parts_find(struct arena *a, const struct bundle_tree *t,
			      struct bundle_base *b)
{
	bool contents = span_equal(name_of(slash_cut(b->base)), SPAN_LITERAL("Contents"));
	struct span folder = b->base;

	TRY(file_find(a, t, b->base, INFO, &b->info));
	if (b->info == BUNDLE_NOWHERE)
		TRY(file_find(a, t, b->base, SPAN_LITERAL("Resources/Info.plist"), &b->info));
	TRY(file_find(a, t, b->base, SEAL, &b->seal));
	TRY(file_find(a, t, b->base, SPAN_LITERAL("CodeResources"), &b->ticket));
	b->program = BUNDLE_NOWHERE;
	if (b->info == BUNDLE_NOWHERE || t->nodes[b->info].executable.len == 0)
		return STATUS_OK;
	if (contents) {
		folder = join(a, b->base, SPAN_LITERAL("MacOS/"));
		if (!folder.ptr)
			return STATUS_NO_MEMORY;
	}
	TRY(file_find(a, t, folder, t->nodes[b->info].executable, &b->program));
	/* Of the top nobody knows the name: it may be a "Contents" itself. */
	if (b->program != BUNDLE_NOWHERE || b->base.len > 0)
		return STATUS_OK;
	return file_find(a, t, SPAN_LITERAL("MacOS/"), t->nodes[b->info].executable,
			 &b->program);
}

static size_t depth_of(struct span path)
{
	size_t n = 0;

	for (size_t i = 0; i < path.len; i++)
		n += span_at(path, i) == '/';
	return n;
}

/* Inner ones first; else by name. */
static int by_depth(const void *a, const void *b)
{
	const struct bundle_base *one = a, *two = b;
	size_t first = depth_of(one->base), second = depth_of(two->base);

	if (first != second)
		return first > second ? -1 : 1;
	return span_compare(one->base, two->base);
}

/* The same as the last one of @n, or a folder around its "Contents": that one counts. */
static bool is_other(const struct bundle_tree *t, size_t n, struct span base)
{
	if (n > 0 && span_equal(t->bases[n - 1].base, base))
		return true;
	for (size_t i = 0; i < n; i++) {
		struct span inner = t->bases[i].base;

		if (ends_with(inner, CONTENTS) && inner.len == base.len + CONTENTS.len &&
		    span_equal(span_clip(inner, 0, base.len), base))
			return true;
	}
	return false;
}

/* Whoever follows it finds an Info.plist there; we follow none. */
static bool is_linked_info(const struct bundle_node *n)
{
	return n->kind == BUNDLE_LINK && span_equal(name_of(n->path), INFO);
}

static enum status bases_find(struct arena *a, struct bundle_tree *t)
{
	size_t n = 0, kept = 0;

	t->bases = ARENA_NEW(a, struct bundle_base, BUNDLE_MAX_BASES);
	if (!t->bases)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < t->n; i++) {
		struct span base;

		if (!is_mark(t->nodes[i].path, &base) ||
		    (t->nodes[i].kind != BUNDLE_FILE && !is_linked_info(&t->nodes[i])))
			continue;
		if (n == BUNDLE_MAX_BASES)
			return STATUS_LIMIT;
		t->bases[n++].base = base;
	}
	qsort(t->bases, n, sizeof(t->bases[0]), by_depth);
	for (size_t i = 0; i < n; i++)
		if (!is_other(t, kept, t->bases[i].base))
			t->bases[kept++] = t->bases[i];
	t->n_bases = kept;
	return STATUS_OK;
}

enum status bundle_tree_read(struct arena *a, struct bundle_node *nodes, size_t n,
			     struct bundle_tree *out)
{
	*out = (struct bundle_tree){ .nodes = nodes, .n = n };
	qsort(nodes, n, sizeof(nodes[0]), by_path);
	TRY(bases_find(a, out));
	for (size_t i = 0; i < out->n_bases; i++) {
		struct bundle_base *b = &out->bases[i];

		if (depth_of(b->base) > BUNDLE_MAX_PATH_DEPTH)
			return STATUS_LIMIT;
		TRY(root_find(a, out, b));
		nodes_find(out, b);
		TRY(parts_find(a, out, b));
	}
	return STATUS_OK;
}

size_t bundle_base_judged(const struct bundle_base *b)
{
	if (b->program != BUNDLE_NOWHERE)
		return b->program;
	return b->info != BUNDLE_NOWHERE ? b->info : b->seal;
}

const struct bundle_base *bundle_tree_top(const struct bundle_tree *t)
{
	for (size_t i = 0; i < t->n_bases; i++)
		if (t->bases[i].root.len == 0)
			return &t->bases[i];
	return NULL;
}

/* "Payload/NAME.app", and no more. */
static bool is_app(struct span path)
{
	return ends_with(path, SPAN_LITERAL(".app")) && span_equal(folder_of(path), PAYLOAD);
}

bool bundle_in_archive(struct span name)
{
	return name.len > PAYLOAD.len && span_equal(span_clip(name, 0, PAYLOAD.len), PAYLOAD);
}

const struct bundle_base *bundle_tree_app(const struct bundle_tree *t)
{
	const struct bundle_base *app = NULL;

	for (size_t i = 0; i < t->n_bases; i++) {
		if (!is_app(t->bases[i].root))
			continue;
		if (app)
			return NULL;
		app = &t->bases[i];
	}
	return app;
}

/* Links of a framework lead into the version that counts; which that is, one of them says. */
static bool is_usual_link(const struct bundle_node *n, struct span root)
{
	struct span name = span_after(n->path, root.len);
	struct span into = SPAN_LITERAL("Versions/Current/");
	uint64_t up;

	if (n->kind != BUNDLE_LINK)
		return false;
	return span_equal(name, CURRENT) ||
	       (span_equal(span_clip(n->target, 0, into.len), into) &&
		!span_find(n->target, SPAN_LITERAL(".."), 0, &up));
}

/* Files beside the base, "Contents" or the version of a framework, are in nobody's list. */
static bool root_unsealed(const struct bundle_tree *t, const struct bundle_base *b)
{
	struct span root = b->root.len > 0 ? span_clip(b->base, 0, b->root.len + 1) : SPAN_NONE;

	if (slash_cut(b->base).len == b->root.len)
		return false;
	for (size_t i = node_from(t, root); i < t->n; i++) {
		const struct bundle_node *n = &t->nodes[i];

		if (i == b->from && b->to > b->from)
			i = b->to - 1; /* what is in it */
		else if (!span_equal(span_clip(n->path, 0, root.len), root))
			return false;
		else if (!is_usual_link(n, root) &&
			 !span_equal(name_of(n->path), SPAN_LITERAL(".DS_Store")))
			return true;
	}
	return false;
}

static struct bundle_item item_of(const struct bundle_node *n, size_t cut)
{
	return (struct bundle_item){
		.kind = n->kind,
		.path = span_after(n->path, cut),
		.target = n->target,
		.print = n->print,
	};
}

static enum status item_add(struct buffer *out, const struct bundle_item *item)
{
	size_t len = item->path.len + item->target.len + item->print.len;

	if (len > BUNDLE_MAX_INVENTORY || out->len > BUNDLE_MAX_INVENTORY - len)
		return STATUS_LIMIT;
	bundle_inventory_add(out, item);
	return STATUS_OK;
}

enum status bundle_tree_inventory(const struct bundle_tree *t, const struct bundle_base *b,
				  struct buffer *out)
{
	size_t cut = b->base.len;
	struct span program = SPAN_NONE;

	if (b->program != BUNDLE_NOWHERE)
		program = span_after(t->nodes[b->program].path, cut);
	bundle_inventory_begin(out, program, root_unsealed(t, b));
	for (size_t i = b->from; i < b->to; i++) {
		struct bundle_item item = item_of(&t->nodes[i], cut);

		TRY(item_add(out, &item));
	}
	for (size_t i = 0; i < t->n_bases && &t->bases[i] != b; i++) {
		const struct bundle_base *inner = &t->bases[i];
		struct bundle_item item = {
			.kind = inner->judged ? BUNDLE_CODE : BUNDLE_UNREAD,
			.path = span_after(inner->root, cut),
			.print = inner->print,
		};

		if (inner->root.len > cut &&
		    span_equal(span_clip(inner->root, 0, cut), b->base))
			TRY(item_add(out, &item));
	}
	TRY(buffer_status(out));
	return out->len > BUNDLE_MAX_INVENTORY ? STATUS_LIMIT : STATUS_OK;
}
