/* SPDX-License-Identifier: MIT */
/* The process that scans one file, and how its answer comes back.  Private to yara.c. */
#pragma once
#include "countermeasures/file_analysis/libyara.h"
#include <sys/types.h>

struct yara_work {
	const struct libyara *rules;
	const char *const *values; /* N_EXTERNALS */
	unsigned timeout_s;
	uint64_t size; /* of the file, as it was judged */
	bool has_sha256;
	uint8_t sha256[32];
	int file, answer, null; /* descriptors, borrowed; null -1: none */
	pid_t parent;
};

/* In the child: scans and writes the answer. */
_Noreturn void yara_process(const struct yara_work *work);

void yara_answer_encode(struct buffer *out, const struct yara_hits *hits);
/* False: whoever wrote this is broken, or somebody else by now. */
MUST_CHECK bool yara_answer_decode(struct span answer, size_t n_rules, uint64_t size,
				   struct yara_hits *out);
/* Bytes of the longest answer. */
#define YARA_MAX_ANSWER ((size_t)REPORT_MAX_MATCHES * (8 + YARA_MAX_STRINGS * 16) + 12)
