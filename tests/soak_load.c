/* SPDX-License-Identifier: MIT */
/*
 * Many parents that run programs on a guarded file system, for a while.
 *
 *	soak_load FOLDER PARENTS SECONDS
 *
 * FOLDER/good ends with 'g', its last byte; FOLDER/bad with 'f', and must never run.
 * Each parent has a program of its own that it makes the one or the other before it
 * runs it, and there is one that everybody writes and runs at once.  Prints runs, bad ones
 * that ran, good ones that were refused, and the longest wait in ms.
 */
#include "base/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_PARENTS 256

static struct tally {
	_Atomic unsigned long runs, wrong, refused, longest_ms;
} * tally;

static _Noreturn void fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static long now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What the program ended with, or -errno. */
static int run(const char *path)
{
	char *const arguments[] = { (char *)(uintptr_t)path, NULL };
	long began = now_ms();
	int state = 0;
	/* Whoever is stopped before its exec stops nobody else. */
	pid_t pid = fork();
	unsigned long waited, longest = atomic_load(&tally->longest_ms);

	if (pid == 0) {
		(void)execve(path, arguments, NULL);
		_exit(errno);
	}
	if (pid < 0 || waitpid(pid, &state, 0) != pid)
		fail("fork");
	waited = (unsigned long)(now_ms() - began);
	while (waited > longest &&
	       !atomic_compare_exchange_weak(&tally->longest_ms, &longest, waited))
		;
	atomic_fetch_add(&tally->runs, 1);
	if (WIFEXITED(state) && WEXITSTATUS(state) == 'f')
		atomic_fetch_add(&tally->wrong, 1);
	return WIFEXITED(state) && WEXITSTATUS(state) == 'g' ? 'g' : 0;
}

static void run_good(const char *path)
{
	if (run(path) != 'g')
		atomic_fetch_add(&tally->refused, 1);
}

/* False: it cannot be written now. */
static bool last_write(const char *path, char last)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && pwrite(fd, &last, 1, lseek(fd, 0, SEEK_END) - 1) == 1;

	if (fd >= 0)
		(void)close(fd);
	return written;
}

static void copy(const char *from, const char *to)
{
	char bytes[4096];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	ssize_t n = in >= 0 ? read(in, bytes, sizeof(bytes)) : -1;

	if (n <= 0 || out < 0 || write(out, bytes, (size_t)n) != n)
		fail(to);
	(void)close(in);
	(void)close(out);
}

static unsigned chance(unsigned *state, unsigned of)
{
	*state = *state * 1103515245 + 12345;
	return (*state >> 16) % of;
}

static void parent_run(unsigned number, long until)
{
	char own[64], renamed[64];
	unsigned state = number + 1;

	(void)snprintf(own, sizeof(own), "own-%u", number);
	(void)snprintf(renamed, sizeof(renamed), "new-%u", number);
	copy("good", own);
	while (now_ms() < until) {
		unsigned what = chance(&state, 16);

		if (what < 8) {
			run_good("good");
		} else if (what < 11) {
			(void)run("bad");
		} else if (what == 11) {
			if (last_write(own, 'f'))
				(void)run(own);
			if (last_write(own, 'g'))
				run_good(own);
		} else if (what == 12) {
			copy(chance(&state, 2) ? "bad" : "good", renamed);
			if (rename(renamed, own) != 0)
				fail(own);
			(void)run(own);
		} else if (what == 13) {
			(void)last_write("shared", chance(&state, 2) ? 'f' : 'g');
		} else {
			(void)run("shared");
		}
	}
}

int main(int argc, char *argv[])
{
	unsigned long parents = argc == 4 ? strtoul(argv[2], NULL, 10) : 0;
	unsigned long seconds = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	long until = now_ms() + (long)seconds * 1000;
	bool failed = false;

	if (parents == 0 || parents > MAX_PARENTS || chdir(argv[1]) != 0)
		fail("usage: soak_load FOLDER PARENTS SECONDS");
	tally = (struct tally *)mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tally == MAP_FAILED)
		fail("mmap");
	copy("good", "shared");
	for (unsigned i = 0; i < parents; i++)
		if (fork() == 0) {
			parent_run(i, until);
			_exit(EXIT_SUCCESS);
		}
	for (int state; wait(&state) > 0;)
		failed |= state != 0;
	(void)printf("%lu %lu %lu %lu\n", atomic_load(&tally->runs), atomic_load(&tally->wrong),
		     atomic_load(&tally->refused), atomic_load(&tally->longest_ms));
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
