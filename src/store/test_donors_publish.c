/* SPDX-License-Identifier: MIT */
/*
 * Writers of one folder: many at once, and such as are killed at any moment.
 * What was acknowledged is there, and every file is whole, whatever happens.
 */
#include "base/memory.h"
#include "store/donors.h"
#include "tests/check.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WRITERS      4
#define ROUNDS       12
#define BATCH        700
#define KILLS        24
#define KILLED_BATCH 450
#define KILL_MOST_US 150000

static char folder[] = "/tmp/assay-test-publish-XXXXXX";

static struct donor *batch_make(struct arena *a, uint64_t from, size_t n)
{
	struct donor *list = ARENA_NEW(a, struct donor, n);

	for (size_t i = 0; list && i < n; i++) {
		uint64_t number = from + i;
		struct span bytes = { (const uint8_t *)&number, sizeof(number) };

		list[i].kind = DONOR_VALID;
		list[i].name = "program.exe";
		list[i].provenance = "/somewhere";
		list[i].next = i + 1 < n ? &list[i + 1] : NULL;
		if (digest_of(DIGEST_SHA256, &bytes, 1, &list[i].digest) != STATUS_OK)
			return NULL;
		(void)span_copy(list[i].block, 32, digest_span(&list[i].digest));
	}
	return list;
}

/* Are all of @n from @from on there, in an index that is whole? */
static bool all_there(uint64_t from, uint64_t n)
{
	struct arena a = ARENA_INIT((size_t)256 << 20);
	/* Of none, all are there. */
	struct donor *list = n > 0 ? batch_make(&a, from, n) : NULL, *hit;
	const char *at = folder, *problem = NULL;
	struct donors *d = donors_open(&a, &at, 1, &problem);
	bool good = d && (list || n == 0) && donors_verify(d) == STATUS_OK;

	if (!d)
		printf("# %s\n", problem);
	for (; good && list; list = list->next) {
		const struct donor_index *i = donors_index(d);

		good = i->find(i->context, DONOR_BY_DIGEST, digest_span(&list->digest), &a,
			       &hit) == STATUS_OK &&
		       hit && !hit->next;
	}
	donors_close(d);
	arena_free(&a);
	return good;
}

static bool publish(uint64_t from, size_t n)
{
	struct arena a = ARENA_INIT((size_t)64 << 20);
	const char *problem = NULL;
	struct donor *list = batch_make(&a, from, n);
	uint64_t n_new;
	bool good = list && donors_publish(&a, folder, list, &n_new, &problem) == STATUS_OK;

	if (!good)
		printf("# %s\n", problem ? problem : "?");
	arena_free(&a);
	return good;
}

/* Each writes what the next one writes too, half of it. */
static int writer_run(unsigned which)
{
	for (unsigned i = 0; i < ROUNDS; i++)
		if (!publish((uint64_t)(which * ROUNDS + i) * BATCH / 2, BATCH))
			return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

static void test_writers(void)
{
	unsigned running = WRITERS, failed = 0, wrong = 0;
	pid_t writers[WRITERS];
	int status;

	for (unsigned i = 0; i < WRITERS; i++) {
		writers[i] = fork();
		if (writers[i] == 0)
			_exit(writer_run(i));
	}
	while (running > 0) {
		struct arena a = ARENA_INIT((size_t)16 << 20);
		const char *at = folder, *problem = NULL;
		struct donors *d = donors_open(&a, &at, 1, &problem);

		wrong += !d || donors_verify(d) != STATUS_OK;
		donors_close(d);
		arena_free(&a);
		while (running > 0 && waitpid(-1, &status, WNOHANG) > 0) {
			running--;
			failed += status != 0;
		}
	}
	CHECK(failed == 0, "%d writers at once", WRITERS);
	CHECK(wrong == 0, "who reads meanwhile sees whole files");
	CHECK(all_there(0, (WRITERS * ROUNDS + 1) * BATCH / 2), "all that they wrote is there");
}

/* Says after each batch that it is there. */
static int victim_run(int out, uint64_t from)
{
	for (;; from += KILLED_BATCH) {
		if (!publish(from, KILLED_BATCH))
			return EXIT_FAILURE;
		if (write(out, "y", 1) != 1)
			return EXIT_FAILURE;
	}
}

static void test_killed(void)
{
	uint64_t acknowledged = 0, from = 1000000;
	unsigned seed = 7, failed = 0, lost = 0;
	char half[128];

	for (unsigned i = 0; i < KILLS; i++) {
		struct timespec pause = { 0 };
		int pipes[2], status = 0;
		char said[64];
		ssize_t n;
		pid_t pid;

		if (pipe(pipes) != 0)
			return;
		pid = fork();
		if (pid == 0)
			_exit(victim_run(pipes[1], from + acknowledged));
		(void)close(pipes[1]);
		seed = seed * 1103515245 + 12345;
		pause.tv_nsec = 1000L * (seed >> 8) % (KILL_MOST_US * 1000L);
		(void)nanosleep(&pause, NULL);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, &status, 0);
		failed += WIFEXITED(status);
		while ((n = read(pipes[0], said, sizeof(said))) > 0)
			acknowledged += (uint64_t)n * KILLED_BATCH;
		(void)close(pipes[0]);
		if (i % 6 == 5)
			lost += !all_there(from, acknowledged);
	}
	CHECK(failed == 0, "%d writers are killed, none gives up", KILLS);
	CHECK(lost == 0 && all_there(from, acknowledged),
	      "all %u donors that were acknowledged are there", (unsigned)acknowledged);
	(void)snprintf(half, sizeof(half), "ls %s/*~ >/dev/null 2>&1", folder);
	CHECK(publish(0, 1) && system(half) != 0, "and nothing of their half files");
}

/* Whatever fails, what was there stays. */
static void test_no_memory(void)
{
	size_t failed = 0, wrong = 0;

	for (long n = 0; n < 4000; n += n < 60 ? 1 : 97) {
		struct arena a = ARENA_INIT((size_t)16 << 20);
		const char *problem = NULL;
		struct donor *list = batch_make(&a, 5000000, 200);
		uint64_t n_new;

		memory_fail_after(n);
		if (donors_publish(&a, folder, list, &n_new, &problem) != STATUS_OK)
			failed++;
		memory_fail_after(-1);
		wrong += failed == 0;
		arena_free(&a);
	}
	CHECK(failed > 60 && wrong == 0 && all_there(0, 100),
	      "a writer without memory gives up: %zu times", failed);
	CHECK(publish(5000000, 200) && all_there(5000000, 200), "and the next one goes on");
}

/* In a child: no file may become larger than @bytes. */
static int cramped_run(rlim_t bytes)
{
	struct rlimit limit = { bytes, bytes };

	(void)signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return EXIT_FAILURE;
	return publish(6000000, 3000) ? 2 : 3;
}

static void test_no_room(void)
{
	static const rlim_t rooms[] = { 0, 4096, 20000, 100000, 300000 };

	for (size_t i = 0; i < COUNT_OF(rooms); i++) {
		int status = 0;
		pid_t pid = fork();

		if (pid == 0)
			_exit(cramped_run(rooms[i]));
		(void)waitpid(pid, &status, 0);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3 && all_there(0, 100) &&
			      all_there(5000000, 200),
		      "files of at most %u bytes: refused, nothing lost", (unsigned)rooms[i]);
	}
	CHECK(publish(6000000, 3000) && all_there(6000000, 3000), "with room it goes on");
}

int main(void)
{
	char command[128];

	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	test_writers();
	test_killed();
	test_no_memory();
	test_no_room();
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	(void)!system(command);
	return CHECK_DONE();
}
