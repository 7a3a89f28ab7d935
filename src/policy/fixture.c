/* SPDX-License-Identifier: MIT */
#include "policy/fixture.h"

#include "base/hex.h"
#include "base/time.h"
#include "policy/program.h"
#include "policy/report_read.h"

static enum status refuse(const char **problem, const char *why)
{
	*problem = why;
	return why ? STATUS_USAGE : STATUS_NO_MEMORY;
}

static struct policy_value listed(void *context, enum policy_set set,
				  enum policy_attribute attribute, struct span bytes)
{
	const struct fixture *f = context;

	(void)attribute;
	if (bytes.len == 0)
		return policy_number(f->n_listed[set] > 0);
	for (size_t i = 0; i < f->n_listed[set]; i++)
		if (span_equal(f->listed[set][i], bytes))
			return policy_number(1);
	return policy_number(0);
}

/* A value of "host" as its row wants it.  False: it is another. */
static bool value_read(struct arena *a, const struct policy_row *row,
		       const struct json_value *v, struct policy_value *out)
{
	CLEANUP(buffer_free) struct buffer octets = BUFFER_INIT;
	unsigned word;
	uint64_t n;

	if (v->kind == JSON_KIND_NULL) {
		*out = policy_absent();
		return true;
	}
	if (row->type == POLICY_INT && json_whole(v, &n) && n <= INT64_MAX) {
		*out = policy_number((int64_t)n);
		return true;
	}
	if (row->type == POLICY_BOOL) {
		*out = policy_number(v->kind == JSON_KIND_TRUE);
		return v->kind == JSON_KIND_TRUE || v->kind == JSON_KIND_FALSE;
	}
	if (v->kind != JSON_KIND_STRING)
		return false;
	if (row->type == POLICY_TEXT) {
		*out = policy_octets(v->text);
		return true;
	}
	if (row->type == POLICY_WORD && policy_word_find(row->words, v->text, &word)) {
		*out = policy_one_word(word);
		return true;
	}
	if (row->type != POLICY_BYTES || hex_decode(&octets, v->text) != STATUS_OK)
		return false;
	*out = policy_octets(arena_copy(a, buffer_span(&octets)));
	return out->bytes.ptr != NULL;
}

static enum status host_read(struct arena *a, const struct json_value *host,
			     struct fixture *out, const char **problem)
{
	for (const struct json_value *v = host ? host->first : NULL; v; v = v->next) {
		enum policy_attribute id;
		struct policy_value value = { 0 };

		if (!policy_attribute_find(v->name, POLICY_OF_FILE, &id) ||
		    policy_rows[id].source == POLICY_FROM_REPORT ||
		    !value_read(a, &policy_rows[id], v, &value))
			return refuse(problem,
				      arena_printf(a, "\"%.*s\" of \"host\" makes no sense",
						   (int)(v->name.len & 0xff),
						   (const char *)v->name.ptr));
		policy_subject_set(&out->subject, id, value);
	}
	return STATUS_OK;
}

static enum status list_read(struct arena *a, const struct json_value *list,
			     enum policy_set set, struct fixture *out, const char **problem)
{
	size_t n = json_count(list);

	out->listed[set] = ARENA_NEW(a, struct span, n + 1);
	if (!out->listed[set])
		return STATUS_NO_MEMORY;
	if (n > FIXTURE_MAX_LISTED)
		return refuse(problem, "a list is too long");
	for (const struct json_value *v = list ? list->first : NULL; v; v = v->next) {
		CLEANUP(buffer_free) struct buffer octets = BUFFER_INIT;
		struct span copy;

		if (v->kind != JSON_KIND_STRING || hex_decode(&octets, v->text) != STATUS_OK)
			return refuse(problem, "a list holds something that is no digest");
		copy = arena_copy(a, buffer_span(&octets));
		if (!copy.ptr)
			return STATUS_NO_MEMORY;
		out->listed[set][out->n_listed[set]++] = copy;
	}
	return STATUS_OK;
}

