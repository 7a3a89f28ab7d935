/* SPDX-License-Identifier: MIT */
/* What a run costs that was let through before, under a clock that counts instructions. */
#include "daemon/test_tier.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int later(const void *a, const void *b)
{
	const int64_t *x = (const int64_t *)a, *y = (const int64_t *)b;

	return (*x > *y) - (*x < *y);
}

static int64_t now_ns(void)
{
	struct timespec t = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* A run of @path, from vfork(2) to its end, that no tick of the clock came into. */
static int64_t run_cost(const char *path)
{
	enum { RUNS = 401 };
	static int64_t costs[RUNS];

	for (int i = 0; i < RUNS; i++) {
		int state = -1;
		int64_t began = now_ns();
		pid_t pid = vfork();

		if (pid == 0) {
			(void)execl(path, path, (char *)NULL);
			_exit(DENIED);
		}
		must(waitpid(pid, &state, 0) != pid || WEXITSTATUS(state) != DEED_GOOD);
		costs[i] = now_ns() - began;
	}
	qsort(costs, RUNS, sizeof(costs[0]), later);
	return costs[RUNS / 4];
}

/* Under a clock that counts instructions; @limit: in hundredths of a run without a guard. */
static void cost_check(const char *what, const char *path, int64_t none, int64_t limit)
{
	int64_t cost;

	scene_start(GUARD_DENYLIST, tier_place);
	must(run(path) != DEED_GOOD);
	cost = run_cost(path);
	(void)scene_stop(SIGTERM);
	tier_check(limit == 0 || cost * 100 <= none * limit,
		   "%s: %lld instructions, %lld.%03lld of none", what, (long long)cost,
		   (long long)(cost / none), (long long)(cost * 1000 / none % 1000));
}

void tier_cost(void)
{
	char path[128];
	int64_t none;

	(void)snprintf(path, sizeof(path), "%s", program("disk/cost", DEED_GOOD));
	none = run_cost(path);
	tier_check(none > 0, "without a guard: %lld instructions", (long long)none);
	scene_tier_a = tier_pins;
	cost_check("tier A", path, none, 102);
	tier_check(scene_shared->tier.on, "it was tier A");
	tier_pins_remove();
	(void)sleep(1); /* the kernel lets go of them when nobody can still be inside */
	scene_tier_a = NULL;
	cost_check("tier B, from memory", path, none, 0);
	scene_fast = true;
	cost_check("tier B, fast = root-owned", path, none, 0);
	scene_fast = false;
}
