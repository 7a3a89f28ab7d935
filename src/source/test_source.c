/* SPDX-License-Identifier: MIT */
/* Source: reading what stays, and noticing what does not. */
#include "source/source.h"

#include "base/limits.h"
#include "base/memory.h"
#include "source/identity.h"
#include "tests/check.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status view_begin(struct source *s, struct arena *a, struct view *v)
{
	TRY(source_glance(s, a, v));
	return source_widen(s, a, v);
}

static uint8_t byte_at(uint64_t off)
{
	return (uint8_t)(off * 7 + off / 251 + off / 65536);
}

static bool is_original(struct span s, uint64_t off)
{
	for (size_t i = 0; i < s.len; i++)
		if (span_at(s, i) != byte_at(off + i))
			return false;
	return true;
}

/* A nameless file of @len known bytes, open for reading; *@writer: the same file for writing.
 */
static int file_new(uint64_t len, int *writer)
{
	char path[] = "/tmp/assay-source-XXXXXX", chunk[4096];
	int fd, w = mkstemp(path);

	for (uint64_t off = 0; w >= 0 && off < len; off += sizeof(chunk)) {
		size_t n = len - off < sizeof(chunk) ? (size_t)(len - off) : sizeof(chunk);

		for (size_t i = 0; i < n; i++)
			chunk[i] = (char)byte_at(off + i);
		if (write(w, chunk, n) != (ssize_t)n)
			abort();
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	(void)unlink(path);
	if (w < 0 || fd < 0)
		abort();
	if (writer)
		*writer = w;
	else
		(void)close(w);
	return fd;
}

static void overwrite(int fd, uint64_t off, const char *text)
{
	if (pwrite(fd, text, strlen(text), (off_t)off) < 0)
		abort();
}

static void test_sizes(void)
{
	static const uint64_t sizes[] = { 0, 1, 4096, SOURCE_WHOLE_MAX, SOURCE_WHOLE_MAX + 1 };

	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		struct arena a CLEANUP(arena_free) = ARENA_INIT(FILE_ARENA_BYTES);
		int fd = file_new(sizes[i], NULL);
		struct source s;
		struct view v;
		bool large = sizes[i] > SOURCE_WHOLE_MAX;
		uint64_t head = large ? SOURCE_HEAD : sizes[i];
		struct span got;

		CHECK(source_begin(&s, fd) == STATUS_OK, "begin %llu",
		      (unsigned long long)sizes[i]);
		CHECK(view_begin(&s, &a, &v) == STATUS_OK && v.size == sizes[i] &&
			      v.n == (large  ? 2
				      : head ? 1
					     : 0),
		      "view");
		CHECK(view_part(&v, 0, head, &got) == STATUS_OK && got.len == head &&
			      is_original(got, 0),
		      "its bytes");
		CHECK(source_end(&s) == STATUS_OK, "end");
		(void)close(fd);
	}
}

/* A glance reads little, and what it has read is not read again. */
static void test_glance(void)
{
	struct arena a CLEANUP(arena_free) = ARENA_INIT(FILE_ARENA_BYTES);
	int writer, fd = file_new(100000, &writer);
	struct source s;
	struct view v;

	CHECK(source_begin(&s, fd) == STATUS_OK && source_glance(&s, &a, &v) == STATUS_OK &&
		      v.n == 2 && v.pieces[0].bytes.len == SOURCE_GLANCE &&
		      v.pieces[1].bytes.len == SOURCE_GLANCE && v.size == 100000,
	      "a glance has the first bytes and the last");
	overwrite(writer, 0, "something else");
	CHECK(source_widen(&s, &a, &v) == STATUS_OK && v.n == 1 &&
		      v.pieces[0].bytes.len == 100000 && is_original(v.pieces[0].bytes, 0),
	      "widened, they are still those");
	CHECK(source_end(&s) == STATUS_CHANGED, "and the change is seen");
	(void)close(fd);
	(void)close(writer);
	fd = file_new(0, NULL);
	CHECK(source_begin(&s, fd) == STATUS_OK && source_glance(&s, &a, &v) == STATUS_OK &&
		      source_widen(&s, &a, &v) == STATUS_OK && v.n == 0,
	      "of nothing there is nothing");
	(void)close(fd);
}

