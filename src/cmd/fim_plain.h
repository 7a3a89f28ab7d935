/* SPDX-License-Identifier: MIT */
/* Plain: content of which nothing but the SHA-256 is wanted. */
#pragma once
#include "cmd/fim.h"

struct fim_plain;

/* A file that is hashed, and then what came of it. */
struct fim_plain_file {
	int fd; /* taken over */
	const char *path;
	const struct statx *state; /* how it was when it was asked last */
	int64_t asked_ns;
	const struct baseline_record *before; /* borrows from the baseline; NULL: none */
};

struct fim_plain_answer {
	enum status status; /* STATUS_CHANGED: it never stood still; STATUS_IO: errno */
	const char *path;   /* this and the rest until the next call */
	const struct baseline_record *before;
	struct baseline_record now;
};

/* @n_threads 0: one per CPU. */
MUST_CHECK enum status fim_plain_new(unsigned n_threads, bool hasty, struct fim_plain **out);
/* NULL is fine. */
void fim_plain_free(struct fim_plain *p);
bool fim_plain_has_room(struct fim_plain *p);
/* If there is room.  STATUS_NO_MEMORY: the descriptor is closed. */
MUST_CHECK enum status fim_plain_put(struct fim_plain *p, const struct fim_plain_file *file);
/* Waits; false: nothing is in work. */
MUST_CHECK bool fim_plain_next(struct fim_plain *p, struct fim_plain_answer *out);
