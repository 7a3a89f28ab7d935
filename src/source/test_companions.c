/* SPDX-License-Identifier: MIT */
#include "source/companions.h"

#include "source/names.h"
#include "tests/check.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static char folder[] = "/tmp/assay-companions-XXXXXX";

static void put(int dirfd, const char *name, const char *contents)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, contents, strlen(contents)) < 0)
		abort();
	(void)close(fd);
}

static const struct {
	const char *what, *names[6];
	const char *of;
	bool named;
} folders[] = {
	{"one beside it",           { "a", "a.sig" },                         "a",     true },
	{ "others between",         { "a", "a!", "a-1", "a.b", "a.minisig" }, "a",     true },
	{ "none",		   { "a", "b", "b.sig" },                    "a",     false},
	{ "longer names only",      { "a", "a.sigx", "a1.sig" },              "a",     false},
	{ "the last",               { "a.sig", "b" },                         "b",     false},
	{ "a signature of its own", { "a.sig", "a.sig.asc" },                 "a.sig", true },
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void check_named(void)
{
	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		struct names names = { 0 };
		struct name_place places[6];
		const char *sorted[6];
		size_t n = 0, at = 0;

		for (; n < 6 && folders[i].names[n]; n++)
			sorted[n] = folders[i].names[n];
		qsort(sorted, n, sizeof(sorted[0]), compare);
		for (size_t k = 0; k < n; k++) {
			places[k] = (struct name_place){ names.text.len, DT_REG };
			buffer_text(&names.text, sorted[k]);
			buffer_char(&names.text, '\0');
			if (strcmp(sorted[k], folders[i].of) == 0)
				at = k;
		}
		names.places = places;
		names.n = n;
		CHECK(companions_named(&names, at) == folders[i].named, "names: %s",
		      folders[i].what);
		buffer_free(&names.text);
	}
}

static void check_open(int dirfd)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)4 << 20);
	CLEANUP(companions_close) struct companions_open open = { 0 };
	struct companions read = { 0 };
	const struct companion *c;

	put(dirfd, "t", "target");
	put(dirfd, "t.sig", "signature");
	put(dirfd, "t.empty", "");
	put(dirfd, "elsewhere", "secret");
	CHECK(symlinkat("elsewhere", dirfd, "t.asc") == 0 &&
		      mkfifoat(dirfd, "t.gpg", 0600) == 0 &&
		      mkdirat(dirfd, "t.idsig", 0700) == 0,
	      "a link, a FIFO and a folder");
	companions_open(dirfd, "t", &open);
	CHECK(open.n == 1, "only the file is one: %zu", open.n);
	CHECK(companions_read(&a, &open, &read) == STATUS_OK, "read");
	c = companion_find(&read, "sig");
	CHECK(c && span_equal(c->bytes, SPAN_LITERAL("signature")) && c->size == 9,
	      "its bytes");
	CHECK(!companion_find(&read, "asc") && !companion_find(NULL, "sig"), "no other");
}

static void check_limits(int dirfd)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)4 << 20);
	struct companions_open open = { 0 };
	struct companions read = { 0 };
	const struct companion *c;
	int fd = openat(dirfd, "big", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	CHECK(fd >= 0 && ftruncate(fd, 3 << 20) == 0, "three megabytes");
	for (int i = 0; i < COMPANIONS_MAX; i++)
		CHECK(companions_add(&open, i == 0 ? fd : dup(fd), COMPANION_GIVEN), "room");
	CHECK(!companions_add(&open, dup(fd), COMPANION_GIVEN), "no more room");
	open.n = 1;
	open.rows[0] = 1;
	CHECK(companions_read(&a, &open, &read) == STATUS_OK, "read");
	c = companion_find(&read, companion_rows[1].name);
	CHECK(c && c->bytes.len == COMPANION_MAX_BYTES && c->size == 3 << 20, "it is cut");
	open.n = COMPANIONS_MAX;
	companions_close(&open);
}

static void check_attribute(int dirfd)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)1 << 20);
	struct companions read = { 0 };
	const struct companion *c;
	int fd = openat(dirfd, "t", O_RDONLY | O_CLOEXEC);

	if (fsetxattr(fd, "security.selinux", "label", 5, 0) != 0) {
		printf("# skip: no security attributes can be set here\n");
		(void)close(fd);
		return;
	}
	CHECK(companions_attributes(&a, fd, &read) == STATUS_OK && !read.first &&
		      read.inode.mode == 0,
	      "no attribute without EVM");
	(void)fsetxattr(fd, "security.evm", "value", 5, 0);
	CHECK(companions_attributes(&a, fd, &read) == STATUS_OK &&
		      companion_find(&read, "security.selinux"),
	      "what EVM speaks of");
	c = companion_find(&read, "security.evm");
	CHECK(c && span_equal(c->bytes, SPAN_LITERAL("value")) && !c->next, "its value");
	CHECK(S_ISREG(read.inode.mode) && read.inode.uid == getuid(), "mode and owner");
	(void)close(fd);
}

int main(void)
{
	char command[128];
	int dirfd;

	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	dirfd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check_named();
	check_open(dirfd);
	check_limits(dirfd);
	check_attribute(dirfd);
	(void)close(dirfd);
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	CHECK(system(command) == 0, "cleaned");
	return CHECK_DONE();
}
