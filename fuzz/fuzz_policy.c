/* SPDX-License-Identifier: MIT */
/*
 * Any text as a policy, and any octets as one that was handed over.
 *
 * What is refused has a place in the text and a reason.  What compiles decides in
 * bounded steps; it decides the same when it was handed over, and when its lines
 * are written down again; with less known it lets nothing pass that it would not
 * let pass otherwise; and no claim makes a line of the guard let pass.
 */
#include "fuzz/must.h"
#include "policy/program.h"
#include "policy/subject.h"

#define AT INT64_C(1795348800)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Which attributes are not known; a bit each. */
struct scene {
	uint64_t unknown[2];
	bool other_claims;
};

static const uint8_t digest[32] = { 1, 2, 3 };

static struct policy_value value_of(const struct policy_row *row, bool other)
{
	static const char *const texts[] = { "/usr/bin/x", "elsewhere" };

	switch (row->type) {
	case POLICY_TEXT: return policy_octets(SPAN_TEXT(texts[other]));
	case POLICY_BYTES: return policy_octets(SPAN_OF(digest));
	case POLICY_WORD: return policy_one_word(other ? 2 : 1);
	case POLICY_TIME: return policy_number(AT - (other ? 86400 : 0));
	case POLICY_INT: return policy_number(other ? 7 : 1000);
	case POLICY_BOOL: return policy_number(other);
	case POLICY_DURATION:
	case POLICY_NO_TYPE: break;
	}
	return (struct policy_value){ 0 };
}

static struct policy_value attribute(void *context, enum policy_attribute id, size_t element)
{
	const struct scene *s = context;
	const struct policy_row *row = &policy_rows[id];

	MUST(id < POLICY_ATTRIBUTES && element < 3);
	if (s->unknown[id / 64] >> id % 64 & 1)
		return (struct policy_value){ 0 };
	if (row->standing == POLICY_CLAIM || row->standing == POLICY_PARTIAL)
		return value_of(row, s->other_claims);
	return element == 1 ? policy_absent() : value_of(row, element == 2);
}

static struct policy_value count(void *context, enum policy_scope scope)
{
	(void)context;
	return policy_number(scope == POLICY_OF_SIGNATURE ? 2 : 3);
}

static struct policy_value listed(void *context, enum policy_set set, enum policy_attribute id,
				  struct span bytes)
{
	(void)context;
	(void)id;
	return policy_number(bytes.len == 0 || set == POLICY_ALLOW_LIST);
}

/* Not a path that others may write to. */
static bool firm(void *context, struct span path)
{
	(void)context;
	return span_at(path, 0) == '/';
}

static struct policy_decision decide(const struct policy *p, struct scene *s)
{
	struct policy_facts facts = { s, attribute, count, listed, firm, AT };
	struct policy_decision d;

	policy_decide(p, &facts, &d);
	/* The last step may cost as much as a pattern is long. */
	MUST(d.steps <= POLICY_MAX_STEPS + 2 * POLICY_MAX_FILE);
	MUST(!d.incomplete || d.action == POLICY_NO_ACTION);
	MUST(d.action == POLICY_NO_ACTION || (d.line && d.line->action == d.action));
	return d;
}

static bool passes(struct policy_decision d)
{
	return d.action == POLICY_ALLOW || d.action == POLICY_AUDIT;
}

static void same(const struct policy *p, const struct policy *q, struct scene *s)
{
	struct policy_decision d = decide(p, s), e = decide(q, s);

	MUST(d.action == e.action && d.incomplete == e.incomplete && d.steps == e.steps);
	MUST(!d.line == !e.line && (!d.line || span_equal(policy_text_at(p, d.line->rule),
							  policy_text_at(q, e.line->rule))));
}

/* Lines, as `assay policy show` has them, are the policy again. */
static void written_again(struct arena *a, const struct policy *p, struct scene *s)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;
	struct policy_source_text source = { .name = "again" };
	struct policy_problems problems;
	struct policy q;

	for (size_t i = 0; i < p->n_lines; i++) {
		buffer_add(&text, policy_line_text(p, &p->lines[i]));
		buffer_char(&text, '\n');
	}
	source.text = buffer_span(&text);
	if (source.text.len > POLICY_MAX_FILE)
		return;
	MUST(policy_compile(a, &source, 1, p->kind, &problems, &q) == STATUS_OK);
	same(p, &q, s);
}

static void handed_over(struct arena *a, const struct policy *p, struct scene *s)
{
	CLEANUP(buffer_free) struct buffer wire = BUFFER_INIT;
	struct policy q;

	policy_write(&wire, p);
	MUST(policy_read(a, buffer_span(&wire), &q) == STATUS_OK);
	same(p, &q, s);
}

/* Whoever lies otherwise is not let pass for it: only a line that denies may see that. */
static void not_by_claims(const struct policy *p)
{
	for (int turn = 0; turn < 2; turn++) {
		struct scene one = { .other_claims = turn == 0 },
			     other = { .other_claims = turn == 1 };
		struct policy_decision d = decide(p, &one), e = decide(p, &other);

		if (p->kind == POLICY_KIND_GUARD && passes(d) && !d.line->is_default &&
		    e.line != d.line)
			MUST(e.line && e.line < d.line &&
			     (e.incomplete || e.action == POLICY_DENY));
	}
}

/* Whoever makes us know less is not let pass for it. */
static void not_by_ignorance(const struct policy *p, struct span data)
{
	struct scene known = { 0 }, some = { 0 };
	struct policy_decision d, e;

	for (size_t i = 0; i < 16 && i < data.len; i++)
		some.unknown[i / 8] |= (uint64_t)span_at(data, data.len - 1 - i) << i % 8 * 8;
	for (int turn = 0; turn < 2; turn++) {
		d = decide(p, &some);
		e = decide(p, &known);
		MUST(!passes(d) || passes(e) || e.steps > POLICY_MAX_STEPS);
		some.unknown[0] = some.unknown[1] = UINT64_MAX;
	}
}

static void compiled(struct arena *a, struct span text, enum policy_kind kind)
{
	struct policy_source_text source = { .name = "fuzz", .text = text };
	struct policy_problems problems;
	struct scene known = { 0 };
	struct policy p;
	enum status status = policy_compile(a, &source, 1, kind, &problems, &p);

	if (status == STATUS_NO_MEMORY)
		return;
	MUST((status == STATUS_OK) == (problems.n == 0));
	for (size_t i = 0; i < problems.n; i++)
		MUST(problems.list[i].line > 0 && problems.list[i].column > 0 &&
		     problems.list[i].what && problems.list[i].advice);
	if (status != STATUS_OK)
		return;
	handed_over(a, &p, &known);
	written_again(a, &p, &known);
	not_by_claims(&p);
	not_by_ignorance(&p, text);
}

/* Steps that nobody compiled: whatever they are, they end. */
static void octets(struct arena *a, struct span data)
{
	struct scene known = { 0 };
	struct policy p;

	if (policy_read(a, data, &p) == STATUS_OK)
		(void)decide(&p, &known);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum policy_kind kinds[] = { POLICY_KIND_EXIT, POLICY_KIND_GUARD,
						  POLICY_KIND_SERVE, POLICY_KIND_PLAN };
	CLEANUP(arena_free) struct arena a = ARENA_INIT((size_t)96 << 20);
	struct span text = { data, size };

	if (size == 0)
		return 0;
	octets(&a, text);
	arena_reset(&a);
	compiled(&a, span_after(text, 1), kinds[data[0] % 4]);
	return 0;
}
