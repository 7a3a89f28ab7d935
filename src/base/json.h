/* SPDX-License-Identifier: MIT */
/*
 * JSON: a writer that only appends, straight into a buffer (RFC 8259).
 *
 *	struct json j = json_begin(&out);
 *
 *	json_object(&j, NULL);
 *	json_text(&j, "schema", "assay.report/1");
 *	json_array(&j, "ranges");
 *	json_u64(&j, NULL, 64);
 *	json_end(&j);
 *	json_end(&j);
 *
 * Commas and brackets come by themselves.  @key stands before a value inside an
 * object and is NULL in an array and at the top; it is a literal of ours.
 * Strings come out as valid UTF-8 whatever goes in (U+FFFD), and without
 * characters that a terminal would obey or hide: those are written as \uNNNN.
 * What goes wrong (memory, a key in an array) is remembered by the buffer.
 */
#pragma once
#include "base/buffer.h"

#define JSON_MAX_DEPTH 32

struct json {
	struct buffer *out;
	unsigned depth;
	uint64_t arrays; /* bit per open level: array, not object */
	uint64_t filled; /* bit per open level, 0 the top: has a value already */
};

static inline struct json json_begin(struct buffer *out)
{
	return (struct json){ .out = out };
}

void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end(struct json *j); /* of the innermost object or array */

void json_null(struct json *j, const char *key);
void json_bool(struct json *j, const char *key, bool value);
void json_u64(struct json *j, const char *key, uint64_t value);
void json_text(struct json *j, const char *key, const char *value); /* NULL: null */
void json_span(struct json *j, const char *key, struct span text);
void json_hex(struct json *j, const char *key, struct span bytes);
void json_base64(struct json *j, const char *key, struct span bytes);
/* RFC 3339; null when it is outside the years 0 to 9999. */
void json_time(struct json *j, const char *key, int64_t seconds);

/* A value that another writer has finished. */
void json_value(struct json *j, const char *key, const struct buffer *value);

/* Only the string, with its quotes, to any buffer. */
void json_quote(struct buffer *out, struct span text);
