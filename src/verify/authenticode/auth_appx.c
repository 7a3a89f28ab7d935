/* SPDX-License-Identifier: MIT */
/*
 * What is Authenticode's in APPX packages only: instead of one digest a list
 * of them, each under a name; a block map, by which changed files are named;
 * and a manifest that says who must have signed.
 */
#include "formats/appx/appx.h"
#include "verify/authenticode/subject.h"
#include "verify/publisher.h"

#define TELL_FILES 8 /* changed files that are named */

static const struct {
	const char *name, *title;
	bool wanted; /* every signature has it */
} parts[APPX_PARTS] = {
	[APPX_CONTENTS] = {"AXPC",  "the archive in front of the signature", true },
	[APPX_DIRECTORY] = { "AXCD", "the central directory",                 true },
	[APPX_CONTENT_TYPES] = { "AXCT", "[Content_Types].xml",                   true },
	[APPX_BLOCK_MAP] = { "AXBM", "AppxBlockMap.xml",                      true },
	[APPX_CODE_INTEGRITY] = { "AXCI", "AppxMetadata/CodeIntegrity.cat",        false},
};

static size_t part_named(struct span name)
{
	size_t i = 0;

	while (i < APPX_PARTS && !span_equal(name, SPAN_TEXT(parts[i].name)))
		i++;
	return i;
}

/* "APPX", then four letters and a digest for each part. */
const char *auth_appx_read(const struct authenticode *state, struct auth_signature *s)
{
	struct cursor c = cursor_at(s->spc.value, 0);
	size_t size = digest_size(s->spc.digest);

	(void)state;
	if (s->spc.digest == DIGEST_NONE)
		return NULL; /* an algorithm that is not built in: that will be told */
	if (!span_equal(cursor_take(&c, 4), SPAN_LITERAL("APPX")))
		return "its digest is not a list of those of a package";
	while (cursor_left(&c) > 0) {
		size_t part = part_named(cursor_take(&c, 4));
		struct span value = cursor_take(&c, size);

		if (!cursor_ok(&c) || part == APPX_PARTS || s->named[part].len > 0)
			return "its list of digests has a part twice, cut, or that nobody "
			       "knows";
		s->named[part] = value;
	}
	for (size_t i = 0; i < APPX_PARTS; i++)
		if (parts[i].wanted && s->named[i].len == 0)
			return "its list of digests lacks a part that every package has";
	s->spc.value = s->named[APPX_CONTENTS];
	return NULL;
}

static enum digest_algorithm map_algorithm(const struct appx_package *p)
{
	switch (p->hash_bits) {
	case 256: return DIGEST_SHA256;
	case 384: return DIGEST_SHA384;
	case 512: return DIGEST_SHA512;
	default: return DIGEST_NONE;
	}
}

static enum status blocks_plan(struct arena *a, struct authenticode *state)
{
	const struct appx_package *p = state->box->appx;
	enum digest_algorithm algorithm = map_algorithm(p);

	if (algorithm == DIGEST_NONE)
		return STATUS_OK;
	for (size_t i = 0; i < p->n_blocks; i++) {
		const struct coverage covered = { &p->blocks[i].piece, 1 };
		size_t job;

		TRY(auth_job_add(a, state, algorithm, &covered, &job));
		if (i == 0)
			state->block_job = job;
	}
	return STATUS_OK;
}

enum status auth_appx_plan(struct arena *a, struct authenticode *state)
{
	const struct appx_package *p = state->box->appx;

	for (struct auth_signature *s = state->first; s; s = s->next)
		for (size_t i = 0; i < APPX_PARTS; i++) {
			s->named_jobs[i] = AUTH_NO_JOB;
			if (s->flat_job != AUTH_NO_JOB && s->named[i].len > 0 &&
			    p->parts[i].n > 0)
				TRY(auth_job_share(a, state, s->spc.digest, &p->parts[i],
						   &s->named_jobs[i]));
		}
	return state->first ? blocks_plan(a, state) : STATUS_OK;
}

