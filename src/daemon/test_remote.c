/* SPDX-License-Identifier: MIT */
/*
 * A file system that somebody else serves, and who never answers when a file is opened:
 * whoever named it waits no longer than the guard's deadlines.
 */
#include "daemon/test_scene.h"
#include "tests/check.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define FOLDER  1 /* nodes */
#define PROGRAM 2

static struct fuse_attr attributes(uint64_t node)
{
	return (struct fuse_attr){ .ino = node,
				   .mode = node == FOLDER ? S_IFDIR | 0755 : S_IFREG | 0755,
				   .nlink = 1,
				   .size = node == FOLDER ? 0 : 4096 };
}

static void reply(int fuse, uint64_t unique, int error, const void *body, size_t len)
{
	struct fuse_out_header header = { .len = (uint32_t)(sizeof(header) + len),
					  .error = -error,
					  .unique = unique };
	struct iovec parts[] = {
		{&header,                  sizeof(header)},
                { (void *)(uintptr_t)body, len           }
	};

	must(writev(fuse, parts, 2) < 0);
}

static void serve(int fuse, const struct fuse_in_header *in, const char *name)
{
	struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION,
				      .minor = FUSE_KERNEL_MINOR_VERSION,
				      .max_write = 4096 };
	struct fuse_statfs_out statfs = { .st = { .namelen = 255 } };
	struct fuse_attr_out attr = { .attr_valid = 1, .attr = attributes(in->nodeid) };
	struct fuse_entry_out entry = { .nodeid = PROGRAM,
					.entry_valid = 1,
					.attr_valid = 1,
					.attr = attributes(PROGRAM) };

	switch (in->opcode) {
	case FUSE_INIT: reply(fuse, in->unique, 0, &init, sizeof(init)); return;
	case FUSE_GETATTR: reply(fuse, in->unique, 0, &attr, sizeof(attr)); return;
	case FUSE_LOOKUP:
		if (strcmp(name, "program") == 0)
			reply(fuse, in->unique, 0, &entry, sizeof(entry));
		else
			reply(fuse, in->unique, ENOENT, NULL, 0);
		return;
	case FUSE_STATFS: reply(fuse, in->unique, 0, &statfs, sizeof(statfs)); return;
	case FUSE_OPEN: atomic_fetch_add(&scene_shared->n_opens, 1); return; /* silence */
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT: return;
	default: reply(fuse, in->unique, ENOSYS, NULL, 0);
	}
}

static pid_t server_start(int fuse)
{
	static char room[1 << 16];
	struct fuse_in_header in;
	pid_t pid = fork();

	while (pid == 0) {
		ssize_t n = read(fuse, room, sizeof(room) - 1);

		if (n < (ssize_t)sizeof(in))
			_exit(0);
		room[n] = 0;
		memcpy(&in, room, sizeof(in));
		serve(fuse, &in, &room[sizeof(in)]);
	}
	return pid;
}

static void test_silence(const char *place)
{
	char path[256];
	dev_t marked[4];
	int outcome;
	int64_t ms;
	pid_t pid = fork();

	(void)snprintf(path, sizeof(path), "%s/program", place);
	if (pid == 0)
		_exit(run(path));
	for (int i = 0; i < 400 && atomic_load(&scene_shared->n_opens) == 0; i++)
		(void)usleep(5000);
	CHECK(scene_marked(marked, 4) == 2, "what somebody else serves is asked about, too");
	CHECK(atomic_load(&scene_shared->n_opens) > 0, "who serves a file is asked to open it");
	ms = run_ms(program("good", DEED_GOOD), &outcome);
	CHECK(outcome == DEED_GOOD && ms < WATCHER_DEADLINE_MS * 2,
	      "and keeps nobody else waiting for ever (%d, %d ms)", outcome, (int)ms);
	ms = run_ms(program("forged", DEED_FORGED), &outcome);
	CHECK(outcome == DENIED && ms < 500, "what is forged is denied (%d, %d ms)", outcome,
	      (int)ms);
	ms = ledger_now();
	CHECK(scene_stop(SIGTERM) == 0 && ledger_now() - ms < WATCHER_DEADLINE_MS,
	      "the guard ends when it is told to");
	ms = run_ms(program("after", DEED_FORGED), &outcome);
	CHECK(outcome == DEED_FORGED && ms < 500, "and leaves nobody waiting (%d, %d ms)",
	      outcome, (int)ms);
	(void)kill(pid, SIGKILL);
}

int main(void)
{
	char place[128], options[64];
	pid_t server;
	int fuse;

	if (!scene_begin())
		return 0;
	(void)snprintf(place, sizeof(place), "%s/served", scene_folder);
	must(mkdir(place, 0755) != 0);
	fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fuse);
	if (fuse < 0 || mount("served", place, "fuse", MS_NOSUID, options) != 0) {
		CHECK(1, "a file system of FUSE # SKIP cannot be had here: %s",
		      strerror(errno));
		scene_end();
		return CHECK_DONE();
	}
	server = server_start(fuse);
	(void)close(fuse); /* with the server's it comes to its end */
	scene_start_all(GUARD_DENYLIST, place);
	test_silence(place);
	scene_end_child(server);
	while (waitpid(-1, NULL, 0) > 0)
		;
	(void)umount2(place, MNT_DETACH);
	scene_end();
	return CHECK_DONE();
}
