/* SPDX-License-Identifier: MIT */
/* Signed lists: what a host takes over, and every way in which it is lied to. */
#include "store/signed_list.h"

#include "base/memory.h"
#include "store/list_entries.h"
#include "tests/check.h"
#include "trust/file.h"
#include <sys/stat.h>
#include <unistd.h>

#define NOW  INT64_C(1795348800) /* 2026-11-22T12:00:00Z */
#define WEEK INT64_C(604800)

static char folder[] = "/tmp/assay-test-signed-XXXXXX";
static struct arena arena = ARENA_INIT((size_t)256 << 20);
static struct ed25519_key keys[3]; /* ours, ours too, somebody's */

static const char *place(const char *name)
{
	return arena_printf(&arena, "%s/%s", folder, name);
}

/* PKCS #8 around 32 times @secret. */
static bool key_make(char secret, struct ed25519_key *out)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

	buffer_add(&b,
		   SPAN_LITERAL("\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04"
				"\x20"));
	for (int i = 0; i < 32; i++)
		buffer_char(&b, secret);
	return ed25519_private_read(buffer_span(&b), out) == STATUS_OK;
}

/* "a*b" is three entries; "*" is what can be neither. */
static struct digest_list set_of(const char *letters)
{
	struct digest_list set = { 0 };

	for (uint64_t i = 0; i < SPAN_TEXT(letters).len; i++) {
		struct digest_entry e = { .digest = { span_at(SPAN_TEXT(letters), i) },
					  .type = DIGEST_ENTRY_FILE,
					  .reason = "a test",
					  .author = "" };
		bool changed;

		if (digest_list_add(&arena, &set, &e, &changed) != STATUS_OK)
			abort();
	}
	return set;
}

static struct signed_export export_of(const char *path, const struct digest_list *set)
{
	return (struct signed_export){ .path = place(path),
				       .what = BUNDLE_DENY,
				       .name = "site",
				       .folder = place("signer"),
				       .keys = keys,
				       .n_keys = 1,
				       .now = NOW,
				       .expires = NOW + WEEK,
				       .set = set,
				       .author = "tester" };
}

static bool sign(const char *path, const char *letters, bool snapshot)
{
	struct digest_list set = set_of(letters);
	struct signed_export e = export_of(path, &set);
	struct signed_taken taken;
	const char *problem = NULL;

	e.snapshot = snapshot;
	return signed_list_sign(&arena, &e, &taken, &problem) == STATUS_OK;
}

static struct signed_from from_of(const char *host)
{
	return (struct signed_from){
		.folder = place(host), .trust = {keys, 2, 1},
                     .now = NOW
	};
}

static enum status take(const char *host, const char *path, struct signed_taken *out,
			const char **problem)
{
	struct signed_from from = from_of(host);
	struct signed_import import = { .path = place(path), .what = BUNDLE_DENY };

	return signed_list_import(&arena, &from, &import, out, problem);
}

/* Are these on the list that is followed, and no others, under this number? */
static bool follows(const char *host, const char *letters, uint64_t number)
{
	struct signed_from from = from_of(host);
	struct digest_list set = set_of(letters);
	struct signed_lists lists;
	const char *problem = NULL;

	if (signed_lists_read(&arena, &from, BUNDLE_DENY, &lists, &problem) != STATUS_OK)
		return false;
	if (number == 0)
		return lists.n == 0;
	if (lists.n != 1 || lists.lists[0].sequence != number || lists.lists[0].set.n != set.n)
		return false;
	for (size_t i = 0; i < set.n; i++)
		if (!digest_list_has(&lists.lists[0].set, SPAN_OF(set.entries[i].digest)))
			return false;
	return true;
}

static void test_following(void)
{
	struct signed_taken taken;
	const char *problem = NULL;

	CHECK(sign("1", "abc", false) && sign("2", "acd", false) && sign("3", "acd", false) &&
		      sign("4", "adxyz", false),
	      "four bundles are signed");
	CHECK(follows("host", "", 0), "nothing is followed at first");
	CHECK(take("host", "1", &taken, &problem) == STATUS_OK && taken.added == 3 &&
		      taken.before == 0 && follows("host", "abc", 1),
	      "a snapshot is taken over: %s", problem ? problem : "");
	CHECK(take("host", "1", &taken, &problem) == STATUS_OK && taken.known &&
		      follows("host", "abc", 1),
	      "again: it is known");
	CHECK(take("host", "2", &taken, &problem) == STATUS_OK && taken.added == 1 &&
		      taken.removed == 1 && follows("host", "acd", 2),
	      "what is different: %s", problem ? problem : "");
	CHECK(take("host", "3", &taken, &problem) == STATUS_OK && taken.added == 0 &&
		      follows("host", "acd", 3),
	      "nothing new, and so it does not expire");
	CHECK(take("host", "4", &taken, &problem) == STATUS_OK && follows("host", "adxyz", 4),
	      "and so on");
	CHECK(sign("5", "ad", true) && sign("6", "a", false) && sign("7", "ab", true),
	      "three more");
	CHECK(take("host", "7", &taken, &problem) == STATUS_OK && taken.before == 4 &&
		      follows("host", "ab", 7),
	      "a snapshot leaps over numbers");
	CHECK(take("late", "7", &taken, &problem) == STATUS_OK && follows("late", "ab", 7),
	      "and begins anywhere");
}

