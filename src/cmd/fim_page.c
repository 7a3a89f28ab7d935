/* SPDX-License-Identifier: MIT */
/* What assay fim prints: a line for each finding, or an object of assay.fim/1 a file. */
#include "base/escape.h"
#include "base/time.h"
#include "cmd/fim_believe.h"
#include "cmd/fim_json.h"
#include "cmd/fim_upgrades.h"
#include "cmd/page.h"
#include "daemon/caller.h"
#include "daemon/event_page.h"
#include <inttypes.h>

#define FIM_SCHEMA "assay.fim/1"

/* An octet string that is mostly text, if there is one. */
static void octets_json(struct json *j, const char *key, const char *key_b64,
			struct span octets)
{
	if (octets.len > 0)
		fim_path_json(j, key, key_b64, octets);
}

static void who_json(struct json *j, const struct fim_who *who)
{
	json_object(j, "actor");
	json_text(j, "state", who->word);
	if (who->pid > 0)
		json_u64(j, "pid", (uint64_t)who->pid);
	if (who->facts.uid >= 0)
		json_u64(j, "uid", (uint64_t)who->facts.uid);
	if (who->facts.login >= 0)
		json_u64(j, "login_uid", (uint64_t)who->facts.login);
	octets_json(j, "exe", "exe_b64", who->facts.exe);
	octets_json(j, "cgroup", "cgroup_b64", who->facts.cgroup);
	octets_json(j, "unit", "unit_b64", caller_unit(who->facts.cgroup));
	json_end(j);
}

/* What the change did to what is judged. */
static void judged_json(struct json *j, const struct fim_change *c)
{
	struct fim_hole holes[FIM_HOLES_MAX];
	size_t n = fim_holes_find(c, holes);

	if (fim_moved_by(c))
		json_text(j, "moved_by", fim_moved_by(c));
	if (fim_has_findings(c)) {
		fim_findings_json(j, "findings_gained", c->after.findings, c->before.findings);
		fim_findings_json(j, "findings_lost", c->before.findings, c->after.findings);
	}
	if (n == 0)
		return;
	json_array(j, "uncovered");
	for (size_t i = 0; i < n; i++) {
		json_object(j, NULL);
		json_u64(j, "offset", holes[i].off);
		json_u64(j, "length", holes[i].len);
		json_text(j, "change", fim_bytes_word(holes[i].what));
		json_end(j);
	}
	json_end(j);
}

static void change_json(const struct fim_paper *paper, const struct fim_change *c,
			const struct fim_who *who)
{
	struct json j = json_begin(paper->out);

	json_object(&j, NULL);
	json_text(&j, "schema", FIM_SCHEMA);
	fim_path_json(&j, "path", "path_b64", fim_path_of(c));
	json_text(&j, "severity", fim_severity_word(fim_severity_of(c)));
	json_array(&j, "findings");
	for (unsigned i = FIM_RULE_NONE + 1; i < FIM_RULES; i++) {
		if (!fim_has(c, (enum fim_rule)i))
			continue;
		json_object(&j, NULL);
		json_text(&j, "id", fim_rules[i].id);
		json_text(&j, "severity", fim_severity_word(fim_rules[i].severity));
		json_text(&j, "message", fim_rules[i].sentence);
		json_end(&j);
	}
	json_end(&j);
	judged_json(&j, c);
	fim_record_json(&j, "before", &c->before, paper);
	fim_record_json(&j, "after", &c->after, paper);
	if (who)
		who_json(&j, who);
	json_end(&j);
	buffer_char(paper->out, '\n');
}

/* "valid, signed by X" */
static void verdict_text(struct buffer *out, const struct baseline_record *r)
{
	const char *verdict = fim_verdict_word(r);

	buffer_text(out, verdict ? verdict : "no program");
	if (r->verdict == ASSAY_VERDICT_VALID && r->signer.len > 0) {
		buffer_text(out, ", signed by ");
		escape_text(out, r->signer);
	}
}

static bool has_both(const struct fim_change *c)
{
	return c->before.path.len > 0 && c->after.path.len > 0;
}

/* Nothing of what was judged is another: there is no verdict to tell. */
static bool tells_verdicts(const struct fim_change *c)
{
	const struct baseline_record *was = &c->before, *is = &c->after;

	if (((was->flags | is->flags) & BASELINE_HAS_SHA256) == 0 ||
	    (!fim_verdict_word(was) && !fim_verdict_word(is)))
		return false;
	return !has_both(c) || was->verdict != is->verdict ||
	       !span_equal(SPAN_OF(was->sha256), SPAN_OF(is->sha256));
}

