/* SPDX-License-Identifier: MIT */
/* State: whether Local File Permissions (D3-LFP) can do its work on this host. */
#pragma once
#include "countermeasures/room.h"

/*
 * Off: nothing was ever restricted, and the configuration states nothing.  Failed: the
 * journal cannot be read, so that nothing is done; degraded: it lacks records, or an
 * operation died half-way.  What drifted is for assay permit check to say.
 */
void local_file_permissions_state(const struct room_context *context, struct room_state *out);
