/* SPDX-License-Identifier: MIT */
/*
 * ATT&CK's names for what we tell of one file: analytics of the detection
 * strategy DET0031, each with the elements that a site may tune.
 */
#pragma once
#include "base/json.h"
#include "evidence/report.h"

/* Detection strategies came with version 18. */
#define ATTACK_VERSION "18.1"
#define ATTACK_MAJOR   "18"

#define ATTACK_ELEMENTS 3

struct attack_analytic_row {
	const char *id, *platform; /* "AN0089", "Windows" */
	const char *key;           /* "an0089" */
	/* As ATT&CK spells them.  The first is a word of ours; a file alone cannot tell the
	 * others: who started it, when, from where. */
	const char *elements[ATTACK_ELEMENTS];
	unsigned sets; /* mask of enum trust_set: whose anchors such programs need */
};
extern const struct attack_analytic_row attack_analytics[];
extern const size_t n_attack_analytics;

/* The analytic that programs of @format ("pe") are for; NULL: none. */
const struct attack_analytic_row *attack_of_format(const char *format);
/* What its first element is of this file; NULL: that cannot be told. */
const char *attack_status(const struct attack_analytic_row *row, const struct report *r);

/* The member "attack"; nothing for a format that no analytic is for. */
void attack_json(struct json *j, const struct report *r);
