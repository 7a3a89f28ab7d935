/* SPDX-License-Identifier: MIT */
/*
 * Decide: the lines one after the other, until one counts.
 *
 * Logic is Kleene's: a test that cannot be answered is neither true nor false,
 * and "and", "or" and "not" pass that on unless the other side decides.  No
 * step believes the program that it stands in (program.h).
 */
#include "assay.h"
#include "base/buffer.h"
#include "policy/lexer.h"
#include "policy/program.h"

struct machine {
	const struct policy *p;
	const struct policy_facts *facts; /* NULL: nothing can be asked */
	struct policy_decision *out;
	bool allowing; /* the line lets pass: words for "could not be judged" are unknown */
	bool broken;   /* out of steps, or the program makes no sense */
	struct policy_value stack[POLICY_MAX_STACK];
	size_t n;
	size_t element[POLICY_MAX_LOOPS];
	unsigned loops;
};

static const struct policy_value unknown_value;

#define ELEMENT_UNKNOWN SIZE_MAX /* of which nothing is known, not even whether it is there */

static void push(struct machine *m, struct policy_value v)
{
	if (m->n < POLICY_MAX_STACK)
		m->stack[m->n++] = v;
	else
		m->broken = true;
}

static struct policy_value pop(struct machine *m)
{
	if (m->n > 0)
		return m->stack[--m->n];
	m->broken = true;
	return unknown_value;
}

static void push_truth(struct machine *m, enum policy_truth t)
{
	push(m, t == POLICY_MAYBE ? unknown_value : policy_number(t == POLICY_TRUE));
}

static enum policy_truth truth_of(struct policy_value v)
{
	if (v.state != POLICY_KNOWN)
		return POLICY_MAYBE;
	return v.number ? POLICY_TRUE : POLICY_FALSE;
}

static bool top_is(const struct machine *m, enum policy_truth truth)
{
	return m->n > 0 && truth_of(m->stack[m->n - 1]) == truth;
}

static bool both_known(struct policy_value a, struct policy_value b)
{
	return a.state == POLICY_KNOWN && b.state == POLICY_KNOWN;
}

/* The first thing that was missing in a line is what people want to know. */
static void miss(struct machine *m, enum policy_attribute attribute, bool absent)
{
	if (m->out->has_missing)
		return;
	m->out->has_missing = true;
	m->out->missing = attribute;
	m->out->missing_absent = absent;
}

#define VERDICT_BIT(word) (UINT32_C(1) << ASSAY_VERDICT_##word)

/* "unsupported" and "error" say that nothing was found out: nobody passes by that. */
static bool is_no_verdict(enum policy_attribute attribute, struct policy_value v)
{
	return (attribute == POLICY_VERDICT || attribute == POLICY_EACH_VERDICT) &&
	       (v.words &
		(VERDICT_BIT(UNKNOWN) | VERDICT_BIT(UNSUPPORTED) | VERDICT_BIT(ERROR))) != 0;
}

/* A path at which others can put something says nothing for what lies there. */
static bool is_anybodys(const struct machine *m, enum policy_attribute attribute,
			struct policy_value v)
{
	return (attribute == POLICY_PATH || attribute == POLICY_CALLER_PATH) &&
	       m->facts->firm && !m->facts->firm(m->facts->context, v.bytes);
}

/* What is known of an attribute.  False: there is no such thing to ask for. */
static bool ask(struct machine *m, const struct policy_step *s, struct policy_value *out)
{
	enum policy_attribute attribute = (enum policy_attribute)s->what;
	const struct policy_row *row;
	bool each;

	*out = unknown_value;
	if (s->what >= POLICY_ATTRIBUTES || !m->facts)
		return false;
	row = &policy_rows[s->what];
	each = row->scope != POLICY_OF_FILE;
	if (each && s->more >= m->loops)
		return false;
	if (each && m->element[s->more] == ELEMENT_UNKNOWN)
		return true;
	m->out->by_caller = m->out->by_caller || row->source == POLICY_FROM_CALLER;
	m->out->by_path =
		m->out->by_path || attribute == POLICY_PATH || attribute == POLICY_MEMFD;
	*out = m->facts->attribute(m->facts->context, attribute,
				   each ? m->element[s->more] : 0);
	if (out->state == POLICY_KNOWN && m->allowing &&
	    (is_no_verdict(attribute, *out) || is_anybodys(m, attribute, *out)))
		out->state = POLICY_UNKNOWN;
	if (row->len != 0 && out->state == POLICY_KNOWN && out->bytes.len != row->len)
		out->state = POLICY_UNKNOWN;
	return true;
}

