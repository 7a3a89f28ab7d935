/* SPDX-License-Identifier: MIT */
/*
 * Output: where answers go: standard output, or a file that appears under its
 * name only when it is complete.
 */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"

#define OUTPUT_FLUSH_BYTES 65536

struct output {
	struct buffer text; /* add to this */
	int fd;
	const char *path, *temporary; /* NULL: standard output; not renamed */
	int error;                    /* errno of the first failure; 0: none */
	bool immediate;               /* a person is looking */
};

/* @path NULL: standard output.  STATUS_IO: errno. */
MUST_CHECK enum status output_open(struct output *out, struct arena *a, const char *path);
/* Writes when enough has come together, or when somebody is looking. */
void output_pace(struct output *out);
void output_flush(struct output *out);
/* Everything is on the disk and under its name; else errno in .error, and nothing is. */
MUST_CHECK bool output_close(struct output *out);
/* Nothing more is printed; a file does not appear. */
void output_abandon(struct output *out);
