/* SPDX-License-Identifier: MIT */
/*
 * Markup: text in HTML (Living Standard, "Text" and "Attributes") and XML 1.0.
 */
#pragma once
#include "base/buffer.h"

/* What was added from @from on was text: now it is text in markup, in attributes too. */
void markup_escape(struct buffer *out, size_t from);

/* Text from anywhere: inert as escape_text() makes it, and then text in markup. */
void markup_text(struct buffer *out, struct span text);
