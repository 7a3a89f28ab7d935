/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as two records of a baseline, or as what one is as a whole: what is read as one is
 * written again byte for byte, every prefix of it is none, and comparing always has one answer,
 * which is nothing when both are the same.
 */
#include "countermeasures/file_integrity_monitoring/compare.h"
#include "countermeasures/file_integrity_monitoring/volumes.h"
#include "fuzz/must.h"
#include "store/baseline_rows.h"

#define CUTS        16
#define ABOUT       0xffff /* instead of the length of the first record */
#define ABOUT_ARENA ((size_t)4 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool record_take(struct span bytes, struct baseline_record *r)
{
	CLEANUP(buffer_free) struct buffer again = BUFFER_INIT;
	struct baseline_record other;

	if (baseline_record_decode(bytes, BASELINE_VERSION, r) != STATUS_OK)
		return false;
	MUST(r->path.len > 0 && r->verdict <= ASSAY_VERDICT_ERROR);
	for (size_t i = 0; i < baseline_hole_count(r); i++) {
		struct baseline_hole hole = baseline_hole_at(r, i);

		MUST(hole.len > 0 && hole.off < r->size && hole.len <= r->size - hole.off);
	}
	/* What a version before had is as good as it is now. */
	if (baseline_record_decode(bytes, BASELINE_OLDEST, &other) == STATUS_OK)
		MUST(other.flags == r->flags && span_equal(other.covered, r->covered) &&
		     other.holes.len == 0 && other.generation == 0);
	for (uint64_t i = 0; i < CUTS; i++)
		MUST(baseline_record_decode(span_clip(bytes, 0, bytes.len * i / CUTS),
					    BASELINE_VERSION, &other) != STATUS_OK);
	/* Longer texts than are kept come out shorter. */
	baseline_record_encode(&again, r);
	MUST(buffer_status(&again) == STATUS_OK && again.len <= bytes.len);
	if (again.len == bytes.len)
		MUST(span_same(buffer_span(&again), bytes));
	return true;
}

/* Bytes that changed lie in the one file or in the other, in order. */
static void holes_check(const struct fim_change *c)
{
	struct fim_hole holes[FIM_HOLES_MAX];
	size_t n = fim_holes_find(c, holes);
	uint64_t from = 0;

	MUST(n <= FIM_HOLES_MAX);
	for (size_t i = 0; i < n; i++) {
		uint64_t size =
			holes[i].what == FIM_BYTES_REMOVED ? c->before.size : c->after.size;

		MUST(holes[i].len > 0 && holes[i].off < size &&
		     holes[i].len <= size - holes[i].off);
		if (holes[i].what == FIM_BYTES_ADDED)
			MUST(!fim_has(c, FIM_UNCOVERED_CHANGED));
		MUST(holes[i].off >= from);
		from = holes[i].off;
	}
}

/* What was gained from one to the other was lost the other way. */
static void findings_check(const struct baseline_record *a, const struct baseline_record *b)
{
	uint64_t at = 0;
	struct span id;

	while ((id = fim_finding_next(a->findings, b->findings, &at)).len > 0)
		MUST(!span_equal(id, b->findings));
	MUST(at >= a->findings.len);
	at = 0;
	MUST(fim_finding_next(a->findings, a->findings, &at).len == 0);
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
	holes_check(&both);
	findings_check(a, b);
	MUST((fim_moved_by(&both) != NULL) == fim_has(&both, FIM_VERDICT_MOVED));
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

/* What is read is written again byte for byte, and every prefix of it is none. */
static void about_check(struct span bytes, uint32_t version)
{
	CLEANUP(buffer_free) struct buffer again = { .limit = BASELINE_MAX_ABOUT };
	CLEANUP(arena_free) struct arena a = ARENA_INIT(ABOUT_ARENA);
	struct baseline_about about = { 0 }, other;
	enum status status = baseline_about_decode(&a, bytes, version, &about);

	MUST(status == STATUS_OK || status == STATUS_MALFORMED || a.full);
	if (status != STATUS_OK)
		return;
	MUST(about.n_scopes <= BASELINE_MAX_SCOPES && !about.scopes[about.n_scopes] &&
	     about.n_packages <= BASELINE_MAX_PACKAGES && !about.packages[about.n_packages] &&
	     about.n_volumes <= BASELINE_MAX_VOLUMES && (version > 2 || about.n_volumes == 0));
	for (uint64_t i = 0; i < CUTS; i++)
		MUST(baseline_about_decode(&a, span_clip(bytes, 0, bytes.len * i / CUTS),
					   version, &other) != STATUS_OK);
	for (size_t i = 0; i < about.n_volumes; i++)
		MUST(fim_volume_now(&about, about.volumes, about.n_volumes,
				    about.volumes[i].dev) == about.volumes[i].dev);
	baseline_about_encode(&again, &about);
	MUST(buffer_status(&again) == STATUS_OK);
	/* Longer texts than are kept come out shorter, and unknown bits not at all. */
	MUST(again.len <= bytes.len + (version > 2 ? 0 : 2));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span bytes = { data, size };
	struct baseline_record first, second;
	uint64_t half = (uint64_t)(span_at(bytes, 0)) * 256 + span_at(bytes, 1);

	bytes = span_after(bytes, 2);
	if (half == ABOUT) {
		about_check(span_after(bytes, 1), span_at(bytes, 0));
		return 0;
	}
	if (record_take(span_clip(bytes, 0, half), &first) &&
	    record_take(span_after(bytes, half), &second))
		pair_check(&first, &second);
	return 0;
}