/* "mode 0755 -> 4755, owner 0:0 -> 1000:1000" */
static void rights_text(struct buffer *out, const struct fim_change *c)
{
	const struct baseline_record *was = &c->before, *is = &c->after;
	bool mode = (was->mode & 07777) != (is->mode & 07777);
	bool owner = was->uid != is->uid || was->gid != is->gid;

	if (!has_both(c) || !(mode || owner))
		return;
	buffer_text(out, "          ");
	if (mode)
		buffer_printf(out, "mode %04o -> %04o", was->mode & 07777, is->mode & 07777);
	if (owner)
		buffer_printf(out, "%sowner %u:%u -> %u:%u", mode ? ", " : "", was->uid,
			      was->gid, is->uid, is->gid);
	buffer_char(out, '\n');
}

/* "bytes 4096+512 added, 216+4 changed" */
static void holes_text(struct buffer *out, const struct fim_change *c)
{
	struct fim_hole holes[FIM_HOLES_MAX];
	size_t n = fim_holes_find(c, holes);

	for (size_t i = 0; i < n; i++)
		buffer_printf(out, "%s%" PRIu64 "+%" PRIu64 " %s",
			      i ? ", " : "          bytes ", holes[i].off, holes[i].len,
			      fim_bytes_word(holes[i].what));
	if (n > 0)
		buffer_char(out, '\n');
}

static void ids_text(struct buffer *out, const char *word, struct span ids, struct span others)
{
	uint64_t at = 0;
	struct span id;

	for (bool first = true; (id = fim_finding_next(ids, others, &at)).len > 0;
	     first = false) {
		buffer_text(out, first ? word : " ");
		escape_text(out, id);
	}
}

/* "findings gained: pe.checksum" */
static void findings_text(struct buffer *out, const struct fim_change *c)
{
	const char *by = fim_moved_by(c);
	size_t before;

	if (by)
		buffer_printf(out, "          by %s\n", by);
	if (!fim_has_findings(c))
		return;
	before = out->len;
	ids_text(out, "          findings gained: ", c->after.findings, c->before.findings);
	ids_text(out, out->len > before ? "; lost: " : "          findings lost: ",
		 c->before.findings, c->after.findings);
	if (out->len > before)
		buffer_char(out, '\n');
}

/* "10.0.2, signed 2026-01-01" is older than what was there. */
static void age_text(struct buffer *out, const struct baseline_record *r)
{
	struct time_text when;

	if (r->version.len > 0) {
		buffer_text(out, ", version ");
		escape_text(out, r->version);
	}
	if ((r->flags & BASELINE_HAS_SIGNED_AT) && time_format(r->signed_at, &when))
		buffer_printf(out, ", signed at %s", when.text);
}

static void change_text(struct buffer *out, const struct fim_change *c)
{
	for (unsigned i = FIM_RULE_NONE + 1; i < FIM_RULES; i++) {
		if (!fim_has(c, (enum fim_rule)i))
			continue;
		buffer_printf(out, "%-8s  %-26s  ", fim_severity_word(fim_rules[i].severity),
			      fim_rules[i].id);
		escape_text(out, fim_path_of(c));
		if (i == FIM_MOVED) {
			buffer_text(out, " (was ");
			escape_text(out, c->before.path);
			buffer_char(out, ')');
		}
		buffer_printf(out, ": %s\n", fim_rules[i].sentence);
	}
	rights_text(out, c);
	holes_text(out, c);
	findings_text(out, c);
	if (!tells_verdicts(c))
		return;
	buffer_text(out, "          ");
	if (c->before.path.len > 0) {
		buffer_text(out, "was ");
		verdict_text(out, &c->before);
		if (fim_has(c, FIM_DOWNGRADE))
			age_text(out, &c->before);
	}
	if (c->after.path.len > 0) {
		buffer_text(out, c->before.path.len > 0 ? "; is " : "is ");
		verdict_text(out, &c->after);
		if (fim_has(c, FIM_DOWNGRADE))
			age_text(out, &c->after);
	}
	buffer_char(out, '\n');
}

