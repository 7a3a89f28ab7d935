/* SPDX-License-Identifier: MIT */
/* Lists all digests of a file: of each page by each CodeDirectory, of what special slots name.
 */
#include "verify/code_directory/state.h"

/* Pages that begin in what is here, whatever the code limit says; of page size 0 one. */
static uint64_t pages_here(const struct code_object *o, const struct code_directory *d)
{
	uint64_t size = o->where.len, n;

	if (d->page == 0)
		return d->code_limit <= size ? d->n_code : 0;
	n = (d->code_limit <= size ? d->code_limit : size) / d->page;
	if (d->code_limit <= size)
		n = d->n_code;
	return n < d->n_code ? n : d->n_code;
}

static struct range page_where(const struct code_object *o, const struct code_directory *d,
			       uint64_t i)
{
	uint64_t off = i * d->page, len = d->code_limit - off;

	if (d->page != 0 && len > d->page)
		len = d->page;
	return (struct range){ o->where.off + off, len };
}

static bool slot_wanted(const struct code_directory *d, uint64_t slot)
{
	struct span digest = code_directory_special(d, slot);

	return digest.len > 0 && !span_is_zero(digest);
}

static size_t directory_count(const struct cd_signature *s, const struct cd_directory *d)
{
	if (d->algorithm == DIGEST_NONE)
		return 0;
	return (size_t)pages_here(&s->object, d->d) + 2;
}

static enum status job_add(struct arena *a, struct cd_state *state,
			   enum digest_algorithm algorithm, struct range where)
{
	struct piece *piece = ARENA_NEW(a, struct piece, 1);

	if (!piece)
		return STATUS_NO_MEMORY;
	*piece = (struct piece){ .kind = PIECE_RANGE, .range = where };
	state->jobs[state->n_jobs++] = (struct digest_job){
		.algorithm = algorithm, .covered = {piece, 1}
	};
	return STATUS_OK;
}

static enum status directory_plan(struct arena *a, struct cd_state *state,
				  const struct cd_signature *s, struct cd_directory *d)
{
	const struct code_object *o = &s->object;

	if (d->algorithm == DIGEST_NONE)
		return STATUS_OK;
	d->first_page = state->n_jobs;
	d->n_pages = (size_t)pages_here(o, d->d);
	for (size_t i = 0; i < d->n_pages; i++)
		TRY(job_add(a, state, d->algorithm, page_where(o, d->d, i)));
	if (o->info_plist.len > 0 && slot_wanted(d->d, CODE_SLOT_INFO)) {
		d->info_job = state->n_jobs;
		TRY(job_add(a, state, d->algorithm, o->info_plist));
	}
	if (o->own.n > 0 && slot_wanted(d->d, CODE_SLOT_REP_SPECIFIC)) {
		d->own_job = state->n_jobs;
		state->jobs[state->n_jobs++] =
			(struct digest_job){ .algorithm = d->algorithm, .covered = o->own };
	}
	return STATUS_OK;
}

enum status cd_plan(struct arena *a, struct cd_state *state)
{
	size_t n = 0;

	for (struct cd_signature *s = state->first; s; s = s->next)
		for (size_t i = 0; i < s->n_directories; i++)
			n += directory_count(s, &s->directories[i]);
	state->jobs = ARENA_NEW(a, struct digest_job, n + 1);
	if (!state->jobs)
		return STATUS_NO_MEMORY;
	for (struct cd_signature *s = state->first; s; s = s->next)
		for (size_t i = 0; i < s->n_directories; i++)
			TRY(directory_plan(a, state, s, &s->directories[i]));
	return STATUS_OK;
}

bool cd_digest_is(const struct digest_job *job, struct span expected)
{
	struct span got = digest_span(&job->result);

	return expected.len > 0 && expected.len <= got.len &&
	       span_equal(span_clip(got, 0, expected.len), expected);
}
