/* SPDX-License-Identifier: MIT */
/* Any bytes as a XAR archive: whatever is read of them must hold together. */
#include "formats/xar/xar.h"
#include "fuzz/must.h"
#include "tests/container_hold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is not broken has its extents in order and apart, each with a checksum or a finding. */
static const char *extents_hold(struct span file)
{
	CLEANUP(arena_free) struct arena a = { .limit = BOX_HOLD_ARENA };
	struct findings findings = FINDINGS_INIT(&a);
	struct view v = view_whole(file);
	struct container box = { 0 };
	uint64_t pos = 0;

	if (format_xar.read(&v, &findings, &box) != STATUS_OK || box.broken)
		return NULL;
	for (size_t i = 0; i < box.xar->n_extents; i++) {
		const struct xar_extent *x = &box.xar->extents[i];

		BOX_HOLD(x->where.len > 0 && x->where.off >= pos);
		BOX_HOLD(x->where.off >= box.xar->heap && x->name);
		BOX_HOLD((x->kind == XAR_CHECKSUM_NONE) == (x->checksum.len == 0));
		BOX_HOLD(x->kind != XAR_CHECKSUM_NONE || !box.claims ||
			 finding_has(&findings, "xar.checksum-missing", -2));
		pos = x->where.off + x->where.len;
	}
	BOX_HOLD(pos <= box.xar->tail);
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span file = { data, size };
	const char *broken = container_hold(&format_xar, file);

	broken = broken ? broken : extents_hold(file);
	if (broken) {
		(void)fprintf(stderr, "does not hold: %s\n", broken);
		abort();
	}
	return 0;
}
