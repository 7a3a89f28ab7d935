/* SPDX-License-Identifier: MIT */
#include "countermeasures/file_analysis/yara.h"

#include "base/clock.h"
#include "base/hex.h"
#include "base/memory.h"
#include "countermeasures/file_analysis/yara_process.h"
#include "crypto/digest.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define GRACE_S      5 /* to start, and to read the file */
#define READ_BYTES   4096
#define COMPILED     "YARA" /* what a file of compiled rules begins with */
#define NO_SIGNATURE (-1)

struct yara {
	struct libyara *rules;
	char digest[65];
	unsigned timeout_s;
	int null;
};

const char *const yara_external_names[N_EXTERNALS] = {
	[EXTERNAL_VERDICT] = "assay_verdict",
	[EXTERNAL_SIGNATURE] = "assay_signature",
	[EXTERNAL_BINDING] = "assay_binding",
	[EXTERNAL_TRUST] = "assay_trust",
	[EXTERNAL_SIGNER] = "assay_signer",
	[EXTERNAL_CLAIMED_SIGNER] = "assay_claimed_signer",
	[EXTERNAL_DONOR] = "assay_donor",
	[EXTERNAL_FORMAT] = "assay_format",
	[EXTERNAL_MASQUERADE] = "assay_masquerade",
};

bool yara_available(void)
{
	return libyara_available();
}

/* --- rules ------------------------------------------------------------------------------- */

static enum status text_judge(const char *name, struct span text, struct buffer *error)
{
	const char *wrong = NULL;

	if (text.len > YARA_MAX_RULES)
		wrong = "more rules than are read";
	else if (span_starts(text, COMPILED, strlen(COMPILED)))
		wrong = "compiled rules are not loaded; give their text";
	else if (text.len > 0 && memchr(text.ptr, 0, text.len))
		wrong = "not a text";
	if (!wrong)
		return STATUS_OK;
	buffer_printf(error, "%s: %s\n", name, wrong);
	return STATUS_MALFORMED;
}

static enum status text_digest(struct yara *y, struct span text)
{
	CLEANUP(buffer_free) struct buffer hex = BUFFER_INIT;
	struct digest digest;

	TRY(digest_of(DIGEST_SHA256, &text, 1, &digest));
	buffer_hex(&hex, digest_span(&digest));
	(void)span_copy(y->digest, sizeof y->digest - 1, buffer_span(&hex));
	return buffer_status(&hex);
}

static enum status rules_open(struct yara *y, const char *name, struct span text,
			      struct buffer *error)
{
	CLEANUP(buffer_free) struct buffer copy = BUFFER_INIT;

	TRY(text_judge(name, text, error));
	TRY(text_digest(y, text));
	buffer_add(&copy, text);
	buffer_char(&copy, '\0');
	TRY(buffer_status(&copy));
	return libyara_compile(name, buffer_string(&copy, 0), error, &y->rules);
}

enum status yara_open(const char *name, struct span text, struct buffer *error,
		      struct yara **out)
{
	struct yara *y = (struct yara *)memory_new(1, sizeof *y);
	enum status status;

	*out = NULL;
	if (!y)
		return STATUS_NO_MEMORY;
	y->timeout_s = YARA_TIMEOUT_S;
	y->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	status = rules_open(y, name, text, error);
	if (status != STATUS_OK)
		yara_close(y);
	else
		*out = y;
	return status;
}

void yara_close(struct yara *y)
{
	if (!y)
		return;
	libyara_free(y->rules);
	if (y->null >= 0)
		(void)close(y->null);
	memory_free(y);
}

size_t yara_rule_count(const struct yara *y)
{
	return libyara_count(y->rules);
}

const char *yara_rules_digest(const struct yara *y)
{
	return y->digest;
}

void yara_set_timeout(struct yara *y, unsigned seconds)
{
	y->timeout_s = seconds;
}

/* --- what rules may ask ------------------------------------------------------------------ */

static const char *donor_name(struct arena *a, const struct report_relation *relation)
{
	const struct report_donor *d = relation ? &relation->donor : NULL;
	CLEANUP(buffer_free) struct buffer hex = BUFFER_INIT;

	if (!d || d->name)
		return d ? d->name : NULL;
	buffer_hex(&hex, d->digest);
	return arena_string(a, buffer_span(&hex));
}

static void values_of(struct arena *a, const struct report *r, const char *values[N_EXTERNALS])
{
	int decisive = r->decisive >= 0 && (size_t)r->decisive < r->n_signatures ? r->decisive
										 : NO_SIGNATURE;
	const struct report_signature none = { .relation = r->relation };
	const struct report_signature *s =
		decisive == NO_SIGNATURE ? &none : &r->signatures[decisive];

	values[EXTERNAL_VERDICT] = assay_verdict_word(r->verdict);
	values[EXTERNAL_SIGNATURE] = assay_signature_word(s->signature);
	values[EXTERNAL_BINDING] = assay_binding_word(s->binding);
	values[EXTERNAL_TRUST] = assay_trust_word(s->trust);
	values[EXTERNAL_SIGNER] = s->signer;
	values[EXTERNAL_CLAIMED_SIGNER] = s->claimed_signer;
	values[EXTERNAL_DONOR] = donor_name(a, s->relation);
	values[EXTERNAL_FORMAT] = r->format;
	values[EXTERNAL_MASQUERADE] = assay_masquerade_word(r->masquerade);
}

