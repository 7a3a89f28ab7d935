/* SPDX-License-Identifier: MIT */
#include "trust/intake.h"

#include "trust/file.h"
#include "trust/key_file.h"
#include "trust/pem.h"
#include "trust/revocation_data.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum status intake_refuse(struct intake *in, enum status status, const char *name,
			  const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = arena_vprintf(in->arena, format, args);
	va_end(args);
	in->problem = text ? arena_printf(in->arena, "%s: %s", name, text) : NULL;
	if (in->problem)
		return status;
	in->problem = "out of memory";
	return STATUS_NO_MEMORY;
}

/* Of a certificate whose bytes are in @a already. */
static enum status record_here(struct arena *a, const struct certificate *c, struct record *out)
{
	*out = (struct record){ .source = RECORD_ADDED };
	(void)span_copy(out->stored.sha256, 32, SPAN_OF(c->sha256));
	TRY(key_of(key_bits(&c->key), out->key_sha256));
	out->stored.der = c->der;
	out->subject = c->subject;
	out->key_id = c->subject_key_id;
	out->valid_from = c->not_before;
	out->valid_until = c->not_after;
	out->stored.name = name_short(a, c->subject);
	return out->stored.name ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status intake_sets(struct intake *in, enum trust_item item, const uint8_t sha256[32],
			unsigned *out)
{
	unsigned fitting = trust_item_sets(item, sha256);
	bool is_named = in->sets && (in->sets & (in->sets - 1)) == 0;

	if (!in->sets) {
		*out = item == TRUST_CERTIFICATE || !in->keys ? 0 : fitting;
		return item == TRUST_CERTIFICATE || in->keys ? STATUS_OK : STATUS_NOT_MINE;
	}
	*out = in->sets & fitting;
	if (*out || !is_named)
		return STATUS_OK;
	if (in->in_folder)
		return STATUS_NOT_MINE;
	if (in->sets == TRUST_APPLE && item == TRUST_CERTIFICATE)
		return intake_refuse(in, STATUS_USAGE, in->name,
				     "holds a certificate that is none of the known roots "
				     "of Apple; only those can be anchors for apple");
	return intake_refuse(in, STATUS_USAGE, in->name,
			     "holds what cannot be an anchor for %s (%s)",
			     trust_set_name((enum trust_set)in->sets), trust_item_name(item));
}

enum status record_of(struct arena *a, struct span der, struct record *out)
{
	struct span copy = arena_copy(a, der);
	struct certificate c;

	if (!copy.ptr)
		return STATUS_NO_MEMORY;
	TRY(certificate_read(copy, &c, NULL));
	return record_here(a, &c, out);
}

static bool was_held(const struct database *before, const struct stored *s)
{
	struct record held;
	size_t row;

	return database_find(before, TABLE_RECORDS, SPAN_OF(s->sha256), &row) > 0 &&
	       database_record(before, row, &held) && held.source == RECORD_ADDED &&
	       (s->sets & ~held.stored.sets) == 0;
}

enum status intake_add(struct intake *in, const struct record *r)
{
	if (in->before && was_held(in->before, &r->stored)) {
		if (r->stored.item == TRUST_CERTIFICATE)
			in->n_held_certs++;
		else
			in->n_held_keys++;
	}
	return draft_record_add(in->draft, r);
}

static enum status record_take(struct intake *in, struct record *record)
{
	if (in->n_certs == INTAKE_MAX_ITEMS)
		return STATUS_LIMIT;
	TRY(intake_sets(in, TRUST_CERTIFICATE, record->stored.sha256, &record->stored.sets));
	record->stored.origin = in->origin;
	in->n_certs++;
	if (in->loose && !in->sets)
		return draft_record_add(in->loose, record);
	return intake_add(in, record);
}

static enum status crl_take(struct intake *in, struct span der)
{
	struct revocation r;

	TRY(crl_index(der, &r));
	if (in->n_crls++ == INTAKE_MAX_ITEMS)
		return STATUS_LIMIT;
	r.der = arena_copy(in->arena, r.der);
	return r.der.ptr ? draft_crl_add(in->draft, &r) : STATUS_NO_MEMORY;
}

static enum status ocsp_take(struct intake *in, struct span der)
{
	struct span serials[OCSP_MAX_ANSWERS];
	struct revocation r;
	size_t n;