static void load(struct machine *m, const struct policy_step *s)
{
	struct policy_value v;

	if (!ask(m, s, &v))
		m->broken = true;
	else if (v.state != POLICY_KNOWN)
		miss(m, (enum policy_attribute)s->what, v.state == POLICY_ABSENT);
	push(m, v);
}

static void has(struct machine *m, const struct policy_step *s)
{
	struct policy_value v;

	if (!ask(m, s, &v)) {
		m->broken = true;
		return;
	}
	if (v.state == POLICY_UNKNOWN)
		miss(m, (enum policy_attribute)s->what, false);
	push_truth(m, v.state == POLICY_UNKNOWN ? POLICY_MAYBE
		      : v.state == POLICY_KNOWN ? POLICY_TRUE
						: POLICY_FALSE);
}

static struct policy_value count(struct machine *m, unsigned scope)
{
	if (!m->facts || (scope != POLICY_OF_SIGNATURE && scope != POLICY_OF_FINDING)) {
		m->broken = true;
		return unknown_value;
	}
	return m->facts->count(m->facts->context, (enum policy_scope)scope);
}

/* An empty list needs no digest. */
static void listed(struct machine *m, const struct policy_step *s)
{
	const struct policy_facts *f = m->facts;
	struct policy_value v;

	if (!f || s->at >= POLICY_SETS || s->what >= POLICY_ATTRIBUTES) {
		m->broken = true;
		return;
	}
	v = f->listed(f->context, (enum policy_set)s->at, (enum policy_attribute)s->what,
		      SPAN_NONE);
	if (truth_of(v) == POLICY_FALSE) {
		push(m, v);
		return;
	}
	load(m, s);
	v = pop(m);
	if (v.state == POLICY_KNOWN)
		v = f->listed(f->context, (enum policy_set)s->at,
			      (enum policy_attribute)s->what, v.bytes);
	push_truth(m, truth_of(v));
}

static void connect(struct machine *m, bool is_and)
{
	enum policy_truth b = truth_of(pop(m)), a = truth_of(pop(m));
	enum policy_truth decides = is_and ? POLICY_FALSE : POLICY_TRUE;

	if (a == decides || b == decides)
		push_truth(m, decides);
	else
		push_truth(m, a == POLICY_MAYBE ? a : b);
}

static enum policy_truth truth(bool what)
{
	return what ? POLICY_TRUE : POLICY_FALSE;
}

static bool order_fits(unsigned sign, int order, bool *out)
{
	*out = (sign == TOKEN_EQUAL && order == 0) || (sign == TOKEN_UNEQUAL && order != 0) ||
	       (sign == TOKEN_LESS && order < 0) || (sign == TOKEN_LESS_EQUAL && order <= 0) ||
	       (sign == TOKEN_GREATER && order > 0) ||
	       (sign == TOKEN_GREATER_EQUAL && order >= 0);
	return sign >= TOKEN_EQUAL && sign <= TOKEN_GREATER_EQUAL;
}

static void compare(struct machine *m, const struct policy_step *s)
{
	struct policy_value b = pop(m), a = pop(m);
	bool fits;
	int order;

	if (!both_known(a, b)) {
		push(m, unknown_value);
		return;
	}
	order = s->more ? !span_same(a.bytes, b.bytes)
			: (a.number > b.number) - (a.number < b.number);
	m->out->steps += s->more ? (uint32_t)(a.bytes.len / 64) : 0;
	if (!order_fits(s->what, order, &fits))
		m->broken = true;
	push_truth(m, truth(fits));
}

