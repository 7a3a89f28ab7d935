/* SPDX-License-Identifier: MIT */
/*
 * Record: an event on its way from who decides to who keeps it, and what he answers.
 *
 * One packet each; every length is checked, for neither believes the other.
 */
#pragma once
#include "base/buffer.h"
#include "store/events.h"

#define RECORD_MAX_BYTES   ((size_t)72 << 10) /* all texts of an event at their longest */
#define RECORD_MAX_PROBLEM 200

/* Of the oldest .n that were not answered yet: they are kept, or lost.  0: only news. */
struct record_answer {
	uint32_t n;
	bool kept;
	char problem[RECORD_MAX_PROBLEM]; /* why nothing can be kept now; "": it can */
};

void record_encode(struct buffer *out, const struct event *event);
/* Texts of @out live in @a and in @packet.  STATUS_MALFORMED: it is no record. */
MUST_CHECK enum status record_decode(struct arena *a, struct span packet, struct event *out);
