/* SPDX-License-Identifier: MIT */
/*
 * Rights taken away and given back: what is planned for which verdict; any
 * sequence of doing and undoing ends where it began; nobody else's file is ever
 * touched.
 */
#include "countermeasures/local_file_permissions/test_deeds.h"
#include "host/acl.h"
#include "tests/check.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define MAX_OPS 4

/* ---- the plan ---- */

static const struct plan_row {
	const char *name;
	enum assay_verdict verdict;
	unsigned means; /* asked for */
	uint32_t uid;   /* who acts */
	bool packaged, vital, denied, folder, linked;
	enum permit_decision decision;
	unsigned planned; /* means */
} plan_rows[] = {
#define DO(means) PERMIT_CHANGE, (means)
#define NO        PERMIT_REFUSED, 0
  /* clang-format off */
	{ "grafted", ASSAY_VERDICT_GRAFTED, 0, 0, 0, 0, 0, 0, 0, DO(PERMIT_CONTAIN) },
	{ "counterfeit", ASSAY_VERDICT_COUNTERFEIT, 0, 0, 0, 0, 0, 0, 0, DO(PERMIT_CONTAIN) },
	{ "grafted, not root", ASSAY_VERDICT_GRAFTED, 0, 1000, 0, 0, 0, 0, 0,
	  DO(PERMIT_NO_ACCESS) },
	{ "denied", ASSAY_VERDICT_VALID, 0, 0, 0, 0, 1, 0, 0, DO(PERMIT_CONTAIN) },
	{ "denied, never judged", ASSAY_VERDICT_ERROR, 0, 0, 0, 0, 1, 0, 0, PERMIT_INCOMPLETE, 0 },
	{ "tampered", ASSAY_VERDICT_TAMPERED, 0, 0, 0, 0, 0, 0, 0, DO(PERMIT_NO_EXEC) },
	{ "mismatched", ASSAY_VERDICT_MISMATCHED, 0, 0, 0, 0, 0, 0, 0, DO(PERMIT_NO_EXEC) },
	{ "broken", ASSAY_VERDICT_BROKEN, 0, 0, 0, 0, 0, 0, 0, DO(PERMIT_NO_EXEC) },
	{ "tampered, of a package", ASSAY_VERDICT_TAMPERED, 0, 0, 1, 0, 0, 0, 0,
	  PERMIT_NOTHING, 0 },
	{ "grafted, of a package", ASSAY_VERDICT_GRAFTED, 0, 0, 1, 0, 0, 0, 0, NO },
	{ "grafted, vital", ASSAY_VERDICT_GRAFTED, 0, 0, 0, 1, 0, 0, 0, NO },
	{ "grafted, two names", ASSAY_VERDICT_GRAFTED, 0, 0, 0, 0, 0, 0, 1, NO },
	{ "stripped", ASSAY_VERDICT_STRIPPED, 0, 0, 0, 0, 0, 0, 0, PERMIT_NOTHING, 0 },
	{ "costume", ASSAY_VERDICT_COSTUME, 0, 0, 0, 0, 0, 0, 0, PERMIT_NOTHING, 0 },
	{ "partial", ASSAY_VERDICT_PARTIAL, 0, 0, 0, 0, 0, 0, 0, PERMIT_NOTHING, 0 },
	{ "adhoc", ASSAY_VERDICT_ADHOC, 0, 0, 0, 0, 0, 0, 0, PERMIT_NOTHING, 0 },
	{ "untrusted", ASSAY_VERDICT_UNTRUSTED, 0, 0, 0, 0, 0, 0, 0, PERMIT_NOTHING, 0 },
	{ "unsigned", ASSAY_VERDICT_UNSIGNED, 0, 0, 0, 0, 0, 0, 0, PERMIT_NOTHING, 0 },
	{ "unsigned, asked", ASSAY_VERDICT_UNSIGNED, PERMIT_NO_EXEC, 0, 0, 0, 0, 0, 0,
	  DO(PERMIT_NO_EXEC) },
	{ "unsigned, a user", ASSAY_VERDICT_UNSIGNED, PERMIT_DENY_USER, 0, 0, 0, 0, 0, 0,
	  DO(PERMIT_DENY_USER) },
	{ "unsigned, too much", ASSAY_VERDICT_UNSIGNED, PERMIT_CONTAIN, 0, 0, 0, 0, 0, 0, NO },
	{ "valid", ASSAY_VERDICT_VALID, 0, 0, 0, 0, 0, 0, 0, PERMIT_NOTHING, 0 },
	{ "valid, no-exec", ASSAY_VERDICT_VALID, PERMIT_NO_EXEC, 0, 0, 0, 0, 0, 0, NO },
	{ "valid, protect", ASSAY_VERDICT_VALID, PERMIT_PROTECT, 0, 0, 0, 0, 0, 0,
	  DO(PERMIT_PROTECT) },
	{ "valid, protect, not root", ASSAY_VERDICT_VALID, PERMIT_PROTECT, 1000, 0, 0, 0, 0, 0,
	  NO },
	{ "unsigned, protect", ASSAY_VERDICT_UNSIGNED, PERMIT_PROTECT, 0, 0, 0, 0, 0, 0, NO },
	{ "error", ASSAY_VERDICT_ERROR, 0, 0, 0, 0, 0, 0, 0, PERMIT_INCOMPLETE, 0 },
	{ "error, asked", ASSAY_VERDICT_ERROR, PERMIT_CONTAIN, 0, 0, 0, 0, 0, 0,
	  PERMIT_INCOMPLETE, 0 },
	{ "unsupported, asked", ASSAY_VERDICT_UNSUPPORTED, PERMIT_NO_EXEC, 0, 0, 0, 0, 0, 0,
	  PERMIT_INCOMPLETE, 0 },
	{ "unknown, asked", ASSAY_VERDICT_UNKNOWN, PERMIT_IMMUTABLE, 0, 0, 0, 0, 0, 0,
	  PERMIT_INCOMPLETE, 0 },
	{ "a folder", ASSAY_VERDICT_UNKNOWN, 0, 0, 0, 0, 0, 1, 0, PERMIT_NOTHING, 0 },
	{ "a folder, append-only", ASSAY_VERDICT_UNKNOWN, PERMIT_APPEND_ONLY, 0, 0, 0, 0, 1, 0,
	  DO(PERMIT_APPEND_ONLY) },
	{ "a folder, protect", ASSAY_VERDICT_UNKNOWN, PERMIT_PROTECT, 0, 0, 0, 0, 1, 0,
	  DO(PERMIT_PROTECT) },
	{ "a folder, sticky", ASSAY_VERDICT_UNKNOWN, PERMIT_STICKY, 0, 0, 0, 0, 1, 0,
	  DO(PERMIT_STICKY) },
	{ "a folder, no-exec", ASSAY_VERDICT_UNKNOWN, PERMIT_NO_EXEC, 0, 0, 0, 0, 1, 0, NO },
	{ "a folder, no mount", ASSAY_VERDICT_UNKNOWN, PERMIT_NOEXEC_MOUNT, 0, 0, 0, 0, 1, 0,
	  NO },
	{ "a file, sticky", ASSAY_VERDICT_VALID, PERMIT_STICKY, 0, 0, 0, 0, 0, 0, NO },
  /* clang-format on */
};

