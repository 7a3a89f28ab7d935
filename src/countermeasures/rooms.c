/* SPDX-License-Identifier: MIT */
#include "countermeasures/rooms.h"

#include "countermeasures/file_analysis/state.h"
#include "countermeasures/file_integrity_monitoring/state.h"
#include "countermeasures/guard_state.h"
#include "countermeasures/local_file_permissions/state.h"

/* A new room is a folder and a line here. */
const struct room rooms[] = {
	{"D3-EAL",  "ExecutableAllowlisting",  "guard, allow",          allowlisting_state             },
	{ "D3-EDL", "ExecutableDenylisting",   "guard, deny",           denylisting_state              },
	{ "D3-FA",  "FileAnalysis",            "verify, scan, explain", file_analysis_state            },
	{ "D3-FIM", "FileIntegrityMonitoring", "fim",                   file_integrity_monitoring_state},
	{ "D3-LFP", "LocalFilePermissions",    "permit, run",           local_file_permissions_state   },
};
const size_t n_rooms = COUNT_OF(rooms);

void room_ask(const void *context, const char *class, struct room_state *out)
{
	*out = (struct room_state){ .health = ROOM_NOT_BUILT };
	for (size_t i = 0; i < n_rooms; i++) {
		if (strcmp(rooms[i].class, class) != 0)
			continue;
		*out = (struct room_state){ .health = ROOM_UNKNOWN, .built = true };
		rooms[i].state((const struct room_context *)context, out);
		return;
	}
}
