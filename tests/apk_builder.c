/* SPDX-License-Identifier: MIT */
#include "tests/apk_builder.h"

#include "base/cursor.h"
#include "crypto/x509.h"
#include "tests/forge/apk.h"
#include "tests/pki_key.h"
#include <stdlib.h>

#define ECDSA  0x0201U
#define SHA256 1U /* the number of chunked SHA-256 in stamps */
#define PAGE   4096

static struct digest sha256(struct span bytes)
{
	struct digest d;

	if (digest_of(DIGEST_SHA256, &bytes, 1, &d) != STATUS_OK)
		abort();
	return d;
}

/* @bytes behind their length. */
static void prefixed_put(struct buffer *out, struct span bytes)
{
	buffer_u32le(out, (uint32_t)bytes.len);
	buffer_add(out, bytes);
}

/* A sequence of one element: an algorithm and a value. */
static void record_put(struct buffer *out, uint32_t id, struct span value)
{
	buffer_u32le(out, (uint32_t)(12 + value.len));
	buffer_u32le(out, (uint32_t)(8 + value.len));
	buffer_u32le(out, id);
	prefixed_put(out, value);
}

static struct span ecdsa(struct pki *pki, const struct pki_certificate *by, struct span data)
{
	const struct digest hash = sha256(data);

	return pki_sign(pki, by->key, "SHA256", digest_span(&hash));
}

/* Keys hand over one after the other, each certificate signed by the key before. */
static void past_put(struct buffer *out, struct pki *pki,
		     const struct pki_certificate *const past[APK_BUILD_PAST])
{
	buffer_u32le(out, 1);
	for (size_t i = 0; i < APK_BUILD_PAST && past[i]; i++) {
		CLEANUP(buffer_free) struct buffer data = BUFFER_INIT, level = BUFFER_INIT;

		prefixed_put(&data, past[i]->der);
		buffer_u32le(&data, i > 0 ? ECDSA : 0);
		prefixed_put(&level, buffer_span(&data));
		buffer_u32le(&level, 0x17);
		buffer_u32le(&level, ECDSA);
		prefixed_put(&level,
			     i > 0 ? ecdsa(pki, past[i - 1], buffer_span(&data)) : SPAN_NONE);
		prefixed_put(out, buffer_span(&level));
	}
}

static void attribute_add(struct buffer *out, uint32_t id, struct span value)
{
	buffer_u32le(out, (uint32_t)(4 + value.len));
	buffer_u32le(out, id);
	buffer_add(out, value);
}

static void attributes_put(struct buffer *out, struct pki *pki,
			   const struct apk_build_signer *s)
{
	CLEANUP(buffer_free)
	struct buffer all = BUFFER_INIT, past = BUFFER_INIT, number = BUFFER_INIT;

	if (s->past[0]) {
		past_put(&past, pki, s->past);
		attribute_add(&all, 0x3ba06f8c, buffer_span(&past));
	}
	buffer_u32le(&number, s->rotation);
	if (s->rotation)
		attribute_add(&all, 0x559f8b02, buffer_span(&number));
	if (s->for_previews)
		attribute_add(&all, 0xc2a6b3ba, SPAN_NONE);
	prefixed_put(out, buffer_span(&all));
}

static struct span key_of(const struct pki_certificate *by)
{
	struct certificate c;

	if (certificate_read(by->der, &c, NULL) != STATUS_OK)
		abort();
	return c.key.spki;
}

static void signer_put(struct buffer *out, struct pki *pki, const struct apk_build_signer *s,
		       struct span digest)
{
	CLEANUP(buffer_free)
	struct buffer data = BUFFER_INIT, one = BUFFER_INIT, certificates = BUFFER_INIT;

	record_put(&data, ECDSA, digest);
	prefixed_put(&certificates, s->by->der);
	prefixed_put(&data, buffer_span(&certificates));
	if (s->scheme != 2) {
		buffer_u32le(&data, s->min_sdk);
		buffer_u32le(&data, s->max_sdk);
	}
	attributes_put(&data, pki, s);
	prefixed_put(&one, buffer_span(&data));
	if (s->scheme != 2) {
		buffer_u32le(&one, s->min_sdk);
		buffer_u32le(&one, s->max_sdk);
	}
	record_put(&one, ECDSA, ecdsa(pki, s->by, buffer_span(&data)));
	prefixed_put(&one, key_of(s->by));
	prefixed_put(out, buffer_span(&one));
}

