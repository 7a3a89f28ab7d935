/* SPDX-License-Identifier: MIT */
/* HTML Living Standard; CommonMark 0.30; pages hold no script, and nothing in them is fetched.
 */
#include "graph/sheet.h"

#include "base/escape.h"
#include "base/markup.h"
#include "evidence/names.h"

#define LABEL_COLUMN 15

static const char style[] =
	"body{margin:1.5rem auto;padding:0 "
	"1rem;max-width:82rem;background:#ffffff;color:#1b1f24;"
	"font:1rem/1.45 system-ui,sans-serif;color-scheme:light dark}\n"
	"h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:1.6rem}\n"
	"a{color:#0b5cad}a:focus-visible{outline:3px solid #0b5cad}\n"
	"dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}\n"
	"dt{color:#57606a}dd{margin:0;overflow-wrap:anywhere}dt:target,dt:target+dd{"
	"outline:2px dashed #57606a}\n"
	"table{border-collapse:collapse;width:100%}caption{text-align:left;color:#57606a}\n"
	"th,td{text-align:left;vertical-align:top;padding:.25rem .7rem .25rem 0;"
	"border-bottom:1px solid #6e7781;overflow-wrap:break-word}\n"
	"td:last-child{overflow-wrap:anywhere}\n"
	"code{overflow-wrap:anywhere}svg{max-width:100%;height:auto}\n"
	"@media(prefers-color-scheme:dark){body{background:#14161a;color:#e6e8eb}"
	"a{color:#7ab8ff}a:focus-visible{outline-color:#7ab8ff}dt,caption{color:#a8b0b9}"
	"th,td{border-color:#8b949e}}\n";

void sheet_html_begin(struct buffer *out, const char *title)
{
	buffer_text(
		out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'unsafe-inline'\"/>\n"
		"<meta name=\"viewport\" content=\"width=device-width\"/>\n<title>");
	markup_text(out, SPAN_TEXT(title));
	buffer_printf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<h1>", style);
	markup_text(out, SPAN_TEXT(title));
	buffer_text(out, "</h1>\n");
}

void sheet_html_end(struct buffer *out)
{
	buffer_text(out, "</body>\n</html>\n");
}

/* Inert text in Markdown: what begins markup there stands behind a backslash. */
static void markdown_add(struct buffer *out, const char *text)
{
	CLEANUP(buffer_free) struct buffer plain = BUFFER_INIT;
	struct span all;

	escape_text(&plain, SPAN_TEXT(text));
	if (buffer_status(&plain) != STATUS_OK)
		out->failed = true;
	all = buffer_span(&plain);
	for (uint64_t i = 0; i < all.len; i++) {
		uint8_t c = span_at(all, i);

		if (c != 0 && strchr("\\`*_{}[]<>()#+!|&~$", c))
			buffer_char(out, '\\');
		buffer_char(out, (char)c);
	}
}

static void add(struct sheet *s, const char *text)
{
	if (s->form == SHEET_HTML)
		markup_text(s->out, SPAN_TEXT(text));
	else if (s->form == SHEET_MARKDOWN)
		markdown_add(s->out, text);
	else
		escape_text(s->out, SPAN_TEXT(text));
}

static void list_end(struct sheet *s)
{
	if (s->listing)
		buffer_text(s->out, "</dl>\n");
	s->listing = false;
}

void sheet_begin(struct sheet *s, const char *title, const char *below)
{
	if (s->form == SHEET_HTML)
		sheet_html_begin(s->out, title);
	else if (s->form == SHEET_MARKDOWN)
		buffer_text(s->out, "# ");
	if (s->form != SHEET_HTML) {
		add(s, title);
		buffer_char(s->out, '\n');
	}
	if (s->form == SHEET_MARKDOWN)
		buffer_char(s->out, '\n');
	sheet_paragraph(s, below);
}

void sheet_end(struct sheet *s)
{
	list_end(s);
	if (s->form == SHEET_HTML)
		sheet_html_end(s->out);
}

void sheet_section(struct sheet *s, const char *title)
{
	list_end(s);
	buffer_text(s->out, s->form == SHEET_HTML       ? "<h2>"
			    : s->form == SHEET_MARKDOWN ? "\n## "
							: "\n");
	add(s, title);
	buffer_text(s->out, s->form == SHEET_HTML       ? "</h2>\n"
			    : s->form == SHEET_MARKDOWN ? "\n\n"
							: "\n");
}