static void test_refused(void)
{
	int pipes[2], fd = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct source s;

	CHECK(source_begin(&s, fd) == STATUS_USAGE, "a folder is refused");
	(void)close(fd);
	if (pipe(pipes) != 0)
		abort();
	CHECK(source_begin(&s, pipes[0]) == STATUS_USAGE, "a pipe is refused");
	(void)close(pipes[0]);
	(void)close(pipes[1]);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	CHECK(source_begin(&s, fd) == STATUS_USAGE, "a device is refused");
	(void)close(fd);
	errno = 0;
	CHECK(source_begin(&s, fd) == STATUS_IO && errno == EBADF, "no file at all");
}

static void test_wants(void)
{
	static const struct {
		uint64_t off, len;
		size_t n; /* pieces afterwards */
	} rows[] = {
		{100,      200,     2}, /* in the head */
		{ 2000000, 1,       3},
                { 2000000, 60000,   3}, /* in what came along */
		{ 2000000, 200000,  3}, /* longer: joined */
		{ 65530,   20,      3}, /* across the end of the head */
		{ 3999999, 1,       3}, /* the last byte, already there */
		{ 1990000, 100,     4}, /* just before a piece, and not joined with it */
		{ 0,       4000000, 1}, /* everything */
		{ 1234567, 7,       1},
	};
	struct arena a CLEANUP(arena_free) = ARENA_INIT(FILE_ARENA_BYTES);
	int fd = file_new(4000000, NULL);
	struct source s;
	struct view v;

	CHECK(source_begin(&s, fd) == STATUS_OK && view_begin(&s, &a, &v) == STATUS_OK,
	      "a big file");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct span got;
		enum status status = view_part(&v, rows[i].off, rows[i].len, &got);

		if (status == STATUS_WANT) {
			status = source_load(&s, &a, &v);
			if (status == STATUS_OK)
				status = view_part(&v, rows[i].off, rows[i].len, &got);
		}
		CHECK(status == STATUS_OK && got.len == rows[i].len &&
			      is_original(got, rows[i].off) && v.n == rows[i].n,
		      "want %llu+%llu", (unsigned long long)rows[i].off,
		      (unsigned long long)rows[i].len);
	}
	v.want = (struct range){ 3999999, 2 };
	CHECK(source_load(&s, &a, &v) == STATUS_USAGE, "beyond the end");
	v.want = (struct range){ UINT64_MAX, 2 };
	CHECK(source_load(&s, &a, &v) == STATUS_USAGE, "offset that wraps");
	v.want = (struct range){ 5, 0 };
	CHECK(source_load(&s, &a, &v) == STATUS_USAGE, "nothing wanted");
	CHECK(source_end(&s) == STATUS_OK, "nothing changed");
	(void)close(fd);
}

