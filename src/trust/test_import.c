/* SPDX-License-Identifier: MIT */
/* Forged and genuine trust lists, under a root of the test's own. */
#include "base/memory.h"
#include "tests/check.h"
#include "tests/list_builder.h"
#include "tests/paper_certificate.h"
#include "tests/pki.h"
#include "trust/file.h"
#include "trust/manage.h"
#include "trust/pem.h"
#include "trust/pins.h"
#include "trust/stl.h"
#include "trust/store_layers.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILETIME_2021_02_01 "\x00\xc0\x03\x2f\x2d\xf8\xd6\x01"
#define TIME_2021_02_01     INT64_C(1612137600)

/* SEQUENCE OF OID. */
#define EKU_CODE_AND_TIME                                                                      \
	"\x30\x14\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x03\x06\x08\x2b\x06\x01\x05\x05\x07\x03" \
	"\x08"
#define EKU_CODE "\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x03"
#define EKU_TLS  "\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01"

static char folder[] = "/tmp/assay-import-XXXXXX";
static struct arena arena = ARENA_INIT((size_t)512 << 20);
static struct list_authority authority;

static const char *path_in(const char *name)
{
	return arena_printf(&arena, "%s/%s", folder, name);
}

static void file_put(const char *name, struct span bytes)
{
	if (file_replace(path_in(name), bytes) != STATUS_OK)
		exit(EXIT_FAILURE);
}

static struct span paper_named(unsigned number, const char *name)
{
	struct buffer b CLEANUP(buffer_free) = BUFFER_INIT;

	paper_certificate(&b, number, name);
	return arena_copy(&arena, buffer_span(&b));
}

static struct span paper(unsigned number)
{
	return paper_named(number, arena_printf(&arena, "Listed Root %u", number));
}

static struct span digest_in(enum digest_algorithm a, struct span bytes)
{
	struct digest d = build_digest(a, bytes);

	return arena_copy(&arena, digest_span(&d));
}

/* What the database is now; empty: not there. */
static struct span database_bytes(void)
{
	struct span mapping, copy;

	if (file_map(path_in("trust.db"), DATABASE_MAX_BYTES, &mapping) != STATUS_OK)
		return SPAN_NONE;
	copy = arena_copy(&arena, mapping);
	file_unmap(mapping);
	return copy;
}

static struct trust_target target(void)
{
	static const char *databases[1];
	static struct trust_source roots;

	databases[0] = path_in("trust.db");
	roots = (struct trust_source){ .path = path_in("list-root.pem") };
	return (struct trust_target){ databases[0], databases, 1, &roots, 1, true };
}

static enum status take(const char *const *paths, size_t n, struct trust_change *change,
			const char **problem)
{
	struct trust_source sources[4] = { { 0 } };
	struct trust_target t = target();

	for (size_t i = 0; i < n; i++)
		sources[i].path = paths[i];
	return trust_take(&arena, &t, sources, n, change, problem);
}

static enum status take_one(const char *name, const char **problem)
{
	const char *path = path_in(name);
	struct trust_change change;

	return take(&path, 1, &change, problem);
}

static struct trust_store *opened(void)
{
	const char *db = path_in("trust.db"), *problem = NULL;
	struct trust_store *s = NULL;

	if (trust_open(&arena, &(struct trust_sources){ .databases = &db, .n_databases = 1 },
		       &s, &problem) != STATUS_OK)
		printf("# %s\n", problem);
	return s;
}

static void list_put(const char *name, const struct list_authority *a,
		     const struct list_plan *plan)
{
	struct buffer b CLEANUP(buffer_free) = BUFFER_INIT;

	list_build(&b, a, plan);
	file_put(name, buffer_span(&b));
}

/* The four roots of the good list; the last one's certificate is not beside it. */
static void good_entries(struct list_entry entries[4])
{
	static const char name[] = "L\0i\0s\0t\0e\0d\0\0\0";

	for (unsigned i = 0; i < 4; i++)
		entries[i] = (struct list_entry){
			.tag = digest_in(DIGEST_SHA1, paper(i)),
			.properties = {{ 98, digest_in(DIGEST_SHA256, paper(i)) },
                                       { 9, SPAN_LITERAL(EKU_CODE_AND_TIME) }},
		};
	entries[1].properties[2] =
		(struct list_property){ 104, SPAN_LITERAL(FILETIME_2021_02_01) };
	entries[1].properties[3] = (struct list_property){ 122, SPAN_LITERAL(EKU_CODE) };
	entries[1].properties[4] = (struct list_property){ 126, SPAN_LITERAL("") };
	entries[1].properties[5] = (struct list_property){ 127, SPAN_LITERAL(EKU_CODE) };
	entries[2].properties[1].value = SPAN_LITERAL(EKU_TLS);
	entries[3].properties[1] = (struct list_property){ 11, SPAN_LITERAL(name) };
}

