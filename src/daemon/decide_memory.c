/* SPDX-License-Identifier: MIT */
/*
 * What the policy says of programs in memory (memfd_create(2)), of which nobody is asked:
 * once for all of them, by nothing else than that they are.
 */
#include "daemon/deciding.h"

#include "daemon/run_facts.h"

enum tier_a_memory decide_memory(const struct deciding *d)
{
	struct report report = { .verdict = ASSAY_VERDICT_ERROR };
	struct policy_subject subject = { .report = &report };
	struct policy_decision by;
	struct guard_answer answer;

	policy_subject_set(&subject, POLICY_MEMFD, policy_number(1));
	policy_subject_set(&subject, POLICY_OWN, policy_number(0));
	policy_subject_set(&subject, POLICY_EVENT, policy_one_word(POLICY_EVENT_EXEC));
	answer = run_decide(&d->policy.policy, d->policy.mode, &subject, &by);
	if (!answer.allow)
		return TIER_A_MEMORY_DENY;
	return answer.record || answer.would_deny ? TIER_A_MEMORY_RECORD : TIER_A_MEMORY_ALLOW;
}
