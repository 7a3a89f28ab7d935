/* SPDX-License-Identifier: MIT */
/* Text in HTML (HTML Living Standard, "Text" and "Attributes"). */
#include "evidence/html.h"

void html_value(struct buffer *out, const char *value)
{
	size_t from = out->len;

	text_value(out, value);
	markup_escape(out, from);
}

void html_name(struct buffer *out, const char *name)
{
	size_t from = out->len;

	text_name(out, name);
	markup_escape(out, from);
}

/* Back to the end of a character. */
static size_t character_end(struct span text, size_t at)
{
	while (at > 0 && (span_at(text, at) & 0xc0) == 0x80)
		at--;
	return at;
}

void html_path(struct buffer *out, const char *path)
{
	size_t from = out->len;
	struct span text;

	text_path(out, path);
	text = span_after(buffer_span(out), from);
	if (text.len > HTML_MAX_PATH) {
		buffer_cut(out, from + character_end(text, HTML_MAX_PATH));
		buffer_text(out, "...");
	}
	markup_escape(out, from);
}

void html_sentence(struct buffer *out, const struct report *r, int signature,
		   enum assay_verdict v)
{
	size_t from = out->len;

	sentence_write(out, r, signature, v);
	markup_escape(out, from);
}

void html_signer(struct buffer *out, const char *name, bool verified)
{
	buffer_text(out, verified ? "<span class=\"verified\">signed by <bdi>"
				  : "<span class=\"claim\">claims <bdi>");
	html_name(out, name);
	buffer_text(out, "</bdi></span>");
}

void html_item_begin(struct buffer *out, const char *label)
{
	buffer_text(out, "<dt>");
	buffer_text(out, label);
	buffer_text(out, "</dt><dd>");
}

void html_item_end(struct buffer *out)
{
	buffer_text(out, "</dd>\n");
}

void html_item(struct buffer *out, const char *label, const char *value)
{
	html_item_begin(out, label);
	html_value(out, value);
	html_item_end(out);
}

void html_item_range(struct buffer *out, const char *label, struct range r)
{
	html_item_begin(out, label);
	text_range(out, r);
	html_item_end(out);
}

void html_fold_begin(struct buffer *out, const char *title, size_t n)
{
	buffer_text(out, "<details><summary>");
	buffer_text(out, title);
	if (n) {
		buffer_text(out, " (");
		buffer_u64(out, n);
		buffer_char(out, ')');
	}
	buffer_text(out, "</summary>\n");
}

void html_fold_end(struct buffer *out)
{
	buffer_text(out, "</details>\n");
}

void html_more(struct buffer *out, uint64_t left)
{
	if (left == 0)
		return;
	buffer_text(out, "<p>... and ");
	buffer_u64(out, left);
	buffer_text(out, " more</p>\n");
}
