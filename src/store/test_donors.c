/* SPDX-License-Identifier: MIT */
/* The donor index: what is found, in which order, by which stack; damage; other people's files.
 */
#include "base/memory.h"
#include "store/donors.h"
#include "store/donors_files.h"
#include "store/donors_write.h"
#include "tests/check.h"
#include <sys/stat.h>
#include <unistd.h>

#define MANY 3000

static char folder[] = "/tmp/assay-test-donors-XXXXXX";
static struct arena arena = ARENA_INIT((size_t)512 << 20);

static void digest_fill(struct digest *d, enum digest_algorithm algorithm, uint64_t seed)
{
	struct span bytes = { (const uint8_t *)&seed, sizeof(seed) };

	if (digest_of(algorithm, &bytes, 1, d) != STATUS_OK)
		abort();
}

/* The donor number @i, with block number @block. */
static struct donor *donor_new(uint64_t i, uint64_t block, enum donor_kind kind)
{
	struct donor *d = ARENA_NEW(&arena, struct donor, 1);
	struct digest sum;

	if (!d)
		abort();
	d->kind = kind;
	digest_fill(&d->digest, DIGEST_SHA256, i);
	digest_fill(&sum, DIGEST_SHA256, block + 1000000);
	memcpy(d->block, sum.bytes, 32);
	d->format = "pe";
	d->name = arena_printf(&arena, "program-%u.exe", (unsigned)i);
	d->provenance = "/somewhere";
	if (i % 3 == 0 &&
	    !donor_identity("Example Corp", i % 2 ? "Editor" : "Viewer", "x.exe", d->identity))
		abort();
	return d;
}

static struct donor *chain(struct donor *d, struct donor *next)
{
	d->next = next;
	return d;
}

static struct donor *many(uint64_t from, uint64_t n)
{
	struct donor *list = NULL;

	for (uint64_t i = from + n; i-- > from;)
		list = chain(donor_new(i, i, DONOR_VALID), list);
	return list;
}

static const char *place(const char *name)
{
	return arena_printf(&arena, "%s/%s", folder, name);
}

static struct donors *open_one(const char *at)
{
	const char *problem;

	return donors_open(&arena, &at, 1, &problem);
}

static bool publish(const char *at, const struct donor *list, uint64_t *n)
{
	const char *problem = NULL;
	enum status status = donors_publish(&arena, at, list, n, &problem);

	if (status != STATUS_OK)
		printf("# %s: %s\n", status_text(status), problem ? problem : "?");
	return status == STATUS_OK;
}

static size_t found(const struct donors *d, enum donor_key key, struct span value,
		    struct donor **out)
{
	const struct donor_index *i = donors_index(d);
	size_t n = 0;

	if (i->find(i->context, key, value, &arena, out) != STATUS_OK)
		return SIZE_MAX;
	for (const struct donor *at = *out; at; at = at->next)
		n++;
	return n;
}

static bool all_there(const struct donors *d, const struct donor *list)
{
	for (; list; list = list->next) {
		struct donor *hit;

		if (found(d, DONOR_BY_DIGEST, digest_span(&list->digest), &hit) != 1 ||
		    strcmp(hit->name, list->name) != 0 ||
		    found(d, DONOR_BY_BLOCK, SPAN_OF(list->block), &hit) != 1 ||
		    !digest_equal(&hit->digest, digest_span(&list->digest)))
			return false;
	}
	return true;
}

static void test_empty(void)
{
	const char *problem = NULL;
	struct donors *d = donors_open(&arena, NULL, 0, &problem);
	struct donor *hit, *one = donor_new(1, 1, DONOR_VALID);

	CHECK(d && donors_index(d)->n == 0 &&
		      found(d, DONOR_BY_DIGEST, digest_span(&one->digest), &hit) == 0 && !hit,
	      "of no folders nothing is found");
	donors_close(d);
	d = open_one(place("nowhere"));
	CHECK(d && donors_index(d)->n == 0, "a folder that is not there has no donors");
	donors_close(d);
}

