/* SPDX-License-Identifier: MIT */
#include "evidence/extension.h"

#include "base/utf8.h"
#include "crypto/digest.h"
#include "evidence/parts.h"

bool extension_names(const struct exporting *e, const struct report *r,
		     const struct report_signature *s)
{
	return e->claimed_names || report_signer(r, s) != NULL;
}

struct span extension_file_name(const char *path)
{
	struct span text = SPAN_TEXT(path);
	uint64_t from = 0;

	/* Of "a/b/" all of it: that is no file. */
	for (uint64_t i = 0; i + 1 < text.len; i++)
		if (span_at(text, i) == '/')
			from = i + 1;
	return span_at(text, text.len - 1) == '/' ? text : span_after(text, from);
}

void extension_uid(struct buffer *out, const char *what, const struct report *r,
		   const char *path, int index)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct digest digest;
	struct span whole;

	buffer_text(&text, what);
	buffer_char(&text, '\n');
	if (r->has_sha256)
		buffer_hex(&text, SPAN_OF(r->sha256));
	else
		buffer_text(&text, path);
	buffer_printf(&text, "\n%d", index);
	whole = buffer_span(&text);
	if (buffer_status(&text) != STATUS_OK ||
	    digest_of(DIGEST_SHA256, &whole, 1, &digest) != STATUS_OK)
		out->failed = true;
	else
		buffer_hex(out, digest_span(&digest));
}

void extension_sentence(struct json *j, const char *key, const struct report *r)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	text_sentence(&text, r);
	json_span(j, key, buffer_span(&text));
	if (buffer_status(&text) != STATUS_OK)
		j->out->failed = true;
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
	json_bool(j, "trusted", report_trusted(r, s));
	json_text(j, "signer", report_signer(r, s));
	time_json(j, "signed_at", s->has_signed_at, s->signed_at);
	json_u64(j, "entry", s->entry);
	json_u64(j, "depth", s->depth);
	range_json(j, "where", s->where);
	json_object(j, "digest");
	json_text(j, "algorithm", s->digest_algorithm);
	hex_json(j, "signed", s->digest_signed);
	hex_json(j, "computed", s->digest_computed);
	json_end(j);
	ranges_json(j, "covered", s->covered, s->n_covered);
	json_array(j, "certificates");
	for (size_t i = 0; i < s->n_chain; i++)
		json_hex(j, NULL, SPAN_OF(s->chain[i].sha256));
	json_end(j);
	json_array(j, "timestamps");
	for (size_t i = 0; i < s->n_timestamps; i++) {
		const struct report_timestamp *t = &s->timestamps[i];

		json_object(j, NULL);
		json_text(j, "kind", t->kind);
		json_bool(j, "verified", report_time_proven(t));
		json_text(j, "signer", report_time_proven(t) ? t->signer : NULL);
		json_end(j);
	}
	json_end(j);
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
		range_json(j, "where", f->where);
		json_text(j, "reference", f->reference);
		json_text(j, "message", f->message);
		index_json(j, f->signature);
		json_end(j);
	}
	json_end(j);
	json_u64(j, "findings_dropped", r->n_findings_dropped);
}

/* The rates say how far each piece can be believed; what was seen stands below "claimed". */
static void add_evidence(struct json *j, const struct report *r)
{
	json_array(j, "evidence");
	for (size_t i = 0; i < r->n_evidence; i++) {
		const struct report_evidence *e = &r->evidence[i];

		json_object(j, NULL);
		json_text(j, "id", e->id);
		json_text(j, "message", e->sentence);
		json_text(j, "note", e->note);
		range_json(j, "where", e->where);
		json_u64(j, "genuine", e->genuine);
		json_u64(j, "n_genuine", e->n_genuine);
		json_u64(j, "forged", e->forged);
		json_u64(j, "n_forged", e->n_forged);
		index_json(j, e->signature);
		json_end(j);
	}
	json_end(j);
}

static void add_value(struct json *j, const char *id, const char *expected,
		      const char *observed)
{
	if (!expected && !observed)
		return;
	json_object(j, NULL);
	json_text(j, "id", id);
	json_text(j, "expected", expected);
	json_text(j, "observed", observed);
	json_end(j);
}

