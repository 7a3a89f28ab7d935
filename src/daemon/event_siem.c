/* SPDX-License-Identifier: MIT */
/*
 * Events for those who read OCSF and ECS.
 *
 * Whatever consumers test to believe a signature says no unless the file is
 * valid; no name of a signer stands here at all.
 */
#include "daemon/event_page.h"
#include "evidence/mapping.h"
#include "evidence/pieces.h"

#define CLASS_BASE           0
#define CLASS_DETECTION      2004
#define CLASS_REMEDIATION    7002
#define ACTIVITY_OTHER       99
#define ACTIVITY_CREATE      1
#define ACTIVITY_ISOLATE     1
#define STATUS_SUCCESS       1
#define SEVERITY_LEAST       1
#define SEVERITY_DENIED      3 /* at least */
#define ACTION_ALLOWED       1
#define DISPOSITION_LOGGED   17
#define TYPE_REGULAR_FILE    1
#define TYPE_EXECUTABLE_FILE 8

static enum assay_verdict verdict_of(const struct event *e)
{
	for (int v = ASSAY_VERDICT_UNKNOWN; e->verdict && v <= ASSAY_VERDICT_ERROR; v++)
		if (strcmp(e->verdict, assay_verdict_word((enum assay_verdict)v)) == 0)
			return (enum assay_verdict)v;
	return ASSAY_VERDICT_UNKNOWN;
}

static unsigned severity_of(const struct event *e)
{
	unsigned severity = mapping_of(verdict_of(e))->severity, own = event_severity(e);
	unsigned least = e->kind == EVENT_AUDITED || e->kind == EVENT_SERVICE ? SEVERITY_LEAST
									      : SEVERITY_DENIED;

	if (own > 0)
		return own;
	return severity > least ? severity : least;
}

static struct span file_name(struct span path)
{
	uint64_t at;

	while (span_find(path, SPAN_LITERAL("/"), 0, &at))
		path = span_after(path, at + 1);
	return path;
}

/* Of what became of files, not of what was run. */
static bool is_of_fim(const struct event *e)
{
	return e->findings || (e->kind == EVENT_DROPPED && e->why);
}

static void uid_write(struct json *j, const char *key, const struct event *e)
{
	CLEANUP(buffer_free) struct buffer uid = BUFFER_INIT;

	buffer_printf(&uid, "assay-%s-%lld-%lld", is_of_fim(e) ? "fim" : "guard",
		      (long long)e->time_ms, (long long)e->id);
	json_span(j, key, buffer_span(&uid));
}

static void sentence_write(struct json *j, const char *key, const struct event *e)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	event_line(&text, e);
	json_span(j, key, buffer_span(&text));
}

static void ocsf_file(struct json *j, struct span path, struct span sha256, bool program)
{
	json_object(j, "file");
	json_span(j, "name", file_name(path));
	json_span(j, "path", path);
	json_u64(j, "type_id", program ? TYPE_EXECUTABLE_FILE : TYPE_REGULAR_FILE);
	ocsf_sha256_write(j, sha256);
	json_end(j);
}

static void ocsf_process(struct json *j, const struct event *e)
{
	CLEANUP(buffer_free) struct buffer uid = BUFFER_INIT;

	if (e->pid <= 0)
		return;
	json_object(j, "process");
	json_u64(j, "pid", (uint64_t)e->pid);
	if (e->caller.len > 0)
		ocsf_file(j, e->caller, SPAN_NONE, true);
	if (e->uid >= 0) {
		buffer_u64(&uid, (uint64_t)e->uid);
		json_object(j, "user");
		json_span(j, "uid", buffer_span(&uid));
		json_end(j);
	}
	json_end(j);
}

