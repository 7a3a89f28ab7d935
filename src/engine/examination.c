/* SPDX-License-Identifier: MIT */
#include "engine/examination.h"

#include "base/limits.h"
#include "engine/kernels.h"
#include "engine/report_make.h"
#include "formats/bundle/bundle.h"
#include "formats/macho/macho.h"
#include <errno.h>

/* The checksum of a bare file is evidence; everything else is counted only when asked for. */
static enum status bulk_plan(struct examination *x, const struct engine *e)
{
	const struct pe_image *pe = x->box.pe;

	if (e->settings.features != BULK_HISTOGRAM_OFF) {
		x->wants_bulk = true;
		return analysis_prepare(x->arena, &x->box, x->source.before.size,
					e->settings.features, &x->bulk);
	}
	x->wants_bulk = pe && !x->box.claims && pe->checksum_field != 0;
	x->bulk.checksum = x->wants_bulk;
	x->bulk.checksum_off = pe ? pe->checksum_off : 0;
	return STATUS_OK;
}

/* A digest of each section costs as much as the file's own: only for a full look. */
static enum status sections_plan(struct examination *x, const struct engine *e)
{
	const struct pe_image *pe = x->box.pe;
	struct piece *pieces;

	if (e->settings.features != BULK_HISTOGRAM_FULL || !pe || pe->n_sections == 0)
		return STATUS_OK;
	pieces = ARENA_NEW(x->arena, struct piece, pe->n_sections);
	x->section_jobs = ARENA_NEW(x->arena, struct digest_job, pe->n_sections);
	if (!pieces || !x->section_jobs)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < pe->n_sections; i++) {
		const struct pe_section *s = &pe->sections[i];
		uint64_t size = x->source.before.size, off = s->pointer_to_raw_data;
		uint64_t len = s->size_of_raw_data;

		off = off < size ? off : size;
		pieces[i] = (struct piece){
			.kind = PIECE_RANGE,
			.range = {off, len < size - off ? len : size - off}
		};
		x->section_jobs[i] = (struct digest_job){
			.algorithm = DIGEST_SHA256, .covered = {&pieces[i], 1}
		};
	}
	x->n_section_jobs = pe->n_sections;
	return STATUS_OK;
}

/* Of every scheme that a claim names: the signatures, and what must be computed. */
static enum status schemes_begin(struct examination *x, const struct engine *e)
{
	x->verify = (struct scheme_case){
		.box = &x->box,
		.findings = &x->findings,
		.companions = &x->companions,
		.store = e->store,
		.keys = {e, e->settings.kernels ? kernels_find : NULL},
		.policy = e->settings.trust,
		.min_sdk = e->settings.min_sdk,
		.max_sdk = e->settings.max_sdk,
	};
	x->work = ARENA_NEW(x->arena, struct scheme_work, n_schemes);
	if (!x->work)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n_schemes; i++)
		if (scheme_wanted(schemes[i], &x->box))
			TRY(schemes[i]->begin(x->arena, &x->verify, &x->work[i]));
	x->findings.signature = -1;
	return STATUS_OK;
}

static enum status schemes_finish(struct examination *x)
{
	struct fact **last = &x->facts;

	for (size_t i = 0; i < n_schemes; i++) {
		if (!scheme_wanted(schemes[i], &x->box))
			continue;
		TRY(schemes[i]->finish(x->arena, &x->verify, &x->work[i], last));
		while (*last)
			last = &(*last)->next;
	}
	x->findings.signature = -1;
	return STATUS_OK;
}

static size_t schemes_jobs(const struct examination *x)
{
	size_t n = 0;

	for (size_t i = 0; i < n_schemes; i++)
		n += x->work[i].n_jobs;
	return n;
}

static void jobs_add(struct examination *x, const struct digest_job *jobs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x->jobs[x->n_jobs++] = jobs[i];
}

