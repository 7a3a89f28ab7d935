/* SPDX-License-Identifier: MIT */
/* What the hashing pass computes for each region, and how to find it again. */
#include "countermeasures/file_analysis/parts.h"

enum status analysis_prepare(struct arena *a, const struct container *box, uint64_t size,
			     enum bulk_histogram histogram, struct bulk *out)
{
	size_t n = box->n_regions < BULK_MAX_REGIONS ? box->n_regions : BULK_MAX_REGIONS;

	*out = (struct bulk){ .histogram = histogram, .n_regions = n };
	if (box->pe) {
		out->checksum = true;
		out->checksum_off = box->pe->checksum_off;
	}
	out->regions = ARENA_NEW(a, struct bulk_region, n);
	if (!out->regions)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n; i++)
		out->regions[i].where = box->regions[i].where;
	if (n < box->n_regions)
		out->regions[n - 1].where.len = size - out->regions[n - 1].where.off;
	return STATUS_OK;
}

const struct bulk_region *analysis_bulk_region(const struct analysis_parts *p, size_t i,
					       const char **why)
{
	const struct bulk *b = p->bulk;
	bool joined = b && p->box->n_regions > b->n_regions;

	*why = NULL;
	if (!b || b->n_regions == 0)
		*why = "off";
	else if (i >= b->n_regions - (joined ? 1 : 0))
		*why = "limit";
	return *why ? NULL : &b->regions[i];
}

struct feature analysis_entropy(const struct analysis_parts *p, size_t region)
{
	const char *why;
	const struct bulk_region *r = analysis_bulk_region(p, region, &why);

	if (!r || p->bulk->histogram == BULK_HISTOGRAM_OFF)
		return feature_skipped(why ? why : "off");
	if (r->n_counted == 0)
		return feature_absent();
	return (struct feature){ .kind = FEATURE_PERMILLE, .number = bulk_entropy(r) };
}

/* As the byte map was made: of those that reach there, the first by PointerToRawData. */
bool analysis_section_of(const struct pe_image *pe, const struct region *r, size_t *out)
{
	bool found = false;

	if (r->kind != REGION_SECTION)
		return false;
	for (size_t i = 0; i < pe->n_sections; i++) {
		const struct pe_section *s = &pe->sections[i];
		uint64_t from = s->pointer_to_raw_data;

		if (r->where.off < from || r->where.off - from >= s->size_of_raw_data)
			continue;
		if (!found || from < pe->sections[*out].pointer_to_raw_data)
			*out = i;
		found = true;
	}
	return found;
}

enum analysis_checksum analysis_checksum_state(const struct analysis_parts *p)
{
	if (!p->box->pe || !p->bulk || !p->bulk->checksum)
		return CHECKSUM_UNKNOWN;
	if (p->box->pe->checksum_field == 0)
		return CHECKSUM_ZERO;
	return p->box->pe->checksum_field == p->bulk->pe_checksum ? CHECKSUM_OK
								  : CHECKSUM_WRONG;
}
