/* SPDX-License-Identifier: MIT */
/*
 * Elastic Common Schema, a JSON object a line, and an event of its own at the end.
 *
 * ECS has room for one signature of a file: it is the worst, so that a good one
 * cannot hide it; all stand in assay.signatures[].  "trusted" is written out
 * whenever anything was checked: rules test it, and rules that exclude by
 * subject_name alone find no name that was not verified.
 */
#include "base/json.h"
#include "base/time.h"
#include "evidence/extension.h"
#include "evidence/formats.h"
#include "evidence/mapping.h"
#include "evidence/parts.h"
#include "evidence/pieces.h"

#define ECS_VERSION "9.4.0"

void ecs_list_write(struct json *j, const char *key, const char *one)
{
	json_array(j, key);
	json_text(j, NULL, one);
	json_end(j);
}

void ecs_head_write(struct json *j, const char *time, const char *engine)
{
	json_text(j, "@timestamp", time);
	json_object(j, "ecs");
	json_text(j, "version", ECS_VERSION);
	json_end(j);
	json_object(j, "observer");
	json_text(j, "vendor", "assay");
	json_text(j, "product", "assay");
	json_text(j, "version", engine);
	json_end(j);
}

static void add_head(struct json *j, const struct exporting *e)
{
	struct time_text time;

	ecs_head_write(j, time_format(e->now, &time) ? time.text : NULL, e->engine);
}

static void add_event(struct json *j, const struct report *r, const char *path)
{
	CLEANUP(buffer_free) struct buffer id = BUFFER_INIT;
	bool judged = r->verdict != ASSAY_VERDICT_ERROR && r->verdict != ASSAY_VERDICT_UNKNOWN;

	extension_uid(&id, r->rule, r, path, report_decisive(r));
	json_object(j, "event");
	json_text(j, "kind", mapping_is_alert(r->verdict) ? "alert" : "event");
	ecs_list_write(j, "category", "file");
	ecs_list_write(j, "type", "info");
	json_text(j, "module", "assay");
	json_text(j, "dataset", "assay.report");
	json_text(j, "action", "judged");
	json_text(j, "code", r->rule);
	json_u64(j, "severity", mapping_of(r->verdict)->severity);
	json_text(j, "outcome", judged ? "success" : "failure");
	json_span(j, "id", buffer_span(&id));
	json_end(j);
	if (buffer_status(&id) != STATUS_OK)
		j->out->failed = true;
}

static void add_names(struct json *j, const struct report_signature *s)
{
	json_text(j, "subject_name", s->claimed_signer);
	if (s->n_chain)
		json_hex(j, "thumbprint_sha256", SPAN_OF(s->chain[0].sha256));
}

static void add_worst(struct json *j, const struct exporting *e, const struct report *r,
		      const struct report_signature *s)
{
	enum mapping_valid valid = mapping_valid(s);

	json_bool(j, "exists", true);
	if (valid != MAPPING_UNCHECKED)
		json_bool(j, "valid", valid == MAPPING_TRUE);
	json_bool(j, "trusted", report_trusted(r, s));
	json_text(j, "status", mapping_status(r, s));
	if (s->digest_algorithm)
		json_text(j, "digest_algorithm", s->digest_algorithm);
	if (s->has_signed_at)
		json_time(j, "timestamp", s->signed_at);
	if (extension_names(e, r, s) && s->claimed_signer)
		add_names(j, s);
}

/* What cannot be judged has no field at all, rather than one that looks calm. */
static void add_code_signature(struct json *j, const struct exporting *e,
			       const struct report *r)
{
	const struct mapping *m = mapping_of(r->verdict);
	int worst = mapping_signature(r);

	if (worst < 0 && !m->bare && !m->status)
		return;
	json_object(j, "code_signature");
	if (worst >= 0) {
		add_worst(j, e, r, &r->signatures[worst]);
	} else {
		if (m->bare)
			json_bool(j, "exists", false);
		json_bool(j, "trusted", false);
		if (m->status && r->verdict != ASSAY_VERDICT_VALID)
			json_text(j, "status", m->status);
	}
	json_end(j);
}

static void add_file(struct json *j, const struct exporting *e, const struct report *r,
		     const char *path)
{
	json_object(j, "file");
	json_text(j, "path", path);
	json_span(j, "name", extension_file_name(path));
	json_text(j, "type", "file");
	json_u64(j, "size", r->size);
	if (r->has_sha256) {
		json_object(j, "hash");
		json_hex(j, "sha256", SPAN_OF(r->sha256));
		json_end(j);
	}
	if (r->verdict != ASSAY_VERDICT_ERROR && r->verdict != ASSAY_VERDICT_UNKNOWN)
		add_code_signature(j, e, r);
	json_end(j);
}

void ecs_threat_write(struct json *j)
{
	json_object(j, "threat");
	json_text(j, "framework", "MITRE ATT&CK");
	json_object(j, "tactic");
	ecs_list_write(j, "id", ATTACK_TACTIC);
	ecs_list_write(j, "name", ATTACK_TACTIC_NAME);
	json_end(j);
	json_object(j, "technique");
	ecs_list_write(j, "id", ATTACK_TECHNIQUE);
	ecs_list_write(j, "name", ATTACK_TECHNIQUE_NAME);
	json_object(j, "subtechnique");
	ecs_list_write(j, "id", ATTACK_SUBTECHNIQUE);
	ecs_list_write(j, "name", ATTACK_SUBTECHNIQUE_NAME);
	ecs_list_write(j, "reference", ATTACK_URL);
	json_end(j);
	json_end(j);
	json_end(j);
}

void ecs_report(struct exporting *e, struct buffer *out, const struct report *r,
		const char *path)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	add_head(&j, e);
	add_event(&j, r, path);
	extension_sentence(&j, "message", r);
	add_file(&j, e, r, path);
	json_object(&j, "rule");
	json_text(&j, "id", r->rule);
	json_text(&j, "ruleset", "assay");
	json_end(&j);
	if (mapping_of(r->verdict)->technique)
		ecs_threat_write(&j);
	if (r->n_errors) {
		json_object(&j, "error");
		json_text(&j, "message", r->errors[0]);
		json_text(&j, "code", r->rule);
		json_end(&j);
	}
	extension_write(&j, "assay", r, path);
	json_end(&j);
	buffer_char(out, '\n');
}

void ecs_end(struct exporting *e, struct buffer *out, const struct summary *s, int exit_code)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	add_head(&j, e);
	json_object(&j, "event");
	json_text(&j, "kind", "event");
	ecs_list_write(&j, "category", "file");
	ecs_list_write(&j, "type", "end");
	json_text(&j, "module", "assay");
	json_text(&j, "dataset", "assay.summary");
	json_text(&j, "action", "scan");
	json_text(&j, "outcome", s->complete ? "success" : "failure");
	json_end(&j);
	extension_summary(&j, "assay", s, exit_code);
	json_end(&j);
	buffer_char(out, '\n');
}
