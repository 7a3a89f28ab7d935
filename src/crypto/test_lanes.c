/* SPDX-License-Identifier: MIT */
/*
 * Hash lanes against EVP: random sets of jobs over random files, then the
 * corners one by one.  ASSAY_LONG: how many random sets.
 */
#include "crypto/lanes.h"

#include "base/memory.h"
#include "tests/check.h"
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <unistd.h>

#define N_SETS     10000
#define MAX_TASKS  4
#define MAX_JOBS   160
#define MAX_PIECES 8
#define BIG_FILE   7 /* and those behind it are read as a whole only now and then */

/* --- files --------------------------------------------------------------------------- */

struct specimen {
	size_t size;
	uint8_t *bytes;
	struct source source;
};

static struct specimen files[] = { { .size = 0 },      { .size = 1 },     { .size = 64 },
				   { .size = 777 },    { .size = 4096 },  { .size = 5000 },
				   { .size = 20000 },  { .size = 66000 }, { .size = 300000 },
				   { .size = 1300000 } };

static uint64_t random_state = 0x9e3779b97f4a7c15;

/* xorshift64*: the same sets on every run. */
static uint64_t random_below(uint64_t n)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * 0x2545f4914f6cdd1d >> 16) % n;
}

/* Many small ones, few large ones, at most @max. */
static uint64_t random_len(uint64_t max)
{
	uint64_t len = random_below((uint64_t)1 << random_below(21));

	return len < max ? len : random_below(max + 1);
}

/* A file in memory with these bytes; *@source is begun. */
static int file_new(const uint8_t *bytes, size_t size, struct source *source)
{
	int fd = memfd_create("assay-lanes", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)size) != 0 ||
	    pwrite(fd, bytes, size, 0) != (ssize_t)size ||
	    source_begin(source, fd) != STATUS_OK)
		abort();
	return fd;
}

static void files_make(void)
{
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		files[i].bytes = (uint8_t *)calloc(files[i].size + 1, 1);
		if (!files[i].bytes)
			abort();
		for (size_t k = 0; k < files[i].size; k++)
			files[i].bytes[k] = (uint8_t)random_below(256);
		(void)file_new(files[i].bytes, files[i].size, &files[i].source);
	}
}

static void files_free(void)
{
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		(void)close(files[i].source.fd);
		free(files[i].bytes);
	}
}

static struct span file_span(size_t i)
{
	return (struct span){ files[i].bytes, files[i].size };
}

/* --- the oracle ---------------------------------------------------------------------- */

static EVP_MD_CTX *oracle_context;

static const EVP_MD *oracle_method(enum digest_algorithm a)
{
	static const EVP_MD *(*const methods[])(void) = {
		EVP_md_null, EVP_md5, EVP_sha1, EVP_sha256, EVP_sha384, EVP_sha512,
	};

	return methods[a]();
}

static void oracle_zeros(uint64_t len)
{
	static const uint8_t zeros[1000];

	for (uint64_t n; len > 0; len -= n) {
		n = len < sizeof zeros ? len : sizeof zeros;
		(void)EVP_DigestUpdate(oracle_context, zeros, (size_t)n);
	}
}

/* Is the result of @job what EVP says about @file? */
static bool job_is_right(const struct digest_job *job, struct span file)
{
	uint8_t want[DIGEST_MAX];

	(void)EVP_DigestInit_ex(oracle_context, oracle_method(job->algorithm), NULL);
	for (size_t i = 0; i < job->covered.n; i++) {
		const struct piece *p = &job->covered.pieces[i];
		struct span s = p->literal;

		if (p->kind == PIECE_ZEROS)
			oracle_zeros(p->range.len);
		if (p->kind == PIECE_RANGE)
			s = span_clip(file, p->range.off, p->range.len);
		if (p->kind != PIECE_ZEROS)
			(void)EVP_DigestUpdate(oracle_context, s.ptr, s.len);
	}
	(void)EVP_DigestFinal_ex(oracle_context, want, NULL);
	return job->result.algorithm == job->algorithm &&
	       digest_equal(&job->result, (struct span){ want, digest_size(job->algorithm) });
}

