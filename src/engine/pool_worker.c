/* SPDX-License-Identifier: MIT */
/*
 * The worker: a process that can do nothing but read the descriptors it is
 * given and answer.  fork() without exec, so that a new one costs a
 * millisecond; the trust store is mapped already and shared.
 */
#include "engine/pool_worker.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "engine/deep.h"
#include "engine/report_make.h"
#include "evidence/evidence.h"
#include "host/confine.h"
#include "host/residence.h"
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define STACK_BYTES ((size_t)1 << 20)
#define ALIVE_MS    1000

/* One thread of the worker. */
struct hand {
	const struct pool_work *work;
	struct engine engine; /* as it is now */
	pthread_mutex_t *writing;
	struct lanes *lanes;
	struct arena arenas[ENGINE_BATCH];
	struct report reports[ENGINE_BATCH];
	struct pool_request requests[ENGINE_BATCH];
	struct engine_file files[ENGINE_BATCH];
	size_t n;
	struct buffer wire, out;
	/* While one file is looked into. */
	uint64_t ticket;
	uint32_t n_inside;
	int64_t alive_ms; /* when we last said so */
};

static void frame_add(struct buffer *out, enum pool_frame kind, uint64_t ticket,
		      struct span bytes)
{
	buffer_u32le(out, (uint32_t)kind);
	buffer_u32le(out, (uint32_t)bytes.len);
	buffer_u64le(out, ticket);
	buffer_add(out, bytes);
}

/* The supervisor reads all the time; when it is gone, SIGPIPE ends us. */
static void frames_write(struct hand *h)
{
	struct span left = buffer_span(&h->out);

	if (buffer_status(&h->out) != STATUS_OK)
		_exit(1);
	(void)pthread_mutex_lock(h->writing);
	while (left.len > 0) {
		ssize_t n = write(h->work->answers, left.ptr, left.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(1);
		left = span_after(left, (uint64_t)n);
	}
	(void)pthread_mutex_unlock(h->writing);
	buffer_clear(&h->out);
}

/* The descriptors that came with @message. */
static size_t fds_take(struct msghdr *message, int fds[POOL_MAX_FDS])
{
	struct cmsghdr *c = CMSG_FIRSTHDR(message);
	size_t len;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
	    (message->msg_flags & (MSG_CTRUNC | MSG_TRUNC)) != 0)
		return 0;
	len = c->cmsg_len - CMSG_LEN(0);
	if (len > POOL_MAX_FDS * sizeof(int))
		return 0;
	memcpy(fds, CMSG_DATA(c), len);
	return len / sizeof(int);
}

/* Gives each file its descriptors; false: there are more or fewer of them. */
static bool files_take(struct hand *h, const int *fds, size_t n)
{
	size_t next = 0;

	for (size_t i = 0; i < h->n; i++) {
		struct engine_file *f = &h->files[i];
		const struct pool_request *r = &h->requests[i];

		*f = (struct engine_file){ .fd = next < n ? fds[next] : -1,
					   .part = (enum engine_part)r->part,
					   .has_place = r->has_place != 0 };
		memcpy(f->place, r->place, sizeof(f->place));
		next++;
		while (f->beside.n < COMPANIONS_MAX && r->rows[f->beside.n] != 0 && next < n) {
			f->beside.fds[f->beside.n] = fds[next++];
			f->beside.rows[f->beside.n] = (uint8_t)(r->rows[f->beside.n] - 1);
			f->beside.n++;
		}
	}
	return next == n;
}

/* Waits for the next batch.  False: the supervisor closed its end. */
static bool batch_receive(struct hand *h)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * POOL_MAX_FDS)];
	} control;
	int fds[POOL_MAX_FDS];
	struct iovec bytes = { h->requests, sizeof(h->requests) };
	struct msghdr message = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t len;

	do
		len = recvmsg(h->work->requests, &message, MSG_CMSG_CLOEXEC);
	while (len < 0 && errno == EINTR);
	if (len <= 0)
		return false;
	h->n = (size_t)len / sizeof(h->requests[0]);
	return h->n > 0 && h->n * sizeof(h->requests[0]) == (size_t)len &&
	       files_take(h, fds, fds_take(&message, fds));
}

