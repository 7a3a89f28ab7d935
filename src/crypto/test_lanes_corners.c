/* SPDX-License-Identifier: MIT */
/* Hash lanes, the corners: what is refused, what is read, what fails. */
#include "crypto/test_lanes_specimen.h"

#include "base/memory.h"
#include "tests/check.h"
#include <openssl/evp.h>
#include <unistd.h>

/* More jobs than can be active: pages one after the other, and as many that want it all. */
static void test_many(bool use_cpu)
{
	enum { N_PAGES = 4000, N_WHOLE = 150, N = N_PAGES + N_WHOLE };
	struct span file = specimen_span(SPECIMEN_LARGE);
	struct digest_job *jobs = (struct digest_job *)calloc(N, sizeof *jobs);
	struct piece *pieces = (struct piece *)calloc(N, sizeof *pieces);
	struct view view = { .size = file.len };
	struct hash_task task = {
		&specimens[SPECIMEN_LARGE].source, &view, jobs, N, STATUS_USAGE, NULL
	};
	struct lanes *l = lanes_new_chunk(use_cpu, 5000);
	unsigned long long before, after;
	bool good = true;

	if (!jobs || !pieces || !l)
		abort();
	for (size_t i = 0; i < N; i++) {
		pieces[i].kind = PIECE_RANGE;
		pieces[i].range =
			i < N_PAGES ? (struct range){ i * 64, 4096 }
				    : (struct range){ 0, file.len - 1500 * (i - N_PAGES) };
		jobs[i] = (struct digest_job){
			.algorithm = DIGEST_SHA256, .covered = {&pieces[i], 1}
		};
	}
	before = bytes_read();
	lanes_run(l, &task, 1);
	after = bytes_read();
	for (size_t i = 0; i < N; i++)
		good &= job_is_right(&jobs[i], file);
	CHECK(before == 0 || after - before < 4 * file.len,
	      "%d jobs at the same place take few readings", N_WHOLE);
	CHECK(task.status == STATUS_OK && good, "%d jobs, most at the same places, %s", N,
	      use_cpu ? "CPU" : "EVP");
	lanes_free(l);
	free(jobs);
	free(pieces);
}

static void test_refused(void)
{
	static const struct piece wrong[] = {
		{.kind = PIECE_RANGE,  .range = { 64, 1 }                 },
		{ .kind = PIECE_RANGE, .range = { 65, 0 }                 },
		{ .kind = PIECE_RANGE, .range = { 1, UINT64_MAX }         },
		{ .kind = PIECE_RANGE, .range = { UINT64_MAX, 2 }         },
		{ .kind = PIECE_ZEROS, .range = { 0, LANES_MAX_ZEROS + 1 }},
		{ .kind = PIECE_ZEROS, .range = { 0, UINT64_MAX }         },
	};
	struct view view = view_whole(specimen_span(SPECIMEN_BLOCK));
	struct digest_job job = { .algorithm = DIGEST_SHA1 }, good = job;
	struct lanes *l = lanes_new(true);

	if (!l)
		abort();
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct hash_task tasks[] = {
			{NULL,  &view, &job,  1, STATUS_OK, NULL},
			{ NULL, &view, &good, 1, STATUS_IO, NULL}
		};

		job.covered = (struct coverage){ &wrong[i], 1 };
		lanes_run(l, tasks, 2);
		CHECK(tasks[0].status == (i < 4 ? STATUS_MALFORMED : STATUS_LIMIT) &&
			      tasks[1].status == STATUS_OK && job_is_right(&good, SPAN_NONE),
		      "refused: %s of %#llx bytes at %#llx; the next file goes on",
		      wrong[i].kind == PIECE_RANGE ? "range" : "zeros",
		      (unsigned long long)wrong[i].range.len,
		      (unsigned long long)wrong[i].range.off);
	}
	lanes_free(l);
}

