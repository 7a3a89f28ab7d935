/* SPDX-License-Identifier: MIT */
/*
 * The expression becomes a list of states: take a byte of a set, go on at two
 * places, stand at an end, have matched.  An atom that is repeated is read as
 * often as it is written out.
 */
#include "structure/ere.h"

#include "base/memory.h"

enum kind { TAKE, FORK, JUMP, AT_BEGIN, AT_END, MATCHED };

struct state {
	enum kind kind;
	unsigned next, other; /* of FORK both */
	uint8_t set[32];      /* of TAKE: a bit for each byte */
};

struct ere {
	struct state *states;
	size_t n;
	unsigned *now, *then; /* states in which we are */
	uint64_t *seen;       /* in which step a state was entered last */
	uint64_t step;
};

struct reading {
	struct ere *e;
	struct span in;
	unsigned depth;
	size_t n_atoms; /* read so far: an empty group makes no states */
};

/* What follows an atom. */
struct repeat {
	unsigned min, max; /* max 0: without end */
};

static enum status alternatives_read(struct reading *r, uint64_t from, uint64_t to);

static uint8_t byte_at(const struct reading *r, uint64_t i)
{
	return span_at(r->in, i);
}

static void set_add(struct state *s, unsigned byte)
{
	s->set[byte / 8] |= (uint8_t)(1U << byte % 8);
}

static bool set_has(const struct state *s, unsigned byte)
{
	return (s->set[byte / 8] >> byte % 8 & 1) != 0;
}

/* A new state; NULL: too many. */
static struct state *state_new(struct reading *r, enum kind kind)
{
	struct state *s;

	if (r->e->n == ERE_MAX_STATES)
		return NULL;
	s = &r->e->states[r->e->n++];
	*s = (struct state){ .kind = kind, .next = (unsigned)r->e->n };
	return s;
}

/* Named classes of characters. */
static bool in_class(unsigned which, unsigned c)
{
	bool lower = c >= 'a' && c <= 'z', upper = c >= 'A' && c <= 'Z';
	bool digit = c >= '0' && c <= '9';
	const bool answers[] = {
		lower || upper,
		digit,
		lower || upper || digit,
		lower,
		upper,
		c == ' ' || (c >= 9 && c <= 13),
		c == ' ' || c == 9,
		digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'),
		c > ' ' && c < 127 && !lower && !upper && !digit,
		c >= ' ' && c<127, c> ' ' && c < 127,
		c < ' ' || c == 127,
	};

	return answers[which];
}

static const char *const classes[] = { "[:alpha:]", "[:digit:]", "[:alnum:]", "[:lower:]",
				       "[:upper:]", "[:space:]", "[:blank:]", "[:xdigit:]",
				       "[:punct:]", "[:print:]", "[:graph:]", "[:cntrl:]" };

/* "[:alpha:]" at @at; how long it is, or 0: no such class. */
static size_t class_add(const struct reading *r, uint64_t at, struct state *s)
{
	for (unsigned i = 0; i < COUNT_OF(classes); i++) {
		struct span name = SPAN_TEXT(classes[i]);

		if (!span_equal(span_clip(r->in, at, name.len), name))
			continue;
		for (unsigned c = 0; c < 256; c++)
			if (in_class(i, c))
				set_add(s, c);
		return name.len;
	}
	return 0;
}

/* Where the bracket that begins at @from ends, behind it; 0: nowhere before @to. */
static uint64_t bracket_end(const struct reading *r, uint64_t from, uint64_t to)
{
	uint64_t i = from + 1;

	i += byte_at(r, i) == '^';
	i += byte_at(r, i) == ']';
	while (i < to && byte_at(r, i) != ']') {
		uint64_t end;

		if (byte_at(r, i) == '[' && byte_at(r, i + 1) == ':') {
			if (!span_find(r->in, SPAN_LITERAL(":]"), i + 2, &end))
				return 0;
			i = end + 1;
		}
		i++;
	}
	return i < to ? i + 1 : 0;
}