/* --- one file ---------------------------------------------------------------------------- */

/* Everything that comes until the other end is closed.  False: too late, or too much. */
static bool answer_read(int fd, int64_t deadline_ms, struct buffer *out)
{
	uint8_t bytes[READ_BYTES];

	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		int64_t left = deadline_ms - clock_steady_ms();
		ssize_t n;

		if (left <= 0 || out->len > YARA_MAX_ANSWER)
			return false;
		if (poll(&wait, 1, (int)left) < 0 && errno != EINTR)
			return false;
		if (wait.revents == 0)
			continue;
		n = read(fd, bytes, sizeof bytes);
		if (n == 0)
			return buffer_status(out) == STATUS_OK;
		if (n > 0)
			buffer_add(out, (struct span){ bytes, (size_t)n });
		else if (errno != EINTR)
			return false;
	}
}

/* Whatever it does now is of no interest. */
static bool process_end(pid_t pid, bool kill_it)
{
	int how = 0;
	pid_t who;

	if (kill_it)
		(void)kill(pid, SIGKILL);
	do
		who = waitpid(pid, &how, 0);
	while (who < 0 && errno == EINTR);
	return who == pid && WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

/* Forks, and waits.  *@answer is good when @good says so. */
static enum status process_run(struct yara_work *work, struct buffer *answer, bool *good)
{
	int ends[2];
	int64_t deadline = clock_steady_ms() + ((int64_t)work->timeout_s + GRACE_S) * 1000;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return STATUS_IO;
	work->answer = ends[1];
	work->parent = getpid();
	pid = fork();
	if (pid == 0)
		yara_process(work);
	(void)close(ends[1]);
	*good = pid > 0 && answer_read(ends[0], deadline, answer);
	(void)close(ends[0]);
	if (pid < 0)
		return STATUS_IO;
	*good = process_end(pid, !*good) && *good;
	return STATUS_OK;
}

static enum status matches_make(const struct yara *y, const struct yara_hits *hits,
				struct arena *a, struct yara_answer *out)
{
	struct report_match *list = ARENA_NEW(a, struct report_match, hits->n);

	if (!list)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < hits->n; i++) {
		const struct yara_hit *hit = &hits->list[i];
		struct range *strings = ARENA_NEW(a, struct range, hit->n);

		if (!strings)
			return STATUS_NO_MEMORY;
		TRY(libyara_name(y->rules, hit->rule, a, &list[i]));
		for (size_t k = 0; k < hit->n; k++)
			strings[k] = hit->strings[k];
		list[i].strings = strings;
		list[i].n_strings = hit->n;
	}
	out->matches = list;
	out->n = hits->n;
	return STATUS_OK;
}

static const char *why_incomplete(enum yara_end end)
{
	switch (end) {
	case YARA_DONE: return NULL;
	case YARA_TIMEOUT: return "the rules took too long";
	case YARA_NO_MEMORY: return "the rules took too much memory";
	case YARA_TOO_MANY: return "more matches than are told";
	case YARA_CHANGED: return "the file is not what was judged";
	case YARA_TOO_LARGE: return "the file is larger than YARA is given";
	case YARA_END_NONE:
	case YARA_FAILED: break;
	}
	return "YARA failed";
}

static enum status answer_take(const struct yara *y, struct span answer, uint64_t size,
			       struct arena *a, struct yara_answer *out)
{
	struct yara_hits *hits = (struct yara_hits *)memory_new(1, sizeof *hits);
	enum status status = STATUS_OK;

	if (!hits)
		return STATUS_NO_MEMORY;
	if (yara_answer_decode(answer, libyara_count(y->rules), size, hits)) {
		out->incomplete = why_incomplete(hits->end);
		status = matches_make(y, hits, a, out);
	} else {
		out->incomplete = "YARA did not answer as it must";
	}
	memory_free(hits);
	return status;
}

enum status yara_scan(const struct yara *y, int fd, const struct report *r, struct arena *a,
		      struct yara_answer *out)
{
	CLEANUP(buffer_free) struct buffer answer = BUFFER_INIT;
	const char *values[N_EXTERNALS] = { NULL };
	struct yara_work work = { .rules = y->rules,
				  .values = values,
				  .timeout_s = y->timeout_s,
				  .size = r->size,
				  .has_sha256 = r->has_sha256,
				  .file = fd,
				  .null = y->null };
	bool good;

	*out = (struct yara_answer){ 0 };
	(void)span_copy(work.sha256, sizeof work.sha256, SPAN_OF(r->sha256));
	values_of(a, r, values);
	TRY(process_run(&work, &answer, &good));
	if (good)
		return answer_take(y, buffer_span(&answer), r->size, a, out);
	out->incomplete = "YARA crashed, or did not answer in time";
	return STATUS_OK;
}
