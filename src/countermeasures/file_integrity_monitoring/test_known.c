/* SPDX-License-Identifier: MIT */
/* What was seen later lies over what stands in a baseline. */
#include "base/memory.h"
#include "countermeasures/file_integrity_monitoring/known.h"
#include "tests/check.h"
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/assay-known-XXXXXX", path[64];
static struct arena arena = ARENA_INIT((size_t)16 << 20);

static struct baseline_record record_of(const char *name, uint64_t size)
{
	return (struct baseline_record){ .path = SPAN_TEXT(name),
					 .mode = S_IFREG | 0644,
					 .size = size };
}

static struct baseline *baseline_of(const char *const *names, size_t n)
{
	static const char *scopes[] = { "/", NULL }, *none[] = { NULL };
	const struct baseline_about about = { .engine = "1",
					      .host = "",
					      .reason = "",
					      .scopes = scopes,
					      .n_scopes = 1,
					      .exclude = none };
	struct baseline_writer *w;
	uint8_t root[32];
	const char *problem;
	struct baseline *out;

	if (baseline_writer_new(path, &w) != STATUS_OK)
		abort();
	for (size_t i = 0; i < n; i++) {
		struct baseline_record r = record_of(names[i], i + 1);

		if (baseline_writer_add(w, &r) != STATUS_OK)
			abort();
	}
	if (baseline_writer_finish(w, &about, root) != STATUS_OK ||
	    baseline_writer_commit(w) != STATUS_OK)
		abort();
	baseline_writer_free(w);
	if (baseline_open(&arena, path, &out, &problem) != STATUS_OK)
		abort();
	return out;
}

/* A text of all records from @from on: "/a=1 /b=20 ". */
static const char *all_from(const struct fim_known *k, const char *from)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	struct fim_known_place place = { 0 };
	struct baseline_record r;
	enum status status = fim_known_seek(k, SPAN_TEXT(from), &place);

	while (status == STATUS_OK && (status = fim_known_next(k, &place, &r)) == STATUS_OK) {
		buffer_add(&out, r.path);
		buffer_printf(&out, "=%d ", (int)r.size);
	}
	CHECK(status == STATUS_NOT_MINE, "read to the end");
	return arena_string(&arena, buffer_span(&out));
}

static void check_text(const char *got, const char *expected, const char *what)
{
	CHECK(got && strcmp(got, expected) == 0, "%s: %s", what, got);
}

static void set(struct fim_known *k, const char *name, uint64_t size)
{
	struct baseline_record r = record_of(name, size);

	CHECK(fim_known_set(k, &r, size == 0) == STATUS_OK, "%s is set", name);
}

static void test_laid_over(void)
{
	static const char *const names[] = { "/a", "/b", "/b/c", "/d" };
	struct baseline *b = baseline_of(names, COUNT_OF(names));
	struct fim_known k = { .baseline = b };
	struct baseline_record r;

	check_text(all_from(&k, "/"), "/a=1 /b=2 /b/c=3 /d=4 ", "what stands in the baseline");
	set(&k, "/b", 20);
	set(&k, "/a", 0);
	set(&k, "/e", 50);
	set(&k, "/0", 9);
	set(&k, "/b!", 7);
	check_text(all_from(&k, "/"), "/0=9 /b=20 /b/c=3 /b!=7 /d=4 /e=50 ",
		   "changed, gone, new, in order");
	check_text(all_from(&k, "/b"), "/b=20 /b/c=3 /b!=7 /d=4 /e=50 ", "from a name on");
	check_text(all_from(&k, "/b/b"), "/b/c=3 /b!=7 /d=4 /e=50 ", "from between names on");
	check_text(all_from(&k, "/f"), "", "from behind the last on");
	set(&k, "/e", 0);
	set(&k, "/a", 10);
	set(&k, "/b", 21);
	check_text(all_from(&k, "/"), "/0=9 /a=10 /b=21 /b/c=3 /b!=7 /d=4 ", "set again");
	CHECK(fim_known_find(&k, SPAN_TEXT("/b"), &r) == STATUS_OK && r.size == 21, "found");
	CHECK(fim_known_find(&k, SPAN_TEXT("/d"), &r) == STATUS_OK && r.size == 4,
	      "found below");
	CHECK(fim_known_find(&k, SPAN_TEXT("/e"), &r) == STATUS_NOT_MINE, "gone");
	CHECK(fim_known_find(&k, SPAN_TEXT("/none"), &r) == STATUS_NOT_MINE, "never there");
	fim_known_clear(&k);
	check_text(all_from(&k, "/"), "/a=1 /b=2 /b/c=3 /d=4 ", "forgotten");
	baseline_close(b);
}

static void test_written(void)
{
	static const char *const names[] = { "/a", "/b" };
	struct baseline *b = baseline_of(names, COUNT_OF(names));
	struct fim_known k = { .baseline = b };
	struct baseline_writer *w;
	uint8_t root[32];
	static const char *none[] = { NULL };
	const struct baseline_about about = {
		.engine = "", .host = "", .reason = "", .scopes = none, .exclude = none
	};
	const char *problem;

	set(&k, "/a", 0);
	set(&k, "/c", 3);
	if (baseline_writer_new(path, &w) != STATUS_OK)
		abort();
	CHECK(fim_known_write(&k, w) == STATUS_OK &&
		      baseline_writer_finish(w, &about, root) == STATUS_OK &&
		      baseline_writer_commit(w) == STATUS_OK,
	      "written down");
	baseline_writer_free(w);
	fim_known_clear(&k);
	baseline_close(b);
	if (baseline_open(&arena, path, &b, &problem) != STATUS_OK)
		abort();
	k.baseline = b;
	check_text(all_from(&k, "/"), "/b=2 /c=3 ", "and it is the same");
	baseline_close(b);
}

static void test_limits(void)
{
	struct fim_known k = { 0 };
	struct baseline_record r = record_of("/x", 1);

	for (size_t i = 0; i < FIM_LATER_MAX; i++) {
		r.path = SPAN_TEXT(arena_printf(&arena, "/%zu", (i * 7919) % FIM_LATER_MAX));
		if (fim_known_set(&k, &r, false) != STATUS_OK)
			abort();
	}
	CHECK(k.n_later == FIM_LATER_MAX, "as many as there is room for");
	CHECK(fim_known_set(&k, &r, true) == STATUS_OK, "one of them changes");
	r.path = SPAN_TEXT("/new");
	CHECK(fim_known_set(&k, &r, false) == STATUS_LIMIT, "one more does not fit");
	fim_known_clear(&k);
	memory_fail_after(0);
	CHECK(fim_known_set(&k, &r, false) == STATUS_NO_MEMORY, "no memory");
	memory_fail_after(-1);
	fim_known_clear(&k);
}

int main(void)
{
	if (!mkdtemp(folder))
		abort();
	(void)snprintf(path, sizeof(path), "%s/baseline", folder);
	test_laid_over();
	test_written();
	test_limits();
	(void)unlink(path);
	(void)rmdir(folder);
	arena_free(&arena);
	return CHECK_DONE();
}