/* One list for one pass: of signatures, of mimicry, of sections, of the whole file. */
static enum status jobs_gather(struct examination *x, bool with_sha256)
{
	size_t n = schemes_jobs(x) + x->mimicry.n_jobs + x->n_section_jobs + x->catalog.n_jobs +
		   x->package.n_jobs,
	       n_prints = x->print_jobs ? EXAMINATION_PRINTS : 0;
	struct piece *whole;

	n += n_prints;
	x->jobs = ARENA_NEW(x->arena, struct digest_job, n + 1);
	whole = ARENA_NEW(x->arena, struct piece, 1);
	if (!x->jobs || !whole)
		return STATUS_NO_MEMORY;
	for (size_t i = 0, at = 0; i < n_schemes; at += x->work[i++].n_jobs) {
		jobs_add(x, x->work[i].jobs, x->work[i].n_jobs);
		x->work[i].jobs = &x->jobs[at];
	}
	jobs_add(x, x->mimicry.jobs, x->mimicry.n_jobs);
	jobs_add(x, x->section_jobs, x->n_section_jobs);
	jobs_add(x, x->catalog.jobs, x->catalog.n_jobs);
	jobs_add(x, x->package.jobs, x->package.n_jobs);
	if (n_prints > 0)
		jobs_add(x, x->print_jobs, n_prints);
	if (!with_sha256)
		return STATUS_OK;
	*whole = (struct piece){
		.kind = PIECE_RANGE, .range = {0, x->source.before.size}
	};
	x->jobs[n] = (struct digest_job){
		.algorithm = DIGEST_SHA256, .covered = {whole, 1}
	};
	x->whole_job = &x->jobs[n];
	x->n_jobs++;
	return STATUS_OK;
}

/* What came out goes back to those who asked. */
static void jobs_return(struct examination *x)
{
	size_t n = schemes_jobs(x);

	for (size_t i = 0; i < x->mimicry.n_jobs; i++)
		x->mimicry.jobs[i] = x->jobs[n++];
	for (size_t i = 0; i < x->n_section_jobs; i++)
		x->section_jobs[i] = x->jobs[n++];
	for (size_t i = 0; i < x->catalog.n_jobs; i++)
		x->catalog.jobs[i] = x->jobs[n++];
	for (size_t i = 0; i < x->package.n_jobs; i++)
		x->package.jobs[i] = x->jobs[n++];
	for (size_t i = 0; x->print_jobs && i < EXAMINATION_PRINTS; i++)
		x->print_jobs[i] = x->jobs[n++];
	if (x->whole_job)
		x->whole = x->whole_job->result;
	x->n_jobs = 0;
}

/* What stands beside a file speaks of it as it stands, never of what comes out of it. */
static enum status companions_take(struct examination *x)
{
	const struct piece whole = { .kind = PIECE_RANGE, .range.len = x->source.before.size };

	if (!x->beside || x->packed_as)
		return STATUS_OK;
	TRY(companions_read(x->arena, x->beside, &x->companions));
	if (examination_is_bundle(x)) /* no more is said of its program than of all of it */
		return STATUS_OK;
	if (x->box.format)
		TRY(companions_attributes(x->arena, x->source.fd, &x->companions));
	return sidecar_claims(x->arena, &x->companions, &whole, &x->box);
}

static bool too_large(const struct examination *x, const struct engine *e)
{
	return e->settings.max_size != 0 && x->source.before.size > e->settings.max_size;
}

/*
 * Of a part of a bundle its digests count.  What is too much for the reader of its
 * format is no program then, unless it is one that a seal knows by its code.
 */
static enum status part_read(struct examination *x, const struct engine *e)
{
	enum status status = examination_read(x, e);

	if (status != STATUS_LIMIT || x->part == ENGINE_ALONE || too_large(x, e) ||
	    x->box.format == &format_macho || x->box.format == &format_fat)
		return status;
	x->box = (struct container){ 0 };
	x->findings = (struct findings)FINDINGS_INIT(x->arena);
	return STATUS_OK;
}

