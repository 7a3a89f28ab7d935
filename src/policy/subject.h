/* SPDX-License-Identifier: MIT */
/*
 * Subject: a report as facts for a policy, with what else is known of the file.
 *
 * A signer's key and name are there only when everything about the signature
 * holds (evidence/standing.h).  What a report does not have because the file
 * could not be judged is unknown, not absent.
 */
#pragma once
#include "evidence/report.h"
#include "policy/policy.h"

#define POLICY_HOST_FIRST POLICY_PATH
#define POLICY_HOST       (POLICY_ATTRIBUTES - POLICY_HOST_FIRST)

struct policy_subject {
	const struct report *report;
	/* Of place and caller, by attribute - POLICY_HOST_FIRST; zeroed: unknown. */
	struct policy_value host[POLICY_HOST];
	/* As in struct policy_facts; NULL: nobody knows what is listed. */
	struct policy_value (*listed)(void *context, enum policy_set set,
				      enum policy_attribute attribute, struct span bytes);
	void *listed_context;
	/* As in struct policy_facts; NULL: every one is. */
	bool (*firm)(void *context, struct span path);
	void *firm_context;
};

static inline void policy_subject_set(struct policy_subject *s, enum policy_attribute attribute,
				      struct policy_value value)
{
	if (attribute >= POLICY_HOST_FIRST && attribute < POLICY_ATTRIBUTES)
		s->host[attribute - POLICY_HOST_FIRST] = value;
}

/* What the report says; of @element where it is about one signature or finding. */
struct policy_value policy_report_value(const struct report *r, enum policy_attribute attribute,
					size_t element);
struct policy_value policy_report_count(const struct report *r, enum policy_scope scope);

/* Good as long as @s is. */
struct policy_facts policy_subject_facts(struct policy_subject *s, int64_t now);

/* Was it found out what the file is?  Else the guard's row for errors of the engine holds. */
bool policy_report_judged(const struct report *r);