static void who_text(struct buffer *out, const struct fim_who *who)
{
	struct span unit = caller_unit(who->facts.cgroup);

	if (who->pid == 0)
		return;
	buffer_printf(out, "          by pid %lld", (long long)who->pid);
	if (who->facts.exe.len > 0) {
		buffer_text(out, " ");
		escape_text(out, who->facts.exe);
	} else if (who->facts.uid >= 0) {
		buffer_text(out, ", whose program is not known");
	}
	if (who->facts.uid >= 0)
		buffer_printf(out, ", uid %lld", (long long)who->facts.uid);
	if (unit.len > 0) {
		buffer_text(out, ", unit ");
		escape_text(out, unit);
	}
	event_actor_write(out, ", ", who->word);
	buffer_char(out, '\n');
}

void fim_change_print(const struct fim_paper *paper, const struct fim_change *c,
		      const struct fim_who *who)
{
	if (paper->json) {
		change_json(paper, c, who);
		return;
	}
	change_text(paper->out, c);
	if (who)
		who_text(paper->out, who);
}

static void notice_json(struct buffer *out, const struct fim_notice *n)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", FIM_SCHEMA);
	json_object(&j, "notice");
	json_text(&j, "id", n->id);
	json_text(&j, "severity", fim_severity_word(n->severity));
	json_text(&j, "message", n->message);
	if (n->path.len > 0)
		fim_path_json(&j, "path", "path_b64", n->path);
	if (n->since != 0)
		json_time(&j, "since", n->since);
	if (n->until != 0)
		json_time(&j, "until", n->until);
	json_end(&j);
	json_end(&j);
	buffer_char(out, '\n');
}

void fim_notice_print(const struct fim_paper *paper, const struct fim_notice *n)
{
	struct time_text since, until;

	if (paper->json) {
		notice_json(paper->out, n);
		return;
	}
	buffer_printf(paper->out, "%-8s  %-26s  ", fim_severity_word(n->severity), n->id);
	if (n->path.len > 0) {
		escape_text(paper->out, n->path);
		buffer_text(paper->out, ": ");
	}
	buffer_text(paper->out, n->message ? n->message : "");
	if (n->since != 0 && n->until != 0 && time_format(n->since, &since) &&
	    time_format(n->until, &until))
		buffer_printf(paper->out, ", between %s and %s", since.text, until.text);
	buffer_char(paper->out, '\n');
}

static void upgrade_json(struct buffer *out, const struct fim_upgrade *u)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", FIM_SCHEMA);
	json_object(&j, "package");
	json_text(&j, "id", fim_upgrade_word(u->kind));
	json_text(&j, "severity", fim_severity_word(FIM_SEVERITY_INFO));
	json_span(&j, "name", u->name);
	json_span(&j, "before", u->before);
	json_span(&j, "after", u->after);
	json_u64(&j, "files", u->n_files);
	json_text(&j, "by", u->kind == FIM_PACKAGE_GENERATED ? "place" : "md5");
	json_end(&j);
	json_end(&j);
	buffer_char(out, '\n');
}

void fim_upgrade_print(const struct fim_paper *paper, const struct fim_upgrade *u)
{
	if (paper->json) {
		upgrade_json(paper->out, u);
		return;
	}
	buffer_printf(paper->out, "%-8s  %-26s  ", fim_severity_word(FIM_SEVERITY_INFO),
		      fim_upgrade_word(u->kind));
	fim_upgrade_sentence(paper->out, u);
	buffer_char(paper->out, '\n');
}

void fim_record_print(const struct fim_paper *paper, const struct baseline_record *r)
{
	struct json j = json_begin(paper->out);

	if (paper->json) {
		json_object(&j, NULL);
		json_text(&j, "schema", FIM_SCHEMA);
		fim_record_json(&j, "record", r, paper);
		json_end(&j);
		buffer_char(paper->out, '\n');
		return;
	}
	buffer_printf(paper->out, "%06o %u:%u %12" PRIu64 "  ", r->mode & 07777, r->uid, r->gid,
		      r->size);
	if (r->flags & BASELINE_HAS_SHA256)
		buffer_hex(paper->out, SPAN_OF(r->sha256));
	else
		buffer_printf(paper->out, "%-64s", fim_kind_word(r->mode));
	buffer_printf(paper->out, "  %-11s ", fim_verdict_word(r) ? fim_verdict_word(r) : "-");
	escape_text(paper->out, r->path);
	buffer_char(paper->out, '\n');
}

