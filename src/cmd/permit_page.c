/* SPDX-License-Identifier: MIT */
#include "cmd/permit_page.h"

#include "base/escape.h"
#include "base/json.h"
#include "base/time.h"
#include "cmd/page.h"
#include "evidence/evidence.h"
#include <linux/fs.h>

#define WORD_COLUMNS 12
#define PART_COLUMNS 14
#define INDENT       "    "

static const struct {
	enum object_part part;
	const char *name;
} parts[OBJECT_PARTS] = {
	{OBJECT_OWNER,       "owner"       },
        { OBJECT_MODE,       "mode"        },
	{ OBJECT_ACL,        "acl"         },
        { OBJECT_CAPABILITY, "capabilities"},
	{ OBJECT_FLAGS,      "flags"       },
        { OBJECT_MOUNT,      "mount"       },
};

static void column_text(struct buffer *out, const char *text, size_t columns)
{
	buffer_text(out, text);
	for (size_t n = strlen(text); n < columns; n++)
		buffer_char(out, ' ');
}

static void id_text(struct buffer *out, const struct journal_id *id)
{
	buffer_hex(out, SPAN_OF(id->bytes));
}

static void id_json(struct json *j, const char *key, const struct journal_id *id)
{
	json_hex(j, key, SPAN_OF(id->bytes));
}

/* "mode          0755 -> 0644" for each part that changes. */
static void parts_text(struct buffer *out, struct arena *a, const struct object_state *before,
		       const struct object_state *after, unsigned which)
{
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		const char *from, *to;

		if (!(which & parts[i].part) ||
		    !(object_differences(before, after) & parts[i].part))
			continue;
		from = permit_state_text(a, before, parts[i].part);
		to = permit_state_text(a, after, parts[i].part);
		buffer_text(out, INDENT);
		buffer_printf(out, "%s -> %s\n", from ? from : "?", to ? to : "?");
	}
}

static void state_json(struct json *j, const char *key, const struct object_state *s)
{
	struct span acl = object_xattr_of(s, OBJECT_XATTR_ACL),
		    capability = object_xattr_of(s, OBJECT_XATTR_CAPABILITY);

	json_object(j, key);
	json_u64(j, "mode", s->mode);
	json_u64(j, "uid", s->uid);
	json_u64(j, "gid", s->gid);
	if (acl.len)
		json_hex(j, "acl", acl);
	else
		json_null(j, "acl");
	if (capability.len)
		json_hex(j, "capability", capability);
	else
		json_null(j, "capability");
	json_bool(j, "immutable", (s->flags & FS_IMMUTABLE_FL) != 0);
	json_bool(j, "append_only", (s->flags & FS_APPEND_FL) != 0);
	json_bool(j, "noexec", (s->mount_flags & OBJECT_NOEXEC) != 0);
	json_bool(j, "nosuid", (s->mount_flags & OBJECT_NOSUID) != 0);
	json_bool(j, "nodev", (s->mount_flags & OBJECT_NODEV) != 0);
	json_end(j);
}

static void means_json(struct json *j, unsigned means)
{
	json_array(j, "means");
	for (size_t i = 0; i < n_permit_means_rows; i++)
		if (means & permit_means_rows[i].means)
			json_text(j, NULL, permit_means_rows[i].name);
	json_end(j);
}

static const char *result_word(enum permit_result result)
{
	switch (result) {
	case PERMIT_APPLIED: return "applied";
	case PERMIT_TAKEN_BACK: return "undone";
	case PERMIT_WAS_REFUSED: return "refused";
	case PERMIT_NOT_HONOURED: return "not-honoured";
	case PERMIT_RESULT_UNKNOWN: break;
	}
	return "failed";
}

/* ---- plans ---- */

