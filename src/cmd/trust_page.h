/* SPDX-License-Identifier: MIT */
/* How `assay trust` prints anchors and what was changed. */
#pragma once
#include "base/buffer.h"
#include "cmd/settings.h"
#include "trust/manage.h"

/* A line of `trust list`: sets, end, SHA-256, name, origin. */
void trust_line(struct buffer *out, const struct trust_entry *e);
void trust_json(struct buffer *out, const struct trust_entry *e);
/* Everything about one, with its PEM. */
void trust_page(struct buffer *out, const struct trust_entry *e);
/* The lists of root programmes that are in force. */
void trust_lists(struct buffer *out, const struct trust_store *s, enum export_id format);
/* What was taken into the database at @path. */
void trust_changed(struct buffer *out, const struct trust_change *c,
		   const struct trust_target *target);
/* One object on a line, schema assay.trust-change/1. */
void trust_changed_json(struct buffer *out, const struct trust_change *c,
			const struct trust_target *target);
