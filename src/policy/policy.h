/* SPDX-License-Identifier: MIT */
/*
 * Policy: lines that say what shall happen to a file; the first that matches counts.
 *
 *	deny  "forged"  when verdict in ["grafted", "counterfeit"] or sha256 in deny_list
 *	allow "ours"    when verdict == "valid" and signer in [b"9f86..."]
 *	default deny
 *
 * The language is a total subset of CEL, typed when it is loaded.  Absent is
 * not false: a test of what is absent or could not be found out is unknown.  An
 * unknown test never satisfies a line that allows; in any other it ends the
 * evaluation, and the decision is incomplete.
 *
 * What is compiled is flat: arrays without pointers into each other, which are
 * evaluated without any allocation, in a bounded number of steps, and can be
 * handed to another process (program.h).
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"
#include "policy/attributes.h"

#define POLICY_MAX_FILE     65536
#define POLICY_MAX_LINES    1000 /* rules of all files together */
#define POLICY_MAX_SOURCES  256
#define POLICY_MAX_DEPTH    32
#define POLICY_MAX_LOOPS    2 /* one inside the other */
#define POLICY_MAX_STEPS    100000
#define POLICY_MAX_STACK    64 /* values that wait */
#define POLICY_MAX_PROBLEMS 32

/* Whose lines they are: what can be asked, and what can be said. */
enum policy_kind {
	POLICY_KIND_NONE = 0,
	POLICY_KIND_EXIT,  /* --policy FILE: which files pass; nobody calls */
	POLICY_KIND_GUARD, /* what may run; a default is the mode's, unless one is given */
	POLICY_KIND_SERVE, /* what is let through */
	POLICY_KIND_PLAN,  /* what is done: evict, permit, detonate too */
};

enum policy_action {
	POLICY_NO_ACTION = 0,
	POLICY_ALLOW,
	POLICY_DENY,
	POLICY_AUDIT, /* allow, and record */
	POLICY_EVICT,
	POLICY_PERMIT,
	POLICY_DETONATE,
	POLICY_NOTE, /* built in only: record, and go on */
};
const char *policy_action_word(enum policy_action action);
const char *policy_kind_word(enum policy_kind kind);

/* A text and where it comes from. */
struct policy_source_text {
	const char *name; /* of the file, for people */
	struct span text;
	bool built_in; /* ours: it may note, and stands before all others */
	bool drop_in;  /* its lines stand before the default of those that are none */
};

#define POLICY_MAX_AGAIN 4 /* lines that are named */

/* A mistake, where it was made first, and where again in the same file. */
struct policy_problem {
	const char *file;
	unsigned line, column; /* from 1 */
	const char *what, *advice;
	unsigned again[POLICY_MAX_AGAIN]; /* lines */
	size_t n_again;                   /* of all, named or not */
};

struct policy_problems {
	struct policy_problem list[POLICY_MAX_PROBLEMS];
	size_t n, dropped;
};

/* A place in the table of texts. */
struct policy_text {
	uint32_t off, len;
};

/* A list of constants, sorted. */
struct policy_list {
	uint8_t type;      /* enum policy_type: INT, TEXT or BYTES */
	uint32_t first, n; /* of .numbers or .texts */
};

/* One instruction of the stack machine; which, says decide.c. */
struct policy_step {
	uint8_t code;
	uint8_t more;  /* of the instruction: a list's type, a scope, a comparison */
	uint16_t what; /* an attribute, a set, a flag */
	uint32_t at;   /* an index of a constant, or of the step to go on with */
};

struct policy_line {
	uint8_t action;     /* enum policy_action */
	bool unconditional; /* no steps: it always matches */
	bool is_default;
	uint16_t source;         /* index of .sources */
	uint32_t number;         /* of the line in its file, from 1 */
	uint32_t rule;           /* its name: index of .texts */
	uint32_t first, n;       /* steps */
	struct policy_text text; /* in its source, as it is written; not handed over */
};

/*
 * A place that a line of the guard allows by its path: whoever loads the policy
 * refuses it unless every component belongs to root and nobody else may write there.
 */
struct policy_place {
	struct span path; /* begins with "/" */
	bool tree;        /* a folder, everything in and below it (policy_facts.firm) */
	uint32_t line;    /* index of .lines */
};