/* Of the words that it may be: all fit, none fits, or some. */
static void word(struct machine *m, uint32_t fitting)
{
	struct policy_value v = pop(m);

	if (v.state != POLICY_KNOWN || v.words == 0)
		push(m, unknown_value);
	else if ((v.words & fitting) == 0)
		push_truth(m, POLICY_FALSE);
	else
		push_truth(m, v.words & ~fitting ? POLICY_MAYBE : POLICY_TRUE);
}

/* How @v stands to the @i-th constant of the list. */
static int list_order(const struct policy *p, const struct policy_list *list,
		      struct policy_value v, uint32_t i)
{
	uint64_t at = (uint64_t)list->first + i;
	int64_t number;

	if (list->type == POLICY_TEXT || list->type == POLICY_BYTES)
		return span_compare(v.bytes, policy_text_at(p, (uint32_t)at));
	number = at < p->n_numbers ? p->numbers[at] : 0;
	return (v.number > number) - (v.number < number);
}

static void in_list(struct machine *m, uint32_t index)
{
	const struct policy_list *list;
	struct policy_value v = pop(m);
	uint32_t low = 0, high;

	if (index >= m->p->n_lists) {
		m->broken = true;
		return;
	}
	list = &m->p->lists[index];
	if (v.state != POLICY_KNOWN) {
		push(m, unknown_value);
		return;
	}
	for (high = list->n; low < high; m->out->steps++) {
		uint32_t middle = low + (high - low) / 2;
		int order = list_order(m->p, list, v, middle);

		if (order == 0) {
			push_truth(m, POLICY_TRUE);
			return;
		}
		low = order > 0 ? middle + 1 : low;
		high = order < 0 ? middle : high;
	}
	push_truth(m, POLICY_FALSE);
}

static void reckon(struct machine *m, bool adds)
{
	struct policy_value b = pop(m), a = pop(m);
	int64_t sum = 0;

	/* What does not fit is not known. */
	if (!both_known(a, b) || (adds ? __builtin_add_overflow(a.number, b.number, &sum)
				       : __builtin_sub_overflow(a.number, b.number, &sum)))
		push(m, unknown_value);
	else
		push(m, policy_number(sum));
}

static void choose(struct machine *m)
{
	struct policy_value no = pop(m), yes = pop(m);
	enum policy_truth when = truth_of(pop(m));

	push(m, when == POLICY_MAYBE ? unknown_value : when == POLICY_TRUE ? yes : no);
}

static bool text_fits(struct machine *m, enum policy_code code, struct span text,
		      struct span what)
{
	uint64_t at;

	m->out->steps += (uint32_t)(text.len / 64);
	switch (code) {
	case POLICY_CODE_STARTS: return span_equal(span_clip(text, 0, what.len), what);
	case POLICY_CODE_ENDS:
		return text.len >= what.len &&
		       span_equal(span_after(text, text.len - what.len), what);
	case POLICY_CODE_CONTAINS: return what.len == 0 || span_find(text, what, 0, &at);
	case POLICY_CODE_GLOB: return policy_glob(what, text, &m->out->steps);
	case POLICY_CODE_NONE:
	case POLICY_CODE_NUMBER:
	case POLICY_CODE_TEXT:
	case POLICY_CODE_NOW:
	case POLICY_CODE_LOAD:
	case POLICY_CODE_HAS:
	case POLICY_CODE_COUNT:
	case POLICY_CODE_SIZE:
	case POLICY_CODE_NOT:
	case POLICY_CODE_AND:
	case POLICY_CODE_OR:
	case POLICY_CODE_IF_FALSE:
	case POLICY_CODE_IF_TRUE:
	case POLICY_CODE_COMPARE:
	case POLICY_CODE_WORD:
	case POLICY_CODE_LIST:
	case POLICY_CODE_LISTED:
	case POLICY_CODE_ADD:
	case POLICY_CODE_SUBTRACT:
	case POLICY_CODE_NEGATE:
	case POLICY_CODE_CHOOSE:
	case POLICY_CODE_EACH: break;
	}
	m->broken = true;
	return false;
}

