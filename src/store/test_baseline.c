/* SPDX-License-Identifier: MIT */
/* A baseline: what was written is found, in order, and no byte of it changes unseen. */
#include "store/baseline_rows.h"
#include "tests/check.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/assay-baseline-XXXXXX", path[64];
static struct arena arena = ARENA_INIT((size_t)64 << 20);

/* In order: what lies in a folder follows its name. */
static const char *const paths[] = {
	"/", "/a", "/a/b", "/a/b/c", "/a\n", "/a b", "/a.b", "/\xff\xfe", "/\xff\xfe/x",
};

static struct buffer hole_bytes = BUFFER_INIT;

/* What version 2 did not have. */
static void more_set(struct baseline_record *r)
{
	buffer_clear(&hole_bytes);
	baseline_hole_put(&hole_bytes, &(struct baseline_hole){ 10, 4, 5 });
	baseline_hole_put(&hole_bytes, &(struct baseline_hole){ 500, 100, 0 });
	if (buffer_status(&hole_bytes) != STATUS_OK)
		abort();
	r->flags |= BASELINE_HAS_HOLES;
	r->size = 600;
	r->holes = buffer_span(&hole_bytes);
	r->findings = SPAN_LITERAL("pe.checksum stuffed.tag");
	r->version = SPAN_LITERAL("1.2.3.4");
	r->engine = SPAN_LITERAL("0.1.0");
	r->policy = SPAN_LITERAL("0123456789abcdef");
	r->trust_store = SPAN_LITERAL("fedcba9876543210");
	r->ima = SPAN_LITERAL("\x04\x04");
	r->label = SPAN_LITERAL("system_u:object_r:bin_t:s0");
}

static struct baseline_record record_of(size_t i)
{
	struct baseline_record r = {
		.path = SPAN_TEXT(paths[i]),
		.flags = BASELINE_HAS_SHA256 | (i % 2 ? BASELINE_HAS_XATTRS : 0),
		.ino = i + 7,
		.size = i * 1000,
		.mtime_ns = -(int64_t)i,
		.mode = S_IFREG | 0644,
		.verdict = ASSAY_VERDICT_VALID,
		.trust = ASSAY_TRUST_ANCHORED,
		.format = SPAN_LITERAL("pe"),
		.signer = SPAN_LITERAL("Somebody"),
	};

	memset(r.sha256, (int)i + 1, sizeof(r.sha256));
	if (i % 2)
		memset(r.xattrs, 0x55, sizeof(r.xattrs));
	if (i % 3 == 1) {
		r.flags |= BASELINE_HAS_GENERATION;
		r.generation = (uint32_t)i + 9;
	}
	if (i % 3 == 2)
		more_set(&r);
	return r;
}

static const struct baseline_volume volumes[] = {
	{.dev = 7, .id = 8, .uuid = { 1, 2, 3 } },
	{ .dev = 9,       .id = 0     },
};

static const char *scopes[] = { "/", "/somewhere", NULL };
static const char *exclude[] = { "*.log", NULL };
static const struct baseline_about about = {
	.engine = "1",
	.host = "here",
	.reason = "because",
	.counter = 3,
	.began = 5,
	.ended = 6,
	.all_files = true,
	.scopes = scopes,
	.n_scopes = 2,
	.exclude = exclude,
	.n_exclude = 1,
	.volumes = volumes,
	.n_volumes = COUNT_OF(volumes),
};

static void write_baseline(size_t n)
{
	struct baseline_writer *w;
	uint8_t root[32];

	if (baseline_writer_new(path, &w) != STATUS_OK)
		abort();
	for (size_t i = n; i > 0; i--) {
		struct baseline_record r = record_of(i - 1);

		if (baseline_writer_add(w, &r) != STATUS_OK)
			abort();
	}
	CHECK(access(path, F_OK) != 0, "nothing is there before it is whole");
	CHECK(baseline_writer_finish(w, &about, root) == STATUS_OK &&
		      baseline_writer_commit(w) == STATUS_OK,
	      "a baseline is written");
	baseline_writer_free(w);
}

