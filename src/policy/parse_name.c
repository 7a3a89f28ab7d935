/* SPDX-License-Identifier: MIT */
/* The grammar of what begins with a name: attributes, functions, lists, constants. */
#include "base/time.h"
#include "base/units.h"
#include "policy/parser.h"

/* timestamp("...") and duration("..."). */
static struct node *time_constant(struct parser *p, struct token at, enum policy_type type)
{
	struct token text;
	const char *words;
	uint64_t seconds;

	parser_next(p);
	text = p->ahead;
	if (text.kind != TOKEN_TEXT)
		return parser_refuse(p, &text, "this needs a text that is written here",
				     type == POLICY_TIME
					     ? "write timestamp(\"2026-11-22T12:00:00Z\")"
					     : "write duration(\"30d\")");
	words = arena_string(p->c->arena, text.text);
	p->c->no_memory = p->c->no_memory || !words;
	if (type == POLICY_TIME && (!words || !time_parse(words, &at.number)))
		return parser_refuse(p, &text, "this is no time",
				     "write it like 2026-11-22T12:00:00Z");
	if (type == POLICY_DURATION) {
		if (!words || !units_seconds(words, &seconds) || seconds > INT64_MAX)
			return parser_refuse(p, &text, "this is no duration",
					     "write a number and its unit: s, min, h, d or w");
		at.number = (int64_t)seconds;
	}
	parser_next(p);
	if (p->ahead.kind != TOKEN_CLOSE)
		return parser_refuse(p, &p->ahead, "\")\" is missing", "close the bracket");
	return parser_constant(p, type, at);
}

/* The loop whose variable this is; POLICY_MAX_LOOPS: none. */
static unsigned loop_find(const struct parser *p, struct span name)
{
	for (unsigned i = 0; i < p->n_loops; i++)
		if (span_equal(p->loops[i].name, name))
			return i;
	return POLICY_MAX_LOOPS;
}

static void *refuse_attribute(struct parser *p, const struct token *at, struct span name,
			      enum policy_scope scope)
{
	const char *near = policy_attribute_near(name, scope);
	const char *advice = NULL;

	if (policy_attribute_group(name, scope))
		advice = "name what of it you mean; see assay-policy(5)";
	else if (near)
		advice = arena_printf(p->c->arena, "did you mean %s?", near);
	if (!advice)
		advice = "assay-policy(5) lists what there is";
	return parser_refuse(p, at,
			     arena_printf(p->c->arena, "there is no attribute \"%.*s\"",
					  (int)(name.len < 64 ? name.len : 64),
					  (const char *)name.ptr),
			     advice);
}

/* Who can be asked depends on whose policy it is. */
static bool attribute_allowed(const struct parser *p, enum policy_attribute id)
{
	const struct policy_row *row = &policy_rows[id];

	if (id == POLICY_OWN)
		return p->c->kind == POLICY_KIND_GUARD;
	if (row->source == POLICY_FROM_CALLER)
		return p->c->kind == POLICY_KIND_GUARD || p->c->kind == POLICY_KIND_SERVE;
	if (row->source == POLICY_FROM_PLACE)
		return p->c->kind != POLICY_KIND_EXIT || id == POLICY_PATH;
	return true;
}

/* A name with its dots, up to a method; behind it the token that follows. */
static struct node *attribute(struct parser *p, struct token at)
{
	unsigned loop = loop_find(p, at.text);
	bool of_loop = loop < p->n_loops;
	enum policy_scope scope = of_loop ? p->loops[loop].scope : POLICY_OF_FILE;
	struct span name = of_loop ? SPAN_NONE : at.text;
	size_t begin = at.begin;
	enum policy_attribute id;
	struct node *n;

	while (p->ahead.kind == TOKEN_DOT) {
		struct lexer before = *p->lexer;
		struct token dot = p->ahead, part = lexer_next(p->lexer);

		p->ahead = lexer_next(p->lexer);
		if (part.kind != TOKEN_NAME || p->ahead.kind == TOKEN_OPEN) {
			*p->lexer = before;
			p->ahead = dot;
			break;
		}
		if (name.len == 0)
			begin = part.begin;
		name = span_clip(p->lexer->text, begin, part.end - begin);
	}
	if (of_loop && name.len == 0)
		return parser_refuse(p, &at, "this is a whole signature or finding",
				     "ask for one of its attributes, behind a dot");
	if (!policy_attribute_find(name, scope, &id))
		return refuse_attribute(p, &at, name, scope);
	if (!attribute_allowed(p, id))
		return parser_refuse(
			p, &at, "nobody can answer this here",
			arena_printf(p->c->arena, "a policy of kind %s cannot ask for %s",
				     policy_kind_word(p->c->kind), policy_rows[id].name));
	n = parser_node(p, NODE_ATTRIBUTE, &at);
	if (!n)
		return NULL;
	n->attribute = id;
	n->loop = of_loop ? loop : 0;
	return n;
}

static bool list_scope(struct span name, enum policy_scope *out)
{
	*out = span_equal(name, SPAN_TEXT("signatures")) ? POLICY_OF_SIGNATURE
							 : POLICY_OF_FINDING;
	return *out == POLICY_OF_SIGNATURE || span_equal(name, SPAN_TEXT("findings"));
}

