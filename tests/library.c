/* SPDX-License-Identifier: MIT */
/*
 * A user of libassay: knows include/assay.h and nothing else of this house.
 *
 *	test_library [FILE...]
 */
#include "assay.h"
#include "tests/check.h"
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#define THREADS 4
#define ROUNDS  50

static int file_of(const void *bytes, size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, bytes, len) != (ssize_t)len)
		return -1;
	return fd;
}

/* A DOS header whose e_lfanew leads nowhere. */
static const unsigned char dos[64] = { 'M', 'Z', [0x3c] = 0xff, 0xff, 0xff, 0x7f };

static void test_words(void)
{
	CHECK(strcmp(assay_version(), ASSAY_VERSION) == 0, "the version");
	CHECK(strcmp(assay_verdict_word(ASSAY_VERDICT_GRAFTED), "grafted") == 0, "a verdict");
	CHECK(strcmp(assay_trust_word((enum assay_trust)99), "unknown") == 0,
	      "no word: unknown");
}

static void test_open(void)
{
	static const char *const missing[] = { "/nonexistent", NULL };
	struct assay_config config = { .trust_paths = missing };
	struct assay_engine *e;

	CHECK(assay_engine_open(&config, &e) != ASSAY_OK && !e, "anchors that are not there");
	config = (struct assay_config){ .fold = (enum assay_fold)77 };
	CHECK(assay_engine_open(&config, &e) == ASSAY_ERROR_USAGE && !e, "a fold that is none");
	config = (struct assay_config){ .only_trust = 1 };
	CHECK(assay_engine_open(&config, &e) == ASSAY_OK && e, "no anchors at all");
	assay_engine_close(e);
	assay_engine_close(NULL);
	assay_report_free(NULL);
}

/* The word for @fd, and that its JSON says the same. */
static enum assay_verdict judge(struct assay_engine *e, int fd, const char *name)
{
	struct assay_report *r;
	enum assay_verdict v = ASSAY_VERDICT_UNKNOWN;
	char want[64], *json;
	size_t len;

	if (assay_examine(e, fd, &r) != ASSAY_OK)
		return v;
	(void)snprintf(want, sizeof(want), "\"verdict\":\"%s\"",
		       assay_verdict_word(assay_report_verdict(r)));
	if (assay_report_json(r, name, &json, &len) == ASSAY_OK && strlen(json) == len &&
	    strstr(json, want) && strstr(json, "\"assay.report/1\"") && strstr(json, name) &&
	    assay_report_rule(r))
		v = assay_report_verdict(r);
	free(json);
	assay_report_free(r);
	return v;
}

static void test_judging(struct assay_engine *e)
{
	int text = file_of("hello", 5), program = file_of(dos, sizeof(dos)), folder;

	CHECK(judge(e, text, "text") == ASSAY_VERDICT_UNSUPPORTED, "text is no program");
	CHECK(judge(e, program, "dos") != ASSAY_VERDICT_VALID &&
		      judge(e, program, "dos") != ASSAY_VERDICT_UNKNOWN,
	      "a broken program has a word, and no good one");
	CHECK(lseek(text, 0, SEEK_CUR) == 5, "the descriptor's offset is not used");
	folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(judge(e, folder, "folder") == ASSAY_VERDICT_ERROR, "a folder is an error");
	(void)close(folder);
	CHECK(judge(e, -1, "none") == ASSAY_VERDICT_ERROR, "no descriptor is an error");
	(void)close(text);
	(void)close(program);
}

static void *judge_often(void *engine)
{
	int fd = file_of(dos, sizeof(dos));
	size_t n = 0;

	for (int i = 0; i < ROUNDS; i++) {
		enum assay_verdict v = judge((struct assay_engine *)engine, fd, "dos");

		n += v != ASSAY_VERDICT_UNKNOWN && v != ASSAY_VERDICT_ERROR;
	}
	(void)close(fd);
	return n == ROUNDS ? engine : NULL;
}

static void test_threads(struct assay_engine *e)
{
	pthread_t threads[THREADS];
	int n = 0;

	for (int i = 0; i < THREADS; i++)
		(void)pthread_create(&threads[i], NULL, judge_often, e);
	for (int i = 0; i < THREADS; i++) {
		void *good = NULL;

		(void)pthread_join(threads[i], &good);
		n += good == e;
	}
	CHECK(n == THREADS, "%d threads judge with one engine", n);
}

int main(int argc, char *argv[])
{
	struct assay_config config = { .at = 1795348800, .with_sha256 = 1 };
	struct assay_engine *e;

	test_words();
	test_open();
	CHECK(assay_engine_open(&config, &e) == ASSAY_OK && e, "an engine opens");
	if (e) {
		test_judging(e);
		test_threads(e);
	}
	for (int i = 1; e && i < argc; i++) {
		int fd = open(argv[i], O_RDONLY | O_CLOEXEC);

		CHECK(judge(e, fd, "named") != ASSAY_VERDICT_UNKNOWN, "%s", argv[i]);
		(void)close(fd);
	}
	assay_engine_close(e);
	return CHECK_DONE();
}