/* Parts that lie apart, as one. */
static void test_gather(void)
{
	static const struct {
		const char *name;
		struct range parts[3];
		enum status first; /* before anything is loaded for it */
		size_t n, len;
	} rows[] = {
		{"in the head",              { { 9, 5 }, { 100, 3 }, { 3, 6 } }, STATUS_OK,        3, 14},
		{ "one, in the head",        { { 9, 5 } },                       STATUS_OK,        1, 5 },
		{ "scattered and backwards",
                 { { 3000000, 9 }, { 9, 2 }, { 2000000, 9 } },
                 STATUS_WANT,								      3,
                 20										     },
		{ "the same once more",
                 { { 3000000, 9 }, { 9, 2 }, { 2000000, 9 } },
                 STATUS_OK,									3,
                 20										     },
		{ "one, elsewhere",          { { 3500000, 9 } },                 STATUS_WANT,      1, 9 },
		{ "the last byte",           { { 0, 1 }, { 3999999, 1 } },       STATUS_OK,        2, 2 },
		{ "beyond the end",          { { 0, 1 }, { 3999999, 2 } },       STATUS_MALFORMED, 2, 0 },
		{ "offset that wraps",
                 { { 0, 1 }, { UINT64_MAX, 2 } },
                 STATUS_MALFORMED,								 2,
                 0										      },
		{ "nothing",                 { { 0, 0 } },                       STATUS_OK,        0, 0 },
	};
	struct arena a CLEANUP(arena_free) = ARENA_INIT(FILE_ARENA_BYTES);
	int fd = file_new(4000000, NULL);
	struct source s;
	struct view v;

	CHECK(source_begin(&s, fd) == STATUS_OK && view_begin(&s, &a, &v) == STATUS_OK,
	      "a big file");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum status first, status;
		struct span got;
		bool good = true;
		uint64_t at = 0;

		first = status = view_gather(&v, &a, rows[i].parts, rows[i].n, &got);
		if (status == STATUS_WANT && source_load(&s, &a, &v) == STATUS_OK)
			status = view_gather(&v, &a, rows[i].parts, rows[i].n, &got);
		CHECK(first == rows[i].first && v.n == 2 && got.len == rows[i].len,
		      "gather: %s", rows[i].name);
		for (size_t k = 0; status == STATUS_OK && k < rows[i].n; k++) {
			good = good && is_original(span_clip(got, at, rows[i].parts[k].len),
						   rows[i].parts[k].off);
			at += rows[i].parts[k].len;
		}
		CHECK(good, "gather: %s: its bytes", rows[i].name);
	}
	CHECK(source_end(&s) == STATUS_OK, "nothing changed");
	(void)close(fd);
}

/* What was gathered must be there when it is read again. */
static void test_gather_changed(void)
{
	static const struct range parts[] = {
		{2000000,  9},
		{ 3000000, 9},
	};
	struct arena a CLEANUP(arena_free) = ARENA_INIT(FILE_ARENA_BYTES);
	uint8_t again[64];
	struct source s;
	struct view v;
	struct span got;
	int w, fd = file_new(4000000, &w);

	CHECK(source_begin(&s, fd) == STATUS_OK && view_begin(&s, &a, &v) == STATUS_OK &&
		      view_gather(&v, &a, parts, 2, &got) == STATUS_WANT &&
		      source_load(&s, &a, &v) == STATUS_OK,
	      "gathered");
	CHECK(source_read(&s, &v, 2999990, again, sizeof(again)) == STATUS_OK, "as it was");
	if (pwrite(w, "\1", 1, 3000008) != 1)
		abort();
	CHECK(source_read(&s, &v, 2999990, again, sizeof(again)) == STATUS_CHANGED,
	      "a gathered byte changed");
	v.want = (struct range){ 3000000, 20 };
	CHECK(source_load(&s, &a, &v) == STATUS_CHANGED, "and a piece over it is refused");
	(void)close(fd);
	(void)close(w);
}

/* A file with a hole, so that hostile wants cost neither disk nor time. */
static int sparse_new(uint64_t len)
{
	int w, fd = file_new(0, &w);

	if (ftruncate(w, (off_t)len) != 0)
		abort();
	(void)close(w);
	return fd;
}

static void test_hostile_wants(void)
{
	enum status status = STATUS_OK;
	struct arena a CLEANUP(arena_free) = ARENA_INIT(FILE_ARENA_BYTES + FILE_ARENA_MORE);
	int fd = sparse_new((uint64_t)5 << 30), steps = 0;
	struct source s;
	struct view v;

	CHECK(source_begin(&s, fd) == STATUS_OK && view_begin(&s, &a, &v) == STATUS_OK,
	      "a sparse file of 5 GiB");
	for (uint64_t off = 1 << 20; status == STATUS_OK && steps < 100; off += 1 << 20) {
		v.want = (struct range){ off, 1 };
		status = source_load(&s, &a, &v);
		steps += status == STATUS_OK;
	}
	CHECK(status == STATUS_LIMIT && steps == VIEW_MAX_PIECES - 2, "too many places");
	CHECK(v.n == VIEW_MAX_PIECES && s.loaded <= SOURCE_MAX_LOADED, "and no more");

	arena_reset(&a);
	CHECK(source_begin(&s, fd) == STATUS_OK && view_begin(&s, &a, &v) == STATUS_OK,
	      "again");
	status = STATUS_OK;
	for (steps = 0; status == STATUS_OK && steps < 100000; steps++) {
		struct span got;

		v.want = (struct range){ (uint64_t)4 << 30, v.want.len + 1 };
		if (view_part(&v, v.want.off, v.want.len, &got) == STATUS_WANT)
			status = source_load(&s, &a, &v);
		v.want.len += 5000;
	}
	CHECK(status == STATUS_LIMIT && s.loaded <= SOURCE_MAX_LOADED,
	      "always a little more: limit after %d", steps);
	v.want = (struct range){ 1, SOURCE_MAX_LOADED + 1 };
	CHECK(source_load(&s, &a, &v) == STATUS_LIMIT, "too much at once");
	CHECK(source_end(&s) == STATUS_OK, "end");
	(void)close(fd);
}