static void add_claimed_signature(struct json *j, const struct report_signature *s)
{
	json_object(j, NULL);
	json_text(j, "subject_name", s->claimed_signer);
	json_text(j, "program_name", s->program_name);
	json_text(j, "more_info", s->more_info);
	json_text(j, "statement", s->statement);
	time_json(j, "signing_time", s->has_claimed_time, s->claimed_time);
	json_text(j, "anchor", s->anchor);
	json_text(j, "trust_reason", s->trust_reason);
	json_text(j, "problem", s->problem);
	chain_json(j, s);
	json_array(j, "timestamp_signers");
	for (size_t i = 0; i < s->n_timestamps; i++)
		json_text(j, NULL, s->timestamps[i].signer);
	json_end(j);
	json_end(j);
}

/* The names of signatures that are not to be believed, where a query finds them at once. */
static void add_claimed_names(struct json *j, const struct report *r)
{
	json_array(j, "subject_name");
	for (size_t i = 0; i < r->n_signatures; i++)
		if (r->signatures[i].claimed_signer && !report_signer(r, &r->signatures[i]))
			json_text(j, NULL, r->signatures[i].claimed_signer);
	if (r->removed_signer)
		json_text(j, NULL, r->removed_signer);
	json_end(j);
}

static void add_claimed(struct json *j, const struct report *r,
			const struct report_relation *relation)
{
	json_object(j, "claimed");
	add_claimed_names(j, r);
	json_array(j, "signatures");
	for (size_t i = 0; i < r->n_signatures; i++)
		add_claimed_signature(j, &r->signatures[i]);
	json_end(j);
	json_text(j, "removed_signer", r->removed_signer);
	json_array(j, "values");
	for (size_t i = 0; i < r->n_findings; i++)
		add_value(j, r->findings[i].id, r->findings[i].expected,
			  r->findings[i].observed);
	for (size_t i = 0; i < r->n_evidence; i++)
		add_value(j, r->evidence[i].id, r->evidence[i].expected,
			  r->evidence[i].observed);
	json_end(j);
	/* Nobody has seen that program: all this is what the signature says of itself. */
	relation_json(j, "donor", relation && !relation->donor.indexed ? relation : NULL);
	json_end(j);
}

void extension_write(struct json *j, const char *key, const struct report *r, const char *path)
{
	const struct report_relation *relation = report_relation_of(r);

	json_object(j, key);
	json_text(j, "schema", "assay.report/1");
	json_text(j, "verdict", assay_verdict_word(r->verdict));
	json_text(j, "rule", r->rule);
	json_text(j, "masquerade", assay_masquerade_word(r->masquerade));
	json_bool(j, "complete", r->complete);
	json_text(j, "format", r->format);
	json_text(j, "variant", r->variant);
	if (!utf8_valid(SPAN_TEXT(path)))
		json_base64(j, "path_b64", SPAN_TEXT(path));
	json_array(j, "signatures");
	for (size_t i = 0; i < r->n_signatures; i++)
		add_signature(j, r, &r->signatures[i]);
	json_end(j);
	add_findings(j, r);
	relation_json(j, "donor", relation && relation->donor.indexed ? relation : NULL);
	add_evidence(j, r);
	add_claimed(j, r, relation);
	json_array(j, "errors");
	for (size_t i = 0; i < r->n_errors; i++)
		json_text(j, NULL, r->errors[i]);
	json_end(j);
	json_text(j, "engine", r->engine);
	json_text(j, "policy", r->policy);
	json_text(j, "trust_store", r->trust_store);
	json_text(j, "donors", r->donors);
	json_end(j);
}

void extension_summary(struct json *j, const char *key, const struct summary *s, int exit_code)
{
	json_object(j, key);
	json_text(j, "schema", "assay.summary/1");
	json_u64(j, "files", s->n_files);
	json_u64(j, "violations", s->n_violations);
	json_u64(j, "errors", s->n_errors);
	json_u64(j, "skipped", s->n_skipped);
	json_u64(j, "unevaluated", s->n_unevaluated);
	json_object(j, "verdicts");
	for (int v = ASSAY_VERDICT_VALID; v <= ASSAY_VERDICT_ERROR; v++)
		json_u64(j, assay_verdict_word((enum assay_verdict)v), s->by_verdict[v]);
	json_end(j);
	json_bool(j, "complete", s->complete);
	json_u64(j, "exit_code", exit_code < 0 ? 0 : (uint64_t)exit_code);
	json_end(j);
}
