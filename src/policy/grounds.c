/* SPDX-License-Identifier: MIT */
/*
 * Grounds: what does a line rest on that lets somebody pass?
 *
 * ATT&CK T1036.001 forges text.  So such a line asks for nothing that anybody
 * can write; a verified name counts only beside a key, in every way in which
 * the line can hold; and the guard lets pass by a path only where it names the
 * path, so that whoever loads the policy can look who may write there.
 */
#include "policy/tree.h"

/* The ways in which an expression can come out. */
enum { FREE = 1, NAMED = 2, KEYED = 4 };

struct ways {
	unsigned yes, no;
};

static struct ways ways_of(const struct node *n);

/* Both come out so. */
static unsigned both(unsigned a, unsigned b)
{
	unsigned out = 0;

	if ((a & KEYED && b) || (b & KEYED && a))
		out |= KEYED;
	if ((a & NAMED && b & (NAMED | FREE)) || (b & NAMED && a & FREE))
		out |= NAMED;
	if (a & FREE && b & FREE)
		out |= FREE;
	return out;
}

/* The first attribute of this standing; NULL: none. */
static const struct node *first_of(const struct node *n, enum policy_standing standing)
{
	const struct node *found = NULL;

	if (n->kind == NODE_ATTRIBUTE && policy_rows[n->attribute].standing == standing)
		return n;
	for (const struct node *each = n->first; each && !found; each = each->next)
		found = first_of(each, standing);
	return found;
}

static bool is_key(const struct node *n)
{
	return n->kind == NODE_ATTRIBUTE && policy_rows[n->attribute].standing == POLICY_KEY;
}

/* Is it a test of a key against keys that are written in the policy or its lists? */
static bool tests_key(const struct node *n)
{
	const struct node *a = n->first;

	if (n->kind == NODE_IN_LIST || n->kind == NODE_IN_SET)
		return is_key(a);
	return n->kind == NODE_COMPARE && ((is_key(a) && a->next->kind == NODE_CONSTANT) ||
					   (is_key(a->next) && a->kind == NODE_CONSTANT));
}

static struct ways ways_of_chain(const struct node *n)
{
	struct ways out = ways_of(n->first), next;

	for (const struct node *each = n->first->next; each; each = each->next) {
		next = ways_of(each);
		out = n->kind == NODE_AND
			      ? (struct ways){ both(out.yes, next.yes), out.no | next.no }
			      : (struct ways){ out.yes | next.yes, both(out.no, next.no) };
	}
	return out;
}

static struct ways ways_of_choice(const struct node *n)
{
	struct ways when = ways_of(n->first), yes = ways_of(n->first->next),
		    no = ways_of(n->first->next->next);

	return (struct ways){ both(when.yes, yes.yes) | both(when.no, no.yes),
			      both(when.yes, yes.no) | both(when.no, no.no) };
}

static struct ways ways_of(const struct node *n)
{
	struct ways out;

	if (n->kind == NODE_AND || n->kind == NODE_OR)
		return ways_of_chain(n);
	if (n->kind == NODE_CHOICE)
		return ways_of_choice(n);
	if (n->kind == NODE_NOT) {
		out = ways_of(n->first);
		return (struct ways){ out.no, out.yes };
	}
	if (n->kind == NODE_EACH) {
		/* With no element at all, every one fits, and none does. */
		out = ways_of(n->first);
		return n->every ? (struct ways){ out.yes | FREE, out.no }
				: (struct ways){ out.yes, out.no | FREE };
	}
	if (tests_key(n)) {
		bool unequal = n->kind == NODE_COMPARE && n->sign == TOKEN_UNEQUAL;

		return unequal ? (struct ways){ FREE, KEYED } : (struct ways){ KEYED, FREE };
	}
	return first_of(n, POLICY_NAME) ? (struct ways){ NAMED, NAMED }
					: (struct ways){ FREE, FREE };
}

static bool is_path(const struct node *n)
{
	return n->kind == NODE_ATTRIBUTE &&
	       (n->attribute == POLICY_PATH || n->attribute == POLICY_CALLER_PATH);
}