/* What a hostile carrier may hand over; @letter: the file in the folder. */
static const struct {
	const char *what, *path, *rule;
} carried[] = {
	{"a number that was left out", "6",      "list.skipped"    },
	{ "an older one",              "2",      "list.rolled-back"},
	{ "one that is cut",           "cut",    "list.truncated"  },
	{ "a bit of an entry",         "flip",   "list.altered"    },
	{ "a bit of the manifest",     "head",   "list.unsigned"   },
	{ "somebody else's signature", "other",  "list.unsigned"   },
	{ "another list of this name", "fork",   "list.forked"     },
	{ "one that follows another",  "behind", "list.forked"     },
	{ "a list of files that may",  "allow",  "list.wrong-list" },
	{ "an expired one",            "old",    "list.expired"    },
	{ "no bundle at all",          "text",   "list.truncated"  },
	{ "nothing",                   "empty",  "list."           },
	{ "a name that leads nowhere", "none",   "list.unreadable" },
};

static struct span bytes_of(const char *path)
{
	struct span out = SPAN_NONE, mapping;

	if (file_map(place(path), (size_t)1 << 26, &mapping) == STATUS_OK) {
		out = arena_copy(&arena, mapping);
		file_unmap(mapping);
	}
	return out;
}

static void put(const char *path, struct span bytes)
{
	if (file_replace(place(path), bytes) != STATUS_OK)
		abort();
}

static void put_flipped(const char *path, struct span bytes, uint64_t at)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

	buffer_add(&b, span_clip(bytes, 0, at));
	buffer_char(&b, (char)(span_at(bytes, at) ^ 1));
	buffer_add(&b, span_after(bytes, at + 1));
	put(path, buffer_span(&b));
}

/* Signs as somebody who has the key, but not the numbers, would. */
static bool sign_apart(const char *path, const char *letters, int n, const char *state,
		       enum bundle_content what, const struct ed25519_key *key, int64_t expires)
{
	struct digest_list set = set_of(letters);
	struct signed_export e = export_of(path, &set);
	struct signed_taken taken;
	const char *problem = NULL;
	bool good = true;

	e.folder = place(state);
	e.what = what;
	e.keys = key;
	e.expires = expires;
	for (int i = 0; i < n; i++)
		good = good && signed_list_sign(&arena, &e, &taken, &problem) == STATUS_OK;
	return good;
}

static void test_carried(void)
{
	struct signed_taken taken;
	struct span third = bytes_of("3"), fifth = bytes_of("5");

	CHECK(take("victim", "1", &taken, &(const char *){ NULL }) == STATUS_OK &&
		      take("victim", "2", &taken, &(const char *){ NULL }) == STATUS_OK &&
		      take("victim", "3", &taken, &(const char *){ NULL }) == STATUS_OK,
	      "a host follows number 3");
	put("cut", span_clip(fifth, 0, fifth.len - 40));
	put_flipped("flip", fifth, fifth.len - 60);
	put_flipped("head", fifth, 40);
	put("text", SPAN_LITERAL("not a list\n"));
	put("empty", SPAN_LITERAL("x"));
	CHECK(sign_apart("other", "a", 4, "s1", BUNDLE_DENY, &keys[2], NOW + WEEK) &&
		      sign_apart("fork", "a", 3, "s2", BUNDLE_DENY, keys, NOW + WEEK) &&
		      sign_apart("behind", "a", 4, "s3", BUNDLE_DENY, keys, NOW + WEEK) &&
		      sign_apart("allow", "a", 4, "s4", BUNDLE_ALLOW, keys, NOW + WEEK) &&
		      sign_apart("old", "a", 9, "s5", BUNDLE_DENY, keys, NOW - 1),
	      "who lies has keys, too");
	for (size_t i = 0; i < COUNT_OF(carried); i++) {
		const char *problem = NULL;
		enum status status = take("victim", carried[i].path, &taken, &problem);

		CHECK(status == STATUS_USAGE && problem && strstr(problem, carried[i].rule) &&
			      follows("victim", "acd", 3),
		      "%s: %s", carried[i].what, problem ? problem : "taken");
	}
	for (uint64_t i = 0; i < third.len; i += 7) {
		const char *problem = NULL;

		put("cut", span_clip(fifth, 0, i));
		if (take("victim", "cut", &taken, &problem) == STATUS_OK)
			CHECK(false, "%llu bytes of it", (unsigned long long)i);
	}
	CHECK(follows("victim", "acd", 3), "no beginning of one is one");
}

