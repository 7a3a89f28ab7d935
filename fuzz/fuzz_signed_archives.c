/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a signed archive, and as the texts and messages in one: what is
 * read lies in what it was read from, and regions are the file.
 */
#include "formats/crx/crx.h"
#include "formats/zip/zip_format.h"
#include "fuzz/must.h"
#include "structure/axml.h"
#include "structure/manifest.h"
#include "verify/xpi/cose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void box_hold(const struct format *format, struct arena *a, struct span file)
{
	struct findings findings = FINDINGS_INIT(a);
	struct container box = { .format = format };
	struct view view = view_whole(file);
	uint64_t at = 0;

	if (format->read(&view, &findings, &box) != STATUS_OK)
		return;
	for (size_t i = 0; i < box.n_regions; i++) {
		MUST(box.regions[i].where.off == at || box.broken);
		at = box.regions[i].where.off + box.regions[i].where.len;
	}
	MUST(at == file.len || box.broken);
	for (const struct claim *c = box.claims; c; c = c->next)
		MUST(c->where.off <= file.len && c->where.len <= file.len - c->where.off);
}

static void manifest_hold(struct arena *a, struct span text)
{
	struct span name, value;
	struct manifest m;
	size_t at;

	if (manifest_read(a, text, &m) != STATUS_OK)
		return;
	must_lie_in(text, m.main.whole);
	for (size_t i = 0; i < m.n_sections; i++) {
		must_lie_in(text, m.sections[i].whole);
		MUST(m.sections[i].name.len == 0 || manifest_find(&m, m.sections[i].name, &at));
		for (uint64_t step = 0, before = UINT64_MAX;
		     manifest_attribute_next(a, &m.sections[i], &step, &name, &value);
		     before = step)
			MUST(step != before);
	}
}

static void axml_hold(struct span text)
{
	struct axml_attribute attribute;
	struct axml_element e;
	bool broken = false;
	struct axml x;

	if (axml_open(text, &x) != STATUS_OK)
		return;
	while (axml_next(&x, &e, &broken)) {
		must_lie_in(text, e.name);
		for (uint16_t i = 0; axml_attribute(&x, &e, i, &attribute); i++)
			must_lie_in(text, attribute.text);
	}
}

static void cose_hold(struct span text)
{
	struct cose cose;

	if (!cose_read(text, &cose))
		return;
	must_lie_in(text, cose.protected);
	for (size_t i = 0; i < cose.n_signers; i++)
		must_lie_in(text, cose.signers[i].signature);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)48 << 20);
	struct span file = { data, size };

	box_hold(&format_zip, &a, file);
	box_hold(&format_crx, &a, file);
	manifest_hold(&a, file);
	axml_hold(file);
	cose_hold(file);
	return 0;
}
