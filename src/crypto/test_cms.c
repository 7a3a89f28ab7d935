/* SPDX-License-Identifier: MIT */
/* SignedData: made here in every shape that occurs or deceives, and from real programs. */
#include "crypto/cms.h"

#include "base/limits.h"
#include "base/memory.h"
#include "tests/check.h"
#include "tests/cms_builder.h"
#include "tests/corpus.h"
#include "tests/pe_entries.h"
#include <openssl/cms.h>
#include <openssl/err.h>
#include <time.h>

#define OID_INDIRECT OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x04")
#define OID_NESTED   OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x04\x01")
#define VALUE        "\x02\x01\x05"
#define SEQUENCE     "\x30\x03" VALUE
#define BASE         1000 /* where in its file the signature is said to begin */

static EVP_PKEY *key, *rsa;
static struct buffer key_cert = BUFFER_INIT, rsa_cert = BUFFER_INIT;

/* One shape of SignedData and what must be read of it. */
struct row {
	const char *name;
	struct span content; /* the element in eContent */
	struct span hashed;  /* the octets that messageDigest covers */
	struct signer_plan signer;
	struct span more_certs, more_signers;
	bool rsa, no_content_type, indefinite;
	size_t n_signers; /* 0: one */
	/* expected */
	enum status status;
	enum signature_result signature;
	bool digest_differs, contradiction, octets, duplicate, ber, libcrypto_agrees;
	size_t n_skipped;
};

#define PKCS7 .content = OID_INIT(SEQUENCE), .hashed = OID_INIT(VALUE)
#define CMS_OCTETS                                                                             \
	.content = OID_INIT("\x04\x05" SEQUENCE), .hashed = OID_INIT(SEQUENCE), .octets = true
#define GOOD .signature = SIGNATURE_OK
#define BAD  .signature = SIGNATURE_WRONG

