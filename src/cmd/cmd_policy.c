/* SPDX-License-Identifier: MIT */
/* assay policy: compile, test, show and share policies. */
#include "cmd/complain.h"
#include "cmd/page.h"
#include "cmd/policy_page.h"
#include "cmd/signed.h"
#include "daemon/run_facts.h"
#include "policy/fixture.h"
#include "trust/file.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define MAX_FIXTURES   4096
#define FIXTURE_ARENA  ((size_t)32 << 20)
#define FIXTURE_SUFFIX ".json"

/* One call, with the policy that it is about. */
struct policy_call {
	struct invocation *call;
	struct policy policy;
	bool *reached; /* by a fixture: of each line */
	size_t n_fixtures, n_failed;
	struct buffer out;
};

/* The guard's of this host may be one that somebody signed. */
static int signed_find(struct policy_call *c, struct policy_from *from)
{
	struct arena *a = c->call->arena;
	struct ed25519_key keys[BUNDLE_MAX_KEYS];
	struct signed_lists followed = { 0 };
	const char *problem = NULL;
	struct signed_from trusted;
	enum status status = guard_lists_from(a, &c->call->settings, keys, &trusted, &problem);

	if (status == STATUS_OK)
		status = signed_lists_read(a, &trusted, BUNDLE_POLICY, &followed, &problem);
	if (status == STATUS_OK)
		status = guard_policy_signed(a, &followed, from, &problem);
	for (size_t i = 0; status == STATUS_OK && i < followed.n; i++)
		if (followed.lists[i].unvouched)
			complain("policy: %s", followed.lists[i].unvouched);
	if (status == STATUS_OK)
		return EXIT_PASS;
	complain("policy: %s", problem ? problem : status_text(status));
	return EXIT_USAGE;
}

static int policy_open(struct policy_call *c, const char *file, bool look_at_places)
{
	enum policy_kind kind = c->call->settings.kind;
	struct policy_from from =
		policy_from_system(kind == POLICY_KIND_NONE ? POLICY_KIND_GUARD : kind);

	if (from.guard)
		from.guard = &c->call->settings.guard_built_in;
	if (!file && from.kind == POLICY_KIND_GUARD && signed_find(c, &from) != EXIT_PASS)
		return EXIT_USAGE;
	from.file = file;
	from.look_at_places = look_at_places && from.kind == POLICY_KIND_GUARD;
	return policy_take(c->call->arena, &from, &c->policy);
}

/* Reads a fixture; EXIT_PASS, or it has complained. */
static int fixture_take(struct policy_call *c, int folder, const char *folder_name,
			const char *name)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(FIXTURE_ARENA);
	struct fixture *f = ARENA_NEW(&a, struct fixture, 1);
	struct span text = SPAN_NONE;
	struct policy_decision d;
	struct policy_facts facts;
	const char *why = NULL;
	enum status status = STATUS_NO_MEMORY;
	int fd = -1;

	errno = 0;
	if (f)
		status = file_open(folder, name, &fd);
	if (f && status == STATUS_OK)
		status = file_read(fd, FIXTURE_MAX_FILE, &a, &text);
	if (fd >= 0)
		(void)close(fd);
	if (f && status == STATUS_OK)
		status = fixture_read(&a, text, f, &why);
	if (!f || status != STATUS_OK) {
		complain("%s/%s: %s", folder_name, name,
			 why          ? why
			 : errno != 0 ? strerrordesc_np(errno)
				      : status_text(status));
		return EXIT_USAGE;
	}
	facts = policy_subject_facts(&f->subject, f->now);
	policy_decide(&c->policy, &facts, &d);
	policy_reached(&c->policy, &d, c->reached);
	c->n_fixtures++;
	if (fixture_fits(&a, f, &c->policy, &d, &why))
		return EXIT_PASS;
	c->n_failed++;
	fixture_page(&c->out, name, f, why);
	return EXIT_PASS;
}

static bool is_fixture(const char *name)
{
	struct span text = SPAN_TEXT(name), suffix = SPAN_LITERAL(FIXTURE_SUFFIX);

	return text.len > suffix.len &&
	       span_equal(span_after(text, text.len - suffix.len), suffix);
}

