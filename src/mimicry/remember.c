/* SPDX-License-Identifier: MIT */
/*
 * What the index may learn of a file.
 *
 * A donor only from a file whose every signature holds and is anchored, or the
 * first graft that is met would become one.
 */
#include "mimicry/own_pages.h"
#include "mimicry/package_owner.h"

static bool holds(const struct fact *f)
{
	return f->signature == ASSAY_SIGNATURE_GOOD && f->binding == ASSAY_BINDING_INTACT &&
	       !f->counterfeit;
}

static bool all_hold(const struct fact *facts)
{
	for (const struct fact *f = facts; f; f = f->next)
		if (!holds(f) && f->signature != ASSAY_SIGNATURE_UNSUPPORTED)
			return false;
	return facts != NULL;
}

/* The first @n bytes of the SHA-256 of @bytes; nothing of nothing. */
static enum status short_digest(struct span bytes, uint8_t *out, size_t n)
{
	struct digest digest;

	if (bytes.len == 0)
		return STATUS_OK;
	TRY(digest_of(DIGEST_SHA256, &bytes, 1, &digest));
	(void)span_copy(out, n, digest_span(&digest));
	return STATUS_OK;
}

/* What its headers say, whoever signed it. */
static void headers_remember(const struct mimicry_case *c, struct donor *d)
{
	const struct pe_image *pe = c->box->pe;
	const struct page_list *list = pages_of(c, DIGEST_SHA256);

	d->format = c->box->format->name;
	streams_remember(c, d);
	if (!pe)
		return;
	d->machine = pe->machine;
	d->subsystem = pe->subsystem;
	d->dotnet = pe->is_dotnet;
	d->size = pe->table.len ? pe->table.off : pe->file_size;
	d->size_of_headers = (uint32_t)pe->size_of_headers;
	d->entry_rva = (uint32_t)pe->entry_point_rva;
	d->time_date_stamp = pe->time_date_stamp;
	d->checksum = pe->checksum_field;
	d->has_checksum = pe->checksum_field != 0;
	for (size_t i = 0; i < pe->n_sections && i < DONOR_MAX_SECTIONS; i++) {
		const struct pe_section *from = &pe->sections[i];
		struct donor_section *s = &d->sections[d->n_sections++];

		(void)span_copy(s->name, sizeof(s->name), from->name);
		s->raw_size = (uint32_t)from->size_of_raw_data;
		s->characteristics = from->characteristics;
		s->hash = list ? list->pages.sections[i].hash : 0;
	}
	if (!list)
		return;
	d->sketched = true;
	sketch_make(&list->pages, true, &d->executable);
	sketch_make(&list->pages, false, &d->rest);
}

/* "4.6.26515.06 @BuiltBy: ..." is 4.6.26515.06; "Release 0.73" stays as it is; zeros say
 * nothing. */
static const char *version_say(struct arena *a, const char *text)
{
	struct span s = text ? SPAN_TEXT(text) : SPAN_NONE;
	uint64_t end;

	if (span_equal(s, SPAN_TEXT("0.0.0.0")))
		return NULL;
	if (s.len == 0 || span_at(s, 0) < '0' || span_at(s, 0) > '9' ||
	    !span_find(s, SPAN_TEXT(" "), 0, &end))
		return text;
	return arena_string(a, span_clip(s, 0, end));
}

static enum status identity_remember(struct arena *a, const struct pe_identity *id,
				     struct donor *d)
{
	const struct pe_version *v = &id->version;

	d->company = v->company_name;
	d->product = v->product_name;
	d->version = version_say(a, v->product_version ? v->product_version : v->file_version);
	d->original_filename = v->original_filename;
	(void)donor_identity(d->company, d->product, d->original_filename, d->identity);
	d->manifest = id->manifest.identity;
	d->repro = id->stamp == PE_STAMP_REPRO;
	d->has_icon = id->icon.present;
	d->icon = id->icon.dhash;
	d->has_codeview = id->codeview.present;
	if (id->codeview.present) {
		(void)span_copy(d->codeview, sizeof(d->codeview), SPAN_OF(id->codeview.guid));
		for (size_t i = 0; i < 4; i++)
			d->codeview[16 + i] = (uint8_t)(id->codeview.age >> (8 * i));
	}
	return short_digest(id->rich, d->rich, sizeof(d->rich));
}

/* Whose key goes with the name of a package. */
static enum status package_remember(struct arena *a, const struct mimicry_case *c,
				    const struct fact *f, struct donor *d)
{
	const char *package = package_name(c);

	if (!package || !f->certificate)
		return STATUS_OK;
	d->product = package;
	d->company = package_key(a, f->certificate->der);
	(void)package_identity(package, d->identity);
	return d->company ? STATUS_OK : STATUS_NO_MEMORY;
}

static struct donor *donor_new(struct arena *a, struct donor ***last, enum donor_kind kind)
{
	struct donor *d = ARENA_NEW(a, struct donor, 1);