static void plan_text(struct buffer *out, struct arena *a, const struct permit_line *line)
{
	const struct permit_plan *plan = line->plan;

	for (size_t i = 0; i < n_permit_means_rows; i++)
		if (plan->means & permit_means_rows[i].means)
			buffer_printf(out, INDENT "%s: %s\n", permit_means_rows[i].name,
				      permit_means_rows[i].effect);
	parts_text(out, a, &line->subject->state, &plan->after, plan->which);
	for (size_t i = 0; i < plan->n_notes; i++)
		buffer_printf(out, INDENT "%s\n", plan->notes[i]);
}

static void outcome_text(struct buffer *out, const struct permit_outcome *outcome)
{
	buffer_printf(out, INDENT "%s", result_word(outcome->result));
	if (outcome->result == PERMIT_APPLIED) {
		buffer_text(out, "; to take it back: assay permit undo ");
		id_text(out, &outcome->id);
	}
	if (outcome->why) {
		buffer_text(out, ": ");
		escape_text(out, SPAN_TEXT(outcome->why));
	}
	buffer_char(out, '\n');
}

void permit_line_text(struct buffer *out, struct arena *a, const struct permit_line *line)
{
	const struct permit_subject *s = line->subject;

	column_text(out, line->error ? "error" : permit_decision_word(line->plan->decision),
		    WORD_COLUMNS);
	buffer_char(out, ' ');
	text_path(out, line->typed);
	buffer_text(out, "  ");
	if (line->error) {
		escape_text(out, SPAN_TEXT(line->error));
		buffer_char(out, '\n');
		return;
	}
	escape_text(out, SPAN_TEXT(line->plan->reason));
	if (s->sentence) {
		buffer_printf(out, "; %s: ", assay_verdict_word(s->verdict));
		escape_text(out, SPAN_TEXT(s->sentence));
		buffer_printf(out, " (%s)", s->rule);
	}
	buffer_char(out, '\n');
	if (line->plan->n_notes)
		plan_text(out, a, line);
	if (line->outcome)
		outcome_text(out, line->outcome);
}

static void plan_json(struct json *j, const struct permit_line *line)
{
	const struct permit_subject *s = line->subject;

	json_text(j, "verdict", s->sentence ? assay_verdict_word(s->verdict) : NULL);
	json_text(j, "rule", s->sentence ? s->rule : NULL);
	if (s->has_sha256)
		json_hex(j, "sha256", SPAN_OF(s->sha256));
	else
		json_null(j, "sha256");
	json_text(j, "decision", permit_decision_word(line->plan->decision));
	json_text(j, "reason", line->plan->reason);
	json_text(j, "package", s->package);
	means_json(j, line->plan->means);
	state_json(j, "before", &s->state);
	state_json(j, "after", &line->plan->after);
	json_array(j, "notes");
	for (size_t i = 0; i < line->plan->n_notes; i++)
		json_text(j, NULL, line->plan->notes[i]);
	json_end(j);
}

void permit_line_json(struct buffer *out, struct arena *a, const struct permit_line *line)
{
	struct json j = json_begin(out);

	(void)a;
	json_object(&j, NULL);
	json_text(&j, "schema", "assay.permit/1");
	page_path_json(&j, SPAN_TEXT(line->error ? line->typed : line->subject->path));
	if (line->error)
		json_text(&j, "error", line->error);
	else
		plan_json(&j, line);
	if (line->outcome) {
		json_text(&j, "result", result_word(line->outcome->result));
		json_text(&j, "why", line->outcome->why);
		if (line->outcome->result == PERMIT_APPLIED)
			id_json(&j, "id", &line->outcome->id);
		else
			json_null(&j, "id");
	}
	json_end(&j);
	buffer_char(out, '\n');
}

void permit_total_text(struct buffer *out, const struct permit_total *t)
{
	buffer_printf(out, "plan %s: %zu change%s", t->plan, t->n_changes,
		      t->n_changes == 1 ? "" : "s");
	if (t->n_refused)
		buffer_printf(out, ", %zu refused", t->n_refused);
	if (t->n_incomplete)
		buffer_printf(out, ", %zu not judged", t->n_incomplete);
	if (t->acted)
		buffer_printf(out, "; %zu done\n", t->n_applied);
	else if (t->n_changes)
		buffer_text(out, "; nothing was done, --yes does it\n");
	else
		buffer_text(out, "\n");
	if (t->n_changes)
		buffer_printf(out, "%s\n", permit_sentence);
}