static void test_many(void)
{
	struct donor *list = many(0, MANY), *more = many(MANY, MANY), *hit;
	const char *at = place("many");
	uint8_t before[32];
	struct donors *d;
	uint64_t n = 0;

	CHECK(publish(at, list, &n) && n == MANY, "%d donors are published", MANY);
	d = open_one(at);
	CHECK(d && donors_index(d)->n == MANY && all_there(d, list) &&
		      donors_verify(d) == STATUS_OK,
	      "and found");
	memcpy(before, donors_index(d)->generation, 32);
	CHECK(publish(at, list, &n) && n == 0, "the same again are not new");
	CHECK(publish(at, more, &n) && n == MANY, "%d more are merged into a big file", MANY);
	CHECK(access(place("many/00000001.donors"), F_OK) == 0 &&
		      access(place("many/tail.donors"), F_OK) != 0,
	      "and nothing is left of the tail");
	CHECK(all_there(d, list) && !all_there(d, more) &&
		      memcmp(before, donors_index(d)->generation, 32) == 0,
	      "who opened it before sees his generation");
	donors_close(d);
	d = open_one(at);
	CHECK(d && donors_index(d)->n == 2 * MANY && all_there(d, list) && all_there(d, more) &&
		      donors_verify(d) == STATUS_OK,
	      "who opens it now sees all");
	CHECK(memcmp(before, donors_index(d)->generation, 32) != 0, "another generation");
	CHECK(found(d, DONOR_BY_IDENTITY, SPAN_OF(list->identity), &hit) == DONOR_MAX_HITS,
	      "of very many only so many are told");
	for (const struct donor *x = hit; x && x->next; x = x->next)
		if (memcmp(x->digest.bytes, x->next->digest.bytes, 32) >= 0)
			CHECK(false, "in order");
	donors_close(d);
	CHECK(publish(at, many(2 * MANY, MANY), &n) && publish(at, many(3 * MANY, MANY), &n) &&
		      publish(at, many(4 * MANY, 1), &n) &&
		      access(place("many/00000001.donors"), F_OK) != 0 &&
		      access(place("many/00000002.donors"), F_OK) == 0,
	      "a small big file goes into the next one");
	d = open_one(at);
	CHECK(d && donors_index(d)->n == 4 * MANY + 1 && all_there(d, more) &&
		      donors_verify(d) == STATUS_OK,
	      "nothing is lost");
	donors_close(d);
}

static void test_order(void)
{
	const char *at = place("order");
	struct donor *list = NULL, *hit, *rich = donor_new(7, 7, DONOR_VALID);
	struct donors *d;
	uint64_t n;

	for (uint64_t i = 0; i < 40; i++)
		list = chain(donor_new(100 + i, 5, DONOR_SEEN), list);
	list = chain(donor_new(99, 5, DONOR_VALID), list);
	CHECK(publish(at, list, &n) && n == 1, "one signed program is new");
	d = open_one(at);
	CHECK(d && donors_index(d)->n == 1 + DONOR_MAX_HITS,
	      "sightings of a block beyond what is told are not kept");
	CHECK(d && found(d, DONOR_BY_BLOCK, SPAN_OF(list->block), &hit) == DONOR_MAX_HITS &&
		      hit->kind == DONOR_VALID && hit->next->kind == DONOR_SEEN,
	      "the valid one comes first");
	donors_close(d);
	CHECK(publish(at, donor_new(7, 7, DONOR_VALID), &n) && n == 1, "a poor record");
	rich->sketched = true;
	rich->executable.n_pages = 9;
	CHECK(publish(at, rich, &n) && n == 1, "gives way to a rich one");
	CHECK(publish(at, donor_new(7, 7, DONOR_VALID), &n) && n == 0, "and not the other way");
	d = open_one(at);
	CHECK(d && found(d, DONOR_BY_DIGEST, digest_span(&rich->digest), &hit) == 1 &&
		      hit->sketched && strcmp(hit->provenance, "/somewhere") == 0,
	      "which is what is found");
	donors_close(d);
}

static struct donor *rich_new(uint64_t i, uint64_t block)
{
	struct donor *d = donor_new(i, block, DONOR_VALID);

	d->sketched = true;
	d->executable.n_pages = 9;
	return d;
}

/* A signature can be written in many ways: no crowd of them hides the record with pages. */
static void test_signings(void)
{
	const char *at = place("signings"), *both[] = { at, place("signings-too") };
	struct donor *list = NULL, *hit, *rich = rich_new(8, 900);
	const char *problem;
	struct donors *d;
	uint64_t n;

	for (uint64_t i = 0; i < 40; i++)
		list = chain(donor_new(8, 1000 + i, DONOR_VALID), list);
	CHECK(publish(at, list, &n) && n == DONOR_MAX_HITS,
	      "signings of a program beyond what is told are not kept: %u", (unsigned)n);
	CHECK(publish(at, list, &n) && n == 0, "nor the next time");
	CHECK(publish(at, rich, &n) && n == 1, "but one with pages is");
	CHECK(publish(at, rich_new(8, 901), &n) && n == 0, "and one of them is enough");
	CHECK(publish(both[1], list, &n) && n == DONOR_MAX_HITS, "the same in another folder");
	d = donors_open(&arena, both, COUNT_OF(both), &problem);
	CHECK(d &&
		      found(d, DONOR_BY_DIGEST, digest_span(&rich->digest), &hit) ==
			      DONOR_MAX_HITS &&
		      hit->sketched && !hit->next->sketched,
	      "which comes first");
	donors_close(d);
}