static const struct row rows[] = {
	{"PKCS #7",								       PKCS7,				   GOOD													   },
	{ "CMS",									  CMS_OCTETS,			      GOOD,													    .libcrypto_agrees = true },
	{ "by RSA",									      CMS_OCTETS,													     GOOD,																     .rsa = true, .libcrypto_agrees = true },
	{ "SHA-1",								    CMS_OCTETS,										   GOOD,							     .rsa = true, .signer = { .digest = DIGEST_SHA1 },
         .libcrypto_agrees = true },
	{ "SHA-384",  CMS_OCTETS,GOOD,.signer = { .digest = DIGEST_SHA384 },
         .libcrypto_agrees = true },
	{ "SHA-512",							PKCS7,											      GOOD,																								    .rsa = true, .signer = { .digest = DIGEST_SHA512 } },
	{ "without attributes",									   CMS_OCTETS,															   GOOD,																										  .signer = { .without_attributes = true } },
	{ "without attributes, wrong value",								      CMS_OCTETS,                                                 BAD,
         .signer = { .without_attributes = true, .wrong_signature = true } },
	{ "with signingTime",					  PKCS7,										GOOD,																					   .signer = { .time = "251009120000Z" } },
	{ "signature changed",									   CMS_OCTETS,BAD,.rsa = true,
         .signer = { .wrong_signature = true }, .libcrypto_agrees = true },
	{ "digest of other content",CMS_OCTETS,GOOD,																					 .signer = { .wrong_digest = true },
         .digest_differs = true, .libcrypto_agrees = true },
	{ "no digest among the attributes",							     CMS_OCTETS,                                                      GOOD,
         .signer = { .without_digest = true }, .digest_differs = true,
         .libcrypto_agrees = true },
	{ "content type not signed",									      PKCS7,												  GOOD,															     .no_content_type = true },
	{ "an attribute whose set is cut off",								    PKCS7,										    GOOD,
         .signer = { .attributes = OID_INIT("\x30\x06\x06\x01\x01\x31\x01\x05") },
         .status = STATUS_MALFORMED },
	{ "further attribute, unsorted",						      PKCS7,										    GOOD,
         .signer = { .attributes = OID_INIT("\x30\x07\x06\x01\x01\x31\x02\x05\x00") } },
	{ "attributes of indefinite length",							  PKCS7,									 GOOD,																						       .ber = true,
         .signer = { .indefinite_attributes = true } },
	{ "everything of indefinite length",         PKCS7,GOOD,																								      .ber = true, .indefinite = true },
	{ "content in pieces",
         .content = OID_INIT("\x24\x80\x04\x02\x30\x03\x04\x03" VALUE "\x00\x00"),
         .hashed = OID_INIT(SEQUENCE),																						    GOOD, .octets = true, .ber = true,
         .libcrypto_agrees = true },
	{ "content of indefinite length",									   .content = OID_INIT("\x30\x80" VALUE "\x00\x00"),
         .hashed = OID_INIT(VALUE),GOOD, .ber = true },
	{ "messageDigest twice",       PKCS7,GOOD,																				  .duplicate = true, .digest_differs = true,
         .signer = { .attributes = OID_INIT("\x30\x0f\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09"
					     "\x04\x31\x02\x04\x00") } },
	{ "contentType twice",									      PKCS7,											GOOD,																	     .duplicate = true,
         .signer = { .attributes = OID_INIT("\x30\x0f\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09"
					     "\x03\x31\x02\x06\x00") } },
	{ "algorithm names another digest",    PKCS7,                                          BAD,															.rsa = true, .contradiction = true,
         .signer = { .signature_oid = OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05") } },
	{ "algorithm names the same digest",									   CMS_OCTETS,                               GOOD,																							       .rsa = true,
         .signer = { .signature_oid = OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b") },
         .libcrypto_agrees = true },
	{ "algorithm of another key",					      PKCS7,									BAD,
         .signer = { .signature_oid = OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01") } },
	{ "algorithm that is not known",							     PKCS7,												   .signature = SIGNATURE_NOT_SUPPORTED,
         .signer = { .signature_oid = OID_INIT("\x2a\x03") } },
	{ "raw hash instead of DigestInfo",						    PKCS7,										       BAD,     .rsa = true,
         .signer = { .raw_hash = true, .digest = DIGEST_SHA1 } },
	{ "by key identifier",							CMS_OCTETS,											      GOOD,																					       .signer = { .key_id = OID_INIT("key id") },
         .libcrypto_agrees = true },
	{ "an attribute certificate in the set",						       PKCS7,											  GOOD,
         .more_certs = OID_INIT("\xa1\x03\x02\x01\x05") },
	{ "something unreadable in the set",							  PKCS7,										      GOOD,																													   .more_certs = OID_INIT("\x30\x00"),
         .n_skipped = 1 },
	{ "set of certificates cut off",							 PKCS7,							    GOOD,
         .more_certs = OID_INIT("\x30\x84\xff\xff\xff\xff"), .status = STATUS_MALFORMED },
	{ "two signers",PKCS7,GOOD,.n_signers = 2 },
	{ "as many signers as are read",									      PKCS7,										     GOOD,																							    .n_signers = CMS_MAX_SIGNERS },
	{ "too many signers",								    PKCS7,										      GOOD,																			   .n_signers = CMS_MAX_SIGNERS + 1,
         .status = STATUS_LIMIT },
	{ "a signer that is none",					      PKCS7, GOOD,									      .more_signers = OID_INIT("\x05\x00"),
         .status = STATUS_MALFORMED },
	{ "a signer without fields", PKCS7,												 GOOD,																									       .more_signers = OID_INIT("\x30\x00"),
         .status = STATUS_MALFORMED },
	{ "pieces of content of another type",                             .content = OID_INIT("\x24\x03\x02\x01\x05"),
         .hashed = OID_INIT(""),																			   GOOD, .status = STATUS_MALFORMED },
	{ "two contents",						  .content = OID_INIT("\x05\x00\x05\x00"),                        .hashed = OID_INIT(""), GOOD,
         .status = STATUS_MALFORMED },
	{ "detached",									      .hashed = OID_INIT(""),										     GOOD																	   },
};

static void row_build(const struct row *row, struct buffer *to)
{
	CLEANUP(buffer_free) struct buffer signers = BUFFER_INIT, certs = BUFFER_INIT;
	struct signer_plan signer = row->signer;
	struct signed_data_plan data = { .content_type = OID_INDIRECT,
					 .content = row->content,
					 .indefinite = row->indefinite };

	signer.key = row->rsa ? rsa : key;
	signer.certificate = buffer_span(row->rsa ? &rsa_cert : &key_cert);
	signer.content = row->hashed;
	if (!row->no_content_type)
		signer.content_type = OID_INDIRECT;
	buffer_add(&certs, row->more_certs);
	buffer_add(&certs, buffer_span(&rsa_cert));
	buffer_add(&certs, buffer_span(&key_cert));
	for (size_t i = 0; i < (row->n_signers ? row->n_signers : 1); i++)
		build_signer_info(&signers, &signer);
	buffer_add(&signers, row->more_signers);
	data.certificates = buffer_span(&certs);
	data.signers = buffer_span(&signers);
	build_signed_data(to, &data);
}

/* Does libcrypto's CMS_verify() come to the same answer, chains apart? */
static bool libcrypto_says(struct span in)
{
	const unsigned char *p = in.ptr;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)in.len);
	bool good = cms && CMS_verify(cms, NULL, NULL, NULL, NULL,
				      CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) == 1;

	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return good;
}

static bool row_holds(const struct row *row, struct span in, const struct cms *cms)
{
	const struct signer_info *s = &cms->signers[0];
	const struct certificate *c = signer_certificate(s, cms->certs, cms->n_certs);
	struct signer_check check;

	if (!c || signer_verify(s, &c->key, cms->content.value, false, &check) != STATUS_OK)
		return false;
	if (check.signature != row->signature || check.raw_hash ||
	    check.digest_matches == row->digest_differs ||
	    check.algorithm_contradiction != row->contradiction)
		return false;
	if (row->libcrypto_agrees &&
	    libcrypto_says(in) != (check.signature == SIGNATURE_OK && check.digest_matches))
		return false;
	return cms->n_signers == (row->n_signers ? row->n_signers : 1) && cms->n_certs == 2 &&
	       cms->n_skipped_certs == row->n_skipped && cms->octet_content == row->octets &&
	       s->duplicate_attr == row->duplicate &&
	       (cms->indefinite || cms->non_minimal) == row->ber &&
	       span_equal(cms->content.value, row->hashed) &&
	       (s->content_type.len == 0) ==
		       (row->no_content_type || row->duplicate || s->signed_attrs.len == 0);
}

static void test_rows(void)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		struct cms cms;
		struct span rest;
		enum status status;
		const char *rule =
			rows[i].status == STATUS_LIMIT ? "limit.cms" : "cms.malformed";

		row_build(&rows[i], &b);
		status = cms_read(&a, buffer_span(&b), BASE, &findings, &cms, &rest);
		CHECK(status == rows[i].status &&
			      (status == STATUS_OK
				       ? findings.n == 0 &&
						 row_holds(&rows[i], buffer_span(&b), &cms)
				       : findings.n == 1 && finding_has(&findings, rule, -1) &&
						 findings.first->where.off >= BASE &&
						 findings.first->where.off +
								 findings.first->where.len <=
							 BASE + b.len),
		      "cms: %s", rows[i].name);
	}
}

static void test_fields(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	struct findings findings = FINDINGS_INIT(&a);
	const struct signer_info *s;
	struct span rest, whole;
	struct cms cms;

	row_build(&(struct row){ PKCS7, .signer = { .time = "251009120000Z" } }, &b);
	buffer_add(&b, OID("stuffing"));
	CHECK(cms_read(&a, buffer_span(&b), BASE, &findings, &cms, &rest) == STATUS_OK &&
		      span_equal(rest, OID("stuffing")) && cms.whole.len == b.len - 8,
	      "fields: bytes behind are given back");
	s = &cms.signers[0];
	whole = cms.whole;
	CHECK(cms.version == 1 && span_equal(cms.content_type, OID_INDIRECT) &&
		      cms.content.tag == DER_SEQUENCE && s->version == 1 &&
		      s->digest == DIGEST_SHA256 && s->has_signing_time &&
		      s->signing_time == 1760011200 && s->n_attrs == 3 &&
		      s->n_unsigned_attrs == 0 && s->message_digest.len == 32 &&
		      span_equal(s->content_type, OID_INDIRECT),
	      "fields: what the signer says");
	CHECK(cms_attribute_find(s->attrs, s->n_attrs, OID_MESSAGE_DIGEST)->n_values == 1 &&
		      !cms_attribute_find(s->attrs, s->n_attrs, OID_NESTED),
	      "fields: attributes by identifier");
	cms.certs[1].serial = OID("\x7f");
	CHECK(!signer_certificate(s, cms.certs, cms.n_certs),
	      "fields: serial number must equal, not only the issuer");
	CHECK(cms_read(&a, OID("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\x05\x00"),
		       0, &findings, &cms, &rest) == STATUS_MALFORMED,
	      "fields: not a SignedData");
	(void)whole;
}

/* @n attributes or values, in one unsigned attribute set. */
static enum status read_many(size_t n_attributes, size_t n_values)
{
	CLEANUP(buffer_free) struct buffer attrs = BUFFER_INIT, values = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	struct findings findings = FINDINGS_INIT(&a);
	struct span rest;
	struct cms cms;

	while (n_values-- > 0)
		der_add(&values, DER_NULL, SPAN_NONE);
	while (n_attributes-- > 0)
		build_attribute(&attrs, OID("\x2a\x03"), buffer_span(&values));
	row_build(&(struct row){ PKCS7,
				 .signer = { .unsigned_attributes = buffer_span(&attrs) } },
		  &b);
	return cms_read(&a, buffer_span(&b), 0, &findings, &cms, &rest);
}

static void test_limits(void)
{
	static const struct {
		size_t attributes, values;
		enum status status;
	} counts[] = {
		{CMS_MAX_ATTRS,      1,                  STATUS_OK   },
                { CMS_MAX_ATTRS + 1, 1,                  STATUS_LIMIT},
		{ 1,                 CMS_MAX_VALUES,     STATUS_OK   },
                { 1,                 CMS_MAX_VALUES + 1, STATUS_LIMIT},
		{ 1 << 20,           0,                  STATUS_LIMIT},
                { 1,                 1 << 20,            STATUS_LIMIT}
	};

	for (size_t i = 0; i < COUNT_OF(counts); i++)
		CHECK(read_many(counts[i].attributes, counts[i].values) == counts[i].status,
		      "limit: %zu attributes of %zu values", counts[i].attributes,
		      counts[i].values);
}

static void test_certificate_limits(void)
{
	for (size_t n = CMS_MAX_CERTS - 2; n <= CMS_MAX_CERTS - 1; n++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT, certs = BUFFER_INIT;
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		struct span rest;
		struct cms cms;

		for (size_t i = 0; i < n; i++)
			buffer_add(&certs, buffer_span(&key_cert));
		row_build(&(struct row){ PKCS7, .more_certs = buffer_span(&certs) }, &b);
		CHECK(cms_read(&a, buffer_span(&b), 0, &findings, &cms, &rest) ==
			      (n + 2 <= CMS_MAX_CERTS ? STATUS_OK : STATUS_LIMIT),
		      "limit: %zu certificates", n + 2);
	}
}

/* Input that costs nothing to make must cost nothing to refuse. */
static void test_hostile(void)
{
	static const struct {
		const char *name;
		struct span front, piece;
		size_t n;
		enum status status;
	} inputs[] = {
		{"10^6 indefinite lengths",   OID_INIT(""),                         OID_INIT("\x30\x80"), 1000000,
                 STATUS_MALFORMED												  },
		{ "4 GiB promised",           OID_INIT("\x30\x84\xff\xff\xff\xff"), OID_INIT("\x30\x80"),
                 1,												STATUS_MALFORMED},
		{ "8 million zeros",          OID_INIT(""),                         OID_INIT("\x00"),     8000000,
                 STATUS_MALFORMED												  },
		{ "4 million empty elements",
                 OID_INIT("\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30"
			   "\x80\x02"
			   "\x01\x01\x31\x00\x30\x80"),
                 OID_INIT("\x05\x00"),								    4000000, STATUS_MALFORMED},
	};

	for (size_t i = 0; i < COUNT_OF(inputs); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		struct span rest;
		struct cms cms;
		clock_t begun;
		enum status status;

		buffer_add(&b, inputs[i].front);
		for (size_t n = 0; n < inputs[i].n; n++)
			buffer_add(&b, inputs[i].piece);
		begun = clock();
		status = cms_read(&a, buffer_span(&b), 0, &findings, &cms, &rest);
		CHECK(status == inputs[i].status &&
			      clock() - begun < CLOCKS_PER_SEC / 2, /* sanitizers */
		      "hostile: %s", inputs[i].name);
	}
}

/* A ContentInfo that is longer than any is read. */
static void test_too_long(void)
{
	static const uint8_t front[] = { 0x30, 0x84, 0x04, 0, 0, 0 };
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	struct findings findings = FINDINGS_INIT(&a);
	uint8_t *whole = calloc(1, CMS_MAX_BYTES + sizeof(front));
	struct cms cms;
	struct span rest;

	if (!whole)
		abort();
	memcpy(whole, front, sizeof(front));
	CHECK(cms_read(&a, (struct span){ whole, CMS_MAX_BYTES + sizeof(front) }, 0, &findings,
		       &cms, &rest) == STATUS_LIMIT,
	      "hostile: more than is read at all");
	free(whole);
}

static void test_prefixes(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	int bad = 0;

	row_build(&rows[0], &b);
	for (size_t n = 0; n < b.len; n++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct findings findings = FINDINGS_INIT(&a);
		struct span rest;
		struct cms cms;

		bad += cms_read(&a, span_clip(buffer_span(&b), 0, n), 0, &findings, &cms,
				&rest) != STATUS_MALFORMED ||
		       findings.n != 1;
	}
	CHECK(bad == 0, "every prefix is refused, and says where");
}

static enum status read_once(struct span in, size_t limit)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(limit);
	struct findings findings = FINDINGS_INIT(&a);
	struct span rest;
	struct cms cms;

	return cms_read(&a, in, 0, &findings, &cms, &rest);
}

