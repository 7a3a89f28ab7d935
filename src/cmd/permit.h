/* SPDX-License-Identifier: MIT */
/* What the words of assay permit have in common. */
#pragma once
#include "cmd/cmd.h"
#include "countermeasures/local_file_permissions/statement.h"

/* The folder of the journal; NULL: it has complained. */
const char *permit_journal(const struct invocation *call);

/* What the configuration states, in call->arena; NULL: no memory. */
struct permit_statement *permit_statements(const struct invocation *call, size_t *n);

/* Exit codes. */
int permit_files(struct invocation *call, struct buffer *out);
int permit_check(struct invocation *call, struct buffer *out);