static void test_refused_tasks(void)
{
	static const struct piece zeros[] = {
		{.kind = PIECE_ZEROS,  .range = { 0, LANES_MAX_ZEROS }},
		{ .kind = PIECE_ZEROS, .range = { 0, 1 }              },
	};
	struct view view = view_whole(specimen_span(SPECIMEN_BLOCK));
	struct digest_job none = { 0 };
	struct digest_job job = {
		.algorithm = DIGEST_SHA1, .covered = {zeros, 2}
	};
	struct hash_task tasks[] = {
		{NULL,  &view, &none, 1,                  STATUS_OK, NULL},
		{ NULL, &view, &job,  1,                  STATUS_OK, NULL},
		{ NULL, &view, &job,  LANES_MAX_JOBS + 1, STATUS_OK, NULL},
		{ NULL, &view, NULL,  0,                  STATUS_IO, NULL},
	};
	struct lanes *l = lanes_new(true);

	if (!l)
		abort();
	lanes_run(l, tasks, 4);
	CHECK(tasks[0].status == STATUS_UNSUPPORTED, "refused: no algorithm");
	CHECK(tasks[1].status == STATUS_LIMIT, "refused: too many zeros, together");
	CHECK(tasks[2].status == STATUS_LIMIT, "refused: too many jobs");
	CHECK(tasks[3].status == STATUS_OK, "no job is no work");
	lanes_free(l);
}

/* Jobs that stand in the wrong order. */
static void test_reads_sorted(void)
{
	enum { N = 100 };
	struct span all = specimen_span(SPECIMEN_HUGE);
	struct piece pieces[N] = { 0 };
	struct digest_job jobs[N] = { 0 };
	struct view view = { .size = all.len };
	struct hash_task task = {
		&specimens[SPECIMEN_HUGE].source, &view, jobs, N, STATUS_IO, NULL
	};
	struct lanes *l = lanes_new(true);
	unsigned long long before, after;
	bool good = true;

	if (!l)
		abort();
	for (size_t i = 0; i < N; i++) {
		pieces[i].kind = PIECE_RANGE;
		pieces[i].range =
			(struct range){ (N - 1 - i) * 1000, all.len - (N - 1 - i) * 1000 };
		jobs[i] = (struct digest_job){
			.algorithm = DIGEST_SHA256, .covered = {&pieces[i], 1}
		};
	}
	before = bytes_read();
	lanes_run(l, &task, 1);
	after = bytes_read();
	for (size_t i = 0; i < N; i++)
		good &= job_is_right(&jobs[i], all);
	CHECK(good && (before == 0 || after - before < 3 * all.len),
	      "jobs from the last to the first are sorted first");
	lanes_free(l);
}

static void test_reads_once(void)
{
	size_t file = SPECIMEN_HUGE;
	struct span all = specimen_span(file);
	struct piece whole = {
		.kind = PIECE_RANGE, .range = {0, all.len}
	};
	struct piece ends[] = {
		{.kind = PIECE_RANGE,  .range = { 10, 100 }           },
		{ .kind = PIECE_RANGE, .range = { all.len - 100, 100 }}
	};
	struct view view = { .size = all.len };
	struct digest_job both[] = {
		{.algorithm = DIGEST_SHA256, .covered = { &whole, 1 }},
		{ .algorithm = DIGEST_SHA1,  .covered = { &whole, 1 }}
	};
	struct digest_job rim = {
		.algorithm = DIGEST_SHA512, .covered = {ends, 2}
	};
	struct hash_task tasks[] = {
		{&specimens[file].source,  &view, both, 2, STATUS_IO, NULL},
		{ &specimens[file].source, &view, &rim, 1, STATUS_IO, NULL}
	};
	struct lanes *l = lanes_new(true);
	unsigned long long before = bytes_read(), after;

	if (!l)
		abort();
	lanes_run(l, tasks, 1);
	after = bytes_read();
	CHECK(before == 0 || after - before < all.len + 1000, "two digests read the file once");
	before = bytes_read();
	lanes_run(l, &tasks[1], 1);
	after = bytes_read();
	CHECK(before == 0 || after - before < 1000, "what no job wants is not read");
	CHECK(job_is_right(&both[0], all) && job_is_right(&both[1], all) &&
		      job_is_right(&rim, all),
	      "and the digests are right");
	lanes_free(l);
}