/* One part of a bracket: a class, a range, a byte.  How long it is; 0: none. */
static size_t bracket_part(const struct reading *r, uint64_t at, uint64_t end, struct state *s)
{
	unsigned first = byte_at(r, at), last = first;
	size_t len = 1;

	if (first == '[' && byte_at(r, at + 1) == ':')
		return class_add(r, at, s);
	if (first == '[' && (byte_at(r, at + 1) == '.' || byte_at(r, at + 1) == '='))
		return 0;
	if (byte_at(r, at + 1) == '-' && at + 2 < end) {
		last = byte_at(r, at + 2);
		len = 3;
	}
	for (unsigned c = first; c <= last; c++)
		set_add(s, c);
	return last < first ? 0 : len;
}

static enum status bracket_read(struct reading *r, uint64_t from, uint64_t to)
{
	struct state *s = state_new(r, TAKE);
	bool negated = byte_at(r, from + 1) == '^';
	uint64_t i = from + 1 + negated;

	if (!s)
		return STATUS_LIMIT;
	/* The last byte is the bracket's own "]". */
	while (i < to - 1) {
		size_t len = bracket_part(r, i, to - 1, s);

		if (len == 0)
			return STATUS_UNSUPPORTED;
		i += len;
	}
	for (size_t k = 0; negated && k < sizeof(s->set); k++)
		s->set[k] = (uint8_t)~s->set[k];
	return STATUS_OK;
}

/* Behind the group that begins at @from; 0: it does not end before @to. */
static uint64_t group_end(const struct reading *r, uint64_t from, uint64_t to)
{
	unsigned open = 0;
	uint64_t i = from;

	while (i < to) {
		uint8_t c = byte_at(r, i);

		if (c == '[') {
			i = bracket_end(r, i, to);
			if (i == 0)
				return 0;
			continue;
		}
		open += c == '(';
		open -= c == ')';
		i += c == '\\' ? 2 : 1;
		if (open == 0)
			return i <= to ? i : 0;
	}
	return 0;
}

/* Behind the atom at @from; 0: it is none. */
static uint64_t atom_end(const struct reading *r, uint64_t from, uint64_t to)
{
	switch (byte_at(r, from)) {
	case '(': return group_end(r, from, to);
	case '[': return bracket_end(r, from, to);
	case '\\': return from + 2 <= to ? from + 2 : 0;
	case '*':
	case '+':
	case '?':
	case '{': return 0;
	default: return from + 1;
	}
}

static enum status atom_read(struct reading *r, uint64_t from, uint64_t to)
{
	uint8_t c = byte_at(r, from);
	struct state *s;

	if (r->n_atoms++ == ERE_MAX_STATES)
		return STATUS_LIMIT;
	if (c == '(')
		return alternatives_read(r, from + 1, to - 1);
	if (c == '[')
		return bracket_read(r, from, to);
	s = state_new(r, c == '^' ? AT_BEGIN : c == '$' ? AT_END : TAKE);
	if (!s)
		return STATUS_LIMIT;
	if (c == '.') {
		memset(s->set, 0xff, sizeof(s->set));
		return STATUS_OK;
	}
	if (c != '\\') {
		set_add(s, c);
		return STATUS_OK;
	}
	c = byte_at(r, from + 1);
	set_add(s, c);
	/* A number refers back to a group; a letter means what each library likes. */
	return in_class(2, c) ? STATUS_UNSUPPORTED : STATUS_OK;
}

static bool number_read(const struct reading *r, uint64_t *at, unsigned *out)
{
	uint64_t begin = *at;

	*out = 0;
	while (in_class(1, byte_at(r, *at)) && *out <= ERE_MAX_REPEAT)
		*out = *out * 10 + byte_at(r, (*at)++) - '0';
	return *at > begin && *out <= ERE_MAX_REPEAT;
}

