/* SPDX-License-Identifier: MIT */
/* State: whether File Analysis (D3-FA) can do its work on this host. */
#pragma once
#include "countermeasures/room.h"

/*
 * Always configured: it judges what it is given.  Failed: anchors or donors are
 * there but cannot be read, so that each run would refuse; degraded: no anchors,
 * so that nobody's signature ends anywhere, or a verdict cache that scans have to
 * leave aside.
 */
void file_analysis_state(const struct room_context *context, struct room_state *out);
