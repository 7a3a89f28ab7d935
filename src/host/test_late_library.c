/* SPDX-License-Identifier: MIT */
/* Libraries that are loaded late: there or not, whole or not, and again when confined. */
#include "host/late_library.h"

#include "host/confine.h"
#include "tests/check.h"
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#define ZLIB_CALLS(CALL) CALL(zlibVersion) CALL(crc32)

static const char *const zlib_names[] = { ZLIB_CALLS(LATE_NAME) };
union zlib_library {
	struct {
		ZLIB_CALLS(LATE_CALL)
	};
	late_function *list[COUNT_OF(zlib_names)];
};

static bool load(union zlib_library *z)
{
	return late_library_load("libz.so.1", zlib_names, COUNT_OF(zlib_names), z->list);
}

static bool load_confined(void)
{
	struct confine_result result;
	union zlib_library z;
	int how = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(confine_worker(&result) == STATUS_OK && load(&z) &&
				      strcmp(z.zlibVersion(), zlibVersion()) == 0
			      ? 0
			      : 1);
	return pid > 0 && waitpid(pid, &how, 0) == pid && how == 0;
}

int main(void)
{
	static const struct {
		const char *what, *file, *names[2];
		bool loaded;
	} rows[] = {
		{"a library",                  "libz.so.1", { "crc32", "zlibVersion" }, true },
		{ "a library that is not",
                 "libassay-no.so.9",			{ "crc32", "zlibVersion" },
                 false								       },
		{ "a function that is not",    "libz.so.1", { "crc32", "zlib_no" },     false},
		{ "a file that is no library",
                 "/proc/self/maps",			 { "crc32", "zlibVersion" },
                 false								       },
	};
	union zlib_library z;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		late_function *functions[2] = { NULL, NULL };

		CHECK(late_library_load(rows[i].file, rows[i].names, 2, functions) ==
			      rows[i].loaded,
		      "%s", rows[i].what);
	}
	CHECK(load(&z) && z.crc32(0, (const unsigned char *)"123456789", 9) == 0xcbf43926,
	      "what was found is what was named");
	CHECK(load_confined(), "once loaded, a confined process finds it without a file");
	return CHECK_DONE();
}
