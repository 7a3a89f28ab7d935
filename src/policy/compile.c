/* SPDX-License-Identifier: MIT */
/*
 * Compile: the lines of all files, in the order in which they count.
 *
 * What is built in stands first, then the lines of the files, then those of the
 * drop-ins, then the default of a file.  A mistake is noted, and the next line
 * is read, so that whoever mends a policy sees all of them.
 */
#include "base/escape.h"
#include "base/utf8.h"
#include "policy/program.h"
#include "policy/tree.h"

#define MAX_TEXT ((size_t)256 << 10) /* of all files together */

const char *policy_action_word(enum policy_action action)
{
	switch (action) {
	case POLICY_NO_ACTION: break;
	case POLICY_ALLOW: return "allow";
	case POLICY_DENY: return "deny";
	case POLICY_AUDIT: return "audit";
	case POLICY_EVICT: return "evict";
	case POLICY_PERMIT: return "permit";
	case POLICY_DETONATE: return "detonate";
	case POLICY_NOTE: return "note";
	}
	return "none";
}

const char *policy_kind_word(enum policy_kind kind)
{
	switch (kind) {
	case POLICY_KIND_NONE: break;
	case POLICY_KIND_EXIT: return "exit";
	case POLICY_KIND_GUARD: return "guard";
	case POLICY_KIND_SERVE: return "serve";
	case POLICY_KIND_PLAN: return "plan";
	}
	return "none";
}

/* Was it told before?  One word that is wrong may stand in every line. */
static bool is_again(struct compiling *c, unsigned line, const char *what, const char *advice)
{
	struct policy_problems *p = c->problems;

	for (size_t i = 0; i < p->n; i++) {
		struct policy_problem *old = &p->list[i];

		if (old->file != c->file || strcmp(old->what, what) != 0 ||
		    strcmp(old->advice, advice) != 0)
			continue;
		if (old->n_again < POLICY_MAX_AGAIN)
			old->again[old->n_again] = line;
		old->n_again++;
		return true;
	}
	return false;
}

void compiling_problem(struct compiling *c, unsigned line, unsigned column, const char *what,
		       const char *advice)
{
	struct policy_problems *p = c->problems;

	if (!what || !advice)
		c->no_memory = true;
	else if (is_again(c, line, what, advice))
		return;
	else if (p->n < POLICY_MAX_PROBLEMS)
		p->list[p->n++] = (struct policy_problem){ .file = c->file,
							   .line = line,
							   .column = column,
							   .what = what,
							   .advice = advice };
	else
		p->dropped++;
}

void compiling_refuse(struct compiling *c, const struct node *at, const char *advice,
		      const char *what, ...)
{
	const char *sentence;
	va_list args;

	va_start(args, what);
	sentence = arena_vprintf(c->arena, what, args);
	va_end(args);
	compiling_problem(c, at->line, at->column, sentence, advice);
}

bool compiling_lets_pass(const struct compiling *c)
{
	bool gate = c->kind == POLICY_KIND_GUARD || c->kind == POLICY_KIND_SERVE;

	return !c->built_in &&
	       (c->action == POLICY_ALLOW || (c->action == POLICY_AUDIT && gate));
}

/* A file that is being read. */
struct reading {
	struct compiling *c;
	const struct policy_source_text *source;
	uint16_t index;
	struct lexer lexer;
	struct token ahead;
	struct policy_line line; /* that is being read */
	struct token begin;      /* of it */
	bool ended;              /* by a line that always matches */
	bool has_default;        /* which stands behind everything else */
	bool behind_default;     /* in the file that has it */
	struct policy_line last;
};

static bool refuse(struct reading *r, const struct token *at, const char *what,
		   const char *advice)
{
	bool wrong = at->kind == TOKEN_WRONG;

	compiling_problem(r->c, at->line, at->column, wrong ? at->wrong : what,
			  wrong ? at->advice : advice);
	return false;
}

static void next(struct reading *r)
{
	r->ahead = lexer_next(&r->lexer);
}

