/* SPDX-License-Identifier: MIT */
/* Installer packages of macOS through the whole house: signed well, altered, and bent. */
#include "formats/xar/xar.h"
#include "tests/check.h"
#include "tests/container_hold.h"
#include "tests/court.h"
#include "tests/xar_builder.h"

#define CMS  XAR_WITH_CMS
#define RSA  XAR_WITH_RSA
#define BOTH (CMS | RSA)

/* The forge's root is none of Apple's: what is sound is "untrusted". */
/* clang-format off */
static const struct row {
	const char *what;
	unsigned odd;
	const char *verdict, *finding; /* NULL: none that matters */
	size_t n_signatures;
} rows[] = {
	{ "unsigned", 0, "unsigned", NULL, 0 },
	{ "CMS", CMS, "untrusted", "xar.not-installer", 1 },
	{ "RSA", RSA, "untrusted", "xar.not-installer", 1 },
	{ "both", BOTH, "untrusted", "xar.not-installer", 2 },
	{ "both, by SHA-1", BOTH | XAR_BY_SHA1, "untrusted", NULL, 2 },
	{ "a ticket", BOTH | XAR_STAPLED, "untrusted", "xar.ticket", 2 },
	{ "two files that share their bytes", BOTH | XAR_SHARES | XAR_GAP, "partial",
	  "xar.uncovered", 2 },
	{ "table changed, CMS", CMS | XAR_TOC_CHANGED, "mismatched", "xar.checksum-differs", 1 },
	{ "table changed, RSA", RSA | XAR_TOC_CHANGED, "mismatched", "xar.checksum-differs", 1 },
	{ "table and checksum changed, CMS", CMS | XAR_TOC_REHASHED, "mismatched", NULL, 1 },
	{ "table and checksum changed, RSA", RSA | XAR_TOC_REHASHED, "mismatched", NULL, 1 },
	{ "checksum changed", BOTH | XAR_STORED_CHANGED, "partial", "xar.checksum-differs", 2 },
	{ "a file changed", BOTH | XAR_FILE_CHANGED, "tampered", "xar.changed", 2 },
	{ "a file changed, RSA", RSA | XAR_FILE_CHANGED, "tampered", "xar.changed", 1 },
	{ "all files changed", CMS | XAR_FILES_CHANGED, "grafted", "xar.changed", 1 },
	{ "a file without checksum", BOTH | XAR_FILE_BARE, "partial", "xar.checksum-missing", 2 },
	{ "bytes between files", BOTH | XAR_GAP, "partial", "xar.uncovered", 2 },
	{ "bytes behind the archive", BOTH | XAR_BEHIND, "partial", "xar.uncovered", 2 },
	{ "bytes between archive and ticket", BOTH | XAR_BEHIND | XAR_STAPLED, "partial",
	  "xar.uncovered", 2 },
	{ "a ticket without its end", BOTH | XAR_STAPLED_OPEN, "partial", "xar.uncovered", 2 },
	{ "bytes behind the SignedData", CMS | XAR_BEHIND_CMS, "partial", "xar.slack", 1 },
	{ "files that overlap", BOTH | XAR_OVERLAPS, "broken", "xar.overlap", 2 },
	{ "a file outside", BOTH | XAR_OUTSIDE, "broken", "xar.outside", 2 },
	{ "a header that contradicts", BOTH | XAR_HEADER_CONTRADICTS, "broken",
	  "xar.checksum-contradicts", 2 },
	{ "another length of the table", BOTH | XAR_PLAIN_WRONG, "broken", "xar.toc-malformed", 0 },
	{ "two checksums of a file", BOTH | XAR_CHECKSUM_TWICE, "broken", "xar.toc-malformed", 2 },
	{ "no checksum of the table", BOTH | XAR_NO_CHECKSUM, "broken", NULL, 2 },
	{ "two signatures of one style", XAR_TWO_CMS, "broken", "xar.toc-malformed", 1 },
	{ "a document type", BOTH | XAR_DOCTYPE, "broken", "xar.toc-malformed", 0 },
	{ "bad RSA", BOTH | XAR_RSA_BAD, "broken", NULL, 2 },
	{ "bad CMS", BOTH | XAR_CMS_BAD, "broken", NULL, 2 },
};
/* clang-format on */

/* What no signature covers is no news where there is none. */
static void unsigned_check(struct court *court, struct forge *f)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	const struct report *r;

	xar_build(f, XAR_GAP | XAR_FILE_BARE, &file);
	r = court_judge(court, buffer_span(&file));
	CHECK(strcmp(assay_verdict_word(r->verdict), "unsigned") == 0 && r->n_findings == 0,
	      "unsigned, with bytes between files: %zu findings", r->n_findings);
}

static void row_check(struct court *court, struct forge *f, const struct row *row)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	const struct report *r;
	const char *bad;

	xar_build(f, row->odd, &file);
	r = court_judge(court, buffer_span(&file));
	CHECK(strcmp(assay_verdict_word(r->verdict), row->verdict) == 0, "%s: %s (%s)",
	      row->what, assay_verdict_word(r->verdict), r->rule);
	CHECK(strcmp(r->format, "xar") == 0 && r->n_signatures == row->n_signatures,
	      "%s: %zu signatures", row->what, r->n_signatures);
	if (row->finding)
		CHECK(court_has(r, row->finding), "%s: %s", row->what, row->finding);
	bad = container_hold(&format_xar, buffer_span(&file));
	CHECK(!bad, "%s: %s", row->what, bad ? bad : "holds");
}

/* However it is cut, no part of a package passes for a whole one. */
static void prefixes_check(struct forge *f)
{
	CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;
	size_t passes = 0;

	xar_build(f, BOTH, &file);
	for (size_t len = 0; len < file.len; len++) {
		CLEANUP(arena_free) struct arena a = { .limit = (size_t)32 << 20 };
		struct findings findings = FINDINGS_INIT(&a);
		struct view v = view_whole(span_clip(buffer_span(&file), 0, len));
		struct container box = { 0 };
		enum status s = format_xar.read(&v, &findings, &box);

		passes += s != STATUS_NOT_MINE && !box.broken;
	}
	CHECK(passes == 0, "no prefix passes");
}

int main(void)
{
	struct forge *f = forge_new();
	struct court court;

	court_open(&court, f);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		row_check(&court, f, &rows[i]);
	unsigned_check(&court, f);
	prefixes_check(f);
	court_close(&court);
	forge_free(f);
	return CHECK_DONE();
}
