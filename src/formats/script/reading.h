/* SPDX-License-Identifier: MIT */
/* What the steps of one reading share.  Private to this room. */
#pragma once
#include "base/buffer.h"
#include "formats/script/script.h"

/*
 * The text behind the mark, one byte for each unit of its encoding: of UTF-16
 * a copy in which everything beyond ASCII is 0xff.  Markers are ASCII, so
 * that they are found here, and offsets in the file follow by counting.
 */
struct script_text {
	struct span raw;   /* the file */
	uint64_t start;    /* of the text, behind the mark */
	uint64_t width;    /* bytes of a unit */
	struct span units; /* one byte each */
	bool odd;          /* half a unit stands at the end */
	enum script_encoding encoding;
};

/* How one family writes a signature into its text. */
struct script_syntax {
	const char *title;        /* "PowerShell script" */
	const char *open, *close; /* around a line of base64 */
	const char *begin, *end;  /* lines of their own */
	struct span sip;          /* the GUID of its kind in SpcSipInfo */
	enum script_family family;
	bool signs_mark;    /* the mark is part of the signed text */
	bool signs_rest;    /* what stands behind the block is signed too */
	bool signs_place;   /* the number of the block's first unit is signed behind the text */
	bool defaults_ansi; /* without a mark it is always read as Windows-1252 */
};

extern const struct script_syntax script_syntaxes[];
extern const size_t n_script_syntaxes;

struct script_block {
	const struct script_syntax *syntax;
	uint64_t text_end;             /* in units: before the line end in front of the block */
	uint64_t begin;                /* its first line */
	uint64_t end;                  /* behind its last line, with the line end */
	uint64_t foreign, foreign_len; /* a line in it that is no base64; 0 long: none */
	bool unended;                  /* its last line is missing */
	struct span der; /* what the base64 stands for; empty: it cannot be decoded */
};

/* A line: [off, end) without its line end, which reaches to .next. */
struct script_line {
	uint64_t off, end, next;
};

bool script_line_at(struct span units, uint64_t off, struct script_line *out);

/* By its mark, else by what it holds; and its units. */
MUST_CHECK enum status script_text_read(struct arena *a, struct span raw,
					struct script_text *out);

/* The first blocks in the order of the text; more than @max are only counted. */
MUST_CHECK enum status script_blocks_find(struct arena *a, struct span units,
					  struct script_block blocks[SCRIPT_MAX_BLOCKS],
					  size_t *n);

/* A line that was made to be taken for the first line of a block. */
bool script_lookalike_find(struct span units, struct script_line *out);

/* What the file is by its first bytes alone. */
enum script_family script_recognise(const struct script_text *text);

/* Whether its last bytes are those of a signed script. */
bool script_tail_recognise(struct span tail);

/* Fills image->candidates for this block. */
MUST_CHECK enum status script_candidates_make(struct arena *a, const struct script_text *text,
					      const struct script_block *block,
					      struct script_image *image);

/* Adds @raw as UTF-16LE; false: it is not text of that encoding. */
bool script_decode(struct buffer *out, struct span raw, enum script_encoding encoding);

/* Adds UTF-16LE text with all its line ends changed; false: that changed nothing. */
bool script_ends_change(struct buffer *out, struct span text, bool to_crlf);
