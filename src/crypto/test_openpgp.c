/* SPDX-License-Identifier: MIT */
#include "base/limits.h"
#include "crypto/openpgp.h"
#include "tests/check.h"
#include "tests/corpus.h"
#include "tests/openpgp_builder.h"

#define DAY 86400
#define NOW (PGP_TEST_TIME + 100 * DAY)

static const struct span text = SPAN_INIT("what is signed");

/* The hash of @data with @s's salt and trailer. */
static struct digest hash_over(struct arena *a, struct span data,
			       const struct openpgp_signature *s)
{
	struct digest hash = { 0 };
	struct openpgp_trailer t;

	if (openpgp_trailer(a, s, &t) == STATUS_OK) {
		const struct span parts[] = { s->salt, data, t.parts[0], t.parts[1] };

		if (digest_of(openpgp_digest(s->hash), parts, COUNT_OF(parts), &hash) !=
		    STATUS_OK)
			hash.algorithm = DIGEST_NONE;
	}
	return hash;
}

static const struct openpgp_signature *signature_of(struct arena *a, struct span block)
{
	const struct openpgp_signature *s = NULL;
	const char *problem;

	return openpgp_signatures(a, block, &s, &problem) == STATUS_OK ? s : NULL;
}

static const struct {
	const char *what;
	uint8_t version, algorithm, hash;
	bool version3;
} algorithms[] = {
	{"RSA",		 4, OPENPGP_RSA,     OPENPGP_SHA256, false},
	{ "RSA, SHA-512",       4, OPENPGP_RSA,     OPENPGP_SHA512, false},
	{ "RSA, version 3",     4, OPENPGP_RSA,     OPENPGP_SHA1,   true },
	{ "DSA",                4, OPENPGP_DSA,     OPENPGP_SHA256, false},
	{ "ECDSA",              4, OPENPGP_ECDSA,   OPENPGP_SHA384, false},
	{ "EdDSA",              4, OPENPGP_EDDSA,   OPENPGP_SHA256, false},
	{ "Ed25519, version 4", 4, OPENPGP_ED25519, OPENPGP_SHA512, false},
	{ "Ed25519, version 6", 6, OPENPGP_ED25519, OPENPGP_SHA256, false},
	{ "Ed448, version 6",   6, OPENPGP_ED448,   OPENPGP_SHA512, false},
};

static void check_algorithm(size_t i)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	CLEANUP(pgp_maker_free)
	struct pgp_maker m = pgp_maker(algorithms[i].version, algorithms[i].algorithm, 1);
	const struct openpgp_signature *s;
	struct openpgp_key key;
	struct digest hash, other;

	pgp_sign(&b, &(struct pgp_order){ .by = &m,
					  .data = { text },
					  .hash = algorithms[i].hash,
					  .version3 = algorithms[i].version3 });
	s = signature_of(&a, buffer_span(&b));
	CHECK(s && !s->problem && openpgp_key_read(buffer_span(&m.body), &key) == STATUS_OK &&
		      !key.problem,
	      "%s: read (%s)", algorithms[i].what, s && s->problem ? s->problem : "");
	if (!s)
		return;
	hash = hash_over(&a, text, s);
	other = hash_over(&a, SPAN_LITERAL("what is not"), s);
	CHECK(openpgp_verify(&key, s, &hash) == SIGNATURE_OK, "%s: good", algorithms[i].what);
	CHECK(openpgp_verify(&key, s, &other) == SIGNATURE_WRONG, "%s: other data",
	      algorithms[i].what);
	CHECK(span_equal(s->tag16, span_clip(digest_span(&hash), 0, 2)), "%s: left bits",
	      algorithms[i].what);
}

struct judged {
	const char *what;
	enum openpgp_objection objection;
	bool by_subkey;
	struct pgp_paper paper;
	int64_t made, now;
};

/* What one certificate says about the key that signs at PGP_TEST_TIME unless .made is given. */
#define ROW(name, objection, by_subkey, made, now, ...)                                        \
	{                                                                                      \
		name, OPENPGP_##objection, by_subkey, { __VA_ARGS__ }, made, now               \
	}