static bool records_equal(const struct baseline_record *a, const struct baseline_record *b)
{
	const unsigned more = BASELINE_HAS_MORE; /* the writer's */
	const struct span *const texts[][2] = {
		{&a->findings,     &b->findings   },
		{ &a->version,     &b->version    },
		{ &a->holes,       &b->holes      },
		{ &a->engine,      &b->engine     },
		{ &a->policy,      &b->policy     },
		{ &a->ima,         &b->ima        },
		{ &a->trust_store, &b->trust_store},
		{ &a->label,       &b->label      },
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (!span_equal(*texts[i][0], *texts[i][1]))
			return false;
	return span_equal(a->path, b->path) && (a->flags & ~more) == (b->flags & ~more) &&
	       a->generation == b->generation && a->ino == b->ino && a->size == b->size &&
	       a->mtime_ns == b->mtime_ns && a->mode == b->mode && a->verdict == b->verdict &&
	       a->trust == b->trust && span_equal(a->format, b->format) &&
	       span_equal(a->signer, b->signer) &&
	       span_equal(SPAN_OF(a->sha256), SPAN_OF(b->sha256)) &&
	       span_equal(SPAN_OF(a->xattrs), SPAN_OF(b->xattrs));
}

static void check_read(void)
{
	struct baseline_record r, expected;
	const struct baseline_about *got;
	const char *problem;
	struct baseline *b;

	if (baseline_open(&arena, path, &b, &problem) != STATUS_OK)
		abort();
	CHECK(baseline_count(b) == COUNT_OF(paths), "all records are there");
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		expected = record_of(i);
		CHECK(baseline_record_at(b, i, &r) == STATUS_OK && records_equal(&r, &expected),
		      "record %zu is in its place and as it was written", i);
		CHECK(baseline_find(b, SPAN_TEXT(paths[i]), &r) == STATUS_OK &&
			      records_equal(&r, &expected),
		      "record %zu is found", i);
	}
	CHECK(baseline_find(b, SPAN_LITERAL("/nowhere"), &r) == STATUS_NOT_MINE,
	      "what is not there is not found");
	CHECK(baseline_record_at(b, COUNT_OF(paths), &r) == STATUS_MALFORMED,
	      "nothing stands behind the last one");
	got = baseline_about(b);
	CHECK(got->counter == 3 && got->all_files && !got->one_file_system &&
		      got->n_scopes == 2 && strcmp(got->scopes[1], "/somewhere") == 0 &&
		      got->n_exclude == 1 && strcmp(got->exclude[0], "*.log") == 0 &&
		      strcmp(got->reason, "because") == 0 && got->ended == 6,
	      "what it is as a whole is there");
	CHECK(got->n_volumes == 2 && got->volumes[0].dev == 7 && got->volumes[0].id == 8 &&
		      got->volumes[0].uuid[2] == 3 && got->volumes[1].dev == 9,
	      "and so are the file systems");
	baseline_close(b);
}

static struct span file_bytes(void)
{
	struct span mapping, bytes;

	if (file_map(path, BASELINE_MAX_BYTES, &mapping) != STATUS_OK)
		abort();
	bytes = arena_copy(&arena, mapping);
	file_unmap(mapping);
	return bytes;
}

static void file_put(const uint8_t *bytes, size_t len)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(bytes, 1, len, f) != len || fclose(f) != 0)
		abort();
}

/* Is it refused, or some record of it? */
static bool refused(void)
{
	CLEANUP(arena_free) struct arena scratch = ARENA_INIT((size_t)1 << 20);
	struct baseline_record r;
	const char *problem;
	struct baseline *b;
	bool bad = false;

	if (baseline_open(&scratch, path, &b, &problem) != STATUS_OK)
		return true;
	for (uint64_t i = 0; i < baseline_count(b); i++)
		bad |= baseline_record_at(b, i, &r) != STATUS_OK;
	baseline_close(b);
	return bad;
}

static void check_damage(void)
{
	struct span whole = file_bytes();
	uint8_t *copy = ARENA_NEW(&arena, uint8_t, whole.len);
	size_t n_flipped = 0, n_cut = 0;
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (!copy || fd < 0)
		abort();
	(void)span_copy(copy, whole.len, whole);
	for (size_t i = 0; i < whole.len; i++) {
		uint8_t changed = copy[i] ^ (uint8_t)(1U << (i % 8));

		if (pwrite(fd, &changed, 1, (off_t)i) != 1)
			abort();
		n_flipped += refused();
		if (pwrite(fd, &copy[i], 1, (off_t)i) != 1)
			abort();
	}
	CHECK(n_flipped == whole.len, "each of %zu changed bytes is seen (%zu)", whole.len,
	      n_flipped);
	for (size_t i = whole.len; i-- > 0;) {
		if (ftruncate(fd, (off_t)i) != 0)
			abort();
		n_cut += refused();
	}
	(void)close(fd);
	CHECK(n_cut == whole.len, "each of %zu shorter files is refused (%zu)", whole.len,
	      n_cut);
	file_put(copy, whole.len);
	CHECK(!refused(), "and the whole one is not");
	if (chmod(path, 0666) != 0)
		abort();
	CHECK(refused(), "one that others may write is refused");
	file_put(copy, 0);
	if (chmod(path, 0600) != 0 || truncate(path, (off_t)1 << 24) != 0)
		abort();
	CHECK(refused(), "16 MiB of zeros are refused");
}

