/* SPDX-License-Identifier: MIT */
/* Countersignatures and time-stamp tokens: good ones, forged ones, and those of real programs.
 */
#include "crypto/timestamp.h"

#include "base/memory.h"
#include "tests/check.h"
#include "tests/cms_builder.h"
#include "tests/corpus.h"
#include "tests/pe_entries.h"

#define OID_COUNTERSIGNATURE "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x06"
#define OID_TOKEN_MICROSOFT  "\x2b\x06\x01\x04\x01\x82\x37\x03\x03\x01"
#define OID_TOKEN            "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0e"
#define OID_SIGNING_CERT     "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x0c"
#define OID_SIGNING_CERT_V2  "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f"
#define OID_NESTED           OID("\x2b\x06\x01\x04\x01\x82\x37\x02\x04\x01")
#define STAMPED              "the signature value of the parent"
#define BASE                 500
#define OCTOBER              1760011200 /* 2025-10-09T12:00:00Z */
#define OCTOBER_TEXT         "20251009120000Z"

static EVP_PKEY *key, *rsa;
static struct buffer key_cert = BUFFER_INIT, rsa_cert = BUFFER_INIT;

/* What a judged timestamp must be. */
struct expected {
	bool good, unsupported, raw, no_time, no_signer;
	const char *problem; /* a part of it */
};

static bool as_expected(const struct timestamp *t, const struct expected *e)
{
	if (t->good != e->good || t->unsupported != e->unsupported || t->raw_hash != e->raw ||
	    t->has_time == e->no_time || (t->has_time && t->time != OCTOBER) ||
	    (t->signer == NULL) != e->no_signer || t->good != (t->problem == NULL))
		return false;
	return t->good ? e->problem == NULL : strstr(t->problem, e->problem) != NULL;
}

/* A signature with one timestamp attribute that has one value. */
struct stage {
	struct cms_attribute attribute;
	struct signer_info signer;
	struct certificate certs[2];
	struct cms parent;
};

static void stage_set(struct stage *s, struct span oid, struct span value)
{
	if (certificate_read(buffer_span(&rsa_cert), &s->certs[0], NULL) != STATUS_OK ||
	    certificate_read(buffer_span(&key_cert), &s->certs[1], NULL) != STATUS_OK)
		abort();
	s->attribute = (struct cms_attribute){ .oid = oid, .values = { value }, .n_values = 1 };
	s->signer = (struct signer_info){ .signature = OID(STAMPED),
					  .unsigned_attrs = &s->attribute,
					  .n_unsigned_attrs = 1 };
	s->parent = (struct cms){ .certs = s->certs, .n_certs = 2 };
}

/* Judges @value alone. */
static bool judged(struct span oid, struct span value, const struct expected *e)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	struct timestamps read;
	struct stage s;
	bool holds;

	stage_set(&s, oid, value);
	if (timestamps_read(&a, &s.signer, &s.parent, value, BASE, &read) != STATUS_OK)
		return false;
	holds = read.n == 1 && as_expected(&read.each[0], e) &&
		read.each[0].where.off == BASE && read.each[0].where.len == value.len;
	if (!holds && read.n == 1)
		printf("# problem: %s\n", read.each[0].problem ? read.each[0].problem : "none");
	return holds;
}

