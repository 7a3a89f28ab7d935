/* SPDX-License-Identifier: MIT */
/* Donors as signed lists: what is taken over, and everything that is not. */
#include "store/donors_exchange.h"
#include "tests/check.h"
#include "trust/file.h"
#include "trust/pem.h"
#include <sys/stat.h>
#include <unistd.h>

#define NOW    INT64_C(1795348800) /* 2026-11-22T12:00:00Z */
#define DONORS 120

static char folder[] = "/tmp/assay-test-exchange-XXXXXX";
static struct arena arena = ARENA_INIT((size_t)256 << 20);
static struct ed25519_key ours, theirs;

static const char *place(const char *name)
{
	return arena_printf(&arena, "%s/%s", folder, name);
}

/* PKCS #8 around 32 times @secret. */
static struct span private_der(struct buffer *b, char secret)
{
	buffer_add(b,
		   SPAN_LITERAL("\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04"
				"\x20"));
	for (int i = 0; i < 32; i++)
		buffer_char(b, secret);
	return buffer_span(b);
}

/* @n signed programs, and a sighting, which is nobody else's business. */
static struct donors *donors_make(uint64_t n)
{
	struct donor *list = ARENA_NEW(&arena, struct donor, n + 1);

	for (uint64_t i = 0; list && i <= n; i++) {
		struct span bytes = { (const uint8_t *)&i, sizeof(i) };

		list[i] = (struct donor){ .kind = i < n ? DONOR_VALID : DONOR_SEEN,
					  .name = "program.exe",
					  .signer = i < n ? "Example Corp" : NULL,
					  .provenance = "/home/somebody/secret/place",
					  .next = i < n ? &list[i + 1] : NULL };
		if (digest_of(DIGEST_SHA256, &bytes, 1, &list[i].digest) != STATUS_OK)
			return NULL;
		(void)span_copy(list[i].block, 32, digest_span(&list[i].digest));
	}
	return donors_of_run(list, NULL);
}

static enum status export_as(const char *name, const char *path, uint64_t n,
			     const struct ed25519_key *key, struct donors_exchanged *out)
{
	struct donors_export e = { place(path), name, place("exporter"), key, NOW };
	const char *problem = NULL;
	struct donors *d = donors_make(n);
	enum status status = d ? donors_export(&arena, d, &e, out, &problem) : STATUS_NO_MEMORY;

	if (status != STATUS_OK && !problem)
		abort();
	donors_close(d);
	return status;
}

static enum status import_from(const char *path, const char *into,
			       const struct ed25519_key *key, struct donors_exchanged *out,
			       const char **problem)
{
	struct donors_import i = { place(path), place(into), key, 1, NOW, false };

	return donors_import(&arena, &i, out, problem);
}

static uint64_t count(const char *into, const char *provenance)
{
	const char *at = place(into), *problem;
	struct donors *d = donors_open(&arena, &at, 1, &problem);
	struct donor *hit = NULL;
	uint64_t n = 0, i = 1;
	struct span bytes = { (const uint8_t *)&i, sizeof(i) };
	struct digest digest;

	if (!d || donors_verify(d) != STATUS_OK ||
	    digest_of(DIGEST_SHA256, &bytes, 1, &digest) != STATUS_OK)
		return UINT64_MAX;
	n = donors_index(d)->n;
	if (provenance &&
	    (donors_index(d)->find(donors_index(d)->context, DONOR_BY_DIGEST,
				   digest_span(&digest), &arena, &hit) != STATUS_OK ||
	     !hit || strcmp(hit->provenance, provenance) != 0))
		n = UINT64_MAX;
	donors_close(d);
	return n;
}

static struct span bytes_of(const char *path)
{
	struct span out = SPAN_NONE;
	struct span mapping;

	if (file_map(path, (size_t)1 << 30, &mapping) == STATUS_OK) {
		out = arena_copy(&arena, mapping);
		file_unmap(mapping);
	}
	return out;
}