static void check_refusals(void)
{
	struct baseline_record r = record_of(1);
	struct baseline_writer *w;
	uint8_t root[32];
	const char *problem;
	struct baseline *b;
	char *text = ARENA_NEW(&arena, char, (size_t)20000);

	(void)unlink(path);
	CHECK(baseline_open(&arena, path, &b, &problem) == STATUS_IO && errno == ENOENT && !b,
	      "one that is not there is told from one that is damaged");
	if (!text || baseline_writer_new(path, &w) != STATUS_OK)
		abort();
	CHECK(baseline_writer_add(w, &r) == STATUS_OK &&
		      baseline_writer_add(w, &r) == STATUS_OK &&
		      baseline_writer_finish(w, &about, root) == STATUS_USAGE &&
		      access(path, F_OK) != 0,
	      "a path that comes twice is refused");
	memset(text, 'x', 19999);
	r.acl = r.capability = r.link = r.rule = r.reason = SPAN_TEXT(text);
	CHECK(baseline_writer_add(w, &r) == STATUS_LIMIT, "a record has a limit");
	baseline_writer_free(w);
}

/* Records of any bytes: read again they are the same, or they are none. */
static void check_records(void)
{
	CLEANUP(buffer_free) struct buffer bytes = BUFFER_INIT, again = BUFFER_INIT;
	struct baseline_record r = record_of(3), got;
	size_t n = 0, good = 0;

	baseline_record_encode(&bytes, &r);
	for (size_t i = 0; i < bytes.len; i++)
		n += baseline_record_decode(span_clip(buffer_span(&bytes), 0, i),
					    BASELINE_VERSION, &got) != STATUS_OK;
	CHECK(n == bytes.len, "a shorter record is none");
	for (size_t i = 0; i < bytes.len; i++) {
		bytes.bytes[i] ^= 0x11;
		buffer_clear(&again);
		if (baseline_record_decode(buffer_span(&bytes), BASELINE_VERSION, &got) !=
		    STATUS_OK) {
			good++;
		} else {
			baseline_record_encode(&again, &got);
			good += span_equal(buffer_span(&again), buffer_span(&bytes));
		}
		bytes.bytes[i] ^= 0x11;
	}
	CHECK(good == bytes.len, "another record comes out as it went in, or is none");
}

/* A file as the version before wrote it: no later fields, no file systems. */
static void before_write(void)
{
	CLEANUP(buffer_free) struct buffer bytes = { .limit = BASELINE_MAX_ABOUT };
	CLEANUP(buffer_free) struct buffer head = BUFFER_INIT;
	struct baseline_record r = record_of(3);
	struct baseline_about plain = about;
	uint64_t numbers[SEALED_NUMBERS] = { [BASELINE_RECORDS] = 1 };
	struct sealed_writer w;
	uint64_t at;

	if (sealed_writer_begin(&w, path, BASELINE_MAGIC, 2) != STATUS_OK)
		abort();
	at = sealed_writer_at(&w);
	baseline_record_encode(&bytes, &r);
	buffer_u32le(&head, (uint32_t)bytes.len);
	sealed_writer_add(&w, buffer_span(&head));
	sealed_writer_add(&w, buffer_span(&bytes));
	numbers[BASELINE_ABOUT_AT] = sealed_writer_at(&w);
	buffer_clear(&bytes);
	buffer_clear(&head);
	plain.n_volumes = 0;
	baseline_about_encode(&bytes, &plain);
	buffer_cut(&bytes, bytes.len - 2);
	buffer_u32le(&head, (uint32_t)bytes.len);
	sealed_writer_add(&w, buffer_span(&head));
	sealed_writer_add(&w, buffer_span(&bytes));
	numbers[BASELINE_ORDER_AT] = sealed_writer_at(&w);
	buffer_clear(&head);
	buffer_u64le(&head, at);
	sealed_writer_add(&w, buffer_span(&head));
	if (sealed_writer_finish(&w, numbers) != STATUS_OK ||
	    sealed_writer_commit(&w) != STATUS_OK)
		abort();
	sealed_writer_end(&w);
}

