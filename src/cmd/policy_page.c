/* SPDX-License-Identifier: MIT */
#include "cmd/policy_page.h"

#include "base/escape.h"
#include "cmd/cmd.h"
#include "cmd/complain.h"

/* "; the same in lines 2, 3, 4, 5 and 35 more" */
static void again_write(struct buffer *out, const struct policy_problem *p)
{
	size_t n = p->n_again < POLICY_MAX_AGAIN ? p->n_again : POLICY_MAX_AGAIN;

	for (size_t i = 0; i < n; i++)
		buffer_printf(out, "%s%u",
			      i > 0            ? ", "
			      : p->n_again > 1 ? "; the same in lines "
					       : "; the same in line ",
			      p->again[i]);
	if (p->n_again > n)
		buffer_printf(out, " and %zu more", p->n_again - n);
}

static void problems_tell(const struct policy_problems *problems)
{
	for (size_t i = 0; i < problems->n; i++) {
		const struct policy_problem *p = &problems->list[i];
		CLEANUP(buffer_free) struct buffer again = BUFFER_INIT;

		again_write(&again, p);
		buffer_char(&again, '\0');
		complain("%s:%u:%u: %s; %s%s", p->file, p->line, p->column, p->what, p->advice,
			 buffer_string(&again, 0));
	}
	if (problems->dropped > 0)
		complain("there are more mistakes than these");
}

int policy_take(struct arena *a, const struct policy_from *from, struct policy *out)
{
	struct policy_problems problems;
	const char *problem = NULL;
	enum status status = policy_load(a, from, &problems, out, &problem);

	if (status == STATUS_OK)
		return EXIT_PASS;
	if (problem || problems.n == 0)
		complain("%s", problem ? problem : status_text(status));
	problems_tell(&problems);
	return EXIT_USAGE;
}

/* Tabs are as harmless here as in the file. */
static void tabbed_write(struct buffer *out, struct span text)
{
	uint64_t at;

	while (span_find(text, SPAN_LITERAL("\t"), 0, &at)) {
		escape_text(out, span_clip(text, 0, at));
		buffer_char(out, '\t');
		text = span_after(text, at + 1);
	}
	escape_text(out, text);
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct span blanks_drop(struct span text)
{
	uint64_t len = text.len;

	while (len > 0 && is_blank(span_at(text, len - 1)))
		len--;
	return span_clip(text, 0, len);
}

/* Without the blanks behind it, and behind its parts. */
static void line_write(struct buffer *out, struct span text)
{
	text = blanks_drop(text);
	for (size_t i = 0; i < text.len;) {
		uint64_t end = text.len;

		if (!span_find(text, SPAN_LITERAL("\n"), i, &end))
			end = text.len;
		tabbed_write(out, blanks_drop(span_clip(text, i, end - i)));
		buffer_char(out, '\n');
		i = end + 1;
	}
}

static void place_write(struct buffer *out, const struct policy *p,
			const struct policy_line *line)
{
	CLEANUP(buffer_free) struct buffer place = BUFFER_INIT;

	policy_line_place(&place, p, line);
	escape_text(out, buffer_span(&place));
}

void policy_page(struct buffer *out, const struct policy *p)
{
	bool has_default = p->n_lines > 0 && p->lines[p->n_lines - 1].is_default;

	for (size_t i = 0; i < p->n_lines; i++) {
		buffer_text(out, "# ");
		place_write(out, p, &p->lines[i]);
		buffer_text(out, p->lines[i].action == POLICY_NOTE
					 ? " only records: lines behind it decide\n"
					 : "\n");
		line_write(out, policy_line_text(p, &p->lines[i]));
	}
	if (p->kind == POLICY_KIND_GUARD && !has_default)
		buffer_text(out,
			    "# built in: what no line matches is allowed by denylist, denied "
			    "by allowlist, and allowed and recorded by learn\n");
}

static struct policy_value nothing_listed(void *context, enum policy_set set,
					  enum policy_attribute attribute, struct span bytes)
{
	(void)context;
	(void)set;
	(void)attribute;
	return policy_number(bytes.len == 0);
}

/* Of an ordinary program that root starts by hand. */
static struct policy_value ordinary(enum policy_attribute id)
{
	static const uint8_t digest[32];
	const struct policy_row *row = &policy_rows[id];

	if (id == POLICY_PACKAGE || id == POLICY_LOGIN_USER || id == POLICY_UNIT ||
	    id == POLICY_CALLER_PACKAGE)
		return policy_absent();
	if (row->type == POLICY_TEXT)
		return policy_octets(SPAN_LITERAL("/usr/local/bin/program"));
	if (row->type == POLICY_BYTES)
		return policy_octets(SPAN_OF(digest));
	return row->type == POLICY_WORD ? policy_one_word(POLICY_EVENT_EXEC) : policy_number(0);
}

void forgetful_page(struct buffer *out, const struct policy *p)
{
	const struct report report = { .size = 4096,
				       .has_sha256 = true,
				       .format = "elf",
				       .verdict = ASSAY_VERDICT_UNSIGNED,
				       .rule = "verdict.unsigned",
				       .masquerade = ASSAY_MASQUERADE_NO,
				       .decisive = -1,
				       .complete = true };
	struct policy_subject subject = { .report = &report, .listed = nothing_listed };
	struct policy_facts facts = policy_subject_facts(&subject, 0);
	struct policy_decision d;

	for (int i = POLICY_HOST_FIRST; i < POLICY_ATTRIBUTES; i++)
		policy_subject_set(&subject, (enum policy_attribute)i,
				   ordinary((enum policy_attribute)i));
	policy_decide(p, &facts, &d);
	if (!d.incomplete || !d.has_missing || !d.missing_absent)
		return;
	place_write(out, p, d.line);
	buffer_printf(
		out,
		": a program without a signature is left undecided, for it has no %s; ask "
		"has(%s) first\n",
		policy_rows[d.missing].name, policy_rows[d.missing].name);
}

void policy_reached(const struct policy *p, const struct policy_decision *d, bool *reached)
{
	for (size_t i = 0; i < p->n_lines; i++)
		reached[i] = reached[i] || d->line == &p->lines[i] || d->noted == &p->lines[i];
}

void unreached_page(struct buffer *out, const struct policy *p, const bool *reached)
{
	for (size_t i = 0; i < p->n_lines; i++) {
		const struct policy_line *line = &p->lines[i];
		struct span file = policy_text_at(p, p->sources[line->source]);

		if (reached[i] || span_equal(file, SPAN_LITERAL(GUARD_RULES_NAME)))
			continue;
		place_write(out, p, line);
		buffer_text(out, ": no fixture reaches \"");
		escape_text(out, policy_text_at(p, line->rule));
		buffer_text(out, "\"\n");
	}
}

void fixture_page(struct buffer *out, const char *name, const struct fixture *f,
		  const char *why)
{
	escape_text(out, SPAN_TEXT(name));
	buffer_printf(out, ": expected %s",
		      f->incomplete ? "incomplete" : policy_action_word(f->action));
	if (f->line != 0)
		buffer_printf(out, " by line %llu", (unsigned long long)f->line);
	buffer_text(out, ", but it is ");
	escape_text(out, SPAN_TEXT(why ? why : "out of memory"));
	buffer_char(out, '\n');
}
