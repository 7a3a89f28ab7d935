/* SPDX-License-Identifier: MIT */
/* A source that is in memory, and everything that is written to a descriptor. */
#include "source/source.h"

#include "source/write.h"
#include "tests/check.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* What came out of another file. */
static void test_memory(void)
{
	uint8_t bytes[3] = { 0 };
	struct span part;
	struct source s;
	struct arena a = { 0 };
	struct view v;

	source_of_memory(&s, SPAN_TEXT("abcdef"));
	CHECK(source_glance(&s, &a, &v) == STATUS_OK && v.size == 6 &&
		      view_part(&v, 1, 4, &part) == STATUS_OK &&
		      span_equal(part, SPAN_TEXT("bcde")),
	      "memory: all of it is there at once");
	CHECK(source_widen(&s, &a, &v) == STATUS_OK && a.used == 0, "and is not copied");
	CHECK(source_read(&s, &v, 3, bytes, 3) == STATUS_OK && memcmp(bytes, "def", 3) == 0,
	      "it can be read");
	CHECK(source_read(&s, &v, 4, bytes, 3) == STATUS_USAGE, "no further than it goes");
	CHECK(s.steady && source_end(&s) == STATUS_OK, "nobody changes it");
}

static void test_write(void)
{
	static uint8_t bytes[1 << 20];
	int pipe_ends[2], full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	size_t read_back = 0;
	pid_t reader;
	ssize_t n;

	CHECK(full >= 0 && !write_all(full, SPAN_LITERAL("x")) && errno == ENOSPC,
	      "no room: said, with the reason");
	CHECK(write_all(full, SPAN_NONE), "nothing always fits");
	(void)close(full);
	if (pipe2(pipe_ends, O_CLOEXEC) != 0 || (reader = fork()) < 0)
		abort();
	if (reader == 0) {
		(void)close(pipe_ends[0]);
		_exit(write_all(pipe_ends[1], SPAN_OF(bytes)) ? 0 : 1);
	}
	(void)close(pipe_ends[1]);
	while ((n = read(pipe_ends[0], bytes, 1000)) > 0)
		read_back += (size_t)n;
	(void)close(pipe_ends[0]);
	CHECK(read_back == sizeof(bytes), "a pipe that takes a part at a time gets all of it");
}

int main(void)
{
	test_memory();
	test_write();
	return CHECK_DONE();
}
