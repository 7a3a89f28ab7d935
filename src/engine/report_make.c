/* SPDX-License-Identifier: MIT */
#include "engine/report_make.h"

#include "verdict/rules.h"
#include "verify/scheme.h"
#include <inttypes.h>

static const char *hex_text(struct arena *a, struct span bytes)
{
	CLEANUP(buffer_free) struct buffer hex = BUFFER_INIT;

	buffer_hex(&hex, bytes);
	return arena_printf(a, "%.*s", (int)hex.len, hex.len ? hex.bytes : "");
}

/* Exactly this part of the signature; zero long: it does not stand in the file as it is. */
static struct range where_of(const struct fact *f, struct span part)
{
	if (claim_base(f->claim) == CLAIM_NOWHERE)
		return (struct range){ 0, 0 };
	return claim_where(f->claim, part);
}

static struct report_certificate certificate_make(struct arena *a, const struct fact *f,
						  size_t i)
{
	const struct certificate *c = f->answer.path[i];
	struct report_certificate out = {
		.subject = name_text(a, c->subject),
		.issuer = name_text(a, c->issuer),
		.serial = c->serial,
		.not_before = c->not_before,
		.not_after = c->not_after,
		.anchor = f->answer.path_has_anchor && i + 1 == f->answer.n_path,
	};

	(void)span_copy(out.sha256, sizeof(out.sha256), SPAN_OF(c->sha256));
	out.where = where_of(f, c->der);
	return out;
}

static enum status chain_make(struct arena *a, const struct fact *f,
			      struct report_signature *out)
{
	struct report_certificate *chain;

	chain = ARENA_NEW(a, struct report_certificate, f->answer.n_path + 1);
	if (!chain)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < f->answer.n_path && i < REPORT_MAX_CHAIN; i++)
		chain[out->n_chain++] = certificate_make(a, f, i);
	out->chain = chain;
	return STATUS_OK;
}

static enum status timestamps_make(struct arena *a, const struct fact *f,
				   struct report_signature *out)
{
	struct report_timestamp *list;

	list = ARENA_NEW(a, struct report_timestamp, f->n_timestamps + 1);
	if (!list)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < f->n_timestamps && i < REPORT_MAX_TIMESTAMPS; i++) {
		const struct timestamp_fact *tf = &f->timestamps[i];
		const struct timestamp *t = tf->timestamp;

		list[out->n_timestamps++] = (struct report_timestamp){
			.kind = t->kind == TIMESTAMP_PKCS9 ? "pkcs9" : "rfc3161",
			.time = t->time,
			.has_time = t->has_time,
			.good = t->good,
			.trusted = tf->answer.trust == ASSAY_TRUST_ANCHORED,
			.counts = tf->counts,
			.signer = t->signer ? name_short(a, t->signer->subject) : NULL,
			.problem = t->good ? tf->answer.explanation : t->problem,
			.where = claim_place(f->claim, t->where),
		};
	}
	out->timestamps = list;
	return STATUS_OK;
}

/* The file ranges under the image digest, and the zeros hashed behind them. */
static enum status coverage_make(struct arena *a, const struct fact *f,
				 struct report_signature *out)
{
	struct range *list;

	if (!f->covered)
		return STATUS_OK;
	list = ARENA_NEW(a, struct range, f->covered->n + 1);
	if (!list)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < f->covered->n && out->n_covered < REPORT_MAX_RANGES; i++) {
		const struct piece *p = &f->covered->pieces[i];

		if (p->kind == PIECE_RANGE || p->kind == PIECE_INFLATED ||
		    p->kind == PIECE_INFLATED_PART)
			list[out->n_covered++] = p->range;
		out->covers_more = out->covers_more || p->kind == PIECE_INFLATED ||
				   p->kind == PIECE_LITERAL || out->zero_pad > 0;
		if (p->kind == PIECE_ZEROS)
			out->zero_pad += p->range.len;
	}
	out->covered = list;
	return STATUS_OK;
}

