/* SPDX-License-Identifier: MIT */
/* Hash lanes against EVP: random sets of jobs over random files.  ASSAY_LONG: how many. */
#include "crypto/test_lanes_specimen.h"

#include "tests/check.h"

#define N_SETS     10000
#define MAX_TASKS  9
#define MAX_JOBS   160
#define MAX_PIECES 8

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
	if (!page && random_below(4) == 0 && size < specimens[SPECIMEN_BIG].size) {
		pieces[0] = (struct piece){
			.kind = PIECE_RANGE, .range = {0, size}
		};
		job->covered.n = 1;
	}
}

/* Some parts of the file, as a format reader would have asked for; never meeting. */
static struct view random_view(size_t file)
{
	struct view v = { .size = specimens[file].size };
	uint64_t at = random_below(2) ? random_len(v.size) : 0;

	for (size_t i = random_below(4); i > 0; i--) {
		uint64_t len = random_len(v.size - at);

		if (!view_add(&v, at, span_clip(specimen_span(file), at, len)))
			abort();
		at += len;
		at += random_len(v.size - at);
	}
	return v;
}

static void random_task(struct set *set, size_t i)
{
	struct hash_task *task = &set->tasks[i];
	size_t file = random_below(random_below(40) ? SPECIMEN_BIG : N_SPECIMENS);
	bool pages = random_below(60) == 0;

	set->file[i] = file;
	set->malformed[i] = false;
	set->views[i] = random_below(3) ? random_view(file) : view_whole(specimen_span(file));
	*task = (struct hash_task){
		.source = set->views[i].n == 1 &&
					  set->views[i].pieces[0].bytes.len ==
						  specimens[file].size &&
					  random_below(2)
				  ? NULL
				  : &specimens[file].source,
		.view = &set->views[i],
		.jobs = set->jobs[i],
		.n_jobs = random_below(pages ? MAX_JOBS + 1 : 6),
		.status = STATUS_USAGE,
	};
	for (size_t k = 0; k < task->n_jobs; k++)
		random_job(&task->jobs[k], set->pieces[i][k], specimens[file].size, pages);
	if (task->n_jobs > 0 && random_below(100) == 0) {
		struct piece *wrong = set->pieces[i][random_below(task->n_jobs)];

		*wrong = (struct piece){
			.range = {random_below(specimens[file].size + 1),
                                  specimens[file].size + 1}
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
				  set->pieces[i][k][0].range.len > specimens[set->file[i]].size;
		if (covers)
			return task->status == STATUS_MALFORMED;
	}
	if (task->status != STATUS_OK)
		return false;
	for (size_t k = 0; k < task->n_jobs; k++)
		if (!job_is_right(&task->jobs[k], specimen_span(set->file[i])))
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

int main(void)
{
	const char *text = getenv("ASSAY_LONG");

	specimens_make();
	test_random(text ? strtoul(text, NULL, 10) : N_SETS);
	specimens_free();
	return CHECK_DONE();
}