/* What neither has a field for. */
static void own_write(struct json *j, const struct event *e)
{
	json_object(j, "assay");
	json_text(j, "kind", event_kind_word(e->kind));
	if (event_of_file(e))
		json_bool(j, "allowed", e->allowed);
	json_text(j, "mode", e->mode);
	json_text(j, "verdict", e->verdict);
	json_text(j, "name", e->rule);
	json_text(j, "line", e->line);
	json_text(j, "why", e->why);
	if (e->login >= 0 && e->pid > 0)
		json_u64(j, "login_uid", (uint64_t)e->login);
	if (e->cgroup.len > 0)
		json_span(j, "cgroup", e->cgroup);
	if (e->unit.len > 0)
		json_span(j, "unit", e->unit);
	if (e->kind == EVENT_DROPPED)
		json_u64(j, "count", (uint64_t)e->count);
	event_change_write(j, e);
	json_end(j);
}

/* D3FEND: who lets only what is listed run, or what is listed not. */
static void ocsf_countermeasure(struct json *j, const struct event *e)
{
	bool allowlist = e->mode && strcmp(e->mode, "allowlist") == 0;

	json_array(j, "countermeasures");
	json_object(j, NULL);
	json_text(j, "version", D3FEND_VERSION);
	json_object(j, "d3f_tactic");
	json_text(j, "name", "Isolate");
	json_end(j);
	ocsf_pair_write(j, "d3f_technique", allowlist ? "D3-EAL" : "D3-EDL",
			allowlist ? "Executable Allowlisting" : "Executable Denylisting");
	json_end(j);
	json_end(j);
}

static void ocsf_denied(struct json *j, const struct event *e)
{
	uid_write(j, "command_uid", e);
	ocsf_countermeasure(j, e);
	ocsf_file(j, e->path, e->sha256, true);
	json_u64(j, "status_id", STATUS_SUCCESS);
	json_text(j, "status", "Success");
	json_object(j, "actor");
	ocsf_process(j, e);
	json_end(j);
}

static void ocsf_finding(struct json *j, const struct event *e)
{
	if (e->kind != EVENT_CHANGED) {
		json_u64(j, "action_id", ACTION_ALLOWED);
		json_u64(j, "disposition_id", DISPOSITION_LOGGED);
	}
	json_object(j, "finding_info");
	uid_write(j, "uid", e);
	json_text(j, "title", e->findings ? e->findings : event_kind_word(e->kind));
	if (mapping_of(verdict_of(e))->technique)
		ocsf_attacks_write(j);
	json_end(j);
	json_array(j, "evidences");
	json_object(j, NULL);
	ocsf_file(j, e->path, e->sha256, e->kind != EVENT_CHANGED || e->verdict || e->was);
	ocsf_process(j, e);
	json_end(j);
	json_end(j);
}

void event_ocsf(struct buffer *out, const struct event *e)
{
	struct json j = json_begin(out);
	bool denied = event_of_file(e) && !e->allowed, changed = e->kind == EVENT_CHANGED;
	struct ocsf_class class = { .class = CLASS_BASE,
				    .activity = ACTIVITY_OTHER,
				    .time_ms = e->time_ms,
				    .engine = ASSAY_VERSION };

	if (denied)
		class = (struct ocsf_class){ CLASS_REMEDIATION, ACTIVITY_ISOLATE, e->time_ms,
					     ASSAY_VERSION, "host" };
	else if (event_of_file(e) || changed)
		class = (struct ocsf_class){ CLASS_DETECTION, ACTIVITY_CREATE, e->time_ms,
					     ASSAY_VERSION,
					     changed ? NULL : "security_control" };
	json_object(&j, NULL);
	ocsf_class_write(&j, &class);
	ocsf_severity_write(&j, severity_of(e));
	sentence_write(&j, "message", e);
	if (denied)
		ocsf_denied(&j, e);
	else if (event_of_file(e) || changed)
		ocsf_finding(&j, e);
	json_object(&j, "unmapped");
	event_host_write(&j, "host");
	own_write(&j, e);
	json_end(&j);
	json_end(&j);
	buffer_char(out, '\n');
}

static bool is_alert(const struct event *e)
{
	unsigned severity = event_severity(e);

	return severity > 0 ? severity > SEVERITY_LEAST
			    : e->kind != EVENT_AUDITED && e->kind != EVENT_SERVICE;
}

static bool finds(const struct event *e, struct span id)
{
	uint64_t at;

	return e->findings && span_find(SPAN_TEXT(e->findings), id, 0, &at);
}

