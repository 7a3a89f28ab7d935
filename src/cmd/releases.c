/* SPDX-License-Identifier: MIT */
#include "cmd/releases.h"

#include "base/hex.h"
#include "base/limits.h"
#include "base/memory.h"
#include "cmd/complain.h"
#include "formats/openpgp/clearsigned.h"
#include "structure/openpgp/openpgp.h"
#include "structure/unpack.h"
#include "trust/file.h"
#include "verify/openpgp/openpgp_scheme.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARENA_BYTES ((size_t)1 << 30)
#define DIGITS      64

/* One release on its way. */
struct reading {
	struct releases *r;
	const struct engine *engine;
	struct lanes *lanes;
	struct packages_writer *writer;
	const char *folder;
	struct arena arena; /* of this release alone */
	const char *prefix; /* of its lists: the name without "InRelease" */
	uint64_t release;
};

static enum status file_load(struct arena *a, const char *path, size_t max, struct span *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	enum status status;

	if (fd < 0)
		return STATUS_NOT_MINE;
	status = file_read(fd, max, a, out);
	(void)close(fd);
	return status;
}

/* The key that made one of the signatures, and its owner. */
static enum status signer_take(struct reading *rd, const struct openpgp_cleartext *text,
			       struct packages_release *out)
{
	const struct openpgp_believer trust = { rd->engine->store,
						rd->engine->settings.trust.now };
	const struct openpgp_content content = { .parts = { text->canonical }, .n = 1 };
	struct openpgp_voucher voucher;

	TRY(openpgp_vouch(&rd->arena, &trust, text->armor.bytes, &content, &voucher));
	(void)span_copy(out->key, sizeof(out->key), SPAN_OF(voucher.key));
	out->owner = voucher.owner;
	return STATUS_OK;
}

/* The next line without its end. */
static struct span line_next(struct cursor *c)
{
	struct span rest = span_after(c->in, c->pos), line;
	uint64_t end;
	bool more = span_find(rest, SPAN_LITERAL("\n"), 0, &end);

	line = cursor_take(c, more ? end : rest.len);
	cursor_skip(c, more);
	if (!line.ptr) /* says to the analyser that it is empty, too */
		return SPAN_NONE;
	if (line.len > 0 && span_at(line, line.len - 1) == '\r')
		line = span_clip(line, 0, line.len - 1);
	return line;
}

static bool starts(struct span line, const char *text)
{
	return span_starts(line, text, strlen(text));
}

/* The value behind "Name: "; false: another field. */
static bool field(struct span line, const char *name, struct span *out)
{
	if (!starts(line, name))
		return false;
	*out = span_after(line, strlen(name));
	return true;
}

static bool packages_grow(struct releases *r)
{
	size_t size = r->size ? r->size * 2 : 4096;
	struct listed_package *packages;

	if (r->n < r->size)
		return true;
	packages = (struct listed_package *)memory_new(size, sizeof(*packages));
	if (!packages)
		return false;
	for (size_t i = 0; i < r->n; i++)
		packages[i] = r->packages[i];
	memory_free(r->packages);
	r->packages = packages;
	r->size = size;
	return true;
}

/* One paragraph of a list. */
struct stanza {
	struct span package, version, architecture, sha256;
};

static enum status stanza_take(struct reading *rd, const struct stanza *s)
{
	struct releases *r = rd->r;
	struct listed_package *p;

	if (s->package.len == 0 || s->sha256.len != DIGITS)
		return STATUS_OK;
	if (!packages_grow(r))
		return STATUS_NO_MEMORY;
	p = &r->packages[r->n];
	if (!hex_parse(s->sha256, p->sha256, sizeof(p->sha256)))
		return STATUS_OK;
	p->release = rd->release;
	p->name = arena_printf(&r->arena, "%.*s %.*s %.*s", (int)s->package.len,
			       (const char *)s->package.ptr, (int)s->version.len,
			       (const char *)s->version.ptr, (int)s->architecture.len,
			       (const char *)s->architecture.ptr);
	if (!p->name)
		return STATUS_NO_MEMORY;
	r->n++;
	return STATUS_OK;
}

