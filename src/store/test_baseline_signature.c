/* SPDX-License-Identifier: MIT */
/* Signature and number of a baseline: nothing that was altered or put back is believed. */
#include "store/baseline_serial.h"
#include "store/baseline_signature.h"
#include "tests/check.h"
#include "trust/file.h"
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/assay-signature-XXXXXX", path[64], sig[72], next[80];
static struct arena arena = ARENA_INIT((size_t)256 << 20);
static struct ed25519_key key, other;

/* @hindered: somebody takes its half file away, so that it never has its place. */
static enum status write_one(uint64_t counter, const struct ed25519_key *by, bool hindered)
{
	static const char *none[] = { NULL };
	const struct baseline_about about = { .engine = "",
					      .host = "",
					      .reason = "",
					      .counter = counter,
					      .scopes = none,
					      .exclude = none };
	const struct baseline_record r = { .path = SPAN_LITERAL("/a"), .ino = counter };
	struct baseline_writer *w;
	uint8_t root[32];
	char command[256];
	enum status status;

	(void)snprintf(command, sizeof(command), "rm %s.assay-????????~", path);
	if (baseline_writer_new(path, &w) != STATUS_OK ||
	    baseline_writer_add(w, &r) != STATUS_OK || (hindered && system(command) != 0))
		abort();
	status = baseline_commit(&arena, w, &about, path, by, root);
	baseline_writer_free(w);
	return status;
}

static void written(uint64_t counter, const struct ed25519_key *by)
{
	if (write_one(counter, by, false) != STATUS_OK)
		abort();
}

static enum status asked(const struct ed25519_key *keys, size_t n, const char **problem)
{
	const struct bundle_trust trust = { .keys = keys, .n = n };
	const struct ed25519_key *by;
	struct baseline *b;
	enum status status;

	if (baseline_open(&arena, path, &b, problem) != STATUS_OK)
		abort();
	status = baseline_signature_check(&arena, path, b, &trust, &by, problem);
	if ((status == STATUS_OK) != (by != NULL))
		abort();
	baseline_close(b);
	return status;
}

static enum status trusted(void)
{
	const char *problem;

	return asked(&key, 1, &problem);
}

static struct span bytes_of(const char *name)
{
	struct span mapping, bytes;

	if (file_map(name, (size_t)1 << 20, &mapping) != STATUS_OK)
		abort();
	bytes = arena_copy(&arena, mapping);
	file_unmap(mapping);
	return bytes;
}

static void put(const char *name, struct span bytes)
{
	if (file_replace(name, bytes) != STATUS_OK)
		abort();
}

static void check_keys(void)
{
	const struct ed25519_key both[] = { other, key };
	const char *problem;

	written(1, &key);
	CHECK(access(next, F_OK) != 0 && errno == ENOENT, "nothing is left over");
	CHECK(trusted() == STATUS_OK, "who signed it is believed");
	CHECK(asked(both, 2, &problem) == STATUS_OK, "one of several is enough");
	CHECK(asked(&other, 1, &problem) == STATUS_NOT_MINE && problem,
	      "another key did not: %s", problem);
	CHECK(asked(NULL, 0, &problem) == STATUS_NOT_MINE, "and nobody believes nobody");
}

/* Signed where the key is, which may be elsewhere. */
static void check_elsewhere(void)
{
	const char *problem;
	struct bundle b;

	written(2, NULL);
	CHECK(asked(&key, 1, &problem) == STATUS_NOT_MINE, "nobody signed it yet: %s", problem);
	if (baseline_signature_read(&arena, sig, &b, &problem) != STATUS_OK)
		abort();
	CHECK(b.sequence == 2 && b.n_entries == 1, "it says what it is");
	CHECK(baseline_signature_add(sig, &b, &other) == STATUS_OK &&
		      baseline_signature_read(&arena, sig, &b, &problem) == STATUS_OK &&
		      baseline_signature_add(sig, &b, &key) == STATUS_OK &&
		      trusted() == STATUS_OK && asked(&other, 1, &problem) == STATUS_OK,
	      "two keys sign it, one after the other");
	CHECK(baseline_signature_read(&arena, path, &b, &problem) == STATUS_MALFORMED,
	      "a baseline is no signature: %s", problem);
}