/* Entries that somebody signed, but that are none. */
static const struct {
	const char *what, *rule;
	struct span bytes; /* op, type, letter for each */
	uint64_t more;     /* entries than there are */
	bool other_set, longer;
} entries[] = {
	{"out of order",          "list.unsorted",
         SPAN_INIT("\x01\x01"
		    "b\x01\x01"
		    "a"),
         0,		 false, false},
	{ "one twice",            "list.unsorted",
         SPAN_INIT("\x01\x01"
		    "a\x01\x01"
		    "a"),
         0,		 false, false},
	{ "an operation unknown", "list.nonsense",
         SPAN_INIT("\x03\x01"
		    "a"),
         0,		 false, false},
	{ "a type unknown",       "list.nonsense",
         SPAN_INIT("\x01\x09"
		    "a"),
         0,		 false, false},
	{ "what is not there",    "list.set-differs",
         SPAN_INIT("\x02\x01"
		    "q"),
         0,		 false, false},
	{ "fewer than are said",  "list.truncated",
         SPAN_INIT("\x01\x01"
		    "a"),
         1,		 false, false},
	{ "a million million",    "list.limit",
         SPAN_INIT("\x01\x01"
		    "a"),
         UINT64_C(1) << 40, false, false},
	{ "another set of it",    "list.set-differs",
         SPAN_INIT("\x01\x01"
		    "a"),
         0,		 true,  false},
	{ "bytes behind them",    "list.truncated",
         SPAN_INIT("\x01\x01"
		    "a"),
         0,		 false, true },
};

static void entries_write(struct buffer *out, struct span rows)
{
	for (uint64_t i = 0; i + 2 < rows.len; i += 3) {
		buffer_add(out, span_clip(rows, i, 3));
		for (int k = 0; k < 31 + 8 + 2 + 2; k++)
			buffer_char(out, 0);
	}
}

static void forge(const char *path, size_t row, enum bundle_content what)
{
	CLEANUP(buffer_free) struct buffer content = BUFFER_INIT, file = BUFFER_INIT;
	struct bundle b = { .content_kind = what,
			    .kind = BUNDLE_SNAPSHOT,
			    .name = SPAN_LITERAL("forged"),
			    .sequence = 4,
			    .n_entries = entries[row].bytes.len / 3 + entries[row].more };
	struct digest digest;
	struct span whole;

	entries_write(&content, entries[row].bytes);
	whole = buffer_span(&content);
	if (digest_of(DIGEST_SHA256, &whole, 1, &digest) != STATUS_OK)
		abort();
	digest.bytes[0] ^= entries[row].other_set;
	if (entries[row].longer)
		buffer_char(&content, 0);
	buffer_add(&content, digest_span(&digest));
	whole = buffer_span(&content);
	if (digest_of(DIGEST_SHA256, &whole, 1, &digest) != STATUS_OK)
		abort();
	(void)span_copy(b.root, sizeof(b.root), digest_span(&digest));
	b.n_bytes = content.len;
	if (bundle_write(&file, &b, keys, 1) != STATUS_OK)
		abort();
	buffer_add(&file, buffer_span(&content));
	put(path, buffer_span(&file));
}

static void test_entries(void)
{
	struct signed_taken taken;

	for (size_t i = 0; i < COUNT_OF(entries); i++) {
		const char *problem = NULL;
		enum status status;

		forge("forged", i, BUNDLE_DENY);
		status = take("strict", "forged", &taken, &problem);
		CHECK(status == STATUS_USAGE && problem && strstr(problem, entries[i].rule),
		      "%s: %s", entries[i].what, problem ? problem : "taken");
	}
	CHECK(follows("strict", "", 0), "nothing of it is followed");
}

