/* SPDX-License-Identifier: MIT */
/* assay permit check: is everything still as it was wanted, and who may change what? */
#include "cmd/apart.h"
#include "cmd/complain.h"
#include "cmd/permit.h"
#include "cmd/permit_page.h"
#include "cmd/signals.h"
#include "countermeasures/local_file_permissions/audit.h"
#include "countermeasures/local_file_permissions/facts.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct checking {
	struct invocation *call;
	struct permit_findings findings;
	struct permit_ledger ledger;
	struct permit_privileged privileged;
};

static void privileged_tell(struct checking *c, const char *path,
			    const struct apart_answer *answer)
{
	struct stat st;

	permit_finding_add(&c->findings, "permit.privileged-unvetted", path,
			   "valid, or as its package has it",
			   arena_printf(c->call->arena, "%s: %s",
					assay_verdict_word(answer->verdict), answer->sentence),
			   lstat(path, &st) == 0 ? st.st_ctim.tv_sec : 0);
}

/* Some at a time: each is open while it is judged. */
static enum exit_code privileged_judge(struct checking *c, const char *const *paths, size_t n)
{
	struct apart_file *files = ARENA_NEW(c->call->arena, struct apart_file, n + 1);
	enum exit_code code;

	if (!files)
		return EXIT_INCOMPLETE;
	for (size_t i = 0; i < n; i++) {
		files[i] = (struct apart_file){
			.path = paths[i],
			.fd = open(paths[i], O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
		};
		if (files[i].fd < 0)
			c->findings.n_unknown++;
	}
	code = apart_judge(c->call, EXIT_POLICY_STRICT, files, n);
	for (size_t i = 0; i < n; i++) {
		if (files[i].fd < 0)
			continue;
		(void)close(files[i].fd);
		if (code == EXIT_PASS && files[i].answer.verdict != ASSAY_VERDICT_VALID)
			privileged_tell(c, paths[i], &files[i].answer);
	}
	return code;
}

static enum exit_code privileged_look(struct checking *c)
{
	struct permit_privileged *p = &c->privileged;
	struct permit_owner *owners = ARENA_NEW(c->call->arena, struct permit_owner, p->n + 1);
	size_t n = 0;

	if (!p->n)
		return EXIT_PASS;
	if (!owners || permit_owners_read(c->call->arena, PERMIT_PACKAGES, p->paths, p->n,
					  owners) != STATUS_OK) {
		complain("permit: what owns these files cannot be read");
		return EXIT_INCOMPLETE;
	}
	for (size_t i = 0; i < p->n; i++)
		if (!permit_as_packaged(p->paths[i], &owners[i]))
			p->paths[n++] = p->paths[i];
	for (size_t at = 0; at < n && !signals_stop(); at += APART_MAX_FILES) {
		size_t left = n - at < APART_MAX_FILES ? n - at : APART_MAX_FILES;
		enum exit_code code = privileged_judge(c, &p->paths[at], left);

		if (code != EXIT_PASS)
			return code;
	}
	return EXIT_PASS;
}

static enum exit_code trees_look(struct checking *c)
{
	const struct settings *set = &c->call->settings;
	const struct permit_audit_options options = { set->one_file_system,
						      set->exclude.items };

	for (size_t i = 1; i < c->call->n_operands && !signals_stop(); i++) {
		const char *path = c->call->operands[i];
		enum status status;

		errno = 0;
		status = permit_audit_tree(&c->findings, path, &options, &c->ledger,
					   &c->privileged);
		if (status != STATUS_OK) {
			complain("%s: %s", path,
				 errno ? strerrordesc_np(errno) : status_text(status));
			c->findings.n_unknown++;
		}
	}
	return privileged_look(c);
}

static enum exit_code check_run(struct checking *c, const char *journal)
{
	const char *problem = NULL;
	size_t n;
	const struct permit_statement *statements = permit_statements(c->call, &n);
	enum status status;

	if (!statements)
		return EXIT_INCOMPLETE;
	status = permit_ledger_read(c->call->arena, journal, &c->ledger, &problem);
	if (status != STATUS_OK) {
		complain("permit: %s", problem ? problem : status_text(status));
		return status == STATUS_USAGE ? EXIT_USAGE : EXIT_INCOMPLETE;
	}
	permit_drift_operations(&c->findings, &c->ledger);
	permit_drift_statements(&c->findings, statements, n, &c->ledger);
	if (c->call->n_operands > 1)
		return trees_look(c);
	permit_audit_start(&c->findings);
	return EXIT_PASS;
}

int permit_check(struct invocation *call, struct buffer *out)
{
	struct checking *c = ARENA_NEW(call->arena, struct checking, 1);
	const char *journal = permit_journal(call);
	enum exit_code code;

	if (!c || !journal)
		return journal ? EXIT_INCOMPLETE : EXIT_USAGE;
	c->call = call;
	c->findings.arena = call->arena;
	code = check_run(c, journal);
	if (code != EXIT_PASS)
		return (int)code;
	if (call->settings.format == EXPORT_JSON)
		permit_findings_json(out, &c->findings);
	else if (call->settings.format == EXPORT_ECS)
		permit_findings_ecs(out, &c->findings);
	else
		permit_findings_text(out, &c->findings);
	if (c->findings.n)
		return EXIT_VIOLATION;
	return c->findings.n_unknown || signals_stop() ? EXIT_INCOMPLETE : EXIT_PASS;
}