static void check_damage(void)
{
	struct span good, old = bytes_of(sig);
	size_t believed = 0;

	written(3, &key);
	good = bytes_of(sig);
	for (size_t i = 0; i < good.len; i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

		buffer_add(&b, span_clip(good, 0, i));
		buffer_char(&b, (char)(span_at(good, i) ^ 0x20));
		buffer_add(&b, span_after(good, i + 1));
		put(sig, buffer_span(&b));
		believed += trusted() == STATUS_OK;
		put(sig, span_clip(good, 0, i));
		believed += trusted() == STATUS_OK;
	}
	CHECK(believed == 0, "no byte of it changes, no end is missing (%zu of %zu)", believed,
	      2 * (size_t)good.len);
	put(sig, old);
	CHECK(trusted() == STATUS_USAGE, "the signature of another baseline is none");
	put(sig, good);
	CHECK(trusted() == STATUS_OK, "whole it is believed");
	(void)unlink(sig);
	CHECK(trusted() == STATUS_NOT_MINE, "without one nobody signed it");
}

/* The power fails: before the baseline takes its place, and after. */
static void check_crash(void)
{
	struct span first, first_sig, second, second_sig;

	written(4, &key);
	first = bytes_of(path);
	first_sig = bytes_of(sig);
	written(5, &key);
	second = bytes_of(path);
	second_sig = bytes_of(sig);
	put(path, first);
	put(sig, first_sig);
	put(next, second_sig);
	CHECK(trusted() == STATUS_OK, "the old one is there, and is signed");
	put(path, second);
	CHECK(trusted() == STATUS_OK, "the new one is there, and is signed");
	put(next, first_sig);
	CHECK(trusted() == STATUS_USAGE, "none fits: it is not believed");
	put(next, second_sig);
	CHECK(write_one(6, &key, true) != STATUS_OK && trusted() == STATUS_OK,
	      "the next one never had its place: the new one is signed still");
	(void)unlink(next);
}

static void check_serial(void)
{
	struct baseline_serial s = { .counter = 7, .root = { 7 }, .kept_at = 1000 }, got;
	struct baseline_serial later = { .counter = 9, .root = { 9 }, .kept_at = 2000 };
	const char *problem;

	CHECK(baseline_serial_last(&arena, path, &got, &problem) == STATUS_OK &&
		      got.counter == 0,
	      "none was kept yet");
	CHECK(baseline_serial_keep(&arena, path, &later, &problem) == STATUS_OK &&
		      baseline_serial_keep(&arena, path, &s, &problem) == STATUS_OK &&
		      baseline_serial_keep(&arena, sig, &s, &problem) == STATUS_OK,
	      "three are kept");
	CHECK(baseline_serial_last(&arena, path, &got, &problem) == STATUS_OK &&
		      got.counter == 9 && got.root[0] == 9 && got.kept_at == 2000,
	      "the newest of this baseline is known, whatever came after it");
}

int main(void)
{
	if (!mkdtemp(folder) || ed25519_key_new(&key) != STATUS_OK ||
	    ed25519_key_new(&other) != STATUS_OK)
		return 1;
	(void)snprintf(path, sizeof(path), "%s/b", folder);
	(void)snprintf(sig, sizeof(sig), "%s.sig", path);
	(void)snprintf(next, sizeof(next), "%s.next", sig);
	check_keys();
	check_elsewhere();
	check_damage();
	check_crash();
	check_serial();
	(void)unlink(path);
	(void)unlink(sig);
	(void)snprintf(path, sizeof(path), "rm -r %s", folder);
	if (system(path) != 0)
		return 1;
	arena_free(&arena);
	return CHECK_DONE();
}
