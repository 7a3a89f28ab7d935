/* SPDX-License-Identifier: MIT */
/* Emit: a checked expression becomes steps of the stack machine. */
#include "base/buffer.h"
#include "policy/program.h"
#include "policy/tree.h"
#include <stdlib.h>

static bool emit(struct compiling *c, const struct node *n, size_t depth);

static bool full(struct compiling *c)
{
	c->no_memory = true;
	return false;
}

/* Where a step stands, so that its .at can be set later. */
static bool step(struct compiling *c, struct policy_step step)
{
	if (c->out->n_steps >= c->room)
		return full(c);
	c->steps[c->out->n_steps++] = step;
	return true;
}

static bool code(struct compiling *c, enum policy_code code)
{
	return step(c, (struct policy_step){ .code = (uint8_t)code });
}

uint32_t emit_text(struct compiling *c, struct span text)
{
	struct policy_text at = { (uint32_t)c->bytes->len, (uint32_t)text.len };

	if (c->out->n_texts >= c->room) {
		c->no_memory = true;
		return UINT32_MAX;
	}
	buffer_add(c->bytes, text);
	c->texts[c->out->n_texts] = at;
	return (uint32_t)c->out->n_texts++;
}

static bool emit_number(struct compiling *c, int64_t number, enum policy_type type)
{
	if (c->out->n_numbers >= c->room)
		return full(c);
	c->numbers[c->out->n_numbers] = number;
	return step(c, (struct policy_step){ .code = POLICY_CODE_NUMBER,
					     .what = (uint16_t)type,
					     .at = (uint32_t)c->out->n_numbers++ });
}

static bool emit_constant(struct compiling *c, const struct node *n)
{
	if (n->type != POLICY_TEXT && n->type != POLICY_BYTES)
		return emit_number(c, n->number, n->type);
	return step(c, (struct policy_step){ .code = POLICY_CODE_TEXT,
					     .at = emit_text(c, n->text) });
}

static bool emit_attribute(struct compiling *c, const struct node *n, enum policy_code code)
{
	return step(c, (struct policy_step){ .code = (uint8_t)code,
					     .more = (uint8_t)n->loop,
					     .what = (uint16_t)n->attribute });
}

/* What can decide the whole jumps over the rest. */
static bool emit_chain(struct compiling *c, const struct node *n, size_t depth)
{
	bool is_and = n->kind == NODE_AND;

	if (!emit(c, n->first, depth))
		return false;
	for (const struct node *each = n->first->next; each; each = each->next) {
		size_t jump = c->out->n_steps;

		if (!code(c, is_and ? POLICY_CODE_IF_FALSE : POLICY_CODE_IF_TRUE) ||
		    !emit(c, each, depth + 1) ||
		    !code(c, is_and ? POLICY_CODE_AND : POLICY_CODE_OR))
			return false;
		c->steps[jump].at = (uint32_t)c->out->n_steps;
	}
	return true;
}

static int compare_texts(const void *a, const void *b)
{
	return span_compare((*(const struct node *const *)a)->text,
			    (*(const struct node *const *)b)->text);
}

static int compare_numbers(const void *a, const void *b)
{
	int64_t x = (*(const struct node *const *)a)->number,
		y = (*(const struct node *const *)b)->number;

	return (x > y) - (x < y);
}

/* The constants of a list, in order. */
static const struct node **list_sorted(struct compiling *c, const struct node *first, size_t *n)
{
	const struct node **out;

	*n = 0;
	for (const struct node *each = first; each; each = each->next)
		++*n;
	out = ARENA_NEW(c->arena, const struct node *, *n + 1);
	if (!out) {
		c->no_memory = true;
		return NULL;
	}
	*n = 0;
	for (const struct node *each = first; each; each = each->next)
		out[(*n)++] = each;
	qsort(out, *n, sizeof(const struct node *),
	      first->type == POLICY_TEXT || first->type == POLICY_BYTES ? compare_texts
									: compare_numbers);
	return out;
}

static bool emit_list(struct compiling *c, const struct node *n, size_t depth)
{
	const struct node *first = n->first->next, **sorted;
	bool texts = first->type == POLICY_TEXT || first->type == POLICY_BYTES;
	size_t count;

	if (!emit(c, n->first, depth))
		return false;
	sorted = list_sorted(c, first, &count);
	if (!sorted)
		return false;
	if (c->out->n_lists >= c->room || c->room - c->out->n_numbers < count)
		return full(c);
	c->lists[c->out->n_lists] = (struct policy_list){
		.type = (uint8_t)first->type,
		.first = (uint32_t)(texts ? c->out->n_texts : c->out->n_numbers),
		.n = (uint32_t)count,
	};
	for (size_t i = 0; i < count; i++) {
		if (texts && emit_text(c, sorted[i]->text) == UINT32_MAX)
			return false;
		if (!texts)
			c->numbers[c->out->n_numbers++] = sorted[i]->number;
	}
	return step(c, (struct policy_step){ .code = POLICY_CODE_LIST,
					     .at = (uint32_t)c->out->n_lists++ });
}

