/* SPDX-License-Identifier: MIT */
/*
 * Sheet: a page of headings, items and lines, written once and printed as text,
 * Markdown or HTML.  Private to src/graph.
 *
 * All texts may be of a user's file and are made inert here.
 */
#pragma once
#include "base/buffer.h"

enum sheet_form { SHEET_TEXT, SHEET_MARKDOWN, SHEET_HTML };

struct sheet {
	struct buffer *out;
	enum sheet_form form;
	unsigned width; /* text: of the terminal */
	bool listing;   /* html: a list is open */
};

void sheet_begin(struct sheet *s, const char *title, const char *below);
void sheet_end(struct sheet *s);
void sheet_section(struct sheet *s, const char *title);
void sheet_paragraph(struct sheet *s, const char *text);
/* "label: value"; @href NULL: no link.  A value that is NULL is "Not defined." */
void sheet_item(struct sheet *s, const char *label, const char *value, const char *href);
/* The same, for a link to it: "#" and @anchor. */
void sheet_anchor(struct sheet *s, const char *anchor, const char *label, const char *value);
void sheet_none(struct sheet *s); /* "Not defined." */

/* What is written between these is the writer's own. */
void sheet_own_begin(struct sheet *s, const char *language);
void sheet_own_end(struct sheet *s);

/* The beginning of every page of HTML, and its end. */
void sheet_html_begin(struct buffer *out, const char *title);
void sheet_html_end(struct buffer *out);
