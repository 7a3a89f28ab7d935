/* SPDX-License-Identifier: MIT */
/* The rows stand in data/rules.tsv, sorted by id, so that one is found by binary search. */
#include "verdict/rules.h"

#include <stdlib.h>

static int compare_id(const void *id, const void *row)
{
	return strcmp((const char *)id, ((const struct rule *)row)->id);
}

const struct rule *rule_find(const char *id)
{
	return (const struct rule *)bsearch(id, rules, n_rules, sizeof(rules[0]), compare_id);
}
