/* SPDX-License-Identifier: MIT */
/*
 * Doer: who brings something about, when what one does is not to be at the cost of others.
 *
 * It is whoever logged in, who can change his user with subordinate numbers, but not that;
 * what never logged in may claim any login once, and so is told apart from who is that user.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct doer {
	int64_t uid, login; /* -1: not known; nobody logged in */
};

enum doer_kind {
	DOER_NOBODY,
	DOER_ROOT,  /* by who logged in to become it */
	DOER_OWN,   /* as who he is */
	DOER_OTHER, /* as somebody else, who is not root */
	DOER_KINDS,
};

static inline enum doer_kind doer_kind(const struct doer *a)
{
	if (a->uid < 0)
		return DOER_NOBODY;
	if (a->uid == 0)
		return DOER_ROOT;
	return a->login < 0 || a->login == a->uid ? DOER_OWN : DOER_OTHER;
}

/* Within his kind. */
static inline int64_t doer_user(const struct doer *a)
{
	return a->uid < 0 || a->login < 0 ? a->uid : a->login;
}

static inline bool doer_same(const struct doer *a, const struct doer *b)
{
	return doer_kind(a) == doer_kind(b) && doer_user(a) == doer_user(b);
}
