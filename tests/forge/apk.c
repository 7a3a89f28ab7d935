/* SPDX-License-Identifier: MIT */
#include "tests/forge/apk.h"

#include "tests/forge/signing.h"

#define MAGIC           "APK Sig Block 42"
#define RSA_SHA256      0x0103U
#define LAST_SDK        0x7fffffffU
#define FIRST_SDK_OF_V3 28U
#define END_BYTES       22

/* A chunk of binary XML. */
static void chunk_put(struct buffer *out, uint16_t type, uint16_t header, struct span inside)
{
	buffer_u16le(out, type);
	buffer_u16le(out, header);
	buffer_u32le(out, (uint32_t)(8 + inside.len));
	buffer_add(out, inside);
}

static void attribute_put(struct buffer *out, uint32_t name, uint8_t type, uint32_t value)
{
	buffer_u32le(out, UINT32_MAX);
	buffer_u32le(out, name);
	buffer_u32le(out, UINT32_MAX);
	buffer_u16le(out, 8);
	buffer_char(out, 0);
	buffer_char(out, (char)type);
	buffer_u32le(out, value);
}

static void element_put(struct buffer *out, uint32_t name, struct span attributes)
{
	CLEANUP(buffer_free) struct buffer inside = BUFFER_INIT;

	buffer_u32le(&inside, 1);          /* line */
	buffer_u32le(&inside, UINT32_MAX); /* comment */
	buffer_u32le(&inside, UINT32_MAX); /* name space */
	buffer_u32le(&inside, name);
	buffer_u16le(&inside, 20);
	buffer_u16le(&inside, 20);
	buffer_u16le(&inside, (uint16_t)(attributes.len / 20));
	buffer_u16le(&inside, 0);
	buffer_u32le(&inside, 0);
	buffer_add(&inside, attributes);
	chunk_put(out, 0x0102, 16, buffer_span(&inside));
}

void forge_apk_manifest(struct buffer *out, uint32_t min_sdk, const char *package)
{
	const char *const strings[] = { "lie", "package", package, "manifest", "uses-sdk" };
	CLEANUP(buffer_free)
	struct buffer pool = BUFFER_INIT, data = BUFFER_INIT, all = BUFFER_INIT,
		      attributes = BUFFER_INIT, ids = BUFFER_INIT;

	buffer_u32le(&pool, COUNT_OF(strings));
	buffer_u32le(&pool, 0);
	buffer_u32le(&pool, 1 << 8); /* UTF-8 */
	buffer_u32le(&pool, 28 + 4 * COUNT_OF(strings));
	buffer_u32le(&pool, 0);
	for (size_t i = 0; i < COUNT_OF(strings); i++) {
		buffer_u32le(&pool, (uint32_t)data.len);
		buffer_char(&data, (char)strlen(strings[i]));
		buffer_char(&data, (char)strlen(strings[i]));
		buffer_text(&data, strings[i]);
		buffer_char(&data, 0);
	}
	buffer_add(&pool, buffer_span(&data));
	chunk_put(&all, 0x0001, 28, buffer_span(&pool));
	buffer_u32le(&ids, 0x0101020c);
	chunk_put(&all, 0x0180, 8, buffer_span(&ids));
	attribute_put(&attributes, 1, 0x03, 2);
	element_put(&all, 3, buffer_span(&attributes));
	buffer_clear(&attributes);
	attribute_put(&attributes, 0, 0x10, min_sdk);
	element_put(&all, 4, buffer_span(&attributes));
	chunk_put(out, 0x0003, 8, buffer_span(&all));
}

void forge_apk_pair(struct buffer *out, uint32_t id, struct span value)
{
	buffer_u64le(out, value.len + 4);
	buffer_u32le(out, id);
	buffer_add(out, value);
}

void forge_apk_block(struct buffer *out, struct span pairs, uint64_t more)
{
	buffer_u64le(out, pairs.len + 24 + more);
	buffer_add(out, pairs);
	buffer_u64le(out, pairs.len + 24);
	buffer_text(out, MAGIC);
}

/* @in behind its length. */
static void long_put(struct buffer *out, struct span in)
{
	buffer_u32le(out, (uint32_t)in.len);
	buffer_add(out, in);
}

