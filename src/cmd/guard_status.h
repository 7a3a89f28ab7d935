/* SPDX-License-Identifier: MIT */
/* What a running guard answers, for people. */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "cmd/cmd.h"
#include "daemon/control.h"
#include "policy/guard_rules.h"

struct json_value;

struct guard_told {
	struct buffer answer; /* a line of JSON */
	struct arena arena;
	const struct json_value *status; /* the same, read */
};

/* STATUS_IO: errno, none answers; STATUS_MALFORMED: what it says makes no sense. */
MUST_CHECK enum status guard_ask(const struct invocation *call, enum control_word word,
				 struct guard_told *out);
/* Also of one that could not be asked. */
void guard_told_free(struct guard_told *told);

/* GUARD_NO_MODE: it says none that there is. */
enum guard_mode guard_told_mode(const struct guard_told *told);

/* assay status: prints all of it.  The exit code. */
int guard_status(const struct invocation *call);
/* assay reload: one line, what it goes by now, or what is wrong.  The exit code. */
int guard_reload(const struct invocation *call);
/*
 * A guard that runs shall know at once that @what was changed.  The exit code:
 * EXIT_VIOLATION, and a complaint, when it goes on without.
 */
int guard_tell(const struct invocation *call, const char *what);
/* @mode stands in the configuration: a guard that runs shall have it.  The exit code. */
int guard_mode_tell(const struct invocation *call, enum guard_mode mode);
/* One object on a line, schema assay.mode/1; @told NULL: no guard runs. */
void guard_mode_json(struct buffer *out, enum guard_mode mode, const struct guard_told *told);