void permit_total_json(struct buffer *out, const struct permit_total *t)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.permit-summary/1");
	json_text(&j, "plan", t->plan);
	json_u64(&j, "objects", t->n_objects);
	json_u64(&j, "changes", t->n_changes);
	json_u64(&j, "refused", t->n_refused);
	json_u64(&j, "incomplete", t->n_incomplete);
	json_u64(&j, "applied", t->n_applied);
	json_bool(&j, "acted", t->acted);
	json_text(&j, "sentence", permit_sentence);
	json_end(&j);
	buffer_char(out, '\n');
}

/* ---- operations ---- */

void permit_operation_text(struct buffer *out, struct arena *a,
			   const struct permit_operation *op)
{
	const struct permit_intent *i = &op->intent;
	struct time_text time;

	(void)time_format(op->time, &time);
	id_text(out, &op->id);
	buffer_printf(out, " %s ", time.text);
	column_text(out, permit_standing_word(op->standing), 8);
	text_path(out, i->path);
	buffer_printf(out, "  %s",
		      i->verdict == ASSAY_VERDICT_UNKNOWN ? "not judged"
							  : assay_verdict_word(i->verdict));
	for (size_t k = 0; k < n_permit_means_rows; k++)
		if (i->means & permit_means_rows[k].means)
			buffer_printf(out, ", %s", permit_means_rows[k].name);
	buffer_char(out, '\n');
	parts_text(out, a, &i->before, &i->after, i->which);
	if (op->why) {
		buffer_text(out, INDENT);
		escape_text(out, SPAN_TEXT(op->why));
		buffer_char(out, '\n');
	}
}

static void operation_json(struct json *j, const struct permit_operation *op)
{
	const struct permit_intent *i = &op->intent;

	id_json(j, "id", &op->id);
	json_time(j, "time", op->time);
	json_text(j, "standing", permit_standing_word(op->standing));
	page_path_json(j, SPAN_TEXT(i->path));
	json_text(j, "verdict", assay_verdict_word(i->verdict));
	json_text(j, "rule", i->rule);
	json_u64(j, "actor", i->actor);
	means_json(j, i->means);
	state_json(j, "before", &i->before);
	state_json(j, "after", &i->after);
	json_text(j, "why", op->why);
}

void permit_operation_json(struct buffer *out, struct arena *a,
			   const struct permit_operation *op)
{
	struct json j = json_begin(out);

	(void)a;
	json_object(&j, NULL);
	json_text(&j, "schema", "assay.permit-operation/1");
	operation_json(&j, op);
	json_end(&j);
	buffer_char(out, '\n');
}

/* Three columns: how it was, what we set, how it is now. */
static void columns_text(struct buffer *out, struct arena *a, const struct permit_operation *op,
			 const struct object_state *live)
{
	const struct permit_intent *i = &op->intent;

	for (size_t k = 0; k < COUNT_OF(parts); k++) {
		if (!(i->which & parts[k].part))
			continue;
		buffer_text(out, INDENT);
		column_text(out, parts[k].name, PART_COLUMNS);
		buffer_printf(out, "before: %s  we set: %s  now: %s\n",
			      permit_state_text(a, &i->before, parts[k].part),
			      permit_state_text(a, &i->after, parts[k].part),
			      permit_state_text(a, live, parts[k].part));
	}
}

