/* SPDX-License-Identifier: MIT */
/*
 * The grammar of expressions: the total subset of CEL that policy.h names, by
 * recursive descent.  No more nesting than POLICY_MAX_DEPTH.
 */
#include "policy/parser.h"

void parser_next(struct parser *p)
{
	p->ahead = lexer_next(p->lexer);
}

void *parser_refuse(struct parser *p, const struct token *at, const char *what,
		    const char *advice)
{
	if (at->kind == TOKEN_WRONG)
		compiling_problem(p->c, at->line, at->column, at->wrong, at->advice);
	else
		compiling_problem(p->c, at->line, at->column, what, advice);
	return NULL;
}

bool parser_named(const struct token *t, const char *name)
{
	return t->kind == TOKEN_NAME && span_equal(t->text, SPAN_TEXT(name));
}

bool parser_expect(struct parser *p, enum token_kind kind, const char *what, const char *advice)
{
	if (p->ahead.kind != kind) {
		(void)parser_refuse(p, &p->ahead, what, advice);
		return false;
	}
	parser_next(p);
	return true;
}

struct node *parser_node(struct parser *p, enum node_kind kind, const struct token *at)
{
	struct node *n = ARENA_NEW(p->c->arena, struct node, 1);

	if (!n) {
		p->c->no_memory = true;
		return NULL;
	}
	n->kind = kind;
	n->line = at->line;
	n->column = at->column;
	return n;
}

struct node *parser_node_over(struct parser *p, enum node_kind kind, const struct token *at,
			      struct node *first)
{
	struct node *n = first ? parser_node(p, kind, at) : NULL;

	if (n)
		n->first = first;
	return n;
}

struct node *parser_constant(struct parser *p, enum policy_type type, struct token at)
{
	struct node *n = parser_node(p, NODE_CONSTANT, &at);

	if (!n)
		return NULL;
	n->type = type;
	n->text = at.text;
	n->number = at.number;
	parser_next(p);
	return n;
}

static struct node *literal(struct parser *p)
{
	struct token at = p->ahead;

	if (at.kind == TOKEN_TEXT)
		return parser_constant(p, POLICY_TEXT, at);
	if (at.kind == TOKEN_BYTES)
		return parser_constant(p, POLICY_BYTES, at);
	if (at.kind == TOKEN_MINUS) {
		parser_next(p);
		at.number = -p->ahead.number;
		if (p->ahead.kind == TOKEN_NUMBER)
			return parser_constant(p, POLICY_INT, at);
	} else if (at.kind == TOKEN_NUMBER) {
		return parser_constant(p, POLICY_INT, at);
	}
	if (p->ahead.kind == TOKEN_NEWLINE || p->ahead.kind == TOKEN_END)
		return parser_refuse(p, &p->ahead, "the line ends before it says something",
				     "put brackets around what goes over several lines");
	return parser_refuse(p, &p->ahead, "a constant is missing here",
			     "write a text, a number, or bytes like b\"9f86\"");
}

static struct node *primary(struct parser *p)
{
	struct node *n;

	if (p->ahead.kind == TOKEN_NAME)
		return parser_name(p);
	if (p->ahead.kind == TOKEN_OPEN_LIST)
		return parser_refuse(p, &p->ahead, "a list can only stand behind \"in\"",
				     "write: x in [a, b]");
	if (p->ahead.kind != TOKEN_OPEN)
		return literal(p);
	parser_next(p);
	n = parser_expression(p);
	return n && parser_expect(p, TOKEN_CLOSE, "\")\" is missing", "close the bracket")
		       ? n
		       : NULL;
}

static const struct {
	const char *name;
	enum node_kind kind;
} methods[] = {
	{"startsWith", NODE_STARTS  },
	{ "endsWith",  NODE_ENDS    },
	{ "contains",  NODE_CONTAINS},
	{ "glob",      NODE_GLOB    },
};

/* text.startsWith("...") */
static struct node *method(struct parser *p, struct node *of)
{
	struct token at;
	struct node *n;

	parser_next(p);
	at = p->ahead;
	for (size_t i = 0; i < COUNT_OF(methods); i++) {
		if (!parser_named(&at, methods[i].name))
			continue;
		n = parser_node_over(p, methods[i].kind, &at, of);
		parser_next(p);
		if (!n ||
		    !parser_expect(p, TOKEN_OPEN, "\"(\" is missing", "write it like size(x)"))
			return NULL;
		if (p->ahead.kind != TOKEN_TEXT)
			return parser_refuse(p, &p->ahead,
					     "this needs a text that is written here",
					     "put it between quotes");
		of->next = literal(p);
		return of->next && parser_expect(p, TOKEN_CLOSE, "\")\" is missing",
						 "close the bracket")
			       ? n
			       : NULL;
	}
	return parser_refuse(p, &at, "there is no such function of a text",
			     "there are startsWith, endsWith, contains and glob");
}

static struct node *member(struct parser *p)
{
	struct node *n = primary(p);

	while (n && p->ahead.kind == TOKEN_DOT)
		n = method(p, n);
	return n;
}

static struct node *unary(struct parser *p)
{
	struct token at = p->ahead;
	struct node *n = NULL;

	if (at.kind != TOKEN_NOT && at.kind != TOKEN_MINUS && !parser_named(&at, "not"))
		return member(p);
	if (p->depth == POLICY_MAX_DEPTH)
		return parser_refuse(p, &at, "this is nested too deeply",
				     "write several lines");
	p->depth++;
	parser_next(p);
	if (at.kind == TOKEN_MINUS && p->ahead.kind == TOKEN_NUMBER) {
		p->ahead.number = -p->ahead.number;
		n = member(p);
	} else {
		n = parser_node_over(p, at.kind == TOKEN_MINUS ? NODE_NEGATE : NODE_NOT, &at,
				     unary(p));
	}
	p->depth--;
	return n;
}

