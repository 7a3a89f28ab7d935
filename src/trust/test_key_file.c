/* SPDX-License-Identifier: MIT */
/* Raw keys as files: read, kept, found again, taken out; and who may be an anchor of what. */
#include "base/base64.h"
#include "tests/check.h"
#include "tests/pki.h"
#include "trust/database_format.h"
#include "trust/file.h"
#include "trust/pem.h"
#include "trust/test_take.h"

#define MINISIGN                                                                               \
	"untrusted comment: minisign public key DE6BCC71125AE583\n"                            \
	"RWSD5VoSccxr3icaAuCXImNOe8wFnDpko0yoFVEsOxv1eUkisyrCf7/n\n"

/* A version 4 key packet, old format, and a user id, new format: of paper, but well-formed. */
#define PGP_KEY "\x98\x0a\x04\x5f\x00\x00\x00\x16 key"
#define PGP_USER                                                                               \
	"\xcd\x05"                                                                             \
	"Alice"
#define PGP_SUBKEY  "\xb8\x04 sub"
#define PGP_KEY_SIX "\xc6\x0a\x06\x5f\x00\x00\x00\x1b six"
#define PGP_SECRET  "\x94\x0a\x04\x5f\x00\x00\x00\x16 key"
#define PGP_OLD     "\x98\x0a\x03\x5f\x00\x00\x00\x16 key"
#define PGP_CUT     "\x98\x10\x04\x5f\x00\x00\x00\x16 key"
#define PGP_SIGNED  "\xc2\x03sig"

struct row {
	const char *name;
	struct span bytes;
	unsigned sets; /* asked for; 0: whatever fits */
	size_t n_keys;
	unsigned n_in; /* sets of the first */
	enum trust_item item;
	const char *problem;
};

#define ROW(...)                                                                               \
	{                                                                                      \
		__VA_ARGS__                                                                    \
	}
#define ED      TRUST_ED25519
#define PGP     TRUST_OPENPGP_KEY
#define JSON    "{\"mediaType\":\"application/vnd.dev.sigstore.trustedroot+json;version=0.1\"}"
#define NOTHING "holds no certificate"
#define FOREIGN "cannot be an anchor for kmod"

static const struct row rows[] = {
	ROW("minisign", SPAN_INIT(MINISIGN), 0, 1, TRUST_MINISIGN | TRUST_SIGNIFY, ED, NULL),
	ROW("minisign for one", SPAN_INIT(MINISIGN), TRUST_SIGNIFY, 1, TRUST_SIGNIFY, ED, NULL),
	ROW("minisign for modules", SPAN_INIT(MINISIGN), TRUST_KMOD, 0, 0, ED, FOREIGN),
	ROW("no comment", SPAN_INIT("RWSD5VoSccxr3icaAuCXImNOe8wFnDpko0yoFVEsOxv1eUkis\n"), 0,
	    0, 0, ED, NOTHING),
	ROW("a signature of minisign", SPAN_INIT("untrusted comment: signature\nRWQAAAAA\n"), 0,
	    0, 0, ED, NOTHING),
	ROW("OpenPGP", SPAN_INIT(PGP_KEY PGP_USER PGP_SUBKEY), 0, 1, TRUST_OPENPGP, PGP, NULL),
	ROW("two of OpenPGP", SPAN_INIT(PGP_KEY PGP_USER PGP_KEY_SIX), 0, 2, TRUST_OPENPGP, PGP,
	    NULL),
	ROW("OpenPGP, secret", SPAN_INIT(PGP_SECRET PGP_USER), 0, 0, 0, PGP, "secret key"),
	ROW("OpenPGP, version 3", SPAN_INIT(PGP_OLD), 0, 0, 0, PGP, "of version 3"),
	ROW("OpenPGP, cut short", SPAN_INIT(PGP_KEY PGP_CUT), 0, 0, 0, PGP, NOTHING),
	ROW("OpenPGP, a signature", SPAN_INIT(PGP_SIGNED), 0, 0, 0, PGP, NOTHING),
	ROW("sigstore", SPAN_INIT(JSON), 0, 1, TRUST_SIGSTORE, TRUST_SIGSTORE_ROOT, NULL),
	ROW("another document", SPAN_INIT("{\"a\":1}"), 0, 0, 0, PGP, NOTHING),
};

static enum status take(struct span bytes, unsigned sets, struct trust_change *change,
			const char **problem)
{
	struct trust_source source = { .path = take_path("key"), .sets = sets };
	struct trust_target target = take_target();

	target.lists = false;
	take_file("key", bytes);
	return trust_take(&take_arena, &target, &source, 1, change, problem);
}

