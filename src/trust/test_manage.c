/* SPDX-License-Identifier: MIT */
/* Anchors that come and go, revocation data, pins. */
#include "tests/check.h"
#include "tests/pki.h"
#include "trust/file.h"
#include "trust/pem.h"
#include "trust/pins.h"
#include "trust/store_layers.h"
#include "trust/test_take.h"
#include <sys/stat.h>

static void added_and_removed(void)
{
	const char *low = take_path("low.db"), *both[2], *problem = NULL;
	struct span a = take_paper(40), b = take_paper(41);
	struct draft d = { .arena = &take_arena };
	struct buffer bytes CLEANUP(buffer_free) = BUFFER_INIT;
	struct record r = {
		.source = RECORD_PIN, .stored = {.sets = TRUST_MS_CODE, .name = "Below"}
	};
	struct trust_source source = { .path = take_path("a.der"), .sets = TRUST_MS_TSA };
	struct trust_target t = take_target();
	struct trust_change change = { 0 };
	struct trust_store *s = NULL;
	struct stored got = { 0 };

	(void)span_copy(r.stored.sha256, 32, take_digest(DIGEST_SHA256, a));
	r.stored.limits.has_disallowed = true;
	if (draft_record_add(&d, &r) || draft_encode(&d, &bytes))
		exit(EXIT_FAILURE);
	take_file("low.db", buffer_span(&bytes));
	take_file("a.der", a);
	take_file("b.der", b);
	t.lists = false;
	both[0] = low;
	both[1] = t.path;
	t.databases = both;
	t.n_databases = 2;
	CHECK(trust_take(&take_arena, &t, &source, 1, &change, &problem) == STATUS_OK &&
		      change.n_anchors == 1 && change.n_unbound == 1,
	      "a certificate is added; it loses its limits (%s)", problem ? problem : "-");
	source = (struct trust_source){ .path = take_path("b.der") };
	CHECK(trust_take(&take_arena, &t, &source, 1, &change, &problem) == STATUS_OK,
	      "another");
	CHECK(trust_take(&take_arena, &t, &source, 1, &change, &problem) == STATUS_OK &&
		      change.n_anchors == 0 && change.n_held == 1,
	      "the same once more: it was there");
	source = (struct trust_source){ .path = take_path("a.der"), .sets = TRUST_MS_TSA };
	CHECK(trust_take(&take_arena, &t, &source, 1, &change, &problem) == STATUS_OK &&
		      change.n_anchors == 0 && change.n_held == 1,
	      "in its set");
	if (trust_open(&take_arena,
		       &(struct trust_sources){ .databases = both, .n_databases = 2 }, &s,
		       &problem) != STATUS_OK)
		exit(EXIT_FAILURE);
	CHECK(store_by_sha256(s, r.stored.sha256, &got) &&
		      got.sets == (TRUST_MS_CODE | TRUST_MS_TSA) && span_equal(got.der, a),
	      "in its set, and in those of below");
	trust_close(s);
	source.sets = TRUST_MS_TSA | TRUST_UEFI;
	CHECK(trust_take(&take_arena, &t, &source, 1, &change, &problem) == STATUS_OK &&
		      change.n_anchors == 1 && change.n_held == 0,
	      "in one set more: it is added");
	CHECK(trust_drop(&take_arena, &t, "Listed Root 40", &change, &problem) == STATUS_OK &&
		      memcmp(change.removed_sha256, r.stored.sha256, 32) == 0,
	      "it is removed by name (%s)", problem ? problem : "-");
	CHECK(trust_drop(&take_arena, &t, "Listed Root 41", &change, &problem) == STATUS_OK,
	      "the other too");
	if (trust_open(&take_arena,
		       &(struct trust_sources){ .databases = both, .n_databases = 2 }, &s,
		       &problem) != STATUS_OK)
		exit(EXIT_FAILURE);
	CHECK(store_by_sha256(s, r.stored.sha256, &got) && got.sets == 0,
	      "removed here, no anchor although one below");
	CHECK(!store_by_sha256(s, take_digest(DIGEST_SHA256, b).ptr, &got),
	      "what was only here is gone");
	trust_close(s);
	CHECK(trust_drop(&take_arena, &t, "nobody", &change, &problem) == STATUS_USAGE &&
		      strstr(problem, "nobody"),
	      "what is not there: %s", problem);
	take_file("authroot.stl", SPAN_LITERAL("\x30\x03\x02\x01\x01"));
	CHECK(trust_take(&take_arena, &t,
			 &(struct trust_source){ .path = take_path("authroot.stl") }, 1,
			 &change, &problem) == STATUS_USAGE,
	      "add takes no lists: %s", problem);
}

