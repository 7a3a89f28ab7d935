/* SPDX-License-Identifier: MIT */
/*
 * Pieces: what exports of reports and those of other events are both made of, so
 * that a consumer finds the same thing under the same name.
 */
#pragma once
#include "base/json.h"

/* OCSF: the members that every class begins with; @engine: our version. */
struct ocsf_class {
	uint64_t class, activity;
	int64_t time_ms;
	const char *engine;
	const char *profile; /* NULL: none */
};
void ocsf_class_write(struct json *j, const struct ocsf_class *c);
void ocsf_severity_write(struct json *j, unsigned severity);
/* T1036.001, as "attacks". */
void ocsf_attacks_write(struct json *j);
/* SHA-256, as "hashes"; of an empty one nothing. */
void ocsf_sha256_write(struct json *j, struct span sha256);
/* {"uid", "name"} */
void ocsf_pair_write(struct json *j, const char *key, const char *uid, const char *name);

/* ECS: time (RFC 3339; NULL: not known), version, observer. */
void ecs_head_write(struct json *j, const char *time, const char *engine);
/* T1036.001, as "threat". */
void ecs_threat_write(struct json *j);
/* A list of one. */
void ecs_list_write(struct json *j, const char *key, const char *one);

/* RFC 4180: a cell of a line, made inert; .begun: it is not the first one. */
struct csv_line {
	struct buffer *out;
	bool begun;
};
void csv_cell(struct csv_line *line, struct span text);
void csv_text(struct csv_line *line, const char *text); /* NULL: an empty one */
void csv_hex(struct csv_line *line, struct span bytes);
void csv_number(struct csv_line *line, uint64_t number);
void csv_end(struct csv_line *line);
