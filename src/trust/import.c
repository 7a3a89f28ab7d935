/* SPDX-License-Identifier: MIT */
#include "trust/import.h"

#include "base/memory.h"
#include "base/time.h"
#include "trust/shim.h"
#include "trust/store_layers.h"
#include <stdlib.h>

/* A trust list: kept until all files are read, since its certificates come beside it. */
static enum status list_take(struct import *im, struct span bytes, const char *name)
{
	struct stl *stl = &im->stls[im->n_stls];
	const char *why = NULL;
	enum status status;

	/* A CMS begins with a SEQUENCE; a folder has hundreds of files that are none. */
	if (im->n_stls == IMPORT_MAX_LISTS)
		return STATUS_NOT_MINE;
	status = stl_read(im->in.arena, bytes, stl, &why);
	if (status == STATUS_OK) {
		im->stl_names[im->n_stls++] = name;
		return STATUS_OK;
	}
	if (status == STATUS_NOT_MINE || status == STATUS_NO_MEMORY)
		return status;
	return intake_refuse(&im->in, STATUS_USAGE, name, "the trust list %s",
			     why ? why : status_text(status));
}

static bool is_cms(struct span bytes)
{
	static const uint8_t signed_data[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
					       0xf7, 0x0d, 0x01, 0x07, 0x02 };
	uint64_t at;

	return span_at(bytes, 0) == DER_SEQUENCE &&
	       span_find(span_clip(bytes, 0, 32), SPAN_OF(signed_data), 0, &at);
}

enum status import_bytes(struct intake *in, struct span bytes, const char *name)
{
	struct import *im = in->context;
	enum siglist_role role = im->role ? im->role : siglist_role_of(name);
	enum status status = STATUS_NOT_MINE;

	if (im->lists && is_cms(bytes)) {
		struct span kept = arena_copy(in->arena, bytes);

		return kept.ptr ? list_take(im, kept, name) : STATUS_NO_MEMORY;
	}
	if (im->lists)
		status = siglist_take(in, bytes, name, role, &im->counts);
	if (im->lists && status == STATUS_NOT_MINE)
		status = shim_take(in, bytes, name, &im->counts);
	return status == STATUS_NOT_MINE ? intake_bytes(in, bytes, name) : status;
}

/* A loose certificate, by the SHA-1 by which lists of roots name it. */
struct loose {
	uint8_t sha1[20];
	const struct record *record;
};

static int loose_order(const void *a, const void *b)
{
	const struct loose *x = a, *y = b;

	return memcmp(x->sha1, y->sha1, sizeof(x->sha1));
}

static enum status loose_sort(const struct draft *draft, struct loose *loose)
{
	size_t n = 0;

	for (const struct draft_record *at = draft->records; at; at = at->next) {
		struct digest digest;

		TRY(digest_of(DIGEST_SHA1, &at->record.stored.der, 1, &digest));
		(void)span_copy(loose[n].sha1, sizeof(loose[n].sha1), digest_span(&digest));
		loose[n++].record = &at->record;
	}
	qsort(loose, n, sizeof(*loose), loose_order);
	return STATUS_OK;
}

/* A root of Microsoft's own: those have no list of usages, or are known to be. */
static bool is_own_root(const struct import *im, const struct stl_entry *entry,
			const uint8_t sha256[32])
{
	struct stored known;

	return !entry->has_eku ||
	       (store_by_sha256(im->store, sha256, &known) && known.limits.own_root);
}

static enum status root_add(struct import *im, const struct stl_entry *entry,
			    const struct record *bytes, const char *origin)
{
	struct record record = { 0 };

	if (bytes)
		record = *bytes;
	else
		(void)span_copy(record.stored.sha256, 32, entry->sha256);
	record.source = RECORD_LIST;
	record.stored.sets = stl_entry_sets(entry);
	record.stored.public_root = true;
	record.stored.origin = origin;
	record.stored.limits = entry->limits;
	record.stored.limits.own_root = is_own_root(im, entry, record.stored.sha256);
	if (entry->name)
		record.stored.name = entry->name;
	im->change->n_roots++;
	im->change->n_roots_with_bytes += bytes != NULL;
	im->change->n_root_anchors += record.stored.sets != 0;
	return draft_record_add(im->in.draft, &record);
}

static enum status root_take(struct import *im, const struct stl_entry *entry,
			     const struct loose *loose, size_t n_loose, const char *name,
			     const char *origin)
{
	const struct loose *bytes;
	struct loose key;

	(void)span_copy(key.sha1, sizeof(key.sha1), entry->tag);
	bytes = bsearch(&key, loose, n_loose, sizeof(key), loose_order);
	/* The tag is a SHA-1, for which twins can be made: the SHA-256 decides. */
	if (bytes && entry->sha256.len &&
	    !span_equal(entry->sha256, SPAN_OF(bytes->record->stored.sha256)))
		return intake_refuse(&im->in, STATUS_USAGE, name,
				     "names a root by SHA-1 and SHA-256, and the certificate "
				     "beside it (\"%s\") has only the SHA-1",
				     bytes->record->stored.name);
	if (!bytes && !entry->sha256.len)
		return intake_refuse(&im->in, STATUS_USAGE, name,
				     "names a root by SHA-1 alone, and its certificate is not "
				     "beside it");
	return root_add(im, entry, bytes ? bytes->record : NULL, origin);
}

static enum status roots_take(struct import *im, const struct stl *stl, const char *name)
{
	struct loose *loose = memory_new(im->loose.n_records + 1, sizeof(*loose));
	enum status status = loose ? loose_sort(&im->loose, loose) : STATUS_NO_MEMORY;
	struct time_text date;
	const char *origin;

