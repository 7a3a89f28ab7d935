/* SPDX-License-Identifier: MIT */
/* From tag to tag: XML 1.0, 2.1 to 2.8, 3.1. */
#include "base/charset.h"
#include "structure/xml/xml_reading.h"

enum status xml_wrong(struct xml_reader *r, const char *problem)
{
	r->problem = problem;
	return STATUS_MALFORMED;
}

static uint8_t now(const struct xml_reader *r)
{
	return span_at(r->text, r->pos);
}

static bool stands(const struct xml_reader *r, const char *text)
{
	return span_starts(span_after(r->text, r->pos), text, strlen(text));
}

static bool blanks_take(struct xml_reader *r)
{
	uint64_t from = r->pos;

	while (xml_blank(now(r)))
		r->pos++;
	return r->pos > from;
}

static struct span name_take(struct xml_reader *r)
{
	struct span name = span_clip(r->text, r->pos, xml_name_length(r->text, r->pos, true));

	r->pos += name.len;
	return name;
}

/* Are all characters of @s such as XML allows? */
static bool characters_valid(struct span s)
{
	uint8_t len;

	for (uint64_t i = 0; i < s.len; i += len)
		if (xml_char_at(s, i, &len) == 0)
			return false;
	return true;
}

/* Up to @end, and past it. */
static bool until_take(struct xml_reader *r, const char *end, struct span *inside)
{
	uint64_t at;

	if (!span_find(r->text, SPAN_TEXT(end), r->pos, &at))
		return false;
	*inside = span_clip(r->text, r->pos, at - r->pos);
	r->pos = at + strlen(end);
	return characters_valid(*inside);
}

/* ="value" */
static enum status value_take(struct xml_reader *r, struct span *raw)
{
	char quote[2] = { 0 };
	uint64_t at;

	blanks_take(r);
	if (now(r) != '=')
		return xml_wrong(r, "an attribute without a value");
	r->pos++;
	blanks_take(r);
	quote[0] = (char)now(r);
	if (quote[0] != '"' && quote[0] != '\'')
		return xml_wrong(r, "a value without quotes");
	r->pos++;
	if (!until_take(r, quote, raw) || span_find(*raw, SPAN_LITERAL("<"), 0, &at))
		return xml_wrong(r, "a value that does not end, or holds what it must not");
	if (!xml_references_valid(*raw))
		return xml_wrong(r, "a reference to nothing");
	return STATUS_OK;
}

static enum status attribute_take(struct xml_reader *r)
{
	struct xml_attribute *at = &r->attributes[r->n_attributes];

	if (r->n_attributes == XML_MAX_ATTRIBUTES)
		return STATUS_LIMIT;
	*at = (struct xml_attribute){ 0 };
	if (!xml_name_split(name_take(r), &at->name))
		return xml_wrong(r, "no name where one must be");
	r->n_attributes++;
	return value_take(r, &at->raw);
}

static enum status start_take(struct xml_reader *r, struct xml_event *out)
{
	struct xml_name *name = &r->open[r->depth];

	if (r->depth == XML_MAX_DEPTH)
		return STATUS_LIMIT;
	if (r->depth == 0 && r->has_root)
		return xml_wrong(r, "a second document element");
	r->has_root = true;
	r->pos++;
	if (!xml_name_split(name_take(r), name))
		return xml_wrong(r, "no name where one must be");
	r->n_attributes = 0;
	r->marks[r->depth] = r->n_bindings;
	while (blanks_take(r) && now(r) != '>' && now(r) != '/')
		TRY(attribute_take(r));
	r->ends_now = now(r) == '/';
	r->pos += r->ends_now;
	if (now(r) != '>')
		return xml_wrong(r, "a tag that does not end");
	r->pos++;
	TRY(xml_bind(r, name));
	r->depth++;
	out->kind = XML_START;
	out->name = *name;
	out->attributes = r->attributes;
	out->n_attributes = r->n_attributes;
	return STATUS_OK;
}

static enum status element_end(struct xml_reader *r, struct xml_event *out)
{
	r->depth--;
	r->n_bindings = r->marks[r->depth];
	r->ends_now = false;
	out->kind = XML_END;
	out->name = r->open[r->depth];
	return STATUS_OK;
}

static enum status end_take(struct xml_reader *r, struct xml_event *out)
{
	struct span name;

	r->pos += 2;
	name = name_take(r);
	if (r->depth == 0 || !span_equal(name, r->open[r->depth - 1].whole))
		return xml_wrong(r, "an end that belongs to no beginning");
	blanks_take(r);
	if (now(r) != '>')
		return xml_wrong(r, "a tag that does not end");
	r->pos++;
	return element_end(r, out);
}

static enum status comment_take(struct xml_reader *r, struct xml_event *out)
{
	uint64_t at;

	r->pos += 4;
	if (!until_take(r, "-->", &out->text) ||
	    span_find(out->text, SPAN_LITERAL("--"), 0, &at) ||
	    span_at(out->text, out->text.len ? out->text.len - 1 : 0) == '-')
		return xml_wrong(r, "a comment that does not end, or holds what it must not");
	out->kind = XML_COMMENT;
	return STATUS_OK;
}

/* Is @name "xml" in any case? */
static bool name_reserved(struct span name)
{
	return name.len == 3 && (span_at(name, 0) | 0x20) == 'x' &&
	       (span_at(name, 1) | 0x20) == 'm' && (span_at(name, 2) | 0x20) == 'l';
}

static enum status instruction_take(struct xml_reader *r, struct xml_event *out)
{
	bool apart;

