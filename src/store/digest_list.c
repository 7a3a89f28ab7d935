/* SPDX-License-Identifier: MIT */
#include "store/digest_list.h"

#include "base/hex.h"
#include "base/time.h"
#include "source/believed.h"
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

const char *digest_entry_prefix(enum digest_entry_type type)
{
	if (type == DIGEST_ENTRY_IMAGE)
		return "image:";
	return type == DIGEST_ENTRY_CERTIFICATE ? "certificate:" : "";
}

bool digest_entry_parse(struct span text, struct digest_entry *out)
{
	*out = (struct digest_entry){ .type = DIGEST_ENTRY_FILE, .reason = "", .author = "" };
	for (int i = DIGEST_ENTRY_IMAGE; i < DIGEST_ENTRY_TYPES; i++) {
		struct span prefix = SPAN_TEXT(digest_entry_prefix((enum digest_entry_type)i));

		if (span_equal(span_clip(text, 0, prefix.len), prefix)) {
			out->type = (enum digest_entry_type)i;
			text = span_after(text, prefix.len);
		}
	}
	return hex_parse(text, out->digest, DIGEST_LIST_BYTES);
}

/* The first word of @text, which goes on behind it. */
static struct span word_take(struct span *text)
{
	uint64_t end = 0;
	struct span word;

	while (end < text->len && !is_blank(span_at(*text, end)))
		end++;
	word = span_clip(*text, 0, end);
	*text = trimmed(span_after(*text, end));
	return word;
}

static bool until_take(struct arena *a, struct span *text, int64_t *until)
{
	struct span rest = *text, word = word_take(&rest);
	const char *time;

	if (!span_starts(word, "until=", 6))
		return true;
	*text = rest;
	time = arena_string(a, span_after(word, 6));
	return time && time_parse(time, until) && *until > 0;
}

/* NULL: it makes sense, or says nothing. */
static const char *line_take(struct arena *a, struct span line, struct digest_list *out)
{
	struct digest_entry *e = &out->entries[out->n];
	struct span digest;

	if (line.len == 0 || span_at(line, 0) == '#')
		return NULL;
	digest = word_take(&line);
	if (!digest_entry_parse(digest, e))
		return "a line is a SHA-256, 64 hexadecimal digits, and then perhaps a reason";
	if (!until_take(a, &line, &e->until))
		return "until= is followed by a time such as 2027-01-31 (RFC 3339)";
	if (line.len > DIGEST_LIST_MAX_REASON)
		return "a reason has at most 200 octets";
	e->reason = arena_string(a, line);
	if (!e->reason)
		return "there is no memory for it";
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

/* What lasts longest comes first. */
static int by_digest_and_time(const void *a, const void *b)
{
	const struct digest_entry *x = (const struct digest_entry *)a;
	const struct digest_entry *y = (const struct digest_entry *)b;
	int64_t until_x = x->until ? x->until : INT64_MAX;
	int64_t until_y = y->until ? y->until : INT64_MAX;
	int order = by_digest(a, b);

	return order ? order : (until_x < until_y) - (until_x > until_y);
}

/* Sorts, and keeps one of each. */
static void settle(struct digest_list *list)
{
	size_t n = 0;

	if (list->n > 0)
		qsort(list->entries, list->n, sizeof(list->entries[0]), by_digest_and_time);
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
		why = believed_problem(&st, 0,
				       true); /* who may write to it decides what runs */
	if (!why)
		status = file_read(fd, DIGEST_LIST_MAX_FILE, a, &text);
	if (fd >= 0)
		(void)close(fd);
	if (status == STATUS_OK)
		return digest_list_parse(a, text, path, out, problem);
	*problem = arena_printf(a, "%s: %s", path, why ? why : status_text(status));
	return *problem ? STATUS_USAGE : STATUS_NO_MEMORY;
}

static struct digest_entry *entry_of(const struct digest_list *list, struct span digest)
{
	struct digest_entry key = { .reason = NULL };

	if (digest.len != DIGEST_LIST_BYTES || list->n == 0)
		return NULL;
	(void)span_copy(key.digest, sizeof(key.digest), digest);
	return (struct digest_entry *)bsearch(&key, list->entries, list->n,
					      sizeof(list->entries[0]), by_digest);
}

const struct digest_entry *digest_list_find(const struct digest_list *list, struct span digest)
{
	return entry_of(list, digest);
}

bool digest_list_has(const struct digest_list *list, struct span digest)
{
	return entry_of(list, digest) != NULL;
}

bool digest_list_holds(const struct digest_list *list, struct span digest, int64_t now)
{
	const struct digest_entry *e = entry_of(list, digest);

	return e && (e->until == 0 || e->until > now);
}

int64_t digest_list_ends(const struct digest_list *list, int64_t now)
{
	int64_t ends = INT64_MAX;

	for (size_t i = 0; i < list->n; i++) {
		int64_t until = list->entries[i].until;

		if (until > now && until < ends)
			ends = until;
	}
	return ends;
}

/* On one line, short enough to be read again, and no time. */
static const char *reason_clean(struct arena *a, const char *reason)
{
	CLEANUP(buffer_free) struct buffer clean = BUFFER_INIT;
	struct span text =
		span_clip(SPAN_TEXT(reason ? reason : ""), 0, DIGEST_LIST_MAX_REASON);

	if (span_starts(trimmed(text), "until=", 6))
		text = SPAN_NONE;
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

enum status digest_list_add(struct arena *a, struct digest_list *list,
			    const struct digest_entry *entry, bool *changed)
{
	struct digest_entry *there = entry_of(list, SPAN_OF(entry->digest));
	struct digest_entry fresh = *entry;
	size_t at = list->n;

	*changed = false;
	fresh.reason = reason_clean(a, entry->reason);
	if (!fresh.reason)
		return STATUS_NO_MEMORY;
	if (there) {
		/* It may last shorter or longer than before, or for another reason. */
		*changed =
			there->until != fresh.until || strcmp(there->reason, fresh.reason) != 0;
		if (*changed)
			*there = fresh;
		return STATUS_OK;
	}
	if (list->n == DIGEST_LIST_MAX_ENTRIES)
		return STATUS_LIMIT;
	TRY(room_make(a, list));
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
		struct time_text until;

		buffer_text(&text, digest_entry_prefix(e->type));
		buffer_hex(&text, SPAN_OF(e->digest));
		if (e->until != 0 && time_format(e->until, &until))
			buffer_printf(&text, " until=%s", until.text);
		if (e->reason && *e->reason)
			buffer_printf(&text, " %s", e->reason);
		buffer_char(&text, '\n');
	}
	TRY(buffer_status(&text));
	return file_replace(path, buffer_span(&text));
}
