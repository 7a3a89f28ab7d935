/* SPDX-License-Identifier: MIT */
/*
 * Files are judged by a session in a child, which confines itself as always; their
 * reports come back in a file without a name.  Each is opened once: who lets a file
 * change between two looks at it gets no line by what was there first.
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

/* What is found out of a file that is open. */
struct found {
	struct source_identity file;
	bool has_digests;
	uint8_t md5[16], sha256[32];
};

/* Does a digest of MD5 say it of the bytes that were judged? */
static bool is_as_packaged(const struct found *f, const struct permit_owner *owner,
			   const struct report *report)
{
	return f->has_digests && report->has_sha256 &&
	       span_equal(SPAN_OF(f->sha256), SPAN_OF(report->sha256)) &&
	       span_equal(SPAN_OF(f->md5), SPAN_OF(owner->md5));
}

/* {number u32, as packaged u32, dev u64, ino u64, mode u32, uid u32, gid u32, length u32,
 * report} */
static bool report_send(int to, size_t number, const struct learnt *l, const struct found *f,
			const struct report *report)
{
	CLEANUP(buffer_free) struct buffer wire = BUFFER_INIT, head = BUFFER_INIT;

	wire_encode(&wire, report);
	buffer_u32le(&head, (uint32_t)number);
	buffer_u32le(&head, is_as_packaged(f, &l->owner, report));
	buffer_u64le(&head, f->file.dev);
	buffer_u64le(&head, f->file.ino);
	buffer_u32le(&head, f->file.mode);
	buffer_u32le(&head, f->file.uid);
	buffer_u32le(&head, f->file.gid);
	buffer_u32le(&head, (uint32_t)wire.len);
	return buffer_status(&wire) == STATUS_OK && buffer_status(&head) == STATUS_OK &&
	       write_all(to, buffer_span(&head)) && write_all(to, buffer_span(&wire));
}

/* False: nobody can be told of any file any more. */
static bool file_judge(struct session *s, struct learning *l, size_t at, int to)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(FILE_ARENA_BYTES);
	const struct learnt *wanted = &l->files[at];
	struct target target = target_open(wanted->path);
	struct engine_file file = { .fd = target.fd };
	struct found found = { .has_digests = false };
	struct report report;

	if (target.fd < 0)
		return true;
	if (source_identify(target.fd, &found.file) != STATUS_OK) {
		(void)close(target.fd);
		return true;
	}
	if (wanted->owner.package && wanted->owner.has_md5)
		found.has_digests = permit_file_digests(target.fd, found.md5, found.sha256);
	return session_judge(s, &file, &arena, &report) &&
	       report_send(to, at, wanted, &found, &report);
}

static enum exit_code child_judge(struct learning *l, const char *const *paths, int to)
{
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
	for (size_t i = 0; i < l->n && good && !signals_stop(); i++)
		good = file_judge(&session, l, i, to);
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
		bool as_packaged = cursor_u32le(&c) != 0;
		struct source_identity id = { .dev = cursor_u64le(&c) };
		struct span report;

		id.ino = cursor_u64le(&c);
		id.mode = cursor_u32le(&c);
		id.uid = cursor_u32le(&c);
		id.gid = cursor_u32le(&c);
		report = cursor_take(&c, cursor_u32le(&c));
		if (!cursor_ok(&c) || number >= l->n)
			continue;
		l->files[number].as_packaged = as_packaged;
		l->files[number].file = id;
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
