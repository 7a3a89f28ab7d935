/* SPDX-License-Identifier: MIT */
/* Text in a Mermaid label.  Private to src/graph. */
#pragma once
#include "base/buffer.h"

void mermaid_label(struct buffer *out, const char *text);
