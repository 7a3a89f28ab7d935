/* SPDX-License-Identifier: MIT */
/*
 * What hash lanes cost, against `openssl dgst -sha256`: processor time of whole
 * processes (start, reading from the page cache, digests), median of 7 runs
 * that take turns.  Run it without arguments; it runs itself with some.
 */
#include "base/attrs.h"
#include "crypto/lanes.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_RUNS     7
#define N_PAGES    ((size_t)1024) /* of a file of MANY_BYTES */
#define BIG_BYTES  ((size_t)100 << 20)
#define MANY_BYTES ((size_t)4 << 20)

enum { BIG, LEFT, RIGHT, N_FILES };

static const struct bench {
	const char *name;
	const char *ours, *chunk;
	const size_t n_files, first;
	double target; /* at most this; 0: none */
} benches[] = {
	{"100 MB, image digest",                    "image",    "0",      1, BIG,  0   },
	{ "100 MB, image and whole file",           "both",     "0",      1, BIG,  1.20},
	{ "100 MB, the same, 16 KiB at a time",     "both",     "16384",  1, BIG,  0   },
	{ "100 MB, the same, 256 KiB at a time",    "both",     "262144", 1, BIG,  0   },
	{ "100 MB, SHA-1 and SHA-256 of the image", "dual",     "0",      1, BIG,  2.10},
	{ "100 MB, the same and whole file",        "triple",   "0",      1, BIG,  0   },
	{ "100 MB, image, checksum",                "checksum", "0",      1, BIG,  1.15},
	{ "100 MB, the same, sampled histogram",    "sampled",  "0",      1, BIG,  1.25},
	{ "100 MB, the same, full histogram",       "full",     "0",      1, BIG,  1.90},
	{ "4 MiB, image digest",                    "image",    "0",      1, LEFT, 0   },
	{ "4 MiB, image and pages",                 "pages",    "0",      1, LEFT, 0   },
	{ "2 x 4 MiB, one digest each",             "image",    "0",      2, LEFT, 0.70},
};

/* --- the process that is measured ------------------------------------------------------ */

/* Three holes, as an Authenticode image digest has them. */
static void image_pieces(struct piece pieces[4], uint64_t size)
{
	static const uint64_t edges[] = { 0, 216, 220, 296, 304 };

	for (size_t i = 0; i < 2; i++)
		pieces[i] = (struct piece){
			.kind = PIECE_RANGE,
			.range = {edges[2 * i], edges[2 * i + 1] - edges[2 * i]}
		};
	pieces[2] = (struct piece){
		.kind = PIECE_RANGE, .range = {304, size - 304 - 10000}
	};
	pieces[3] = (struct piece){
		.kind = PIECE_RANGE, .range = {0, size}
	};
}

struct work {
	struct source source;
	struct view view;
	struct piece pieces[4 + N_PAGES];
	struct digest_job jobs[3 + N_PAGES];
	struct bulk bulk;
	struct bulk_region region;
};

/* What is computed beside the digests; NULL: nothing. */
static struct bulk *work_bulk(struct work *w, const char *kind)
{
	w->region.where.len = w->view.size;
	w->bulk = (struct bulk){
		.checksum = true, .checksum_off = 216, .regions = &w->region, .n_regions = 1
	};
	if (strcmp(kind, "sampled") == 0)
		w->bulk.histogram = BULK_HISTOGRAM_SAMPLED;
	else if (strcmp(kind, "full") == 0)
		w->bulk.histogram = BULK_HISTOGRAM_FULL;
	else if (strcmp(kind, "checksum") != 0)
		return NULL;
	return &w->bulk;
}

static void add_job(struct hash_task *task, enum digest_algorithm a, const struct piece *pieces,
		    size_t n)
{
	task->jobs[task->n_jobs++] = (struct digest_job){
		.algorithm = a, .covered = {pieces, n}
	};
}

static bool work_begin(struct work *w, const char *kind, const char *path,
		       struct hash_task *task)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || source_begin(&w->source, fd) != STATUS_OK)
		return false;
	w->view.size = w->source.before.size;
	image_pieces(w->pieces, w->view.size);
	*task = (struct hash_task){ &w->source, &w->view,     w->jobs,
				    0,          STATUS_USAGE, work_bulk(w, kind) };
	add_job(task, DIGEST_SHA256, w->pieces, 3);
	if (strcmp(kind, "dual") == 0 || strcmp(kind, "triple") == 0)
		add_job(task, DIGEST_SHA1, w->pieces, 3);
	if (strcmp(kind, "both") == 0 || strcmp(kind, "triple") == 0)
		add_job(task, DIGEST_SHA256, &w->pieces[3], 1);
	for (size_t i = 0; strcmp(kind, "pages") == 0 && i < w->view.size / 4096; i++) {
		w->pieces[4 + i] = (struct piece){
			.kind = PIECE_RANGE, .range = {i * 4096, 4096}
		};
		add_job(task, DIGEST_SHA256, &w->pieces[4 + i], 1);
	}
	return true;
}