/* A whole archive with an app, and not one inside of an app. */
static bool is_archive(const struct examination *x)
{
	return x->box.format == &format_bundle && !x->box.broken && x->part == ENGINE_ALONE &&
	       !examination_is_bundle(x);
}

static enum status examination_plan(struct examination *x, const struct engine *e)
{
	TRY(part_read(x, e));
	if (is_archive(x))
		TRY(examination_archive(x, e));
	TRY(companions_take(x));
	TRY(examination_bundle(x));
	TRY(examination_outside(x));
	TRY(schemes_begin(x, e));
	x->mimicry_settings = (struct mimicry_settings){
		.donors = e->settings.donors,
		.vendors = e->settings.vendors,
		.learn = e->settings.learn,
		.profiled = e->settings.profiled,
	};
	x->mimicry = (struct mimicry_case){
		.settings = &x->mimicry_settings,
		.box = &x->box,
		.identity = x->box.pe ? &x->identity : NULL,
		.findings = &x->findings,
	};
	if (x->box.format)
		TRY(mimicry_begin(x->arena, &x->mimicry));
	TRY(bulk_plan(x, e));
	TRY(sections_plan(x, e));
	TRY(examination_ask_catalogs(x, e));
	TRY(examination_ask_packages(x, e));
	TRY(examination_print_plan(x));
	return jobs_gather(x, e->settings.with_sha256 && !too_large(x, e) && !x->packed_as);
}

/*
 * Tables and digests of pages grow with the file: whoever wants more memory of us has
 * to bring as many bytes.
 */
static enum status plan_make(struct examination *x, const struct engine *e)
{
	uint64_t size = x->source.before.size;

	arena_widen(x->arena, size < FILE_ARENA_MORE ? (size_t)size : FILE_ARENA_MORE);
	return examination_plan(x, e);
}

void examination_begin(struct examination *x, const struct engine *e,
		       const struct engine_file *file)
{
	errno = 0;
	x->findings = (struct findings)FINDINGS_INIT(x->arena);
	x->beside = &file->beside;
	x->path = file->has_place ? file->place : NULL;
	x->part = file->part;
	x->status = source_begin(&x->source, file->fd);
	if (x->status == STATUS_OK)
		x->status = plan_make(x, e);
	x->error = errno;
}

static enum status facts_make(struct examination *x)
{
	jobs_return(x);
	TRY(schemes_finish(x));
	TRY(examination_hear_catalogs(x));
	TRY(examination_hear_packages(x));
	if (!x->box.format || x->listed)
		return STATUS_OK;
	x->mimicry.facts = x->facts;
	x->mimicry.has_checksum = x->wants_bulk && x->bulk.checksum;
	x->mimicry.computed_checksum = x->bulk.pe_checksum;
	TRY(mimicry_ask(x->arena, &x->mimicry));
	x->jobs = x->mimicry.jobs;
	x->n_jobs = x->mimicry.n_jobs;
	return STATUS_OK;
}

void examination_begin_bytes(struct examination *x, const struct engine *e,
			     const struct engine_bytes *file)
{
	x->findings = (struct findings)FINDINGS_INIT(x->arena);
	x->part = file->part;
	if (file->beside)
		x->companions = *file->beside;
	source_of_memory(&x->source, file->bytes);
	x->status = plan_make(x, e);
}

void examination_compare(struct examination *x)
{
	errno = x->error;
	if (x->status == STATUS_OK)
		x->status = facts_make(x);
	x->error = errno;
}

static enum status memories_make(struct examination *x)
{
	CLEANUP(buffer_free) struct buffer encoded = BUFFER_INIT;
	struct donor *donors = NULL;
	struct span *list;
	size_t n = 0;

