/* SPDX-License-Identifier: MIT */
#include "verify/catalog/catalog.h"

#include "base/buffer.h"
#include "formats/pe/pe.h"
#include "verify/message.h"

#define ALIGNMENT 8 /* signers pad a program before they take its digest */

static void job_add(struct catalog_work *w, enum digest_algorithm algorithm,
		    const struct coverage *covered)
{
	w->jobs[w->n_jobs++] =
		(struct digest_job){ .algorithm = algorithm, .covered = *covered };
}

/* With zeros up to a multiple of 8. */
static enum status padded(struct arena *a, const struct coverage *flat, uint64_t size,
			  struct coverage *out)
{
	struct piece *pieces = ARENA_NEW(a, struct piece, flat->n + 1);

	if (!pieces)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < flat->n; i++)
		pieces[i] = flat->pieces[i];
	pieces[flat->n] = (struct piece){
		.kind = PIECE_ZEROS, .range = {0, ALIGNMENT - size % ALIGNMENT}
	};
	*out = (struct coverage){ pieces, flat->n + 1 };
	return STATUS_OK;
}

static enum status whole(struct arena *a, uint64_t size, struct coverage *out)
{
	struct piece *piece = ARENA_NEW(a, struct piece, 1);

	if (!piece)
		return STATUS_NO_MEMORY;
	*piece = (struct piece){
		.kind = PIECE_RANGE, .range = {0, size}
	};
	*out = (struct coverage){ piece, size > 0 };
	return STATUS_OK;
}

enum status catalog_begin(struct arena *a, const struct container *box,
			  const struct catalog_index *index, uint64_t size,
			  struct catalog_work *out)
{
	struct coverage flat, filled;

	*out = (struct catalog_work){ .kind = box->pe ? CATALOG_IMAGE : CATALOG_FLAT };
	out->jobs = ARENA_NEW(a, struct digest_job, CATALOG_MAX_JOBS);
	if (!out->jobs)
		return STATUS_NO_MEMORY;
	if (box->pe)
		TRY(pe_cover_flat(a, box->pe, &flat));
	else
		TRY(whole(a, size, &flat));
	filled = flat;
	if (box->pe && size % ALIGNMENT != 0)
		TRY(padded(a, &flat, size, &filled));
	/* The stronger first: catalog_finish() takes them in this order. */
	job_add(out, DIGEST_SHA256, &filled);
	if (filled.n != flat.n)
		job_add(out, DIGEST_SHA256, &flat);
	if (!index->has_sha1)
		return STATUS_OK;
	job_add(out, DIGEST_SHA1, &filled);
	if (filled.n != flat.n)
		job_add(out, DIGEST_SHA1, &flat);
	return STATUS_OK;
}

/* The catalog's own signature, which was good when the index took it in. */
static enum status entry_check(struct arena *a, const struct catalog_entry *e,
			       struct fact *fact)
{
	struct findings silent = FINDINGS_INIT(a);
	struct cms *cms = ARENA_NEW(a, struct cms, 1);
	struct signer_check check;
	struct span rest;
	enum status status;

	if (!cms)
		return STATUS_NO_MEMORY;
	fact->signature = ASSAY_SIGNATURE_BAD;
	status = cms_read(a, e->message, 0, &silent, cms, &rest);
	if (status == STATUS_NO_MEMORY)
		return status;
	if (status != STATUS_OK || cms->n_signers == 0)
		return STATUS_MALFORMED;
	fact->cms = cms;
	fact->signer = &cms->signers[0];
	fact->certificate = signer_certificate(fact->signer, cms->certs, cms->n_certs);
	if (!fact->certificate || e->content.algorithm != fact->signer->digest)
		return STATUS_MALFORMED;
	TRY(signer_verify_detached(fact->signer, &fact->certificate->key, &e->content, &check));
	if (check.signature == SIGNATURE_OK && check.digest_matches &&
	    !message_problem(fact, &check))
		fact->signature = ASSAY_SIGNATURE_GOOD;
	return STATUS_OK;
}

static enum status fact_make(struct arena *a, struct scheme_case *c,
			     const struct catalog_entry *e, const struct digest_job *job,
			     struct fact **out)
{
	struct claim *claim = ARENA_NEW(a, struct claim, 1);
	struct coverage *covered = ARENA_NEW(a, struct coverage, 1);
	struct fact *fact;

	*out = NULL;
	if (!claim || !covered)
		return STATUS_NO_MEMORY;
	*covered = job->covered;
	*claim = (struct claim){
		.scheme = "catalog",
		.presence = ASSAY_PRESENCE_CATALOG,
		.signature = e->message,
		.packed = true,
		.covered = covered,
	};
	fact = fact_new(a, c, claim);
	if (!fact)
		return STATUS_NO_MEMORY;
	TRY(entry_check(a, e, fact));
	fact->binding = ASSAY_BINDING_INTACT;
	fact->signed_digest = fact->computed_digest = job->result;
	if (fact->signature == ASSAY_SIGNATURE_GOOD) {
		TRY(fact_times(a, c, fact, TRUST_MS_CODE));
		TRY(fact_trust(a, c, fact, TRUST_MS_CODE, job->result.algorithm));
	}
	*out = fact;
	return STATUS_OK;
}

static void listed_note(struct arena *a, struct scheme_case *c, const struct catalog_entry *e,
			const struct digest_job *job)
{
	finding_add(c->findings, "catalog.listed", (struct range){ 0, 0 }, NULL,
		    arena_printf(a, "%s%s%s, as %s", e->name, e->package ? " of " : "",
				 e->package ? e->package : "",
				 e->member ? e->member : "a file without a name"));
	if (job->result.algorithm == DIGEST_SHA1)
		finding_add(c->findings, "catalog.sha1-only", (struct range){ 0, 0 },
			    "a file listed by SHA-256", "by SHA-1");
}

/* Of several catalogs the first whose signer is believed, else the first. */
static enum status hits_judge(struct arena *a, struct scheme_case *c,
			      const struct catalog_entry *hits, size_t n,
			      const struct digest_job *job, struct fact **out)
{
	const struct findings before = *c->findings;
	size_t chosen = 0;

	for (size_t i = 0; i < n; i++) {
		struct findings aside = FINDINGS_INIT(a);
		struct scheme_case trial = *c;
		struct fact *fact;

		trial.findings = &aside;
		TRY(fact_make(a, &trial, &hits[i], job, &fact));
		c->effort = trial.effort;
		c->n_timestamps = trial.n_timestamps;
		if (fact->trust == ASSAY_TRUST_ANCHORED) {
			chosen = i;
			break;
		}
	}
	c->findings->signature = before.signature;
	TRY(fact_make(a, c, &hits[chosen], job, out));
	listed_note(a, c, &hits[chosen], job);
	return STATUS_OK;
}

enum status catalog_finish(struct arena *a, struct scheme_case *c,
			   const struct catalog_index *index, const struct catalog_work *work,
			   struct fact **out)
{
	*out = NULL;
	for (size_t i = 0; i < work->n_jobs; i++) {
		struct catalog_entry hits[CATALOG_MAX_HITS];
		size_t n = 0;

		TRY(index->find(index->context, &work->jobs[i].result, work->kind, a, hits,
				&n));
		if (n > 0)
			return hits_judge(a, c, hits, n, &work->jobs[i], out);
	}
	return STATUS_OK;
}
