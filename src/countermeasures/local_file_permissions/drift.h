/* SPDX-License-Identifier: MIT */
/*
 * Drift: whether rights are still as they were wanted: what was taken away by
 * an operation, and what the configuration states.  Only looks.
 */
#pragma once
#include "countermeasures/local_file_permissions/ledger.h"
#include "countermeasures/local_file_permissions/statement.h"

#define PERMIT_MAX_FINDINGS 10000

/* What can be found: one small table of its own, for these are no findings of a report. */
struct permit_drift_row {
	const char *id;
	enum assay_severity severity;
	const char *sentence;
};
extern const struct permit_drift_row permit_drift_rows[];
extern const size_t n_permit_drift_rows;

struct permit_finding {
	const struct permit_drift_row *row;
	enum assay_severity severity; /* of this one */
	const char *path;
	const char *expected, *observed; /* NULL: not applicable */
	int64_t ctime;                   /* of the object, seconds; 0: not known */
	struct permit_finding *next;
};

struct permit_findings {
	struct arena *arena;
	struct permit_finding *first, *last;
	size_t n, dropped;
	size_t n_looked;  /* objects */
	size_t n_unknown; /* that could not be looked at */
};

/* @row: one of the table's ids.  What does not fit is counted. */
void permit_finding_add(struct permit_findings *list, const char *id, const char *path,
			const char *expected, const char *observed, int64_t ctime);
/* The one that was added last weighs more than its row says. */
void permit_finding_raise(struct permit_findings *list);

/* Every operation that holds something down. */
void permit_drift_operations(struct permit_findings *list, const struct permit_ledger *ledger);

/* Every statement. */
void permit_drift_statements(struct permit_findings *list,
			     const struct permit_statement *statements, size_t n,
			     const struct permit_ledger *ledger);

/* "mode 0755" of the parts @which that differ; for people. */
const char *permit_state_text(struct arena *a, const struct object_state *s, unsigned which);