static struct permit_subject subject_of_row(const struct plan_row *r)
{
	return (struct permit_subject){
		.path = "/x",
		.identity = {.kind = r->folder ? S_IFDIR : S_IFREG,
                             .n_links = r->linked ? 2 : 1   },
		.state = { .mode = 04777, .uid = 1000, .gid = 1000, .has_flags = true },
		.verdict = r->verdict,
		.rule = "",
		.complete = r->verdict != ASSAY_VERDICT_ERROR,
		.package = r->packaged ? "coreutils" : NULL,
		.vital = r->vital ? "PID 1 runs it" : NULL,
		.denied = r->denied,
	};
}

static void check_plans(void)
{
	for (size_t i = 0; i < COUNT_OF(plan_rows); i++) {
		const struct plan_row *r = &plan_rows[i];
		struct permit_subject s = subject_of_row(r);
		struct permit_wish wish = { .means = r->means,
					    .uid = r->uid,
					    .user = STRANGER },
				   all = wish;
		struct permit_plan plan, more;
		bool good;

		all.even_packaged = all.even_vital = all.all_links = true;
		if (permit_plan(&arena, &s, &wish, &plan) != STATUS_OK ||
		    permit_plan(&arena, &s, &all, &more) != STATUS_OK)
			abort();
		good = plan.decision == r->decision && plan.reason &&
		       (plan.decision != PERMIT_CHANGE ||
			(plan.means == r->planned && plan.which && plan.n_notes));
		/* What is hopeless stays so, whatever else is allowed. */
		good = good &&
		       (more.decision == plan.decision || r->packaged || r->vital || r->linked);
		CHECK(good, "%s: %s, %s", r->name, permit_decision_word(plan.decision),
		      plan.reason);
	}
}

