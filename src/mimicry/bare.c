/* SPDX-License-Identifier: MIT */
/*
 * Files without signature: a signed program that lost it, a program in another
 * one's clothes, or one that only names a vendor, as thousands of honest ones do.
 *
 * The same bytes are known with a signature: that alone tells nothing, for
 * distributions ship programs both ways.  Only a trace of the signature, or a
 * vendor who signs every copy, makes them stripped.
 */
#include "mimicry/compare.h"

#include "trust/brand_names.h"

#define ICON_DISTANCE 4 /* bits of 64 in which equal icons may differ */
#define ALIGNMENT     8 /* signing tools pad the file to it before they hash */
#define MAX_PIECES    8

/* The image digest as if the file ended at @end and were then signed. */
static enum status image_job(struct arena *a, const struct pe_image *pe, uint64_t end,
			     enum digest_algorithm algorithm, struct digest_job *out)
{
	struct piece *pieces = ARENA_NEW(a, struct piece, MAX_PIECES);
	struct pe_image unsigned_image = *pe;
	struct coverage flat;
	size_t n = 0;

	if (!pieces)
		return STATUS_NO_MEMORY;
	unsigned_image.file_size = end;
	unsigned_image.table = (struct range){ 0, 0 };
	TRY(pe_cover_flat(a, &unsigned_image, &flat));
	while (n < flat.n && n + 1 < MAX_PIECES) {
		pieces[n] = flat.pieces[n];
		n++;
	}
	if (end % ALIGNMENT != 0)
		pieces[n++] = (struct piece){
			.kind = PIECE_ZEROS, .range = {0, ALIGNMENT - end % ALIGNMENT}
		};
	*out = (struct digest_job){
		.algorithm = algorithm, .covered = {pieces, n}
	};
	return STATUS_OK;
}

enum status bare_begin(struct arena *a, struct mimicry_case *c)
{
	const struct donor_index *index = c->settings->donors;
	const struct container *box = c->box;
	struct bare *b = &c->state->bare;
	uint64_t orphan = box->orphan_where.off;

	b->is = box->pe && !box->claims && !box->broken;
	if (!b->is || !(index || c->settings->profiled))
		return STATUS_OK;
	c->jobs = ARENA_NEW(a, struct digest_job, COUNT_OF(b->images));
	if (!c->jobs)
		return STATUS_NO_MEMORY;
	TRY(image_job(a, box->pe, box->pe->file_size, DIGEST_SHA256, &c->jobs[c->n_jobs++]));
	if (c->settings->profiled || index->has_sha1)
		TRY(image_job(a, box->pe, box->pe->file_size, DIGEST_SHA1,
			      &c->jobs[c->n_jobs++]));
	b->n_whole = c->n_jobs;
	/* Headers must be whole in front of what remains of the table. */
	if (box->stripped && orphan > box->pe->directory_off + ALIGNMENT)
		TRY(image_job(a, box->pe, orphan, DIGEST_SHA256, &c->jobs[c->n_jobs++]));
	b->n_images = c->n_jobs;
	return STATUS_OK;
}

static unsigned bits_that_differ(uint64_t a, uint64_t b)
{
	return (unsigned)__builtin_popcountll(a ^ b);
}

static bool same_icon(const struct mimicry_case *c, const struct donor *d)
{
	const struct pe_icon *icon = &c->identity->icon;

	return icon->present && d->has_icon &&
	       bits_that_differ(icon->dhash, d->icon) <= ICON_DISTANCE;
}

static bool same_manifest(const struct mimicry_case *c, const struct donor *d)
{
	const char *identity = c->identity->manifest.identity;

	return identity && d->manifest && *identity && strcmp(identity, d->manifest) == 0;
}

bool donor_always_signed(const struct mimicry_case *c, const struct donor *d)
{
	const struct vendor *v = vendor_find(c->settings->vendors, d->company, d->product);

	return v && v->signs == VENDOR_ALWAYS;
}

/* Whose clothes it wears, when that vendor signs every copy and content can tell them apart. */
static const struct donor *clothes_find(const struct mimicry_case *c)
{
	if (c->vouched || !c->identity)
		return NULL;
	for (const struct donor *d = c->state->bare.likeness; d; d = d->next)
		if (d->sketched && (same_icon(c, d) || same_manifest(c, d)) &&
		    donor_always_signed(c, d))
			return d;
	return NULL;
}

enum status bare_ask(struct arena *a, struct mimicry_case *c, bool *pages)
{
	struct bare *b = &c->state->bare;

	if (c->facts) { /* a catalog signs it */
		b->is = false;
		b->n_images = 0;
	}
	if (!b->is)
		return STATUS_OK;
	for (size_t i = 0; i < b->n_images; i++) {
		b->images[i] = c->jobs[i].result;
		if (b->same)
			continue;
		TRY(find_by(a, c, DONOR_BY_DIGEST, digest_span(&b->images[i]), &b->same));
		b->same = donors_valid(b->same);
		b->without_remains = b->same && i >= b->n_whole;
	}
	if (b->same)
		return STATUS_OK;
	TRY(find_by_names(a, c, &b->likeness));
	b->clothes = clothes_find(c);
	*pages = *pages || b->clothes;
	return STATUS_OK;
}