static void test_stack(void)
{
	const char *const folders[] = { place("low"), place("high") };
	struct donor *both = donor_new(1, 1, DONOR_VALID), *hit;
	struct donor *rich = donor_new(1, 1, DONOR_VALID);
	struct donor *seen = donor_new(2, 1, DONOR_SEEN), *run = donor_new(3, 1, DONOR_VALID);
	const char *problem;
	struct donors *d, *over;
	uint64_t n;

	rich->sketched = true;
	both->provenance = "low";
	rich->provenance = "high";
	CHECK(publish(folders[0], chain(both, NULL), &n) &&
		      publish(folders[1], chain(rich, seen), &n),
	      "two folders");
	d = donors_open(&arena, folders, 2, &problem);
	CHECK(d && found(d, DONOR_BY_BLOCK, SPAN_OF(both->block), &hit) == 2 &&
		      strcmp(hit->provenance, "high") == 0 && hit->next->kind == DONOR_SEEN,
	      "the same donor is told once, the richer record of it");
	over = donors_of_run(chain(run, donor_new(9, 9, DONOR_NONE)), d);
	CHECK(over && found(over, DONOR_BY_BLOCK, SPAN_OF(both->block), &hit) == 3 &&
		      hit->next->kind == DONOR_VALID && hit->next->next->kind == DONOR_SEEN &&
		      donors_index(over)->n == 4,
	      "what a run met is laid over it, valid ones first");
	CHECK(memcmp(donors_index(over)->generation, donors_index(d)->generation, 32) != 0,
	      "as another generation");
	donors_close(over);
	donors_close(d);
	over = donors_of_run(NULL, NULL);
	CHECK(over && donors_index(over)->n == 0, "a run may have met nothing");
	donors_close(over);
	over = donors_of_run(
		chain(donor_new(3, 1, DONOR_VALID), chain(donor_new(3, 1, DONOR_VALID), NULL)),
		NULL);
	CHECK(over && donors_index(over)->n == 1, "or the same program twice");
	donors_close(over);
}

static void test_digests(void)
{
	static const struct {
		const char *what;
		enum digest_algorithm first, second;
		uint64_t block;
		bool sha1;
	} rows[] = {
		{"SHA-256 alone",             DIGEST_SHA256, DIGEST_SHA256, 1, false},
		{ "SHA-1 alone",              DIGEST_SHA1,   DIGEST_SHA1,   1, true },
		{ "both for one program",     DIGEST_SHA1,   DIGEST_SHA256, 1, false},
		{ "each for its own program", DIGEST_SHA1,   DIGEST_SHA384, 2, true },
		{ "SHA-512",                  DIGEST_SHA512, DIGEST_MD5,    1, false},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct donor *x = donor_new(1, 1, DONOR_VALID), *hit;
		struct donor *y = donor_new(2, rows[i].block, DONOR_VALID);
		struct donors *d;

		digest_fill(&x->digest, rows[i].first, 1);
		digest_fill(&y->digest, rows[i].second, 2);
		d = donors_of_run(chain(x, y), NULL);
		CHECK(d && donors_index(d)->has_sha1 == rows[i].sha1 &&
			      found(d, DONOR_BY_DIGEST, digest_span(&x->digest), &hit) == 1 &&
			      found(d, DONOR_BY_DIGEST, digest_span(&y->digest), &hit) == 1 &&
			      hit->digest.algorithm == rows[i].second,
		      "digests: %s", rows[i].what);
		CHECK(found(d, DONOR_BY_DIGEST, span_clip(digest_span(&x->digest), 0, 12),
			    &hit) == 0 &&
			      found(d, DONOR_BY_DIGEST, SPAN_NONE, &hit) == 0 &&
			      found(d, DONOR_BY_BLOCK, span_clip(SPAN_OF(x->block), 0, 31),
				    &hit) == 0,
		      "a part of a digest is none");
		donors_close(d);
	}
}

static bool count_each(void *context, const struct donor *d)
{
	struct donor_order *last = context, order;

	donor_order_of(d, &order);
	if (donor_order_compare(last, &order) >= 0)
		return false;
	*last = order;
	return true;
}

