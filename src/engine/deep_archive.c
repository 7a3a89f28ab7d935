/* SPDX-License-Identifier: MIT */
/*
 * Members of all other archives, packages and disk images, by libarchive, which
 * runs confined like everything that parses.  Offsets do not matter here.
 */
#include "engine/deep_walk.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "host/late_libraries.h"

#ifdef ARCHIVE_LIBRARY
#include "host/late_library.h"
#include <archive.h>
#include <archive_entry.h>
#include <iconv.h>
#include <langinfo.h>
#include <stdlib.h>
#include <wchar.h>

#define CHUNK        ((size_t)64 << 10)
#define ARCHIVES_MAX 64 /* one behind the other in a file */

/* All that is called there. */
#define ARCHIVE_CALLS(CALL)                                                                    \
	CALL(archive_read_new)                                                                 \
	CALL(archive_read_free)                                                                \
	CALL(archive_read_support_filter_bzip2)                                                \
	CALL(archive_read_support_filter_gzip)                                                 \
	CALL(archive_read_support_filter_lz4)                                                  \
	CALL(archive_read_support_filter_lzma)                                                 \
	CALL(archive_read_support_filter_rpm)                                                  \
	CALL(archive_read_support_filter_xz)                                                   \
	CALL(archive_read_support_filter_zstd)                                                 \
	CALL(archive_read_support_format_7zip)                                                 \
	CALL(archive_read_support_format_ar)                                                   \
	CALL(archive_read_support_format_cab)                                                  \
	CALL(archive_read_support_format_cpio)                                                 \
	CALL(archive_read_support_format_iso9660)                                              \
	CALL(archive_read_support_format_rar)                                                  \
	CALL(archive_read_support_format_rar5)                                                 \
	CALL(archive_read_support_format_raw)                                                  \
	CALL(archive_read_support_format_tar)                                                  \
	CALL(archive_read_support_format_xar)                                                  \
	CALL(archive_read_set_read_callback)                                                   \
	CALL(archive_read_set_seek_callback)                                                   \
	CALL(archive_read_set_skip_callback)                                                   \
	CALL(archive_read_set_callback_data)                                                   \
	CALL(archive_read_open1)                                                               \
	CALL(archive_read_next_header)                                                         \
	CALL(archive_read_data)                                                                \
	CALL(archive_filter_bytes)                                                             \
	CALL(archive_filter_code)                                                              \
	CALL(archive_format)                                                                   \
	CALL(archive_entry_filetype)                                                           \
	CALL(archive_entry_hardlink)                                                           \
	CALL(archive_entry_is_data_encrypted)                                                  \
	CALL(archive_entry_pathname)                                                           \
	CALL(archive_entry_pathname_w)                                                         \
	CALL(archive_entry_size)

static const char *const archive_names[] = { ARCHIVE_CALLS(LATE_NAME) };
union archive_library {
	struct {
		ARCHIVE_CALLS(LATE_CALL)
	};
	late_function *list[COUNT_OF(archive_names)];
};

/* One archive under way. */
struct reader {
	union archive_library calls;
	struct deep *d;
	struct source *source;
	uint64_t start; /* of this archive, in the source */
	uint64_t at;    /* from there */
	uint8_t *chunk;
	struct buffer member;
};

static bool library_load(union archive_library *calls)
{
	return late_library_load(ARCHIVE_LIBRARY, archive_names, COUNT_OF(archive_names),
				 calls->list);
}

/* What libarchive has names converted from, to whatever this locale has. */
static const char *const charsets[] = { "UTF-8", "UTF-16LE", "UTF-16BE" };

/*
 * The C library loads a module for each conversion when it is first wanted, which
 * the confined worker cannot; and unloads it when nobody has it open.  Names whose
 * conversion this system lacks will be "?".
 */
static void charset_keep(const char *to, const char *from)
{
	static iconv_t kept[3 * COUNT_OF(charsets)]; /* for the whole process */
	static size_t n;

	if (n == COUNT_OF(kept))
		return;
	kept[n] = iconv_open(to, from);
	n += kept[n] != (iconv_t)-1;
}

void deep_archive_begin(void)
{
	const char *here = nl_langinfo(CODESET);
	union archive_library calls;

	for (size_t i = 0; i < COUNT_OF(charsets); i++) {
		charset_keep(here, charsets[i]);
		charset_keep("UTF-8", charsets[i]);
		charset_keep(charsets[i], here);
	}
	/* Without it, archives are refused when one is met. */
	(void)library_load(&calls);
}

static uint64_t size_of(const struct reader *r)
{
	return r->source->before.size - r->start;
}

