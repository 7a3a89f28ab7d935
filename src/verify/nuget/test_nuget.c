/* SPDX-License-Identifier: MIT */
/* Packages that are signed well and badly, judged from end to end. */
#include "crypto/cms.h"
#include "tests/check.h"
#include "tests/court.h"
#include "tests/forge/signing.h"
#include "tests/zip_builder.h"

#include "base/base64.h"

#define OID_COMMITMENT OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x10")
#define OID_ORIGIN     OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x06\x01")
#define OID_RECEIPT    OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x06\x02")
#define OID_INDEX      OID("\x2b\x06\x01\x04\x01\x82\x37\x54\x02\x01\x01\x01")
#define OID_OWNERS     OID("\x2b\x06\x01\x04\x01\x82\x37\x54\x02\x01\x01\x02")
#define OID_NAMED      OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f")
#define OID_COUNTER    OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x06")

enum odd {
	SIGNED_TWICE = 1 << 0,   /* two signature files */
	DEFLATED = 1 << 1,       /* the signature is packed */
	WITH_COMMENT = 1 << 2,   /* behind the end record, signed as well */
	IN_FRONT = 1 << 3,       /* the signature is the first entry */
	WIDE = 1 << 4,           /* ZIP64 records */
	GAP = 1 << 5,            /* bytes behind the signature's data */
	EXTRA = 1 << 6,          /* an extra field in its directory record */
	CHANGED = 1 << 7,        /* a bit of another entry, after signing */
	ADDED = 1 << 8,          /* an entry, after signing */
	OTHER_NAMED = 1 << 9,    /* signing-certificate-v2 of somebody else */
	NOT_NAMED = 1 << 10,     /* none */
	RECEIPT = 1 << 11,       /* by a repository */
	BOTH_ROLES = 1 << 12,    /* and by the author */
	NO_INDEX = 1 << 13,      /* a repository without an address */
	COUNTERSIGNED = 1 << 14, /* by "repository" */
	COUNTER_BAD = 1 << 15,   /* badly */
	ATTRIBUTES = 1 << 16,    /* external attributes */
	BEHIND_DER = 1 << 17,    /* bytes behind the SignedData, inside the entry */
};

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
#define TEXT "Version:1\n\n2.16.840.1.101.3.4.2.1-Hash:%s\n\n"

/* clang-format off */
static const struct row rows[] = {
	{ "an author", { 0 }, 0, NULL, "valid", "anchored", NULL, 1 },
	{ "lines as Windows ends them", { 0 }, 0,
	  "Version:1\r\n\r\n2.16.840.1.101.3.4.2.1-Hash:%s\r\n\r\n", "valid", "anchored", NULL, 1 },
	{ "the signature in front", { 0 }, IN_FRONT, NULL, "valid", "anchored", NULL, 1 },
	{ "a comment", { 0 }, WITH_COMMENT, NULL, "valid", "anchored", NULL, 1 },
	{ "a timestamp of the time before the end",
	  { .signer = "rsa-expired", .stamps = { RFC3161 } }, 0, NULL, "valid", "anchored", NULL, 1 },
	{ "an author whose time is over", { .signer = "rsa-expired" }, 0, NULL, "untrusted",
	  "expired", NULL, 1 },
	{ "and a repository that vouches for it", { .signer = "rsa-expired" }, COUNTERSIGNED, NULL,
	  "valid", "expired", "nupkg.by-repository", 2 },
	{ "a repository beside a good author", { 0 }, COUNTERSIGNED, NULL, "valid", "anchored", NULL,
	  2 },
	{ "a repository whose signature is bad", { 0 }, COUNTERSIGNED | COUNTER_BAD, NULL, "broken",
	  "anchored", NULL, 2 },
	{ "a repository alone", { .signer = "repository" }, RECEIPT, NULL, "valid", "anchored", NULL,
	  1 },
	{ "a repository without an address", { .signer = "repository" }, RECEIPT | NO_INDEX, NULL,
	  "broken", NULL, "nupkg.repository", 1 },
	{ "author and repository at once", { 0 }, RECEIPT | BOTH_ROLES, NULL, "broken", NULL, NULL, 1 },
	{ "a stranger's key", { .signer = "self" }, 0, NULL, "unsupported", NULL, NULL, 1 },
	{ "an elliptic key", { .signer = "p256" }, 0, NULL, "unsupported", NULL, NULL, 1 },
	{ "a short key", { .signer = "rsa-1024" }, 0, NULL, "unsupported", NULL, NULL, 1 },
	{ "a lifetime signer", { .signer = "rsa-lifetime" }, 0, NULL, "untrusted", "wrong-usage",
	  "nupkg.lifetime", 1 },
	{ "another certificate named", { 0 }, OTHER_NAMED, NULL, "broken", NULL, NULL, 1 },
	{ "no certificate named", { 0 }, NOT_NAMED, NULL, "broken", NULL, NULL, 1 },
	{ "another version", { 0 }, 0, "Version:2\n\n2.16.840.1.101.3.4.2.1-Hash:%s\n\n", "broken",
	  NULL, NULL, 1 },
	{ "two hashes", { 0 }, 0, "Version:1\n\n2.16.840.1.101.3.4.2.1-Hash:%s\n"
	  "2.16.840.1.101.3.4.2.3-Hash:AA==\n\n", "broken", NULL, NULL, 1 },
	{ "text behind the hash", { 0 }, 0, TEXT "more", "broken", NULL, NULL, 1 },
	{ "two signers", { .odd = ODD_TWO_SIGNERS }, 0, NULL, "broken", NULL, "cms.signers", 1 },
	{ "its mathematics", { .odd = ODD_BAD_SIGNATURE }, 0, NULL, "broken", NULL, NULL, 1 },
	{ "two signature files", { 0 }, SIGNED_TWICE, NULL, "broken", NULL, "nupkg.signatures", 1 },
	{ "a deflated signature", { 0 }, DEFLATED, NULL, "broken", NULL, "nupkg.entry", 1 },
	{ "a signature with attributes", { 0 }, ATTRIBUTES, NULL, "broken", NULL, "nupkg.entry", 1 },
	{ "ZIP64", { 0 }, WIDE, NULL, "unsupported", NULL, "nupkg.zip64", 1 },
	{ "bytes behind the signature", { 0 }, GAP, NULL, "partial", "anchored", "nupkg.slack", 1 },
	{ "bytes in its directory record", { 0 }, EXTRA, NULL, "partial", "anchored", "nupkg.slack", 1 },
	{ "bytes behind the SignedData", { 0 }, BEHIND_DER, NULL, "partial", "anchored",
	  "nupkg.slack", 1 },
	{ "a changed entry", { 0 }, CHANGED, NULL, "mismatched", "anchored", NULL, 1 },
	{ "an entry more", { 0 }, ADDED, NULL, "mismatched", "anchored", NULL, 1 },
};
/* clang-format on */

