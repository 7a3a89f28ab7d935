/* SPDX-License-Identifier: MIT */
#pragma once
#include "countermeasures/room.h"

void file_integrity_monitoring_state(const struct room_context *context,
				     struct room_state *out);
