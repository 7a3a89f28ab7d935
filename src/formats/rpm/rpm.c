/* SPDX-License-Identifier: MIT */
/*
 * rpm: lead, signature header, main header, payload.
 *
 * Follows "RPM Package format" (rpm.org).  Signatures over the header speak for
 * the payload by the digest that the header holds; digests in the signature
 * header are signed by nobody and are not looked at.
 */
#include "formats/rpm/rpm.h"

#include "base/base64.h"
#include "base/escape.h"

#define LEAD_BYTES     96
#define NAME_MAX_BYTES 256
#define MAX_SIGNATURES 16
#define REGIONS        4

static const struct span lead_magic = SPAN_INIT("\xed\xab\xee\xdb");

struct reading {
	struct view *view;
	struct findings *findings;
	struct container *out;
	struct rpm *rpm;
	struct claim *last_claim;
	size_t n_claims;
	const struct coverage *covered_all; /* header and payload as they stand */
};

static bool rpm_sniff(struct span head)
{
	return head.len >= LEAD_BYTES && span_equal(span_clip(head, 0, 4), lead_magic);
}

static void rpm_break(struct reading *r, const char *rule, struct range where,
		      const char *observed)
{
	r->out->broken = true;
	finding_add(r->findings, rule, where, NULL, observed);
}

/* A header at @at, as a range and as what is in it.  Nothing, and broken: there is none. */
static enum status header_read(struct reading *r, uint64_t at, uint32_t region,
			       struct range *where, struct rpm_header *out)
{
	struct span intro, whole;
	uint64_t len;
	enum status status;

	TRY(view_clip(r->view, at, RPM_INTRO, &intro));
	status = rpm_header_length(intro, &len);
	if (status == STATUS_LIMIT)
		finding_add(r->findings, "limit.rpm-header", (struct range){ at, intro.len },
			    NULL, NULL);
	if (status == STATUS_OK && len > r->view->size - at)
		status = STATUS_MALFORMED;
	if (status == STATUS_MALFORMED) {
		rpm_break(r, "rpm.header-malformed", (struct range){ at, intro.len }, NULL);
		return STATUS_OK;
	}
	TRY(status);
	TRY(view_part(r->view, at, len, &whole));
	*where = (struct range){ at, len };
	status = rpm_header_read(whole, region, out);
	if (status == STATUS_OK && out->problem)
		finding_add(r->findings, "rpm.region", *where, NULL, out->problem);
	return status;
}

static enum status headers_read(struct reading *r)
{
	struct rpm *rpm = r->rpm;
	uint64_t at;

	rpm->lead = (struct range){ 0, LEAD_BYTES };
	TRY(header_read(r, LEAD_BYTES, RPM_REGION_SIGNATURES, &rpm->signatures,
			&rpm->signature_header));
	if (rpm->signatures.len == 0)
		return STATUS_OK;
	/* What comes next begins on a multiple of eight, counted from the header itself. */
	rpm->signatures.len += (8 - rpm->signatures.len % 8) % 8;
	at = rpm->signatures.off + rpm->signatures.len;
	if (at > r->view->size) {
		rpm_break(r, "rpm.header-malformed", rpm->signatures, NULL);
		rpm->signatures.len = r->view->size - rpm->signatures.off;
		return STATUS_OK;
	}
	TRY(header_read(r, at, RPM_REGION_IMMUTABLE, &rpm->header, &rpm->main_header));
	if (rpm->header.len == 0)
		return STATUS_OK;
	at += rpm->header.len;
	rpm->payload = (struct range){ at, r->view->size - at };
	return STATUS_OK;
}

/*
 * Every entry lies inside, and no byte belongs to two: else a small file could make
 * us read the same bytes for ever.
 */
static bool entries_sound(struct reading *r, const struct rpm_header *h, struct range where)
{
	uint64_t total = 0;
	struct rpm_entry e;

	for (uint32_t i = 1; i < h->n_entries; i++) {
		bool sound = rpm_header_entry(h, i, &e);

		total += e.data.len;
		if (!sound || total > h->data.len) {
			rpm_break(r, "rpm.entry-malformed", where, NULL);
			return false;
		}
	}
	return true;
}

/*
 * Entries behind the region, or a tag that stands there twice: readers differ in
 * which one they believe, and only the region is signed.
 */
