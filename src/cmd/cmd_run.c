/* SPDX-License-Identifier: MIT */
/*
 * assay run --only DIR... -- PROGRAM: verifies a program, and runs exactly what was
 * verified, so that it and its children start programs only from the given folders.
 */
#include "cmd/apart.h"
#include "cmd/complain.h"
#include "cmd/signals.h"
#include "host/landlock.h"
#include "source/lease.h"
#include "source/source.h"
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_PLACES 512

/* What an ELF program names as its interpreter; the kernel must be allowed to start it too. */
static const char *const loaders[] = {
	"/lib*/ld-linux*.so.*",
	"/lib/ld-musl-*.so.1",
	"/lib*/ld64.so.*",
	"/lib/*-linux-*/ld-linux*.so.*",
};

struct launch {
	struct invocation *call;
	const char *path; /* of the program */
	int fd;
	bool leased;
	struct source_identity before;
	int places[MAX_PLACES]; /* from which programs may be started */
	size_t n_places;
};

static int fail(const char *what, int error)
{
	complain("run: %s: %s", what, strerrordesc_np(error));
	return EXIT_INCOMPLETE;
}

/* As a shell finds it. */
static const char *program_find(struct arena *a, const char *name)
{
	const char *path = getenv("PATH");
	struct span left = SPAN_TEXT(path ? path : "/usr/local/bin:/usr/bin:/bin");

	if (strchr(name, '/'))
		return name;
	while (left.len) {
		uint64_t end;
		const char *at;
		struct stat st;

		if (!span_find(left, SPAN_LITERAL(":"), 0, &end))
			end = left.len;
		at = arena_printf(a, "%.*s/%s", (int)end, (const char *)left.ptr, name);
		if (at && end && access(at, X_OK) == 0 && stat(at, &st) == 0 &&
		    S_ISREG(st.st_mode))
			return at;
		left = span_after(left, end + 1);
	}
	return name;
}

