/* SPDX-License-Identifier: MIT */
/* Files that only a catalog signs: found, judged anew each time, and never taken on faith. */
#include "store/catalogs.h"

#include "base/limits.h"
#include "tests/check.h"
#include "tests/court.h"
#include "tests/forge/package.h"
#include "tests/forge/signing.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT "print('a script that carries no signature')\n"

static struct forge *forge;
static struct buffer program, other, signed_wrong;
static char folder[] = "/tmp/assay-catalogs-XXXXXX";

static struct forge_digest flat_digest(const char *name, struct span file)
{
	return forge_digest_of(name, &file, 1);
}

/* "Calculating the PE Image Hash", padded to a multiple of 8 or not. */
static struct forge_digest image_digest(const char *name, const struct buffer *file,
					bool padded)
{
	static const uint8_t zeros[8];
	struct forge_places p = forge_places_of(file);
	struct span all = buffer_span(file);
	const struct span parts[] = {
		span_clip(all, 0, p.checksum),
		span_clip(all, p.checksum + 4, p.directory - p.checksum - 4),
		span_after(all, p.directory + 8),
		{zeros, padded ? (8 - all.len % 8) % 8 : 0},
	};

	return forge_digest_of(name, parts, COUNT_OF(parts));
}

static const char *path_in(const char *name, char path[128])
{
	(void)snprintf(path, 128, "%s/%s", folder, name);
	return path;
}

/* An index of one catalog by @signer over @members. */
static void index_make(const char *path, const char *signer, const struct forge_member *members,
		       size_t n)
{
	const struct forge_signature wish = { .signer = signer };
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
	struct catalogs_written written;
	struct catalogs_writer *w;

	forge_catalog_make(forge, &wish, members, n, &file);
	if (catalogs_writer_new(path, &w) != STATUS_OK ||
	    catalogs_writer_take(w, &a, "/cat/one.cat", buffer_span(&file)) != STATUS_OK ||
	    catalogs_writer_commit(w, &written) != STATUS_OK)
		abort();
	catalogs_writer_free(w);
}

struct row {
	const char *name;
	const char *signer;        /* of the catalog; NULL: a good one */
	const char *digest;        /* by which it lists the file */
	bool image, unpadded;      /* as what */
	bool bare;                 /* its tag alone */
	const struct buffer *file; /* what is judged; NULL: the text */
	bool any;                  /* look up files of no known format */
	bool anchors;
	enum assay_verdict verdict;
	const char *finding;
};

/* clang-format off */
static const struct row rows[] = {
	{ "a program by its image", NULL, "SHA256", true, false, false, &program, false, true,
	  ASSAY_VERDICT_VALID, "catalog.listed" },
	{ "a program by its image, not padded", NULL, "SHA256", true, true, false, &program, false, true,
	  ASSAY_VERDICT_VALID, "catalog.listed" },
	{ "a program by SHA-1 only", NULL, "SHA1", true, false, false, &program, false, true,
	  ASSAY_VERDICT_VALID, "catalog.sha1-only" },
	{ "a program by its tag alone", NULL, "SHA1", true, false, true, &program, false, true,
	  ASSAY_VERDICT_VALID, "catalog.sha1-only" },
	{ "a program listed as a plain file", NULL, "SHA256", false, false, false, &program, false, true,
	  ASSAY_VERDICT_UNSIGNED, NULL },
	{ "another program", NULL, "SHA256", true, false, false, &other, false, true,
	  ASSAY_VERDICT_UNSIGNED, NULL },
	{ "a program with a bad signature of its own", NULL, "SHA256", true, false, false, &signed_wrong,
	  false, true, ASSAY_VERDICT_MISMATCHED, NULL },
	{ "a text that was named", NULL, "SHA256", false, false, false, NULL, true, true,
	  ASSAY_VERDICT_VALID, "catalog.listed" },
	{ "a text that was met", NULL, "SHA256", false, false, false, NULL, false, true,
	  ASSAY_VERDICT_UNSUPPORTED, NULL },
	{ "a text listed as an image", NULL, "SHA256", true, false, false, NULL, true, true,
	  ASSAY_VERDICT_UNSUPPORTED, NULL },
	{ "without anchors", NULL, "SHA256", true, false, false, &program, false, false,
	  ASSAY_VERDICT_UNTRUSTED, "catalog.listed" },
	{ "a signer that was revoked since", "revoked-key", "SHA256", true, false, false, &program, false, true,
	  ASSAY_VERDICT_UNTRUSTED, "catalog.listed" },
	{ "a signer whose time is over", "expired", "SHA256", true, false, false, &program, false, true,
	  ASSAY_VERDICT_UNTRUSTED, "catalog.listed" },
};
/* clang-format on */

