/* SPDX-License-Identifier: MIT */
/* Walk: what is in a tree, in which order, while somebody else changes it. */
#include "source/walk.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "tests/check.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static char root[32];

static void must(int failed)
{
	if (failed)
		abort();
}

static void make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	must(fd < 0 || write(fd, path, strlen(path)) < 0 || close(fd) != 0);
}

/* In memory where that is possible: some trees are large. */
static void make_root(void)
{
	const char *where = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	(void)snprintf(root, sizeof(root), "%s/assay-walk-XXXXXX", where);
	must(!mkdtemp(root) || chmod(root, 0755) != 0 || chdir(root) != 0);
}

static void remove_root(void)
{
	char command[64];

	(void)snprintf(command, sizeof(command), "rm -rf -- %s", root);
	must(chdir("/") != 0 || system(command) != 0);
}

static char letter(enum walk_kind kind)
{
	switch (kind) {
	case WALK_FILE: return 'F';
	case WALK_SPECIAL: return 'S';
	case WALK_LINK: return 'L';
	case WALK_ERROR: return 'E';
	case WALK_MOUNT: return 'M';
	case WALK_FOLDER: return 'D';
	}
	return '?';
}

/* The whole walk as text: "F path\n"... */
static void walk_all(struct buffer *out, const char *path, const struct walk_options *options)
{
	struct walk *w = walk_new(path, options);
	struct walk_entry e;

	while (w && walk_next(w, &e)) {
		buffer_printf(out, "%c %s", letter(e.kind), e.path);
		if (e.kind == WALK_ERROR)
			buffer_printf(out, " %s", strerrorname_np(e.error));
		if (e.kind == WALK_FILE) {
			int fd = openat(e.dirfd, e.name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
			struct source_identity now;

			if (source_identify(fd, &now) != STATUS_OK ||
			    now.ino != e.identity.ino || now.size != e.identity.size ||
			    now.mtime_ns != e.identity.mtime_ns)
				buffer_text(out, " (other)");
			(void)close(fd);
		}
		if (e.kind == WALK_FOLDER) {
			struct source_identity now;

			if (source_identify(e.dirfd, &now) != STATUS_OK || !e.state ||
			    now.ino != e.state->stx_ino || now.ino != e.identity.ino)
				buffer_text(out, " (other)");
		}
		buffer_char(out, '\n');
	}
	walk_free(w);
}

static void check_walk(const char *what, const char *path, const struct walk_options *options,
		       const char *expected)
{
	struct buffer out CLEANUP(buffer_free) = BUFFER_INIT;

	walk_all(&out, path, options);
	CHECK(span_equal(buffer_span(&out), SPAN_TEXT(expected)), "%s", what);
	if (!span_equal(buffer_span(&out), SPAN_TEXT(expected)))
		printf("# got: %s\n", out.len < 2000 ? buffer_string(&out, 0) : "much");
}

static void test_tree(void)
{
	static const char *const globs[] = { "*.txt", "./b/*", NULL };
	static const struct walk_options excluding = { .exclude = globs },
					 folders = { .folders = true };

	make_root();
	must(mkdir("b", 0755) || mkdir("b/deep", 0755) || mkdir("empty", 0755));
	make_file("b/deep/er");
	make_file("b/one.txt");
	make_file("b.exe"); /* '.' sorts before '/': the folder comes first all the same */
	make_file("a\nb");
	make_file("\xff\xfe");
	make_file("-rf");
	must(mkfifo("fifo", 0644) || symlink("..", "up") || symlink("nowhere", "void") ||
	     symlink("b", "to-b") || symlink("b.exe", "to-exe"));

	check_walk("a tree", ".", NULL,
		   "F ./-rf\nF ./a\nb\nF ./b/deep/er\nF ./b/one.txt\nF ./b.exe\nS ./fifo\n"
		   "L ./to-b\nL ./to-exe\nL ./up\nL ./void\nF ./\xff\xfe\n");
	check_walk("a folder with a slash", "b/", NULL, "F b/deep/er\nF b/one.txt\n");
	check_walk("an empty folder", "empty", NULL, "");
	check_walk("a file", "b.exe", NULL, "F b.exe\n");
	check_walk("a FIFO", "fifo", NULL, "S fifo\n");
	check_walk("a device", "/dev/null", NULL, "S /dev/null\n");
	check_walk("a named link to a folder", "to-b", NULL,
		   "F to-b/deep/er\nF to-b/one.txt\n");
	check_walk("the same with a slash", "to-b/", NULL, "F to-b/deep/er\nF to-b/one.txt\n");
	check_walk("a named link to a file", "to-exe", NULL, "F to-exe\n");
	check_walk("a link to nothing", "void", NULL, "E void ENOENT\n");
	check_walk("nothing", "missing", NULL, "E missing ENOENT\n");
	check_walk("an empty name", "", NULL, "E  ENOENT\n");
	check_walk("globs", ".", &excluding,
		   "F ./-rf\nF ./a\nb\nF ./b.exe\nS ./fifo\nL ./to-b\nL ./to-exe\nL ./up\n"
		   "L ./void\nF ./\xff\xfe\n");
	check_walk("folders, too", ".", &folders,
		   "D .\nF ./-rf\nF ./a\nb\nD ./b\nD ./b/deep\nF ./b/deep/er\nF ./b/one.txt\n"
		   "F ./b.exe\nD ./empty\nS ./fifo\nL ./to-b\nL ./to-exe\nL ./up\nL ./void\n"
		   "F ./\xff\xfe\n");
	check_walk("a named folder", "b/", &folders,
		   "D b/\nD b/deep\nF b/deep/er\nF b/one.txt\n");
	check_walk("a glob does not touch what is named", "b/one.txt", &excluding,
		   "F b/one.txt\n");
	remove_root();
}

static void test_no_permission(void)
{
	uid_t before = geteuid();

	make_root();
	must(mkdir("closed", 0000) || mkdir("blind", 0644));
	make_file("blind/file");
	make_file("last");
	must(before == 0 && seteuid(65534) != 0);
	check_walk("what may not be read is told, then it goes on", ".", NULL,
		   "E ./blind/file EACCES\nE ./closed EACCES\nF ./last\n");
	must(before == 0 && seteuid(0) != 0);
	must(chmod("blind", 0755) || chmod("closed", 0755));
	remove_root();
}

static void test_vanishing(void)
{
	struct walk_entry e;
	struct walk *w;

	make_root();
	make_file("a");
	make_file("b");
	make_file("c");
	must(mkdir("d", 0755));
	make_file("e");
	w = walk_new(".", NULL);
	CHECK(walk_next(w, &e) && e.kind == WALK_FILE && strcmp(e.name, "a") == 0, "the first");
	must(unlink("b") || unlink("c") || mkdir("c", 0755) || rmdir("d") ||
	     symlink("/etc", "d"));
	make_file("c/inner");
	CHECK(walk_next(w, &e) && e.kind == WALK_ERROR && e.error == ENOENT &&
		      strcmp(e.path, "./b") == 0,
	      "a file that went away");
	CHECK(walk_next(w, &e) && e.kind == WALK_FILE && strcmp(e.path, "./c/inner") == 0,
	      "a file that became a folder");
	CHECK(walk_next(w, &e) && e.kind == WALK_ERROR && strcmp(e.path, "./d") == 0,
	      "a folder that became a link is not followed");
	CHECK(walk_next(w, &e) && e.kind == WALK_FILE && strcmp(e.path, "./e") == 0,
	      "the last");
	CHECK(!walk_next(w, &e) && !walk_next(w, &e), "the end stays the end");
	walk_free(w);
	remove_root();
}

/* ./d/d/d/..., @depth folders; in every @step-th a file "a" and a file "z". */
static void make_chain(int depth, int step)
{
	for (int i = 0; i < depth; i++) {
		if (i % step == 0) {
			make_file("a");
			make_file("z");
		}
		must(mkdir("d", 0755) || chdir("d"));
	}
	must(chdir(root));
}

struct counts {
	int files, errors, last_error, max_open;
};

static int open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static struct counts count_all(struct walk *w)
{
	struct counts c = { 0 };
	struct walk_entry e;

	while (walk_next(w, &e)) {
		int n = open_descriptors();

		c.files += e.kind == WALK_FILE;
		c.errors += e.kind == WALK_ERROR;
		if (e.kind == WALK_ERROR)
			c.last_error = e.error;
		c.max_open = n > c.max_open ? n : c.max_open;
	}
	return c;
}

static void test_deep(void)
{
	int before = open_descriptors();
	struct counts c;
	struct walk *w;

	make_root();
	make_chain(300, 1);
	w = walk_new(".", NULL);
	c = count_all(w);
	walk_free(w);
	CHECK(c.files == 600 && c.errors == 0, "300 folders deep");
	CHECK(c.max_open - before <= WALK_MAX_OPEN + 1, "with few descriptors");
	CHECK(open_descriptors() == before, "all closed");
	remove_root();

	make_root();
	make_chain(WALK_MAX_DEPTH + 10, 64);
	w = walk_new(".", NULL);
	c = count_all(w);
	walk_free(w);
	CHECK(c.files == 2 * WALK_MAX_DEPTH / 64 && c.errors == 1 &&
		      c.last_error == ENAMETOOLONG,
	      "too deep is told");
	remove_root();
}

/* Moves the folder @depth levels down to @to. */
static void move_folder(int depth, const char *to)
{
	struct buffer path CLEANUP(buffer_free) = BUFFER_INIT;

	for (int i = 0; i < depth; i++)
		buffer_text(&path, i ? "/d" : "d");
	must(rename(buffer_string(&path, 0), to));
}

static void test_moved(void)
{
	static const struct {
		const char *name;
		int first, second; /* levels to move away, inner first; 0: none */
		int files, errors;
	} rows[] = {
		{"a folder moved away", 20, 0,  100, 0},
		{ "two of them",        20, 19, 99,  1},
		{ "an outer one",       5,  0,  100, 0},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct counts c;
		struct walk_entry e;
		struct walk *w;
		int seen = 0;

		make_root();
		must(mkdir("tree", 0755) || chdir("tree"));
		for (int n = 0; n < 50; n++) {
			make_file("a");
			make_file("z");
			must(mkdir("d", 0755) || chdir("d"));
		}
		must(chdir(root) || chdir("tree"));
		w = walk_new(".", NULL);
		while (seen < 50 && walk_next(w, &e))
			seen += e.kind == WALK_FILE;
		move_folder(rows[i].first, "../first");
		if (rows[i].second)
			move_folder(rows[i].second, "../second");
		c = count_all(w);
		walk_free(w);
		CHECK(seen + c.files == rows[i].files && c.errors == rows[i].errors &&
			      (c.errors == 0 || c.last_error == ESTALE),
		      "%s: %d files, %d errors", rows[i].name, seen + c.files, c.errors);
		remove_root();
	}
}

static void test_mount(void)
{
	static const struct walk_options here = { .one_file_system = true };
	struct stat dev, shm;
	struct walk_entry e;
	struct walk *w;
	int mounts = 0, inside = 0;

	if (stat("/dev", &dev) != 0 || stat("/dev/shm", &shm) != 0 ||
	    dev.st_dev == shm.st_dev) {
		printf("# skip: no second file system below /dev\n");
		return;
	}
	w = walk_new("/dev", &here);
	while (walk_next(w, &e)) {
		mounts += e.kind == WALK_MOUNT && strcmp(e.path, "/dev/shm") == 0;
		inside += strncmp(e.path, "/dev/shm/", 9) == 0;
	}
	walk_free(w);
	CHECK(mounts == 1 && inside == 0, "another file system is not entered");
}

static void test_many(void)
{
	struct walk_entry e;
	char name[32], before[32] = "";
	struct walk *w;
	int n = 0, wrong = 0;

	make_root();
	for (int i = 0; i < 3000; i++) {
		(void)snprintf(name, sizeof(name), "%d", (i * 7919) % 3000);
		make_file(name);
	}
	w = walk_new(".", NULL);
	for (; walk_next(w, &e); n++) {
		wrong += strcmp(before, e.name) >= 0;
		(void)snprintf(before, sizeof(before), "%s", e.name);
	}
	walk_free(w);
	CHECK(n == 3000 && wrong == 0, "3000 names in order");
	remove_root();
}

static void test_no_memory(void)
{
	struct walk_entry e;
	int n = 0, complete = 0;

	make_root();
	must(mkdir("d", 0755));
	make_file("d/f");
	make_file("z");
	for (; n < 40 && complete < 1; n++) {
		struct walk *w;
		int files = 0, errors = 0;

		memory_fail_after(n);
		w = walk_new(".", NULL);
		while (w && walk_next(w, &e)) {
			files += e.kind == WALK_FILE;
			errors += e.kind == WALK_ERROR && e.error == ENOMEM;
		}
		walk_free(w);
		memory_fail_after(-1);
		complete += files == 2 && errors == 0;
		if (w && files < 2 && errors == 0)
			break;
	}
	CHECK(complete == 1, "no memory is told, after %d allocations all is well", n - 1);
	remove_root();
}

int main(void)
{
	test_tree();
	test_no_permission();
	test_vanishing();
	test_deep();
	test_moved();
	test_mount();
	test_many();
	test_no_memory();
	return CHECK_DONE();
}