static bool place_add(struct compiling *c, struct span path, bool tree)
{
	if (c->out->n_places >= c->room) {
		c->no_memory = true;
		return false;
	}
	c->places[c->out->n_places++] =
		(struct policy_place){ path, tree, (uint32_t)c->out->n_lines };
	return true;
}

/* Everything that the pattern can match lies in this folder. */
static struct span glob_folder(struct span pattern)
{
	size_t end = 0;

	for (size_t i = 0; i < pattern.len; i++) {
		uint8_t at = span_at(pattern, i);

		if (at == '*' || at == '?' || at == '[' || at == '\\')
			break;
		if (at == '/')
			end = i + 1;
	}
	return span_clip(pattern, 0, end);
}

static bool refuse_path(struct compiling *c, const struct node *n)
{
	compiling_refuse(c, n,
			 "use ==, in, startsWith(\"/folder/\") or glob(\"/folder/*\"); say "
			 "what is excepted in a line before, with deny",
			 "a line that lets pass must say which paths it means");
	return false;
}

/* A test of a path that holds: notes the places. */
static bool places_of(struct compiling *c, const struct node *n)
{
	const struct node *a = n->first, *b = a->next;
	struct span folder;

	if (n->kind == NODE_IN_LIST && is_path(a)) {
		for (; b; b = b->next)
			if (!place_add(c, b->text, false))
				return false;
		return true;
	}
	if (n->kind == NODE_COMPARE && n->sign == TOKEN_EQUAL && is_path(b)) {
		const struct node *swap = a;

		a = b;
		b = swap;
	}
	if (!b || b->kind != NODE_CONSTANT || !is_path(a))
		return refuse_path(c, n);
	if (n->kind == NODE_COMPARE && n->sign == TOKEN_EQUAL)
		return place_add(c, b->text, false);
	folder = n->kind == NODE_GLOB     ? glob_folder(b->text)
		 : n->kind == NODE_STARTS ? b->text
					  : SPAN_NONE;
	if (span_at(folder, 0) != '/' || span_at(folder, folder.len - 1) != '/')
		return refuse_path(c, n);
	return place_add(c, folder, true);
}

static bool mentions_path(const struct node *n)
{
	if (is_path(n))
		return true;
	for (const struct node *each = n->first; each; each = each->next)
		if (mentions_path(each))
			return true;
	return false;
}

/* @holds: the line can only hold when this does. */
static bool paths_check(struct compiling *c, const struct node *n, bool holds)
{
	if (!mentions_path(n))
		return true;
	if (n->kind == NODE_HAS)
		return true;
	if (n->kind == NODE_NOT)
		return paths_check(c, n->first, !holds);
	if (n->kind == NODE_AND || n->kind == NODE_OR || n->kind == NODE_EACH) {
		for (const struct node *each = n->first; each; each = each->next)
			if (!paths_check(c, each, holds))
				return false;
		return true;
	}
	return holds ? places_of(c, n) : refuse_path(c, n);
}

bool grounds_check(struct compiling *c, const struct node *condition)
{
	const struct node *at;

	if (!compiling_lets_pass(c))
		return true;
	at = first_of(condition, POLICY_CLAIM);
	if (at) {
		compiling_refuse(c, at, "ask for signer, anchor or sha256; or deny",
				 "a line that lets pass must not rest on %s, which anybody can "
				 "write",
				 policy_rows[at->attribute].name);
		return false;
	}
	at = first_of(condition, POLICY_PARTIAL);
	if (at) {
		compiling_refuse(c, at, "ask for sha256",
				 "a line that lets pass must not rest on %s, which does not "
				 "cover the whole file",
				 policy_rows[at->attribute].name);
		return false;
	}
	if (ways_of(condition).yes & NAMED) {
		at = first_of(condition, POLICY_NAME);
		compiling_refuse(c, at ? at : condition,
				 "add: and anchor in [b\"...\"], or signer",
				 "a line that lets pass must not rest on a name alone: others "
				 "can get the same one");
		return false;
	}
	return c->kind != POLICY_KIND_GUARD || paths_check(c, condition, true);
}