/* {n}, {n,} or {n,m} at @at. */
static enum status interval_read(const struct reading *r, uint64_t *at, struct repeat *out)
{
	++*at;
	if (!number_read(r, at, &out->min))
		return STATUS_MALFORMED;
	out->max = out->min;
	if (byte_at(r, *at) == ',') {
		++*at;
		out->max = 0;
		if (byte_at(r, *at) != '}' &&
		    (!number_read(r, at, &out->max) || out->max < out->min || out->max == 0))
			return STATUS_MALFORMED;
	} else if (out->max == 0) {
		return STATUS_UNSUPPORTED; /* {0}: nothing at all */
	}
	return byte_at(r, (*at)++) == '}' ? STATUS_OK : STATUS_MALFORMED;
}

/* What follows the atom that ends at *@at; of several, one after the other is not portable. */
static enum status repeat_read(const struct reading *r, uint64_t to, uint64_t *at,
			       struct repeat *out)
{
	uint8_t c = *at < to ? byte_at(r, *at) : 0;

	*out = (struct repeat){ 1, 1 };
	if (c == '{')
		return interval_read(r, at, out);
	if (c != '*' && c != '+' && c != '?')
		return STATUS_OK;
	*out = (struct repeat){ c == '+', c == '?' };
	++*at;
	return STATUS_OK;
}

/* The atom once more, that may be left out, or with @again repeated. */
static enum status atom_option(struct reading *r, uint64_t from, uint64_t to, bool again)
{
	size_t fork = r->e->n;

	if (!state_new(r, FORK))
		return STATUS_LIMIT;
	TRY(atom_read(r, from, to));
	if (again) {
		struct state *back = state_new(r, JUMP);

		if (!back)
			return STATUS_LIMIT;
		back->next = (unsigned)fork;
	}
	r->e->states[fork].other = (unsigned)r->e->n;
	return STATUS_OK;
}

static enum status repeated_read(struct reading *r, uint64_t from, uint64_t to,
				 const struct repeat *repeat)
{
	for (unsigned i = 0; i < repeat->min; i++)
		TRY(atom_read(r, from, to));
	if (repeat->max == 0)
		return atom_option(r, from, to, true);
	for (unsigned i = repeat->min; i < repeat->max; i++)
		TRY(atom_option(r, from, to, false));
	return STATUS_OK;
}

static enum status branch_read(struct reading *r, uint64_t from, uint64_t to)
{
	while (from < to) {
		uint64_t end = atom_end(r, from, to), behind = end;
		struct repeat repeat;

		if (end == 0 || end > to)
			return STATUS_MALFORMED;
		TRY(repeat_read(r, to, &behind, &repeat));
		if (behind > to)
			return STATUS_MALFORMED;
		TRY(repeated_read(r, from, end, &repeat));
		from = behind;
	}
	return STATUS_OK;
}

/* Where the branch at @from ends: at a "|" outside of all groups, or at @to; 0: nowhere. */
static uint64_t branch_end(const struct reading *r, uint64_t from, uint64_t to)
{
	while (from < to && byte_at(r, from) != '|') {
		uint8_t c = byte_at(r, from);

		if (c == ')')
			return 0;
		from = c == '(' || c == '[' || c == '\\' ? atom_end(r, from, to) : from + 1;
		if (from == 0)
			return 0;
	}
	return from;
}

/* a|b|c in [@from, @to): each branch but the last forks before, and jumps to the end. */
static enum status alternatives_read(struct reading *r, uint64_t from, uint64_t to)
{
	unsigned jumps[ERE_MAX_BYTES];
	size_t n = 0;

	if (++r->depth > ERE_MAX_DEPTH)
		return STATUS_LIMIT;
	for (;;) {
		uint64_t end = branch_end(r, from, to);
		size_t fork = r->e->n;

		if (from < to && end == 0)
			return STATUS_MALFORMED;
		if (end >= to)
			break;
		if (!state_new(r, FORK))
			return STATUS_LIMIT;
		TRY(branch_read(r, from, end));
		jumps[n++] = (unsigned)r->e->n;
		if (!state_new(r, JUMP))
			return STATUS_LIMIT;
		r->e->states[fork].other = (unsigned)r->e->n;
		from = end + 1;
	}
	TRY(branch_read(r, from, to));
	for (size_t i = 0; i < n; i++)
		r->e->states[jumps[i]].next = (unsigned)r->e->n;
	r->depth--;
	return STATUS_OK;
}