static const struct {
	const char *name;
	struct signer_plan plan;
	bool rsa, over_other_content;
	struct expected expected;
} countersignatures[] = {
	{"by EC",							     { .time = "251009120000Z" }, .expected = { .good = true }},
	{ "by RSA",							   { .time = "251009120000Z" }, .rsa = true,                  .expected = { .good = true } },
	{ "SHA-1",
         { .time = "251009120000Z", .digest = DIGEST_SHA1 },
         .rsa = true,
         .expected = { .good = true } },
	{ "raw SHA-1",
         { .time = "251009120000Z", .digest = DIGEST_SHA1, .raw_hash = true },
         .rsa = true,
         .expected = { .good = true, .raw = true } },
	{ "raw MD5",
         { .time = "251009120000Z", .digest = DIGEST_MD5, .raw_hash = true },
         .rsa = true,
         .expected = { .good = true, .raw = true } },
	{ "raw SHA-256",
         { .time = "251009120000Z", .raw_hash = true },
         .rsa = true,
         .expected = { .problem = "signature value" } },
	{ "content type of a token",
         { .time = "251009120000Z",
	    .content_type = OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04") },
         .expected = { .good = true }														   },
	{ "no content type",								  { .time = "251009120000Z" },								    .expected = { .good = true }                                                 },
	{ "no time",
         { .digest = DIGEST_SHA256 },
         .expected = { .no_time = true, .problem = "time" }},
	{ "two times",
         { .time = "251009120000Z",
	    .attributes =
		    OID_INIT("\x30\x1c\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05\x31\x0f"
			     "\x17\x0d"
			     "160601120000Z") },
         .expected = { .no_time = true, .problem = "time" }												   },
	{ "no attributes",
         { .without_attributes = true },
         .expected = { .no_time = true, .problem = "time" }											},
	{ "of another signature",
         { .time = "251009120000Z" },
         .over_other_content = true,
         .expected = { .problem = "messageDigest" } },
	{ "wrong digest",
         { .time = "251009120000Z", .wrong_digest = true },
         .expected = { .problem = "messageDigest" }												   },
	{ "no digest",
         { .time = "251009120000Z", .without_digest = true },
         .expected = { .problem = "messageDigest" }								 },
	{ "wrong signature",
         { .time = "251009120000Z", .wrong_signature = true },
         .expected = { .problem = "signature value" }},
	{ "two digests",
         { .time = "251009120000Z",
	    .attributes = OID_INIT(
		    "\x30\x0f\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04\x31\x02\x04\x00") },
         .expected = { .problem = "twice" }},
	{ "algorithms contradict",
         { .time = "251009120000Z",
	    .signature_oid = OID_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05") },
         .rsa = true,
         .expected = { .problem = "contradict" } },
	{ "algorithm not known",
         { .time = "251009120000Z", .signature_oid = OID_INIT("\x2a\x03") },
         .expected = { .unsupported = true, .problem = "not built in" }                                                                   },
	{ "certificate not there",
         { .time = "251009120000Z", .key_id = OID_INIT("nobody") },
         .expected = { .no_signer = true, .problem = "not in it" }										    },
};

static void test_countersignatures(void)
{
	static const struct expected unreadable = { .no_time = true,
						    .no_signer = true,
						    .problem = "cannot be read" };

	for (size_t i = 0; i < COUNT_OF(countersignatures); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
		struct signer_plan plan = countersignatures[i].plan;

		plan.key = countersignatures[i].rsa ? rsa : key;
		plan.certificate =
			buffer_span(countersignatures[i].rsa ? &rsa_cert : &key_cert);
		plan.content =
			countersignatures[i].over_other_content ? OID("other") : OID(STAMPED);
		build_signer_info(&b, &plan);
		CHECK(judged(OID(OID_COUNTERSIGNATURE), buffer_span(&b),
			     &countersignatures[i].expected),
		      "countersignature: %s", countersignatures[i].name);
	}
	CHECK(judged(OID(OID_COUNTERSIGNATURE), OID("\x05\x00"), &unreadable),
	      "countersignature: not a SignerInfo");
}

/* signingCertificate (v1, v2) as it may stand in a token. */
enum id_kind { ID_NONE, ID_V1, ID_V2, ID_V2_SHA512, ID_V2_UNKNOWN, ID_BROKEN };

static void signing_certificate(struct buffer *to, enum id_kind kind, struct span certificate)
{
	static const enum digest_algorithm hashes[] = {
		[ID_V1] = DIGEST_SHA1,
		[ID_V2] = DIGEST_SHA256,
		[ID_V2_SHA512] = DIGEST_SHA512,
		[ID_V2_UNKNOWN] = DIGEST_SHA256,
	};
	CLEANUP(buffer_free) struct buffer value = BUFFER_INIT;
	struct digest hash;
	size_t whole, ids, id;

	if (kind == ID_NONE)
		return;
	if (kind == ID_BROKEN) {
		build_attribute(to, OID(OID_SIGNING_CERT), OID("\x05\x00"));
		return;
	}
	hash = build_digest(hashes[kind], certificate);
	whole = der_open(&value, DER_SEQUENCE);
	ids = der_open(&value, DER_SEQUENCE);
	id = der_open(&value, DER_SEQUENCE);
	if (kind == ID_V2_SHA512)
		der_add_algorithm(&value, build_digest_oid(DIGEST_SHA512), false);
	if (kind == ID_V2_UNKNOWN)
		der_add_algorithm(&value, OID("\x2a\x03"), false);
	der_add(&value, DER_OCTET_STRING, digest_span(&hash));
	der_close(&value, id);
	der_close(&value, ids);
	der_close(&value, whole);
	build_attribute(to, kind == ID_V1 ? OID(OID_SIGNING_CERT) : OID(OID_SIGNING_CERT_V2),
			buffer_span(&value));
}

struct token_row {
	const char *name;
	struct signer_plan signer;
	bool rsa, other_imprint, other_type, no_type, no_octets, no_info, no_cert;
	bool id_of_other_cert;
	enum digest_algorithm imprint; /* 0: SHA-256 */
	bool imprint_unknown;
	const char *time;
	enum id_kind id;
	size_t n_signers;
	struct expected expected;
};

static const struct token_row tokens[] = {
	{"by EC",				      .expected = { .good = true }},
	{				    "by RSA",				 .rsa = true, .expected = { .good = true } },
	{				   "imprint SHA-1",                      .imprint = DIGEST_SHA1, .expected = { .good = true } },
	{				   "imprint SHA-512",                    .imprint = DIGEST_SHA512, .expected = { .good = true } },
	{				   "fraction of a second",                .time = "20251009120000.25Z", .expected = { .good = true } },
	{				   "signingCertificate",				 .id = ID_V1, .expected = { .good = true } },
	{				   "signingCertificateV2",                                 .id = ID_V2, .expected = { .good = true } },
	{				   "signingCertificateV2, SHA-512",                          .id = ID_V2_SHA512, .expected = { .good = true } },
	{				   "signingCertificate of another",                                 .id = ID_V1,     .id_of_other_cert = true,
         .expected = { .problem = "signingCertificate" } },
	{								 "signingCertificateV2 of another",           .id = ID_V2,                  .id_of_other_cert = true,
         .expected = { .problem = "signingCertificate" } },
	{"signingCertificateV2, unknown hash",                                           .id = ID_V2_UNKNOWN,
         .expected = { .unsupported = true, .problem = "not built in" } },
	{							      "signingCertificate unreadable",					   .id = ID_BROKEN,
         .expected = { .problem = "signingCertificate" } },
	{"over another signature",					   .other_imprint = true,
         .expected = { .problem = "messageImprint" } },
	{							       "imprint of unknown hash",					   .imprint_unknown = true,
         .expected = { .unsupported = true, .problem = "not built in" } },
	{"content of another type",					   .other_type = true,
         .expected = { .no_time = true, .no_signer = true, .problem = "not TSTInfo" } },
	{								    "content type not signed",					   .no_type = true,
         .expected = { .no_time = true, .no_signer = true, .problem = "signed attributes" } },
	{"content without OCTET STRING",					   .no_octets = true,
         .expected = { .no_time = true, .no_signer = true, .problem = "TSTInfo" } },
	{							     "content that is no TSTInfo",					   .no_info = true,
         .expected = { .no_time = true, .no_signer = true, .problem = "TSTInfo" } },
	{"time that is none",					   .time = "20251309120000Z",
         .expected = { .no_time = true, .no_signer = true, .problem = "TSTInfo" } },
	{							    "two signers",					   .n_signers = 2,
         .expected = { .no_time = true, .no_signer = true, .problem = "one signer" } },
	{"certificate not there",					   .no_cert = true,
         .expected = { .no_signer = true, .problem = "not in it" } },
	{						 "without attributes",					   .signer = { .without_attributes = true },
         .expected = { .no_time = true, .no_signer = true, .problem = "signed attributes" } },
	{"changed after signing",					   .signer = { .wrong_digest = true },
         .expected = { .problem = "messageDigest" } },
	{						    "wrong signature",					   .signer = { .wrong_signature = true },
         .expected = { .problem = "signature value" } },
	{"raw hash",					   .signer = { .raw_hash = true, .digest = DIGEST_SHA1 },                                                             .rsa = true,
         .expected = { .problem = "signature value" } },
	{					   "algorithm not known", .signer = { .signature_oid = OID_INIT("\x2a\x03") },
         .expected = { .unsupported = true, .problem = "not built in" } },
};

static void token_info(struct buffer *to, const struct token_row *row)
{
	enum digest_algorithm imprint = row->imprint ? row->imprint : DIGEST_SHA256;
	struct digest hash =
		build_digest(imprint, row->other_imprint ? OID("x") : OID(STAMPED));

	if (row->no_info)
		der_add_number(to, 1);
	else
		build_tst_info(to, row->imprint_unknown ? DIGEST_NONE : imprint,
			       digest_span(&hash), row->time ? row->time : OCTOBER_TEXT);
}

static void token_build(const struct token_row *row, struct buffer *to)
{
	CLEANUP(buffer_free) struct buffer info = BUFFER_INIT, content = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer signers = BUFFER_INIT, id = BUFFER_INIT;
	struct signer_plan signer = row->signer;
	struct span own = buffer_span(row->rsa ? &rsa_cert : &key_cert);
	struct span other = buffer_span(row->rsa ? &key_cert : &rsa_cert);
	struct signed_data_plan data = { .content_type =
						 row->other_type ? OID_DATA : OID_TST_INFO };

	token_info(&info, row);
	signing_certificate(&id, row->id, row->id_of_other_cert ? other : own);
	signer.key = row->rsa ? rsa : key;
	signer.certificate = own;
	signer.content = buffer_span(&info);
	signer.content_type = row->no_type ? SPAN_NONE : data.content_type;
	signer.attributes = buffer_span(&id);
	for (size_t i = 0; i < (row->n_signers ? row->n_signers : 1); i++)
		build_signer_info(&signers, &signer);
	der_add(&content, DER_OCTET_STRING, buffer_span(&info));
	data.content = row->no_octets ? buffer_span(&info) : buffer_span(&content);
	data.certificates = row->no_cert ? other : own;
	data.signers = buffer_span(&signers);
	build_signed_data(to, &data);
}

static void test_tokens(void)
{
	static const struct expected unreadable = { .no_time = true,
						    .no_signer = true,
						    .problem = "cannot be read" };
	CLEANUP(buffer_free) struct buffer good = BUFFER_INIT;

	for (size_t i = 0; i < COUNT_OF(tokens); i++) {
		CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

		token_build(&tokens[i], &b);
		CHECK(judged(OID(OID_TOKEN_MICROSOFT), buffer_span(&b), &tokens[i].expected),
		      "token: %s", tokens[i].name);
	}
	token_build(&tokens[0], &good);
	CHECK(judged(OID(OID_TOKEN), buffer_span(&good), &tokens[0].expected),
	      "token: under the identifier of S/MIME");
	CHECK(judged(OID(OID_COUNTERSIGNATURE), buffer_span(&good), &unreadable),
	      "token: is no countersignature");
	CHECK(judged(OID(OID_TOKEN), OID("\x05\x00"), &unreadable), "token: not a SignedData");
}

/* Many on one signature: each is judged alone. */
static void test_several(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
	CLEANUP(buffer_free) struct buffer good = BUFFER_INIT, bad = BUFFER_INIT;
	struct cms_attribute attrs[4] = { { .oid = OID(OID_TOKEN) },
					  { .oid = OID("\x2a\x03") },
					  { .oid = OID(OID_TOKEN_MICROSOFT) },
					  { .oid = OID(OID_TOKEN) } };
	struct timestamps read;
	struct stage s;

	token_build(&tokens[0], &good);
	token_build(&(struct token_row){ .signer = { .wrong_signature = true } }, &bad);
	stage_set(&s, SPAN_NONE, SPAN_NONE);
	s.signer.unsigned_attrs = attrs;
	s.signer.n_unsigned_attrs = 3;
	attrs[0].n_values = 2;
	attrs[0].values[0] = buffer_span(&bad);
	attrs[0].values[1] = buffer_span(&good);
	attrs[1].n_values = 1;
	attrs[1].values[0] = buffer_span(&good);
	attrs[2].n_values = 1;
	attrs[2].values[0] = OID("\x05\x00");
	CHECK(timestamps_read(&a, &s.signer, &s.parent, buffer_span(&good), 0, &read) ==
			      STATUS_OK &&
		      read.n == 3 && !read.each[0].good && read.each[1].good &&
		      !read.each[2].good && read.each[0].where.len == 0 &&
		      read.each[1].where.len == good.len,
	      "several: each is judged alone");
	s.signer.n_unsigned_attrs = 4;
	attrs[0].n_values = attrs[2].n_values = attrs[3].n_values = CMS_MAX_VALUES;
	CHECK(timestamps_read(&a, &s.signer, &s.parent, SPAN_NONE, 0, &read) == STATUS_LIMIT,
	      "several: more than are judged");
	s.signer.n_unsigned_attrs = 0;
	CHECK(timestamps_read(&a, &s.signer, &s.parent, SPAN_NONE, 0, &read) == STATUS_OK &&
		      read.n == 0,
	      "several: none at all");
}

static void test_prefixes(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	int good = 0, failed = 0;

	token_build(&(struct token_row){ .id = ID_V2 }, &b);
	for (size_t n = 0; n < b.len; n++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct timestamps read;
		struct stage s;

		stage_set(&s, OID(OID_TOKEN), span_clip(buffer_span(&b), 0, n));
		failed += timestamps_read(&a, &s.signer, &s.parent, SPAN_NONE, 0, &read) !=
			  STATUS_OK;
		good += read.n == 1 && read.each[0].good;
	}
	CHECK(good == 0 && failed == 0, "token: no prefix is good");
}

static void test_memory(void)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	enum status status = STATUS_NO_MEMORY;
	int bad = 0, n = 0;
	struct stage s;

	token_build(&tokens[0], &b);
	stage_set(&s, OID(OID_TOKEN), buffer_span(&b));
	for (size_t limit = 0; status != STATUS_OK && limit < 1 << 20; limit += 96, n++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(limit);
		struct timestamps read;

		status = timestamps_read(&a, &s.signer, &s.parent, SPAN_NONE, 0, &read);
		bad += status == STATUS_OK ? !read.each[0].good : status != STATUS_NO_MEMORY;
	}
	CHECK(status == STATUS_OK && bad == 0 && n > 10, "memory: arenas that are too small");
	status = STATUS_NO_MEMORY;
	for (n = 0; status != STATUS_OK && n < 100; n++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(1 << 20);
		struct timestamps read;

		memory_fail_after(n);
		status = timestamps_read(&a, &s.signer, &s.parent, SPAN_NONE, 0, &read);
		memory_fail_after(-1);
		bad += status == STATUS_OK ? !read.each[0].good : status != STATUS_NO_MEMORY;
	}
	CHECK(status == STATUS_OK && bad == 0 && n > 1, "memory: each allocation fails once");
}

struct tally {
	int n, good, raw, tokens;
	int64_t last;
};

static void tally_add(struct arena *a, struct span in, struct tally *t, int depth)
{
	struct findings findings = FINDINGS_INIT(a);
	const struct cms_attribute *nested;
	const struct signer_info *s;
	struct timestamps read;
	struct span rest;
	struct cms cms;

	if (cms_read(a, in, 0, &findings, &cms, &rest) != STATUS_OK || cms.n_signers != 1)
		return;
	s = &cms.signers[0];
	if (timestamps_read(a, s, &cms, in, 0, &read) != STATUS_OK)
		return;
	for (size_t i = 0; i < read.n; i++) {
		t->n++;
		t->good += read.each[i].good;
		t->raw += read.each[i].raw_hash;
		t->tokens += read.each[i].kind == TIMESTAMP_RFC3161;
		t->last = read.each[i].time;
	}
	nested = cms_attribute_find(s->unsigned_attrs, s->n_unsigned_attrs, OID_NESTED);
	for (size_t v = 0; depth < 4 && nested && v < nested->n_values; v++)
		tally_add(a, nested->values[v], t, depth + 1);
}

static void test_programs(void)
{
	static const struct {
		const char *path;
		struct tally t; /* last 0: not asked */
	} programs[] = {
		{"generated/pe/pe-ts.exe",						      { 1, 1, 0, 1, 0 }         },
		{ "generated/pe/pe-expired-ts.exe",                                             { 1, 1, 0, 1, 1559347200 }},
		{ "generated/pe/expired-ts-time-edit.exe",                                      { 1, 0, 0, 1, 0 }         },
		{ "generated/pe/pe-sha256.exe",						 { 0, 0, 0, 0, 0 }         },
		{ "generated/pe/thief-pciide.exe",                                              { 1, 1, 0, 0, 1247535955 }},
		{ "generated/pe/thief-sigcheck.exe",                                            { 2, 2, 0, 1, 1510869944 }},
		{ "saferwall+pe/test/putty.exe",                                                { 2, 2, 2, 0, 0 }         },
		{ "google+omaha/omaha/testing/unittest_support/omaha_1.1.x/goopdateres_en.dll",
                 { 1, 1, 1, 0, 0 }											},
		{ "google+omaha/omaha/testing/unittest_support/"
		  "Sha1_4c40dba5f988fae57a57d6457495f98b_and_sha2_"
		  "2a9c21acaaa63a3c58a7b9322bee948d"
		  ".exe",						      { 2, 2, 1, 1, 0 }         },
		{ "debian/shim-signed_1.51~1+deb12u1+16.1-2~deb12u1_amd64/usr/lib/shim/"
		  "shimx64.efi.signed",					{ 2, 2, 0, 2, 0 }         },
	};

	for (size_t i = 0; i < COUNT_OF(programs) && corpus_folder(); i++) {
		CLEANUP(arena_free) struct arena a = ARENA_INIT(48 << 20);
		struct tally t = { 0 }, e = programs[i].t;
		size_t len = 0;
		uint8_t *bytes = corpus_load(programs[i].path, &len);
		struct cursor table = cursor_at(pe_table((struct span){ bytes, len }), 0);
		struct span entry;

		while (cursor_left(&table) >= 8 && pe_entry_next(&table, &entry))
			tally_add(&a, entry, &t, 0);
		if (bytes)
			CHECK(t.n == e.n && t.good == e.good && t.raw == e.raw &&
				      t.tokens == e.tokens && (e.last == 0 || t.last == e.last),
			      "program: %s", programs[i].path);
		free(bytes);
	}
}

int main(void)
{
	struct certificate_plan plan = { .subject = "TSA", .issuer = "CA", .version = 2 };

	key = plan.key = build_key();
	plan.serial = 1;
	build_certificate(&key_cert, &plan);
	rsa = plan.key = build_rsa_key();
	plan.serial = 2;
	build_certificate(&rsa_cert, &plan);
	test_countersignatures();
	test_tokens();
	test_several();
	test_prefixes();
	test_memory();
	test_programs();
	buffer_free(&key_cert);
	buffer_free(&rsa_cert);
	EVP_PKEY_free(key);
	EVP_PKEY_free(rsa);
	return CHECK_DONE();
}
