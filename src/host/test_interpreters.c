/* SPDX-License-Identifier: MIT */
/* Who runs what he opens. */
#include "host/interpreters.h"
#include "tests/check.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *line;
	enum interpreter_kind kind; /* none: refused */
} lines[] = {
	{"lua* script .lua",               INTERPRETER_SCRIPT },
	{ "  /opt/x/bin/x\tloader ",       INTERPRETER_LOADER },
	{ "dosbox windows .exe .com .bat", INTERPRETER_WINDOWS},
	{ "kotlin archive",                INTERPRETER_ARCHIVE},
	{ "lua",			   INTERPRETER_NONE   },
	{ "lua scripts",                   INTERPRETER_NONE   },
	{ "script .lua",                   INTERPRETER_NONE   },
	{ "",			      INTERPRETER_NONE   },
};

static const struct {
	const char *path;
	enum interpreter_kind kind;
} paths[] = {
	{"/usr/bin/dash",				   INTERPRETER_SCRIPT },
	{ "/usr/bin/python3.11",                            INTERPRETER_SCRIPT },
	{ "/usr/bin/python3.11 (deleted)",                  INTERPRETER_SCRIPT },
	{ "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", INTERPRETER_LOADER },
	{ "/lib/ld-musl-aarch64.so.1",                      INTERPRETER_LOADER },
	{ "/usr/lib/wine/wineserver64",                     INTERPRETER_WINDOWS},
	{ "/usr/lib/jvm/java-17-openjdk-amd64/bin/java",    INTERPRETER_ARCHIVE},
	{ "/opt/lua/lua5.4",				INTERPRETER_SCRIPT },
	{ "/usr/bin/busybox",			       INTERPRETER_SCRIPT },
	{ "/usr/bin/mawk",				  INTERPRETER_SCRIPT },
	{ "/usr/bin/gawk-5.2.1",                            INTERPRETER_SCRIPT },
	{ "/usr/bin/original-awk",                          INTERPRETER_SCRIPT },
	{ "/usr/bin/tclsh8.6",                              INTERPRETER_SCRIPT },
	{ "/usr/bin/wish8.6",			       INTERPRETER_SCRIPT },
	{ "/usr/bin/luajit-2.1.0",                          INTERPRETER_SCRIPT },
	{ "/usr/bin/php8.2",				INTERPRETER_SCRIPT },
	{ "/usr/bin/bsd-csh",			       INTERPRETER_SCRIPT },
	{ "/usr/lib/R/bin/exec/R",                          INTERPRETER_SCRIPT },
	{ "/usr/share/dotnet/dotnet",                       INTERPRETER_WINDOWS},
	{ "/usr/bin/qemu-aarch64-static",                   INTERPRETER_LOADER },
	{ "/usr/local/bin/box64",                           INTERPRETER_LOADER },
	{ "/usr/bin/hawking",			       INTERPRETER_NONE   },
	{ "/usr/bin/wishlist",                              INTERPRETER_NONE   },
	{ "/usr/bin/Rscript.bak",                           INTERPRETER_NONE   },
	{ "/usr/bin/cat",				   INTERPRETER_NONE   },
	{ "/usr/bin/bashful",			       INTERPRETER_NONE   },
	{ "/bash/",					 INTERPRETER_NONE   },
	{ "",					       INTERPRETER_NONE   },
};

/* What each of the usual says that it runs. */
static const struct {
	const char *program, *file;
	bool claims;
} claimed[] = {
	{"busybox",     "a.sh",   true },
	{ "busybox",    "a.awk",  true },
	{ "gawk",       "a.awk",  true },
	{ "gawk",       "a.csv",  false},
	{ "tclsh8.6",   "a.tm",   true },
	{ "lua5.4",     "a.lua",  true },
	{ "node",       "a.ts",   true },
	{ "node",       "a.mjs",  true },
	{ "node",       "a.json", false},
	{ "python3.11", "a.pth",  true },
	{ "python3.11", "a.pyz",  true },
	{ "python3.11", "a.pyc",  false},
	{ "php8.2",     "a.inc",  true },
	{ "java",       "A.java", true },
	{ "java",       "a.txt",  false},
	{ "jshell",     "a.jsh",  true },
	{ "R",          "a.R",    true },
	{ "dotnet",     "a.DLL",  true },
	{ "qemu-arm",   "a",      false},
};

