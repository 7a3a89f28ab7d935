/* SPDX-License-Identifier: MIT */
/* Databases: written, opened, laid over each other, damaged; and what is given for one run. */
#include "base/memory.h"
#include "tests/check.h"
#include "tests/paper_certificate.h"
#include "trust/database_format.h"
#include "trust/file.h"
#include "trust/manage.h"
#include "trust/pem.h"
#include "trust/store_layers.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define N_ANCHORS 500

/* A folder of our own, and what every test opens. */
static char folder[] = "/tmp/assay-store-XXXXXX";
static struct arena arena = ARENA_INIT((size_t)512 << 20);

static const char *path_in(const char *name)
{
	return arena_printf(&arena, "%s/%s", folder, name);
}

static struct span paper(unsigned number, const char *cn)
{
	struct buffer b = BUFFER_INIT;
	struct span out;

	paper_certificate(&b, number, cn);
	out = arena_copy(&arena, buffer_span(&b));
	buffer_free(&b);
	return out;
}

static struct span numbered(unsigned number)
{
	return paper(number, arena_printf(&arena, "Paper Root %u", number));
}

static struct span digest_of_der(struct span der)
{
	uint8_t *out = ARENA_NEW(&arena, uint8_t, 32);

	if (!out || key_of(der, out) != STATUS_OK)
		exit(EXIT_FAILURE);
	return (struct span){ out, 32 };
}

static void file_put(const char *name, struct span bytes)
{
	if (file_replace(path_in(name), bytes) != STATUS_OK)
		exit(EXIT_FAILURE);
}

static struct trust_store *opened(const char *const *dbs, size_t n_dbs,
				  const struct trust_source *extra, size_t n_extra)
{
	struct trust_store *s = NULL;
	const char *problem = NULL;
	enum status status = trust_open(
		&arena, &(struct trust_sources){ dbs, n_dbs, extra, n_extra }, &s, &problem);

	if (status != STATUS_OK)
		printf("# %s: %s\n", status_text(status), problem ? problem : "-");
	return s;
}

static struct record record_new(struct span der, unsigned sets, enum record_source source)
{
	struct record r = { .source = source };
	struct certificate c;

	if (certificate_read(der, &c, NULL) != STATUS_OK)
		exit(EXIT_FAILURE);
	(void)span_copy(r.stored.sha256, 32, SPAN_OF(c.sha256));
	if (key_of(key_bits(&c.key), r.key_sha256) != STATUS_OK)
		exit(EXIT_FAILURE);
	r.stored.der = der;
	r.stored.sets = sets;
	r.stored.name = name_short(&arena, c.subject);
	r.stored.origin = "a test";
	r.subject = c.subject;
	r.key_id = c.subject_key_id;
	r.valid_from = c.not_before;
	r.valid_until = c.not_after;
	return r;
}

static void database_put(const char *name, const struct draft *d)
{
	struct buffer b CLEANUP(buffer_free) = BUFFER_INIT;

	if (draft_encode(d, &b) != STATUS_OK)
		exit(EXIT_FAILURE);
	file_put(name, buffer_span(&b));
}

/* All of it: anchors with constraints, distrust, revocation data, a list. */
static void full_put(const char *name)
{
	struct draft d = { .arena = &arena };
	enum status status = STATUS_OK;
	static const uint8_t md5[16] = { 1, 2, 3 }, sha384[48] = { 4, 5, 6 };

	for (unsigned i = 0; status == STATUS_OK && i < N_ANCHORS; i++) {
		struct record r = record_new(numbered(i), TRUST_MS_CODE, RECORD_LIST);

		if (i == 7)
			r.stored.limits = (struct anchor_limits){
				.has_disallowed = true,
				.disallowed = 1627776000,
				.has_not_before = true,
				.not_before_empty = true,
				.own_root = true,
				.eku = SPAN_LITERAL("\x06\x01\x2a"),
				.not_before_eku = SPAN_LITERAL("\x06\x01\x2b"),
			};
		r.stored.public_root = i == 8;
		status = draft_record_add(&d, &r);
	}
	if (status == STATUS_OK)
		status = draft_distrust_add(
			&d, &(struct distrust){ DISTRUST_KEY_MD5, RECORD_LIST, SPAN_OF(md5) });
	if (status == STATUS_OK)
		status = draft_distrust_add(&d, &(struct distrust){ DISTRUST_TBS_SHA384,
								    RECORD_ADDED,
								    SPAN_OF(sha384) });
	d.lists[LIST_ROOTS] = (struct list_info){ .kind = LIST_ROOTS,
						  .this_update = 1776000000,
						  .sequence = { [31] = 9 },
						  .name = "authroot" };
	if (status != STATUS_OK)
		exit(EXIT_FAILURE);
	database_put(name, &d);
}

