/* SPDX-License-Identifier: MIT */
/*
 * One name in several charsets: the Info-ZIP Unicode path (APPNOTE 4.6.9) and
 * names without bit 11 (4.4.4, appendix D).
 *
 * Some readers take the path, some the name, and those read it as UTF-8, as code
 * page 437 or as whatever their system uses.
 */
#include "structure/zip/zip_reading.h"

#include "base/charset.h"

#define PATH_VERSION 1
#define PATH_HEAD    5 /* version, CRC-32 of the name */

static bool is_ascii(struct span name)
{
	for (size_t i = 0; i < name.len; i++)
		if (span_at(name, i) >= 0x80)
			return false;
	return true;
}

static bool is_reading(bool (*charset)(struct buffer *, struct span), struct span name,
		       struct span path)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	(void)charset(&text, name);
	return buffer_status(&text) == STATUS_OK && span_equal(buffer_span(&text), path);
}

/* Is @path what the name means, in a charset that its writer may have had? */
static bool is_same(struct span name, struct span path, uint16_t flags)
{
	if (span_equal(name, path))
		return true;
	return !(flags & FLAG_UTF8) && (is_reading(charset_cp437, name, path) ||
					is_reading(charset_latin1, name, path));
}

static void path_check(struct zip_reading *r, struct span field, struct span name,
		       uint16_t flags, struct range where)
{
	struct span path = span_after(field, PATH_HEAD);

	if (field.len < PATH_HEAD || span_at(field, 0) != PATH_VERSION ||
	    is_same(name, path, flags))
		return;
	zip_note(r, ZIP_NAME, "zip.unicode-path", where, zip_shown(r, name),
		 zip_shown(r, path));
}

void zip_paths_check(struct zip_reading *r, struct span extra, struct span name, uint16_t flags,
		     struct range where)
{
	struct cursor c = cursor_at(extra, 0);

	while (cursor_left(&c) >= 4) {
		uint16_t id = cursor_u16le(&c), len = cursor_u16le(&c);
		struct span field = cursor_take(&c, len);

		if (!cursor_ok(&c))
			return;
		if (id == EXTRA_PATH)
			path_check(r, field, name, flags, where);
	}
}

void zip_charset_check(struct zip_reading *r, struct span extra, struct span name,
		       uint16_t flags, struct range where)
{
	struct span path;

	if ((flags & FLAG_UTF8) || is_ascii(name) || zip_extra_find(extra, EXTRA_PATH, &path))
		return;
	zip_note(r, 0, "zip.name-charset", where, "bit 11, or letters of ASCII",
		 zip_shown(r, name));
}