static void row_judge(const struct row *r)
{
	struct trust_change change;
	const char *problem = NULL;
	enum status status;
	struct trust_place at = { 0 };
	struct trust_entry e = { 0 };
	struct trust_store *s;
	bool found;

	(void)remove(take_path("trust.db"));
	status = take(r->bytes, r->sets, &change, &problem);
	if (r->problem) {
		CHECK(status == STATUS_USAGE && problem && strstr(problem, r->problem) &&
			      take_database().len == 0,
		      "%s: %s", r->name, problem ? problem : "taken");
		return;
	}
	s = take_opened();
	found = s && trust_next(s, &at, &e);
	CHECK(status == STATUS_OK && change.n_keys == r->n_keys && change.n_anchors == 0 &&
		      found && e.stored.sets == r->n_in && e.stored.item == r->item &&
		      trust_count(s, TRUST_ALL_SETS) == r->n_keys,
	      "%s: %s (%s)", r->name, found ? e.stored.name : "-", problem ? problem : "");
	trust_close(s);
}

/* What a scheme gets, and that the key is known by what the header says. */
static void bytes_kept(void)
{
	static const uint8_t head[] = { 0x99, 0x00, 0x0a };
	struct span packet = SPAN_TEXT(PGP_KEY), parts[] = { SPAN_OF(head), SPAN_NONE };
	struct trust_place at = { 0 };
	struct trust_change change;
	const char *problem = NULL;
	struct trust_store *s;
	struct trust_answer answer;
	struct trust_key key = { 0 };
	struct digest fingerprint;
	struct span digest;

	(void)remove(take_path("trust.db"));
	packet = SPAN_LITERAL(PGP_KEY PGP_USER PGP_SUBKEY);
	if (take(packet, 0, &change, &problem) != STATUS_OK)
		exit(EXIT_FAILURE);
	s = take_opened();
	parts[1] = span_clip(packet, 2, 10);
	if (!s || digest_of(DIGEST_SHA1, parts, 2, &fingerprint) != STATUS_OK)
		exit(EXIT_FAILURE);
	digest = take_digest(DIGEST_SHA256, digest_span(&fingerprint));
	CHECK(trust_key_next(s, &at, TRUST_OPENPGP, &key) && span_equal(key.bytes, packet) &&
		      digest_equal(&fingerprint, key.key_id) &&
		      span_equal(SPAN_OF(key.sha256), digest) &&
		      strcmp(key.name, "Alice") == 0 &&
		      !trust_key_next(s, &at, TRUST_OPENPGP, &key),
	      "all packets of a key, known by its fingerprint");
	CHECK(trust_key_judge(s, &take_arena, TRUST_OPENPGP, digest.ptr, "x", &answer) ==
			      STATUS_OK &&
		      answer.trust == ASSAY_TRUST_ANCHORED &&
		      strcmp(answer.anchor_name, "Alice") == 0,
	      "which makes it an anchor");
	at = (struct trust_place){ 0 };
	CHECK(!trust_key_next(s, &at, TRUST_MINISIGN, &key), "of no other set");
	trust_close(s);
	CHECK(trust_drop(&take_arena,
			 &(struct trust_target){
				 .path = take_path("trust.db"),
				 .databases = (const char *[]){ take_path("trust.db") },
				 .n_databases = 1 },
			 "Alice", &change, &problem) == STATUS_OK,
	      "it can be taken out by its name");
	s = take_opened();
	CHECK(s && trust_count(s, TRUST_ALL_SETS) == 0, "and is gone");
	trust_close(s);
}

