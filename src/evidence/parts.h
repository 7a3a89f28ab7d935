/* SPDX-License-Identifier: MIT */
/*
 * Parts: what the files of this room share.  Private to src/evidence.
 *
 * A signer's name never appears without its standing: whoever prints one asks
 * report_signer(), and gets it only when the facts allow.
 */
#pragma once
#include "base/json.h"
#include "evidence/evidence.h"

#define TEXT_MAX_NAME 200 /* octets of one name or value that a person is shown */
#define TEXT_COLUMNS  80

/* The index of the signature that the word rests on, else of the first; -1: none. */
int report_decisive(const struct report *r);

/* Does everything about this signature hold, and the file pass as a whole? */
bool report_trusted(const struct report *r, const struct report_signature *s);
/* Then the signer's name; else NULL. */
const char *report_signer(const struct report *r, const struct report_signature *s);

/* Did this timestamp prove its time?  Then its signer is more than a claim. */
bool report_time_proven(const struct report_timestamp *t);

/* The worst finding of @severity or more; @signature -2: of any; NULL: none. */
const struct report_finding *report_worst(const struct report *r, enum assay_severity severity,
					  int signature);

/* The sentence of one signature (-1: of the file) for the word @v. */
void sentence_write(struct buffer *out, const struct report *r, int signature,
		    enum assay_verdict v);

/* A name in quotes; a value without.  Both are shortened and inert; NULL gives "?". */
void text_name(struct buffer *out, const char *name);
void text_value(struct buffer *out, const char *value);
void text_day(struct buffer *out, int64_t seconds);  /* 2025-10-09 */
void text_time(struct buffer *out, int64_t seconds); /* 2025-10-09T12:00:00Z */
void text_range(struct buffer *out, struct range r); /* 0x3f8+1432 */
void text_hex(struct buffer *out, uint64_t v);       /* 0x3f8 */
/* Spaces up to column @column, counted from @from, at least one. */
void text_pad(struct buffer *out, size_t from, size_t column);
/* @text in lines of at most @width columns, each behind @indent spaces. */
void text_wrap(struct buffer *out, const char *text, size_t indent, size_t width);

/* The map of the file's bytes as signature @signature (-1: none) covers them. */
void map_write(struct buffer *out, const struct report *r, int signature,
	       const struct style *style);

/* Of the signature that decided, or of the bare file; NULL: none. */
const struct report_relation *report_relation_of(const struct report *r);
/* "OpenConsole.exe 1.23", or its digest. */
void donor_name_write(struct buffer *out, const struct report_donor *d);
/* Lines about the donor and about each piece of evidence; @all: however many. */
void donor_write(struct buffer *out, const struct report_relation *r, const char *indent);
void evidence_write(struct buffer *out, const struct report *r, const char *indent, bool all);
void relation_explain(struct buffer *out, const struct report *r, size_t width);
void relation_json(struct json *j, const char *key, const struct report_relation *r);
void evidence_json(struct json *j, const struct report *r);
/* What YARA rules matched; nothing when none were asked. */
void matches_write(struct buffer *out, const struct report *r, const char *indent);
