/* SPDX-License-Identifier: MIT */
/*
 * Lexer: the words of a policy.  Private to src/policy.
 *
 * A line ends at its newline, but not inside of brackets.  "#" begins a comment.
 */
#pragma once
#include "base/arena.h"

enum token_kind {
	TOKEN_END = 0, /* of the text */
	TOKEN_NEWLINE,
	TOKEN_NAME,
	TOKEN_TEXT,   /* .text without quotes and escapes */
	TOKEN_BYTES,  /* .text: the octets */
	TOKEN_NUMBER, /* .number */
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_OPEN_LIST,
	TOKEN_CLOSE_LIST,
	TOKEN_COMMA,
	TOKEN_DOT,
	TOKEN_QUESTION,
	TOKEN_COLON,
	TOKEN_NOT,
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_EQUAL,
	TOKEN_UNEQUAL,
	TOKEN_LESS,
	TOKEN_LESS_EQUAL,
	TOKEN_GREATER,
	TOKEN_GREATER_EQUAL,
	TOKEN_PLUS,
	TOKEN_MINUS,
	TOKEN_WRONG, /* .wrong says why */
};

struct token {
	enum token_kind kind;
	unsigned line, column; /* from 1 */
	size_t begin, end;     /* in the source */
	struct span text;
	int64_t number;
	const char *wrong, *advice;
};

struct lexer {
	struct arena *arena;
	struct span text;
	size_t at, line_begin;
	unsigned line, brackets;
	bool no_memory;
};

struct lexer lexer_begin(struct arena *a, struct span text);
struct token lexer_next(struct lexer *lexer);
/* After a mistake: to the end of this line, outside of all brackets. */
void lexer_skip_line(struct lexer *lexer);
