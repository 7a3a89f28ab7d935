/* SPDX-License-Identifier: MIT */
#include "tests/openpgp_builder.h"

#include "base/base64.h"
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dsa.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#define DAY 86400U

static void must(bool what)
{
	if (!what)
		abort();
}

static void be(struct buffer *b, uint64_t value, unsigned width)
{
	while (width-- > 0)
		buffer_char(b, (char)(value >> 8 * width));
}

/* A number of @octets, written with its length in bits. */
static void number(struct buffer *b, const uint8_t *octets, size_t len)
{
	BIGNUM *n = BN_bin2bn(octets, (int)len, NULL);
	uint8_t out[1024];
	int used;

	must(n && len <= sizeof(out));
	used = BN_bn2bin(n, out);
	be(b, (uint64_t)BN_num_bits(n), 2);
	buffer_add(b, (struct span){ out, (size_t)used });
	BN_free(n);
}

static void number_of_key(struct buffer *b, const EVP_PKEY *k, const char *name)
{
	BIGNUM *n = NULL;
	uint8_t out[1024];
	int used;

	must(EVP_PKEY_get_bn_param(k, name, &n) == 1);
	used = BN_bn2bin(n, out);
	number(b, out, (size_t)used);
	BN_free(n);
}

static EVP_PKEY *key_of_seed(int type, uint8_t seed, size_t len)
{
	uint8_t secret[64];

	memset(secret, seed, sizeof(secret));
	return EVP_PKEY_new_raw_private_key(type, NULL, secret, len);
}

static EVP_PKEY *dsa_make(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
	EVP_PKEY *parameters = NULL, *key = NULL;

	must(ctx && EVP_PKEY_paramgen_init(ctx) == 1 &&
	     EVP_PKEY_CTX_set_dsa_paramgen_bits(ctx, 1024) == 1 &&
	     EVP_PKEY_CTX_set_dsa_paramgen_q_bits(ctx, 160) == 1 &&
	     EVP_PKEY_generate(ctx, &parameters) == 1);
	EVP_PKEY_CTX_free(ctx);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, parameters, NULL);
	must(ctx && EVP_PKEY_keygen_init(ctx) == 1 && EVP_PKEY_generate(ctx, &key) == 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(parameters);
	return key;
}

static EVP_PKEY *pkey_make(enum openpgp_algorithm algorithm, uint8_t seed)
{
	switch (algorithm) {
	case OPENPGP_RSA:
	case OPENPGP_RSA_SIGN: return EVP_RSA_gen(2048);
	case OPENPGP_DSA: return dsa_make();
	case OPENPGP_ECDSA: return EVP_EC_gen("P-256");
	case OPENPGP_EDDSA:
	case OPENPGP_ED25519: return key_of_seed(EVP_PKEY_ED25519, seed, 32);
	case OPENPGP_ED448: return key_of_seed(EVP_PKEY_ED448, seed, 57);
	}
	return NULL;
}

static void native_open(const EVP_PKEY *k, struct buffer *out)
{
	uint8_t open[64];
	size_t n = sizeof(open);

	must(EVP_PKEY_get_raw_public_key(k, open, &n) == 1);
	buffer_add(out, (struct span){ open, n });
}

static void material(struct buffer *b, const struct pgp_maker *m)
{
	CLEANUP(buffer_free) struct buffer native = BUFFER_INIT;
	uint8_t point[133] = { 0x40 };
	size_t n = 0;

	switch ((enum openpgp_algorithm)m->algorithm) {
	case OPENPGP_RSA:
	case OPENPGP_RSA_SIGN:
		number_of_key(b, m->pkey, OSSL_PKEY_PARAM_RSA_N);
		number_of_key(b, m->pkey, OSSL_PKEY_PARAM_RSA_E);
		return;
	case OPENPGP_DSA:
		number_of_key(b, m->pkey, OSSL_PKEY_PARAM_FFC_P);
		number_of_key(b, m->pkey, OSSL_PKEY_PARAM_FFC_Q);
		number_of_key(b, m->pkey, OSSL_PKEY_PARAM_FFC_G);
		number_of_key(b, m->pkey, OSSL_PKEY_PARAM_PUB_KEY);
		return;
	case OPENPGP_ECDSA:
		buffer_add(b, SPAN_LITERAL("\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"));
		must(EVP_PKEY_get_octet_string_param(m->pkey, OSSL_PKEY_PARAM_PUB_KEY, point,
						     sizeof(point), &n) == 1);
		number(b, point, n);
		return;
	case OPENPGP_EDDSA:
		buffer_add(b, SPAN_LITERAL("\x09\x2b\x06\x01\x04\x01\xda\x47\x0f\x01"));
		native_open(m->pkey, &native);
		(void)span_copy(point + 1, sizeof(point) - 1, buffer_span(&native));
		number(b, point, 33);
		return;
	case OPENPGP_ED25519:
	case OPENPGP_ED448: native_open(m->pkey, b); return;
	}
}