static double milliseconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void find_all(const struct trust_store *s)
{
	size_t n_sha = 0, n_subject = 0, n_key_id = 0, n_key = 0;

	for (unsigned i = 0; i < N_ANCHORS; i++) {
		struct span der = numbered(i), sha = digest_of_der(der);
		struct stored hits[STORE_MAX_HITS], one;
		struct certificate c;
		uint8_t point[65];

		if (certificate_read(der, &c, NULL) != STATUS_OK)
			break;
		n_sha += store_by_sha256(s, sha.ptr, &one) && span_equal(one.der, der);
		n_subject += store_by_subject(s, c.subject, SPAN_NONE, hits) == 1 &&
			     span_equal(hits[0].der, der);
		n_key_id += store_by_subject(s, SPAN_NONE, c.subject_key_id, hits) == 1 &&
			    span_equal(hits[0].der, der);
		paper_point(i, point);
		n_key += store_by_key_bits(s, SPAN_OF(point), &one) && span_equal(one.der, der);
	}
	CHECK(n_sha == N_ANCHORS, "each is found by its digest (%zu)", n_sha);
	CHECK(n_subject == N_ANCHORS, "each by its subject (%zu)", n_subject);
	CHECK(n_key_id == N_ANCHORS, "each by its key identifier (%zu)", n_key_id);
	CHECK(n_key == N_ANCHORS, "each by its public point (%zu)", n_key);
}

static void round_trip(void)
{
	const char *db = path_in("full.db");
	static const uint8_t md5[16] = { 1, 2, 3 }, other[16] = { 9 };
	struct stored seven = { 0 }, eight = { 0 };
	struct trust_store *s;
	double before, best = 1e9;
	int64_t date = 0;

	full_put("full.db");
	for (int i = 0; i < 5; i++) {
		before = milliseconds();
		s = opened(&db, 1, NULL, 0);
		if (milliseconds() - before < best)
			best = milliseconds() - before;
		if (i < 4)
			trust_close(s);
	}
	printf("# %d anchors opened in %.2f ms\n", N_ANCHORS, best);
	CHECK(s && trust_count(s, TRUST_MS_CODE) == N_ANCHORS, "all anchors are counted");
	CHECK(trust_count(s, TRUST_UEFI) == 0, "and none in another set");
	find_all(s);
	CHECK(store_by_sha256(s, digest_of_der(numbered(7)).ptr, &seven), "the limited one");
	CHECK(seven.limits.has_disallowed && seven.limits.disallowed == 1627776000 &&
		      !seven.limits.disallowed_empty && seven.limits.has_not_before &&
		      seven.limits.not_before_empty && seven.limits.own_root,
	      "its dates come back");
	CHECK(span_equal(seven.limits.eku, SPAN_LITERAL("\x06\x01\x2a")) &&
		      seven.limits.disallowed_eku.len == 0 &&
		      span_equal(seven.limits.not_before_eku, SPAN_LITERAL("\x06\x01\x2b")),
	      "its usages come back");
	CHECK(strcmp(seven.name, "Paper Root 7") == 0 && strcmp(seven.origin, "a test") == 0,
	      "name and origin come back");
	CHECK(store_by_sha256(s, digest_of_der(numbered(8)).ptr, &eight) &&
		      trust_public_root(s, eight.sha256) && !trust_public_root(s, seven.sha256),
	      "public roots are known as such");
	CHECK(store_distrusts(s, DISTRUST_KEY_MD5, SPAN_OF(md5)), "a distrusted key is found");
	CHECK(!store_distrusts(s, DISTRUST_KEY_MD5, SPAN_OF(other)), "another is not");
	CHECK(store_has_distrust(s, DISTRUST_KEY_MD5) &&
		      store_has_distrust(s, DISTRUST_TBS_SHA384) &&
		      !store_has_distrust(s, DISTRUST_CERT_SHA256) &&
		      !store_has_distrust(s, DISTRUST_TBS_SHA256),
	      "which kinds of distrust there are");
	CHECK(store_list_date(s, &date) && date == 1776000000, "the date of the list");
	trust_close(s);
}