/* The pair of one scheme, if it has signers. */
static void scheme_put(struct buffer *pairs, struct pki *pki, const struct apk_build *plan,
		       unsigned scheme, struct span digest)
{
	static const uint32_t ids[] = { [2] = 0x7109871a, [3] = 0xf05368c0, [31] = 0x1b93ad61 };
	CLEANUP(buffer_free) struct buffer signers = BUFFER_INIT, value = BUFFER_INIT;

	for (size_t i = 0; i < APK_BUILD_SIGNERS; i++)
		if (plan->signers[i].scheme == scheme)
			signer_put(&signers, pki, &plan->signers[i], digest);
	prefixed_put(&value, buffer_span(&signers));
	if (signers.len > 0)
		forge_apk_pair(pairs, ids[scheme], buffer_span(&value));
}

static bool has_scheme(const struct apk_build *plan, unsigned scheme)
{
	for (size_t i = 0; i < APK_BUILD_SIGNERS; i++)
		if (plan->signers[i].scheme == scheme)
			return true;
	return false;
}

/* What the stamp signs of a scheme: { length, number of the kind, digest behind its length }.
 */
static void stamp_scheme_put(struct buffer *out, struct pki *pki,
			     const struct pki_certificate *by, unsigned scheme,
			     struct span digest)
{
	CLEANUP(buffer_free)
	struct buffer data = BUFFER_INIT, one = BUFFER_INIT, signatures = BUFFER_INIT;

	buffer_u32le(&data, (uint32_t)(8 + digest.len));
	buffer_u32le(&data, SHA256);
	prefixed_put(&data, digest);
	buffer_u32le(&one, scheme);
	record_put(&signatures, ECDSA, ecdsa(pki, by, buffer_span(&data)));
	buffer_add(&one, buffer_span(&signatures));
	prefixed_put(out, buffer_span(&one));
}

static void stamp_put(struct buffer *out, struct pki *pki, const struct apk_build *plan,
		      struct span digest)
{
	CLEANUP(buffer_free)
	struct buffer in = BUFFER_INIT, schemes = BUFFER_INIT, attributes = BUFFER_INIT,
		      all = BUFFER_INIT, past = BUFFER_INIT;

	prefixed_put(&in, plan->stamp_by->der);
	for (unsigned scheme = 2; scheme <= 3; scheme++)
		if (has_scheme(plan, scheme))
			stamp_scheme_put(&schemes, pki, plan->stamp_by, scheme, digest);
	prefixed_put(&in, buffer_span(&schemes));
	buffer_u32le(&attributes, 12);
	buffer_u32le(&attributes, 0xe43c5946);
	buffer_u64le(&attributes, 1600000000);
	if (plan->stamp_past[0]) {
		past_put(&past, pki, plan->stamp_past);
		attribute_add(&attributes, 0x9d6303f7, buffer_span(&past));
	}
	prefixed_put(&all, buffer_span(&attributes));
	prefixed_put(&in, buffer_span(&all));
	record_put(&in, ECDSA, ecdsa(pki, plan->stamp_by, buffer_span(&all)));
	prefixed_put(out, buffer_span(&in));
}

static void chunk_digest(struct buffer *out, struct span piece)
{
	CLEANUP(buffer_free) struct buffer chunk = BUFFER_INIT;
	struct digest d;

	buffer_char(&chunk, (char)0xa5);
	prefixed_put(&chunk, piece);
	d = sha256(buffer_span(&chunk));
	buffer_add(out, digest_span(&d));
}

/* Of an archive without block, whose pieces are shorter than a chunk. */
static void contents_digest(struct span archive, uint8_t out[32])
{
	CLEANUP(buffer_free) struct buffer top = BUFFER_INIT;
	struct cursor c = cursor_at(archive, archive.len - 22 + 16);
	uint32_t central = cursor_u32le(&c);
	struct digest d;

	buffer_char(&top, 0x5a);
	buffer_u32le(&top, 3);
	chunk_digest(&top, span_clip(archive, 0, central));
	chunk_digest(&top, span_clip(archive, central, archive.len - 22 - central));
	chunk_digest(&top, span_after(archive, archive.len - 22));
	d = sha256(buffer_span(&top));
	(void)span_copy(out, 32, digest_span(&d));
}

static void pairs_put(struct buffer *out, struct pki *pki, const struct apk_build *plan,
		      struct span digest, struct span *stamp)
{
	static const unsigned schemes[] = { 2, 3, 31 };
	CLEANUP(buffer_free) struct buffer value = BUFFER_INIT;

	for (size_t i = 0; i < COUNT_OF(schemes); i++)
		scheme_put(out, pki, plan, schemes[i], digest);
	if (plan->stamp_by)
		stamp_put(&value, pki, plan, digest);
	buffer_add(&value, plan->stamp_block);
	if (value.len > 0)
		forge_apk_pair(out, 0x6dff800d, buffer_span(&value));
	if (stamp)
		*stamp = pki_keep(pki, value.bytes, value.len);
}

