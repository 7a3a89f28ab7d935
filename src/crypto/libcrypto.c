/* SPDX-License-Identifier: MIT */
/* The one place where signatures meet libcrypto: big numbers and points (OpenSSL 3.0). */
#include "crypto/libcrypto.h"

#include <limits.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

static BIGNUM *number_of(BN_CTX *ctx, struct span magnitude)
{
	BIGNUM *n = BN_CTX_get(ctx);

	if (!n || magnitude.len > INT_MAX)
		return NULL;
	return BN_bin2bn(magnitude.ptr, (int)magnitude.len, n);
}

/* The leftmost bits of a hash, as many as the order of the group has. */
static BIGNUM *number_of_hash(BN_CTX *ctx, struct span hash, const BIGNUM *order)
{
	int bits = BN_num_bits(order), have = (int)hash.len * 8;
	BIGNUM *n = number_of(ctx, hash);

	if (n && have > bits && !BN_rshift(n, n, have - bits))
		return NULL;
	return n;
}

static bool in_range(const BIGNUM *n, const BIGNUM *below)
{
	return !BN_is_zero(n) && BN_cmp(n, below) < 0;
}

static enum signature_result power(BN_CTX *ctx, const struct span in[3], uint8_t *out,
				   size_t room)
{
	BIGNUM *base = number_of(ctx, in[0]), *exponent = number_of(ctx, in[1]);
	BIGNUM *modulus = number_of(ctx, in[2]), *result = BN_CTX_get(ctx);

	if (!base || !exponent || !modulus || !result || room > INT_MAX || room < in[2].len)
		return SIGNATURE_UNKNOWN;
	if (!BN_is_odd(modulus) || BN_is_one(modulus) || BN_cmp(base, modulus) >= 0)
		return SIGNATURE_WRONG;
	if (!BN_mod_exp_mont(result, base, exponent, modulus, ctx, NULL) ||
	    BN_bn2binpad(result, out, (int)in[2].len) < 0)
		return SIGNATURE_UNKNOWN;
	return SIGNATURE_OK;
}

enum signature_result libcrypto_power(struct span base, struct span exponent,
				      struct span modulus, uint8_t *out, size_t room)
{
	const struct span in[3] = { base, exponent, modulus };
	enum signature_result result = SIGNATURE_UNKNOWN;
	BN_CTX *ctx = BN_CTX_new();

	(void)ERR_set_mark();
	if (ctx) {
		BN_CTX_start(ctx);
		result = power(ctx, in, out, room);
		BN_CTX_end(ctx);
		BN_CTX_free(ctx);
	}
	(void)ERR_pop_to_mark();
	return result;
}

/* u1 = hash / s, u2 = r / s, both modulo the order; WRONG: r or s out of range. */
struct pair_numbers {
	BIGNUM *r, *u1, *u2;
};

static enum signature_result pair_read(BN_CTX *ctx, const struct signature_pair *pair,
				       struct span hash, const BIGNUM *order,
				       struct pair_numbers *out)
{
	BIGNUM *s = number_of(ctx, pair->s), *inverse = BN_CTX_get(ctx);
	BIGNUM *z = number_of_hash(ctx, hash, order);

	out->r = number_of(ctx, pair->r);
	out->u1 = BN_CTX_get(ctx);
	out->u2 = BN_CTX_get(ctx);
	if (!s || !z || !inverse || !out->r || !out->u1 || !out->u2)
		return SIGNATURE_UNKNOWN;
	if (!in_range(out->r, order) || !in_range(s, order))
		return SIGNATURE_WRONG;
	if (!BN_mod_inverse(inverse, s, order, ctx)) /* a forged order may share factors */
		return SIGNATURE_WRONG;
	if (!BN_mod_mul(out->u1, z, inverse, order, ctx) ||
	    !BN_mod_mul(out->u2, out->r, inverse, order, ctx))
		return SIGNATURE_UNKNOWN;
	return SIGNATURE_OK;
}

static int curve_number(enum key_curve curve)
{
	static const int numbers[] = {
		[CURVE_NONE] = NID_undef,
		[CURVE_P224] = NID_secp224r1,
		[CURVE_P256] = NID_X9_62_prime256v1,
		[CURVE_P384] = NID_secp384r1,
		[CURVE_P521] = NID_secp521r1,
		[CURVE_K256] = NID_secp256k1,
	};

	return (size_t)curve < COUNT_OF(numbers) ? numbers[curve] : NID_undef;
}

/* What one ECDSA check holds, freed together. */
struct ec_work {
	EC_GROUP *group;
	EC_POINT *key, *sum;
	BN_CTX *ctx;
};

