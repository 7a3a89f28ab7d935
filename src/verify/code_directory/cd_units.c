/* SPDX-License-Identifier: MIT */
/*
 * How much code of the signed program is here: pages of executable segments,
 * without those of one byte, which are in every program, each once.  A program of
 * so little code that it proves nothing is compared as a whole.
 *
 * Only the digests of a CodeDirectory that was really signed count; others are
 * the attacker's.
 */
#include "verify/code_directory/state.h"

#include "base/cursor.h"

#include <stdlib.h>

#define BYTES          256
#define FEW_PAGES      3
#define USUAL_PAGE     4096
#define CONSTANT_SHARE 65536 /* larger pages are never taken for constant */

struct pile {
	struct span *digests;
	size_t n;
};

static int by_bytes(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return span_compare(*x, *y);
}

static bool holds(const struct pile *p, struct span digest)
{
	return bsearch(&digest, p->digests, p->n, sizeof(digest), by_bytes) != NULL;
}

/* Sorts, drops what is there twice and what is in @without. */
static void distil(struct pile *p, const struct pile *without)
{
	size_t n = 0;

	qsort(p->digests, p->n, sizeof(*p->digests), by_bytes);
	for (size_t i = 0; i < p->n; i++) {
		if (n > 0 && span_equal(p->digests[i], p->digests[n - 1]))
			continue;
		if (without && holds(without, p->digests[i]))
			continue;
		p->digests[n++] = p->digests[i];
	}
	p->n = n;
}

static enum status pile_new(struct arena *a, size_t room, struct pile *out)
{
	out->n = 0;
	out->digests = ARENA_NEW(a, struct span, room + 1);
	return out->digests ? STATUS_OK : STATUS_NO_MEMORY;
}

/* The digests of pages of one byte. */
static enum status constants_make(struct arena *a, const struct cd_directory *d,
				  struct pile *out)
{
	CLEANUP(buffer_free) struct buffer page = BUFFER_INIT;

	TRY(pile_new(a, BYTES, out));
	for (unsigned b = 0; b < BYTES && d->d->page <= CONSTANT_SHARE; b++) {
		struct digest digest;
		struct span whole;

		buffer_clear(&page);
		for (uint64_t i = 0; i < d->d->page; i++)
			buffer_char(&page, (char)(unsigned char)b);
		TRY(buffer_status(&page));
		whole = buffer_span(&page);
		TRY(digest_of(d->algorithm, &whole, 1, &digest));
		out->digests[out->n] =
			arena_copy(a, span_clip(digest_span(&digest), 0, d->d->hash_size));
		if (!out->digests[out->n++].ptr)
			return STATUS_NO_MEMORY;
	}
	distil(out, NULL);
	return STATUS_OK;
}

static bool is_code(const struct macho_slice *s, struct range page)
{
	for (size_t i = 0; i < s->n_segments; i++) {
		struct range r = s->segments[i].where;

		if (s->segments[i].executable && page.off < r.off + r.len &&
		    r.off < page.off + page.len)
			return true;
	}
	return false;
}

/* The pages that are here. */
static enum status host_make(struct arena *a, const struct cd_state *state,
			     const struct cd_signature *s, bool code_only, struct pile *out)
{
	const struct cd_directory *d = &s->directories[0];

	TRY(pile_new(a, d->n_pages, out));
	for (size_t i = 0; i < d->n_pages; i++) {
		const struct digest_job *job = &state->jobs[d->first_page + i];

		if (!code_only || is_code(s->object.slice, job->covered.pieces[0].range))
			out->digests[out->n++] =
				span_clip(digest_span(&job->result), 0, d->d->hash_size);
	}
	return STATUS_OK;
}

/* The pages that were signed; those of code, where the CodeDirectory says which they are. */
static enum status donor_make(struct arena *a, const struct cd_directory *d, bool code_only,
			      struct pile *out)
{
	const struct code_directory *cd = d->d;
	uint64_t end = cd->exec_base + cd->exec_limit;

	TRY(pile_new(a, (size_t)cd->n_code, out));
	for (uint64_t i = 0; i < cd->n_code; i++) {
		uint64_t off = i * cd->page;

		if (code_only && cd->exec_limit > 0 &&
		    (off + cd->page <= cd->exec_base || off >= end))
			continue;
		out->digests[out->n++] = code_directory_page(cd, i);
	}
	return STATUS_OK;
}

/* @code_only: pages of code on both sides, found anywhere in what was signed. */
static enum status match(struct arena *a, const struct cd_state *state,
			 const struct cd_signature *s, bool code_only, struct unit_match *out)
{
	const struct cd_directory *d = &s->directories[0];
	struct pile constants, host, donor, all;
	uint64_t matched = 0, least;

	TRY(constants_make(a, d, &constants));
	TRY(host_make(a, state, s, code_only, &host));
	TRY(donor_make(a, d, code_only, &donor));
	TRY(donor_make(a, d, false, &all));
	distil(&host, &constants);
	distil(&donor, &constants);
	distil(&all, &constants);
	for (size_t i = 0; i < host.n; i++)
		matched += holds(&all, host.digests[i]);
	/* The larger of both shares counts: code that was added or cut off hides nothing. */
	least = host.n < donor.n ? host.n : donor.n;
	*out = (struct unit_match){
		.kind = UNITS_PAGES,
		.n_signed = least,
		.n_matching = matched < least ? matched : least,
	};
	return STATUS_OK;
}

enum status cd_units_count(struct arena *a, const struct cd_state *state,
			   struct cd_signature *s)
{
	const struct cd_directory *d = &s->directories[0];

	if (!s->attested || !s->object.slice || d->algorithm == DIGEST_NONE || d->d->page == 0)
		return STATUS_OK;
	TRY(match(a, state, s, true, &s->fact->units));
	if (s->fact->units.n_signed >= FEW_PAGES)
		return STATUS_OK;
	return match(a, state, s, false, &s->fact->units);
}

/* One that digests the usual pages as donor records do. */
static const struct cd_directory *usual_directory(const struct cd_signature *s)
{
	for (size_t i = 0; i < s->n_directories; i++)
		if (s->directories[i].algorithm == DIGEST_SHA256 &&
		    s->directories[i].d->page == USUAL_PAGE)
			return &s->directories[i];
	return NULL;
}

enum status cd_pages_tell(struct arena *a, const struct cd_state *state, struct cd_signature *s)
{
	const struct cd_directory *d = s->object.slice ? usual_directory(s) : NULL;
	struct own_pages *own = &s->fact->own_pages;
	uint64_t *code, *rest;

	if (!d)
		return STATUS_OK;
	code = ARENA_NEW(a, uint64_t, d->n_pages + 1);
	rest = ARENA_NEW(a, uint64_t, d->n_pages + 1);
	if (!code || !rest)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < d->n_pages; i++) {
		const struct digest_job *job = &state->jobs[d->first_page + i];
		struct cursor c = cursor_at(digest_span(&job->result), 0);

		if (is_code(s->object.slice, job->covered.pieces[0].range))
			code[own->n_code++] = cursor_be(&c, 8);
		else
			rest[own->n_rest++] = cursor_be(&c, 8);
	}
	own->code = code;
	own->rest = rest;
	return STATUS_OK;
}
