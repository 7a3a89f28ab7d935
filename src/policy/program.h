/* SPDX-License-Identifier: MIT */
/*
 * Program: the steps of a compiled policy, and how they are handed over.
 *
 * A stack machine without loops but over the signatures and findings of one
 * file.  Whoever evaluates steps believes none of them: an index that lies
 * outside of its table, a stack that runs empty or over, a jump backwards all
 * end the evaluation as incomplete.
 */
#pragma once
#include "base/buffer.h"
#include "policy/policy.h"

enum policy_code {
	POLICY_CODE_NONE = 0,
	POLICY_CODE_NUMBER, /* .at: of .numbers; .what: enum policy_type */
	POLICY_CODE_TEXT,   /* .at: of .texts */
	POLICY_CODE_NOW,
	POLICY_CODE_LOAD,  /* .what: attribute; .more: loop whose element it is */
	POLICY_CODE_HAS,   /* the same */
	POLICY_CODE_COUNT, /* .what: enum policy_scope */
	POLICY_CODE_SIZE,
	POLICY_CODE_NOT,
	POLICY_CODE_AND,
	POLICY_CODE_OR,
	POLICY_CODE_IF_FALSE, /* .at: the step to go on with when the top is false; it stays */
	POLICY_CODE_IF_TRUE,
	POLICY_CODE_COMPARE, /* .what: enum token_kind, as it is written; .more: 1: bytes */
	POLICY_CODE_WORD,    /* .at: bits of the words that fit */
	POLICY_CODE_LIST,    /* .at: of .lists */
	POLICY_CODE_LISTED,  /* .what: attribute; .more: its loop; .at: enum policy_set */
	POLICY_CODE_ADD,
	POLICY_CODE_SUBTRACT,
	POLICY_CODE_NEGATE,
	POLICY_CODE_CHOOSE,
	POLICY_CODE_STARTS, /* .at: of .texts */
	POLICY_CODE_ENDS,
	POLICY_CODE_CONTAINS,
	POLICY_CODE_GLOB,
	POLICY_CODE_EACH, /* .what: scope; .more: 1: all, 0: exists; .at: the step behind its
			     body */
};

/* True, false, or neither can be said: NULL facts answer nothing. */
enum policy_truth { POLICY_MAYBE = 0, POLICY_FALSE, POLICY_TRUE };
enum policy_truth policy_line_truth(const struct policy *p, const struct policy_line *line);

/*
 * A glob in linear time: "*" is any bytes, "?" any one.  A backslash takes the
 * next character as it is.  @steps grows by what it cost.
 */
bool policy_glob(struct span pattern, struct span text, uint32_t *steps);

/* Everything but what only the compiler needs. */
void policy_write(struct buffer *out, const struct policy *p);
/* STATUS_MALFORMED: not one of ours.  @out points into @a alone. */
MUST_CHECK enum status policy_read(struct arena *a, struct span in, struct policy *out);
