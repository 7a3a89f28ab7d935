/* SPDX-License-Identifier: MIT */
/* A report in JSON, read back as far as policies ask for it.  Private to src/policy. */
#pragma once
#include "evidence/report.h"
#include "structure/json_read.h"

/* STATUS_USAGE: *@problem says what is wrong. */
MUST_CHECK enum status report_json_read(struct arena *a, const struct json_value *v,
					struct report *out, const char **problem);
