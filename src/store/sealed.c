/* SPDX-License-Identifier: MIT */
#include "store/sealed.h"

#include "base/cursor.h"
#include "base/memory.h"
#include "crypto/digest.h"
#include <stdatomic.h>

#define HEAD_BYTES (SEALED_MAGIC + 4)
#define FOOT_BYTES ((SEALED_NUMBERS + 1) * 8 + 32 + SEALED_MAGIC)

static enum status damaged(const char **problem, const char *how)
{
	*problem = how;
	return STATUS_MALFORMED;
}

static enum status foot_read(struct span foot, struct sealed *out, uint64_t *body)
{
	struct cursor c = cursor_at(foot, 0);
	struct span parts[2] = { out->sums, span_clip(foot, 0, (SEALED_NUMBERS + 1) * 8) };
	struct digest digest;
	struct span root;

	for (size_t i = 0; i < SEALED_NUMBERS; i++)
		out->numbers[i] = cursor_u64le(&c);
	*body = cursor_u64le(&c);
	root = cursor_take(&c, 32);
	TRY(digest_of(DIGEST_SHA256, parts, 2, &digest));
	(void)span_copy(out->root, sizeof(out->root), root);
	return digest_equal(&digest, root) ? STATUS_OK : STATUS_MALFORMED;
}

enum status sealed_open(struct span bytes, const char *magic, uint32_t version,
			struct sealed *out, const char **problem)
{
	struct cursor c = cursor_at(bytes, SEALED_MAGIC);
	struct span foot, number;
	uint64_t body, again, n_blocks;

	*out = (struct sealed){ 0 };
	if (!span_starts(bytes, magic, SEALED_MAGIC) || bytes.len < HEAD_BYTES + FOOT_BYTES)
		return damaged(problem, "this is no such file");
	if (cursor_u32le(&c) != version) {
		*problem = "this file is of another version";
		return STATUS_UNSUPPORTED;
	}
	foot = span_after(bytes, bytes.len - FOOT_BYTES);
	number = span_clip(foot, SEALED_NUMBERS * 8, 8);
	c = cursor_at(number, 0);
	body = cursor_u64le(&c);
	n_blocks = body / SEALED_BLOCK + (body % SEALED_BLOCK != 0);
	if (body < HEAD_BYTES || body > bytes.len || !span_part(bytes, 0, body, &out->body) ||
	    n_blocks * SEALED_SUM_BYTES != bytes.len - FOOT_BYTES - body ||
	    !span_part(bytes, body, n_blocks * SEALED_SUM_BYTES, &out->sums) ||
	    !span_starts(span_after(foot, FOOT_BYTES - SEALED_MAGIC), magic, SEALED_MAGIC))
		return damaged(problem, "this file is cut short or damaged");
	if (foot_read(foot, out, &again) != STATUS_OK)
		return damaged(problem, "this file is damaged");
	out->checked = memory_new((size_t)(n_blocks / 64 + 1), sizeof(*out->checked));
	return out->checked ? STATUS_OK : STATUS_NO_MEMORY;
}

void sealed_close(struct sealed *s)
{
	memory_free(s->checked);
	*s = (struct sealed){ 0 };
}

/* Is block @b what its sum says?  Asked once. */
static bool block_good(const struct sealed *s, uint64_t b)
{
	_Atomic uint64_t *word = &s->checked[b / 64];
	uint64_t bit = UINT64_C(1) << (b % 64);
	struct span bytes = span_clip(s->body, b * SEALED_BLOCK, SEALED_BLOCK), sum;
	struct digest digest;

	if (atomic_load_explicit(word, memory_order_relaxed) & bit)
		return true;
	if (!span_part(s->sums, b * SEALED_SUM_BYTES, SEALED_SUM_BYTES, &sum) ||
	    digest_of(DIGEST_SHA256, &bytes, 1, &digest) != STATUS_OK ||
	    !digest_equal(&digest, sum))
		return false;
	(void)atomic_fetch_or_explicit(word, bit, memory_order_relaxed);
	return true;
}

bool sealed_part(const struct sealed *s, uint64_t off, uint64_t len, struct span *out)
{
	if (!span_part(s->body, off, len, out))
		return false;
	for (uint64_t b = off / SEALED_BLOCK; len > 0 && b <= (off + len - 1) / SEALED_BLOCK;
	     b++)
		if (!block_good(s, b))
			return false;
	return true;
}

enum status sealed_writer_begin(struct sealed_writer *w, const char *path, const char *magic,
				uint32_t version)
{
	CLEANUP(buffer_free) struct buffer head = BUFFER_INIT;

	*w = (struct sealed_writer){ .magic = magic };
	TRY(new_file_begin(path, &w->file));
	buffer_add(&head, (struct span){ (const uint8_t *)magic, SEALED_MAGIC });
	buffer_u32le(&head, version);
	w->status = buffer_status(&head);
	sealed_writer_add(w, buffer_span(&head));
	return STATUS_OK;
}

static enum status block_flush(struct sealed_writer *w, size_t len)
{
	struct span block = span_clip(buffer_span(&w->waiting), 0, len);
	struct digest digest;

	TRY(digest_of(DIGEST_SHA256, &block, 1, &digest));
	buffer_add(&w->sums, digest_span(&digest));
	TRY(buffer_status(&w->sums));
	TRY(new_file_write(&w->file, block));
	buffer_drop(&w->waiting, len);
	w->written += len;
	return STATUS_OK;
}

void sealed_writer_add(struct sealed_writer *w, struct span bytes)
{
	for (uint64_t at = 0; at < bytes.len && w->status == STATUS_OK; at += SEALED_BLOCK) {
		buffer_add(&w->waiting, span_clip(bytes, at, SEALED_BLOCK));
		w->status = buffer_status(&w->waiting);
		if (w->status == STATUS_OK && w->waiting.len >= SEALED_BLOCK)
			w->status = block_flush(w, SEALED_BLOCK);
	}
}

uint64_t sealed_writer_at(const struct sealed_writer *w)
{
	return w->written + w->waiting.len;
}

enum status sealed_writer_finish(struct sealed_writer *w,
				 const uint64_t numbers[SEALED_NUMBERS])
{
	CLEANUP(buffer_free) struct buffer foot = BUFFER_INIT;
	struct digest digest;

	TRY(w->status);
	if (w->waiting.len > 0)
		TRY(block_flush(w, w->waiting.len));
	for (size_t i = 0; i < SEALED_NUMBERS; i++)
		buffer_u64le(&foot, numbers[i]);
	buffer_u64le(&foot, w->written);
	TRY(digest_of(DIGEST_SHA256,
		      (const struct span[]){ buffer_span(&w->sums), buffer_span(&foot) }, 2,
		      &digest));
	(void)span_copy(w->root, sizeof(w->root), digest_span(&digest));
	buffer_add(&foot, digest_span(&digest));
	buffer_add(&foot, (struct span){ (const uint8_t *)w->magic, SEALED_MAGIC });
	TRY(buffer_status(&foot));
	TRY(new_file_write(&w->file, buffer_span(&w->sums)));
	return new_file_write(&w->file, buffer_span(&foot));
}

enum status sealed_writer_commit(struct sealed_writer *w)
{
	return new_file_commit(&w->file);
}

void sealed_writer_end(struct sealed_writer *w)
{
	new_file_end(&w->file);
	buffer_free(&w->waiting);
	buffer_free(&w->sums);
}
