/* SPDX-License-Identifier: MIT */
#include "cmd/apart.h"

#include "base/limits.h"
#include "base/slot.h"
#include "cmd/complain.h"
#include "cmd/session.h"
#include "cmd/signals.h"
#include "evidence/evidence.h"
#include "source/write.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

/* What goes through the pipe, from the same program: as it lies in memory. */
struct message {
	uint64_t number;
	struct apart_answer answer;
};

static void text_take(char *to, size_t room, const char *text)
{
	(void)span_copy(to, room - 1, SPAN_TEXT(text ? text : ""));
}

static void answer_make(const struct session *s, const struct report *r, const char *path,
			struct apart_answer *out)
{
	CLEANUP(buffer_free) struct buffer sentence = BUFFER_INIT;

	out->verdict = r->verdict;
	out->outcome = session_outcome(s, r, path, true);
	out->complete = r->complete;
	out->has_sha256 = r->has_sha256;
	(void)span_copy(out->sha256, sizeof(out->sha256), SPAN_OF(r->sha256));
	text_sentence(&sentence, r);
	buffer_char(&sentence, '\0');
	text_take(out->rule, sizeof(out->rule), r->rule);
	text_take(out->format, sizeof(out->format), r->format);
	text_take(out->sentence, sizeof(out->sentence),
		  buffer_status(&sentence) == STATUS_OK ? sentence.bytes : NULL);
}

static void answer_of_failure(const char *why, struct apart_answer *out)
{
	*out = (struct apart_answer){ .verdict = ASSAY_VERDICT_ERROR,
				      .outcome = OUTCOME_INCOMPLETE };
	text_take(out->rule, sizeof(out->rule), "error.io");
	text_take(out->sentence, sizeof(out->sentence), why);
}

/* NULL: @report; else why there is none. */
static const char *report_take(struct session *s, const struct apart_file *file,
			       struct arena *a, struct report *report)
{
	struct engine_file f = { .fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 3) };
	struct pool_answer answer;

	if (f.fd < 0)
		return strerrordesc_np(errno);
	companions_open(AT_FDCWD, file->path, &f.beside);
	if (pool_submit(s->pool, &f, 0) != STATUS_OK) {
		(void)close(f.fd);
		companions_close(&f.beside);
		return "the confined worker takes no files";
	}
	while (!pool_next(s->pool, -1, &answer))
		if (signals_stop())
			return "interrupted";
	if (answer.timed_out)
		return "this file took too long";
	if (answer.died || wire_decode(a, answer.report, report) != STATUS_OK)
		return "the process that judged this file died";
	return NULL;
}

static enum exit_code child_judge(const struct invocation *call, enum exit_policy policy,
				  struct apart_file *files, size_t n, int pipe)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(FILE_ARENA_BYTES);
	const char **paths = ARENA_NEW(call->arena, const char *, n + 1);
	struct session_plan plan = { .policy = policy,
				     .with_sha256 = true,
				     .names_files = true,
				     .max_threads = 1,
				     .targets = paths,
				     .n_targets = n };
	struct session session;
	enum exit_code code;

	if (!paths)
		return EXIT_INCOMPLETE;
	for (size_t i = 0; i < n; i++)
		paths[i] = files[i].path;
	code = session_open(&session, call, &plan);
	if (code != EXIT_PASS)
		return code;
	for (size_t i = 0; i < n && !signals_stop(); i++) {
		struct message message = { .number = i };
		struct report report = { .verdict = ASSAY_VERDICT_UNKNOWN };
		const char *why = files[i].fd < 0
					  ? "it cannot be read"
					  : report_take(&session, &files[i], &arena, &report);

		if (why)
			answer_of_failure(why, &message.answer);
		else
			answer_make(&session, &report, files[i].path, &message.answer);
		if (!write_all(pipe, (struct span){ (const void *)&message, sizeof(message) }))
			break;
		arena_reset(&arena);
	}
	session_abandon(&session);
	return EXIT_PASS;
}

/* False: the end, or half a message. */
static bool message_read(int fd, struct message *out)
{
	struct slot left = { (void *)out, sizeof(*out) };

	while (left.len > 0) {
		ssize_t n = read(fd, left.ptr, left.len);

		if (n == 0 || (n < 0 && errno != EINTR))
			return false;
		if (n > 0)
			left = slot_after(left, (uint64_t)n);
	}
	/* It comes from a process that hears from one that parses: believe no more than this.
	 */
	out->answer.rule[sizeof(out->answer.rule) - 1] = '\0';
	out->answer.format[sizeof(out->answer.format) - 1] = '\0';
	out->answer.sentence[sizeof(out->answer.sentence) - 1] = '\0';
	return (unsigned)out->answer.verdict <= ASSAY_VERDICT_ERROR &&
	       (unsigned)out->answer.outcome <= OUTCOME_SKIPPED;
}

static void answers_read(int fd, struct apart_file *files, size_t n)
{
	struct message message;

	for (size_t i = 0; i < n; i++)
		answer_of_failure("it was not judged", &files[i].answer);
	for (size_t i = 0; i < n && message_read(fd, &message); i++)
		if (message.number < n)
			files[message.number].answer = message.answer;
}

enum exit_code apart_judge(const struct invocation *call, enum exit_policy policy,
			   struct apart_file *files, size_t n)
{
	int ends[2], status = 0;
	pid_t child;

	if (n == 0)
		return EXIT_PASS;
	if (pipe2(ends, O_CLOEXEC) != 0) {
		complain("%s", strerrordesc_np(errno));
		return EXIT_INCOMPLETE;
	}
	child = fork();
	if (child == 0) {
		(void)close(ends[0]);
		_exit((int)child_judge(call, policy, files, n, ends[1]));
	}
	(void)close(ends[1]);
	answers_read(ends[0], files, n);
	(void)close(ends[0]);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child > 0 && WIFEXITED(status))
		return (enum exit_code)WEXITSTATUS(status);
	complain("the process that judges died");
	return EXIT_INCOMPLETE;
}
