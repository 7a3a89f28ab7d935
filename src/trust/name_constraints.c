/* SPDX-License-Identifier: MIT */
/*
 * Name constraints (RFC 5280 4.2.1.10): which names an authority may certify.
 *
 * Evaluated: directoryName, dNSName, rfc822Name, URI, iPAddress.  When another
 * form is constrained and a name of that form occurs, the path is refused, as
 * 4.2.1.10 asks of those who cannot process it.
 */
#include "base/buffer.h"
#include "trust/inquiry.h"

#define NAME_MAX_COMPARISONS 4096 /* (names x subtrees) for one path */

#define OID_SUBJECT_ALT_NAME OID("\x55\x1d\x11")
#define OID_EMAIL_ADDRESS    OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01")

/* GeneralName, 4.2.1.6 */
enum name_form {
	NAME_RFC822 = DER_CONTEXT(1),
	NAME_DNS = DER_CONTEXT(2),
	NAME_DIRECTORY = DER_CONTEXT_CONSTRUCTED(4),
	NAME_URI = DER_CONTEXT(6),
	NAME_IP = DER_CONTEXT(7),
};

struct general_name {
	uint8_t form;
	struct span value; /* directoryName: the whole Name */
};

struct constraints {
	struct span permitted, excluded; /* GeneralSubtrees, contents */
	size_t n_left;                   /* comparisons that may still be made */
	const char *problem;             /* a literal; NULL: none */
};

enum match { MATCH_NOT, MATCH_YES, MATCH_UNKNOWN };

static bool text_ends(struct span s, struct span end)
{
	return s.len >= end.len && span_equal_nocase(span_after(s, s.len - end.len), end);
}

/* Is @host below @domain, which begins with a dot? */
static bool host_below(struct span host, struct span domain)
{
	return host.len > domain.len && text_ends(host, domain);
}

static bool dns_within(struct span host, struct span base)
{
	if (base.len == 0 || span_equal_nocase(host, base))
		return true;
	if (span_at(base, 0) == '.')
		return host_below(host, base);
	return host.len > base.len && text_ends(host, base) &&
	       span_at(host, host.len - base.len - 1) == '.';
}

/* A host exactly, or with a leading dot those below it. */
static bool host_within(struct span host, struct span base)
{
	return span_at(base, 0) == '.' ? host_below(host, base) : span_equal_nocase(host, base);
}

static bool mail_within(struct span mailbox, struct span base)
{
	uint64_t at, base_at = 0;
	bool whole = span_find(base, SPAN_TEXT("@"), 0, &base_at);

	if (!span_find(mailbox, SPAN_TEXT("@"), 0, &at))
		return false;
	if (!whole)
		return host_within(span_after(mailbox, at + 1), base);
	return span_equal(span_clip(mailbox, 0, at), span_clip(base, 0, base_at)) &&
	       span_equal_nocase(span_after(mailbox, at + 1), span_after(base, base_at + 1));
}

/* RFC 3986 3.2: what stands between "//", user information, and port or path. */
static bool uri_host(struct span uri, struct span *host)
{
	struct span s;
	uint64_t at;
	size_t n = 0;

	if (!span_find(uri, SPAN_TEXT("://"), 0, &at))
		return false;
	s = span_after(uri, at + 3);
	while (n < s.len && span_at(s, n) != '/' && span_at(s, n) != '?' &&
	       span_at(s, n) != '#')
		n++;
	s = span_clip(s, 0, n);
	if (span_find(s, SPAN_TEXT("@"), 0, &at))
		s = span_after(s, at + 1);
	if (span_find(s, SPAN_TEXT(":"), 0, &at))
		s = span_clip(s, 0, at);
	*host = s;
	return s.len > 0;
}

static bool ip_within(struct span address, struct span base)
{
	if (base.len != 2 * address.len)
		return false;
	for (size_t i = 0; i < address.len; i++)
		if ((span_at(address, i) ^ span_at(base, i)) & span_at(base, i + address.len))
			return false;
	return true;
}

/* The first @n elements in the Name @name as a Name of their own. */
static bool name_first(struct buffer *out, struct span name, size_t n)
{
	struct cursor c;
	struct der whole, element;
	struct span rdns;

	if (!der_only(name, DER_SEQUENCE, &whole, NULL))
		return false;
	c = der_enter(&whole);
	while (n > 0 && der_next(&c, &element))
		n--;
	if (n > 0 || !cursor_ok(&c) || c.pos > UINT16_MAX)
		return false;
	rdns = span_clip(whole.value, 0, c.pos);
	buffer_text(out, "0\x82");
	buffer_char(out, (char)(rdns.len >> 8));
	buffer_char(out, (char)(rdns.len & 0xff));
	buffer_add(out, rdns);
	return buffer_status(out) == STATUS_OK;
}

static size_t count_rdns(struct span name)
{
	struct der whole, element;
	size_t n = 0;

	if (der_only(name, DER_SEQUENCE, &whole, NULL))
		for (struct cursor c = der_enter(&whole);
		     cursor_left(&c) > 0 && der_next(&c, &element);)
			n++;
	return n;
}

static enum match directory_within(struct span name, struct span base)
{
	CLEANUP(buffer_free) struct buffer first = BUFFER_INIT;
	size_t n = count_rdns(base);

	if (n > count_rdns(name))
		return MATCH_NOT;
	if (!name_first(&first, name, n))
		return MATCH_UNKNOWN;
	return n == 0 || name_equal(buffer_span(&first), base) ? MATCH_YES : MATCH_NOT;
}

static enum match name_within(const struct general_name *name, struct span base)
{
	struct span host;