/* --- random sets --------------------------------------------------------------------- */

struct set {
	struct hash_task tasks[MAX_TASKS];
	struct view views[MAX_TASKS];
	size_t file[MAX_TASKS];
	bool malformed[MAX_TASKS];
	struct digest_job jobs[MAX_TASKS][MAX_JOBS];
	struct piece pieces[MAX_TASKS][MAX_JOBS][MAX_PIECES];
	size_t n;
};

static const uint8_t literal[300] = { "bytes that no file holds" };

static struct piece random_piece(uint64_t size, uint64_t *at)
{
	uint64_t kind = random_below(12);
	struct piece p = { .kind = PIECE_RANGE };

	if (kind == 0) {
		p.kind = PIECE_ZEROS;
		p.range.len = random_len(9000);
	} else if (kind == 1) {
		p.kind = PIECE_LITERAL;
		p.literal = span_clip(SPAN_OF(literal), 0, random_below(sizeof literal));
	} else {
		bool ascends = random_below(8) != 0 && *at <= size;

		p.range.off = ascends ? *at + random_len(size - *at) : random_below(size + 1);
		p.range.len = random_len(size - p.range.off);
		*at = p.range.off + p.range.len;
	}
	return p;
}

static void random_job(struct digest_job *job, struct piece *pieces, uint64_t size, bool page)
{
	static const enum digest_algorithm often[] = { DIGEST_SHA1, DIGEST_SHA256,
						       DIGEST_SHA256 };
	uint64_t at = 0;

	job->algorithm = random_below(6) ? often[random_below(3)]
					 : DIGEST_MD5 + (enum digest_algorithm)random_below(5);
	job->covered = (struct coverage){ pieces, page ? 2 : random_below(MAX_PIECES + 1) };
	for (size_t i = 0; i < job->covered.n; i++)
		pieces[i] = random_piece(size, &at);
	if (!page && random_below(4) == 0 && size < files[BIG_FILE].size) {
		pieces[0] = (struct piece){
			.kind = PIECE_RANGE, .range = {0, size}
		};
		job->covered.n = 1;
	}
}

/* Some parts of the file, as a format reader would have asked for; never meeting. */
static struct view random_view(size_t file)
{
	struct view v = { .size = files[file].size };
	uint64_t at = random_below(2) ? random_len(v.size) : 0;

	for (size_t i = random_below(4); i > 0; i--) {
		uint64_t len = random_len(v.size - at);

		if (!view_add(&v, at, span_clip(file_span(file), at, len)))
			abort();
		at += len;
		at += random_len(v.size - at);
	}
	return v;
}

static void random_task(struct set *set, size_t i)
{
	struct hash_task *task = &set->tasks[i];
	size_t file = random_below(random_below(40) ? BIG_FILE : COUNT_OF(files));
	bool pages = random_below(60) == 0;

	set->file[i] = file;
	set->malformed[i] = false;
	set->views[i] = random_below(3) ? random_view(file) : view_whole(file_span(file));
	*task = (struct hash_task){
		.source =
			set->views[i].n == 1 &&
					set->views[i].pieces[0].bytes.len == files[file].size &&
					random_below(2)
				? NULL
				: &files[file].source,
		.view = &set->views[i],
		.jobs = set->jobs[i],
		.n_jobs = random_below(pages ? MAX_JOBS + 1 : 6),
		.status = STATUS_USAGE,
	};
	for (size_t k = 0; k < task->n_jobs; k++)
		random_job(&task->jobs[k], set->pieces[i][k], files[file].size, pages);
	if (task->n_jobs > 0 && random_below(100) == 0) {
		struct piece *wrong = set->pieces[i][random_below(task->n_jobs)];

		*wrong = (struct piece){
			.range = {random_below(files[file].size + 1), files[file].size + 1}
		};
		set->malformed[i] = true;
	}
}

