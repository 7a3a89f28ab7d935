/* SPDX-License-Identifier: MIT */
/*
 * Chain: who may change a file, or any folder on the way to it, and so what it is.
 */
#pragma once
#include "base/arena.h"
#include <sys/stat.h>

/*
 * May somebody else than @owner and root change what @st describes, or what lies in
 * it?  @acl: its access ACL; empty: none.  A group that is its owner's own (the same
 * number), or root's, is nobody else.
 */
bool permit_others_write(const struct stat *st, struct span acl, uint32_t owner);

/*
 * The first thing on the way from / to @path, links included, that somebody else than
 * @owner and root may change: "/opt: mode 0777"; with @itself @path counts too.
 * NULL: none, or it is not there.
 */
const char *permit_chain_weak(struct arena *a, const char *path, uint32_t owner, bool itself);