static void test_memory(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	enum status status = STATUS_NO_MEMORY;
	int bad = 0, n = 0;

	row_build(&(struct row){ .content = OID("\x24\x80\x04\x02\x30\x03\x04\x03" VALUE
						"\x00\x00"),
				 .hashed = OID(SEQUENCE) },
		  &b);
	for (size_t limit = 0; status != STATUS_OK && limit < 1 << 20; limit += 96, n++) {
		status = read_once(buffer_span(&b), limit);
		bad += status != STATUS_OK && status != STATUS_NO_MEMORY;
	}
	CHECK(status == STATUS_OK && bad == 0 && n > 10, "memory: arenas that are too small");
	status = STATUS_NO_MEMORY;
	for (n = 0; status != STATUS_OK && n < 100; n++) {
		memory_fail_after(n);
		status = read_once(buffer_span(&b), 1 << 20);
		memory_fail_after(-1);
		bad += status != STATUS_OK && status != STATUS_NO_MEMORY;
	}
	CHECK(status == STATUS_OK && bad == 0 && n > 1, "memory: each allocation fails once");
}

/* All signatures of a program, nested ones too: how many, and how many hold? */
struct tally {
	int n, good, unreadable;
};

static void tally_add(struct arena *a, struct span in, struct tally *t, int depth)
{
	struct findings findings = FINDINGS_INIT(a);
	const struct cms_attribute *nested;
	struct signer_check check;
	struct span rest;
	struct cms cms;

	if (cms_read(a, in, 0, &findings, &cms, &rest) != STATUS_OK) {
		t->unreadable++;
		return;
	}
	for (size_t i = 0; i < cms.n_signers; i++) {
		const struct signer_info *s = &cms.signers[i];
		const struct certificate *c = signer_certificate(s, cms.certs, cms.n_certs);

		t->n++;
		if (c &&
		    signer_verify(s, &c->key, cms.content.value, false, &check) == STATUS_OK)
			t->good += check.signature == SIGNATURE_OK && check.digest_matches &&
				   !check.algorithm_contradiction;
		nested = cms_attribute_find(s->unsigned_attrs, s->n_unsigned_attrs, OID_NESTED);
		for (size_t v = 0; depth < 4 && nested && v < nested->n_values; v++)
			tally_add(a, nested->values[v], t, depth + 1);
	}
}