/* Many short places are loaded at once, found again, and compared when read again. */
static void test_lists(void)
{
	struct arena a CLEANUP(arena_free) = ARENA_INIT(FILE_ARENA_BYTES);
	int w, fd = file_new(3000000, &w);
	struct range wants[1000];
	struct source s;
	struct span got;
	struct view v;
	uint8_t byte;
	size_t bad = 0;

	CHECK(source_begin(&s, fd) == STATUS_OK && view_begin(&s, &a, &v) == STATUS_OK,
	      "a file for lists");
	for (size_t i = 0; i < COUNT_OF(wants); i++)
		wants[i] = (struct range){ 1000 + i * 2900, 1 + i % 100 };
	CHECK(view_want(&v, wants, COUNT_OF(wants)) == STATUS_WANT &&
		      source_load(&s, &a, &v) == STATUS_OK && v.n_want_parts == 0,
	      "a thousand places");
	for (size_t i = 0; i < COUNT_OF(wants); i++)
		bad += view_part(&v, wants[i].off, wants[i].len, &got) != STATUS_OK ||
		       got.len != wants[i].len || !is_original(got, wants[i].off);
	CHECK(bad == 0, "all are there");
	CHECK(view_part(&v, wants[999].off, 101, &got) == STATUS_WANT && v.want.len == 101,
	      "and nothing else");
	CHECK(source_read(&s, &v, wants[50].off, &byte, 1) == STATUS_OK, "read again");
	if (pwrite(w, "?", 1, (off_t)wants[500].off) != 1)
		abort();
	CHECK(source_read(&s, &v, wants[500].off, &byte, 1) == STATUS_CHANGED,
	      "a change is noticed");
	wants[7].off = UINT64_MAX;
	CHECK(view_want(&v, wants, COUNT_OF(wants)) == STATUS_WANT &&
		      source_load(&s, &a, &v) == STATUS_USAGE,
	      "a place outside");
	(void)close(w);
	(void)close(fd);
}

static void test_last_bytes(void)
{
	static const uint8_t four[] = { 'l', 'a', 's', 't' };
	struct arena a CLEANUP(arena_free) = ARENA_INIT(FILE_ARENA_BYTES);
	uint64_t end = ((uint64_t)4 << 30) + 4096;
	int w, fd = file_new(0, &w);
	struct span got;
	struct source s;
	struct view v;

	overwrite(w, end, "last");
	overwrite(w, end + ((uint64_t)1 << 20), "and more");
	(void)close(w);
	CHECK(source_begin(&s, fd) == STATUS_OK && view_begin(&s, &a, &v) == STATUS_OK,
	      "more than 4 GiB");
	CHECK(view_part(&v, end, 4, &got) == STATUS_WANT &&
		      source_load(&s, &a, &v) == STATUS_OK &&
		      view_part(&v, end, 4, &got) == STATUS_OK &&
		      span_equal(got, SPAN_OF(four)),
	      "bytes behind 4 GiB");
	CHECK(source_end(&s) == STATUS_OK, "end");
	(void)close(fd);
}

enum edit { EDIT_NONE, EDIT_HEAD, EDIT_OTHER, EDIT_SHORTER, EDIT_LONGER, EDIT_MODE };

