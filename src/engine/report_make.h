/* SPDX-License-Identifier: MIT */
/* Claims, facts and judgement of one file -> its report. */
#pragma once
#include "engine/engine.h"
#include "formats/format.h"

struct report_parts {
	const struct engine *engine;
	const struct container *box; /* .format NULL: no known program format */
	struct fact *facts;
	struct judgement judgement;
	const struct findings *findings;
	const struct pe_identity *identity; /* NULL: not a PE that could be read */
	uint64_t size;
	const struct digest *sha256; /* of the file; NULL: not computed */
	const struct relation *bare; /* of a file without signature; NULL: none */
};

MUST_CHECK enum status report_make(struct arena *a, const struct report_parts *parts,
				   struct report *out);

/* The version that the program says it has (report_version.c); NULL: none. */
MUST_CHECK enum status report_version_make(struct arena *a, const struct report_parts *parts,
					   const char **out);

/* Whose signature it is: relations and evidence.  Private to this room. */
MUST_CHECK enum status report_relation_make(struct arena *a, const struct relation *r,
					    const struct fact *f,
					    const struct report_relation **out);
MUST_CHECK enum status report_evidence_make(struct arena *a, const struct report_parts *parts,
					    struct report *out);

/* A report for a file that could not be judged; works without any memory. */
void report_error(struct arena *a, const struct engine *e, enum status status, int error,
		  const struct findings *findings, struct report *out);
