/* SPDX-License-Identifier: MIT */
/* How a point of the table of mounts is reached: by nobody's leave, and whatever others mount.
 */
#include "daemon/marks.h"

#include "host/mounts.h"
#include "tests/check.h"
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPENS   20000
#define WAIT_MS 3000

static char folder[] = "/tmp/assay-marks-XXXXXX";

static const char *place(const char *name)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* A point below another one, and its device. */
static bool points_make(struct mount *point)
{
	static char inner[PATH_MAX];
	struct stat st;

	if (unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("outer", folder, "tmpfs", 0, "size=1m") != 0)
		return false;
	(void)snprintf(inner, sizeof(inner), "%s", place("in"));
	if (mkdir(inner, 0755) != 0 || mkdir(place("other"), 0755) != 0 ||
	    mount("inner", inner, "tmpfs", 0, "size=1m") != 0 || stat(inner, &st) != 0)
		return false;
	*point = (struct mount){
		.dev = st.st_dev, .kind = MOUNT_MEMORY, .point = inner, .type = "tmpfs"
	};
	return true;
}

/* 1: it was reached, 0: not, -1: whoever tried still waits. */
static int reaches(const struct mount *point)
{
	int state = 0, ms;
	pid_t pid = fork();

	if (pid == 0)
		_exit(marks_point_open(point) >= 0);
	for (ms = 0; ms < WAIT_MS && waitpid(pid, &state, WNOHANG) == 0; ms++)
		(void)usleep(1000);
	if (ms == WAIT_MS) {
		(void)kill(pid, SIGKILL);
		return -1;
	}
	return WEXITSTATUS(state);
}

static void test_silent(const struct mount *point)
{
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC), reached;
	char options[64];

	(void)snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0",
		       fuse);
	if (fuse < 0 || mount("silent", folder, "fuse", 0, options) != 0) {
		CHECK(1, "what never answers # SKIP FUSE is not to be had here");
		return;
	}
	reached = reaches(point);
	(void)umount2(folder, MNT_DETACH);
	(void)close(fuse);
	CHECK(reached == 0, "behind what never answers it is not reached, nor waited for (%d)",
	      reached);
	CHECK(reaches(point) == 1, "and it is as soon as that is gone");
}

_Noreturn static void mount_much(void)
{
	for (;;) {
		(void)mount("other", place("other"), "tmpfs", 0, "size=4k");
		(void)umount2(place("other"), MNT_DETACH);
	}
}

/* Each mount anywhere has those start anew who are on their way. */
static void test_crowd(const struct mount *point)
{
	unsigned missed = 0;
	pid_t each[3];

	for (size_t i = 0; i < COUNT_OF(each); i++) {
		each[i] = fork();
		if (each[i] == 0)
			mount_much();
	}
	for (unsigned i = 0; i < OPENS; i++) {
		int fd = marks_point_open(point);

		missed += fd < 0;
		if (fd >= 0)
			(void)close(fd);
	}
	for (size_t i = 0; i < COUNT_OF(each); i++) {
		(void)kill(each[i], SIGKILL);
		(void)waitpid(each[i], NULL, 0);
	}
	CHECK(missed == 0, "while others mount and unmount it is reached (%u of %d not)",
	      missed, OPENS);
}

int main(void)
{
	struct mount point, other;

	if (geteuid() != 0 || !mkdtemp(folder) || !points_make(&point)) {
		CHECK(1, "points of mounts # SKIP root and a mount name space of its own are "
			 "wanted");
		(void)rmdir(folder);
		return CHECK_DONE();
	}
	CHECK(reaches(&point) == 1, "a point below another one is reached");
	other = point;
	other.dev++;
	CHECK(reaches(&other) == 0, "another file system there is not taken for it");
	test_silent(&point);
	test_crowd(&point);
	(void)umount2(folder, MNT_DETACH);
	(void)rmdir(folder);
	return CHECK_DONE();
}