/* The report in h->wire; one that is too large, or more than memory holds, is an error. */
static void report_encode(struct hand *h, size_t i)
{
	buffer_clear(&h->wire);
	wire_encode(&h->wire, &h->reports[i]);
	if (buffer_status(&h->wire) == STATUS_OK && h->wire.len <= POOL_MAX_REPORT)
		return;
	buffer_clear(&h->wire);
	report_error(&h->arenas[i], h->work->engine, STATUS_NO_MEMORY, 0, NULL, &h->reports[i]);
	wire_encode(&h->wire, &h->reports[i]);
}

/* What does not fit into a frame is told as an error under the same name. */
static void inside_send(void *context, const struct report *report)
{
	struct hand *h = (struct hand *)context;
	CLEANUP(buffer_free) struct buffer bytes = BUFFER_INIT;

	buffer_u32le(&bytes, h->n_inside++);
	wire_encode(&bytes, report);
	if (buffer_status(&bytes) != STATUS_OK || bytes.len > POOL_MAX_REPORT) {
		struct arena a = ARENA_INIT(1 << 16);
		struct report failed = { 0 };

		report_error(&a, h->work->engine, STATUS_NO_MEMORY, 0, NULL, &failed);
		failed.inside = report->inside;
		buffer_clear(&bytes);
		buffer_u32le(&bytes, h->n_inside - 1);
		wire_encode(&bytes, &failed);
		arena_free(&a);
	}
	frame_add(&h->out, POOL_FRAME_INSIDE, h->ticket, buffer_span(&bytes));
	frames_write(h);
}

static void alive_send(void *context)
{
	struct hand *h = (struct hand *)context;
	int64_t now = clock_steady_ms();

	if (now - h->alive_ms < ALIVE_MS)
		return;
	h->alive_ms = now;
	frame_add(&h->out, POOL_FRAME_ALIVE, h->ticket, SPAN_NONE);
	frames_write(h);
}

/* Programs inside come before the file's own answer, which ends it. */
static void file_answer(struct hand *h, size_t i)
{
	const struct deep_sink sink = { h, inside_send, alive_send };

	h->ticket = h->requests[i].ticket;
	h->n_inside = 0;
	if (h->work->engine->settings.deep)
		deep_examine(h->work->engine, h->lanes, h->files[i].fd, &sink);
	report_encode(h, i);
	frame_add(&h->out, POOL_FRAME_REPORT, h->requests[i].ticket, buffer_span(&h->wire));
	(void)close(h->files[i].fd);
	companions_close(&h->files[i].beside);
	arena_reset(&h->arenas[i]);
}

/* Who goes on for months judges by the day on which he is asked. */
static const struct engine *engine_now(struct hand *h)
{
	h->engine = *h->work->engine;
	if (h->engine.settings.follows_clock)
		h->engine.settings.trust.now = clock_wall_s();
	return &h->engine;
}

static void *hand_run(void *argument)
{
	struct hand *h = (struct hand *)argument;

	while (batch_receive(h)) {
		frame_add(&h->out, POOL_FRAME_TAKEN, h->requests[0].ticket, SPAN_NONE);
		frames_write(h);
		for (size_t i = 0; i < h->n; i++)
			h->reports[i] = (struct report){ 0 };
		for (size_t i = 0; i < h->n;) {
			size_t until = i + h->work->settings.examine(
						   engine_now(h), h->lanes, &h->files[i],
						   h->n - i, &h->arenas[i], &h->reports[i]);

			for (; i < until; i++)
				file_answer(h, i);
			frames_write(h);
		}
	}
	_exit(0);
}

