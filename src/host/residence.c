/* SPDX-License-Identifier: MIT */
#include "host/residence.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define SCORE "/proc/self/oom_score_adj"
#define FIRST (-20) /* of all: setpriority(2) */

static void score_write(const char *text)
{
	int fd = open(SCORE, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	/* Without the right to it things stay as they are. */
	if (write(fd, text, strlen(text)) < 0)
		(void)lseek(fd, 0, SEEK_SET);
	(void)close(fd);
}

void residence_take(void)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	score_write("-1000");
	/* Under a limit, whatever is asked for beyond it would be refused from then on. */
	if (setrlimit(RLIMIT_MEMLOCK, &all) == 0 ||
	    (getrlimit(RLIMIT_MEMLOCK, &all) == 0 && all.rlim_cur == RLIM_INFINITY))
		(void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

void residence_run_first(void)
{
	(void)setpriority(PRIO_PROCESS, 0, FIRST);
}

void residence_give_up(void)
{
	char text[16] = "";
	int fd = open(SCORE, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && strtol(text, NULL, 10) < 0)
		score_write("0");
	if (fd >= 0)
		(void)close(fd);
	if (getpriority(PRIO_PROCESS, 0) < 0)
		(void)setpriority(PRIO_PROCESS, 0, 0);
}
