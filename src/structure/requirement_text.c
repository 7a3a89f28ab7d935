/* SPDX-License-Identifier: MIT */
/*
 * Requirements in Apple's language ("Code Signing Requirement Language").
 *
 * From the last operation to the first: operands are there when they are needed,
 * and nothing recurses.
 */
#include "base/escape.h"
#include "structure/der.h"
#include "structure/requirement.h"

#define MAX_PART 256 /* bytes of a name or value that are shown */

static const char *const match_signs[MATCHES] = {
	[MATCH_EXISTS] = "exists",
	[MATCH_EQUAL] = "=",
	[MATCH_LESS] = "<",
	[MATCH_GREATER] = ">",
	[MATCH_LESS_EQUAL] = "<=",
	[MATCH_GREATER_EQUAL] = ">=",
	[MATCH_ON] = "= timestamp",
	[MATCH_BEFORE] = "< timestamp",
	[MATCH_AFTER] = "> timestamp",
	[MATCH_ON_OR_BEFORE] = "<= timestamp",
	[MATCH_ON_OR_AFTER] = ">= timestamp",
	[MATCH_ABSENT] = "absent",
};

static const char *quoted(struct arena *a, struct span text)
{
	const char *shown = escape_string(a, text, MAX_PART);

	return shown ? arena_printf(a, "\"%s\"", shown) : NULL;
}

static const char *hex(struct arena *a, struct span bytes)
{
	CLEANUP(buffer_free) struct buffer b = BUFFER_INIT;

	buffer_text(&b, "H\"");
	buffer_hex(&b, span_clip(bytes, 0, MAX_PART / 2));
	buffer_text(&b, "\"");
	return b.failed ? NULL : arena_string(a, buffer_span(&b));
}

static const char *certificate(struct arena *a, int32_t slot)
{
	if (slot == 0)
		return "certificate leaf";
	return slot == -1 ? "certificate root" : arena_printf(a, "certificate %d", (int)slot);
}

/* A text with an asterisk where anything may stand. */
static const char *pattern(struct arena *a, const struct requirement_node *n)
{
	const char *text = escape_string(a, n->operand, MAX_PART);

	if (!text)
		return NULL;
	return arena_printf(a, "= \"%s%s%s\"", n->match == MATCH_BEGINS ? "" : "*", text,
			    n->match == MATCH_ENDS ? "" : "*");
}

static const char *matched(struct arena *a, const char *what, const struct requirement_node *n)
{
	const char *sign = match_signs[n->match], *operand = "";

	if (n->match == MATCH_CONTAINS || n->match == MATCH_BEGINS || n->match == MATCH_ENDS)
		sign = pattern(a, n);
	else if (n->match >= MATCH_ON && n->match != MATCH_ABSENT)
		operand = hex(a, n->operand);
	else if (n->match != MATCH_EXISTS && n->match != MATCH_ABSENT)
		operand = quoted(a, n->operand);
	if (!what || !sign || !operand)
		return NULL;
	return arena_printf(a, "%s %s%s%s", what, sign, *operand ? " " : "", operand);
}

/* "certificate 1[field.1.2.3]" */
static const char *field(struct arena *a, const struct requirement_node *n, const char *kind)
{
	const char *of = certificate(a, n->slot);
	const char *key = kind ? der_oid_text(a, n->key) : escape_string(a, n->key, MAX_PART);

	if (!of || !key)
		return NULL;
	return arena_printf(a, "%s[%s%s]", of, kind ? kind : "", key);
}

static const char *keyed(struct arena *a, const char *word, struct span key)
{
	const char *shown = escape_string(a, key, MAX_PART);

	return shown ? arena_printf(a, "%s[%s]", word, shown) : NULL;
}

static const char *joined(struct arena *a, bool is_and, const char *x, const char *y)
{
	if (strlen(x) + strlen(y) > REQUIREMENT_MAX_TEXT)
		return "...";
	return is_and ? arena_printf(a, "%s and %s", x, y)
		      : arena_printf(a, "(%s or %s)", x, y);
}

/* Everything but and, or, not. */
static const char *leaf_text(struct arena *a, const struct requirement_node *n)
{
	const char *text;

	if (n->unknown)
		return n->unknown_false ? "never /* unknown */" : "always /* unknown */";
	switch (n->operation) {
	case REQ_FALSE: return "never";
	case REQ_TRUE: return "always";
	case REQ_IDENTIFIER:
		text = quoted(a, n->value);
		return text ? arena_printf(a, "identifier %s", text) : NULL;
	case REQ_APPLE_ANCHOR: return "anchor apple";
	case REQ_ANCHOR_HASH:
		text = hex(a, n->value);
		return text ? arena_printf(a, "%s = %s", certificate(a, n->slot), text) : NULL;
	case REQ_INFO_KEY_VALUE:
		text = quoted(a, n->value);
		return text ? arena_printf(a, "%s = %s", keyed(a, "info", n->key), text) : NULL;
	case REQ_CDHASH:
		text = hex(a, n->value);
		return text ? arena_printf(a, "cdhash %s", text) : NULL;
	case REQ_INFO_KEY: return matched(a, keyed(a, "info", n->key), n);
	case REQ_CERT_FIELD: return matched(a, field(a, n, NULL), n);
	case REQ_TRUSTED_CERT: return arena_printf(a, "%s trusted", certificate(a, n->slot));
	case REQ_TRUSTED_CERTS: return "anchor trusted";
	case REQ_CERT_GENERIC: return matched(a, field(a, n, "field."), n);
	case REQ_APPLE_GENERIC_ANCHOR: return "anchor apple generic";
	case REQ_ENTITLEMENT: return matched(a, keyed(a, "entitlement", n->key), n);
	case REQ_CERT_POLICY: return matched(a, field(a, n, "policy."), n);
	case REQ_NAMED_ANCHOR:
		text = escape_string(a, n->value, MAX_PART);
		return text ? arena_printf(a, "anchor apple %s", text) : NULL;
	case REQ_NAMED_CODE:
		text = escape_string(a, n->value, MAX_PART);
		return text ? arena_printf(a, "(%s)", text) : NULL;
	case REQ_PLATFORM: return arena_printf(a, "platform = %d", (int)n->slot);
	case REQ_NOTARIZED: return "notarized";
	case REQ_CERT_FIELD_DATE: return matched(a, field(a, n, "timestamp."), n);
	case REQ_LEGACY_DEVELOPER_ID: return "legacy";
	case REQ_AND:
	case REQ_OR:
	case REQ_NOT:
	case REQ_OPERATIONS: break;
	}
	return NULL;
}

const char *requirement_text(struct arena *a, const struct requirement *r)
{
	const char **stack;
	size_t depth = 0;

	if (r->unsupported)
		return "/* not in prefix form */";
	stack = ARENA_NEW(a, const char *, r->n + 1);
	if (!stack)
		return NULL;
	for (size_t i = r->n; i-- > 0;) {
		const struct requirement_node *n = &r->nodes[i];
		const char *text;

		if ((n->operation == REQ_AND || n->operation == REQ_OR) && !n->unknown) {
			text = joined(a, n->operation == REQ_AND, stack[depth - 1],
				      stack[depth - 2]);
			depth -= 2;
		} else if (n->operation == REQ_NOT && !n->unknown) {
			text = arena_printf(a, "!(%s)", stack[--depth]);
		} else {
			text = leaf_text(a, n);
		}
		if (!text)
			return NULL;
		stack[depth++] = text;
	}
	return stack[0];
}