static void attribute_write(struct buffer *out, struct span oid, struct span value)
{
	size_t whole = der_open(out, DER_SEQUENCE);

	der_add(out, DER_OID, oid);
	der_add(out, DER_SET, value);
	der_close(out, whole);
}

static void commitment_write(struct buffer *out, struct span which)
{
	CLEANUP(buffer_free) struct buffer oid = BUFFER_INIT, type = BUFFER_INIT;

	der_add(&oid, DER_OID, which);
	der_add(&type, DER_SEQUENCE, buffer_span(&oid));
	attribute_write(out, OID_COMMITMENT, buffer_span(&type));
}

static void named_write(struct buffer *out, struct span certificate)
{
	struct forge_digest d = forge_digest_of("SHA256", &certificate, 1);
	CLEANUP(buffer_free) struct buffer value = BUFFER_INIT;
	size_t whole = der_open(&value, DER_SEQUENCE), ids = der_open(&value, DER_SEQUENCE);
	size_t id = der_open(&value, DER_SEQUENCE);

	der_add(&value, DER_OCTET_STRING, forge_digest_span(&d));
	der_close(&value, id);
	der_close(&value, ids);
	der_close(&value, whole);
	attribute_write(out, OID_NAMED, buffer_span(&value));
}

static void repository_write(struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer index = BUFFER_INIT, owners = BUFFER_INIT;
	size_t list = der_open(&owners, DER_SEQUENCE);

	der_add(&index, DER_IA5_STRING,
		SPAN_TEXT("https://packages.example.org/v3/index.json"));
	attribute_write(out, OID_INDEX, buffer_span(&index));
	der_add(&owners, DER_UTF8_STRING, SPAN_TEXT("somebody"));
	der_close(&owners, list);
	attribute_write(out, OID_OWNERS, buffer_span(&owners));
}

/* The signed attributes that NuGet adds to those that every signer has. */
static struct span attributes_make(struct forge *f, const char *signer, unsigned odd)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;

	if (!(odd & NOT_NAMED))
		named_write(&out,
			    forge_identity(f, odd & OTHER_NAMED ? "second" : signer)->der);
	if (!(odd & RECEIPT) || odd & BOTH_ROLES)
		commitment_write(&out, OID_ORIGIN);
	if (odd & RECEIPT)
		commitment_write(&out, OID_RECEIPT);
	if (odd & RECEIPT && !(odd & NO_INDEX))
		repository_write(&out);
	return forge_keep(f, buffer_span(&out));
}

