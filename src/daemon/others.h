/* SPDX-License-Identifier: MIT */
/*
 * Others: which file systems others serve, as the supervisor has seen it, for those who must
 * not go where nobody may answer.
 */
#pragma once
#include "base/span.h"
#include "daemon/ledger.h"

/* The @i-th one has device @dev; before their number is told. */
void others_add(struct ledger *l, size_t i, uint64_t dev);

/* Does @path lead into one, or nobody can say?  Nobody is waited for. */
bool path_is_others(const struct ledger *l, struct span path);
