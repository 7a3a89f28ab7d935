/* SPDX-License-Identifier: MIT */
#include "store/digest_list.h"

#include "base/hex.h"
#include "trust/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int by_digest(const void *a, const void *b)
{
	const struct digest_entry *x = (const struct digest_entry *)a;
	const struct digest_entry *y = (const struct digest_entry *)b;

	return memcmp(x->digest, y->digest, DIGEST_LIST_BYTES);
}

static enum status refuse(struct arena *a, const char *name, size_t line, const char *why,
			  const char **problem)
{
	*problem = arena_printf(a, "%s:%zu: %s", name, line, why);
	return *problem ? STATUS_USAGE : STATUS_NO_MEMORY;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct span trimmed(struct span s)
{
	uint64_t from = 0, to = s.len;

	while (from < to && is_blank(span_at(s, from)))
		from++;
	while (from < to && is_blank(span_at(s, to - 1)))
		to--;
	return span_clip(s, from, to - from);
}

/* NULL: it makes sense, or says nothing. */
static const char *line_take(struct arena *a, struct span line, struct digest_list *out)
{
	struct digest_entry *e = &out->entries[out->n];
	struct span hex = span_clip(line, 0, DIGEST_LIST_DIGITS);
	struct span reason = trimmed(span_after(line, hex.len));

	if (line.len == 0 || span_at(line, 0) == '#')
		return NULL;
	if (!hex_parse(hex, e->digest, DIGEST_LIST_BYTES) ||
	    (line.len > hex.len && !is_blank(span_at(line, hex.len))))
		return "a line is a SHA-256, 64 hexadecimal digits, and then perhaps a reason";
	if (reason.len > DIGEST_LIST_MAX_REASON)
		return "a reason has at most 200 octets";
	e->reason = arena_string(a, reason);
	out->n++;
	return NULL;
}

static size_t lines_of(struct span text)
{
	size_t n = 1;

	for (uint64_t at = 0; span_find(text, SPAN_LITERAL("\n"), at, &at); at++)
		n++;
	return n;
}

/* Sorts, and keeps one of each. */
static void settle(struct digest_list *list)
{
	size_t n = 0;

	if (list->n > 0)
		qsort(list->entries, list->n, sizeof(list->entries[0]), by_digest);
	for (size_t i = 0; i < list->n; i++)
		if (n == 0 || by_digest(&list->entries[n - 1], &list->entries[i]) != 0)
			list->entries[n++] = list->entries[i];
	list->n = n;
}

enum status digest_list_parse(struct arena *a, struct span text, const char *name,
			      struct digest_list *out, const char **problem)
{
	size_t room = lines_of(text);

	*out = (struct digest_list){ 0 };
	if (!text.ptr) /* an empty file */
		return STATUS_OK;
	if (room > DIGEST_LIST_MAX_ENTRIES + 1) /* behind the last newline is one, too */
		return refuse(a, name, DIGEST_LIST_MAX_ENTRIES, "too many lines", problem);
	out->entries = ARENA_NEW(a, struct digest_entry, room);
	if (!out->entries)
		return STATUS_NO_MEMORY;
	for (size_t line = 1; text.len > 0; line++) {
		uint64_t end;
		const char *why;

		if (!span_find(text, SPAN_LITERAL("\n"), 0, &end))
			end = text.len;
		why = line_take(a, trimmed(span_clip(text, 0, end)), out);
		if (why)
			return refuse(a, name, line, why, problem);
		text = span_after(text, end + 1);
	}
	settle(out);
	return STATUS_OK;
}

/* Whoever may write to it decides what runs. */
static const char *distrust(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "a list must be a regular file";
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return "a list must belong to root";
	return (st->st_mode & (S_IWGRP | S_IWOTH)) != 0 ? "others may write to this list"
							: NULL;
}

enum status digest_list_read(struct arena *a, const char *path, struct digest_list *out,
			     const char **problem)
{
	enum status status = STATUS_USAGE;
	const char *why = NULL;
	struct span text = SPAN_NONE;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	*out = (struct digest_list){ 0 };
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return STATUS_OK;
	if (fd < 0 || fstat(fd, &st) != 0)
		why = strerrordesc_np(errno);
	else
		why = distrust(&st);
	if (!why)
		status = file_read(fd, DIGEST_LIST_MAX_FILE, a, &text);
	if (fd >= 0)
		(void)close(fd);
	if (status == STATUS_OK)
		return digest_list_parse(a, text, path, out, problem);
	*problem = arena_printf(a, "%s: %s", path, why ? why : status_text(status));
	return *problem ? STATUS_USAGE : STATUS_NO_MEMORY;
}

static const struct digest_entry *entry_of(const struct digest_list *list, struct span digest)
{
	struct digest_entry key = { .reason = NULL };

	if (digest.len != DIGEST_LIST_BYTES || list->n == 0)
		return NULL;
	(void)span_copy(key.digest, sizeof(key.digest), digest);
	return (const struct digest_entry *)bsearch(&key, list->entries, list->n,
						    sizeof(list->entries[0]), by_digest);
}

bool digest_list_has(const struct digest_list *list, struct span digest)
{
	return entry_of(list, digest) != NULL;
}

/* On one line, and short enough to be read again. */
static const char *reason_clean(struct arena *a, const char *reason)
{
	CLEANUP(buffer_free) struct buffer clean = BUFFER_INIT;
	struct span text =
		span_clip(SPAN_TEXT(reason ? reason : ""), 0, DIGEST_LIST_MAX_REASON);

	for (uint64_t i = 0; i < text.len; i++)
		if (span_at(text, i) < ' ' || span_at(text, i) == 0x7f)
			buffer_char(&clean, '?');
		else
			buffer_add(&clean, span_clip(text, i, 1));
	return buffer_status(&clean) == STATUS_OK ? arena_string(a, buffer_span(&clean)) : NULL;
}

static enum status room_make(struct arena *a, struct digest_list *list)
{
	size_t room = list->n + list->n / 4 + 16;
	struct digest_entry *more;

	if (list->n < list->room)
		return STATUS_OK;
	more = ARENA_NEW(a, struct digest_entry, room);
	if (!more)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < list->n; i++)
		more[i] = list->entries[i];
	list->entries = more;
	list->room = room;
	return STATUS_OK;
}