	TRY(ocsp_index(in->arena, der, &r, serials, &n));
	if (in->n_ocsps++ == INTAKE_MAX_ITEMS)
		return STATUS_LIMIT;
	r.der = arena_copy(in->arena, r.der);
	if (!r.der.ptr)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n; i++) {
		TRY(key_of(serials[i], r.key));
		TRY(draft_ocsp_add(in->draft, &r));
	}
	return STATUS_OK;
}

/* One DER element of whichever kind. */
static enum status der_take(struct intake *in, struct span der)
{
	struct certificate c;
	struct record record;
	enum status status = certificate_read(der, &c, NULL);

	if (status == STATUS_OK) {
		TRY(record_of(in->arena, der, &record));
		return record_take(in, &record);
	}
	if (status == STATUS_NO_MEMORY)
		return status;
	status = crl_take(in, der);
	if (status == STATUS_NOT_MINE)
		status = ocsp_take(in, der);
	return status == STATUS_NOT_MINE ? public_key_take(in, der) : status;
}

static bool is_certificate_label(const struct pem_block *b)
{
	return pem_label_is(b, "CERTIFICATE") || pem_label_is(b, "X509 CERTIFICATE") ||
	       pem_label_is(b, "TRUSTED CERTIFICATE");
}

#define CRL_LABEL "X509 CRL"
#define KEY_LABEL "PUBLIC KEY"
#define PGP_LABEL "PGP PUBLIC KEY BLOCK"

/* Of OpenSSL's "trusted" form only the certificate counts. */
static enum status block_take(struct intake *in, const struct pem_block *block)
{
	struct certificate c;
	struct record record;
	struct span der, rest;

	if (pem_label_is(block, CRL_LABEL)) {
		TRY(pem_decode(in->arena, block->body, &der));
		return crl_take(in, der);
	}
	if (pem_label_is(block, KEY_LABEL)) {
		TRY(pem_decode(in->arena, block->body, &der));
		return public_key_take(in, der);
	}
	if (pem_label_is(block, PGP_LABEL))
		return armored_keyring_take(in, block->whole);
	if (!is_certificate_label(block))
		return STATUS_NOT_MINE;
	TRY(pem_decode(in->arena, block->body, &der));
	TRY(certificate_read(der, &c,
			     pem_label_is(block, "TRUSTED CERTIFICATE") ? &rest : NULL));
	TRY(record_here(in->arena, &c, &record));
	return record_take(in, &record);
}

/*
 * A folder may hold texts that merely speak of certificates: nobody loses an
 * anchor unawares who passes over them.  A CRL that cannot be read would be
 * missed, so it is an error everywhere.
 */
static enum status text_take(struct intake *in, struct span text, const char *name)
{
	enum status result = STATUS_NOT_MINE;
	uint64_t at = 0;

	for (size_t i = 1;; i++) {
		struct pem_block block = { .label = SPAN_NONE };
		enum status status = pem_next(text, &at, &block);
		bool framed = status == STATUS_OK;

		if (status == STATUS_NOT_MINE)
			return result;
		if (framed) {
			status = block_take(in, &block);
			if (status == STATUS_NOT_MINE && !is_certificate_label(&block))
				continue;
		}
		if (status == STATUS_NO_MEMORY || status == STATUS_LIMIT)
			return status;
		if (status != STATUS_OK && in->in_folder && !pem_label_is(&block, CRL_LABEL)) {
			if (!framed)
				return result;
			continue;
		}
		if (status == STATUS_USAGE && in->problem)
			return status;
		if (status != STATUS_OK)
			return intake_refuse(in, STATUS_USAGE, name,
					     "PEM block %zu cannot be read (%s)", i,
					     status_text(status));
		result = STATUS_OK;
	}
}

static enum status (*const key_takers[])(struct intake *in, struct span bytes) = {
	ed25519_take,
	sigstore_root_take,
	keyring_take,
};

enum status intake_bytes(struct intake *in, struct span bytes, const char *name)
{
	enum status status;

	in->name = name;
	status = text_take(in, bytes, name);
	for (size_t i = 0; status == STATUS_NOT_MINE && i < COUNT_OF(key_takers); i++)
		status = key_takers[i](in, bytes);
	return status == STATUS_NOT_MINE ? der_take(in, bytes) : status;
}

/* Closes @fd. */
static enum status descriptor_take(struct intake *in, int fd, const char *name)
{
	struct arena scratch = ARENA_INIT(INTAKE_MAX_FILE + 4096);
	struct span bytes = SPAN_NONE;
	enum status status = file_read(fd, INTAKE_MAX_FILE, &scratch, &bytes);
	int error = errno;