static bool has_note(const struct permit_plan *plan, const char *part)
{
	for (size_t i = 0; i < plan->n_notes; i++)
		if (strstr(plan->notes[i], part))
			return true;
	return false;
}

/* What nobody here does is said in words that can be carried out. */
static void check_notes(void)
{
	static const struct {
		const char *path, *unit;
	} mounts[] = {
		{"/srv/up load", "/etc/systemd/system/srv-up\\x20load.mount.d/" },
		{ "/",           "/etc/systemd/system/-.mount.d/"               },
		{ "/.a/b-c.d",   "/etc/systemd/system/\\x2ea-b\\x2dc.d.mount.d/"},
	};
	const struct permit_wish no_exec = { .means = PERMIT_NO_EXEC, .all_links = true },
				 noexec = { .means = PERMIT_NOEXEC_MOUNT };
	struct plan_row linked = { .verdict = ASSAY_VERDICT_UNSIGNED, .linked = true },
			folder = { .folder = true };
	struct permit_subject s = subject_of_row(&linked);
	struct permit_plan plan;

	s.identity.ino = 4711;
	if (permit_plan(&arena, &s, &no_exec, &plan) != STATUS_OK)
		abort();
	CHECK(has_note(&plan, "find -xdev -inum 4711,"), "how to find the other names");
	for (size_t i = 0; i < COUNT_OF(mounts); i++) {
		s = subject_of_row(&folder);
		s.path = mounts[i].path;
		s.mount_point = true;
		if (permit_plan(&arena, &s, &noexec, &plan) != STATUS_OK)
			abort();
		CHECK(has_note(&plan, mounts[i].unit), "the drop-in that keeps %s so",
		      mounts[i].path);
	}
}

/* Some deeds, maybe somebody in between, and all of it back. */
static bool sequence_run(struct permit_actor *actor)
{
	struct object_state start, now;
	struct permit_outcome out[MAX_OPS];
	size_t n = 0, wanted = 1 + chance(MAX_OPS);
	bool meddled = false, refused = false, good = true;

	object_new(target);
	rights_scramble(target);
	state_of(target, &start);
	for (size_t i = 0; i < wanted; i++) {
		if (deed_do(actor, chance((unsigned)n_deeds), &out[n])) {
			good = good && out[n].result == PERMIT_APPLIED;
			n++;
		}
		if (chance(8) == 0) {
			meddled = true;
			flags_clear(target);
			rights_scramble(target);
		}
	}
	if (n > 1) /* the older one does not come off first */
		good = good && undo(actor, &out[0].id, true) == PERMIT_WAS_REFUSED;
	while (n > 0 && !refused) {
		enum permit_result result = undo(actor, &out[--n].id, false);

		refused = result == PERMIT_WAS_REFUSED;
		good = good && result != PERMIT_RESULT_UNKNOWN && (!refused || meddled);
		if (result == PERMIT_TAKEN_BACK)
			good = good && undo(actor, &out[n].id, true) == PERMIT_WAS_REFUSED;
	}
	state_of(target, &now);
	return good && (meddled || states_same(&start, &now));
}