static const char *key_name(enum key_type type)
{
	switch (type) {
	case KEY_RSA: return "rsa";
	case KEY_EC: return "ec";
	case KEY_DSA: return "dsa";
	case KEY_UNKNOWN: break;
	}
	return NULL;
}

static void pss_make(const struct signature_algorithm *a, struct report_signature *out)
{
	if (!a->pss)
		return;
	out->pss_mgf1 = digest_name(a->mgf1);
	out->pss_salt_len = a->salt_len;
}

/* Where the decisive octets lie, so that others can recompute them. */
static void places_make(const struct fact *f, struct report_signature *out)
{
	if (f->cms)
		out->content =
			f->content.len > 0 ? f->content : where_of(f, f->cms->content.value);
	if (f->signer) {
		out->signed_attrs = where_of(f, f->signer->signed_attrs);
		out->signature_value = where_of(f, f->signer->signature);
		out->cms_digest = digest_name(f->signer->digest);
		pss_make(&f->signer->signature_algorithm, out);
	}
	if (f->certificate) {
		out->certificate = where_of(f, f->certificate->der);
		out->key_type = key_name(f->certificate->key.type);
	}
}

static void names_make(struct arena *a, const struct fact *f, struct report_signature *out)
{
	out->program_name = f->program_name;
	out->more_info = f->more_info;
	out->statement = f->statement;
	out->claimed_signer =
		f->certificate ? name_short(a, f->certificate->subject) : f->claimed_signer;
	if (!out->claimed_signer)
		return;
	if (f->signature == ASSAY_SIGNATURE_GOOD && f->binding == ASSAY_BINDING_INTACT &&
	    f->trust == ASSAY_TRUST_ANCHORED && !f->counterfeit)
		out->signer = out->claimed_signer;
}

/* By which keys signer and anchor are known, when the facts allow to say so. */
static void keys_make(const struct fact *f, struct report_signature *out)
{
	const struct trust_answer *answer = &f->answer;

	if (f->signature != ASSAY_SIGNATURE_GOOD || f->binding != ASSAY_BINDING_INTACT ||
	    f->trust != ASSAY_TRUST_ANCHORED || f->counterfeit)
		return;
	if (answer->by_key) {
		out->signer_spki = out->anchor_spki = SPAN_OF(answer->key);
		return;
	}
	if (answer->n_path == 0)
		return;
	out->signer_spki = SPAN_OF(answer->path[0]->spki_sha256);
	if (answer->path_has_anchor)
		out->anchor_spki = SPAN_OF(answer->path[answer->n_path - 1]->spki_sha256);
}

static enum status signature_make(struct arena *a, const struct fact *f,
				  struct report_signature *out)
{
	*out = (struct report_signature){
		.scheme = f->scheme,
		.entry = f->entry,
		.depth = f->depth,
		.verdict = f->verdict,
		.rule = f->rule,
		.presence = f->presence,
		.binding = f->binding,
		.signature = f->signature,
		.trust = f->trust,
		.trust_reason = f->trust == ASSAY_TRUST_ANCHORED ? NULL : f->answer.explanation,
		.problem = f->problem,
		.limits = f->limits,
		.anchor = f->answer.anchor_name,
		.has_signed_at = f->has_signed_at,
		.signed_at = f->signed_at,
		.has_claimed_time = f->has_claimed_time,
		.claimed_time = f->claimed_time,
		.where = claim_place(f->claim, f->where),
		.n_pages = f->n_pages,
		.n_bad_pages = f->n_bad_pages,
		.bad_pages = f->bad_pages,
		.n_bad_pages_kept = f->n_bad_pages_kept,
	};
	if (f->signed_digest.algorithm != DIGEST_NONE) {
		out->digest_algorithm = digest_name(f->signed_digest.algorithm);
		out->digest_signed = digest_span(&f->signed_digest);
		out->digest_computed = digest_span(&f->computed_digest);
	}
	names_make(a, f, out);
	keys_make(f, out);
	places_make(f, out);
	TRY(coverage_make(a, f, out));
	TRY(report_relation_make(a, f->relation, f, &out->relation));
	TRY(timestamps_make(a, f, out));
	return chain_make(a, f, out);
}

