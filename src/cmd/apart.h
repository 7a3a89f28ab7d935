/* SPDX-License-Identifier: MIT */
/*
 * Apart: files are judged by a session in a process of its own, which confines
 * itself as always, while this process stays free to act on what was judged.
 *
 * Only few, bounded words come back.  What is acted upon is the descriptor that was
 * open before: its file is the one that was judged.
 */
#pragma once
#include "cmd/cmd.h"

#define APART_MAX_FILES 256

struct apart_answer {
	enum assay_verdict verdict;
	enum outcome outcome; /* by the exit policy */
	bool complete, has_sha256;
	uint8_t sha256[32];
	char rule[64], format[32]; /* format "": of no known one */
	char sentence[512];
};

struct apart_file {
	const char *path; /* for what stands beside it, and for complaints */
	int fd;           /* borrowed, open for reading; -1: not judged, `error` */
	struct apart_answer answer;
};

/*
 * EXIT_PASS: every file has an answer, which may be `error`.  Else the exit code; it
 * has complained.  Call while single-threaded.
 */
MUST_CHECK enum exit_code apart_judge(const struct invocation *call, enum exit_policy policy,
				      struct apart_file *files, size_t n);