static void check_sequences(void)
{
	bool all = getenv("ASSAY_LONG") != NULL;
	size_t n = all ? 10000 : 300, wrong = 0;

	for (size_t i = 0; i < n;) {
		struct permit_actor actor;

		journal_clear();
		if (!begin(&actor))
			abort();
		for (size_t k = 0; k < 100 && i < n; k++, i++)
			wrong += !sequence_run(&actor);
		permit_end(&actor);
		arena_reset(&arena);
	}
	CHECK(wrong == 0, "%zu sequences of doing, meddling and undoing (%zu wrong)", n, wrong);
	journal_clear();
}

/* ---- others ---- */

static bool racing;

static void *swap(void *unused)
{
	while (__atomic_load_n(&racing, __ATOMIC_RELAXED))
		(void)renameat2(AT_FDCWD, target, AT_FDCWD, other, RENAME_EXCHANGE);
	return unused;
}

/* Names go to and fro: only what was judged is touched. */
static void check_races(void)
{
	struct object_identity judged, innocent, live;
	struct object_state start, now;
	unsigned applied = 0, wrong = 0;
	struct permit_wish wish = { .means = PERMIT_NO_EXEC, .uid = (uint32_t)geteuid() };
	struct permit_actor actor;
	pthread_t thread;
	int a, b;

	object_new(target);
	object_new(other);
	a = open_object(target);
	b = open_object(other);
	if (a < 0 || b < 0 || object_identify(a, &judged) != STATUS_OK ||
	    object_identify(b, &innocent) != STATUS_OK || !begin(&actor))
		abort();
	state_of(other, &start);
	racing = true;
	if (pthread_create(&thread, NULL, swap, NULL) != 0)
		abort();
	for (int i = 0; i < 1000; i++) {
		struct permit_subject s = subject_of(a, ASSAY_VERDICT_TAMPERED);
		struct permit_outcome out = { .result = PERMIT_RESULT_UNKNOWN };
		struct permit_plan plan;

		if (permit_plan(&arena, &s, &wish, &plan) != STATUS_OK)
			abort();
		if (plan.decision == PERMIT_CHANGE &&
		    permit_apply(&actor, a, &s, &plan, &out) == STATUS_OK &&
		    out.result == PERMIT_APPLIED) {
			applied++;
			/* Its name may lead to the other one by now: then it is refused. */
			while (undo(&actor, &out.id, false) == PERMIT_WAS_REFUSED)
				;
		}
		if (object_state_read(&arena, b, &now) != STATUS_OK ||
		    object_identify(b, &live) != STATUS_OK)
			abort();
		wrong += !states_same(&start, &now) || !object_same(&innocent, &live);
	}
	racing = false;
	(void)pthread_join(thread, NULL);
	permit_end(&actor);
	CHECK(wrong == 0 && applied > 0,
	      "names exchanged all the time: %u changes, %u of them of the wrong file", applied,
	      wrong);
	(void)close(a);
	(void)close(b);
	journal_clear();
}

static void check_names(void)
{
	int fd = -1;

	const char *real;

	CHECK(object_find(&arena, "", &real, &fd) == STATUS_IO && errno == ENOENT,
	      "no name is the name of nothing");
	object_new(target);
	(void)unlink(other);
	if (symlink(target, other) != 0)
		abort();
	CHECK(object_open(other, &fd) == STATUS_IO && errno == ELOOP, "a link is not followed");
	(void)unlink(other);
	if (mkfifo(other, 0600) != 0)
		abort();
	CHECK(object_open(other, &fd) == STATUS_USAGE, "a FIFO is nothing to act on");
	(void)unlink(other);
}

