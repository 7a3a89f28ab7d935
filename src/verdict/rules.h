/* SPDX-License-Identifier: MIT */
/*
 * The table of rules: every verdict word and every finding that we can give,
 * each with its sentence and its standard.  Manual, `assay rules` and
 * `assay explain RULE` are made from it.
 */
#pragma once
#include "assay.h"
#include "base/span.h"

enum rule_kind { RULE_FINDING, RULE_VERDICT };

struct rule {
	const char *id; /* room.words-with-dashes; stable, never reused */
	enum rule_kind kind;
	enum assay_severity severity; /* findings */
	enum assay_verdict verdict;   /* verdict rows: the word */
	const char *reference;        /* standard and section */
	const char *sentence;         /* what it means, one sentence for people */
	const char *advice;           /* what to do; NULL: nothing */
};

extern const struct rule rules[];
extern const size_t n_rules;

/* NULL: no such rule. */
const struct rule *rule_find(const char *id);