/* Actions of plans belong to plans alone. */
static bool action_read(struct reading *r, enum policy_action *out)
{
	for (int i = POLICY_ALLOW; i <= POLICY_NOTE; i++) {
		*out = (enum policy_action)i;
		if (r->ahead.kind != TOKEN_NAME ||
		    !span_equal(r->ahead.text, SPAN_TEXT(policy_action_word(*out))))
			continue;
		if (i <= POLICY_AUDIT || (i == POLICY_NOTE && r->source->built_in) ||
		    (i < POLICY_NOTE && r->c->kind == POLICY_KIND_PLAN)) {
			next(r);
			return true;
		}
	}
	return refuse(r, &r->ahead, "a line begins with what it does",
		      r->c->kind == POLICY_KIND_PLAN
			      ? "write allow, deny, audit, evict, permit, detonate or default"
			      : "write allow, deny, audit or default");
}

static bool line_end(struct reading *r)
{
	if (r->ahead.kind == TOKEN_NEWLINE || r->ahead.kind == TOKEN_END)
		return true;
	return refuse(r, &r->ahead, "the line should end here",
		      "put a connection before this, or begin a new line");
}

/* A name that people will see in answers and logs. */
static bool rule_read(struct reading *r)
{
	struct token name = r->ahead;

	if (name.kind != TOKEN_TEXT)
		return refuse(r, &name, "a line has a name", "write it between quotes");
	if (name.text.len == 0 || !utf8_valid(name.text) || escape_needed(name.text))
		return refuse(r, &name, "this name cannot be shown as it is",
			      "use letters that can be seen");
	r->line.rule = emit_text(r->c, name.text);
	next(r);
	return true;
}

/* Does it come out the same whatever is asked? */
static bool constant_check(struct reading *r, const struct token *at)
{
	struct policy_line *line = &r->line;

	if (r->c->asks)
		return true;
	r->c->out->steps = r->c->steps;
	r->c->out->numbers = r->c->numbers;
	r->c->out->texts = r->c->texts;
	r->c->out->lists = r->c->lists;
	r->c->out->bytes = buffer_span(r->c->bytes);
	if (policy_line_truth(r->c->out, line) != POLICY_TRUE)
		return refuse(r, at, "this line never matches", "remove it");
	line->unconditional = true;
	return true;
}

static bool condition_read(struct reading *r)
{
	struct policy_line *line = &r->line;
	struct token at;
	struct node *n;

	if (r->ahead.kind != TOKEN_NAME || !span_equal(r->ahead.text, SPAN_TEXT("when"))) {
		line->unconditional = true;
		return line_end(r);
	}
	next(r);
	at = r->ahead;
	n = parse_expression(r->c, &r->lexer, &r->ahead);
	if (!n || !line_end(r) || !typing_check(r->c, n) || !grounds_check(r->c, n))
		return false;
	line->first = (uint32_t)r->c->out->n_steps;
	if (!emit_condition(r->c, n))
		return false;
	line->n = (uint32_t)r->c->out->n_steps - line->first;
	return constant_check(r, &at);
}

/* From its first word to its end. */
static struct policy_text line_text(const struct reading *r)
{
	return (struct policy_text){ (uint32_t)r->begin.begin,
				     (uint32_t)(r->ahead.begin - r->begin.begin) };
}

static bool default_read(struct reading *r)
{
	enum policy_action action;

	if (r->source->drop_in || r->source->built_in)
		return refuse(r, &r->begin, "a drop-in has no default",
			      "write it into the policy itself");
	if (r->has_default)
		return refuse(r, &r->begin, "there is a default already", "remove one of them");
	next(r);
	if (!action_read(r, &action) || !line_end(r))
		return false;
	r->line.action = (uint8_t)action;
	r->line.is_default = r->line.unconditional = true;
	r->line.rule = emit_text(r->c, SPAN_LITERAL("default"));
	r->line.text = line_text(r);
	r->last = r->line;
	r->has_default = r->behind_default = true;
	return true;
}

static bool line_add(struct reading *r)
{
	struct policy *out = r->c->out;

	if (out->n_lines == POLICY_MAX_LINES)
		return refuse(r, &r->begin, "there are more than 1000 lines",
			      "put digests into lists: sha256 in [...], or allow_list");
	r->line.text = line_text(r);
	r->c->lines[out->n_lines++] = r->line;
	return true;
}

