/* SPDX-License-Identifier: MIT */
/* Ledger: what the journal says about rights, folded to one entry for each operation. */
#pragma once
#include "assay.h"
#include "host/object.h"
#include "store/journal.h"

#define PERMIT_MAX_OPERATIONS ((size_t)1 << 20)

/* Stands in the journal by what followed its intent. */
enum permit_standing {
	PERMIT_STANDING_UNKNOWN,
	PERMIT_INTENDED, /* begun, and nobody knows how far */
	PERMIT_DONE,
	PERMIT_DROPPED, /* came to nothing */
	PERMIT_UNDOING,
	PERMIT_UNDONE,
	PERMIT_GAVE_UP, /* for a person to look at */
};

/* What PERM_INTENT carries. */
struct permit_intent {
	struct object_identity identity;
	const char *path;
	unsigned means, which;
	struct object_state before, after;
	enum assay_verdict verdict;
	const char *rule;
	bool has_sha256;
	uint8_t sha256[32];
	uint32_t actor; /* user id */
};

struct permit_operation {
	struct journal_id id;
	enum permit_standing standing;
	int64_t time; /* of the intent */
	struct permit_intent intent;
	bool has_now;
	struct object_identity
		now;     /* of the object after it was done: an overlay gives another */
	const char *why; /* it was dropped or given up; NULL */
	/* While undoing: what is to be reached, in these parts. */
	struct object_state target;
	unsigned undo_which;
};

/* Oldest first. */
struct permit_ledger {
	struct arena *arena;
	struct permit_operation *operations;
	size_t n, size;
	struct journal_health health;
};

/* Fits journal_open(); @context is a struct permit_ledger with its arena. */
MUST_CHECK enum status permit_ledger_take(void *context, const struct journal_record *record);

MUST_CHECK enum status permit_ledger_read(struct arena *a, const char *folder,
					  struct permit_ledger *out, const char **problem);

/* "done", "undone", ... */
const char *permit_standing_word(enum permit_standing standing);

/* Does it hold something down, or may it? */
bool permit_active(const struct permit_operation *op);

/* Is it the object of @op, by what is known of it before and after? */
bool permit_is_object(const struct permit_operation *op, const struct object_identity *id);
bool permit_same_object(const struct permit_operation *a, const struct permit_operation *b);

/* The one whose id begins with these hex digits; NULL and *@problem: none, or several. */
const struct permit_operation *permit_ledger_find(const struct permit_ledger *l,
						  const char *digits, const char **problem);

/* ---- payloads ---- */

void permit_intent_write(struct buffer *out, const struct permit_intent *intent);
MUST_CHECK enum status permit_intent_read(struct arena *a, struct span payload,
					  struct permit_intent *out);