static enum status list_parse(struct reading *rd, struct span text)
{
	struct cursor c = cursor_at(text, 0);
	struct stanza s = { 0 };

	while (cursor_left(&c) > 0) {
		struct span line = line_next(&c);

		if (line.len == 0) {
			TRY(stanza_take(rd, &s));
			s = (struct stanza){ 0 };
		} else if (!field(line, "Package: ", &s.package) &&
			   !field(line, "Version: ", &s.version) &&
			   !field(line, "Architecture: ", &s.architecture)) {
			(void)field(line, "SHA256: ", &s.sha256);
		}
	}
	return stanza_take(rd, &s);
}

/* The list as apt keeps it, perhaps packed; STATUS_NOT_MINE: it is not there. */
static enum status list_load(struct reading *rd, const char *path, struct span *raw,
			     struct buffer *plain)
{
	static const char *const endings[] = { "", ".lz4", ".xz", ".gz", ".zst" };
	enum status status = STATUS_NOT_MINE;
	enum packing kind;
	uint64_t used;

	for (size_t i = 0; i < COUNT_OF(endings) && status == STATUS_NOT_MINE; i++) {
		const char *name = arena_printf(&rd->arena, "%s%s", path, endings[i]);

		if (!name)
			return STATUS_NO_MEMORY;
		status = file_load(&rd->arena, name, PACKAGES_LIST_MAX, raw);
	}
	TRY(status);
	kind = packing_of(*raw);
	if (kind == PACKING_NONE)
		return STATUS_OK;
	TRY(unpack(kind, *raw, PACKAGES_LIST_MAX, plain, &used));
	*raw = buffer_span(plain);
	return STATUS_OK;
}

/* "main/binary-amd64/Packages" with what the release says of it. */
static enum status list_take(struct reading *rd, struct span name, struct span digits)
{
	CLEANUP(buffer_free) struct buffer path = BUFFER_INIT;
	CLEANUP(buffer_free) struct buffer plain = { .limit = PACKAGES_LIST_MAX };
	struct span raw = SPAN_NONE;
	uint8_t wanted[32];
	struct digest digest;
	enum status status;

	buffer_printf(&path, "%s/%s", rd->folder, rd->prefix);
	for (size_t i = 0; i < name.len; i++)
		buffer_char(&path, (char)(span_at(name, i) == '/' ? '_' : span_at(name, i)));
	TRY(buffer_status(&path));
	status = list_load(rd, buffer_string(&path, 0), &raw, &plain);
	if (status == STATUS_NOT_MINE)
		return STATUS_OK;
	TRY(status);
	TRY(digest_of(DIGEST_SHA256, &raw, 1, &digest));
	if (!hex_parse(digits, wanted, sizeof(wanted)) ||
	    !digest_equal(&digest, SPAN_OF(wanted))) {
		rd->r->n_refused++;
		complain("trust: %s: not the list that the release names",
			 buffer_string(&path, 0));
		return STATUS_OK;
	}
	rd->r->n_lists++;
	return list_parse(rd, raw);
}

/* " <digest> <size> <name>" of the SHA256 section. */
static enum status release_line(struct reading *rd, struct span line)
{
	static const char end[] = "/Packages";
	struct span digits = span_clip(line, 1, DIGITS), name = line;
	uint64_t at;

	while (span_find(name, SPAN_LITERAL(" "), 0, &at))
		name = span_after(name, at + 1);
	if (name.len < sizeof(end) ||
	    !span_equal(span_after(name, name.len - strlen(end)), SPAN_TEXT(end)))
		return STATUS_OK;
	return list_take(rd, name, digits);
}

static enum status lists_read(struct reading *rd, struct span text)
{
	struct cursor c = cursor_at(text, 0);
	bool inside = false;

	while (cursor_left(&c) > 0) {
		struct span line = line_next(&c);

		if (span_at(line, 0) != ' ')
			inside = span_equal(line, SPAN_LITERAL("SHA256:"));
		else if (inside)
			TRY(release_line(rd, line));
	}
	return STATUS_OK;
}

