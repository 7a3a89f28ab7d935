/* SPDX-License-Identifier: MIT */
#include "host/interpreters.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* The first of those whose name fits counts. */
static const char *const usual[] = {
	"sh script .sh",
	"dash script .sh",
	"ash script .sh",
	"bash script .sh .bash",
	"zsh script .sh .zsh",
	"*ksh script .sh .ksh",
	"ksh[0-9]* script .sh .ksh",
	"csh script .csh",
	"bsd-csh script .csh",
	"tcsh script .csh .tcsh",
	"fish script .fish",
	/* Shell, awk and two hundred others in one: whatever any of them opens. */
	"busybox* script .sh .awk",
	"toybox* script .sh",
	"*awk script .awk",
	"gawk-* script .awk",
	"python* script .py .pyw .pyz .pyzw .egg .pth",
	"pypy* script .py .pyw .pyz .pyzw .egg .pth",
	"perl* script .pl .pm .t .plx .al",
	"ruby* script .rb .rbw .ru .rake .gemspec",
	"node script .js .mjs .cjs .ts .mts .cts",
	"nodejs script .js .mjs .cjs .ts .mts .cts",
	"deno script .js .mjs .cjs .jsx .ts .mts .cts .tsx",
	"bun script .js .mjs .cjs .jsx .ts .mts .cts .tsx",
	"php* script .php .phar .phtml .inc",
	"tclsh* script .tcl .tm",
	"wish script .tcl .tk .tm",
	"wish[0-9]* script .tcl .tk .tm",
	"expect script .exp .tcl .tm",
	"lua* script .lua .luac",
	"guile* script .scm",
	"julia* script .jl",
	"R script .r",
	"pwsh* script .ps1 .psm1 .psd1",
	"java archive .jar .java .groovy .kts",
	"jshell script .jsh .java",
	"mono* windows .exe .dll",
	"dotnet windows .exe .dll",
	"wine* windows .exe .dll",
	"ld-linux*.so.* loader",
	"ld-musl-*.so.* loader",
	"ld-[0-9]*.so loader",
	"ld64.so.* loader",
	"ld.so* loader",
	"qemu-* loader",
	"box[0-9]* loader",
};

/* Where they stand when a line names no folder. */
static const char *const folders[] = {
	"/bin",
	"/usr/bin",
	"/usr/sbin",
	"/usr/local/bin",
	"/opt/*/bin",
	"/lib",
	"/lib64",
	"/lib32",
	"/libx32",
	"/usr/lib/*",
	"/usr/lib/jvm/*/bin",
	"/usr/lib/*/wine",
	"/usr/lib/R/bin/exec",
	"/usr/lib/dotnet",
	"/usr/share/dotnet",
	"/opt/wine*/*",
	"/opt/mono*/bin",
	"/opt/microsoft/*/*",
};

