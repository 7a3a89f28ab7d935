/* SPDX-License-Identifier: MIT */
/* What is not run but mapped: libraries, and programs that the dynamic loader is given. */
#include "daemon/test_tier.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <unistd.h>

/* A file whose path contains @part, of which this process has mapped something to run. */
bool tier_mapped_path(const char *part, char *path, size_t room)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	bool found = false;

	must(!maps);
	while (!found && fgets(line, sizeof(line), maps)) {
		const char *start = strchr(line, '/');

		line[strcspn(line, "\n")] = 0;
		found = start && strstr(start, part) && strstr(line, "r-xp ");
		if (found)
			(void)snprintf(path, room, "%s", start);
	}
	(void)fclose(maps);
	return found;
}

/* A real file, to be judged by the byte that is added. */
static void copy_make(const char *from, const char *to, enum deed deed)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	ssize_t n = 1;

	must(in < 0 || out < 0);
	while (n > 0)
		n = sendfile(out, in, NULL, 1 << 20);
	must(n < 0);
	(void)close(in);
	(void)close(out);
	scene_append(to, deed);
}

/* Of @words, run with @preload; MAPPED: it came to its end as it should. */
static int words_run(const char *preload, const char *const *words)
{
	int state = -1;
	pid_t pid = fork();

	if (pid == 0) {
		int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);

		(void)dup2(quiet, STDERR_FILENO);
		if (preload)
			(void)setenv("LD_PRELOAD", preload, 1);
		(void)execv(words[0], (char *const *)(uintptr_t)words);
		_exit(errno);
	}
	must(pid < 0 || waitpid(pid, &state, 0) != pid);
	return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

static int loader_run(const char *program_path)
{
	char loader[256];

	must(!tier_mapped_path("/ld-", loader, sizeof(loader)));
	return words_run(NULL, (const char *const[]){ loader, program_path, "--mapped", NULL });
}

static int preload_run(const char *library)
{
	return words_run(library,
			 (const char *const[]){ "/proc/self/exe", "--has", library, NULL });
}

/* A program that the loader is given, and a library that a good program is given. */
void tier_loader(bool vetted)
{
	static const struct {
		const char *name;
		int (*run)(const char *path);
	} rows[] = {
		{"ld.so PROGRAM", loader_run },
                { "LD_PRELOAD",   preload_run}
	};
	char from[2][256] = { "" }, path[128];

	must(readlink("/proc/self/exe", from[0], sizeof(from[0]) - 1) < 0 ||
	     !tier_mapped_path("/libz.so", from[1], sizeof(from[1])));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int outcome = MAPPED;

		(void)snprintf(path, sizeof(path), "%s/" TIER_COPY, scene_folder);
		copy_make(from[i], path, DEED_GOOD);
		tier_check(!vetted || run(path) != DENIED, "%s: %s: good", tier_word(),
			   rows[i].name);
		tier_check(rows[i].run(path) == MAPPED, "%s: ... is run", tier_word());
		(void)unlink(path);
		copy_make(from[i], path, DEED_FORGED);
		tier_check(!vetted || run(path) == DENIED, "%s: %s: forged", tier_word(),
			   rows[i].name);
		/* What nobody had vetted is vetted the first time. */
		for (int k = 0; k < (vetted ? 1 : 200) && outcome == MAPPED; k++) {
			outcome = rows[i].run(path);
			(void)usleep(vetted ? 0 : 10000);
			if (!scene_tier_a)
				break;
		}
		tier_check((outcome == MAPPED) == !scene_tier_a, "%s: ... %s (%d)", tier_word(),
			   scene_tier_a ? "is not run" : "is, which status tells", outcome);
		(void)unlink(path);
	}
}

/*
 * What nobody vetted is not mapped by those who let nothing unknown run; what only root can
 * write to is, and told of, unless that is not wanted either.
 */
void tier_libraries(uid_t owner)
{
	bool refused = scene_tier_a && (scene_libraries || owner != 0);
	const char *whose = owner == 0 ? "root's" : "somebody's";
	const char *path = program("unseen", DEED_GOOD);
	int first, outcome;

	must(chown(path, owner, owner) != 0);
	/* Whoever answers has begun. */
	tier_check(run(program("seen", DEED_GOOD)) == DEED_GOOD, "%s: guarded", tier_word());
	first = outcome = tier_map(path, PROT_READ | PROT_EXEC, 0);
	for (int i = 0; i < 200 && outcome != MAPPED; i++) {
		(void)usleep(10000);
		outcome = tier_map(path, PROT_READ | PROT_EXEC, 0);
	}
	tier_check(first == (refused ? EPERM : MAPPED),
		   "%s: allowlist%s: %s library, unvetted (%d)", tier_word(),
		   scene_libraries ? ", libraries = strict" : "", whose, first);
	tier_check(outcome == MAPPED, "%s: vetted at once, and good", tier_word());
}

/* A library that was denied is looked at again when somebody wants it. */
void tier_library_mended(void)
{
	const char *path = program("library-mended", DEED_FORGED);
	int outcome = EPERM;

	tier_check(run(path) == DENIED, "%s: forged", tier_word());
	scene_append(path, DEED_GOOD);
	for (int i = 0; i < 200 && outcome != MAPPED; i++) {
		outcome = tier_map(path, PROT_READ | PROT_EXEC, 0);
		(void)usleep(10000);
	}
	tier_check(outcome == MAPPED, "%s: mended, it is mapped", tier_word());
}

/* What is only made runnable once it is mapped is vetted, too; nobody knows its path. */
void tier_protected(void)
{
	const char *path = program("protected", DEED_FORGED);
	int outcome = MAPPED;

	for (int i = 0; i < 200 && outcome == MAPPED; i++) {
		outcome = tier_map(path, PROT_READ, PROT_READ | PROT_EXEC);
		if (!scene_tier_a)
			break;
		(void)usleep(10000);
	}
	tier_check((outcome == MAPPED) == !scene_tier_a,
		   "%s: forged, and made to be run where it is mapped: %s", tier_word(),
		   scene_tier_a ? "vetted at once" : "nobody sees that");
}
