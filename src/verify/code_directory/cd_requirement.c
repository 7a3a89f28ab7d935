/* SPDX-License-Identifier: MIT */
/*
 * The designated requirement: what the signer says his program can be told by.
 * It is asked of the program itself, which a genuine one always meets.
 *
 * Follows reqinterp.cpp (Apple, Security framework).  Three-valued: what only a
 * Mac can answer (its own trust settings, notarization) is unknown, never true.
 */
#include "verify/code_directory/requirement_facts.h"

#include "base/cursor.h"

#define OID_COMMON_NAME   OID("\x55\x04\x03")
#define OID_ORGANIZATION  OID("\x55\x04\x0a")
#define OID_POLICIES      OID("\x55\x1d\x20")
#define OID_APPLE_PROGRAM OID(APPLE_ARC "\x06\x16")
#define MAX_CERTIFICATES  CHAIN_MAX_DEPTH

/* subject.NAME of a certificate. */
static const struct {
	const char *name;
	struct span oid;
} fields[] = {
	{"subject.CN",      OID_INIT("\x55\x04\x03")},
	{ "subject.C",      OID_INIT("\x55\x04\x06")},
	{ "subject.D",      OID_INIT("\x55\x04\x0d")},
	{ "subject.L",      OID_INIT("\x55\x04\x07")},
	{ "subject.O",      OID_INIT("\x55\x04\x0a")},
	{ "subject.OU",     OID_INIT("\x55\x04\x0b")},
	{ "subject.STREET", OID_INIT("\x55\x04\x09")},
};

static enum truth truth_of(bool b)
{
	return b ? TRUTH_YES : TRUTH_NO;
}

static enum truth truth_not(enum truth t)
{
	if (t == TRUTH_UNKNOWN)
		return TRUTH_UNKNOWN;
	return truth_of(t == TRUTH_NO);
}

static enum truth truth_and(enum truth x, enum truth y)
{
	if (x == TRUTH_NO || y == TRUTH_NO)
		return TRUTH_NO;
	return x == TRUTH_YES && y == TRUTH_YES ? TRUTH_YES : TRUTH_UNKNOWN;
}

/* Is the chain known up to its end, wherever that is? */
static bool chain_whole(const struct requirement_facts *f)
{
	return f->answer->n_path > 0 &&
	       (f->answer->path_has_anchor ||
		certificate_self_issued(f->answer->path[f->answer->n_path - 1]));
}

/* 0: the leaf; -1: the last.  NULL: none such, or (*unknown) who knows. */
static const struct certificate *certificate_at(const struct requirement_facts *f, int32_t slot,
						bool *unknown)
{
	int64_t n = (int64_t)f->answer->n_path, i = slot < 0 ? n + slot : slot;

	*unknown = !chain_whole(f) && (slot < 0 || i >= n);
	if (*unknown || i < 0 || i >= n)
		return NULL;
	return f->answer->path[i];
}

/* A root of Apple's that is no anchor here tells nothing; any other root is not Apple's. */
static enum truth apple_generic(const struct requirement_facts *f)
{
	const struct certificate *last;

	if (f->answer->path_has_anchor)
		return TRUTH_YES; /* anchors of the set "apple" are Apple's alone */
	if (!chain_whole(f))
		return TRUTH_UNKNOWN;
	last = f->answer->path[f->answer->n_path - 1];
	return trust_item_sets(TRUST_CERTIFICATE, last->sha256) & TRUST_APPLE ? TRUTH_UNKNOWN
									      : TRUTH_NO;
}

static bool name_is(struct arena *a, const struct certificate *c, struct span oid,
		    const char *value)
{
	const char *found = name_attribute(a, c->subject, oid);

	return found && strcmp(found, value) == 0;
}

/* Apple's own programs. */
static enum truth apple_anchor(struct arena *a, const struct requirement_facts *f)
{
	enum truth root = apple_generic(f);
	const struct certificate *issuer;
	struct span value;
	bool unknown, critical;

