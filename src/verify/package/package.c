/* SPDX-License-Identifier: MIT */
#include "verify/package/package.h"

enum status package_begin(struct arena *a, uint64_t size, struct package_work *out)
{
	struct piece *piece = ARENA_NEW(a, struct piece, 1);

	out->jobs = ARENA_NEW(a, struct digest_job, 1);
	if (!piece || !out->jobs)
		return STATUS_NO_MEMORY;
	*piece = (struct piece){
		.kind = PIECE_RANGE, .range = {0, size}
	};
	out->jobs[0] = (struct digest_job){
		.algorithm = DIGEST_SHA256, .covered = {piece, size > 0}
	};
	out->n_jobs = 1;
	return STATUS_OK;
}

enum status package_path_digest(struct span path, uint8_t out[32])
{
	static const char *const merged[] = { "/usr/bin/", "/usr/sbin/", "/usr/lib" };
	const size_t usr = strlen("/usr");
	struct span parts[2] = { SPAN_LITERAL("/"), SPAN_NONE };
	struct digest digest;

	if (span_starts(path, "./", 2))
		path = span_after(path, 1);
	for (size_t i = 0; i < COUNT_OF(merged); i++) {
		/* Names inside packages may begin without the slash. */
		const char *start = text_after(merged[i], span_at(path, 0) != '/');

		if (span_starts(path, start, strlen(start))) {
			path = span_after(path, usr - (span_at(path, 0) != '/'));
			break;
		}
	}
	parts[1] = span_at(path, 0) == '/' ? span_after(path, 1) : path;
	TRY(digest_of(DIGEST_SHA256, parts, 2, &digest));
	(void)span_copy(out, 32, digest_span(&digest));
	return STATUS_OK;
}

static enum status fact_make(struct arena *a, struct scheme_case *c,
			     const struct package_entry *e, const struct digest_job *job,
			     struct fact **out)
{
	struct claim *claim = ARENA_NEW(a, struct claim, 1);
	struct coverage *covered = ARENA_NEW(a, struct coverage, 1);
	struct fact *fact;

	if (!claim || !covered)
		return STATUS_NO_MEMORY;
	*covered = job->covered;
	*claim = (struct claim){
		.scheme = "package",
		.presence = ASSAY_PRESENCE_CONTAINER,
		.covered = covered,
	};
	fact = fact_new(a, c, claim);
	if (!fact)
		return STATUS_NO_MEMORY;
	fact->signature = ASSAY_SIGNATURE_GOOD;
	fact->binding = digest_equal(&job->result, SPAN_OF(e->sha256)) ? ASSAY_BINDING_INTACT
								       : ASSAY_BINDING_MODIFIED;
	fact->computed_digest = job->result;
	fact->signed_digest = (struct digest){ .algorithm = DIGEST_SHA256 };
	memcpy(fact->signed_digest.bytes, e->sha256, sizeof(e->sha256));
	fact->claimed_signer = e->archive;
	fact->program_name = e->name;
	TRY(trust_key_judge(c->store, a, TRUST_OPENPGP, e->key, e->archive, &fact->answer));
	fact->trust = fact->answer.trust;
	*out = fact;
	return STATUS_OK;
}

enum status package_finish(struct arena *a, struct scheme_case *c,
			   const struct package_index *index, const struct package_work *work,
			   const uint8_t *path, struct fact **out)
{
	const struct digest_job *job = &work->jobs[0];
	struct package_entry by_digest = { 0 }, by_path = { 0 };
	const struct range whole = { 0, 0 };

	*out = NULL;
	TRY(index->by_digest(index->context, job->result.bytes, a, &by_digest));
	if (path && !index->outdated)
		TRY(index->by_path(index->context, path, job->result.bytes, a, &by_path));
	if (!by_digest.name && !by_path.name) {
		finding_add(c->findings, "deb.unchecked", whole, NULL, NULL);
		return STATUS_OK;
	}
	TRY(fact_make(a, c, by_digest.name ? &by_digest : &by_path, job, out));
	if (by_path.name && !digest_equal(&job->result, SPAN_OF(by_path.sha256)))
		finding_add(c->findings, "deb.path-replaced", whole, by_path.name,
			    by_digest.name);
	return STATUS_OK;
}
