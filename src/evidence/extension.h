/* SPDX-License-Identifier: MIT */
/*
 * Extension: what the standards have no field for, as one JSON object that goes
 * along in each of them: the axes, findings, donor, evidence, and below "claimed"
 * every text that the file chose and nobody verified.  Private to src/evidence.
 */
#pragma once
#include "base/json.h"
#include "evidence/exports.h"

void extension_write(struct json *j, const char *key, const struct report *r, const char *path);

/* May the signer of @s, its chain and what it says stand in the field of a standard? */
bool extension_names(const struct exporting *e, const struct report *r,
		     const struct report_signature *s);

/* What the file is called: the last part of its path. */
struct span extension_file_name(const char *path);
/* SHA-256, in hex, over @what, the file, and @index: the same in every run. */
void extension_uid(struct buffer *out, const char *what, const struct report *r,
		   const char *path, int index);
/* The sentence alone, as a member. */
void extension_sentence(struct json *j, const char *key, const struct report *r);
/* What happened: the members of a summary. */
void extension_summary(struct json *j, const char *key, const struct summary *s, int exit_code);