/* Of the words that ECS has for what happens to files. */
static const char *ecs_type(const struct event *e)
{
	if (e->kind != EVENT_CHANGED)
		return event_of_file(e) ? "start" : "info";
	if (finds(e, SPAN_LITERAL("removed")))
		return "deletion";
	return finds(e, SPAN_LITERAL("added")) ? "creation" : "change";
}

static void ecs_event(struct json *j, const struct event *e)
{
	json_object(j, "event");
	json_text(j, "kind", is_alert(e) ? "alert" : "event");
	ecs_list_write(j, "category",
		       e->kind == EVENT_CHANGED ? "file"
		       : event_of_file(e)       ? "process"
						: "host");
	json_array(j, "type");
	json_text(j, NULL, ecs_type(e));
	if (event_of_file(e))
		json_text(j, NULL, e->allowed ? "allowed" : "denied");
	json_end(j);
	json_text(j, "module", "assay");
	json_text(j, "dataset", is_of_fim(e) ? "assay.fim" : "assay.guard");
	json_text(j, "action", event_kind_word(e->kind));
	if (e->kind == EVENT_SERVICE && e->rule)
		json_text(j, "code", e->rule);
	json_u64(j, "severity", severity_of(e));
	if (event_of_file(e))
		json_text(j, "outcome", e->allowed ? "success" : "failure");
	uid_write(j, "id", e);
	json_end(j);
}

static void ecs_signature(struct json *j, enum assay_verdict verdict)
{
	const struct mapping *m = mapping_of(verdict);

	if (verdict == ASSAY_VERDICT_UNKNOWN || verdict == ASSAY_VERDICT_ERROR)
		return;
	json_object(j, "code_signature");
	json_bool(j, "exists", !m->bare);
	json_bool(j, "trusted", verdict == ASSAY_VERDICT_VALID);
	if (m->status)
		json_text(j, "status", m->status);
	json_end(j);
}

static void ecs_file(struct json *j, const struct event *e)
{
	json_object(j, "file");
	json_span(j, "path", e->path);
	json_span(j, "name", file_name(e->path));
	json_text(j, "type", "file");
	if (e->sha256.len > 0) {
		json_object(j, "hash");
		json_hex(j, "sha256", e->sha256);
		json_end(j);
	}
	ecs_signature(j, verdict_of(e));
	json_end(j);
}

/* Who asks: what it is about does not run yet, or never. */
static void ecs_process(struct json *j, const struct event *e)
{
	CLEANUP(buffer_free) struct buffer uid = BUFFER_INIT;

	json_object(j, "process");
	json_u64(j, "pid", (uint64_t)e->pid);
	if (e->caller.len > 0)
		json_span(j, "executable", e->caller);
	json_end(j);
	if (e->uid < 0)
		return;
	buffer_u64(&uid, (uint64_t)e->uid);
	json_object(j, "user");
	json_span(j, "id", buffer_span(&uid));
	json_end(j);
}

void event_ecs(struct buffer *out, const struct event *e)
{
	CLEANUP(buffer_free) struct buffer time = BUFFER_INIT;
	struct json j = json_begin(out);

	event_time_write(&time, e);
	buffer_char(&time, '\0');
	json_object(&j, NULL);
	ecs_head_write(&j, buffer_string(&time, 0), ASSAY_VERSION);
	json_object(&j, "host");
	event_host_write(&j, "name");
	json_end(&j);
	ecs_event(&j, e);
	sentence_write(&j, "message", e);
	if (event_of_file(e) || e->path.len > 0)
		ecs_file(&j, e);
	if (e->pid > 0)
		ecs_process(&j, e);
	if (e->line) {
		json_object(&j, "rule");
		json_text(&j, "id", e->line);
		json_text(&j, "name", e->rule);
		json_text(&j, "ruleset", "assay.guard");
		json_end(&j);
	}
	if (mapping_of(verdict_of(e))->technique)
		ecs_threat_write(&j);
	own_write(&j, e);
	json_end(&j);
	buffer_char(out, '\n');
}
