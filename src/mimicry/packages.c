/* SPDX-License-Identifier: MIT */
/*
 * Packages of DEB and RPM whose signature is gone: known by their header and by their
 * payload; or in the name of a package that its vendor always signs.
 *
 * Cutting the signature off leaves the rest as it was, and no trace.  So the record of
 * a package that was valid carries both digests, and its name with version.
 */
#include "base/hex.h"
#include "formats/deb/deb.h"
#include "formats/rpm/rpm.h"
#include "mimicry/state.h"

#define RPM_PRODUCT    "RPM package" /* as vendors.tsv calls them */
#define OPENPGP_SHA256 8

static struct coverage *range_cover(struct arena *a, struct range where)
{
	struct coverage *covered = ARENA_NEW(a, struct coverage, 1);
	struct piece *piece = ARENA_NEW(a, struct piece, 1);

	if (!covered || !piece)
		return NULL;
	*piece = (struct piece){ .kind = PIECE_RANGE, .range = where };
	*covered = (struct coverage){ piece, 1 };
	return covered;
}

static void job_add(struct mimicry_case *c, enum package_half half,
		    const struct coverage *covered)
{
	struct package_look *look = &c->state->package;

	look->half_of_job[look->n_jobs++] = half;
	c->jobs[c->n_jobs++] =
		(struct digest_job){ .algorithm = DIGEST_SHA256, .covered = *covered };
}

static enum status half_plan(struct arena *a, struct mimicry_case *c, enum package_half half,
			     struct range where)
{
	const struct coverage *covered;

	/* Nothing is the same everywhere. */
	if (where.len == 0)
		return STATUS_OK;
	covered = range_cover(a, where);
	if (!covered)
		return STATUS_NO_MEMORY;
	job_add(c, half, covered);
	return STATUS_OK;
}

/* What a signed header says of the payload is compared anyway: no need to count it again. */
static bool payload_is_told(const struct container *box)
{
	return box->claims && box->rpm->payload_algorithm == OPENPGP_SHA256;
}

enum status package_look_plan(struct arena *a, struct mimicry_case *c)
{
	const struct container *box = c->box;
	struct package_look *look = &c->state->package;

	look->is = (box->deb || (box->rpm && box->rpm->signed_header)) && !box->broken;
	if (!look->is || !(c->settings->donors || c->settings->profiled))
		return STATUS_OK;
	c->jobs = ARENA_NEW(a, struct digest_job, PACKAGE_HALVES);
	if (!c->jobs)
		return STATUS_NO_MEMORY;
	if (box->deb) {
		TRY(half_plan(a, c, PACKAGE_HEADER, box->deb->parts[DEB_CONTROL]));
		return half_plan(a, c, PACKAGE_PAYLOAD, box->deb->parts[DEB_DATA]);
	}
	job_add(c, PACKAGE_HEADER, box->rpm->signed_header);
	return payload_is_told(box) ? STATUS_OK
				    : half_plan(a, c, PACKAGE_PAYLOAD, box->rpm->payload);
}

/* Vendor and full name, as they say themselves. */
static bool identity_of(const struct container *box, uint8_t out[16])
{
	return box->rpm && donor_identity(box->rpm->vendor, RPM_PRODUCT, box->rpm->name, out);
}

static bool is_bare(const struct mimicry_case *c)
{
	return c->state->package.is && !c->box->claims && !c->facts;
}

enum status package_look_ask(struct arena *a, struct mimicry_case *c)
{
	struct package_look *look = &c->state->package;
	uint8_t identity[16];

	for (size_t i = 0; i < look->n_jobs; i++)
		look->halves[look->half_of_job[i]] = c->jobs[i].result;
	if (!is_bare(c))
		return STATUS_OK;
	for (size_t i = 0; i < PACKAGE_HALVES && !look->same; i++) {
		if (look->halves[i].algorithm == DIGEST_NONE)
			continue;
		TRY(find_by(a, c, DONOR_BY_DIGEST, digest_span(&look->halves[i]), &look->same));
		look->same = donors_valid(look->same);
	}
	if (look->same || !identity_of(c->box, identity))
		return STATUS_OK;
	TRY(find_by(a, c, DONOR_BY_IDENTITY, SPAN_OF(identity), &look->likeness));
	look->likeness = donors_valid(look->likeness);
	return STATUS_OK;
}

static enum status sign(struct arena *a, struct relation *r, const char *id,
			const char *observed)
{
	return evidence_add(a, r, id,
			    (struct evidence){ .observed = observed, .signature = -1 });
}

