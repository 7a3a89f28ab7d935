/* SPDX-License-Identifier: MIT */
/*
 * The supervisor's side of the pool.  It parses nothing of a file, and of the
 * worker's answers only frames, whose bytes go on as they are.
 *
 * A file is queued, then sent in a batch, then taken by a thread, then
 * answered.  When the worker dies, what was taken is suspect: suspects are
 * judged one by one with nothing beside them, so the next death names its
 * file.  Time runs per batch; a batch of several files that is too slow is
 * judged again file by file.
 */
#include "engine/pool.h"

#include "base/clock.h"
#include "base/cursor.h"
#include "base/memory.h"
#include "engine/deep.h"
#include "engine/pool_queue.h"
#include "engine/pool_worker.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_TIMEOUT_MS 10000
#define TAKE_TIMEOUT_MS  60000
#define RESEND_MS        50 /* after what could not be sent */
#define PATIENCE_MS      60000
#define BYTES_PER_SECOND UINT64_C(100000000)
#define DEEP_TIMES       30 /* so often a file gets its time when it is looked into */
#define FRUITLESS_MAX    3  /* workers in a row that died without taking anything */
#define READ_BYTES       65536
#define WARNING_BYTES    256

struct pool {
	struct pool_work work;
	struct pool_queue queue;
	pid_t worker;          /* 0: none */
	int requests, answers; /* our ends */
	struct buffer in;
	size_t in_used; /* of .in, parsed already */
	uint8_t chunk[READ_BYTES];
	bool ready, rogue; /* rogue: it broke the protocol; believe no more */
	unsigned fruitless;
	int64_t progress; /* when the worker last said something, or was given work when idle */
	char warning[WARNING_BYTES];
};

/* What the worker's stream had for us. */
enum stream {
	STREAM_END, /* the worker has come to its end */
	STREAM_BYTES,
	STREAM_QUIET,
	STREAM_SIGNAL, /* we were sent a signal before anything came */
};

/* Both pairs of ends; the supervisor's are p->requests and p->answers. */
static enum status channels_open(struct pool *p)
{
	int packets[2], stream[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, packets) != 0)
		return STATUS_IO;
	if (pipe2(stream, O_CLOEXEC) != 0) {
		(void)close(packets[0]);
		(void)close(packets[1]);
		return STATUS_IO;
	}
	p->requests = packets[0];
	p->work.requests = packets[1];
	p->answers = stream[0];
	p->work.answers = stream[1];
	return STATUS_OK;
}

static void fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void channels_close(struct pool *p)
{
	fd_close(&p->requests);
	fd_close(&p->answers);
	fd_close(&p->work.requests);
	fd_close(&p->work.answers);
}

static enum status worker_start(struct pool *p)
{
	TRY(channels_open(p));
	p->work.supervisor = getpid();
	p->worker = fork();
	if (p->worker == 0)
		pool_work(&p->work);
	fd_close(&p->work.requests);
	fd_close(&p->work.answers);
	if (p->worker < 0) {
		p->worker = 0;
		channels_close(p);
		return STATUS_IO;
	}
	p->ready = p->rogue = false;
	p->progress = clock_steady_ms();
	buffer_clear(&p->in);
	p->in_used = 0;
	return STATUS_OK;
}

/* What the worker's end was: the signal, or 0 for an exit. */
static int worker_reap(struct pool *p)
{
	int state = 0;
	pid_t pid;

	if (p->worker == 0)
		return 0;
	(void)kill(p->worker, SIGKILL);
	do
		pid = waitpid(p->worker, &state, 0);
	while (pid < 0 && errno == EINTR);
	p->worker = 0;
	channels_close(p);
	return pid > 0 && WIFSIGNALED(state) ? WTERMSIG(state) : 0;
}

/* Fills @request and the next places of @fds; says how many descriptors there are then. */
static size_t request_fill(const struct pool_file *f, struct pool_request *request, int *fds,
			   size_t n)
{
	const struct companions_open *beside = &f->file.beside;

	*request = (struct pool_request){ .ticket = f->ticket,
					  .has_place = f->file.has_place,
					  .part = (uint64_t)f->file.part };
	memcpy(request->place, f->file.place, sizeof(request->place));
	fds[n++] = f->file.fd;
	for (size_t i = 0; i < beside->n; i++) {
		request->rows[i] = (uint8_t)(beside->rows[i] + 1);
		fds[n++] = beside->fds[i];
	}
	return n;
}