static void names_spelled(void)
{
	static const struct {
		const char *name;
		uint8_t tag;
		size_t hits;
	} rows[] = {
		{"Paper Root 42",    DER_UTF8_STRING,      1},
		{ "PAPER  root 42",  DER_PRINTABLE_STRING, 1},
		{ " paper root 42 ", DER_UTF8_STRING,      1},
		{ "Paper Root 4 2",  DER_UTF8_STRING,      0},
		{ "PaperRoot42",     DER_UTF8_STRING,      0},
		{ "Paper Root 9999", DER_UTF8_STRING,      0},
	};
	const char *db = path_in("full.db");
	struct trust_store *s = opened(&db, 1, NULL, 0);

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buffer b CLEANUP(buffer_free) = BUFFER_INIT;
		struct stored hits[STORE_MAX_HITS];

		paper_name(&b, rows[i].name, rows[i].tag);
		CHECK(store_by_subject(s, buffer_span(&b), SPAN_NONE, hits) == rows[i].hits,
		      "\"%s\" is found %zu times", rows[i].name, rows[i].hits);
	}
	trust_close(s);
}

/* A damaged file never opens; @what says how it was damaged. */
static bool refused(struct span bytes)
{
	struct database d;
	const char *problem = NULL;

	return database_open(bytes, &d, &problem) == STATUS_USAGE && problem;
}

/* Gives the file a right checksum over whatever it says now. */
static void checksum_put(struct buffer *b)
{
	struct span parts[] = { span_clip(buffer_span(b), 0, CHECKSUM_OFFSET),
				span_after(buffer_span(b), CHECKSUM_OFFSET + 32) };
	struct digest digest;

	if (digest_of(DIGEST_SHA256, parts, 2, &digest) != STATUS_OK)
		exit(EXIT_FAILURE);
	memcpy(b->bytes + CHECKSUM_OFFSET, digest.bytes, 32);
}