static enum status relation_new(struct arena *a, const struct donor *d, struct relation **out)
{
	struct relation *r = ARENA_NEW(a, struct relation, 1);

	if (!r)
		return STATUS_NO_MEMORY;
	r->donor = d;
	r->also = d->next;
	*out = r;
	return STATUS_OK;
}

static enum status stripped_judge(struct arena *a, const struct mimicry_case *c,
				  struct relation **out)
{
	const struct donor *d = c->state->package.same;
	struct relation *r = NULL;

	TRY(relation_new(a, d, &r));
	r->known_by = KNOWN_BY_DIGEST;
	r->kind = RELATION_STRIPPED;
	r->confidence = CONFIDENCE_PROVEN;
	r->rule = "verdict.stripped-package";
	TRY(sign(a, r, "sign.same-digest",
		 arena_printf(a, "header or payload of '%s', which '%s' signs",
			      d->original_filename ? d->original_filename : "a known package",
			      d->signer ? d->signer : "-")));
	if (donor_always_signed(c, d))
		TRY(sign(a, r, "sign.always-signed", d->company));
	*out = r;
	return STATUS_OK;
}

/* Neither header nor payload is the donor's, or it would be found by that. */
static enum status costume_judge(struct arena *a, const struct mimicry_case *c,
				 struct relation **out)
{
	const struct donor *d = c->state->package.likeness;
	struct relation *r = NULL;

	while (d && !donor_always_signed(c, d))
		d = d->next;
	if (!d || c->vouched)
		return STATUS_OK;
	TRY(relation_new(a, d, &r));
	r->known_by = KNOWN_BY_METADATA;
	r->kind = RELATION_COSTUME;
	r->confidence = CONFIDENCE_INFERRED;
	r->rule = "verdict.costume-package";
	TRY(sign(a, r, "sign.same-names", d->original_filename));
	TRY(sign(a, r, "sign.always-signed", d->company));
	*out = r;
	return STATUS_OK;
}

/* "By somebody who signs every package": told, and no reproach. */
static void vendor_note(const struct mimicry_case *c)
{
	const char *vendor = c->box->rpm ? c->box->rpm->vendor : NULL;
	const struct vendor *v =
		vendor ? vendor_find(c->settings->vendors, vendor, RPM_PRODUCT) : NULL;

	if (v && v->signs == VENDOR_ALWAYS)
		finding_add(c->findings, "mimicry.brand-claim", c->box->rpm->header,
			    "a signature", vendor);
}

enum status package_look_judge(struct arena *a, const struct mimicry_case *c,
			       struct relation **out)
{
	if (!is_bare(c))
		return STATUS_OK;
	if (c->state->package.same)
		return stripped_judge(a, c, out);
	TRY(costume_judge(a, c, out));
	if (!*out)
		vendor_note(c);
	return STATUS_OK;
}

static bool told_payload(const struct rpm *rpm, struct digest *out)
{
	*out = (struct digest){ .algorithm = DIGEST_SHA256 };
	return rpm->payload_algorithm == OPENPGP_SHA256 &&
	       rpm->payload_digest.len == 2 * digest_size(DIGEST_SHA256) &&
	       hex_parse(rpm->payload_digest, out->bytes, digest_size(DIGEST_SHA256));
}

size_t package_look_remember(const struct mimicry_case *c, const struct donor *from,
			     struct donor out[PACKAGE_HALVES])
{
	struct package_look *look = &c->state->package;
	const struct rpm *rpm = c->box->rpm;
	size_t n = 0;

	if (!look->is || (from->kind == DONOR_NONE && !is_bare(c)))
		return 0;
	/* The caller knows that the signature holds, and the payload is what it says. */
	if (from->kind == DONOR_VALID && rpm && c->box->claims && look->n_jobs > 0 &&
	    look->halves[PACKAGE_PAYLOAD].algorithm == DIGEST_NONE)
		if (!told_payload(rpm, &look->halves[PACKAGE_PAYLOAD]))
			look->halves[PACKAGE_PAYLOAD].algorithm = DIGEST_NONE;
	for (size_t i = 0; i < PACKAGE_HALVES; i++) {
		if (look->halves[i].algorithm == DIGEST_NONE)
			continue;
		out[n] = *from;
		out[n].digest = look->halves[i];
		out[n].company = rpm ? rpm->vendor : NULL;
		out[n].product = rpm ? RPM_PRODUCT : NULL;
		out[n].original_filename = rpm ? rpm->name : NULL;
		(void)identity_of(c->box, out[n].identity);
		n++;
	}
	return n;
}
