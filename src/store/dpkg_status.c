/* SPDX-License-Identifier: MIT */
#include "store/dpkg_status.h"

#include "base/hex.h"
#include "base/search.h"
#include "trust/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define STANZA_END "\n\n"

/* The part of @text up to the next @end; what is behind it becomes @text. */
static struct span part_next(struct span *text, const char *end)
{
	struct span all = *text;
	uint64_t at;

	if (!span_find(all, SPAN_TEXT(end), 0, &at)) {
		*text = SPAN_NONE;
		return all;
	}
	*text = span_after(all, at + SPAN_TEXT(end).len);
	return span_clip(all, 0, at);
}

/* The value of the field @name ("Version: ") of a stanza. */
static struct span field_of(struct span stanza, const char *name)
{
	struct span wanted = SPAN_TEXT(name), line;

	while (span_line(&stanza, &line))
		if (span_equal(span_clip(line, 0, wanted.len), wanted))
			return span_after(line, wanted.len);
	return SPAN_NONE;
}

/* The lines behind "Conffiles:", each with a blank before it (deb-control(5)). */
static struct span conffiles_of(struct span stanza)
{
	struct span wanted = SPAN_LITERAL("\nConffiles:\n");
	uint64_t from, end, at;

	if (!span_find(stanza, wanted, 0, &at))
		return SPAN_NONE;
	from = end = at + wanted.len;
	while (span_at(stanza, end) == ' ') {
		if (!span_find_byte(stanza, '\n', end, &at))
			return span_after(stanza, from);
		end = at + 1;
	}
	return span_clip(stanza, from, end - from);
}

static int package_order(const void *a, const void *b)
{
	const struct dpkg_package *x = (const struct dpkg_package *)a;
	const struct dpkg_package *y = (const struct dpkg_package *)b;
	int by = span_compare(x->name, y->name);

	return by ? by : span_compare(x->architecture, y->architecture);
}