void sheet_paragraph(struct sheet *s, const char *text)
{
	CLEANUP(buffer_free) struct buffer plain = BUFFER_INIT;

	list_end(s);
	if (s->form == SHEET_TEXT) {
		escape_text(&plain, SPAN_TEXT(text));
		buffer_char(&plain, '\0');
		if (buffer_status(&plain) != STATUS_OK)
			s->out->failed = true;
		text_wrap(s->out, buffer_string(&plain, 0), 2, s->width);
		return;
	}
	buffer_text(s->out, s->form == SHEET_HTML ? "<p>" : "");
	add(s, text);
	buffer_text(s->out, s->form == SHEET_HTML ? "</p>\n" : "\n");
}

void sheet_none(struct sheet *s)
{
	sheet_paragraph(s, "Not defined.");
}

/* ---- items ---- */

static void html_item(struct sheet *s, const char *anchor, const char *label, const char *value,
		      const char *href)
{
	if (!s->listing)
		buffer_text(s->out, "<dl>\n");
	s->listing = true;
	buffer_text(s->out, "<dt");
	if (anchor) {
		buffer_text(s->out, " id=\"");
		add(s, anchor);
		buffer_char(s->out, '"');
	}
	buffer_char(s->out, '>');
	add(s, label);
	buffer_text(s->out, "</dt><dd>");
	if (href) {
		buffer_text(s->out, "<a href=\"");
		add(s, href);
		buffer_text(s->out, "\">");
	}
	add(s, value);
	buffer_text(s->out, href ? "</a></dd>\n" : "</dd>\n");
}

/* A link of CommonMark ends at the first bracket or blank that is not escaped. */
static void markdown_href(struct buffer *out, const char *href)
{
	struct span all = SPAN_TEXT(href);

	for (uint64_t i = 0; i < all.len; i++) {
		uint8_t c = span_at(all, i);

		if (c <= 0x20 || c >= 0x7F || strchr("()<>\\", c))
			buffer_printf(out, "%%%02X", c);
		else
			buffer_char(out, (char)c);
	}
}

static void markdown_item(struct sheet *s, const char *anchor, const char *label,
			  const char *value, const char *href)
{
	buffer_text(s->out, "- ");
	if (anchor) {
		buffer_text(s->out, "<a id=\"");
		markup_text(s->out, SPAN_TEXT(anchor));
		buffer_text(s->out, "\"></a>");
	}
	buffer_text(s->out, "**");
	add(s, label);
	buffer_text(s->out, href ? "**: [" : "**: ");
	add(s, value);
	if (href) {
		buffer_text(s->out, "](");
		markdown_href(s->out, href);
		buffer_char(s->out, ')');
	}
	buffer_char(s->out, '\n');
}

static void text_item(struct sheet *s, const char *label, const char *value)
{
	CLEANUP(buffer_free) struct buffer plain = BUFFER_INIT;
	size_t from = s->out->len;

	buffer_text(s->out, "  ");
	add(s, label);
	text_pad(s->out, from, LABEL_COLUMN + 2);
	escape_text(&plain, SPAN_TEXT(value));
	if (s->out->len - from + plain.len <= s->width) {
		buffer_add(s->out, buffer_span(&plain));
		buffer_char(s->out, '\n');
		return;
	}
	buffer_char(&plain, '\0');
	if (buffer_status(&plain) != STATUS_OK)
		s->out->failed = true;
	buffer_cut(s->out, from);
	buffer_text(s->out, "  ");
	add(s, label);
	buffer_char(s->out, '\n');
	text_wrap(s->out, buffer_string(&plain, 0), 4, s->width);
}

static void item(struct sheet *s, const char *anchor, const char *label, const char *value,
		 const char *href)
{
	if (!value)
		value = "Not defined.";
	if (s->form == SHEET_HTML)
		html_item(s, anchor, label, value, href);
	else if (s->form == SHEET_MARKDOWN)
		markdown_item(s, anchor, label, value, href);
	else
		text_item(s, label, value);
}

void sheet_item(struct sheet *s, const char *label, const char *value, const char *href)
{
	item(s, NULL, label, value, href);
}

void sheet_anchor(struct sheet *s, const char *anchor, const char *label, const char *value)
{
	item(s, anchor, label, value, NULL);
}

void sheet_own_begin(struct sheet *s, const char *language)
{
	list_end(s);
	if (s->form == SHEET_MARKDOWN)
		buffer_printf(s->out, "```%s\n", language);
}

void sheet_own_end(struct sheet *s)
{
	if (s->form == SHEET_MARKDOWN)
		buffer_text(s->out, "```\n");
}
