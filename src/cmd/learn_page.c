/* SPDX-License-Identifier: MIT */
/* The proposal as lines of a policy, and what is told of it. */
#include "base/clock.h"
#include "base/json.h"
#include "base/time.h"
#include "cmd/learn.h"
#include "cmd/page.h"
#include "evidence/evidence.h"
#include <string.h>

#define NAME_MAX_OCTETS 80
#define LINE_ROOM       512 /* more than a line of a digest takes, its path cut */

/* ---- lines ---- */

/* For people; whoever made it up, it is plain, and can be cut anywhere. */
static void plain_write(struct buffer *out, const char *name, size_t max)
{
	struct span text = span_clip(SPAN_TEXT(name), 0, max);

	for (uint64_t i = 0; i < text.len; i++) {
		uint8_t c = span_at(text, i);
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || (c != 0 && strchr(" .,_+-:()/", c));

		if (plain)
			buffer_add(out, span_clip(text, i, 1));
		else
			buffer_char(out, '?');
	}
}

static bool same_group(const struct learnt *x, const struct learnt *y)
{
	if (x->outcome != y->outcome || x->by != y->by)
		return false;
	if (x->by == LEARN_BY_SIGNER)
		return span_equal(x->signer_key, y->signer_key);
	return x->by != LEARN_BY_PACKAGE ||
	       (x->vouched == y->vouched && strcmp(x->package, y->package) == 0);
}

static void group_begin(struct buffer *out, const struct learnt *f)
{
	buffer_text(out, "allow \"");
	if (f->by == LEARN_BY_SIGNER) {
		buffer_text(out, "signed by ");
		plain_write(out, f->signer ? f->signer : "a known key", NAME_MAX_OCTETS);
		buffer_text(out, "\" when verdict == \"valid\" and signer in [\n");
	} else if (f->vouched) {
		buffer_printf(out, "package %s\" when package == \"%s\"\n", f->package,
			      f->package);
	} else if (f->by == LEARN_BY_PACKAGE) {
		buffer_text(out, "package ");
		plain_write(out, f->package, NAME_MAX_OCTETS);
		buffer_text(out, "\" when sha256 in [\n");
	} else {
		buffer_text(out, "as in the baseline\" when sha256 in [\n");
	}
}

static void digest_write(struct buffer *out, struct span digest, const char *path)
{
	buffer_text(out, "    b\"");
	buffer_hex(out, digest);
	buffer_text(out, "\",");
	if (path) {
		buffer_text(out, " # ");
		plain_write(out, path, LINE_ROOM / 2);
	}
	buffer_char(out, '\n');
}

static bool has_room(const struct learning *l)
{
	return l->text.len + 2 * (size_t)LINE_ROOM < LEARN_MAX_TEXT;
}

/* All of the group of @first, which is the first of it. */
static void group_write(struct learning *l, size_t first)
{
	struct learnt *f = &l->files[first];

	group_begin(&l->text, f);
	l->n_lines++;
	if (f->vouched)
		return;
	if (f->by == LEARN_BY_SIGNER)
		digest_write(&l->text, f->signer_key, NULL);
	for (size_t i = first; f->by != LEARN_BY_SIGNER && i < l->n; i++) {
		struct learnt *other = &l->files[i];

		if (!same_group(f, other))
			continue;
		if (has_room(l)) {
			digest_write(&l->text, other->sha256, other->path);
			continue;
		}
		other->outcome = LEARN_REFUSED;
		other->why = "there is no room for it: promote these, and learn again";
		l->n_left_out++;
	}
	buffer_text(&l->text, "]\n");
}

static bool is_first(const struct learning *l, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (same_group(&l->files[i], &l->files[at]))
			return false;
	return true;
}

enum status learn_write(struct learning *l)
{
	struct time_text now;

	(void)time_format(clock_wall_s(), &now);
	buffer_printf(&l->text, "# assay guard learn, %s\n", now.text);
	for (size_t i = 0; i < l->n; i++) {
		struct learnt *f = &l->files[i];

		if (f->outcome != LEARN_PROPOSED || !is_first(l, i))
			continue;
		if (has_room(l)) {
			group_write(l, i);
			continue;
		}
		f->outcome = LEARN_REFUSED;
		f->why = "there is no room for it: promote these, and learn again";
		l->n_left_out++;
	}
	return buffer_status(&l->text);
}

/* ---- what is told ---- */

static const char *outcome_word(enum learn_outcome outcome)
{
	switch (outcome) {
	case LEARN_UNJUDGED: break;
	case LEARN_RUNS: return "runs";
	case LEARN_PROPOSED: return "proposed";
	case LEARN_REFUSED: return "refused";
	}
	return "unknown";
}

static const char *by_word(enum learn_by by)
{
	switch (by) {
	case LEARN_BY_NOTHING: break;
	case LEARN_BY_SIGNER: return "signer";
	case LEARN_BY_PACKAGE: return "package";
	case LEARN_BY_BASELINE: return "baseline";
	}
	return NULL;
}

