/* SPDX-License-Identifier: MIT */
/* Lists of digests: what is written is read again; what makes no sense is refused. */
#include "store/digest_list.h"

#include "base/span_search.h"
#include "tests/check.h"
#include <sys/stat.h>
#include <unistd.h>

#define A "00000000000000000000000000000000000000000000000000000000000000aa"
#define B "FF000000000000000000000000000000000000000000000000000000000000bb"

static const struct {
	const char *name, *text;
	size_t n;
	const char *problem; /* a part of it; NULL: none */
} rows[] = {
	{"nothing",          "",			     0, NULL     },
	{ "one",             A,			      1, NULL     },
	{ "either case",     A "\n" B "\n",                  2, NULL     },
	{ "twice",           A "\n" A " again\n",            1, NULL     },
	{ "with reasons",    "# why\n\n " A "  because\r\n", 1, NULL     },
	{ "too short",       A "\nabcd\n",                   0, "list:2:"},
	{ "too long",        A "0\n",                        0, "list:1:"},
	{ "no hex",          "x" A "\n",                     0, "list:1:"},
	{ "nothing between", A "because\n",                  0, "list:1:"},
};

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena a = ARENA_INIT(1 << 20);
		const char *problem = NULL;
		struct digest_list list;
		enum status status =
			digest_list_parse(&a, SPAN_TEXT(rows[i].text), "list", &list, &problem);

		if (rows[i].problem)
			CHECK(status == STATUS_USAGE && problem &&
				      strstr(problem, rows[i].problem),
			      "%s: %s", rows[i].name, problem ? problem : "taken");
		else
			CHECK(status == STATUS_OK && list.n == rows[i].n, "%s: %zu",
			      rows[i].name, list.n);
		arena_free(&a);
	}
}

static enum status add(struct arena *a, struct digest_list *list, const uint8_t digest[32],
		       const char *reason, bool *changed)
{
	struct digest_entry e = { .type = DIGEST_ENTRY_FILE, .reason = reason, .author = "" };

	(void)memcpy(e.digest, digest, sizeof(e.digest));
	return digest_list_add(a, list, &e, changed);
}

/* What is on it for a time only, and what is no file. */
static void test_times(void)
{
	struct arena a = ARENA_INIT(1 << 20);
	const char *problem = NULL;
	struct digest_list list;
	struct span digest;

	CHECK(digest_list_parse(&a,
				SPAN_TEXT("image:" A " until=2026-12-01 because\n"
					  "certificate:" B "\n" B " until=2026-12-02\n"),
				"list", &list, &problem) == STATUS_OK &&
		      list.n == 2 && list.entries[0].type == DIGEST_ENTRY_IMAGE &&
		      list.entries[1].type == DIGEST_ENTRY_CERTIFICATE &&
		      strcmp(list.entries[0].reason, "because") == 0,
	      "an image until a time, and a certificate for ever");
	digest = SPAN_OF(list.entries[0].digest);
	CHECK(digest_list_ends(&list, 0) == list.entries[0].until &&
		      digest_list_holds(&list, digest, list.entries[0].until - 1) &&
		      !digest_list_holds(&list, digest, list.entries[0].until) &&
		      digest_list_ends(&list, list.entries[0].until) == INT64_MAX,
	      "which ends then");
	CHECK(digest_list_parse(&a, SPAN_TEXT(A " until=soon"), "list", &list, &problem) ==
			      STATUS_USAGE &&
		      strstr(problem, "list:1:"),
	      "no time: %s", problem);
	arena_free(&a);
}

static void test_changes(void)
{
	struct arena a = ARENA_INIT(1 << 20);
	char folder[] = "/tmp/assay-lists-XXXXXX", path[64];
	const char *problem = NULL;
	struct digest_list list, read;
	const uint8_t digest[DIGEST_LIST_BYTES] = { 7 };
	const uint8_t named[DIGEST_LIST_BYTES] = { 9 }, other[DIGEST_LIST_BYTES] = { 8 };
	char longest[2 * DIGEST_LIST_MAX_REASON];
	bool changed;

	if (!mkdtemp(folder))
		abort();
	(void)snprintf(path, sizeof(path), "%s/deny", folder);
	CHECK(digest_list_read(&a, path, &list, &problem) == STATUS_OK && list.n == 0,
	      "no file: an empty list");
	CHECK(digest_list_parse(&a, SPAN_TEXT(A "\n" B " second"), "list", &list, &problem) ==
		      STATUS_OK,
	      "two");
	CHECK(add(&a, &list, digest, "mine", &changed) == STATUS_OK && changed && list.n == 3 &&
		      digest_list_has(&list, SPAN_OF(digest)),
	      "one more");
	(void)memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = 0;
	CHECK(add(&a, &list, named, "a\n" B "\x1b[2J", &changed) == STATUS_OK &&
		      add(&a, &list, other, longest, &changed) == STATUS_OK &&
		      digest_list_write(path, &list) == STATUS_OK &&
		      digest_list_read(&a, path, &read, &problem) == STATUS_OK && read.n == 5,
	      "a file's name that would be another line is none");
	CHECK(digest_list_remove(&list, SPAN_OF(named)) &&
		      digest_list_remove(&list, SPAN_OF(other)) && list.n == 3,
	      "both away again");
	CHECK(add(&a, &list, digest, "mine", &changed) == STATUS_OK && !changed && list.n == 3,
	      "it is there already");
	CHECK(digest_list_write(path, &list) == STATUS_OK &&
		      digest_list_read(&a, path, &read, &problem) == STATUS_OK && read.n == 3 &&
		      strcmp(read.entries[1].reason, "mine") == 0 &&
		      strcmp(read.entries[2].reason, "second") == 0,
	      "written and read again, with reasons");
	CHECK(digest_list_remove(&read, SPAN_OF(digest)) && read.n == 2 &&
		      !digest_list_has(&read, SPAN_OF(digest)) &&
		      !digest_list_remove(&read, SPAN_OF(digest)),
	      "taken away, once");
	CHECK(chmod(path, 0666) == 0 &&
		      digest_list_read(&a, path, &read, &problem) == STATUS_USAGE,
	      "others may write to it: %s", problem);
	(void)unlink(path);
	(void)rmdir(folder);
	arena_free(&a);
}

int main(void)
{
	test_rows();
	test_times();
	test_changes();
	return CHECK_DONE();
}