	switch (name->form) {
	case NAME_DIRECTORY: return directory_within(name->value, base);
	case NAME_DNS: return dns_within(name->value, base) ? MATCH_YES : MATCH_NOT;
	case NAME_RFC822: return mail_within(name->value, base) ? MATCH_YES : MATCH_NOT;
	case NAME_URI:
		if (!uri_host(name->value, &host))
			return MATCH_UNKNOWN;
		return host_within(host, base) ? MATCH_YES : MATCH_NOT;
	case NAME_IP: return ip_within(name->value, base) ? MATCH_YES : MATCH_NOT;
	default: return MATCH_UNKNOWN;
	}
}

static bool general_name_read(struct cursor *c, struct general_name *out)
{
	struct der element, name;

	if (!der_next(c, &element))
		return false;
	*out = (struct general_name){ element.tag, element.value };
	if (element.tag != NAME_DIRECTORY)
		return true;
	if (!der_only(element.value, DER_SEQUENCE, &name, NULL))
		return false;
	out->value = name.whole;
	return true;
}

struct subtree_count {
	size_t same_form, matching;
};

/* How many of @subtrees are of the form of @name, and how many contain it? */
static struct subtree_count count_subtrees(struct constraints *k, struct span subtrees,
					   const struct general_name *name)
{
	struct cursor c = cursor_at(subtrees, 0);
	struct subtree_count n = { 0 };
	struct general_name base;
	struct der subtree;

	while (!k->problem && cursor_left(&c) > 0) {
		struct cursor inside;
		enum match match;

		if (!der_expect(&c, DER_SEQUENCE, &subtree)) {
			k->problem = "name constraints that cannot be read";
			break;
		}
		inside = der_enter(&subtree);
		if (!general_name_read(&inside, &base))
			k->problem = "name constraints that cannot be read";
		else if (k->n_left-- == 0)
			k->problem = "more name constraints than are compared";
		if (k->problem || base.form != name->form)
			continue;
		n.same_form++;
		/* minimum and maximum are not for PKIX (4.2.1.10) */
		match = cursor_left(&inside) ? MATCH_UNKNOWN : name_within(name, base.value);
		if (match == MATCH_UNKNOWN)
			k->problem = "a constraint on names of a form that is not evaluated";
		n.matching += match == MATCH_YES;
	}
	return n;
}

static void name_check(struct constraints *k, const struct general_name *name)
{
	if (!k->problem && count_subtrees(k, k->excluded, name).matching > 0)
		k->problem = "names that it excludes";
	if (!k->problem) {
		struct subtree_count n = count_subtrees(k, k->permitted, name);

		if (!k->problem && n.same_form > 0 && n.matching == 0)
			k->problem = "names outside those that it permits";
	}
}

/* 4.2.1.10: without alternative names, an emailAddress in the subject is an rfc822Name. */
static void subject_mail_check(struct constraints *k, struct span subject)
{
	struct der name, rdn, pair, oid, value;
	struct cursor rdns, pairs, c;

	if (!der_only(subject, DER_SEQUENCE, &name, NULL))
		return;
	rdns = der_enter(&name);
	while (cursor_left(&rdns) > 0 && der_expect(&rdns, DER_SET, &rdn)) {
		pairs = der_enter(&rdn);
		while (cursor_left(&pairs) > 0 && der_expect(&pairs, DER_SEQUENCE, &pair)) {
			c = der_enter(&pair);
			if (der_expect(&c, DER_OID, &oid) && der_next(&c, &value) &&
			    span_equal(oid.value, OID_EMAIL_ADDRESS))
				name_check(k,
					   &(struct general_name){ NAME_RFC822, value.value });
		}
	}
}

static void certificate_check(struct constraints *k, const struct certificate *c)
{
	struct general_name name = { NAME_DIRECTORY, c->subject };
	struct span value;
	struct cursor names;
	struct der list;
	bool critical;

	if (count_rdns(c->subject) > 0)
		name_check(k, &name);
	if (!certificate_extension(c, OID_SUBJECT_ALT_NAME, &value, &critical)) {
		subject_mail_check(k, c->subject);
		return;
	}
	if (!der_only(value, DER_SEQUENCE, &list, NULL)) {
		k->problem = "alternative names that cannot be read";
		return;
	}
	names = der_enter(&list);
	while (!k->problem && cursor_left(&names) > 0) {
		if (general_name_read(&names, &name))
			name_check(k, &name);
		else
			k->problem = "alternative names that cannot be read";
	}
}

static void constraints_read(struct constraints *k, struct span extension)
{
	struct der whole, part;
	struct cursor c;

	k->n_left = NAME_MAX_COMPARISONS;
	if (!der_only(extension, DER_SEQUENCE, &whole, NULL)) {
		k->problem = "name constraints that cannot be read";
		return;
	}
	c = der_enter(&whole);
	if (der_optional(&c, DER_CONTEXT_CONSTRUCTED(0), &part))
		k->permitted = part.value;
	if (der_optional(&c, DER_CONTEXT_CONSTRUCTED(1), &part))
		k->excluded = part.value;
	if (!cursor_ok(&c) || cursor_left(&c) > 0)
		k->problem = "name constraints that cannot be read";
}

const char *name_constraints_refused(struct inquiry *in, const struct path *path)
{
	const struct certificate *top = path->certs[path->n - 1];
	struct constraints k = { 0 };

	if (top->name_constraints.len == 0)
		return NULL;
	constraints_read(&k, top->name_constraints);
	for (size_t i = 0; i + 1 < path->n && !k.problem; i++)
		if (i == 0 || !certificate_self_issued(path->certs[i]))
			certificate_check(&k, path->certs[i]);
	if (!k.problem)
		return NULL;
	return sentence(in, "'%s' stands against the path: %s", certificate_name(in, top),
			k.problem);
}
