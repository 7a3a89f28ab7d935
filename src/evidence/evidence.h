/* SPDX-License-Identifier: MIT */
/* Evidence: report -> text, JSON, wire. */
#pragma once
#include "evidence/report.h"

/* How paths and colours appear. */
struct style {
	bool colour;
	bool verbose;   /* details for good files too */
	unsigned width; /* of the terminal; 0: no limit */
};

/* The first line of an answer and, for a file that is not valid, the indented details. */
void text_report(struct buffer *out, const struct report *r, const char *path,
		 const struct style *style);
/* The sentence alone: "signed by "X", 2025-10-09, chain ends in "Y"". */
void text_sentence(struct buffer *out, const struct report *r);
/* A path for people: hostile bytes escaped, quoted only when it needs escapes. */
void text_path(struct buffer *out, const char *path);

/* One line, schema assay.report/1, without the newline. */
void json_report(struct buffer *out, const struct report *r, const char *path);

struct summary {
	uint64_t n_files, n_violations, n_errors, n_skipped, n_unevaluated, n_cached, n_bytes;
	uint64_t by_verdict[ASSAY_VERDICT_ERROR + 1];
	bool complete;
};
void json_summary(struct buffer *out, const struct summary *s);
void text_summary(struct buffer *out, const struct summary *s, int exit_code);

/* `assay explain FILE`: the whole story with the map of the file's bytes. */
void explain_report(struct buffer *out, const struct report *r, const char *path,
		    const struct style *style);
/* `--reproduce`: shell commands that recompute the decisive digest and signature. */
void reproduce_report(struct buffer *out, const struct report *r, const char *path);

/* `assay explain RULE|SIGN` and `assay rules`: one row, all rows. */
struct rule;
struct weight;
void explain_rule(struct buffer *out, const struct rule *rule);
void explain_sign(struct buffer *out, const struct weight *weight);
/* A row a line, rules and then signs; @json: one object a line, schema assay.rule/1. */
void rules_list(struct buffer *out, bool json);

/* Wire: what passes between worker and supervisor and lies in the cache.  Versioned. */
void wire_encode(struct buffer *out, const struct report *r);
/* Bounded: a hostile worker can make us refuse, not crash.  Strings and spans point into @in or
 * @a. */
MUST_CHECK enum status wire_decode(struct arena *a, struct span in, struct report *out);