static struct node *sum(struct parser *p)
{
	struct node *n = unary(p);
	unsigned depth = p->depth;

	while (n && (p->ahead.kind == TOKEN_PLUS || p->ahead.kind == TOKEN_MINUS)) {
		struct token at = p->ahead;

		if (depth++ >= POLICY_MAX_DEPTH)
			return parser_refuse(p, &at, "this sum is too long",
					     "reckon it beforehand");
		n = parser_node_over(p, at.kind == TOKEN_PLUS ? NODE_ADD : NODE_SUBTRACT, &at,
				     n);
		parser_next(p);
		if (!n)
			return NULL;
		n->first->next = unary(p);
		if (!n->first->next)
			return NULL;
	}
	return n;
}

/* x in [a, b]; the first is @of, the bracket is ahead. */
static struct node *in_list(struct parser *p, struct node *of, const struct token *at)
{
	struct node *n = parser_node_over(p, NODE_IN_LIST, at, of), *last = of;

	if (!n)
		return NULL;
	do {
		parser_next(p);
		if (p->ahead.kind == TOKEN_CLOSE_LIST && last != of)
			break; /* a comma behind the last */
		last->next = literal(p);
		last = last->next;
		if (!last)
			return NULL;
	} while (p->ahead.kind == TOKEN_COMMA);
	return parser_expect(p, TOKEN_CLOSE_LIST, "\",\" or \"]\" is missing",
			     "write constants with commas between them: [a, b]")
		       ? n
		       : NULL;
}

static struct node *in(struct parser *p, struct node *of, const struct token *at)
{
	struct node *n;

	if (p->ahead.kind == TOKEN_OPEN_LIST)
		return in_list(p, of, at);
	if (!parser_named(&p->ahead, "allow_list") && !parser_named(&p->ahead, "deny_list"))
		return parser_refuse(p, &p->ahead, "something to be in is missing",
				     "write [a, b], allow_list or deny_list");
	n = parser_node_over(p, NODE_IN_SET, at, of);
	if (n)
		n->set = parser_named(&p->ahead, "allow_list") ? POLICY_ALLOW_LIST
							       : POLICY_DENY_LIST;
	parser_next(p);
	return n;
}

static struct node *relation(struct parser *p)
{
	struct node *n = sum(p);
	struct token at = p->ahead;

	if (n && parser_named(&at, "in")) {
		parser_next(p);
		return in(p, n, &at);
	}
	if (!n || at.kind < TOKEN_EQUAL || at.kind > TOKEN_GREATER_EQUAL)
		return n;
	parser_next(p);
	n = parser_node_over(p, NODE_COMPARE, &at, n);
	if (!n)
		return NULL;
	n->sign = at.kind;
	n->first->next = sum(p);
	if (!n->first->next)
		return NULL;
	if (p->ahead.kind >= TOKEN_EQUAL && p->ahead.kind <= TOKEN_GREATER_EQUAL)
		return parser_refuse(p, &p->ahead, "comparisons cannot follow each other",
				     "use \"and\", or brackets");
	return n;
}

static bool is_and(const struct token *t)
{
	return t->kind == TOKEN_AND || parser_named(t, "and");
}

static bool is_or(const struct token *t)
{
	return t->kind == TOKEN_OR || parser_named(t, "or");
}

/* Operands with signs between them, as one node: however many, no deeper. */
static struct node *chain(struct parser *p, enum node_kind kind,
			  bool (*is_sign)(const struct token *),
			  struct node *(*part)(struct parser *))
{
	struct node *first = part(p), *last = first, *n;

	if (!first || !is_sign(&p->ahead))
		return first;
	n = parser_node_over(p, kind, &p->ahead, first);
	while (n && is_sign(&p->ahead)) {
		parser_next(p);
		last->next = part(p);
		last = last->next;
		if (!last)
			return NULL;
	}
	return n;
}

static struct node *conjunction(struct parser *p)
{
	return chain(p, NODE_AND, is_and, relation);
}

static struct node *disjunction(struct parser *p)
{
	return chain(p, NODE_OR, is_or, conjunction);
}

static struct node *choice(struct parser *p)
{
	struct node *n = disjunction(p);

	if (!n || p->ahead.kind != TOKEN_QUESTION)
		return n;
	n = parser_node_over(p, NODE_CHOICE, &p->ahead, n);
	parser_next(p);
	if (!n)
		return NULL;
	n->first->next = parser_expression(p);
	if (!n->first->next ||
	    !parser_expect(p, TOKEN_COLON, "\":\" is missing", "write a ? b : c"))
		return NULL;
	n->first->next->next = parser_expression(p);
	return n->first->next->next ? n : NULL;
}

struct node *parser_expression(struct parser *p)
{
	struct node *n;

	if (p->depth == POLICY_MAX_DEPTH)
		return parser_refuse(p, &p->ahead, "this is nested too deeply",
				     "write several lines");
	p->depth++;
	n = choice(p);
	p->depth--;
	return n;
}

struct node *parse_expression(struct compiling *c, struct lexer *lexer, struct token *ahead)
{
	struct parser p = { .c = c, .lexer = lexer, .ahead = *ahead };
	struct node *n = parser_expression(&p);

	*ahead = p.ahead;
	return n;
}
