/* SPDX-License-Identifier: MIT */
/*
 * The curve's sum with libcrypto's numbers: R = S B - k A, in extended
 * coordinates (Hisil, Wong, Carter, Dawson 2008, 3.1: one formula for every
 * pair of points).  Only public values pass through, so nothing needs constant
 * time.  Strict: S below the order, the key's y below the prime (RFC 8032 5.1.3).
 */
#include "crypto/ed25519_hashed.h"

#include <openssl/bn.h>
#include <openssl/err.h>

#define HALF       ED25519_KEY_BYTES
#define ORDER_BITS 256
#define SIGN_BIT   0x80

#define PRIME  "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed"
#define ORDER  "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed"
#define D      "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3"
#define BASE_X "216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a"
#define BASE_Y "6666666666666666666666666666666666666666666666666666666666666658"

struct point {
	BIGNUM *x, *y, *z, *t;
};

struct curve {
	BN_CTX *ctx;
	BIGNUM *p, *order, *d, *d2;
	BIGNUM *a, *b, *c, *e, *f, *g, *h; /* of one addition */
	bool failed;
};

static BIGNUM *number(struct curve *c)
{
	BIGNUM *n = BN_CTX_get(c->ctx);

	c->failed |= n == NULL;
	return n;
}

static BIGNUM *constant(struct curve *c, const char *hex)
{
	BIGNUM *n = number(c);

	c->failed |= !n || BN_hex2bn(&n, hex) == 0;
	return n;
}

static void mul(struct curve *c, BIGNUM *out, const BIGNUM *a, const BIGNUM *b)
{
	c->failed |= BN_mod_mul(out, a, b, c->p, c->ctx) != 1;
}

static void add(struct curve *c, BIGNUM *out, const BIGNUM *a, const BIGNUM *b)
{
	c->failed |= BN_mod_add_quick(out, a, b, c->p) != 1;
}

static void sub(struct curve *c, BIGNUM *out, const BIGNUM *a, const BIGNUM *b)
{
	c->failed |= BN_mod_sub_quick(out, a, b, c->p) != 1;
}

static struct point point_new(struct curve *c)
{
	return (struct point){ number(c), number(c), number(c), number(c) };
}

/* @out may be one of the others. */
static void point_add(struct curve *c, const struct point *out, const struct point *p,
		      const struct point *q)
{
	sub(c, c->a, p->y, p->x);
	sub(c, c->b, q->y, q->x);
	mul(c, c->a, c->a, c->b);
	add(c, c->b, p->y, p->x);
	add(c, c->e, q->y, q->x);
	mul(c, c->b, c->b, c->e);
	mul(c, c->c, p->t, q->t);
	mul(c, c->c, c->c, c->d2);
	mul(c, c->h, p->z, q->z);
	add(c, c->h, c->h, c->h);
	sub(c, c->e, c->b, c->a);
	sub(c, c->f, c->h, c->c);
	add(c, c->g, c->h, c->c);
	add(c, c->h, c->b, c->a);
	mul(c, out->x, c->e, c->f);
	mul(c, out->y, c->g, c->h);
	mul(c, out->t, c->e, c->h);
	mul(c, out->z, c->f, c->g);
}

/* A point out of x and y. */
static void point_set(struct curve *c, const struct point *p, const BIGNUM *x, const BIGNUM *y)
{
	c->failed |= !BN_copy(p->x, x) || !BN_copy(p->y, y) || BN_one(p->z) != 1;
	mul(c, p->t, x, y);
}

static bool curve_open(struct curve *c)
{
	c->ctx = BN_CTX_new();
	if (!c->ctx)
		return false;
	BN_CTX_start(c->ctx);
	c->p = constant(c, PRIME);
	c->order = constant(c, ORDER);
	c->d = constant(c, D);
	c->d2 = number(c);
	c->a = number(c);
	c->b = number(c);
	c->c = number(c);
	c->e = number(c);
	c->f = number(c);
	c->g = number(c);
	c->h = number(c);
	if (!c->failed)
		add(c, c->d2, c->d, c->d);
	return !c->failed;
}

static void curve_close(struct curve *c)
{
	if (c->ctx)
		BN_CTX_end(c->ctx);
	BN_CTX_free(c->ctx);
	(void)ERR_pop_to_mark();
}

/* x of the point with @y and the sign bit @odd, negated (RFC 8032 5.1.3).  False: no such
 * point. */
