/* SPDX-License-Identifier: MIT */
#include "store/list_bundle.h"

#include "trust/file.h"
#include "trust/pem.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define MAGIC_BYTES     8
#define SIGNATURE_BYTES (32 + ED25519_SIGNATURE_BYTES)

bool bundle_name_good(struct span name)
{
	for (uint64_t i = 0; i < name.len; i++) {
		uint8_t c = span_at(name, i);
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' &&
		    (c != '.' || i == 0))
			return false;
	}
	return name.len > 0 && name.len <= BUNDLE_MAX_NAME;
}

static void manifest_write(struct buffer *out, const struct bundle *b)
{
	buffer_text(out, BUNDLE_MAGIC);
	buffer_u32le(out, BUNDLE_VERSION);
	buffer_u32le(out, (uint32_t)b->content_kind);
	buffer_u32le(out, (uint32_t)b->kind);
	buffer_u16le(out, (uint16_t)b->name.len);
	buffer_add(out, b->name);
	buffer_u64le(out, b->sequence);
	buffer_add(out, SPAN_OF(b->previous));
	buffer_u64le(out, (uint64_t)b->created);
	buffer_u64le(out, (uint64_t)b->expires);
	buffer_u64le(out, b->n_entries);
	buffer_u64le(out, b->n_bytes);
	buffer_add(out, SPAN_OF(b->root));
}

static enum status manifest_digest(struct bundle *b, struct span manifest)
{
	struct digest digest;

	TRY(digest_of(DIGEST_SHA256, &manifest, 1, &digest));
	(void)span_copy(b->digest, sizeof(b->digest), digest_span(&digest));
	return STATUS_OK;
}

enum status bundle_write(struct buffer *out, struct bundle *b, const struct ed25519_key *keys,
			 size_t n)
{
	CLEANUP(buffer_free) struct buffer manifest = BUFFER_INIT;
	uint8_t signature[ED25519_SIGNATURE_BYTES];

	if (n > BUNDLE_MAX_SIGNATURES)
		return STATUS_USAGE;
	manifest_write(&manifest, b);
	TRY(buffer_status(&manifest));
	TRY(manifest_digest(b, buffer_span(&manifest)));
	buffer_add(out, buffer_span(&manifest));
	buffer_u32le(out, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		TRY(ed25519_sign(&keys[i], buffer_span(&manifest), signature));
		buffer_add(out, SPAN_OF(keys[i].id));
		buffer_add(out, SPAN_OF(signature));
	}
	return buffer_status(out);
}

enum status bundle_sign(struct buffer *out, const struct bundle *b,
			const struct ed25519_key *key)
{
	uint64_t n = b->signatures.len / SIGNATURE_BYTES;
	uint8_t signature[ED25519_SIGNATURE_BYTES];

	if (n == BUNDLE_MAX_SIGNATURES)
		return STATUS_LIMIT;
	TRY(ed25519_sign(key, b->manifest, signature));
	buffer_add(out, b->manifest);
	buffer_u32le(out, (uint32_t)n + 1);
	buffer_add(out, b->signatures);
	buffer_add(out, SPAN_OF(key->id));
	buffer_add(out, SPAN_OF(signature));
	buffer_add(out, b->content);
	return buffer_status(out);
}

static void manifest_read(struct cursor *c, struct bundle *out)
{
	uint32_t content = cursor_u32le(c), kind = cursor_u32le(c);

	out->content_kind =
		content < BUNDLE_CONTENTS ? (enum bundle_content)content : BUNDLE_NOTHING;
	out->kind = kind < BUNDLE_KINDS ? (enum bundle_kind)kind : BUNDLE_NO_KIND;
	out->name = cursor_take(c, cursor_u16le(c));
	out->sequence = cursor_u64le(c);
	(void)span_copy(out->previous, sizeof(out->previous), cursor_take(c, 32));
	out->created = (int64_t)cursor_u64le(c);
	out->expires = (int64_t)cursor_u64le(c);
	out->n_entries = cursor_u64le(c);
	out->n_bytes = cursor_u64le(c);
	(void)span_copy(out->root, sizeof(out->root), cursor_take(c, 32));
}

/* What its fields say together. */
static bool makes_sense(const struct bundle *b)
{
	bool differs = b->content_kind == BUNDLE_DENY || b->content_kind == BUNDLE_ALLOW;

	return bundle_name_good(b->name) && b->sequence > 0 && b->sequence <= INT64_MAX &&
	       b->content_kind != BUNDLE_NOTHING && b->kind != BUNDLE_NO_KIND &&
	       (b->kind == BUNDLE_SNAPSHOT || differs);
}

enum status bundle_read(struct span bytes, struct bundle *out, const char **problem)
{
	struct cursor c = cursor_at(bytes, MAGIC_BYTES);
	uint32_t version = cursor_u32le(&c), n;