static struct tally program_tally(const char *path)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(48 << 20);
	struct tally t = { 0 };
	size_t len = 0;
	uint8_t *bytes = corpus_load(path, &len);
	struct cursor table = cursor_at(pe_table((struct span){ bytes, len }), 0);
	struct span entry;

	while (cursor_left(&table) >= 8 && pe_entry_next(&table, &entry))
		tally_add(&a, entry, &t, 0);
	free(bytes);
	return t;
}

/* Programs whose signature is asserted to be good: all of it must hold. */
static void test_programs(void)
{
	size_t len = 0;
	char *manifest = (char *)corpus_load("MANIFEST.tsv", &len), *at = manifest, *line;
	int n = 0;

	if (manifest)
		manifest[len - 1] = '\0';
	while ((line = strsep(&at, "\n"))) {
		char *fields[9] = { NULL };
		struct tally t;

		for (size_t i = 0; i < COUNT_OF(fields) && line; i++)
			fields[i] = strsep(&line, "\t");
		if (!fields[8] || strncmp(fields[3], "pe", 2) != 0 ||
		    strcmp(fields[7], "good") != 0)
			continue;
		t = program_tally(fields[0]);
		n++;
		CHECK(t.n > 0 && t.good == t.n && t.unreadable == 0, "program: %s", fields[0]);
	}
	if (manifest)
		CHECK(n > 50, "program: %d of them", n);
	free(manifest);
}

