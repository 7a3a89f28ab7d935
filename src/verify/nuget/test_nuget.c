/* SPDX-License-Identifier: MIT */
/* Packages that are signed well and badly, judged from end to end. */
#include "tests/check.h"
#include "tests/court.h"
#include "tests/forge/nuget.h"

struct row {
	const char *what;
	struct forge_signature sign;
	unsigned odd;
	const char *text; /* instead of the right one; %s: the hash */
	const char *verdict, *trust, *finding;
	size_t n_signatures;
};

#define RFC3161                                                                                \
	{                                                                                      \
		.kind = STAMP_RFC3161, .time = "2022-06-01T00:00:00Z"                          \
	}

/* clang-format off */
static const struct row rows[] = {
	{ "an author", { 0 }, 0, NULL, "valid", "anchored", NULL, 1 },
	{ "lines as Windows ends them", { 0 }, 0,
	  "Version:1\r\n\r\n2.16.840.1.101.3.4.2.1-Hash:%s\r\n\r\n", "valid", "anchored", NULL, 1 },
	{ "the signature in front", { 0 }, NUGET_IN_FRONT, NULL, "valid", "anchored", NULL, 1 },
	{ "a comment", { 0 }, NUGET_WITH_COMMENT, NULL, "valid", "anchored", NULL, 1 },
	{ "a timestamp of the time before the end",
	  { .signer = "rsa-expired", .stamps = { RFC3161 } }, 0, NULL, "valid", "anchored", NULL, 1 },
	{ "an author whose time is over", { .signer = "rsa-expired" }, 0, NULL, "untrusted",
	  "expired", NULL, 1 },
	{ "and a repository that vouches for it", { .signer = "rsa-expired" }, NUGET_COUNTERSIGNED, NULL,
	  "valid", "expired", "nupkg.by-repository", 2 },
	{ "a repository beside a good author", { 0 }, NUGET_COUNTERSIGNED, NULL, "valid", "anchored", NULL,
	  2 },
	{ "a repository whose signature is bad", { 0 }, NUGET_COUNTERSIGNED | NUGET_COUNTER_BAD, NULL, "broken",
	  "anchored", NULL, 2 },
	{ "a repository alone", { .signer = "repository" }, NUGET_RECEIPT, NULL, "valid", "anchored", NULL,
	  1 },
	{ "a repository without an address", { .signer = "repository" }, NUGET_RECEIPT | NUGET_NO_INDEX, NULL,
	  "broken", NULL, "nupkg.repository", 1 },
	{ "author and repository at once", { 0 }, NUGET_RECEIPT | NUGET_BOTH_ROLES, NULL, "broken", NULL, NULL, 1 },
	{ "a stranger's key", { .signer = "self" }, 0, NULL, "unsupported", NULL, NULL, 1 },
	{ "an elliptic key", { .signer = "p256" }, 0, NULL, "unsupported", NULL, NULL, 1 },
	{ "a short key", { .signer = "rsa-1024" }, 0, NULL, "unsupported", NULL, NULL, 1 },
	{ "a lifetime signer", { .signer = "rsa-lifetime" }, 0, NULL, "untrusted", "wrong-usage",
	  "nupkg.lifetime", 1 },
	{ "another certificate named", { 0 }, NUGET_OTHER_NAMED, NULL, "broken", NULL, NULL, 1 },
	{ "no certificate named", { 0 }, NUGET_NOT_NAMED, NULL, "broken", NULL, NULL, 1 },
	{ "another version", { 0 }, 0, "Version:2\n\n2.16.840.1.101.3.4.2.1-Hash:%s\n\n", "broken",
	  NULL, NULL, 1 },
	{ "two hashes", { 0 }, 0, "Version:1\n\n2.16.840.1.101.3.4.2.1-Hash:%s\n"
	  "2.16.840.1.101.3.4.2.3-Hash:AA==\n\n", "broken", NULL, NULL, 1 },
	{ "text behind the hash", { 0 }, 0, NUGET_TEXT "more", "broken", NULL, NULL, 1 },
	{ "two signers", { .odd = ODD_TWO_SIGNERS }, 0, NULL, "broken", NULL, "cms.signers", 1 },
	{ "its mathematics", { .odd = ODD_BAD_SIGNATURE }, 0, NULL, "broken", NULL, NULL, 1 },
	{ "two signature files", { 0 }, NUGET_SIGNED_TWICE, NULL, "broken", NULL, "nupkg.signatures", 1 },
	{ "a deflated signature", { 0 }, NUGET_DEFLATED, NULL, "broken", NULL, "nupkg.entry", 1 },
	{ "a signature with attributes", { 0 }, NUGET_ATTRIBUTES, NULL, "broken", NULL, "nupkg.entry", 1 },
	{ "ZIP64", { 0 }, NUGET_WIDE, NULL, "unsupported", NULL, "nupkg.zip64", 1 },
	{ "bytes behind the signature", { 0 }, NUGET_GAP, NULL, "partial", "anchored", "nupkg.slack", 1 },
	{ "bytes in its directory record", { 0 }, NUGET_EXTRA, NULL, "partial", "anchored", "nupkg.slack", 1 },
	{ "bytes behind the SignedData", { 0 }, NUGET_BEHIND_DER, NULL, "partial", "anchored",
	  "nupkg.slack", 1 },
	{ "a changed entry", { 0 }, NUGET_CHANGED, NULL, "mismatched", "anchored", NULL, 1 },
	{ "an entry more", { 0 }, NUGET_ADDED, NULL, "mismatched", "anchored", NULL, 1 },
};
/* clang-format on */

static void row_check(struct court *court, const struct row *row, struct span file)
{
	const struct report *r = court_judge(court, file);
	const struct report_signature *s = r->n_signatures ? &r->signatures[0] : NULL;

	CHECK(strcmp(assay_verdict_word(r->verdict), row->verdict) == 0, "%s: %s", row->what,
	      assay_verdict_word(r->verdict));
	CHECK(r->n_signatures == row->n_signatures && s && strcmp(r->format, "nuget") == 0,
	      "%s: %zu signatures", row->what, r->n_signatures);
	if (row->trust)
		CHECK(s && strcmp(assay_trust_word(s->trust), row->trust) == 0, "%s: %s",
		      row->what, s ? assay_trust_word(s->trust) : "-");
	if (row->finding)
		CHECK(court_has(r, row->finding), "%s: %s", row->what, row->finding);
}

int main(void)
{
	struct forge *f = forge_new();
	struct court court;

	court_open(&court, f);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer file = BUFFER_INIT;

		forge_nuget_make(f,
				 &(struct forge_nuget){ .sign = rows[i].sign,
							.odd = rows[i].odd,
							.text = rows[i].text },
				 &file);
		row_check(&court, &rows[i], buffer_span(&file));
	}
	court_close(&court);
	forge_free(f);
	return CHECK_DONE();
}
