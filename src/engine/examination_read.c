/* SPDX-License-Identifier: MIT */
/* Reading: the format's reader and those of its features, and the loads that they ask for. */
#include "engine/examination.h"

#include "formats/zip/zip_format.h"
#include "structure/zip/zip.h"

#define READ_ROUNDS_MAX 64 /* how often a reader may ask for more bytes */

static bool too_large(const struct examination *x, const struct engine *e)
{
	return e->settings.max_size != 0 && x->source.before.size > e->settings.max_size;
}

static enum status identity_step(struct examination *x)
{
	x->identity = (struct pe_identity){ 0 };
	return pe_identity_read(&x->view, x->box.pe, &x->findings, &x->identity);
}

static enum status anatomy_step(struct examination *x)
{
	x->anatomy = (struct pe_anatomy){ 0 };
	return pe_anatomy_read(&x->view, x->box.pe, &x->findings, &x->anatomy);
}

static enum status look_step(struct examination *x)
{
	x->look = (struct analysis_look){ 0 };
	return analysis_look(&x->view, &x->box, &x->look);
}

/* Forgets what a reader noted before it asked for more. */
static void findings_restore(struct findings *list, const struct findings *before)
{
	*list = *before;
	if (list->last)
		list->last->next = NULL;
	else
		list->first = NULL;
}

/* Runs @step until it wants nothing more.  A feature that takes too many loads is no error. */
static enum status feature_read(struct examination *x,
				enum status (*step)(struct examination *))
{
	const struct findings before = x->findings;

	for (int round = 0; round < READ_ROUNDS_MAX; round++) {
		enum status status;

		findings_restore(&x->findings, &before);
		status = step(x);
		if (status != STATUS_WANT)
			return status;
		status = source_load(&x->source, x->arena, &x->view);
		if (status == STATUS_LIMIT)
			break;
		TRY(status);
	}
	x->identity = (struct pe_identity){ 0 }; /* half a reading is none */
	x->anatomy = (struct pe_anatomy){ 0 };
	findings_restore(&x->findings, &before);
	finding_add(&x->findings, "limit.pe-features", (struct range){ 0, 0 }, NULL, NULL);
	return STATUS_OK;
}

static enum status box_read(struct examination *x, const struct format *format)
{
	for (int round = 0; round < READ_ROUNDS_MAX; round++) {
		enum status status;

		x->findings = (struct findings)FINDINGS_INIT(x->arena);
		x->box = (struct container){ .format = format };
		status = format->read(&x->view, &x->findings, &x->box);
		if (status == STATUS_NOT_MINE)
			x->box = (struct container){ 0 };
		if (status != STATUS_WANT)
			return status;
		TRY(source_load(&x->source, x->arena, &x->view));
	}
	finding_add(&x->findings, "limit.structure", (struct range){ 0, 0 }, NULL, NULL);
	return STATUS_LIMIT;
}

static enum status packed_read(struct examination *x, const struct engine *e)
{
	const struct format *format;
	enum status status;

	/* Bundles seal what stands there. */
	if (x->part != ENGINE_ALONE || examination_is_bundle(x))
		return STATUS_OK;
	status = examination_unpack(x, e, &format);
	if (status == STATUS_OK)
		status = box_read(x, format);
	/* The reader began with a list of its own. */
	if (status == STATUS_OK && x->packed_rule)
		finding_add(&x->findings, x->packed_rule, (struct range){ 0, 0 }, NULL,
			    x->packed_rest);
	x->box.broken = x->box.broken || (status == STATUS_OK && x->packed_differs);
	return status == STATUS_NOT_MINE ? STATUS_OK : status;
}

/*
 * A head that tells of a program which nobody can judge ("MZ" alone) tells
 * little: what other formats say of the file is better.
 */
static enum status better_find(struct examination *x, struct span head, struct span tail,
			       size_t at)
{
	const struct container box = x->box;
	const struct findings findings = x->findings;
	const struct format *format;

	while ((format = format_next(head, tail, &at))) {
		enum status status = box_read(x, format);

		if (status != STATUS_NOT_MINE)
			return status;
	}
	x->box = box;
	x->findings = findings;
	return STATUS_OK;
}

/* The end of an archive may have a comment of 64 KiB behind it; what is signed is looked over.
 */
