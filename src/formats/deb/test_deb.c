/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"
#include "formats/deb/deb.h"
#include "formats/test_package_hold.h"
#include "tests/check.h"
#include "tests/corpus.h"

#define MAGIC "!<arch>\n"

static void member(struct buffer *b, const char *name, const char *contents)
{
	size_t len = strlen(contents);

	buffer_printf(b, "%-16s%-12s%-6s%-6s%-8s%-10zu`\n%s%s", name, "1700000000", "0", "0",
		      "100644", len, contents, len % 2 ? "\n" : "");
}

#define MEMBERS_MAX 6

/* Packages as lists of members: name, contents. */
static const struct {
	const char *what, *members[MEMBERS_MAX][2], *rest;
	bool broken;
	size_t n_claims;
	const char *rule; /* a finding that there must be; NULL: there is none at all */
} packages[] = {
#define DEB                                                                                    \
	{                                                                                      \
		"debian-binary", "2.0\n"                                                       \
	}
#define CTRL                                                                                   \
	{                                                                                      \
		"control.tar.xz", "control"                                                    \
	}
#define DATA                                                                                   \
	{                                                                                      \
		"data.tar.zst", "data!"                                                        \
	}
#define ORIG                                                                                   \
	{                                                                                      \
		"_gpgorigin", "signature"                                                      \
	}
#define EXTRA                                                                                  \
	{                                                                                      \
		"_extra", "x"                                                                  \
	}
	{"plain",                  { DEB, CTRL, DATA },              "",  false, 0, NULL                  },
	{ "signed",                { DEB, CTRL, DATA, ORIG },        "",  false, 1, NULL                  },
	{ "two signatures",
		   { DEB, CTRL, DATA, ORIG, { "_gpgmaint", "s" } },
		   "",							      false,
		   2,									 NULL		  },
	{ "slash behind a name",
		   { { "debian-binary/", "2.0\n" }, CTRL, DATA },
		   "",							      false,
		   0,									 NULL		  },
	{ "an extension",          { DEB, EXTRA, CTRL, DATA, ORIG }, "",  false, 1, "deb.extra-member"    },
	{ "an unknown member",
		   { DEB, CTRL, DATA, { "evil", "x" } },
		   "",							      false,
		   0,									 "deb.extra-member"    },
	{ "no archive of control",
		   { DEB, { "control.tarx", "x" }, DATA },
		   "",							      true,
		   0,									 "deb.extra-member"    },
	{ "data twice",
		   { DEB, CTRL, DATA, { "data.tar", "x" }, ORIG },
		   "",							      false,
		   1,									 "deb.duplicate-member"},
	{ "data first",            { DEB, DATA, CTRL },              "",  true,  0, "deb.order"           },
	{ "no data",               { DEB, CTRL },                    "",  true,  0, "deb.member-missing"  },
	{ "version 3",
		   { { "debian-binary", "3.0\n" }, CTRL, DATA },
		   "",							      true,
		   0,									 "deb.version"         },
	{ "bytes behind",          { DEB, CTRL, DATA },              "x", false, 0, "deb.trailing-bytes"  },
};

static void package_write(struct buffer *b, size_t i)
{
	buffer_text(b, MAGIC);
	for (size_t k = 0; k < MEMBERS_MAX && packages[i].members[k][0]; k++)
		member(b, packages[i].members[k][0], packages[i].members[k][1]);
	buffer_text(b, packages[i].rest);
}

static size_t claims_count(const struct container *box)
{
	size_t n = 0;

	for (const struct claim *c = box->claims; c; c = c->next)
		n++;
	return n;
}

