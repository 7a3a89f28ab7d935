/* SPDX-License-Identifier: MIT */
/*
 * Tree: an expression between its text and its steps.  Private to src/policy.
 *
 * parse.c builds it and knows the grammar, typing.c gives each node its type,
 * grounds.c asks what a line rests on, emit.c makes steps of it.
 */
#pragma once
#include "policy/lexer.h"
#include "policy/policy.h"

enum node_kind {
	NODE_CONSTANT = 0, /* .type; .number or .text */
	NODE_ATTRIBUTE,    /* .attribute, .loop */
	NODE_NOW,
	NODE_NOT,
	NODE_AND, /* of two or more */
	NODE_OR,
	NODE_COMPARE, /* .sign; of two */
	NODE_IN_LIST, /* of the tested, and then the constants */
	NODE_IN_SET,  /* .set; of an attribute */
	NODE_ADD,
	NODE_SUBTRACT,
	NODE_NEGATE,
	NODE_CHOICE, /* of three */
	NODE_HAS,    /* of an attribute */
	NODE_SIZE,   /* of a text */
	NODE_COUNT,  /* .scope */
	NODE_STARTS, /* of two; the second is a constant */
	NODE_ENDS,
	NODE_CONTAINS,
	NODE_GLOB,
	NODE_EACH, /* .scope, .every; of the body */
};

struct node {
	enum node_kind kind;
	unsigned line, column;
	enum policy_type type; /* set by typing.c; of constants by parse.c */
	struct node *first, *next;
	int64_t number;
	struct span text;
	enum token_kind sign;
	enum policy_attribute attribute;
	enum policy_scope scope;
	enum policy_set set;
	unsigned loop;  /* of an attribute: whose element it is, outermost 0 */
	bool every;     /* .all(), not .exists() */
	uint32_t words; /* set by typing.c: the test is whether the word is one of these */
	bool word_test;
};

/* One policy that is being compiled. */
struct compiling {
	struct arena *arena;
	enum policy_kind kind;
	struct policy_problems *problems;
	const char *file;          /* that is being read */
	enum policy_action action; /* of the line that is being read */
	bool built_in;
	bool no_memory;
	/* What the line asks; set by typing.c. */
	bool asks;
	struct policy *out;
	struct policy_line *lines;
	struct policy_step *steps;
	int64_t *numbers;
	struct policy_text *texts;
	struct policy_list *lists;
	struct policy_place *places;
	struct buffer *bytes;
	size_t room; /* of each of these but .lines */
};

/* Notes a mistake in the text; @advice says what to do. */
void compiling_problem(struct compiling *c, unsigned line, unsigned column, const char *what,
		       const char *advice);
PRINTF(4, 5)
void compiling_refuse(struct compiling *c, const struct node *at, const char *advice,
		      const char *what, ...);

/* May a line of this action let somebody pass, so that it must not rest on claims? */
bool compiling_lets_pass(const struct compiling *c);

/* The expression that begins with @ahead, which becomes what follows it.  NULL: refused. */
struct node *parse_expression(struct compiling *c, struct lexer *lexer, struct token *ahead);

/* Gives types; false: refused. */
MUST_CHECK bool typing_check(struct compiling *c, struct node *condition);

/* Is every way in which @condition can hold grounded?  False: refused. */
MUST_CHECK bool grounds_check(struct compiling *c, const struct node *condition);

/* Adds steps to c->out; false: there is no room, and .no_memory or a problem says so. */
MUST_CHECK bool emit_condition(struct compiling *c, const struct node *condition);
/* A text in the table; UINT32_MAX: no memory. */
uint32_t emit_text(struct compiling *c, struct span text);
