/* SPDX-License-Identifier: MIT */
#include "countermeasures/room.h"

const char *room_health_word(enum room_health health)
{
	static const char *const words[] = { "unknown", "not-built", "off",
					     "active",  "degraded",  "failed" };

	return words[health];
}
