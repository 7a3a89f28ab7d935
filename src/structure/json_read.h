/* SPDX-License-Identifier: MIT */
/*
 * JSON, read strictly (RFC 8259, I-JSON of RFC 7493).
 *
 * No name twice in an object, no NUL, no broken UTF-8, no lone surrogate, nothing
 * behind the value: two readers of one text must not see two different things.
 * Everything lies in the arena or in the text itself, so that a hostile text
 * costs no more than the arena allows.
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"

#define JSON_READ_MAX_DEPTH  64
#define JSON_READ_MAX_VALUES ((size_t)131072)
#define JSON_READ_MAX_MEMBERS                                                                  \
	256 /* of one object: each name is compared with all before it                         \
	     */

enum json_kind {
	JSON_KIND_NULL = 0,
	JSON_KIND_FALSE,
	JSON_KIND_TRUE,
	JSON_KIND_NUMBER,
	JSON_KIND_STRING,
	JSON_KIND_ARRAY,
	JSON_KIND_OBJECT
};

struct json_value {
	enum json_kind kind;
	struct span name; /* of a member of an object */
	struct span text; /* of a string: what it stands for; of a number: as it is written */
	const struct json_value *first, *next; /* of arrays and objects; of their members */
};

/* STATUS_MALFORMED: not such a text; STATUS_LIMIT: one of the limits above. */
MUST_CHECK enum status json_read(struct arena *a, struct span text,
				 const struct json_value **out);

/* The member @name of an object.  NULL: it is null, not there, or @v is no object or NULL. */
const struct json_value *json_member(const struct json_value *v, const char *name);
/* The same, of this kind. */
const struct json_value *json_member_of(const struct json_value *v, const char *name,
					enum json_kind kind);
/* The text of a string that is a member; empty: there is none. */
struct span json_member_text(const struct json_value *v, const char *name);
/* How many members. */
size_t json_count(const struct json_value *v);
/* A whole number from 0 on, as a number or, as protobuf writes it, as a string. */
MUST_CHECK bool json_whole(const struct json_value *v, uint64_t *out);