static void test_each(void)
{
	struct donor_order last = { { 0 } }, most;
	struct donors *d = open_one(place("many"));

	CHECK(d && donors_each(d, count_each, &last) == STATUS_OK, "all in order");
	most = last;
	last = (struct donor_order){ { 0 } };
	CHECK(d && donors_each(d, count_each, &last) == STATUS_OK &&
		      donor_order_compare(&last, &most) == 0,
	      "twice the same");
	donors_close(d);
}

static bool file_put(const char *path, struct span bytes)
{
	FILE *f = fopen(path, "wb");
	bool good = f && fwrite(bytes.ptr, 1, bytes.len, f) == bytes.len;

	return f && fclose(f) == 0 && good;
}

/* The whole file at @path. */
static struct span file_get(const char *path)
{
	static uint8_t bytes[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(bytes, 1, sizeof(bytes), f) : 0;

	if (f)
		(void)fclose(f);
	return (struct span){ bytes, n };
}

/* Is what stands in the folder "damaged" refused, or does it find all of @list?  Never less. */
static bool refused_or_whole(const struct donor *list)
{
	const char *at = place("damaged"), *problem = NULL;
	struct donors *d = donors_open(&arena, &at, 1, &problem);
	bool whole = d && donors_verify(d) == STATUS_OK;
	bool good = d || problem;

	for (; d && list; list = list->next) {
		size_t n;
		struct donor *hit;

		n = found(d, DONOR_BY_DIGEST, digest_span(&list->digest), &hit);
		good &= n == SIZE_MAX ? !whole : n == 1;
	}
	donors_close(d);
	return good && !whole;
}

static void test_damage(void)
{
	const char *path = place("damaged/tail.donors"), *problem;
	struct donor *list = many(0, 90);
	const struct donors *none;
	struct span whole;
	uint8_t *copy;
	uint64_t n;
	size_t bad = 0, cut = 0, step;

	if (!publish(place("damaged"), list, &n))
		return;
	whole = file_get(path);
	copy = ARENA_NEW(&arena, uint8_t, whole.len + 1);
	if (!copy)
		return;
	step = whole.len / 400 + 1;
	for (size_t i = 0; i < whole.len; i += step) {
		(void)span_copy(copy, whole.len, whole);
		copy[i] ^= 0x40;
		(void)!file_put(path, (struct span){ copy, whole.len });
		bad += !refused_or_whole(list);
	}
	CHECK(bad == 0, "no damaged byte goes unnoticed: %zu of %zu", bad, whole.len / step);
	for (size_t i = 0; i < whole.len; i += step) {
		(void)span_copy(copy, whole.len, whole);
		(void)!file_put(path, (struct span){ copy, i });
		none = open_one(place("damaged"));
		cut += none != NULL;
	}
	CHECK(cut == 0, "no index that is cut short is opened");
	(void)span_copy(copy, whole.len, whole);
	copy[whole.len] = 0;
	(void)!file_put(path, (struct span){ copy, whole.len + 1 });
	CHECK(!open_one(place("damaged")), "nor one with a byte too many");
	copy[IMAGE_MAGIC_BYTES] = 2;
	(void)!file_put(path, (struct span){ copy, whole.len });
	none = donors_open(&arena, (const char *[]){ place("damaged") }, 1, &problem);
	CHECK(!none && strstr(problem, "newer"), "a newer version says so");
	CHECK(donors_publish(&arena, place("damaged"), list, &n, &problem) != STATUS_OK &&
		      problem,
	      "nobody writes beside a damaged index");
}

static void test_owners(void)
{
	static const struct {
		const char *what;
		unsigned folder, file;
		bool good;
	} rows[] = {
		{"private",                            0700,  0600, true },
		{ "readable",                          0755,  0644, true },
		{ "a file that the group may write",   0755,  0664, false},
		{ "a file that all may write",         0755,  0646, false},
		{ "a folder that the group may write", 0770,  0644, false},
		{ "a folder that all may write",       0777,  0644, false},
		{ "a folder like /tmp",                01777, 0644, false},
	};
	const char *at = place("owned"), *problem = NULL;
	mode_t mask = umask(077);
	struct stat st;
	uint64_t n;

	CHECK(donors_prepare(place("a/shared"), true) == STATUS_OK &&
		      stat(place("a/shared"), &st) == 0 && (st.st_mode & 0777) == 0755 &&
		      stat(place("a"), &st) == 0 && (st.st_mode & 0777) == 0755,
	      "what is the system's can be read by all");
	(void)umask(mask);
	if (!publish(at, many(0, 5), &n))
		return;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct donors *d;

		if (chmod(at, rows[i].folder) != 0 ||
		    chmod(place("owned/tail.donors"), rows[i].file) != 0)
			return;
		d = donors_open(&arena, &at, 1, &problem);
		CHECK((d != NULL) == rows[i].good && (d || strstr(problem, "others may write")),
		      "%s: %s", rows[i].what, rows[i].good ? "used" : "refused");
		donors_close(d);
	}
	(void)chmod(at, 0700);
	(void)chmod(place("owned/tail.donors"), 0644);
	(void)!symlink("/etc/passwd", place("owned/00000009.donors"));
	CHECK(!donors_open(&arena, &at, 1, &problem), "a link is no index");
	(void)unlink(place("owned/00000009.donors"));
	(void)!mkfifo(place("owned/00000009.donors"), 0600);
	CHECK(!donors_open(&arena, &at, 1, &problem), "a FIFO is none either");
	(void)unlink(place("owned/00000009.donors"));
	CHECK(file_put(place("owned/tail.donors.0123abcd~"), SPAN_TEXT("x")) &&
		      file_put(place("owned/notes.txt"), SPAN_TEXT("x")),
	      "other files may lie there");
	donors_close(open_one(at));
	(void)file_put(place("owned/00000009.donors"), SPAN_NONE);
	CHECK(!donors_open(&arena, &at, 1, &problem) && strstr(problem, "cut short"),
	      "an empty index is cut short");
}

