/* SPDX-License-Identifier: MIT */
/* Sample: a made-up report for each word, for the tests of this room alone. */
#pragma once
#include "evidence/evidence.h"

/* The report points into the other members. */
struct sample {
	struct report report;
	struct report_signature signatures[2];
	struct report_certificate chain[3];
	struct report_timestamp timestamps[1];
	struct report_finding findings[3];
	struct report_region regions[4];
	struct range covered[3], bad_pages[1];
	const char *errors[1];
	struct report_relation relation;
	struct report_donor_section sections[2];
	struct report_evidence evidence[2];
	struct range foreign[1];
};

#define SAMPLE_SIZE UINT64_C(10240)

/* What the report of a file with this word looks like; ASSAY_VERDICT_UNKNOWN: a report that
 * uses every field. */
void sample_make(struct sample *s, enum assay_verdict verdict);

/* A valid signature before one with the word @second, which decides. */
void sample_make_pair(struct sample *s, enum assay_verdict second);

/* Every text that comes from the file is @name: as its author wants to be called. */
void sample_name(struct sample *s, const char *name);