static bool task_is_right(const struct set *set, size_t i)
{
	const struct hash_task *task = &set->tasks[i];
	bool covers = false;

	if (set->malformed[i]) {
		/* The wrong piece may stand where its job has none. */
		for (size_t k = 0; k < task->n_jobs; k++)
			covers |= task->jobs[k].covered.n > 0 &&
				  set->pieces[i][k][0].kind == PIECE_RANGE &&
				  set->pieces[i][k][0].range.len > files[set->file[i]].size;
		if (covers)
			return task->status == STATUS_MALFORMED;
	}
	if (task->status != STATUS_OK)
		return false;
	for (size_t k = 0; k < task->n_jobs; k++)
		if (!job_is_right(&task->jobs[k], file_span(set->file[i])))
			return false;
	return true;
}

static const struct {
	bool use_cpu;
	size_t chunk;
} ways[] = {
	{true,   LANES_CHUNK},
        { true,  4096       },
        { true,  100        },
	{ false, LANES_CHUNK},
        { true,  7000       },
        { false, 1000       }
};

static void test_random(unsigned long n_sets)
{
	struct set *set = (struct set *)calloc(1, sizeof *set);
	struct lanes *lanes[COUNT_OF(ways)];
	unsigned long n_bad = 0, n_jobs = 0;

	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		lanes[i] = lanes_new_chunk(ways[i].use_cpu, ways[i].chunk);
		if (!lanes[i] || !set)
			abort();
	}
	for (unsigned long k = 0; k < n_sets; k++) {
		set->n = 1 + random_below(MAX_TASKS);
		for (size_t i = 0; i < set->n; i++)
			random_task(set, i);
		lanes_run(lanes[k % COUNT_OF(ways)], set->tasks, set->n);
		for (size_t i = 0; i < set->n; i++) {
			n_jobs += set->tasks[i].n_jobs;
			if (!task_is_right(set, i) && n_bad++ < 5)
				printf("# set %lu, task %zu: wrong\n", k, i);
		}
	}
	CHECK(n_bad == 0, "%lu random sets, %lu jobs: EVP agrees", n_sets, n_jobs);
	for (size_t i = 0; i < COUNT_OF(ways); i++)
		lanes_free(lanes[i]);
	free(set);
}

/* --- corners ------------------------------------------------------------------------- */