void permit_undo_text(struct buffer *out, struct arena *a, const struct permit_operation *op,
		      const struct permit_outcome *outcome, bool dry_run)
{
	column_text(out,
		    dry_run && outcome->result == PERMIT_TAKEN_BACK
			    ? "would-undo"
			    : result_word(outcome->result),
		    WORD_COLUMNS);
	buffer_char(out, ' ');
	text_path(out, op->intent.path);
	buffer_text(out, "  ");
	id_text(out, &op->id);
	if (outcome->why) {
		buffer_text(out, ": ");
		escape_text(out, SPAN_TEXT(outcome->why));
	}
	buffer_char(out, '\n');
	if (outcome->has_live)
		columns_text(out, a, op, &outcome->live);
}

void permit_undo_json(struct buffer *out, struct arena *a, const struct permit_operation *op,
		      const struct permit_outcome *outcome, bool dry_run)
{
	struct json j = json_begin(out);

	(void)a;
	json_object(&j, NULL);
	json_text(&j, "schema", "assay.permit-undo/1");
	json_text(&j, "result", result_word(outcome->result));
	json_bool(&j, "dry_run", dry_run);
	json_text(&j, "reason", outcome->why);
	if (outcome->has_live)
		state_json(&j, "now", &outcome->live);
	else
		json_null(&j, "now");
	operation_json(&j, op);
	json_end(&j);
	buffer_char(out, '\n');
}

/* ---- drift ---- */

static const char *severity_word(enum assay_severity severity)
{
	switch (severity) {
	case ASSAY_SEVERITY_HIGH: return "high";
	case ASSAY_SEVERITY_MEDIUM: return "medium";
	case ASSAY_SEVERITY_LOW: return "low";
	case ASSAY_SEVERITY_INFO: return "info";
	case ASSAY_SEVERITY_NONE: break;
	}
	return "none";
}

void permit_findings_text(struct buffer *out, const struct permit_findings *list)
{
	for (const struct permit_finding *f = list->first; f; f = f->next) {
		struct time_text time;

		column_text(out, severity_word(f->severity), WORD_COLUMNS);
		buffer_char(out, ' ');
		text_path(out, f->path);
		buffer_printf(out, "  %s: %s\n", f->row->id, f->row->sentence);
		if (f->expected || f->observed) {
			buffer_printf(out, INDENT "expected %s, observed ",
				      f->expected ? f->expected : "nothing of it");
			escape_text(out, SPAN_TEXT(f->observed ? f->observed : "nothing"));
			if (f->ctime > 0 && time_format(f->ctime, &time))
				buffer_printf(out, ", changed %s", time.text);
			buffer_char(out, '\n');
		}
	}
	buffer_printf(out, "%zu looked at, %zu finding%s", list->n_looked, list->n,
		      list->n == 1 ? "" : "s");
	if (list->dropped)
		buffer_printf(out, ", of which %zu are not shown", list->dropped);
	if (list->n_unknown)
		buffer_printf(out, ", %zu could not be looked at", list->n_unknown);
	buffer_char(out, '\n');
}

void permit_findings_json(struct buffer *out, const struct permit_findings *list)
{
	struct json j = json_begin(out);

	for (const struct permit_finding *f = list->first; f; f = f->next) {
		struct json line = json_begin(out);

		json_object(&line, NULL);
		json_text(&line, "schema", "assay.permit-finding/1");
		json_text(&line, "id", f->row->id);
		json_text(&line, "severity", severity_word(f->severity));
		page_path_json(&line, SPAN_TEXT(f->path));
		json_text(&line, "message", f->row->sentence);
		json_text(&line, "expected", f->expected);
		json_text(&line, "observed", f->observed);
		if (f->ctime > 0)
			json_time(&line, "changed", f->ctime);
		else
			json_null(&line, "changed");
		json_end(&line);
		buffer_char(out, '\n');
	}
	json_object(&j, NULL);
	json_text(&j, "schema", "assay.permit-check/1");
	json_u64(&j, "looked_at", list->n_looked);
	json_u64(&j, "findings", list->n);
	json_u64(&j, "not_shown", list->dropped);
	json_u64(&j, "unknown", list->n_unknown);
	json_end(&j);
	buffer_char(out, '\n');
}