static struct hand *hand_new(const struct pool_work *work, pthread_mutex_t *writing)
{
	struct hand *h = (struct hand *)memory_new(1, sizeof(*h));

	if (!h)
		_exit(1);
	h->work = work;
	h->writing = writing;
	h->lanes = lanes_new(true);
	if (!h->lanes)
		_exit(1);
	for (size_t i = 0; i < ENGINE_BATCH; i++)
		h->arenas[i].limit = FILE_ARENA_BYTES;
	return h;
}

/* Nothing of the supervisor stays open but the two ends; 0, 1 and 2 lead nowhere. */
static void descriptors_close(const struct pool_work *work, struct pool_work *mine)
{
	unsigned low, high;

	*mine = *work;
	mine->requests = dup(work->requests);
	mine->answers = dup(work->answers);
	if (mine->requests < 3 || mine->answers < 3)
		_exit(1);
	for (int fd = 0; fd < 3 && work->null >= 0; fd++)
		if (dup2(work->null, fd) != fd)
			_exit(1);
	low = (unsigned)(mine->requests < mine->answers ? mine->requests : mine->answers);
	high = (unsigned)(mine->requests < mine->answers ? mine->answers : mine->requests);
	if ((low > 3 && close_range(3, low - 1, 0) != 0) ||
	    (high > low + 1 && close_range(low + 1, high - 1, 0) != 0) ||
	    close_range(high + 1, ~0U, 0) != 0)
		_exit(1);
}

/* The terminal's signals are for the supervisor, which then ends us. */
static void signals_ignore(void)
{
	static const int ignored[] = { SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP };

	for (size_t i = 0; i < COUNT_OF(ignored); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
}

/*
 * Before it shrinks a thread's heap for the first time, the C library reads
 * /proc/sys/vm/overcommit_memory, and to open a file is the end of us.  So what
 * a heap once had it keeps; what is larger comes from the system and goes back.
 */
static void allocator_settle(void)
{
	static const struct {
		int which, value;
	} settings[] = {
		{M_ARENA_MAX,       4      }, /* else each thread reserves 64 MiB of addresses */
		{ M_TRIM_THRESHOLD, INT_MAX},
		{ M_MMAP_THRESHOLD, 2 << 20}, /* larger blocks come and go by themselves */
	};

	/* A sanitizer's allocator has no such settings, and no need of them. */
	for (size_t i = 0; i < COUNT_OF(settings); i++)
		(void)mallopt(settings[i].which, settings[i].value);
}

_Noreturn void pool_work(const struct pool_work *work)
{
	pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;
	struct confine_result confined = { NULL };
	struct pool_work mine;
	pthread_attr_t small;
	struct hand *first;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_NAME, "assay-worker") != 0)
		_exit(1);
	if (getppid() != work->supervisor) /* it died before PDEATHSIG was set */
		_exit(1);
	signals_ignore();
	/* Whoever others wait for has a worker that nobody need wait for. */
	residence_give_up();
	descriptors_close(work, &mine);
	allocator_settle();
	/* Times inside archives are local ones; to know them takes a file, and nobody asks. */
	if (setenv("TZ", "UTC0", 1) != 0)
		_exit(1);
	tzset();
	if (confine_worker(&confined) != STATUS_OK)
		_exit(1);
	first = hand_new(&mine, &writing);
	if (pthread_attr_init(&small) != 0 ||
	    pthread_attr_setstacksize(&small, STACK_BYTES) != 0)
		_exit(1);
	for (unsigned i = 1; i < mine.settings.n_threads; i++) {
		pthread_t thread;

		if (pthread_create(&thread, &small, hand_run, hand_new(&mine, &writing)) != 0)
			_exit(1);
	}
	frame_add(&first->out, POOL_FRAME_READY, 0,
		  confined.missing ? SPAN_TEXT(confined.missing) : SPAN_NONE);
	frames_write(first);
	(void)hand_run(first);
	_exit(0);
}