/* More jobs than can be active: pages one after the other, and as many that want it all. */
static void test_many(bool use_cpu)
{
	enum { N_PAGES = 4000, N_WHOLE = 150, N = N_PAGES + N_WHOLE };
	struct span file = file_span(COUNT_OF(files) - 2);
	struct digest_job *jobs = (struct digest_job *)calloc(N, sizeof *jobs);
	struct piece *pieces = (struct piece *)calloc(N, sizeof *pieces);
	struct view view = { .size = file.len };
	struct hash_task task = { &files[COUNT_OF(files) - 2].source, &view, jobs, N,
				  STATUS_USAGE };
	struct lanes *l = lanes_new_chunk(use_cpu, 5000);
	bool good = true;

	if (!jobs || !pieces || !l)
		abort();
	for (size_t i = 0; i < N; i++) {
		pieces[i].kind = PIECE_RANGE;
		pieces[i].range = i < N_PAGES ? (struct range){ i * 64, 4096 }
					      : (struct range){ i, 20000 };
		jobs[i] = (struct digest_job){
			.algorithm = DIGEST_SHA256, .covered = {&pieces[i], 1}
		};
	}
	lanes_run(l, &task, 1);
	for (size_t i = 0; i < N; i++)
		good &= job_is_right(&jobs[i], file);
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
	struct view view = view_whole(file_span(2));
	struct digest_job job = { .algorithm = DIGEST_SHA1 }, good = job, none = { 0 };
	struct lanes *l = lanes_new(true);

	if (!l)
		abort();
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		struct hash_task tasks[] = {
			{NULL,  &view, &job,  1, STATUS_OK},
			{ NULL, &view, &good, 1, STATUS_IO}
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
	struct hash_task tasks[] = {
		{NULL,  &view, &none, 1,                  STATUS_OK},
		{ NULL, &view, &good, LANES_MAX_JOBS + 1, STATUS_OK},
		{ NULL, &view, NULL,  0,                  STATUS_IO}
	};
	lanes_run(l, tasks, 3);
	CHECK(tasks[0].status == STATUS_UNSUPPORTED, "refused: no algorithm");
	CHECK(tasks[1].status == STATUS_LIMIT, "refused: too many jobs");
	CHECK(tasks[2].status == STATUS_OK, "no job is no work");
	lanes_free(l);
}

/* How many bytes this process has read; 0: the kernel does not say. */
static unsigned long long bytes_read(void)
{
	char text[256] = "";
	int fd = open("/proc/self/io", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (fd >= 0)
		(void)close(fd);
	return n > 7 && strncmp(text, "rchar: ", 7) == 0 ? strtoull(&text[7], NULL, 10) : 0;
}

static void test_reads_once(void)
{
	size_t file = COUNT_OF(files) - 1;
	struct span all = file_span(file);
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
		{&files[file].source,  &view, both, 2, STATUS_IO},
		{ &files[file].source, &view, &rim, 1, STATUS_IO}
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
	size_t other = COUNT_OF(files) - 2;
	struct span all = file_span(COUNT_OF(files) - 1);
	struct piece whole = {
		.kind = PIECE_RANGE, .range = {0, all.len}
	};
	struct piece fine = {
		.kind = PIECE_RANGE, .range = {0, files[other].size}
	};
	struct digest_job job = {
		.algorithm = DIGEST_SHA256, .covered = {&whole, 1}
	};
	struct digest_job next = {
		.algorithm = DIGEST_SHA256, .covered = {&fine, 1}
	};
	struct view view = { .size = all.len }, plain = { .size = files[other].size };
	struct source source;
	struct hash_task tasks[] = {
		{&source,               &view,  &job,  1, STATUS_OK},
		{ &files[other].source, &plain, &next, 1, STATUS_IO}
	};
	struct lanes *l = lanes_new(true);
	int fd = file_new(files[COUNT_OF(files) - 1].bytes, all.len, &source);

	if (!l || !view_add(&view, 700001, span_clip(all, 700000, 500)))
		abort();
	lanes_run(l, tasks, 2);
	CHECK(tasks[0].status == STATUS_CHANGED, "other bytes than the view has: changed");
	CHECK(tasks[1].status == STATUS_OK && job_is_right(&next, file_span(other)),
	      "the other file goes on");
	view.n = 0;
	if (ftruncate(fd, 600000) != 0)
		abort();
	lanes_run(l, tasks, 2);
	CHECK(tasks[0].status == STATUS_CHANGED && tasks[1].status == STATUS_OK &&
		      job_is_right(&next, file_span(other)),
	      "became shorter: changed; the other file goes on");
	(void)close(fd);
	lanes_run(l, tasks, 1);
	CHECK(tasks[0].status == STATUS_IO, "cannot be read: I/O");
	lanes_free(l);
}

/* Every allocation fails once. */
static void test_memory(void)
{
	struct piece pieces[] = {
		{.kind = PIECE_RANGE,  .range = { 50, 10 }},
		{ .kind = PIECE_RANGE, .range = { 0, 64 } }
	};
	struct view view = view_whole(file_span(2));
	struct digest_job jobs[] = {
		{.algorithm = DIGEST_SHA256, .covered = { &pieces[0], 1 }},
		{ .algorithm = DIGEST_SHA1,  .covered = { &pieces[1], 1 }}
	};
	struct hash_task task = { NULL, &view, jobs, 2, STATUS_IO };
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
	CHECK(good && done && n == 5 && job_is_right(&jobs[0], file_span(2)) &&
		      job_is_right(&jobs[1], file_span(2)),
	      "without memory: no lanes, or a task that says so (%ld tries)", n);
}

int main(void)
{
	const char *text = getenv("ASSAY_LONG");

	oracle_context = EVP_MD_CTX_new();
	files_make();
	test_refused();
	test_reads_once();
	test_changed();
	test_memory();
	test_many(true);
	test_many(false);
	test_random(text ? strtoul(text, NULL, 10) : N_SETS);
	files_free();
	EVP_MD_CTX_free(oracle_context);
	return CHECK_DONE();
}