static void test_forget(void)
{
	const char *at = place("forgetful"), *problem = NULL;
	struct donor *list = many(0, MANY + 2000), *hit;
	char digest[65], *to = digest;
	struct donors *d;
	uint64_t n;

	list->provenance = "list one by 1234";
	list->next->provenance = "list one by 5678";
	list->next->next->provenance = "list ones by 5678";
	for (size_t i = 0; i < 8; i++)
		to += snprintf(to, 3, "%02X", list->next->next->next->digest.bytes[i]);
	CHECK(publish(at, list, &n) &&
		      publish(at, chain(donor_new(90000, 3, DONOR_VALID), NULL), &n),
	      "a big file and a tail");
	CHECK(donors_forget(&arena, at, "list one", &n, &problem) == STATUS_OK && n == 2,
	      "a list is forgotten by its name");
	CHECK(donors_forget(&arena, at, "list one", &n, &problem) == STATUS_OK && n == 0,
	      "once");
	CHECK(donors_forget(&arena, at, digest, &n, &problem) == STATUS_OK && n == 1,
	      "a donor by the beginning of its digest");
	to[-2] = '\0';
	CHECK(donors_forget(&arena, at, digest, &n, &problem) == STATUS_OK && n == 0,
	      "which must not be too short");
	d = open_one(at);
	CHECK(d && found(d, DONOR_BY_DIGEST, digest_span(&list->digest), &hit) == 0 &&
		      donors_index(d)->n == MANY + 2000 + 1 - 3 &&
		      donors_verify(d) == STATUS_OK,
	      "what was forgotten is gone, the rest is there");
	donors_close(d);
	CHECK(donors_forget(&arena, at, "/somewhere", &n, &problem) == STATUS_OK &&
		      n == MANY + 2000 + 1 - 4,
	      "all that was learnt somewhere");
	d = open_one(at);
	CHECK(d && donors_index(d)->n == 1, "one is left");
	donors_close(d);
}

static void test_memory(void)
{
	const char *at = place("many"), *problem;
	size_t failed = 0, wrong = 0;
	struct donor *one = donor_new(1, 1, DONOR_VALID), *hit;

	for (long n = 0; n < 400; n++) {
		struct donors *d;

		memory_fail_after(n);
		d = donors_open(&arena, &at, 1, &problem);
		if (d && found(d, DONOR_BY_DIGEST, digest_span(&one->digest), &hit) == 0)
			wrong++;
		memory_fail_after(-1);
		failed += !d;
		donors_close(d);
		if (d)
			break;
	}
	CHECK(failed > 0 && wrong == 0, "without memory there is no answer: %zu", failed);
}

static void folder_remove(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	(void)!system(command);
}

int main(void)
{
	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	test_empty();
	test_many();
	test_order();
	test_signings();
	test_stack();
	test_digests();
	test_each();
	test_damage();
	test_owners();
	test_forget();
	test_memory();
	folder_remove();
	arena_free(&arena);
	return CHECK_DONE();
}