static void good_list(void)
{
	const char *paths[] = { path_in("good") };
	struct trust_change change = { 0 };
	struct stored s = { 0 };
	struct list_entry entries[4];
	struct trust_store *store;
	const char *problem = NULL;
	int64_t date = 0;

	good_entries(entries);
	if (mkdir(paths[0], 0755) != 0)
		exit(EXIT_FAILURE);
	list_put("good/authroot.stl", &authority,
		 &(struct list_plan){ .usage = LIST_USAGE_ROOTS,
				      .algorithm = LIST_BY_SHA1,
				      .sequence = 300,
				      .entries = entries,
				      .n = 4 });
	for (unsigned i = 0; i < 3; i++)
		file_put(arena_printf(&arena, "good/%u.crt", i), paper(i));
	CHECK(take(paths, 1, &change, &problem) == STATUS_OK, "a good list is taken (%s)",
	      problem ? problem : "-");
	CHECK(change.has_roots && change.n_roots == 4 && change.n_roots_with_bytes == 3 &&
		      change.n_root_anchors == 3 && change.n_anchors == 0,
	      "four roots, three certificates, three anchors");
	store = opened();
	CHECK(store_by_sha256(store, entries[0].properties[0].value.ptr, &s) &&
		      s.sets == (TRUST_MS_CODE | TRUST_MS_TSA) && span_equal(s.der, paper(0)) &&
		      s.public_root && !s.limits.own_root,
	      "a root for code and timestamps");
	CHECK(strcmp(s.origin, "authroot 2026-04-22") == 0, "it says where it came from");
	CHECK(store_by_sha256(store, entries[1].properties[0].value.ptr, &s) &&
		      s.limits.has_disallowed && !s.limits.disallowed_empty &&
		      s.limits.disallowed == TIME_2021_02_01 && s.limits.has_not_before &&
		      s.limits.not_before_empty && s.limits.disallowed_eku.len == 10 &&
		      s.limits.not_before_eku.len == 10,
	      "dates, an empty date, and the usages that they limit");
	CHECK(store_by_sha256(store, entries[2].properties[0].value.ptr, &s) && s.sets == 0 &&
		      trust_public_root(store, s.sha256),
	      "a root for TLS is an anchor of nothing, but public");
	CHECK(store_by_sha256(store, entries[3].properties[0].value.ptr, &s) &&
		      s.der.len == 0 && s.sets && s.limits.own_root &&
		      strcmp(s.name, "Listed") == 0,
	      "without a certificate the pin is the anchor, without usages it is its own");
	CHECK(store_list_date(store, &date) && date == 1776816000, "the list's date");
	trust_close(store);
}

struct bad_row {
	const char *what, *says;
	struct list_plan plan;
	struct list_authority_plan by;
};

/* Not one of these may change the database. */
static void bad_lists(void)
{
	static const uint8_t sha1[20] = { 1 }, sha256[32] = { 2 }, md5[16] = { 3 };
	const struct list_entry plain = { SPAN_OF(sha1), { { 98, SPAN_OF(sha256) } } },
				bare = { SPAN_OF(sha1), { { 0, SPAN_NONE } } },
				long_tag = { SPAN_OF(sha256), { { 98, SPAN_OF(sha256) } } },
				keyed = { SPAN_OF(md5), { { 0, SPAN_NONE } } },
				odd_date = { SPAN_OF(sha1),
					     { { 98, SPAN_OF(sha256) },
					       { 104, SPAN_LITERAL("\1\2\3\4") } } },
				odd_eku = { SPAN_OF(sha1),
					    { { 98, SPAN_OF(sha256) },
					      { 9, SPAN_LITERAL("\x30\x02\x05\x00") } } },
				odd_sha256 = { SPAN_OF(sha1), { { 98, SPAN_OF(sha1) } } },
				twin = { digest_in(DIGEST_SHA1, paper(0)),
					 { { 98, SPAN_OF(sha256) } } };
#define ROOTS(entry)                                                                           \
	.plan = { .usage = LIST_USAGE_ROOTS,                                                   \
		  .algorithm = LIST_BY_SHA1,                                                   \
		  .sequence = 400,                                                             \
		  .entries = &(entry),                                                         \
		  .n = 1
	const struct bad_row rows[] = {
		{ "signature altered", "altered", ROOTS(plain), .spoil_signature = true } },
		{ "older sequence", "older", .plan = { .usage = LIST_USAGE_ROOTS,
						       .algorithm = LIST_BY_SHA1,
						       .sequence = 299,
						       .entries = &plain,
						       .n = 1 } },
	{
		"no sequence", "sequence", ROOTS(plain), .without_sequence = true
	}
}
, { "signer for code", "not for trust lists", ROOTS(plain) }, .by = {.usage = LIST_USAGE_CODE }
}
, { "signer without usage", "not for trust lists", ROOTS(plain) },
	.by = { .without_usage = true }
}
, { "signer of disallowed lists", "not for trust lists", ROOTS(plain) },
	.by = { .usage = LIST_USAGE_DISALLOWED }
}
, { "made after the signer's time", "not valid", ROOTS(plain) },
	.by = { .until = "260421000000Z" }
}
, { "made before the signer's time", "not valid", ROOTS(plain) },
	.by = { .from = "260423000000Z" }
}
, { "the signer's issuer is no CA", "pinned root", ROOTS(plain) },
	.by = { .authority_is_no_ca = true }
}
, { "the signer's issuer is for code", "pinned root", ROOTS(plain) },
	.by = { .authority_for_code = true }
}
,
{
	"no certificate of the signer", "signer", ROOTS(plain), .without_signer = true
}
}
,
	{
		"unknown algorithm", "algorithm",
		.plan = {.usage = LIST_USAGE_ROOTS,
                         .algorithm = LIST_BY_PROPERTY,
                         .sequence = 400,
                         .entries = &plain,
                         .n = 1}
},
	{ "unknown usage", "neither",
	  .plan = { .usage = LIST_USAGE_CODE,
		    .algorithm = LIST_BY_SHA1,
		    .sequence = 400,
		    .entries = &plain,
		    .n = 1 } },
{
	"a tag of 32 octets", "form", ROOTS(long_tag)
}
}
,
{
	"a tag of 16 octets among roots", "form", ROOTS(keyed)
}
}
,
{
	"neither SHA-256 nor certificate", "SHA-1 alone", ROOTS(bare)
}
}
,
{
	"a date of 4 octets", "well-formed", ROOTS(odd_date)
}
}
,
{
	"usages that are none", "well-formed", ROOTS(odd_eku)
}
}
,
{
	"a SHA-256 of 20 octets", "well-formed", ROOTS(odd_sha256)
}
}
,
{
	"the SHA-1 of one, the SHA-256 of another", "only the SHA-1", ROOTS(twin)
}
}
,
	{
		"no roots at all", "no roots",
		.plan = {.usage = LIST_USAGE_ROOTS,
                         .algorithm = LIST_BY_SHA1,
                         .sequence = 400}
},
	{ "disallowed by 20 octets", "form",
	  .plan = { .usage = LIST_USAGE_DISALLOWED,
		    .algorithm = LIST_BY_PROPERTY,
		    .sequence = 400,
		    .entries = &plain,
		    .n = 1 } },
	{ "disallowed by 32 octets", "form",
	  .plan = { .usage = LIST_USAGE_DISALLOWED,
		    .algorithm = LIST_BY_PROPERTY,
		    .sequence = 400,
		    .entries = &long_tag,
		    .n = 1 } },
	{ "disallowed by SHA-1", "algorithm",
	  .plan = { .usage = LIST_USAGE_DISALLOWED,
		    .algorithm = LIST_BY_SHA1,
		    .sequence = 400,
		    .entries = &keyed,
		    .n = 1 } },
}
;
#undef ROOTS
struct span before = database_bytes();

