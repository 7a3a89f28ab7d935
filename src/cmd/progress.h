/* SPDX-License-Identifier: MIT */
/*
 * Progress: one line on standard error while a scan runs, after a second, at
 * most ten times a second; or JSON lines; or once, when SIGUSR1 asks.
 */
#pragma once
#include "cmd/settings.h"
#include "evidence/evidence.h"

struct progress {
	bool on, json, shown;
	unsigned width;
	int64_t begun, next; /* milliseconds */
	uint64_t n_met;      /* files, of whatever format */
};

void progress_begin(struct progress *p, const struct settings *settings);
/* One more file; @path is what we are at. */
void progress_step(struct progress *p, const struct summary *done, const char *path);
/* Shows it when it is time, or when it was asked for. */
void progress_tick(struct progress *p, const struct summary *done, const char *path);
/* The line goes, for something else is to be printed. */
void progress_hide(struct progress *p);
