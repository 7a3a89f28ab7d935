/* SPDX-License-Identifier: MIT */
/* Policies as people see them: mistakes, lines, what fixtures said. */
#pragma once
#include "policy/fixture.h"
#include "store/policy_files.h"

/* EXIT_PASS; else it has complained, a line for each mistake: file:line:column: what; advice.
 */
int policy_take(struct arena *a, const struct policy_from *from, struct policy *out);

/* Every line as it is written, behind where it stands. */
void policy_page(struct buffer *out, const struct policy *p);

/* Which line forgets to ask has() of what an ordinary program without a signature lacks. */
void forgetful_page(struct buffer *out, const struct policy *p);

/* Notes which lines a decision came to. */
void policy_reached(const struct policy *p, const struct policy_decision *d, bool *reached);
/* Those that no fixture came to; what is built in is not the user's to test. */
void unreached_page(struct buffer *out, const struct policy *p, const bool *reached);

/* A fixture that expects something else. */
void fixture_page(struct buffer *out, const char *name, const struct fixture *f,
		  const char *why);
