/* SPDX-License-Identifier: MIT */
/*
 * Requirements: what Apple's code says of code: a condition in prefix form.
 *
 * Follows requirement.h, reqreader.cpp and reqdumper.cpp (Apple, Security
 * framework).  Read into a flat list in the order of the file, so that whoever
 * walks it from the end has the operands of an operation before it.
 */
#pragma once
#include "base/arena.h"
#include "base/status.h"

#define REQUIREMENT_MAX_NODES 1024
#define REQUIREMENT_MAX_SET   16
#define REQUIREMENT_MAX_TEXT  8192

enum requirement_operation {
	REQ_FALSE = 0,
	REQ_TRUE,
	REQ_IDENTIFIER,
	REQ_APPLE_ANCHOR,
	REQ_ANCHOR_HASH,
	REQ_INFO_KEY_VALUE,
	REQ_AND,
	REQ_OR,
	REQ_CDHASH,
	REQ_NOT,
	REQ_INFO_KEY,
	REQ_CERT_FIELD,
	REQ_TRUSTED_CERT,
	REQ_TRUSTED_CERTS,
	REQ_CERT_GENERIC,
	REQ_APPLE_GENERIC_ANCHOR,
	REQ_ENTITLEMENT,
	REQ_CERT_POLICY,
	REQ_NAMED_ANCHOR,
	REQ_NAMED_CODE,
	REQ_PLATFORM,
	REQ_NOTARIZED,
	REQ_CERT_FIELD_DATE,
	REQ_LEGACY_DEVELOPER_ID,
	REQ_OPERATIONS,
};

enum requirement_match {
	MATCH_EXISTS = 0,
	MATCH_EQUAL,
	MATCH_CONTAINS,
	MATCH_BEGINS,
	MATCH_ENDS,
	MATCH_LESS,
	MATCH_GREATER,
	MATCH_LESS_EQUAL,
	MATCH_GREATER_EQUAL,
	MATCH_ON,
	MATCH_BEFORE,
	MATCH_AFTER,
	MATCH_ON_OR_BEFORE,
	MATCH_ON_OR_AFTER,
	MATCH_ABSENT,
	MATCHES,
};

enum requirement_type {
	REQUIREMENT_HOST = 1,
	REQUIREMENT_GUEST,
	REQUIREMENT_DESIGNATED,
	REQUIREMENT_LIBRARY,
	REQUIREMENT_PLUGIN,
};

struct requirement_node {
	enum requirement_operation operation;
	bool unknown; /* an operation that nobody knows, but that says how long it is ... */
	bool unknown_false;     /* ... and counts as false; else it is passed over: true */
	int32_t slot;           /* of a certificate: 0 the leaf, -1 the root; a platform */
	struct span key, value; /* texts, hashes, object identifiers */
	enum requirement_match match; /* of info, entitlement and certificate fields ... */
	struct span operand;          /* ... and what with */
};

struct requirement {
	uint32_t type;                        /* enum requirement_type, in a set */
	bool unsupported;                     /* not in prefix form */
	const struct requirement_node *nodes; /* none of them: unsupported */
	size_t n;
};

/* One requirement blob, whole.  STATUS_MALFORMED, STATUS_LIMIT. */
MUST_CHECK enum status requirement_read(struct arena *a, struct span blob,
					struct requirement *out);

/* All requirements of a requirement set blob, whole. */
struct requirement_set {
	struct requirement each[REQUIREMENT_MAX_SET];
	size_t n;
};
MUST_CHECK enum status requirement_set_read(struct arena *a, struct span blob,
					    struct requirement_set *out);

/* In Apple's language, for people; texts are escaped.  NULL: no memory. */
const char *requirement_text(struct arena *a, const struct requirement *r);