static void ec_work_free(struct ec_work *w)
{
	EC_POINT_free(w->sum);
	EC_POINT_free(w->key);
	EC_GROUP_free(w->group);
	BN_CTX_free(w->ctx);
}

static enum signature_result ecdsa(struct ec_work *w, struct span point, struct span hash,
				   const struct signature_pair *signature)
{
	const BIGNUM *order = EC_GROUP_get0_order(w->group);
	BIGNUM *x = BN_CTX_get(w->ctx), *v = BN_CTX_get(w->ctx);
	struct pair_numbers n;
	enum signature_result read;

	if (!order || !x || !v)
		return SIGNATURE_UNKNOWN;
	/* Decoding also says whether the point lies on the curve. */
	if (!EC_POINT_oct2point(w->group, w->key, point.ptr, point.len, w->ctx) ||
	    EC_POINT_is_at_infinity(w->group, w->key))
		return SIGNATURE_WRONG;
	read = pair_read(w->ctx, signature, hash, order, &n);
	if (read != SIGNATURE_OK)
		return read;
	if (!EC_POINT_mul(w->group, w->sum, n.u1, w->key, n.u2, w->ctx))
		return SIGNATURE_UNKNOWN;
	if (EC_POINT_is_at_infinity(w->group, w->sum))
		return SIGNATURE_WRONG;
	if (!EC_POINT_get_affine_coordinates(w->group, w->sum, x, NULL, w->ctx) ||
	    !BN_nnmod(v, x, order, w->ctx))
		return SIGNATURE_UNKNOWN;
	return BN_cmp(v, n.r) == 0 ? SIGNATURE_OK : SIGNATURE_WRONG;
}

enum signature_result libcrypto_ecdsa(enum key_curve curve, struct span point, struct span hash,
				      const struct signature_pair *signature)
{
	CLEANUP(ec_work_free) struct ec_work w = { 0 };
	enum signature_result result = SIGNATURE_UNKNOWN;

	(void)ERR_set_mark();
	w.group = EC_GROUP_new_by_curve_name(curve_number(curve));
	w.ctx = BN_CTX_new();
	if (w.group && w.ctx) {
		w.key = EC_POINT_new(w.group);
		w.sum = EC_POINT_new(w.group);
	}
	if (w.key && w.sum) {
		BN_CTX_start(w.ctx);
		result = ecdsa(&w, point, hash, signature);
		BN_CTX_end(w.ctx);
	}
	(void)ERR_pop_to_mark();
	return result;
}

static enum signature_result dsa(BN_CTX *ctx, const struct dsa_key *key, struct span hash,
				 const struct signature_pair *signature)
{
	BIGNUM *p = number_of(ctx, key->p), *q = number_of(ctx, key->q);
	BIGNUM *g = number_of(ctx, key->g), *y = number_of(ctx, key->y);
	BIGNUM *v = BN_CTX_get(ctx), *w = BN_CTX_get(ctx);
	struct pair_numbers n;
	enum signature_result read;

	if (!p || !q || !g || !y || !v || !w)
		return SIGNATURE_UNKNOWN;
	if (!BN_is_odd(p) || !BN_is_odd(q) || BN_is_one(q) || !in_range(q, p) || BN_is_one(g) ||
	    !in_range(g, p) || BN_is_one(y) || !in_range(y, p))
		return SIGNATURE_WRONG;
	read = pair_read(ctx, signature, hash, q, &n);
	if (read != SIGNATURE_OK)
		return read;
	if (!BN_mod_exp_mont(v, g, n.u1, p, ctx, NULL) ||
	    !BN_mod_exp_mont(w, y, n.u2, p, ctx, NULL) || !BN_mod_mul(v, v, w, p, ctx) ||
	    !BN_nnmod(v, v, q, ctx))
		return SIGNATURE_UNKNOWN;
	return BN_cmp(v, n.r) == 0 ? SIGNATURE_OK : SIGNATURE_WRONG;
}

enum signature_result libcrypto_dsa(const struct dsa_key *key, struct span hash,
				    const struct signature_pair *signature)
{
	enum signature_result result = SIGNATURE_UNKNOWN;
	BN_CTX *ctx = BN_CTX_new();

	(void)ERR_set_mark();
	if (ctx) {
		BN_CTX_start(ctx);
		result = dsa(ctx, key, hash, signature);
		BN_CTX_end(ctx);
		BN_CTX_free(ctx);
	}
	(void)ERR_pop_to_mark();
	return result;
}
