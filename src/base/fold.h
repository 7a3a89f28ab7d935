/* SPDX-License-Identifier: MIT */
/*
 * Fold: what is left of a text when case and spelling of letters do not count,
 * as in names of files on many systems (Unicode, 3.11 and 3.13).
 *
 * Letters become small, and are taken apart into letter and marks, marks of
 * one letter in one order.  Two texts that some system takes for one give the
 * same characters.  Bytes that are no UTF-8 stay what they are.
 */
#pragma once
#include "base/span.h"
#include "base/status.h"

#define FOLD_QUEUE 32
#define FOLD_BYTE  0x110000U /* added to a byte that is no character */

struct fold {
	struct span text;
	uint64_t at;                /* where the next character begins that was not read */
	uint32_t queue[FOLD_QUEUE]; /* a letter and its marks, folded */
	uint8_t n, next;
};

static inline struct fold fold_of(struct span text)
{
	return (struct fold){ .text = text };
}

/* The next character; false: there is none. */
MUST_CHECK bool fold_next(struct fold *f, uint32_t *out);
