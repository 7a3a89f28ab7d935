/* SPDX-License-Identifier: MIT */
/* One file of the journal: its name, and its bytes as records. */
#pragma once
#include "store/journal.h"

#define JOURNAL_MAGIC  "aJR1"
#define JOURNAL_DIGEST 32
#define JOURNAL_HEAD   (4 + 4 + 2 + 2 + 16 + 8)

/* "2026-11-22.journal" */
struct journal_name {
	char text[32];
};
bool journal_name_good(const char *name);
struct journal_name journal_name_of(const char *name);
struct journal_name journal_name_at(int64_t time);

MUST_CHECK enum status journal_digest(const struct span *parts, size_t n,
				      uint8_t out[JOURNAL_DIGEST]);

/* All of it as it is now, without asking for a lease. */
MUST_CHECK enum status journal_file_load(int fd, struct arena *a, struct span *out);

struct journal_pass {
	journal_reader *each; /* NULL: only look whether it holds together */
	void *context;
	uint8_t last[JOURNAL_DIGEST]; /* in: of the file before; out: of this one */
	uint64_t good, size;          /* bytes that hold together, and all */
	uint64_t n_records;
	bool follows; /* begins with the end of the file before */
};
/* Gives each record of @bytes to the pass, up to the first that does not fit. */
MUST_CHECK enum status journal_file_pass(struct span bytes, struct journal_pass *pass);