	*out = (struct bundle){ 0 };
	*problem = "is cut short, or has bytes too many";
	if (!span_starts(bytes, BUNDLE_MAGIC, MAGIC_BYTES)) {
		*problem = "is no signed list";
		return STATUS_MALFORMED;
	}
	if (cursor_ok(&c) && version != BUNDLE_VERSION) {
		*problem = "was written by another version of assay";
		return STATUS_UNSUPPORTED;
	}
	manifest_read(&c, out);
	out->manifest = span_clip(bytes, 0, c.pos);
	n = cursor_u32le(&c);
	if (n > BUNDLE_MAX_SIGNATURES)
		cursor_fail(&c);
	out->signatures = cursor_take(&c, (uint64_t)n * SIGNATURE_BYTES);
	out->content = cursor_take(&c, out->n_bytes);
	if (!cursor_ok(&c) || cursor_left(&c) != 0)
		return STATUS_MALFORMED;
	if (!makes_sense(out)) {
		*problem = "is a signed list, but makes no sense";
		return STATUS_MALFORMED;
	}
	*problem = NULL;
	return manifest_digest(out, out->manifest);
}

/* Is one of the signatures good, and by this key?  NOT_SUPPORTED: none is by it. */
static enum signature_result signed_by(const struct bundle *b, const struct ed25519_key *key)
{
	struct cursor c = cursor_at(b->signatures, 0);
	enum signature_result result = SIGNATURE_NOT_SUPPORTED;

	while (cursor_left(&c) > 0) {
		struct span id = cursor_take(&c, 32);
		struct span signature = cursor_take(&c, ED25519_SIGNATURE_BYTES);

		if (!span_equal(id, SPAN_OF(key->id)))
			continue;
		result = ed25519_verify(key->open, b->manifest, signature);
		if (result != SIGNATURE_WRONG)
			break;
	}
	return result;
}

static bool has_key(const struct ed25519_key *keys, size_t n, const struct ed25519_key *key)
{
	for (size_t i = 0; i < n; i++)
		if (span_equal(SPAN_OF(keys[i].id), SPAN_OF(key->id)))
			return true;
	return false;
}

enum status bundle_verify(const struct bundle *b, const struct bundle_trust *trust,
			  const struct ed25519_key **out, const char **problem)
{
	size_t need = trust->need ? trust->need : 1, good = 0;

	*out = NULL;
	*problem = b->signatures.len == 0 ? "is not signed"
					  : "is not signed by a key that you trust";
	for (size_t i = 0; i < trust->n && good < need; i++) {
		const struct ed25519_key *key = &trust->keys[i];
		enum signature_result result;

		/* The same key twice is one key. */
		if (has_key(trust->keys, i, key))
			continue;
		result = signed_by(b, key);
		if (result == SIGNATURE_UNKNOWN)
			return STATUS_NO_MEMORY;
		if (result == SIGNATURE_WRONG)
			*problem = "has a wrong signature: it was altered";
		if (result != SIGNATURE_OK)
			continue;
		good++;
		if (!*out)
			*out = key;
	}
	if (good == need) {
		*problem = NULL;
		return STATUS_OK;
	}
	if (good > 0)
		*problem = "is signed by fewer of the keys that you trust than you ask for";
	return STATUS_USAGE;
}

bool bundle_altered(const struct bundle *b, const struct bundle_trust *trust)
{
	for (size_t i = 0; i < trust->n; i++)
		if (signed_by(b, &trust->keys[i]) == SIGNATURE_WRONG)
			return true;
	return false;
}

static enum status key_file_read(struct arena *a, const char *path, struct span *text,
				 const char **why)
{
	enum status status;
	int fd;

	status = file_open(AT_FDCWD, path, &fd);
	if (status == STATUS_OK) {
		status = file_read(fd, BUNDLE_MAX_KEY_FILE, a, text);
		(void)close(fd);
	}
	*why = status == STATUS_IO ? strerrordesc_np(errno) : "is no file of a key";
	return status;
}

static enum status key_parse(struct arena *a, struct span text, bool secret,
			     struct ed25519_key *out, const char **why)
{
	const char *label = secret ? "PRIVATE KEY" : "PUBLIC KEY";
	struct pem_block block;
	enum status status;
	struct span der;
	uint64_t at = 0;

	*why = secret ? "holds no private key (openssl genpkey -algorithm ed25519 makes one)"
		      : "holds no public key (openssl pkey -pubout makes one of a private key)";
	do {
		if (pem_next(text, &at, &block) != STATUS_OK)
			return STATUS_USAGE;
	} while (!pem_label_is(&block, label));
	status = pem_decode(a, block.body, &der);
	if (status == STATUS_OK)
		status =
			secret ? ed25519_private_read(der, out) : ed25519_public_read(der, out);
	*why = status == STATUS_UNSUPPORTED ? "holds a key of another kind than Ed25519"
					    : "holds a key that makes no sense";
	return status;
}

enum status bundle_key_read(struct arena *a, const char *path, bool secret,
			    struct ed25519_key *out, const char **problem)
{
	struct span text = SPAN_NONE;
	const char *why = NULL;
	enum status status = key_file_read(a, path, &text, &why);

	*problem = NULL;
	if (status == STATUS_OK)
		status = key_parse(a, text, secret, out, &why);
	if (status == STATUS_OK || status == STATUS_NO_MEMORY)
		return status;
	*problem = arena_printf(a, "%s: %s", path, why);
	return *problem ? STATUS_USAGE : STATUS_NO_MEMORY;
}
