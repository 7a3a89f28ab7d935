/* SPDX-License-Identifier: MIT */
#include "countermeasures/local_file_permissions/statement.h"

#include "base/hex.h"
#include "base/units.h"
#include "host/object.h"
#include <pwd.h>

#define ID_DIGITS_MIN 6
#define ID_DIGITS_MAX 32

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static size_t words_split(struct span text, struct span words[PERMIT_MAX_WORDS + 1])
{
	size_t n = 0;

	for (uint64_t at = 0; at < text.len && n <= PERMIT_MAX_WORDS;) {
		uint64_t end = at;

		while (end < text.len && !is_blank(span_at(text, end)))
			end++;
		if (end > at)
			words[n++] = span_clip(text, at, end - at);
		at = end + 1;
	}
	return n;
}

static bool octal_parse(struct span text, uint32_t *out)
{
	*out = 0;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = span_at(text, i);

		if (c < '0' || c > '7' || *out > 07777 / 8)
			return false;
		*out = *out * 8 + (uint32_t)(c - '0');
	}
	return text.len > 0;
}

static bool owner_parse(struct arena *a, struct span text, uint32_t *out)
{
	const char *name = arena_string(a, text);
	const struct passwd *user = name ? getpwnam(name) : NULL;
	uint64_t number;

	if (user) {
		*out = user->pw_uid;
		return true;
	}
	if (!name || !units_number(name, &number) || number >= UINT32_MAX)
		return false;
	*out = (uint32_t)number;
	return true;
}

static bool word_take(struct arena *a, struct span word, struct permit_statement *out)
{
	static const struct {
		const char *name;
		uint32_t flag;
	} options[] = {
		{"noexec",  OBJECT_NOEXEC},
		{ "nosuid", OBJECT_NOSUID},
		{ "nodev",  OBJECT_NODEV },
	};

	if (out->kind == PERMIT_STATEMENT_MOUNT) {
		for (size_t i = 0; i < COUNT_OF(options); i++)
			if (span_equal(word, SPAN_TEXT(options[i].name))) {
				out->mount_flags |= options[i].flag;
				return true;
			}
		return false;
	}
	if (span_equal(word, SPAN_LITERAL("immutable")))
		return out->immutable = true;
	if (span_starts(word, "owner=", 6))
		return out->has_owner = owner_parse(a, span_after(word, 6), &out->owner);
	if (span_starts(word, "mode<=", 6))
		return out->has_mode = octal_parse(span_after(word, 6), &out->mode);
	return false;
}

static bool deny_parse(struct arena *a, struct span word, struct permit_statement *out)
{
	CLEANUP(buffer_free) struct buffer bytes = BUFFER_INIT;

	out->place = arena_string(a, word);
	out->has_sha256 = hex_parse(word, out->sha256, sizeof(out->sha256));
	return out->has_sha256 ||
	       (word.len >= ID_DIGITS_MIN && word.len <= ID_DIGITS_MAX &&
		hex_decode(&bytes, span_clip(word, 0, word.len & ~1UL)) == STATUS_OK);
}

static enum status refuse(const char **why, const char *text)
{
	*why = text;
	return STATUS_USAGE;
}

enum status permit_statement_parse(struct arena *a, enum permit_statement_kind kind,
				   const char *text, struct permit_statement *out,
				   const char **why)
{
	struct span words[PERMIT_MAX_WORDS + 1];
	size_t n = words_split(SPAN_TEXT(text), words);

	*out = (struct permit_statement){ .kind = kind };
	*why = NULL;
	if (n == 0 || n > PERMIT_MAX_WORDS)
		return refuse(why, n ? "has too many words" : "should not be empty");
	if (kind == PERMIT_STATEMENT_DENY)
		return n == 1 && deny_parse(a, words[0], out)
			       ? STATUS_OK
			       : refuse(why, "should be a SHA-256, or the id of an operation");
	out->place = arena_string(a, words[0]);
	if (!out->place)
		return STATUS_NO_MEMORY;
	if (span_at(words[0], 0) != '/')
		return refuse(why, "should begin with a path that begins with /");
	for (size_t i = 1; i < n; i++)
		if (!word_take(a, words[i], out))
			return refuse(why, kind == PERMIT_STATEMENT_MOUNT
						   ? "should be PATH noexec nosuid nodev"
						   : "should be GLOB owner=NAME mode<=0755 "
						     "immutable");
	if (!out->mount_flags && !out->has_owner && !out->has_mode && !out->immutable)
		return refuse(why, "says nothing of how it shall be");
	return STATUS_OK;
}