static bool run_tasks(struct lanes *l, struct work *w, const char *kind, char **paths, size_t n)
{
	struct hash_task tasks[2];

	for (size_t i = 0; i < n; i++)
		if (!work_begin(&w[i], kind, paths[i], &tasks[i]))
			return false;
	lanes_run(l, tasks, n);
	for (size_t i = 0; i < n; i++)
		if (tasks[i].status != STATUS_OK || source_end(&w[i].source) != STATUS_OK)
			return false;
	return true;
}

static int run_ours(const char *kind, const char *chunk, char **paths, size_t n)
{
	size_t bytes = strtoul(chunk, NULL, 10);
	struct lanes *l = lanes_new_chunk(true, bytes ? bytes : LANES_CHUNK);
	struct work *w = (struct work *)calloc(2, sizeof *w);
	bool good = l && w && n <= 2 && run_tasks(l, w, kind, paths, n);

	lanes_free(l);
	free(w);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* --- the measuring --------------------------------------------------------------------- */

/* Processor time of one process in milliseconds. */
static double run_timed(char *const *argv)
{
	struct rusage used;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		if (null >= 0 && dup2(null, STDOUT_FILENO) >= 0)
			(void)execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid || status != 0) {
		(void)fprintf(stderr, "bench_lanes: %s failed\n", argv[0]);
		exit(EXIT_FAILURE);
	}
	return 1e3 * (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	       1e-3 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

static int double_compare(const void *left, const void *right)
{
	const double *a = (const double *)left, *b = (const double *)right;

	return (*a > *b) - (*a < *b);
}

static double median(double *values)
{
	qsort(values, N_RUNS, sizeof *values, double_compare);
	return values[N_RUNS / 2];
}

/* The argument vectors want strings that may be changed; nobody changes them. */
static char *argument(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		abort();
	return copy;
}

static void bench_run(const struct bench *b, char paths[][64])
{
	char *ours[6] = { argument("/proc/self/exe"), argument(b->ours), argument(b->chunk) };
	char *theirs[6] = { argument("openssl"), argument("dgst"), argument("-sha256") };
	double ours_ms[N_RUNS], theirs_ms[N_RUNS], us, them;

	for (size_t i = 0; i < b->n_files; i++)
		ours[3 + i] = theirs[3 + i] = paths[b->first + i];
	for (size_t i = 0; i < N_RUNS; i++) {
		theirs_ms[i] = run_timed(theirs);
		ours_ms[i] = run_timed(ours);
	}
	us = median(ours_ms);
	them = median(theirs_ms);
	printf("%-42s %8.2f ms  openssl %8.2f ms  ratio %.2f", b->name, us, them, us / them);
	if (b->target > 0)
		printf("  (target %.2f: %s)", b->target,
		       us / them <= b->target ? "reached" : "MISSED");
	(void)putchar('\n');
	for (size_t i = 0; i < 3; i++) {
		free(ours[i]);
		free(theirs[i]);
	}
}

static bool file_make(char *path, size_t size)
{
	uint64_t words[512], state = 88172645463325252;
	int fd = mkstemp(path);
	bool good = fd >= 0;

	for (size_t at = 0; good && at < size; at += sizeof words) {
		for (size_t i = 0; i < COUNT_OF(words); i++) {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			words[i] = state;
		}
		good = write(fd, words, sizeof words) == (ssize_t)sizeof words;
	}
	if (fd >= 0)
		(void)close(fd);
	return good;
}

int main(int argc, char **argv)
{
	char paths[N_FILES][64];

	if (argc > 3)
		return run_ours(argv[1], argv[2], &argv[3], (size_t)argc - 3);
	for (size_t i = 0; i < N_FILES; i++) {
		(void)snprintf(paths[i], sizeof paths[i], "/tmp/bench-lanes-XXXXXX");
		if (!file_make(paths[i], i == BIG ? BIG_BYTES : MANY_BYTES))
			return EXIT_FAILURE;
	}
	for (size_t i = 0; i < COUNT_OF(benches); i++)
		bench_run(&benches[i], paths);
	for (size_t i = 0; i < N_FILES; i++)
		(void)unlink(paths[i]);
	return EXIT_SUCCESS;
}