static const char *const kind_words[] = {
	[INTERPRETER_SCRIPT] = "script",
	[INTERPRETER_LOADER] = "loader",
	[INTERPRETER_WINDOWS] = "windows",
	[INTERPRETER_ARCHIVE] = "archive",
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* The first word of *@text, which loses it. */
static struct span word_take(struct span *text)
{
	struct span word;
	uint64_t at = 0;

	while (is_blank(span_at(*text, at)))
		at++;
	*text = span_after(*text, at);
	for (at = 0; at < text->len && !is_blank(span_at(*text, at));)
		at++;
	word = span_clip(*text, 0, at);
	*text = span_after(*text, at);
	return word;
}

enum status interpreter_parse(struct arena *a, const char *line, struct interpreter *out,
			      const char **problem)
{
	struct span rest = SPAN_TEXT(line), place = word_take(&rest), kind = word_take(&rest);

	*out = (struct interpreter){ .endings = rest };
	*problem = NULL;
	out->place = arena_string(a, place);
	if (!out->place)
		return STATUS_NO_MEMORY;
	for (size_t i = 1; i < COUNT_OF(kind_words); i++)
		if (span_equal(kind, SPAN_TEXT(kind_words[i])))
			out->kind = (enum interpreter_kind)i;
	if (place.len > 0 && out->kind != INTERPRETER_NONE)
		return STATUS_OK;
	*problem = "should be a name or path, what it runs (script, loader, windows or "
		   "archive), and endings of that, with blanks between them";
	return STATUS_USAGE;
}

/* What stands behind the last "/". */
static struct span name_of(struct span path)
{
	uint64_t at;

	while (span_find_byte(path, '/', 0, &at))
		path = span_after(path, at + 1);
	return path;
}

static const struct interpreter *by_name(const struct interpreters *all, struct span name)
{
	char text[NAME_MAX + 1];

	if (name.len == 0 || name.len > NAME_MAX)
		return NULL;
	text[span_copy(text, NAME_MAX, name)] = 0;
	for (size_t i = 0; i < all->n; i++) {
		struct span glob = name_of(SPAN_TEXT(all->each[i].place));

		/* A part of a string to its end is a string. */
		if (glob.len > 0 && fnmatch((const char *)glob.ptr, text, 0) == 0)
			return &all->each[i];
	}
	return NULL;
}

static void file_add(struct interpreters *all, const struct interpreter *i, int folder,
		     const char *path)
{
	struct stat st;

	if (all->n_found == INTERPRETERS_MAX_FOUND || fstatat(folder, path, &st, 0) != 0 ||
	    !S_ISREG(st.st_mode) || interpreter_by_inode(all, st.st_dev, st.st_ino))
		return;
	all->found[all->n_found].dev = st.st_dev;
	all->found[all->n_found].ino = st.st_ino;
	all->found[all->n_found++].is = i;
}

/* Links lead to what they name: sh to dash. */
static void folder_search(struct interpreters *all, const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;

	while (folder && (entry = readdir(folder)) != NULL) {
		const struct interpreter *i = by_name(all, SPAN_TEXT(entry->d_name));

		if (i)
			file_add(all, i, dirfd(folder), entry->d_name);
	}
	if (folder)
		(void)closedir(folder);
}

static void installed_find(struct interpreters *all)
{
	glob_t found;

	/* First what somebody named: there is room for so many only. */
	for (size_t i = 0; i < all->n; i++) {
		if (!strchr(all->each[i].place, '/'))
			continue;
		if (glob(all->each[i].place, GLOB_NOSORT, NULL, &found) == 0)
			for (size_t k = 0; k < found.gl_pathc; k++)
				file_add(all, &all->each[i], AT_FDCWD, found.gl_pathv[k]);
		globfree(&found);
	}
	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		if (glob(folders[i], GLOB_NOSORT | GLOB_ONLYDIR, NULL, &found) == 0)
			for (size_t k = 0; k < found.gl_pathc; k++)
				folder_search(all, found.gl_pathv[k]);
		globfree(&found);
	}
}

const struct interpreters *interpreters_find(struct arena *a, const char *const *more,
					     size_t n_more)
{
	struct interpreters *all = ARENA_NEW(a, struct interpreters, 1);
	const char *problem;

	if (!all || n_more > INTERPRETERS_MAX - COUNT_OF(usual))
		return NULL;
	/* Whoever names one of the usual may say something else of it. */
	for (size_t i = 0; i < n_more; i++)
		if (interpreter_parse(a, more[i], &all->each[all->n++], &problem) != STATUS_OK)
			return NULL;
	for (size_t i = 0; i < COUNT_OF(usual); i++)
		if (interpreter_parse(a, usual[i], &all->each[all->n++], &problem) != STATUS_OK)
			return NULL;
	installed_find(all);
	return all;
}

const struct interpreter *interpreter_by_inode(const struct interpreters *all, uint64_t dev,
					       uint64_t ino)
{
	for (size_t i = 0; i < all->n_found; i++)
		if (all->found[i].ino == ino && all->found[i].dev == dev)
			return all->found[i].is;
	return NULL;
}

const struct interpreter *interpreter_by_path(const struct interpreters *all, struct span path)
{
	static const struct span gone = SPAN_INIT(" (deleted)");

	if (path.len > gone.len && span_equal(span_after(path, path.len - gone.len), gone))
		path = span_clip(path, 0, path.len - gone.len);
	return by_name(all, name_of(path));
}

static uint8_t small(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static bool ends_in(struct span text, struct span end)
{
	if (end.len == 0 || text.len < end.len)
		return false;
	text = span_after(text, text.len - end.len);
	for (uint64_t i = 0; i < end.len; i++)
		if (small(span_at(text, i)) != small(span_at(end, i)))
			return false;
	return true;
}

bool interpreter_claims(const struct interpreter *i, struct span path)
{
	struct span rest = i->endings, end;

	while ((end = word_take(&rest)).len > 0)
		if (ends_in(path, end))
			return true;
	return false;
}