/* A view that is not what the file holds now, and a file that has become shorter. */
static void test_changed(void)
{
	size_t other = SPECIMEN_LARGE;
	struct span all = specimen_span(SPECIMEN_HUGE);
	struct piece whole = {
		.kind = PIECE_RANGE, .range = {0, all.len}
	};
	struct piece fine = {
		.kind = PIECE_RANGE, .range = {0, specimens[other].size}
	};
	struct digest_job job = {
		.algorithm = DIGEST_SHA256, .covered = {&whole, 1}
	};
	struct digest_job next = {
		.algorithm = DIGEST_SHA256, .covered = {&fine, 1}
	};
	struct view view = { .size = all.len }, plain = { .size = specimens[other].size };
	struct source source;
	struct hash_task tasks[] = {
		{&source,                   &view,  &job,  1, STATUS_OK, NULL},
		{ &specimens[other].source, &plain, &next, 1, STATUS_IO, NULL}
	};
	struct lanes *l = lanes_new(true);
	int fd = specimen_file(specimens[SPECIMEN_HUGE].bytes, all.len, &source);

	if (!l || !view_add(&view, 700001, span_clip(all, 700000, 500)))
		abort();
	lanes_run(l, tasks, 2);
	CHECK(tasks[0].status == STATUS_CHANGED, "other bytes than the view has: changed");
	CHECK(tasks[1].status == STATUS_OK && job_is_right(&next, specimen_span(other)),
	      "the other file goes on");
	view.n = 0;
	if (ftruncate(fd, 600000) != 0)
		abort();
	lanes_run(l, tasks, 2);
	for (size_t i = 0; i < 2 * (size_t)LANES_MAX_ACTIVE; i++)
		lanes_run(l, tasks, 2);
	CHECK(tasks[0].status == STATUS_CHANGED && job.result.algorithm == DIGEST_NONE &&
		      tasks[1].status == STATUS_OK && job_is_right(&next, specimen_span(other)),
	      "became shorter: changed; the other file goes on");
	(void)close(fd);
	lanes_run(l, tasks, 1);
	CHECK(tasks[0].status == STATUS_IO, "cannot be read: I/O");
	lanes_free(l);
}

/* Files of every length around the padding's corners, one of them large, in one run. */
static void test_lengths(bool use_cpu)
{
	enum { N = 260, LARGE_AT = 3 };
	struct digest_job *jobs = (struct digest_job *)calloc(N, sizeof *jobs);
	struct hash_task *tasks = (struct hash_task *)calloc(N, sizeof *tasks);
	struct piece *pieces = (struct piece *)calloc(N, sizeof *pieces);
	struct view view = view_whole(specimen_span(SPECIMEN_LARGE));
	struct lanes *l = lanes_new(use_cpu);
	bool good = true;

	if (!jobs || !tasks || !pieces || !l)
		abort();
	for (size_t i = 0; i < N; i++) {
		pieces[i].kind = PIECE_RANGE;
		pieces[i].range = (struct range){ i, i == LARGE_AT ? view.size - i : i };
		jobs[i] = (struct digest_job){
			.algorithm = i % 5 == 4 ? DIGEST_SHA1 : DIGEST_SHA256,
			.covered = {&pieces[i], 1}
		};
		tasks[i] = (struct hash_task){
			.view = &view, .jobs = &jobs[i], .n_jobs = 1, .status = STATUS_USAGE
		};
	}
	lanes_run(l, tasks, N);
	for (size_t i = 0; i < N; i++)
		good &= tasks[i].status == STATUS_OK &&
			job_is_right(&jobs[i], specimen_span(SPECIMEN_LARGE));
	CHECK(good, "%d files of all lengths beside a large one, %s", N,
	      use_cpu ? "CPU" : "EVP");
	lanes_free(l);
	free(jobs);
	free(tasks);
	free(pieces);
}

/* A queue that has nothing for a while. */
struct slow_queue {
	struct hash_task *tasks;
	size_t n, begun, ended, asked;
};

static struct hash_task *slow_next(void *context)
{
	struct slow_queue *q = (struct slow_queue *)context;

	return q->asked++ % 3 && q->begun < q->n ? &q->tasks[q->begun++] : NULL;
}

static void slow_done(void *context, struct hash_task *task)
{
	struct slow_queue *q = (struct slow_queue *)context;

	q->ended += task->status == STATUS_OK && task->jobs[0].result.algorithm != DIGEST_NONE;
}