static enum status far_tail_read(struct examination *x, struct span *tail)
{
	uint64_t size = x->source.before.size,
		 from = size < ZIP_TAIL_BYTES ? 0 : size - ZIP_TAIL_BYTES;
	uint64_t covered = examination_covered(x->box.claims);
	enum status status;

	from = covered > from ? covered : from;
	status = view_clip(&x->view, from, size, tail);
	if (status != STATUS_WANT)
		return status;
	TRY(source_load(&x->source, x->arena, &x->view));
	return view_clip(&x->view, from, size, tail);
}

/* Does the file end as an archive, whatever it is? */
static enum status archive_find(struct examination *x)
{
	const struct container box = x->box;
	const struct findings findings = x->findings;
	struct findings of_other;
	struct container other;
	enum status status;
	struct span tail;
	bool likely;

	if (box.zip)
		return STATUS_OK;
	TRY(far_tail_read(x, &tail));
	if (!format_zip.sniff_tail(tail))
		return STATUS_OK;
	likely = zip_ends_likely(tail, x->source.before.size);
	status = box_read(x, &format_zip);
	other = x->box;
	of_other = x->findings;
	x->box = box;
	findings_restore(&x->findings, &findings);
	/* A limit that only numbers reach which cannot be true is none: a word in a program. */
	if (status == STATUS_NOT_MINE || (status == STATUS_LIMIT && !likely))
		return STATUS_OK;
	TRY(status);
	TRY(examination_join(x, &other, &of_other));
	return examination_kinds(x, other.format);
}

/* Reads a file that @format says is its own. */
static enum status known_read(struct examination *x, const struct engine *e,
			      const struct format *format)
{
	if (too_large(x, e)) {
		finding_add(&x->findings, "limit.max-size", (struct range){ 0, 0 }, NULL, NULL);
		return STATUS_LIMIT;
	}
	TRY(source_widen(&x->source, x->arena, &x->view));
	return box_read(x, format);
}

/*
 * A head that nobody knows, and no archive that ends in the last bytes of the file: its end
 * record may still have a long comment behind it.  Java and Android run such a file whatever
 * it begins with.  What is shorter than two glances was seen whole.
 */
static enum status unknown_find(struct examination *x, const struct engine *e)
{
	enum status status;
	struct span tail;

	TRY(packed_read(x, e));
	if (x->box.format || x->source.before.size <= 2 * SOURCE_GLANCE)
		return STATUS_OK;
	TRY(far_tail_read(x, &tail));
	if (!zip_ends_likely(tail, x->source.before.size))
		return STATUS_OK;
	status = known_read(x, e, &format_zip);
	if (status == STATUS_NOT_MINE)
		return STATUS_OK;
	TRY(status);
	return examination_kinds(x, x->box.format);
}

/* Asks format by format until one says that the file is its own; none: no format. */
static enum status box_find(struct examination *x, const struct engine *e)
{
	uint64_t size = x->source.before.size;
	uint64_t tail_off = size > SOURCE_GLANCE ? size - SOURCE_GLANCE : 0;
	enum status status = STATUS_NOT_MINE;
	struct span head, tail;
	size_t at = 0;

	TRY(view_clip(&x->view, 0, SOURCE_GLANCE, &head));
	TRY(view_clip(&x->view, tail_off, SOURCE_GLANCE, &tail));
	while (status == STATUS_NOT_MINE) {
		const struct format *format = format_next(head, tail, &at);

		if (!format)
			return unknown_find(x, e);
		status = known_read(x, e, format);
	}
	TRY(status);
	TRY(x->box.unsupported && x->box.format->vague ? better_find(x, head, tail, at)
						       : archive_find(x));
	return examination_kinds(x, x->box.format);
}

/* Of files of no known format no more than a glance is read. */
enum status examination_read(struct examination *x, const struct engine *e)
{
	TRY(source_glance(&x->source, x->arena, &x->view));
	TRY(box_find(x, e));
	if (!x->box.pe)
		return STATUS_OK;
	TRY(feature_read(x, identity_step));
	if (e->settings.features == BULK_HISTOGRAM_OFF)
		return STATUS_OK;
	TRY(feature_read(x, anatomy_step));
	return feature_read(x, look_step);
}