/* Of one piece that is no longer than a chunk. */
static void chunk_digest(struct buffer *out, struct span piece)
{
	CLEANUP(buffer_free) struct buffer head = BUFFER_INIT;
	struct forge_digest d;

	buffer_char(&head, (char)0xa5);
	buffer_u32le(&head, (uint32_t)piece.len);
	d = forge_digest_of("SHA256", (const struct span[]){ buffer_span(&head), piece }, 2);
	buffer_add(out, forge_digest_span(&d));
}

/* The offset of the directory in @archive, which ends without a comment. */
static size_t directory_at(const struct buffer *archive)
{
	return (size_t)forge_get(archive, archive->len - END_BYTES + 16, 4);
}

/* Of entries, directory and end of an archive without block. */
static struct forge_digest contents_digest(const struct buffer *archive)
{
	CLEANUP(buffer_free) struct buffer top = BUFFER_INIT;
	struct span all = buffer_span(archive), bytes;
	size_t directory = directory_at(archive), end = archive->len - END_BYTES;

	buffer_char(&top, 0x5a);
	buffer_u32le(&top, 3);
	chunk_digest(&top, span_clip(all, 0, directory));
	chunk_digest(&top, span_clip(all, directory, end - directory));
	chunk_digest(&top, span_after(all, end));
	bytes = buffer_span(&top);
	return forge_digest_of("SHA256", &bytes, 1);
}

/* A list of one pair of algorithm and bytes. */
static void pair_list(struct buffer *out, struct span bytes)
{
	CLEANUP(buffer_free) struct buffer pair = BUFFER_INIT;

	buffer_u32le(&pair, RSA_SHA256);
	long_put(&pair, bytes);
	buffer_u32le(out, (uint32_t)pair.len + 4);
	long_put(out, buffer_span(&pair));
}

static void signed_data(struct forge *f, struct span digest, bool v3, struct buffer *out)
{
	struct span certificate = forge_identity(f, "good")->der;

	pair_list(out, digest);
	buffer_u32le(out, (uint32_t)certificate.len + 4);
	long_put(out, certificate);
	if (v3) {
		buffer_u32le(out, FIRST_SDK_OF_V3);
		buffer_u32le(out, LAST_SDK);
	}
	long_put(out, SPAN_NONE);
}

static struct span block_sign(struct forge *f, struct span octets)
{
	const struct forge_signer signer = { .certificate = forge_identity(f, "good"),
					     .digest = "SHA256",
					     .content = octets };

	return forge_signer_sign(f, &signer);
}

static void scheme_put(struct forge *f, struct span digest, uint32_t id, struct buffer *pairs)
{
	CLEANUP(buffer_free) struct buffer data = BUFFER_INIT, signer = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer value = BUFFER_INIT;
	bool v3 = id == FORGE_APK_V3;

	signed_data(f, digest, v3, &data);
	long_put(&signer, buffer_span(&data));
	if (v3) {
		buffer_u32le(&signer, FIRST_SDK_OF_V3);
		buffer_u32le(&signer, LAST_SDK);
	}
	pair_list(&signer, block_sign(f, buffer_span(&data)));
	long_put(&signer, forge_public_key(f, forge_identity(f, "good")));
	buffer_u32le(&value, (uint32_t)signer.len + 4);
	long_put(&value, buffer_span(&signer));
	forge_apk_pair(pairs, id, buffer_span(&value));
}

void forge_apk_sign(struct forge *f, const struct zip_plan *plan, const uint32_t *ids,
		    size_t n_ids, struct buffer *out)
{
	CLEANUP(buffer_free) struct buffer archive = BUFFER_INIT, pairs = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer block = BUFFER_INIT;
	struct zip_plan with = *plan;
	struct forge_digest d;

	zip_build(&archive, plan);
	d = contents_digest(&archive);
	for (size_t i = 0; i < n_ids; i++)
		scheme_put(f, forge_digest_span(&d), ids[i], &pairs);
	forge_apk_block(&block, buffer_span(&pairs), 0);
	with.block = buffer_span(&block);
	zip_build(out, &with);
}