static bool line_read(struct reading *r)
{
	enum policy_action action;

	r->begin = r->ahead;
	r->line = (struct policy_line){ .source = r->index, .number = r->ahead.line };
	if (r->ended || r->behind_default)
		return refuse(r, &r->begin, "this line is never reached",
			      "remove it, or what always matches before it");
	if (r->ahead.kind == TOKEN_NAME && span_equal(r->ahead.text, SPAN_TEXT("default")))
		return default_read(r);
	if (!action_read(r, &action))
		return false;
	r->c->action = action;
	r->line.action = (uint8_t)action;
	if (!rule_read(r) || !condition_read(r))
		return false;
	r->ended = r->line.unconditional && action != POLICY_NOTE;
	return line_add(r);
}

static bool text_check(struct reading *r, size_t total)
{
	struct token start = { .line = 1, .column = 1 };

	if (r->source->text.len > POLICY_MAX_FILE || total > MAX_TEXT)
		return refuse(r, &start, "the file is larger than 64 KiB",
			      "split it, or use allow_list and deny_list");
	if (!utf8_valid(r->source->text))
		return refuse(r, &start, "the file is not UTF-8", "write it in UTF-8");
	return true;
}

/* Does a line begin here? */
static bool is_begin(struct reading *r)
{
	if (r->ahead.kind != TOKEN_NAME)
		return false;
	for (int i = POLICY_ALLOW; i <= POLICY_NOTE; i++)
		if (span_equal(r->ahead.text,
			       SPAN_TEXT(policy_action_word((enum policy_action)i))))
			return true;
	return span_equal(r->ahead.text, SPAN_LITERAL("default"));
}

/* After a mistake, which may stand in a line that goes on in the next ones. */
static void line_skip(struct reading *r)
{
	do {
		if (r->ahead.kind != TOKEN_NEWLINE)
			lexer_skip_line(&r->lexer);
		do
			next(r);
		while (r->ahead.kind == TOKEN_NEWLINE);
	} while (r->ahead.kind != TOKEN_END && !is_begin(r) &&
		 !(r->ahead.kind == TOKEN_NAME && r->ahead.column == 1));
}

static void source_read(struct reading *r)
{
	struct compiling *c = r->c;

	c->file = r->source->name;
	c->built_in = r->source->built_in;
	r->lexer = lexer_begin(c->arena, r->source->text);
	next(r);
	while (r->ahead.kind != TOKEN_END && !c->no_memory && !r->lexer.no_memory &&
	       c->problems->dropped == 0) {
		if (r->ahead.kind == TOKEN_NEWLINE)
			next(r);
		else if (!line_read(r))
			line_skip(r);
	}
	c->no_memory = c->no_memory || r->lexer.no_memory;
}

/* Where all of it goes. */
static enum status room_make(struct compiling *c, size_t bytes)
{
	c->room = bytes + 64;
	c->lines = ARENA_NEW(c->arena, struct policy_line, POLICY_MAX_LINES + 1); /* default */
	c->steps = ARENA_NEW(c->arena, struct policy_step, c->room);
	c->numbers = ARENA_NEW(c->arena, int64_t, c->room);
	c->texts = ARENA_NEW(c->arena, struct policy_text, c->room);
	c->lists = ARENA_NEW(c->arena, struct policy_list, c->room);
	c->places = ARENA_NEW(c->arena, struct policy_place, c->room);
	return c->lines && c->steps && c->numbers && c->texts && c->lists && c->places
		       ? STATUS_OK
		       : STATUS_NO_MEMORY;
}

/* Built in first, drop-ins last: 0, 1, 2. */
static int rank(const struct policy_source_text *s)
{
	return s->built_in ? 0 : s->drop_in ? 2 : 1;
}

static void all_read(struct reading *r, const struct policy_source_text *sources, size_t n,
		     size_t total)
{
	for (int turn = 0; turn <= 2; turn++) {
		for (size_t i = 0; i < n; i++) {
			if (rank(&sources[i]) != turn)
				continue;
			r->source = &sources[i];
			r->index = (uint16_t)i;
			r->behind_default = false;
			r->c->file = sources[i].name;
			if (text_check(r, total))
				source_read(r);
		}
	}
}