	TRY(mimicry_remember(x->arena, &x->mimicry, &donors));
	list = ARENA_NEW(x->arena, struct span, REPORT_MAX_MEMORIES);
	if (!list)
		return STATUS_NO_MEMORY;
	for (const struct donor *d = donors; d && n < REPORT_MAX_MEMORIES; d = d->next) {
		buffer_clear(&encoded);
		donor_encode(&encoded, d);
		TRY(buffer_status(&encoded));
		list[n] = arena_copy(x->arena, buffer_span(&encoded));
		if (!list[n++].ptr)
			return STATUS_NO_MEMORY;
	}
	x->report->memories = list;
	x->report->n_memories = n;
	return STATUS_OK;
}

static enum status features_make(struct examination *x, struct report *out)
{
	struct features list = FEATURES_INIT(x->arena);
	struct analysis_parts parts = {
		.size = x->source.before.size,
		.sha256 = x->whole.algorithm == DIGEST_NONE ? NULL : &x->whole,
		.box = &x->box,
		.identity = x->box.pe ? &x->identity : NULL,
		.anatomy = x->box.pe ? &x->anatomy : NULL,
		.bulk = &x->bulk,
		.look = &x->look,
		.sections = x->section_jobs,
		.n_sections = x->n_section_jobs,
		.facts = x->facts,
	};

	TRY(analysis_describe(&list, &parts));
	analysis_judge(x->arena, &parts, &x->findings);
	out->features = list.list;
	out->n_features = list.n;
	out->n_features_dropped = list.dropped;
	return STATUS_OK;
}

static enum status examination_judge(struct examination *x, const struct engine *e)
{
	struct report features = { 0 };
	struct verdict_settings settings = {
		.fold = e->settings.fold,
		.padding = e->settings.padding,
	};
	struct relation *bare = NULL;
	struct report_parts parts = {
		.engine = e,
		.box = &x->box,
		.facts = x->facts,
		.findings = &x->findings,
		.identity = x->box.pe ? &x->identity : NULL,
		.size = !x->packed_as ? x->source.before.size : x->outer.before.size,
		.sha256 = x->whole.algorithm == DIGEST_NONE ? NULL : &x->whole,
	};

	if (x->listed)
		parts.judgement = verdict_judge(x->facts, NULL, &x->box, &settings);
	if (x->box.format && !x->listed) {
		TRY(mimicry_judge(x->arena, &x->mimicry, &bare));
		parts.judgement = verdict_judge(x->facts, bare, &x->box, &settings);
		parts.bare = bare;
		if (e->settings.features != BULK_HISTOGRAM_OFF)
			TRY(features_make(x, &features));
	}
	if (x->bundle)
		x->box.format = &format_bundle;
	TRY(report_make(x->arena, &parts, x->report));
	TRY(examination_print(x));
	x->report->packing = x->packed_as;
	x->report->features = features.features;
	x->report->n_features = features.n_features;
	x->report->n_features_dropped = features.n_features_dropped;
	/* A bundle is no file that a donor could be; its program is remembered by itself. */
	if (!x->box.format || x->listed || x->bundle || x->part != ENGINE_ALONE)
		return STATUS_OK;
	return memories_make(x);
}

/* The file must be what it was until its last byte has been used. */
void examination_end(struct examination *x, const struct engine *e)
{
	struct source *file = !x->packed_as ? &x->source : &x->outer;
	enum status unchanged;

	errno = x->error;
	if (x->status == STATUS_OK)
		x->status = examination_judge(x, e);
	x->error = x->status == STATUS_IO ? errno : 0;
	unchanged = source_end(file);
	if (x->status == STATUS_OK && unchanged != STATUS_OK)
		x->status = unchanged;
	/* It may change unseen, and nobody else sees to that: true now, and never again. */
	if (!file->steady && !file->lent) {
		x->report->holds_from = INT64_MAX;
		x->report->holds_until = INT64_MIN;
	}
	if (x->status != STATUS_OK)
		report_error(x->arena, e, x->status, x->error, &x->findings, x->report);
	if (x->arena_limit > 0)
		x->arena->limit = x->arena_limit;
}