struct pgp_maker pgp_maker(uint8_t version, enum openpgp_algorithm algorithm, uint8_t seed)
{
	struct pgp_maker m = { .version = version,
			       .algorithm = (uint8_t)algorithm,
			       .created = PGP_TEST_TIME - 10 * DAY };
	CLEANUP(buffer_free) struct buffer numbers = BUFFER_INIT;

	m.pkey = pkey_make(algorithm, seed);
	must(m.pkey != NULL);
	material(&numbers, &m);
	be(&m.body, version, 1);
	be(&m.body, m.created, 4);
	be(&m.body, m.algorithm, 1);
	if (version == 6)
		be(&m.body, numbers.len, 4);
	buffer_add(&m.body, buffer_span(&numbers));
	return m;
}

void pgp_maker_free(struct pgp_maker *m)
{
	EVP_PKEY_free(m->pkey);
	buffer_free(&m->body);
}

void pgp_packet(struct buffer *out, uint8_t tag, struct span body)
{
	be(out, 0xc0U | tag, 1);
	be(out, 255, 1);
	be(out, body.len, 4);
	buffer_add(out, body);
}

void pgp_subpacket(struct buffer *out, uint8_t type, struct span data)
{
	size_t len = data.len + 1;

	if (len < 192) {
		be(out, len, 1);
	} else {
		be(out, 255, 1);
		be(out, len, 4);
	}
	be(out, type, 1);
	buffer_add(out, data);
}

void pgp_subpacket_time(struct buffer *out, uint8_t type, uint32_t value)
{
	be(out, 5, 1);
	be(out, type, 1);
	be(out, value, 4);
}

void pgp_key_hashed(struct buffer *out, const struct pgp_maker *m)
{
	be(out, m->version == 6 ? 0x9b : 0x99, 1);
	be(out, m->body.len, m->version == 6 ? 4 : 2);
	buffer_add(out, buffer_span(&m->body));
}

static const EVP_MD *hash_of(uint8_t hash)
{
	switch ((enum openpgp_hash)hash) {
	case OPENPGP_MD5: return EVP_md5();
	case OPENPGP_SHA1: return EVP_sha1();
	case OPENPGP_SHA256: return EVP_sha256();
	case OPENPGP_SHA384: return EVP_sha384();
	case OPENPGP_SHA512: return EVP_sha512();
	}
	return NULL;
}

static struct span fingerprint(const struct pgp_maker *m, uint8_t out[32])
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	unsigned n = 0;

	pgp_key_hashed(&b, m);
	must(EVP_Digest(b.bytes, b.len, out, &n, m->version == 6 ? EVP_sha256() : EVP_sha1(),
			NULL) == 1);
	return (struct span){ out, n };
}

/* Signs the hash itself. */
static size_t hash_sign(const struct pgp_maker *m, const EVP_MD *md, struct span hash,
			uint8_t *out, size_t room)
{
	bool edwards = m->algorithm == OPENPGP_EDDSA || m->algorithm == OPENPGP_ED25519 ||
		       m->algorithm == OPENPGP_ED448;
	size_t n = room;

	if (edwards) {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();

		must(ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, m->pkey) == 1 &&
		     EVP_DigestSign(ctx, out, &n, hash.ptr, hash.len) == 1);
		EVP_MD_CTX_free(ctx);
		return n;
	}
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(m->pkey, NULL);

	must(ctx && EVP_PKEY_sign_init(ctx) == 1 &&
	     EVP_PKEY_CTX_set_signature_md(ctx, md) == 1 &&
	     EVP_PKEY_sign(ctx, out, &n, hash.ptr, hash.len) == 1);
	EVP_PKEY_CTX_free(ctx);
	return n;
}

/* Two numbers out of DER. */
static void pair(struct buffer *b, const uint8_t *der, size_t len)
{
	DSA_SIG *s = d2i_DSA_SIG(NULL, &der, (long)len);
	const BIGNUM *parts[2];
	uint8_t octets[128];

	must(s != NULL);
	DSA_SIG_get0(s, &parts[0], &parts[1]);
	for (size_t i = 0; i < 2; i++)
		number(b, octets, (size_t)BN_bn2bin(parts[i], octets));
	DSA_SIG_free(s);
}

