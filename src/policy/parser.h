/* SPDX-License-Identifier: MIT */
/* Parser: what the two halves of the grammar share.  Private to src/policy. */
#pragma once
#include "policy/tree.h"

struct parser {
	struct compiling *c;
	struct lexer *lexer;
	struct token ahead;
	unsigned depth;
	struct {
		struct span name;
		enum policy_scope scope;
	} loops[POLICY_MAX_LOOPS];
	unsigned n_loops;
};

void parser_next(struct parser *p);
/* Notes a mistake, or what the lexer says is wrong with @at; always NULL. */
void *parser_refuse(struct parser *p, const struct token *at, const char *what,
		    const char *advice);
/* Is it this word? */
bool parser_named(const struct token *t, const char *name);
MUST_CHECK bool parser_expect(struct parser *p, enum token_kind kind, const char *what,
			      const char *advice);

struct node *parser_node(struct parser *p, enum node_kind kind, const struct token *at);
/* Over @first; NULL when that is. */
struct node *parser_node_over(struct parser *p, enum node_kind kind, const struct token *at,
			      struct node *first);
struct node *parser_constant(struct parser *p, enum policy_type type, struct token at);

/* What begins with a name; it is ahead. */
struct node *parser_name(struct parser *p);
/* Everything. */
struct node *parser_expression(struct parser *p);
