/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a signature beside a file, by every scheme that takes them for one.
 * Nobody's key is known: nothing may be good of the file as it is.
 */
#include "formats/sidecar.h"

#include "base/limits.h"
#include "fuzz/must.h"
#include "tests/memory_store.h"
#include "verify/scheme.h"

#define FILE_BYTES 10000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void scheme_must_hold(const struct scheme *scheme, struct arena *a,
			     struct scheme_case *c)
{
	struct scheme_work work = { 0 };
	struct fact *facts = NULL;
	enum status status = scheme->begin(a, c, &work);

	MUST(status != STATUS_WANT && status != STATUS_CHANGED && status != STATUS_IO);
	if (status != STATUS_OK)
		return;
	for (size_t i = 0; i < work.n_jobs; i++)
		work.jobs[i].result.algorithm = work.jobs[i].algorithm;
	status = scheme->finish(a, c, &work, &facts);
	for (const struct fact *f = facts; status == STATUS_OK && f; f = f->next) {
		MUST(f->trust != ASSAY_TRUST_ANCHORED);
		MUST(f->signature != ASSAY_SIGNATURE_BAD || f->problem);
		MUST(f->binding != ASSAY_BINDING_INTACT);
	}
}

static void schemes_must_hold(struct arena *a, struct findings *findings,
			      const struct companions *companions, struct container *box)
{
	struct scheme_case c = { .box = box,
				 .findings = findings,
				 .companions = companions,
				 .store = memory_store_new(),
				 .policy = { .now = 1800000000 } };

	for (size_t i = 0; i < n_schemes; i++)
		if (scheme_wanted(schemes[i], box))
			scheme_must_hold(schemes[i], a, &c);
	memory_store_free(c.store);
}

static const struct piece whole = { .kind = PIECE_RANGE, .range.len = FILE_BYTES };

/* The same bytes as security.evm, and their second half as what it speaks of. */
static void attributes_must_hold(struct span bytes)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
	struct findings findings = FINDINGS_INIT(&a);
	struct span half = span_after(bytes, bytes.len / 2);
	const struct companion ima = { "security.ima", half, half.len, NULL };
	const struct companion evm = { "security.evm", bytes, bytes.len, &ima };
	struct companions companions = { .first = &evm };
	struct container box = { 0 };

	if (sidecar_claims(&a, &companions, &whole, &box) == STATUS_OK && box.claims)
		schemes_must_hold(&a, &findings, &companions, &box);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT(FILE_ARENA_BYTES);
	struct findings findings = FINDINGS_INIT(&a);
	const struct companion companion = {
		.name = companion_rows[COMPANION_GIVEN].name,
		.bytes = {data, size},
		.size = size
	};
	struct companions companions = { .first = &companion };
	struct container box = { 0 };

	if (size > 0)
		attributes_must_hold(companion.bytes);
	if (size == 0 || sidecar_claims(&a, &companions, &whole, &box) != STATUS_OK)
		return 0;
	MUST(box.claims && !box.claims->next && box.format == &format_file);
	must_lie_in((struct span){ data, size }, box.claims->signature);
	schemes_must_hold(&a, &findings, &companions, &box);
	return 0;
}