/* Whatever matches nothing must have an answer; the guard's is its mode's. */
static void default_check(struct reading *r, const struct policy_source_text *sources, size_t n)
{
	struct policy *out = r->c->out;

	if (r->has_default) {
		r->c->lines[out->n_lines++] = r->last;
		return;
	}
	if (r->ended || r->c->kind == POLICY_KIND_GUARD || r->c->problems->n > 0)
		return;
	r->c->file = "policy";
	for (size_t i = 0; i < n; i++)
		if (rank(&sources[i]) == 1)
			r->c->file = sources[i].name;
	compiling_problem(r->c, r->lexer.line > 0 ? r->lexer.line : 1, 1,
			  "the policy has no default", "end it with: default deny");
}

static enum status sources_keep(struct compiling *c, const struct policy_source_text *sources,
				size_t n)
{
	uint32_t *names = ARENA_NEW(c->arena, uint32_t, n + 1);
	struct span *texts = ARENA_NEW(c->arena, struct span, n + 1);

	if (!names || !texts)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n; i++) {
		names[i] = emit_text(c, SPAN_TEXT(sources[i].name));
		texts[i] = arena_copy(c->arena, sources[i].text);
	}
	c->out->sources = names;
	c->out->source_texts = texts;
	c->out->n_sources = n;
	return STATUS_OK;
}

/* What was gathered is what is given. */
static enum status finish(struct compiling *c)
{
	struct policy *out = c->out;

	/* What was half read may look like a mistake. */
	if (c->no_memory || buffer_status(c->bytes) != STATUS_OK) {
		*c->problems = (struct policy_problems){ 0 };
		return STATUS_NO_MEMORY;
	}
	if (c->problems->n > 0)
		return STATUS_USAGE;
	out->lines = c->lines;
	out->steps = c->steps;
	out->numbers = c->numbers;
	out->texts = c->texts;
	out->lists = c->lists;
	out->places = c->places;
	out->bytes = arena_copy(c->arena, buffer_span(c->bytes));
	return out->bytes.ptr ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status policy_compile(struct arena *a, const struct policy_source_text *sources,
			   size_t n_sources, enum policy_kind kind,
			   struct policy_problems *problems, struct policy *out)
{
	CLEANUP(buffer_free) struct buffer bytes = BUFFER_INIT;
	struct compiling c = {
		.arena = a, .kind = kind, .problems = problems, .out = out, .bytes = &bytes
	};
	struct reading r = { .c = &c };
	size_t total = 0;

	*problems = (struct policy_problems){ 0 };
	*out = (struct policy){ .kind = kind };
	if (n_sources > POLICY_MAX_SOURCES)
		return STATUS_LIMIT;
	for (size_t i = 0; i < n_sources; i++)
		total += sources[i].text.len;
	TRY(room_make(&c, (total < MAX_TEXT ? total : MAX_TEXT) + n_sources));
	buffer_text(&bytes, "\n"); /* never without any */
	TRY(sources_keep(&c, sources, n_sources));
	all_read(&r, sources, n_sources, total);
	default_check(&r, sources, n_sources);
	return finish(&c);
}

struct span policy_text_at(const struct policy *p, uint32_t i)
{
	if (i >= p->n_texts)
		return SPAN_NONE;
	return span_clip(p->bytes, p->texts[i].off, p->texts[i].len);
}

struct span policy_line_text(const struct policy *p, const struct policy_line *line)
{
	if (!p->source_texts || line->source >= p->n_sources)
		return SPAN_NONE;
	return span_clip(p->source_texts[line->source], line->text.off, line->text.len);
}

bool policy_reads(const struct policy *p, enum policy_attribute attribute)
{
	return (p->reads[attribute / 64] >> attribute % 64 & 1) != 0;
}

void policy_line_place(struct buffer *out, const struct policy *p,
		       const struct policy_line *line)
{
	buffer_add(out, line->source < p->n_sources
				? policy_text_at(p, p->sources[line->source])
				: SPAN_NONE);
	buffer_printf(out, ":%u", line->number);
}