static void found(void)
{
	struct trust_entry e;
	struct trust_store *s = NULL;
	const char *problem = NULL, *db = take_path("many.db");
	struct draft d = { .arena = &take_arena };
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
	take_file("many.db", buffer_span(&bytes));
	if (trust_open(&take_arena,
		       &(struct trust_sources){ .databases = &db, .n_databases = 1 }, &s,
		       &problem) != STATUS_OK)
		exit(EXIT_FAILURE);
	CHECK(trust_find(&take_arena, s, "Two", &e, &problem) == STATUS_OK, "by name");
	CHECK(trust_find(&take_arena, s,
			 "ABCD000000000000000000000000000000000000000000000000000000000001", &e,
			 &problem) == STATUS_OK &&
		      strcmp(e.stored.name, "Two") == 0,
	      "by the whole digest, in capitals");
	CHECK(trust_find(&take_arena, s, "abcd", &e, &problem) == STATUS_USAGE &&
		      strstr(problem, "2 certificates"),
	      "a beginning of two: %s", problem);
	CHECK(trust_find(&take_arena, s, "abc", &e, &problem) == STATUS_USAGE,
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
	struct trust_source source = { .path = take_path("crls"), .revocation_only = true };
	struct span hits[STORE_MAX_HITS];
	struct buffer pem CLEANUP(buffer_free) = BUFFER_INIT;
	struct trust_store *s = NULL;
	struct certificate c, l;
	const char *problem = NULL;

	if (mkdir(source.path, 0755) != 0 || certificate_read(ca->der, &c, NULL) ||
	    certificate_read(leaf->der, &l, NULL))
		exit(EXIT_FAILURE);
	pem_encode(&pem, "X509 CRL", crl);
	take_file("crls/one.pem", buffer_span(&pem));
	take_file("crls/two.crl", later);
	take_file("crls/answer.ocsp", ocsp);
	take_file("crls/README", SPAN_TEXT("What the certificates say."));
	take_file("crls/ca.cer", ca->der);
	if (trust_open(&take_arena, &(struct trust_sources){ .given = &source, .n_given = 1 },
		       &s, &problem) != STATUS_OK)
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
		{ DIGITS "\tjars\t-\t-\t-\tName\twhy\n",                                  "set"                       },
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
	return take_paper_named(number, "A root with a name of some length");
}

/* Bytes of a pinned certificate are found wherever they stand. */
static void pins_found(void)
{
	struct buffer text CLEANUP(buffer_free) = BUFFER_INIT,
			   file CLEANUP(buffer_free) = BUFFER_INIT;
	struct pins p = { 0 };
	struct intake in = { .arena = &take_arena, .context = &p, .read = pins_scan };
	const char *problem = NULL;

	for (unsigned i = 50; i < 53; i++) {
		buffer_hex(&text, take_digest(DIGEST_SHA256, pinned(i)));
		buffer_printf(&text, "\tms-code\t-\t-\t-\tPin %u\tfor the test\n", i);
	}
	if (pins_read(&take_arena, buffer_span(&text), true, &p, &problem) != STATUS_OK)
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

int main(void)
{
	take_begin();
	added_and_removed();
	found();
	revocation_data();
	pins();
	pins_found();
	take_end();
	return CHECK_DONE();
}
