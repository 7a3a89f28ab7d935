/* SPDX-License-Identifier: MIT */
/* Target: a file that a person named, opened without being led anywhere. */
#pragma once
#include "base/status.h"
#include <stdint.h>

struct target {
	int fd;           /* -1: see below */
	const char *rule; /* why not: a row of the rule table, and a sentence (literals) */
	const char *why;
};

/* Links are followed, for somebody named them; a FIFO or a device is never opened. */
struct target target_open(const char *path);

#define STANDARD_INPUT_MAX ((uint64_t)4 << 30) /* unless --max-size says less */

/*
 * Standard input: itself when it is a file, else what can be read of it, in a
 * file without a name.  @max 0: STANDARD_INPUT_MAX.
 */
struct target target_standard_input(uint64_t max);

/* A second descriptor of the same, or the same failure. */
struct target target_dup(const struct target *t);