static void match(struct machine *m, const struct policy_step *s)
{
	struct policy_value v = pop(m);

	if (s->at >= m->p->n_texts)
		m->broken = true;
	else if (v.state != POLICY_KNOWN)
		push(m, unknown_value);
	else
		push_truth(m, truth(text_fits(m, (enum policy_code)s->code, v.bytes,
					      policy_text_at(m->p, s->at))));
}

static void run(struct machine *m, size_t from, size_t to);

static enum policy_truth element_truth(struct machine *m, const struct policy_step *s,
				       size_t body, size_t element)
{
	m->element[m->loops - 1] = element;
	run(m, body, s->at);
	return truth_of(pop(m));
}

/*
 * One signature or finding after the other, until one decides.  Those that
 * nobody knows, all or the rest, are one of which nothing is known: what does
 * not hold of that, holds of none.
 */
static void each(struct machine *m, const struct policy_step *s, size_t body)
{
	struct policy_value n = count(m, s->what);
	enum policy_truth decides = s->more ? POLICY_FALSE : POLICY_TRUE, found;
	enum policy_truth all = s->more ? POLICY_TRUE : POLICY_FALSE, fits = all;
	int64_t known = n.state == POLICY_KNOWN ? n.number : 0;

	if (m->loops == POLICY_MAX_LOOPS) {
		m->broken = true;
		return;
	}
	m->loops++;
	if (n.state != POLICY_KNOWN || n.words)
		all = element_truth(m, s, body, ELEMENT_UNKNOWN) == fits ? fits : POLICY_MAYBE;
	for (int64_t i = 0; i < known && !m->broken; i++) {
		found = element_truth(m, s, body, (size_t)i);
		if (found == POLICY_MAYBE)
			all = found;
		if (found == decides) {
			all = found;
			break;
		}
	}
	m->loops--;
	push_truth(m, all);
}

static void constant(struct machine *m, const struct policy_step *s)
{
	bool is_text = s->code == POLICY_CODE_TEXT;

	if (s->at >= (is_text ? m->p->n_texts : m->p->n_numbers))
		m->broken = true;
	else
		push(m, is_text ? policy_octets(policy_text_at(m->p, s->at))
				: policy_number(m->p->numbers[s->at]));
}

static void size(struct machine *m)
{
	struct policy_value v = pop(m);

	push(m, v.state == POLICY_KNOWN ? policy_number((int64_t)v.bytes.len) : unknown_value);
}

static void now(struct machine *m)
{
	m->out->by_time = true;
	push(m, m->facts ? policy_number(m->facts->now) : unknown_value);
}

static void invert(struct machine *m, enum policy_code code)
{
	struct policy_value v = pop(m);

	if (code == POLICY_CODE_NOT)
		push_truth(m, v.state != POLICY_KNOWN ? POLICY_MAYBE : truth(v.number == 0));
	else if (v.state != POLICY_KNOWN || v.number == INT64_MIN)
		push(m, unknown_value);
	else
		push(m, policy_number(-v.number));
}

