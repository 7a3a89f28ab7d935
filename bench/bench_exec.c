/* SPDX-License-Identifier: MIT */
/*
 * What it costs to run a program, or to open it.
 *
 *	bench_exec run|open BLOCKS EACH PROGRAM...
 *
 * The programs take turns in blocks of EACH runs, each time in another order, and
 * lines of PROGRAM TAB p50 TAB p99 TAB p99.9 are printed: microseconds from vfork
 * until its end was seen, or from open to close.
 */
#include "base/memory.h"
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_PROGRAMS 8
#define MAX_RUNS     1000000

struct program {
	char *path;
	double *us;
	size_t n;
};

static _Noreturn void fail(const char *what)
{
	(void)fprintf(stderr, "bench_exec: %s\n", what);
	exit(EXIT_FAILURE);
}

static double now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void program_run(struct program *p)
{
	char *const arguments[] = { p->path, NULL };
	char *const environment[] = { NULL };
	double began = now_us();
	pid_t pid;
	int state;

	pid = vfork();
	if (pid == 0) {
		(void)execve(p->path, arguments, environment);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &state, 0) != pid || state != 0)
		fail(p->path);
	p->us[p->n++] = now_us() - began;
}

static int order(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void program_open(struct program *p)
{
	double began = now_us();
	int fd = open(p->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || close(fd) != 0)
		fail(p->path);
	p->us[p->n++] = now_us() - began;
}

static void program_print(struct program *p)
{
	qsort(p->us, p->n, sizeof(p->us[0]), order);
	(void)printf("%s\t%.2f\t%.2f\t%.2f\n", p->path, p->us[p->n / 2], p->us[p->n * 99 / 100],
		     p->us[p->n * 999 / 1000]);
}

int main(int argc, char *argv[])
{
	unsigned long blocks = argc > 4 ? strtoul(argv[2], NULL, 10) : 0;
	unsigned long each = argc > 4 ? strtoul(argv[3], NULL, 10) : 0;
	size_t n = argc > 4 ? (size_t)argc - 4 : 0;
	bool opens = argc > 4 && strcmp(argv[1], "open") == 0;
	struct program programs[MAX_PROGRAMS];

	if (n == 0 || n > MAX_PROGRAMS || blocks == 0 || each == 0 || each > MAX_RUNS ||
	    blocks > MAX_RUNS / each || (!opens && strcmp(argv[1], "run") != 0))
		fail("usage: bench_exec run|open BLOCKS EACH PROGRAM...");
	for (size_t i = 0; i < n; i++) {
		programs[i] = (struct program){ .path = argv[4 + i] };
		programs[i].us = (double *)memory_new(blocks * each, sizeof(double));
		if (!programs[i].us)
			fail("no memory");
	}
	for (unsigned long block = 0; block < blocks; block++)
		for (size_t i = 0; i < n; i++)
			for (unsigned long k = 0; k < each; k++)
				(opens ? program_open
				       : program_run)(&programs[(block + i) % n]);
	for (size_t i = 0; i < n; i++) {
		program_print(&programs[i]);
		memory_free(programs[i].us);
	}
	return EXIT_SUCCESS;
}