for (size_t i = 0; i < COUNT_OF(rows); i++) {
	const char *paths[] = { path_in("bad.stl"), path_in("good/0.crt") };
	struct list_authority by;
	struct trust_change change;
	const char *problem = NULL;
	enum status status;

	list_authority_make(&by, &rows[i].by);
	file_put("own-root.der", buffer_span(&by.root));
	list_put("bad.stl", &by, &rows[i].plan);
	{
		struct trust_source own = { .path = path_in("own-root.der") };
		struct trust_source sources[2] = { { .path = paths[0] }, { .path = paths[1] } };
		struct trust_target t = target();

		t.list_roots = &own;
		status = trust_take(&arena, &t, sources, 2, &change, &problem);
	}
	CHECK(status == STATUS_USAGE && problem && strstr(problem, "bad.stl") &&
		      strstr(problem, rows[i].says),
	      "%s: %s", rows[i].what, problem ? problem : status_text(status));
	CHECK(span_equal(database_bytes(), before), "the old database stands");
	list_authority_free(&by);
}
}

/* What is right although it looks odd, and the ways not to know the root. */
static void rule_of_roots(void)
{
	static const uint8_t sha1[20] = { 1 }, sha256[32] = { 2 };
	const struct list_entry plain = { SPAN_OF(sha1), { { 98, SPAN_OF(sha256) } } };
	const struct list_plan plan = { .usage = LIST_USAGE_ROOTS,
					.algorithm = LIST_BY_SHA1,
					.sequence = 301,
					.made = "200601000000Z",
					.entries = &plain,
					.n = 1 };
	const char *path = path_in("odd.stl"), *problem = NULL;
	struct trust_source source = { .path = path };
	struct trust_target t = target();
	struct list_authority expired;
	struct trust_change change;
	struct trust_store *s;

	list_put("odd.stl", &authority, &plan);
	t.list_roots = NULL;
	t.n_list_roots = 0;
	CHECK(trust_take(&arena, &t, &source, 1, &change, &problem) == STATUS_USAGE &&
		      problem && strstr(problem, "pinned root"),
	      "under a root that is not pinned: %s", problem ? problem : "-");
	list_authority_make(&expired,
			    &(struct list_authority_plan){ .from = "200101000000Z",
							   .until = "201231000000Z" });
	CHECK(take_one("odd.stl", &problem) == STATUS_OK, "a newer list is taken (%s)",
	      problem ? problem : "-");
	CHECK(take_one("odd.stl", &problem) == STATUS_OK, "and the same again");
	s = opened();
	CHECK(trust_count(s, TRUST_ALL_SETS) == 1, "what it does not name any more is gone");
	trust_close(s);
	file_put("list-root.pem", buffer_span(&expired.root));
	list_put("odd.stl", &expired, &plan);
	CHECK(take_one("odd.stl", &problem) == STATUS_OK,
	      "a signer who has expired since is no reason to refuse (%s)",
	      problem ? problem : "-");
	file_put("list-root.pem", buffer_span(&authority.root));
	list_authority_free(&expired);
}