/* What is read stands in @states, which has room for all. */
static enum status expression_read(struct reading *r, struct arena *a, struct state *states)
{
	struct ere *e = r->e;

	e->states = states;
	TRY(alternatives_read(r, 0, r->in.len));
	if (!state_new(r, MATCHED))
		return STATUS_LIMIT;
	e->states = ARENA_NEW(a, struct state, e->n);
	e->now = ARENA_NEW(a, unsigned, e->n);
	e->then = ARENA_NEW(a, unsigned, e->n);
	e->seen = ARENA_NEW(a, uint64_t, e->n);
	if (!e->states || !e->now || !e->then || !e->seen)
		return STATUS_NO_MEMORY;
	memcpy(e->states, states, e->n * sizeof(*states));
	return STATUS_OK;
}

enum status ere_read(struct arena *a, struct span pattern, struct ere **out)
{
	struct ere *e = ARENA_NEW(a, struct ere, 1);
	struct reading r = { .e = e, .in = pattern };
	struct state *states;
	enum status status;

	*out = NULL;
	if (!e)
		return STATUS_NO_MEMORY;
	if (pattern.len > ERE_MAX_BYTES)
		return STATUS_LIMIT;
	states = (struct state *)memory_new(ERE_MAX_STATES, sizeof(*states));
	if (!states)
		return STATUS_NO_MEMORY;
	status = expression_read(&r, a, states);
	memory_free(states);
	if (status == STATUS_OK)
		*out = e;
	return status;
}

/* One look at a text. */
struct look {
	struct ere *e;
	struct span text;
	uint64_t at, cost;
	bool matched;
};

/* Enters @state, and all that it leads to without a byte; they join @list. */
static void state_enter(struct look *l, unsigned state, unsigned *list, size_t *n)
{
	size_t done = *n;

	if (l->e->seen[state] == l->e->step)
		return;
	l->e->seen[state] = l->e->step;
	list[(*n)++] = state;
	for (; done < *n; done++) {
		const struct state *s = &l->e->states[list[done]];
		unsigned to[2] = { s->next, s->kind == FORK ? s->other : s->next };
		bool open = s->kind == FORK || s->kind == JUMP ||
			    (s->kind == AT_BEGIN && l->at == 0) ||
			    (s->kind == AT_END && l->at == l->text.len);

		l->cost++;
		l->matched = l->matched || s->kind == MATCHED;
		for (size_t i = 0; open && i < 2; i++)
			if (l->e->seen[to[i]] != l->e->step) {
				l->e->seen[to[i]] = l->e->step;
				list[(*n)++] = to[i];
			}
	}
}

enum status ere_match(struct ere *e, struct span text, uint64_t *effort, bool *out)
{
	struct look l = { .e = e, .text = text };
	size_t n = 0;

	*out = false;
	e->step++;
	for (;; l.at++) {
		unsigned *swap = e->now;
		uint8_t byte = span_at(text, l.at);
		size_t n_then = 0;

		state_enter(&l, 0, e->now, &n); /* a match may begin anywhere */
		if (l.matched || l.at == text.len || l.cost > *effort)
			break;
		e->step++;
		for (size_t i = 0; i < n; i++) {
			const struct state *s = &e->states[e->now[i]];

			if (s->kind == TAKE && set_has(s, byte)) {
				l.at++;
				state_enter(&l, s->next, e->then, &n_then);
				l.at--;
			}
		}
		e->now = e->then;
		e->then = swap;
		n = n_then;
	}
	*effort -= l.cost < *effort ? l.cost : *effort;
	*out = l.matched;
	return l.matched || *effort > 0 ? STATUS_OK : STATUS_LIMIT;
}
