/* SPDX-License-Identifier: MIT */
#include "daemon/run_facts.h"

#include "base/clock.h"
#include "store/policy_files.h"

#define IN_MEMORY "/memfd:"

bool run_is_own(const struct decider_policy *p, uint64_t dev, uint64_t ino)
{
	for (size_t i = 0; i < p->n_own; i++)
		if (p->own[i].dev == dev && p->own[i].ino == ino)
			return true;
	return false;
}

static bool is_firm(void *context, struct span path)
{
	(void)context;
	return policy_path_is_firm(path);
}

static struct policy_value truth(bool holds)
{
	return policy_number(holds);
}

struct policy_subject run_subject(const struct decider_policy *policy, const struct run *run)
{
	struct policy_subject s = { .report = run->report,
				    .listed = policy->listed,
				    .listed_context = policy->listed_context,
				    .firm = is_firm };
	const struct source_identity *file = &run->file;
	bool in_memory = span_starts(run->path, IN_MEMORY, strlen(IN_MEMORY));

	/* What has no path here has a name that begins otherwise (true_path()). */
	if (span_at(run->path, 0) == '/' && !in_memory)
		policy_subject_set(&s, POLICY_PATH, policy_octets(run->path));
	policy_subject_set(&s, POLICY_MEMFD, truth(in_memory));
	policy_subject_set(&s, POLICY_OWNER_UID, policy_number(file->uid));
	policy_subject_set(&s, POLICY_OWNER_GID, policy_number(file->gid));
	policy_subject_set(&s, POLICY_MODE, policy_number(file->mode & 07777));
	policy_subject_set(&s, POLICY_OWN, truth(run_is_own(policy, file->dev, file->ino)));
	policy_subject_set(&s, POLICY_EVENT, policy_one_word(run->event));
	if (run->report->has_sha256)
		policy_subject_set(
			&s, POLICY_PACKAGE,
			installed_package(policy->installed, SPAN_OF(run->report->sha256)));
	return s;
}

struct guard_answer run_decide(const struct policy *lines, enum guard_mode mode,
			       struct policy_subject *subject, struct policy_decision *by)
{
	struct policy_facts facts = policy_subject_facts(subject, clock_wall_s());

	policy_decide(lines, &facts, by);
	return guard_answer(mode, by, policy_report_judged(subject->report));
}

bool decider_asks_packages(const struct policy *lines)
{
	return policy_reads(lines, POLICY_PACKAGE) ||
	       policy_reads(lines, POLICY_CALLER_PACKAGE);
}

void decider_policy_end(struct decider_policy *p)
{
	installed_close(p->installed);
	trust_close(p->anchors);
	p->installed = NULL;
	p->anchors = NULL;
	arena_free(&p->arena);
}
