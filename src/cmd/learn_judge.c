/* SPDX-License-Identifier: MIT */
/*
 * Files are judged by a session in a child, which confines itself as always; their
 * reports come back in a file without a name.
 */
#include "base/limits.h"
#include "cmd/complain.h"
#include "cmd/learn.h"
#include "cmd/session.h"
#include "cmd/signals.h"
#include "cmd/target.h"
#include "evidence/evidence.h"
#include "source/write.h"
#include "trust/file.h"
#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define REPORTS_MAX ((size_t)256 << 20)

/* {number u32, length u32, report} */
static bool report_send(int to, size_t number, const struct report *report)
{
	CLEANUP(buffer_free) struct buffer wire = BUFFER_INIT, head = BUFFER_INIT;

	wire_encode(&wire, report);
	buffer_u32le(&head, (uint32_t)number);
	buffer_u32le(&head, (uint32_t)wire.len);
	return buffer_status(&wire) == STATUS_OK && buffer_status(&head) == STATUS_OK &&
	       write_all(to, buffer_span(&head)) && write_all(to, buffer_span(&wire));
}

static enum exit_code child_judge(struct learning *l, const char *const *paths, int to)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(FILE_ARENA_BYTES);
	struct session_plan plan = { .policy = EXIT_POLICY_STRICT,
				     .with_sha256 = true,
				     .names_files = true,
				     .max_threads = 1,
				     .targets = paths,
				     .n_targets = l->n };
	enum exit_code code;
	struct session session;
	bool good = true;

	code = session_open(&session, l->call, &plan);
	if (code != EXIT_PASS)
		return code;
	for (size_t i = 0; i < l->n && good && !signals_stop(); i++) {
		struct target target = target_open(paths[i]);
		struct engine_file file = { .fd = target.fd };
		struct report report;

		if (target.fd < 0)
			continue;
		good = session_judge(&session, &file, &arena, &report) &&
		       report_send(to, i, &report);
		arena_reset(&arena);
	}
	session_abandon(&session);
	return good && !signals_stop() ? EXIT_PASS : EXIT_INCOMPLETE;
}

static enum status reports_take(struct learning *l, int from)
{
	struct span all = SPAN_NONE;
	struct cursor c;

	TRY(file_read(from, REPORTS_MAX, l->arena, &all));
	for (c = cursor_at(all, 0); cursor_left(&c) > 0 && cursor_ok(&c);) {
		uint32_t number = cursor_u32le(&c);
		struct span report = cursor_take(&c, cursor_u32le(&c));

		if (cursor_ok(&c) && number < l->n)
			l->files[number].report = report;
	}
	return cursor_ok(&c) ? STATUS_OK : STATUS_MALFORMED;
}

enum exit_code learn_judge(struct learning *l)
{
	const char **paths = ARENA_NEW(l->arena, const char *, l->n + 1);
	int status = 0, reports = memfd_create("reports", MFD_CLOEXEC);
	enum exit_code code = EXIT_INCOMPLETE;
	pid_t child;

	if (!paths || reports < 0) {
		complain("guard: %s", paths ? strerrordesc_np(errno) : "out of memory");
		return EXIT_INCOMPLETE;
	}
	for (size_t i = 0; i < l->n; i++)
		paths[i] = l->files[i].path;
	child = fork();
	if (child == 0)
		_exit((int)child_judge(l, paths, reports));
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child > 0 && WIFEXITED(status))
		code = (enum exit_code)WEXITSTATUS(status);
	else
		complain("guard: the process that judges died");
	if (code == EXIT_PASS && reports_take(l, reports) != STATUS_OK) {
		complain("guard: what was judged cannot be read");
		code = EXIT_INCOMPLETE;
	}
	(void)close(reports);
	return code;
}
