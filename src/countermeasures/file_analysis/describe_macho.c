/* SPDX-License-Identifier: MIT */
/*
 * The list of features: what Mach-O programs say of themselves, slice by slice:
 * CodeDirectories and their hashes (cdhash), requirements, entitlements.
 */
#include "base/escape.h"
#include "countermeasures/file_analysis/parts.h"
#include "formats/macho/macho.h"
#include "structure/plist/plist.h"
#include "structure/requirement.h"

#define CDHASH_BYTES     20
#define MAX_ENTITLEMENTS 256

/* "macho.slices.3.code." and so on. */
struct place {
	struct features *f;
	size_t slice, directory;
};

static void of_slice(const struct place *p, const char *key, struct feature what)
{
	feature_add_at(p->f, what, "macho.slices.%zu.%s", p->slice, key);
}

static void of_directory(const struct place *p, const char *key, struct feature what)
{
	feature_add_at(p->f, what, "macho.slices.%zu.directories.%zu.%s", p->slice,
		       p->directory, key);
}

static struct feature text_of(const struct place *p, struct span text)
{
	if (text.len == 0)
		return feature_absent();
	return feature_of_text(escape_string(p->f->arena, text, FEATURE_MAX_TEXT));
}

static struct feature bytes_of(const struct place *p, struct span bytes)
{
	if (bytes.len == 0)
		return feature_absent();
	return FEATURE_OF_BYTES(arena_copy(p->f->arena, bytes));
}

static enum status describe_directory(const struct place *p, const struct code_directory *d)
{
	static const enum digest_algorithm algorithms[] = {
		[CODE_HASH_NONE] = DIGEST_NONE,     [CODE_HASH_SHA1] = DIGEST_SHA1,
		[CODE_HASH_SHA256] = DIGEST_SHA256, [CODE_HASH_SHA256_CUT] = DIGEST_SHA256,
		[CODE_HASH_SHA384] = DIGEST_SHA384,
	};
	struct digest hash;

	of_directory(p, "version", FEATURE_OF_NUMBER(d->version));
	of_directory(p, "flags", FEATURE_OF_NUMBER(d->flags));
	of_directory(p, "identifier", text_of(p, d->identifier));
	of_directory(p, "team", text_of(p, d->team));
	of_directory(p, "page", FEATURE_OF_NUMBER(d->page));
	of_directory(p, "pages", FEATURE_OF_NUMBER(d->n_code));
	of_directory(p, "code_limit", FEATURE_OF_NUMBER(d->code_limit));
	of_directory(p, "platform", FEATURE_OF_NUMBER(d->platform));
	of_directory(p, "hash_type", FEATURE_OF_NUMBER(d->hash_type));
	if (d->unsupported) {
		of_directory(p, "cdhash", feature_skipped("format"));
		return STATUS_OK;
	}
	TRY(digest_of(algorithms[d->hash_type], &d->whole, 1, &hash));
	of_directory(p, "cdhash", bytes_of(p, span_clip(digest_span(&hash), 0, CDHASH_BYTES)));
	return STATUS_OK;
}

static enum status describe_requirements(const struct place *p, const struct code_signature *s)
{
	const struct code_blob *blob = code_blob_find(s, CODE_SLOT_REQUIREMENTS);
	struct requirement_set set = { .n = 0 };
	enum status status = STATUS_OK;

	if (blob)
		status = requirement_set_read(p->f->arena, blob->bytes, &set);
	if (status == STATUS_NO_MEMORY)
		return status;
	if (status != STATUS_OK || set.n == 0)
		of_slice(p, "requirements",
			 status == STATUS_OK ? feature_absent() : feature_skipped("format"));
	for (size_t i = 0; status == STATUS_OK && i < set.n; i++) {
		const char *text = requirement_text(p->f->arena, &set.each[i]);

		if (!text)
			return STATUS_NO_MEMORY;
		feature_add_at(p->f, FEATURE_OF_NUMBER(set.each[i].type),
			       "macho.slices.%zu.requirements.%zu.type", p->slice, i);
		feature_add_at(p->f,
			       strlen(text) > FEATURE_MAX_TEXT ? feature_skipped("limit")
							       : feature_of_text(text),
			       "macho.slices.%zu.requirements.%zu.text", p->slice, i);
	}
	return STATUS_OK;
}

static struct feature entitlement_of(const struct place *p, const struct plist *e)
{
	switch (e->kind) {
	case PLIST_BOOLEAN: return FEATURE_OF_FLAG(e->number != 0);
	case PLIST_INTEGER:
		if (e->number < 0)
			return feature_of_text(
				arena_printf(p->f->arena, "%lld", (long long)e->number));
		return FEATURE_OF_NUMBER(e->number);
	case PLIST_STRING: return text_of(p, e->bytes);
	case PLIST_DATA:
	case PLIST_REAL:
	case PLIST_OTHER: return bytes_of(p, span_clip(e->bytes, 0, FEATURE_MAX_TEXT));
	case PLIST_DICT: return feature_of_text("dictionary");
	case PLIST_ARRAY: return feature_of_text("list");
	case PLIST_NONE: break;
	}
	return feature_absent();
}

static enum status describe_entitlements(const struct place *p, const struct code_signature *s)
{
	const struct code_blob *blob = code_blob_find(s, CODE_SLOT_ENTITLEMENTS);
	struct plist *root = NULL;
	enum status status = STATUS_OK;
	size_t n = 0;

	if (blob)
		status = plist_read(p->f->arena, code_blob_payload(blob), &root);
	if (status == STATUS_NO_MEMORY)
		return status;
	if (!root || root->kind != PLIST_DICT || root->n == 0) {
		of_slice(p, "entitlements",
			 status == STATUS_OK ? feature_absent() : feature_skipped("format"));
		return STATUS_OK;
	}
	for (const struct plist *e = root->first; e && n < MAX_ENTITLEMENTS; e = e->next, n++) {
		feature_add_at(p->f, text_of(p, e->key),
			       "macho.slices.%zu.entitlements.%zu.key", p->slice, n);
		feature_add_at(p->f, entitlement_of(p, e),
			       "macho.slices.%zu.entitlements.%zu.value", p->slice, n);
	}
	return STATUS_OK;
}

static enum status describe_signature(struct place *p, const struct code_signature *s)
{
	for (p->directory = 0; p->directory < s->n_directories; p->directory++)
		TRY(describe_directory(p, &s->directories[p->directory]));
	TRY(describe_requirements(p, s));
	return describe_entitlements(p, s);
}

enum status describe_macho(struct features *f, const struct analysis_parts *parts)
{
	const struct macho_file *file = parts->box->macho;
	struct place p = { .f = f };

	for (p.slice = 0; p.slice < file->n_slices; p.slice++) {
		const struct macho_slice *s = &file->slices[p.slice];

		of_slice(&p, "name", feature_of_text(s->name));
		of_slice(&p, "offset", FEATURE_OF_NUMBER(s->where.off));
		of_slice(&p, "length", FEATURE_OF_NUMBER(s->where.len));
		of_slice(&p, "cpu_type", FEATURE_OF_NUMBER(s->cpu_type));
		of_slice(&p, "cpu_subtype", FEATURE_OF_NUMBER(s->cpu_subtype));
		of_slice(&p, "file_type", feature_of_text(macho_type_name(s->file_type)));
		of_slice(&p, "flags", FEATURE_OF_NUMBER(s->flags));
		of_slice(&p, "uuid", bytes_of(&p, s->uuid));
		if (!s->code)
			of_slice(&p, "directories", feature_absent());
		else
			TRY(describe_signature(&p, s->code));
	}
	return STATUS_OK;
}