static void disallowed_list(void)
{
	static const uint8_t md5[16] = { 1 }, sha384[48] = { 2 };
	const struct list_entry entries[] = {
		{SPAN_OF(md5),     { { 0, SPAN_NONE } }},
		{ SPAN_OF(sha384), { { 0, SPAN_NONE } }}
	};
	const char *path = path_in("disallowedcert.stl"), *problem = NULL;
	struct trust_change change = { 0 };
	struct trust_store *s;

	list_put("disallowedcert.stl", &authority,
		 &(struct list_plan){ .usage = LIST_USAGE_DISALLOWED,
				      .algorithm = LIST_BY_PROPERTY,
				      .sequence = 5,
				      .entries = entries,
				      .n = 2 });
	CHECK(take(&path, 1, &change, &problem) == STATUS_OK && change.has_disallowed &&
		      change.n_disallowed == 2,
	      "both forms of disallowed entries (%s)", problem ? problem : "-");
	s = opened();
	CHECK(store_distrusts(s, DISTRUST_KEY_MD5, SPAN_OF(md5)) &&
		      store_distrusts(s, DISTRUST_TBS_SHA384, SPAN_OF(sha384)),
	      "are found");
	CHECK(trust_count(s, TRUST_MS_CODE) == 1, "the list of roots stays");
	trust_close(s);
	list_put("disallowedcert.stl", &authority,
		 &(struct list_plan){ .usage = LIST_USAGE_DISALLOWED,
				      .algorithm = LIST_BY_PROPERTY,
				      .sequence = 6,
				      .entries = entries,
				      .n = 1 });
	CHECK(take(&path, 1, &change, &problem) == STATUS_OK, "its next edition");
	s = opened();
	CHECK(store_distrusts(s, DISTRUST_KEY_MD5, SPAN_OF(md5)) &&
		      !store_has_distrust(s, DISTRUST_TBS_SHA384),
	      "replaces it");
	trust_close(s);
}

/* No beginning of a list, and no list with a bit turned over, is believed. */
static void altered(void)
{
	struct list_entry entries[4];
	struct buffer b CLEANUP(buffer_free) = BUFFER_INIT;
	struct certificate root;
	size_t n_believed = 0;

	good_entries(entries);
	list_build(&b, &authority,
		   &(struct list_plan){ .usage = LIST_USAGE_ROOTS,
					.algorithm = LIST_BY_SHA1,
					.sequence = 1,
					.entries = entries,
					.n = 1 });
	if (certificate_read(buffer_span(&authority.root), &root, NULL) != STATUS_OK)
		exit(EXIT_FAILURE);
	for (size_t i = 0; i < 2 * b.len; i++) {
		struct span bytes =
			i < b.len ? span_clip(buffer_span(&b), 0, i) : buffer_span(&b);
		struct arena own = ARENA_INIT((size_t)1 << 20);
		const char *problem = NULL;
		size_t at = i < b.len ? 0 : i - b.len;
		struct stl list;

		b.bytes[at] = (char)(b.bytes[at] ^ (i < b.len ? 0 : 4));
		if (stl_read(&own, bytes, &list, &problem) == STATUS_OK &&
		    stl_verify(&own, &list, &root, 1, &problem) == STATUS_OK &&
		    !span_equal(list.info.sequence[31] == 1 ? list.entries[0].sha256
							    : SPAN_NONE,
				entries[0].properties[0].value))
			n_believed++;
		b.bytes[at] = (char)(b.bytes[at] ^ (i < b.len ? 0 : 4));
		arena_free(&own);
	}
	CHECK(n_believed == 0, "nothing altered is believed (%zu of %zu)", n_believed,
	      2 * b.len);
}

#define GUID_X509        "\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72"
#define GUID_SHA256      "\x26\x16\xc4\xc1\x4c\x50\x92\x40\xac\xa9\x41\xf9\x36\x93\x43\x28"
#define GUID_X509_SHA256 "\x92\xa4\xd2\x3b\xc0\x96\x79\x40\xb4\x20\xfc\xf9\x8e\xf1\x03\xed"
#define GUID_UNKNOWN     "an unknown kind!"

/* EFI_SIGNATURE_LIST with one entry. */
static void siglist_build(struct buffer *b, const char *guid, struct span data)
{
	buffer_add(b, (struct span){ (const uint8_t *)guid, 16 });
	buffer_u32le(b, (uint32_t)(28 + 16 + data.len));
	buffer_u32le(b, 0);
	buffer_u32le(b, (uint32_t)(16 + data.len));
	buffer_text(b, "the owner of it!");
	buffer_add(b, data);
}