static void region_check(struct reading *r)
{
	const struct rpm_header *h = &r->rpm->main_header;
	struct rpm_entry e;
	uint32_t last = 0;

	if (h->n_entries > h->region_entries && !h->problem)
		finding_add(r->findings, "rpm.outside-region", r->rpm->header, NULL, NULL);
	for (uint32_t i = 1; i < h->region_entries && rpm_header_entry(h, i, &e); i++) {
		/* Writers sort them, so twice is one behind the other. */
		if (e.tag <= last) {
			finding_add(r->findings, "rpm.repeated-tag", r->rpm->header, NULL,
				    NULL);
			return;
		}
		last = e.tag;
	}
}

static enum status text_read(struct reading *r, uint32_t tag, const char **out)
{
	struct rpm_entry e;
	struct span text;

	*out = NULL;
	if (!rpm_header_find(&r->rpm->main_header, tag, true, &e) ||
	    !rpm_entry_string(&e, 0, &text))
		return STATUS_OK;
	*out = escape_string(r->findings->arena, text, NAME_MAX_BYTES);
	return *out ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status identity_read(struct reading *r)
{
	static const uint32_t tags[] = { RPM_NAME, RPM_VERSION, RPM_RELEASE, RPM_ARCH };
	const char *texts[COUNT_OF(tags)];
	struct rpm *rpm = r->rpm;
	struct rpm_entry e;

	for (size_t i = 0; i < COUNT_OF(tags); i++)
		TRY(text_read(r, tags[i], &texts[i]));
	TRY(text_read(r, RPM_VENDOR, &rpm->vendor));
	if (texts[0] && texts[1] && texts[2]) {
		rpm->name = arena_printf(r->findings->arena, "%s-%s-%s.%s", texts[0], texts[1],
					 texts[2], texts[3] ? texts[3] : "src");
		if (!rpm->name)
			return STATUS_NO_MEMORY;
	}
	if (rpm_header_find(&rpm->main_header, RPM_PAYLOAD_DIGEST_ALGORITHM, true, &e) &&
	    !rpm_entry_number(&e, 0, &rpm->payload_algorithm))
		rpm->payload_algorithm = 0;
	if (!rpm_header_find(&rpm->main_header, RPM_PAYLOAD_DIGEST, true, &e) ||
	    !rpm_entry_string(&e, 0, &rpm->payload_digest))
		rpm->payload_algorithm = 0;
	return STATUS_OK;
}

static enum status claim_add(struct reading *r, struct span bytes, struct range where,
			     const struct coverage *covered)
{
	struct claim *claim;

	if (r->n_claims++ == MAX_SIGNATURES) {
		finding_add(r->findings, "limit.rpm-signatures", where, NULL, NULL);
		return STATUS_LIMIT;
	}
	claim = ARENA_NEW(r->findings->arena, struct claim, 1);
	if (!claim)
		return STATUS_NO_MEMORY;
	*claim = (struct claim){ .scheme = "openpgp",
				 .presence = ASSAY_PRESENCE_EMBEDDED,
				 .where = where,
				 .signature_off = where.off,
				 .signature = bytes,
				 .covered = covered };
	if (r->last_claim)
		r->last_claim->next = claim;
	else
		r->out->claims = claim;
	r->last_claim = claim;
	return STATUS_OK;
}

/* Signatures of RPM 6 stand there in base64, several behind each other. */
static enum status texts_claim(struct reading *r, const struct rpm_entry *e, struct range where)
{
	struct span text, bytes;

	for (uint32_t i = 0; i < e->count && rpm_entry_string(e, i, &text); i++) {
		enum status status = base64_decode_span(r->findings->arena, text, &bytes);

		if (status == STATUS_MALFORMED)
			bytes = text;
		else
			TRY(status);
		TRY(claim_add(r, bytes, where, r->rpm->signed_header));
	}
	return STATUS_OK;
}

static enum status entry_claim(struct reading *r, const struct rpm_entry *e)
{
	struct rpm *rpm = r->rpm;
	struct range where = { rpm->signatures.off, e->data.len };
	uint64_t off;

