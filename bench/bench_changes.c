/* SPDX-License-Identifier: MIT */
/* Changes files: bench_changes FOLDER NAMES SECONDS RATE; rate 0: as fast as it goes.  Prints
 * how many times one was opened, written and closed. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void wait_until(double due)
{
	double left = due - now();
	struct timespec pause = { .tv_sec = (time_t)left };

	if (left <= 0)
		return;
	pause.tv_nsec = (long)((left - (double)pause.tv_sec) * 1e9);
	(void)nanosleep(&pause, NULL);
}

static int change(const char *folder, long name, long n)
{
	char path[4096];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%ld", folder, name);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, &n, sizeof(n)) != (ssize_t)sizeof(n))
		return -1;
	return close(fd);
}

int main(int argc, char **argv)
{
	double began = now(), seconds, rate;
	long names, n = 0;

	if (argc != 5)
		return 2;
	names = strtol(argv[2], NULL, 10);
	seconds = strtod(argv[3], NULL);
	rate = strtod(argv[4], NULL);
	if (names < 1)
		return 2;
	for (; now() - began < seconds; n++) {
		if (rate > 0)
			wait_until(began + (double)n / rate);
		if (change(argv[1], n % names, n) != 0)
			return 1;
	}
	printf("%ld\n", n);
	return 0;
}