static void variable_build(struct buffer *b, struct span name, uint8_t state, struct span data)
{
	buffer_u16le(b, 0x55aa);
	buffer_char(b, (char)state);
	buffer_char(b, 0);
	for (size_t i = 0; i < 8; i++) /* attributes, counter, time, key */
		buffer_u32le(b, 0);
	buffer_u32le(b, (uint32_t)name.len);
	buffer_u32le(b, (uint32_t)data.len);
	buffer_text(b, "the vendor of it");
	buffer_add(b, name);
	buffer_add(b, data);
	while (b->len % 4)
		buffer_char(b, '\xff');
}

/* A variable store as OVMF has it: volume header, store header, variables. */
static void store_build(struct buffer *out, struct span db, struct span dbx, struct span old)
{
	struct buffer b CLEANUP(buffer_free) = BUFFER_INIT;

	variable_build(&b, SPAN_LITERAL("B\0o\0o\0t\0\0\0"), 0x3f, SPAN_LITERAL("odd"));
	variable_build(&b, SPAN_LITERAL("d\0b\0\0\0"), 0x3d, old);
	variable_build(&b, SPAN_LITERAL("d\0b\0\0\0"), 0x3f, db);
	variable_build(&b, SPAN_LITERAL("d\0b\0x\0\0\0"), 0x3f, dbx);
	for (size_t i = 0; i < 16; i++)
		buffer_char(out, 0);
	buffer_add(out,
		   OID("\x8d\x2b\xf1\xff\x96\x76\x8b\x4c\xa9\x85\x27\x47\x07\x5b\x4f\x50"));
	for (size_t i = 0; i < 4; i++)
		buffer_u32le(out, 0);
	buffer_u16le(out, 72);
	while (out->len < 72)
		buffer_char(out, 0);
	buffer_add(out,
		   OID("\x78\x2c\xf3\xaa\x7b\x94\x9a\x43\xa1\x80\x2e\x14\x4e\xc3\x77\x92"));
	buffer_u32le(out, (uint32_t)(28 + b.len + 100));
	buffer_u32le(out, 0xfe5a);
	buffer_u32le(out, 0);
	buffer_add(out, buffer_span(&b));
	for (size_t i = 0; i < 200; i++)
		buffer_char(out, '\xff');
}

static void secure_boot(void)
{
	struct buffer db CLEANUP(buffer_free) = BUFFER_INIT,
			 dbx CLEANUP(buffer_free) = BUFFER_INIT,
			 old CLEANUP(buffer_free) = BUFFER_INIT,
			 file CLEANUP(buffer_free) = BUFFER_INIT;
	static const uint8_t image[32] = { 7 }, tbs[48] = { 8 };
	struct trust_change change;
	struct trust_store *s;
	const char *path = path_in("OVMF_VARS.fd"), *problem = NULL;

	siglist_build(&db, GUID_X509, paper(20));
	siglist_build(&db, GUID_SHA256, SPAN_OF(image)); /* an allowed image is no anchor */
	siglist_build(&dbx, GUID_X509, paper(21));
	siglist_build(&dbx, GUID_SHA256, SPAN_OF(image));
	siglist_build(&dbx, GUID_X509_SHA256, SPAN_OF(tbs)); /* digest and time */
	siglist_build(&old, GUID_X509, paper(22));
	store_build(&file, buffer_span(&db), buffer_span(&dbx), buffer_span(&old));
	file_put("OVMF_VARS.fd", buffer_span(&file));
	CHECK(take(&path, 1, &change, &problem) == STATUS_OK && change.n_uefi == 1 &&
		      change.n_images == 1 && change.n_distrusted == 2 && !change.empty_dbx,
	      "a variable store (%s)", problem ? problem : "-");
	s = opened();
	CHECK(trust_count(s, TRUST_UEFI) == 1, "its db: one anchor; deleted variables: none");
	CHECK(store_distrusts(s, DISTRUST_IMAGE_SHA256, SPAN_OF(image)) &&
		      store_distrusts(s, DISTRUST_CERT_SHA256,
				      digest_in(DIGEST_SHA256, paper(21))) &&
		      store_distrusts(s, DISTRUST_TBS_SHA256, span_clip(SPAN_OF(tbs), 0, 32)),
	      "its dbx: an image, a certificate, a certificate by its contents");
	trust_close(s);
}

