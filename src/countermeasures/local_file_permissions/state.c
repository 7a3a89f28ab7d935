/* SPDX-License-Identifier: MIT */
#include "countermeasures/local_file_permissions/state.h"

#include "base/escape.h"
#include "countermeasures/local_file_permissions/ledger.h"

#define TEXT_MAX 256

struct tally {
	uint64_t n_active, n_open, n_given_up;
	const struct permit_operation *last;
};

static struct tally tally_of(const struct permit_ledger *l)
{
	struct tally t = { 0 };

	for (size_t i = 0; i < l->n; i++) {
		const struct permit_operation *op = &l->operations[i];

		t.n_active += op->standing == PERMIT_DONE;
		t.n_open += op->standing == PERMIT_INTENDED || op->standing == PERMIT_UNDOING;
		t.n_given_up += op->standing == PERMIT_GAVE_UP;
		t.last = op;
	}
	return t;
}

static void events_tell(const struct room_context *c, const struct tally *t,
			struct room_state *out)
{
	const char *path;

	if (!t->last)
		return;
	path = escape_string(c->arena, SPAN_TEXT(t->last->intent.path), TEXT_MAX);
	out->last_event = path ? arena_printf(c->arena, "%s: %s", path,
					      permit_standing_word(t->last->standing))
			       : NULL;
	out->last_event_at = t->last->time;
}

static void health_tell(const struct permit_ledger *l, const struct tally *t,
			struct room_state *out)
{
	out->health = out->configured ? ROOM_ACTIVE : ROOM_OFF;
	if (l->health.damaged || l->health.cut || l->health.n_cuts) {
		out->health = ROOM_DEGRADED;
		out->last_error = "records of the journal are missing or were cut";
		out->needs = "a look at the journal's folder, and at *.cut in it";
	} else if (t->n_given_up || t->n_open) {
		out->health = ROOM_DEGRADED;
		out->last_error = "a change of rights died half-way";
		out->needs = "assay permit check";
	}
}

void local_file_permissions_state(const struct room_context *context, struct room_state *out)
{
	struct permit_ledger ledger = { .arena = context->arena };
	const char *problem = NULL;
	struct tally t;

	out->configured = context->n_permit_statements > 0;
	out->detail = "assay permit acts when it is asked, and watches when it is asked";
	if (context->journal && permit_ledger_read(context->arena, context->journal, &ledger,
						   &problem) != STATUS_OK) {
		out->configured = true;
		out->health = ROOM_FAILED;
		out->last_error =
			problem ? escape_string(context->arena, SPAN_TEXT(problem), TEXT_MAX)
				: "the journal cannot be read";
		return;
	}
	t = tally_of(&ledger);
	out->configured = out->configured || t.n_active + t.n_open + t.n_given_up > 0;
	out->counts[out->n_counts++] =
		(struct room_count){ "statements", context->n_permit_statements };
	out->counts[out->n_counts++] = (struct room_count){ "restrictions", t.n_active };
	events_tell(context, &t, out);
	health_tell(&ledger, &t, out);
}
