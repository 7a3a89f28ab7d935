/* SPDX-License-Identifier: MIT */
/* Reads the signatures of all claims: CodeDirectories and CMS. */
#include "verify/code_directory/state.h"

static enum digest_algorithm algorithm_of(const struct code_directory *d)
{
	static const enum digest_algorithm by_type[] = {
		[CODE_HASH_NONE] = DIGEST_NONE,     [CODE_HASH_SHA1] = DIGEST_SHA1,
		[CODE_HASH_SHA256] = DIGEST_SHA256, [CODE_HASH_SHA256_CUT] = DIGEST_SHA256,
		[CODE_HASH_SHA384] = DIGEST_SHA384,
	};

	return d->unsupported ? DIGEST_NONE : by_type[d->hash_type];
}

static enum status directories_read(struct arena *a, struct cd_signature *s)
{
	const struct code_signature *code = s->object.code;

	s->directories = ARENA_NEW(a, struct cd_directory, code->n_directories);
	if (!s->directories)
		return STATUS_NO_MEMORY;
	s->n_directories = code->n_directories;
	for (size_t i = 0; i < s->n_directories; i++) {
		struct cd_directory *d = &s->directories[i];

		*d = (struct cd_directory){
			.d = &code->directories[i],
			.algorithm = algorithm_of(&code->directories[i]),
			.info_job = CD_NO_JOB,
			.own_job = CD_NO_JOB,
		};
		if (d->algorithm == DIGEST_NONE)
			continue;
		s->n_supported++;
		TRY(digest_of(d->algorithm, &d->d->whole, 1, &d->hash));
	}
	return STATUS_OK;
}

/* The hashes by which systems and other signatures know the code. */
static enum status hashes_note(struct arena *a, struct cd_signature *s)
{
	CLEANUP(buffer_free) struct buffer hashes = BUFFER_INIT;

	for (size_t i = 0; i < s->n_directories; i++)
		if (s->directories[i].algorithm != DIGEST_NONE)
			buffer_add(&hashes, span_clip(digest_span(&s->directories[i].hash), 0,
						      CD_HASH_BYTES));
	TRY(buffer_status(&hashes));
	s->fact->code_hashes = arena_copy(a, buffer_span(&hashes));
	return s->fact->code_hashes.ptr || hashes.len == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

/* What stands in the wrapper behind the CMS, where nobody looks. */
static void rest_note(struct cd_state *state, const struct cd_signature *s, struct span rest)
{
	if (span_is_zero(rest))
		return;
	s->fact->stuffed = true;
	finding_add(state->c->findings, "macho.cms-trailing", claim_where(s->fact->claim, rest),
		    "nothing behind the signature", NULL);
}

static enum status cms_of(struct arena *a, struct cd_state *state, struct cd_signature *s)
{
	struct span bytes = s->object.code->cms, rest;
	struct cms *cms = ARENA_NEW(a, struct cms, 1);
	uint64_t base = claim_where(s->fact->claim, bytes).off;
	enum status status;

	if (!cms)
		return STATUS_NO_MEMORY;
	status = cms_read(a, bytes, base, state->c->findings, cms, &rest);
	if (status == STATUS_MALFORMED)
		return STATUS_OK;
	TRY(status);
	s->cms = cms;
	s->fact->cms = cms;
	s->fact->where = claim_where(s->fact->claim, cms->whole);
	if (cms->n_signers > 0)
		s->fact->signer = &cms->signers[0];
	rest_note(state, s, rest);
	return STATUS_OK;
}

/* Identifier and team are what the signer says they are. */
static enum status names_read(struct arena *a, struct cd_signature *s)
{
	const struct code_directory *best = code_directory_best(s->object.code);
	struct fact *fact = s->fact;

	if (!best)
		return STATUS_OK;
	fact->program_name = escape_string(a, best->identifier, FEATURE_MAX_TEXT);
	if (!fact->program_name)
		return STATUS_NO_MEMORY;
	if (best->team.len == 0)
		return STATUS_OK;
	fact->more_info = escape_string(a, best->team, FEATURE_MAX_TEXT);
	return fact->more_info ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status claim_read(struct arena *a, struct cd_state *state,
			      const struct claim *claim)
{
	struct cd_signature *s = ARENA_NEW(a, struct cd_signature, 1);

	if (!s)
		return STATUS_NO_MEMORY;
	s->fact = fact_new(a, state->c, claim);
	if (!s->fact)
		return STATUS_NO_MEMORY;
	if (state->last) {
		state->last->next = s;
		state->last->fact->next = s->fact;
	}
	state->last = s;
	if (!state->first)
		state->first = s;
	code_object_of(state->c->box, claim, &s->object);
	s->adhoc = code_signature_flag(s->object.code, CODE_FLAG_ADHOC);
	TRY(directories_read(a, s));
	TRY(hashes_note(a, s));
	s->fact->content =
		(struct range){ s->directories[0].d->off, s->directories[0].d->whole.len };
	TRY(names_read(a, s));
	return s->object.code->cms.len > 0 ? cms_of(a, state, s) : STATUS_OK;
}

enum status cd_read_all(struct arena *a, struct cd_state *state)
{
	const struct claim *claim = scheme_claim(&scheme_code_directory, state->c->box->claims);

	for (; claim; claim = scheme_claim(&scheme_code_directory, claim->next))
		TRY(claim_read(a, state, claim));
	state->c->findings->signature = -1;
	return STATUS_OK;
}