	(void)close(fd);
	if (status == STATUS_OK)
		status = in->read(in, bytes, name);
	else if (in->lenient && status != STATUS_NO_MEMORY)
		status = STATUS_NOT_MINE;
	else if (status == STATUS_LIMIT)
		status = intake_refuse(in, STATUS_USAGE, name,
				       "is larger than %zu MiB, more than any file "
				       "of certificates",
				       INTAKE_MAX_FILE >> 20);
	else if (status == STATUS_IO)
		status = intake_refuse(in, status, name, "cannot be read: %s", strerror(error));
	arena_free(&scratch);
	return status;
}

static enum status folder_take(struct intake *in, int fd, const char *path, unsigned depth,
			       size_t *n_used);

/* What the entry @name of the folder at @dirfd gives.  Links to files are followed (that
 * is how /etc/ssl/certs is made), links to folders are not. */
static enum status entry_take(struct intake *in, int dirfd, const char *name, const char *path,
			      unsigned depth)
{
	size_t n_used = 0;
	enum status status;
	int fd = openat(dirfd, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0) {
		status = folder_take(in, fd, path, depth + 1, &n_used);
		return status == STATUS_OK && n_used == 0 ? STATUS_NOT_MINE : status;
	}
	status = file_open(dirfd, name, &fd);
	if (status == STATUS_USAGE || (status == STATUS_IO && errno == ENOENT))
		return STATUS_NOT_MINE; /* special, or a link to nothing */
	if (status != STATUS_OK)
		return intake_refuse(in, status, path, "cannot be opened: %s", strerror(errno));
	if (in->n_files++ == INTAKE_MAX_FILES) {
		(void)close(fd);
		return intake_refuse(in, STATUS_USAGE, path,
				     "is one file too many; at most %zu are read",
				     INTAKE_MAX_FILES);
	}
	in->in_folder = true;
	status = descriptor_take(in, fd, path);
	in->in_folder = false;
	return status;
}

static enum status folder_take(struct intake *in, int fd, const char *path, unsigned depth,
			       size_t *n_used)
{
	int dirfd = depth > INTAKE_MAX_DEPTH ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	const char **names = NULL;
	enum status status;
	size_t n = 0;

	if (dirfd < 0) {
		(void)close(fd);
		return depth > INTAKE_MAX_DEPTH
			       ? intake_refuse(in, STATUS_USAGE, path,
					       "lies more than %d folders deep",
					       INTAKE_MAX_DEPTH)
			       : STATUS_IO;
	}
	status = folder_read(fd, INTAKE_MAX_FILES, in->arena, &names, &n);
	if (status == STATUS_IO || status == STATUS_LIMIT)
		status =
			intake_refuse(in, STATUS_IO, path, "the folder cannot be read: %s",
				      status == STATUS_IO ? strerror(errno) : "too many names");
	for (size_t i = 0; status == STATUS_OK && i < n; i++) {
		const char *inner = arena_printf(in->arena, "%s/%s", path, names[i]);

		status = inner ? entry_take(in, dirfd, names[i], inner, depth)
			       : STATUS_NO_MEMORY;
		if (status == STATUS_NOT_MINE)
			status = STATUS_OK;
		else
			++*n_used;
	}
	(void)close(dirfd);
	return status;
}

enum status intake_path(struct intake *in, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t n_used = 0;
	enum status status;

	if (fd >= 0) {
		TRY(folder_take(in, fd, path, 0, &n_used));
		return n_used ? STATUS_OK
			      : intake_refuse(
					in, STATUS_USAGE, path,
					"no file in this folder holds a "
					"certificate, a public key, a CRL or an OCSP response");
	}
	status = file_open(AT_FDCWD, path, &fd);
	if (status == STATUS_USAGE)
		return intake_refuse(in, STATUS_USAGE, path,
				     "is neither a regular file nor a folder");
	if (status != STATUS_OK)
		return intake_refuse(in, status, path, "cannot be opened: %s", strerror(errno));
	in->n_files++;
	status = descriptor_take(in, fd, path);
	if (status == STATUS_NOT_MINE)
		return intake_refuse(in, STATUS_USAGE, path,
				     "holds no certificate, public key, CRL or OCSP "
				     "response that can be read");
	return status;
}
