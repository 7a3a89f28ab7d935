/* SPDX-License-Identifier: MIT */
/*
 * Scripts, and who runs them: each interpreter that is installed here, for real, as it is
 * given a script, finds one by itself, or opens one to change it.
 */
#include "daemon/test_scene.h"
#include "tests/check.h"
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define JAVA(number)                                                                           \
	"class L { public static void main(String[] a) { System.exit(" number "); } }\n//"
#define WORDS_MAX 8

/* Who is given what; each does nothing but end, with the deed that it is. */
static const struct {
	const char *name, *command, *file, *good, *forged;
	mode_t mode;
} scripts[] = {
	{"sh FILE",			 "sh",			   "a",      "#!/bin/sh\nexit 103\n#g",                       "#!/bin/sh\nexit 102\n#f", 0644},
	{ "sh FILE.sh without #!",          "sh",                           "a.sh",   "exit 103\n#g",                                  "exit 102\n#f",            0644},
	{ "sh FILE, which is to be run",    "sh",                           "b",      "exit 103\n#g",                                  "exit 102\n#f",            0755},
	{ "sh FILE that looks otherwise",   "sh",                           "bb",     "MZ\nexit 103\n#g",                              "MZ\nexit 102\n#f",
         0755																			 },
	{ "FILE itself, by env -S",         "",                             "bc",     "#!/usr/bin/env -S sh -e\nexit 103\n#g",
         "#!/usr/bin/env -S sh -e\nexit 102\n#f",														 0755},
	{ "bash FILE",                      "bash",                         "c",      "#!/bin/sh\nexit 103\n#g",                       "#!/bin/sh\nexit 102\n#f",
         0600																			 },
	{ "busybox sh FILE",                "busybox sh",                   "ca",     "#!/bin/sh\nexit 103\n#g",
         "#!/bin/sh\nexit 102\n#f",															       0644},
	{ "busybox ash FILE.sh without #!", "busybox ash",                  "cb.sh",  "exit 103\n#g",
         "exit 102\n#f",																	  0644},
	{ "busybox awk -f FILE.awk",        "busybox awk -f",               "cc.awk", "BEGIN { exit 103 }\n#g",
         "BEGIN { exit 102 }\n#f",																0644},
	{ "gawk -f FILE.awk",               "gawk -f",                      "cd.awk", "BEGIN { exit 103 }\n#g",
         "BEGIN { exit 102 }\n#f",																0644},
	{ "mawk -f FILE",                   "mawk -f",                      "ce",     "#!/usr/bin/mawk -f\nBEGIN { exit 103 }\n#g",
         "#!/usr/bin/mawk -f\nBEGIN { exit 102 }\n#f",													    0644},
	{ "python3 FILE.py",                "python3",                      "d.py",   "raise SystemExit(103)\n#g",
         "raise SystemExit(102)\n#f",															     0644},
	{ "python3 FILE",                   "python3",                      "e",      "#!/usr/bin/python3\nraise SystemExit(103)\n#g",
         "#!/usr/bin/python3\nraise SystemExit(102)\n#f",													 0644},
	{ "perl FILE",                      "perl",                         "f",      "#!/usr/bin/perl\nexit 103;\n#g",
         "#!/usr/bin/perl\nexit 102;\n#f",															0644},
	{ "perl -x FILE.pl",                "perl -x",                      "fa.pl",  "Dear all,\n#!perl\nexit 103;\n#g",
         "Dear all,\n#!perl\nexit 102;\n#f",														      0644},
	{ "ruby FILE.rb",                   "ruby",                         "g.rb",   "exit 103\n#g",                                  "exit 102\n#f",            0644},
	{ "node FILE.js",                   "node",                         "h.js",   "process.exit(103)\n//g",                        "process.exit(102)\n//f",
         0644																			 },
	{ "node FILE.mjs",                  "node",                         "ha.mjs", "process.exit(103)\n//g",                        "process.exit(102)\n//f",
         0644																			 },
	{ "php FILE.php",                   "php",                          "i.php",  "<?php exit(103);\n//g",                         "<?php exit(102);\n//f",
         0644																			 },
	{ "tclsh FILE.tcl",                 "tclsh",                        "j.tcl",  "exit 103\n#g",                                  "exit 102\n#f",            0644},
	{ "lua FILE.lua",                   "lua",                          "k.lua",  "os.exit(103)\n--g",                             "os.exit(102)\n--f",       0644},
	{ "java FILE.java",                 "java -XX:TieredStopAtLevel=1", "L.java", JAVA("103") "g",
         JAVA("102") "f",																	 0644},
};

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
			scene_text(scripts[i].file, scripts[i].good, scripts[i].mode);
		int good = command_run(scripts[i].command, path), forged;

		if (good == 127) {
			CHECK(1, "%s # SKIP it is not installed", scripts[i].name);
			continue;
		}
		CHECK(good == DEED_GOOD, "%s: what is good runs (%d)", scripts[i].name, good);
		(void)scene_text(scripts[i].file, scripts[i].forged, scripts[i].mode);
		forged = command_run(scripts[i].command, path);
		CHECK(forged != DEED_FORGED && forged != 0, "%s: what is forged does not (%d)",
		      scripts[i].name, forged);
	}
}

/* What Python finds by itself; $0 is its folder. */
static const struct {
	const char *name, *file, *good, *forged, *command;
} modules[] = {
	{"python3 -m MODULE",    "found.py",    "raise SystemExit(103)\n#g",
         "raise SystemExit(102)\n#f",					       "PYTHONPATH=$0 exec python3 -B -m found"                   },
	{ "python3 FOLDER",      "__main__.py", "raise SystemExit(103)\n#g",
         "raise SystemExit(102)\n#f",					       "exec python3 -B $0"                                       },
	{ ".pth among packages", "found.pth",   "import os; os._exit(103) #g",
         "import os; os._exit(102) #f",					     "exec python3 -B -c \"import site; site.addsitedir('$0')\""},
	{ "python3 FILE.pyz",    "found.pyz",   "g",                           "f", "exec python3 -B $0/found.pyz"                             },
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
	const char *text = deed == DEED_GOOD ? modules[i].good : modules[i].forged;
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
static const char script_good[] = "#!/bin/sh\nexit 103\n#g";
static const char script_forged[] = "#!/bin/sh\nexit 102\n#f";

static void test_changers(void)
{
	static const struct {
		const char *mode, *text;
		bool opened;
	} rows[] = {
		{"r+",  script_good,   true },
                { "r+", script_forged, false},
		{ "a+", script_forged, false},
                { "w+", script_forged, true },
		{ "a",  script_forged, true },
                { "r+", "",            true },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *path = scene_text("changed.py", rows[i].text, 0644);
		char text[300];
		int outcome;

		(void)snprintf(text, sizeof(text), "open('%s', '%s').close()", path,
			       rows[i].mode);
		outcome = scene_words_run((const char *const[]){ "python3", "-c", text, NULL });
		CHECK(outcome == 127 || (outcome == 0) == rows[i].opened,
		      "Python opens what is %s by \"%s\" (%d)",
		      rows[i].text == script_forged ? "forged" : "good", rows[i].mode, outcome);
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
