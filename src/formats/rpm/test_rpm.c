/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"
#include "formats/rpm/rpm.h"
#include "formats/test_package_hold.h"
#include "tests/check.h"
#include "tests/corpus.h"

static void be(struct buffer *b, uint64_t value, unsigned width)
{
	while (width-- > 0)
		buffer_char(b, (char)(value >> 8 * width));
}

struct row {
	uint32_t tag, type, count;
	struct span data;
};

/* A header of which the first @in_region rows are its region. */
static void header(struct buffer *out, uint32_t region, const struct row *rows, size_t n,
		   size_t in_region)
{
	CLEANUP(buffer_free) struct buffer data = BUFFER_INIT, index = BUFFER_INIT;
	size_t trailer = 0;

	for (size_t i = 0; i <= n; i++) {
		if (i == in_region) {
			trailer = data.len;
			be(&data, region, 4);
			be(&data, RPM_BIN, 4);
			be(&data, 0U - 16 * (uint32_t)(in_region + 1), 4);
			be(&data, 16, 4);
		}
		if (i == n)
			break;
		be(&index, rows[i].tag, 4);
		be(&index, rows[i].type, 4);
		be(&index, data.len, 4);
		be(&index, rows[i].count, 4);
		buffer_add(&data, rows[i].data);
	}
	buffer_add(out, SPAN_LITERAL("\x8e\xad\xe8\x01\0\0\0\0"));
	be(out, n + 1, 4);
	be(out, data.len, 4);
	be(out, region, 4);
	be(out, RPM_BIN, 4);
	be(out, trailer, 4);
	be(out, 16, 4);
	buffer_add(out, buffer_span(&index));
	buffer_add(out, buffer_span(&data));
}

#define ROWS_MAX 8
#define NAME                                                                                   \
	{                                                                                      \
		1000, RPM_STRING, 1, SPAN_INIT("test\0")                                       \
	}
#define VERSION                                                                                \
	{                                                                                      \
		1001, RPM_STRING, 1, SPAN_INIT("1\0")                                          \
	}
#define RELEASE                                                                                \
	{                                                                                      \
		1002, RPM_STRING, 1, SPAN_INIT("2\0")                                          \
	}
#define ARCH                                                                                   \
	{                                                                                      \
		1022, RPM_STRING, 1, SPAN_INIT("noarch\0")                                     \
	}
#define DIGEST                                                                                 \
	{                                                                                      \
		5092, RPM_STRING_ARRAY, 1, SPAN_INIT("00ff\0")                                 \
	}
#define SHA256                                                                                 \
	{                                                                                      \
		5093, RPM_INT32, 1, SPAN_INIT("\0\0\0\x08")                                    \
	}
#define RSA                                                                                    \
	{                                                                                      \
		268, RPM_BIN, 3, SPAN_INIT("sig")                                              \
	}
#define PGP                                                                                    \
	{                                                                                      \
		1002, RPM_BIN, 3, SPAN_INIT("pgp")                                             \
	}
#define TEXTS                                                                                  \
	{                                                                                      \
		278, RPM_STRING_ARRAY, 2, SPAN_INIT("YWJj\0ZGVm\0")                            \
	}
#define SIZE                                                                                   \
	{                                                                                      \
		1000, RPM_INT32, 1, SPAN_INIT("\0\0\0\1")                                      \
	}

static const struct {
	const char *what;
	struct row signatures[ROWS_MAX], main[ROWS_MAX];
	size_t in_region; /* of the main header; 0: all */
	bool broken;
	size_t n_claims;
	const char *rule;
} packages[] = {
	{"unsigned",            { SIZE },        { NAME, VERSION, RELEASE, ARCH },         0, false, 0, NULL                 },
	{ "signed header",
         { RSA, SIZE },
         { NAME, VERSION, RELEASE, ARCH, DIGEST, SHA256 },
         0,										   false,
         1,											     NULL		 },
	{ "header and payload",
         { RSA, SIZE, PGP },
         { NAME, VERSION, RELEASE, ARCH },
         0,										   false,
         2,											     NULL		 },
	{ "base64",             { TEXTS, SIZE }, { NAME, VERSION, RELEASE, ARCH },         0, false, 2, NULL                 },
	{ "outside the region",
         { RSA },
         { NAME, VERSION, RELEASE, ARCH },
         3,										   false,
         1,											     "rpm.outside-region" },
	{ "a tag twice",
         { RSA },
         { NAME, NAME, VERSION, RELEASE },
         0,										   false,
         1,											     "rpm.repeated-tag"   },
	{ "unknown type",
         { RSA },
         { { 1000, 10, 1, SPAN_INIT("x") } },
         0,										   true,
         0,											     "rpm.entry-malformed"},
	{ "longer than it is",
         { RSA },
         { { 1000, RPM_BIN, 999, SPAN_INIT("x") } },
         0,										   true,
         0,											     "rpm.entry-malformed"},
	{ "shared bytes",
         { RSA },
         { { 1000, RPM_BIN, 20, SPAN_INIT("x") }, { 1001, RPM_BIN, 20, SPAN_INIT("x") } },
         0,										   true,
         0,											     "rpm.entry-malformed"},
};

