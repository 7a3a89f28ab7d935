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
#include "evidence/names.h"
#include "evidence/standing.h"

#define TEXT_COLUMNS 80

/* Did this timestamp prove its time?  Then its signer is more than a claim. */
bool report_time_proven(const struct report_timestamp *t);

/* The worst finding of @severity or more; @signature -2: of any; NULL: none. */
const struct report_finding *report_worst(const struct report *r, enum assay_severity severity,
					  int signature);

/* A walk over all findings, worst first; begins zeroed. */
struct finding_walk {
	int passed; /* severities that are behind */
	size_t next;
};
const struct report_finding *report_next_finding(const struct report *r,
						 struct finding_walk *walk);

/* The sentence of one signature (-1: of the file) for the word @v. */
void sentence_write(struct buffer *out, const struct report *r, int signature,
		    enum assay_verdict v);

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

/* In JSON.  Null when there is none: an empty text would look like a digest. */
void range_json(struct json *j, const char *key, struct range r);
void ranges_json(struct json *j, const char *key, const struct range *ranges, size_t n);
void hex_json(struct json *j, const char *key, struct span bytes);
void time_json(struct json *j, const char *key, bool known, int64_t seconds);
/* "signature": the number of the signature that is spoken of; -1: none. */
void index_json(struct json *j, int signature);
/* "chain": the certificates of @s, as they claim. */
void chain_json(struct json *j, const struct report_signature *s);
void relation_json(struct json *j, const char *key, const struct report_relation *r);
void evidence_json(struct json *j, const struct report *r);
/* A sign's row of `assay rules --json`. */
struct weight;
void sign_json(struct buffer *out, const struct weight *w);
/* What YARA rules matched; nothing when none were asked. */
void matches_write(struct buffer *out, const struct report *r, const char *indent);