struct policy {
	enum policy_kind kind;
	const struct policy_line *lines;
	size_t n_lines;
	const struct policy_step *steps;
	size_t n_steps;
	const int64_t *numbers;
	size_t n_numbers;
	const struct policy_text *texts; /* places in .bytes */
	size_t n_texts;
	const struct policy_list *lists;
	size_t n_lists;
	struct span bytes;
	const uint32_t *sources; /* their names: indices of .texts */
	size_t n_sources;
	uint64_t reads[2]; /* bit for each attribute that any line asks for */
	bool reads_now;
	/* What is not handed over: */
	const struct span *source_texts; /* as they were given; NULL */
	const struct policy_place *places;
	size_t n_places;
};

/* Does any line ask for it? */
bool policy_reads(const struct policy *p, enum policy_attribute attribute);
/* The text @i of the table. */
struct span policy_text_at(const struct policy *p, uint32_t i);
/* A line as it is written; empty when it was handed over. */
struct span policy_line_text(const struct policy *p, const struct policy_line *line);

/*
 * STATUS_USAGE: @problems says what is wrong, in the order of the files.
 * All that @out points at lives in @a, texts of @sources included.
 */
MUST_CHECK enum status policy_compile(struct arena *a, const struct policy_source_text *sources,
				      size_t n_sources, enum policy_kind kind,
				      struct policy_problems *problems, struct policy *out);

enum policy_state {
	POLICY_UNKNOWN = 0, /* could not be found out */
	POLICY_ABSENT,      /* there is none */
	POLICY_KNOWN,
};

/* What somebody knows of an attribute. */
struct policy_value {
	enum policy_state state;
	int64_t number;    /* INT, BOOL, TIME, DURATION */
	uint32_t words;    /* WORD: bit for each word that it may be */
	struct span bytes; /* TEXT, BYTES */
};

static inline struct policy_value policy_number(int64_t number)
{
	return (struct policy_value){ .state = POLICY_KNOWN, .number = number };
}

static inline struct policy_value policy_octets(struct span bytes)
{
	return (struct policy_value){ .state = POLICY_KNOWN, .bytes = bytes };
}

static inline struct policy_value policy_one_word(unsigned word)
{
	return (struct policy_value){ .state = POLICY_KNOWN, .words = UINT32_C(1) << word };
}

static inline struct policy_value policy_absent(void)
{
	return (struct policy_value){ .state = POLICY_ABSENT };
}

enum policy_set { POLICY_ALLOW_LIST, POLICY_DENY_LIST, POLICY_SETS };

/* Whoever answers.  All of it is asked only when a line needs it. */
struct policy_facts {
	void *context;
	/* @element: of the signature or finding that is asked about; else 0. */
	struct policy_value (*attribute)(void *context, enum policy_attribute attribute,
					 size_t element);
	/* How many signatures or findings; a POLICY_INT.  With .words: and some that were left
	 * out. */
	struct policy_value (*count)(void *context, enum policy_scope scope);
	/* Is it in the set?  A POLICY_BOOL.  With empty @bytes: is anything in it that this
	 * attribute could be?  If not, nobody has to know the attribute. */
	struct policy_value (*listed)(void *context, enum policy_set set,
				      enum policy_attribute attribute, struct span bytes);
	/* May a line let pass by this path?  Else it is not known to such lines: others can put
	 * there what they like.  NULL: by every path. */
	bool (*firm)(void *context, struct span path);
	int64_t now;
};

struct policy_decision {
	enum policy_action action;       /* POLICY_NO_ACTION: incomplete, or no line matched */
	bool incomplete;                 /* an unknown test decided */
	const struct policy_line *line;  /* that decided; NULL: none */
	const struct policy_line *noted; /* the first that only notes; NULL: none */
	enum policy_attribute missing;   /* incomplete: what was not known ... */
	bool has_missing;
	bool missing_absent;          /* ... because there is none: the line should ask has() */
	enum policy_attribute wanted; /* by the first line that would perhaps have let pass, */
	bool has_wanted;              /* and could not be found out */
	bool by_caller;               /* who calls was asked: another may get another answer */
	bool by_path; /* its path was: by another one it may get another answer */
	bool by_time; /* the clock was */
	uint32_t steps;
};

/* Bounded by POLICY_MAX_STEPS; allocates nothing. */
void policy_decide(const struct policy *p, const struct policy_facts *facts,
		   struct policy_decision *out);
/* "policy:3", or "built in:2"; the default's: "policy:9". */
struct buffer;
void policy_line_place(struct buffer *out, const struct policy *p,
		       const struct policy_line *line);