static struct span content_make(struct forge *f, const struct row *row, struct span package)
{
	struct forge_digest d = forge_digest_of("SHA256", &package, 1);
	CLEANUP(buffer_free) struct buffer hash = BUFFER_INIT, text = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer element = BUFFER_INIT;
	const char *form = row->text ? row->text : TEXT;
	struct span rest = SPAN_TEXT(form);
	uint64_t at = 0;

	base64_encode(&hash, forge_digest_span(&d));
	if (!span_find(rest, SPAN_LITERAL("%s"), 0, &at))
		at = rest.len;
	buffer_add(&text, span_clip(rest, 0, at));
	buffer_add(&text, buffer_span(&hash));
	buffer_add(&text, span_after(rest, at + 2));
	der_add(&element, DER_OCTET_STRING, buffer_span(&text));
	return forge_keep(f, buffer_span(&element));
}

/* The signature value of the only signer. */
static struct span signature_value(struct forge *f, struct span der)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	struct findings findings = FINDINGS_INIT(&a);
	struct span rest;
	struct cms cms;

	if (cms_read(&a, der, 0, &findings, &cms, &rest) != STATUS_OK)
		forge_fail("a signature that cannot be read");
	return forge_keep(f, cms.signers[0].signature);
}

static struct span signature_make(struct forge *f, const struct row *row, struct span package)
{
	const struct forge_signature counter = {
		.signer = "repository",
		.odd = row->odd & COUNTER_BAD ? (unsigned)ODD_BAD_SIGNATURE : 0,
		.attributes = attributes_make(f, "repository", RECEIPT),
	};
	CLEANUP(buffer_free) struct buffer consent = BUFFER_INIT;
	struct forge_signature wish = row->sign;
	struct span der;

	wish.content = content_make(f, row, package);
	wish.content_type = FORGE_OID_DATA;
	wish.attributes = attributes_make(f, wish.signer ? wish.signer : "good", row->odd);
	der = forge_signature_make(f, &wish, NULL, SPAN_NONE);
	if (!(row->odd & COUNTERSIGNED))
		return der;
	attribute_write(&consent, OID_COUNTER,
			forge_counter_signature(f, &counter, signature_value(f, der)));
	wish.unsigned_attributes = buffer_span(&consent);
	wish.carrier = "repository";
	return forge_signature_make(f, &wish, NULL, SPAN_NONE);
}

#define MAX_ITEMS 6

/* @signature empty: the package as it is signed; @after: with what was done to it since. */
static void package_write(struct buffer *out, const struct row *row, struct span signature,
			  bool after)
{
	struct zip_item signing = { .name = ".signature.p7s", .data = signature };
	struct zip_item items[MAX_ITEMS] = { { .name = "" } };
	unsigned odd = after ? row->odd : 0;
	struct zip_plan plan = { .items = items };

	signing.deflate = odd & DEFLATED;
	signing.attributes = odd & ATTRIBUTES ? 0x20 : 0;
	signing.extra = odd & EXTRA ? SPAN_LITERAL("\x99\x99\x04\0evil") : SPAN_NONE;
	if (signature.len && odd & IN_FRONT)
		items[plan.n++] = signing;
	items[plan.n++] = (struct zip_item){ .name = "a.nuspec", .text = "<package/>" };
	items[plan.n++] = (struct zip_item){
		.name = "lib/a.dll",
		.text = odd & CHANGED ? "a librarY librarY" : "a library library",
		.deflate = true,
	};
	if (odd & ADDED)
		items[plan.n++] = (struct zip_item){ .name = "tools/init.ps1", .text = "evil" };
	if (signature.len && !(odd & IN_FRONT))
		items[plan.n++] = signing;
	if (odd & SIGNED_TWICE)
		items[plan.n++] = signing;
	plan.wide = odd & WIDE;
	plan.block = odd & GAP ? SPAN_LITERAL("evil") : SPAN_NONE;
	plan.comment = row->odd & WITH_COMMENT ? SPAN_LITERAL("a comment") : SPAN_NONE;
	zip_build(out, &plan);
}

static void row_make(struct forge *f, const struct row *row, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer before = BUFFER_INIT, der = BUFFER_INIT;

	package_write(&before, row, SPAN_NONE, false);
	buffer_add(&der, signature_make(f, row, buffer_span(&before)));
	if (row->odd & BEHIND_DER)
		buffer_text(&der, "evil");
	package_write(out, row, buffer_span(&der), true);
}

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

		row_make(f, &rows[i], &file);
		row_check(&court, &rows[i], buffer_span(&file));
	}
	court_close(&court);
	forge_free(f);
	return CHECK_DONE();
}