	/* The data area stands behind the intro and the index. */
	if (span_offset(rpm->signature_header.data, e->data, &off))
		where.off += RPM_INTRO + rpm->signature_header.index.len + off;
	switch (e->tag) {
	case RPM_SIG_RSA_HEADER:
	case RPM_SIG_DSA_HEADER: return claim_add(r, e->data, where, rpm->signed_header);
	case RPM_SIG_PGP:
	case RPM_SIG_GPG: return claim_add(r, e->data, where, r->covered_all);
	case RPM_SIG_OPENPGP: return texts_claim(r, e, where);
	default: return STATUS_OK;
	}
}

static enum status claims_read(struct reading *r)
{
	const struct rpm_header *h = &r->rpm->signature_header;
	struct rpm_entry e;

	for (uint32_t i = 0; i < h->n_entries; i++)
		if (rpm_header_entry(h, i, &e))
			TRY(entry_claim(r, &e));
	return STATUS_OK;
}

/* The region with an intro of its own: literal, index, data. */
static enum status coverage_make(struct reading *r)
{
	struct arena *a = r->findings->arena;
	const struct rpm_header *h = &r->rpm->main_header;
	struct piece *pieces = ARENA_NEW(a, struct piece, 4);
	struct coverage *covered = ARENA_NEW(a, struct coverage, 2);
	uint8_t intro[RPM_INTRO];
	uint64_t index = r->rpm->header.off + RPM_INTRO;

	if (!pieces || !covered)
		return STATUS_NO_MEMORY;
	rpm_region_intro(h, intro);
	pieces[0] = (struct piece){ .kind = PIECE_LITERAL,
				    .literal = arena_copy(a, SPAN_OF(intro)) };
	pieces[1] = (struct piece){
		.kind = PIECE_RANGE, .range = {index, (uint64_t)h->region_entries * RPM_ENTRY}
	};
	pieces[2] = (struct piece){
		.kind = PIECE_RANGE, .range = {index + h->index.len, h->region_bytes}
	};
	pieces[3] = (struct piece){
		.kind = PIECE_RANGE,
		.range = {r->rpm->header.off, r->view->size - r->rpm->header.off}
	};
	covered[0] = (struct coverage){ pieces, 3 };
	covered[1] = (struct coverage){ &pieces[3], 1 };
	r->rpm->signed_header = &covered[0];
	r->covered_all = &covered[1];
	return pieces[0].literal.ptr ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status regions_make(struct reading *r)
{
	static const struct {
		const char *name;
		enum region_kind kind;
	} names[REGIONS] = {
		{"lead",              REGION_HEADER   },
		{ "signature header", REGION_SIGNATURE},
		{ "header",           REGION_SECTION  },
		{ "payload",          REGION_SECTION  },
	};
	const struct range where[REGIONS] = { r->rpm->lead, r->rpm->signatures, r->rpm->header,
					      r->rpm->payload };
	struct region *regions = ARENA_NEW(r->findings->arena, struct region, REGIONS + 1);
	uint64_t end = 0;
	size_t n = 0;

	if (!regions)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < REGIONS; i++) {
		if (where[i].len == 0)
			continue;
		regions[n++] = (struct region){ names[i].name, names[i].kind, where[i] };
		end = where[i].off + where[i].len;
	}
	if (end < r->view->size)
		regions[n++] = (struct region){
			"unread", REGION_TRAILING, {end, r->view->size - end}
		};
	r->out->regions = regions;
	r->out->n_regions = n;
	return STATUS_OK;
}

static enum status rpm_read(struct view *view, struct findings *findings, struct container *out)
{
	struct reading r = { .view = view, .findings = findings, .out = out };

	r.rpm = ARENA_NEW(findings->arena, struct rpm, 1);
	if (!r.rpm)
		return STATUS_NO_MEMORY;
	TRY(headers_read(&r));
	if (r.rpm->header.len > 0 &&
	    entries_sound(&r, &r.rpm->signature_header, r.rpm->signatures) &&
	    entries_sound(&r, &r.rpm->main_header, r.rpm->header)) {
		region_check(&r);
		TRY(identity_read(&r));
		TRY(coverage_make(&r));
		TRY(claims_read(&r));
	}
	TRY(regions_make(&r));
	out->rpm = r.rpm;
	out->variant = "RPM package";
	out->format = &format_rpm;
	return STATUS_OK;
}

const struct format format_rpm = {
	.name = "rpm",
	.title = "RPM package",
	.sniff = rpm_sniff,
	.read = rpm_read,
};
