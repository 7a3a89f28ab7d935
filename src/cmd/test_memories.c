/* SPDX-License-Identifier: MIT */
/* What a run remembers: who asks, who answers, what waits and comes back in order. */
#include "cmd/backlog.h"
#include "cmd/memories.h"
#include "tests/check.h"
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#define ARENA_BYTES ((size_t)16 << 20)

/* A made-up file: what its report carries. */
struct met {
	const char *path;
	enum donor_kind kind;
	uint8_t image, block, identity; /* the first byte of each digest; 0: none */
	uint8_t signed_for;             /* of a sound signature over other bytes; 0: none */
};

struct made {
	struct arena arena;
	struct report report;
	struct report_signature signature;
	struct span memory;
};

static void report_fill(struct made *m, const struct met *f)
{
	CLEANUP(buffer_free) struct buffer encoded = BUFFER_INIT;
	uint8_t *digest;
	struct donor d = {
		.kind = f->kind, .digest = {DIGEST_SHA256, { f->image }}
	};

	*m = (struct made){ .arena = ARENA_INIT(ARENA_BYTES) };
	d.block[0] = f->block;
	d.identity[0] = f->identity;
	donor_encode(&encoded, &d);
	m->memory = arena_copy(&m->arena, buffer_span(&encoded));
	digest = ARENA_NEW(&m->arena, uint8_t, 32);
	if (!digest || !m->memory.ptr)
		abort();
	(void)span_copy(digest, 32, SPAN_OF(((uint8_t[]){ f->signed_for })));
	m->report = (struct report){ .memories = &m->memory, .n_memories = 1 };
	if (!f->signed_for)
		return;
	m->signature = (struct report_signature){
		.signature = ASSAY_SIGNATURE_GOOD,
		.binding = ASSAY_BINDING_MODIFIED,
		.digest_signed = {digest, 32},
	};
	m->report.signatures = &m->signature;
	m->report.n_signatures = 1;
}

/* clang-format off */
static const struct {
	const char *what;
	struct met files[4];
	const char *matched;  /* paths of the records that answer somebody */
	const char *answered; /* paths of the files that they answer */
} rows[] = {
	{ "nobody asks", { { "good", DONOR_VALID, 1, 2, 0, 0 } }, "", "" },
	{ "a copy beside its donor", { { "copy", DONOR_SEEN, 9, 2, 0, 1 },
		{ "good", DONOR_VALID, 1, 2, 0, 0 } }, "copy good ", "copy " },
	{ "the donor first", { { "good", DONOR_VALID, 1, 2, 0, 0 },
		{ "copy", DONOR_SEEN, 9, 2, 0, 1 } }, "good copy ", "copy " },
	{ "signed anew: another block, the same image", { { "good", DONOR_VALID, 1, 7, 0, 0 },
		{ "copy", DONOR_SEEN, 9, 2, 0, 1 } }, "good ", "copy " },
	{ "a stranger is not asked for", { { "good", DONOR_VALID, 5, 6, 0, 0 },
		{ "copy", DONOR_SEEN, 9, 2, 0, 1 } }, "", "" },
	{ "one block on two images", { { "a", DONOR_SEEN, 8, 2, 0, 1 },
		{ "b", DONOR_SEEN, 9, 2, 0, 1 } }, "a b ", "a b " },
	{ "one block on one image, twice", { { "a", DONOR_SEEN, 8, 2, 0, 1 },
		{ "b", DONOR_SEEN, 8, 2, 0, 1 } }, "", "" },
	{ "a bare file with a donor's image", { { "bare", DONOR_NONE, 1, 0, 0, 0 },
		{ "good", DONOR_VALID, 1, 2, 0, 0 } }, "good ", "bare " },
	{ "a bare file with a donor's face", { { "bare", DONOR_NONE, 8, 0, 3, 0 },
		{ "good", DONOR_VALID, 1, 2, 3, 0 } }, "good ", "bare " },
	{ "a donor's signature that fails, and says nothing", { { "mute", DONOR_NONE, 9, 2, 0, 0 },
		{ "good", DONOR_VALID, 1, 2, 0, 0 } }, "good ", "mute " },
	{ "two bare files answer nobody", { { "a", DONOR_NONE, 1, 0, 3, 0 },
		{ "b", DONOR_NONE, 1, 0, 3, 0 } }, "", "" },
};
/* clang-format on */

static void name_add(struct buffer *out, const char *name)
{
	buffer_text(out, name);
	buffer_char(out, ' ');
}

