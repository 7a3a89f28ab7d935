/* SPDX-License-Identifier: MIT */
/* Forged and genuine trust lists, under a root of the test's own. */
#include "base/memory.h"
#include "tests/check.h"
#include "tests/list_builder.h"
#include "trust/stl.h"
#include "trust/store.h"
#include "trust/test_take.h"
#include <sys/stat.h>

#define FILETIME_2021_02_01 "\x00\xc0\x03\x2f\x2d\xf8\xd6\x01"
#define TIME_2021_02_01     INT64_C(1612137600)

/* SEQUENCE OF OID. */
#define EKU_CODE_AND_TIME                                                                      \
	"\x30\x14\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x03\x06\x08\x2b\x06\x01\x05\x05\x07\x03" \
	"\x08"
#define EKU_CODE "\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x03"
#define EKU_TLS  "\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01"

static struct list_authority authority;

static void list_put(const char *name, const struct list_authority *a,
		     const struct list_plan *plan)
{
	struct buffer b CLEANUP(buffer_free) = BUFFER_INIT;

	list_build(&b, a, plan);
	take_file(name, buffer_span(&b));
}

/* The four roots of the good list; the last one's certificate is not beside it. */
static void good_entries(struct list_entry entries[4])
{
	static const char name[] = "L\0i\0s\0t\0e\0d\0\0\0";

	for (unsigned i = 0; i < 4; i++)
		entries[i] = (struct list_entry){
			.tag = take_digest(DIGEST_SHA1, take_paper(i)),
			.properties = {{ 98, take_digest(DIGEST_SHA256, take_paper(i)) },
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
	const char *paths[] = { take_path("good") };
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
		take_file(arena_printf(&take_arena, "good/%u.crt", i), take_paper(i));
	CHECK(take_all(paths, 1, &change, &problem) == STATUS_OK, "a good list is taken (%s)",
	      problem ? problem : "-");
	CHECK(change.has_roots && change.n_roots == 4 && change.n_roots_with_bytes == 3 &&
		      change.n_root_anchors == 3 && change.n_anchors == 0,
	      "four roots, three certificates, three anchors");
	store = take_opened();
	CHECK(store_by_sha256(store, entries[0].properties[0].value.ptr, &s) &&
		      s.sets == (TRUST_MS_CODE | TRUST_MS_TSA) &&
		      span_equal(s.der, take_paper(0)) && s.public_root && !s.limits.own_root,
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
				twin = { take_digest(DIGEST_SHA1, take_paper(0)),
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
struct span before = take_database();

for (size_t i = 0; i < COUNT_OF(rows); i++) {
	const char *paths[] = { take_path("bad.stl"), take_path("good/0.crt") };
	struct list_authority by;
	struct trust_change change;
	const char *problem = NULL;
	enum status status;

	list_authority_make(&by, &rows[i].by);
	take_file("own-root.der", buffer_span(&by.root));
	list_put("bad.stl", &by, &rows[i].plan);
	{
		struct trust_source own = { .path = take_path("own-root.der") };
		struct trust_source sources[2] = { { .path = paths[0] }, { .path = paths[1] } };
		struct trust_target t = take_target();

		t.list_roots = &own;
		status = trust_take(&take_arena, &t, sources, 2, &change, &problem);
	}
	CHECK(status == STATUS_USAGE && problem && strstr(problem, "bad.stl") &&
		      strstr(problem, rows[i].says),
	      "%s: %s", rows[i].what, problem ? problem : status_text(status));
	CHECK(span_equal(take_database(), before), "the old database stands");
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
	const char *path = take_path("odd.stl"), *problem = NULL;
	struct trust_source source = { .path = path };
	struct trust_target t = take_target();
	struct list_authority expired;
	struct trust_change change;
	struct trust_store *s;

	list_put("odd.stl", &authority, &plan);
	t.list_roots = NULL;
	t.n_list_roots = 0;
	CHECK(trust_take(&take_arena, &t, &source, 1, &change, &problem) == STATUS_USAGE &&
		      problem && strstr(problem, "pinned root"),
	      "under a root that is not pinned: %s", problem ? problem : "-");
	list_authority_make(&expired,
			    &(struct list_authority_plan){ .from = "200101000000Z",
							   .until = "201231000000Z" });
	CHECK(take_one("odd.stl", &problem) == STATUS_OK, "a newer list is taken (%s)",
	      problem ? problem : "-");
	CHECK(take_one("odd.stl", &problem) == STATUS_OK, "and the same again");
	s = take_opened();
	CHECK(trust_count(s, TRUST_ALL_SETS) == 1, "what it does not name any more is gone");
	trust_close(s);
	take_file("list-root.pem", buffer_span(&expired.root));
	list_put("odd.stl", &expired, &plan);
	CHECK(take_one("odd.stl", &problem) == STATUS_OK,
	      "a signer who has expired since is no reason to refuse (%s)",
	      problem ? problem : "-");
	take_file("list-root.pem", buffer_span(&authority.root));
	list_authority_free(&expired);
}

static void disallowed_list(void)
{
	static const uint8_t md5[16] = { 1 }, sha384[48] = { 2 };
	const struct list_entry entries[] = {
		{SPAN_OF(md5),     { { 0, SPAN_NONE } }},
		{ SPAN_OF(sha384), { { 0, SPAN_NONE } }}
	};
	const char *path = take_path("disallowedcert.stl"), *problem = NULL;
	struct trust_change change = { 0 };
	struct trust_store *s;

	list_put("disallowedcert.stl", &authority,
		 &(struct list_plan){ .usage = LIST_USAGE_DISALLOWED,
				      .algorithm = LIST_BY_PROPERTY,
				      .sequence = 5,
				      .entries = entries,
				      .n = 2 });
	CHECK(take_all(&path, 1, &change, &problem) == STATUS_OK && change.has_disallowed &&
		      change.n_disallowed == 2,
	      "both forms of disallowed entries (%s)", problem ? problem : "-");
	s = take_opened();
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
	CHECK(take_all(&path, 1, &change, &problem) == STATUS_OK, "its next edition");
	s = take_opened();
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

/* The n-th allocation fails, for each n: the old database stands, and nothing leaks. */
static void starved(void)
{
	struct span before = take_database();
	const char *path = take_path("good");
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
		status = take_all(&path, 1, &change, &problem);
		memory_fail_after(-1);
		if (status == STATUS_OK)
			break;
		n_failed++;
		n_wrong += status != STATUS_NO_MEMORY || !problem;
		n_wrong += !span_equal(take_database(), before);
	}
	CHECK(status == STATUS_OK && n_failed > 10, "%zu allocations can fail", n_failed);
	CHECK(n_wrong == 0, "each is want of memory, and changes nothing (%zu)", n_wrong);
}

int main(void)
{
	take_begin();
	list_authority_make(&authority, &(struct list_authority_plan){ 0 });
	take_file("list-root.pem", buffer_span(&authority.root));
	good_list();
	bad_lists();
	rule_of_roots();
	disallowed_list();
	altered();
	starved();
	list_authority_free(&authority);
	take_end();
	return CHECK_DONE();
}
