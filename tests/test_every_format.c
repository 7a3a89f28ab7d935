/* SPDX-License-Identifier: MIT */
/*
 * Every format, through the whole house: the seeds of the fuzz targets, whole, cut
 * anywhere, with any byte changed, and with any allocation failing.  Whatever
 * they are, an answer comes that can be sent, and it is an honest one.
 *
 * usage: test_every_format FOLDER (fuzz/corpus)
 */
#include "base/memory.h"
#include "evidence/evidence.h"
#include "tests/check.h"
#include "tests/court.h"
#include "verify/scheme.h"
#include <dirent.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEED_MAX ((size_t)64 << 10)
#define PLACES   160 /* cuts and changes of one seed */
#define FAILURES 120 /* failing allocations of one seed */
#define NUMBERS  60  /* the same of libcrypto */

/* Those whose seeds are files as users have them, and not parts of them. */
static const char *const kinds[] = {
	"cab",   "cat",    "kernel_module",    "macho", "msi", "packages", "pe",
	"plist", "script", "windows_packages", "xar",   "xml", "zip",
};

/* Sent to the supervisor and read there: the same report. */
static bool report_travels(const struct report *r)
{
	struct arena a = ARENA_INIT((size_t)64 << 20);
	CLEANUP(buffer_free) struct buffer wire = BUFFER_INIT, again = BUFFER_INIT;
	struct report back;
	bool same;

	wire_encode(&wire, r);
	same = buffer_status(&wire) == STATUS_OK &&
	       wire_decode(&a, buffer_span(&wire), &back) == STATUS_OK;
	if (same)
		wire_encode(&again, &back);
	same = same && span_equal(buffer_span(&wire), buffer_span(&again));
	arena_free(&a);
	return same;
}

/* An answer about the file; our own failures are none, without a cause. */
static bool report_is_honest(const struct report *r)
{
	return r->verdict != ASSAY_VERDICT_UNKNOWN && r->rule &&
	       strcmp(r->rule, "error.internal") != 0 && report_travels(r);
}

/* A place for the @i-th of @n changes in @len bytes: dense at both ends. */
static size_t place_of(size_t i, size_t n, size_t len)
{
	if (len <= n)
		return i % len;
	if (i < n / 4)
		return i;
	if (i < n / 2)
		return len - 1 - (i - n / 4);
	return (i - n / 2) * (len / (n / 2 + 1)) + i % 7;
}

static void cuts(struct court *c, const char *name, struct span file)
{
	size_t n = file.len < PLACES ? file.len : PLACES, wrong = 0;

	for (size_t i = 0; i < n; i++)
		wrong += !report_is_honest(
			court_judge(c, span_clip(file, 0, place_of(i, n, file.len))));
	CHECK(wrong == 0, "%s: cut at %zu places", name, n);
}

static void changes(struct court *c, const char *name, uint8_t *bytes, size_t len)
{
	size_t n = len < PLACES ? len : PLACES, wrong = 0;

	for (size_t i = 0; i < n; i++) {
		size_t at = place_of(i, n, len);

		bytes[at] ^= 0xA5;
		wrong += !report_is_honest(court_judge(c, (struct span){ bytes, len }));
		bytes[at] ^= 0xA5;
	}
	CHECK(wrong == 0, "%s: %zu bytes changed, one at a time", name, n);
}

/* The n-th allocation fails, and all after it: out of memory is said, nothing else. */
static void failures(struct court *c, const char *name, struct span file)
{
	enum assay_verdict whole = court_judge(c, file)->verdict;
	size_t wrong = 0, n_failed = 0;
	long n = 0;

	for (size_t i = 0; i < FAILURES; i++, n += 1 + (long)(i / 8)) {
		const struct report *r = &c->report;

		arena_free(&c->arena);
		c->arena = (struct arena)ARENA_INIT(c->arena.limit);
		memory_fail_after(n);
		engine_examine(&c->engine, c->lanes, &(struct engine_file){ .fd = c->fd }, 1,
			       &c->arena, &c->report);
		memory_fail_after(-1);
		if (r->verdict == whole)
			break;
		if (r->verdict != ASSAY_VERDICT_ERROR || strcmp(r->rule, "error.memory") != 0)
			printf("# allocation %ld: %s\n", n, r->rule);
		n_failed++;
		wrong += r->verdict != ASSAY_VERDICT_ERROR ||
			 strcmp(r->rule, "error.memory") != 0;
	}
	CHECK(wrong == 0, "%s: %zu failing allocations, each an error", name, n_failed);
}

