/* SPDX-License-Identifier: MIT */
/*
 * Charset: text of other encodings, as found in files, added to a buffer as UTF-8.
 *
 * Each gives true when every character could be taken over; what could not
 * (a lone surrogate, half a character at the end) has become U+FFFD.  Nothing
 * is escaped: see base/escape.h before showing it to anybody.
 */
#pragma once
#include "base/buffer.h"

bool charset_utf16le(struct buffer *out, struct span text);
bool charset_utf16be(struct buffer *out, struct span text); /* also BMPString */
bool charset_ucs4be(struct buffer *out, struct span text);  /* UniversalString */

/*
 * ISO 8859-1.  Also for TeletexString: whoever still writes T.61 into a
 * certificate means Latin-1.
 */
bool charset_latin1(struct buffer *out, struct span text);

/* Code page 437 of the IBM PC, in which old archives name their entries. */
bool charset_cp437(struct buffer *out, struct span text);

/* UTF-8 that may be broken: each broken part becomes one U+FFFD. */
bool charset_utf8(struct buffer *out, struct span text);