/* Does it, and says with which step to go on. */
static size_t step(struct machine *m, const struct policy_step *s, size_t at)
{
	switch ((enum policy_code)s->code) {
	case POLICY_CODE_NONE: break;
	case POLICY_CODE_NUMBER:
	case POLICY_CODE_TEXT: constant(m, s); return at + 1;
	case POLICY_CODE_NOW: now(m); return at + 1;
	case POLICY_CODE_LOAD: load(m, s); return at + 1;
	case POLICY_CODE_HAS: has(m, s); return at + 1;
	case POLICY_CODE_COUNT: push(m, count(m, s->what)); return at + 1;
	case POLICY_CODE_SIZE: size(m); return at + 1;
	case POLICY_CODE_NOT:
	case POLICY_CODE_NEGATE: invert(m, (enum policy_code)s->code); return at + 1;
	case POLICY_CODE_AND: connect(m, true); return at + 1;
	case POLICY_CODE_OR: connect(m, false); return at + 1;
	case POLICY_CODE_IF_FALSE: return top_is(m, POLICY_FALSE) ? s->at : at + 1;
	case POLICY_CODE_IF_TRUE: return top_is(m, POLICY_TRUE) ? s->at : at + 1;
	case POLICY_CODE_COMPARE: compare(m, s); return at + 1;
	case POLICY_CODE_WORD: word(m, s->at); return at + 1;
	case POLICY_CODE_LIST: in_list(m, s->at); return at + 1;
	case POLICY_CODE_LISTED: listed(m, s); return at + 1;
	case POLICY_CODE_ADD: reckon(m, true); return at + 1;
	case POLICY_CODE_SUBTRACT: reckon(m, false); return at + 1;
	case POLICY_CODE_CHOOSE: choose(m); return at + 1;
	case POLICY_CODE_STARTS:
	case POLICY_CODE_ENDS:
	case POLICY_CODE_CONTAINS:
	case POLICY_CODE_GLOB: match(m, s); return at + 1;
	case POLICY_CODE_EACH: each(m, s, at + 1); return s->at;
	}
	m->broken = true;
	return at + 1;
}

/* Only forwards, and never past @to: it ends. */
static void run(struct machine *m, size_t from, size_t to)
{
	size_t at = from;

	if (to > m->p->n_steps)
		m->broken = true;
	while (at < to && !m->broken) {
		size_t go_on = step(m, &m->p->steps[at], at);

		if (go_on <= at || go_on > to || ++m->out->steps > POLICY_MAX_STEPS)
			m->broken = true;
		at = go_on;
	}
}

/* At a gate, audit is a way in, too. */
static bool lets_pass(enum policy_kind kind, enum policy_action action)
{
	return action == POLICY_ALLOW ||
	       (action == POLICY_AUDIT &&
		(kind == POLICY_KIND_GUARD || kind == POLICY_KIND_SERVE));
}

static enum policy_truth line_truth(struct machine *m, const struct policy_line *line)
{
	if (line->unconditional)
		return POLICY_TRUE;
	m->n = 0;
	m->loops = 0;
	m->allowing = lets_pass(m->p->kind, (enum policy_action)line->action);
	m->out->has_missing = false;
	run(m, line->first, (size_t)line->first + line->n);
	if (m->broken || m->n != 1)
		return POLICY_MAYBE;
	return truth_of(m->stack[0]);
}

enum policy_truth policy_line_truth(const struct policy *p, const struct policy_line *line)
{
	struct policy_decision out = { 0 };
	struct machine m = { .p = p, .out = &out };

	return line_truth(&m, line);
}

/* A line that lets pass was not satisfied: by what is not known? */
static void passed_over(struct policy_decision *out)
{
	if (out->has_wanted || !out->has_missing || out->missing_absent)
		return;
	out->wanted = out->missing;
	out->has_wanted = true;
}

void policy_decide(const struct policy *p, const struct policy_facts *facts,
		   struct policy_decision *out)
{
	struct machine m = { .p = p, .facts = facts, .out = out };

	*out = (struct policy_decision){ 0 };
	for (size_t i = 0; i < p->n_lines && !m.broken; i++) {
		const struct policy_line *line = &p->lines[i];
		enum policy_truth truth = line_truth(&m, line);
		enum policy_action action = (enum policy_action)line->action;

		if (m.broken || (truth == POLICY_MAYBE && action != POLICY_ALLOW &&
				 action != POLICY_NOTE)) {
			out->incomplete = true;
			out->line = line;
			return;
		}
		if (truth == POLICY_MAYBE && action == POLICY_ALLOW)
			passed_over(out);
		if (truth == POLICY_TRUE && action == POLICY_NOTE && !out->noted)
			out->noted = line;
		if (truth == POLICY_TRUE && action != POLICY_NOTE) {
			out->action = action;
			out->line = line;
			break;
		}
	}
	out->has_missing = false;
}
