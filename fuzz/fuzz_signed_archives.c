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
#include "verify/apk/idsig.h"
#include "verify/apk/sequences.h"
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

/* What stands in the signing block of a package: signers, and proofs of rotation. */
static void signers_hold(struct arena *a, struct span text)
{
	const struct apk_pair pair = { .value = text };
	struct cursor signers = apk_glance_begin(&pair);
	struct apk_glance one;
	struct apk_past past;

	while (apk_glance_next(&signers, 3, &one)) {
		must_lie_in(text, one.certificate);
		for (size_t i = 0; i < one.n_digests; i++)
			must_lie_in(text, one.digests[i].value);
	}
	if (apk_lineage_read(a, text, text, &past) == STATUS_OK)
		MUST(past.n == 0); /* nobody is his own past */
}

/* A signature of scheme v4: it is read to signers, or to a problem. */
static void idsig_hold(struct arena *a, struct span text)
{
	struct findings findings = FINDINGS_INIT(a);
	const struct claim claim = { .scheme = "apk-v4", .signature = text };
	struct scheme_case c = { .findings = &findings };
	struct idsig idsig = { .claim = &claim };

	if (idsig_read(a, &c, &idsig) != STATUS_OK)
		return;
	MUST(idsig.signers != NULL);
	must_lie_in(text, idsig.root);
	must_lie_in(text, idsig.stored);
	for (const struct idsig_signer *s = idsig.signers; s; s = s->next) {
		MUST(s->fact != NULL);
		must_lie_in(text, s->key);
		must_lie_in(text, s->signature);
	}
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
	signers_hold(&a, file);
	idsig_hold(&a, file);
	return 0;
}
