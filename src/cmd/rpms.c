/* SPDX-License-Identifier: MIT */
#include "cmd/rpms.h"

#include "base/base64.h"
#include "base/buffer.h"
#include "base/escape.h"
#include "base/hex.h"
#include "base/limits.h"
#include "formats/rpm/rpm.h"
#include "source/source.h"
#include "store/rpm_database.h"
#include "verify/openpgp/openpgp_scheme.h"
#include <sys/stat.h>

#define DIGITS             64 /* of a SHA-256 */
#define MAX_SIGNATURES     16 /* of one package */
#define HEADER_ARENA_BYTES ((size_t)96 << 20)

/* Tags of the main header that tell of files. */
enum {
	FILE_DIGESTS = 1035,
	FILE_FLAGS = 1037,
	FILE_MODES = 1030,
	FOLDER_INDEXES = 1116,
	BASE_NAMES = 1117,
	FOLDER_NAMES = 1118,
};
#define FLAG_CONFIG 0x01 /* the administrator may change it */
#define FLAG_GHOST  0x40 /* it is not in the package */

/* What one package says of its files; each entry has one value for each file. */
struct file_list {
	struct rpm_entry names, digests, indexes, modes, flags;
	struct span *folders;
	uint32_t n_folders;
};

static enum status folders_read(struct arena *a, const struct rpm_header *h,
				struct file_list *out)
{
	struct rpm_entry e;
	struct cursor c;

	if (!rpm_header_find(h, FOLDER_NAMES, true, &e))
		return STATUS_OK;
	if (e.count > RPM_MAX_FOLDERS)
		return STATUS_LIMIT;
	out->folders = ARENA_NEW(a, struct span, e.count);
	if (!out->folders)
		return STATUS_NO_MEMORY;
	c = cursor_at(e.data, 0);
	while (out->n_folders < e.count && rpm_string_next(&c, &out->folders[out->n_folders]))
		out->n_folders++;
	return STATUS_OK;
}

/* Only what the region holds is signed.  False: it tells of no files. */
static bool list_read(const struct rpm_header *h, struct file_list *out)
{
	return rpm_header_find(h, BASE_NAMES, true, &out->names) &&
	       rpm_header_find(h, FILE_DIGESTS, true, &out->digests) &&
	       rpm_header_find(h, FOLDER_INDEXES, true, &out->indexes) &&
	       rpm_header_find(h, FILE_MODES, true, &out->modes) &&
	       rpm_header_find(h, FILE_FLAGS, true, &out->flags);
}

static bool is_whole(const struct file_list *list, uint32_t i, struct span digest)
{
	uint64_t mode, flags;

	return rpm_entry_number(&list->modes, i, &mode) &&
	       rpm_entry_number(&list->flags, i, &flags) && S_ISREG(mode) &&
	       (flags & (FLAG_CONFIG | FLAG_GHOST)) == 0 && digest.len == DIGITS;
}

static enum status file_take(struct rpms *r, uint64_t package, struct span folder,
			     struct span name, struct span digest)
{
	CLEANUP(buffer_free) struct buffer path = BUFFER_INIT;
	uint8_t sha256[32];

	if (!hex_parse(digest, sha256, sizeof(sha256)))
		return STATUS_OK;
	buffer_add(&path, folder);
	buffer_add(&path, name);
	TRY(buffer_status(&path));
	return packages_writer_program(r->writer, package, buffer_span(&path), sha256, true);
}

static enum status files_take(struct rpms *r, struct arena *a, const struct rpm_header *h,
			      uint64_t package)
{
	struct file_list list = { .n_folders = 0 };
	struct cursor names, digests;
	struct span name, digest;
	uint64_t folder;

	if (!list_read(h, &list))
		return STATUS_OK;
	TRY(folders_read(a, h, &list));
	names = cursor_at(list.names.data, 0);
	digests = cursor_at(list.digests.data, 0);
	for (uint32_t i = 0; i < list.names.count && rpm_string_next(&names, &name) &&
			     rpm_string_next(&digests, &digest);
	     i++)
		if (is_whole(&list, i, digest) && rpm_entry_number(&list.indexes, i, &folder) &&
		    folder < list.n_folders)
			TRY(file_take(r, package, list.folders[folder], name, digest));
	return STATUS_OK;
}

static const char *text_find(struct arena *a, const struct rpm_header *h, uint32_t tag)
{
	struct rpm_entry e;
	struct span text;

	return rpm_header_find(h, tag, true, &e) && rpm_entry_string(&e, 0, &text)
		       ? escape_string(a, text, PACKAGES_MAX_TEXT / 4)
		       : NULL;
}

/* "bash-5.1.8-6.el9.x86_64" */
static const char *package_name(struct arena *a, const struct rpm_header *h)
{
	const char *name = text_find(a, h, RPM_NAME), *version = text_find(a, h, RPM_VERSION);
	const char *release = text_find(a, h, RPM_RELEASE), *arch = text_find(a, h, RPM_ARCH);

	return name && version && release ? arena_printf(a, "%s-%s-%s.%s", name, version,
							 release, arch ? arch : "noarch")
					  : NULL;
}