static void total_json(const struct fim_paper *paper, const char *word,
		       const struct fim_total *total, bool complete)
{
	struct json j = json_begin(paper->out);

	json_object(&j, NULL);
	json_text(&j, "schema", FIM_SCHEMA);
	json_object(&j, "summary");
	json_text(&j, "command", word);
	json_text(&j, "baseline_path", paper->baseline);
	json_text(&j, "baseline", paper->belief->is_signed ? "signed" : "unsigned");
	fim_hex_json(&j, "baseline_key",
		     paper->belief->is_signed ? SPAN_OF(paper->belief->by) : SPAN_NONE);
	json_bool(&j, "complete", complete);
	json_u64(&j, "files", total->n_files);
	json_u64(&j, "read", total->n_read);
	json_u64(&j, "valid", total->n_valid);
	json_u64(&j, "outside", total->n_outside);
	json_u64(&j, "unread", total->n_unread);
	json_object(&j, "changes");
	for (int i = FIM_SEVERITY_INFO; i <= FIM_SEVERITY_CRITICAL; i++)
		json_u64(&j, fim_severity_word((enum fim_severity)i), total->by_severity[i]);
	json_end(&j);
	if (paper->accepted) {
		json_u64(&j, "accepted", paper->accepted->n_changes);
		json_u64(&j, "left", paper->accepted->n_left);
		json_u64(&j, "baseline_number", paper->accepted->number);
	}
	if (paper->watched) {
		json_u64(&j, "events", paper->watched->n_events);
		json_u64(&j, "looked_at", paper->watched->n_looked);
		json_u64(&j, "gaps", paper->watched->n_gaps);
		json_u64(&j, "not_kept", paper->watched->n_lost);
	}
	json_end(&j);
	json_end(&j);
	buffer_char(paper->out, '\n');
}

/* "2 of 5 changes are in the baseline now, 3 are not" */
static void accepted_text(struct buffer *out, const struct fim_accepted *a)
{
	uint64_t n = a->n_changes + a->n_left;

	if (n == 0) {
		buffer_text(out, "nothing had changed");
		return;
	}
	if (a->n_left == 0)
		buffer_printf(out,
			      n == 1 ? "the one change is in the baseline now"
				     : "all %" PRIu64 " changes are in the baseline now",
			      n);
	else
		buffer_printf(out,
			      "%" PRIu64 " of %" PRIu64 " changes %s in the baseline now; the "
			      "other %" PRIu64 " fim check still tells",
			      a->n_changes, n, a->n_changes == 1 ? "is" : "are", a->n_left);
}

static void counts_text(const struct fim_paper *paper, const char *word,
			const struct fim_total *total)
{
	uint64_t n = 0;

	for (int i = FIM_SEVERITY_INFO; i <= FIM_SEVERITY_CRITICAL; i++)
		n += total->by_severity[i];
	if (paper->accepted) {
		accepted_text(paper->out, paper->accepted);
		buffer_text(paper->out, "; ");
		page_count(paper->out, total->n_files, "file");
		buffer_text(paper->out, " looked at");
		return;
	}
	page_count(paper->out, total->n_files, "file");
	buffer_printf(paper->out, ", %" PRIu64 " read, %" PRIu64 " of them valid",
		      total->n_read, total->n_valid);
	if (strcmp(word, "init") == 0)
		return;
	buffer_text(paper->out, "; ");
	page_count(paper->out, n, "change");
}

void fim_total_print(const struct fim_paper *paper, const char *word,
		     const struct fim_total *total, bool complete)
{
	if (paper->json) {
		total_json(paper, word, total, complete);
		return;
	}
	buffer_printf(paper->out, "%s: ", word);
	counts_text(paper, word, total);
	if (total->n_unread > 0)
		buffer_printf(paper->out, "; %" PRIu64 " could not be read", total->n_unread);
	if (paper->watched) {
		buffer_text(paper->out, "; ");
		page_count(paper->out, paper->watched->n_events, "event");
		buffer_printf(paper->out, ", %" PRIu64 " looked at, ",
			      paper->watched->n_looked);
		page_count(paper->out, paper->watched->n_gaps, "gap");
	}
	if (paper->watched && paper->watched->n_lost > 0)
		buffer_printf(paper->out, "; %" PRIu64 " not among the events of this host",
			      paper->watched->n_lost);
	buffer_text(paper->out, "; baseline ");
	escape_text(paper->out, SPAN_TEXT(paper->baseline));
	if (paper->accepted)
		buffer_printf(paper->out, ", number %" PRIu64, paper->accepted->number);
	buffer_text(paper->out, paper->belief->is_signed ? ", signed" : ", unsigned");
	buffer_text(paper->out, complete ? "\n" : "; incomplete\n");
}