/* What was judged must be what is there. */
static void check_stale(void)
{
	struct permit_wish wish = { .means = PERMIT_NO_EXEC, .uid = (uint32_t)geteuid() };
	struct permit_outcome first, out;
	struct permit_subject s;
	struct permit_plan plan;
	struct permit_actor actor;
	struct journal_id id;
	int fd;

	object_new(target);
	fd = open_object(target);
	s = subject_of(fd, ASSAY_VERDICT_TAMPERED);
	if (permit_plan(&arena, &s, &wish, &plan) != STATUS_OK || !begin(&actor))
		abort();
	CHECK(permit_apply(&actor, fd, &s, &plan, &first) == STATUS_OK &&
		      first.result == PERMIT_APPLIED,
	      "the first administrator acts");
	CHECK(permit_apply(&actor, fd, &s, &plan, &out) == STATUS_OK &&
		      out.result == PERMIT_WAS_REFUSED,
	      "the second, who saw what was before, does not (%s)", out.why);
	id = first.id;
	if (rename(target, other) != 0)
		abort();
	object_new(target);
	CHECK(undo(&actor, &id, true) == PERMIT_WAS_REFUSED,
	      "another file under its name is left alone");
	if (rename(other, target) != 0 || chmod(target, 0711) != 0)
		abort();
	CHECK(undo(&actor, &id, false) == PERMIT_WAS_REFUSED, "a change meanwhile is seen");
	CHECK(undo(&actor, &id, true) == PERMIT_WAS_REFUSED,
	      "and stays when nothing is as we left it");
	if (chmod(target, plan.after.mode) != 0)
		abort();
	CHECK(undo(&actor, &id, false) == PERMIT_TAKEN_BACK, "and then it is undone");
	CHECK(undo(&actor, &id, true) == PERMIT_WAS_REFUSED, "once");
	permit_end(&actor);
	(void)close(fd);
	journal_clear();
}

/* What somebody put back by hand is undone: the record must not stay for ever. */
static void check_put_back(void)
{
	struct permit_wish wish = { .means = PERMIT_NO_EXEC, .uid = (uint32_t)geteuid() };
	struct permit_subject s;
	struct permit_outcome out;
	struct permit_actor actor;
	struct permit_plan plan;
	struct stat st;
	mode_t mode;
	int fd;

	object_new(target);
	fd = open_object(target);
	s = subject_of(fd, ASSAY_VERDICT_TAMPERED);
	if (fstat(fd, &st) != 0 || permit_plan(&arena, &s, &wish, &plan) != STATUS_OK ||
	    !begin(&actor) || permit_apply(&actor, fd, &s, &plan, &out) != STATUS_OK ||
	    fchmod(fd, st.st_mode & 07777) != 0)
		abort();
	mode = st.st_mode;
	CHECK(plan.after.mode != (mode & 07777), "it was restricted");
	CHECK(undo(&actor, &out.id, false) == PERMIT_TAKEN_BACK,
	      "what is already as it was before is undone");
	CHECK(fstat(fd, &st) == 0 && st.st_mode == mode, "and stays as it is");
	CHECK(!permit_active(&actor.ledger.operations[0]), "and its record is settled");
	permit_end(&actor);
	(void)close(fd);
	journal_clear();
}

/* What is done to it between an undo that kept set-uid off, and one that gives it back. */
static const struct {
	const char *name;
	const char *appended; /* by its owner; NULL: nothing */
	mode_t mode;          /* set by somebody; 0: not at all */
	bool open;            /* for writing */
	enum permit_result result;
} later_rows[] = {
	{"it comes back later, too",       NULL,  0,    false, PERMIT_TAKEN_BACK },
	{ "not to other content",          "# x", 0,    false, PERMIT_WAS_REFUSED},
	{ "not while somebody may write",  NULL,  0,    true,  PERMIT_WAS_REFUSED},
	{ "not where the mode is another", NULL,  0700, false, PERMIT_WAS_REFUSED},
};