	(void)time_format(stl->info.this_update, &date);
	origin = arena_printf(im->in.arena, "authroot %.10s", date.text);
	if (!origin)
		status = STATUS_NO_MEMORY;
	draft_forget(im->in.draft, RECORD_LIST, NULL);
	for (size_t i = 0; status == STATUS_OK && i < stl->n; i++)
		status = root_take(im, &stl->entries[i], loose, im->loose.n_records, name,
				   origin);
	memory_free(loose);
	im->change->has_roots = true;
	im->change->roots = stl->info;
	return status;
}

static enum status disallowed_take(struct import *im, const struct stl *stl)
{
	draft_forget_distrusts(im->in.draft, DISTRUST_KEY_MD5, RECORD_LIST);
	draft_forget_distrusts(im->in.draft, DISTRUST_TBS_SHA384, RECORD_LIST);
	for (size_t i = 0; i < stl->n; i++) {
		struct span tag = stl->entries[i].tag;
		bool key = tag.len == distrust_size(DISTRUST_KEY_MD5);
		struct distrust entry = { key ? DISTRUST_KEY_MD5 : DISTRUST_TBS_SHA384,
					  RECORD_LIST, tag };

		TRY(draft_distrust_add(im->in.draft, &entry));
	}
	im->change->n_disallowed = stl->n;
	im->change->has_disallowed = true;
	im->change->disallowed = stl->info;
	return STATUS_OK;
}

/* One that may sign lists, if it can be read and is pinned. */
static enum status root_try(struct import *im, struct span der)
{
	struct certificate c, *more;

	if (der.len == 0 || certificate_read(der, &c, NULL) != STATUS_OK ||
	    !stl_root_pinned(c.sha256))
		return STATUS_OK;
	more = ARENA_NEW(im->in.arena, struct certificate, im->n_roots + 1);
	if (!more)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < im->n_roots; i++)
		more[i] = im->roots[i];
	more[im->n_roots++] = c;
	im->roots = more;
	return STATUS_OK;
}

/* The pinned root, from wherever its bytes come: it is its digest that counts. */
static enum status roots_find(struct import *im)
{
	struct store_place at = { 0 };
	const struct layer *top;
	struct record r;

	if (im->n_roots)
		return STATUS_OK;
	for (const struct draft_record *d = im->loose.records; d && !im->n_roots; d = d->next)
		if (stl_root_pinned(d->record.stored.sha256))
			TRY(root_try(im, d->record.stored.der));
	while (!im->n_roots && store_next(im->store, &at, &r, &top))
		if (stl_root_pinned(r.stored.sha256))
			TRY(root_try(im, r.stored.der));
	for (size_t i = 0; i < im->n_stls; i++)
		for (size_t k = 0; !im->n_roots && k < im->stls[i].cms.n_certs; k++)
			if (stl_root_pinned(im->stls[i].cms.certs[k].sha256))
				TRY(root_try(im, im->stls[i].cms.certs[k].der));
	return STATUS_OK;
}

static enum status list_finish(struct import *im, const struct stl *stl, const char *name)
{
	const char *why = NULL;
	struct list_info installed;
	enum status status = stl_verify(im->in.arena, stl, im->roots, im->n_roots, &why);

	if (status == STATUS_USAGE)
		return intake_refuse(&im->in, status, name, "the trust list %s", why);
	TRY(status);
	if (store_list(im->store, stl->info.kind, &installed) &&
	    memcmp(stl->info.sequence, installed.sequence, DATABASE_SEQUENCE_MAX) < 0)
		return intake_refuse(&im->in, STATUS_USAGE, name,
				     "the trust list is older than the one that is installed "
				     "(its sequence number is lower)");
	im->in.draft->lists[stl->info.kind] = stl->info;
	im->in.draft->lists[stl->info.kind].name =
		stl->info.kind == LIST_ROOTS ? "authroot" : "disallowedcert";
	return stl->info.kind == LIST_ROOTS ? roots_take(im, stl, name)
					    : disallowed_take(im, stl);
}

/* Certificates that came without a list of roots: anchors of every set that they fit. */
static enum status loose_add(struct import *im)
{
	for (const struct draft_record *at = im->loose.records; at; at = at->next) {
		struct record record = at->record;

		record.stored.sets = trust_item_sets(TRUST_CERTIFICATE, record.stored.sha256);
		TRY(intake_add(&im->in, &record));
		im->change->n_anchors++;
	}
	return STATUS_OK;
}

/* What was added stays in the sets in which it is already. */
static void sets_widen(struct import *im)
{
	for (struct draft_record *at = im->in.draft->records; at; at = at->next) {
		struct stored *s = &at->record.stored, known;
		const struct anchor_limits *l = &known.limits;

		if (s->origin != im->in.origin ||
		    !store_by_sha256(im->store, s->sha256, &known))
			continue;
		s->sets |= known.sets;
		s->public_root |= known.public_root;
		s->limits.own_root |= known.limits.own_root;
		im->change->n_unbound += l->has_disallowed || l->has_not_before || l->eku.len;
	}
}

enum status import_finish(struct import *im)
{
	bool has_roots = false;

	TRY(roots_find(im));
	for (size_t i = 0; i < im->n_stls; i++) {
		has_roots |= im->stls[i].info.kind == LIST_ROOTS;
		TRY(list_finish(im, &im->stls[i], im->stl_names[i]));
	}
	if (!has_roots)
		TRY(loose_add(im));
	sets_widen(im);
	return STATUS_OK;
}
