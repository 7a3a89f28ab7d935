/* SPDX-License-Identifier: MIT */
/*
 * Names and values from hostile files, and what else stands in lines for people:
 * inert on every terminal.
 */
#pragma once
#include "base/buffer.h"

#define TEXT_MAX_NAME 200 /* octets of one name or value that a person is shown */

/* A name in quotes; a value without.  Both are shortened and inert; NULL gives "?". */
void text_name(struct buffer *out, const char *name);
void text_value(struct buffer *out, const char *value);
void text_day(struct buffer *out, int64_t seconds);   /* 2025-10-09 */
void text_time(struct buffer *out, int64_t seconds);  /* 2025-10-09T12:00:00Z */
void text_range(struct buffer *out, struct range r);  /* 0x3f8+1432 */
void text_hex(struct buffer *out, uint64_t v);        /* 0x3f8 */
void text_milli(struct buffer *out, int thousandths); /* -4.500 */
/* Spaces up to column @column, counted from @from, at least one. */
void text_pad(struct buffer *out, size_t from, size_t column);
/* @text in lines of at most @width columns, each behind @indent spaces. */
void text_wrap(struct buffer *out, const char *text, size_t indent, size_t width);