static void check_versions(void)
{
	struct baseline_record r, expected = record_of(3);
	const uint32_t another = BASELINE_VERSION + 1;
	const char *problem;
	struct baseline *b;
	int fd;

	(void)unlink(path);
	before_write();
	if (baseline_open(&arena, path, &b, &problem) != STATUS_OK)
		abort();
	CHECK(baseline_record_at(b, 0, &r) == STATUS_OK && records_equal(&r, &expected) &&
		      baseline_about(b)->n_volumes == 0 &&
		      strcmp(baseline_about(b)->host, "here") == 0,
	      "a baseline of the version before is read");
	baseline_close(b);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || pwrite(fd, &another, sizeof(another), SEALED_MAGIC) != sizeof(another))
		abort();
	(void)close(fd);
	CHECK(baseline_open(&arena, path, &b, &problem) == STATUS_UNSUPPORTED &&
		      strstr(problem, "assay fim init"),
	      "of one of a later version it is said what to do");
}

/* Later fields that contradict themselves. */
static void check_later(void)
{
	static const struct {
		const char *what;
		struct baseline_hole holes[2];
		uint64_t size;
		unsigned flags;
		bool good;
	} rows[] = {
  /* clang-format off */
		{ "holes", { { 1, 2, 3 }, { 3, 1, 0 } }, 4, BASELINE_HAS_HOLES, true },
		{ "holes that nobody has said to know", { { 1, 2, 3 }, { 3, 1, 0 } }, 4, 0, false },
		{ "a hole in another", { { 1, 3, 3 }, { 3, 1, 0 } }, 4, BASELINE_HAS_HOLES, false },
		{ "a hole before another", { { 3, 1, 3 }, { 1, 2, 0 } }, 4, BASELINE_HAS_HOLES, false },
		{ "a hole of nothing", { { 1, 0, 3 }, { 3, 1, 0 } }, 4, BASELINE_HAS_HOLES, false },
		{ "a hole behind the file", { { 1, 2, 3 }, { 3, 2, 0 } }, 4, BASELINE_HAS_HOLES, false },
		{ "a hole around all", { { 1, 2, 3 }, { 3, UINT64_MAX, 0 } }, 4,
		  BASELINE_HAS_HOLES, false },
  /* clang-format on */
	};
	CLEANUP(buffer_free) struct buffer bytes = BUFFER_INIT, many = BUFFER_INIT;
	struct baseline_record got, r = record_of(0);

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		buffer_clear(&bytes);
		buffer_clear(&many);
		baseline_hole_put(&many, &rows[i].holes[0]);
		baseline_hole_put(&many, &rows[i].holes[1]);
		r.size = rows[i].size;
		r.holes = buffer_span(&many);
		r.flags = BASELINE_HAS_SHA256 | rows[i].flags;
		baseline_record_encode(&bytes, &r);
		CHECK((baseline_record_decode(buffer_span(&bytes), BASELINE_VERSION, &got) ==
		       STATUS_OK) == rows[i].good,
		      "%s: %s", rows[i].what, rows[i].good ? "read" : "refused");
		CHECK(baseline_record_decode(buffer_span(&bytes), 2, &got) != STATUS_OK,
		      "%s: none of the version before", rows[i].what);
	}
	buffer_clear(&many);
	for (uint64_t i = 0; i <= BASELINE_MAX_HOLES; i++)
		baseline_hole_put(&many, &(struct baseline_hole){ i, 1, 1 });
	r.size = 1000;
	r.holes = buffer_span(&many);
	r.flags = BASELINE_HAS_SHA256 | BASELINE_HAS_HOLES;
	buffer_clear(&bytes);
	baseline_record_encode(&bytes, &r);
	CHECK(baseline_record_decode(buffer_span(&bytes), BASELINE_VERSION, &got) != STATUS_OK,
	      "more holes than there may be are refused");
}

int main(void)
{
	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	(void)snprintf(path, sizeof(path), "%s/baseline", folder);
	for (size_t i = 1; i < COUNT_OF(paths); i++)
		CHECK(baseline_path_order(SPAN_TEXT(paths[i - 1]), SPAN_TEXT(paths[i])) < 0 &&
			      baseline_path_order(SPAN_TEXT(paths[i]),
						  SPAN_TEXT(paths[i - 1])) > 0,
		      "path %zu has its place", i);
	write_baseline(COUNT_OF(paths));
	check_read();
	check_records();
	(void)unlink(path);
	write_baseline(2);
	check_damage();
	check_refusals();
	check_versions();
	check_later();
	buffer_free(&hole_bytes);
	(void)unlink(path);
	(void)rmdir(folder);
	arena_free(&arena);
	return CHECK_DONE();
}