enum status digest_list_add(struct arena *a, struct digest_list *list, struct span digest,
			    const char *reason, bool *changed)
{
	struct digest_entry fresh = { .reason = reason_clean(a, reason) };
	size_t at = list->n;

	*changed = false;
	if (digest_list_has(list, digest))
		return STATUS_OK;
	if (list->n == DIGEST_LIST_MAX_ENTRIES)
		return STATUS_LIMIT;
	if (!fresh.reason)
		return STATUS_NO_MEMORY;
	TRY(room_make(a, list));
	(void)span_copy(fresh.digest, DIGEST_LIST_BYTES, digest);
	for (; at > 0 && by_digest(&list->entries[at - 1], &fresh) > 0; at--)
		list->entries[at] = list->entries[at - 1];
	list->entries[at] = fresh;
	list->n++;
	*changed = true;
	return STATUS_OK;
}

bool digest_list_remove(struct digest_list *list, struct span digest)
{
	const struct digest_entry *gone = entry_of(list, digest);
	size_t n = 0;

	for (size_t i = 0; gone && i < list->n; i++)
		if (by_digest(&list->entries[i], gone) != 0)
			list->entries[n++] = list->entries[i];
	if (gone)
		list->n = n;
	return gone != NULL;
}

enum status digest_list_write(const char *path, const struct digest_list *list)
{
	CLEANUP(buffer_free) struct buffer text = { .limit = DIGEST_LIST_MAX_FILE };

	for (size_t i = 0; i < list->n; i++) {
		const struct digest_entry *e = &list->entries[i];

		buffer_hex(&text, SPAN_OF(e->digest));
		if (e->reason && *e->reason)
			buffer_printf(&text, " %s", e->reason);
		buffer_char(&text, '\n');
	}
	TRY(buffer_status(&text));
	return file_replace(path, buffer_span(&text));
}
