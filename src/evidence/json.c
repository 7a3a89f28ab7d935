/* SPDX-License-Identifier: MIT */
/*
 * JSON: one object per report, schema "assay.report/1" (docs/report.schema.json).
 *
 * Members may be added, never renamed.  An unverified name stands in a member
 * whose name says "claimed", and "trusted" is there for each signature, so that
 * nobody can read a claim as a fact by overlooking something.
 */
#include "base/json.h"
#include "base/utf8.h"
#include "evidence/attack.h"
#include "evidence/features.h"
#include "evidence/parts.h"

static void add_digest(struct json *j, const struct report_signature *s)
{
	json_object(j, "digest");
	json_text(j, "algorithm", s->digest_algorithm);
	hex_json(j, "signed", s->digest_signed);
	hex_json(j, "computed", s->digest_computed);
	ranges_json(j, "covered", s->covered, s->n_covered);
	json_u64(j, "zero_pad", s->zero_pad);
	json_bool(j, "covers_more", s->covers_more);
	json_end(j);
}

static void add_timestamps(struct json *j, const struct report_signature *s)
{
	json_array(j, "timestamps");
	for (size_t i = 0; i < s->n_timestamps; i++) {
		const struct report_timestamp *t = &s->timestamps[i];
		bool proven = report_time_proven(t);

		json_object(j, NULL);
		json_text(j, "kind", t->kind);
		json_bool(j, "verified", proven);
		time_json(j, "claimed_time", t->has_time, t->time);
		json_text(j, "claimed_signer", t->signer);
		json_text(j, "signer", proven ? t->signer : NULL);
		json_text(j, "problem", t->problem);
		range_json(j, "where", t->where);
		json_end(j);
	}
	json_end(j);
}

/* What the signature says of itself and nobody checks. */
static void add_claims(struct json *j, const struct report_signature *s)
{
	json_object(j, "claims");
	json_text(j, "program_name", s->program_name);
	json_text(j, "more_info", s->more_info);
	json_text(j, "statement", s->statement);
	time_json(j, "signing_time", s->has_claimed_time, s->claimed_time);
	json_end(j);
}

static void add_signature(struct json *j, const struct report *r,
			  const struct report_signature *s)
{
	json_object(j, NULL);
	json_text(j, "scheme", s->scheme);
	json_text(j, "verdict", assay_verdict_word(s->verdict));
	json_text(j, "rule", s->rule);
	json_text(j, "presence", assay_presence_word(s->presence));
	json_text(j, "binding", assay_binding_word(s->binding));
	json_text(j, "signature", assay_signature_word(s->signature));
	json_text(j, "trust", assay_trust_word(s->trust));
	json_text(j, "trust_reason", s->trust_reason);
	json_text(j, "problem", s->problem);
	json_text(j, "part", s->part);
	json_text(j, "limits", s->limits);
	json_bool(j, "trusted", report_trusted(r, s));
	json_text(j, "claimed_signer", s->claimed_signer);
	json_text(j, "signer", report_signer(r, s));
	json_text(j, "anchor", s->anchor);
	hex_json(j, "signer_spki", report_signer_key(r, s));
	hex_json(j, "anchor_spki", report_anchor_key(r, s));
	time_json(j, "signed_at", s->has_signed_at, s->signed_at);
	json_u64(j, "entry", s->entry);
	json_u64(j, "depth", s->depth);
	range_json(j, "where", s->where);
	add_digest(j, s);
	json_object(j, "pages");
	json_u64(j, "signed", s->n_pages);
	json_u64(j, "bad", s->n_bad_pages);
	ranges_json(j, "bad_ranges", s->bad_pages, s->n_bad_pages_kept);
	json_end(j);
	add_claims(j, s);
	chain_json(j, s);
	add_timestamps(j, s);
	json_end(j);
}

static void add_findings(struct json *j, const struct report *r)
{
	json_array(j, "findings");
	for (size_t i = 0; i < r->n_findings; i++) {
		const struct report_finding *f = &r->findings[i];

		json_object(j, NULL);
		json_text(j, "id", f->id);
		json_text(j, "severity", assay_severity_word(f->severity));
		json_u64(j, "offset", f->where.off);
		json_u64(j, "length", f->where.len);
		json_text(j, "reference", f->reference);
		json_text(j, "expected", f->expected);
		json_text(j, "observed", f->observed);
		json_text(j, "message", f->message);
		index_json(j, f->signature);
		json_end(j);
	}
	json_end(j);
	json_u64(j, "findings_dropped", r->n_findings_dropped);
}

/* The file that one can open, of a program inside: its path without "!" and what follows. */
static void container_json(struct json *j, const struct report *r, const char *path)
{
	CLEANUP(buffer_free) struct buffer container = BUFFER_INIT;
	struct span whole = SPAN_TEXT(path);

	if (r->inside.len == 0 || whole.len <= r->inside.len)
		return;
	buffer_add(&container, span_clip(whole, 0, whole.len - r->inside.len - 1));
	json_text(j, "container_path", buffer_string(&container, 0));
}

static void add_file(struct json *j, const struct report *r, const char *path)
{
	json_text(j, "schema", "assay.report/1");
	json_text(j, "path", path);
	if (!utf8_valid(SPAN_TEXT(path)))
		json_base64(j, "path_b64", SPAN_TEXT(path));
	container_json(j, r, path);
	json_u64(j, "size", r->size);
	hex_json(j, "sha256", r->has_sha256 ? SPAN_OF(r->sha256) : SPAN_NONE);
	json_text(j, "format", r->format);
	json_text(j, "variant", r->variant);
	json_text(j, "packing", r->packing);
	json_text(j, "verdict", assay_verdict_word(r->verdict));
	json_text(j, "rule", r->rule);
	json_text(j, "masquerade", assay_masquerade_word(r->masquerade));
	json_text(j, "claimed_removed_signer", r->removed_signer);
	attack_json(j, r);
}

/* What YARA rules said, when they were asked. */
static void add_matches(struct json *j, const struct report *r)
{
	if (!r->yara)
		return;
	json_object(j, "yara");
	json_text(j, "status", r->yara);
	json_text(j, "rules", r->yara_rules);
	json_array(j, "matches");
	for (size_t i = 0; i < r->n_matches; i++) {
		json_object(j, NULL);
		json_text(j, "namespace", r->matches[i].name_space);
		json_text(j, "rule", r->matches[i].rule);
		json_text(j, "tags", r->matches[i].tags);
		ranges_json(j, "strings", r->matches[i].strings, r->matches[i].n_strings);
		json_end(j);
	}
	json_end(j);
	json_end(j);
}

void json_report(struct buffer *out, const struct report *r, const char *path)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	add_file(&j, r, path);
	json_array(&j, "signatures");
	for (size_t i = 0; i < r->n_signatures; i++)
		add_signature(&j, r, &r->signatures[i]);
	json_end(&j);
	add_findings(&j, r);
	relation_json(&j, "donor", report_relation_of(r));
	evidence_json(&j, r);
	json_array(&j, "errors");
	for (size_t i = 0; i < r->n_errors; i++)
		json_text(&j, NULL, r->errors[i]);
	json_end(&j);
	json_bool(&j, "complete", r->complete);
	json_text(&j, "engine", r->engine);
	json_text(&j, "policy", r->policy);
	json_text(&j, "trust_store", r->trust_store);
	json_text(&j, "donors", r->donors);
	if (r->features)
		features_json(&j, r->features, r->n_features);
	add_matches(&j, r);
	json_end(&j);
}