/* What the catalog lists: always the program, or the text, whatever is judged. */
static struct forge_digest listed_digest(const struct row *r)
{
	if (!r->file && !r->image)
		return flat_digest(r->digest, SPAN_LITERAL(TEXT));
	if (!r->file)
		return flat_digest(r->digest, SPAN_LITERAL(TEXT));
	if (!r->image)
		return flat_digest(r->digest, buffer_span(&program));
	return image_digest(r->digest, &program, !r->unpadded);
}

static void row_check(const struct row *r, size_t i)
{
	struct forge_digest digest = listed_digest(r);
	struct forge_member member = { forge_digest_span(&digest), r->image, r->bare, "x.sys" };
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	char name[32], path[128];
	const char *paths[1], *problem = NULL;
	const struct report *report;
	struct catalogs *catalogs;
	struct court court;

	(void)snprintf(name, sizeof(name), "row%zu", i);
	paths[0] = path_in(name, path);
	index_make(path, r->signer, &member, 1);
	catalogs = catalogs_open(&a, paths, 1, &problem);
	CHECK(catalogs && catalogs_index(catalogs), "index: %s: %s", r->name,
	      problem ? problem : "open");
	if (!catalogs)
		return;
	court_open(&court, r->anchors ? forge : NULL);
	court.engine.settings.catalogs = catalogs_index(catalogs);
	court.engine.settings.catalogs_for_any = r->any;
	report = court_judge(&court, r->file ? buffer_span(r->file) : SPAN_LITERAL(TEXT));
	CHECK(report->verdict == r->verdict, "catalog: %s: %s (%s)", r->name,
	      assay_verdict_word(report->verdict), report->rule);
	CHECK(r->finding ? court_has(report, r->finding) : !court_has(report, "catalog.listed"),
	      "catalog: %s: %s", r->name, r->finding ? r->finding : "nothing found");
	if (r->finding && report->n_signatures > 0)
		CHECK(report->signatures[0].presence == ASSAY_PRESENCE_CATALOG,
		      "catalog: %s: where the signature is", r->name);
	court_close(&court);
	catalogs_close(catalogs);
}

/* A damaged index never looks like one that knows nothing. */
static void test_damage(void)
{
	struct forge_digest digest = image_digest("SHA256", &program, true);
	struct forge_member member = { forge_digest_span(&digest), true, false, NULL };
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 22);
	char path[128];
	const char *paths[1] = { path_in("damaged", path) }, *problem = NULL;
	size_t n_opened = 0, n_wrong = 0;
	struct stat st;

	index_make(path, NULL, &member, 1);
	if (stat(path, &st) != 0)
		abort();
	for (off_t at = 0; at < st.st_size; at += 61) {
		struct catalogs *catalogs;
		struct court court;
		uint8_t byte;
		int fd = open(path, O_RDWR | O_CLOEXEC);

		if (pread(fd, &byte, 1, at) != 1)
			abort();
		byte ^= 4;
		if (pwrite(fd, &byte, 1, at) != 1)
			abort();
		catalogs = catalogs_open(&a, paths, 1, &problem);
		if (catalogs) {
			const struct report *report;

			court_open(&court, forge);
			court.engine.settings.catalogs = catalogs_index(catalogs);
			report = court_judge(&court, buffer_span(&program));
			n_opened++;
			n_wrong += report->verdict != ASSAY_VERDICT_ERROR;
			court_close(&court);
			catalogs_close(catalogs);
		}
		byte ^= 4;
		if (pwrite(fd, &byte, 1, at) != 1)
			abort();
		(void)close(fd);
	}
	CHECK(n_wrong == 0, "no bit of it may change: of %zu that open %zu do", n_opened,
	      n_wrong);
	if (truncate(path, st.st_size - 1) != 0)
		abort();
	CHECK(!catalogs_open(&a, paths, 1, &problem) && problem, "cut short: %s",
	      problem ? problem : "-");
}

static bool keeps_none(const struct catalog_entry *e, void *context)
{
	(void)context;
	return strcmp(e->name, "/cat/one.cat") != 0;
}

