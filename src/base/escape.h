/* SPDX-License-Identifier: MIT */
/*
 * Escape: text from a hostile file, as a person may see it on a terminal.
 *
 * Controls (C0, DEL, C1), what changes the direction of text, what is
 * invisible, line and paragraph separators, and bytes that are not UTF-8 appear
 * as \xNN (one byte) or \u{N} (one character).  A backslash before x or u
 * appears as \x5c, so that nobody can write an escape that is none.
 */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"

void escape_text(struct buffer *out, struct span text);

/*
 * The same as a string that the arena owns; what would be longer than @max
 * bytes is cut between two characters and ends in "...".  NULL: no memory.
 */
MUST_CHECK const char *escape_string(struct arena *a, struct span text, size_t max);

/* Would escape_text() change anything? */
MUST_CHECK bool escape_needed(struct span text);

/* Is this one of the characters that are never shown as they are? */
MUST_CHECK bool escape_hides(uint32_t code);
