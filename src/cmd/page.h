/* SPDX-License-Identifier: MIT */
/* Page: text that does not depend on any file, on standard output. */
#pragma once
#include "base/buffer.h"
#include "cmd/cmd.h"

/* Prints all of it.  The exit code: EXIT_PASS, or EXIT_INCOMPLETE and a complaint. */
int page_print(const struct buffer *text);

/* Complains unless there are @min to @max operands; EXIT_PASS: fine. */
int page_operands(const struct invocation *call, size_t min, size_t max);