static void test_exchange(void)
{
	struct donors_exchanged out;
	struct donors_import dry = { place("one.list"), place("dry"), &ours, 1, NOW, true };
	const char *problem = NULL, *provenance;
	uint64_t at;

	CHECK(export_as("one", "one.list", DONORS, &ours, &out) == STATUS_OK &&
		      out.n == DONORS && out.sequence == 1,
	      "%d donors are exported", DONORS);
	provenance = arena_printf(&arena, "list one by %s", out.key);
	CHECK(!span_find(bytes_of(place("one.list")), SPAN_TEXT("secret/place"), 0, &at),
	      "and not where they were learnt");
	CHECK(donors_import(&arena, &dry, &out, &problem) == STATUS_OK && out.n == DONORS &&
		      access(place("dry"), F_OK) != 0,
	      "a dry run makes nothing");
	CHECK(import_from("one.list", "importer", &ours, &out, &problem) == STATUS_OK &&
		      out.n == DONORS && out.before == 0 &&
		      count("importer", provenance) == DONORS,
	      "they are imported, and say where they come from");
	CHECK(import_from("one.list", "importer", &ours, &out, &problem) == STATUS_OK &&
		      out.before == 1 && count("importer", provenance) == DONORS,
	      "twice is as good as once");
	CHECK(rename(place("one.list"), place("old.list")) == 0 &&
		      export_as("one", "one.list", 7, &ours, &out) == STATUS_OK &&
		      out.sequence == 2,
	      "the next one has the next number");
	CHECK(import_from("one.list", "importer", &ours, &out, &problem) == STATUS_OK &&
		      out.before == 1 && count("importer", provenance) == 7,
	      "and stands in the place of the one before");
	CHECK(import_from("old.list", "importer", &ours, &out, &problem) == STATUS_USAGE &&
		      strstr(problem, "older than number 2"),
	      "which is not taken any more");
	dry.path = place("old.list");
	dry.folder = place("importer");
	CHECK(donors_import(&arena, &dry, &out, &problem) == STATUS_USAGE,
	      "as a dry run says too");
	CHECK(export_as("two", "two.list", 9, &ours, &out) == STATUS_OK && out.sequence == 1 &&
		      import_from("two.list", "importer", &ours, &out, &problem) == STATUS_OK &&
		      count("importer", NULL) == 16,
	      "another list stands beside it");
	CHECK(export_as("one", "three.list", 11, &theirs, &out) == STATUS_OK &&
		      import_from("three.list", "importer", &theirs, &out, &problem) ==
			      STATUS_OK &&
		      count("importer", NULL) == 27,
	      "and one of the same name by another key");
	CHECK(export_as("none", "none.list", 0, &ours, &out) == STATUS_OK && out.n == 0 &&
		      import_from("none.list", "importer", &ours, &out, &problem) ==
			      STATUS_OK &&
		      count("importer", NULL) == 27,
	      "a list may be empty");
}

static void test_names(void)
{
	static const struct {
		const char *name;
		bool good;
	} rows[] = {
		{"a",            true },
		{ "Site-7_b.c",  true },
		{ "",            false},
		{ ".hidden",     false},
		{ "a/b",         false},
		{ "a b",         false},
		{ "caf\xc3\xa9", false},
	};
	struct donors_exchanged out;

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK((export_as(rows[i].name, "named.list", 1, &ours, &out) == STATUS_OK) ==
			      rows[i].good,
		      "the name \"%s\" is %s", rows[i].name, rows[i].good ? "good" : "refused");
}

/* A bundle around any content, signed as it should be. */
static bool bundle_forge(const char *path, const struct bundle *like, struct span content)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	struct bundle bundle = *like;

	if (bundle_write(&b, &bundle, &ours, 1) != STATUS_OK)
		return false;
	buffer_add(&b, content);
	return buffer_status(&b) == STATUS_OK &&
	       file_replace(place(path), buffer_span(&b)) == STATUS_OK;
}

static void test_forged(void)
{
	static const struct {
		const char *what, *why;
		int64_t expires;
		uint64_t sequence, more_entries, cut;
		bool root;
	} rows[] = {
		{"an expired list",            "expired", NOW - 1, 5,          0, 0, false},
		{ "number 0",                  "sense",   0,       0,          0, 0, false},
		{ "a number beyond all",       "sense",   0,       UINT64_MAX, 0, 0, false},
		{ "a wrong number of entries", "hold",    0,       5,          1, 0, false},
		{ "another root",              "hold",    0,       5,          0, 0, true },
		{ "content that is cut",       "cut",     0,       5,          0, 9, false},
	};
	const char *problem = NULL;
	struct donors_exchanged out;
	struct span whole;
	struct bundle b;

	(void)!export_as("forged", "forged.list", 50, &ours, &out);
	whole = bytes_of(place("forged.list"));
	if (bundle_read(whole, &b, &problem) != STATUS_OK)
		return;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct bundle like = b;

		like.expires = rows[i].expires;
		like.sequence = rows[i].sequence;
		like.n_entries += rows[i].more_entries;
		like.n_bytes -= rows[i].cut;
		like.root[0] ^= rows[i].root;
		CHECK(bundle_forge("forged.list", &like,
				   span_clip(b.content, 0, b.content.len - rows[i].cut)) &&
			      import_from("forged.list", "strict", &ours, &out, &problem) !=
				      STATUS_OK &&
			      problem && strstr(problem, rows[i].why),
		      "%s is refused: %s", rows[i].what, problem);
	}
	CHECK(count("strict", NULL) == 0, "nothing of it was taken");
}

