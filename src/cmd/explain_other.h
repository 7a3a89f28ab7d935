/* SPDX-License-Identifier: MIT */
/* Explain other: what is found that is no finding about a file's bytes. */
#pragma once
#include "base/buffer.h"

/* Of a signed list, of rights, of what became of a file.  False: there is no such rule. */
bool explain_other(struct buffer *out, const char *id);
