/* SPDX-License-Identifier: MIT */
/*
 * Scripts, and who runs them: each interpreter that is installed here, for real, as it is
 * given a script, finds one by itself, or opens one to change it.
 */
#include "daemon/test_scene.h"

#include "base/buffer.h"
#include "tests/check.h"
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORDS_MAX 8

/* "$" is the number of what it is, "@" its letter. */
#define SCRIPT "#!/bin/sh\nexit $\n#@"

/* Who is given what; each does nothing but end, with the deed that it is. */
static const struct {
	const char *name, *command, *file;
	mode_t mode;
	const char *text;
} scripts[] = {
  /* clang-format off */
	{ "sh FILE", "sh", "a", 0644,
	  SCRIPT },
	{ "sh FILE.sh without #!", "sh", "a.sh", 0644,
	  "exit $\n#@" },
	{ "sh FILE, which is to be run", "sh", "b", 0755,
	  "exit $\n#@" },
	{ "sh FILE that looks otherwise", "sh", "bb", 0755,
	  "MZ\nexit $\n#@" },
	{ "FILE itself, by env -S", "", "bc", 0755,
	  "#!/usr/bin/env -S sh -e\nexit $\n#@" },
	{ "bash FILE", "bash", "c", 0600,
	  SCRIPT },
	{ "busybox sh FILE", "busybox sh", "ca", 0644,
	  SCRIPT },
	{ "busybox ash FILE.sh without #!", "busybox ash", "cb.sh", 0644,
	  "exit $\n#@" },
	{ "busybox awk -f FILE.awk", "busybox awk -f", "cc.awk", 0644,
	  "BEGIN { exit $ }\n#@" },
	{ "gawk -f FILE.awk", "gawk -f", "cd.awk", 0644,
	  "BEGIN { exit $ }\n#@" },
	{ "mawk -f FILE", "mawk -f", "ce", 0644,
	  "#!/usr/bin/mawk -f\nBEGIN { exit $ }\n#@" },
	{ "python3 FILE.py", "python3", "d.py", 0644,
	  "raise SystemExit($)\n#@" },
	{ "python3 FILE", "python3", "e", 0644,
	  "#!/usr/bin/python3\nraise SystemExit($)\n#@" },
	{ "perl FILE", "perl", "f", 0644,
	  "#!/usr/bin/perl\nexit $;\n#@" },
	{ "perl -x FILE.pl", "perl -x", "fa.pl", 0644,
	  "Dear all,\n#!perl\nexit $;\n#@" },
	{ "ruby FILE.rb", "ruby", "g.rb", 0644,
	  "exit $\n#@" },
	{ "node FILE.js", "node", "h.js", 0644,
	  "process.exit($)\n//@" },
	{ "node FILE.mjs", "node", "ha.mjs", 0644,
	  "process.exit($)\n//@" },
	{ "php FILE.php", "php", "i.php", 0644,
	  "<?php exit($);\n//@" },
	{ "tclsh FILE.tcl", "tclsh", "j.tcl", 0644,
	  "exit $\n#@" },
	{ "lua FILE.lua", "lua", "k.lua", 0644,
	  "os.exit($)\n--@" },
	{ "java FILE.java", "java -XX:TieredStopAtLevel=1", "L.java", 0644,
	  "class L { public static void main(String[] a) { System.exit($); } }\n//@" },
  /* clang-format on */
};

#define TEXT_MAX 200

/* @like, of what is good or forged. */
static const char *deed_text(const char *like, enum deed deed)
{
	static char text[TEXT_MAX];
	struct span left = SPAN_TEXT(like);
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;

	for (uint64_t i = 0; i < left.len; i++)
		if (span_at(left, i) == '$')
			buffer_printf(&out, "%d", deed);
		else
			buffer_char(&out,
				    (char)(span_at(left, i) == '@' ? deed : span_at(left, i)));
	must(out.len >= sizeof(text));
	(void)snprintf(text, sizeof(text), "%.*s", (int)out.len,
		       (const char *)buffer_span(&out).ptr);
	return text;
}

/* @command is words with a blank between them; @path is the last one. */
static int command_run(const char *command, const char *path)
{
	char text[64];
	const char *words[WORDS_MAX] = { NULL };
	char *rest = text;
	size_t n = 0;

	(void)snprintf(text, sizeof(text), "%s", command);
	for (char *word = strtok_r(rest, " ", &rest); word && n < WORDS_MAX - 2;
	     word = strtok_r(NULL, " ", &rest))
		words[n++] = word;
	words[n] = path;
	return scene_words_run(words);
}

