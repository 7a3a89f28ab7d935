/* SPDX-License-Identifier: MIT */
#include "base/finding.h"

void finding_add(struct findings *list, const char *rule, struct range where,
		 const char *expected, const char *observed)
{
	struct finding *f = NULL;

	if (list->n < FINDINGS_MAX)
		f = ARENA_NEW(list->arena, struct finding, 1);
	if (!f) {
		list->dropped++;
		return;
	}
	*f = (struct finding){ .rule = rule,
			       .where = where,
			       .expected = expected,
			       .observed = observed,
			       .signature = list->signature };
	if (list->last)
		list->last->next = f;
	else
		list->first = f;
	list->last = f;
	list->n++;
}

bool finding_has(const struct findings *list, const char *rule, int signature)
{
	for (const struct finding *f = list->first; f; f = f->next)
		if (strcmp(f->rule, rule) == 0 &&
		    (signature == -2 || f->signature == signature))
			return true;
	return false;
}