static void check_package(size_t i)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	CLEANUP(package_free) struct package_reading r, p;
	const char *what = packages[i].what, *bad;

	package_write(&b, i);
	package_take(&r, &format_deb, buffer_span(&b));
	package_take_pieces(&p, &format_deb, buffer_span(&b));
	bad = package_holds(&r, buffer_span(&b));
	CHECK(format_deb.sniff(buffer_span(&b)) && !bad, "%s: holds%s%s", what, bad ? ": " : "",
	      bad ? bad : "");
	CHECK(r.status == STATUS_OK && r.box.broken == packages[i].broken &&
		      claims_count(&r.box) == packages[i].n_claims,
	      "%s: %s, %zu signatures", what, r.box.broken ? "broken" : "whole",
	      claims_count(&r.box));
	CHECK(packages[i].rule ? finding_has(&r.findings, packages[i].rule, -1)
			       : r.findings.n == 0,
	      "%s: %s", what, r.findings.first ? r.findings.first->rule : "no finding");
	CHECK(p.status == STATUS_OK && p.box.n_regions == r.box.n_regions &&
		      p.findings.n == r.findings.n,
	      "%s: the same in pieces", what);
}

/* What is signed: the contents of the three members, one after the other. */
static void check_covered(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT, covered = BUFFER_INIT;
	CLEANUP(package_free) struct package_reading r;
	const struct claim *claim;

	package_write(&b, 4);
	package_take(&r, &format_deb, buffer_span(&b));
	claim = r.box.claims;
	for (size_t i = 0; claim && i < claim->covered->n; i++)
		buffer_add(&covered,
			   span_clip(buffer_span(&b), claim->covered->pieces[i].range.off,
				     claim->covered->pieces[i].range.len));
	CHECK(strcmp(buffer_string(&covered, 0), "2.0\ncontroldata!") == 0, "covered: %s",
	      buffer_string(&covered, 0));
	CHECK(claim && span_equal(claim->signature, SPAN_LITERAL("signature")),
	      "its signature");
	CHECK(r.box.deb->uncovered && strcmp(r.box.deb->uncovered->name, "_extra") == 0,
	      "what is not covered");
}

/* No prefix of a package that is signed passes for a whole one. */
static void check_prefixes(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	size_t whole = 0;

	package_write(&b, 1);
	for (size_t n = 0; n < b.len; n++) {
		CLEANUP(package_free) struct package_reading r = { 0 };
		struct span file = span_clip(buffer_span(&b), 0, n);
		const char *bad;

		if (!format_deb.sniff(file))
			continue;
		package_take(&r, &format_deb, file);
		bad = package_holds(&r, file);
		if (bad)
			CHECK(!bad, "prefix of %zu bytes: %s", n, bad);
		whole += r.status == STATUS_OK && !r.box.broken && r.box.claims;
	}
	/* Without its last byte only the padding is missing. */
	CHECK(whole <= 1, "%zu prefixes look whole and signed", whole);
}

static void check_limit(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	CLEANUP(package_free) struct package_reading r;

	package_write(&b, 0);
	for (int i = 0; i < DEB_MAX_MEMBERS; i++)
		member(&b, "_x", "x");
	package_take(&r, &format_deb, buffer_span(&b));
	CHECK(r.status == STATUS_LIMIT && finding_has(&r.findings, "limit.deb-members", -1),
	      "too many members");
}

static void check_file(const char *name, size_t n_claims)
{
	CLEANUP(package_free) struct package_reading r;
	size_t len = 0;
	uint8_t *bytes = corpus_load(name, &len);
	struct span file = { bytes, len };

	package_take(&r, &format_deb, file);
	if (bytes)
		CHECK(r.status == STATUS_OK && !package_holds(&r, file) && !r.box.broken &&
			      claims_count(&r.box) == n_claims && r.findings.n == 0,
		      "%s", name);
	free(bytes);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(packages); i++)
		check_package(i);
	check_covered();
	check_prefixes();
	check_limit();
	check_file("generated/deb/gpgorigin.deb", 1);
	check_file("generated/deb/unsigned.deb", 0);
	check_file("sassoftware+relic/functest/packages/zlib1g_1.2.8.dfsg-5_i386.deb", 0);
	return CHECK_DONE();
}
