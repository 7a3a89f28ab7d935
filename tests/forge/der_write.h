/* SPDX-License-Identifier: MIT */
/* DER as tests/der_builder.h writes it, and BER as signing tools should not. */
#pragma once
#include "tests/der_builder.h"

enum der_style {
	DER_STYLE_DER = 0,
	DER_STYLE_LONG,       /* four length octets, always */
	DER_STYLE_INDEFINITE, /* until end-of-contents; constructed elements only */
};

/* Like der_close(). */
void der_close_as(struct buffer *b, size_t mark, enum der_style style);

/* Elements side by side, for a SET OF. */
#define DER_SET_MAX 64
struct der_set {
	struct buffer bytes;
	size_t ends[DER_SET_MAX];
	size_t n;
};
/* What was added to .bytes since the last call is one element. */
void der_set_next(struct der_set *s);
/* The elements in DER's order, or (@backwards) against it. */
void der_set_write(struct der_set *s, bool backwards, struct buffer *out);
void der_set_free(struct der_set *s);

/* "2025-01-02T03:04:05Z" as UTCTime or GeneralizedTime. */
void der_add_time(struct buffer *b, uint8_t tag, const char *time);