static size_t count(const struct learning *l, enum learn_outcome outcome, bool would_run)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += l->files[i].outcome == outcome && (!would_run || l->files[i].would_run);
	return n;
}

static void file_json(struct buffer *out, const struct learnt *f)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.learnt/1");
	page_path_json(&j, SPAN_TEXT(f->path));
	json_text(&j, "outcome", outcome_word(f->outcome));
	json_text(&j, "by", by_word(f->by));
	json_text(&j, "why", f->why);
	json_u64(&j, "events", f->n_events);
	json_text(&j, "verdict", f->report.len > 0 ? assay_verdict_word(f->verdict) : NULL);
	if (f->sha256.len > 0)
		json_hex(&j, "sha256", f->sha256);
	else
		json_null(&j, "sha256");
	json_text(&j, "package", f->package);
	json_text(&j, "signer", f->signer);
	json_bool(&j, "would_run", f->would_run);
	json_end(&j);
	buffer_char(out, '\n');
}

static void all_json(struct buffer *out, const struct learning *l)
{
	struct json j = json_begin(out);

	json_object(&j, NULL);
	json_text(&j, "schema", "assay.learnt-summary/1");
	json_u64(&j, "proposed", count(l, LEARN_PROPOSED, false));
	json_u64(&j, "would_run", count(l, LEARN_PROPOSED, true));
	json_u64(&j, "refused", count(l, LEARN_REFUSED, false));
	json_u64(&j, "refused_would_run", count(l, LEARN_REFUSED, true));
	json_u64(&j, "runs", count(l, LEARN_RUNS, false));
	json_u64(&j, "unknown", count(l, LEARN_UNJUDGED, false));
	json_u64(&j, "lines", l->n_lines);
	json_text(&j, "file", l->file);
	json_bool(&j, "promoted", l->promoted);
	json_span(&j, "policy", l->n_lines > 0 ? buffer_span(&l->text) : SPAN_NONE);
	json_end(&j);
	buffer_char(out, '\n');
}

/* ", 2 refused"; of none nothing. */
static void part_text(struct buffer *out, size_t from, size_t n, const char *words)
{
	if (n > 0)
		buffer_printf(out, "%s%zu %s", out->len > from ? ", " : "", n, words);
}

/* What would be, were nothing run that no line allows: for that the lines are made. */
static void forecast_text(struct buffer *out, const struct learning *l)
{
	size_t n = count(l, LEARN_PROPOSED, false), runs = count(l, LEARN_PROPOSED, true),
	       others = count(l, LEARN_REFUSED, true);

	if (n > 0 && runs == n)
		buffer_text(out, "with these lines all that is proposed runs in the mode "
				 "allowlist\n");
	else if (n > 0)
		buffer_printf(out,
			      "with these lines %zu of the %zu proposed would run in the mode "
			      "allowlist: others deny the rest\n",
			      runs, n);
	if (others > 0)
		buffer_printf(out, "%zu of the refused would run there, too: by other lines\n",
			      others);
}

static void counts_text(struct buffer *out, const struct learning *l)
{
	size_t from;

	page_count(out, l->n, "file");
	buffer_text(out, ": ");
	from = out->len;
	part_text(out, from, count(l, LEARN_PROPOSED, false), "proposed");
	part_text(out, from, count(l, LEARN_REFUSED, false), "refused");
	part_text(out, from, count(l, LEARN_RUNS, false), "let run by now");
	part_text(out, from, count(l, LEARN_UNJUDGED, false), "not judged");
	buffer_char(out, '\n');
}

static void all_text(struct buffer *out, const struct learning *l)
{
	if (l->n == 0) {
		buffer_text(out, "nothing was denied, or would have been, as far as events are "
				 "kept: nothing to learn from; name files to learn those\n");
		return;
	}
	if (l->n_lines > 0) {
		buffer_char(out, '\n');
		buffer_add(out, buffer_span(&l->text));
		buffer_char(out, '\n');
	}
	counts_text(out, l);
	if (l->n_lines == 0) {
		buffer_text(out, "no line is proposed, and nothing changes\n");
		return;
	}
	forecast_text(out, l);
	if (l->promoted)
		buffer_printf(out, "in force: %s\n", l->file);
	else
		buffer_printf(out,
			      "nothing is in force yet; to put %s in force, as %s: the same "
			      "command with --yes=%zu\n",
			      l->n_lines == 1 ? "it" : "them", l->file, l->n_lines);
}

void learn_print(const struct learning *l, struct buffer *out)
{
	bool json = l->call->settings.format == EXPORT_JSON;

	for (size_t i = 0; i < l->n; i++) {
		const struct learnt *f = &l->files[i];

		if (json) {
			file_json(out, f);
			continue;
		}
		buffer_printf(out, "%-9s ", outcome_word(f->outcome));
		text_path(out, f->path);
		buffer_printf(out, "  %s", f->why ? f->why : "");
		if (f->n_events > 1)
			buffer_printf(out, " (asked %llu times)",
				      (unsigned long long)f->n_events);
		buffer_char(out, '\n');
	}
	if (json)
		all_json(out, l);
	else
		all_text(out, l);
}