/* Every fixture of the folder, by name. */
static int fixtures_take(struct policy_call *c, const char *folder)
{
	struct arena *a = c->call->arena;
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), copy, code = EXIT_PASS;
	const char **names = NULL;
	enum status status;
	size_t n = 0;

	if (fd < 0) {
		complain("%s: %s", folder, strerrordesc_np(errno));
		return EXIT_USAGE;
	}
	c->reached = ARENA_NEW(a, bool, c->policy.n_lines + 1);
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	status = copy >= 0 && c->reached ? folder_read(copy, MAX_FIXTURES, a, &names, &n)
					 : STATUS_NO_MEMORY;
	for (size_t i = 0; i < n && status == STATUS_OK && code == EXIT_PASS; i++)
		if (is_fixture(names[i]))
			code = fixture_take(c, fd, folder, names[i]);
	(void)close(fd);
	if (status != STATUS_OK || (code == EXIT_PASS && c->n_fixtures == 0)) {
		complain("%s: %s", folder,
			 status != STATUS_OK ? status_text(status)
					     : "there is no fixture, NAME.json, in it");
		return EXIT_USAGE;
	}
	return code;
}

/* Would the guard of this host go by it, with the lists that it has?  EXIT_PASS, or it has
 * complained. */
static int guard_try(const struct policy_call *c)
{
	struct guard_policy_from from = { .settings = &c->call->settings };
	struct decider_policy guard = { .arena = ARENA_INIT(GUARD_POLICY_ARENA) };
	const char *problem = NULL;
	enum status status = guard_policy_load(&from, &guard, &problem);

	if (status != STATUS_OK)
		complain("%s", problem ? problem : status_text(status));
	decider_policy_end(&guard);
	return status == STATUS_OK ? EXIT_PASS : EXIT_USAGE;
}

static int policy_check(struct policy_call *c)
{
	struct invocation *call = c->call;
	int code = policy_open(c, call->n_operands > 1 ? call->operands[1] : NULL, true);

	if (code == EXIT_PASS && call->n_operands > 2)
		code = fixtures_take(c, call->operands[2]);
	if (code == EXIT_PASS && call->n_operands == 1 &&
	    (call->settings.kind == POLICY_KIND_NONE ||
	     call->settings.kind == POLICY_KIND_GUARD))
		code = guard_try(c);
	if (code != EXIT_PASS)
		return code;
	forgetful_page(&c->out, &c->policy);
	if (c->reached)
		unreached_page(&c->out, &c->policy, c->reached);
	if (c->n_failed > 0)
		return EXIT_VIOLATION;
	page_count(&c->out, c->policy.n_lines, "line");
	buffer_printf(&c->out, ", nothing is wrong with %s\n",
		      c->policy.n_lines == 1 ? "it" : "them");
	return EXIT_PASS;
}

static int policy_test(struct policy_call *c)
{
	struct invocation *call = c->call;
	int code = policy_open(c, call->n_operands > 2 ? call->operands[2] : NULL, false);

	if (code == EXIT_PASS)
		code = fixtures_take(c, call->operands[1]);
	if (code != EXIT_PASS)
		return code;
	buffer_printf(&c->out, "%zu of ", c->n_fixtures - c->n_failed);
	page_count(&c->out, c->n_fixtures, "fixture");
	buffer_printf(&c->out, " %s as expected\n", c->n_fixtures == 1 ? "is" : "are");
	return c->n_failed > 0 ? EXIT_VIOLATION : EXIT_PASS;
}

static int policy_show(struct policy_call *c)
{
	struct invocation *call = c->call;
	int code = policy_open(c, call->n_operands > 1 ? call->operands[1] : NULL, false);

	if (code == EXIT_PASS)
		policy_page(&c->out, &c->policy);
	return code;
}

/* ---- sharing: of the guard's policy ---- */

/* Does it make sense, and can its places be believed on this host? */
static const char *policy_problem(struct policy_call *c, struct span text, const char *name,
				  bool look_at_places)
{
	struct policy_from from = policy_from_system(POLICY_KIND_GUARD);
	struct policy_problems problems;
	const char *problem = NULL;
	enum status status;

	from.guard = &c->call->settings.guard_built_in;
	from.look_at_places = look_at_places;
	from.signed_alone = true;
	from.signed_name = name;
	from.signed_text = text;
	if (text.len > POLICY_MAX_FILE)
		return "is larger than 64 KiB";
	status = policy_load(c->call->arena, &from, &problems, &c->policy, &problem);
	if (status == STATUS_OK)
		return NULL;
	if (!problem && problems.n > 0)
		problem = guard_policy_problem(c->call->arena, &problems);
	return problem ? problem : status_text(status);
}