static void test_scripts(void)
{
	for (size_t i = 0; i < COUNT_OF(scripts); i++) {
		const char *path =
			scene_text(scripts[i].file, deed_text(scripts[i].text, DEED_GOOD),
				   scripts[i].mode);
		int good = command_run(scripts[i].command, path), forged;

		if (good == 127) {
			CHECK(1, "%s # SKIP it is not installed", scripts[i].name);
			continue;
		}
		CHECK(good == DEED_GOOD, "%s: what is good runs (%d)", scripts[i].name, good);
		(void)scene_text(scripts[i].file, deed_text(scripts[i].text, DEED_FORGED),
				 scripts[i].mode);
		forged = command_run(scripts[i].command, path);
		CHECK(forged != DEED_FORGED && forged != 0, "%s: what is forged does not (%d)",
		      scripts[i].name, forged);
	}
}

/* What Python finds by itself; $0 is its folder. */
static const struct {
	const char *name, *file, *text, *command;
} modules[] = {
  /* clang-format off */
	{ "python3 -m MODULE", "found.py", "raise SystemExit($)\n#@",
	  "PYTHONPATH=$0 exec python3 -B -m found" },
	{ "python3 FOLDER", "__main__.py", "raise SystemExit($)\n#@", "exec python3 -B $0" },
	{ ".pth among packages", "found.pth", "import os; os._exit($) #@",
	  "exec python3 -B -c \"import site; site.addsitedir('$0')\"" },
	{ "python3 FILE.pyz", "found.pyz", "@", "exec python3 -B $0/found.pyz" },
  /* clang-format on */
};

/* An archive with a comment, whose last byte is @deed. */
static bool archive_write(const char *path, enum deed deed)
{
	char text[400];

	(void)snprintf(text, sizeof(text),
		       "import zipfile\nz = zipfile.ZipFile('%s', 'w')\n"
		       "z.writestr('__main__.py', 'raise SystemExit(%d)')\n"
		       "z.comment = b'%c'\nz.close()",
		       path, deed, deed);
	return scene_words_run((const char *const[]){ "python3", "-c", text, NULL }) == 0;
}

static int module_run(size_t i, enum deed deed)
{
	const char *text = deed_text(modules[i].text, deed);
	char folder[200], path[256];
	int outcome;

	(void)snprintf(folder, sizeof(folder), "%s/modules", scene_folder);
	(void)snprintf(path, sizeof(path), "%s/%s", folder, modules[i].file);
	if (strlen(text) == 1)
		must(!archive_write(path, deed));
	else
		must(rename(scene_text("module", text, 0644), path) != 0);
	outcome = scene_words_run(
		(const char *const[]){ "sh", "-c", modules[i].command, folder, NULL });
	(void)unlink(path);
	return outcome;
}

static void test_modules(void)
{
	char folder[200];

	(void)snprintf(folder, sizeof(folder), "%s/modules", scene_folder);
	must(mkdir(folder, 0755) != 0);
	if (scene_words_run((const char *const[]){ "python3", "-c", "", NULL }) != 0) {
		CHECK(1, "modules # SKIP python3 is not installed");
		return;
	}
	for (size_t i = 0; i < COUNT_OF(modules); i++) {
		int good = module_run(i, DEED_GOOD), forged = module_run(i, DEED_FORGED);

		CHECK(good == DEED_GOOD, "%s: what is good runs (%d)", modules[i].name, good);
		CHECK(forged != DEED_FORGED, "%s: what is forged does not (%d)",
		      modules[i].name, forged);
	}
}

/* What may be read, too, is judged as it is; what is cut off or made is only written. */
static void test_changers(void)
{
	static const struct {
		const char *mode, *text;
		enum deed deed;
		bool opened;
	} rows[] = {
  /* clang-format off */
		{ "r+", SCRIPT, DEED_GOOD, true },
		{ "r+", SCRIPT, DEED_FORGED, false },
		{ "a+", SCRIPT, DEED_FORGED, false },
		{ "w+", SCRIPT, DEED_FORGED, true },
		{ "a", SCRIPT, DEED_FORGED, true },
		{ "r+", "", DEED_GOOD, true },
  /* clang-format on */
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *path =
			scene_text("changed.py", deed_text(rows[i].text, rows[i].deed), 0644);
		char text[300];
		int outcome;

		(void)snprintf(text, sizeof(text), "open('%s', '%s').close()", path,
			       rows[i].mode);
		outcome = scene_words_run((const char *const[]){ "python3", "-c", text, NULL });
		CHECK(outcome == 127 || (outcome == 0) == rows[i].opened,
		      "Python opens what is %s by \"%s\" (%d)",
		      rows[i].deed == DEED_FORGED ? "forged" : "good", rows[i].mode, outcome);
	}
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
	test_modules();
	test_changers();
	(void)scene_stop(SIGTERM);
	scene_end();
	arena_free(&a);
	return CHECK_DONE();
}
