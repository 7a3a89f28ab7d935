/* SPDX-License-Identifier: MIT */
/*
 * Polyglots: a file that one system knows by its head and another by its end, or
 * an archive of several kinds.
 *
 * What stands at the end, and each further kind, becomes another part of the file,
 * judged by its own rules, and the worst word stands.  An archive that the first program's own
 * signature covers is no such thing: installers that unpack themselves are
 * signed that way.
 */
#include "engine/examination.h"

#include "formats/bundle/bundle.h"
#include "formats/jar/jar.h"
#include "structure/zip/zip.h"

#define KIND_ROUNDS_MAX 64 /* how often a reader may ask for more bytes */

/* Is @r under the digest of a signature? */
static bool is_covered(const struct claim *claims, struct range r)
{
	for (const struct claim *c = claims; c; c = c->next)
		for (size_t i = 0; c->covered && i < c->covered->n; i++) {
			const struct piece *p = &c->covered->pieces[i];

			if (p->kind == PIECE_RANGE && r.off >= p->range.off &&
			    r.len <= p->range.len &&
			    r.off - p->range.off <= p->range.len - r.len)
				return true;
		}
	return false;
}

uint64_t examination_covered(const struct claim *claims)
{
	const struct coverage *c = claims ? claims->covered : NULL;
	uint64_t end = 0;

	for (size_t i = 0; c && i < c->n && c->pieces[i].kind == PIECE_RANGE; i++) {
		struct range r = c->pieces[i].range;

		if (r.off > end && r.off - end >= ZIP_END_BYTES)
			break;
		end = r.off + r.len > end ? r.off + r.len : end;
	}
	return end;
}

void findings_join(struct findings *list, const struct findings *other)
{
	for (const struct finding *f = other->first; f; f = f->next)
		finding_add(list, f->rule, f->where, f->expected, f->observed);
}

/* Claims of part @n, behind those of the parts before. */
static enum status claims_join(struct arena *a, const struct claim *first,
			       const struct claim *second, unsigned n, const struct claim **out)
{
	struct claim *last = NULL, *copy;
	bool joined = false;

	*out = NULL;
	for (const struct claim *c = first ? first : second; c; c = copy->next) {
		copy = ARENA_NEW(a, struct claim, 1);
		if (!copy)
			return STATUS_NO_MEMORY;
		joined = joined || c == second;
		*copy = *c;
		if (joined)
			copy->part = n;
		if (last)
			last->next = copy;
		else
			*out = copy;
		last = copy;
		if (!copy->next && !joined)
			copy->next = second;
	}
	return STATUS_OK;
}

static struct part part_of(const struct container *box)
{
	return (struct part){
		.name = box->format->name,
		.stripped = box->stripped,
		.broken = box->broken,
		.unsupported = box->unsupported,
	};
}

/* What rooms read of an archive is there once: of the part that has it. */
#define TAKE(room) (box->room = other->room ? other->room : box->room)
static void rooms_join(struct container *box, const struct container *other)
{
	TAKE(zip);
	TAKE(meta_inf);
	TAKE(apk);
	TAKE(nuget);
	TAKE(opc);
	TAKE(xpi);
	TAKE(appx);
}

enum status examination_join(struct examination *x, const struct container *other,
			     const struct findings *findings)
{
	struct container *box = &x->box;
	size_t n = box->n_parts > 0 ? box->n_parts : 1;
	struct part *parts;

	if (!other->zip || is_covered(box->claims, other->zip->end))
		return STATUS_OK;
	if (n >= CONTAINER_MAX_PARTS)
		return STATUS_LIMIT;
	parts = ARENA_NEW(x->arena, struct part, n + 1);
	if (!parts)
		return STATUS_NO_MEMORY;
	parts[0] = part_of(box);
	parts[0].where = (struct range){ 0, x->view.size };
	for (size_t i = 0; i < box->n_parts; i++)
		parts[i] = box->parts[i];
	parts[n] = part_of(other);
	parts[n].where = (struct range){ 0, x->view.size };
	TRY(claims_join(x->arena, box->claims, other->claims, (unsigned)n, &box->claims));
	box->parts = parts;
	box->n_parts = n + 1;
	rooms_join(box, other);
	findings_join(&x->findings, findings);
	if (!finding_has(&x->findings, "file.polyglot", -2))
		finding_add(&x->findings, "file.polyglot", other->zip->end, box->format->title,
			    other->format->title);
	return STATUS_OK;
}

static enum status kind_read(struct examination *x, struct findings *findings,
			     struct container *out)
{
	const struct container before = *out;

	for (int round = 0; round < KIND_ROUNDS_MAX; round++) {
		enum status status;

		*findings = (struct findings)FINDINGS_INIT(x->arena);
		*out = before;
		status = out->format->read_zip(&x->view, findings, out);
		if (status != STATUS_WANT)
			return status;
		TRY(source_load(&x->source, x->arena, &x->view));
	}
	finding_add(findings, "limit.structure", (struct range){ 0, 0 }, NULL, NULL);
	return STATUS_LIMIT;
}

/*
 * What is read and verified once for a file cannot be it for two kinds; nor is an app
 * unpacked beside something else.  Nobody shall take such a part for judged.
 */
static void kind_bar(const struct container *box, struct container *other)
{
	if (other->format != &format_bundle && !(box->meta_inf && other->meta_inf))
		return;
	*other = (struct container){ .format = other->format,
				     .zip = other->zip,
				     .unsupported = true };
}

enum status examination_kinds(struct examination *x, const struct format *first)
{
	size_t i = 0;

	if (!x->box.zip || !first->read_zip)
		return STATUS_OK;
	while (i < n_formats && formats[i] != first)
		i++;
	for (i++; i < n_formats; i++) {
		struct container other = { .format = formats[i], .zip = x->box.zip };
		struct findings findings;
		enum status status;

		/* Of whatever is signed as a JAR that is the same signature. */
		if (!other.format->read_zip || (other.format == &format_jar && x->box.meta_inf))
			continue;
		status = kind_read(x, &findings, &other);
		if (status == STATUS_NOT_MINE)
			continue;
		if (status == STATUS_LIMIT)
			findings_join(&x->findings, &findings);
		TRY(status);
		kind_bar(&x->box, &other);
		TRY(examination_join(x, &other, &findings));
	}
	return STATUS_OK;
}