static void values(struct buffer *b, const struct pgp_maker *m, const EVP_MD *md,
		   struct span hash)
{
	uint8_t out[1024];
	size_t n = hash_sign(m, md, hash, out, sizeof(out));

	switch ((enum openpgp_algorithm)m->algorithm) {
	case OPENPGP_RSA:
	case OPENPGP_RSA_SIGN: number(b, out, n); return;
	case OPENPGP_DSA:
	case OPENPGP_ECDSA: pair(b, out, n); return;
	case OPENPGP_EDDSA:
		number(b, out, n / 2);
		number(b, out + n / 2, n / 2);
		return;
	case OPENPGP_ED25519:
	case OPENPGP_ED448: buffer_add(b, (struct span){ out, n }); return;
	}
}

/* From the version to the hashed subpackets. */
static void hashed_part(struct buffer *b, const struct pgp_order *o, uint8_t hash,
			uint32_t created)
{
	CLEANUP(buffer_free) struct buffer sub = BUFFER_INIT, issuer = BUFFER_INIT;
	uint8_t id[32];

	pgp_subpacket_time(&sub, 2, created);
	if (!o->nameless) {
		struct span f = fingerprint(o->by, id);

		be(&issuer, o->by->version, 1);
		buffer_add(&issuer, f);
		pgp_subpacket(&sub, 33, buffer_span(&issuer));
	}
	buffer_add(&sub, o->hashed);
	be(b, o->by->version, 1);
	be(b, o->type, 1);
	be(b, o->by->algorithm, 1);
	be(b, hash, 1);
	be(b, sub.len, o->by->version == 6 ? 4 : 2);
	buffer_add(b, buffer_span(&sub));
}

static struct span digest(const struct pgp_order *o, const EVP_MD *md, struct span salt,
			  struct span tail, uint8_t out[64])
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;
	unsigned n = 0;

	buffer_add(&b, salt);
	for (size_t i = 0; i < COUNT_OF(o->data); i++)
		buffer_add(&b, o->data[i]);
	buffer_add(&b, tail);
	must(EVP_Digest(b.bytes, b.len, out, &n, md, NULL) == 1);
	return (struct span){ out, n };
}

static void sign_version3(struct buffer *body, const struct pgp_order *o, uint8_t hash,
			  uint32_t created)
{
	CLEANUP(buffer_free) struct buffer tail = BUFFER_INIT;
	uint8_t id[32], value[64];
	struct span f = fingerprint(o->by, id), h;

	be(&tail, o->type, 1);
	be(&tail, created, 4);
	h = digest(o, hash_of(hash), SPAN_NONE, buffer_span(&tail), value);
	be(body, 3, 1);
	be(body, 5, 1);
	buffer_add(body, buffer_span(&tail));
	buffer_add(body, span_after(f, f.len - 8));
	be(body, o->by->algorithm, 1);
	be(body, hash, 1);
	buffer_add(body, span_clip(h, 0, 2));
	values(body, o->by, hash_of(hash), h);
}

static void sign_version4(struct buffer *body, const struct pgp_order *o, uint8_t hash,
			  uint32_t created)
{
	CLEANUP(buffer_free) struct buffer tail = BUFFER_INIT;
	bool new = o->by->version == 6;
	const uint8_t salt[16] = { 1, 2, 3 };
	struct span salted = new ? SPAN_OF(salt) : SPAN_NONE, h;
	uint8_t value[64];

	hashed_part(body, o, hash, created);
	buffer_add(&tail, buffer_span(body));
	be(&tail, o->by->version, 1);
	be(&tail, 0xff, 1);
	be(&tail, body->len, 4);
	h = digest(o, hash_of(hash), salted, buffer_span(&tail), value);
	be(body, o->unhashed.len, new ? 4 : 2);
	buffer_add(body, o->unhashed);
	buffer_add(body, span_clip(h, 0, 2));
	if (new) {
		be(body, sizeof(salt), 1);
		buffer_add(body, salted);
	}
	values(body, o->by, hash_of(hash), h);
}

void pgp_sign(struct buffer *out, const struct pgp_order *o)
{
	CLEANUP(buffer_free) struct buffer body = BUFFER_INIT;
	uint8_t hash = o->hash ? o->hash : OPENPGP_SHA256;
	uint32_t created = o->created ? o->created : PGP_TEST_TIME;

	if (o->version3)
		sign_version3(&body, o, hash, created);
	else
		sign_version4(&body, o, hash, created);
	if (o->bare)
		buffer_add(out, buffer_span(&body));
	else
		pgp_packet(out, OPENPGP_SIGNATURE, buffer_span(&body));
}

