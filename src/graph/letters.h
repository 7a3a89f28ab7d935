/* SPDX-License-Identifier: MIT */
/*
 * Letters: how wide text will be in a picture, without a font.
 *
 * The widths are those of DejaVu Sans, one of the widest fonts for screens: what
 * fits in it fits in others.  Private to src/graph.
 */
#pragma once
#include "base/span.h"

struct letters {
	unsigned size; /* of the font, in units of the picture */
	bool bold;
};

/* In units of the picture, rounded up.  @text is UTF-8. */
unsigned letters_width(struct span text, struct letters how);

/* The longest beginning of @text that fits, with room for an ellipsis when it is not all of it.
 */
struct span letters_fit(struct span text, unsigned width, struct letters how);