static void secure_boot_files(void)
{
	static const uint8_t image[32] = { 7 };
	struct digest empty = build_digest(DIGEST_SHA256, SPAN_NONE);
	const struct {
		const char *name, *says; /* NULL: it is taken */
		const char *guid;
		struct span data;
		const char *prefix; /* in front of the path */
		size_t attributes;  /* octets in front, as efivarfs has them */
	} rows[] = {
		{"db.esl",       NULL,             GUID_X509,    paper(30),                      "",    0},
		{ "db-d719b2cb", NULL,             GUID_X509,    paper(31),                      "",    4},
		{ "vendor.esl",  NULL,             GUID_X509,    paper(32),                      "db=", 0},
		{ "vendor.esl",  "db=FILE",        GUID_X509,    paper(32),                      "",    0},
		{ "dbx.esl",     NULL,             GUID_SHA256,  SPAN_OF(image),                 "",    0},
		{ "dbx.esl",     "not known",      GUID_UNKNOWN, SPAN_OF(image),                 "",    0},
		{ "dbx.esl",     "well-formed",    GUID_SHA256,  SPAN_LITERAL("short"),          "",    0},
		{ "db.esl",      "cannot be read", GUID_X509,    SPAN_LITERAL("no certificate"), "",
                 0										       },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buffer b CLEANUP(buffer_free) = BUFFER_INIT;
		const char *path =
			arena_printf(&arena, "%s%s", rows[i].prefix, path_in(rows[i].name));
		struct trust_change change;
		const char *problem = NULL;
		enum status status;

		for (size_t n = 0; n < rows[i].attributes; n++)
			buffer_char(&b, 7);
		/* Known first, so that the file is seen to be one of these. */
		if (rows[i].says)
			siglist_build(&b, GUID_SHA256, SPAN_OF(image));
		siglist_build(&b, rows[i].guid, rows[i].data);
		file_put(rows[i].name, buffer_span(&b));
		status = take(&path, 1, &change, &problem);
		CHECK(rows[i].says ? status == STATUS_USAGE && strstr(problem, rows[i].says)
				   : status == STATUS_OK,
		      "%s%s: %s", rows[i].prefix, rows[i].name, problem ? problem : "taken");
	}
	{
		struct buffer b CLEANUP(buffer_free) = BUFFER_INIT;
		const char *path = path_in("dbx.esl"), *problem = NULL;
		struct trust_change change = { 0 };

		siglist_build(&b, GUID_SHA256, digest_span(&empty));
		file_put("dbx.esl", buffer_span(&b));
		CHECK(take(&path, 1, &change, &problem) == STATUS_OK && change.empty_dbx &&
			      change.n_images == 0,
		      "a dbx with the digest of nothing is said to be empty");
	}
}

static void added_and_removed(void)
{
	const char *low = path_in("low.db"), *both[2], *problem = NULL;
	struct span a = paper(40), b = paper(41);
	struct draft d = { .arena = &arena };
	struct buffer bytes CLEANUP(buffer_free) = BUFFER_INIT;
	struct record r = {
		.source = RECORD_PIN, .stored = {.sets = TRUST_MS_CODE, .name = "Below"}
	};
	struct trust_source source = { .path = path_in("a.der"), .sets = TRUST_MS_TSA };
	struct trust_target t = target();
	struct trust_change change = { 0 };
	struct trust_store *s = NULL;
	struct stored got = { 0 };

	(void)span_copy(r.stored.sha256, 32, digest_in(DIGEST_SHA256, a));
	r.stored.limits.has_disallowed = true;
	if (draft_record_add(&d, &r) || draft_encode(&d, &bytes))
		exit(EXIT_FAILURE);
	file_put("low.db", buffer_span(&bytes));
	file_put("a.der", a);
	file_put("b.der", b);
	t.lists = false;
	both[0] = low;
	both[1] = t.path;
	t.databases = both;
	t.n_databases = 2;
	CHECK(trust_take(&arena, &t, &source, 1, &change, &problem) == STATUS_OK &&
		      change.n_anchors == 1 && change.n_unbound == 1,
	      "a certificate is added; it loses its limits (%s)", problem ? problem : "-");
	source = (struct trust_source){ .path = path_in("b.der") };
	CHECK(trust_take(&arena, &t, &source, 1, &change, &problem) == STATUS_OK, "another");
	if (trust_open(&arena, &(struct trust_sources){ .databases = both, .n_databases = 2 },
		       &s, &problem) != STATUS_OK)
		exit(EXIT_FAILURE);
	CHECK(store_by_sha256(s, r.stored.sha256, &got) &&
		      got.sets == (TRUST_MS_CODE | TRUST_MS_TSA) && span_equal(got.der, a),
	      "in its set, and in those of below");
	trust_close(s);
	CHECK(trust_drop(&arena, &t, "Listed Root 40", &change, &problem) == STATUS_OK &&
		      memcmp(change.removed_sha256, r.stored.sha256, 32) == 0,
	      "it is removed by name (%s)", problem ? problem : "-");
	CHECK(trust_drop(&arena, &t, "Listed Root 41", &change, &problem) == STATUS_OK,
	      "the other too");
	if (trust_open(&arena, &(struct trust_sources){ .databases = both, .n_databases = 2 },
		       &s, &problem) != STATUS_OK)
		exit(EXIT_FAILURE);
	CHECK(store_by_sha256(s, r.stored.sha256, &got) && got.sets == 0,
	      "removed here, no anchor although one below");
	CHECK(!store_by_sha256(s, digest_in(DIGEST_SHA256, b).ptr, &got),
	      "what was only here is gone");
	trust_close(s);
	CHECK(trust_drop(&arena, &t, "nobody", &change, &problem) == STATUS_USAGE &&
		      strstr(problem, "nobody"),
	      "what is not there: %s", problem);
	CHECK(trust_take(&arena, &t,
			 &(struct trust_source){ .path = path_in("good/authroot.stl") }, 1,
			 &change, &problem) == STATUS_USAGE,
	      "add takes no lists: %s", problem);
}