static void test_claims(struct arena *a)
{
	const struct interpreters *all = interpreters_find(a, NULL, 0);

	for (size_t i = 0; all && i < COUNT_OF(claimed); i++) {
		const struct interpreter *it =
			interpreter_by_path(all, SPAN_TEXT(claimed[i].program));

		CHECK(it && interpreter_claims(it, SPAN_TEXT(claimed[i].file)) ==
				      claimed[i].claims,
		      "%s %s", claimed[i].program, claimed[i].file);
	}
}

static void test_lines(struct arena *a)
{
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct interpreter it;
		const char *problem;
		enum status status = interpreter_parse(a, lines[i].line, &it, &problem);

		CHECK(status == (lines[i].kind ? STATUS_OK : STATUS_USAGE) &&
			      it.kind == lines[i].kind && (problem != NULL) == !lines[i].kind,
		      "line \"%s\"", lines[i].line);
	}
}

static void test_paths(struct arena *a)
{
	const char *const more[] = { "/opt/lua/lua* script .lua .wlua" };
	const struct interpreters *all = interpreters_find(a, more, 1);
	const struct interpreter *lua;

	for (size_t i = 0; all && i < COUNT_OF(paths); i++) {
		const struct interpreter *it =
			interpreter_by_path(all, SPAN_TEXT(paths[i].path));

		CHECK((it ? it->kind : INTERPRETER_NONE) == paths[i].kind, "\"%s\"",
		      paths[i].path);
	}
	lua = all ? interpreter_by_path(all, SPAN_TEXT("lua")) : NULL;
	CHECK(lua && interpreter_claims(lua, SPAN_TEXT("/a/b.lua")) &&
		      interpreter_claims(lua, SPAN_TEXT("B.WLUA")) &&
		      !interpreter_claims(lua, SPAN_TEXT("/a/b.luac")) &&
		      !interpreter_claims(lua, SPAN_TEXT("/a/lua")),
	      "endings, in large letters, too");
}

/* Where it stands and whatever it is called there: by a link, by another name. */
static void test_inodes(struct arena *a)
{
	char folder[] = "/tmp/assay-interpreters-XXXXXX", path[64], other[64];
	const char *const more[] = { path };
	const struct interpreters *all;
	struct stat st;
	FILE *f;

	if (!mkdtemp(folder))
		abort();
	(void)snprintf(other, sizeof(other), "%s/really", folder);
	f = fopen(other, "we");
	if (!f || fclose(f) != 0 || stat(other, &st) != 0)
		abort();
	(void)snprintf(path, sizeof(path), "%s/link", folder);
	if (symlink("really", path) != 0)
		abort();
	(void)snprintf(path, sizeof(path), "%s/l* script", folder);
	all = interpreters_find(a, more, 1);
	CHECK(all && interpreter_by_inode(all, st.st_dev, st.st_ino) == &all->each[0],
	      "by what a link leads to");
	CHECK(all && !interpreter_by_inode(all, st.st_dev + 1, st.st_ino) &&
		      !interpreter_by_path(all, SPAN_TEXT("really")),
	      "and not by its number or its name alone");
	(void)unlink(other);
	(void)snprintf(path, sizeof(path), "%s/link", folder);
	(void)unlink(path);
	(void)rmdir(folder);
}

int main(void)
{
	struct arena a = ARENA_INIT(1 << 20);

	test_lines(&a);
	test_paths(&a);
	test_claims(&a);
	test_inodes(&a);
	arena_free(&a);
	return CHECK_DONE();
}