	if (!d)
		return NULL;
	d->kind = kind;
	**last = d;
	*last = &d->next;
	return d;
}

/* What a package is known by without its signature, beside @from. */
static enum status halves_remember(struct arena *a, const struct mimicry_case *c,
				   const struct donor *from, struct donor ***last)
{
	struct donor records[PACKAGE_HALVES];
	size_t n = package_look_remember(c, from, records);

	for (size_t i = 0; i < n; i++) {
		struct donor *d = donor_new(a, last, from->kind);

		if (!d)
			return STATUS_NO_MEMORY;
		*d = records[i];
		d->next = NULL;
	}
	return STATUS_OK;
}

static enum status valid_remember(struct arena *a, const struct mimicry_case *c,
				  const struct fact *f, struct donor ***last)
{
	struct donor *d = donor_new(a, last, DONOR_VALID);

	if (!d)
		return STATUS_NO_MEMORY;
	d->digest = f->signed_digest;
	d->signer = f->certificate ? name_short(a, f->certificate->subject) : f->claimed_signer;
	d->program_name = f->program_name;
	d->signed_at = f->has_signed_at ? f->signed_at : 0;
	headers_remember(c, d);
	if (c->settings->learn)
		TRY(own_pages_sketch(a, f, d));
	if (c->identity)
		TRY(identity_remember(a, c->identity, d));
	TRY(package_remember(a, c, f, d));
	TRY(block_digest(c->facts, f, d->block));
	return halves_remember(a, c, d, last);
}

static enum status seen_remember(struct arena *a, const struct mimicry_case *c,
				 const struct fact *f, struct donor ***last)
{
	struct donor *d = donor_new(a, last, DONOR_SEEN);

	if (!d)
		return STATUS_NO_MEMORY;
	d->digest = f->computed_digest;
	d->format = c->box->format->name;
	return block_digest(c->facts, f, d->block);
}

/* Of a mute signature its bytes alone, so that whoever learns of the file for which it holds
 * can ask again. */
static enum status mute_remember(struct arena *a, const struct mimicry_case *c,
				 const struct fact *f, struct donor ***last)
{
	struct donor *d = donor_new(a, last, DONOR_NONE);

	if (!d)
		return STATUS_NO_MEMORY;
	d->digest = f->computed_digest;
	d->format = c->box->format->name;
	return block_digest(c->facts, f, d->block);
}

/* Of a bare file its digest alone, so that whoever learns of a donor can ask again. */
static enum status bare_remember(struct arena *a, const struct mimicry_case *c,
				 struct donor ***last)
{
	const struct bare *b = &c->state->bare;
	const struct donor package = { .kind = DONOR_NONE, .format = c->box->format->name };

	TRY(halves_remember(a, c, &package, last));
	for (size_t i = 0; i < b->n_images; i++) {
		struct donor *d = donor_new(a, last, DONOR_NONE);
		const struct pe_identity *id = c->identity;

		if (!d)
			return STATUS_NO_MEMORY;
		d->digest = b->images[i];
		d->format = "pe";
		if (id)
			(void)donor_identity(id->version.company_name, id->version.product_name,
					     id->version.original_filename, d->identity);
	}
	return STATUS_OK;
}

/* Everything that two files can be compared by. */
static enum status profile_remember(struct arena *a, const struct mimicry_case *c,
				    struct donor ***last)
{
	struct donor *d = donor_new(a, last, DONOR_NONE);

	if (!d)
		return STATUS_NO_MEMORY;
	headers_remember(c, d);
	if (c->identity)
		TRY(identity_remember(a, c->identity, d));
	if (!c->facts)
		return STATUS_OK;
	d->digest = c->facts->computed_digest;
	return c->facts->cms ? block_digest(c->facts, c->facts, d->block) : STATUS_OK;
}

enum status mimicry_remember(struct arena *a, const struct mimicry_case *c, struct donor **out)
{
	struct donor **last = out;
	bool all = all_hold(c->facts) && !c->box->broken;

	*out = NULL;
	if (!c->box->format)
		return STATUS_OK;
	if (c->settings->profiled)
		TRY(profile_remember(a, c, &last));
	for (const struct fact *f = c->settings->profiled ? NULL : c->facts; f; f = f->next) {
		if (signature_is_mute(f))
			TRY(mute_remember(a, c, f, &last));
		/* One catalog signs many files: it would make each the donor of all others. */
		if (f->signature != ASSAY_SIGNATURE_GOOD ||
		    f->presence == ASSAY_PRESENCE_CATALOG)
			continue;
		if (all && holds(f) && f->trust == ASSAY_TRUST_ANCHORED &&
		    f->signed_digest.algorithm != DIGEST_NONE)
			TRY(valid_remember(a, c, f, &last));
		if (f->binding == ASSAY_BINDING_MODIFIED && f->claim->signature.len > 0)
			TRY(seen_remember(a, c, f, &last));
	}
	return bare_remember(a, c, &last);
}
