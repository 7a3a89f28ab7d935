/* SPDX-License-Identifier: MIT */
#include "store/journal_file.h"

#include "base/cursor.h"
#include "base/slot.h"
#include "base/time.h"
#include "crypto/digest.h"
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENDING ".journal"

struct journal_name journal_name_of(const char *name)
{
	struct journal_name out = { { 0 } };

	(void)span_copy(out.text, sizeof(out.text) - 1, SPAN_TEXT(name));
	return out;
}

struct journal_name journal_name_at(int64_t time)
{
	struct journal_name out = { { 0 } };
	struct time_text text;

	/* A clock that is out of its mind writes on the first of all days. */
	if (!time_format(time, &text))
		(void)time_format(0, &text);
	(void)snprintf(out.text, sizeof(out.text), "%.10s" ENDING, text.text);
	return out;
}

bool journal_name_good(const char *name)
{
	struct span text = SPAN_TEXT(name), ending = SPAN_LITERAL(ENDING);
	int64_t unused;
	char day[11] = "";

	if (text.len != 10 + ending.len || !span_equal(span_after(text, 10), ending))
		return false;
	(void)span_copy(day, 10, text);
	return time_parse(day, &unused);
}

enum status journal_digest(const struct span *parts, size_t n, uint8_t out[JOURNAL_DIGEST])
{
	struct digest digest;

	TRY(digest_of(DIGEST_SHA256, parts, n, &digest));
	(void)span_copy(out, JOURNAL_DIGEST, digest_span(&digest));
	return STATUS_OK;
}

enum status journal_file_load(int fd, struct arena *a, struct span *out)
{
	struct stat st;
	struct slot all, left;

	*out = SPAN_NONE;
	if (fstat(fd, &st) != 0)
		return STATUS_IO;
	if ((uint64_t)st.st_size > JOURNAL_FILE_MAX)
		return STATUS_LIMIT;
	all.len = (size_t)st.st_size;
	all.ptr = ARENA_NEW(a, uint8_t, all.len + 1);
	if (!all.ptr)
		return STATUS_NO_MEMORY;
	left = all;
	while (left.len > 0) {
		ssize_t n = pread(fd, left.ptr, left.len, (off_t)(all.len - left.len));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return STATUS_IO;
		if (n == 0)
			break;
		left = slot_after(left, (uint64_t)n);
	}
	*out = span_clip(slot_span(all), 0, all.len - left.len);
	return STATUS_OK;
}

/* One whole record at @c whose digest holds; False: it does not. */
static bool record_next(struct cursor *c, const uint8_t before[JOURNAL_DIGEST],
			struct journal_record *out, uint8_t digest[JOURNAL_DIGEST])
{
	struct span parts[2] = { { before, JOURNAL_DIGEST }, SPAN_NONE }, stored;
	size_t from = c->pos;
	uint32_t len;

	if (!span_equal(cursor_take(c, 4), SPAN_LITERAL(JOURNAL_MAGIC)))
		return false;
	len = cursor_u32le(c);
	out->type = cursor_u16le(c);
	out->version = cursor_u16le(c);
	(void)span_copy(out->id.bytes, sizeof(out->id.bytes), cursor_take(c, 16));
	out->time = (int64_t)cursor_u64le(c);
	if (len > JOURNAL_RECORD_MAX)
		return false;
	out->payload = cursor_take(c, len);
	if (!cursor_ok(c) || !span_part(c->in, from, c->pos - from, &parts[1]))
		return false;
	stored = cursor_take(c, JOURNAL_DIGEST);
	return cursor_ok(c) && journal_digest(parts, 2, digest) == STATUS_OK &&
	       span_equal(stored, (struct span){ digest, JOURNAL_DIGEST });
}

enum status journal_file_pass(struct span bytes, struct journal_pass *pass)
{
	struct cursor c = cursor_at(bytes, 0);
	uint8_t chain[JOURNAL_DIGEST] = { 0 }, digest[JOURNAL_DIGEST];
	struct journal_record r;

	pass->size = bytes.len;
	pass->good = 0;
	pass->n_records = 0;
	/* An empty file is a day that nobody began: nothing is missing before it. */
	pass->follows = bytes.len == 0;
	if (!record_next(&c, chain, &r, digest) || r.type != JOURNAL_BEGIN)
		return STATUS_OK;
	pass->follows = span_equal(r.payload, SPAN_OF(pass->last));
	do {
		(void)span_copy(chain, sizeof(chain), SPAN_OF(digest));
		(void)span_copy(pass->last, sizeof(pass->last), SPAN_OF(digest));
		pass->good = c.pos;
		if (r.type == JOURNAL_BEGIN)
			continue;
		pass->n_records++;
		if (pass->each)
			TRY(pass->each(pass->context, &r));
	} while (cursor_left(&c) > 0 && record_next(&c, chain, &r, digest));
	return STATUS_OK;
}
