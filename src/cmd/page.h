/* SPDX-License-Identifier: MIT */
/* Page: text that does not depend on any file, on standard output. */
#pragma once
#include "base/buffer.h"
#include "base/json.h"
#include "cmd/cmd.h"

/* Prints all of it.  The exit code: EXIT_PASS, or EXIT_INCOMPLETE and a complaint. */
int page_print(const struct buffer *text);
/* The same, where --output says. */
int page_print_for(const struct invocation *call, const struct buffer *text);

/* Complains unless there are @min to @max operands, and text or JSON is wanted; EXIT_PASS:
 * fine. */
int page_operands(const struct invocation *call, size_t min, size_t max);
/* The same, but does not look at what is wanted. */
int page_operands_only(const struct invocation *call, size_t min, size_t max);
/* How many columns there are: of the terminal, or PAGE_COLUMNS in a file. */
#define PAGE_COLUMNS 110
unsigned page_columns(void);

/* Member path; beside it path_b64, where the path is no text: a reader gets the very name. */
void page_path_json(struct json *j, struct span path);

/* "1 file", "2 files". */
void page_count(struct buffer *out, uint64_t n, const char *one);