static const struct judged judgements[] = {
	ROW("ordinary", NO_OBJECTION, false, 0, 0, .name = NULL),
	ROW("certifies only", NOT_FOR_IT, false, 0, 0, .flags = OPENPGP_MAY_CERTIFY),
	ROW("expired", EXPIRED, false, 0, 0, .lifetime = 20 * DAY),
	ROW("not yet expired", NO_OBJECTION, false, 0, PGP_TEST_TIME, .lifetime = 20 * DAY),
	ROW("revoked: compromised", REVOKED, false, 0, 0, .revoked = 3),
	ROW("revoked: no reason", REVOKED, false, 0, 0, .revoked = 1),
	ROW("revoked: retired later", NO_OBJECTION, false, 0, 0, .revoked = 4),
	ROW("revoked: retired before", REVOKED, false, PGP_TEST_TIME + 2 * DAY, 0,
	    .revoked = 4),
	ROW("older than its key", TOO_YOUNG, false, PGP_TEST_TIME - 20 * DAY, 0, .name = NULL),
	ROW("not yet bound", NOT_BOUND, false, 0, PGP_TEST_TIME - 20 * DAY, .name = NULL),
	ROW("subkey", NO_OBJECTION, true, 0, 0, .flags = OPENPGP_MAY_CERTIFY),
	ROW("subkey for encryption", NOT_FOR_IT, true, 0, 0, .subkey_flags = 0x0c),
	ROW("subkey expired", EXPIRED, true, 0, 0, .subkey_lifetime = 15 * DAY),
	ROW("primary expired", EXPIRED, true, 0, 0, .lifetime = 15 * DAY),
	ROW("subkey revoked", REVOKED, true, 0, 0, .subkey_revoked = true),
	ROW("primary revoked", REVOKED, true, 0, 0, .revoked = 3),
	ROW("no back-signature", NOT_BOUND, true, 0, 0, .no_back = true),
	ROW("no binding", NOT_BOUND, true, 0, 0, .no_binding = true),
};

static void check_judgement(const struct judged *row, const struct pgp_maker *primary,
			    const struct pgp_maker *subkey)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT, cert = BUFFER_INIT;
	struct pgp_paper paper = row->paper;
	struct openpgp_certificate certificate;
	const struct openpgp_signature *s;
	struct openpgp_signer signer;
	struct cursor c;

	if (row->by_subkey)
		paper.subkey = subkey;
	pgp_certificate(&cert, primary, &paper);
	pgp_sign(&b, &(struct pgp_order){ .by = row->by_subkey ? subkey : primary,
					  .data = { text },
					  .created = (uint32_t)row->made });
	s = signature_of(&a, buffer_span(&b));
	c = cursor_at(buffer_span(&cert), 0);
	CHECK(s && openpgp_certificate_next(&a, &c, &certificate) == STATUS_OK &&
		      openpgp_signer_find(&certificate, s, &signer) == STATUS_OK &&
		      signer.component,
	      "%s: the key is found", row->what);
	if (!s || !signer.component)
		return;
	CHECK(openpgp_signer_judge(&a, &signer, s->created, row->now ? row->now : NOW) ==
			      STATUS_OK &&
		      signer.objection == row->objection,
	      "%s: %d", row->what, signer.objection);
	CHECK(row->objection == OPENPGP_NOT_BOUND || signer.user_id.len > 0, "%s: a name",
	      row->what);
}

static void check_judgements(uint8_t version)
{
	enum openpgp_algorithm algorithm = version == 6 ? OPENPGP_ED25519 : OPENPGP_EDDSA;
	CLEANUP(pgp_maker_free) struct pgp_maker primary = pgp_maker(version, algorithm, 1);
	CLEANUP(pgp_maker_free) struct pgp_maker subkey = pgp_maker(version, algorithm, 2);

	for (size_t i = 0; i < COUNT_OF(judgements); i++)
		check_judgement(&judgements[i], &primary, &subkey);
}