/* Opened once; who wants to write to it waits from now on. */
static int program_open(struct launch *l)
{
	struct stat st;

	l->fd = open(l->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (l->fd < 0)
		return fail(l->path, errno);
	if (fstat(l->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		complain("run: %s: no regular file", l->path);
		return EXIT_USAGE;
	}
	l->leased = lease_take(l->fd);
	/* To whom it is permitted it is refused because somebody may write: through a mapping
	 * even so that no time changes. */
	if (!l->leased && (geteuid() == 0 || st.st_uid == geteuid()) &&
	    !l->call->settings.best_effort) {
		complain("run: %s is not run: somebody has it open for writing, or its file "
			 "system cannot tell; --best-effort runs it all the same",
			 l->path);
		return EXIT_INCOMPLETE;
	}
	if (source_identify(l->fd, &l->before) != STATUS_OK)
		return fail(l->path, errno);
	return EXIT_PASS;
}

/* With a description of its own, so that the lease on ours stays. */
static int program_judge(struct launch *l)
{
	const char *again = arena_printf(l->call->arena, "/proc/self/fd/%d", l->fd);
	struct apart_file file = { .path = l->path,
				   .fd = again ? open(again, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
					       : -1 };
	enum exit_code code;

	if (file.fd < 0)
		return fail(l->path, errno);
	code = apart_judge(l->call, EXIT_POLICY_STRICT, &file, 1);
	(void)close(file.fd);
	if (code != EXIT_PASS)
		return (int)code;
	if (file.answer.outcome == OUTCOME_PASS || file.answer.outcome == OUTCOME_RECORDED)
		return EXIT_PASS;
	complain("run: %s is not run: %s, %s%s", l->path,
		 assay_verdict_word(file.answer.verdict), file.answer.sentence,
		 file.answer.verdict == ASSAY_VERDICT_UNSIGNED && !l->call->settings.has_policy
			 ? "; --policy forgery runs what nobody signed"
			 : "");
	return file.answer.outcome == OUTCOME_VIOLATION ? EXIT_VIOLATION : EXIT_INCOMPLETE;
}

static bool identity_same(const struct source_identity *a, const struct source_identity *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

/* Is what will run what was judged? */
static int program_unchanged(struct launch *l)
{
	struct source_identity now;

	if (source_identify(l->fd, &now) != STATUS_OK)
		return fail(l->path, errno);
	if (identity_same(&now, &l->before) && (!l->leased || lease_holds(l->fd)))
		return EXIT_PASS;
	complain("run: %s is not run: it changed while it was judged", l->path);
	return EXIT_INCOMPLETE;
}

static bool place_add(struct launch *l, const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0 || l->n_places == MAX_PLACES) {
		if (fd >= 0)
			(void)close(fd);
		return false;
	}
	l->places[l->n_places++] = fd;
	return true;
}

static int places_open(struct launch *l)
{
	const struct invocation *call = l->call;

	for (size_t i = 0; i < call->settings.only.n; i++)
		if (!place_add(l, call->settings.only.items[i]))
			return fail(call->settings.only.items[i], errno);
	for (size_t i = 0; i < call->n_before; i++)
		if (!place_add(l, call->operands[i]))
			return fail(call->operands[i], errno);
	for (size_t i = 0; i < COUNT_OF(loaders); i++) {
		glob_t names = { 0 };

		if (glob(loaders[i], GLOB_NOSORT, NULL, &names) == 0)
			for (size_t k = 0; k < names.gl_pathc; k++)
				(void)place_add(l, names.gl_pathv[k]);
		globfree(&names);
	}
	return EXIT_PASS;
}

static int places_keep(struct launch *l)
{
	bool missing = false;

	if (l->n_places == MAX_PLACES) {
		complain("run: too many folders");
		return EXIT_USAGE;
	}
	l->places[l->n_places++] = l->fd;
	if (landlock_execute_only(l->places, l->n_places, &missing) != STATUS_OK)
		return fail("the kernel refuses to keep it to these folders", errno);
	if (!missing)
		return EXIT_PASS;
	if (l->call->settings.best_effort) {
		complain("run: this kernel has no Landlock: it can start any program");
		return EXIT_PASS;
	}
	complain("run: this kernel has no Landlock to keep it to these folders; --best-effort "
		 "runs it all the same");
	return EXIT_INCOMPLETE;
}

/* A script is opened again by its interpreter, which has to find the descriptor. */
static void script_keep(const struct launch *l)
{
	uint8_t head[2] = { 0, 0 };

	if (pread(l->fd, head, sizeof(head), 0) == sizeof(head) &&
	    span_equal(SPAN_OF(head), SPAN_LITERAL("#!")))
		(void)fcntl(l->fd, F_SETFD, 0);
}

/* Signals as they were before we watched them; then it is the program. */
static int program_start(struct launch *l)
{
	const struct invocation *call = l->call;
	size_t n = call->n_operands - call->n_before;
	const char **argv = ARENA_NEW(call->arena, const char *, n + 1);

	if (!argv)
		return EXIT_INCOMPLETE;
	for (size_t i = 0; i < n; i++)
		argv[i] = call->operands[call->n_before + i];
	signals_forget();
	script_keep(l);
	(void)syscall(SYS_execveat, l->fd, "", argv, environ, AT_EMPTY_PATH);
	return fail(l->path, errno);
}

static int launch(struct launch *l)
{
	static int (*const steps[])(struct launch *) = { program_open,      program_judge,
							 places_open,       places_keep,
							 program_unchanged, program_start };

	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		int code = steps[i](l);

		if (code != EXIT_PASS)
			return code;
		if (steps[i] == places_keep)
			complain("run: what runs can still hand a program to the loader (ld.so "
				 "FILE) or a script to a shell: that is not stopped");
	}
	return EXIT_INCOMPLETE;
}

int cmd_run(struct invocation *call)
{
	struct launch l = { .call = call, .fd = -1 };
	int code;

	if (call->n_before >= call->n_operands) {
		complain("run: name a program behind --, as in: assay run --only /usr -- "
			 "PROGRAM");
		return EXIT_USAGE;
	}
	if (call->settings.only.n == 0) {
		complain("run: say with --only from which folders programs may be started");
		return EXIT_USAGE;
	}
	signals_watch();
	l.path = program_find(call->arena, call->operands[call->n_before]);
	code = launch(&l);
	for (size_t i = 0; i < l.n_places; i++)
		if (l.places[i] != l.fd)
			(void)close(l.places[i]);
	if (l.fd >= 0)
		(void)close(l.fd);
	return code;
}