static bool packet_send(struct pool *p, const struct pool_batch *batch)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * POOL_MAX_FDS)];
	} control = { .bytes = { 0 } };
	struct pool_request requests[ENGINE_BATCH];
	int fds[POOL_MAX_FDS];
	size_t n = 0;
	struct iovec bytes = { requests, batch->n * sizeof(requests[0]) };
	struct msghdr message = {
		.msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
	};
	struct cmsghdr *c;

	for (size_t i = 0; i < batch->n; i++)
		n = request_fill(&batch->files[i], &requests[i], fds, n);
	message.msg_controllen = CMSG_SPACE(sizeof(int) * n);
	c = CMSG_FIRSTHDR(&message);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * n);
	memcpy(CMSG_DATA(c), fds, sizeof(int) * n);
	return sendmsg(p->requests, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

/*
 * Sends what should be in the worker's hands.  Each thread has one batch in
 * work and one waiting; a batch that is not full goes only to an idle thread,
 * and only when the caller has nothing more to give (@all).
 */
static void batches_send(struct pool *p, bool all)
{
	struct pool_batch *batch;

	while (p->worker != 0 && (batch = pool_queue_batch(&p->queue, all)) != NULL) {
		if (!packet_send(p, batch)) {
			/* Full: later.  Broken: the end of the stream will tell. */
			pool_queue_unsend(&p->queue, batch);
			return;
		}
		batch->deadline = INT64_MAX;
		/* Nobody is silent who was not asked. */
		if (p->queue.n_batches == 1)
			p->progress = clock_steady_ms();
	}
}

static int64_t time_limit(const struct pool *p, const struct pool_file *f)
{
	const struct pool_settings *settings = &p->work.settings;
	int64_t limit;

	if (settings->timeout_s != 0)
		return (int64_t)settings->timeout_s * 1000;
	limit = settings->patience_ms + (int64_t)(f->size / BYTES_PER_SECOND) * 1000;
	return settings->longest_ms != 0 && limit > settings->longest_ms ? settings->longest_ms
									 : limit;
}

static void batch_taken(struct pool *p, uint64_t ticket)
{
	struct pool_batch *batch = pool_queue_batch_of(&p->queue, ticket);
	int64_t limit = 0;

	if (!batch || batch->taken) {
		p->rogue = true;
		return;
	}
	for (size_t i = 0; i < batch->n; i++) {
		int64_t own = time_limit(p, &batch->files[i]);

		limit = own > limit ? own : limit;
	}
	batch->taken = true;
	batch->began = clock_steady_ms();
	batch->deadline = batch->began + limit;
	p->fruitless = 0;
}

/* The file of this ticket goes on: it gets its time again, but not for ever. */
static bool batch_alive(struct pool *p, uint64_t ticket)
{
	struct pool_batch *batch = pool_queue_holder(&p->queue, ticket);
	int64_t limit = 0, end;

	if (!batch || !batch->taken || !p->work.engine->settings.deep) {
		p->rogue = true;
		return false;
	}
	for (size_t i = 0; i < batch->n; i++)
		if (batch->files[i].ticket == ticket)
			limit = time_limit(p, &batch->files[i]);
	end = batch->began + DEEP_TIMES * limit;
	batch->deadline = clock_steady_ms() + limit < end ? clock_steady_ms() + limit : end;
	return true;
}

/* A program inside the file of this ticket. */
static bool inside_take(struct pool *p, uint64_t ticket, struct span bytes,
			struct pool_answer *out)
{
	struct cursor c = cursor_at(bytes, 0);

	if (!batch_alive(p, ticket))
		return false;
	*out = (struct pool_answer){ .ticket = ticket, .inside = true };
	out->index = cursor_u32le(&c);
	out->report = span_after(bytes, c.pos);
	p->rogue = !cursor_ok(&c);
	return !p->rogue;
}

/* The next whole frame; false: none yet. */
static bool frame_next(struct pool *p, uint32_t *kind, uint64_t *ticket, struct span *bytes)
{
	struct cursor c = cursor_at(buffer_span(&p->in), p->in_used);
	uint32_t len;

	*kind = cursor_u32le(&c);
	len = cursor_u32le(&c);
	*ticket = cursor_u64le(&c);
	if (cursor_ok(&c) && len > POOL_MAX_REPORT)
		p->rogue = true;
	*bytes = cursor_take(&c, len);
	if (!cursor_ok(&c) || p->rogue)
		return false;
	p->in_used = c.pos;
	return true;
}

/* Reads frames until one is a report.  A worker that says anything odd is not believed. */
static bool report_next(struct pool *p, struct pool_answer *out)
{
	struct span bytes;
	uint64_t ticket;
	uint32_t kind;

	while (!p->rogue && frame_next(p, &kind, &ticket, &bytes)) {
		p->progress = clock_steady_ms();
		if (kind == POOL_FRAME_REPORT && pool_queue_answered(&p->queue, ticket)) {
			*out = (struct pool_answer){ .ticket = ticket, .report = bytes };
			return true;
		}
		if (kind == POOL_FRAME_INSIDE && inside_take(p, ticket, bytes, out))
			return true;
		if (kind == POOL_FRAME_INSIDE)
			continue;
		if (kind == POOL_FRAME_TAKEN) {
			batch_taken(p, ticket);
		} else if (kind == POOL_FRAME_ALIVE) {
			(void)batch_alive(p, ticket);
		} else if (kind == POOL_FRAME_READY && !p->ready) {
			p->ready = true;
			p->warning[span_copy(p->warning, sizeof(p->warning) - 1, bytes)] = 0;
		} else {
			p->rogue = true;
		}
	}
	return false;
}

/* Waits for bytes of the worker, at most @wait_ms. */
static enum stream stream_read(struct pool *p, int wait_ms)
{
	struct pollfd from = { .fd = p->answers, .events = POLLIN };
	int ready = poll(&from, 1, wait_ms);
	ssize_t n;

	if (ready < 0)
		return errno == EINTR ? STREAM_SIGNAL : STREAM_END;
	if (ready == 0)
		return STREAM_QUIET;
	n = read(p->answers, p->chunk, sizeof(p->chunk));
	if (n < 0)
		return errno == EINTR ? STREAM_SIGNAL : STREAM_END;
	if (n == 0)
		return STREAM_END;
	buffer_drop(&p->in, p->in_used);
	p->in_used = 0;
	buffer_add(&p->in, span_clip(SPAN_OF(p->chunk), 0, (uint64_t)n));
	return buffer_status(&p->in) == STATUS_OK ? STREAM_BYTES : STREAM_END;
}

/* The worker is gone: another one, unless none of them lives long enough to work. */
static void worker_replace(struct pool *p)
{
	int signal_number = worker_reap(p);

	p->fruitless++;
	pool_queue_orphaned(&p->queue, signal_number == SIGKILL && !p->rogue);
	if (p->fruitless > FRUITLESS_MAX || worker_start(p) != STATUS_OK)
		pool_queue_give_up(&p->queue);
}

/* Marks what took too long, and says whether the worker must go for it. */
static bool batches_expire(struct pool *p, int64_t now)
{
	bool expired = false, taken = false;

	for (size_t i = 0; i < POOL_MAX_BATCHES; i++) {
		struct pool_batch *b = &p->queue.batches[i];

		taken = taken || (b->n > 0 && b->taken);
		if (b->n > 0 && b->taken && b->deadline <= now)
			expired = b->expired = true;
	}
	/* Sent, but nobody takes it: no file is to blame. */
	return expired ||
	       (!taken && p->queue.n_batches > 0 && p->progress + TAKE_TIMEOUT_MS <= now);
}

/*
 * How long to wait for the worker: until the first deadline, and never longer
 * than @until.  When that is now or past, not at all: the clock may have gone on
 * since @until was counted.
 */
static int wait_time(const struct pool *p, int64_t until, int64_t now)
{
	int64_t first = INT64_MAX;
	bool taken = false;

	for (size_t i = 0; i < POOL_MAX_BATCHES; i++) {
		const struct pool_batch *b = &p->queue.batches[i];

		if (b->n == 0)
			continue;
		taken = taken || b->taken;
		first = b->deadline < first ? b->deadline : first;
	}
	/* Nothing could be sent: no answer will wake us. */
	if (p->queue.n_batches == 0)
		first = now + RESEND_MS;
	else if (!taken)
		first = p->progress + TAKE_TIMEOUT_MS;
	if (until < first)
		first = until;
	if (first <= now)
		return 0;
	return first - now < INT_MAX ? (int)(first - now) : INT_MAX;
}

/* The worker must go.  True: one thing it had answered before still counts, unless it lied. */
static bool worker_end(struct pool *p, struct pool_answer *out)
{
	(void)kill(p->worker, SIGKILL);
	while (!p->rogue && stream_read(p, -1) != STREAM_END)
		if (report_next(p, out))
			return true;
	worker_replace(p);
	return false;
}

bool pool_next(struct pool *p, int wait_ms, struct pool_answer *out)
{
	int64_t until = wait_ms < 0 ? INT64_MAX : clock_steady_ms() + wait_ms;

	for (;;) {
		enum stream said;
		int64_t now;

		if (pool_queue_failed(&p->queue, out) || report_next(p, out))
			return true;
		if (p->queue.n_files == 0)
			return false;
		batches_send(p, wait_ms != 0);
		now = clock_steady_ms();
		if (p->rogue || batches_expire(p, now)) {
			if (worker_end(p, out))
				return true;
			continue;
		}
		said = stream_read(p, wait_time(p, until, now));
		if (said == STREAM_END)
			worker_replace(p);
		else if (said == STREAM_SIGNAL || (said == STREAM_QUIET && now >= until))
			return false;
	}
}

/* Before the fork, so that every worker finds it done and needs no file for it. */
static enum status libcrypto_start(void)
{
	uint64_t what = OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT;

	return OPENSSL_init_crypto(what, NULL) == 1 ? STATUS_OK : STATUS_NO_MEMORY;
}

static void settings_fill(struct pool_settings *s)
{
	long n = s->n_threads != 0 ? (long)s->n_threads : sysconf(_SC_NPROCESSORS_ONLN);

	s->n_threads = n < 1 ? 1 : n > POOL_MAX_THREADS ? POOL_MAX_THREADS : (unsigned)n;
	if (s->patience_ms == 0)
		s->patience_ms = PATIENCE_MS;
	if (!s->examine)
		s->examine = engine_examine;
}

/* The first word of the worker: it is confined and works. */
static enum status worker_await(struct pool *p)
{
	int64_t until = clock_steady_ms() + START_TIMEOUT_MS;
	struct pool_answer unused;

	while (!p->ready) {
		int64_t left = until - clock_steady_ms();

		if (left <= 0 || stream_read(p, (int)left) == STREAM_END)
			return STATUS_IO;
		if (report_next(p, &unused) || p->rogue)
			return STATUS_IO;
	}
	return STATUS_OK;
}

enum status pool_start(const struct engine *e, const struct pool_settings *settings,
		       struct pool **out, const char **warning)
{
	struct pool *p = (struct pool *)memory_new(1, sizeof(*p));
	enum status status;

	*out = NULL;
	*warning = NULL;
	if (!p)
		return STATUS_NO_MEMORY;
	p->work = (struct pool_work){ .engine = e, .requests = -1, .answers = -1 };
	p->requests = p->answers = -1;
	p->work.settings = *settings;
	settings_fill(&p->work.settings);
	pool_queue_init(&p->queue, p->work.settings.n_threads);
	if (e->settings.deep) {
		deep_prepare();
		p->queue.batch_max = 1; /* a file may hold thousands */
	}
	p->in.limit = 2 * POOL_MAX_REPORT;
	p->work.null = settings->null > 0 ? fcntl(settings->null, F_DUPFD_CLOEXEC, 0)
					  : open("/dev/null", O_RDWR | O_CLOEXEC);
	status = libcrypto_start();
	if (status == STATUS_OK)
		status = worker_start(p);
	if (status == STATUS_OK && !settings->unawaited)
		status = worker_await(p);
	if (status != STATUS_OK) {
		pool_stop(p);
		return status;
	}
	*warning = p->warning[0] ? p->warning : NULL;
	*out = p;
	return STATUS_OK;
}

enum status pool_renew(struct pool *p)
{
	if (p->queue.n_files > 0)
		return STATUS_USAGE;
	(void)worker_reap(p);
	p->fruitless = 0;
	TRY(worker_start(p));
	return worker_await(p);
}

enum status pool_replace(struct pool *p)
{
	(void)worker_reap(p);
	pool_queue_forget(&p->queue);
	p->fruitless = 0;
	return worker_start(p);
}

bool pool_has_room(const struct pool *p)
{
	return p->queue.n_files < POOL_MAX_FILES;
}

enum status pool_submit(struct pool *p, const struct engine_file *file, uint64_t ticket)
{
	struct pool_file f = { .ticket = ticket, .file = *file };
	struct stat st;

	if (!pool_has_room(p))
		return STATUS_LIMIT;
	if (fstat(file->fd, &st) == 0 && st.st_size > 0)
		f.size = (uint64_t)st.st_size;
	pool_queue_add(&p->queue, &f);
	if (p->worker == 0)
		pool_queue_give_up(&p->queue);
	else
		batches_send(p, false);
	return STATUS_OK;
}

void pool_push(struct pool *p)
{
	batches_send(p, true);
}

int pool_descriptor(const struct pool *p)
{
	return p->answers;
}

size_t pool_outstanding(const struct pool *p)
{
	return p->queue.n_files;
}

pid_t pool_worker(const struct pool *p)
{
	return p->worker;
}

void pool_stop(struct pool *p)
{
	if (!p)
		return;
	(void)worker_reap(p);
	channels_close(p);
	fd_close(&p->work.null);
	pool_queue_free(&p->queue);
	buffer_free(&p->in);
	memory_free(p);
}