static void flags_add(struct buffer *sub, uint8_t flags, uint32_t lifetime)
{
	pgp_subpacket(sub, 27, (struct span){ &flags, 1 });
	if (lifetime)
		pgp_subpacket_time(sub, 9, lifetime);
}

static void revocation(struct buffer *out, const struct pgp_maker *m, uint8_t type,
		       uint8_t reason, struct span over)
{
	CLEANUP(buffer_free) struct buffer sub = BUFFER_INIT;

	pgp_subpacket(&sub, 29, (struct span){ &reason, 1 });
	pgp_sign(out, &(struct pgp_order){ .by = m,
					   .type = type,
					   .data = { over },
					   .created = PGP_TEST_TIME + DAY,
					   .hashed = buffer_span(&sub) });
}

static void subkey_add(struct buffer *out, const struct pgp_maker *m, const struct pgp_paper *p)
{
	CLEANUP(buffer_free)
	struct buffer sub = BUFFER_INIT, back = BUFFER_INIT, both = BUFFER_INIT;

	pgp_key_hashed(&both, m);
	pgp_key_hashed(&both, p->subkey);
	pgp_packet(out, OPENPGP_PUBLIC_SUBKEY, buffer_span(&p->subkey->body));
	if (p->subkey_revoked)
		revocation(out, m, OPENPGP_REVOKES_SUBKEY, 2, buffer_span(&both));
	if (p->no_binding)
		return;
	flags_add(&sub, p->subkey_flags ? p->subkey_flags : OPENPGP_MAY_SIGN,
		  p->subkey_lifetime);
	if (!p->no_back) {
		pgp_sign(&back, &(struct pgp_order){ .by = p->subkey,
						     .type = OPENPGP_BINDS_PRIMARY,
						     .data = { buffer_span(&both) },
						     .created = p->subkey->created,
						     .bare = true });
		pgp_subpacket(&sub, 32, buffer_span(&back));
	}
	pgp_sign(out, &(struct pgp_order){ .by = m,
					   .type = OPENPGP_BINDS_SUBKEY,
					   .data = { buffer_span(&both) },
					   .created = p->subkey->created,
					   .hashed = buffer_span(&sub) });
}

void pgp_certificate(struct buffer *out, const struct pgp_maker *m, const struct pgp_paper *p)
{
	static const struct pgp_paper ordinary = { 0 };
	CLEANUP(buffer_free) struct buffer sub = BUFFER_INIT, over = BUFFER_INIT;
	const char *name;

	p = p ? p : &ordinary;
	name = p->name ? p->name : "Test <test@example.invalid>";
	pgp_packet(out, OPENPGP_PUBLIC_KEY, buffer_span(&m->body));
	pgp_key_hashed(&over, m);
	if (p->revoked)
		revocation(out, m, OPENPGP_REVOKES_KEY, (uint8_t)(p->revoked - 1),
			   buffer_span(&over));
	pgp_packet(out, OPENPGP_USER_ID, SPAN_TEXT(name));
	be(&over, 0xb4, 1);
	be(&over, strlen(name), 4);
	buffer_text(&over, name);
	flags_add(&sub, p->flags ? p->flags : OPENPGP_MAY_CERTIFY | OPENPGP_MAY_SIGN,
		  p->lifetime);
	pgp_sign(out, &(struct pgp_order){ .by = m,
					   .type = OPENPGP_CERTIFICATION_LAST,
					   .data = { buffer_span(&over) },
					   .created = m->created,
					   .hashed = buffer_span(&sub) });
	if (p->subkey)
		subkey_add(out, m, p);
}

void pgp_armor(struct buffer *out, const char *name, struct span bytes)
{
	buffer_printf(out, "-----BEGIN PGP %s-----\n\n", name);
	for (uint64_t at = 0; at < bytes.len; at += 48) {
		base64_encode(out, span_clip(bytes, at, 48));
		buffer_char(out, '\n');
	}
	buffer_printf(out, "-----END PGP %s-----\n", name);
}

void pgp_clearsign(struct buffer *out, const struct pgp_maker *m, const char *text)
{
	CLEANUP(buffer_free) struct buffer s = BUFFER_INIT, canonical = BUFFER_INIT;

	for (const char *at = text; *at; at++) {
		if (*at == '\n')
			buffer_char(&canonical, '\r');
		buffer_char(&canonical, *at);
	}
	if (canonical.len >= 2)
		buffer_cut(&canonical, canonical.len - 2);
	pgp_sign(&s, &(struct pgp_order){ .by = m,
					  .type = OPENPGP_OVER_TEXT,
					  .data = { buffer_span(&canonical) } });
	buffer_printf(out, "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n%s", text);
	pgp_armor(out, "SIGNATURE", buffer_span(&s));
}
