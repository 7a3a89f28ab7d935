/* SPDX-License-Identifier: MIT */
#include "countermeasures/file_integrity_monitoring/state.h"

#include "store/baseline.h"
#include <errno.h>

void file_integrity_monitoring_state(const struct room_context *context, struct room_state *out)
{
	const char *problem = NULL;
	struct baseline *b = NULL;
	enum status status = STATUS_IO;

	out->health = ROOM_OFF;
	out->detail = "assay fim check looks when it is asked, assay fim watch all the time";
	errno = ENOENT;
	if (context->baseline)
		status = baseline_open(context->arena, context->baseline, &b, &problem);
	if (status == STATUS_IO && errno == ENOENT) {
		out->needs = "assay fim init";
		return;
	}
	out->configured = true;
	if (status != STATUS_OK) {
		out->health = ROOM_FAILED;
		out->last_error = problem               ? problem
				  : status == STATUS_IO ? strerrordesc_np(errno)
							: status_text(status);
		out->needs = "a baseline that can be read: assay fim init";
		return;
	}
	out->health = ROOM_ACTIVE;
	out->last_event = "a baseline was written";
	out->last_event_at = baseline_about(b)->ended;
	out->counts[out->n_counts++] =
		(struct room_count){ "files in the baseline", baseline_count(b) };
	baseline_close(b);
}
