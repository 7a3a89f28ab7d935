/* SPDX-License-Identifier: MIT */
/*
 * SVG: pictures in the page (SVG 1.1), each with a title, a description and a
 * legend.  What they show is told apart by pattern, not by colour alone.
 * Private to src/evidence.
 */
#pragma once
#include "evidence/html.h"

#define SVG_WIDTH 960

/* How something is filled: each is a pattern that svg_patterns() defines. */
enum svg_fill {
	SVG_NOTHING, /* an outline */
	SVG_SOLID,   /* as it should be */
	SVG_DOTS,    /* left out */
	SVG_LINES,   /* nobody answers for it */
	SVG_SLASH,   /* a signature */
	SVG_BACK,    /* behind it */
	SVG_GRID,    /* hidden, or not looked at */
	SVG_CROSS,   /* not as it should be */
	SVG_FILLS,
};

/* Once in a document, before the pictures. */
void svg_patterns(struct buffer *out);

/* <svg>, <title> and <desc>; @title and @desc are ours. */
void svg_begin(struct buffer *out, unsigned height, const char *title, const char *desc);
void svg_end(struct buffer *out);
void svg_rect(struct buffer *out, enum svg_fill fill, struct range x, struct range y);
/* What is drawn between them in path data is filled like this. */
void svg_path_begin(struct buffer *out, enum svg_fill fill);
void svg_path_end(struct buffer *out);
/* Text that was not escaped yet, at most @width wide; left out when nothing of it fits. */
void svg_label(struct buffer *out, uint64_t x, uint64_t y, uint64_t width, const char *text);
/* A square and what it means; gives where the next one begins. */
unsigned svg_key(struct buffer *out, unsigned x, unsigned y, enum svg_fill fill,
		 const char *text);

/* The bytes of the file as signature @signature (-1: none) covers them. */
void svg_map(struct buffer *out, const struct report *r, int signature);
/* The pages of a file beside those of its donor. */
void svg_pages(struct buffer *out, const struct report_relation *relation);
/* The pages that a page-hash table knows. */
void svg_bad_pages(struct buffer *out, const struct report *r,
		   const struct report_signature *s);
/* The sections of the file above those of its donor. */
void svg_donor(struct buffer *out, const struct report *r, const struct report_donor *donor);
