/* SPDX-License-Identifier: MIT */
/* Where an answer comes from. */
#pragma once
#include "source/source.h"

struct run_file {
	const char *path; /* as it is printed */
	bool named;       /* by the user: it must be a program */
	bool keep;        /* in the cache, with .identity and .read_at */
	bool cached;      /* it comes from there */
	struct source_identity identity;
	int64_t read_at;
};