void apk_build(struct buffer *out, struct pki *pki, const struct apk_build *plan,
	       uint8_t digest[32], struct span *stamp)
{
	CLEANUP(buffer_free)
	struct buffer manifest = BUFFER_INIT, archive = BUFFER_INIT, pairs = BUFFER_INIT,
		      block = BUFFER_INIT;
	const struct digest named = sha256(plan->stamp ? plan->stamp->der : SPAN_NONE);
	const struct zip_item items[] = {
		{.name = "AndroidManifest.xml", .data = SPAN_NONE                      },
		{ .name = "classes.dex",        .text = plan->text ? plan->text : "dex"},
		{ .name = "stamp-cert-sha256",  .data = digest_span(&named)            },
	};
	struct zip_item made[COUNT_OF(items)] = { items[0], items[1], items[2] };
	struct zip_plan zip = { .items = made, .n = plan->stamp ? 3 : 2 };
	const struct span whole = { digest, 32 };

	forge_apk_manifest(&manifest, plan->min_sdk, plan->package ? plan->package : "a.b");
	made[0].data = buffer_span(&manifest);
	zip_build(&archive, &zip);
	contents_digest(buffer_span(&archive), digest);
	pairs_put(&pairs, pki, plan, whole, stamp);
	forge_apk_block(&block, buffer_span(&pairs), 0);
	zip.block = buffer_span(&block);
	zip_build(out, &zip);
}

/* The hashes of all pages, filled up to one page; and the hash of that. */
static struct digest tree_make(struct span package, struct buffer *tree)
{
	static const uint8_t zeros[PAGE];

	for (uint64_t at = 0; at < package.len; at += PAGE) {
		const struct span page = span_clip(package, at, PAGE);
		const struct span parts[] = {
			page, {zeros, PAGE - page.len}
		};
		struct digest d;

		if (digest_of(DIGEST_SHA256, parts, 2, &d) != STATUS_OK)
			abort();
		buffer_add(tree, digest_span(&d));
	}
	buffer_add(tree, span_clip(SPAN_OF(zeros), 0, PAGE - tree->len));
	return sha256(buffer_span(tree));
}

static void info_put(struct buffer *out, struct pki *pki, const struct pki_certificate *by,
		     struct span digest, const struct idsig_build *plan, struct span hashing,
		     uint64_t size)
{
	CLEANUP(buffer_free) struct buffer data = BUFFER_INIT;

	buffer_u32le(&data, (uint32_t)(24 + hashing.len + digest.len + by->der.len));
	buffer_u64le(&data, size);
	buffer_add(&data, hashing);
	prefixed_put(&data, digest);
	prefixed_put(&data, by->der);
	buffer_u32le(&data, 0);
	prefixed_put(out, digest);
	prefixed_put(out, by->der);
	buffer_u32le(out, 0);
	prefixed_put(out, key_of(by));
	buffer_u32le(out, ECDSA);
	if (plan->bad_signature)
		buffer_char(&data, 0);
	prefixed_put(out, ecdsa(pki, by, buffer_span(&data)));
}

void idsig_build(struct buffer *out, struct pki *pki, struct span package,
		 const uint8_t digest[32], const struct idsig_build *plan)
{
	CLEANUP(buffer_free)
	struct buffer tree = BUFFER_INIT, hashing = BUFFER_INIT, infos = BUFFER_INIT,
		      more = BUFFER_INIT;
	struct digest root = tree_make(package, &tree), named = { DIGEST_SHA256, { 0 } };

	(void)span_copy(named.bytes, 32, (struct span){ digest, 32 });
	named.bytes[0] ^= plan->bad_digest;
	root.bytes[0] ^= plan->bad_root;
	tree.bytes[0] ^= plan->bad_tree;
	buffer_u32le(&hashing, 1);
	buffer_char(&hashing, 12);
	prefixed_put(&hashing, plan->salted ? SPAN_LITERAL("salt") : SPAN_NONE);
	prefixed_put(&hashing, digest_span(&root));
	info_put(&infos, pki, plan->by, digest_span(&named), plan, buffer_span(&hashing),
		 package.len);
	if (plan->also) {
		info_put(&more, pki, plan->also, digest_span(&named), plan,
			 buffer_span(&hashing), package.len);
		buffer_u32le(&infos, 0x1b93ad61);
		prefixed_put(&infos, buffer_span(&more));
	}
	buffer_u32le(out, 2);
	prefixed_put(out, buffer_span(&hashing));
	prefixed_put(out, buffer_span(&infos));
	if (!plan->no_tree)
		prefixed_put(out, buffer_span(&tree));
}