static void check_setid_later(void)
{
	struct permit_undo_wish wish = { 0 };
	struct permit_outcome done, out;
	struct permit_actor actor;
	struct stat st;

	for (size_t i = 0; i < COUNT_OF(later_rows); i++) {
		bool back = later_rows[i].result == PERMIT_TAKEN_BACK;
		int fd;

		object_new(target);
		wish.with_setid = false;
		if (chmod(target, 04755) != 0 || !begin(&actor) || !deed_do(&actor, 1, &done) ||
		    permit_undo(&actor, operation(&actor, &done.id), &wish, &out) != STATUS_OK)
			abort();
		CHECK(out.result == PERMIT_TAKEN_BACK && out.live.mode == 0755 && out.why,
		      "undone, it tells how it is now, and what stays off");
		fd = open(target, O_WRONLY | O_APPEND | O_CLOEXEC);
		if (fd < 0 || (later_rows[i].appended && write(fd, "# x", 3) != 3) ||
		    (later_rows[i].mode && fchmod(fd, later_rows[i].mode) != 0))
			abort();
		if (!later_rows[i].open)
			(void)close(fd);
		wish.with_setid = true;
		CHECK(permit_undo(&actor, operation(&actor, &done.id), &wish, &out) ==
				      STATUS_OK &&
			      out.result == later_rows[i].result && stat(target, &st) == 0 &&
			      ((st.st_mode & 04000) != 0) == back,
		      "%s: %s", later_rows[i].name, out.why ? out.why : "");
		CHECK(!back || (out.live.mode == 04755 &&
				undo(&actor, &done.id, true) == PERMIT_WAS_REFUSED),
		      "once");
		if (later_rows[i].open)
			(void)close(fd);
		permit_end(&actor);
	}
}

/* Set-uid comes back only when somebody says so. */
static void check_setid(void)
{
	struct permit_undo_wish wish = { 0 };
	struct permit_outcome done, out;
	struct permit_actor actor;
	struct stat st;

	for (int with = 0; with < 2; with++) {
		object_new(target);
		if (chmod(target, 04755) != 0 || !begin(&actor) || !deed_do(&actor, 1, &done))
			abort();
		wish.with_setid = with != 0;
		if (stat(target, &st) != 0)
			abort();
		CHECK((st.st_mode & 07777) == 0644, "set-uid goes with the right to run");
		CHECK(permit_undo(&actor, operation(&actor, &done.id), &wish, &out) ==
				      STATUS_OK &&
			      stat(target, &st) == 0 &&
			      (st.st_mode & 07777) == (with ? 04755 : 0755),
		      "%s",
		      with ? "asked for, it comes back" : "it does not come back by itself");
		permit_end(&actor);
	}
	check_setid_later();
	journal_clear();
}

/* ACLs: what we say a mode makes of them is what the kernel makes. */
static void check_acls(void)
{
	uint8_t value[256];
	unsigned wrong = 0, n = 0;

	object_new(target);
	for (uint32_t mode = 0; mode < 01000; mode += 37) {
		struct span acl, ours;
		ssize_t len;

		if (acl_without_user(&arena, SPAN_NONE, 0750, STRANGER, &acl) != STATUS_OK)
			abort();
		if (setxattr(target, OBJECT_XATTR_ACL, acl.ptr, acl.len, 0) != 0)
			break;
		if (chmod(target, mode) != 0)
			abort();
		len = getxattr(target, OBJECT_XATTR_ACL, value, sizeof(value));
		wrong += acl_with_mode(&arena, acl, mode, &ours) != STATUS_OK || len < 0 ||
			 !span_equal(ours, (struct span){ value, (size_t)len });
		n++;
	}
	if (n == 0)
		CHECK(true, "ACLs and modes # SKIP this file system has no ACLs");
	else
		CHECK(wrong == 0, "ACLs follow modes as the kernel says (%u)", n);
}

int main(void)
{
	if (!place_make())
		return EXIT_FAILURE;
	check_plans();
	check_notes();
	check_acls();
	check_names();
	check_stale();
	check_put_back();
	check_setid();
	check_sequences();
	check_races();
	place_remove();
	return CHECK_DONE();
}