static uint32_t dice(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

/* Everything that an opened database says. */
static bool read_through(const struct database *d)
{
	struct record r;
	size_t n = 0, row;

	for (size_t i = 0; database_record(d, i, &r); i++)
		n += database_find(d, TABLE_BY_KEY, SPAN_OF(r.key_sha256), &row) &&
		     strlen(r.stored.name) && r.stored.der.len &&
		     digest_of_der(r.stored.der).len;
	return n > 0;
}

/* A database that another user may change would name anchors for us. */
static void foreign(void)
{
	const char *path = path_in("full.db");

	CHECK(file_is_own(path), "our own database is believed");
	CHECK(chmod(path, 0646) == 0 && !file_is_own(path), "one that others may write is not");
	if (chmod(path, 0644) != 0)
		exit(EXIT_FAILURE);
	if (geteuid() != 0 || chown(path, 65534, (gid_t)-1) != 0) {
		printf("# skip: another user's database\n");
		return;
	}
	CHECK(!file_is_own(path), "nor another user's");
	if (chown(path, 0, (gid_t)-1) != 0)
		exit(EXIT_FAILURE);
}

static void damaged(void)
{
	struct buffer b CLEANUP(buffer_free) = BUFFER_INIT;
	struct span bytes;
	size_t n_bad = 0, n_opened = 0;
	uint32_t seed = 1;

	if (file_map(path_in("full.db"), DATABASE_MAX_BYTES, &bytes) != STATUS_OK)
		exit(EXIT_FAILURE);
	buffer_add(&b, bytes);
	file_unmap(bytes);
	for (size_t i = 0; i < HEADER_BYTES; i++) {
		b.bytes[i] = (char)(b.bytes[i] ^ 0x10);
		n_bad += !refused(buffer_span(&b));
		b.bytes[i] = (char)(b.bytes[i] ^ 0x10);
	}
	CHECK(n_bad == 0, "every byte of the header counts (%zu)", n_bad);
	for (size_t i = n_bad = 0; i < 200; i++) {
		size_t at = dice(&seed) % b.len;
		char bit = (char)(1 << dice(&seed) % 8);

		b.bytes[at] = (char)(b.bytes[at] ^ bit);
		n_bad += !refused(buffer_span(&b));
		b.bytes[at] = (char)(b.bytes[at] ^ bit);
	}
	CHECK(n_bad == 0, "every bit of the rest counts (%zu)", n_bad);
	for (size_t len = n_bad = 0; len < b.len; len += len < 1000 ? 1 : 997)
		n_bad += !refused(span_clip(buffer_span(&b), 0, len));
	CHECK(n_bad == 0, "no beginning of it opens (%zu)", n_bad);
	buffer_char(&b, 'x');
	CHECK(refused(buffer_span(&b)), "nothing may stand behind it");
	buffer_cut(&b, b.len - 1);
	for (size_t i = 0; i < 300; i++) {
		size_t at = i < 144 ? CHECKSUM_OFFSET + 32 + i : dice(&seed) % b.len;
		char old = b.bytes[at];
		struct database d;
		const char *problem;

		b.bytes[at] = (char)dice(&seed);
		checksum_put(&b);
		n_opened += database_open(buffer_span(&b), &d, &problem) == STATUS_OK &&
			    read_through(&d);
		b.bytes[at] = old;
	}
	CHECK(n_opened < 300,
	      "nonsense under a right checksum does no harm (%zu of 300 opened)", n_opened);
}

static void layered(void)
{
	struct span a = numbered(1), b = numbered(2), c = numbered(3);
	struct draft low = { .arena = &arena }, high = { .arena = &arena };
	struct record ra = record_new(a, TRUST_MS_CODE | TRUST_MS_TSA, RECORD_LIST),
		      rb = record_new(b, TRUST_MS_CODE, RECORD_PIN),
		      rc = record_new(c, TRUST_UEFI, RECORD_PIN), gone = { 0 }, pin = { 0 };
	const char *dbs[] = { path_in("low.db"), path_in("missing.db"), path_in("high.db") };
	struct trust_source run = { .path = path_in("a.der"), .sets = TRUST_UEFI };
	struct stored got = { 0 }, hits[STORE_MAX_HITS];
	struct trust_store *s;

	ra.stored.limits.has_disallowed = true;
	rb.stored.public_root = true;
	(void)span_copy(pin.stored.sha256, 32, SPAN_OF(rc.stored.sha256));
	pin.stored.sets = TRUST_MS_TSA;
	pin.source = RECORD_PIN;
	(void)span_copy(gone.stored.sha256, 32, SPAN_OF(rb.stored.sha256));
	gone.source = RECORD_ADDED;
	if (draft_record_add(&low, &ra) || draft_record_add(&low, &rb) ||
	    draft_record_add(&low, &rc) || draft_record_add(&high, &gone) ||
	    draft_record_add(&high, &pin))
		exit(EXIT_FAILURE);
	database_put("low.db", &low);
	database_put("high.db", &high);
	file_put("a.der", a);
	s = opened(dbs, 3, &run, 1);
	CHECK(store_by_sha256(s, rb.stored.sha256, &got) && got.sets == 0,
	      "what was taken out above is no anchor");
	CHECK(trust_public_root(s, rb.stored.sha256), "but still a public root");
	CHECK(store_by_sha256(s, rc.stored.sha256, &got) && got.sets == TRUST_MS_TSA &&
		      span_equal(got.der, c),
	      "a pin above decides the sets, the bytes come from below");
	CHECK(store_by_subject(s, rc.subject, SPAN_NONE, hits) == 1 &&
		      hits[0].sets == TRUST_MS_TSA,
	      "also when it is found by name");
	CHECK(store_by_sha256(s, ra.stored.sha256, &got) &&
		      got.sets == (TRUST_MS_CODE | TRUST_MS_TSA | TRUST_UEFI) &&
		      !got.limits.has_disallowed,
	      "what is given for the run adds its set and has no limits");
	CHECK(trust_count(s, TRUST_ALL_SETS) == 2, "each certificate is counted once");
	trust_close(s);
	run.path = path_in("low.db");
	s = opened(NULL, 0, &run, 1);
	CHECK(s && trust_count(s, TRUST_ALL_SETS) == 1, "a database may be given for one set");
	trust_close(s);
	run.path = path_in("a.der");
	run.revocation_only = true;
	s = opened(dbs, 3, &run, 1);
	CHECK(store_by_sha256(s, ra.stored.sha256, &got) && got.sets == ra.stored.sets &&
		      got.limits.has_disallowed,
	      "a certificate among revocation data changes nothing about an anchor");
	trust_close(s);
	run.path = path_in("low.db");
	s = opened(&dbs[0], 1, &run, 1);
	CHECK(trust_count(s, TRUST_ALL_SETS) == 3, "nor does a database");
	trust_close(s);
}

static void both_first(void)
{
	struct draft d = { .arena = &arena };
	const char *db = path_in("names.db");
	struct stored hits[STORE_MAX_HITS];
	struct trust_store *s;
	struct record last = { 0 };

	for (unsigned i = 0; i < 40; i++) {
		last = record_new(paper(1000 + i, "The Same"), TRUST_MS_CODE, RECORD_PIN);
		if (draft_record_add(&d, &last))
			exit(EXIT_FAILURE);
	}
	database_put("names.db", &d);
	s = opened(&db, 1, NULL, 0);
	CHECK(store_by_subject(s, last.subject, last.key_id, hits) == STORE_MAX_HITS &&
		      memcmp(hits[0].sha256, last.stored.sha256, 32) == 0,
	      "of many with one name, the one with the key comes first");
	trust_close(s);
}

static void files_given(void)
{
	struct buffer pem CLEANUP(buffer_free) = BUFFER_INIT;
	static const struct {
		const char *name, *text;
	} bad[] = {
		{"empty.pem",    ""							      },
		{ "prose.txt",   "no certificate here"                                           },
		{ "open.pem",    "-----BEGIN CERTIFICATE-----\nAAAA\n"                           },
		{ "crossed.pem",
                 "-----BEGIN CERTIFICATE-----\nAAAA\n-----END X509 CRL-----\n"                   },
		{ "letters.pem",
                 "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n"                   },
		{ "half.pem",
                 "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"                },
		{ "key.pem",     "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"},
		{ "cut.db",      DATABASE_MAGIC "\1"                                             },
	};
	struct trust_source run = { .path = path_in("two.pem"), .sets = 0 };
	struct trust_store *s;

	buffer_text(&pem, "Two roots.\n");
	pem_encode(&pem, "CERTIFICATE", numbered(1));
	buffer_text(&pem,
		    "-----BEGIN RSA PRIVATE KEY-----\nx\n-----END RSA PRIVATE KEY-----\n");
	pem_encode(&pem, "TRUSTED CERTIFICATE", numbered(2));
	file_put("two.pem", buffer_span(&pem));
	s = opened(NULL, 0, &run, 1);
	CHECK(s && trust_count(s, TRUST_MS_CODE) == 2 && trust_count(s, TRUST_UEFI) == 2,
	      "PEM with text and keys around: two anchors in every set");
	trust_close(s);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		const char *problem = NULL;

		run.path = path_in(bad[i].name);
		file_put(bad[i].name, SPAN_TEXT(bad[i].text));
		CHECK(trust_open(&arena, &(struct trust_sources){ .given = &run, .n_given = 1 },
				 &s, &problem) == STATUS_USAGE &&
			      !s && problem && strstr(problem, bad[i].name),
		      "%s is refused: %s", bad[i].name, problem ? problem : "?");
	}
	run.path = path_in("nowhere");
	{
		const char *problem = NULL;

		CHECK(trust_open(&arena, &(struct trust_sources){ .given = &run, .n_given = 1 },
				 &s, &problem) == STATUS_IO &&
			      problem && strstr(problem, "nowhere"),
		      "a path that is not there: %s", problem ? problem : "?");
	}
}

