/* SPDX-License-Identifier: MIT */
/*
 * Attributes: what a policy can ask about, one table with a row for each.
 *
 * A row says the name as it is written, the type, where the answer comes from,
 * and what a policy may rest on it.  Parser, typing, facts and manual go by it.
 */
#pragma once
#include "base/attrs.h"
#include "base/span_search.h"

enum policy_type {
	POLICY_NO_TYPE = 0,
	POLICY_BOOL,
	POLICY_INT,
	POLICY_TEXT,
	POLICY_BYTES, /* digests and keys */
	POLICY_WORD,  /* one of a closed list */
	POLICY_TIME,
	POLICY_DURATION,
};

/* The closed lists. */
enum policy_words {
	POLICY_WORDS_NONE = 0,
	POLICY_WORDS_VERDICT,
	POLICY_WORDS_PRESENCE,
	POLICY_WORDS_BINDING,
	POLICY_WORDS_SIGNATURE,
	POLICY_WORDS_TRUST,
	POLICY_WORDS_SEVERITY,
	POLICY_WORDS_MASQUERADE,
	POLICY_WORDS_EVENT,
	POLICY_WORDS_COUNT
};

/* What happens to the file that is asked about. */
enum policy_event {
	POLICY_EVENT_UNKNOWN = 0,
	POLICY_EVENT_EXEC,      /* it is the program */
	POLICY_EVENT_LOADER,    /* opened by the dynamic loader */
	POLICY_EVENT_INTERPRET, /* a script opened by a listed interpreter */
	POLICY_EVENT_WINE,      /* a Windows program opened by wine */
	POLICY_EVENT_MAP,       /* mapped to be executed */
};

/* What the attribute belongs to. */
enum policy_scope {
	POLICY_OF_FILE = 0,
	POLICY_OF_SIGNATURE, /* inside signatures.exists() and .all() */
	POLICY_OF_FINDING,   /* inside findings.exists() and .all() */
};

/* Who answers. */
enum policy_source {
	POLICY_FROM_REPORT = 0, /* the report: the same wherever the file lies */
	POLICY_FROM_PLACE,      /* where it lies and who owns it */
	POLICY_FROM_CALLER,     /* who runs it: differs from call to call */
};

/* What a line that allows may do with it. */
enum policy_standing {
	POLICY_PLAIN = 0,
	POLICY_KEY,     /* proves who signed */
	POLICY_NAME,    /* verified, but many can have it: only beside a key */
	POLICY_CLAIM,   /* anybody can write it: never */
	POLICY_PARTIAL, /* a digest that does not cover the whole file: never */
};

enum policy_attribute {
	POLICY_SHA256,
	POLICY_SIZE,
	POLICY_VERDICT,
	POLICY_RULE,
	POLICY_MASQUERADE,
	POLICY_COMPLETE,
	POLICY_FORMAT,
	POLICY_VARIANT,
	POLICY_PACKING,
	POLICY_PRESENCE,
	POLICY_BINDING,
	POLICY_SIGNATURE,
	POLICY_TRUST,
	POLICY_SIGNER,
	POLICY_ANCHOR,
	POLICY_SIGNING_TIME,
	POLICY_IMAGE_DIGEST,
	POLICY_SIGNER_NAME_SHORT,
	POLICY_SIGNER_NAME_SUBJECT,
	POLICY_SIGNER_NAME_ISSUER,
	POLICY_SIGNER_NAME_ANCHOR,
	POLICY_CLAIMED_SIGNER,
	POLICY_CLAIMED_REMOVED_SIGNER,
	POLICY_CLAIMED_PROGRAM,
	POLICY_CLAIMED_CERTIFICATE,
	POLICY_CLAIMED_TIME,
	/* Of one signature. */
	POLICY_EACH_SCHEME,
	POLICY_EACH_VERDICT,
	POLICY_EACH_RULE,
	POLICY_EACH_PRESENCE,
	POLICY_EACH_BINDING,
	POLICY_EACH_SIGNATURE,
	POLICY_EACH_TRUST,
	POLICY_EACH_DIGEST,
	POLICY_EACH_DEPTH,
	POLICY_EACH_SIGNER,
	POLICY_EACH_ANCHOR,
	POLICY_EACH_SIGNING_TIME,
	POLICY_EACH_IMAGE_DIGEST,
	POLICY_EACH_SIGNER_NAME_SHORT,
	POLICY_EACH_SIGNER_NAME_SUBJECT,
	POLICY_EACH_SIGNER_NAME_ISSUER,
	POLICY_EACH_SIGNER_NAME_ANCHOR,
	POLICY_EACH_CLAIMED_SIGNER,
	POLICY_EACH_CLAIMED_PROGRAM,
	POLICY_EACH_CLAIMED_CERTIFICATE,
	POLICY_EACH_CLAIMED_TIME,
	/* Of one finding. */
	POLICY_FINDING_ID,
	POLICY_FINDING_SEVERITY,
	POLICY_FINDING_EXPECTED,
	POLICY_FINDING_OBSERVED,
	/* Of the place. */
	POLICY_PATH,
	POLICY_PACKAGE,
	POLICY_OWNER_UID,
	POLICY_OWNER_GID,
	POLICY_MODE,
	POLICY_FILESYSTEM,
	POLICY_MEMFD,
	POLICY_OWN,
	/* Of the caller. */
	POLICY_EVENT,
	POLICY_USER,
	POLICY_LOGIN_USER,
	POLICY_CGROUP,
	POLICY_UNIT,
	POLICY_CALLER_PATH,
	POLICY_CALLER_SHA256,
	POLICY_CALLER_PACKAGE,
	POLICY_ATTRIBUTES
};

struct policy_row {
	const char *name;
	enum policy_type type;
	enum policy_words words; /* of POLICY_WORD */
	size_t len;              /* of POLICY_BYTES: always so many; 0: any */
	enum policy_scope scope;
	enum policy_source source;
	enum policy_standing standing;
	const char *meaning; /* one sentence for people, without a full stop */
};

extern const struct policy_row policy_rows[POLICY_ATTRIBUTES];

/* By name, in @scope.  False: there is none. */
MUST_CHECK bool policy_attribute_find(struct span name, enum policy_scope scope,
				      enum policy_attribute *out);
/* Does any attribute's name begin with @name and a dot? */
bool policy_attribute_group(struct span name, enum policy_scope scope);
/* The name that was probably meant; NULL: none is near. */
const char *policy_attribute_near(struct span name, enum policy_scope scope);

const char *policy_type_name(enum policy_type type); /* "a text" */

/* The @i-th word of a list; NULL: there are no more. */
const char *policy_word(enum policy_words list, size_t i);
/* Its number; false: there is no such word. */
MUST_CHECK bool policy_word_find(enum policy_words list, struct span word, unsigned *out);
/* Have these words an order, from the mildest to the worst? */
bool policy_words_ordered(enum policy_words list);