static la_ssize_t on_read(struct archive *a, void *context, const void **bytes)
{
	struct reader *r = (struct reader *)context;
	uint64_t left = size_of(r) - r->at;
	size_t len = left < CHUNK ? (size_t)left : CHUNK;

	(void)a;
	if (len > 0 &&
	    source_read(r->source, NULL, r->start + r->at, r->chunk, len) != STATUS_OK)
		return ARCHIVE_FATAL;
	r->at += len;
	*bytes = r->chunk;
	return (la_ssize_t)len;
}

static la_int64_t on_seek(struct archive *a, void *context, la_int64_t offset, int whence)
{
	struct reader *r = (struct reader *)context;
	uint64_t size = size_of(r), from = 0;

	(void)a;
	if (whence == SEEK_CUR)
		from = r->at;
	if (whence == SEEK_END)
		from = size;
	if (offset < 0 ? (uint64_t)-offset > from : (uint64_t)offset > size - from)
		return ARCHIVE_FATAL;
	r->at = offset < 0 ? from - (uint64_t)-offset : from + (uint64_t)offset;
	return (la_int64_t)r->at;
}

static la_int64_t on_skip(struct archive *a, void *context, la_int64_t n)
{
	struct reader *r = (struct reader *)context;
	uint64_t left = size_of(r) - r->at;

	(void)a;
	if (n < 0)
		return 0;
	r->at += (uint64_t)n < left ? (uint64_t)n : left;
	return (uint64_t)n < left ? n : (la_int64_t)left;
}

/* Everything that libarchive reads by itself; ZIP has a reader of our own. */
static bool reader_open(struct reader *r, struct archive *a, bool packed)
{
	const union archive_library *c = &r->calls;

	(void)c->archive_read_support_filter_bzip2(a);
	(void)c->archive_read_support_filter_gzip(a);
	(void)c->archive_read_support_filter_lz4(a);
	(void)c->archive_read_support_filter_lzma(a);
	(void)c->archive_read_support_filter_rpm(a);
	(void)c->archive_read_support_filter_xz(a);
	(void)c->archive_read_support_filter_zstd(a);
	(void)c->archive_read_support_format_7zip(a);
	(void)c->archive_read_support_format_ar(a);
	(void)c->archive_read_support_format_cab(a);
	(void)c->archive_read_support_format_cpio(a);
	(void)c->archive_read_support_format_iso9660(a);
	(void)c->archive_read_support_format_rar(a);
	(void)c->archive_read_support_format_rar5(a);
	(void)c->archive_read_support_format_tar(a);
	(void)c->archive_read_support_format_xar(a);
	if (packed) /* one file that is packed and nothing more */
		(void)c->archive_read_support_format_raw(a);
	(void)c->archive_read_set_read_callback(a, on_read);
	(void)c->archive_read_set_seek_callback(a, on_seek);
	(void)c->archive_read_set_skip_callback(a, on_skip);
	(void)c->archive_read_set_callback_data(a, r);
	return c->archive_read_open1(a) == ARCHIVE_OK;
}

/* All data of the entry.  NULL: it is there; else why not, and by which rule. */
static const char *member_read(struct reader *r, struct archive *a, const char **rule)
{
	buffer_clear(&r->member);
	r->member.limit = (size_t)DEEP_MAX_MEMBER + CHUNK;
	for (;;) {
		uint8_t bytes[4096];
		la_ssize_t n = r->calls.archive_read_data(a, bytes, sizeof bytes);

		*rule = "deep.damaged";
		if (n < 0)
			return "its data cannot be unpacked";
		if (n == 0)
			return NULL;
		*rule = "limit.deep-member";
		if (!deep_spend(r->d, (uint64_t)n))
			return "more comes out than is unpacked";
		buffer_add(&r->member, (struct span){ bytes, (size_t)n });
		if (!deep_fits(r->d, r->member.len) || buffer_status(&r->member) != STATUS_OK)
			return "it is too large to be unpacked";
	}
}

/* UTF-8 of @wide (Unicode code points, as glibc has them). */
static void name_encode(struct buffer *out, const wchar_t *wide)
{
	for (size_t i = 0; wide[i] && out->len < DEEP_MAX_NAME; i++)
		utf8_add(out, (uint32_t)wide[i]);
}

static void name_find(struct reader *r, struct archive_entry *entry, struct buffer *out)
{
	const char *name = r->calls.archive_entry_pathname(entry);
	const wchar_t *wide = name ? NULL : r->calls.archive_entry_pathname_w(entry);

	if (name)
		buffer_text(out, name);
	else if (wide)
		name_encode(out, wide);
	else
		buffer_text(out, "?");
}