	r->pos += 2;
	out->name.whole = name_take(r);
	apart = blanks_take(r);
	if (out->name.whole.len == 0 || name_reserved(out->name.whole))
		return xml_wrong(r, "an instruction without a name of its own");
	if (!until_take(r, "?>", &out->text) || (!apart && out->text.len > 0))
		return xml_wrong(r, "an instruction that does not end");
	out->kind = XML_INSTRUCTION;
	return STATUS_OK;
}

static enum status section_take(struct xml_reader *r, struct xml_event *out)
{
	r->pos += strlen("<![CDATA[");
	if (r->depth == 0 || !until_take(r, "]]>", &out->text))
		return xml_wrong(r, "a CDATA section outside, or that does not end");
	out->kind = XML_CDATA;
	return STATUS_OK;
}

static enum status text_take(struct xml_reader *r, struct xml_event *out)
{
	uint64_t at;

	if (!span_find(r->text, SPAN_LITERAL("<"), r->pos, &at))
		at = r->text.len;
	out->text = span_clip(r->text, r->pos, at - r->pos);
	if (r->depth == 0 && !xml_is_blank(out->text))
		return xml_wrong(r, "text outside of the document element");
	if (!characters_valid(out->text) || span_find(out->text, SPAN_LITERAL("]]>"), 0, &at))
		return xml_wrong(r, "text that holds what it must not");
	if (!xml_references_valid(out->text))
		return xml_wrong(r, "a reference to nothing");
	r->pos += out->text.len;
	out->kind = XML_TEXT;
	return STATUS_OK;
}

static enum status markup_take(struct xml_reader *r, struct xml_event *out)
{
	if (now(r) != '<')
		return text_take(r, out);
	if (stands(r, "</"))
		return end_take(r, out);
	if (stands(r, "<!--"))
		return comment_take(r, out);
	if (stands(r, "<![CDATA["))
		return section_take(r, out);
	if (stands(r, "<!"))
		return STATUS_UNSUPPORTED;
	if (stands(r, "<?"))
		return instruction_take(r, out);
	return start_take(r, out);
}

enum status xml_next(struct xml_reader *r, struct xml_event *out)
{
	uint64_t from = r->pos;

	*out = (struct xml_event){ 0 };
	if (++r->n_nodes > XML_MAX_NODES)
		return STATUS_LIMIT;
	if (r->ends_now) {
		out->whole = r->tag;
		return element_end(r, out);
	}
	if (r->pos == r->text.len)
		return r->depth == 0 && r->has_root
			       ? STATUS_OK
			       : xml_wrong(r, "the end, and elements that have not ended");
	TRY(markup_take(r, out));
	out->whole = r->tag = span_clip(r->text, from, r->pos - from);
	return STATUS_OK;
}

/* name = 'value' in the XML declaration; false: not there. */
static bool pseudo_take(struct xml_reader *r, const char *name, struct span *value)
{
	uint64_t before = r->pos;

	if (blanks_take(r) && stands(r, name)) {
		r->pos += strlen(name);
		if (value_take(r, value) == STATUS_OK)
			return true;
	}
	r->pos = before;
	return false;
}

static enum status declaration_take(struct xml_reader *r, bool wide)
{
	struct span value;

	if (!stands(r, "<?xml") || !xml_blank(span_at(r->text, r->pos + 5)))
		return STATUS_OK;
	r->pos += 5;
	if (!pseudo_take(r, "version", &value))
		return xml_wrong(r, "an XML declaration without a version");
	if (!span_equal(value, SPAN_LITERAL("1.0")))
		return STATUS_UNSUPPORTED;
	if (pseudo_take(r, "encoding", &value) &&
	    !span_equal_nocase(value, wide ? SPAN_LITERAL("utf-16") : SPAN_LITERAL("utf-8")) &&
	    (wide || !span_equal_nocase(value, SPAN_LITERAL("us-ascii"))))
		return STATUS_UNSUPPORTED;
	if (pseudo_take(r, "standalone", &value) && !span_equal(value, SPAN_LITERAL("yes")) &&
	    !span_equal(value, SPAN_LITERAL("no")))
		return xml_wrong(r, "standalone is yes or no");
	blanks_take(r);
	if (!stands(r, "?>"))
		return xml_wrong(r, "an XML declaration that does not end");
	r->pos += 2;
	return STATUS_OK;
}

static enum status narrow(struct arena *a, struct span wide, bool big, struct span *out)
{
	CLEANUP(buffer_free) struct buffer text = BUFFER_INIT;

	if (!(big ? charset_utf16be : charset_utf16le)(&text, wide))
		return STATUS_MALFORMED;
	TRY(buffer_status(&text));
	*out = arena_copy(a, buffer_span(&text));
	return out->ptr || out->len == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status xml_open(struct arena *a, struct span document, struct xml_reader **out)
{
	struct xml_reader *r = ARENA_NEW(a, struct xml_reader, 1);
	bool little = span_starts(document, "\xff\xfe", 2);
	bool big = span_starts(document, "\xfe\xff", 2);

	*out = r;
	if (!r)
		return STATUS_NO_MEMORY;
	r->a = a;
	r->text = document;
	if (document.len > XML_MAX_BYTES)
		return STATUS_LIMIT;
	if (little || big)
		TRY(narrow(a, span_after(document, 2), big, &r->text));
	if (span_starts(document, "\xef\xbb\xbf", 3))
		r->pos = 3;
	return declaration_take(r, little || big);
}