static bool emit_word(struct compiling *c, const struct node *n, size_t depth)
{
	return emit(c, n->first, depth) &&
	       step(c, (struct policy_step){ .code = POLICY_CODE_WORD, .at = n->words });
}

/* All operands, then what is done with them. */
static bool emit_operands(struct compiling *c, const struct node *n, size_t depth,
			  struct policy_step last)
{
	for (const struct node *each = n->first; each; each = each->next)
		if (!emit(c, each, depth++))
			return false;
	return step(c, last);
}

static bool emit_compare(struct compiling *c, const struct node *n, size_t depth)
{
	bool bytes = n->first->type == POLICY_TEXT || n->first->type == POLICY_BYTES;

	return emit_operands(c, n, depth,
			     (struct policy_step){ .code = POLICY_CODE_COMPARE,
						   .more = bytes,
						   .what = (uint16_t)n->sign });
}

static bool emit_match(struct compiling *c, const struct node *n, size_t depth,
		       enum policy_code code)
{
	return emit(c, n->first, depth) &&
	       step(c, (struct policy_step){ .code = (uint8_t)code,
					     .at = emit_text(c, n->first->next->text) });
}

static bool emit_each(struct compiling *c, const struct node *n, size_t depth)
{
	size_t at = c->out->n_steps;

	if (!step(c, (struct policy_step){ .code = POLICY_CODE_EACH,
					   .more = n->every,
					   .what = (uint16_t)n->scope }) ||
	    !emit(c, n->first, depth))
		return false;
	c->steps[at].at = (uint32_t)c->out->n_steps;
	return true;
}

#define LAST(which)                                                                            \
	(struct policy_step)                                                                   \
	{                                                                                      \
		.code = (which)                                                                \
	}

static bool emit_node(struct compiling *c, const struct node *n, size_t depth)
{
	switch (n->kind) {
	case NODE_CONSTANT: return emit_constant(c, n);
	case NODE_ATTRIBUTE: return emit_attribute(c, n, POLICY_CODE_LOAD);
	case NODE_NOW: return code(c, POLICY_CODE_NOW);
	case NODE_NOT: return emit_operands(c, n, depth, LAST(POLICY_CODE_NOT));
	case NODE_AND:
	case NODE_OR: return emit_chain(c, n, depth);
	case NODE_COMPARE:
		return n->word_test ? emit_word(c, n, depth) : emit_compare(c, n, depth);
	case NODE_IN_LIST:
		return n->word_test ? emit_word(c, n, depth) : emit_list(c, n, depth);
	case NODE_IN_SET:
		return step(c, (struct policy_step){ .code = POLICY_CODE_LISTED,
						     .more = (uint8_t)n->first->loop,
						     .what = (uint16_t)n->first->attribute,
						     .at = (uint32_t)n->set });
	case NODE_ADD: return emit_operands(c, n, depth, LAST(POLICY_CODE_ADD));
	case NODE_SUBTRACT: return emit_operands(c, n, depth, LAST(POLICY_CODE_SUBTRACT));
	case NODE_NEGATE: return emit_operands(c, n, depth, LAST(POLICY_CODE_NEGATE));
	case NODE_CHOICE: return emit_operands(c, n, depth, LAST(POLICY_CODE_CHOOSE));
	case NODE_HAS: return emit_attribute(c, n->first, POLICY_CODE_HAS);
	case NODE_COUNT:
		return step(c, (struct policy_step){ .code = POLICY_CODE_COUNT,
						     .what = (uint16_t)n->scope });
	case NODE_SIZE: return emit_operands(c, n, depth, LAST(POLICY_CODE_SIZE));
	case NODE_STARTS: return emit_match(c, n, depth, POLICY_CODE_STARTS);
	case NODE_ENDS: return emit_match(c, n, depth, POLICY_CODE_ENDS);
	case NODE_CONTAINS: return emit_match(c, n, depth, POLICY_CODE_CONTAINS);
	case NODE_GLOB: return emit_match(c, n, depth, POLICY_CODE_GLOB);
	case NODE_EACH: return emit_each(c, n, depth);
	}
	return false;
}

static bool emit(struct compiling *c, const struct node *n, size_t depth)
{
	if (depth < POLICY_MAX_STACK - 1)
		return emit_node(c, n, depth);
	compiling_refuse(c, n, "write several lines", "this is nested too deeply");
	return false;
}

bool emit_condition(struct compiling *c, const struct node *condition)
{
	return emit(c, condition, 0);
}