	if (root != TRUTH_YES)
		return root;
	issuer = certificate_at(f, 1, &unknown);
	if (!issuer)
		return unknown ? TRUTH_UNKNOWN : TRUTH_NO;
	return truth_of(name_is(a, issuer, OID_COMMON_NAME,
				"Apple Code Signing Certification Authority") &&
			name_is(a, issuer, OID_ORGANIZATION, "Apple Inc.") &&
			certificate_extension(f->answer->path[0], OID_APPLE_PROGRAM, &value,
					      &critical));
}

static bool span_ends(struct span s, struct span end)
{
	return s.len >= end.len && span_equal(span_after(s, s.len - end.len), end);
}

/* A text against what a requirement says of it.  NULL: there is none. */
static enum truth text_match(const struct requirement_node *n, const struct span *text)
{
	uint64_t at;

	if (n->match == MATCH_ABSENT || n->match == MATCH_EXISTS)
		return truth_of((text != NULL) == (n->match == MATCH_EXISTS));
	if (!text)
		return TRUTH_NO;
	if (n->match == MATCH_EQUAL)
		return truth_of(span_equal(*text, n->operand));
	if (n->match == MATCH_CONTAINS)
		return truth_of(span_find(*text, n->operand, 0, &at));
	if (n->match == MATCH_BEGINS)
		return truth_of(span_equal(span_clip(*text, 0, n->operand.len), n->operand));
	if (n->match == MATCH_ENDS)
		return truth_of(span_ends(*text, n->operand));
	return TRUTH_UNKNOWN; /* Apple compares by the language of the user */
}

static enum truth field_match(struct arena *a, const struct requirement_facts *f,
			      const struct requirement_node *n)
{
	bool unknown;
	const struct certificate *c = certificate_at(f, n->slot, &unknown);

	if (!c)
		return unknown ? TRUTH_UNKNOWN : text_match(n, NULL);
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		const char *text;
		struct span s;

		if (!span_equal(n->key, SPAN_TEXT(fields[i].name)))
			continue;
		text = name_attribute(a, c->subject, fields[i].oid);
		s = SPAN_TEXT(text ? text : "");
		return text_match(n, text ? &s : NULL);
	}
	return TRUTH_UNKNOWN;
}

/* An extension is there, or not; what is in it only Apple compares. */
static enum truth extension_match(const struct requirement_facts *f,
				  const struct requirement_node *n)
{
	bool unknown, critical, there;
	const struct certificate *c = certificate_at(f, n->slot, &unknown);
	struct span value;

	if (unknown || (n->match != MATCH_EXISTS && n->match != MATCH_ABSENT))
		return TRUTH_UNKNOWN;
	there = c && certificate_extension(c, n->key, &value, &critical);
	return truth_of(there == (n->match == MATCH_EXISTS));
}

static bool has_policy(const struct certificate *c, struct span oid)
{
	struct der all, one, id;
	struct span value;
	struct cursor list;
	bool critical;

	if (!certificate_extension(c, OID_POLICIES, &value, &critical) ||
	    !der_only(value, DER_SEQUENCE, &all, NULL))
		return false;
	list = der_enter(&all);
	while (cursor_left(&list) > 0 && der_expect(&list, DER_SEQUENCE, &one)) {
		struct cursor c2 = der_enter(&one);

		if (der_expect(&c2, DER_OID, &id) && span_equal(id.value, oid))
			return true;
	}
	return false;
}

static enum truth policy_match(const struct requirement_facts *f,
			       const struct requirement_node *n)
{
	bool unknown, there;
	const struct certificate *c = certificate_at(f, n->slot, &unknown);

	if (unknown || (n->match != MATCH_EXISTS && n->match != MATCH_ABSENT))
		return TRUTH_UNKNOWN;
	there = c && has_policy(c, n->key);
	return truth_of(there == (n->match == MATCH_EXISTS));
}

static enum truth hash_match(const struct requirement_facts *f,
			     const struct requirement_node *n)
{
	bool unknown;
	const struct certificate *c = certificate_at(f, n->slot, &unknown);
	struct digest digest;

	if (!c)
		return unknown ? TRUTH_UNKNOWN : TRUTH_NO;
	if (digest_of(DIGEST_SHA1, &c->der, 1, &digest) != STATUS_OK)
		return TRUTH_UNKNOWN;
	return truth_of(digest_equal(&digest, n->value));
}