static enum status expected_read(const struct json_value *root, struct fixture *out,
				 const char **problem)
{
	struct span action = json_member_text(root, "action");
	const struct json_value *line = json_member(root, "line");

	out->file = json_member_text(root, "file");
	if (line && !json_whole(line, &out->line))
		return refuse(problem, "\"line\" is no number");
	out->incomplete = span_equal(action, SPAN_LITERAL("incomplete"));
	if (out->incomplete || span_equal(action, SPAN_LITERAL("none")))
		return STATUS_OK;
	for (int i = POLICY_ALLOW; i < POLICY_NOTE; i++) {
		out->action = (enum policy_action)i;
		if (span_equal(action, SPAN_TEXT(policy_action_word(out->action))))
			return STATUS_OK;
	}
	return refuse(problem, "\"action\" must be an action, \"incomplete\" or \"none\"");
}

/* A misspelt member would be silently left out. */
static bool members_known(const struct json_value *root)
{
	static const char *const names[] = { "report", "host", "allow_list", "deny_list", "now",
					     "action", "line", "file",       "comment" };

	for (const struct json_value *v = root->first; v; v = v->next) {
		bool known = false;

		for (size_t i = 0; i < COUNT_OF(names); i++)
			known = known || span_equal(v->name, SPAN_TEXT(names[i]));
		if (!known)
			return false;
	}
	return true;
}

enum status fixture_read(struct arena *a, struct span text, struct fixture *out,
			 const char **problem)
{
	const struct json_value *root, *report;
	const char *now;
	enum status status = json_read(a, text, &root);

	*out = (struct fixture){ 0 };
	*problem = NULL;
	if (status == STATUS_NO_MEMORY)
		return status;
	if (status != STATUS_OK || root->kind != JSON_KIND_OBJECT)
		return refuse(problem, "this is no JSON object");
	if (!members_known(root))
		return refuse(problem,
			      "there is a member that means nothing; see assay-policy(5)");
	report = json_member_of(root, "report", JSON_KIND_OBJECT);
	if (!report)
		return refuse(problem, "there is no \"report\"");
	TRY(report_json_read(a, report, &out->report, problem));
	now = arena_string(a, json_member_text(root, "now"));
	if (!now)
		return STATUS_NO_MEMORY;
	if (*now && !time_parse(now, &out->now))
		return refuse(problem, "\"now\" is no time");
	TRY(host_read(a, json_member_of(root, "host", JSON_KIND_OBJECT), out, problem));
	TRY(list_read(a, json_member_of(root, "allow_list", JSON_KIND_ARRAY), POLICY_ALLOW_LIST,
		      out, problem));
	TRY(list_read(a, json_member_of(root, "deny_list", JSON_KIND_ARRAY), POLICY_DENY_LIST,
		      out, problem));
	out->subject.report = &out->report;
	out->subject.listed = listed;
	out->subject.listed_context = out;
	return expected_read(root, out, problem);
}

/* What came out, in words. */
static const char *outcome_text(struct arena *a, const struct policy *p,
				const struct policy_decision *d)
{
	CLEANUP(buffer_free) struct buffer out = BUFFER_INIT;

	buffer_text(&out, d->incomplete ? "incomplete" : policy_action_word(d->action));
	if (d->line) {
		buffer_text(&out, " by ");
		policy_line_place(&out, p, d->line);
	}
	if (d->incomplete && d->has_missing)
		buffer_printf(&out, ", for %s is %s", policy_rows[d->missing].name,
			      d->missing_absent ? "absent" : "unknown");
	return arena_string(a, buffer_span(&out));
}

bool fixture_fits(struct arena *a, const struct fixture *f, const struct policy *p,
		  const struct policy_decision *d, const char **why)
{
	struct span source = SPAN_NONE;

	*why = outcome_text(a, p, d);
	if (f->incomplete != d->incomplete || (!f->incomplete && f->action != d->action))
		return false;
	if (f->line != 0 && (!d->line || d->line->number != f->line))
		return false;
	if (f->file.len == 0)
		return true;
	if (d->line && d->line->source < p->n_sources)
		source = policy_text_at(p, p->sources[d->line->source]);
	return source.len >= f->file.len &&
	       span_equal(span_after(source, source.len - f->file.len), f->file);
}