static void found(void)
{
	struct trust_entry e;
	struct trust_store *s = NULL;
	const char *problem = NULL, *db = path_in("many.db");
	struct draft d = { .arena = &arena };
	struct buffer bytes CLEANUP(buffer_free) = BUFFER_INIT;
	struct record r = { .source = RECORD_PIN, .stored = { .name = "One" } };

	r.stored.sha256[0] = 0xab;
	r.stored.sha256[1] = 0xcd;
	if (draft_record_add(&d, &r))
		exit(EXIT_FAILURE);
	r.stored.sha256[31] = 1;
	r.stored.name = "Two";
	if (draft_record_add(&d, &r) || draft_encode(&d, &bytes))
		exit(EXIT_FAILURE);
	file_put("many.db", buffer_span(&bytes));
	if (trust_open(&arena, &(struct trust_sources){ .databases = &db, .n_databases = 1 },
		       &s, &problem) != STATUS_OK)
		exit(EXIT_FAILURE);
	CHECK(trust_find(&arena, s, "Two", &e, &problem) == STATUS_OK, "by name");
	CHECK(trust_find(&arena, s,
			 "ABCD000000000000000000000000000000000000000000000000000000000001", &e,
			 &problem) == STATUS_OK &&
		      strcmp(e.stored.name, "Two") == 0,
	      "by the whole digest, in capitals");
	CHECK(trust_find(&arena, s, "abcd", &e, &problem) == STATUS_USAGE &&
		      strstr(problem, "2 certificates"),
	      "a beginning of two: %s", problem);
	CHECK(trust_find(&arena, s, "abc", &e, &problem) == STATUS_USAGE,
	      "a beginning that is too short: %s", problem);
	trust_close(s);
}

static void revocation_data(void)
{
	struct pki *pki = pki_new();
	const struct pki_key *key = pki_key(pki, PKI_P256, 1);
	const struct pki_certificate *ca =
		pki_issue(pki, &(struct pki_wish){ .subject = "O=Example/CN=Test CA",
						   .key = key,
						   .extensions = { { "basicConstraints",
								     "critical,CA:TRUE" } } });
	const struct pki_certificate *leaf = pki_issue(
		pki, &(struct pki_wish){ .subject = "CN=Leaf", .issuer = ca, .key = key });
	struct span crl = pki_crl(pki, &(struct pki_crl_wish){ .issuer = ca });
	struct span later =
		pki_crl(pki, &(struct pki_crl_wish){ .issuer = ca,
						     .this_update = pki_day("2026-11-10") });
	struct span ocsp =
		pki_ocsp(pki, &(struct pki_ocsp_wish){ .subject = leaf, .issuer = ca });
	struct trust_source source = { .path = path_in("crls"), .revocation_only = true };
	struct span hits[STORE_MAX_HITS];
	struct buffer pem CLEANUP(buffer_free) = BUFFER_INIT;
	struct trust_store *s = NULL;
	struct certificate c, l;
	const char *problem = NULL;

	if (mkdir(source.path, 0755) != 0 || certificate_read(ca->der, &c, NULL) ||
	    certificate_read(leaf->der, &l, NULL))
		exit(EXIT_FAILURE);
	pem_encode(&pem, "X509 CRL", crl);
	file_put("crls/one.pem", buffer_span(&pem));
	file_put("crls/two.crl", later);
	file_put("crls/answer.ocsp", ocsp);
	file_put("crls/README", SPAN_TEXT("What the certificates say."));
	file_put("crls/ca.cer", ca->der);
	if (trust_open(&arena, &(struct trust_sources){ .given = &source, .n_given = 1 }, &s,
		       &problem) != STATUS_OK)
		printf("# %s\n", problem);
	CHECK(s && store_crls(s, c.subject, hits) == 2 && span_equal(hits[0], later) &&
		      span_equal(hits[1], crl),
	      "CRLs by their issuer, the newest first");
	CHECK(s && store_crls(s, l.subject, hits) == 0, "none of another");
	CHECK(s && store_ocsps(s, l.serial, hits) == 1 && span_equal(hits[0], ocsp),
	      "an OCSP response by its serial number");
	CHECK(s && store_ocsps(s, c.serial, hits) == 0, "none of another");
	CHECK(s && trust_count(s, TRUST_ALL_SETS) == 0 &&
		      store_by_subject(s, c.subject, SPAN_NONE,
				       (struct stored[STORE_MAX_HITS]){ 0 }) == 1,
	      "a certificate among them helps, and is no anchor");
	trust_close(s);
	pki_free(pki);
}

