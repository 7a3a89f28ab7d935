/* SPDX-License-Identifier: MIT */
/* What assay fim prints: a line for each finding, or an object of assay.fim/1 a file. */
#include "base/escape.h"
#include "base/json.h"
#include "base/time.h"
#include "base/utf8.h"
#include "cmd/fim_believe.h"
#include "cmd/fim_upgrades.h"
#include "cmd/page.h"
#include "daemon/caller.h"
#include "daemon/event_page.h"
#include <inttypes.h>
#include <sys/stat.h>

#define FIM_SCHEMA "assay.fim/1"

static const char *kind_word(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return "file";
	case S_IFDIR: return "folder";
	case S_IFLNK: return "link";
	case S_IFIFO: return "fifo";
	case S_IFSOCK: return "socket";
	case S_IFCHR: return "character-device";
	case S_IFBLK: return "block-device";
	default: return "unknown";
	}
}

/* A file of no known format has no verdict. */
static const char *verdict_of(const struct baseline_record *r)
{
	return r->verdict != ASSAY_VERDICT_UNKNOWN ? assay_verdict_word(r->verdict) : NULL;
}

static void path_json(struct json *j, const char *key, const char *key_b64, struct span path)
{
	json_span(j, key, path);
	if (!utf8_valid(path))
		json_base64(j, key_b64, path);
}

static void text_json(struct json *j, const char *key, struct span text)
{
	if (text.len > 0)
		json_span(j, key, text);
	else
		json_null(j, key);
}

static void hex_json(struct json *j, const char *key, struct span bytes)
{
	if (bytes.len > 0)
		json_hex(j, key, bytes);
	else
		json_null(j, key);
}

static void times_json(struct json *j, const struct baseline_record *r)
{
	json_time(j, "mtime", r->mtime_ns / 1000000000);
	json_time(j, "ctime", r->ctime_ns / 1000000000);
	json_time(j, "read_at", r->read_at_ns / 1000000000);
}

static void signature_json(struct json *j, const struct baseline_record *r)
{
	json_text(j, "verdict", verdict_of(r));
	text_json(j, "rule", r->rule);
	text_json(j, "format", r->format);
	json_text(j, "presence", assay_presence_word(r->presence));
	json_text(j, "binding", assay_binding_word(r->binding));
	json_text(j, "signature", assay_signature_word(r->signature));
	json_text(j, "trust", assay_trust_word(r->trust));
	text_json(j, "trust_reason", r->reason);
	text_json(j, "signer", r->signer);
	hex_json(j, "signer_spki", r->signer_spki);
	hex_json(j, "anchor_spki", r->anchor_spki);
	text_json(j, "signed_digest", r->covered);
	if (r->flags & BASELINE_HAS_SIGNED_AT)
		json_time(j, "signed_at", r->signed_at);
}

static void record_json(struct json *j, const char *key, const struct baseline_record *r)
{
	if (r->path.len == 0) {
		json_null(j, key);
		return;
	}
	json_object(j, key);
	path_json(j, "path", "path_b64", r->path);
	json_text(j, "kind", kind_word(r->mode));
	json_u64(j, "mode", r->mode & 07777);
	json_u64(j, "uid", r->uid);
	json_u64(j, "gid", r->gid);
	json_u64(j, "nlink", r->nlink);
	json_u64(j, "inode", r->ino);
	json_u64(j, "size", r->size);
	times_json(j, r);
	json_bool(j, "immutable", (r->flags & BASELINE_IMMUTABLE) != 0);
	json_bool(j, "append_only", (r->flags & BASELINE_APPEND_ONLY) != 0);
	json_bool(j, "outside", (r->flags & BASELINE_OUTSIDE) != 0);
	if (r->link.len > 0)
		path_json(j, "link", "link_b64", r->link);
	if (r->capability.len > 0)
		json_hex(j, "capability", r->capability);
	if (r->flags & BASELINE_HAS_XATTRS)
		json_hex(j, "xattrs_sha256", SPAN_OF(r->xattrs));
	if (r->flags & BASELINE_HAS_SHA256) {
		json_hex(j, "sha256", SPAN_OF(r->sha256));
		signature_json(j, r);
	}
	json_end(j);
}

/* An octet string that is mostly text, if there is one. */
static void octets_json(struct json *j, const char *key, const char *key_b64,
			struct span octets)
{
	if (octets.len > 0)
		path_json(j, key, key_b64, octets);
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

static void change_json(struct buffer *out, const struct fim_change *c,
			const struct fim_who *who)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", FIM_SCHEMA);
	path_json(&j, "path", "path_b64", fim_path_of(c));
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
	record_json(&j, "before", &c->before);
	record_json(&j, "after", &c->after);
	if (who)
		who_json(&j, who);
	json_end(&j);
	buffer_char(out, '\n');
}

/* "valid, signed by X" */
static void verdict_text(struct buffer *out, const struct baseline_record *r)
{
	const char *verdict = verdict_of(r);

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
	    (!verdict_of(was) && !verdict_of(is)))
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
	if (!tells_verdicts(c))
		return;
	buffer_text(out, "          ");
	if (c->before.path.len > 0) {
		buffer_text(out, "was ");
		verdict_text(out, &c->before);
	}
	if (c->after.path.len > 0) {
		buffer_text(out, c->before.path.len > 0 ? "; is " : "is ");
		verdict_text(out, &c->after);
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
		change_json(paper->out, c, who);
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
		path_json(&j, "path", "path_b64", n->path);
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

#define UPGRADED "package-upgraded"

static void upgrade_json(struct buffer *out, const struct fim_upgrade *u)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", FIM_SCHEMA);
	json_object(&j, "package");
	json_text(&j, "id", UPGRADED);
	json_text(&j, "severity", fim_severity_word(FIM_SEVERITY_INFO));
	json_span(&j, "name", u->name);
	json_span(&j, "before", u->before);
	json_span(&j, "after", u->after);
	json_u64(&j, "files", u->n_files);
	json_text(&j, "by", "md5");
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
		      UPGRADED);
	escape_text(paper->out, u->name);
	buffer_text(paper->out, ": ");
	escape_text(paper->out, u->before);
	buffer_text(paper->out, " became ");
	escape_text(paper->out, u->after);
	buffer_text(paper->out, "; ");
	page_count(paper->out, u->n_files, "file");
	buffer_printf(paper->out, " %s what dpkg says of it (MD5)\n",
		      u->n_files == 1 ? "is" : "are");
}

void fim_record_print(const struct fim_paper *paper, const struct baseline_record *r)
{
	struct json j = json_begin(paper->out);

	if (paper->json) {
		json_object(&j, NULL);
		json_text(&j, "schema", FIM_SCHEMA);
		record_json(&j, "record", r);
		json_end(&j);
		buffer_char(paper->out, '\n');
		return;
	}
	buffer_printf(paper->out, "%06o %u:%u %12" PRIu64 "  ", r->mode & 07777, r->uid, r->gid,
		      r->size);
	if (r->flags & BASELINE_HAS_SHA256)
		buffer_hex(paper->out, SPAN_OF(r->sha256));
	else
		buffer_printf(paper->out, "%-64s", kind_word(r->mode));
	buffer_printf(paper->out, "  %-11s ", verdict_of(r) ? verdict_of(r) : "-");
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
	hex_json(&j, "baseline_key",
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
