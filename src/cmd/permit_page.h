/* SPDX-License-Identifier: MIT */
/* Pages of assay permit: plans, operations, drift; as text and as JSON. */
#pragma once
#include "base/buffer.h"
#include "countermeasures/local_file_permissions/act.h"
#include "countermeasures/local_file_permissions/drift.h"

/* A plan of one object, and what became of it; @outcome NULL: nothing was done. */
struct permit_line {
	const struct permit_subject *subject;
	const struct permit_plan *plan;
	const struct permit_outcome *outcome;
	const char *typed; /* the name that the user gave */
	const char *error; /* why it is not even a subject; NULL */
};
void permit_line_text(struct buffer *out, struct arena *a, const struct permit_line *line);
void permit_line_json(struct buffer *out, struct arena *a, const struct permit_line *line);

struct permit_total {
	const char *plan; /* its id */
	size_t n_objects, n_changes, n_applied, n_refused, n_incomplete;
	bool acted;
};
void permit_total_text(struct buffer *out, const struct permit_total *total);
void permit_total_json(struct buffer *out, const struct permit_total *total);

void permit_operation_text(struct buffer *out, struct arena *a,
			   const struct permit_operation *op);
void permit_operation_json(struct buffer *out, struct arena *a,
			   const struct permit_operation *op);

/* A refused or done undo, with how it was, what we set, and how it is now. */
void permit_undo_text(struct buffer *out, struct arena *a, const struct permit_operation *op,
		      const struct permit_outcome *outcome, bool dry_run);
void permit_undo_json(struct buffer *out, struct arena *a, const struct permit_operation *op,
		      const struct permit_outcome *outcome, bool dry_run);

void permit_findings_text(struct buffer *out, const struct permit_findings *list);
void permit_findings_json(struct buffer *out, const struct permit_findings *list);
/* ECS, a JSON object a line, and one at the end. */
void permit_findings_ecs(struct buffer *out, const struct permit_findings *list);