static const struct plist *entry_of(const struct plist *dict, struct span key)
{
	if (!dict || dict->kind != PLIST_DICT)
		return NULL;
	for (const struct plist *p = dict->first; p; p = p->next)
		if (span_equal(p->key, key))
			return p;
	return NULL;
}

/* Of Info.plist or the entitlements. */
static enum truth entry_match(const struct requirement_dict *dict,
			      const struct requirement_node *n)
{
	const struct plist *p = entry_of(dict->plist, n->key);
	bool there = p && !(p->kind == PLIST_BOOLEAN && p->number == 0);

	if (dict->unknown)
		return TRUTH_UNKNOWN;
	if (n->operation == REQ_INFO_KEY_VALUE)
		return truth_of(p && p->kind == PLIST_STRING && span_equal(p->bytes, n->value));
	if (n->match == MATCH_EXISTS || n->match == MATCH_ABSENT || !there)
		return text_match(n, there ? &n->key : NULL);
	return p->kind == PLIST_STRING ? text_match(n, &p->bytes) : TRUTH_UNKNOWN;
}

static enum truth cdhash_match(const struct requirement_facts *f, struct span value)
{
	for (size_t i = 0; i < f->n_directories; i++)
		if (span_equal(span_clip(digest_span(&f->directories[i].hash), 0, 20), value))
			return TRUTH_YES;
	return TRUTH_NO;
}

/* Everything but and, or, not. */
static enum truth leaf_ask(struct arena *a, const struct requirement_facts *f,
			   const struct requirement_node *n)
{
	if (n->unknown)
		return truth_of(!n->unknown_false);
	switch (n->operation) {
	case REQ_FALSE: return TRUTH_NO;
	case REQ_TRUE: return TRUTH_YES;
	case REQ_IDENTIFIER: return truth_of(span_equal(f->identifier, n->value));
	case REQ_APPLE_ANCHOR: return apple_anchor(a, f);
	case REQ_ANCHOR_HASH: return hash_match(f, n);
	case REQ_CDHASH: return cdhash_match(f, n->value);
	case REQ_INFO_KEY_VALUE:
	case REQ_INFO_KEY: return entry_match(&f->info, n);
	case REQ_ENTITLEMENT: return entry_match(&f->entitlements, n);
	case REQ_CERT_FIELD: return field_match(a, f, n);
	case REQ_CERT_GENERIC: return extension_match(f, n);
	case REQ_APPLE_GENERIC_ANCHOR: return apple_generic(f);
	case REQ_CERT_POLICY: return policy_match(f, n);
	case REQ_PLATFORM: return truth_of(f->platform == n->slot);
	case REQ_TRUSTED_CERT:
	case REQ_TRUSTED_CERTS:
	case REQ_NAMED_ANCHOR:
	case REQ_NAMED_CODE:
	case REQ_NOTARIZED:
	case REQ_CERT_FIELD_DATE:
	case REQ_LEGACY_DEVELOPER_ID:
	case REQ_AND:
	case REQ_OR:
	case REQ_NOT:
	case REQ_OPERATIONS: break;
	}
	return TRUTH_UNKNOWN;
}

enum status requirement_ask(struct arena *a, const struct requirement *r,
			    const struct requirement_facts *f, enum truth *out)
{
	enum truth *stack;
	size_t depth = 0;

	*out = TRUTH_UNKNOWN;
	if (r->unsupported || r->n == 0)
		return STATUS_OK;
	stack = ARENA_NEW(a, enum truth, r->n + 1);
	if (!stack)
		return STATUS_NO_MEMORY;
	for (size_t i = r->n; i-- > 0;) {
		const struct requirement_node *n = &r->nodes[i];
		enum truth t;

		if (!n->unknown && n->operation == REQ_NOT) {
			t = truth_not(stack[--depth]);
		} else if (!n->unknown && n->operation == REQ_AND) {
			t = truth_and(stack[depth - 1], stack[depth - 2]);
			depth -= 2;
		} else if (!n->unknown && n->operation == REQ_OR) {
			t = truth_not(truth_and(truth_not(stack[depth - 1]),
						truth_not(stack[depth - 2])));
			depth -= 2;
		} else {
			t = leaf_ask(a, f, n);
		}
		stack[depth++] = t;
	}
	*out = stack[0];
	return STATUS_OK;
}
