/* SPDX-License-Identifier: MIT */
#include "cmd/policy_page.h"

#include "base/escape.h"
#include "cmd/cmd.h"
#include "cmd/complain.h"

static void problems_tell(const struct policy_problems *problems)
{
	for (size_t i = 0; i < problems->n; i++) {
		const struct policy_problem *p = &problems->list[i];

		complain("%s:%u:%u: %s; %s", p->file, p->line, p->column, p->what, p->advice);
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

/* Without the blanks behind it. */
static void line_write(struct buffer *out, struct span text)
{
	while (text.len > 0 &&
	       (span_at(text, text.len - 1) == ' ' || span_at(text, text.len - 1) == '\t'))
		text = span_clip(text, 0, text.len - 1);
	for (size_t i = 0; i < text.len;) {
		uint64_t end = text.len;

		if (!span_find(text, SPAN_LITERAL("\n"), i, &end))
			end = text.len;
		tabbed_write(out, span_clip(text, i, end - i));
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
		buffer_char(out, '\n');
		line_write(out, policy_line_text(p, &p->lines[i]));
	}
	if (p->kind == POLICY_KIND_GUARD && !has_default)
		buffer_text(out,
			    "# built in: what no line matches is allowed by denylist, denied "
			    "by allowlist, and allowed and recorded by learn\n");
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