/* The region as it was signed. */
static enum status content_make(struct arena *a, const struct rpm_header *h,
				struct openpgp_content *out)
{
	uint8_t intro[RPM_INTRO];

	rpm_region_intro(h, intro);
	*out = (struct openpgp_content){
		.parts = {arena_copy(a, SPAN_OF(intro)),
                          span_clip(h->index, 0, (uint64_t)h->region_entries * RPM_ENTRY),
                          span_clip(h->data, 0, h->region_bytes)},
		.n = 3
	};
	return out->parts[0].ptr ? STATUS_OK : STATUS_NO_MEMORY;
}

/* STATUS_NOT_MINE: the signature is of nobody who is believed. */
static enum status header_take(struct rpms *r, struct arena *a, const struct rpm_header *h,
			       struct span block)
{
	const struct openpgp_believer trust = { r->engine->store,
						r->engine->settings.trust.now };
	const char *name = h->problem ? NULL : package_name(a, h);
	struct packages_release release;
	struct openpgp_content content;
	struct openpgp_voucher voucher;
	struct digest digest;
	uint64_t place;

	if (!name)
		return STATUS_NOT_MINE;
	TRY(content_make(a, h, &content));
	TRY(openpgp_vouch(a, &trust, block, &content, &voucher));
	TRY(digest_of(DIGEST_SHA256, content.parts, content.n, &digest));
	release.owner = voucher.owner;
	(void)span_copy(release.key, sizeof(release.key), SPAN_OF(voucher.key));
	(void)span_copy(release.sha256, sizeof(release.sha256), digest_span(&digest));
	place = packages_writer_release(r->writer, &release);
	place = packages_writer_package(r->writer, place, name);
	TRY(files_take(r, a, h, place));
	r->n_packages++;
	return STATUS_OK;
}

/* The headers of the file, read once more: now they stay. */
static enum status package_read(struct arena *a, struct source *source, struct view *view,
				struct container *box)
{
	enum status status;

	TRY(source_glance(source, a, view));
	TRY(source_widen(source, a, view));
	do {
		struct findings findings = FINDINGS_INIT(a);

		*box = (struct container){ 0 };
		status = format_rpm.read(view, &findings, box);
		if (status == STATUS_WANT)
			TRY(source_load(source, a, view));
	} while (status == STATUS_WANT);
	return status;
}

enum status rpms_package(struct rpms *r, int fd)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(HEADER_ARENA_BYTES);
	struct container box = { 0 };
	struct source source = { 0 };
	struct view view = { 0 };
	enum status status = source_begin(&source, fd), unchanged;

	TRY(status);
	status = package_read(&a, &source, &view, &box);
	unchanged = source_end(&source);
	TRY(status);
	TRY(unchanged);
	for (const struct claim *c = box.claims; c; c = c->next) {
		if (c->covered != box.rpm->signed_header)
			continue;
		status = header_take(r, &a, &box.rpm->main_header, c->signature);
		if (status != STATUS_NOT_MINE)
			return status;
	}
	r->n_unsigned++;
	return STATUS_OK;
}

/* Those of RPM 6, in base64. */
static enum status texts_take(struct rpms *r, struct arena *a, const struct rpm_header *h)
{
	struct rpm_entry e;
	struct span text, block;
	enum status status = STATUS_NOT_MINE;

	if (!rpm_header_find(h, RPM_SIG_OPENPGP, false, &e))
		return STATUS_NOT_MINE;
	for (uint32_t i = 0;
	     i < MAX_SIGNATURES && status == STATUS_NOT_MINE && rpm_entry_string(&e, i, &text);
	     i++) {
		status = base64_decode_span(a, text, &block);
		if (status == STATUS_OK)
			status = header_take(r, a, h, block);
		else if (status == STATUS_MALFORMED)
			status = STATUS_NOT_MINE;
	}
	return status;
}

/* Signatures stand beside the region, which cannot hold them. */
static enum status blob_take(struct rpms *r, struct span blob)
{
	static const uint32_t tags[] = { RPM_SIG_RSA_HEADER, RPM_SIG_DSA_HEADER };
	CLEANUP(arena_free) struct arena a = ARENA_INIT(HEADER_ARENA_BYTES);
	struct rpm_header h;
	struct rpm_entry e;
	enum status status = rpm_blob_read(blob, &h);

	if (status == STATUS_OK)
		status = texts_take(r, &a, &h);
	for (size_t i = 0; i < COUNT_OF(tags) && status == STATUS_NOT_MINE; i++)
		if (rpm_header_find(&h, tags[i], false, &e))
			status = header_take(r, &a, &h, e.data);
	if (status != STATUS_NOT_MINE && status != STATUS_MALFORMED)
		return status;
	r->n_unsigned++;
	return STATUS_OK;
}

enum status rpms_database(struct rpms *r, const char *path)
{
	struct rpm_database *db = NULL;
	struct span blob;
	enum status status;

	TRY(rpm_database_open(path, &db));
	do {
		status = rpm_database_next(db, &blob);
		if (status == STATUS_OK)
			status = blob_take(r, blob);
	} while (status == STATUS_OK);
	rpm_database_close(db);
	return status == STATUS_NOT_MINE ? STATUS_OK : status;
}