static void digests(void)
{
	const char *dbs[] = { path_in("full.db"), path_in("low.db") };
	struct trust_source run = { .path = path_in("a.der"), .sets = 0 };
	struct trust_store *stores[4] = { opened(dbs, 1, NULL, 0), opened(dbs, 2, NULL, 0),
					  opened(dbs, 1, &run, 1), opened(dbs, 1, &run, 1) };
	uint8_t digest[4][32];

	for (size_t i = 0; i < 4; i++) {
		trust_digest(stores[i], digest[i]);
		trust_close(stores[i]);
	}
	CHECK(memcmp(digest[0], digest[1], 32) != 0 && memcmp(digest[0], digest[2], 32) != 0,
	      "whatever is added changes the digest of the store");
	CHECK(memcmp(digest[2], digest[3], 32) == 0, "the same again does not");
}

/* A file of @bytes that has no name. */
static int held(struct span bytes)
{
	int fd = memfd_create("pack", MFD_CLOEXEC);

	if (fd < 0 || write(fd, bytes.ptr, bytes.len) != (ssize_t)bytes.len)
		abort();
	return fd;
}

/* What another process makes of a store is the same store; of a part of it, none. */
static void packed(void)
{
	CLEANUP(buffer_free) struct buffer pack = BUFFER_INIT;
	const char *dbs[] = { path_in("full.db"), path_in("low.db") };
	struct trust_source run = { .path = path_in("a.der"), .sets = 1 };
	struct trust_store *whole = opened(dbs, 2, &run, 1), *again = NULL;
	uint8_t digest[2][32] = { { 0 }, { 1 } };
	size_t n_taken = 0;
	int fd;

	CHECK(trust_pack(whole, &pack) == STATUS_OK, "a store is packed: %zu bytes", pack.len);
	fd = held(buffer_span(&pack));
	CHECK(trust_unpack(fd, &again) == STATUS_OK, "and unpacked");
	(void)close(fd);
	trust_digest(whole, digest[0]);
	if (again)
		trust_digest(again, digest[1]);
	CHECK(memcmp(digest[0], digest[1], 32) == 0 &&
		      trust_count(again, TRUST_ALL_SETS) == trust_count(whole, TRUST_ALL_SETS),
	      "it is the same");
	trust_close(again);
	for (uint64_t len = 0; len < pack.len; len += len < 64 ? 1 : pack.len / 50) {
		fd = held(span_clip(buffer_span(&pack), 0, len));
		n_taken += trust_unpack(fd, &again) == STATUS_OK;
		trust_close(again);
		(void)close(fd);
	}
	CHECK(n_taken == 0, "no part of it is (%zu)", n_taken);
	trust_close(whole);
}