static void test_row(size_t i)
{
	CLEANUP(buffer_free) struct buffer matched = BUFFER_INIT, answered = BUFFER_INIT;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(ARENA_BYTES);
	struct memories m = { 0 };
	struct donor *list = NULL;
	struct made made;

	for (size_t k = 0; k < COUNT_OF(rows[i].files) && rows[i].files[k].path; k++) {
		report_fill(&made, &rows[i].files[k]);
		memories_take(&m, &made.report, rows[i].files[k].path);
		arena_free(&made.arena);
	}
	CHECK(memories_match(&m, &a, &list) == STATUS_OK, "%s: matched", rows[i].what);
	for (; list; list = list->next)
		name_add(&matched, list->provenance);
	for (size_t k = 0; k < COUNT_OF(rows[i].files) && rows[i].files[k].path; k++) {
		report_fill(&made, &rows[i].files[k]);
		if (memories_undecided(&made.report) && memories_answer(&m, &made.report))
			name_add(&answered, rows[i].files[k].path);
		arena_free(&made.arena);
	}
	CHECK(strcmp(buffer_string(&matched, 0), rows[i].matched) == 0, "%s: by %s",
	      rows[i].what, buffer_string(&matched, 0));
	CHECK(strcmp(buffer_string(&answered, 0), rows[i].answered) == 0, "%s: for %s",
	      rows[i].what, buffer_string(&answered, 0));
	memories_free(&m);
}

/* The order of answers leaves no trace. */
static void test_sort(void)
{
	CLEANUP(buffer_free) struct buffer order = BUFFER_INIT;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(ARENA_BYTES);
	const struct met files[] = {
		{"c/copy",  DONOR_SEEN,  9, 2, 0, 1},
		{ "b/good", DONOR_VALID, 1, 2, 0, 0},
		{ "a/good", DONOR_VALID, 1, 2, 0, 0},
		{ "a/bare", DONOR_NONE,  7, 0, 3, 0},
	};
	struct memories m = { 0 };
	struct donor *list = NULL;
	struct made made;

	for (size_t i = 0; i < COUNT_OF(files); i++) {
		report_fill(&made, &files[i]);
		memories_take(&m, &made.report, files[i].path);
		arena_free(&made.arena);
	}
	CHECK(m.n_records == 3, "what only asks is no record");
	CHECK(memories_sort(&m) == STATUS_OK && memories_match(&m, &a, &list) == STATUS_OK,
	      "sorted");
	for (; list; list = list->next)
		name_add(&order, list->provenance);
	CHECK(strcmp(buffer_string(&order, 0), "a/good b/good c/copy ") == 0,
	      "in the order of paths: %s", buffer_string(&order, 0));
	memories_free(&m);
}

static bool no_sighting(void *context, const struct donor *d)
{
	(void)context;
	return d->kind == DONOR_VALID;
}

static void test_batches(void)
{
	enum { N = 20000 };
	struct memories m = { 0 };
	size_t position = 0, n = 0, rounds = 0;
	struct made made;

	report_fill(&made, &(struct met){ "x", DONOR_VALID, 1, 2, 0, 0 });
	for (size_t i = 0; i < N; i++)
		memories_take(&m, &made.report, "folder/name");
	arena_free(&made.arena);
	for (; position < m.records.len; rounds++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)128 << 20);
		struct donor *list = NULL;

		if (memories_batch(&m, &position, &a, no_sighting, NULL, &list) != STATUS_OK)
			break;
		for (; list; list = list->next)
			n += strcmp(list->name, "name") == 0;
	}
	CHECK(n == N && rounds > 1, "%zu records in %zu batches, each once", n, rounds);
	memories_free(&m);
}

/* @n answers go in and come out; how many did, in order and whole. */
static uint64_t backlog_pass(struct backlog *b, uint64_t n, size_t len)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(ARENA_BYTES);
	CLEANUP(buffer_free) struct buffer wire = BUFFER_INIT;
	struct run_file f = {
		.named = true, .identity = {.ino = 1, .mtime_ns = -7}
	};
	uint64_t came = 0;
	struct span out;

	for (size_t i = 0; i < len; i++)
		buffer_char(&wire, 'w');
	for (uint64_t i = 0; i < n; i++) {
		f.path = "some/path";
		f.identity.size = i;
		if (!backlog_add(b, &f, buffer_span(&wire)))
			break;
	}
	for (; backlog_next(b, &a, &f, &out); arena_reset(&a))
		came += f.identity.size == came && out.len == len && f.named &&
			f.identity.mtime_ns == -7 && strcmp(f.path, "some/path") == 0;
	return came;
}

static void test_backlog(void)
{
	struct rlimit small = { 100000, RLIM_INFINITY }, before;
	struct backlog b;

	backlog_open(&b);
	CHECK(backlog_pass(&b, 0, 0) == 0 && b.n == 0, "nothing waits");
	CHECK(backlog_pass(&b, 3, 10) == 3 && b.n == 0, "a few, from memory");
	backlog_close(&b);
	backlog_open(&b);
	CHECK(backlog_pass(&b, 2000, 3000) == 2000 && b.size > 1000000, "many, from the file");
	backlog_close(&b);

	(void)signal(SIGXFSZ, SIG_IGN);
	if (getrlimit(RLIMIT_FSIZE, &before) != 0 || setrlimit(RLIMIT_FSIZE, &small) != 0)
		abort();
	backlog_open(&b);
	(void)backlog_pass(&b, 2000, 3000);
	CHECK(b.full && b.n == 0, "a full disk: what had been taken comes back");
	backlog_close(&b);
	(void)setrlimit(RLIMIT_FSIZE, &before);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		test_row(i);
	test_sort();
	test_batches();
	test_backlog();
	return CHECK_DONE();
}
