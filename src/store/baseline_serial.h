/* SPDX-License-Identifier: MIT */
/*
 * Serial: the number of the newest baseline that took a place, so that an older one
 * which is put back is noticed.  Kept in the journal (store/journal.h) in the folder
 * of the baseline.
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"

struct baseline_serial {
	uint64_t counter; /* 0: none was ever kept */
	uint8_t root[32]; /* of that baseline */
	int64_t kept_at;
};

/* STATUS_IO, STATUS_USAGE, STATUS_MALFORMED: *@problem. */
MUST_CHECK enum status baseline_serial_last(struct arena *a, const char *path,
					    struct baseline_serial *out, const char **problem);
/* From now on, and also after power fails, this is the newest. */
MUST_CHECK enum status baseline_serial_keep(struct arena *a, const char *path,
					    const struct baseline_serial *serial,
					    const char **problem);
