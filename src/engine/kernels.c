/* SPDX-License-Identifier: MIT */
#include "engine/kernels.h"

#include "base/limits.h"
#include "base/memory.h"
#include "structure/linux_image.h"
#include "trust/file.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#define KERNEL_ARENA_BYTES ((size_t)FILE_ARENA_BYTES + ((size_t)8 << 20))
#define CERTIFICATE_MAX    16384
#define SCAN_BYTES         ((size_t)1 << 20) /* looked at in one go */

struct kernel {
	const char *path;
	struct span image; /* mapped: the worker has no descriptors but its own */
	struct stat st;
	bool is_running, is_read;
	struct arena arena;
	struct certificate *certs;
	size_t n_certs, n_scanned;
	const char *name, *anchor, *why_not;
};

struct kernels {
	pthread_mutex_t lock;
	struct kernel list[KERNELS_MAX];
	size_t n;
	char running[sizeof(((struct utsname *)0)->release)];
	char running_path[sizeof(((struct utsname *)0)->release) + 16];
};

struct kernels *kernels_new(void)
{
	struct kernels *k = memory_new(1, sizeof(*k));

	if (k)
		(void)pthread_mutex_init(&k->lock, NULL);
	return k;
}

void kernels_free(struct kernels *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->n; i++) {
		file_unmap(k->list[i].image);
		arena_free(&k->list[i].arena);
	}
	(void)pthread_mutex_destroy(&k->lock);
	memory_free(k);
}

static enum status image_open(struct kernels *k, const char *path, bool is_running)
{
	struct kernel *kernel = &k->list[k->n];

	if (k->n == KERNELS_MAX)
		return STATUS_LIMIT;
	*kernel = (struct kernel){
		.path = path,
		.is_running = is_running,
		.arena = ARENA_INIT(KERNEL_ARENA_BYTES),
	};
	if (stat(path, &kernel->st) != 0)
		return STATUS_IO;
	TRY(file_map(path, KERNEL_MAX_BYTES, &kernel->image));
	k->n++;
	return STATUS_OK;
}

enum status kernels_add(struct kernels *k, const char *path)
{
	return image_open(k, path, false);
}

void kernels_add_running(struct kernels *k)
{
	struct utsname system;

	if (uname(&system) != 0 || SPAN_TEXT(system.release).len == 0)
		return;
	(void)snprintf(k->running, sizeof(k->running), "%s", system.release);
	(void)snprintf(k->running_path, sizeof(k->running_path), "/boot/vmlinuz-%s",
		       k->running);
	/* Many systems have none, or let only root read it: then it does not help. */
	if (image_open(k, k->running_path, true) != STATUS_OK)
		errno = 0;
}

