/* SPDX-License-Identifier: MIT */
/* Any bytes through file analysis: features that can be written, findings that lie in the file.
 */
#include "countermeasures/file_analysis/analysis.h"
#include "evidence/features.h"
#include "fuzz/must.h"

#define ARENA_BYTES ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_lie_inside(struct range where, uint64_t size)
{
	MUST(where.off <= size && where.len <= size - where.off);
}

/* The pass, in uneven parts. */
static void pass_run(struct bulk *bulk, struct span file)
{
	uint64_t n = 0;

	bulk_begin(bulk, file.len);
	for (uint64_t at = 0, len = 1; at < file.len; at += len, len = len * 3 % 4099)
		bulk_take(bulk, at, span_clip(file, at, len));
	bulk_end(bulk);
	for (size_t i = 0; i < bulk->n_regions; i++) {
		const struct bulk_region *r = &bulk->regions[i];

		n += r->n_counted;
		MUST(bulk_entropy(r) <= 8000 && bulk_printable(r) <= 1000);
		MUST(r->run_len == 0 ||
		     (r->run_len >= BULK_RUN_MIN && r->run_off >= r->where.off));
		must_lie_inside((struct range){ r->run_off, r->run_len },
				r->where.off + r->where.len);
	}
	MUST(n == file.len);
}

static void results_hold(const struct features *list, const struct findings *findings,
			 const struct analysis_look *look, uint64_t size)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;
	struct json j = json_begin(&out);

	json_object(&j, NULL);
	features_json(&j, list->list, list->n);
	json_end(&j);
	MUST(buffer_status(&out) == STATUS_OK);
	buffer_clear(&out);
	features_text(&out, list->list, list->n, "");
	MUST(buffer_status(&out) == STATUS_OK);
	for (const struct finding *f = findings->first; f; f = f->next)
		must_lie_inside(f->where, size);
	for (size_t i = 0; i < look->n_sights; i++)
		must_lie_inside(look->sights[i].where, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free) struct arena arena = ARENA_INIT(ARENA_BYTES);
	struct span file = { data, size };
	struct view view = view_whole(file);
	struct findings findings = FINDINGS_INIT(&arena);
	struct features list = FEATURES_INIT(&arena);
	struct container box = { .format = &format_pe };
	struct pe_identity identity = { 0 };
	struct pe_anatomy anatomy = { 0 };
	struct analysis_look look;
	struct bulk bulk;
	struct analysis_parts parts = {
		.size = size, .box = &box, .bulk = &bulk, .look = &look
	};

	if (format_pe.read(&view, &findings, &box) != STATUS_OK)
		return 0;
	if (box.pe) {
		MUST(pe_identity_read(&view, box.pe, &findings, &identity) == STATUS_OK);
		MUST(pe_anatomy_read(&view, box.pe, &findings, &anatomy) == STATUS_OK);
		parts.identity = &identity;
		parts.anatomy = &anatomy;
	}
	MUST(analysis_look(&view, &box, &look) == STATUS_OK);
	MUST(analysis_prepare(&arena, &box, size, BULK_HISTOGRAM_FULL, &bulk) == STATUS_OK);
	pass_run(&bulk, file);
	MUST(analysis_describe(&list, &parts) == STATUS_OK);
	analysis_judge(&arena, &parts, &findings);
	results_hold(&list, &findings, &look, size);
	return 0;
}
