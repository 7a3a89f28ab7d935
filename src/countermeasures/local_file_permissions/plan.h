/* SPDX-License-Identifier: MIT */
/*
 * Plan: what would be changed of an object, and why.  Pure: reads nothing,
 * changes nothing.
 */
#pragma once
#include "assay.h"
#include "base/status.h"
#include "countermeasures/local_file_permissions/means.h"

#define PERMIT_MAX_NOTES 16

/* What is known of an object. */
struct permit_subject {
	const char *path; /* without links; what the journal gets */
	struct object_identity identity;
	struct object_state state;
	enum assay_verdict verdict; /* of a file */
	const char *rule, *format;  /* format NULL: of no known one */
	const char *sentence;       /* why that verdict; NULL */
	bool complete;              /* the verdict */
	bool has_sha256;
	uint8_t sha256[32];
	const char *package; /* that owns it; NULL: none that is known */
	const char *vital;   /* why the system needs it; NULL: it does not */
	bool denied;         /* the configuration says that it shall not run */
	bool mount_point;
};

/* What a person asked for. */
struct permit_wish {
	unsigned means; /* mask; 0: what fits the verdict */
	uint32_t user;  /* of PERMIT_DENY_USER */
	bool even_packaged, even_vital, all_links;
	bool wine;    /* this host has it */
	uint32_t uid; /* who is going to act */
};

enum permit_decision {
	PERMIT_UNKNOWN,
	PERMIT_NOTHING, /* fine as it is, or nothing that we may decide */
	PERMIT_CHANGE,
	PERMIT_REFUSED,    /* what was asked for is not done */
	PERMIT_INCOMPLETE, /* could not be judged: nothing, ever */
};

struct permit_plan {
	enum permit_decision decision;
	const char *reason;
	unsigned means; /* mask of enum permit_means */
	unsigned which; /* mask of enum object_part */
	struct object_state after;
	const char *notes[PERMIT_MAX_NOTES];
	size_t n_notes;
};

MUST_CHECK enum status permit_plan(struct arena *a, const struct permit_subject *subject,
				   const struct permit_wish *wish, struct permit_plan *out);

/* "change", "nothing", "refused", "incomplete" */
const char *permit_decision_word(enum permit_decision decision);
