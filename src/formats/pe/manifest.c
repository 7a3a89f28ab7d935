/* SPDX-License-Identifier: MIT */
/*
 * The manifest: whose assembly a program says it is, and which rights it asks for.
 *
 * Follows "Application Manifests" (Microsoft).  Only tags and attributes are
 * looked at, as far as the XML is well-formed; no DTD is read, no entity is
 * replaced.
 */
#include "base/charset.h"
#include "formats/pe/looking.h"

/* The assembly's own identity stands right below the root; further down are those that it
 * needs. */
#define OWN_DEPTH 1
#define MAX_DEPTH 32

struct scan {
	struct span xml;
	uint64_t at;
	unsigned depth; /* elements that are open */
	struct span identity, level;
};

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_name(uint8_t c)
{
	return c != 0 && !is_space(c) && !strchr("=/><\"'", c);
}

static void spaces_skip(struct scan *s)
{
	while (is_space(span_at(s->xml, s->at)))
		s->at++;
}

/* A name without its prefix; empty: none stands here. */
static struct span name_take(struct scan *s)
{
	uint64_t from = s->at;

	while (is_name(span_at(s->xml, s->at))) {
		if (span_at(s->xml, s->at) == ':')
			from = s->at + 1;
		s->at++;
	}
	return span_clip(s->xml, from, s->at - from);
}

static bool span_is(struct span s, const char *text)
{
	return span_equal(s, SPAN_TEXT(text));
}

/* Behind the next @end.  False: there is none. */
static bool skip_behind(struct scan *s, const char *end)
{
	if (!span_find(s->xml, SPAN_TEXT(end), s->at, &s->at))
		return false;
	s->at += strlen(end);
	return true;
}

/* name="value" */
static bool attribute_take(struct scan *s, struct span *name, struct span *value)
{
	uint8_t quote;
	uint64_t from;

	*name = name_take(s);
	spaces_skip(s);
	if (name->len == 0 || span_at(s->xml, s->at) != '=')
		return false;
	s->at++;
	spaces_skip(s);
	quote = span_at(s->xml, s->at);
	if (quote != '"' && quote != '\'')
		return false;
	from = ++s->at;
	if (!skip_behind(s, quote == '"' ? "\"" : "'"))
		return false;
	*value = span_clip(s->xml, from, s->at - 1 - from);
	return true;
}

static void attribute_keep(struct scan *s, struct span element, struct span name,
			   struct span value)
{
	if (s->depth == OWN_DEPTH && s->identity.len == 0 &&
	    span_is(element, "assemblyIdentity") && span_is(name, "name"))
		s->identity = value;
	if (s->level.len == 0 && span_is(element, "requestedExecutionLevel") &&
	    span_is(name, "level"))
		s->level = value;
}

/* Behind '<': an element's beginning.  False: no XML. */
static bool element_take(struct scan *s)
{
	struct span element = name_take(s), name, value;

	if (element.len == 0)
		return false;
	for (;;) {
		spaces_skip(s);
		if (span_at(s->xml, s->at) == '>') {
			s->at++;
			return ++s->depth <= MAX_DEPTH;
		}
		if (span_at(s->xml, s->at) == '/' && span_at(s->xml, s->at + 1) == '>') {
			s->at += 2;
			return true;
		}
		if (!attribute_take(s, &name, &value))
			return false;
		attribute_keep(s, element, name, value);
	}
}

/* What begins with '<'.  False: the end, or no XML, or a DTD. */
static bool markup_take(struct scan *s)
{
	struct span rest = span_after(s->xml, s->at);

	if (span_starts(rest, "<!--", 4))
		return skip_behind(s, "-->");
	if (span_starts(rest, "<![CDATA[", 9))
		return skip_behind(s, "]]>");
	if (span_starts(rest, "<?", 2))
		return skip_behind(s, "?>");
	if (span_starts(rest, "<!", 2))
		return false;
	if (span_starts(rest, "</", 2)) {
		if (s->depth == 0)
			return false;
		s->depth--;
		return skip_behind(s, ">");
	}
	s->at++;
	return element_take(s);
}

/* By its first bytes; UTF-8 is what there is no other sign of.  @room keeps what is converted.
 */
static enum status text_of(struct span bytes, struct buffer *room, struct span *out)
{
	*out = bytes;
	if (span_starts(bytes, "\xff\xfe", 2) || span_starts(bytes, "<\0", 2))
		charset_utf16le(room, bytes);
	else if (span_starts(bytes, "\xfe\xff", 2) || span_starts(bytes, "\0<", 2))
		charset_utf16be(room, bytes);
	else
		return STATUS_OK;
	*out = buffer_span(room);
	return buffer_status(room);
}

enum status pe_manifest_read(struct pe_looking *l, const struct pe_resource_tree *t,
			     struct pe_manifest *out)
{
	CLEANUP(buffer_free) struct buffer room = BUFFER_INIT;
	const struct pe_resource *r = pe_resource_of(t->first, PE_RT_MANIFEST);
	struct scan s = { 0 };
	struct range where;
	struct span bytes;
	bool more;

	if (!r)
		return STATUS_OK;
	TRY(pe_resource_load(l, r, PE_MAX_MANIFEST_BYTES, &bytes, &where));
	if (bytes.len == 0)
		return STATUS_OK;
	TRY(text_of(bytes, &room, &s.xml));
	do
		more = span_find(s.xml, SPAN_LITERAL("<"), s.at, &s.at);
	while (more && markup_take(&s));
	if (more)
		finding_add(l->findings, "pe.manifest-malformed", where,
			    "elements, comments and instructions",
			    "something else, or no end of it");
	out->present = true;
	TRY(pe_text(l->arena, s.identity, &out->identity));
	return pe_text(l->arena, s.level, &out->level);
}