/* A digest that covers a part of a file lets nothing pass. */
static void test_types(void)
{
	struct digest_entry e = {
		.digest = { 1 }, .type = DIGEST_ENTRY_IMAGE, .reason = "", .author = ""
	};
	struct digest_list set = { .entries = &e, .n = 1 };
	struct signed_export x = export_of("image", &set);
	struct signed_taken taken;
	const char *problem = NULL;

	x.folder = place("types");
	CHECK(signed_list_sign(&arena, &x, &taken, &problem) == STATUS_OK &&
		      take("typed", "image", &taken, &problem) == STATUS_OK,
	      "the image of a program is denied");
	x.what = BUNDLE_ALLOW;
	CHECK(signed_list_sign(&arena, &x, &taken, &problem) == STATUS_USAGE &&
		      strstr(problem, "whole files"),
	      "it is not let pass");
}

static void test_keys(void)
{
	struct signed_from from = from_of("two");
	struct signed_import import = { .path = place("both"), .what = BUNDLE_DENY };
	struct digest_list set = set_of("a");
	struct signed_export e = export_of("both", &set);
	struct ed25519_key same[2] = { keys[0], keys[0] };
	struct signed_taken taken;
	const char *problem = NULL;

	e.folder = place("twice");
	from.trust.need = 2;
	CHECK(signed_list_sign(&arena, &e, &taken, &problem) == STATUS_OK &&
		      signed_list_import(&arena, &from, &import, &taken, &problem) ==
			      STATUS_USAGE &&
		      strstr(problem, "list.unsigned"),
	      "two keys are asked for, one has signed: %s", problem);
	e.keys = same;
	e.n_keys = 2;
	CHECK(signed_list_sign(&arena, &e, &taken, &problem) == STATUS_OK &&
		      signed_list_import(&arena, &from, &import, &taken, &problem) ==
			      STATUS_USAGE,
	      "the same key twice is one");
	from.trust.keys = same;
	CHECK(signed_list_import(&arena, &from, &import, &taken, &problem) == STATUS_USAGE,
	      "also where it is trusted twice");
	e.keys = from.trust.keys = keys;
	e.snapshot = true;
	CHECK(signed_list_sign(&arena, &e, &taken, &problem) == STATUS_OK &&
		      signed_list_import(&arena, &from, &import, &taken, &problem) == STATUS_OK,
	      "both have signed: %s", problem ? problem : "");
	from.trust.n = 0;
	CHECK(signed_list_import(&arena, &from, &import, &taken, &problem) == STATUS_USAGE &&
		      strstr(problem, "list.no-key"),
	      "no key: %s", problem);
}

/* What lies on the disk is verified each time. */
static void test_disk(void)
{
	const char *path = "host/deny-site.followed", *problem = NULL;
	struct signed_from from = from_of("host");
	struct span whole = bytes_of(path);
	struct signed_lists lists;
	size_t n = 0;

	for (uint64_t i = 0; i < whole.len; i++) {
		put_flipped(path, whole, i);
		if (signed_lists_read(&arena, &from, BUNDLE_DENY, &lists, &problem) ==
			    STATUS_OK &&
		    lists.n > 0 && !lists.lists[0].unvouched)
			n++;
	}
	/* What stands beside the signature is not signed, and says nothing. */
	CHECK(n == 0, "no byte of %zu can be altered", whole.len);
	put(path, whole);
	from.trust.keys = &keys[2];
	from.trust.n = 1;
	CHECK(signed_lists_read(&arena, &from, BUNDLE_DENY, &lists, &problem) == STATUS_OK &&
		      lists.n == 1 && lists.lists[0].unvouched && lists.lists[0].set.n > 0 &&
		      strstr(lists.lists[0].unvouched, "list.unsigned") &&
		      strstr(lists.lists[0].unvouched, "goes on to deny") &&
		      SPAN_TEXT(lists.lists[0].key).len == SIGNED_LISTS_KEY_DIGITS,
	      "a key that is trusted no more: it goes on to deny, and that is said");
	from.trust.n = 0;
	CHECK(signed_lists_read(&arena, &from, BUNDLE_DENY, &lists, &problem) == STATUS_OK &&
		      lists.n == 1 && lists.lists[0].unvouched,
	      "no key is trusted any more");
	from = from_of("host");
	from.trust.need = 2;
	CHECK(signed_lists_read(&arena, &from, BUNDLE_DENY, &lists, &problem) == STATUS_OK &&
		      lists.n == 1 && lists.lists[0].unvouched,
	      "more keys are asked for than have signed");
	from = from_of("host");
	CHECK(signed_lists_read(&arena, &from, BUNDLE_DENY, &lists, &problem) == STATUS_OK &&
		      lists.n == 1 && !lists.lists[0].unvouched,
	      "and with the key again, all is well");
	from.now = NOW + WEEK + 1;
	CHECK(signed_lists_read(&arena, &from, BUNDLE_DENY, &lists, &problem) == STATUS_OK &&
		      lists.n == 1 && lists.lists[0].stale && lists.lists[0].set.n > 0,
	      "expired: it is stale, and goes on to deny");
	put("host/deny-other.followed", whole);
	CHECK(signed_lists_read(&arena, &from, BUNDLE_DENY, &lists, &problem) == STATUS_USAGE,
	      "under another's name: %s", problem);
	CHECK(signed_list_forget(&arena, place("host"), BUNDLE_DENY, "other", &problem) ==
			      STATUS_OK &&
		      signed_list_forget(&arena, place("host"), BUNDLE_DENY, "../x",
					 &problem) == STATUS_USAGE,
	      "it is forgotten, and no name leads out of the folder");
	CHECK(chmod(place(path), 0666) == 0 &&
		      signed_lists_read(&arena, &from, BUNDLE_DENY, &lists, &problem) ==
			      STATUS_USAGE,
	      "others may write to it: %s", problem);
	CHECK(chmod(place(path), 0644) == 0, "not any more");
}