static void test_queue(void)
{
	enum { N = 40 };
	struct span file = specimen_span(SPECIMEN_BIG);
	struct view view = view_whole(file);
	struct piece pieces[N];
	struct digest_job jobs[N];
	struct hash_task tasks[N];
	struct slow_queue slow = { tasks, N, 0, 0, 0 };
	const struct hash_queue queue = { slow_next, slow_done, &slow };
	struct lanes *l = lanes_new(true);
	size_t runs = 0;
	bool good = true;

	for (size_t i = 0; i < N; i++) {
		pieces[i] = (struct piece){
			.kind = PIECE_RANGE, .range = {i, (file.len - i) / (i + 1)}
		};
		jobs[i] = (struct digest_job){
			.algorithm = DIGEST_SHA256, .covered = {&pieces[i], 1}
		};
		tasks[i] = (struct hash_task){ .view = &view, .jobs = &jobs[i], .n_jobs = 1 };
	}
	for (; l && slow.ended < N && runs < N; runs++)
		lanes_serve(l, &queue);
	for (size_t i = 0; i < N; i++)
		good &= job_is_right(&jobs[i], file);
	CHECK(good && slow.begun == N && slow.ended == N,
	      "%d files that come one by one, each told once (%zu runs)", N, runs);
	lanes_free(l);
}

/* Every allocation fails once. */
static void test_memory(void)
{
	struct piece pieces[] = {
		{.kind = PIECE_RANGE,  .range = { 50, 10 }},
		{ .kind = PIECE_RANGE, .range = { 0, 64 } }
	};
	struct view view = view_whole(specimen_span(SPECIMEN_BLOCK));
	struct digest_job jobs[] = {
		{.algorithm = DIGEST_SHA256, .covered = { &pieces[0], 1 }},
		{ .algorithm = DIGEST_SHA1,  .covered = { &pieces[1], 1 }}
	};
	struct hash_task task = { NULL, &view, jobs, 2, STATUS_IO, NULL };
	bool good = true, done = false;
	long n;

	for (n = 0; !done && n < 100; n++) {
		struct lanes *l;

		memory_fail_after(n);
		l = lanes_new(true);
		if (l) {
			lanes_run(l, &task, 1);
			done = task.status == STATUS_OK;
			good &= done || task.status == STATUS_NO_MEMORY;
		}
		memory_fail_after(-1);
		lanes_free(l);
	}
	CHECK(good && done && n == 7 && job_is_right(&jobs[0], specimen_span(SPECIMEN_BLOCK)) &&
		      job_is_right(&jobs[1], specimen_span(SPECIMEN_BLOCK)),
	      "without memory: no lanes, or a task that says so (%ld tries)", n);
}

/* Last: what libcrypto does not offer stays so. */
static void test_unsupported(void)
{
	struct digest_job md5 = { .algorithm = DIGEST_MD5 },
			  sha1 = { .algorithm = DIGEST_SHA1 };
	struct view view = view_whole(specimen_span(SPECIMEN_BLOCK));
	struct hash_task tasks[] = {
		{NULL,  &view, &md5,  1, STATUS_OK, NULL},
		{ NULL, &view, &sha1, 1, STATUS_OK, NULL}
	};
	struct lanes *cpu = lanes_new(true), *evp = lanes_new(false);

	if (!cpu || !evp || EVP_set_default_properties(NULL, "provider=none-such") != 1)
		abort();
	lanes_run(cpu, tasks, 2);
	CHECK(tasks[0].status == STATUS_UNSUPPORTED,
	      "what libcrypto does not offer: unsupported");
	lanes_run(evp, tasks, 2);
	CHECK(tasks[1].status == STATUS_UNSUPPORTED && sha1.result.algorithm == DIGEST_NONE,
	      "and no result is left behind");
	lanes_free(cpu);
	lanes_free(evp);
}

int main(void)
{
	specimens_make();
	test_refused();
	test_refused_tasks();
	test_reads_once();
	test_reads_sorted();
	test_changed();
	test_memory();
	test_lengths(true);
	test_lengths(false);
	test_queue();
	test_many(true);
	test_many(false);
	test_unsupported();
	specimens_free();
	return CHECK_DONE();
}