/* Pieces of information that rest on "now" bound the time for which all of it holds. */
static void interval_narrow(struct report *out, const struct trust_answer *answer)
{
	if (answer->trust == ASSAY_TRUST_UNEVALUATED && answer->holds_until == 0)
		return;
	if (answer->holds_from > out->holds_from)
		out->holds_from = answer->holds_from;
	if (answer->holds_until < out->holds_until)
		out->holds_until = answer->holds_until;
}

static enum status signatures_make(struct arena *a, const struct report_parts *parts,
				   struct report *out)
{
	struct report_signature *list =
		ARENA_NEW(a, struct report_signature, REPORT_MAX_SIGNATURES);

	if (!list)
		return STATUS_NO_MEMORY;
	out->signatures = list;
	for (const struct fact *f = parts->facts;
	     f && out->n_signatures < REPORT_MAX_SIGNATURES; f = f->next) {
		if (f == parts->judgement.decisive)
			out->decisive = (int)out->n_signatures;
		TRY(signature_make(a, f, &list[out->n_signatures]));
		if (f->part < parts->box->n_parts)
			list[out->n_signatures].part = parts->box->parts[f->part].name;
		out->n_signatures++;
		interval_narrow(out, &f->answer);
		for (size_t i = 0; i < f->n_timestamps; i++)
			interval_narrow(out, &f->timestamps[i].answer);
	}
	return STATUS_OK;
}

/* Whom a signature claims that lies where nothing leads to it.  Read, not judged. */
static enum status removed_make(struct arena *a, const struct container *box,
				struct report *out)
{
	struct findings aside = FINDINGS_INIT(a);
	const struct certificate *c = NULL;
	struct span rest;
	enum status status;
	struct cms cms;

	if (!box->stripped || box->orphan.len == 0)
		return STATUS_OK;
	status = cms_read(a, box->orphan, box->orphan_where.off, &aside, &cms, &rest);
	if (status == STATUS_OK && cms.n_signers)
		c = signer_certificate(&cms.signers[0], cms.certs, cms.n_certs);
	if (c)
		out->removed_signer = name_short(a, c->subject);
	return status == STATUS_NO_MEMORY ? status : STATUS_OK;
}

/* Where it is about: of a signature that does not stand in the file as it is, all of it. */
static struct range finding_place(const struct fact *facts, const struct finding *f)
{
	for (; facts; facts = facts->next)
		if (facts->index == f->signature)
			return claim_place(facts->claim, f->where);
	return f->where.off < CLAIM_NOWHERE ? f->where : (struct range){ 0, 0 };
}

/* Findings in order of severity, then as they were made. */
static enum status findings_make(struct arena *a, const struct report_parts *parts,
				 struct report *out)
{
	const struct findings *findings = parts->findings;
	struct report_finding *list = ARENA_NEW(a, struct report_finding, findings->n + 1);

	if (!list)
		return STATUS_NO_MEMORY;
	for (int severity = ASSAY_SEVERITY_HIGH; severity >= ASSAY_SEVERITY_NONE; severity--) {
		for (const struct finding *f = findings->first; f; f = f->next) {
			const struct rule *rule = rule_find(f->rule);

			if (!rule || (int)rule->severity != severity ||
			    out->n_findings >= REPORT_MAX_FINDINGS)
				continue;
			list[out->n_findings++] = (struct report_finding){
				.id = rule->id,
				.severity = rule->severity,
				.where = finding_place(parts->facts, f),
				.reference = rule->reference,
				.message = rule->sentence,
				.expected = f->expected,
				.observed = f->observed,
				.signature = f->signature,
			};
		}
	}
	out->findings = list;
	out->n_findings_dropped = findings->dropped;
	return STATUS_OK;
}

