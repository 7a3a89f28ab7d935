/* SPDX-License-Identifier: MIT */
/* Program: from the command line to a command's exit code. */
#pragma once
#include "cmd/cmd.h"

/* @fixed: the one command that the program is; NULL: the first argument names it. */
int program_run(const struct command *fixed, int argc, char *argv[]);