static void entry_look(struct reader *r, struct archive *a, struct archive_entry *entry)
{
	CLEANUP(buffer_free) struct buffer name = BUFFER_INIT;
	const char *rule, *why;

	/* In cpio archives the last name of a file has its bytes. */
	if (r->calls.archive_entry_filetype(entry) != AE_IFREG ||
	    (r->calls.archive_entry_hardlink(entry) && r->calls.archive_entry_size(entry) == 0))
		return;
	name_find(r, entry, &name);
	if (r->calls.archive_entry_is_data_encrypted(entry)) {
		deep_refuse(r->d, buffer_span(&name), "deep.unsupported", "it is encrypted");
		return;
	}
	why = member_read(r, a, &rule);
	if (!why)
		deep_member(r->d, buffer_span(&name), buffer_span(&r->member));
	else if (!r->d->stopped)
		deep_refuse(r->d, buffer_span(&name), rule, why);
}

/* Was all of it read? */
static bool entries_look(struct reader *r, struct archive *a)
{
	struct archive_entry *entry;
	int result = ARCHIVE_OK;

	while (!r->d->stopped) {
		result = r->calls.archive_read_next_header(a, &entry);
		if (result == ARCHIVE_EOF)
			return true;
		if (result < ARCHIVE_WARN)
			break;
		entry_look(r, a, entry);
	}
	if (!r->d->stopped)
		deep_refuse(r->d, SPAN_NONE, "deep.damaged", "the archive cannot be read on");
	return false;
}

/* Behind zeros from .start on; false: that is the end. */
static bool rest_begin(struct reader *r)
{
	for (r->at = 0; size_of(r) > 0;) {
		size_t len = size_of(r) < CHUNK ? (size_t)size_of(r) : CHUNK, zeros = 0;

		if (source_read(r->source, NULL, r->start, r->chunk, len) != STATUS_OK)
			return true; /* who reads on will tell */
		while (zeros < len && span_at((struct span){ r->chunk, len }, zeros) == 0)
			zeros++;
		r->start += zeros;
		if (zeros < len)
			return true;
	}
	return false;
}

/* Kernels unpack an initramfs archive by archive; the first ones are often not packed. */
static bool rest_find(struct reader *r, struct archive *a)
{
	la_int64_t used = r->calls.archive_filter_bytes(a, 0);
	int format = r->calls.archive_format(a) & ARCHIVE_FORMAT_BASE_MASK;

	if (r->d->stopped || format != ARCHIVE_FORMAT_CPIO || used <= 0 ||
	    (uint64_t)used > size_of(r) ||
	    r->calls.archive_filter_code(a, 0) != ARCHIVE_FILTER_NONE)
		return false;
	r->start += (uint64_t)used;
	return rest_begin(r);
}

/* One archive.  Does another one follow? */
static bool archive_look(struct reader *r, bool packed)
{
	struct archive *a = r->chunk ? r->calls.archive_read_new() : NULL;
	bool more = false;

	if (!a)
		deep_refuse(r->d, SPAN_NONE, "error.memory", "there is no memory for it");
	else if (!reader_open(r, a, packed))
		deep_refuse(r->d, SPAN_NONE, "deep.damaged", "the archive cannot be read");
	/* Else it only began like something packed. */
	else if (!packed || r->calls.archive_filter_code(a, 0) != ARCHIVE_FILTER_NONE)
		more = entries_look(r, a) && rest_find(r, a);
	if (a)
		(void)r->calls.archive_read_free(a);
	return more;
}

void deep_archive(struct deep *d, struct source *source, bool packed)
{
	struct reader r = { .d = d, .source = source };
	size_t n = 1;

	if (!library_load(&r.calls)) {
		deep_refuse(d, SPAN_NONE, "deep.unsupported",
			    "libarchive is not installed (Debian: libarchive13)");
		return;
	}
	r.chunk = (uint8_t *)memory_new(CHUNK, 1);
	while (archive_look(&r, packed && n == 1))
		if (n++ == ARCHIVES_MAX) {
			deep_refuse(d, SPAN_NONE, "limit.deep-members",
				    "more archives follow each other than are looked into");
			break;
		}
	buffer_free(&r.member);
	memory_free(r.chunk);
}
#else
void deep_archive_begin(void)
{
}

void deep_archive(struct deep *d, struct source *source, bool packed)
{
	(void)source;
	(void)packed;
	deep_refuse(d, SPAN_NONE, "deep.unsupported",
		    "this program was built without libarchive");
}
#endif
