/* SPDX-License-Identifier: MIT */
/* assay trust import --packages: what a signed archive vouches for, once and for all. */
#pragma once
#include "base/buffer.h"
#include "cmd/cmd.h"

/* @call's operands: the word "import", and perhaps a folder of packages.  The exit code. */
int trust_packages(struct invocation *call, struct buffer *out);
