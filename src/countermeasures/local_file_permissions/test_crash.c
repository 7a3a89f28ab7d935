/* SPDX-License-Identifier: MIT */
/*
 * Whoever dies on the way, after any system call, leaves what it was or what was
 * wanted: a tracer lets it make one call after the other, and kills it.
 */
#include "countermeasures/local_file_permissions/test_deeds.h"
#include "host/acl.h"
#include "tests/check.h"
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Dies when system call number @at has been made; stops come before and after each.  False: it
 * came to its end before. */
static bool die_at(size_t deed, const struct journal_id *undoing, unsigned at)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		struct permit_actor actor;
		struct permit_outcome out;

		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
			_exit(77);
		(void)raise(SIGSTOP);
		if (!begin(&actor))
			_exit(1);
		if (undoing)
			_exit(undo(&actor, undoing, false) == PERMIT_TAKEN_BACK ? 0 : 2);
		_exit(deed_do(&actor, deed, &out) && out.result == PERMIT_APPLIED ? 0 : 3);
	}
	for (unsigned stop = 0; waitpid(child, &status, 0) == child && WIFSTOPPED(status);
	     stop++) {
		if (stop == at * 2)
			(void)kill(child, SIGKILL);
		else
			(void)ptrace(PTRACE_SYSCALL, child, NULL, NULL);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 77)
		printf("# child %d\n", WEXITSTATUS(status));
	return !WIFEXITED(status);
}

/* Recovery, twice: it is as it was or as it was to be, and the journal says which. */
static bool recovered(const struct object_state *before, bool *done, struct journal_id *id)
{
	struct permit_actor actor;
	const struct permit_operation *op;
	struct object_state now;
	bool good;

	if (!begin(&actor))
		return false;
	op = actor.ledger.n ? &actor.ledger.operations[actor.ledger.n - 1] : NULL;
	state_of(target, &now);
	*done = op && op->standing == PERMIT_DONE;
	if (op)
		*id = op->id;
	good = *done ? (object_differences(&now, &op->intent.after) & op->intent.which) == 0
		     : states_same(&now, before) && (!op || op->standing == PERMIT_DROPPED ||
						     op->standing == PERMIT_UNDONE);
	permit_end(&actor);
	if (!good)
		printf("# %s, mode %o uid %u flags %x\n",
		       op ? permit_standing_word(op->standing) : "none", now.mode, now.uid,
		       now.flags);
	if (!begin(&actor))
		return false;
	good = good && actor.n_recovered == 0;
	permit_end(&actor);
	return good;
}

static void hostile_object(struct object_state *out)
{
	static const uint8_t capability[20] = { 1, 0, 0, 2, 0, 0x20 };
	struct span acl;
	int fd, flags = 0;

	object_new(target);
	(void)!chown(target, STRANGER, STRANGER);
	(void)chmod(target, 06775);
	if (acl_without_user(&arena, SPAN_NONE, 0775, STRANGER + 7, &acl) == STATUS_OK)
		(void)setxattr(target, OBJECT_XATTR_ACL, acl.ptr, acl.len, 0);
	(void)setxattr(target, OBJECT_XATTR_CAPABILITY, capability, sizeof(capability), 0);
	(void)chmod(target, 06775);
	fd = open(target, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
		flags |= FS_IMMUTABLE_FL;
		(void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
	}
	if (fd >= 0)
		(void)close(fd);
	state_of(target, out);
}

static void check_deaths_of(size_t deed, const char *name)
{
	struct object_state before;
	struct journal_id id = { { 0 } };
	unsigned stops = 0, wrong = 0, n_done = 0, undone = 0;
	bool done = false, died = true;

	for (; died && stops < 2000; stops++) {
		journal_clear();
		hostile_object(&before);
		died = die_at(deed, NULL, stops);
		wrong += !recovered(&before, &done, &id);
		n_done += done;
	}
	CHECK(wrong == 0 && done && n_done < stops && stops > 20,
	      "%s, killed after each of %u calls: before or after (%u wrong, %u after)", name,
	      stops, wrong, n_done);
	for (died = true, stops = 0; died && stops < 2000; stops++) {
		struct permit_actor actor;
		struct permit_outcome out;

		journal_clear();
		hostile_object(&before);
		if (!begin(&actor) || !deed_do(&actor, deed, &out))
			abort();
		permit_end(&actor);
		died = die_at(deed, &out.id, stops);
		wrong += !recovered(&before, &done, &id);
		undone += !done;
	}
	CHECK(wrong == 0 && !done && undone < stops && stops > 20,
	      "its undo, killed after each of %u calls (%u wrong, %u undone)", stops, wrong,
	      undone);
	arena_reset(&arena);
}

static void check_deaths(void)
{
	if (geteuid() != 0) {
		CHECK(true, "dying half-way # SKIP only root gives files all rights");
		return;
	}
	check_deaths_of(0, "contain");
	check_deaths_of(3, "deny-user");
	check_deaths_of(6, "protect, immutable");
}

int main(void)
{
	if (!place_make())
		return EXIT_FAILURE;
	check_deaths();
	place_remove();
	return CHECK_DONE();
}
