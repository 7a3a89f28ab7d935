/* SPDX-License-Identifier: MIT */
#include "tests/matrix_scene.h"

#include "base/limits.h"
#include "tests/forge/signing.h"
#include <stdio.h>
#include <string.h>

#define SCENE_BYTES ((size_t)256 << 20)
#define PAGE        0x1000U

/* What an administrator may say of vendors; else no donor of the matrix could be impersonated.
 */
static const char always_sign[] = "Paralint\tParalint.com\t*\talways\t-\n"
				  "Igor Pavlov\tIgor Pavlov\t*\talways\t-\n"
				  "GitHub\tGitHub\t*\talways\t-\n"
				  "Example\tExample Ltd\t*\talways\t-\n"
				  "Withheld\tWithheld Ltd\t*\talways\t-\n";

static struct span keep(struct matrix_scene *s, struct span bytes)
{
	struct span copy = arena_copy(&s->arena, bytes);

	if (bytes.len && !copy.ptr)
		forge_fail("memory");
	return copy;
}

/* Pages of executable sections that are not all of one byte. */
static uint64_t code_pages(const struct buffer *file)
{
	unsigned n = forge_places_of(file).n_sections;
	uint64_t pages = 0;

	for (unsigned i = 0; i < n; i++) {
		struct image_section s = image_section(file, i);

		for (size_t at = 0; s.flags & 0x20000000U && s.raw && at < s.raw_size;
		     at += PAGE) {
			size_t end = s.raw_size - at < PAGE ? s.raw_size - at : PAGE;
			uint64_t first = forge_get(file, s.raw + at, 1);
			size_t k = 1;

			while (k < end && forge_get(file, s.raw + at + k, 1) == first)
				k++;
			pages += k < end;
		}
	}
	return pages;
}

struct donor *matrix_records(struct arena *a, const struct report *r, const char *name)
{
	struct donor *first = NULL;

	for (size_t i = r->n_memories; i > 0; i--) {
		struct donor *d = ARENA_NEW(a, struct donor, 1);

		if (!d || donor_decode(a, r->memories[i - 1], d) != STATUS_OK)
			forge_fail("a record of a donor");
		if (d->kind != DONOR_VALID)
			continue;
		d->name = name;
		d->provenance = "matrix";
		d->next = first;
		first = d;
	}
	return first;
}

static void truth_take(struct matrix_scene *s, struct matrix_program *p, struct matrix_truth *t)
{
	const struct report *r;
	const struct vendor *vendor;

	s->court.engine.settings.learn = !p->digest_only;
	r = court_judge(&s->court, buffer_span(&p->file));
	t->valid = r->verdict == ASSAY_VERDICT_VALID;
	t->pages = code_pages(&p->file);
	for (size_t i = 0; i < r->n_signatures && t->n_digests < MATRIX_MAX_DIGESTS; i++) {
		const struct report_signature *sig = &r->signatures[i];

		t->digests[t->n_digests++] = keep(s, sig->digest_signed);
		if (sig->has_signed_at && !p->signed_at)
			p->signed_at = sig->signed_at;
	}
	if (r->decisive >= 0 && r->signatures[r->decisive].signer)
		t->signer =
			arena_string(&s->arena, SPAN_TEXT(r->signatures[r->decisive].signer));
	t->record = matrix_records(&s->arena, r, p->name);
	vendor = t->record ? vendor_find(&s->vendors, t->record->company, t->record->product)
			   : NULL;
	t->always_signs = vendor && vendor->signs == VENDOR_ALWAYS;
}

/* Known donors go into the index, all of them before anything is judged. */
static void index_make(struct matrix_scene *s)
{
	struct donor *first = NULL;

	for (size_t i = s->list.n_donors; i > 0; i--) {
		const struct donor *d = s->truths[i - 1].record;

		if (!s->list.donors[i - 1].known)
			continue;
		for (; d; d = d->next) {
			struct donor *copy = ARENA_NEW(&s->arena, struct donor, 1);

			if (!copy)
				forge_fail("memory");
			*copy = *d;
			copy->next = first;
			first = copy;
		}
	}
	s->index = donors_of_run(first, NULL);
	if (!s->index)
		forge_fail("the index");
	s->court.engine.settings.donors = donors_index(s->index);
}

/* Donors that are not valid here prove nothing. */
static void donors_sift(struct matrix_scene *s)
{
	struct matrix_list *l = &s->list;
	size_t n = 0;

	for (size_t i = 0; i < l->n_donors; i++) {
		struct matrix_truth truth = { 0 };

		truth_take(s, &l->donors[i], &truth);
		if (!truth.valid || !truth.record) {
			(void)fprintf(stderr, "matrix: %s is left out: no valid donor\n",
				      l->donors[i].name);
			buffer_free(&l->donors[i].file);
			continue;
		}
		l->donors[n] = l->donors[i];
		s->truths[n++] = truth;
	}
	l->n_donors = n;
}

static void vendors_make(struct matrix_scene *s)
{
	struct vendors ours;
	const char *problem = NULL;

	if (vendors_default(&s->arena, &ours) != STATUS_OK ||
	    vendors_read(&s->arena, SPAN_TEXT(always_sign), &ours, &s->vendors, &problem) !=
		    STATUS_OK)
		forge_fail(problem ? problem : "vendors");
}

void matrix_scene_open(struct matrix_scene *s, const char *list_path, const char *database)
{
	s->arena = (struct arena)ARENA_INIT(SCENE_BYTES);
	s->forge = forge_new();
	court_open_over(&s->court, s->forge, database);
	vendors_make(s);
	s->court.engine.settings.vendors = &s->vendors;
	if (list_path)
		matrix_list_read(s->forge, list_path, &s->list);
	else
		matrix_list_samples(s->forge, &s->list);
	donors_sift(s);
	s->court.engine.settings.learn = false;
	for (size_t i = 0; i < s->list.n_hosts; i++)
		s->host_pages[i] = code_pages(&s->list.hosts[i].file);
	index_make(s);
}

void matrix_scene_close(struct matrix_scene *s)
{
	donors_close(s->index);
	matrix_list_free(&s->list);
	court_close(&s->court);
	arena_free(&s->arena);
	forge_free(s->forge);
}