/* Is the part as it was signed? */
static bool part_holds(const struct authenticode *state, const struct auth_signature *s,
		       size_t part)
{
	return s->named_jobs[part] != AUTH_NO_JOB &&
	       digest_equal(&state->jobs[s->named_jobs[part]].result, s->named[part]);
}

static void parts_compare(struct authenticode *state, struct auth_signature *s)
{
	for (size_t i = 0; i < APPX_PARTS; i++) {
		if (s->named[i].len == 0 || part_holds(state, s, i))
			continue;
		s->fact->binding = ASSAY_BINDING_MODIFIED;
		finding_add(state->findings, "appx.part-changed", (struct range){ 0, 0 },
			    parts[i].title, "it is not as it was signed");
	}
}

static bool file_holds(const struct authenticode *state, const struct appx_file *f)
{
	const struct appx_package *p = state->box->appx;

	if (!f->fits || (f->n > 0 && state->block_job == AUTH_NO_JOB))
		return false;
	for (size_t i = f->first; i < f->first + f->n; i++)
		if (!digest_equal(&state->jobs[state->block_job + i].result, p->blocks[i].hash))
			return false;
	return true;
}

/* Files are compared with the block map; how many of those that tell packages apart are here.
 */
static size_t files_compare(struct arena *a, struct authenticode *state,
			    struct unit_match *units)
{
	const struct appx_package *p = state->box->appx;
	size_t n_changed = 0;

	*units = (struct unit_match){ .kind = UNITS_ENTRIES };
	for (size_t i = 0; i < p->n_files; i++) {
		const struct appx_file *f = &p->files[i];
		bool tells = !f->entry || f->entry->size > 1, holds = file_holds(state, f);

		units->n_signed += tells;
		units->n_matching += tells && holds;
		if (holds || n_changed++ >= TELL_FILES || !f->entry)
			continue;
		finding_add(state->findings, "appx.file-changed", f->entry->data,
			    arena_string(a, f->entry->name), "it is not as the block map says");
	}
	return n_changed;
}

/* Windows installs a package only if its manifest names the one who signed it. */
static void publisher_compare(struct arena *a, struct authenticode *state,
			      const struct auth_signature *s)
{
	struct span said = state->box->appx->publisher;
	const char *subject;

	if (!s->fact->certificate)
		return;
	subject = name_text(a, s->fact->certificate->subject);
	if (subject && !publisher_is(said, SPAN_TEXT(subject)))
		finding_add(state->findings, "appx.publisher", (struct range){ 0, 0 },
			    publisher_shown(a, said), subject);
}

enum status auth_appx_judge(struct arena *a, struct authenticode *state,
			    struct auth_signature *s)
{
	const struct appx_package *p = state->box->appx;
	struct fact *fact = s->fact;
	struct unit_match units;
	size_t n_changed;

	if (fact->made_for) {
		fact->binding = ASSAY_BINDING_MODIFIED; /* one digest covers no package */
		return STATUS_OK;
	}
	parts_compare(state, s);
	if (part_holds(state, s, APPX_CODE_INTEGRITY))
		TRY(auth_appx_catalog(a, state));
	publisher_compare(a, state, s);
	if (!part_holds(state, s, APPX_BLOCK_MAP))
		return STATUS_OK; /* a map that nobody signed proves nothing */
	if (map_algorithm(p) != s->spc.digest)
		finding_add(state->findings, "appx.hash-method", (struct range){ 0, 0 },
			    digest_name(s->spc.digest), digest_name(map_algorithm(p)));
	n_changed = files_compare(a, state, &units);
	if (fact->binding == ASSAY_BINDING_MODIFIED)
		fact->units = units;
	if (p->n_unmapped > 0)
		finding_add(state->findings, "appx.unmapped", p->unmapped,
			    "each entry in the block map",
			    arena_printf(a, "%zu are not", p->n_unmapped));
	if (fact->binding == ASSAY_BINDING_INTACT && (p->n_unmapped > 0 || n_changed > 0)) {
		fact->binding = ASSAY_BINDING_PARTIAL;
		fact->partial_rule = "verdict.partial-coverage";
	}
	return STATUS_OK;
}