static void test_altered_programs(void)
{
	static const struct {
		const char *path;
		int n, good;
	} programs[] = {
		{"generated/pe/messagedigest-flip.exe",         1, 0},
		{ "generated/pe/sigvalue-flip.exe",             1, 0},
		{ "generated/pe/nested-primary-digest-bad.exe", 2, 1},
		{ "generated/pe/nested-nested-digest-bad.exe",  2, 1},
		{ "generated/pe/pe-nested3.exe",                3, 3},
	};

	for (size_t i = 0; i < COUNT_OF(programs) && corpus_folder(); i++) {
		struct tally t = program_tally(programs[i].path);

		CHECK(t.n == programs[i].n && t.good == programs[i].good, "program: %s",
		      programs[i].path);
	}
}

static void certificate_make(struct buffer *to, EVP_PKEY *k, uint64_t serial, const char *id)
{
	CLEANUP(buffer_free) struct buffer extensions = BUFFER_INIT, value = BUFFER_INIT;
	struct certificate_plan plan = { .key = k,
					 .subject = "signer",
					 .issuer = "issuer",
					 .serial = serial,
					 .version = 2 };

	der_add(&value, DER_OCTET_STRING, SPAN_TEXT(id));
	build_extension(&extensions, OID("\x55\x1d\x0e"), false, buffer_span(&value));
	plan.extensions = buffer_span(&extensions);
	build_certificate(to, &plan);
}

int main(void)
{
	key = build_key();
	rsa = build_rsa_key();
	certificate_make(&key_cert, key, 1, "key id");
	certificate_make(&rsa_cert, rsa, 2, "rsa id");
	test_rows();
	test_fields();
	test_limits();
	test_certificate_limits();
	test_hostile();
	test_too_long();
	test_prefixes();
	test_memory();
	test_programs();
	test_altered_programs();
	CHECK(ERR_peek_error() == 0, "nothing is left on the error queue");
	buffer_free(&key_cert);
	buffer_free(&rsa_cert);
	EVP_PKEY_free(key);
	EVP_PKEY_free(rsa);
	return CHECK_DONE();
}