static enum status regions_make(struct arena *a, const struct container *box,
				struct report *out)
{
	struct report_region *list = ARENA_NEW(a, struct report_region, box->n_regions + 1);

	if (!list)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < box->n_regions && i < REPORT_MAX_REGIONS; i++)
		list[out->n_regions++] = (struct report_region){
			.name = box->regions[i].name,
			.kind = region_kind_word(box->regions[i].kind),
			.where = box->regions[i].where,
		};
	out->regions = list;
	return STATUS_OK;
}

static void report_begin(struct arena *a, const struct engine *e, struct report *out)
{
	*out = (struct report){
		.decisive = -1,
		.engine = ASSAY_VERSION,
		.policy = hex_text(a, SPAN_OF(e->policy_digest)),
		.trust_store = hex_text(a, SPAN_OF(e->trust_digest)),
		.donors = e->settings.donors
				  ? hex_text(a, SPAN_OF(e->settings.donors->generation))
				  : NULL,
		.holds_from = INT64_MIN,
		.holds_until = INT64_MAX,
	};
}

enum status report_make(struct arena *a, const struct report_parts *parts, struct report *out)
{
	report_begin(a, parts->engine, out);
	out->size = parts->size;
	out->complete = true;
	out->verdict = parts->judgement.verdict;
	out->rule = parts->judgement.rule;
	out->masquerade = parts->judgement.masquerade;
	if (parts->sha256) {
		out->has_sha256 = true;
		(void)span_copy(out->sha256, sizeof(out->sha256), digest_span(parts->sha256));
	}
	if (!parts->box->format) {
		out->verdict = ASSAY_VERDICT_UNSUPPORTED;
		out->rule = "verdict.no-format";
		return STATUS_OK;
	}
	out->format = parts->box->format->name;
	out->variant = parts->box->variant;
	TRY(signatures_make(a, parts, out));
	TRY(report_version_make(a, parts, &out->version));
	TRY(removed_make(a, parts->box, out));
	TRY(report_relation_make(a, parts->bare, NULL, &out->relation));
	TRY(report_evidence_make(a, parts, out));
	TRY(findings_make(a, parts, out));
	return regions_make(a, parts->box, out);
}

/* The limit that was reached names itself by its finding. */
static const char *limit_rule(const struct findings *findings)
{
	for (const struct finding *f = findings->first; f; f = f->next)
		if (strncmp(f->rule, "limit.", 6) == 0)
			return f->rule;
	return "limit.structure";
}

/* Memory that the file may not have is a limit; memory that nobody has is trouble of ours. */
static const char *error_rule(const struct arena *a, enum status status,
			      const struct findings *findings)
{
	switch (status) {
	case STATUS_CHANGED: return "error.changed";
	case STATUS_IO: return "error.io";
	case STATUS_NO_MEMORY: return a->full ? "limit.memory" : "error.memory";
	case STATUS_USAGE: return "error.not-regular";
	case STATUS_LIMIT: return limit_rule(findings);
	case STATUS_OK:
	case STATUS_NOT_MINE:
	case STATUS_WANT:
	case STATUS_MALFORMED:
	case STATUS_UNSUPPORTED: break;
	}
	return "error.internal";
}

void report_error(struct arena *a, const struct engine *e, enum status status, int error,
		  const struct findings *findings, struct report *out)
{
	const char *rule = error_rule(a, status, findings);
	bool limit = status == STATUS_LIMIT || (status == STATUS_NO_MEMORY && a->full);
	const char **errors = ARENA_NEW(a, const char *, 1);

	report_begin(a, e, out);
	out->verdict = ASSAY_VERDICT_ERROR;
	out->rule = rule;
	if (!errors)
		return;
	errors[0] = status == STATUS_IO && error ? strerrordesc_np(error) : status_text(status);
	if (limit)
		errors[0] = arena_printf(a, "%s (%s)", status_text(STATUS_LIMIT), rule);
	out->errors = errors;
	out->n_errors = errors[0] ? 1 : 0;
}