static void edit_file(int w, enum edit edit)
{
	int failed = 0;

	switch (edit) {
	case EDIT_NONE: return;
	case EDIT_HEAD: overwrite(w, 5, "FORGED"); return;
	case EDIT_OTHER: overwrite(w, 1900000, "FORGED"); return;
	case EDIT_SHORTER: failed = ftruncate(w, 1000); break;
	case EDIT_LONGER: failed = ftruncate(w, 3000000); break;
	case EDIT_MODE: failed = fchmod(w, 0640); break;
	}
	if (failed)
		abort();
}

static void test_edits(void)
{
	static const struct {
		const char *name;
		enum edit edit;
		enum status read, end;
	} rows[] = {
		{"nothing",               EDIT_NONE,    STATUS_OK,      STATUS_OK     },
		{ "bytes that were read", EDIT_HEAD,    STATUS_CHANGED, STATUS_CHANGED},
		{ "bytes that were not",  EDIT_OTHER,   STATUS_OK,      STATUS_CHANGED},
		{ "shorter",              EDIT_SHORTER, STATUS_CHANGED, STATUS_CHANGED},
		{ "longer",               EDIT_LONGER,  STATUS_OK,      STATUS_CHANGED},
		{ "permissions",          EDIT_MODE,    STATUS_OK,      STATUS_CHANGED},
	};
	static uint8_t bytes[2000000];

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena a CLEANUP(arena_free) = ARENA_INIT(FILE_ARENA_BYTES);
		int w, fd = file_new(sizeof(bytes), &w);
		struct source s;
		struct view v;

		CHECK(source_begin(&s, fd) == STATUS_OK && !s.leased &&
			      view_begin(&s, &a, &v) == STATUS_OK,
		      "edit: %s", rows[i].name);
		(void)usleep(10000); /* more than one tick of the file system's clock */
		edit_file(w, rows[i].edit);
		CHECK(source_read(&s, &v, 0, bytes, sizeof(bytes)) == rows[i].read, "read");
		CHECK(source_end(&s) == rows[i].end, "end");
		(void)close(w);
		(void)close(fd);
	}
}

static void test_read(void)
{
	struct arena a CLEANUP(arena_free) = ARENA_INIT(FILE_ARENA_BYTES);
	int fd = file_new(100000, NULL);
	uint8_t bytes[5000];
	struct source s;
	struct view v;

	CHECK(source_begin(&s, fd) == STATUS_OK && view_begin(&s, &a, &v) == STATUS_OK, "read");
	CHECK(source_read(&s, &v, 95000, bytes, 5000) == STATUS_OK &&
		      is_original(SPAN_OF(bytes), 95000),
	      "the end");
	CHECK(source_read(&s, NULL, 7, bytes, 5000) == STATUS_OK &&
		      is_original(SPAN_OF(bytes), 7),
	      "without a view");
	CHECK(source_read(&s, &v, 100000, bytes, 0) == STATUS_OK, "nothing at the end");
	CHECK(source_read(&s, &v, 95001, bytes, 5000) == STATUS_USAGE, "beyond the end");
	CHECK(source_read(&s, &v, UINT64_MAX, bytes, 2) == STATUS_USAGE, "far beyond");
	CHECK(source_end(&s) == STATUS_OK, "end");
	(void)close(fd);

	fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	s = (struct source){ .fd = fd, .before.size = 4096 };
	CHECK(source_read(&s, NULL, 0, bytes, 16) == STATUS_IO && errno == EIO,
	      "an input/output error is one");
	(void)close(fd);
}