static uint64_t kept(const char *path, bool (*keep)(const struct catalog_entry *, void *))
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 22);
	struct catalogs_written written = { 0 };
	const char *problem = NULL;
	struct catalogs *old = catalogs_open(&a, &path, 1, &problem);
	struct catalogs_writer *w;

	if (!old || catalogs_writer_new(path, &w) != STATUS_OK ||
	    catalogs_writer_keep(w, old, 0, keep, NULL) != STATUS_OK ||
	    catalogs_writer_commit(w, &written) != STATUS_OK)
		abort();
	catalogs_writer_free(w);
	catalogs_close(old);
	return written.n_rows;
}

static void test_keep(void)
{
	struct forge_digest one = image_digest("SHA256", &program, true);
	struct forge_digest two = flat_digest("SHA256", SPAN_LITERAL(TEXT));
	const struct forge_member members[] = {
		{forge_digest_span(&one),  true,  false, "x.sys"},
		{ forge_digest_span(&two), false, false, NULL   },
		{ forge_digest_span(&two), false, false, NULL   },
	};
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 22);
	char path[128];
	const char *problem = NULL;
	struct catalogs *empty;

	index_make(path_in("kept", path), NULL, members, 3);
	CHECK(kept(path, NULL) == 2, "everything stays, once");
	CHECK(kept(path, keeps_none) == 0, "what is forgotten goes with its files");
	empty = catalogs_open(&a, &(const char *){ path }, 1, &problem);
	CHECK(empty && !catalogs_index(empty), "then there is nothing to ask");
	catalogs_close(empty);
}

/* Many catalogs: every file is found, and one that is in none is not. */
static void test_many(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(8 << 20);
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	const struct forge_signature wish = { 0 };
	struct catalog_entry hits[CATALOG_MAX_HITS];
	struct forge_digest digests[40];
	struct forge_member members[40];
	struct catalogs_written written;
	struct catalogs_writer *w;
	struct catalogs *catalogs;
	const char *problem = NULL;
	size_t n, n_found = 0;
	char path[128];

	if (catalogs_writer_new(path_in("many", path), &w) != STATUS_OK)
		abort();
	for (uint32_t c = 0; c < 20; c++) {
		for (uint32_t i = 0; i < 40; i++) {
			uint32_t number[2] = { c, i };
			struct span s = { (const uint8_t *)number, sizeof(number) };

			digests[i] = forge_digest_of(i % 2 ? "SHA1" : "SHA256", &s, 1);
			members[i] = (struct forge_member){ forge_digest_span(&digests[i]),
							    i % 3 == 0, i % 2, NULL };
		}
		buffer_clear(&file);
		forge_catalog_make(forge, &wish, members, 40, &file);
		if (catalogs_writer_take(w, &a, "many.cat", buffer_span(&file)) != STATUS_OK)
			abort();
	}
	if (catalogs_writer_commit(w, &written) != STATUS_OK)
		abort();
	catalogs_writer_free(w);
	catalogs = catalogs_open(&a, &(const char *){ path }, 1, &problem);
	for (uint32_t c = 0; c < 21; c++)
		for (uint32_t i = 0; i < 40; i++) {
			uint32_t number[2] = { c, i };
			struct span s = { (const uint8_t *)number, sizeof(number) };
			struct digest d;

			if (digest_of(i % 2 ? DIGEST_SHA1 : DIGEST_SHA256, &s, 1, &d) !=
				    STATUS_OK ||
			    catalogs_index(catalogs)->find(catalogs, &d, CATALOG_ANY, &a, hits,
							   &n) != STATUS_OK)
				abort();
			n_found += n;
		}
	CHECK(written.n_catalogs == 20 && written.n_rows == 800 && n_found == 800,
	      "20 catalogs, 800 files, %zu found", n_found);
	catalogs_close(catalogs);
}

static void folder_remove(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	if (system(command) != 0)
		printf("# %s stays\n", folder);
}

int main(void)
{
	const struct forge_program plain = { 0 };
	const struct forge_signature wrong = { .bend = 7 };

	forge = forge_new();
	if (!mkdtemp(folder))
		abort();
	forge_program_make(&plain, &program);
	buffer_text(&program, "odd");
	forge_program_make(&plain, &other);
	buffer_text(&other, "other");
	forge_program_make(&plain, &signed_wrong);
	buffer_text(&signed_wrong, "odd");
	forge_sign(forge, &wrong, &signed_wrong);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		row_check(&rows[i], i);
	test_damage();
	test_keep();
	test_many();
	folder_remove();
	buffer_free(&program);
	buffer_free(&other);
	buffer_free(&signed_wrong);
	forge_free(forge);
	return CHECK_DONE();
}
