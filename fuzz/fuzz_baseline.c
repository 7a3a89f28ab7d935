/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as two records of a baseline: what is read as one is written again byte
 * for byte, every prefix of it is none, and comparing always has one answer, which
 * is nothing when both are the same.
 */
#include "countermeasures/file_integrity_monitoring/compare.h"
#include "fuzz/must.h"

#define CUTS 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool record_take(struct span bytes, struct baseline_record *r)
{
	CLEANUP(buffer_free) struct buffer again = BUFFER_INIT;
	struct baseline_record other;

	if (baseline_record_decode(bytes, r) != STATUS_OK)
		return false;
	MUST(r->path.len > 0 && r->verdict <= ASSAY_VERDICT_ERROR);
	for (uint64_t i = 0; i < CUTS; i++)
		MUST(baseline_record_decode(span_clip(bytes, 0, bytes.len * i / CUTS),
					    &other) != STATUS_OK);
	/* Longer texts than are kept come out shorter. */
	baseline_record_encode(&again, r);
	MUST(buffer_status(&again) == STATUS_OK && again.len <= bytes.len);
	if (again.len == bytes.len)
		MUST(span_same(buffer_span(&again), bytes));
	return true;
}

static void pair_check(const struct baseline_record *a, const struct baseline_record *b)
{
	struct fim_change same = { .before = *a, .after = *a };
	struct fim_change gone = { .before = *a }, come = { .after = *b };
	struct fim_change both = { .before = *a, .after = *b }, again = both;
	struct fim_change moved[2];
	size_t n = 2;

	fim_compare(&same);
	MUST(same.rules == 0 && fim_severity_of(&same) == FIM_SEVERITY_NONE);
	fim_compare(&both);
	fim_compare(&again);
	MUST(both.rules == again.rules && (both.rules >> FIM_RULES) == 0);
	MUST((both.rules == 0) == (fim_severity_of(&both) == FIM_SEVERITY_NONE));
	fim_compare(&gone);
	fim_compare(&come);
	moved[0] = gone;
	moved[1] = come;
	MUST(fim_moves_find(moved, &n) == STATUS_OK && n <= 2);
	/* Nothing that was told is lost. */
	MUST((n == 0) == (gone.rules == 0 && come.rules == 0));
	if (fim_has(&come, FIM_CHANGED_INTO_FORGERY))
		MUST(fim_has(&moved[n - 1], FIM_CHANGED_INTO_FORGERY));
	MUST((baseline_path_order(a->path, b->path) == 0) == span_equal(a->path, b->path));
	MUST((baseline_path_order(a->path, b->path) < 0) ==
	     (baseline_path_order(b->path, a->path) > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = { data, size };
	struct baseline_record first, second;
	uint64_t half = (uint64_t)(span_at(bytes, 0)) * 256 + span_at(bytes, 1);

	bytes = span_after(bytes, 2);
	if (record_take(span_clip(bytes, 0, half), &first) &&
	    record_take(span_after(bytes, half), &second))
		pair_check(&first, &second);
	return 0;
}