/* "hold ok installed": what is wanted, whether it is broken, and how far it has come. */
static bool is_unpacked(struct span status)
{
	static const char *const states[] = { "installed", "triggers-pending",
					      "triggers-awaited", "half-configured",
					      "unpacked" };
	struct span wanted = part_next(&status, " "), flag = part_next(&status, " ");

	if (wanted.len == 0 || !span_equal(flag, SPAN_LITERAL("ok")))
		return false;
	for (size_t i = 0; i < COUNT_OF(states); i++)
		if (span_equal(status, SPAN_TEXT(states[i])))
			return true;
	return false;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter_or_digit(uint8_t c)
{
	return is_digit(c) || (letter_small(c) >= 'a' && letter_small(c) <= 'z');
}

/* Debian Policy 5.6.1, 5.6.8 and 5.6.12: nothing that would have to be quoted anywhere. */
static bool is_plain(struct span word, const char *signs)
{
	for (uint64_t i = 0; i < word.len; i++)
		if (!is_letter_or_digit(span_at(word, i)) &&
		    (span_at(word, i) == 0 || !strchr(signs, span_at(word, i))))
			return false;
	return word.len > 0;
}

static bool is_package(const struct dpkg_package *p)
{
	return is_plain(p->name, "+-.") && is_plain(p->architecture, "-") &&
	       is_plain(p->version, "+-.~:");
}

static size_t stanzas_count(struct span text)
{
	size_t n = 0;

	for (; text.len > 0 && n < DPKG_MAX_PACKAGES; n++)
		(void)part_next(&text, STANZA_END);
	return n;
}

enum status dpkg_status_parse(struct arena *a, struct span text, struct dpkg_status *out)
{
	*out = (struct dpkg_status){ 0 };
	out->each = ARENA_NEW(a, struct dpkg_package, stanzas_count(text) + 1);
	if (!out->each)
		return STATUS_NO_MEMORY;
	while (text.len > 0) {
		struct span stanza = part_next(&text, STANZA_END);
		struct dpkg_package package = {
			.name = field_of(stanza, "Package: "),
			.architecture = field_of(stanza, "Architecture: "),
			.version = field_of(stanza, "Version: "),
			.conffiles = conffiles_of(stanza),
		};

		if (!is_unpacked(field_of(stanza, "Status: ")) || !is_package(&package))
			continue;
		if (out->n == DPKG_MAX_PACKAGES)
			return STATUS_LIMIT;
		out->each[out->n++] = package;
	}
	if (out->n > 0)
		qsort(out->each, out->n, sizeof(*out->each), package_order);
	return STATUS_OK;
}

enum status dpkg_status_read(struct arena *a, const char *path, struct dpkg_status *out)
{
	enum status status;
	struct span text;
	int fd;

	*out = (struct dpkg_status){ 0 };
	status = file_open(AT_FDCWD, path, &fd);
	if (status != STATUS_OK)
		return status == STATUS_IO && errno == ENOENT ? STATUS_OK : status;
	status = file_read(fd, DPKG_MAX_STATUS, a, &text);
	(void)close(fd);
	return status == STATUS_OK ? dpkg_status_parse(a, text, out) : status;
}

struct package_search {
	const struct dpkg_status *status;
	struct span name;
};

static bool package_comes_before(const void *context, uint64_t package)
{
	const struct package_search *s = context;

	return span_compare(s->status->each[package].name, s->name) < 0;
}

/* Of any architecture, when that is empty. */
static const struct dpkg_package *package_find(const struct dpkg_status *s, struct span name,
					       struct span architecture)
{
	const struct package_search search = { s, name };

	for (size_t i = search_first(s->n, package_comes_before, &search);
	     i < s->n && span_equal(s->each[i].name, name); i++)
		if (architecture.len == 0 || span_equal(s->each[i].architecture, architecture))
			return &s->each[i];
	return NULL;
}

const struct dpkg_package *dpkg_package_find(const struct dpkg_status *s, struct span name)
{
	struct span architecture = name;

	name = part_next(&architecture, ":");
	return package_find(s, name, architecture);
}

bool dpkg_package_parse(struct span text, struct dpkg_package *out)
{
	out->conffiles = SPAN_NONE;
	out->name = part_next(&text, " ");
	out->version = part_next(&text, " ");
	out->architecture = text;
	return is_package(out);
}

const struct dpkg_package *dpkg_package_like(const struct dpkg_status *s,
					     const struct dpkg_package *p)
{
	return package_find(s, p->name, p->architecture);
}

bool dpkg_conffile_find(const struct dpkg_package *p, struct span path, uint8_t md5[16])
{
	struct span left = p->conffiles, line;

	while (span_line(&left, &line)) {
		struct span name = span_after(line, 1), behind;

		if (!span_equal(span_clip(name, 0, path.len), path) ||
		    span_at(name, path.len) != ' ')
			continue;
		behind = span_after(name, path.len + 1);
		/* What no version brings any more is marked behind it. */
		return behind.len == 32 && hex_parse(behind, md5, 16);
	}
	return false;
}

/* '~' comes before the end, which comes before letters, which come before the rest. */
static int rank(struct span text, uint64_t at)
{
	uint8_t c = span_at(text, at);

	if (at >= text.len || is_digit(c))
		return 0;
	if (is_letter_or_digit(c))
		return c;
	return c == '~' ? -1 : c + 256;
}

/* The number at the front of *@text, which is taken off, without its zeros. */
static struct span number_take(struct span *text)
{
	uint64_t n = 0, zeros = 0;
	struct span number;

	while (n < text->len && is_digit(span_at(*text, n)))
		n++;
	while (zeros < n && span_at(*text, zeros) == '0')
		zeros++;
	number = span_clip(*text, zeros, n - zeros);
	*text = span_after(*text, n);
	return number;
}

/* Of an upstream version or a revision: what is no number, then a number, and so on. */
static int part_order(struct span a, struct span b)
{
	while (a.len > 0 || b.len > 0) {
		struct span x, y;
		uint64_t at = 0;
		int by;

		while ((at < a.len && !is_digit(span_at(a, at))) ||
		       (at < b.len && !is_digit(span_at(b, at)))) {
			if (rank(a, at) != rank(b, at))
				return rank(a, at) - rank(b, at);
			at++;
		}
		a = span_after(a, at);
		b = span_after(b, at);
		x = number_take(&a);
		y = number_take(&b);
		by = x.len != y.len ? (x.len < y.len ? -1 : 1) : span_compare(x, y);
		if (by)
			return by;
	}
	return 0;
}

/* What stands behind the last '-'; without one there is none. */
static struct span revision_take(struct span *version)
{
	uint64_t at, last = 0;
	struct span revision;
	bool any = false;

	for (uint64_t from = 0; span_find(*version, SPAN_LITERAL("-"), from, &at);
	     from = at + 1) {
		last = at;
		any = true;
	}
	if (!any)
		return SPAN_NONE;
	revision = span_after(*version, last + 1);
	*version = span_clip(*version, 0, last);
	return revision;
}

/* What stands before the first ':'; without one there is none. */
static struct span epoch_take(struct span *version)
{
	uint64_t at;

	return span_find(*version, SPAN_LITERAL(":"), 0, &at) ? part_next(version, ":")
							      : SPAN_NONE;
}

int dpkg_version_order(struct span a, struct span b)
{
	struct span first = epoch_take(&a), second = epoch_take(&b);
	int by = part_order(first, second);

	if (by)
		return by;
	first = revision_take(&a);
	second = revision_take(&b);
	by = part_order(a, b);
	return by ? by : part_order(first, second);
}
