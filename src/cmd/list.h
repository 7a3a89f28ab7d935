/* SPDX-License-Identifier: MIT */
/* List: names of files, one after another, from a descriptor that may give 10^6 of them. */
#pragma once
#include "base/buffer.h"

struct list {
	int fd;      /* borrowed */
	uint8_t end; /* '\n', or 0 */
	struct buffer in, name;
	size_t used;
	bool at_end;
	int error; /* errno; ENAMETOOLONG: longer than any path; EILSEQ: a NUL in a list of
		      lines */
};

/* The next name that is not empty; it lives until the next call.  NULL: no more. */
const char *list_next(struct list *l);
void list_free(struct list *l);