static enum status release_judge(struct reading *rd, const char *path, struct span file,
				 bool *good)
{
	CLEANUP(arena_free) struct arena judging = ARENA_INIT(FILE_ARENA_BYTES);
	struct report report = { 0 };

	engine_examine_bytes(rd->engine, rd->lanes, file, &judging, &report);
	*good = report.verdict == ASSAY_VERDICT_VALID && report.format &&
		strcmp(report.format, format_openpgp.name) == 0;
	if (*good)
		return STATUS_OK;
	rd->r->n_refused++;
	complain("trust: %s: not taken in: it is %s (%s)%s", path,
		 assay_verdict_word(report.verdict), report.rule ? report.rule : "-",
		 report.verdict == ASSAY_VERDICT_UNTRUSTED
			 ? "; trust the archive's keys first: assay trust add openpgp=KEYRING"
			 : "");
	return STATUS_OK;
}

static enum status release_read(struct reading *rd, const char *path)
{
	struct packages_release release = { .owner = NULL };
	struct openpgp_cleartext text;
	struct span file = SPAN_NONE;
	struct digest digest;
	bool good = false;

	TRY(file_load(&rd->arena, path, RELEASE_MAX_BYTES, &file));
	TRY(release_judge(rd, path, file, &good));
	if (!good)
		return STATUS_OK;
	TRY(openpgp_cleartext_read(&rd->arena, file, &text));
	TRY(signer_take(rd, &text, &release));
	TRY(digest_of(DIGEST_SHA256, &file, 1, &digest));
	(void)span_copy(release.sha256, sizeof(release.sha256), digest_span(&digest));
	rd->release = packages_writer_release(rd->writer, &release);
	rd->r->n_releases++;
	return lists_read(rd, text.canonical);
}

static bool is_release(const char *name, size_t *prefix)
{
	static const char end[] = "InRelease";
	size_t len = strlen(name);

	if (len < sizeof(end) - 1)
		return false;
	*prefix = len - (sizeof(end) - 1);
	return strcmp(text_after(name, *prefix), end) == 0;
}

static enum status folder_take(struct reading *rd, const char **names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *path;
		enum status status;
		size_t prefix;

		if (!is_release(names[i], &prefix))
			continue;
		rd->arena = (struct arena)ARENA_INIT(ARENA_BYTES);
		rd->prefix = arena_printf(&rd->arena, "%.*s", (int)prefix, names[i]);
		path = arena_printf(&rd->arena, "%s/%s", rd->folder, names[i]);
		status = rd->prefix && path ? release_read(rd, path) : STATUS_NO_MEMORY;
		arena_free(&rd->arena);
		TRY(status);
	}
	return STATUS_OK;
}

static int package_order(const void *a, const void *b)
{
	const struct listed_package *x = (const struct listed_package *)a;
	const struct listed_package *y = (const struct listed_package *)b;

	return memcmp(x->sha256, y->sha256, sizeof(x->sha256));
}

enum status releases_read(struct releases *r, const struct engine *engine, struct lanes *lanes,
			  const char *folder, struct packages_writer *writer)
{
	struct reading rd = {
		.r = r, .engine = engine, .lanes = lanes, .writer = writer, .folder = folder
	};
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)16 << 20);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char **names;
	size_t n;

	r->arena = (struct arena)ARENA_INIT(ARENA_BYTES);
	if (fd < 0)
		return STATUS_IO;
	TRY(folder_read(fd, RELEASES_MAX_NAMES, &a, &names, &n));
	TRY(folder_take(&rd, names, n));
	if (r->n > 0)
		qsort(r->packages, r->n, sizeof(*r->packages), package_order);
	return STATUS_OK;
}

void releases_free(struct releases *r)
{
	memory_free(r->packages);
	arena_free(&r->arena);
}

const struct listed_package *releases_find(const struct releases *r, const uint8_t sha256[32])
{
	struct listed_package key;

	memcpy(key.sha256, sha256, sizeof(key.sha256));
	if (r->n == 0)
		return NULL;
	return (const struct listed_package *)bsearch(&key, r->packages, r->n,
						      sizeof(*r->packages), package_order);
}
