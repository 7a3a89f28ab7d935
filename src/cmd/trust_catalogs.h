/* SPDX-License-Identifier: MIT */
/* assay trust --catalogs: signed lists of files, taken in, listed and forgotten. */
#pragma once
#include "base/buffer.h"
#include "cmd/cmd.h"

/* @call's first operand is the word "import", "list" or "remove".  The exit code. */
int trust_catalogs(struct invocation *call, struct buffer *out);
