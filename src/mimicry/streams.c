/* SPDX-License-Identifier: MIT */
/*
 * Streams of an installer package and sections of a kernel module or another ELF
 * program, compared with those of the one that was signed.
 *
 * Toolkits put the same pictures and helpers into everything that they make,
 * so that a few equal streams prove nothing: most of them must be the donor's
 * to call a package altered, and none to call its signature another's.
 */
#include "base/cursor.h"
#include "formats/kernel_module/kernel_module.h"
#include "formats/msi/msi.h"
#include "mimicry/state.h"

#define STREAM_LEAST  64   /* bytes: shorter ones are alike everywhere */
#define STREAMS_MAX   1024 /* that are hashed one by one */
#define SECTIONS_MAX  256  /* of a module that are looked at: each against each */
#define STREAMS_TELL  4    /* fewer of the donor's prove nothing */
#define SAME_THOUSAND 750  /* of the donor's that are here: the same package */

static bool stream_tells(const struct cfb_entry *e)
{
	return e->size >= STREAM_LEAST && e->n_runs > 0;
}

static enum status stream_job(struct arena *a, const struct cfb_entry *e,
			      struct digest_job *out)
{
	struct piece *pieces = ARENA_NEW(a, struct piece, e->n_runs);

	if (!pieces)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < e->n_runs; i++)
		pieces[i] = (struct piece){ .kind = PIECE_RANGE, .range = e->runs[i] };
	*out = (struct digest_job){
		.algorithm = DIGEST_SHA256, .covered = {pieces, e->n_runs}
	};
	return STATUS_OK;
}

/* What the compiler writes into every module of a build. */
static bool is_boilerplate(struct span name)
{
	return span_starts(name, ".note", 5) || span_equal(name, SPAN_TEXT(".comment")) ||
	       span_equal(name, SPAN_TEXT(".shstrtab"));
}

/* Data that addresses are still to be put into is mostly nothing, in every module. */
static bool is_filled_later(const struct elf *elf, const struct elf_section *s)
{
	for (size_t i = 0; i < elf->n_sections; i++) {
		struct span name = elf->sections[i].name;

		if (span_starts(name, ".rela", 5) && span_equal(span_after(name, 5), s->name))
			return true;
	}
	return false;
}

static bool section_tells(const struct elf *elf, const struct elf_section *s, uint64_t size)
{
	if (s->where.len < STREAM_LEAST || s->where.off > size ||
	    s->where.len > size - s->where.off || is_boilerplate(s->name))
		return false;
	return s->flags & ELF_FLAG_EXECUTE || !is_filled_later(elf, s);
}

bool streams_has(const struct container *box)
{
	return box->msi || box->kernel_module || box->elf;
}

/* Behind the last byte that can belong to a section. */
static uint64_t sections_end(const struct container *box)
{
	const struct range *last;

	if (box->kernel_module)
		return box->kernel_module->payload.len;
	if (box->n_regions == 0)
		return 0;
	last = &box->regions[box->n_regions - 1].where;
	return last->off + last->len;
}

static enum status sections_plan(struct arena *a, struct mimicry_case *c)
{
	const struct elf *elf =
		c->box->kernel_module ? &c->box->kernel_module->elf : c->box->elf;
	const uint64_t size = sections_end(c->box);
	struct piece *pieces = ARENA_NEW(a, struct piece, SECTIONS_MAX);

	if (!pieces)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < elf->n_sections && i < SECTIONS_MAX; i++) {
		const struct elf_section *s = &elf->sections[i];
		struct stream_hash *out = &c->state->streams[c->n_jobs];

		if (!section_tells(elf, s, size))
			continue;
		*out = (struct stream_hash){ .name = arena_string(a, s->name),
					     .size = s->where.len };
		if (!out->name)
			return STATUS_NO_MEMORY;
		pieces[i] = (struct piece){ .kind = PIECE_RANGE, .range = s->where };
		c->jobs[c->n_jobs++] = (struct digest_job){
			.algorithm = DIGEST_SHA256, .covered = {&pieces[i], 1}
		};
	}
	c->state->n_streams = c->n_jobs;
	return STATUS_OK;
}

enum status streams_plan(struct arena *a, struct mimicry_case *c)
{
	const struct msi_file *msi = c->box->msi;
	struct mimicry_state *state = c->state;

	c->jobs = ARENA_NEW(a, struct digest_job, STREAMS_MAX);
	state->streams = ARENA_NEW(a, struct stream_hash, STREAMS_MAX);
	if (!c->jobs || !state->streams)
		return STATUS_NO_MEMORY;
	if (!msi)
		return sections_plan(a, c);
	for (size_t i = 0; i < msi->n_streams && c->n_jobs < STREAMS_MAX; i++) {
		const struct cfb_entry *e = msi->streams[i].entry;

		if (!stream_tells(e))
			continue;
		state->streams[c->n_jobs].name = msi->streams[i].name;
		state->streams[c->n_jobs].size = e->size;
		TRY(stream_job(a, e, &c->jobs[c->n_jobs++]));
	}
	state->n_streams = c->n_jobs;
	return STATUS_OK;
}

void streams_collect(struct mimicry_case *c)
{
	for (size_t i = 0; i < c->state->n_streams; i++) {
		struct cursor at = cursor_at(digest_span(&c->jobs[i].result), 0);

		c->state->streams[i].hash = cursor_be(&at, 8);
	}
}

/* Where a stream of this size belongs among the largest so far; DONOR_MAX_SECTIONS: nowhere. */
static size_t place_of(const struct donor *d, uint32_t size)
{
	size_t at = 0;

	while (at < d->n_sections && d->sections[at].raw_size >= size)
		at++;
	return at;
}

void streams_remember(const struct mimicry_case *c, struct donor *d)
{
	for (size_t i = 0; i < c->state->n_streams; i++) {
		const struct stream_hash *s = &c->state->streams[i];
		uint32_t size = s->size < UINT32_MAX ? (uint32_t)s->size : UINT32_MAX;
		size_t at = place_of(d, size);

		if (at == DONOR_MAX_SECTIONS)
			continue;
		if (d->n_sections < DONOR_MAX_SECTIONS)
			d->n_sections++;
		for (size_t k = d->n_sections - 1; k > at; k--)
			d->sections[k] = d->sections[k - 1];
		d->sections[at] = (struct donor_section){ .raw_size = size, .hash = s->hash };
		(void)span_copy(d->sections[at].name, sizeof(d->sections[at].name),
				SPAN_TEXT(s->name));
	}
}

enum content streams_compare(const struct mimicry_case *c, const struct donor *d,
			     uint64_t *n_matched, uint64_t *n_donor)
{
	*n_matched = *n_donor = 0;
	for (uint32_t i = 0; i < d->n_sections && i < DONOR_MAX_SECTIONS; i++) {
		if (d->sections[i].hash == 0)
			continue;
		++*n_donor;
		for (size_t k = 0; k < c->state->n_streams; k++)
			if (c->state->streams[k].hash == d->sections[i].hash) {
				++*n_matched;
				break;
			}
	}
	if (c->state->n_streams == 0 || *n_donor < STREAMS_TELL)
		return CONTENT_UNKNOWN;
	if (*n_matched * 1000 >= *n_donor * SAME_THOUSAND)
		return CONTENT_SAME;
	return *n_matched == 0 ? CONTENT_OTHER : CONTENT_BETWEEN;
}