/* Armor with headers and a checksum; a bare public key as PEM and DER. */
static void texts(void)
{
	struct pki *pki = pki_new();
	const struct pki_certificate *made = pki_issue(
		pki, &(struct pki_wish){ .subject = "CN=x", .key = pki_key(pki, PKI_P256, 1) });
	struct buffer text CLEANUP(buffer_free) = BUFFER_INIT;
	struct span packets = SPAN_LITERAL(PGP_KEY PGP_USER);
	struct trust_change change;
	const char *problem = NULL;
	struct certificate c;

	buffer_text(&text, "-----BEGIN PGP PUBLIC KEY BLOCK-----\nVersion: none\n\n");
	base64_encode(&text, packets);
	buffer_text(&text, "\n=AAAA\n-----END PGP PUBLIC KEY BLOCK-----\n");
	CHECK(take(buffer_span(&text), 0, &change, &problem) == STATUS_OK && change.n_keys == 1,
	      "armor with headers and a checksum (%s)", problem ? problem : "-");
	buffer_clear(&text);
	armor_encode(&text, "PGP PUBLIC KEY BLOCK", packets);
	CHECK(take(buffer_span(&text), 0, &change, &problem) == STATUS_OK &&
		      change.n_keys == 0 && change.n_held == 1,
	      "armor as it is shown: the same key (%s)", problem ? problem : "-");
	if (certificate_read(made->der, &c, NULL) != STATUS_OK)
		exit(EXIT_FAILURE);
	CHECK(take(c.key.spki, TRUST_CRX, &change, &problem) == STATUS_OK && change.n_keys == 1,
	      "a bare public key (%s)", problem ? problem : "-");
	buffer_clear(&text);
	pem_encode(&text, "PUBLIC KEY", c.key.spki);
	CHECK(take(buffer_span(&text), 0, &change, &problem) == STATUS_OK && change.n_keys == 1,
	      "the same as PEM (%s)", problem ? problem : "-");
	CHECK(take(made->der, TRUST_APPLE, &change, &problem) == STATUS_USAGE &&
		      strstr(problem, "none of the known roots"),
	      "a root that is none of Apple's is none (%s)", problem);
	pki_free(pki);
}

/* A database of the first version: certificates only, in three sets. */
static void old_version(void)
{
	struct span now, old, copy;
	struct buffer changed CLEANUP(buffer_free) = BUFFER_INIT;
	struct digest checksum;
	struct trust_change change;
	const char *problem = NULL;
	struct trust_store *s;
	struct span parts[2];

	(void)remove(take_path("trust.db"));
	if (take(take_paper(7), TRUST_UEFI, &change, &problem) != STATUS_OK)
		exit(EXIT_FAILURE);
	now = take_database();
	buffer_add(&changed, span_clip(now, 0, MAGIC_BYTES));
	buffer_u32le(&changed, 1);
	buffer_add(&changed,
		   span_clip(now, MAGIC_BYTES + 4, CHECKSUM_OFFSET - MAGIC_BYTES - 4));
	old = span_after(now, CHECKSUM_OFFSET + 32);
	parts[0] = buffer_span(&changed);
	parts[1] = old;
	if (digest_of(DIGEST_SHA256, parts, 2, &checksum) != STATUS_OK)
		exit(EXIT_FAILURE);
	buffer_add(&changed, digest_span(&checksum));
	buffer_add(&changed, old);
	copy = arena_copy(&take_arena, buffer_span(&changed));
	take_file("trust.db", copy);
	s = take_opened();
	CHECK(s && trust_count(s, TRUST_UEFI) == 1, "a database of version 1 is read");
	trust_close(s);
	CHECK(take(SPAN_TEXT(MINISIGN), 0, &change, &problem) == STATUS_OK &&
		      span_at(take_database(), MAGIC_BYTES) == DATABASE_VERSION,
	      "and becomes one of version 2 with the next change");
	s = take_opened();
	CHECK(s && trust_count(s, TRUST_UEFI) == 1 && trust_count(s, TRUST_MINISIGN) == 1,
	      "that has both");
	trust_close(s);
}

/* The roots of Apple that are compiled in are those of data/pins.tsv, from which this is made.
 */
static void apple_pins(void)
{
	struct database pins;
	const char *problem = NULL;
	struct span bytes;
	struct record r;
	size_t n = 0, n_known = 0;

	if (file_map("trust.db", DATABASE_MAX_BYTES, &bytes) != STATUS_OK) {
		printf("# skip: no trust.db beside the tests\n");
		return;
	}
	if (database_open(bytes, &pins, &problem) != STATUS_OK)
		exit(EXIT_FAILURE);
	for (size_t i = 0; database_record(&pins, i, &r); i++) {
		n += (r.stored.sets & TRUST_APPLE) != 0;
		n_known += (trust_item_sets(TRUST_CERTIFICATE, r.stored.sha256) &
			    TRUST_APPLE) != 0;
	}
	CHECK(n == 4 && n_known == 4, "pins for apple: %zu, known: %zu", n, n_known);
	file_unmap(bytes);
}

int main(void)
{
	take_begin();
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		row_judge(&rows[i]);
	bytes_kept();
	texts();
	old_version();
	apple_pins();
	take_end();
	return CHECK_DONE();
}