enum status kernels_digest(const struct kernels *k, uint8_t out[32])
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct digest digest;
	struct span whole;

	buffer_text(&text, "kernels");
	for (size_t i = 0; k && i < k->n; i++) {
		struct stat st = k->list[i].st;

		buffer_printf(&text, " %s %ju %ju %jd %jd.%09ld %jd.%09ld", k->list[i].path,
			      (uintmax_t)st.st_dev, (uintmax_t)st.st_ino, (intmax_t)st.st_size,
			      (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
			      (intmax_t)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
	}
	TRY(buffer_status(&text));
	whole = buffer_span(&text);
	TRY(digest_of(DIGEST_SHA256, &whole, 1, &digest));
	(void)span_copy(out, 32, digest_span(&digest));
	return STATUS_OK;
}

static enum status certificate_keep(struct kernel *k, struct span der)
{
	struct certificate read;
	struct span kept;

	if (certificate_read(der, &read, NULL) != STATUS_OK)
		return STATUS_OK;
	for (size_t i = 0; i < k->n_certs; i++)
		if (span_equal(SPAN_OF(k->certs[i].sha256), SPAN_OF(read.sha256)))
			return STATUS_OK;
	if (k->n_certs == KERNEL_MAX_CERTS)
		return STATUS_LIMIT;
	kept = arena_copy(&k->arena, der);
	if (!kept.ptr)
		return STATUS_NO_MEMORY;
	return certificate_read(kept, &k->certs[k->n_certs++], NULL);
}

/*
 * Certificates of version 3 that begin in @bytes: 30 82 (length) 30 82 (length)
 * a0 03 02 01 02.  *@used: so much need not be looked at again.
 */
static enum status bytes_scan(struct kernel *k, struct span bytes, bool last, uint64_t *used)
{
	static const uint8_t version[] = { 0xa0, 0x03, 0x02, 0x01, 0x02 };
	uint64_t at, from = 0;

	*used = last || bytes.len < CERTIFICATE_MAX ? 0 : bytes.len - CERTIFICATE_MAX;
	for (; span_find(bytes, SPAN_OF(version), from, &at); from = at + 1) {
		struct cursor c = cursor_at(bytes, at >= 8 ? at - 8 : 0);
		uint64_t begin = at - 8, len;
		struct span der;

		if (at < 8 || cursor_be(&c, 2) != 0x3082)
			continue;
		len = cursor_be(&c, 2) + 4;
		if (cursor_be(&c, 2) != 0x3082 || len > CERTIFICATE_MAX)
			continue;
		if (!last && begin >= *used)
			break; /* it will come again, whole */
		if (k->n_scanned++ == KERNEL_MAX_SCANNED)
			return STATUS_LIMIT;
		if (span_part(bytes, begin, len, &der))
			TRY(certificate_keep(k, der));
	}
	return STATUS_OK;
}

/* What comes out of the payload, looked through piece by piece: it is large. */
static enum status payload_scan(struct kernel *k, const struct linux_image *image,
				struct unpacker *u)
{
	CLEANUP(buffer_free) struct buffer window = BUFFER_INIT;
	enum unpacked what = UNPACKED_SOME;
	uint64_t at = 0, used;

	while (what == UNPACKED_SOME) {
		struct span part;
		size_t taken;

		what = unpacker_run(u, span_after(image->payload, at), &taken, &part);
		at += taken;
		buffer_add(&window, part);
		TRY(buffer_status(&window));
		if (window.len < SCAN_BYTES && what == UNPACKED_SOME)
			continue;
		TRY(bytes_scan(k, buffer_span(&window), what != UNPACKED_SOME, &used));
		buffer_drop(&window, used);
	}
	if (what == UNPACKED_NO_MEMORY)
		return STATUS_NO_MEMORY;
	if (what == UNPACKED_LIMIT)
		return STATUS_LIMIT;
	return what == UNPACKED_END ? STATUS_OK : STATUS_MALFORMED;
}

static enum status certificates_find(struct kernel *k, const struct linux_image *image)
{
	struct unpacker *u;
	enum status status;
	uint64_t used;

	k->certs = ARENA_NEW(&k->arena, struct certificate, KERNEL_MAX_CERTS);
	if (!k->certs)
		return STATUS_NO_MEMORY;
	if (image->packing == PACKING_NONE)
		return bytes_scan(k, image->payload, true, &used);
	TRY(unpacker_new(image->packing, VMLINUX_MAX, &u));
	status = payload_scan(k, image, u);
	unpacker_free(u);
	return status;
}

/* Whom the image itself is signed by. */
static enum status image_judge(const struct engine *e, struct kernel *k, struct span bytes)
{
	struct lanes *lanes = lanes_new(true);
	struct report r = { 0 };

	if (!lanes)
		return STATUS_NO_MEMORY;
	engine_examine_bytes(e, lanes, bytes, &k->arena, &r);
	lanes_free(lanes);
	for (size_t i = 0; i < r.n_signatures && r.verdict == ASSAY_VERDICT_VALID; i++)
		if (r.signatures[i].verdict == ASSAY_VERDICT_VALID && r.signatures[i].anchor)
			k->anchor = arena_printf(&k->arena, "%s, through %s",
						 r.signatures[i].anchor, k->name);
	if (!k->anchor)
		k->why_not = arena_printf(&k->arena, "its key stands in %s, which is %s itself",
					  k->name, assay_verdict_word(r.verdict));
	return k->anchor || k->why_not ? STATUS_OK : STATUS_NO_MEMORY;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? text_after(slash, 1) : path;
}

static enum status image_use(const struct engine *e, struct kernel *k)
{
	struct linux_image image;

	k->name = arena_printf(&k->arena, "%s", last_part(k->path));
	if (!k->name)
		return STATUS_NO_MEMORY;
	if (!linux_image_read(k->image, &image))
		return STATUS_MALFORMED;
	if (k->is_running &&
	    !span_equal(image.release, SPAN_TEXT(e->settings.kernels->running)))
		return STATUS_OK;
	TRY(certificates_find(k, &image));
	return k->n_certs ? image_judge(e, k, k->image) : STATUS_OK;
}

/* An image that cannot be used has no keys: its modules' keys are not known. */
static enum status image_once(const struct engine *e, struct kernel *k)
{
	enum status status;

	if (k->is_read)
		return STATUS_OK;
	status = image_use(e, k);
	if (status == STATUS_NO_MEMORY)
		return status;
	k->is_read = true;
	if (status != STATUS_OK)
		k->n_certs = 0;
	return STATUS_OK;
}

static void kernel_ask(const struct kernel *k, const struct signer_name *name,
		       struct outside_key *out)
{
	for (size_t i = 0; i < k->n_certs; i++) {
		if (!signer_name_fits(&k->certs[i], name))
			continue;
		*out = (struct outside_key){ &k->certs[i], k->anchor, k->why_not };
		return;
	}
}

enum status kernels_find(const void *engine, struct arena *a, const struct signer_name *name,
			 struct outside_key *out)
{
	const struct engine *e = engine;
	struct kernels *k = e->settings.kernels;
	enum status status = STATUS_OK;

	(void)a;
	*out = (struct outside_key){ 0 };
	(void)pthread_mutex_lock(&k->lock);
	for (size_t i = 0; i < k->n && status == STATUS_OK && !out->certificate; i++) {
		status = image_once(e, &k->list[i]);
		if (status == STATUS_OK)
			kernel_ask(&k->list[i], name, out);
	}
	(void)pthread_mutex_unlock(&k->lock);
	return status;
}
