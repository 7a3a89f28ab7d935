/* SPDX-License-Identifier: MIT */
/*
 * What is run without being run itself: scripts that are given to an interpreter,
 * programs that are given to the dynamic loader.
 */
#include "daemon/test_scene.h"
#include "tests/check.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The exit code of @words, whose first is looked for in PATH; -1: it is not there. */
static int words_run(const char *const *words)
{
	int state = -1;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		(void)dup2(null, STDOUT_FILENO);
		(void)dup2(null, STDERR_FILENO);
		(void)execvp(words[0], (char *const *)(uintptr_t)words);
		_exit(127);
	}
	must(pid < 0 || waitpid(pid, &state, 0) != pid);
	return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

/* A file below scene_folder; the path is good until the next call. */
static const char *text_file(const char *name, const char *text, mode_t mode)
{
	static char path[256];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", scene_folder, name);
	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	must(fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text));
	(void)close(fd);
	return path;
}

/* Who runs what; in what it is given, %d is the code with which it shall end and %c its deed.
 */
static const struct {
	const char *name, *interpreter, *file, *good, *forged;
	mode_t mode;
} scripts[] = {
	{"sh FILE",		      "sh",      "a",     "#!/bin/sh\nexit 103\n#g",                       "#!/bin/sh\nexit 102\n#f", 0644},
	{ "sh FILE.sh without #!",       "sh",      "a.sh",  "exit 103\n#g",                                  "exit 102\n#f",            0644},
	{ "sh FILE, which is to be run", "sh",      "b",     "exit 103\n#g",                                  "exit 102\n#f",            0755},
	{ "bash FILE",                   "bash",    "c",     "#!/bin/sh\nexit 103\n#g",                       "#!/bin/sh\nexit 102\n#f",
         0600																},
	{ "python3 FILE.py",             "python3", "d.py",  "raise SystemExit(103)\n#g",
         "raise SystemExit(102)\n#f",												    0644},
	{ "python3 FILE",                "python3", "e",     "#!/usr/bin/python3\nraise SystemExit(103)\n#g",
         "#!/usr/bin/python3\nraise SystemExit(102)\n#f",										0644},
	{ "perl FILE",                   "perl",    "f",     "#!/usr/bin/perl\nexit 103;\n#g",
         "#!/usr/bin/perl\nexit 102;\n#f",											       0644},
	{ "ruby FILE.rb",                "ruby",    "g.rb",  "exit 103\n#g",                                  "exit 102\n#f",            0644},
	{ "node FILE.js",                "node",    "h.js",  "process.exit(103)\n//g",                        "process.exit(102)\n//f",
         0644																},
	{ "php FILE.php",                "php",     "i.php", "<?php exit(103);\n//g",                         "<?php exit(102);\n//f",
         0644																},
};

static void test_scripts(void)
{
	for (size_t i = 0; i < COUNT_OF(scripts); i++) {
		const char *path = text_file(scripts[i].file, scripts[i].good, scripts[i].mode);
		const char *const words[] = { scripts[i].interpreter, path, NULL };
		int good = words_run(words), forged;

		if (good == 127) {
			CHECK(1, "%s # SKIP %s is not installed", scripts[i].name,
			      scripts[i].interpreter);
			continue;
		}
		CHECK(good == DEED_GOOD, "%s: what is good runs (%d)", scripts[i].name, good);
		(void)text_file(scripts[i].file, scripts[i].forged, scripts[i].mode);
		forged = words_run(words);
		CHECK(forged != DEED_FORGED && forged != 0, "%s: what is forged does not (%d)",
		      scripts[i].name, forged);
	}
}

/* A program of this host, with a byte more behind it. */
static const char *program_copy(const char *from, const char *name, enum deed deed)
{
	static char path[256];
	uint8_t last = (uint8_t)deed;
	int in = open(from, O_RDONLY | O_CLOEXEC), out;

	(void)snprintf(path, sizeof(path), "%s/%s", scene_folder, name);
	(void)unlink(path);
	out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	must(in < 0 || out < 0);
	while (sendfile(out, in, NULL, 1 << 20) > 0)
		;
	must(write(out, &last, 1) != 1);
	(void)close(in);
	(void)close(out);
	return path;
}

static const char *loader_find(void)
{
	static const char *const paths[] = { "/lib64/ld-linux-x86-64.so.2",
					     "/lib/ld-linux-aarch64.so.1",
					     "/lib/ld-musl-x86_64.so.1" };

	for (size_t i = 0; i < COUNT_OF(paths); i++)
		if (access(paths[i], X_OK) == 0)
			return paths[i];
	return NULL;
}

static void test_loader(void)
{
	const char *const loader = loader_find();
	const char *words[] = { loader, NULL, NULL };
	int outcome;

	if (!loader) {
		CHECK(1, "ld.so PROGRAM # SKIP no loader that it knows");
		return;
	}
	words[1] = program_copy("/bin/true", "true", DEED_GOOD);
	outcome = words_run(words);
	CHECK(outcome == 0, "ld.so PROGRAM: what is good runs (%d)", outcome);
	(void)program_copy("/bin/true", "true", DEED_FORGED);
	outcome = words_run(words);
	CHECK(outcome != 0, "ld.so PROGRAM: what is forged does not (%d)", outcome);
}

int main(void)
{
	struct arena a = ARENA_INIT(1 << 20);
	const struct interpreters *interpreters;

	if (!scene_begin())
		return 0;
	interpreters = interpreters_find(&a, NULL, 0);
	must(!interpreters);
	printf("# %zu interpreters are installed\n", interpreters->n_found);
	scene_start_strict(GUARD_DENYLIST, NULL, interpreters);
	test_scripts();
	test_loader();
	(void)scene_stop(SIGTERM);
	scene_end();
	arena_free(&a);
	return CHECK_DONE();
}
