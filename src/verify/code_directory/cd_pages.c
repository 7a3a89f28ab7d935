/* SPDX-License-Identifier: MIT */
/* Compares each page with what every CodeDirectory says, and lists those that differ. */
#include "verify/code_directory/state.h"

static bool page_good(const struct cd_state *state, const struct cd_directory *d, uint64_t i)
{
	return i < d->n_pages &&
	       cd_digest_is(&state->jobs[d->first_page + i], code_directory_page(d->d, i));
}

static struct range page_range(const struct cd_signature *s, const struct code_directory *d,
			       uint64_t i)
{
	struct range all = s->object.where;
	uint64_t off = i * d->page, len = d->page ? d->page : d->code_limit;

	if (off > all.len)
		off = all.len;
	if (len > all.len - off)
		len = all.len - off;
	return (struct range){ all.off + off, len };
}

static const struct cd_directory *worst_of(const struct cd_signature *s)
{
	const struct cd_directory *worst = NULL;

	for (size_t i = 0; i < s->n_directories; i++) {
		const struct cd_directory *d = &s->directories[i];

		if (d->algorithm != DIGEST_NONE && (!worst || d->n_bad > worst->n_bad))
			worst = d;
	}
	return worst;
}

static enum status bad_list(struct arena *a, const struct cd_state *state,
			    struct cd_signature *s, const struct cd_directory *d)
{
	struct range *list = ARENA_NEW(a, struct range, FACT_MAX_BAD_PAGES);
	size_t n = 0;

	if (!list)
		return STATUS_NO_MEMORY;
	for (uint64_t i = 0; i < d->d->n_code && n < FACT_MAX_BAD_PAGES; i++)
		if (!page_good(state, d, i))
			list[n++] = page_range(s, d->d, i);
	s->fact->bad_pages = list;
	s->fact->n_bad_pages_kept = n;
	finding_add(state->c->findings, "macho.page-mismatch", list[0],
		    arena_printf(a, "%llu pages with the digests of the CodeDirectory",
				 (unsigned long long)d->d->n_code),
		    arena_printf(a, "%zu of them differ", d->n_bad));
	return STATUS_OK;
}

enum status cd_pages_compare(struct arena *a, struct cd_state *state, struct cd_signature *s)
{
	const struct cd_directory *worst;

	for (size_t i = 0; i < s->n_directories; i++) {
		struct cd_directory *d = &s->directories[i];

		for (uint64_t k = 0; d->algorithm != DIGEST_NONE && k < d->d->n_code; k++)
			d->n_bad += !page_good(state, d, k);
	}
	worst = worst_of(s);
	if (!worst)
		return STATUS_OK;
	s->fact->n_pages = (size_t)worst->d->n_code;
	s->fact->n_bad_pages = worst->n_bad;
	if (worst->n_bad == 0)
		return STATUS_OK;
	s->altered = true;
	return bad_list(a, state, s, worst);
}