/* has(attribute) */
static struct node *has(struct parser *p, struct token at)
{
	struct token name;
	struct node *of;

	parser_next(p);
	name = p->ahead;
	if (name.kind != TOKEN_NAME)
		return parser_refuse(p, &name, "has() asks for an attribute",
				     "write has(signer), for example");
	parser_next(p);
	of = attribute(p, name);
	of = parser_node_over(p, NODE_HAS, &at, of);
	return of && parser_expect(p, TOKEN_CLOSE, "\")\" is missing", "close the bracket")
		       ? of
		       : NULL;
}

/* size(text), size(signatures), size(findings) */
static struct node *size(struct parser *p, struct token at)
{
	struct node *n;
	enum policy_scope scope;

	parser_next(p);
	if (p->ahead.kind == TOKEN_NAME && list_scope(p->ahead.text, &scope)) {
		n = parser_node(p, NODE_COUNT, &at);
		if (n)
			n->scope = scope;
		parser_next(p);
	} else {
		n = parser_node_over(p, NODE_SIZE, &at, parser_expression(p));
	}
	return n && parser_expect(p, TOKEN_CLOSE, "\")\" is missing", "close the bracket")
		       ? n
		       : NULL;
}

/* The body of a loop, behind its variable. */
static struct node *loop_body(struct parser *p, struct span variable, enum policy_scope scope)
{
	struct node *body;

	p->loops[p->n_loops].name = variable;
	p->loops[p->n_loops].scope = scope;
	p->n_loops++;
	body = parser_expression(p);
	p->n_loops--;
	return body;
}

/* signatures.exists(s, ...); the dot is ahead. */
static struct node *loop(struct parser *p, struct token at, enum policy_scope scope)
{
	enum policy_attribute id;
	struct token method, variable;
	struct node *n;

	parser_next(p);
	method = p->ahead;
	if (!parser_named(&method, "exists") && !parser_named(&method, "all"))
		return parser_refuse(p, &method, "a list can be asked in two ways",
				     "write .exists(x, ...) or .all(x, ...), or size()");
	parser_next(p);
	if (!parser_expect(p, TOKEN_OPEN, "\"(\" is missing", "write .exists(x, ...)"))
		return NULL;
	variable = p->ahead;
	if (variable.kind != TOKEN_NAME)
		return parser_refuse(p, &variable, "a name for each element is missing",
				     "write .exists(x, ...)");
	if (loop_find(p, variable.text) < p->n_loops ||
	    policy_attribute_find(variable.text, POLICY_OF_FILE, &id) ||
	    policy_attribute_group(variable.text, POLICY_OF_FILE))
		return parser_refuse(p, &variable, "this name means something else already",
				     "choose another");
	if (p->n_loops == POLICY_MAX_LOOPS)
		return parser_refuse(p, &at,
				     "lists can be asked inside of each other twice only",
				     "write several lines");
	parser_next(p);
	if (!parser_expect(p, TOKEN_COMMA, "\",\" is missing", "write .exists(x, ...)"))
		return NULL;
	n = parser_node_over(p, NODE_EACH, &at, loop_body(p, variable.text, scope));
	if (!n)
		return NULL;
	n->scope = scope;
	n->every = parser_named(&method, "all");
	return parser_expect(p, TOKEN_CLOSE, "\")\" is missing", "close the bracket") ? n
										      : NULL;
}

static struct node *truth(struct parser *p, const struct token *at, bool value)
{
	struct node *n = parser_node(p, NODE_CONSTANT, at);

	if (!n)
		return NULL;
	n->type = POLICY_BOOL;
	n->number = value;
	return n;
}

/* What begins with a name. */
struct node *parser_name(struct parser *p)
{
	struct token at = p->ahead;
	enum policy_scope scope;

	parser_next(p);
	if (parser_named(&at, "true") || parser_named(&at, "false"))
		return truth(p, &at, parser_named(&at, "true"));
	if (parser_named(&at, "now"))
		return parser_node(p, NODE_NOW, &at);
	if (parser_named(&at, "null"))
		return parser_refuse(p, &at, "there is no null",
				     "ask has() whether there is something");
	if (parser_named(&at, "allow_list") || parser_named(&at, "deny_list"))
		return parser_refuse(p, &at, "a list of digests is no value",
				     "write: sha256 in deny_list");
	if (list_scope(at.text, &scope))
		return p->ahead.kind == TOKEN_DOT
			       ? loop(p, at, scope)
			       : parser_refuse(p, &p->ahead, "a whole list is no value",
					       "write .exists(x, ...) or .all(x, ...)");
	if (p->ahead.kind != TOKEN_OPEN)
		return attribute(p, at);
	if (parser_named(&at, "has"))
		return has(p, at);
	if (parser_named(&at, "size"))
		return size(p, at);
	if (parser_named(&at, "timestamp"))
		return time_constant(p, at, POLICY_TIME);
	if (parser_named(&at, "duration"))
		return time_constant(p, at, POLICY_DURATION);
	return parser_refuse(p, &at, "there is no such function",
			     "there are has, size, timestamp and duration");
}