static void test_altered(void)
{
	const char *problem = NULL;
	struct donors_exchanged out;
	struct span whole;
	uint8_t *copy;
	size_t taken = 0, silent = 0, n = 0;

	(void)!export_as("altered", "altered.list", 20, &ours, &out);
	whole = bytes_of(place("altered.list"));
	copy = ARENA_NEW(&arena, uint8_t, whole.len);
	for (size_t i = 0; copy && i < whole.len; i += i < 300 ? 1 : 37, n++) {
		(void)span_copy(copy, whole.len, whole);
		copy[i] ^= 1;
		(void)!file_replace(place("altered.list"), (struct span){ copy, whole.len });
		problem = NULL;
		taken += import_from("altered.list", "careful", &ours, &out, &problem) ==
			 STATUS_OK;
		silent += !problem;
	}
	CHECK(taken == 0, "no list with a byte that was altered is taken: %zu tried", n);
	CHECK(silent == 0, "and each refusal is a sentence");
	taken = 0;
	for (size_t i = 0; copy && i < whole.len; i += i < 300 ? 1 : 37) {
		(void)!file_replace(place("altered.list"), span_clip(whole, 0, i));
		taken += import_from("altered.list", "careful", &ours, &out, &problem) ==
			 STATUS_OK;
	}
	CHECK(taken == 0, "nor one that is cut short");
}

static void test_keys(void)
{
	const char *problem = NULL;
	struct donors_exchanged out;
	struct ed25519_key both[] = { theirs, ours };
	struct donors_import i = { place("keyed.list"), place("keyed"), both, 2, NOW, false };
	struct span whole;
	struct bundle b;
	CLEANUP(buffer_free) struct buffer plain = BUFFER_INIT;

	(void)!export_as("keyed", "keyed.list", 5, &ours, &out);
	CHECK(import_from("keyed.list", "keyed", &theirs, &out, &problem) == STATUS_USAGE &&
		      strstr(problem, "not signed by a key that you trust"),
	      "another key is not enough");
	CHECK(donors_import(&arena, &i, &out, &problem) == STATUS_OK, "one of two keys is");
	i.n_keys = 0;
	CHECK(donors_import(&arena, &i, &out, &problem) == STATUS_USAGE,
	      "no key trusts nobody");
	whole = bytes_of(place("keyed.list"));
	if (bundle_read(whole, &b, &problem) != STATUS_OK)
		return;
	buffer_add(&plain, b.manifest);
	buffer_u32le(&plain, 0);
	buffer_add(&plain, b.content);
	(void)!file_replace(place("keyed.list"), buffer_span(&plain));
	CHECK(import_from("keyed.list", "keyed", &ours, &out, &problem) == STATUS_USAGE &&
		      strstr(problem, "is not signed"),
	      "a list without a signature says so");
	(void)!file_replace(place("keyed.list"), b.content);
	CHECK(import_from("keyed.list", "keyed", &ours, &out, &problem) == STATUS_MALFORMED &&
		      strstr(problem, "no signed list"),
	      "an index alone is no list");
	CHECK(import_from("nowhere.list", "keyed", &ours, &out, &problem) == STATUS_IO &&
		      problem,
	      "a list that is not there");
	CHECK(import_from(".", "keyed", &ours, &out, &problem) == STATUS_USAGE && problem,
	      "a folder is no list");
}

static void test_key_files(void)
{
	static const struct {
		const char *what, *label;
		size_t len;
		bool secret, good;
	} rows[] = {
		{"a private key",                   "PRIVATE KEY", 48, true,  true },
		{ "a private key for a public one", "PRIVATE KEY", 48, false, false},
		{ "another block",                  "CERTIFICATE", 48, true,  false},
		{ "a key that is cut",              "PRIVATE KEY", 47, true,  false},
	};
	CLEANUP(buffer_free) struct buffer der = BUFFER_INIT;
	const char *problem;
	struct ed25519_key key;

	(void)private_der(&der, 'k');
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer pem = BUFFER_INIT;

		pem_encode(&pem, rows[i].label, span_clip(buffer_span(&der), 0, rows[i].len));
		(void)!file_replace(place("key.pem"), buffer_span(&pem));
		problem = NULL;
		CHECK((bundle_key_read(&arena, place("key.pem"), rows[i].secret, &key,
				       &problem) == STATUS_OK) == rows[i].good &&
			      (problem == NULL) == rows[i].good,
		      "%s: %s", rows[i].what, rows[i].good ? "read" : problem);
	}
	CHECK(bundle_key_read(&arena, place("no.pem"), true, &key, &problem) == STATUS_USAGE &&
		      problem,
	      "a key that is not there");
}

int main(void)
{
	CLEANUP(buffer_free) struct buffer x = BUFFER_INIT, y = BUFFER_INIT;
	char command[128];

	if (!mkdtemp(folder) ||
	    ed25519_private_read(private_der(&x, 'x'), &ours) != STATUS_OK ||
	    ed25519_private_read(private_der(&y, 'y'), &theirs) != STATUS_OK)
		return EXIT_FAILURE;
	test_exchange();
	test_names();
	test_forged();
	test_altered();
	test_keys();
	test_key_files();
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	(void)!system(command);
	arena_free(&arena);
	return CHECK_DONE();
}