/* The signed program had this checksum, and cutting the signature off made it wrong. */
static bool has_checksum_of(const struct mimicry_case *c, const struct donor *d)
{
	uint32_t field = c->box->pe->checksum_field;

	return d->has_checksum && d->checksum != 0 && field == d->checksum && c->has_checksum &&
	       c->computed_checksum != field;
}

static enum status sign(struct arena *a, struct relation *r, const char *id,
			struct evidence what)
{
	what.signature = -1;
	return evidence_add(a, r, id, what);
}

static const char *donor_say(struct arena *a, const struct donor *d)
{
	return arena_printf(a, "the same program as '%s', which '%s' signs",
			    d->name ? d->name : "a known one", d->signer ? d->signer : "-");
}

static enum status stripped_judge(struct arena *a, struct mimicry_case *c, struct relation *r)
{
	const struct bare *b = &c->state->bare;
	const struct donor *d = r->donor;
	bool checksum = has_checksum_of(c, d), always = donor_always_signed(c, d);
	struct range field = { c->box->pe->checksum_off, 4 };

	TRY(sign(a, r, "sign.same-digest", (struct evidence){ .observed = donor_say(a, d) }));
	if (checksum)
		TRY(sign(a, r, "sign.checksum-of-signed",
			 (struct evidence){
				 .where = field,
				 .expected = arena_printf(a, "0x%08x", c->computed_checksum),
				 .observed = arena_printf(a, "0x%08x", d->checksum) }));
	if (b->without_remains || c->box->stripped)
		TRY(sign(a, r, "sign.table-remains",
			 (struct evidence){ .where = c->box->orphan_where }));
	if (always)
		TRY(sign(a, r, "sign.always-signed",
			 (struct evidence){ .observed = d->company }));
	if (!checksum && !always && !b->without_remains && !c->box->stripped) {
		finding_add(c->findings, "mimicry.unsigned-original", (struct range){ 0, 0 },
			    NULL, donor_say(a, d));
		return STATUS_OK;
	}
	r->kind = RELATION_STRIPPED;
	r->confidence = CONFIDENCE_PROVEN;
	r->rule = "verdict.stripped-donor";
	return STATUS_OK;
}

static enum status costume_judge(struct arena *a, struct mimicry_case *c, struct relation *r)
{
	const struct donor *d = r->donor;
	enum content content;

	TRY(compare_donor(a, c, d, &r->pages, &content));
	if (content != CONTENT_OTHER)
		return STATUS_OK;
	r->kind = RELATION_COSTUME;
	r->confidence = CONFIDENCE_INFERRED;
	r->rule = "verdict.costume-donor";
	TRY(sign(a, r, "sign.same-names",
		 (struct evidence){ .where = c->identity->version.where,
				    .observed = d->original_filename }));
	if (same_icon(c, d))
		TRY(sign(a, r, "sign.same-icon", (struct evidence){ 0 }));
	if (same_manifest(c, d))
		TRY(sign(a, r, "sign.same-manifest",
			 (struct evidence){ .observed = d->manifest }));
	TRY(sign(a, r, "sign.always-signed", (struct evidence){ .observed = d->company }));
	return sign(a, r, "sign.donor-pages-absent",
		    (struct evidence){
			    .observed = arena_printf(a, "%llu of %llu pages",
						     (unsigned long long)r->pages.n_matched,
						     (unsigned long long)r->pages.n_host) });
}

/* "Claims to be by somebody who is often imitated": told, and no reproach. */
static void brand_note(struct mimicry_case *c)
{
	const char *company = c->identity ? c->identity->version.company_name : NULL;

	if (company && brand_of_name(company))
		finding_add(c->findings, "mimicry.brand-claim", c->identity->version.where,
			    "a signature", company);
}

enum status bare_judge(struct arena *a, struct mimicry_case *c, struct relation **out)
{
	const struct bare *b = &c->state->bare;
	struct relation *r;

	if (!b->is)
		return STATUS_OK;
	if (b->same || b->clothes) {
		r = ARENA_NEW(a, struct relation, 1);
		if (!r)
			return STATUS_NO_MEMORY;
		r->donor = b->same ? b->same : b->clothes;
		r->also = r->donor->next;
		r->known_by = b->same ? KNOWN_BY_DIGEST : KNOWN_BY_METADATA;
		if (b->same)
			TRY(stripped_judge(a, c, r));
		else
			TRY(costume_judge(a, c, r));
		if (r->kind != RELATION_NONE || b->same)
			*out = r;
		if (r->kind != RELATION_NONE)
			compare_sections(c, r);
	}
	if (!*out && !c->box->stripped)
		brand_note(c);
	return STATUS_OK;
}