static bool negative_x(struct curve *c, const BIGNUM *y, bool odd, BIGNUM *out)
{
	BIGNUM *u = number(c), *v = number(c), *one = number(c);

	if (c->failed || BN_one(one) != 1)
		return false;
	mul(c, u, y, y);
	mul(c, v, u, c->d);
	sub(c, u, u, one);
	add(c, v, v, one);
	if (c->failed || !BN_mod_inverse(v, v, c->p, c->ctx))
		return false;
	mul(c, u, u, v);
	if (c->failed || !BN_mod_sqrt(out, u, c->p, c->ctx))
		return false;
	if (BN_is_zero(out))
		return !odd;
	if ((BN_is_odd(out) != 0) == odd)
		return BN_sub(out, c->p, out) == 1;
	return true;
}

/* -A, from the octets of the key. */
static bool key_negated(struct curve *c, const uint8_t open[ED25519_KEY_BYTES],
			const struct point *out)
{
	uint8_t octets[HALF];
	BIGNUM *x = number(c), *y = number(c);
	bool odd;

	if (c->failed)
		return false;
	memcpy(octets, open, HALF);
	odd = (octets[HALF - 1] & SIGN_BIT) != 0;
	octets[HALF - 1] &= (uint8_t)~SIGN_BIT;
	if (!BN_lebin2bn(octets, HALF, y) || BN_cmp(y, c->p) >= 0 || !negative_x(c, y, odd, x))
		return false;
	point_set(c, out, x, y);
	return !c->failed;
}

/* out = s B + k A, bit by bit for both (Shamir). */
static void sum(struct curve *c, const struct point *out, const BIGNUM *s, const BIGNUM *k,
		const struct point *a)
{
	struct point base = point_new(c), both = point_new(c);
	BIGNUM *x = constant(c, BASE_X), *y = constant(c, BASE_Y), *zero = number(c);

	if (c->failed)
		return;
	BN_zero(zero);
	point_set(c, &base, x, y);
	point_add(c, &both, &base, a);
	c->failed |= BN_one(x) != 1;
	point_set(c, out, zero, x);
	for (int i = ORDER_BITS - 1; i >= 0 && !c->failed; i--) {
		bool of_s = BN_is_bit_set(s, i), of_k = BN_is_bit_set(k, i);

		point_add(c, out, out, out);
		if (of_s || of_k)
			point_add(c, out, out, of_s ? of_k ? &both : &base : a);
	}
}

/* The octets of a point: y, and the sign of x (RFC 8032 5.1.2). */
static bool point_octets(struct curve *c, const struct point *p, uint8_t out[HALF])
{
	BIGNUM *z = number(c), *x = number(c), *y = number(c);
	uint8_t octets[HALF];

	if (c->failed || !BN_mod_inverse(z, p->z, c->p, c->ctx))
		return false;
	mul(c, x, p->x, z);
	mul(c, y, p->y, z);
	if (c->failed || BN_bn2lebinpad(y, octets, HALF) != HALF)
		return false;
	if (BN_is_odd(x))
		octets[HALF - 1] |= SIGN_BIT;
	memcpy(out, octets, HALF);
	return true;
}

static enum signature_result verify(struct curve *c, const uint8_t open[ED25519_KEY_BYTES],
				    const struct digest *hash, struct span signature)
{
	struct point a = point_new(c), r = point_new(c);
	BIGNUM *s = number(c), *k = number(c);
	struct span half = span_after(signature, HALF);
	uint8_t octets[HALF];

	if (c->failed || !BN_lebin2bn(half.ptr, HALF, s) ||
	    !BN_lebin2bn(hash->bytes, (int)digest_size(DIGEST_SHA512), k) ||
	    !BN_nnmod(k, k, c->order, c->ctx))
		return SIGNATURE_UNKNOWN;
	if (BN_cmp(s, c->order) >= 0 || !key_negated(c, open, &a))
		return c->failed ? SIGNATURE_UNKNOWN : SIGNATURE_WRONG;
	sum(c, &r, s, k, &a);
	if (c->failed || !point_octets(c, &r, octets))
		return SIGNATURE_UNKNOWN;
	return span_equal(SPAN_OF(octets), span_clip(signature, 0, HALF)) ? SIGNATURE_OK
									  : SIGNATURE_WRONG;
}

enum signature_result ed25519_verify_hashed(const uint8_t open[ED25519_KEY_BYTES],
					    const struct digest *hash, struct span signature)
{
	CLEANUP(curve_close) struct curve c = { 0 };

	(void)ERR_set_mark();
	if (signature.len != ED25519_SIGNATURE_BYTES)
		return SIGNATURE_WRONG;
	if (hash->algorithm != DIGEST_SHA512 || !curve_open(&c))
		return SIGNATURE_UNKNOWN;
	return verify(&c, open, hash, signature);
}