static void package_write(struct buffer *b, size_t i)
{
	size_t n_signatures = 0, n_main = 0;

	while (n_signatures < ROWS_MAX && packages[i].signatures[n_signatures].tag)
		n_signatures++;
	while (n_main < ROWS_MAX && packages[i].main[n_main].tag)
		n_main++;
	buffer_add(b, SPAN_LITERAL("\xed\xab\xee\xdb\3\0\0\0\0\1test"));
	while (b->len < 96)
		buffer_char(b, '\0');
	header(b, 62, packages[i].signatures, n_signatures, n_signatures);
	while (b->len % 8)
		buffer_char(b, '\0');
	header(b, 63, packages[i].main, n_main,
	       packages[i].in_region ? packages[i].in_region : n_main);
	buffer_text(b, "the payload");
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
	package_take(&r, &format_rpm, buffer_span(&b));
	package_take_pieces(&p, &format_rpm, buffer_span(&b));
	bad = package_holds(&r, buffer_span(&b));
	CHECK(format_rpm.sniff(buffer_span(&b)) && !bad, "%s: holds%s%s", what, bad ? ": " : "",
	      bad ? bad : "");
	CHECK(r.status == STATUS_OK && r.box.broken == packages[i].broken &&
		      claims_count(&r.box) == packages[i].n_claims,
	      "%s: %s, %zu signatures", what, r.box.broken ? "broken" : "whole",
	      claims_count(&r.box));
	CHECK(packages[i].rule ? finding_has(&r.findings, packages[i].rule, -1)
			       : r.findings.n == 0,
	      "%s: %s", what, r.findings.first ? r.findings.first->rule : "no finding");
	CHECK(p.status == r.status && p.box.n_regions == r.box.n_regions &&
		      p.findings.n == r.findings.n,
	      "%s: the same in pieces", what);
}

/* The region with an intro of its own is what a header without anything else would be. */
static void check_covered(void)
{
	CLEANUP(buffer_free)
	struct buffer b = BUFFER_INIT, covered = BUFFER_INIT, plain = BUFFER_INIT;
	CLEANUP(package_free) struct package_reading r;

	package_write(&b, 4);
	package_take(&r, &format_rpm, buffer_span(&b));
	header(&plain, 63, packages[4].main, 3, 3);
	for (size_t i = 0; i < r.box.claims->covered->n; i++) {
		const struct piece *p = &r.box.claims->covered->pieces[i];

		buffer_add(&covered,
			   p->kind == PIECE_LITERAL
				   ? p->literal
				   : span_clip(buffer_span(&b), p->range.off, p->range.len));
	}
	CHECK(span_equal(buffer_span(&covered), buffer_span(&plain)), "the region alone");
	CHECK(span_equal(r.box.claims->signature, SPAN_LITERAL("sig")), "its signature");
	CHECK(!strcmp(r.box.rpm->name, "test-1-2.src"), "what the region does not name: %s",
	      r.box.rpm->name);
}

static void check_prefixes(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	size_t whole = 0;

	package_write(&b, 1);
	for (size_t n = 0; n + sizeof("the payload") <= b.len; n++) {
		CLEANUP(package_free) struct package_reading r = { 0 };
		struct span file = span_clip(buffer_span(&b), 0, n);
		const char *bad;

		if (!format_rpm.sniff(file))
			continue;
		package_take(&r, &format_rpm, file);
		bad = package_holds(&r, file);
		if (bad)
			CHECK(!bad, "prefix of %zu bytes: %s", n, bad);
		whole += r.status == STATUS_OK && !r.box.broken;
	}
	CHECK(whole == 0, "%zu prefixes look whole", whole);
}

/* What the rpm database keeps of a package: its region, and local tags behind it. */
static void check_blob(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	const struct row rows[] = {
		NAME, VERSION, {257, RPM_INT32, 1, SPAN_INIT("\0\0\0\1")}
	};
	struct rpm_header h;
	struct rpm_entry e;
	struct span name;

	header(&b, 63, rows, COUNT_OF(rows), 2);
	CHECK(rpm_blob_read(span_after(buffer_span(&b), 8), &h) == STATUS_OK && !h.problem &&
		      h.region_entries == 3,
	      "a header of the database");
	CHECK(rpm_header_find(&h, 1000, true, &e) && rpm_entry_string(&e, 0, &name) &&
		      span_equal(name, SPAN_LITERAL("test")),
	      "a tag of the region");
	CHECK(!rpm_header_find(&h, 257, true, &e) && rpm_header_find(&h, 257, false, &e),
	      "a local tag");
	CHECK(rpm_blob_read(buffer_span(&b), &h) != STATUS_OK, "with the magic it is none");
}

static const struct {
	const char *file, *name;
	size_t n_claims;
} files[] = {
	{"generated/rpm/signed.rpm",            "assay-test-1-1.noarch",           1},
	{ "generated/rpm/unsigned.rpm",         "assay-test-1-1.noarch",           0},
	{ "generated/rpm/payload-tampered.rpm", "basesystem-11-13.el9.0.1.noarch", 1},
};

static void check_file(size_t i)
{
	CLEANUP(package_free) struct package_reading r;
	size_t len = 0;
	uint8_t *bytes = corpus_load(files[i].file, &len);
	struct span file = { bytes, len };

	package_take(&r, &format_rpm, file);
	if (bytes)
		CHECK(r.status == STATUS_OK && !package_holds(&r, file) && !r.box.broken &&
			      claims_count(&r.box) == files[i].n_claims && r.findings.n == 0 &&
			      r.box.rpm->name && r.box.rpm->payload_algorithm == 8 &&
			      r.box.rpm->payload_digest.len == 64,
		      "%s: %s %s", files[i].file, r.box.rpm->name ? r.box.rpm->name : "?",
		      files[i].name);
	free(bytes);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(packages); i++)
		check_package(i);
	check_covered();
	check_prefixes();
	check_blob();
	for (size_t i = 0; i < COUNT_OF(files); i++)
		check_file(i);
	return CHECK_DONE();
}
