/* SPDX-License-Identifier: MIT */
/* What a watch has told stays true however much it is, and nobody else can write to it. */
#include "cmd/fim_state.h"
#include "tests/check.h"
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANY ((size_t)FIM_LATER_MAX + 100)

static char folder[] = "/tmp/assay-state-XXXXXX", path[48], seen[64];
static struct arena arena = ARENA_INIT((size_t)64 << 20);

static struct baseline_record record_of(const char *name, uint64_t size)
{
	return (struct baseline_record){ .path = SPAN_TEXT(name),
					 .mode = S_IFREG | 0644,
					 .size = size };
}

static struct baseline *baseline_new(void)
{
	static const char *scopes[] = { "/", NULL }, *none[] = { NULL };
	const struct baseline_about about = { .engine = "1",
					      .host = "",
					      .reason = "",
					      .scopes = scopes,
					      .n_scopes = 1,
					      .exclude = none };
	const struct baseline_record only = record_of("/00000000", 1);
	struct baseline_writer *w;
	uint8_t root[32];
	const char *problem;
	struct baseline *out;

	if (baseline_writer_new(path, &w) != STATUS_OK ||
	    baseline_writer_add(w, &only) != STATUS_OK ||
	    baseline_writer_finish(w, &about, root) != STATUS_OK ||
	    baseline_writer_commit(w) != STATUS_OK ||
	    baseline_open(&arena, path, &out, &problem) != STATUS_OK)
		abort();
	baseline_writer_free(w);
	return out;
}

static bool is_known(const struct fim_state *s, size_t i, uint64_t size)
{
	struct baseline_record r;
	char name[16];

	(void)snprintf(name, sizeof(name), "/%08zu", i);
	return fim_known_find(&s->known, SPAN_TEXT(name), &r) == STATUS_OK && r.size == size;
}

static enum status set(struct fim_state *s, size_t i, uint64_t size, bool gone)
{
	struct baseline_record r;
	char name[16];

	(void)snprintf(name, sizeof(name), "/%08zu", i);
	r = record_of(name, size);
	return fim_state_set(s, &arena, &r, gone);
}

static void test_many(const struct baseline *b)
{
	enum status status = STATUS_OK;
	struct fim_state s;
	bool known = true;

	CHECK(fim_state_begin(&s, &arena, b, path) == STATUS_OK && access(seen, F_OK) != 0,
	      "what an older version kept is removed, and not believed");
	CHECK(is_known(&s, 0, 1) && !is_known(&s, 1, 1), "only the baseline is known");
	status = set(&s, 0, 1, true);
	for (size_t i = 1; i < MANY && status == STATUS_OK; i++)
		status = set(&s, i, i, false);
	CHECK(status == STATUS_OK && s.spilled, "more than memory holds goes to a file");
	for (size_t i = 1; i < MANY; i++)
		known = known && is_known(&s, i, i);
	CHECK(known && !is_known(&s, 0, 1), "and all of it is known, also what is gone");
	CHECK(access(seen, F_OK) != 0, "the file has no name");
	fim_state_end(&s);
	CHECK(fim_state_begin(&s, &arena, b, path) == STATUS_OK && is_known(&s, 0, 1) &&
		      !is_known(&s, 1, 1),
	      "the next one knows the baseline alone");
	fim_state_end(&s);
}

/* What stands in the way of the file is not taken for it. */
static void test_way(const struct baseline *b)
{
	struct fim_state s;

	CHECK(mkdir(seen, 0700) == 0 && fim_state_begin(&s, &arena, b, path) == STATUS_IO,
	      "a folder in its place is told");
	CHECK(rmdir(seen) == 0, "(and removed)");
}

int main(void)
{
	struct baseline *b;
	FILE *old;

	if (!mkdtemp(folder))
		return 1;
	(void)snprintf(path, sizeof(path), "%s/baseline", folder);
	(void)snprintf(seen, sizeof(seen), "%s.seen", path);
	b = baseline_new();
	old = fopen(seen, "w");
	if (!old || fclose(old) != 0)
		return 1;
	test_many(b);
	test_way(b);
	baseline_close(b);
	(void)unlink(path);
	(void)rmdir(folder);
	arena_free(&arena);
	return CHECK_DONE();
}