/* A list that is longer than an arena of text takes. */
static void test_many(void)
{
	const size_t n = 5000;
	struct digest_entry *e = ARENA_NEW(&arena, struct digest_entry, n);
	struct digest_list set = { .entries = e, .n = n };
	struct signed_export x = export_of("many", &set);
	struct signed_taken taken;
	const char *problem = NULL;

	for (size_t i = 0; e && i < n; i++)
		e[i] = (struct digest_entry){
			.digest = {(uint8_t)(i >> 8), (uint8_t)i},
			.type = DIGEST_ENTRY_FILE,
			.reason = "one of many",
			.author = ""
		};
	x.folder = place("many-signer");
	CHECK(signed_list_sign(&arena, &x, &taken, &problem) == STATUS_OK &&
		      take("many-host", "many", &taken, &problem) == STATUS_OK &&
		      taken.added == n,
	      "%zu files", n);
	set.n = n - 10;
	CHECK(signed_list_sign(&arena, &x, &taken, &problem) == STATUS_OK &&
		      take("many-host", "many", &taken, &problem) == STATUS_OK &&
		      taken.removed == 10 && bytes_of("many").len < 1024,
	      "ten less, in few bytes");
}

/* Without memory it is refused, or taken over whole; never half. */
static void test_memory(void)
{
	long n = 0, failed = 0;
	bool done = false, wrong = false;

	for (; !done && n < 400; n++) {
		struct arena a = ARENA_INIT((size_t)1 << 24);
		struct signed_from from = from_of("poor");
		struct signed_import import = { .path = place("7"), .what = BUNDLE_DENY };
		struct signed_taken taken;
		const char *problem = NULL;
		enum status status;

		memory_fail_after(n);
		status = signed_list_import(&a, &from, &import, &taken, &problem);
		memory_fail_after(-1);
		done = status == STATUS_OK;
		failed += !done;
		wrong = wrong || (!done && !follows("poor", "", 0));
		arena_free(&a);
	}
	CHECK(done && failed > 3 && !wrong && follows("poor", "ab", 7),
	      "each of %ld allocations fails, and nothing is half", failed);
}

/* The same of who reads what is followed: all of it, or that it cannot be read. */
static void test_memory_of_reader(void)
{
	long n = 0, failed = 0;
	bool done = false, wrong = false;

	for (; !done && n < 400; n++) {
		struct arena a = ARENA_INIT((size_t)1 << 24);
		struct signed_from from = from_of("poor");
		struct signed_lists lists;
		const char *problem = NULL;
		enum status status;

		memory_fail_after(n);
		status = signed_lists_read(&a, &from, BUNDLE_NOTHING, &lists, &problem);
		memory_fail_after(-1);
		done = status == STATUS_OK;
		failed += !done;
		wrong = wrong || (done && (lists.n != 1 || lists.lists[0].set.n != 2));
		arena_free(&a);
	}
	CHECK(done && failed > 0 && !wrong, "each of %ld allocations of a reader fails",
	      failed);
}

int main(void)
{
	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	CHECK(key_make(1, &keys[0]) && key_make(2, &keys[1]) && key_make(3, &keys[2]), "keys");
	test_following();
	test_carried();
	test_entries();
	test_types();
	test_keys();
	test_disk();
	test_many();
	test_memory();
	test_memory_of_reader();
	(void)!system(arena_printf(&arena, "rm -rf %s", folder)); /* NOLINT: our own folder */
	arena_free(&arena);
	return CHECK_DONE();
}
