/* SPDX-License-Identifier: MIT */
/* Importing: what `assay trust import` judges catalogs and packages with, in this process. */
#pragma once
#include "cmd/cmd.h"
#include "engine/engine.h"

struct importing {
	struct engine engine;
	struct lanes *lanes;
};

/*
 * By the settings of @call, as a run would; @with_sha256: reports carry that of each file.
 * *@problem: what is wrong with the settings, or NULL.
 */
MUST_CHECK enum status importing_begin(struct importing *i, const struct invocation *call,
				       bool with_sha256, const char **problem);
void importing_end(struct importing *i);

/* Complains of @what; the exit code. */
int importing_failed(enum status status, const char *what);