static void pins(void)
{
#define DIGITS "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	static const struct {
		const char *text, *says; /* NULL: fine */
	} rows[] = {
		{"",								      NULL                        },
		{ "# remark\n\n",							 NULL                        },
		{ DIGITS "\tms-code,uefi\town,public\t2020-01-01\t-\tName\twhy\n",        NULL                        },
		{ DIGITS "\t-\t-\t-\t-\tName\twhy",                                       NULL                        },
		{ DIGITS "\t-\t-\t-\t-\tName\n",                                          "line 1 has too few columns"},
		{ "\n" DIGITS "\t-\t-\t-\t-\tName\twhy\tmore\n",                          "line 2 has too many"       },
		{ "0011\t-\t-\t-\t-\tName\twhy\n",                                        "SHA-256"                   },
		{ DIGITS "\tjar\t-\t-\t-\tName\twhy\n",                                   "set"                       },
		{ DIGITS "\t-\tfine\t-\t-\tName\twhy\n",                                  "flag"                      },
		{ DIGITS "\t-\t-\t2020-13-01\t-\tName\twhy\n",                            "date"                      },
		{ DIGITS "\t-\t-\t-\t-\tName\twhy\n" DIGITS "\t-\t-\t-\t-\tOther\twhy\n",
                 "twice"											      },
	};
#undef DIGITS
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena own = ARENA_INIT((size_t)16 << 20);
		const char *problem = NULL;
		struct pins p = { 0 };
		enum status status =
			pins_read(&own, SPAN_TEXT(rows[i].text), false, &p, &problem);

		CHECK(rows[i].says ? status == STATUS_USAGE && strstr(problem, rows[i].says)
				   : status == STATUS_OK,
		      "pins, row %zu: %s", i, problem ? problem : "fine");
		arena_free(&own);
	}
}

/* As long as certificates are: their length takes two octets. */
static struct span pinned(unsigned number)
{
	return paper_named(number, "A root with a name of some length");
}

/* Bytes of a pinned certificate are found wherever they stand. */
static void pins_found(void)
{
	struct buffer text CLEANUP(buffer_free) = BUFFER_INIT,
			   file CLEANUP(buffer_free) = BUFFER_INIT;
	struct pins p = { 0 };
	struct intake in = { .arena = &arena, .context = &p, .read = pins_scan };
	const char *problem = NULL;

	for (unsigned i = 50; i < 53; i++) {
		buffer_hex(&text, digest_in(DIGEST_SHA256, pinned(i)));
		buffer_printf(&text, "\tms-code\t-\t-\t-\tPin %u\tfor the test\n", i);
	}
	if (pins_read(&arena, buffer_span(&text), true, &p, &problem) != STATUS_OK)
		exit(EXIT_FAILURE);
	buffer_text(&file, "MZ program 0\x82");
	buffer_add(&file, pinned(50));
	buffer_add(&file, pinned(60)); /* not pinned */
	pem_encode(&file, "CERTIFICATE", pinned(51));
	buffer_add(&file, span_clip(pinned(52), 0, 100));
	CHECK(pins_scan(&in, buffer_span(&file), "x.dll") == STATUS_OK && p.n_found == 2 &&
		      p.n == 3,
	      "DER in a program, PEM in a text; half a certificate is none (%zu)", p.n_found);
	for (size_t i = 0; i < p.n; i++)
		CHECK(p.records[i].stored.public_root && (p.records[i].stored.der.len == 0 ||
							  strcmp(p.records[i].stored.origin,
								 "pin, bytes from x.dll") == 0),
		      "%s: %s", p.records[i].stored.name, p.records[i].stored.origin);
}

/* The n-th allocation fails, for each n: the old database stands, and nothing leaks. */
static void starved(void)
{
	struct span before = database_bytes();
	const char *path = path_in("good");
	size_t n_failed = 0, n_wrong = 0;
	enum status status = STATUS_NO_MEMORY;
	struct list_entry entries[4];

	good_entries(entries);
	list_put("good/authroot.stl", &authority,
		 &(struct list_plan){ .usage = LIST_USAGE_ROOTS,
				      .algorithm = LIST_BY_SHA1,
				      .sequence = 500,
				      .entries = entries,
				      .n = 4 });
	for (long n = 0; n < 2000 && status != STATUS_OK; n++) {
		struct trust_change change;
		const char *problem = NULL;

		memory_fail_after(n);
		status = take(&path, 1, &change, &problem);
		memory_fail_after(-1);
		if (status == STATUS_OK)
			break;
		n_failed++;
		n_wrong += status != STATUS_NO_MEMORY || !problem;
		n_wrong += !span_equal(database_bytes(), before);
	}
	CHECK(status == STATUS_OK && n_failed > 10, "%zu allocations can fail", n_failed);
	CHECK(n_wrong == 0, "each is want of memory, and changes nothing (%zu)", n_wrong);
}

int main(void)
{
	if (!mkdtemp(folder))
		return EXIT_FAILURE;
	list_authority_make(&authority, &(struct list_authority_plan){ 0 });
	file_put("list-root.pem", buffer_span(&authority.root));
	good_list();
	bad_lists();
	rule_of_roots();
	disallowed_list();
	altered();
	secure_boot();
	secure_boot_files();
	added_and_removed();
	found();
	revocation_data();
	pins();
	pins_found();
	starved();
	if (system(arena_printf(&arena, "rm -rf %s", folder)) != 0)
		printf("# %s is left behind\n", folder);
	list_authority_free(&authority);
	arena_free(&arena);
	return CHECK_DONE();
}