static const char *content_check(void *context, struct span content)
{
	return policy_problem((struct policy_call *)context, content, "its policy", true);
}

static int policy_sign(struct policy_call *c)
{
	struct arena *a = c->call->arena;
	const char *file = c->call->operands[1], *problem;
	struct signed_export e = { .what = BUNDLE_POLICY };
	struct span text = SPAN_NONE;
	enum status status;
	int fd = -1;

	errno = 0;
	status = file_open(AT_FDCWD, file, &fd);
	if (status == STATUS_OK) {
		status = file_read(fd, POLICY_MAX_FILE, a, &text);
		(void)close(fd);
	}
	if (status != STATUS_OK) {
		complain("%s: %s", file,
			 errno != 0 ? strerrordesc_np(errno) : status_text(status));
		return EXIT_USAGE;
	}
	/* Nobody signs what no host takes over. */
	problem = policy_problem(c, text, file, false);
	if (problem) {
		complain("policy: %s", problem);
		return EXIT_USAGE;
	}
	e.path = c->call->operands[2];
	e.content = text;
	return signed_sign(c->call, a, &e);
}

/* There is one policy: another list than the one that is followed is refused. */
static int policy_import(struct policy_call *c)
{
	struct invocation *call = c->call;
	struct invocation named = *call;
	struct policy_from from = policy_from_system(POLICY_KIND_GUARD);

	if (signed_find(c, &from) != EXIT_PASS)
		return EXIT_USAGE;
	if (from.signed_list && !call->settings.name)
		named.settings.name = from.signed_list;
	return signed_take(&named, call->arena, BUNDLE_POLICY, content_check, c);
}

static int policy_forget(struct policy_call *c)
{
	return signed_forget(c->call, c->call->arena, BUNDLE_POLICY);
}

#define SIGNS   1U
#define IMPORTS 2U
#define CHANGES 4U

/* Options that belong to other words; what would do nothing is refused. */
static const char *option_foreign(const struct settings *s, unsigned options)
{
	if (!(options & SIGNS) && (s->keys.n || s->expires_s || s->never_expires))
		return "--key and --expires are for sign; whom to believe stands in "
		       "assay.conf: [lists] key";
	if (!(options & (SIGNS | IMPORTS)) && s->name)
		return "--name is for sign and import";
	if (options && s->kind != POLICY_KIND_NONE && s->kind != POLICY_KIND_GUARD)
		return "only the guard's policy is signed";
	return !(options & CHANGES) && s->dry_run ? "--dry-run is for import and forget" : NULL;
}

static const struct {
	const char *word;
	size_t min, max;  /* operands behind it */
	unsigned options; /* whose it takes */
	int (*run)(struct policy_call *c);
} verbs[] = {
	{"check",   0, 2,                 0,                 policy_check },
	{ "test",   1, 2,                 0,                 policy_test  },
	{ "show",   0, 1,                 0,                 policy_show  },
	{ "sign",   2, 2,                 SIGNS,             policy_sign  },
	{ "import", 1, SETTINGS_MAX_LIST, IMPORTS | CHANGES, policy_import},
	{ "forget", 1, 1,                 CHANGES,           policy_forget},
};

int cmd_policy(struct invocation *call)
{
	struct policy_call c = { .call = call };
	int code = page_operands_only(call, 1, SIZE_MAX);

	if (code != EXIT_PASS)
		return code;
	code = EXIT_USAGE;
	for (size_t i = 0; i < COUNT_OF(verbs); i++) {
		const char *foreign;
		int printed;

		if (strcmp(call->operands[0], verbs[i].word) != 0)
			continue;
		foreign = option_foreign(&call->settings, verbs[i].options);
		if (foreign) {
			complain("policy: %s", foreign);
			return EXIT_USAGE;
		}
		code = page_operands_only(call, verbs[i].min + 1, verbs[i].max + 1);
		if (code != EXIT_PASS)
			return code;
		code = verbs[i].run(&c);
		printed = c.out.len > 0 ? page_print(&c.out) : EXIT_PASS;
		buffer_free(&c.out);
		return code == EXIT_PASS ? printed : code;
	}
	complain("policy: there are check, test, show, sign, import and forget; try: assay "
		 "policy --help");
	return code;
}