/* A certificate cannot be given somebody else's name, subkey or self-signature. */
static void check_foreign(void)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
	CLEANUP(pgp_maker_free) struct pgp_maker m = pgp_maker(4, OPENPGP_EDDSA, 1);
	CLEANUP(pgp_maker_free) struct pgp_maker other = pgp_maker(4, OPENPGP_EDDSA, 2);
	CLEANUP(buffer_free)
	struct buffer theirs = BUFFER_INIT, mine = BUFFER_INIT, signature = BUFFER_INIT;
	struct openpgp_certificate certificate;
	const struct openpgp_signature *s;
	struct openpgp_signer signer;
	struct cursor c;

	pgp_certificate(&theirs, &other, NULL);
	pgp_packet(&mine, OPENPGP_PUBLIC_KEY, buffer_span(&m.body));
	buffer_add(&mine, span_after(buffer_span(&theirs), 6 + other.body.len));
	pgp_sign(&signature, &(struct pgp_order){ .by = &m, .data = { text } });
	s = signature_of(&a, buffer_span(&signature));
	c = cursor_at(buffer_span(&mine), 0);
	CHECK(s && openpgp_certificate_next(&a, &c, &certificate) == STATUS_OK &&
		      openpgp_signer_find(&certificate, s, &signer) == STATUS_OK &&
		      openpgp_signer_judge(&a, &signer, s->created, NOW) == STATUS_OK &&
		      signer.objection == OPENPGP_NOT_BOUND && signer.user_id.len == 0,
	      "a name that another key bound is no name");
}

/* Fingerprints that others know these keys by, and what their owners signed. */
static const struct {
	const char *file, *fingerprint;
	size_t n_certificates;
} keyrings[] = {
	{"anchors/assay-test-openpgp.gpg",       "805b1ea6631d72d53621e3f879af9b1d63226754", 1},
	{ "anchors/ubuntu-archive-2012.gpg",     "790bc7277767219c42c86f933b4fe6acc0b21f32", 1},
	{ "anchors/rocky-9.gpg",                 "21cb256ae16fc54c6e652949702d426d350d275d", 1},
	{ "anchors/debian-archive-bookworm.gpg", "ac530d520f2f3269f5e98313a48449044aad5c5d",
         2										    },
};

static void check_keyring(size_t i)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
	CLEANUP(buffer_free) struct buffer hex = BUFFER_INIT;
	struct openpgp_certificate certificate;
	size_t len = 0, n = 0;
	uint8_t *bytes = corpus_load(keyrings[i].file, &len);
	struct span ring = { bytes, len };
	struct openpgp_armor armor;
	struct cursor c;

	if (!bytes)
		return;
	if (openpgp_armor_read(&a, ring, 0, &armor) == STATUS_OK)
		ring = armor.bytes;
	c = cursor_at(ring, 0);
	while (openpgp_certificate_next(&a, &c, &certificate) == STATUS_OK) {
		struct openpgp_signer signer = { .certificate = &certificate,
						 .component = certificate.primary };

		CHECK(openpgp_fingerprint_of(&certificate.primary->key, &signer.primary) ==
				      STATUS_OK &&
			      openpgp_signer_judge(&a, &signer, 1795340000, 1795348800) ==
				      STATUS_OK &&
			      signer.objection != OPENPGP_NOT_BOUND && signer.user_id.len > 0,
		      "%s: bound as \"%.*s\" (%d)", keyrings[i].file, (int)signer.user_id.len,
		      (const char *)signer.user_id.ptr, signer.objection);
		if (n++ == 0)
			buffer_hex(&hex, openpgp_fingerprint_span(&signer.primary));
	}
	CHECK(n == keyrings[i].n_certificates, "%s: %zu certificates", keyrings[i].file, n);
	CHECK(strcmp(buffer_string(&hex, 0), keyrings[i].fingerprint) == 0,
	      "%s: fingerprint %s", keyrings[i].file, buffer_string(&hex, 0));
	free(bytes);
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(algorithms); i++)
		check_algorithm(i);
	check_judgements(4);
	check_judgements(6);
	check_foreign();
	for (size_t i = 0; i < COUNT_OF(keyrings); i++)
		check_keyring(i);
	return CHECK_DONE();
}
