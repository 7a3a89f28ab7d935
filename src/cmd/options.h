/* SPDX-License-Identifier: MIT */
/*
 * Options: one table that drives parsing, --help and shell completion.
 *
 * POSIX utility syntax with GNU long options, but strict: no abbreviations, no
 * option that is silently ignored.  Options may stand behind operands; "--"
 * ends them, "-" is an operand.
 */
#pragma once
#include "cmd/cmd.h"

#define OPTIONS_MAX_ARGUMENTS 65536

struct option_row {
	char letter; /* 0: long only */
	const char *name;
	const char
		*argument; /* NULL: takes none; "[=HOW]": only behind "=", or the first word */
	unsigned commands; /* bit per enum command_id */
	enum setting_id setting;
	const char *summary;
};

extern const struct option_row option_rows[];
extern const size_t n_option_rows;

MUST_CHECK static inline bool option_belongs(const struct option_row *row, enum command_id id)
{
	return (row->commands & (1U << id)) != 0;
}

MUST_CHECK static inline bool option_may_stand_alone(const struct option_row *row)
{
	return row->argument && row->argument[0] == '[' && row->argument[1] == '=';
}

/* The words that its value may be for this command, "a|b|c"; NULL: it is no choice. */
const char *option_words(const struct option_row *row, enum command_id id);

struct option_use {
	const struct option_row *row;
	const char *value; /* "" when it has none */
};

struct parsed {
	struct option_use *uses; /* in order */
	size_t n_uses;
	const char **operands;
	size_t n_operands;
	size_t n_before; /* of them before "--"; SIZE_MAX: there is no "--" */
};

/* @argv without the program and command.  STATUS_USAGE: *@problem says why. */
MUST_CHECK enum status options_parse(struct arena *a, const struct command *command, int argc,
				     char *argv[], struct parsed *out, const char **problem);

/* Sets all of them, in order. */
MUST_CHECK enum status options_apply(struct arena *a, const struct parsed *parsed,
				     struct settings *s, const char **problem);
/* Is this flag among them? */
bool options_have(const struct parsed *parsed, enum setting_id id);

/* The name that people probably meant; NULL: none is near.  @names ends with NULL. */
const char *nearest_name(const char *wrong, const char *const *names);

/* `assay COMMAND --help`. */
void options_help(struct buffer *out, const struct command *command);