/* Allocations that libcrypto still gets; negative: all. */
static long numbers_left = -1;

static bool numbers_end(void)
{
	if (numbers_left > 0)
		numbers_left--;
	return numbers_left == 0;
}

static void *number_new(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return numbers_end() ? NULL : malloc(size);
}

static void *number_resize(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return numbers_end() ? NULL : realloc(p, size);
}

static void number_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* Mathematics that was not done says nothing about a signature: not that it is bad, either. */
static void uncomputed(struct court *c, const char *name, struct span file)
{
	enum assay_verdict whole = court_judge(c, file)->verdict;
	size_t wrong = 0, n_failed = 0;

	for (long n = 1; n < NUMBERS; n += 1 + n / 8) {
		const struct report *r;
		bool failed;

		numbers_left = n;
		r = court_judge(c, file);
		failed = numbers_left == 0;
		numbers_left = -1;
		if (!failed)
			break;
		n_failed++;
		if (r->verdict == whole ||
		    (r->verdict == ASSAY_VERDICT_ERROR && strcmp(r->rule, "error.memory") == 0))
			continue;
		printf("# number %ld: %s\n", n, r->rule);
		wrong++;
	}
	CHECK(wrong == 0, "%s: %zu times without numbers, each an error", name, n_failed);
}

static void seed_judge(struct court *c, const char *kind, const char *folder, const char *seed)
{
	static uint8_t bytes[SEED_MAX];
	char path[4096], name[300];
	ssize_t len;
	int fd;

	(void)snprintf(path, sizeof path, "%s/%s/%s", folder, kind, seed);
	(void)snprintf(name, sizeof name, "%s/%.200s", kind, seed);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, bytes, sizeof bytes);
	(void)close(fd);
	if (len <= 0)
		return;
	CHECK(report_is_honest(court_judge(c, (struct span){ bytes, (size_t)len })), "%s: %s",
	      name, c->report.format ? c->report.format : "no format");
	failures(c, name, (struct span){ bytes, (size_t)len });
	uncomputed(c, name, (struct span){ bytes, (size_t)len });
	cuts(c, name, (struct span){ bytes, (size_t)len });
	changes(c, name, bytes, (size_t)len);
}

static void kind_judge(struct court *c, const char *kind, const char *folder)
{
	struct dirent **seeds;
	char path[4096];
	int n;

	(void)snprintf(path, sizeof path, "%s/%s", folder, kind);
	n = scandir(path, &seeds, NULL, alphasort);
	CHECK(n > 2, "%s: there are seeds", kind);
	for (int i = 0; i < n; i++) {
		if (seeds[i]->d_name[0] != '.')
			seed_judge(c, kind, folder, seeds[i]->d_name);
		free(seeds[i]);
	}
	if (n >= 0)
		free(seeds);
}

/* Rooms find themselves by name, so no two may have the same. */
static void lists(void)
{
	size_t twice = 0;

	for (size_t i = 0; i < n_schemes; i++)
		for (size_t k = 0; k < i; k++)
			twice += strcmp(schemes[i]->name, schemes[k]->name) == 0;
	CHECK(twice == 0 && n_schemes > 0, "%zu schemes, none twice", n_schemes);
	for (size_t i = 0; i < n_formats; i++)
		for (size_t k = 0; k < i; k++)
			twice += strcmp(formats[i]->name, formats[k]->name) == 0;
	CHECK(twice == 0 && n_formats > 0, "%zu formats, none twice", n_formats);
}

int main(int argc, char **argv)
{
	struct court court;

	CHECK(CRYPTO_set_mem_functions(number_new, number_resize, number_free) == 1,
	      "libcrypto asks here");
	lists();

	court_open(&court, NULL);
	court.engine.settings.with_sha256 = true;
	for (size_t i = 0; argc > 1 && i < COUNT_OF(kinds); i++)
		kind_judge(&court, kinds[i], argv[1]);
	court_close(&court);
	return CHECK_DONE();
}