/* The n-th allocation fails, for each n: refused with a reason, and nothing leaks. */
static void starved(void)
{
	const char *db = path_in("low.db");
	struct trust_source run = { .path = path_in("two.pem"), .sets = 0 };
	size_t n_failed = 0, n_wrong = 0;

	for (long n = 0; n < 500; n++) {
		struct arena own = ARENA_INIT((size_t)1 << 20);
		struct trust_store *s = NULL;
		const char *problem = NULL;
		enum status status;

		memory_fail_after(n);
		status = trust_open(&own, &(struct trust_sources){ &db, 1, &run, 1 }, &s,
				    &problem);
		memory_fail_after(-1);
		n_failed += status != STATUS_OK;
		n_wrong += status != STATUS_OK && (status != STATUS_NO_MEMORY || !problem || s);
		n_wrong += status == STATUS_OK && trust_count(s, TRUST_MS_CODE) != 2;
		trust_close(s);
		arena_free(&own);
	}
	CHECK(n_failed > 5 && n_failed < 490, "%zu allocations can fail", n_failed);
	CHECK(n_wrong == 0, "each is said to be want of memory (%zu were not)", n_wrong);
}

int main(void)
{
	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	round_trip();
	names_spelled();
	foreign();
	damaged();
	layered();
	both_first();
	files_given();
	digests();
	packed();
	starved();
	if (system(arena_printf(&arena, "rm -rf %s", folder)) != 0)
		printf("# %s is left behind\n", folder);
	arena_free(&arena);
	return CHECK_DONE();
}