static void test_no_memory(void)
{
	struct arena a CLEANUP(arena_free) = ARENA_INIT(FILE_ARENA_BYTES);
	struct arena tiny CLEANUP(arena_free) = ARENA_INIT(1024);
	int fd = file_new(2000000, NULL);
	struct source s;
	struct view v;

	CHECK(source_begin(&s, fd) == STATUS_OK, "no memory");
	CHECK(view_begin(&s, &tiny, &v) == STATUS_NO_MEMORY, "an arena that is too small");
	memory_fail_after(0);
	CHECK(view_begin(&s, &a, &v) == STATUS_NO_MEMORY, "none for the head");
	memory_fail_after(-1);
	CHECK(view_begin(&s, &a, &v) == STATUS_OK, "now there is some");
	v.want = (struct range){ 1500000, 300000 };
	memory_fail_after(0);
	CHECK(source_load(&s, &a, &v) == STATUS_NO_MEMORY && v.n == 2, "none for a piece");
	memory_fail_after(-1);
	CHECK(source_load(&s, &a, &v) == STATUS_OK && v.n == 3, "later it works");
	CHECK(source_end(&s) == STATUS_OK, "end");
	(void)close(fd);
}

struct writer {
	const char *path;
	int result;
};

/* Waits in open() until the lease is given back. */
static void *write_file(void *context)
{
	struct writer *w = context;
	int fd = open(w->path, O_WRONLY | O_CLOEXEC);

	w->result = fd;
	if (fd >= 0) {
		overwrite(fd, 1500000, "FORGED");
		(void)close(fd);
	}
	return NULL;
}

static void test_lease(void)
{
	char path[] = "/tmp/assay-lease-XXXXXX";
	int w = mkstemp(path), fd = open(path, O_RDONLY | O_CLOEXEC);
	struct writer writer = { path, -1 };
	uint8_t bytes[16];
	pthread_t thread;
	struct source s;

	if (w < 0 || fd < 0 || ftruncate(w, 2000000) != 0 || close(w) != 0)
		abort();
	CHECK(source_begin(&s, fd) == STATUS_OK, "begin");
	if (s.leased) {
		if (pthread_create(&thread, NULL, write_file, &writer) != 0)
			abort();
		for (int i = 0; i < 1000 && fcntl(fd, F_GETLEASE) == F_RDLCK; i++)
			(void)usleep(1000);
		CHECK(writer.result == -1, "who wants to write waits");
		CHECK(source_read(&s, NULL, 0, bytes, sizeof(bytes)) == STATUS_OK && !s.leased,
		      "not longer than one chunk; no signal ended us");
		(void)pthread_join(thread, NULL);
		CHECK(writer.result >= 0, "then it writes");
		CHECK(source_end(&s) == STATUS_CHANGED, "and that is noticed");
		CHECK(source_begin(&s, fd) == STATUS_OK && s.leased, "a second lease");
		CHECK(source_end(&s) == STATUS_OK && fcntl(fd, F_GETLEASE) == F_UNLCK &&
			      fcntl(fd, F_GETSIG) == 0 && fcntl(fd, F_GETOWN) == 0,
		      "given back, no trace left");
	} else {
		printf("# skip: no leases here\n");
		CHECK(source_end(&s) == STATUS_OK, "end");
	}
	(void)unlink(path);
	(void)close(fd);
}

/* A mapping outlives its descriptor, and writes to a dirty page change no time. */
static void test_steady(void)
{
	int w, fd = file_new(4096, &w);
	uint8_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, w, 0);
	struct source s;

	if (page == MAP_FAILED)
		abort();
	(void)close(w);
	CHECK(source_begin(&s, fd) == STATUS_OK && !s.steady && source_end(&s) == STATUS_OK,
	      "mapped by somebody who may write: not steady");
	(void)munmap(page, 4096);
	CHECK(source_begin(&s, fd) == STATUS_OK && s.steady == s.leased &&
		      source_end(&s) == STATUS_OK,
	      "our own, and nobody writes: steady if a lease says so");
	(void)close(fd);
	fd = memfd_create("assay-source", MFD_CLOEXEC);
	CHECK(fd >= 0 && identity_telling_of(fd) == TELLS_OF_NONE,
	      "mapped writing sets no time on tmpfs");
	(void)close(fd);
}

int main(void)
{
	test_sizes();
	test_glance();
	test_refused();
	test_wants();
	test_gather();
	test_gather_changed();
	test_hostile_wants();
	test_lists();
	test_last_bytes();
	test_edits();
	test_read();
	test_no_memory();
	test_lease();
	test_steady();
	return CHECK_DONE();
}
