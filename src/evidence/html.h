/* SPDX-License-Identifier: MIT */
/*
 * HTML: what the files of the page share.  Private to src/evidence.
 *
 * The page is one document without script, and nothing in it is fetched.  Text
 * from a file becomes inert twice: as on a terminal (parts.h), and then for
 * HTML; it never stands in an attribute.
 */
#pragma once
#include "base/markup.h"
#include "evidence/parts.h"

#define HTML_MAX_PATH       4096 /* octets that are shown */
#define HTML_MAX_SIGNATURES 8    /* of one file, in full */
#define HTML_MAX_TIMESTAMPS 8    /* of one signature */
#define HTML_MAX_FINDINGS   64
#define HTML_MAX_EVIDENCE   32
#define HTML_MAX_FEATURES   512
#define HTML_MAX_MATCHES    32
#define HTML_MAX_ERRORS     8

extern const char html_style[];

void html_value(struct buffer *out, const char *value);
void html_name(struct buffer *out, const char *name); /* in quotes */
void html_path(struct buffer *out, const char *path);

/* The sentence of one signature (-1: of the file), as sentence_write(). */
void html_sentence(struct buffer *out, const struct report *r, int signature,
		   enum assay_verdict v);
/* A name, and behind what it stands: "signed by", "claims". */
void html_signer(struct buffer *out, const char *name, bool verified);
/* <dt>@label</dt><dd> ... </dd>; what comes between is the caller's. */
void html_item_begin(struct buffer *out, const char *label);
void html_item_end(struct buffer *out);
/* The same with a value. */
void html_item(struct buffer *out, const char *label, const char *value);
void html_item_range(struct buffer *out, const char *label, struct range r);
/* <details> that is folded: "@title (@n)"; @n 0: without. */
void html_fold_begin(struct buffer *out, const char *title, size_t n);
void html_fold_end(struct buffer *out);
/* "... and 7 more", as a paragraph; nothing when @left is 0. */
void html_more(struct buffer *out, uint64_t left);

/* Everything about a file; @first of its word: links lead there. */
void html_article(struct buffer *out, const struct report *r, const char *path, bool first);
/* A signature, a donor. */
void html_signature(struct buffer *out, const struct report *r, size_t i);
void html_donor(struct buffer *out, const struct report *r,
		const struct report_relation *relation);
