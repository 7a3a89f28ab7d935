/* SPDX-License-Identifier: MIT */
/*
 * One file, one process: it has copied the compiled rules by being forked,
 * reads the file to memory of its own and scans that.  libyara never sees a
 * descriptor.
 */
#include "countermeasures/file_analysis/yara_process.h"

#include "base/cursor.h"
#include "base/memory.h"
#include "crypto/digest.h"
#include "host/confine.h"
#include "host/sanitized.h"
#include "source/source.h"
#include "source/write.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MAGIC 0x31415259U /* "YRA1" */

/* Where the descriptors are in the child; behind the last there is none. */
enum { FD_FILE = 3, FD_ANSWER, FD_BEHIND, FD_AWAY = 16 };

/* --- the answer -------------------------------------------------------------------------- */

void yara_answer_encode(struct buffer *out, const struct yara_hits *hits)
{
	buffer_u32le(out, ANSWER_MAGIC);
	buffer_u32le(out, (uint32_t)hits->end);
	buffer_u32le(out, (uint32_t)hits->n);
	for (size_t i = 0; i < hits->n; i++) {
		buffer_u32le(out, (uint32_t)hits->list[i].rule);
		buffer_u32le(out, (uint32_t)hits->list[i].n);
		for (size_t k = 0; k < hits->list[i].n; k++) {
			buffer_u64le(out, hits->list[i].strings[k].off);
			buffer_u64le(out, hits->list[i].strings[k].len);
		}
	}
}

static bool hit_decode(struct cursor *c, size_t n_rules, uint64_t size, struct yara_hit *out)
{
	out->rule = cursor_u32le(c);
	out->n = cursor_u32le(c);
	if (!cursor_ok(c) || out->rule >= n_rules || out->n > YARA_MAX_STRINGS)
		return false;
	for (size_t i = 0; i < out->n; i++) {
		struct range *r = &out->strings[i];

		r->off = cursor_u64le(c);
		r->len = cursor_u64le(c);
		if (!cursor_ok(c) || r->off > size || r->len > size - r->off)
			return false;
	}
	return true;
}

bool yara_answer_decode(struct span answer, size_t n_rules, uint64_t size,
			struct yara_hits *out)
{
	struct cursor c = cursor_at(answer, 0);
	uint32_t magic = cursor_u32le(&c), end = cursor_u32le(&c);

	out->n = cursor_u32le(&c);
	if (!cursor_ok(&c) || magic != ANSWER_MAGIC || end == YARA_END_NONE ||
	    end > YARA_TOO_LARGE || out->n > REPORT_MAX_MATCHES)
		return false;
	out->end = (enum yara_end)end;
	for (size_t i = 0; i < out->n; i++) {
		if (!hit_decode(&c, n_rules, size, &out->list[i]))
			return false;
		if (i > 0 && out->list[i].rule <= out->list[i - 1].rule)
			return false;
	}
	return cursor_left(&c) == 0;
}

/* --- the process ------------------------------------------------------------------------- */

/* Nothing stays open but the file and the answer; 0, 1 and 2 lead nowhere. */
static bool descriptors_settle(const struct yara_work *work)
{
	int file = fcntl(work->file, F_DUPFD, FD_AWAY);
	int answer = fcntl(work->answer, F_DUPFD, FD_AWAY);
	int null = work->null < 0 ? answer : fcntl(work->null, F_DUPFD, FD_AWAY);

	if (file < 0 || answer < 0 || null < 0)
		return false;
	for (int fd = 0; fd < FD_FILE; fd++)
		if (dup2(null, fd) != fd)
			return false;
	return dup2(file, FD_FILE) == FD_FILE && dup2(answer, FD_ANSWER) == FD_ANSWER &&
	       close_range(FD_BEHIND, ~0U, 0) == 0;
}

/* What it maps of others' (the trust store, the donors) does not count, what it uses does. */
static bool memory_bound(void)
{
	const struct rlimit most = { YARA_MAX_MEMORY, YARA_MAX_MEMORY };

	return SANITIZED || setrlimit(RLIMIT_DATA, &most) == 0;
}

/* What a rule says of a time must not hang on where it runs, and needs no file then. */
static bool zone_settle(void)
{
	if (setenv("TZ", "UTC0", 1) != 0)
		return false;
	tzset();
	return true;
}

static bool process_confine(const struct yara_work *work)
{
	static const int ignored[] = { SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP, SIGALRM };
	struct confine_result confined; /* what the kernel lacks, pool_start() said already */

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_NAME, "assay-yara") != 0 ||
	    getppid() != work->parent)
		return false;
	for (size_t i = 0; i < COUNT_OF(ignored); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	return descriptors_settle(work) && zone_settle() && memory_bound() &&
	       confine_worker(&confined) == STATUS_OK;
}

/* The whole file, as it was judged.  YARA_DONE, or why not. */
static enum yara_end file_read(const struct yara_work *work, struct span *out)
{
	struct source source;
	struct digest digest;
	uint8_t *bytes;
	size_t size;

	if (work->size > YARA_MAX_FILE)
		return YARA_TOO_LARGE;
	size = (size_t)work->size;
	bytes = (uint8_t *)memory_new(size ? size : 1, 1);
	if (!bytes)
		return YARA_NO_MEMORY;
	if (source_begin(&source, FD_FILE) != STATUS_OK || source.before.size != work->size ||
	    source_read(&source, NULL, 0, bytes, size) != STATUS_OK ||
	    source_end(&source) != STATUS_OK)
		return YARA_CHANGED;
	*out = (struct span){ bytes, size };
	if (work->has_sha256 && (digest_of(DIGEST_SHA256, out, 1, &digest) != STATUS_OK ||
				 !digest_equal(&digest, SPAN_OF(work->sha256))))
		return YARA_CHANGED;
	return YARA_DONE;
}

static bool answer_write(const struct yara_hits *hits)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;

	yara_answer_encode(&out, hits);
	if (buffer_status(&out) != STATUS_OK)
		return false;
	return write_all(FD_ANSWER, buffer_span(&out));
}

_Noreturn void yara_process(const struct yara_work *work)
{
	struct yara_hits *hits;
	struct span file;
	enum yara_end read;

	if (!process_confine(work))
		_exit(1);
	hits = (struct yara_hits *)memory_new(1, sizeof *hits);
	if (!hits)
		_exit(1);
	read = file_read(work, &file);
	if (read == YARA_DONE)
		libyara_scan(work->rules, file, work->values, work->timeout_s, hits);
	else
		hits->end = read;
	_exit(answer_write(hits) ? 0 : 1);
}
